//! The queue of orders: tabs, filters, the list, and what approving several did. Data in, markup out.

use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::orders::{OrderCounts, OrderSort, OrderSummary, Status, Verb};
use vitaran_kernel::IstDate;

use super::actions_view::order_path;
use super::filter::{ListParams, NEWEST_FIRST, OLDEST_FIRST};
use super::{LIST, QUEUE, RESULTS};
use crate::hx::{Form, Search, live_region};
use crate::ui::badge::{badge, order_status};
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Field, hidden};
use crate::ui::money::money;
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, filter_chip, panel, sheet, toolbar};
use crate::ui::table::{Column, Order, Row, Sort, Table, bulk_bar};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, Tone, icon, time};

/// The list's own address.
pub const PATH: &str = "/admin/orders";
/// Where several are approved at once.
pub const APPROVALS: &str = "/admin/orders/approvals";

/// Everything the queue shows.
#[derive(Debug)]
pub struct Queue {
    pub params: ListParams,
    pub sort: OrderSort,
    pub orders: Paged<QueueRow>,
    pub counts: OrderCounts,
    /// Of the dealer the list is narrowed to, if the viewer may know it.
    pub dealer_name: Option<String>,
    pub may_place: bool,
}

/// A row with what the viewer may do to it.
#[derive(Debug)]
pub struct QueueRow {
    pub order: OrderSummary,
    pub verbs: Vec<Verb>,
}

impl QueueRow {
    fn may_approve(&self) -> bool {
        self.verbs.contains(&Verb::Approve)
    }
}

/// The page around the queue.
pub fn list_page(queue: &Queue) -> Markup {
    html! {
        (Heading::new("Orders").actions(html! {
            @if queue.may_place { a.button.primary href="/admin/orders/new" data-key="n" { (icon(Icon::Plus)) "New order" } }
        }))
        (toolbar(html! { (search(&queue.params)) (dates(&queue.params)) }))
        div id=(RESULTS) {}
        div id=(LIST) { (queue_region(queue)) }
    }
}

/// Keeps the tab, the dealer and the days while one searches.
fn search(params: &ListParams) -> Markup {
    Search {
        action: PATH,
        label: "Search by number or dealer",
        query: &params.q,
        target_id: Some(LIST),
        field_id: "q",
        key: Some("/"),
    }
    .render(kept(params, &["q"]))
}

fn dates(params: &ListParams) -> Markup {
    Form::get(PATH).class("inline-filter").label("Days").render(html! {
        (kept(params, &["placed_from", "placed_to"]))
        (Field::date("placed_from", "Placed from").value(params.placed_from.as_str()).label_hidden())
        span aria-hidden="true" { "–" }
        (Field::date("placed_to", "Placed to").value(params.placed_to.as_str()).label_hidden())
        button.button type="submit" { "Show" }
    })
}

/// The parameters as hidden fields, those excepted that the form asks for itself.
fn kept(params: &ListParams, but: &[&str]) -> Markup {
    html! { @for (name, value) in params.pairs() { @if !but.contains(&name) { (hidden(name, &value)) } } }
}

/// What refreshes itself: tabs, filters in force, the rows, the way to the next page.
pub fn queue_region(queue: &Queue) -> Markup {
    let here = queue.params.address_from(PATH, &queue.params.cursor);
    live_region(
        QUEUE,
        &here,
        "orders-changed",
        html! {
            div.stack {
                (tabs(queue))
                (chips(queue))
                (rows(queue))
            }
        },
    )
}

