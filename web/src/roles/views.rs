//! What the pages of roles look like.

use maud::{Markup, html};
use vitaran_core::access::{Actor, PermissionCode, PermissionSet, Role};
use vitaran_core::roles::{RoleForm, RoleRecord};

use super::admin::{PATH, PREVIEW, path_of};
use super::boxes::{GROUPS, boxes};
use crate::http::form_page::Attempt;
use crate::hx;
use crate::ui::counted::Noun;
use crate::ui::form::{Choice, Field, Style, buttons, hidden, submit, submit_choice, version};
use crate::ui::money::money;
use crate::ui::panel::{Heading, facts, panel, panel_with, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Icon, icon};

pub fn index(own: &[RoleRecord], may_write: bool) -> Markup {
    let built_in = Role::ALL.iter().map(|role| built_in_row(*role));
    html! {
        (Heading::new("Roles").actions(html! {
            @if may_write { a.button.primary href={ (PATH) "/new" } data-key="n" { (icon(Icon::Plus)) "New role" } }
        }))
        (sheet(Table::new("roles", "Roles", [
            Column::text("Name"),
            Column::text("Grown from"),
            Column::text("May"),
            Column::text("Approves"),
            Column::number("People"),
        ]).rows(own.iter().map(own_row).chain(built_in))))
    }
}

fn built_in_row(role: Role) -> Row {
    let path = format!("{PATH}/built-in#{}", anchor(role));
    let count = role.permissions().codes().count();
    let approves = role
        .permissions()
        .contains(PermissionCode::SalesOrdersApprove);
    Row::new([
        html! { a href=(path) { (role.label()) } },
        html! { "Built in" },
        html! { (Noun::PERMISSIONS.count(count)) },
        html! { @if approves { "Any order" } @else { "No orders" } },
        html! {},
    ])
}

fn own_row(role: &RoleRecord) -> Row {
    let grant = role.grant();
    Row::new([
        html! { a href=(path_of(role.id)) { (role.name) } },
        html! { (role.base.label()) },
        html! { (Noun::PERMISSIONS.count(grant.permissions().codes().count())) },
        approves(grant.permissions(), role),
        html! { (role.members) },
    ])
}

fn approves(permissions: PermissionSet, role: &RoleRecord) -> Markup {
    let may = permissions.contains(PermissionCode::SalesOrdersApprove);
    html! {
        @match (may, role.approval_limit) {
            (false, _) => "No orders",
            (true, None) => "Any order",
            (true, Some(limit)) => { "Orders up to " (money(limit)) },
        }
    }
}

/// The built-in roles are the same for everybody: they are read here, and grown from.
pub fn built_in(may_write: bool) -> Markup {
    html! {
        (Heading::new("Built-in roles").back("Roles", PATH).meta(html! { "The same for every distributor, and not changed" }))
        @for role in Role::ALL {
            div id=(anchor(role)) {
                (panel_with(role.label(), html! {
                    @if may_write { a href={ (PATH) "/new?from=" (anchor(role)) } { "Make a role from it" } }
                }, told(role.permissions())))
            }
        }
    }
}

fn anchor(role: Role) -> String {
    role.as_str().to_lowercase()
}

/// One of the tenant's own, for those who only look.
pub fn own(role: &RoleRecord) -> Markup {
    html! {
        (Heading::new(role.name.as_str()).back("Roles", PATH).meta(html! { "Grown from " (role.base.label()) }))
        (will_do(role.grant().permissions()))
    }
}

pub fn new(form: &Markup) -> Markup {
    html! { (Heading::new("New role").back("Roles", PATH)) (form) }
}

pub fn edit(role: &RoleRecord, form: &Markup) -> Markup {
    html! {
        (Heading::new(role.name.as_str()).back("Roles", PATH)
            .meta(html! { "Grown from " (role.base.label()) ". " (role.members) @if role.members == 1 { " person has it" } @else { " people have it" } })
            .actions(html! { @if role.members == 0 { a.button href={ (path_of(role.id)) "/removal" } { "Remove" } } }))
        (form)
    }
}

