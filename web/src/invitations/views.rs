//! What the pages of invitations look like.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::access::Actor;
use vitaran_core::db::Paged;
use vitaran_core::invitations::{
    AcceptForm, Delivery, Invitation, InvitationForm, InvitationStatus, LINK_TTL_DAYS,
    OpenInvitation, SendingForm,
};

use super::admin::PATH;
use crate::http::form_page::Attempt;
use crate::hx;
use crate::members;
use crate::members::admin::Choices;
use crate::members::views::{named, place_fields};
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{
    Choice, Field, FieldError, RadioGroup, Style, buttons, error_summary, hidden, submit, version,
};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, facts, panel, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, icon, time};

pub struct InvitationList<'a> {
    pub invitations: &'a Paged<Invitation>,
    pub is_first: bool,
    pub may_write: bool,
    pub now: DateTime<Utc>,
}

fn path_of(invitation: &Invitation, noun: &str) -> String {
    format!("{PATH}/{}/{noun}", invitation.id)
}

/// The newest first.
pub fn index(list: &InvitationList<'_>) -> Markup {
    let invitations = list.invitations;
    let next = invitations.next.as_ref();
    let next = next.map(|cursor| format!("{PATH}?cursor={}", cursor.as_str()));
    let mut columns = vec![
        Column::text("E-mail"),
        Column::text("Role").card_line(),
        Column::text("State").card_corner(),
        Column::text("Invited by"),
        Column::text("Works until"),
    ];
    if list.may_write {
        columns.push(Column::actions("Change"));
    }
    html! {
        (Heading::new("Invitations").back("People", members::PATH).meta(html! { "Those who were invited and have not come yet" }).actions(invite_button(list.may_write)))
        @if invitations.rows.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::UserPlus,
                title: "Nobody is on the way",
                text: "Whoever is invited stands here until they have come.",
                action: list.may_write.then_some(("Invite somebody", "/admin/invitations/new")),
            })))
        } @else {
            (sheet(Table::new("invitations", "Invitations", columns).rows(invitations.rows.iter().map(|one| row(list, one)))))
            (pagination(&Pagination { of: Noun::INVITATIONS, shown: invitations.rows.len(), first: (!list.is_first).then_some(PATH), next: next.as_deref() }))
        }
    }
}

pub fn invite_button(may_write: bool) -> Markup {
    html! { @if may_write { a.button.primary href={ (PATH) "/new" } data-key="n" { (icon(Icon::UserPlus)) "Invite somebody" } } }
}

fn row(list: &InvitationList<'_>, invitation: &Invitation) -> Row {
    let mut cells = vec![
        html! { (invitation.email) },
        html! {
            (invitation.role_name) @if let Some(dealer) = &invitation.dealer { " · " (dealer.name) }
            @if !invitation.locations.is_empty() { " · " (named(&invitation.locations)) }
        },
        status(invitation.status),
        html! { (invitation.invited_by) ", " (time::ago(invitation.created_at, list.now)) },
        time::time(invitation.expires_at),
    ];
    if list.may_write {
        cells.push(action_buttons(&[
            ActionButton::open("Send again", path_of(invitation, "sending")),
            ActionButton::open("Revoke", path_of(invitation, "revocation")).style(Style::Quiet),
        ]));
    }
    Row::new(cells)
}

fn status(status: InvitationStatus) -> Markup {
    let tone = match status {
        InvitationStatus::Open => Tone::Good,
        InvitationStatus::Expired => Tone::Neutral,
        InvitationStatus::Unbacked => Tone::Warn,
    };
    badge(tone, status.label())
}

pub fn new(form: Markup) -> Markup {
    html! {
        (Heading::new("Invite somebody").back("Invitations", PATH)
            .meta(html! { "They get a link that works once, for " (LINK_TTL_DAYS) " days" }))
        (form)
    }
}

