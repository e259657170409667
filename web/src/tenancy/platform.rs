//! `/super`: the register of distributors, new ones, and support visits.

use poem::web::{Data, Path, Query};
use poem::{Request, handler};
use vitaran_core::identity::{SessionStart, SessionTarget};
use vitaran_core::tenancy::{self, Ending, NewTenant, TenantForm, TenantSummary, VisitForm};

use super::views;
use crate::auth::PlatformPage;
use crate::auth::session::{self, Opening, client_of};
use crate::http::form::Form;
use crate::http::params::PageParams;
use crate::http::problem::Refusal;
use crate::http::problem_page::{PageResult, field_errors};
use crate::hx;
use crate::shell::Shell;
use crate::state::AppState;
use crate::ui::flash::Flash;

/// `GET /super`
#[handler]
pub async fn list(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Query(params): Query<PageParams>,
) -> PageResult {
    let tenants = tenancy::list_tenants(&state.db, &page.operator, &params.page()?).await?;
    let is_first = params.cursor.is_none();
    Ok(shell
        .page("Distributors")
        .render(views::list(&tenants, is_first)))
}

/// `GET /super/tenants/new`
#[handler]
pub async fn new(shell: Shell, _page: PlatformPage) -> PageResult {
    let form = TenantForm::default();
    Ok(shell.page("New distributor").render(views::new(&form, &[])))
}

/// `POST /super/tenants/new`
#[handler]
pub async fn create(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Form(form): Form<TenantForm>,
) -> PageResult {
    let faults = match create_from(&state, &page, &form).await {
        Ok(tenant) => {
            let message = Flash::good(format!("{} is ready to sell", tenant.name));
            let path = format!("/super/tenants/{}", tenant.slug);
            return Ok(shell.go_to(&path, Some(&message)));
        }
        Err(refusal) if refusal.faults.is_empty() => return Err(refusal),
        Err(refusal) => refusal.faults,
    };
    let body = views::new(&form, &field_errors(&faults));
    Ok(shell.page("New distributor").refused().render(body))
}

async fn create_from(
    state: &AppState,
    page: &PlatformPage,
    form: &TenantForm,
) -> Result<vitaran_core::access::TenantRef, Refusal> {
    let input: NewTenant = form.parse()?;
    let cost = state.config.sign_in.password_cost;
    Ok(tenancy::create_tenant(&state.db, &page.operator, cost, input).await?)
}

/// `GET /super/tenants/:slug`
#[handler]
pub async fn show(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    Path(slug): Path<String>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    let domains = tenancy::list_domains(&state.db, &page.operator, tenant.id).await?;
    let now = state.db.clock().now();
    let body = views::show(&tenant, (&domains, now), &VisitForm::default(), &[]);
    Ok(shell.page(&tenant.name).render(body))
}

/// `POST /super/tenants/:slug/visits`
#[handler]
pub async fn start_visit(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    request: &Request,
    Path(slug): Path<String>,
    Form(form): Form<VisitForm>,
) -> PageResult {
    let tenant = load(&state, &slug).await?;
    let input = match form.parse() {
        Ok(input) => input,
        Err(invalid) => {
            let domains = tenancy::list_domains(&state.db, &page.operator, tenant.id).await?;
            let (now, errors) = (state.db.clock().now(), field_errors(&invalid.faults));
            let body = views::show(&tenant, (&domains, now), &form, &errors);
            return Ok(shell.page(&tenant.name).refused().render(body));
        }
    };
    let visit = tenancy::start_visit(&state.db, &page.operator, tenant.id, input).await?;
    let target = SessionTarget::Visit {
        tenant: tenant.id,
        impersonation: visit.id,
    };
    // Where the work begins depends on the modules that are on.
    let mut response = hx::go_to(shell.request(), "/");
    let opening = opening(&page, target, request);
    session::open(&state, opening, &mut response).await?;
    Ok(response)
}

/// `POST /super/visit/end`: back to the platform under a new session id, and into the tenant's audit log.
#[handler]
pub async fn end_visit(
    shell: Shell,
    state: Data<&AppState>,
    page: PlatformPage,
    request: &Request,
) -> PageResult {
    let mut response = hx::go_to(shell.request(), "/super");
    let SessionTarget::Visit {
        tenant,
        impersonation,
    } = page.session.view().target
    else {
        return Ok(response);
    };
    let ending = Ending::One(impersonation);
    tenancy::end_visits(&state.db, &page.operator, tenant, ending).await?;
    let opening = opening(&page, SessionTarget::Platform, request);
    session::open(&state, opening, &mut response).await?;
    Ok(response)
}

fn opening(page: &PlatformPage, target: SessionTarget, request: &Request) -> Opening {
    Opening {
        start: SessionStart::GoesOn(page.session.hash()),
        user: page.session.user().clone(),
        target,
        is_dealer: false,
        client: client_of(request),
    }
}

pub(super) async fn load(state: &AppState, slug: &str) -> Result<TenantSummary, Refusal> {
    let found = tenancy::find_tenant(&state.db, slug).await?;
    found.ok_or_else(Refusal::not_found)
}
