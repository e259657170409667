//! The pages of `/super`: data in, markup out.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use vitaran_core::access::Module;
use vitaran_core::db::Paged;
use vitaran_core::domains::Domain;
use vitaran_core::tenancy::{
    ModulesForm, RenameForm, TenantForm, TenantStatus, TenantSummary, VisitForm,
};

use crate::domains::table as domain_table;
use crate::http::form_page::Attempt;
use crate::hx;
use crate::ui::actions::{ActionButton, button};
use crate::ui::badge::badge;
use crate::ui::counted::Noun;
use crate::ui::form::{
    Checkbox, Field, FieldError, Style, Width, buttons, error_summary, group, row, submit,
    submit_as, version,
};
use crate::ui::pagination::{Pagination, pagination};
use crate::ui::panel::{Heading, code, facts, panel, sheet};
use crate::ui::table::{Column, Row, Table};
use crate::ui::{Tone, time};

pub fn list(tenants: &Paged<TenantSummary>, is_first: bool) -> Markup {
    let next = tenants
        .next
        .as_ref()
        .map(|cursor| format!("/super?cursor={}", cursor.as_str()));
    let columns = [
        Column::text("Name"),
        Column::text("Short name"),
        Column::text("Status"),
        Column::text("Since"),
    ];
    html! {
        (Heading::new("Distributors").actions(html! { a.button.primary href="/super/tenants/new" { "New distributor" } }))
        (sheet(Table::new("tenants", "Distributors", columns).rows(tenants.rows.iter().map(tenant_row))))
        (pagination(&Pagination {
            of: Noun::DISTRIBUTORS,
            shown: tenants.rows.len(),
            first: (!is_first).then_some("/super"),
            next: next.as_deref(),
        }))
    }
}

fn tenant_row(tenant: &TenantSummary) -> Row {
    let href = path_of(tenant);
    Row::new([
        html! { a href=(href) { (tenant.name) } },
        code(&tenant.slug),
        status(tenant.status),
        time::date_of(tenant.created_at),
    ])
}

fn path_of(tenant: &TenantSummary) -> String {
    format!("/super/tenants/{}", tenant.slug)
}

/// "Distribution, Inventory"
fn modules_of(tenant: &TenantSummary) -> String {
    let on: Vec<&str> = tenant.modules().on().map(Module::label).collect();
    if on.is_empty() {
        "None".to_owned()
    } else {
        on.join(", ")
    }
}

fn status(status: TenantStatus) -> Markup {
    let tone = match status {
        TenantStatus::Active => Tone::Good,
        TenantStatus::Suspended => Tone::Bad,
    };
    badge(tone, status.label())
}

/// What was typed stays, the password excepted.
pub fn new(form: &TenantForm, errors: &[FieldError]) -> Markup {
    let text = |name, label, value| Field::text(name, label).value(value).errors(errors);
    html! {
        (Heading::new("New distributor").back("Distributors", "/super"))
        (error_summary(errors))
        (hx::Form::post("/super/tenants/new").class("panel stack").render(html! {
            (group("Company", html! {
                (text("name", "Name", &form.name).required().max_length(120))
                (text("slug", "Short name", &form.slug).required().hint("For addresses: small letters, digits and hyphens").width(Width::Medium).max_length(40))
                (text("legal_name", "Legal name", &form.legal_name).required().hint("As on the GST certificate").max_length(200))
                (text("gstin", "GSTIN", &form.gstin).required().width(Width::Medium).max_length(15))
            }))
            (group("Place of business", html! {
                (text("location_name", "Warehouse", &form.location_name).required().max_length(80))
                (text("line1", "Address", &form.line1).required().max_length(100))
                (text("line2", "Address, second line", &form.line2).max_length(100))
                (row(html! {
                    (text("city", "City", &form.city).required().max_length(60))
                    (Field::digits("pincode", "PIN code").value(&form.pincode).errors(errors).required().max_length(6))
                }))
            }))
            (group("Invoices", html! {
                (text("invoice_prefix", "Prefix of invoice numbers", &form.invoice_prefix).required().width(Width::Short).max_length(6))
            }))
            (group("First administrator", html! {
                (text("admin_name", "Name", &form.admin_name).required().max_length(120))
                (Field::email("admin_email", "E-mail").value(&form.admin_email).errors(errors).required().max_length(254))
                (Field::password("admin_password", "First password").autocomplete("new-password").errors(errors).required().hint("At least 12 characters"))
            }))
            (buttons(html! { (submit("Create")) a.button href="/super" { "Cancel" } }))
        }))
    }
}

