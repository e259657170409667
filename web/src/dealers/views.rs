//! What the pages of dealers look like.

use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::dealers::{
    Address, AddressForm, Contact, ContactForm, CreditLimit, CreditLimitForm, Dealer, DealerForm,
    DealerHeaderForm, DealerPage, DealerSummary, GstTreatment, Party,
};
use vitaran_core::pricing::PriceList;
use vitaran_core::stock::locations::Location;
use vitaran_kernel::DealerId;

use super::admin::{ListParams, PATH, Rights, path_of};
use super::fields::{person, place};
use crate::audit::history_link;
use crate::catalog::status_tabs;
use crate::http::form_page::Attempt;
use crate::http::params::address as address_of;
use crate::hx::{self, Search};
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::address::{Address as Postal, address};
use crate::ui::badge::{activity, badge};
use crate::ui::counted::Noun;
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{
    Choice, Field, FieldError, RadioGroup, Style, Width, buttons, group, hidden, row, submit,
    version,
};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, columns, facts, panel_with, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, icon, money, time};

/// The region that a search refills.
const LIST: &str = "dealer-list";
/// The credit panel, which its own form replaces.
const CREDIT: &str = "dealer-credit";

/// Everything the list of dealers shows.
#[derive(Debug, Clone, Copy)]
pub struct DealerList<'a> {
    pub params: &'a ListParams,
    pub dealers: &'a Paged<DealerSummary>,
    pub may_write: bool,
}

impl DealerList<'_> {
    fn with(&self, status: &str, cursor: &str) -> String {
        let query = [
            ("q", self.params.q.as_str()),
            ("status", status),
            ("cursor", cursor),
        ];
        address_of(PATH, &query)
    }
}

pub fn dealers(list: &DealerList<'_>) -> Markup {
    let search = Search {
        action: PATH,
        label: "Search name, code or GSTIN",
        query: &list.params.q,
        target_id: Some(LIST),
        field_id: "dealer-search",
        key: Some("/"),
    };
    html! {
        (Heading::new("Dealers").actions(html! {
            @if list.may_write { a.button.primary href={ (PATH) "/new" } data-key="n" { (icon(Icon::UserPlus)) "New dealer" } }
        }))
        (toolbar(search.render(html! {
            @if !list.params.status.is_empty() { (hidden("status", &list.params.status)) }
        })))
        div.stack id=(LIST) { (dealer_rows(list)) }
    }
}

