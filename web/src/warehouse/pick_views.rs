//! The pick page: what to take next in large letters, the scanner's field, the list, and the button that ends it.

use maud::{Markup, html};
use vitaran_core::orders::{OrderDetail, OrderLine, PartySnapshot, Status, Verb};
use vitaran_kernel::{OrderId, OrderLineId};

use super::views::Rights;
use super::{QUEUE, order_path, path};
use crate::http::problem::Refusal;
use crate::hx::{self, Form};
use crate::ui::actions::{ActionButton, button};
use crate::ui::address::{Address, address};
use crate::ui::badge::{badge, order_status};
use crate::ui::flash::{self, Flash};
use crate::ui::form::{
    Field, FieldError, Style, error_summary, hidden, submit_as, submit_choice, version,
};
use crate::ui::panel::{Heading, sticky_bar};
use crate::ui::pick::{PickLine, PickState, pick_line, pick_list, scan_field, scan_result};
use crate::ui::product::quantity_stepper;
use crate::ui::{Icon, Tone, icon};

/// Everything that an action on the page changes.
const REGION: &str = "pick";
/// The part that fetches itself anew; the scanner's field is not in it.
const LIST: &str = "pick-list";

/// What the last action did, said and heard.
pub struct Said {
    pub is_good: bool,
    pub text: String,
}

impl Said {
    pub fn good(text: String) -> Self {
        Said {
            is_good: true,
            text,
        }
    }

    pub fn bad(text: String) -> Self {
        Said {
            is_good: false,
            text,
        }
    }
}

enum Kind {
    Quantity,
    Reason,
}

/// What was typed into a line's form and refused.
pub struct Typed<'a> {
    pub line: OrderLineId,
    kind: Kind,
    text: &'a str,
    errors: Vec<FieldError>,
}

impl<'a> Typed<'a> {
    pub fn quantity(line: OrderLineId, text: &'a str, errors: Vec<FieldError>) -> Self {
        Typed {
            line,
            kind: Kind::Quantity,
            text,
            errors,
        }
    }

    pub fn reason(line: OrderLineId, text: &'a str, errors: Vec<FieldError>) -> Self {
        Typed {
            line,
            kind: Kind::Reason,
            text,
            errors,
        }
    }
}

/// The pick list of an order, and what just happened on it.
pub struct Sheet<'a> {
    pub order: &'a OrderDetail,
    pub rights: Rights,
    pub said: Option<Said>,
    /// The code of a refused scan, for a page whose script selects it.
    pub scan_code: &'a str,
    /// The quantity of a refused scan.
    pub scan_quantity: &'a str,
    pub typed: Option<Typed<'a>>,
    pub errors: Vec<FieldError>,
}

impl<'a> Sheet<'a> {
    pub fn new(order: &'a OrderDetail, rights: Rights) -> Self {
        Sheet {
            order,
            rights,
            said: None,
            scan_code: "",
            scan_quantity: "",
            typed: None,
            errors: Vec::new(),
        }
    }

    fn id(&self) -> OrderId {
        self.order.header.id
    }

    fn path(&self, what: &str) -> String {
        path(self.id(), what)
    }

    fn is_open(&self) -> bool {
        self.order.header.status == Status::Picking && self.rights.picks
    }

    /// Lines with anything to pick; one given up whole is history.
    fn lines(&self) -> impl Iterator<Item = &OrderLine> {
        let lines = self.order.lines.iter();
        lines.filter(|line| line.open_quantity().is_positive())
    }

    fn next(&self) -> Option<&OrderLine> {
        self.lines().find(|line| !line.is_picked())
    }
}

/// "MCB-16C-SP: 12 of 60"
pub fn scanned(order: &OrderDetail, line: OrderLineId) -> Said {
    let line = order.lines.iter().find(|found| found.id == line);
    Said::good(line.map_or_else(String::new, |line| {
        let (picked, open) = (line.picked_quantity, line.open_quantity());
        match line.is_picked() {
            true => format!("{}: all {open} picked", line.sku),
            false => format!("{}: {picked} of {open}", line.sku),
        }
    }))
}

/// A refusal in one sentence.
pub fn sentence(refusal: &Refusal) -> String {
    match refusal.faults.as_slice() {
        [] => refusal.detail.clone(),
        faults => {
            let details: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
            details.join("; ")
        }
    }
}

pub fn page(sheet: &Sheet<'_>) -> Markup {
    let header = &sheet.order.header;
    let title = format!("Pick {}", header.number);
    html! {
        (Heading::new(&title).back("Warehouse", QUEUE).badge(order_status(header.status.as_str()))
            .meta(html! {
                a href=(order_path(header.id)) { (header.dealer_name) }
                @if header.shows_location { " · from " strong { (header.location_name) } }
            }))
        @if let Some(note) = &header.note { (flash::message(&Flash::new(Tone::Info, note.as_str()))) }
        (region(sheet))
        (delivery_address(sheet.order))
    }
}