/// The form of a role, with what it would let people do.
pub struct Editor<'a> {
    pub action: &'a str,
    pub form: &'a RoleForm,
    /// As it is stored, when it is.
    pub saved: Option<&'a RoleRecord>,
    /// Who gives: a box for what they do not have themselves is not shown, unless the role has it already.
    pub actor: &'a Actor,
    pub attempt: &'a Attempt,
}

impl Editor<'_> {
    pub fn render(&self) -> Markup {
        let base = Role::parse(&self.form.base).unwrap_or(Role::Sales);
        let ticked = PermissionSet::named(&self.form.permissions);
        let bases: Vec<Choice<'_>> = Role::ALL
            .iter()
            .map(|role| Choice::new(role.as_str(), role.label()))
            .collect();
        let error = self
            .attempt
            .errors
            .iter()
            .find(|error| error.field == "permissions");
        hx::Form::post(self.action).id("role-form").class("stack").replaces_itself().render(html! {
            (self.attempt.summary())
            @match self.saved {
                Some(role) => { (version(i64::from(role.version))) (hidden("base", role.base.as_str())) }
                None => (self.attempt.key()),
            }
            div.panel.stack {
                (Field::text("name", "Name").value(&self.form.name).errors(&self.attempt.errors).required().max_length(60).placeholder("Night shift pickers"))
                @if self.saved.is_none() {
                    (Field::select("base", "Grown from", &bases).value(&self.form.base).errors(&self.attempt.errors).required()
                        .hint("Where its people begin their work. A dealer's role never shows more than that dealer's own records."))
                }
                (Field::decimal("approval_limit", "Approves orders up to").unit("₹").value(&self.form.approval_limit).errors(&self.attempt.errors)
                    .hint("Blank for any total. Counts only for a role that may approve orders."))
            }
            div.panel.stack {
                @if let Some(error) = error { p.error { (error.message) } }
                (boxes("permissions", self.offered(base, ticked), ticked))
            }
            (will_do(ticked.intersection(base.ceiling())))
            (buttons(html! {
                (submit(if self.saved.is_some() { "Save" } else { "Add role" }))
                (submit_choice(Style::Plain, "Show what it may do", "choice", PREVIEW))
                a.button href=(PATH) { "Cancel" }
            }))
        })
    }

    fn offered(&self, base: Role, ticked: PermissionSet) -> PermissionSet {
        let (stored, ceiling) = match self.saved {
            Some(role) => (role.permissions, base.ceiling()),
            None => (PermissionSet::EMPTY, Role::Admin.ceiling()),
        };
        let theirs = self.actor.permissions().or(stored).or(ticked);
        theirs.intersection(ceiling)
    }
}

fn will_do(permissions: PermissionSet) -> Markup {
    panel("People with this role may", told(permissions))
}

/// What people with these permissions will be able to do, and what not, in words.
pub fn told(permissions: PermissionSet) -> Markup {
    let missing = Role::Admin.permissions().without(permissions);
    let sentences = |set: PermissionSet, group: &str| -> Vec<&'static str> {
        set.codes()
            .filter(|code| code.group() == group)
            .map(PermissionCode::may)
            .collect()
    };
    let mut lines: Vec<(&str, Markup)> = GROUPS
        .iter()
        .map(|(code, title)| (*title, sentences(permissions, code)))
        .filter(|(_, may)| !may.is_empty())
        .map(|(title, may)| (title, html! { (may.join(", ")) }))
        .collect();
    let never = GROUPS
        .iter()
        .filter(|(code, _)| {
            sentences(permissions, code).is_empty() && !sentences(missing, code).is_empty()
        })
        .map(|(_, title)| *title)
        .collect::<Vec<_>>();
    if !never.is_empty() && !permissions.is_empty() {
        lines.push(("Nothing in", html! { (never.join(", ")) }));
    }
    html! {
        @if permissions.is_empty() { p.muted { "Nothing yet." } }
        (facts(&lines))
    }
}