/// The list without its search.
pub fn dealer_rows(list: &DealerList<'_>) -> Markup {
    let rows = &list.dealers.rows;
    let status = list.params.status.as_str();
    let next = list.dealers.next.as_ref();
    let next = next.map(|cursor| list.with(status, cursor.as_str()));
    let first = list.params.cursor.as_ref().map(|_| list.with(status, ""));
    html! {
        (status_tabs(status, "Dealers by state", |status| list.with(status, "")))
        @if rows.is_empty() { (no_dealers(list)) } @else {
            (sheet(Table::new("dealers", "Dealers", [
                Column::text("Dealer"),
                Column::text("Code").card_hidden(),
                Column::text("Place").card_line(),
                Column::text("GSTIN").card_hidden(),
                Column::number("Credit limit"),
                Column::number("Used"),
                Column::text("State").card_corner(),
            ]).rows(rows.iter().map(dealer_row))))
            (pagination(&Pagination { of: Noun::DEALERS, shown: rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn no_dealers(list: &DealerList<'_>) -> Markup {
    let is_filtered = !list.params.q.is_empty() || !list.params.status.is_empty();
    let (title, text, action) = if is_filtered {
        (
            "No dealer fits",
            "Search by the beginning of a name's words, the beginning of a code, or a whole GSTIN.",
            Some(("Show all dealers", PATH)),
        )
    } else {
        (
            "No dealers yet",
            "Those who buy from you: with GSTIN, addresses, people and a credit limit.",
            list.may_write
                .then_some(("Add the first dealer", "/admin/dealers/new")),
        )
    };
    sheet(empty(Empty {
        icon: Icon::Store,
        title,
        text,
        action,
    }))
}

/// The name on the shop's board, where it says more than the legal name.
fn other_name(dealer: &DealerSummary) -> Option<&str> {
    let name = dealer.trade_name.as_ref()?.as_str();
    (!dealer.legal_name.as_str().starts_with(name)).then_some(name)
}

fn dealer_row(dealer: &DealerSummary) -> Row {
    let is_over = dealer.exposure > dealer.credit_limit;
    Row::new([
        html! { span.cell {
            a href=(path_of(dealer.id)) { (dealer.legal_name) }
            @if let Some(name) = other_name(dealer) { span.cell-note { (name) } }
        } },
        code(dealer.code.as_str()),
        html! {
            @if let Some(city) = &dealer.city { (city) }
            @if let Some(state) = dealer.state_code { ", " (state.name()) }
        },
        match &dealer.gstin {
            Some(gstin) => code(gstin.as_str()),
            None => html! { span.muted { (dealer.gst_treatment.label()) } },
        },
        money::money(dealer.credit_limit),
        html! { (money::money(dealer.exposure)) @if is_over { " " (badge(Tone::Bad, "Over")) } },
        activity(dealer.is_active),
    ])
}

pub fn dealer(page: &DealerPage, rights: Rights) -> Markup {
    let DealerPage {
        dealer,
        credit,
        addresses,
        contacts,
    } = page;
    let path = path_of(dealer.id);
    let form = rights
        .credit
        .then(|| credit_edit(dealer.id, credit, &credit_form(credit), &Attempt::fresh()));
    html! {
        (Heading::new(dealer.legal_name.as_str()).back("Dealers", PATH).badge(activity(dealer.is_active))
            .meta(html! { (code(dealer.code.as_str())) @if let Some(name) = &dealer.trade_name { " · " (name) } (history_link(rights.history, dealer.id)) })
            .actions(action_buttons(&dealer_actions(dealer, rights))))
        (columns(html! {
            (part("Addresses", rights.write.then(|| format!("{path}/addresses/new")), html! {
                ul.cards { @for one in addresses { li { (address_card(dealer, one, rights.write)) } } }
            }))
            (part("People", rights.write.then(|| format!("{path}/contacts/new")), html! {
                @if contacts.is_empty() { p.muted { "Nobody yet. Messages about orders go to the primary contact." } }
                ul.cards { @for one in contacts { li { (contact_card(dealer, one, rights.write)) } } }
            }))
        }, html! {
            (credit_panel(credit, form.as_ref()))
            (panel_with("Dealer", html! {}, dealer_facts(dealer)))
        }))
    }
}

fn part(title: &str, add: Option<String>, body: Markup) -> Markup {
    panel_with(
        title,
        html! { @if let Some(href) = add { a.button.quiet href=(href) { (icon(Icon::Plus)) "Add" } } },
        body,
    )
}

fn dealer_actions(dealer: &Dealer, rights: Rights) -> Vec<ActionButton<'static>> {
    let path = path_of(dealer.id);
    let mut actions = Vec::new();
    if rights.orders {
        let orders = format!("/admin/orders?dealer_id={}", dealer.id);
        actions.push(ActionButton::open("Orders", orders).icon(Icon::ClipboardList));
    }
    if rights.prices {
        actions.push(ActionButton::open("Prices", format!("{path}/prices")).icon(Icon::Tag));
    }
    if rights.write {
        actions.push(ActionButton::open("Edit", format!("{path}/edit")).icon(Icon::Pencil));
        actions.push(if dealer.is_active {
            ActionButton::open("Switch off", format!("{path}/deactivation"))
        } else {
            ActionButton::post("Switch on", format!("{path}/activation"))
                .hidden("version", dealer.version.to_string())
        });
    }
    actions
}

fn dealer_facts(dealer: &Dealer) -> Markup {
    let or = |value: Option<String>, otherwise: &str| match value {
        Some(value) => html! { (value) },
        None => html! { span.muted { (otherwise) } },
    };
    let state = dealer.gstin.as_ref().map(|gstin| gstin.state().name());
    facts(&[
        ("GST", html! { (dealer.gst_treatment.label()) }),
        (
            "GSTIN",
            html! {
                @if let Some(gstin) = &dealer.gstin { (code(gstin.as_str())) @if let Some(state) = state { br; (state) } }
                @else { span.muted { "None" } }
            },
        ),
        (
            "E-mail",
            or(dealer.email.as_ref().map(ToString::to_string), "None"),
        ),
        (
            "Price list",
            or(dealer.price_list_name.clone(), "The default list"),
        ),
        (
            "Served from",
            or(dealer.location_name.clone(), "The default location"),
        ),
        ("Dealer since", time::date_of(dealer.created_at)),
    ])
}

fn address_card(dealer: &Dealer, one: &Address, may_write: bool) -> Markup {
    let lines: Vec<&str> = [
        Some(one.line1.as_str()),
        one.line2.as_ref().map(|line| line.as_str()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let path = format!("{}/addresses/{}", path_of(dealer.id), one.id);
    html! {
        div.card-head {
            h3 { (one.label) }
            @if one.is_billing { (badge(Tone::Info, "Billing")) }
            @if one.party == Party::ThirdParty { (badge(Tone::Neutral, "Somebody else's")) }
            @if !one.is_active { (activity(false)) }
        }
        (address(&Postal {
            name: one.party_name.as_ref().map(|name| name.as_str()),
            lines: &lines,
            city: one.city.as_str(),
            pin: one.pincode.as_str(),
            state: one.state.name(),
            state_code: Some(one.state.as_str()),
            phone: None,
            gstin: one.party_gstin.as_ref().map(|gstin| gstin.as_str()),
        }))
        @if may_write { (action_buttons(&card_actions(&path, dealer.version, one.is_active, !one.is_billing))) }
    }
}

fn contact_card(dealer: &Dealer, one: &Contact, may_write: bool) -> Markup {
    let path = format!("{}/contacts/{}", path_of(dealer.id), one.id);
    html! {
        div.card-head {
            h3 { (one.name) }
            @if one.is_primary { (badge(Tone::Info, "Primary")) }
            @if !one.is_active { (activity(false)) }
        }
        (facts(&[
            ("Phone", html! { @if let Some(phone) = &one.phone { a href={ "tel:" (phone.as_str()) } { (phone) } } @else { span.muted { "None" } } }),
            ("E-mail", html! { @if let Some(email) = &one.email { a href={ "mailto:" (email.as_str()) } { (email) } } @else { span.muted { "None" } } }),
            ("Language", html! { (one.language.label()) }),
            ("WhatsApp", html! {
                @if let Some(at) = one.whatsapp_opt_in_at {
                    "Agreed " (time::date_of(at))
                    @if let Some(source) = &one.whatsapp_opt_in_source { ": " (source) }
                } @else { span.muted { "No consent" } }
            }),
        ]))
        @if may_write { (action_buttons(&card_actions(&path, dealer.version, one.is_active, true))) }
    }
}

fn card_actions(
    path: &str,
    dealer_version: i32,
    is_active: bool,
    may_switch_off: bool,
) -> Vec<ActionButton<'static>> {
    let mut actions = vec![ActionButton::open("Edit", format!("{path}/edit")).style(Style::Quiet)];
    if !is_active {
        let on = ActionButton::post("Switch on", format!("{path}/activation")).style(Style::Quiet);
        actions.push(on.hidden("version", dealer_version.to_string()));
    } else if may_switch_off {
        let off = ActionButton::open("Switch off", format!("{path}/deactivation"));
        actions.push(off.style(Style::Quiet));
    }
    actions
}

// Credit ----------------------------------------------------------------------------------------------------------------

/// The form as it opens.
pub fn credit_form(credit: &CreditLimit) -> CreditLimitForm {
    CreditLimitForm {
        credit_limit: credit.credit.limit.to_string(),
    }
}

/// The form that sets the limit. What it changes is the panel, so a success takes the panel's place.
pub fn credit_edit(
    dealer: DealerId,
    limit: &CreditLimit,
    form: &CreditLimitForm,
    attempt: &Attempt,
) -> Markup {
    let action = format!("{}/credit-limit", path_of(dealer));
    hx::Form::post(&action).class("stack").replaces(CREDIT).render(html! {
        (attempt.summary())
        (version(i64::from(limit.version)))
        (Field::decimal("credit_limit", "Credit limit").value(form.credit_limit.as_str()).errors(&attempt.errors).unit("₹").required().width(Width::Medium))
        (buttons(submit("Set limit")))
    })
}

/// The figures, and for those who may the form.
pub fn credit_panel(limit: &CreditLimit, form: Option<&Markup>) -> Markup {
    let credit = &limit.credit;
    let meter = Credit {
        limit: credit.limit,
        used: credit.exposure(),
        this_order: None,
    };
    html! {
        section.panel id=(CREDIT) {
            header.panel-head { h2 { "Credit" } }
            (credit_meter(&meter))
            (facts(&[
                ("Approved orders", money::money(credit.holds)),
                ("Unpaid invoices", money::money(credit.unpaid)),
                ("Receipts not yet set off", money::money(credit.unallocated)),
            ]))
            @if let Some(form) = form { (form) }
        }
    }
}

pub fn credit(dealer: &Dealer, panel: &Markup) -> Markup {
    html! {
        (Heading::new("Credit limit").back(dealer.legal_name.as_str(), &path_of(dealer.id)))
        (panel)
    }
}

// Forms -----------------------------------------------------------------------------------------------------------------

/// What a dealer's form chooses from.
#[derive(Debug, Clone)]
pub struct Choices {
    pub price_lists: Vec<PriceList>,
    pub locations: Vec<Location>,
}

impl Choices {
    /// A field's present value in a sentence, after somebody else has changed it.
    pub fn say(&self, field: &str, value: &str) -> Option<String> {
        let label = match field {
            "code" => "The code",
            "legal_name" => "The legal name",
            "trade_name" => "The trade name",
            "gst_treatment" => "The GST treatment",
            "gstin" => "The GSTIN",
            "price_list_id" => "The price list",
            "location_id" => "The location",
            "email" => "The e-mail address",
            _ => return None,
        };
        let mut lists = self.price_lists.iter();
        let mut locations = self.locations.iter();
        let shown = match field {
            "price_list_id" => lists
                .find(|list| list.id.to_string() == value)
                .map(|list| list.name.to_string()),
            "location_id" => locations
                .find(|location| location.id.to_string() == value)
                .map(|location| location.name.clone()),
            "gst_treatment" => GstTreatment::parse(value)
                .ok()
                .map(|treatment| treatment.label().to_owned()),
            _ => None,
        };
        let shown = shown.unwrap_or_else(|| value.to_owned());
        Some(if shown.is_empty() {
            format!("{label} is empty now")
        } else {
            format!("{label} is {shown} now")
        })
    }
}

fn header_fields(form: &DealerHeaderForm, choices: &Choices, errors: &[FieldError]) -> Markup {
    let treatments: Vec<Choice<'_>> = GstTreatment::ALL
        .iter()
        .map(|treatment| Choice::new(treatment.as_str(), treatment.label()))
        .collect();
    let lists = choices
        .price_lists
        .iter()
        .filter(|list| list.is_active || list.id.to_string() == form.price_list_id)
        .map(|list| Choice::new(list.id.to_string(), list.name.as_str()));
    let lists: Vec<Choice<'_>> = std::iter::once(Choice::new("", "The default list"))
        .chain(lists)
        .collect();
    let places = choices
        .locations
        .iter()
        .map(|place| Choice::new(place.id.to_string(), place.name.as_str()));
    let places: Vec<Choice<'_>> = std::iter::once(Choice::new("", "The default location"))
        .chain(places)
        .collect();
    let text = |name, label, value| Field::text(name, label).value(value).errors(errors);
    html! {
        (group("Dealer", html! {
            (text("legal_name", "Legal name", form.legal_name.as_str()).required().max_length(200).hint("As on the GST certificate"))
            (text("trade_name", "Trade name", form.trade_name.as_str()).max_length(200))
            (row(html! {
                (text("code", "Code", form.code.as_str()).required().max_length(40).width(Width::Medium).hint("Your own, such as D-101"))
                (Field::email("email", "E-mail").value(form.email.as_str()).errors(errors).max_length(254).autocomplete("off"))
            }))
        }))
        (group("GST", html! {
            (RadioGroup { name: "gst_treatment", legend: "The dealer is", choices: &treatments, value: &form.gst_treatment, errors })
            (text("gstin", "GSTIN", form.gstin.as_str()).max_length(15).width(Width::Medium).hint("15 characters; empty if not registered"))
        }))
        (group("Selling", row(html! {
            (Field::select("price_list_id", "Price list", &lists).value(form.price_list_id.as_str()).errors(errors).required())
            @if choices.locations.len() > 1 {
                (Field::select("location_id", "Served from", &places).value(form.location_id.as_str()).errors(errors).required())
            } @else if !form.location_id.is_empty() {
                (hidden("location_id", &form.location_id))
            }
        })))
    }
}

pub fn new_form(form: &DealerForm, choices: &Choices, attempt: &Attempt) -> Markup {
    let errors: &[FieldError] = &attempt.errors;
    let DealerForm {
        code,
        legal_name,
        trade_name,
        gst_treatment,
        gstin,
        price_list_id,
        location_id,
        email,
        addresses,
        contacts,
    } = form.clone();
    let header = DealerHeaderForm {
        code,
        legal_name,
        trade_name,
        gst_treatment,
        gstin,
        price_list_id,
        location_id,
        email,
    };
    let (no_address, nobody) = (AddressForm::default(), ContactForm::default());
    let address = addresses.first().unwrap_or(&no_address);
    let contact = contacts.first().unwrap_or(&nobody);
    hx::Form::post("/admin/dealers/new")
        .id("dealer-form")
        .class("panel stack")
        .replaces_itself()
        .render(html! {
            (attempt.summary())
            (attempt.key())
            (header_fields(&header, choices, errors))
            (group("Billing address", place("addresses.0.", address, errors, "As in the GSTIN")))
            (group("Contact", html! {
                p.hint { "Leave the name empty to add people later" }
                (person("contacts.0.", contact, errors, false))
            }))
            (buttons(html! { (submit("Add dealer")) a.button href=(PATH) { "Cancel" } }))
        })
}

pub fn new(form: Markup) -> Markup {
    html! {
        (Heading::new("New dealer").back("Dealers", PATH).meta(html! { "The credit limit is set afterwards, by those who may" }))
        (form)
    }
}

pub fn edit_form(
    dealer: &Dealer,
    form: &DealerHeaderForm,
    choices: &Choices,
    attempt: &Attempt,
) -> Markup {
    let path = path_of(dealer.id);
    hx::Form::post(&format!("{path}/edit"))
        .id("dealer-form")
        .class("panel stack")
        .replaces_itself()
        .render(html! {
            (attempt.summary())
            (version(i64::from(dealer.version)))
            (header_fields(form, choices, &attempt.errors))
            (buttons(html! { (submit("Save")) a.button href=(path) { "Cancel" } }))
        })
}

pub fn edit(dealer: &Dealer, form: &Markup) -> Markup {
    html! { (Heading::new("Edit dealer").back(dealer.legal_name.as_str(), &path_of(dealer.id))) (form) }
}
