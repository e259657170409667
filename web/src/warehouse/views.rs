//! The queue: one row an order, one button a row.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::access::{Actor, PermissionCode};
use vitaran_core::db::Paged;
use vitaran_core::orders::OrderCounts;
use vitaran_core::warehouse::{QueuedOrder, Stage};

use super::queue::word;
use super::{QUEUE, order_path, path};
use crate::hx;
use crate::ui::actions::{ActionButton, button};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::Style;
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, Tone, time};

const REGION: &str = "queue";

/// What the person at the shelf may do.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    pub picks: bool,
    pub closes_short: bool,
    pub dispatches: bool,
}

impl Rights {
    pub fn of(actor: &Actor) -> Self {
        Rights {
            picks: actor.has(PermissionCode::WarehousePicksWrite),
            closes_short: actor.has(PermissionCode::SalesOrdersShortClose),
            dispatches: actor.has(PermissionCode::WarehouseDispatchWrite),
        }
    }
}

/// A page of one section, with the counts of all.
pub struct Queue<'a> {
    pub stage: Stage,
    pub orders: &'a Paged<QueuedOrder>,
    pub counts: &'a OrderCounts,
    /// Where the page begins; `None` is the first.
    pub cursor: Option<&'a str>,
    pub now: DateTime<Utc>,
    pub rights: Rights,
}

const fn label(stage: Stage) -> &'static str {
    match stage {
        Stage::ToPick => "To pick",
        Stage::Picking => "Being picked",
        Stage::ToDispatch => "To dispatch",
    }
}

fn stage_path(stage: Stage) -> String {
    format!("{QUEUE}?stage={}", word(stage))
}

pub fn page(queue: &Queue<'_>) -> Markup {
    html! {
        (Heading::new("Warehouse").meta(html! { "The oldest order first" }))
        (region(queue))
    }
}

/// The part that fetches itself anew.
pub fn region(queue: &Queue<'_>) -> Markup {
    let here = match queue.cursor {
        Some(cursor) => format!("{}&cursor={cursor}", stage_path(queue.stage)),
        None => stage_path(queue.stage),
    };
    hx::live_region(
        REGION,
        &here,
        "orders-changed",
        html! {
            div.stack {
                (tabs(queue))
                @if queue.orders.rows.is_empty() { (nothing(queue.stage)) } @else { (list(queue)) }
            }
        },
    )
}

fn tabs(queue: &Queue<'_>) -> Markup {
    let paths = Stage::ALL.map(stage_path);
    let tabs: Vec<View<'_>> = Stage::ALL
        .iter()
        .zip(&paths)
        .map(|(stage, href)| View {
            label: label(*stage),
            href,
            count: Some(queue.counts.of(stage.status())),
            is_current: *stage == queue.stage,
        })
        .collect();
    views("Sections of the queue", &tabs)
}

fn nothing(stage: Stage) -> Markup {
    let (icon, title, text) = match stage {
        Stage::ToPick => (
            Icon::PackageCheck,
            "Nothing to pick",
            "Orders come here when sales approve them.",
        ),
        Stage::Picking => (
            Icon::ClipboardList,
            "Nobody is picking",
            "Start one from the orders to pick.",
        ),
        Stage::ToDispatch => (
            Icon::Truck,
            "Nothing to dispatch",
            "Packed orders wait here for their transport.",
        ),
    };
    empty(Empty {
        icon,
        title,
        text,
        action: None,
    })
}

fn list(queue: &Queue<'_>) -> Markup {
    let columns = [
        Column::text("Order"),
        Column::text("Goes to").card_line(),
        Column::text("Lines").card_line(),
        Column::text("Placed").card_end(),
        Column::actions("Next step"),
    ];
    let first = stage_path(queue.stage);
    let next = queue.orders.next.as_ref();
    let next = next.map(|cursor| format!("{first}&cursor={}", cursor.as_str()));
    let rows = queue.orders.rows.iter().map(|order| row(queue, order));
    html! {
        (sheet(Table::new("queue-table", label(queue.stage), columns).rows(rows)))
        (pagination(&Pagination {
            of: Noun::ORDERS,
            shown: queue.orders.rows.len(),
            first: queue.cursor.map(|_| first.as_str()),
            next: next.as_deref(),
        }))
    }
}

fn row(queue: &Queue<'_>, order: &QueuedOrder) -> Row {
    Row::new([
        html! { a href=(order_path(order.id)) { (order.number) } },
        html! { (order.dealer_name) @if let Some(city) = order.city() { ", " (city) } },
        lines(queue.stage, order),
        html! { span.muted { (time::ago(order.placed_at, queue.now)) } },
        step(queue, order),
    ])
    .id(format!("order-{}", order.id))
}

fn lines(stage: Stage, order: &QueuedOrder) -> Markup {
    let open = order.open_lines;
    html! {
        span.inline {
            @match stage {
                Stage::Picking => span { (order.picked_lines) " of " (Noun::LINES.count(open)) " picked" @if let Some(picker) = &order.picker { " by " (picker) } },
                Stage::ToPick | Stage::ToDispatch => span { (Noun::LINES.count(open)) },
            }
            @if order.short_lines > 0 && stage != Stage::ToDispatch { (badge(Tone::Warn, &format!("{} short", order.short_lines))) }
        }
    }
}

fn step(queue: &Queue<'_>, order: &QueuedOrder) -> Markup {
    let (may, action) = match queue.stage {
        Stage::ToPick => (
            queue.rights.picks,
            ActionButton::post("Start picking", path(order.id, "picking"))
                .hidden("version", order.version.to_string()),
        ),
        Stage::Picking => (
            queue.rights.picks,
            ActionButton::open("Continue", path(order.id, "pick")),
        ),
        Stage::ToDispatch => (
            queue.rights.dispatches,
            ActionButton::open("Dispatch", path(order.id, "dispatch")),
        ),
    };
    html! { @if may { div.buttons { (button(&action.style(Style::Primary))) } } }
}
