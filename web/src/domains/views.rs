//! The pages of domains: data in, markup out.

use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use vitaran_core::domains::{
    Domain, DomainForm, DomainStatus, Finding, GRACE_DAYS, MAX_DOMAINS, host_of,
};

use super::{PATH, path_of};
use crate::http::form_page::Attempt;
use crate::hx;
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::badge;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{Field, Style, buttons, submit};
use crate::ui::panel::{Heading, code, facts, panel, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, time};

const EVENT: &str = "domains-changed";

fn status(domain: &Domain) -> Markup {
    let tone = match domain.status {
        DomainStatus::Verified if domain.missing_since.is_some() => {
            return badge(Tone::Warn, "Its record is missing");
        }
        DomainStatus::Verified => Tone::Good,
        DomainStatus::Pending => Tone::Info,
        DomainStatus::Lapsed => Tone::Bad,
    };
    badge(tone, domain.status.label())
}

pub fn list(domains: &[Domain], now: DateTime<Utc>) -> Markup {
    let may_add = domains.len() < MAX_DOMAINS;
    html! {
        (Heading::new("Domains").meta(html! { "Names of your own under which your people and dealers sign in" }).actions(html! {
            @if may_add { a.button.primary href={ (PATH) "/new" } { "New domain" } }
        }))
        (rows(domains, now))
        @if !may_add { p.muted { "There are as many domains as there can be. Remove one to add another." } }
    }
}

/// What changes while records are looked at.
pub fn rows(domains: &[Domain], now: DateTime<Utc>) -> Markup {
    let body = html! {
        @if domains.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::ExternalLink,
                title: "No domains yet",
                text: "With a domain such as orders.example.in your dealers sign in at your name, and links in mails about their orders lead there.",
                action: Some(("New domain", "/admin/domains/new")),
            })))
        } @else {
            (sheet(table(domains, now, |domain| html! { a href=(path_of(domain.id)) { (domain.name) } })))
        }
    };
    hx::live_region("rows", PATH, EVENT, body)
}

/// The names of a distributor; `name` draws one.
pub(crate) fn table(
    domains: &[Domain],
    now: DateTime<Utc>,
    name: impl Fn(&Domain) -> Markup,
) -> Table<'_> {
    let columns = [
        Column::text("Domain"),
        Column::text("State").card_corner(),
        Column::text("Last looked at").card_line(),
        Column::text("Added by"),
    ];
    Table::new("domains", "Domains", columns).rows(domains.iter().map(|domain| {
        Row::new([
            html! { (name(domain)) @if domain.is_primary { " " (badge(Tone::Info, "Primary")) } },
            status(domain),
            match domain.checked_at {
                Some(at) => time::ago(at, now),
                None => html! { span.muted { "Not yet" } },
            },
            html! { (domain.created_by) },
        ])
    }))
}

pub fn new(form: Markup) -> Markup {
    html! {
        (Heading::new("New domain").back("Domains", PATH).meta(html! { "A name that is yours, or a part of it, such as orders.example.in" }))
        (form)
    }
}

pub fn form(form: &DomainForm, attempt: &Attempt) -> Markup {
    let errors = &attempt.errors;
    hx::Form::post(&format!("{PATH}/new")).id("form").class("panel stack").render(html! {
        (attempt.summary())
        (attempt.key())
        (Field::text("name", "Domain").value(&form.name).errors(errors).required().inputmode("url").autocomplete("off").max_length(253)
            .hint("Take a part such as orders.example.in, so that your web site stays where it is"))
        p.muted { "Next you are told which two records to add where your domain is kept." }
        (buttons(html! { (submit("Add the domain")) a.button href=(PATH) { "Cancel" } }))
    })
}

/// One domain: how it stands, and what is to be done next.
pub fn show(domain: &Domain, public_url: &str, now: DateTime<Utc>) -> Markup {
    let body = html! {
        div.stack {
            (Heading::new(&domain.name).back("Domains", PATH).badge(status(domain)).actions(actions(domain)))
            (trouble(domain))
            @if domain.is_verified() && !domain.is_primary { (last_step(domain)) }
            @if !domain.is_verified() { (steps(domain, public_url)) }
            (panel("The domain", facts(&details(domain, now))))
            @if domain.is_verified() { (records(domain, public_url)) }
        }
    };
    hx::live_region("domain", &path_of(domain.id), EVENT, body)
}

fn actions(domain: &Domain) -> Markup {
    let path = path_of(domain.id);
    let version = domain.version.to_string();
    let mut all = Vec::new();
    if domain.is_verified() {
        let (label, verb) = match domain.is_primary {
            false => ("Make primary", "primary"),
            true => ("Make primary no more", "no-primary"),
        };
        all.push(
            ActionButton::post(label, format!("{path}/{verb}")).hidden("version", version.clone()),
        );
    }
    let check = ActionButton::post("Check now", format!("{path}/check")).hidden("version", version);
    all.push(match domain.is_verified() {
        true => check,
        false => check.style(Style::Primary),
    });
    all.push(ActionButton::open("Remove", format!("{path}/removal")).style(Style::Quiet));
    action_buttons(&all)
}

