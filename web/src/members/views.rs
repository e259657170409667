//! What the pages of people look like.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::access::{Actor, PermissionCode, Role};
use vitaran_core::db::Paged;
use vitaran_core::members::{Member, MemberLocation, PlaceForm, can_give, can_give_role};
use vitaran_core::roles::RoleRecord;

use super::admin::{Choices, ListParams, PATH, path_of};
use crate::audit::history_link;
use crate::catalog::status_tabs;
use crate::http::form_page::Attempt;
use crate::http::params::address;
use crate::hx::{self, Search};
use crate::identity::staff_sessions;
use crate::invitations::{self, views::invite_button};
use crate::roles::may_do;
use crate::ui::actions::{ActionButton, buttons as action_buttons};
use crate::ui::badge::activity;
use crate::ui::counted::Noun;
use crate::ui::empty::{Empty, empty};
use crate::ui::form::{
    Checkbox, Choice, Field, FieldError, Style, Width, buttons, group, hidden, submit, version,
};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, columns, facts, panel, panel_with, sheet, toolbar};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, time};

/// The region that a search refills.
const LIST: &str = "member-list";
const DEALERS: &str = "dealer-codes";

/// Everything the list of people shows.
pub struct MemberList<'a> {
    pub params: &'a ListParams,
    pub members: &'a Paged<Member>,
    pub own: &'a [RoleRecord],
    pub now: DateTime<Utc>,
    pub may_write: bool,
}

impl MemberList<'_> {
    fn with(&self, status: &str, cursor: &str) -> String {
        let query = [
            ("q", self.params.q.as_str()),
            ("role", self.params.role.as_str()),
            ("status", status),
            ("cursor", cursor),
        ];
        address(PATH, &query)
    }
}

pub fn index(list: &MemberList<'_>) -> Markup {
    let search = Search {
        action: PATH,
        label: "Search name or e-mail",
        query: &list.params.q,
        target_id: Some(LIST),
        field_id: "member-search",
        key: Some("/"),
    };
    let mut roles = vec![Choice::new("", "Every role")];
    roles.extend(Role::ALL.map(|role| Choice::new(role.as_str(), role.label())));
    roles.extend(list.own.iter().map(own_choice));
    html! {
        (Heading::new("People").meta(html! { "Your staff, and the people of your dealers" }).actions(html! {
            a.button href=(invitations::PATH) { "Invitations" }
            (invite_button(list.may_write))
        }))
        (toolbar(search.render(html! {
            (Field::select("role", "Role", &roles).value(&list.params.role).label_hidden().width(Width::Medium))
            @if !list.params.status.is_empty() { (hidden("status", &list.params.status)) }
        })))
        div.stack id=(LIST) { (rows(list)) }
    }
}

fn own_choice(role: &RoleRecord) -> Choice<'_> {
    Choice::new(role.id.to_string(), role.name.as_str())
}

/// The list without its search.
pub fn rows(list: &MemberList<'_>) -> Markup {
    let status = list.params.status.as_str();
    let next = list.members.next.as_ref();
    let next = next.map(|cursor| list.with(status, cursor.as_str()));
    let first = list.params.cursor.as_ref().map(|_| list.with(status, ""));
    let members = &list.members.rows;
    html! {
        (status_tabs(status, "People by state", |status| list.with(status, "")))
        @if members.is_empty() {
            (sheet(empty(Empty {
                icon: Icon::Users,
                title: "Nobody fits",
                text: "Search by the beginning of a name or of an e-mail address.",
                action: Some(("Show everybody", PATH)),
            })))
        } @else {
            (sheet(Table::new("members", "People", [
                Column::text("Person"),
                Column::text("Role").card_line(),
                Column::text("Signed in"),
                Column::text("State").card_corner(),
            ]).rows(members.iter().map(|member| row(member, list.now)))))
            (pagination(&Pagination { of: Noun::PEOPLE, shown: members.len(), first: first.as_deref(), next: next.as_deref() }))
        }
    }
}

fn row(member: &Member, now: DateTime<Utc>) -> Row {
    Row::new([
        html! { a href=(path_of(member.id)) { (member.name) } " " span.muted { (member.email) } },
        html! { (member.grant.label()) @if let Some(dealer) = &member.dealer { " · " (dealer.name) } @if !member.locations.is_empty() { " · " (named(&member.locations)) } },
        signed_in(member, now),
        activity(member.is_active),
    ])
}

/// "Andheri, Bhiwandi".
pub fn named(locations: &[MemberLocation]) -> String {
    let names: Vec<&str> = locations.iter().map(|one| one.name.as_str()).collect();
    names.join(", ")
}

fn signed_in(member: &Member, now: DateTime<Utc>) -> Markup {
    html! {
        @match member.last_seen_at {
            Some(at) => { "Last seen " (time::ago(at, now)) },
            None => "Not signed in",
        }
    }
}

/// A member, and the form of their role.
pub struct MemberPage<'a> {
    pub member: &'a Member,
    pub choices: &'a Choices,
    pub actor: &'a Actor,
    pub now: DateTime<Utc>,
}

