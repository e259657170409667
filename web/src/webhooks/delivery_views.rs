//! The page of one delivery: what was sent, and what came back at each attempt.

use maud::{Markup, html};
use vitaran_core::webhooks::{Attempt, DeliveryDetail};

use super::views::delivery_status;
use super::{path_of, path_of_delivery};
use crate::ui::actions::{ActionButton, buttons};
use crate::ui::badge::badge;
use crate::ui::form::Style;
use crate::ui::panel::{Heading, code, facts, panel, panel_with};
use crate::ui::{Icon, Tone, time};

pub fn show(detail: &DeliveryDetail) -> Markup {
    let delivery = &detail.delivery;
    let again = ActionButton::post(
        "Send again",
        format!("{}/replay", path_of_delivery(delivery.id)),
    )
    .style(Style::Primary)
    .icon(Icon::Repeat);
    html! {
        (Heading::new(delivery.event.as_str()).back(&detail.endpoint, &path_of(delivery.endpoint_id)).badge(delivery_status(delivery.status))
            .actions(html! { @if delivery.can_replay() { (buttons(&[again])) } }))
        (panel("The delivery", facts(&about(detail))))
        (panel("Body", html! { pre tabindex="0" { code { (indented(&detail.body)) } } }))
        @for attempt in &detail.attempts { (one(attempt)) }
    }
}

fn about(detail: &DeliveryDetail) -> Vec<(&'static str, Markup)> {
    let delivery = &detail.delivery;
    let mut rows = vec![
        ("Happened", time::time(delivery.created_at)),
        ("Event id", code(&delivery.event_id.to_string())),
        ("Attempts", html! { (delivery.attempts) }),
    ];
    if let Some(at) = delivery.next_attempt_at {
        rows.push(("Next attempt", time::time(at)));
    }
    if let Some(error) = &delivery.last_error {
        rows.push(("Last error", html! { (error) }));
    }
    if let Some(at) = delivery.ended_at {
        rows.push(("Ended", time::time(at)));
    }
    rows
}

/// The same JSON, for eyes.
fn indented(body: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(value) => format!("{value:#}"),
        Err(_) => body.to_owned(),
    }
}

fn one(attempt: &Attempt) -> Markup {
    let outcome = match (attempt.response_status, &attempt.error) {
        (Some(status @ 200..=299), _) => badge(Tone::Good, &status.to_string()),
        (Some(status), _) => badge(Tone::Bad, &status.to_string()),
        (None, Some(_)) => badge(Tone::Bad, "No answer"),
        (None, None) => badge(Tone::Info, "Under way"),
    };
    let mut rows = vec![("Began", time::time(attempt.started_at))];
    if let Some(ms) = attempt.duration_ms {
        rows.push(("Took", html! { (ms) " ms" }));
    }
    if let Some(error) = &attempt.error {
        rows.push(("Error", html! { (error) }));
    }
    panel_with(
        &format!("Attempt {}", attempt.attempt),
        outcome,
        html! {
            (facts(&rows))
            h3 { "Request" }
            pre tabindex="0" { code {
                "POST " (attempt.url) "\n"
                @for (name, value) in &attempt.request_headers { (name) ": " (value) "\n" }
            } }
            @if let Some(body) = attempt.response_body.as_deref().filter(|body| !body.is_empty()) {
                h3 { "Answer" }
                pre tabindex="0" { code { (body) } }
            }
        },
    )
}
