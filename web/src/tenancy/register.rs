//! What the platform changes in the register: a distributor's name, and whether it is open.

use poem::web::{Data, Path};
use poem::{Response, handler};
use vitaran_core::tenancy::{self, ModulesForm, RenameForm, SuspendForm, TenantSummary};

use super::platform::load;
use super::views;
use crate::auth::PlatformPage;
use crate::http::form::{Form, Submitted};
use crate::http::form_page::{Attempt, after};
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

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
    let form = form_of(&tenant);
    Ok(show_name(&shell, &tenant, &form, &Attempt::fresh()))
}

fn form_of(tenant: &TenantSummary) -> RenameForm {
    RenameForm {
        name: tenant.name.clone(),
    }
}

fn show_name(
    shell: &Shell,
    tenant: &TenantSummary,
    form: &RenameForm,
    attempt: &Attempt,
) -> Response {
    let body = views::rename(tenant, form, attempt);
    attempt.answer(shell, "Rename", body, |body| body)
}

/// `POST /super/tenants/:slug/name`
#[handler]
pub async fn rename(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Path(slug): Path<String>,
    sent: Submitted<RenameForm>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    match rename_from(&state, &page, &tenant, &sent).await {
        Ok(_) => {
            let message = Flash::good("Renamed. Invoices that exist keep what they say");
            Ok(shell.go_to(&path_of(&slug), Some(&message)))
        }
        Err(refusal) => {
            let mut attempt = Attempt::refused(refusal, &sent)?;
            let tenant = load(&state, &slug).await?;
            attempt.compare(&form_of(&tenant), &sent.form, |_, name| {
                Some(format!("It is called {name} now"))
            });
            Ok(show_name(&shell, &tenant, &sent.form, &attempt))
        }
    }
}

async fn rename_from(
    state: &AppState,
    page: &PlatformPage,
    tenant: &TenantSummary,
    sent: &Submitted<RenameForm>,
) -> Result<TenantSummary, Refusal> {
    let (version, name) = (sent.version()?, sent.form.parse()?);
    let by = &page.operator;
    Ok(tenancy::rename_tenant(&state.db, by, tenant.id, version, name).await?)
}

/// `GET /super/tenants/:slug/modules`
#[handler]
pub async fn ask_modules(
    shell: Shell,
    state: Data<&AppState>,
    _page: PlatformPage,
    Path(slug): Path<String>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    let form = ModulesForm::from(tenant.modules());
    Ok(show_modules(&shell, &tenant, &form, &Attempt::fresh()))
}

fn show_modules(
    shell: &Shell,
    tenant: &TenantSummary,
    form: &ModulesForm,
    attempt: &Attempt,
) -> Response {
    let body = views::modules(tenant, form, attempt);
    attempt.answer(shell, "Modules", body, |body| body)
}

/// `POST /super/tenants/:slug/modules`
#[handler]
pub async fn set_modules(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Path(slug): Path<String>,
    sent: Submitted<ModulesForm>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    match set_from(&state, &page, &tenant, &sent).await {
        Ok(_) => {
            let message = Flash::good("Saved. It counts from their next request");
            Ok(shell.go_to(&path_of(&slug), Some(&message)))
        }
        Err(refusal) => {
            let mut attempt = Attempt::refused(refusal, &sent)?;
            let tenant = load(&state, &slug).await?;
            let present = ModulesForm::from(tenant.modules());
            attempt.compare(&present, &sent.form, |_, _| {
                Some("Other modules are on now".to_owned())
            });
            Ok(show_modules(&shell, &tenant, &sent.form, &attempt))
        }
    }
}

async fn set_from(
    state: &AppState,
    page: &PlatformPage,
    tenant: &TenantSummary,
    sent: &Submitted<ModulesForm>,
) -> Result<TenantSummary, Refusal> {
    let (version, on) = (sent.version()?, sent.form.parse()?);
    let by = &page.operator;
    Ok(tenancy::set_modules(&state.db, by, tenant.id, version, on).await?)
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
    let tenant = load(&state, &slug).await?;
    let reason = match form.parse() {
        Ok(reason) => reason,
        Err(invalid) => {
            let body = views::suspend(&tenant, &form.reason, &field_errors(&invalid.faults));
            return Ok(shell.page("Suspend").refused().render(body));
        }
    };
    let done = tenancy::suspend_tenant(&state.db, &page.operator, tenant.id, None, reason).await;
    let done = done.map_err(Into::into);
    after(&shell, done, &path_of(&slug), |_| {
        "Suspended: all their people and programs are refused".to_owned()
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
    let tenant = load(&state, &slug).await?;
    let done = tenancy::restore_tenant(&state.db, &page.operator, tenant.id, None).await;
    let done = done.map_err(Into::into);
    after(&shell, done, &path_of(&slug), |_| {
        "Restored: their people can sign in again".to_owned()
    })
}
