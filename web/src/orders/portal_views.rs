//! A dealer's orders and home page: data in, markup out.

use std::ops::Add as _;

use maud::{Markup, html};
use vitaran_core::access::{Actor, PermissionCode};
use vitaran_core::db::{Count, Paged};
use vitaran_core::orders::{
    HistoryEntry, OrderCounts, OrderDetail, OrderHeader, OrderLine, OrderSummary, PartySnapshot,
    Status, Timeline, Verb,
};
use vitaran_kernel::supply::SupplyClause;
use vitaran_kernel::{Money, OrderId, StateCode, TaxSplit};

use super::portal::{CancelForm, OrdersParams, View};
use super::portal_home::Home;
use crate::hx;
use crate::invoicing::portal_views::{self as invoice_views, pdf_button};
use crate::portal::CATALOGUE;
use crate::ui::actions::{ActionButton, button, buttons};
use crate::ui::address::{Address, address};
use crate::ui::badge::{order_status, order_status_word};
use crate::ui::counted::Noun;
use crate::ui::credit_meter::{Credit, credit_meter};
use crate::ui::empty::{Empty, empty};
use crate::ui::flash::{Flash, message};
use crate::ui::form::{self, Field, FieldError, Style, error_summary, hidden, submit_as, version};
use crate::ui::money::{compact, money, percent_text, quantity, unit_price};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, columns, facts, panel, panel_with, sheet, totals};
use crate::ui::stats::{Tile, tiles};
use crate::ui::steps::{Progress, Step, steps};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{self, views};
use crate::ui::time::{date, date_of, time};
use crate::ui::timeline::{Event, timeline};
use crate::ui::{Icon, Tone};

/// The event of the live stream that a dealer's pages listen to: some order of the distributor has changed.
const ORDERS_CHANGED: &str = "orders-changed";

// Home ----------------------------------------------------------------------------------------------------------------

pub fn home(home: &Home, region: Markup) -> Markup {
    let dealer = &home.own.dealer;
    let name = dealer.trade_name.as_ref().unwrap_or(&dealer.legal_name);
    let search = hx::Search {
        action: CATALOGUE,
        label: "Search products by name, SKU or HSN",
        query: "",
        target_id: None,
        field_id: "q",
        key: None,
    };
    html! {
        (Heading::new(name.as_str()))
        (search.render(""))
        (region)
    }
}

/// What changes while one looks at it.
pub fn home_region(home: &Home, actor: &Actor) -> Markup {
    let credit = &home.own.credit.credit;
    let meter = Credit {
        limit: credit.limit,
        used: credit.exposure(),
        this_order: None,
    };
    let body = html! {
        (home_tiles(home))
        (columns(
            panel_with("Your orders", html! { a href="/portal/orders" { "All orders" } }, recent(&home.orders, actor)),
            html! {
                (panel("Your credit", credit_meter(&meter)))
                @if let Some(invoices) = &home.invoices {
                    (panel_with("Invoices to pay", html! { a href="/portal/invoices" { "All invoices" } }, invoice_views::to_pay(invoices)))
                }
            },
        ))
    };
    hx::live_region(
        "home",
        "/portal",
        ORDERS_CHANGED,
        html! { div.stack { (body) } },
    )
}

fn home_tiles(home: &Home) -> Markup {
    let credit = &home.own.credit.credit;
    let waiting = home.counts.of(Status::Placed);
    let on_the_way = home.counts.of(Status::Dispatched);
    let tone = |status, tone| {
        if home.counts.of(status).is_zero() {
            Tone::Neutral
        } else {
            tone
        }
    };
    tiles(&[
        Tile {
            label: "Waiting for approval",
            value: html! { (waiting) },
            note: None,
            href: Some("/portal/orders?view=waiting"),
            tone: tone(Status::Placed, Tone::Warn),
        },
        Tile {
            label: "On the way to you",
            value: html! { (on_the_way) },
            note: None,
            href: Some("/portal/orders?view=on-the-way"),
            tone: tone(Status::Dispatched, Tone::Info),
        },
        Tile {
            label: "Unpaid invoices",
            value: compact(credit.unpaid),
            note: None,
            href: Some("/portal/invoices?view=open"),
            tone: Tone::Neutral,
        },
        Tile {
            label: "Available credit",
            value: compact(credit.available()),
            note: None,
            href: None,
            tone: if credit.available().is_positive() {
                Tone::Neutral
            } else {
                Tone::Warn
            },
        },
    ])
}

