//! The pages of endpoints: data in, markup out.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::webhooks::{
    Delivery, DeliveryStatus, Endpoint, EndpointStatus, EventType, MAX_ENDPOINTS,
};

use super::admin::LogParams;
use super::{PATH, path_of, path_of_delivery};
use crate::http::params::address;
use crate::hx;
use crate::ui::actions::{ActionButton, buttons};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Choice, Field, Style, hidden, submit_as};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, facts, panel, panel_with, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::tabs::{View, views};
use crate::ui::{Icon, Tone, time};

pub(super) fn endpoint_status(endpoint: &Endpoint) -> Markup {
    let tone = match endpoint.status {
        EndpointStatus::Active if endpoint.failing_since.is_some() => {
            return badge(Tone::Warn, "Failing");
        }
        EndpointStatus::Active => Tone::Good,
        EndpointStatus::Paused => Tone::Warn,
        EndpointStatus::Disabled => Tone::Neutral,
    };
    badge(tone, endpoint.status.label())
}

pub(super) fn delivery_status(status: DeliveryStatus) -> Markup {
    let tone = match status {
        DeliveryStatus::Pending => Tone::Warn,
        DeliveryStatus::Sending => Tone::Info,
        DeliveryStatus::Delivered => Tone::Good,
        DeliveryStatus::Failed => Tone::Bad,
    };
    badge(tone, status.label())
}

pub fn list(endpoints: &[Endpoint]) -> Markup {
    let columns = [
        Column::text("Endpoint"),
        Column::text("Status").card_corner(),
        Column::text("Listens to").card_line(),
        Column::text("Added by"),
    ];
    let may_add = endpoints.len() < MAX_ENDPOINTS;
    html! {
        (Heading::new("Webhooks").meta(html! { "Tell other programs what happens here, as it happens" }).actions(html! {
            a.button href={ (PATH) "/events" } { "Events" }
            @if may_add { a.button.primary href={ (PATH) "/new" } { "New endpoint" } }
        }))
        @if endpoints.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::Webhook,
                title: "No endpoints yet",
                text: "An endpoint is an address of your accounting, shop or warehouse program. Every event it listens to is sent there, signed.",
                action: Some(("New endpoint", "/admin/webhooks/new")),
            })))
        } @else {
            (sheet(Table::new("endpoints", "Webhook endpoints", columns).rows(endpoints.iter().map(row))))
            @if !may_add { p.muted { "There are as many endpoints as there can be. Remove one to add another." } }
        }
    }
}

fn row(endpoint: &Endpoint) -> Row {
    let events = match endpoint.events.as_slice() {
        [one] => one.as_str().to_owned(),
        many => format!("{} events", many.len()),
    };
    Row::new([
        html! {
            a href=(path_of(endpoint.id)) { (endpoint.name()) }
            @if !endpoint.description.is_empty() { " " span.muted { (endpoint.url) } }
        },
        endpoint_status(endpoint),
        html! { (events) },
        html! { (endpoint.created_by) },
    ])
}

/// The catalogue, each event with a body as it would be sent.
pub fn events() -> Markup {
    html! {
        (Heading::new("Webhook events").back("Webhooks", PATH).meta(html! { "What an endpoint can listen to, and what is sent" }))
        (panel("How to receive them", html! {
            p { "Each event is a POST of JSON to your endpoint. Answer with a 2xx status within 15 seconds; everything else counts as a failure and is tried again for about 28 hours, at growing intervals. 410 switches the endpoint off. Redirects are not followed." }
            p { "Check the signature before you believe a request: " (code("webhook-signature")) " holds " (code("v1,")) " and the base64 HMAC-SHA256 of " (code("webhook-id.webhook-timestamp.body")) " with your secret, as Standard Webhooks describes. There are two while a secret is replaced: one that fits is enough. The same event can arrive twice, with the same " (code("webhook-id")) "." }
            p { a href="/developers" { "The reference of the API" } }
        }))
        @for event in EventType::ALL {
            section.panel id=(event.as_str().replace('.', "-")) {
                header.panel-head { h2 { (code(event.as_str())) } }
                p { (event.when()) "." }
                pre tabindex="0" { code { (format!("{:#}", event.sample())) } }
            }
        }
    }
}

/// An endpoint and a page of its log.
pub struct Log<'a> {
    pub endpoint: &'a Endpoint,
    pub params: &'a LogParams,
    pub deliveries: &'a Paged<Delivery>,
    pub now: DateTime<Utc>,
}

pub fn show(log: &Log<'_>) -> Markup {
    let endpoint = log.endpoint;
    html! {
        (Heading::new(endpoint.name()).back("Webhooks", PATH).badge(endpoint_status(endpoint)).actions(actions(endpoint)))
        (trouble(endpoint))
        (panel_with("The endpoint", html! { a href={ (path_of(endpoint.id)) "/edit" } { "Change" } }, details(endpoint)))
        (panel("Secrets", secrets(endpoint)))
        section.stack {
            h2 { "Deliveries" }
            (deliveries(log))
        }
        (buttons(&more(endpoint)))
    }
}

fn actions(endpoint: &Endpoint) -> Markup {
    let path = path_of(endpoint.id);
    let version = endpoint.version.to_string();
    let all = if endpoint.status == EndpointStatus::Disabled {
        vec![
            ActionButton::post("Switch on", format!("{path}/activation"))
                .style(Style::Primary)
                .hidden("version", version),
        ]
    } else {
        vec![
            ActionButton::post("Send a test", format!("{path}/ping")).style(Style::Primary),
            ActionButton::open("Send again what failed", format!("{path}/replay")),
        ]
    };
    buttons(&all)
}