/// On paper only: the list is handed on with the goods.
fn delivery_address(order: &OrderDetail) -> Markup {
    html! { div.only-print { @if let Some(place) = ship_to(order) { h2 { "Deliver to" } (place) } } }
}

fn ship_to(order: &OrderDetail) -> Option<Markup> {
    order.header.ship_to().as_ref().map(place_of)
}

pub(super) fn place_of(party: &PartySnapshot) -> Markup {
    let place = &party.address;
    let lines: Vec<&str> = std::iter::once(place.line1.as_str())
        .chain(place.line2.as_deref())
        .collect();
    address(&Address {
        name: Some(party.called()),
        lines: &lines,
        city: &place.city,
        pin: &place.pincode,
        state: place.state_code.name(),
        state_code: Some(place.state_code.as_str()),
        gstin: party.gstin.as_deref(),
        ..Address::default()
    })
}

pub fn region(sheet: &Sheet<'_>) -> Markup {
    html! {
        div.stack id=(REGION) {
            (error_summary(&sheet.errors))
            @if sheet.is_open() { (scan_form(sheet)) }
            (list_region(sheet))
        }
    }
}

/// The field is empty again after each scan that picked something: the scanner types the next code into it at once.
pub fn scan_form(sheet: &Sheet<'_>) -> Markup {
    let action = sheet.path("scans");
    Form::post(&action)
        .replaces(REGION)
        .scan()
        .class("scan-form")
        .label("Scan")
        .render(html! {
            (scan_field("code", "Scan, or type a SKU", sheet.scan_code))
            (Field::decimal("quantity", "Quantity").label_hidden().placeholder("Qty 1").value(sheet.scan_quantity))
            @if let Some(said) = &sheet.said { (scan_result(said.is_good, &said.text)) }
        })
}

pub fn list_region(sheet: &Sheet<'_>) -> Markup {
    let lines = html! { @for line in sheet.lines() { (line_of(sheet, line)) } };
    hx::live_region(
        LIST,
        &sheet.path("pick"),
        "order-changed",
        html! {
            div.stack {
                @if sheet.is_open() { @if let Some(line) = sheet.next() { (next_line(line)) } }
                (pick_list("Lines to pick", lines))
                (ending(sheet))
            }
        },
    )
}

/// What to look for now, readable at arm's length.
fn next_line(line: &OrderLine) -> Markup {
    let left = line.open_quantity() - line.picked_quantity;
    html! {
        section.pick-next aria-labelledby="pick-next-name" {
            p.pick-next-label { "Next" }
            p.pick-next-name id="pick-next-name" { (line.name) }
            p.pick-next-sku { span.code { (line.sku) } @if let Some(barcode) = &line.barcode { " " span.code.muted { (barcode) } } }
            p.pick-next-count { strong { (left) } " " (line.uqc.as_str()) @if line.picked_quantity.is_positive() { span.muted { " more of " (line.open_quantity()) } } }
        }
    }
}

fn line_of(sheet: &Sheet<'_>, line: &OrderLine) -> Markup {
    let id = format!("line-{}", line.line_no);
    let state = if line.is_picked() {
        PickState::Full
    } else if line.picked_quantity.is_positive() {
        PickState::Partly
    } else {
        PickState::Open
    };
    pick_line(&PickLine {
        id: &id,
        sku: &line.sku,
        name: &line.name,
        bin: None,
        wanted: line.open_quantity().to_string(),
        picked: line.picked_quantity.to_string(),
        unit: line.uqc.as_str(),
        state,
        control: html! {
            (short(sheet, line))
            @if sheet.is_open() { (set_form(sheet, line)) }
            @if may_close_short(sheet, line) { (short_close(sheet, line)) }
        },
    })
}

/// The reservations do not cover the line: say by how much, and who can settle it.
fn short(sheet: &Sheet<'_>, line: &OrderLine) -> Markup {
    let missing = line.short_quantity();
    let is_stuck = missing.is_positive() && !line.is_picked();
    html! {
        @if is_stuck {
            p.pick-short {
                (badge(Tone::Warn, &format!("Short by {missing}")))
                @if !sheet.rights.closes_short { span { "Ask sales to close it short" } }
            }
        } @else if line.short_closed_quantity.is_positive() {
            p.pick-short { (badge(Tone::Neutral, &format!("{} closed short", line.short_closed_quantity))) @if let Some(reason) = &line.short_close_reason { span { (reason) } } }
        }
    }
}

fn typed_quantity<'s>(sheet: &'s Sheet<'_>, line: &OrderLine) -> Option<&'s Typed<'s>> {
    let typed = sheet.typed.as_ref()?;
    (typed.line == line.id && matches!(typed.kind, Kind::Quantity)).then_some(typed)
}