fn recent(orders: &Paged<OrderSummary>, actor: &Actor) -> Markup {
    if orders.rows.is_empty() {
        return empty(Empty {
            icon: Icon::ClipboardList,
            title: "No orders yet",
            text: "What you order appears here, with everything that happens to it.",
            action: Some(("Browse products", CATALOGUE)),
        });
    }
    let may_order = actor.has(PermissionCode::SalesOrdersPlace);
    html! {
        ul.recent {
            @for order in &orders.rows {
                li {
                    div.recent-what {
                        a href={ "/portal/orders/" (order.id) } { (order.number) }
                        span.muted { (date_of(order.placed_at)) " · " (Noun::PRODUCTS.count(order.line_count)) }
                    }
                    div.recent-state { (order_status(order.status.as_str())) strong { (money(order.total)) } }
                    @if may_order { (button(&repeat_button(order.id).style(Style::Quiet))) }
                }
            }
        }
    }
}

fn repeat_button(id: OrderId) -> ActionButton<'static> {
    ActionButton::post("Order again", format!("/portal/orders/{id}/repeat")).icon(Icon::Repeat)
}

// The list ------------------------------------------------------------------------------------------------------------

const LIST: &str = "list";

pub fn orders(
    found: &Paged<OrderSummary>,
    counts: &OrderCounts,
    view: View,
    params: &OrdersParams,
) -> Markup {
    let addresses = View::ALL.map(|each| (each, params.in_view(each)));
    let shown: Vec<tabs::View<'_>> = addresses
        .iter()
        .map(|(each, href)| tabs::View {
            label: each.label(),
            href,
            count: waiting_in(*each, counts),
            is_current: *each == view,
        })
        .collect();
    let search = hx::Search {
        action: "/portal/orders",
        label: "Search by order number",
        query: &params.q,
        target_id: Some(LIST),
        field_id: "q",
        key: None,
    };
    html! {
        (Heading::new("Orders"))
        (views("Orders by state", &shown))
        (search.render(html! { @if !params.view.is_empty() { (hidden("view", &params.view)) } }))
        div id=(LIST) { (list(found, params)) }
    }
}

/// Open orders of a view. Closed ones are many, and nobody waits for them.
fn waiting_in(view: View, counts: &OrderCounts) -> Option<Count> {
    let is_open = view
        .statuses()
        .iter()
        .all(|status| OrderCounts::OPEN.contains(status));
    if !is_open || view == View::All {
        return None;
    }
    view.statuses()
        .iter()
        .map(|status| counts.of(*status))
        .reduce(Count::add)
        .filter(|count| !count.is_zero())
}

/// The orders of a view, alone: what the search swaps and what refreshes itself.
pub fn list(found: &Paged<OrderSummary>, params: &OrdersParams) -> Markup {
    let here = params.from(&params.cursor);
    let first = params.from("");
    let next = found
        .next
        .as_ref()
        .map(|cursor| params.from(cursor.as_str()));
    let body = html! {
        @if found.rows.is_empty() {
            (no_orders(params))
        } @else {
            (sheet(order_table(&found.rows)))
            (pagination(&Pagination {
                of: Noun::ORDERS,
                shown: found.rows.len(),
                first: (!params.cursor.is_empty()).then_some(first.as_str()),
                next: next.as_deref(),
            }))
        }
    };
    hx::live_region(
        "orders-live",
        &here,
        ORDERS_CHANGED,
        html! { div.stack { (body) } },
    )
}

