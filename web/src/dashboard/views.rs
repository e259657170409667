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
use crate::ui::time::{ago, date_of, time_text};
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
                (figures(home))
                (waiting(home))
            }
        },
    )
}

/// A tile to be, whose note is made here.
struct Figure {
    label: &'static str,
    value: Markup,
    note: Option<String>,
    href: Option<&'static str>,
    tone: Tone,
}

fn figures(home: &Home) -> Markup {
    let figures = figures_of(home);
    let shown: Vec<Tile<'_>> = figures
        .iter()
        .map(|figure| Tile {
            label: figure.label,
            value: figure.value.clone(),
            note: figure.note.as_deref(),
            href: figure.href,
            tone: figure.tone,
        })
        .collect();
    tiles(&shown)
}

fn figures_of(home: &Home) -> Vec<Figure> {
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

fn to_approve(home: &Home) -> Figure {
    let since = home.today.waiting_since;
    Figure {
        label: "To approve",
        value: html! { (home.counts.of(Status::Placed)) },
        note: since.map(|at| format!("since {}", time_text(at))),
        href: Some(Work::Approve.href()),
        tone: if since.is_some() {
            Tone::Warn
        } else {
            Tone::Neutral
        },
    }
}

fn short(home: &Home) -> Figure {
    let is_short = !home.today.short().is_zero();
    Figure {
        label: "Waiting for stock",
        value: html! { (home.today.short()) },
        note: Some("orders with a short line".to_owned()),
        href: Some("/admin/orders?short=true"),
        tone: if is_short { Tone::Bad } else { Tone::Neutral },
    }
}

fn of_status(home: &Home, status: Status, label: &'static str) -> Figure {
    let href = match status {
        Status::Approved => "/admin/orders?status=APPROVED",
        Status::Picking => "/admin/orders?status=PICKING",
        Status::Packed => "/admin/orders?status=PACKED",
        _ => "/admin/orders?status=DISPATCHED",
    };
    Figure {
        label,
        value: html! { (home.counts.of(status)) },
        note: None,
        href: Some(href),
        tone: Tone::Info,
    }
}

fn placed(home: &Home) -> Figure {
    Figure {
        label: "Ordered today",
        value: compact(home.today.placed_total),
        note: Some(orders_word(home.today.placed)),
        href: Some("/admin/orders"),
        tone: Tone::Neutral,
    }
}

fn dispatched(home: &Home) -> Figure {
    Figure {
        label: "Dispatched today",
        value: compact(home.today.dispatched_total),
        note: Some(orders_word(home.today.dispatched)),
        href: Some("/admin/orders?status=DISPATCHED"),
        tone: Tone::Good,
    }
}

fn orders_word(count: i64) -> String {
    match count {
        1 => "1 order".to_owned(),
        count => format!("{count} orders"),
    }
}

fn owed(receivables: &Receivables, work: Work) -> Vec<Figure> {
    let unpaid = Figure {
        label: "Unpaid",
        value: compact(receivables.unpaid),
        note: Some("on issued invoices".to_owned()),
        href: Some("/admin/invoices"),
        tone: Tone::Neutral,
    };
    if work != Work::Follow {
        return vec![unpaid];
    }
    let unallocated = Figure {
        label: "Unallocated",
        value: compact(receivables.unallocated),
        note: Some("received, not set against an invoice".to_owned()),
        href: None,
        tone: Tone::Neutral,
    };
    let received = Figure {
        label: "Received today",
        value: compact(receivables.received_today),
        note: Some(match receivables.receipts_today {
            1 => "1 receipt".to_owned(),
            count => format!("{count} receipts"),
        }),
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