fn tabs(queue: &Queue) -> Markup {
    let current = queue.params.one_status();
    let tab = |label: &'static str, status: Option<Status>| {
        let href = queue
            .params
            .with(|params| {
                params.status = status.iter().map(|s| s.as_str().to_owned()).collect();
                params.short.clear();
            })
            .address(PATH);
        let count = status
            .filter(|status| OrderCounts::OPEN.contains(status))
            .map(|status| queue.counts.of(status));
        let is_current = match status {
            Some(status) => current == Some(status.as_str()),
            None => !queue.params.has_any_status(),
        };
        (label, href, count, is_current)
    };
    let all: Vec<_> = std::iter::once(tab("All", None))
        .chain(
            Status::ALL
                .into_iter()
                .map(|status| tab(status.label(), Some(status))),
        )
        .collect();
    let shown: Vec<_> = all
        .iter()
        .map(|(label, href, count, is_current)| View {
            label,
            href,
            count: *count,
            is_current: *is_current,
        })
        .collect();
    views("Orders by status", &shown)
}

fn chips(queue: &Queue) -> Markup {
    let params = &queue.params;
    let without = |change: fn(&mut ListParams)| params.with(change).address(PATH);
    let mut chips = Vec::new();
    if !params.dealer_id.is_empty() {
        let name = queue.dealer_name.as_deref().unwrap_or("one");
        chips.push((format!("Dealer: {name}"), without(|p| p.dealer_id.clear())));
    }
    if params.short == "true" {
        chips.push(("Waiting for stock".to_owned(), without(|p| p.short.clear())));
    }
    if params.has_any_status() && params.one_status().is_none() {
        chips.push((
            format!("Status: {}", words(&params.status)),
            without(|p| p.status.clear()),
        ));
    }
    if !params.placed_from.is_empty() {
        let day = day_text(&params.placed_from);
        chips.push((format!("From {day}"), without(|p| p.placed_from.clear())));
    }
    if !params.placed_to.is_empty() {
        let day = day_text(&params.placed_to);
        chips.push((format!("Until {day}"), without(|p| p.placed_to.clear())));
    }
    html! { @if !chips.is_empty() { div.toolbar { @for (label, href) in &chips { (filter_chip(label, href)) } } } }
}

fn words(statuses: &[String]) -> String {
    let labels: Vec<&str> = statuses
        .iter()
        .flat_map(|several| several.split(','))
        .filter_map(|code| Status::parse(code.trim()).map(Status::label))
        .collect();
    labels.join(" or ")
}

fn day_text(text: &str) -> String {
    IstDate::parse(text).map_or_else(|_| text.to_owned(), IstDate::long)
}

fn rows(queue: &Queue) -> Markup {
    if queue.orders.rows.is_empty() {
        return html! { div.sheet { (nothing(&queue.params)) } };
    }
    let selects = queue.orders.rows.iter().any(QueueRow::may_approve);
    let table = table(queue, selects);
    let first = queue.params.address(PATH);
    let next = queue
        .orders
        .next
        .as_ref()
        .map(|cursor| queue.params.address_from(PATH, cursor.as_str()));
    html! {
        @if selects {
            (Form::post(APPROVALS).fills(RESULTS).render(html! {
                (hidden("back", queue.params.address_from("", &queue.params.cursor).trim_start_matches('?')))
                (sheet(table))
                (bulk_bar(html! { button.button.primary type="submit" data-key="a" { (icon(Icon::Check)) "Approve selected" } }))
            }))
        } @else { (sheet(table)) }
        (pagination(&Pagination {
            of: Noun::ORDERS,
            shown: queue.orders.rows.len(),
            first: (!queue.params.cursor.is_empty()).then_some(first.as_str()),
            next: next.as_deref(),
        }))
    }
}

fn table(queue: &Queue, selects: bool) -> Table<'static> {
    let (current, other) = match queue.sort {
        OrderSort::NewestFirst => (Order::Descending, OLDEST_FIRST),
        OrderSort::OldestFirst => (Order::Ascending, NEWEST_FIRST),
    };
    let sort = Sort {
        href: queue
            .params
            .with(|params| params.sort = other.to_owned())
            .address(PATH),
        current: Some(current),
        then: if other == OLDEST_FIRST {
            "oldest first"
        } else {
            "newest first"
        },
    };
    let columns = [
        Column::text("Order"),
        Column::text("Dealer").card_line(),
        Column::text("Placed").sorted(sort).card_line(),
        Column::number("Lines").card_hidden(),
        Column::text("Status").card_end(),
        Column::number("Total").card_corner(),
    ];
    let table = Table::new("orders", "Orders", columns);
    let table = if selects {
        table.selection("order")
    } else {
        table
    };
    table.rows(
        queue
            .orders
            .rows
            .iter()
            .map(|row| shown_row(&queue.params, row, selects)),
    )
}