fn no_orders(params: &OrdersParams) -> Markup {
    if params.q.is_empty() && params.view.is_empty() {
        return empty(Empty {
            icon: Icon::ClipboardList,
            title: "No orders yet",
            text: "What you order appears here, with everything that happens to it.",
            action: Some(("Browse products", CATALOGUE)),
        });
    }
    empty(Empty {
        icon: Icon::ClipboardList,
        title: "No orders here",
        text: "No order fits this view and search.",
        action: Some(("Show all orders", "/portal/orders")),
    })
}

fn order_table(orders: &[OrderSummary]) -> Table<'static> {
    let columns = [
        Column::text("Order"),
        Column::text("Placed").card_line(),
        Column::number("Products").card_hidden(),
        Column::text("Status").card_end(),
        Column::number("Total").card_corner(),
    ];
    Table::new("orders", "Your orders", columns).rows(orders.iter().map(|order| {
        Row::new([
            html! { a href={ "/portal/orders/" (order.id) } { (order.number) } },
            date_of(order.placed_at),
            html! { (order.line_count) },
            order_status(order.status.as_str()),
            money(order.total),
        ])
        .id(format!("order-{}", order.id))
    }))
}

// One order -----------------------------------------------------------------------------------------------------------

/// Everything about an order: it refreshes itself as one region.
pub fn order(order: &OrderDetail, actor: &Actor) -> Markup {
    let header = &order.header;
    let here = format!("/portal/orders/{}", header.id);
    let heading = Heading::new(&header.number)
        .back("Orders", "/portal/orders")
        .badge(order_status(header.status.as_str()))
        .meta(html! { "Placed " (time(header.placed_at)) " by " (header.placed_by_name) })
        .actions(buttons(&actions(order, actor)));
    let body = html! {
        (heading)
        section.panel aria-label="Progress" { (progress(order)) }
        (columns(
            html! {
                (sheet(line_table(order)))
                (panel("What happened", history(&order.history)))
            },
            html! {
                (amount_panel(header))
                (delivery_panel(header))
                (details_panel(header))
            },
        ))
    };
    hx::live_region(
        "order",
        &here,
        ORDERS_CHANGED,
        html! { div.stack { (body) } },
    )
}

fn actions(order: &OrderDetail, actor: &Actor) -> Vec<ActionButton<'static>> {
    let mut all = Vec::new();
    if actor.has(PermissionCode::SalesOrdersPlace) {
        all.push(repeat_button(order.header.id));
    }
    if order.allowed_actions(actor).contains(&Verb::Cancel) {
        let url = format!("/portal/orders/{}/cancellation", order.header.id);
        all.push(ActionButton::open(Verb::Cancel.label(), url).style(Style::Danger));
    }
    all
}

/// The way of an order that nobody stops.
const WAY: [Status; 6] = [
    Status::Placed,
    Status::Approved,
    Status::Picking,
    Status::Packed,
    Status::Dispatched,
    Status::Delivered,
];

fn progress(order: &OrderDetail) -> Markup {
    let now = order.header.status;
    let reached = |status: Status| {
        let moved =
            |entry: &&HistoryEntry| entry.kind() == Timeline::Moved && entry.to_status == status;
        order.history.iter().rev().find(moved)
    };
    let mut shown: Vec<Step<'_>> = Vec::new();
    for status in WAY {
        let entry = reached(status);
        let step = match (status == now, entry) {
            (true, _) if status.is_terminal() => Progress::Done,
            (true, _) => Progress::Current,
            (false, Some(_)) => Progress::Done,
            (false, None) => Progress::Ahead,
        };
        shown.push(Step {
            label: status.label(),
            progress: step,
            note: entry.map(|entry| time(entry.at)),
        });
    }
    if !WAY.contains(&now) {
        // The way ended here: what would have come is no longer ahead.
        shown.retain(|step| step.progress == Progress::Done);
        shown.push(Step {
            label: now.label(),
            progress: Progress::Stopped,
            note: reached(now).map(|entry| time(entry.at)),
        });
    }
    steps("Progress of this order", &shown)
}