pub fn show(
    tenant: &TenantSummary,
    (domains, now): (&[Domain], DateTime<Utc>),
    visit: &VisitForm,
    errors: &[FieldError],
) -> Markup {
    let path = path_of(tenant);
    let action = format!("{path}/visits");
    html! {
        (Heading::new(&tenant.name).back("Distributors", "/super").badge(status(tenant.status)).actions(html! {
            a.button href={ (path) "/name" } { "Rename" }
            a.button href={ (path) "/modules" } { "Modules" }
            @if tenant.is_suspended() { (button(&ActionButton::post("Restore", format!("{path}/restoration")))) }
            @else { a.button href={ (path) "/suspension" } { "Suspend" } }
        }))
        @if tenant.is_suspended() { p { "Their people and programs are refused. Their data stays, and you can visit." } }
        (error_summary(errors))
        (panel("Register", facts(&[
            ("Short name", code(&tenant.slug)),
            ("Since", time::date_of(tenant.created_at)),
            ("Modules", html! { (modules_of(tenant)) }),
        ])))
        @if !domains.is_empty() {
            section.stack {
                h2 { "Domains" }
                (sheet(domain_table(domains, now, |domain| html! { (domain.name) })))
                p.muted { "Each must lead here, and be answered to by https. Their administrators keep the list; on a support visit you can." }
            }
        }
        (panel("Support visit", html! {
            p { "You see what their administrator sees, for at most an hour. They find the visit and its reason in their audit log." }
            (hx::Form::post(&action).class("stack").unboosted().render(html! {
                (Field::text("reason", "Reason").value(&visit.reason).errors(errors).required().max_length(500))
                (Checkbox {
                    name: "may_write",
                    value: "yes",
                    label: "Change things too",
                    hint: Some("Otherwise you only look"),
                    is_checked: visit.may_write.is_some(),
                    id: "may_write",
                })
                (buttons(submit("Start visit")))
            }))
        }))
    }
}

pub fn rename(tenant: &TenantSummary, form: &RenameForm, attempt: &Attempt) -> Markup {
    let path = path_of(tenant);
    html! {
        (Heading::new("Rename").back(&tenant.name, &path))
        (attempt.summary())
        (hx::Form::post(&format!("{path}/name")).class("panel stack").render(html! {
            (version(tenant.version.into()))
            (Field::text("name", "Name").value(&form.name).errors(&attempt.errors).required().max_length(120))
            (buttons(html! { (submit("Rename")) a.button href=(path) { "Cancel" } }))
        }))
    }
}

pub fn modules(tenant: &TenantSummary, form: &ModulesForm, attempt: &Attempt) -> Markup {
    let path = path_of(tenant);
    let is_on = |module: Module| form.on.iter().any(|code| code == module.as_str());
    // The first box has the field's own id, so that the error summary's link finds it.
    let id = |module: Module| {
        if Module::ALL.first() == Some(&module) {
            "on"
        } else {
            module.as_str()
        }
    };
    html! {
        (Heading::new("Modules").back(&tenant.name, &path))
        (attempt.summary())
        (hx::Form::post(&format!("{path}/modules")).class("panel stack").render(html! {
            p { "What belongs to a module that is off disappears for everybody there, programs included. Its data stays, and what it had to send waits." }
            (version(tenant.version.into()))
            @for module in Module::ALL {
                (Checkbox {
                    name: "on",
                    value: module.as_str(),
                    label: module.label(),
                    hint: Some(module.covers()),
                    is_checked: is_on(module),
                    id: id(module),
                })
            }
            (buttons(html! { (submit("Save")) a.button href=(path) { "Cancel" } }))
        }))
    }
}

pub fn suspend(tenant: &TenantSummary, reason: &str, errors: &[FieldError]) -> Markup {
    let path = path_of(tenant);
    let title = format!("Suspend {}?", tenant.name);
    html! {
        (Heading::new(&title).back(&tenant.name, &path))
        (error_summary(errors))
        (hx::Form::post(&format!("{path}/suspension")).class("panel stack").render(html! {
            p { "All their people and programs are refused at once, until you restore it; then everybody signs in anew. Nothing is lost." }
            (Field::text("reason", "Reason").value(reason).errors(errors).hint("They find it in their audit log").required().max_length(500))
            (buttons(html! { (submit_as(Style::Danger, "Suspend")) a.button href=(path) { "Leave it as it is" } }))
        }))
    }
}
