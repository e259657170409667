//! The staff's page of one order: lines with their stock, the dealer's credit, tax and its ground, parties, history.

use maud::{Markup, html};
use vitaran_core::access::{Actor, PermissionCode};
use vitaran_core::orders::{
    HistoryEntry, OrderDetail, OrderHeader, OrderLine, PartySnapshot, Status, Timeline, Verb,
};
use vitaran_kernel::supply::SupplyClause;
use vitaran_kernel::{Money, SupplyKind, TaxSplit};

use super::ORDER;
use super::actions_view::{order_path, short_close_path, verb_buttons};
use super::views::PATH;
use crate::audit::history_link;
use crate::hx::live_region;
use crate::ui::address::{Address, address};
use crate::ui::badge::{badge, order_status, order_status_word};
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::flash::{self, Flash};
use crate::ui::money::{money, percent, quantity, unit_price};
use crate::ui::panel::{Heading, code, columns, facts, panel, panel_with, sheet, totals};
use crate::ui::table::{Column, Row, Table};
use crate::ui::timeline::{Event, timeline};
use crate::ui::{Tone, time};

/// The order, and what its viewer may see and do.
#[derive(Debug)]
pub struct OrderView<'a> {
    pub order: &'a OrderDetail,
    pub verbs: Vec<Verb>,
    pub may_short_close: bool,
    /// Those who look after dealers: their credit, the way to their page.
    pub sees_dealer: bool,
    pub sees_invoice: bool,
    pub sees_history: bool,
}

impl<'a> OrderView<'a> {
    #[must_use]
    pub fn of(order: &'a OrderDetail, actor: &Actor) -> Self {
        OrderView {
            order,
            verbs: order.allowed_actions(actor),
            may_short_close: order.may_short_close(actor),
            sees_dealer: actor.has(PermissionCode::SalesDealersRead),
            sees_invoice: actor.has(PermissionCode::BillingInvoicesRead),
            sees_history: actor.has(PermissionCode::PlatformAuditRead),
        }
    }
}

/// The page; `notice` says what was refused just now.
pub fn order_page(view: &OrderView<'_>, notice: Option<&Flash>) -> Markup {
    html! {
        @if let Some(notice) = notice { (flash::message(notice)) }
        (order_region(view))
    }
}

/// Everything of the order. It fetches itself anew when the order changes.
pub fn order_region(view: &OrderView<'_>) -> Markup {
    let order = view.order;
    let header = &order.header;
    live_region(
        ORDER,
        &order_path(header.id),
        "order-changed",
        html! {
            div.stack {
                (heading(view))
                (columns(
                html! {
                    (sheet(lines(view)))
                    (panel("Total", total_lines(header)))
                    (place_of_supply(header))
                },
                html! {
                    @if let Some(shipment) = shipment(view) { (shipment) }
                    @if view.sees_dealer { (credit(header)) }
                },
            ))
            (columns(
                html! { (panel("History", history(&view.order.history))) (origin(header)) },
                parties(header),
            ))
            }
        },
    )
}

fn heading(view: &OrderView<'_>) -> Markup {
    let header = &view.order.header;
    let short = view.order.short_lines().count();
    let waits = matches!(header.status, Status::Approved | Status::Picking) && short > 0;
    html! {
        (Heading::new(&header.number)
            .back("Orders", PATH)
            .badge(html! {
                (order_status(header.status.as_str()))
                @if waits { " " (badge(Tone::Warn, &format!("{short} of {} lines short", view.order.lines.len()))) }
            })
            .meta(html! {
                @if view.sees_dealer { a href={ "/admin/dealers/" (header.dealer_id) } { (header.dealer_name) } } @else { (header.dealer_name) }
                " · placed " (time::time(header.placed_at)) " by " (header.placed_by_name)
                (history_link(view.sees_history, header.id))
            })
            .actions(verb_buttons(header, &view.verbs)))
    }
}

// Lines -------------------------------------------------------------------------------------------------------------

/// Which figures of a line say something, by how far the order is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What is on the shelf decides what an approval can promise.
    Waiting,
    Reserved,
    Picking,
    Done,
}

const fn stage(status: Status) -> Stage {
    match status {
        Status::Placed => Stage::Waiting,
        Status::Approved => Stage::Reserved,
        Status::Picking => Stage::Picking,
        Status::Packed
        | Status::Dispatched
        | Status::Delivered
        | Status::Rejected
        | Status::Cancelled => Stage::Done,
    }
}

fn lines(view: &OrderView<'_>) -> Markup {
    let stage = stage(view.order.header.status);
    let middle = match stage {
        Stage::Waiting => Some(Column::text("Stock")),
        Stage::Reserved => Some(Column::text("Reserved")),
        Stage::Picking => Some(Column::text("Picked")),
        Stage::Done => None,
    };
    let columns = [Column::text("Product"), Column::number("Quantity")]
        .into_iter()
        .chain(middle)
        .chain([
            Column::number("Price"),
            Column::number("GST"),
            Column::number("Amount").card_corner(),
        ]);
    let rows = view
        .order
        .lines
        .iter()
        .map(|line| line_row(view, line, stage));
    html! { (Table::new("lines", "Lines of this order", columns).rows(rows)) }
}

