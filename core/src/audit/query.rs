//! Reading the audit log, newest first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use uuid::Uuid;
use vitaran_kernel::AuditId;

use crate::access::{Allowed, PlatformAuditRead};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::ListError;

/// Which rows are wanted; empty means all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// The noun, such as `product`.
    pub object_kind: Option<String>,
    /// One record's history; only looked at together with its kind.
    pub object_id: Option<Uuid>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct AuditEntry {
    #[diesel(sql_type = SqlUuid)]
    pub id: AuditId,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    /// The platform admin behind a support visit, or "API key of" and its maker.
    #[diesel(sql_type = Nullable<Text>)]
    pub on_behalf_of: Option<String>,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub object_kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub object_id: Option<Uuid>,
    /// The request it was part of; the trail has what it did under the same.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    /// `{"before": …, "after": …}`; of an update only the members that differ.
    #[diesel(sql_type = Jsonb)]
    pub detail: Value,
}

/// Lists the log by id, which is by time: ids are UUIDv7. Index scans on the primary key or, for
/// one record, on `ix_audit_log_tenant_id_object`.
pub async fn list(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformAuditRead>,
    filter: &AuditFilter,
    page: &Page,
) -> Result<Paged<AuditEntry>, ListError> {
    let mut statement = Statement::new(
        "SELECT a.id, a.at, a.by_name, a.on_behalf_of, a.action, a.object_kind, a.object_id, a.request_id, a.detail \
         FROM audit_log a WHERE a.tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid());
    if let Some(kind) = &filter.object_kind {
        let kind = statement.push_bind(kind.as_str());
        statement.push_sql(&format!(" AND a.object_kind = {kind}"));
        if let Some(id) = filter.object_id {
            let id = statement.push_bind(id);
            statement.push_sql(&format!(" AND a.object_id = {id}"));
        }
    }
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<AuditId>()?.as_uuid());
        statement.push_sql(&format!(" AND a.id < {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY a.id DESC LIMIT {limit}"));
    let rows: Vec<AuditEntry> = statement.load(tx.conn()?).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| row.id))
}