fn delivery_field<'a>(
    choices: &'a [Choice<'a>],
    value: &'a str,
    errors: &'a [FieldError],
) -> RadioGroup<'a> {
    RadioGroup {
        name: "delivery",
        legend: "How the link gets there",
        choices,
        value: if value.is_empty() {
            Delivery::Mail.as_str()
        } else {
            value
        },
        errors,
    }
}

fn deliveries() -> [Choice<'static>; 2] {
    [Delivery::Mail, Delivery::Link].map(|way| Choice::new(way.as_str(), way.label()))
}

pub fn new_form(
    form: &InvitationForm,
    actor: &Actor,
    choices: &Choices,
    attempt: &Attempt,
) -> Markup {
    let errors = &attempt.errors;
    hx::Form::post("/admin/invitations/new").id("form").class("panel stack").render(html! {
        (attempt.summary())
        (attempt.key())
        (Field::email("email", "E-mail").autocomplete("off").value(&form.email).errors(errors).max_length(254).required())
        (place_fields(&form.place(), errors, actor, choices))
        (delivery_field(&deliveries(), &form.delivery, errors))
        (buttons(html! { (submit("Invite")) a.button href=(PATH) { "Cancel" } }))
    })
}

pub fn sending(invitation: &Invitation, form: &Markup) -> Markup {
    html! {
        (Heading::new("Send an invitation again").back("Invitations", PATH)
            .meta(html! { (invitation.email) " as " (invitation.role_name) }))
        (form)
    }
}

pub fn sending_form(invitation: &Invitation, form: &SendingForm, attempt: &Attempt) -> Markup {
    let action = path_of(invitation, "sending");
    hx::Form::post(&action).id("form").class("panel stack").render(html! {
        (attempt.summary())
        (attempt.key())
        (version(i64::from(invitation.version)))
        p { "A new link is made, which works for " (LINK_TTL_DAYS) " days. The old one works no more." }
        (delivery_field(&deliveries(), &form.delivery, &attempt.errors))
        (buttons(html! { (submit("Send again")) a.button href=(PATH) { "Cancel" } }))
    })
}

/// The only page that ever shows a link.
pub fn link(invitation: &Invitation, link: &str) -> Markup {
    html! {
        (Heading::new("Pass the link on").back("Invitations", PATH))
        (panel("Copy the link now", html! {
            p { "It is shown this once. Whoever has it can come in as " strong { (invitation.email) } ", so give it to nobody else." }
            (Field::text("link", "Link").value(link).read_only().autocomplete("off"))
            (facts(&[
                ("Role", html! { (invitation.role_name) }),
                ("Works until", time::time(invitation.expires_at)),
            ]))
        }))
        (buttons(html! { a.button.primary href=(PATH) { "I have copied it" } }))
    }
}

/// One form for somebody new and somebody known: the page does not tell which it will be.
pub fn accept(open: &OpenInvitation, form: &AcceptForm, errors: &[FieldError]) -> Markup {
    let title = format!("Work with {}", open.tenant_name);
    html! {
        (Heading::new(&title))
        (error_summary(errors))
        (hx::Form::post("/invitation").class("panel stack").unboosted().render(html! {
            (hidden("token", &form.token))
            p { (open.invited_by) " invites you. You will sign in as " strong { (open.email) } ", as " (open.role_label()) "." }
            (Field::text("name", "Your name").autocomplete("name").value(&form.name).errors(errors).max_length(120)
                .hint("If you sign in with this address already, leave it empty: your name stays as it is"))
            (Field::password("password", "Password").autocomplete("current-password").errors(errors).max_length(128).required()
                .hint("If you sign in with this address already, the password you have. Otherwise choose one of at least 12 characters: a few words that have nothing to do with each other are good"))
            (buttons(submit("Accept")))
        }))
    }
}

pub fn over(sentence: &str) -> Markup {
    html! {
        (Heading::new("This invitation does not work"))
        div.panel.stack {
            p { (sentence) "." }
            p { a.button href="/login" { "Sign in" } }
        }
    }
}