fn more(endpoint: &Endpoint) -> Vec<ActionButton<'static>> {
    let path = path_of(endpoint.id);
    let mut all = Vec::new();
    if endpoint.status != EndpointStatus::Disabled {
        let off = ActionButton::open("Switch off", format!("{path}/deactivation"));
        all.push(off);
    }
    all.push(ActionButton::open("Remove", format!("{path}/removal")).style(Style::Danger));
    all
}

/// What is wrong with it, in a sentence.
fn trouble(endpoint: &Endpoint) -> Markup {
    let said = match (endpoint.disabled_at, endpoint.disabled_reason) {
        (Some(at), Some(reason)) => {
            Some(html! { (reason.label()) ", " (time::time(at)) ". Nothing is sent to it." })
        }
        _ => match (endpoint.failing_since, endpoint.paused_until) {
            (Some(since), Some(until)) => Some(html! {
                "Nothing has arrived since " (time::time(since)) ". It is left alone until " (time::time(until)) "; what happens meanwhile waits."
            }),
            (Some(since), None) => {
                Some(html! { "Nothing has arrived since " (time::time(since)) "." })
            }
            _ => None,
        },
    };
    html! { @if let Some(said) = said { div.panel { p { (said) } } } }
}

fn details(endpoint: &Endpoint) -> Markup {
    facts(&[
        ("Address", html! { span { (endpoint.url) } }),
        (
            "Listens to",
            html! {
                ul { @for event in &endpoint.events { li { (event.as_str()) } } }
            },
        ),
        (
            "Added by",
            html! { (endpoint.created_by) ", " (time::time(endpoint.created_at)) },
        ),
    ])
}

fn secrets(endpoint: &Endpoint) -> Markup {
    let path = path_of(endpoint.id);
    let end = ActionButton::post("End the older now", format!("{path}/secret/revocation"))
        .confirm("End the older secret now? A receiver that still uses it refuses what is sent.");
    let mut all = vec![ActionButton::open("New secret", format!("{path}/secret"))];
    if endpoint.secrets.len() > 1 {
        all.push(end);
    }
    html! {
        @for secret in &endpoint.secrets {
            p {
                "Made by " (secret.created_by) ", " (time::time(secret.created_at))
                @if let Some(until) = secret.expires_at { ". Signs until " (time::time(until)) }
            }
        }
        (buttons(&all))
    }
}

// The log -----------------------------------------------------------------------------------------------------------

const TABS: [DeliveryStatus; 3] = [
    DeliveryStatus::Failed,
    DeliveryStatus::Pending,
    DeliveryStatus::Delivered,
];

fn address_of(log: &Log<'_>, status: &str) -> String {
    let path = path_of(log.endpoint.id);
    address(&path, &[("status", status), ("event", &log.params.event)])
}

fn deliveries(log: &Log<'_>) -> Markup {
    let first = address_of(log, &log.params.status);
    let next = log.deliveries.next.as_ref().map(|cursor| {
        address(
            &path_of(log.endpoint.id),
            &[
                ("status", &log.params.status),
                ("event", &log.params.event),
                ("cursor", cursor.as_str()),
            ],
        )
    });
    let columns = [
        Column::text("Event"),
        Column::text("Status").card_corner(),
        Column::text("Answer").card_line(),
        Column::text("Attempts").card_line(),
        Column::text("When").card_end(),
    ];
    let rows = log
        .deliveries
        .rows
        .iter()
        .map(|delivery| delivery_row(delivery, log.now));
    html! {
        (tabs(log))
        (toolbar(filters(log)))
        @if log.deliveries.rows.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::Send,
                title: "No deliveries here",
                text: "What is sent to this endpoint is listed for 30 days.",
                action: None,
            })))
        } @else {
            (sheet(Table::new("deliveries", "Deliveries", columns).rows(rows)))
            (pagination(&Pagination {
                of: Noun::DELIVERIES,
                shown: log.deliveries.rows.len(),
                first: log.params.cursor.as_ref().map(|_| first.as_str()),
                next: next.as_deref(),
            }))
        }
    }
}

fn tabs(log: &Log<'_>) -> Markup {
    let all = address_of(log, "");
    let paths = TABS.map(|status| address_of(log, status.as_str()));
    let mut tabs = vec![View {
        label: "All",
        href: &all,
        count: None,
        is_current: log.params.status.is_empty(),
    }];
    tabs.extend(TABS.iter().zip(&paths).map(|(status, href)| View {
        label: status.label(),
        href,
        count: None,
        is_current: log.params.status == status.as_str(),
    }));
    views("Views of the deliveries", &tabs)
}

fn filters(log: &Log<'_>) -> Markup {
    let events: Vec<Choice<'_>> = std::iter::once(Choice::new("", "Every event"))
        .chain(EventType::ALL.map(|event| Choice::new(event.as_str(), event.as_str())))
        .collect();
    hx::Form::get(&path_of(log.endpoint.id))
        .class("inline-filter")
        .render(html! {
            (Field::select("event", "Event", &events).value(&log.params.event).label_hidden())
            @if !log.params.status.is_empty() { (hidden("status", &log.params.status)) }
            (submit_as(Style::Plain, "Show"))
        })
}

fn delivery_row(delivery: &Delivery, now: DateTime<Utc>) -> Row {
    let answer = match (delivery.response_status, &delivery.last_error) {
        (Some(status), _) => format!("Answered {status}"),
        (None, Some(error)) => error.clone(),
        (None, None) => "–".to_owned(),
    };
    Row::new([
        html! { a href=(path_of_delivery(delivery.id)) { (delivery.event.as_str()) } },
        delivery_status(delivery.status),
        html! { (answer) },
        html! { (Noun::ATTEMPTS.count(i64::from(delivery.attempts))) },
        time::ago(delivery.created_at, now),
    ])
}
