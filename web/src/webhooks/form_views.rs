//! The forms of endpoints, and the one page that shows a secret.

use maud::{Markup, html};
use vitaran_core::webhooks::{Endpoint, EndpointForm, EventType, OVERLAP_HOURS, ReplayForm};

use super::views::endpoint_status;
use super::{PATH, path_of};
use crate::http::form_page::Attempt;
use crate::hx;
use crate::ui::form::{Checkbox, Choice, Field, Width, buttons, group, submit, version};
use crate::ui::panel::{Heading, code, panel};

pub fn new(form: Markup) -> Markup {
    html! {
        (Heading::new("New webhook endpoint").back("Webhooks", PATH).meta(html! { "An address of another program that wants to know what happens here" }))
        (form)
    }
}

pub fn edit(endpoint: &Endpoint, form: &Markup) -> Markup {
    html! {
        (Heading::new("Change webhook endpoint").back(endpoint.name(), &path_of(endpoint.id)))
        (form)
    }
}

/// Of a new endpoint, or of one that is kept. What was typed and ticked stays.
pub fn endpoint_form(
    action: &str,
    form: &EndpointForm,
    saved: Option<&Endpoint>,
    attempt: &Attempt,
) -> Markup {
    let errors = &attempt.errors;
    let (label, back) = match saved {
        Some(endpoint) => ("Save", path_of(endpoint.id)),
        None => ("Add the endpoint", PATH.to_owned()),
    };
    html! {
        (hx::Form::post(action).id("form").class("panel stack").render(html! {
            (attempt.summary())
            @match saved {
                Some(endpoint) => (version(i64::from(endpoint.version))),
                None => (attempt.key()),
            }
            (Field::text("url", "Address").value(form.url.as_str()).errors(errors).required().inputmode("url").autocomplete("off").max_length(500)
                .hint("Such as https://erp.example.in/hooks/vitaran. It must be reachable from the internet, by https"))
            (Field::text("description", "Description").value(form.description.as_str()).errors(errors).max_length(200).hint("What it is for, such as Tally at head office. May be left empty"))
            (events(form, attempt))
            (buttons(html! { (submit(label)) a.button href=(back) { "Cancel" } }))
        }))
    }
}

/// A box for each event. The first has the field's own id, so that the error summary's link finds it.
fn events(form: &EndpointForm, attempt: &Attempt) -> Markup {
    let fault = attempt.errors.iter().find(|error| error.field == "events");
    group(
        "Events",
        html! {
            @if let Some(fault) = fault { p.field-error { (fault.message) } }
            @for (position, event) in EventType::offered().enumerate() {
                (Checkbox {
                    name: "events",
                    value: event.as_str(),
                    label: event.as_str(),
                    hint: Some(event.when()),
                    is_checked: form.events.iter().any(|code| code == event.as_str()),
                    id: if position == 0 { "events" } else { event.as_str() },
                })
            }
        },
    )
}

/// The only page that ever shows a secret.
pub fn made(endpoint: &Endpoint, secret: Option<&str>) -> Markup {
    html! {
        (Heading::new(endpoint.name()).back("Webhooks", PATH).badge(endpoint_status(endpoint)))
        @match secret {
            Some(secret) => (panel("Copy the secret now", html! {
                p { "It is shown this once. Your program checks with it that a request comes from here and was not changed." }
                (Field::text("secret", "Secret").value(secret).read_only().autocomplete("off"))
                p { "Requests are signed as Standard Webhooks describes, in " (code("webhook-signature")) ". " a href={ (PATH) "/events" } { "How to check it" } }
                @if endpoint.secrets.len() > 1 { p { "The secret before it signs beside it for " (OVERLAP_HOURS) " hours." } }
            })),
            None => (panel("This was done already", html! {
                p { "The secret was shown then, and cannot be shown again. If it was lost, make a new one." }
            })),
        }
        div.buttons { a.button.primary href=(path_of(endpoint.id)) { "I have copied it" } }
    }
}

pub fn rotation(endpoint: &Endpoint, form: &Markup) -> Markup {
    html! {
        (Heading::new("New secret").back(endpoint.name(), &path_of(endpoint.id)))
        (form)
    }
}

pub fn rotation_form(endpoint: &Endpoint, attempt: &Attempt) -> Markup {
    let path = path_of(endpoint.id);
    html! {
        (hx::Form::post(&format!("{path}/secret")).id("form").class("panel stack").render(html! {
            (attempt.summary())
            (attempt.key())
            p { "The secret in use now signs for another " (OVERLAP_HOURS) " hours beside the new one, so that you can change your program meanwhile. One that was replaced before stops at once." }
            (buttons(html! { (submit("Make a new secret")) a.button href=(path) { "Cancel" } }))
        }))
    }
}

pub fn replay(endpoint: &Endpoint, form: &Markup) -> Markup {
    html! {
        (Heading::new("Send again what failed").back(endpoint.name(), &path_of(endpoint.id)).meta(html! { "For example after the receiver was away" }))
        (form)
    }
}

pub fn replay_form(endpoint: &Endpoint, form: &ReplayForm, attempt: &Attempt) -> Markup {
    let path = path_of(endpoint.id);
    let periods = [
        ("1", "The last hour"),
        ("24", "The last day"),
        ("72", "The last three days"),
        ("168", "The last week"),
        ("720", "The last 30 days"),
    ]
    .map(|(hours, label)| Choice::new(hours, label));
    let chosen = match form.hours.as_str() {
        "" => "24",
        hours => hours,
    };
    html! {
        (hx::Form::post(&format!("{path}/replay")).id("form").class("panel stack").render(html! {
            (attempt.summary())
            (Field::select("hours", "What failed in", &periods).value(chosen).errors(&attempt.errors).required().width(Width::Medium))
            p { "Each event is sent as it was then, with the id it had: a receiver that keeps ids knows what it has seen." }
            (buttons(html! { (submit("Send again")) a.button href=(path) { "Cancel" } }))
        }))
    }
}