fn shown_row(params: &ListParams, row: &QueueRow, selects: bool) -> Row {
    let order = &row.order;
    let of_dealer = params
        .with(|params| params.dealer_id = order.dealer_id.to_string())
        .address(PATH);
    let shown = Row::new([
        html! { a href=(order_path(order.id)) { (order.number) } },
        html! { a.aside-link href=(of_dealer) title={ "Only orders of " (order.dealer_name) } { (order.dealer_name) } },
        time::time(order.placed_at),
        html! { (order.line_count) },
        order_status(order.status.as_str()),
        money(order.total),
    ])
    .id(format!("order-{}", order.id));
    match (selects, row.may_approve()) {
        (false, _) => shown,
        (true, true) => shown.selectable(order.id.to_string(), format!("order {}", order.number)),
        (true, false) => shown.not_selectable(format!("Order {}", order.number)),
    }
}

fn nothing(params: &ListParams) -> Markup {
    let is_narrowed = params.with(|p| p.sort.clear()) != ListParams::default();
    if is_narrowed {
        empty(Empty {
            icon: Icon::ClipboardList,
            title: "No orders here",
            text: "No order fits this tab and these filters.",
            action: Some(("Show all orders", PATH)),
        })
    } else {
        empty(Empty {
            icon: Icon::ClipboardList,
            title: "No orders yet",
            text: "Orders appear here as soon as a dealer places one, or you place one for a dealer.",
            action: None,
        })
    }
}

// Approving several -------------------------------------------------------------------------------------------------

/// What became of one of the selected orders.
#[derive(Debug)]
pub struct Outcome {
    pub order: Option<OutcomeOrder>,
    /// Why it was not approved.
    pub refusal: Option<String>,
}

/// Which order it was, where there is one.
#[derive(Debug)]
pub struct OutcomeOrder {
    pub href: String,
    pub number: String,
    pub dealer_name: String,
    pub total: Markup,
}

/// How each of the selected orders fared.
pub fn outcomes(outcomes: &[Outcome]) -> Markup {
    let approved = outcomes
        .iter()
        .filter(|outcome| outcome.refusal.is_none())
        .count();
    let title = format!("Approved {approved} of {}", outcomes.len());
    let columns = [
        Column::text("Order"),
        Column::text("Dealer").card_line(),
        Column::number("Total").card_corner(),
        Column::text("Result").card_line(),
    ];
    let table = Table::new("approvals", &title, columns).rows(outcomes.iter().map(outcome_row));
    panel(&title, table)
}

fn outcome_row(outcome: &Outcome) -> Row {
    let result = html! {
        @match &outcome.refusal {
            None => (badge(Tone::Good, "Approved")),
            Some(reason) => { (badge(Tone::Bad, "Not approved")) p.result-reason { (reason) "." } },
        }
    };
    match &outcome.order {
        Some(order) => Row::new([
            html! { a href=(order.href) { (order.number) } },
            html! { (order.dealer_name) },
            order.total.clone(),
            result,
        ]),
        None => Row::new([html! { "Unknown order" }, html! {}, html! {}, result]),
    }
}

/// The outcomes as a page of their own, for browsers without scripts.
pub fn outcomes_page(done: &[Outcome], back: &str) -> Markup {
    html! {
        (Heading::new("Approve selected orders").back("Orders", back))
        (outcomes(done))
        p { a.button href=(back) { "Back to the orders" } }
    }
}