fn line_table(order: &OrderDetail) -> Markup {
    let columns = [
        Column::text("Product"),
        Column::number("Quantity").card_line(),
        Column::number("Price").card_end(),
        Column::number("GST").card_line(),
        Column::number("Total").card_corner(),
    ];
    let rows = order.lines.iter().map(|line| {
        Row::new([
            html! {
                div.cart-what {
                    a href={ "/portal/products/" (line.product_id) } { (line.name) }
                    span.cart-meta { span.code { (line.sku) } (supply_note(line, order.header.status)) }
                }
            },
            quantity(line.quantity, line.uqc.as_str()),
            unit_price(line.unit_price),
            html! { span.two-lines { (money(line.tax().total())) span.muted { (percent_text(line.tax_rate)) " GST" } } },
            money(line.total),
        ])
    });
    html! { (Table::new("order-lines", "Products of this order", columns).rows(rows)) }
}

/// What of a line does not come, or comes later.
fn supply_note(line: &OrderLine, status: Status) -> Markup {
    let is_in_hand = matches!(status, Status::Approved | Status::Picking);
    html! {
        @if line.short_closed_quantity.is_positive() {
            span.muted { (line.short_closed_quantity) " not supplied" @if let Some(reason) = &line.short_close_reason { ": " (reason) } }
        } @else if is_in_hand && line.short_quantity().is_positive() {
            span.muted { (line.short_quantity()) " awaited" }
        }
    }
}

fn history(entries: &[HistoryEntry]) -> Markup {
    let events: Vec<Event<'_>> = entries
        .iter()
        .map(|entry| {
            let (tone, word) = order_status_word(entry.to_status.as_str());
            let is_note = entry.kind() == Timeline::Noted;
            Event {
                title: html! { @if is_note { "Note" } @else { (word) } },
                at: entry.at,
                by: Some(entry.by_name.as_str()),
                note: entry.reason.as_deref(),
                tone: if is_note { Tone::Neutral } else { tone },
            }
        })
        .collect();
    timeline(&events)
}

fn amount_panel(header: &OrderHeader) -> Markup {
    panel(
        "Amount",
        html! {
            (amounts(header.subtotal, header.tax(), header.round_off, header.total))
            @if let (Some(id), Some(number)) = (header.invoice_id, &header.invoice_number) {
                div.order-invoice {
                    p { "Invoice " a href={ "/portal/invoices/" (id) } { (number) } @if let Some(total) = header.invoiced_otherwise() { " for " strong { (money(total)) } } }
                    (pdf_button(id))
                }
            }
        },
    )
}

fn delivery_panel(header: &OrderHeader) -> Markup {
    let mut known = Vec::new();
    if let Some(name) = &header.transporter {
        known.push(("Transporter", html! { (name) }));
    }
    if let Some(number) = &header.lr_number {
        known.push((
            "LR number",
            html! { (code(number)) @if let Some(day) = header.lr_date { " of " (date(day)) } },
        ));
    }
    if let Some(number) = &header.vehicle_number {
        known.push(("Vehicle", code(number)));
    }
    if let Some(number) = &header.eway_bill_number {
        known.push(("E-way bill", code(number)));
    }
    if let Some(at) = header.dispatched_at {
        known.push(("Dispatched", time(at)));
    }
    if let Some(at) = header.delivered_at {
        known.push(("Delivered", time(at)));
    }
    panel(
        "Delivery",
        html! {
            @if let Some(party) = header.ship_to() { (party_address(&party)) }
            @if !known.is_empty() { (facts(&known)) }
        },
    )
}

