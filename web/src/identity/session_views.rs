//! The pages about sessions: data in, markup out.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::db::Paged;
use vitaran_core::identity::{MemberSession, OpenSession, SessionKind};
use vitaran_kernel::SessionId;

use super::staff_sessions::{self, ListParams};
use super::{own_sessions, second_factor};
use crate::http::params::address;
use crate::ui::actions::{ActionButton, button};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::Style;
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, filter_chip, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, Tone, time};

/// The last used first, with this one among them.
pub fn own(sessions: &[OpenSession], current: SessionId, now: DateTime<Utc>) -> Markup {
    let others = sessions.iter().any(|session| session.id != current);
    let rows = sessions
        .iter()
        .map(|session| own_row(session, current, now));
    let columns = [
        Column::text("Device"),
        Column::text("Company").card_line(),
        Column::text("Address"),
        Column::text("Since"),
        Column::text("Last used"),
        Column::actions("End"),
    ];
    html! {
        (Heading::new("Where you are signed in").meta(html! { "If you do not know one of these, end it and change your password" }).actions(html! {
            @if others {
                (button(&ActionButton::post("Sign out everywhere else", format!("{}/revocation", own_sessions::PATH)).style(Style::Danger)))
            }
        }))
        (sheet(Table::new("sessions", "Where you are signed in", columns).rows(rows)))
    }
}

fn own_row(session: &OpenSession, current: SessionId, now: DateTime<Utc>) -> Row {
    let is_current = session.id == current;
    Row::new([
        html! { (device(&session.device, session.kind)) @if is_current { " " (badge(Tone::Good, "This one")) } },
        html! { (session.tenant.as_deref().unwrap_or("Platform")) },
        html! { (session.ip.as_deref().unwrap_or("–")) },
        time::ago(session.created_at, now),
        time::ago(session.last_seen_at, now),
        html! {
            @if !is_current {
                @let path = format!("{}/{}/revocation", own_sessions::PATH, session.id);
                (button(&ActionButton::post("Sign out", path)))
            }
        },
    ])
}

fn device(name: &str, kind: SessionKind) -> Markup {
    html! { (name) @if kind == SessionKind::Api { " " (badge(Tone::Info, kind.label())) } }
}

/// Everybody's, or one person's, the newest first.
pub fn of_staff(
    params: &ListParams,
    sessions: &Paged<MemberSession>,
    current: SessionId,
    may_reset: bool,
    now: DateTime<Utc>,
) -> Markup {
    let path = staff_sessions::PATH;
    let next = sessions
        .next
        .as_ref()
        .map(|cursor| address(path, &[("user", &params.user), ("cursor", cursor.as_str())]));
    let first = params
        .cursor
        .as_ref()
        .map(|_| address(path, &[("user", &params.user)]));
    let person = sessions.rows.first().filter(|_| !params.user.is_empty());
    let columns = [
        Column::text("Person"),
        Column::text("Device").card_line(),
        Column::text("Address"),
        Column::text("Since"),
        Column::text("Last used"),
        Column::actions("End"),
    ];
    html! {
        (Heading::new("Sessions").meta(html! { "Where your people and your dealers' people are signed in" }).actions(html! {
            @if let Some(person) = person {
                (button(&ActionButton::post("Sign out everywhere", format!("/admin/users/{}/sessions/revocation", person.user)).style(Style::Danger)))
                @if may_reset { (button(&ActionButton::open("Reset second factor", second_factor::member::path_of(person.user)))) }
            }
        }))
        @if !params.user.is_empty() { div { (filter_chip(person.map_or("One person", |person| &person.user_name), path)) } }
        @if sessions.rows.is_empty() {
            (sheet(empty(Empty { icon: Icon::Monitor, title: "Nobody is signed in", text: "Browsers and programs that are signed in stand here.", action: None })))
        } @else {
            (sheet(Table::new("sessions", "Sessions", columns).rows(sessions.rows.iter().map(|session| row(params, session, current, now)))))
            (pagination(&Pagination { of: Noun::SESSIONS, shown: sessions.rows.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn row(
    params: &ListParams,
    session: &MemberSession,
    current: SessionId,
    now: DateTime<Utc>,
) -> Row {
    let is_current = session.id == current;
    let user = session.user.to_string();
    Row::new([
        html! {
            @if params.user.is_empty() { a href=(address(staff_sessions::PATH, &[("user", &user)])) { (session.user_name) } }
            @else { (session.user_name) }
            " " span.muted { (session.email) }
        },
        html! { (device(&session.device, session.kind)) @if is_current { " " (badge(Tone::Good, "This one")) } },
        html! { (session.ip.as_deref().unwrap_or("–")) },
        time::ago(session.created_at, now),
        time::ago(session.last_seen_at, now),
        html! {
            @let path = format!("{}/{}/revocation", staff_sessions::PATH, session.id);
            (button(&ActionButton::post("Sign out", path)))
        },
    ])
}
