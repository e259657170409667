//! The audit trail for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use uuid::Uuid;
use vitaran_core::access::PlatformAuditRead;
use vitaran_core::audit;

use super::dto::Change;
use super::trail::TrailParams;
use crate::auth::ApiActor;
use crate::http::listing::{Asked, Listed};
use crate::http::problem_json::Failure;
use crate::openapi::Tag;
use crate::state::AppState;

pub struct AuditApi;

#[OpenApi(tag = "Tag::Audit")]
impl AuditApi {
    /// List changes
    ///
    /// What every write did to every row, newest first: who, by which session or token, in which request, and what it said
    /// before and after. Nothing of it is ever changed or removed. Secrets are masked.
    #[oai(path = "/v1/audit", method = "get", operation_id = "audit_list")]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn list(
        &self,
        state: Data<&AppState>,
        actor: ApiActor,
        asked: Asked,
        /// One record, with all that belongs to it: an order's lines, a dealer's addresses, a list's prices.
        object_id: Query<Option<Uuid>>,
        /// One person, and the keys that they made; or one key.
        actor_id: Query<Option<Uuid>>,
        /// The `X-Request-Id` of one request.
        request_id: Query<Option<Uuid>>,
        /// The first day, such as `2026-11-21`, in Indian time.
        from: Query<Option<chrono::NaiveDate>>,
        /// The last day.
        to: Query<Option<chrono::NaiveDate>>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Change>, Failure> {
        let by = actor.actor().allow::<PlatformAuditRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let text = |value: Option<String>| value.unwrap_or_default();
        let params = TrailParams {
            object: text(object_id.0.map(|id| id.to_string())),
            by: text(actor_id.0.map(|id| id.to_string())),
            request: text(request_id.0.map(|id| id.to_string())),
            from: text(from.0.map(|day| day.to_string())),
            to: text(to.0.map(|day| day.to_string())),
            cursor: String::new(),
        };
        let filter = params.filter()?;
        let mut tx = state.db.begin_read(&by).await?;
        let changes = audit::list_changes(&mut tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(changes))
    }
}
