//! Changes as programs read them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::Any;
use serde_json::Value;
use uuid::Uuid;
use vitaran_core::audit::{AuditEntry, TrailEntry};

use super::words::shown_by;

/// What one write did to one row.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Change {
    /// The transaction; changes of one transaction became true together.
    transaction: i64,
    /// The place in the transaction.
    position: i32,
    at: DateTime<Utc>,
    /// Absent for jobs and commands.
    actor_id: Option<Uuid>,
    /// Who it was, or the job or command.
    actor_name: String,
    /// The support visit on which a platform admin made it.
    support_visit_id: Option<Uuid>,
    /// The `X-Request-Id` of the request behind it.
    request_id: Option<Uuid>,
    /// The session, token, job or command by which it came, such as `session 1a2b3c4d5e6f`.
    via: Option<String>,
    /// Such as `dealer_credit`.
    table: String,
    /// `INSERT`, `UPDATE` or `DELETE`.
    operation: String,
    row_key: String,
    /// The record it belongs to: an order's line stands under the order.
    object_id: Uuid,
    /// What was there before: of an update the columns that differ.
    before: Option<Any<Value>>,
    /// What is there now: of an update the columns that differ.
    after: Option<Any<Value>>,
}

impl From<TrailEntry> for Change {
    fn from(entry: TrailEntry) -> Self {
        let actor_name = shown_by(&entry);
        let TrailEntry {
            tx,
            n,
            at,
            actor_id,
            by_name: _,
            visit_id,
            request_id,
            via,
            table_name,
            op,
            row_key,
            object_id,
            before,
            after,
        } = entry;
        Change {
            transaction: tx,
            position: n,
            at,
            actor_id: actor_id.map(|id| id.as_uuid()),
            actor_name,
            support_visit_id: visit_id,
            request_id,
            via,
            table: table_name,
            operation: op,
            row_key,
            object_id,
            before: before.map(Any),
            after: after.map(Any),
        }
    }
}

/// What somebody did.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Action {
    id: Uuid,
    at: DateTime<Utc>,
    /// The person, or whoever made the key; absent for jobs and commands.
    actor_id: Option<Uuid>,
    /// Who it was: the person, the key, the job or command.
    actor_name: String,
    /// The platform admin behind a support visit, or `API key of` and its maker.
    on_behalf_of: Option<String>,
    /// Such as `dealers.credit_limit.set`.
    action: String,
    /// Such as `dealer`.
    object_kind: String,
    object_id: Option<Uuid>,
    /// What a dealer, product, category, price list or person is called now.
    object_name: Option<String>,
    /// The `X-Request-Id` of the request behind it.
    request_id: Option<Uuid>,
    /// `before` and `after`, of an update the members that differ; and what was said besides, such as a reason.
    detail: Any<Value>,
}

impl From<AuditEntry> for Action {
    fn from(entry: AuditEntry) -> Self {
        Action {
            id: entry.id.as_uuid(),
            at: entry.at,
            actor_id: entry.by_user.map(|id| id.as_uuid()),
            actor_name: entry.by_name,
            on_behalf_of: entry.on_behalf_of,
            action: entry.action,
            object_kind: entry.object_kind,
            object_id: entry.object_id,
            object_name: entry.object_name,
            request_id: entry.request_id,
            detail: Any(entry.detail),
        }
    }
}
