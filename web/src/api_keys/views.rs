//! The pages of keys: data in, markup out.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::access::{PermissionCode, PermissionSet};
use vitaran_core::api_keys::{ApiKey, ApiKeyForm, KeyStatus, RollForm, grantable};
use vitaran_core::db::Paged;

use super::admin::PATH;
use crate::http::form_page::Attempt;
use crate::hx;
use crate::roles::boxes::{boxes, sentence};
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Choice, Field, Style, Width, buttons, submit, submit_as};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, facts, panel, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, time};

fn path_of(key: &ApiKey) -> String {
    format!("{PATH}/{}", key.id)
}

fn status(status: KeyStatus) -> Markup {
    let tone = match status {
        KeyStatus::Active => Tone::Good,
        KeyStatus::Replaced => Tone::Warn,
        KeyStatus::Expired | KeyStatus::Revoked => Tone::Neutral,
        KeyStatus::Orphaned => Tone::Bad,
    };
    badge(tone, status.label())
}

fn tail(key: &ApiKey) -> Markup {
    code(&format!("vtn_live_…{}", key.last4))
}

/// The newest first.
pub fn list(keys: &Paged<ApiKey>, is_first: bool, now: DateTime<Utc>) -> Markup {
    let next = keys.next.as_ref();
    let next = next.map(|cursor| format!("{PATH}?cursor={}", cursor.as_str()));
    let columns = [
        Column::text("Name"),
        Column::text("Status").card_corner(),
        Column::text("Key").card_line(),
        Column::text("Made by"),
        Column::text("Works until"),
        Column::text("Last used"),
    ];
    html! {
        (Heading::new("API keys").meta(html! { "For programs that work without a person: accounting, a shop, reports" }).actions(html! {
            a.button.primary href={ (PATH) "/new" } { "New API key" }
        }))
        @if keys.rows.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::Code,
                title: "No API keys yet",
                text: "A key lets a program do what you choose, until you revoke it.",
                action: Some(("New API key", "/admin/api-keys/new")),
            })))
        } @else {
            (sheet(Table::new("keys", "API keys", columns).rows(keys.rows.iter().map(|key| row(key, now)))))
            (pagination(&Pagination { of: Noun::KEYS, shown: keys.rows.len(), first: (!is_first).then_some(PATH), next: next.as_deref() }))
        }
    }
}

fn row(key: &ApiKey, now: DateTime<Utc>) -> Row {
    Row::new([
        html! { a href=(path_of(key)) { (key.name) } },
        status(key.status),
        tail(key),
        html! { (key.created_by) },
        time::date_of(key.expires_at),
        match key.last_used_at {
            Some(at) => time::ago(at, now),
            None => html! { "Never" },
        },
    ])
}

pub fn show(key: &ApiKey) -> Markup {
    let mut actions = Vec::new();
    if key.status == KeyStatus::Active {
        actions.push(ActionButton::open(
            "Replace",
            format!("{}/roll", path_of(key)),
        ));
    }
    if key.status.works() || key.status == KeyStatus::Orphaned {
        let revoke = ActionButton::open("Revoke", format!("{}/revocation", path_of(key)));
        actions.push(revoke.style(Style::Danger));
    }
    html! {
        (Heading::new(&key.name).back("API keys", PATH).badge(status(key.status)).actions(action_buttons(&actions)))
        (panel("The key", details(key)))
        (panel("It may", permissions(&key.scopes)))
    }
}

fn details(key: &ApiKey) -> Markup {
    let networks = match key.networks.as_slice() {
        [] => "Any".to_owned(),
        some => some.join(", "),
    };
    let mut rows = vec![
        ("Key", tail(key)),
        (
            "Made by",
            html! { (key.created_by) ", " (time::time(key.created_at)) },
        ),
        ("Works until", time::time(key.expires_at)),
        ("From addresses", html! { (networks) }),
        (
            "Last used",
            match (key.last_used_at, &key.last_used_ip) {
                (Some(at), ip) => {
                    html! { (time::time(at)) @if let Some(ip) = ip { " from " (ip) } }
                }
                (None, _) => html! { "Never" },
            },
        ),
    ];
    if let (Some(at), Some(by)) = (key.revoked_at, &key.revoked_by) {
        rows.push(("Revoked", html! { (by) ", " (time::time(at)) }));
    }
    if let Some(new) = key.replaced_by {
        rows.push((
            "Replaced by",
            html! { a href={ (PATH) "/" (new) } { "The new key" } },
        ));
    }
    facts(&rows)
}