/// What somebody should see before all else.
fn trouble(domain: &Domain) -> Markup {
    let sentence = match (domain.status, domain.missing_since) {
        (DomainStatus::Verified, Some(since)) => {
            let until = since + TimeDelta::days(GRACE_DAYS);
            html! { "The TXT record is gone. Put it back before " (time::time(until)) ", or the domain no longer leads to you." }
        }
        (DomainStatus::Lapsed, _) => html! {
            "The TXT record was away for " (GRACE_DAYS) " days, so the domain no longer leads to you. Put it back, and press “Check now”."
        },
        _ => return Markup::default(),
    };
    html! { div.panel { p { strong { (sentence) } } } }
}

/// Name, kind and value of a record, each to be copied.
fn record(id: &str, kind: &str, name: &str, value: &str) -> Markup {
    let copied = |part: &str, label: &str, text: &str| {
        let id = format!("{id}-{part}");
        html! {
            span id=(id) { (code(text)) } " "
            button.button.quiet type="button" data-copy=(id) aria-label={ "Copy the " (label) " of the " (kind) " record" } { "Copy" }
        }
    };
    facts(&[
        ("Type", code(kind)),
        ("Name", copied("name", "name", name)),
        ("Value", copied("value", "value", value)),
    ])
}

fn steps(domain: &Domain, public_url: &str) -> Markup {
    let finding = domain.finding.filter(|finding| *finding != Finding::Found);
    html! {
        (panel("1. Show that it is yours", html! {
            p { "Where your domain is kept (GoDaddy, BigRock, Cloudflare and the like), add this record:" }
            (record("proof", "TXT", &domain.record_name(), &domain.record_value()))
            p.muted { "Some ask for the name without your domain at its end." }
            @if let Some(finding) = finding { p { strong { (finding.label()) "." } " " (advice(finding)) } }
        }))
        (panel("2. Let it lead here", html! {
            (record("way", "CNAME", &domain.name, host_of(public_url)))
            p.muted { "Whoever runs this installation must let it answer to your name by https: ask them where you are unsure." }
        }))
        (panel("3. Wait a little", html! {
            p { "A new record is seen after some minutes, seldom after a day. We look again and again; “Check now” looks at once." }
        }))
    }
}

/// What is left to do once it is verified. Nobody but a person can say that the name answers.
fn last_step(domain: &Domain) -> Markup {
    panel(
        "Let links lead here",
        html! {
            p {
                "Open " a href={ "https://" (domain.name) "/login" } { "https://" (domain.name) "/login" } " in another window. "
                "When your sign-in page is there, press “Make primary”: links in mails about orders then lead to this domain."
            }
        },
    )
}

const fn advice(finding: Finding) -> &'static str {
    match finding {
        Finding::Found => "",
        Finding::Missing => "If you have just added it, wait some minutes.",
        Finding::Other => "Compare it letter by letter with the value above.",
        Finding::NoAnswer => "That passes, or the domain has no name servers that work.",
        Finding::Taken => {
            "They must remove it first, or take their record away and wait a week. Ask whoever runs this installation if you do not know them."
        }
    }
}

fn details(domain: &Domain, now: DateTime<Utc>) -> Vec<(&'static str, Markup)> {
    let mut all = Vec::new();
    if let Some(at) = domain.verified_at.filter(|_| domain.is_verified()) {
        all.push(("Verified", time::time(at)));
        let links = if domain.is_primary {
            "Links in mails about orders lead here"
        } else {
            "People can sign in here; links lead to your primary domain, or to the installation's own address"
        };
        all.push(("Used for", html! { (links) }));
    }
    let finding = domain.finding.map(Finding::label);
    all.push((
        "Last looked at",
        match (domain.checked_at, finding) {
            (Some(at), Some(finding)) => html! { (time::ago(at, now)) ": " (finding) },
            _ => html! { "Not yet" },
        },
    ));
    all.push((
        "Next look",
        match domain.check_due_at {
            Some(at) if at <= now => html! { "Just now" },
            Some(at) => time::time(at),
            None => html! { "None: press “Check now” once the record is there" },
        },
    ));
    all.push((
        "Added",
        html! { (time::time(domain.created_at)) " by " (domain.created_by) },
    ));
    all
}

/// The records of a domain that is verified: they must stay.
fn records(domain: &Domain, public_url: &str) -> Markup {
    panel(
        "Keep these records",
        html! {
            (record("proof", "TXT", &domain.record_name(), &domain.record_value()))
            (record("way", "CNAME", &domain.name, host_of(public_url)))
            p.muted { "We look at the TXT record each day. When it stays away for " (GRACE_DAYS) " days, the domain no longer leads to you." }
        },
    )
}
