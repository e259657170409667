//! Reading the audit log, newest first.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use uuid::Uuid;
use vitaran_kernel::{AuditId, IstDate, UserId};

use crate::access::{Allowed, PlatformAuditRead};
use crate::db::{DbError, Page, Paged, Statement, TenantTx};
use crate::master::ListError;

/// Which rows are wanted; empty means all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// The noun, such as `product`.
    pub object_kind: Option<String>,
    /// One record's history; only looked at together with its kind.
    pub object_id: Option<Uuid>,
    /// A person, and what keys of theirs did.
    pub by: Option<UserId>,
    pub from: Option<IstDate>,
    pub to: Option<IstDate>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct AuditEntry {
    #[diesel(sql_type = SqlUuid)]
    pub id: AuditId,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// The person, or the maker of the key; none for jobs and commands.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub by_user: Option<UserId>,
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
    /// What a dealer, product, category, price list or person is called now.
    #[diesel(sql_type = Nullable<Text>)]
    pub object_name: Option<String>,
    /// The request it was part of; the trail has what it did under the same.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    /// `{"before": …, "after": …}`; of an update only the members that differ.
    #[diesel(sql_type = Jsonb)]
    pub detail: Value,
}

/// How long a row may be under way between the time of its id and that of its transaction.
const SLACK: TimeDelta = TimeDelta::minutes(5);

/// Lists the log by id, which is by time: ids are UUIDv7. Index scans on the primary key, for one kind or record on
/// `ix_audit_log_tenant_id_object`, for one person on `ix_audit_log_tenant_id_by_user`; days bound the ids.
pub async fn list(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformAuditRead>,
    filter: &AuditFilter,
    page: &Page,
) -> Result<Paged<AuditEntry>, ListError> {
    let mut statement = Statement::new(
        "SELECT a.id, a.at, a.by_user, a.by_name, a.on_behalf_of, a.action, a.object_kind, a.object_id, a.request_id, a.detail, \
             CASE a.object_kind \
                 WHEN 'dealer' THEN (SELECT coalesce(d.trade_name, d.legal_name) FROM dealers d WHERE d.tenant_id = $1 AND d.id = a.object_id) \
                 WHEN 'product' THEN (SELECT p.name FROM products p WHERE p.tenant_id = $1 AND p.id = a.object_id) \
                 WHEN 'category' THEN (SELECT c.name FROM categories c WHERE c.tenant_id = $1 AND c.id = a.object_id) \
                 WHEN 'price_list' THEN (SELECT l.name FROM price_lists l WHERE l.tenant_id = $1 AND l.id = a.object_id) \
                 WHEN 'user' THEN (SELECT u.name FROM users u WHERE u.id = a.object_id) \
                 WHEN 'member' THEN (SELECT u.name FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND m.id = a.object_id) \
             END AS object_name \
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
    if let Some(by) = filter.by {
        let by = statement.push_bind(by.as_uuid());
        statement.push_sql(&format!(" AND a.by_user = {by}"));
    }
    if let Some(from) = filter.from {
        bound(&mut statement, ">=", from.start(), -SLACK);
    }
    if let Some(to) = filter.to {
        bound(&mut statement, "<", to.add_days(1).start(), SLACK);
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

/// The time itself, and a bound of the ids that an index knows.
fn bound(statement: &mut Statement, compared: &str, at: DateTime<Utc>, slack: TimeDelta) {
    let id = statement.push_bind(first_id_of(at + slack));
    let at = statement.push_bind(at);
    statement.push_sql(&format!(
        " AND a.at {compared} {at} AND a.id {compared} {id}"
    ));
}

/// Pure: no UUIDv7 that is made at this time or later is smaller.
fn first_id_of(at: DateTime<Utc>) -> Uuid {
    let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid()
}

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = Text)]
    object_kind: String,
}

/// The kinds of records that the log tells of, each found with one step through `ix_audit_log_tenant_id_object`.
pub async fn list_kinds(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformAuditRead>,
) -> Result<Vec<String>, DbError> {
    let kinds: Vec<Kind> = Statement::new(
        "WITH RECURSIVE kinds AS ( \
             (SELECT object_kind FROM audit_log WHERE tenant_id = $1 ORDER BY object_kind LIMIT 1) \
             UNION ALL \
             SELECT (SELECT a.object_kind FROM audit_log a WHERE a.tenant_id = $1 AND a.object_kind > k.object_kind ORDER BY a.object_kind LIMIT 1) \
             FROM kinds k WHERE k.object_kind IS NOT NULL) \
         SELECT object_kind FROM kinds WHERE object_kind IS NOT NULL",
    )
    .bind(tx.tenant().as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(kinds.into_iter().map(|kind| kind.object_kind).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_from_a_time_on_are_no_smaller_than_its_first() {
        let now = DateTime::<Utc>::from_timestamp_millis(1_790_000_000_123).unwrap();
        let first = first_id_of(now);
        let made = |milliseconds: u64| {
            uuid::Builder::from_unix_timestamp_millis(milliseconds, &[0xff; 10]).into_uuid()
        };
        assert!(made(1_790_000_000_123) > first && made(1_790_000_000_122) < first);
        assert_eq!(first.get_version_num(), 7);
    }
}
