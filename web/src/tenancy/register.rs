//! What the platform changes in the register: a distributor's name, and whether it is open.

use poem::handler;
use poem::web::{Data, Path};
use vitaran_core::tenancy::{self, RenameForm, SuspendForm};

use super::platform::load;
use super::views;
use crate::auth::PlatformPage;
use crate::http::form::Form;
use crate::http::form_page::after;
use crate::http::problem_page::{PageResult, field_errors};
use crate::shell::Shell;
use crate::state::AppState;

fn path_of(slug: &str) -> String {
    format!("/super/tenants/{slug}")
}

/// `GET /super/tenants/:slug/name`
#[handler]
pub async fn ask_name(
    shell: Shell,
    state: Data<&AppState>,
    _page: PlatformPage,
    Path(slug): Path<String>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    let body = views::rename(&tenant, &tenant.name, &[]);
    Ok(shell.page("Rename").render(body))
}

/// `POST /super/tenants/:slug/name`
#[handler]
pub async fn rename(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Path(slug): Path<String>,
    Form(form): Form<RenameForm>,
) -> PageResult {
    let name = match form.parse() {
        Ok(name) => name,
        Err(invalid) => {
            let tenant = load(&state, &slug).await?;
            let body = views::rename(&tenant, &form.name, &field_errors(&invalid.faults));
            return Ok(shell.page("Rename").refused().render(body));
        }
    };
    let done = tenancy::rename_tenant(&state.db, &page.operator, &slug, name).await;
    let done = done.map_err(Into::into);
    after(&shell, done, &path_of(&slug), |()| {
        "Renamed. Invoices that exist keep what they say".to_owned()
    })
}

/// `GET /super/tenants/:slug/suspension`
#[handler]
pub async fn ask_suspension(
    shell: Shell,
    state: Data<&AppState>,
    _page: PlatformPage,
    Path(slug): Path<String>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    let body = views::suspend(&tenant, "", &[]);
    Ok(shell.page("Suspend").render(body))
}

/// `POST /super/tenants/:slug/suspension`
#[handler]
pub async fn suspend(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Path(slug): Path<String>,
    Form(form): Form<SuspendForm>,
) -> PageResult {
    let reason = match form.parse() {
        Ok(reason) => reason,
        Err(invalid) => {
            let tenant = load(&state, &slug).await?;
            let body = views::suspend(&tenant, &form.reason, &field_errors(&invalid.faults));
            return Ok(shell.page("Suspend").refused().render(body));
        }
    };
    let done = tenancy::suspend_tenant(&state.db, &page.operator, &slug, reason).await;
    let done = done.map_err(Into::into);
    after(&shell, done, &path_of(&slug), |()| {
        "Suspended: all their people are signed out".to_owned()
    })
}

/// `POST /super/tenants/:slug/restoration`
#[handler]
pub async fn restore(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Path(slug): Path<String>,
) -> PageResult {
    let done = tenancy::restore_tenant(&state.db, &page.operator, &slug).await;
    let done = done.map_err(Into::into);
    after(&shell, done, &path_of(&slug), |()| {
        "Restored: their people can sign in again".to_owned()
    })
}
