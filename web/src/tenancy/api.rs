//! The register of distributors, for programs that a platform admin has signed in.

use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use vitaran_core::access::Actor;
use vitaran_core::tenancy::{
    self, Ending, ModulesForm, RenameForm, SuspendForm, TenantForm, TenantSummary, VisitForm,
};
use vitaran_kernel::TenantId;

use super::dto::{
    NewTenant, NewVisit, RegisteredTenant, Suspension, TenantModules, TenantName, Visit,
};
use crate::auth::PlatformToken;
use crate::domains::Domain;
use crate::http::listing::{Asked, Listed};
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::version::{self, etag};
use crate::openapi::Tag;
use crate::state::AppState;

#[derive(ApiResponse)]
enum Founded {
    /// The distributor, ready to sell.
    #[oai(status = 201)]
    Made(
        Json<RegisteredTenant>,
        /// Its address.
        #[oai(header = "Location")]
        String,
        /// The version it was made with, for `If-Match`.
        #[oai(header = "ETag")]
        String,
    ),
}

#[derive(ApiResponse)]
enum Begun {
    /// The visit, for requests with `X-Tenant-ID`.
    #[oai(status = 201)]
    Visit(Json<Visit>),
}

#[derive(ApiResponse)]
enum Over {
    /// No visit of yours is open there.
    #[oai(status = 204)]
    Done,
}

async fn load(
    state: &AppState,
    by: &PlatformToken,
    id: uuid::Uuid,
) -> Result<TenantSummary, Refusal> {
    let id = TenantId::from_uuid(id);
    let found = tenancy::find_tenant_by_id(&state.db, by.operator(), id).await?;
    Ok(found.ok_or(tenancy::RegisterError::NotFound)?)
}

fn stored(tenant: TenantSummary) -> Stored<RegisteredTenant> {
    let version = tenant.version;
    Stored::of(tenant, version)
}

pub struct TenantsApi;

