//! The home page. Data in, markup out.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::orders::{OrderCounts, OrderSummary, Status, Today};
use vitaran_core::payments::Receivables;

use crate::hx::live_region;
use crate::ui::empty::{Empty, empty};
use crate::ui::money::{compact, money};
use crate::ui::panel::{Heading, panel_with};
use crate::ui::stats::{Tile, tiles};
use crate::ui::table::{Column, Row, Table};
use crate::ui::time::{ago, date_of};
use crate::ui::{Icon, Tone};

/// Id of the part that refreshes itself.
const HOME: &str = "home";

/// What the viewer's work begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Approve,
    Pick,
    /// Nothing of their own to do in the order's way: they follow what left.
    Follow,
}

impl Work {
    const fn title(self) -> &'static str {
        match self {
            Work::Approve => "Waiting for approval",
            Work::Pick => "To pick",
            Work::Follow => "On the way",
        }
    }

    const fn href(self) -> &'static str {
        match self {
            Work::Approve => "/admin/orders?status=PLACED&sort=placed_at",
            Work::Pick => "/admin/warehouse",
            Work::Follow => "/admin/orders?status=DISPATCHED",
        }
    }

    const fn nothing(self) -> (&'static str, &'static str) {
        match self {
            Work::Approve => ("All decided", "No order waits for approval."),
            Work::Pick => ("All picked", "No approved order waits to be picked."),
            Work::Follow => ("Nothing on the way", "Every order that left has arrived."),
        }
    }
}

/// Everything the home page shows.
#[derive(Debug)]
pub struct Home {
    pub name: String,
    pub company: String,
    pub now: DateTime<Utc>,
    pub work: Work,
    pub today: Today,
    pub counts: OrderCounts,
    /// The orders that wait longest.
    pub waiting: Vec<OrderSummary>,
    pub receivables: Option<Receivables>,
}

pub fn page(home: &Home) -> Markup {
    html! {
        (Heading::new(&home.company).meta(html! { (home.name) " · " (date_of(home.now)) }))
        (region(home))
    }
}

/// The figures and the list, which fetch themselves anew when an order changes.
pub fn region(home: &Home) -> Markup {
    live_region(
        HOME,
        "/admin",
        "orders-changed",
        html! {
            div.stack {
                (tiles(&figures(home)))
                (waiting(home))
            }
        },
    )
}

fn figures(home: &Home) -> Vec<Tile<'static>> {
    let mut shown = match home.work {
        Work::Approve => vec![
            to_approve(home),
            short(home),
            of_status(home, Status::Approved, "To pick"),
            dispatched(home),
            placed(home),
        ],
        Work::Pick => vec![
            of_status(home, Status::Approved, "To pick"),
            of_status(home, Status::Picking, "Being picked"),
            of_status(home, Status::Packed, "To dispatch"),
            short(home),
            dispatched(home),
        ],
        Work::Follow => vec![
            dispatched(home),
            of_status(home, Status::Dispatched, "On the way"),
        ],
    };
    if let Some(receivables) = &home.receivables {
        shown.extend(owed(receivables, home.work));
    }
    shown
}

fn to_approve(home: &Home) -> Tile<'static> {
    let waits = home.today.waiting_since.is_some();
    Tile {
        label: "To approve",
        value: html! { (home.counts.label(Status::Placed)) },
        note: Some(if waits {
            "oldest first"
        } else {
            "nothing waits"
        }),
        href: Some(Work::Approve.href()),
        tone: if waits { Tone::Warn } else { Tone::Neutral },
    }
}

fn short(home: &Home) -> Tile<'static> {
    let is_short = home.today.short > 0;
    Tile {
        label: "Waiting for stock",
        value: html! { @if home.today.short > OrderCounts::MOST { (OrderCounts::MOST) "+" } @else { (home.today.short) } },
        note: Some("orders with a short line"),
        href: Some("/admin/orders?short=true"),
        tone: if is_short { Tone::Bad } else { Tone::Neutral },
    }
}

fn of_status(home: &Home, status: Status, label: &'static str) -> Tile<'static> {
    let href = match status {
        Status::Approved => "/admin/orders?status=APPROVED",
        Status::Picking => "/admin/orders?status=PICKING",
        Status::Packed => "/admin/orders?status=PACKED",
        _ => "/admin/orders?status=DISPATCHED",
    };
    Tile {
        label,
        value: html! { (home.counts.label(status)) },
        note: None,
        href: Some(href),
        tone: Tone::Info,
    }
}

fn placed(home: &Home) -> Tile<'static> {
    Tile {
        label: "Ordered today",
        value: compact(home.today.placed_total),
        note: Some(orders_word(home.today.placed)),
        href: Some("/admin/orders"),
        tone: Tone::Neutral,
    }
}

fn dispatched(home: &Home) -> Tile<'static> {
    Tile {
        label: "Dispatched today",
        value: compact(home.today.dispatched_total),
        note: Some(orders_word(home.today.dispatched)),
        href: Some("/admin/orders?status=DISPATCHED"),
        tone: Tone::Good,
    }
}

/// The number itself is in the list; here it only says whether there is anything.
const fn orders_word(count: i64) -> &'static str {
    match count {
        0 => "no order yet",
        1 => "one order",
        _ => "several orders",
    }
}

fn owed(receivables: &Receivables, work: Work) -> Vec<Tile<'static>> {
    let unpaid = Tile {
        label: "Unpaid",
        value: compact(receivables.unpaid),
        note: Some("on issued invoices"),
        href: Some("/admin/invoices"),
        tone: Tone::Neutral,
    };
    if work != Work::Follow {
        return vec![unpaid];
    }
    let unallocated = Tile {
        label: "Unallocated",
        value: compact(receivables.unallocated),
        note: Some("received, not set against an invoice"),
        href: None,
        tone: Tone::Neutral,
    };
    let received = Tile {
        label: "Received today",
        value: compact(receivables.received_today),
        note: None,
        href: None,
        tone: Tone::Good,
    };
    vec![unpaid, unallocated, received]
}

fn waiting(home: &Home) -> Markup {
    let work = home.work;
    let body = if home.waiting.is_empty() {
        let (title, text) = work.nothing();
        empty(Empty {
            icon: Icon::CircleCheck,
            title,
            text,
            action: None,
        })
    } else {
        let columns = [
            Column::text("Order"),
            Column::text("Dealer").card_line(),
            Column::text("Placed").card_end(),
            Column::number("Total").card_corner(),
        ];
        let rows = home.waiting.iter().map(|order| row(order, home.now));
        html! { (Table::new("waiting", work.title(), columns).rows(rows)) }
    };
    panel_with(
        work.title(),
        html! { a href=(work.href()) { "All of them" } },
        body,
    )
}

fn row(order: &OrderSummary, now: DateTime<Utc>) -> Row {
    Row::new([
        html! { a href={ "/admin/orders/" (order.id) } { (order.number) } },
        html! { (order.dealer_name) },
        ago(order.placed_at, now),
        money(order.total),
    ])
}
