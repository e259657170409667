//! The audit log and the trail for programs.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use uuid::Uuid;
use vitaran_core::access::PlatformAuditRead;
use vitaran_core::audit;

use super::LogParams;
use super::dto::{Action, Change};
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
        let params = TrailParams {
            object: text(object_id.0),
            by: text(actor_id.0),
            request: text(request_id.0),
            from: text(from.0),
            to: text(to.0),
            cursor: String::new(),
        };
        let filter = params.filter()?;
        let mut tx = state.db.begin_read(&by).await?;
        let changes = audit::list_changes(&mut tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(changes))
    }

    /// List what was done
    ///
    /// The audit log, newest first: what people, programs and jobs did to a record or a setting, in the product's words, with what
    /// it said before and after. The rows that each of it changed are those of the same `request_id` under `/v1/audit`.
    #[oai(
        path = "/v1/audit/log",
        method = "get",
        operation_id = "audit_log_list"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "an operation's parameters are its arguments"
    )]
    async fn log(
        &self,
        state: Data<&AppState>,
        actor: ApiActor,
        asked: Asked,
        /// The kind of record, such as `product`.
        object_kind: Query<Option<String>>,
        /// One record; goes with its kind.
        object_id: Query<Option<Uuid>>,
        /// One person, and the keys that they made.
        actor_id: Query<Option<Uuid>>,
        /// The first day, such as `2026-11-21`, in Indian time.
        from: Query<Option<chrono::NaiveDate>>,
        /// The last day.
        to: Query<Option<chrono::NaiveDate>>,
        /// Rows of a page, 1 to 100.
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Listed<Action>, Failure> {
        let by = actor.actor().allow::<PlatformAuditRead>()?;
        let asked = asked.by(&state, by.actor())?;
        let page = asked.page(limit.0, cursor.0.as_deref())?;
        let params = LogParams {
            kind: object_kind.0.unwrap_or_default(),
            id: text(object_id.0),
            by: text(actor_id.0),
            from: text(from.0),
            to: text(to.0),
            cursor: String::new(),
        };
        let filter = params.filter()?;
        let mut tx = state.db.begin_read(&by).await?;
        let entries = audit::list(&mut tx, &by, &filter, &page).await?;
        tx.commit().await?;
        Ok(asked.answer(entries))
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