/// A party and its place as they stood when the order was placed.
fn party_address(party: &PartySnapshot) -> Markup {
    let place = &party.address;
    let lines: Vec<&str> = [Some(place.line1.as_str()), place.line2.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    address(&Address {
        name: Some(party.trade_name.as_deref().unwrap_or(&party.name)),
        lines: &lines,
        city: &place.city,
        pin: &place.pincode,
        state: place.state_code.name(),
        state_code: Some(place.state_code.as_str()),
        phone: None,
        gstin: party.gstin.as_deref(),
    })
}

fn details_panel(header: &OrderHeader) -> Markup {
    let clause = SupplyClause::from_stored(header.pos_row, &header.pos_clause);
    let mut known = Vec::new();
    if let Some(reference) = &header.client_reference {
        known.push(("Your reference", html! { (reference) }));
    }
    if header.shows_location {
        known.push(("Sent from", html! { (header.location_name) }));
    }
    panel(
        "Details",
        html! {
            @if !known.is_empty() { (facts(&known)) }
            (place_of_supply(header.pos_state, clause))
            @if let Some(note) = &header.note { blockquote.timeline-note { (note) } }
        },
    )
}

/// Where the supply takes place for GST, and why.
pub(crate) fn place_of_supply(state: StateCode, clause: Option<SupplyClause>) -> Markup {
    html! {
        div.supply-place {
            p { span.muted { "Place of supply: " } (state.as_str()) " " (state.name()) }
            @if let Some(clause) = clause {
                p.hint { (clause.reason()) " IGST Act, section " (clause.as_str()) "." }
            }
        }
    }
}

/// The sums of an order or invoice: the taxes that apply, and no others.
pub(crate) fn amounts(taxable: Money, tax: TaxSplit, round_off: Money, total: Money) -> Markup {
    let TaxSplit {
        cgst,
        sgst,
        utgst,
        igst,
    } = tax;
    let mut lines = vec![("Goods", money(taxable))];
    let taxes = [
        ("CGST", cgst),
        ("SGST", sgst),
        ("UTGST", utgst),
        ("IGST", igst),
    ];
    let borne = taxes.iter().filter(|(_, amount)| !amount.is_zero());
    lines.extend(borne.map(|(name, amount)| (*name, money(*amount))));
    if tax == TaxSplit::ZERO {
        lines.push(("GST", money(Money::ZERO)));
    }
    if !round_off.is_zero() {
        lines.push(("Round-off", money(round_off)));
    }
    lines.push(("Total", money(total)));
    totals(&lines)
}

// Cancelling ----------------------------------------------------------------------------------------------------------

/// Asks before an order is cancelled, or says that it is too late.
pub fn cancellation(
    order: &OrderDetail,
    actor: &Actor,
    form: &CancelForm,
    errors: &[FieldError],
) -> Markup {
    let header = &order.header;
    let back = format!("/portal/orders/{}", header.id);
    let action = format!("{back}/cancellation");
    let may_cancel = order.allowed_actions(actor).contains(&Verb::Cancel);
    html! {
        (error_summary(errors))
        (Heading::new("Cancel the order?").back(&header.number, &back).badge(order_status(header.status.as_str())))
        @if may_cancel {
            (hx::Form::post(&action).class("panel").render(html! {
                (version(header.version.into()))
                p { "Order " strong { (header.number) } " of " (Noun::PRODUCTS.count(order.lines.len())) " for " (money(header.total)) " is withdrawn. Your distributor is told." }
                (Field::text_area("reason", "Reason", 3).hint("It helps your distributor to do better").value(form.reason.as_str()).errors(errors).max_length(500))
                (form::buttons(html! { (submit_as(Style::Danger, "Cancel the order")) a.button href=(back) { "Keep it" } }))
            }))
        } @else {
            (panel("This order can no longer be cancelled here", html! {
                p { (too_late(header.status)) }
                p { a.button href=(back) { "Back to the order" } }
            }))
        }
    }
}

/// Why there is nothing to cancel.
fn too_late(status: Status) -> &'static str {
    match status {
        Status::Cancelled => "It is cancelled already.",
        Status::Rejected => "Your distributor has rejected it.",
        Status::Dispatched => {
            "It is on its way. Call your distributor if you do not want it any more."
        }
        Status::Delivered => {
            "It has been delivered. Call your distributor if something has to go back."
        }
        Status::Placed | Status::Approved | Status::Picking | Status::Packed => {
            "Your distributor is working on it. Call them if you do not want it any more."
        }
    }
}

/// The same page after a refusal: why, and the order as it is now.
pub fn not_cancelled(
    order: &OrderDetail,
    actor: &Actor,
    form: &CancelForm,
    why: &str,
    errors: &[FieldError],
) -> Markup {
    html! {
        @if errors.is_empty() { (message(&Flash::bad(format!("{why}.")))) }
        (cancellation(order, actor, form, errors))
    }
}