impl MemberPage<'_> {
    /// Whether the person who looks may change this one; the actions decide it again.
    fn may_change(&self) -> bool {
        self.actor.has(PermissionCode::PlatformUsersWrite)
            && self.actor.user_id() != Some(self.member.user)
            && can_give(self.actor, &self.member.grant)
    }

    pub fn render(&self, form: &Markup) -> Markup {
        let member = self.member;
        let heading = Heading::new(&member.name)
            .back("People", PATH)
            .badge(activity(member.is_active))
            .meta(html! {
                (member.email)
                (history_link(self.actor.has(PermissionCode::PlatformAuditRead), member.id))
            });
        html! {
            (heading.actions(action_buttons(&self.actions())))
            (columns(
                html! { @if self.may_change() { (form) } @else { (self.role()) } },
                html! { (self.details()) (self.may_do()) },
            ))
        }
    }

    fn actions(&self) -> Vec<ActionButton<'_>> {
        if !self.may_change() {
            return Vec::new();
        }
        let path = path_of(self.member.id);
        let switch = if self.member.is_active {
            ActionButton::open("Switch off", format!("{path}/deactivation"))
        } else {
            ActionButton::post("Switch on", format!("{path}/activation"))
                .hidden("version", self.member.version.to_string())
        };
        let remove = ActionButton::open("Remove", format!("{path}/removal"));
        vec![switch, remove.style(Style::Danger)]
    }

    fn role(&self) -> Markup {
        let mut lines = vec![("Role", html! { (self.member.grant.label()) })];
        if let Some(dealer) = &self.member.dealer {
            lines.push(("Dealer", html! { (dealer.name) }));
        }
        if !self.member.locations.is_empty() {
            lines.push(("Locations", html! { (named(&self.member.locations)) }));
        }
        panel("Role", facts(&lines))
    }

    fn details(&self) -> Markup {
        let member = self.member;
        let sessions = address(staff_sessions::PATH, &[("user", &member.user.to_string())]);
        let lines = [
            ("Signed in", signed_in(member, self.now)),
            (
                "Devices and programs",
                html! {
                    @if member.sessions > 0 && self.actor.has(PermissionCode::PlatformSessionsRevoke) {
                        a href=(sessions) { (Noun::SESSIONS.count(member.sessions)) }
                    } @else { (Noun::SESSIONS.count(member.sessions)) }
                },
            ),
            ("Works here since", time::date_of(member.since)),
        ];
        panel("Here", facts(&lines))
    }

    fn may_do(&self) -> Markup {
        let member = self.member;
        let here = match (&member.dealer, member.locations.is_empty()) {
            (Some(dealer), _) => format!("For {} alone", dealer.name),
            (None, true) => "At every location".to_owned(),
            (None, false) => format!("At {} alone", named(&member.locations)),
        };
        panel_with("What they may do", here, may_do(member.grant.permissions()))
    }

    pub fn form(&self, form: &PlaceForm, attempt: &Attempt) -> Markup {
        let path = path_of(self.member.id);
        hx::Form::post(&path)
            .id("form")
            .class("panel stack")
            .replaces_itself()
            .render(html! {
                (attempt.summary())
                (version(i64::from(self.member.version)))
                (place_fields(form, &attempt.errors, self.actor, self.choices))
                (buttons(html! { (submit("Save")) a.button href=(PATH) { "Cancel" } }))
            })
    }
}

/// The fields of a role, for a member and for somebody who is invited: what the actor cannot give is not offered, unless it
/// is there already.
pub fn place_fields(
    form: &PlaceForm,
    errors: &[FieldError],
    actor: &Actor,
    choices: &Choices,
) -> Markup {
    let built_in = Role::ALL.into_iter().filter(|role| {
        let grant = vitaran_core::access::Grant::built_in(*role);
        can_give_role(actor, grant) || form.role == role.as_str()
    });
    let own = choices
        .own
        .iter()
        .filter(|role| can_give_role(actor, role.grant()) || form.role == role.id.to_string());
    let roles: Vec<Choice<'_>> = built_in
        .map(|role| Choice::new(role.as_str(), role.label()))
        .chain(own.map(own_choice))
        .collect();
    html! {
        (Field::select("role", "Role", &roles).value(&form.role).errors(errors).required()
            .hint("What each role may do stands on the page of roles"))
        (Field::text("dealer", "Dealer").value(&form.dealer).errors(errors).list(DEALERS).width(Width::Medium).autocomplete("off")
            .hint("The dealer's code; for dealers' people alone"))
        datalist id=(DEALERS) {
            @for dealer in &choices.dealers {
                option value=(dealer.code) { (dealer.trade_name.as_ref().unwrap_or(&dealer.legal_name)) }
            }
        }
        (location_boxes(form, choices))
    }
}

/// A box for each location, where there is something to choose. The blank field says that what is ticked is the whole list.
fn location_boxes(form: &PlaceForm, choices: &Choices) -> Markup {
    let is_shown = choices.locations.len() > 1 || form.locations.iter().any(|id| !id.is_empty());
    html! {
        @if is_shown {
            (group("Works at", html! {
                (hidden("locations", ""))
                p.hint { "Whoever works at some locations sees the stock, orders, shipments and invoices of those alone. Tick none for every location." }
                @for (index, location) in choices.locations.iter().enumerate() {
                    @let id = location.id.to_string();
                    (Checkbox {
                        name: "locations",
                        value: &id,
                        label: &location.name,
                        hint: None,
                        is_checked: form.locations.contains(&id),
                        id: if index == 0 { "locations" } else { &id },
                    })
                }
            }))
        }
    }
}