fn line_row(view: &OrderView<'_>, line: &OrderLine, stage: Stage) -> Row {
    let unit = line.uqc.as_str();
    let middle = match stage {
        Stage::Waiting => Some(promise(line)),
        Stage::Reserved => Some(reservation(view, line)),
        Stage::Picking => Some(progress(view, line)),
        Stage::Done => None,
    };
    let first = [
        html! { span.cell { (line.name) span.cart-meta { (code(&line.sku)) span { "HSN " (line.hsn) } } (closed_short(line)) } },
        html! { span.nowrap { (quantity(line.quantity, unit)) } },
    ];
    let last = [
        html! { span.cell { (unit_price(line.unit_price)) span.cell-note { (price_source(line)) } } },
        percent(line.tax_rate),
        html! { (money(line.taxable)) },
    ];
    Row::new(first.into_iter().chain(middle).chain(last)).id(format!("line-{}", line.line_no))
}

/// What approving now could promise.
fn promise(line: &OrderLine) -> Markup {
    let unit = line.uqc.as_str();
    let short = line.uncovered_quantity();
    html! {
        span.cell {
            @if short.is_positive() { (badge(Tone::Warn, &format!("Short by {short}"))) } @else { (badge(Tone::Good, "In stock")) }
            span.cell-note { (quantity(line.free_stock, unit)) " free" }
        }
    }
}

fn reservation(view: &OrderView<'_>, line: &OrderLine) -> Markup {
    let unit = line.uqc.as_str();
    let short = line.short_quantity();
    html! {
        span.cell {
            (quantity(line.reserved_quantity, unit))
            @if short.is_positive() { (badge(Tone::Warn, &format!("Short by {short}"))) (short_close(view, line)) }
        }
    }
}

fn progress(view: &OrderView<'_>, line: &OrderLine) -> Markup {
    let unit = line.uqc.as_str();
    let short = line.short_quantity();
    html! {
        span.cell {
            span { (line.picked_quantity) " of " (quantity(line.open_quantity(), unit)) }
            @if short.is_positive() { (badge(Tone::Warn, &format!("Short by {short}"))) }
            @if !line.is_picked() { (short_close(view, line)) }
        }
    }
}

fn short_close(view: &OrderView<'_>, line: &OrderLine) -> Markup {
    html! {
        @if view.may_short_close {
            a.cell-note href=(short_close_path(view.order.header.id, line.id)) { "Close short" span.visually-hidden { " line " (line.line_no) } }
        }
    }
}

fn closed_short(line: &OrderLine) -> Markup {
    html! {
        @if line.short_closed_quantity.is_positive() {
            span.cell-note {
                "Closed short by " (quantity(line.short_closed_quantity, line.uqc.as_str()))
                @if let Some(reason) = &line.short_close_reason { ": " (reason) }
            }
        }
    }
}

fn price_source(line: &OrderLine) -> Markup {
    html! {
        @match &line.price_list_name {
            Some(list) => (list),
            None => (line.price_source.label()),
        }
    }
}

// Money -------------------------------------------------------------------------------------------------------------

fn total_lines(header: &OrderHeader) -> Markup {
    let mut lines = vec![("Before tax", money(header.subtotal))];
    lines.extend(tax_lines(header.tax(), header.supply_kind));
    if !header.round_off.is_zero() {
        lines.push(("Round-off", money(header.round_off)));
    }
    lines.push(("Total", money(header.total)));
    if let Some(invoiced) = header.invoiced_otherwise() {
        lines.push(("Invoiced", money(invoiced)));
    }
    totals(&lines)
}

/// The taxes that apply, by name.
pub fn tax_lines(tax: TaxSplit, kind: SupplyKind) -> Vec<(&'static str, Markup)> {
    let TaxSplit {
        cgst,
        sgst,
        utgst,
        igst,
    } = tax;
    match kind {
        SupplyKind::IntraState => vec![("CGST", money(cgst)), ("SGST", money(sgst))],
        SupplyKind::IntraUnionTerritory => vec![("CGST", money(cgst)), ("UTGST", money(utgst))],
        SupplyKind::InterState => vec![("IGST", money(igst))],
        SupplyKind::ZeroRated => vec![("Tax (zero-rated supply)", money(Money::ZERO))],
    }
}

