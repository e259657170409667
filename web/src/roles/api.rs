//! Roles and the catalogue of permissions for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON as _;
use vitaran_core::access::{
    PermissionCode, PlatformRolesWrite, PlatformUsersRead, Role as BuiltIn,
};
use vitaran_core::roles::{self, RoleForm};
use vitaran_kernel::RoleId;

use super::dto::{NewRole, Permission, Role};
use crate::auth::ApiActor;
use crate::http::idempotency::{self, BodyHash, Claim, Started};
use crate::http::listing::Listed;
use crate::http::problem_json::Failure;
use crate::http::stored::{Created, Made, Stored};
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

pub struct RolesApi;

#[OpenApi(tag = "Tag::Roles")]
impl RolesApi {
    /// List the catalogue of permissions
    ///
    /// What roles are made of.
    #[oai(
        path = "/v1/permissions",
        method = "get",
        operation_id = "permissions_list"
    )]
    async fn permissions(&self, by: ApiActor) -> Result<Listed<Permission>, Failure> {
        let _may = by.actor().allow::<PlatformUsersRead>()?;
        Ok(Listed::whole(PermissionCode::ALL.to_vec()))
    }

    /// List roles
    ///
    /// The distributor's own by name, then the built-in ones, which have no id and are not changed.
    #[oai(path = "/v1/roles", method = "get", operation_id = "roles_list")]
    async fn list(&self, state: Data<&AppState>, by: ApiActor) -> Result<Listed<Role>, Failure> {
        let by = by.actor().allow::<PlatformUsersRead>()?;
        let tx = state.db.begin_read(&by).await?;
        let own = roles::list(&tx, &by).await?;
        tx.commit().await?;
        let all: Vec<Role> = own
            .into_iter()
            .map(Role::from)
            .chain(BuiltIn::ALL.into_iter().map(Role::from))
            .collect();
        Ok(Listed::whole(all))
    }

    /// Get a role of the distributor's own
    ///
    /// With every permission it gives, and its approval limit.
    #[oai(path = "/v1/roles/:id", method = "get", operation_id = "roles_get")]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<Role>, Failure> {
        let by = by.actor().allow::<PlatformUsersRead>()?;
        let mut tx = state.db.begin_read(&by).await?;
        let role = roles::load(&mut tx, &by, RoleId::from_uuid(id.0)).await?;
        tx.commit().await?;
        let version = role.version;
        Ok(Stored::of(role, version))
    }

    /// Add a role
    ///
    /// Nobody gives what they do not have: neither a permission nor a higher limit.
    #[oai(path = "/v1/roles", method = "post", operation_id = "roles_create")]
    async fn create(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        hash: BodyHash,
        /// Names this request, so that a retry makes nothing twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<String>>,
        body: Json<NewRole>,
    ) -> Result<Created<Role>, Failure> {
        let by = by.actor().allow::<PlatformRolesWrite>()?;
        let claim = Claim::of_header(key.0.as_deref(), "roles.create", hash)?;
        let input = RoleForm::from(body.0).parse()?;
        let answer = match idempotency::start(&state.db, &by, claim).await? {
            Started::Replay(answer) => answer,
            Started::Fresh(mut once) => {
                let role = roles::create(once.tx(), &by, input).await?;
                once.finish(201, Role::from(role).to_json_string()).await?
            }
        };
        Ok(Created::of(&answer, |role: &Role| {
            Some(Made {
                location: format!("/api/v1/roles/{}", role.id?),
                version: role.version,
            })
        })?)
    }

    /// Change a role
    ///
    /// Its people feel it at their next request. What the role gives already may stay in it, whoever changes it.
    #[oai(path = "/v1/roles/:id", method = "put", operation_id = "roles_update")]
    async fn update(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the role.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<NewRole>,
    ) -> Result<Stored<Role>, Failure> {
        let by = by.actor().allow::<PlatformRolesWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = RoleForm::from(body.0).parse()?;
        let mut tx = state.db.begin(&by).await?;
        let role = roles::update(&mut tx, &by, RoleId::from_uuid(id.0), expected, input).await?;
        tx.commit().await?;
        let version = role.version;
        Ok(Stored::of(role, version))
    }

    /// Remove a role that nobody has
    ///
    /// Gives the role as it was.
    #[oai(
        path = "/v1/roles/:id",
        method = "delete",
        operation_id = "roles_remove"
    )]
    async fn remove(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the role the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Role>, Failure> {
        let by = by.actor().allow::<PlatformRolesWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let mut tx = state.db.begin(&by).await?;
        let role = roles::remove(&mut tx, &by, RoleId::from_uuid(id.0), expected).await?;
        tx.commit().await?;
        Ok(Stored::read_only(role))
    }
}
