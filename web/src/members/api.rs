//! The people of a distributor, for programs that a person has signed in.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use vitaran_core::access::{Actor, PlatformUsersRead, PlatformUsersWrite};
use vitaran_core::master::{Activity, Shown};
use vitaran_core::members::{self, MemberFilter, PlaceForm, RoleRef};
use vitaran_kernel::MembershipId;

use super::dto::{Member, MemberPlace};
use crate::auth::ApiActor;
use crate::catalog::dto::RecordStatus;
use crate::http::listing::{Asked, Listed};
use crate::http::problem::Refusal;
use crate::http::problem_json::Failure;
use crate::http::stored::Stored;
use crate::http::version;
use crate::openapi::Tag;
use crate::state::AppState;

async fn switch(
    state: &AppState,
    actor: &Actor,
    id: uuid::Uuid,
    if_match: Option<&str>,
    to: Activity,
) -> Result<Stored<Member>, Failure> {
    let by = actor.allow::<PlatformUsersWrite>()?;
    let expected = version::optional(if_match)?;
    let id = MembershipId::from_uuid(id);
    let mut tx = state.db.begin(&by).await?;
    let member = members::set_active(&mut tx, &by, id, expected, to).await?;
    tx.commit().await?;
    let version = member.version;
    Ok(Stored::of(member, version))
}

pub struct MembersApi;

#[OpenApi(tag = "Tag::Members")]
impl MembersApi {
    /// List members
    ///
    /// Staff and dealers' people, by name.
    #[oai(path = "/v1/members", method = "get", operation_id = "members_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        asked: Asked,
        /// Beginnings of words of a name or an e-mail address.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        /// A built-in role's code, or the id of a role of the distributor's own.
        role: Query<Option<String>>,
        /// `active` if left out.
        status: Query<Option<RecordStatus>>,
        /// Rows of a page, 1 to 100; 25 if left out.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Member>, Failure> {
        let by = by.actor().allow::<PlatformUsersRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let unknown = || Refusal::malformed_at("/role", "unknown", "There is no such role");
        let wanted = role.0.as_deref();
        let wanted = wanted.map(|text| RoleRef::parse(text).ok_or_else(unknown));
        let filter = MemberFilter {
            shown: status.0.map_or(Shown::Active, Into::into),
            q: q.0.clone().unwrap_or_default(),
            role: wanted.transpose()?,
        };
        let tx = state.db.begin_read(&by).await?;
        let members = members::list(&tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(members))
    }

    /// Get a member
    ///
    /// With role, dealer, locations, and how many devices and programs are signed in.
    #[oai(path = "/v1/members/:id", method = "get", operation_id = "members_get")]
    async fn get(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
    ) -> Result<Stored<Member>, Failure> {
        let by = by.actor().allow::<PlatformUsersRead>()?;
        let tx = state.db.begin_read(&by).await?;
        let member = members::load(&tx, &by, MembershipId::from_uuid(id.0)).await?;
        tx.commit().await?;
        let version = member.version;
        Ok(Stored::of(member, version))
    }

    /// Give a member another role
    ///
    /// It counts from their next request. Nobody gives a role that is more than their own, changes somebody who may do more,
    /// or changes themselves; the last administrator stays one.
    #[oai(
        path = "/v1/members/:id",
        method = "put",
        operation_id = "members_change_role"
    )]
    async fn change_role(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the member.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<MemberPlace>,
    ) -> Result<Stored<Member>, Failure> {
        let by = by.actor().allow::<PlatformUsersWrite>()?;
        let expected = version::required(if_match.0.as_deref())?;
        let input = PlaceForm::from(body.0).parse()?;
        let id = MembershipId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let member = members::change_role(&mut tx, &by, id, expected, input).await?;
        tx.commit().await?;
        let version = member.version;
        Ok(Stored::of(member, version))
    }

    /// Switch off a member
    ///
    /// Ends their sessions and tokens here and the use of their API keys; elsewhere nothing happens to them. Doing it twice
    /// changes nothing.
    #[oai(
        path = "/v1/members/:id/deactivation",
        method = "post",
        operation_id = "members_deactivate"
    )]
    async fn deactivate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the member the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Member>, Failure> {
        let if_match = if_match.0.as_deref();
        switch(&state, by.actor(), id.0, if_match, Activity::Inactive).await
    }

    /// Switch on a member
    ///
    /// With the role they had. Doing it twice changes nothing.
    #[oai(
        path = "/v1/members/:id/activation",
        method = "post",
        operation_id = "members_activate"
    )]
    async fn activate(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the member the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Member>, Failure> {
        let if_match = if_match.0.as_deref();
        switch(&state, by.actor(), id.0, if_match, Activity::Active).await
    }

    /// Remove a member
    ///
    /// Ends their sessions and tokens here and revokes their API keys. Histories keep their name. Gives the member as they
    /// were.
    #[oai(
        path = "/v1/members/:id",
        method = "delete",
        operation_id = "members_remove"
    )]
    async fn remove(
        &self,
        state: Data<&AppState>,
        by: ApiActor,
        id: Path<uuid::Uuid>,
        /// The `ETag` of the member the decision was made on.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Stored<Member>, Failure> {
        let by = by.actor().allow::<PlatformUsersWrite>()?;
        let expected = version::optional(if_match.0.as_deref())?;
        let id = MembershipId::from_uuid(id.0);
        let mut tx = state.db.begin(&by).await?;
        let member = members::remove(&mut tx, &by, id, expected).await?;
        tx.commit().await?;
        Ok(Stored::read_only(member))
    }
}
