//! Ordering for a dealer: choosing the dealer, the order pad, and what the order would be. Data in, markup out.

use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::dealers::{Address, Dealer, DealerPage, DealerSummary};
use vitaran_core::orders::{PlaceOrderLineForm, Quote, QuotedLine};

use super::admin_new::NewOrderForm;
use super::order_views::{supply_reason, tax_lines};
use super::views::PATH;
use crate::http::form_page::Attempt;
use crate::http::params;
use crate::hx::{Form, Search};
use crate::ui::badge::{StockState, badge, stock};
use crate::ui::counted::Noun;
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::empty::{Empty, empty};
use crate::ui::flash::{self, Flash};
use crate::ui::form::{Choice, Field, Style, buttons, hidden, submit, submit_choice};
use crate::ui::money::{money, percent, quantity, unit_price};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, columns, panel, sheet, toolbar, totals};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone};

/// Where one orders.
pub const NEW: &str = "/admin/orders/new";

const DEALERS: &str = "dealer-choice";

/// The name a dealer is known by.
#[must_use]
pub fn dealer_label(dealer: &Dealer) -> &str {
    dealer
        .trade_name
        .as_ref()
        .unwrap_or(&dealer.legal_name)
        .as_str()
}

// Choosing the dealer -----------------------------------------------------------------------------------------------

pub struct Choosing<'a> {
    pub q: &'a str,
    pub is_first: bool,
    pub dealers: &'a Paged<DealerSummary>,
}

pub fn choose_dealer(choosing: &Choosing<'_>) -> Markup {
    let search = Search {
        action: NEW,
        label: "Search dealers",
        query: choosing.q,
        target_id: Some(DEALERS),
        field_id: "q",
        key: Some("/"),
    };
    html! {
        (Heading::new("New order").back("Orders", PATH).meta(html! { "Whom is it for?" }))
        (toolbar(search.render("")))
        div id=(DEALERS) { (dealer_list(choosing)) }
    }
}

/// What a search for a dealer finds.
pub fn dealer_list(choosing: &Choosing<'_>) -> Markup {
    let dealers = choosing.dealers;
    if dealers.rows.is_empty() {
        return html! {
            div.sheet {
                (empty(Empty {
                    icon: Icon::Users,
                    title: "No dealer found",
                    text: "Search by the beginning of a name, by the code, or by the whole GSTIN.",
                    action: None,
                }))
            }
        };
    }
    let next = dealers
        .next
        .as_ref()
        .map(|cursor| params::address(NEW, &[("q", choosing.q), ("cursor", cursor.as_str())]));
    let first = params::address(NEW, &[("q", choosing.q)]);
    let columns = [
        Column::text("Dealer"),
        Column::text("Code").card_line(),
        Column::text("City").card_end(),
        Column::number("Credit limit").card_corner(),
    ];
    html! {
        div.stack {
            (sheet(Table::new("dealers", "Dealers", columns).rows(dealers.rows.iter().map(dealer_row))))
            (pagination(&Pagination {
                of: Noun::DEALERS,
                shown: dealers.rows.len(),
                first: (!choosing.is_first).then_some(first.as_str()),
                next: next.as_deref(),
            }))
        }
    }
}

fn dealer_row(dealer: &DealerSummary) -> Row {
    let name = dealer.trade_name.as_ref().unwrap_or(&dealer.legal_name);
    Row::new([
        html! { a href={ (NEW) "?dealer_id=" (dealer.id) } { (name) } },
        code(dealer.code.as_str()),
        html! { (dealer.city.as_deref().unwrap_or("No address yet")) },
        money(dealer.credit_limit),
    ])
}

// The order pad -----------------------------------------------------------------------------------------------------

/// The form as it stands, with what the order would be.
pub struct Drafted<'a> {
    pub dealer: &'a DealerPage,
    pub form: &'a NewOrderForm,
    pub quote: Option<&'a Quote>,
    pub attempt: &'a Attempt,
}

pub fn page(dealer: &DealerPage, form: Markup) -> Markup {
    html! {
        (Heading::new("New order").back("Another dealer", NEW).meta(html! {
            "For " strong { (dealer_label(&dealer.dealer)) } " · " (code(dealer.dealer.code.as_str()))
        }))
        (form)
    }
}

/// The form. Its buttons all send it whole; which one was pressed says what happens.
pub fn order_form(drafted: &Drafted<'_>) -> Markup {
    let Drafted {
        dealer,
        form,
        quote,
        attempt,
    } = drafted;
    Form::post(NEW).class("stack").replaces_itself().render(html! {
        (attempt.summary())
        (hidden("dealer_id", &form.dealer_id))
        (attempt.key())
        (columns(
            html! {
                (panel("Lines", html! {
                    (pad(drafted))
                    (buttons(html! {
                        (submit_choice(Style::Plain, "Preview", "choice", "preview"))
                        (submit_choice(Style::Quiet, "More rows", "choice", "rows"))
                    }))
                }))
                @if let Some(quote) = quote { (preview(quote)) }
            },
            html! {
                (panel("Delivery", html! {
                    (ship_to(drafted, &dealer.addresses))
                    (Field::text("client_reference", "Their reference").value(form.client_reference.as_str()).errors(&attempt.errors).hint("Their own order number, if they gave one").max_length(64))
                    (Field::text_area("note", "Note", 2).value(form.note.as_str()).errors(&attempt.errors).max_length(500))
                }))
                @if let Some(quote) = quote { (sum(quote)) }
                (buttons(submit("Place order")))
                (panel("Paste lines", html! {
                    (Field::text_area("paste", "From a message or a sheet", 4).value(form.paste.as_str()).errors(&attempt.errors).hint("One product on each line: SKU, then quantity").placeholder("MCB-16C-SP 60"))
                    (buttons(submit_choice(Style::Plain, "Fill the rows", "choice", "fill")))
                }))
            },
        ))
    })
}