fn permissions(codes: &[PermissionCode]) -> Markup {
    html! { ul { @for code in codes { li { (sentence(*code)) } } } }
}

pub fn new(form: Markup) -> Markup {
    html! {
        (Heading::new("New API key").back("API keys", PATH).meta(html! { "It acts for you: it can never do more than you can, and stops when you no longer work here" }))
        (form)
    }
}

/// What was typed and ticked stays.
pub fn key_form(form: &ApiKeyForm, own: PermissionSet, attempt: &Attempt) -> Markup {
    let errors = &attempt.errors;
    let periods = [
        ("30", "30 days"),
        ("90", "90 days"),
        ("180", "180 days"),
        ("365", "One year"),
    ]
    .map(|(days, label)| Choice::new(days, label));
    let period = match form.expires_in_days.as_str() {
        "" => "90",
        days => days,
    };
    let codes: Vec<PermissionCode> = grantable(own).collect();
    let ticked = PermissionSet::named(&form.scopes);
    html! {
        (hx::Form::post("/admin/api-keys/new").id("form").class("panel stack").render(html! {
            (attempt.summary())
            (attempt.key())
            (Field::text("name", "Name").value(form.name.as_str()).errors(errors).required().hint("Of the program, such as Tally. Histories show it").max_length(80))
            (Field::select("expires_in_days", "Works for", &periods).value(period).errors(errors).required().width(Width::Medium))
            (Field::text_area("networks", "Only from these addresses", 2).value(form.networks.as_str()).errors(errors).hint("Such as 203.0.113.7 or 203.0.113.0/24. Leave it empty for any address"))
            (boxes("scopes", PermissionSet::of(&codes), ticked))
            (buttons(html! { (submit("Make the key")) a.button href=(PATH) { "Cancel" } }))
        }))
    }
}

/// The only page that ever shows a secret.
pub fn made(key: &ApiKey, secret: Option<&str>) -> Markup {
    html! {
        (Heading::new(&key.name).back("API keys", PATH).badge(status(key.status)))
        @match secret {
            Some(secret) => (panel("Copy the key now", html! {
                p { "It is shown this once. We keep only a fingerprint of it, so nobody can show it again." }
                (Field::text("secret", "Key").value(secret).read_only().autocomplete("off"))
                p { "The program sends it with every request as " (code("Authorization: Bearer")) ". " a href="/developers" { "How to use the API" } }
            })),
            None => (panel("This key was made already", html! {
                p { "Its secret was shown then, and cannot be shown again. If it was lost, replace the key." }
            })),
        }
        (panel("The key", details(key)))
        (buttons(html! { a.button.primary href=(PATH) { "I have copied it" } }))
    }
}

pub fn roll(key: &ApiKey, form: &Markup) -> Markup {
    html! {
        (Heading::new("Replace API key").back(&key.name, &path_of(key)).meta(html! { "Makes a new key of the same name and rights. Both work while you change the program" }))
        (form)
    }
}

pub fn roll_form(key: &ApiKey, form: &RollForm, attempt: &Attempt) -> Markup {
    let hours = [
        ("0", "It stops at once"),
        ("1", "One hour"),
        ("24", "One day"),
        ("72", "Three days"),
        ("168", "One week"),
    ]
    .map(|(hours, label)| Choice::new(hours, label));
    let chosen = match form.overlap_hours.as_str() {
        "" => "24",
        hours => hours,
    };
    let action = format!("{}/roll", path_of(key));
    html! {
        (hx::Form::post(&action).id("form").class("panel stack").render(html! {
            (attempt.summary())
            (attempt.key())
            (Field::select("overlap_hours", "The old key still works for", &hours).value(chosen).errors(&attempt.errors).required().width(Width::Medium))
            (buttons(html! { (submit("Make the new key")) a.button href=(path_of(key)) { "Cancel" } }))
        }))
    }
}

pub fn ask_revocation(key: &ApiKey) -> Markup {
    let (path, action) = (path_of(key), format!("{}/revocation", path_of(key)));
    html! {
        (Heading::new("Revoke API key").back(&key.name, &path))
        (hx::Form::post(&action).class("panel").render(html! {
            p { (tail(key)) " stops with its next request. The program that uses it stops working until it gets another key. This cannot be undone." }
            (buttons(html! { (submit_as(Style::Danger, "Revoke")) a.button href=(path) { "Leave it as it is" } }))
        }))
    }
}