fn typed_reason<'s>(sheet: &'s Sheet<'_>, line: &OrderLine) -> Option<&'s Typed<'s>> {
    let typed = sheet.typed.as_ref()?;
    (typed.line == line.id && matches!(typed.kind, Kind::Reason)).then_some(typed)
}

/// The picked quantity by hand. The second button sends the whole, in place of what stands in the field.
fn set_form(sheet: &Sheet<'_>, line: &OrderLine) -> Markup {
    let action = sheet.path("picks");
    let typed = typed_quantity(sheet, line);
    let value = typed.map_or_else(
        || line.picked_quantity.to_string(),
        |typed| typed.text.to_owned(),
    );
    let errors: &[FieldError] = typed.map_or(&[], |typed| &typed.errors);
    let label = format!("Picked of {}", line.sku);
    let within = format!("line-{}", line.line_no);
    let open = line.open_quantity().to_string();
    let quantity = Field::decimal("lines.0.quantity", &label)
        .within(&within)
        .value(value)
        .errors(errors)
        .required();
    Form::post(&action).replaces(REGION).render(html! {
        (hidden("lines.0.line_id", &line.id.to_string()))
        (quantity_stepper(quantity, "1"))
        (submit_as(Style::Plain, "Set"))
        @if !line.is_picked() { (submit_choice(Style::Primary, &format!("All {open}"), "lines.0.quantity", &open)) }
    })
}

fn may_close_short(sheet: &Sheet<'_>, line: &OrderLine) -> bool {
    sheet.is_open() && sheet.rights.closes_short && !line.is_picked()
}

fn short_close(sheet: &Sheet<'_>, line: &OrderLine) -> Markup {
    let is_open = typed_reason(sheet, line).is_some();
    html! { details.pick-close open[is_open] { summary { "Close short" } (short_close_form(sheet, line)) } }
}

fn short_close_form(sheet: &Sheet<'_>, line: &OrderLine) -> Markup {
    let action = sheet.path("short-closes");
    let typed = typed_reason(sheet, line);
    let errors: &[FieldError] = typed.map_or(&[], |typed| &typed.errors);
    let whole = errors.iter().find(|error| error.field != "reason");
    let within = format!("line-{}", line.line_no);
    let left = line.open_quantity() - line.picked_quantity;
    let question = format!("Give up {left} {} of {}?", line.uqc.as_str(), line.sku);
    Form::post(&action).replaces(REGION).confirm(Some(&question)).render(html! {
        (hidden("line_id", &line.id.to_string()))
        @if let Some(error) = whole { p.field-error role="alert" { (icon(Icon::CircleAlert)) span { (error.message) } } }
        (Field::text("reason", "Why the rest cannot be supplied").within(&within).value(typed.map_or("", |typed| typed.text)).errors(errors).required().max_length(200))
        (submit_as(Style::Danger, "Close short"))
    })
}

/// The one form of a line that was refused, to take its own place.
pub fn refused_form(sheet: &Sheet<'_>, line: &OrderLine) -> Markup {
    match typed_reason(sheet, line) {
        Some(_) => short_close_form(sheet, line),
        None => set_form(sheet, line),
    }
}

/// Progress, and the step that ends picking.
fn ending(sheet: &Sheet<'_>) -> Markup {
    let header = &sheet.order.header;
    let all = sheet.lines().count();
    let done = sheet.lines().filter(|line| line.is_picked()).count();
    match header.status {
        Status::Picking => sticky_bar(progress(done, all), pack_form(sheet, done == all)),
        Status::Approved if sheet.rights.picks => sticky_bar(
            html! { p { "Nobody is picking this order yet" } },
            button(
                &ActionButton::post(Verb::StartPicking.label(), sheet.path("picking"))
                    .style(Style::Primary)
                    .hidden("version", header.version.to_string()),
            ),
        ),
        Status::Packed if sheet.rights.dispatches => sticky_bar(
            html! { p { "This order is packed" } },
            button(&ActionButton::open("Dispatch", sheet.path("dispatch")).style(Style::Primary)),
        ),
        status => {
            let text = format!(
                "This order is {}; its pick list is closed.",
                status.label().to_lowercase()
            );
            flash::message(
                &Flash::new(Tone::Neutral, text).link("See the order", order_path(header.id)),
            )
        }
    }
}

fn progress(done: usize, all: usize) -> Markup {
    html! {
        label.pick-progress {
            span { strong { (done) " of " (all) } " lines picked" }
            progress value=(done) max=(all) { (done) " of " (all) }
        }
    }
}

fn pack_form(sheet: &Sheet<'_>, is_done: bool) -> Markup {
    let action = sheet.path("packing");
    Form::post(&action).render(html! {
        (version(i64::from(sheet.order.header.version)))
        button class=(Style::Primary.class()) type="submit" disabled[!is_done] { (icon(Icon::PackageCheck)) (Verb::Pack.label()) }
    })
}