fn ship_to(drafted: &Drafted<'_>, addresses: &[Address]) -> Markup {
    let active = addresses.iter().filter(|address| address.is_active);
    let choices: Vec<Choice<'_>> = active
        .map(|address| {
            let label = format!(
                "{}: {}, {} {}",
                address.label, address.line1, address.city, address.pincode
            );
            Choice::new(address.id.to_string(), label)
        })
        .collect();
    html! {
        (Field::select("ship_to_address_id", "Ship to", &choices)
            .value(drafted.form.ship_to_address_id.as_str())
            .errors(&drafted.attempt.errors)
            .required())
    }
}

/// Not a table: a row is two fields and, once previewed, what they stand for.
fn pad(drafted: &Drafted<'_>) -> Markup {
    html! {
        ol.pad aria-label="What they order" {
            li.pad-head aria-hidden="true" { span { "SKU" } span { "Quantity" } }
            @for (index, line) in drafted.form.lines.iter().enumerate() { (pad_row(drafted, index, line)) }
        }
    }
}

fn pad_row(drafted: &Drafted<'_>, index: usize, line: &PlaceOrderLineForm) -> Markup {
    let (sku, amount) = (
        format!("lines.{index}.sku"),
        format!("lines.{index}.quantity"),
    );
    let errors = &drafted.attempt.errors;
    let row = index + 1;
    let labels = (
        format!("SKU of row {row}"),
        format!("Quantity of row {row}"),
    );
    let known = drafted.quote.and_then(|quote| quote.lines.get(index));
    html! {
        li {
            (Field::text(&sku, &labels.0).value(line.sku.as_str()).errors(errors).label_hidden().autocomplete("off").max_length(40))
            (Field::decimal(&amount, &labels.1).value(line.quantity.as_str()).errors(errors).label_hidden().max_length(15))
            div.pad-known { @if let Some(known) = known { span { (known.product.name) } (availability(known)) } }
        }
    }
}

fn availability(line: &QuotedLine) -> Markup {
    let free = line.product.free;
    let unit = line.product.uqc.as_str();
    html! {
        @if !free.is_positive() { (stock(StockState::Out)) }
        @else if free < line.quantity { (badge(Tone::Warn, "Short")) span.cell-note { (quantity(free, unit)) " free" } }
        @else { (stock(StockState::InStock)) span.cell-note { (quantity(free, unit)) " free" } }
    }
}

// The preview -------------------------------------------------------------------------------------------------------

fn preview(quote: &Quote) -> Markup {
    let columns = [
        Column::text("Product"),
        Column::number("Quantity"),
        Column::number("Price"),
        Column::number("GST"),
        Column::number("Amount").card_corner(),
    ];
    html! { (sheet(Table::new("quote", "Prices of this order", columns).rows(quote.lines.iter().map(quoted_row)))) }
}

fn quoted_row(line: &QuotedLine) -> Row {
    let price = &line.product.price;
    let source = price.list_name.as_deref().unwrap_or(price.source.label());
    Row::new([
        html! { span.cell { (line.product.name) (code(line.product.sku.as_str())) } },
        quantity(line.quantity, line.product.uqc.as_str()),
        html! { span.cell { (unit_price(price.unit_price)) span.cell-note { (source) } } },
        percent(line.product.tax_rate),
        money(line.taxable),
    ])
}

/// Totals, where the supply takes place and why, and the dealer's credit with this order.
fn sum(quote: &Quote) -> Markup {
    let mut lines = vec![("Before tax", money(quote.totals.taxable))];
    lines.extend(tax_lines(quote.totals.tax, quote.supply.kind));
    if !quote.totals.round_off.is_zero() {
        lines.push(("Round-off", money(quote.totals.round_off)));
    }
    lines.push(("Total", money(quote.totals.total)));
    let supply = &quote.supply;
    html! {
        (panel("Total", html! {
            (totals(&lines))
            p.muted { "Place of supply " (supply.place.name()) " (" (supply.place) "). " (supply_reason(Some(supply.clause), supply.clause.as_str())) }
            @if let Some(warning) = supply.warning { (flash::message(&Flash::new(Tone::Warn, warning.message()))) }
        }))
        (panel("Credit", credit_meter(&Credit {
            limit: quote.credit.limit,
            used: quote.credit.exposure(),
            this_order: Some(quote.totals.total),
        })))
    }
}