#[OpenApi(tag = "Tag::Platform", prefix_path = "/v1/platform/tenants")]
impl TenantsApi {
    /// List distributors
    ///
    /// All of the installation, by short name.
    #[oai(path = "/", method = "get", operation_id = "platform_tenants_list")]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        asked: Asked,
        /// Rows of a page, 1 to 100; 25 if left out.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<RegisteredTenant>, Failure> {
        // The register is in no tenant: its cursors are signed for one there cannot be. Nothing is read as this actor.
        let nobodys = Actor::system(TenantId::from_uuid(uuid::Uuid::nil()), "register");
        let asked = asked.by(&state, &nobodys)?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let tenants = tenancy::list_tenants(&state.db, by.operator(), &page).await?;
        Ok(asked.answer(tenants))
    }

    /// Get a distributor
    ///
    /// With the version that a change of it names in `If-Match`.
    #[oai(path = "/:id", method = "get", operation_id = "platform_tenants_get")]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<RegisteredTenant>, Failure> {
        Ok(stored(load(&state, &by, id.0).await?))
    }

    /// Add a distributor
    ///
    /// With its GST registration, a warehouse, a series of invoices, a price list and the first administrator. A short name is
    /// given once: a request that is sent twice makes one distributor, and is refused the second time.
    #[oai(path = "/", method = "post", operation_id = "platform_tenants_create")]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        body: Json<NewTenant>,
    ) -> Result<Founded, Failure> {
        let input = TenantForm::from(body.0).parse()?;
        let cost = state.config.sign_in.password_cost;
        let made = tenancy::create_tenant(&state.db, by.operator(), cost, input).await?;
        let tenant = load(&state, &by, made.id.as_uuid()).await?;
        let location = format!("/api/v1/platform/tenants/{}", tenant.id);
        let etag = etag(tenant.version);
        Ok(Founded::Made(Json(tenant.into()), location, etag))
    }

    /// Rename a distributor
    ///
    /// Invoices that exist keep what they say.
    #[oai(
        path = "/:id",
        method = "put",
        operation_id = "platform_tenants_rename"
    )]
    async fn rename(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the distributor.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<TenantName>,
    ) -> Result<Stored<RegisteredTenant>, Failure> {
        let expected = version::required(if_match.0.as_deref())?;
        let name = RenameForm::from(body.0).parse()?;
        let id = TenantId::from_uuid(id.0);
        let tenant = tenancy::rename_tenant(&state.db, by.operator(), id, expected, name).await?;
        Ok(stored(tenant))
    }

    /// Switch a distributor's modules
    ///
    /// It counts from the next request. What belongs to a module that is off is 404 to everybody there, its permissions are
    /// nobody's, and what it had to send waits; its data stays.
    #[oai(
        path = "/:id/modules",
        method = "put",
        operation_id = "platform_tenants_set_modules"
    )]
    async fn set_modules(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the distributor.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<TenantModules>,
    ) -> Result<Stored<RegisteredTenant>, Failure> {
        let expected = version::required(if_match.0.as_deref())?;
        let on = ModulesForm::from(body.0).parse()?;
        let id = TenantId::from_uuid(id.0);
        let tenant = tenancy::set_modules(&state.db, by.operator(), id, expected, on).await?;
        Ok(stored(tenant))
    }

    /// Suspend a distributor
    ///
    /// All its people and programs are refused at once, until it is restored; then everybody signs in anew. Nothing is lost.
    #[oai(
        path = "/:id/suspension",
        method = "post",
        operation_id = "platform_tenants_suspend"
    )]
    async fn suspend(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the distributor the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<Suspension>,
    ) -> Result<Stored<RegisteredTenant>, Failure> {
        let expected = version::optional(if_match.0.as_deref())?;
        let reason = SuspendForm::from(body.0).parse()?;
        let id = TenantId::from_uuid(id.0);
        let tenant =
            tenancy::suspend_tenant(&state.db, by.operator(), id, expected, reason).await?;
        Ok(stored(tenant))
    }

    /// Restore a distributor
    ///
    /// Its people sign in again, and its keys work.
    #[oai(
        path = "/:id/restoration",
        method = "post",
        operation_id = "platform_tenants_restore"
    )]
    async fn restore(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the distributor the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<RegisteredTenant>, Failure> {
        let expected = version::optional(if_match.0.as_deref())?;
        let id = TenantId::from_uuid(id.0);
        let tenant = tenancy::restore_tenant(&state.db, by.operator(), id, expected).await?;
        Ok(stored(tenant))
    }

    /// List a distributor's domains
    ///
    /// Names under which its people come in: each must lead to this installation, and be answered to by https. Its
    /// administrators keep the list.
    #[oai(
        path = "/:id/domains",
        method = "get",
        operation_id = "platform_tenants_domains"
    )]
    async fn domains(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
    ) -> Result<Listed<Domain>, Failure> {
        let id = load(&state, &by, id.0).await?.id;
        let domains = tenancy::list_domains(&state.db, by.operator(), id).await?;
        Ok(Listed::whole(domains))
    }

    /// Start a support visit
    ///
    /// For an hour at most, your requests with `X-Tenant-ID` may look into the distributor as its administrators do, and change
    /// things if the visit says so; passwords, API keys and webhooks stay out of reach. Without a visit the first such request
    /// begins one that only looks. The distributor finds the visit and each request in its audit log.
    #[oai(
        path = "/:id/visits",
        method = "post",
        operation_id = "platform_visits_start"
    )]
    async fn start_visit(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
        body: Json<NewVisit>,
    ) -> Result<Begun, Failure> {
        let input = VisitForm::from(body.0).parse()?;
        let id = TenantId::from_uuid(id.0);
        let visit = tenancy::start_visit(&state.db, by.operator(), id, input).await?;
        Ok(Begun::Visit(Json(visit.into())))
    }

    /// End your support visits
    ///
    /// Those in this distributor, in the browser too. Ending them twice changes nothing.
    #[oai(
        path = "/:id/visits/end",
        method = "post",
        operation_id = "platform_visits_end"
    )]
    async fn end_visits(
        &self,
        state: Data<&AppState>,
        by: PlatformToken,
        id: Path<uuid::Uuid>,
    ) -> Result<Over, Failure> {
        let id = load(&state, &by, id.0).await?.id;
        tenancy::end_visits(&state.db, by.operator(), id, Ending::All).await?;
        Ok(Over::Done)
    }
}