/// The dealer's credit as it stands; a waiting order comes on top of it.
fn credit(header: &OrderHeader) -> Markup {
    let credit = header.credit();
    let this_order = (header.status == Status::Placed).then_some(header.total);
    let meter = Credit {
        limit: credit.limit,
        used: credit.exposure(),
        this_order,
    };
    panel_with(
        "Credit",
        html! { a href={ "/admin/orders?dealer_id=" (header.dealer_id) } { "Their orders" } },
        html! {
            (credit_meter(&meter))
            (facts(&[
                ("On hold", html! { (money(credit.holds)) " " span.cell-note { "approved, not dispatched" } }),
                ("Unpaid", html! { (money(credit.unpaid)) " " span.cell-note { "on invoices" } }),
                ("Unallocated", html! { (money(credit.unallocated)) " " span.cell-note { "received, counts for the dealer" } }),
            ]))
        },
    )
}

fn place_of_supply(header: &OrderHeader) -> Markup {
    let clause = SupplyClause::from_stored(header.pos_row, &header.pos_clause);
    panel(
        "Place of supply",
        html! {
            p { strong { (header.pos_state.name()) } " (" (header.pos_state) ")" }
            p.muted { (supply_reason(clause, &header.pos_clause)) }
        },
    )
}

/// The clause and what it means, in a sentence.
pub fn supply_reason(clause: Option<SupplyClause>, stored: &str) -> Markup {
    html! { "IGST Act " (stored) @if let Some(clause) = clause { ". " (clause.reason()) } }
}

// Parties -----------------------------------------------------------------------------------------------------------

fn parties(header: &OrderHeader) -> Markup {
    let (bill_to, ship_to) = (header.bill_to(), header.ship_to());
    html! {
        @if ship_to.is_some() && bill_to == ship_to {
            @if let Some(party) = &bill_to { (panel("Bill and ship to", shown_party(party))) }
        } @else {
            @if let Some(party) = &ship_to { (panel("Ship to", shown_party(party))) }
            @if let Some(party) = &bill_to { (panel("Bill to", shown_party(party))) }
        }
    }
}

fn shown_party(party: &PartySnapshot) -> Markup {
    let place = &party.address;
    let lines: Vec<&str> = std::iter::once(place.line1.as_str())
        .chain(place.line2.as_deref())
        .collect();
    address(&Address {
        name: Some(&party.name),
        lines: &lines,
        city: &place.city,
        pin: &place.pincode,
        state: place.state_code.name(),
        state_code: Some(place.state_code.as_str()),
        phone: None,
        gstin: party.gstin.as_deref(),
    })
}

/// How the order came in, and what the dealer said with it.
fn origin(header: &OrderHeader) -> Markup {
    let mut said = vec![("Came in by", html! { (channel(&header.channel)) })];
    if let Some(reference) = &header.client_reference {
        said.push(("Their reference", code(reference)));
    }
    if header.shows_location {
        said.push(("Ships from", html! { (header.location_name) }));
    }
    if let Some(note) = &header.note {
        said.push(("Note", html! { (note) }));
    }
    panel("About this order", facts(&said))
}

fn channel(code: &str) -> &str {
    match code {
        "PORTAL" => "Dealer portal",
        "STAFF" => "Our own staff",
        "API" => "API",
        other => other,
    }
}

// Shipment and history ----------------------------------------------------------------------------------------------

fn shipment(view: &OrderView<'_>) -> Option<Markup> {
    let header = &view.order.header;
    let mut known: Vec<(&str, Markup)> = Vec::new();
    if let (Some(id), Some(number)) = (header.invoice_id, &header.invoice_number) {
        let shown = html! { @if view.sees_invoice { a href={ "/admin/invoices/" (id) } { (number) } } @else { (number) } };
        known.push(("Invoice", shown));
    }
    let texts = [
        ("Transporter", &header.transporter),
        ("LR number", &header.lr_number),
        ("Vehicle", &header.vehicle_number),
        ("E-way bill", &header.eway_bill_number),
    ];
    known.extend(
        texts
            .into_iter()
            .filter_map(|(name, text)| text.as_ref().map(|text| (name, html! { (text) }))),
    );
    if let Some(day) = header.lr_date {
        known.push(("LR date", time::date(day)));
    }
    if let Some(at) = header.dispatched_at {
        known.push(("Dispatched", time::time(at)));
    }
    if let Some(at) = header.delivered_at {
        known.push(("Delivered", time::time(at)));
    }
    (!known.is_empty()).then(|| panel("Shipment", facts(&known)))
}

fn history(entries: &[HistoryEntry]) -> Markup {
    let events: Vec<Event<'_>> = entries.iter().map(event).collect();
    timeline(&events)
}

fn event(entry: &HistoryEntry) -> Event<'_> {
    let (tone, title) = match entry.kind() {
        Timeline::Moved => order_status_word(entry.to_status.as_str()),
        Timeline::Noted => (Tone::Neutral, "Noted".to_owned()),
    };
    Event {
        title: html! { (title) },
        at: entry.at,
        by: Some(&entry.by_name),
        note: entry.reason.as_deref(),
        tone,
    }
}
