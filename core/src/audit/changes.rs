//! Reading the trail, newest first: of one record, of one person, of one request, of some days.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use uuid::Uuid;
use vitaran_kernel::{IstDate, UserId};

use crate::access::{Allowed, PlatformAuditRead};
use crate::db::{Limit, Page, Paged, Statement, TenantTx};
use crate::master::ListError;

/// Which changes are wanted; empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrailFilter {
    /// A record, with all that belongs to it: an order's lines, a dealer's addresses, a list's prices.
    pub object: Option<Uuid>,
    /// What somebody did, and what was done with keys of theirs.
    pub by: Option<UserId>,
    pub request: Option<Uuid>,
    pub from: Option<IstDate>,
    pub to: Option<IstDate>,
}

/// What one write did to one row.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct TrailEntry {
    #[diesel(sql_type = BigInt)]
    pub tx: i64,
    #[diesel(sql_type = Integer)]
    pub n: i32,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// A person, or a key.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<UserId>,
    /// A key's with its maker's. None for jobs and commands, which `via` names.
    #[diesel(sql_type = Nullable<Text>)]
    pub by_name: Option<String>,
    /// The support visit of a platform admin.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub visit_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub via: Option<String>,
    #[diesel(sql_type = Text)]
    pub table_name: String,
    #[diesel(sql_type = Text)]
    pub op: String,
    #[diesel(sql_type = Text)]
    pub row_key: String,
    #[diesel(sql_type = SqlUuid)]
    pub object_id: Uuid,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub before: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub after: Option<Value>,
}

/// Transactions that a page is chosen from: each has a row at least, and that of the cursor may have no more.
const TRANSACTIONS: u16 = Limit::MAX + 2;

/// Lists changes, a transaction's together and the newest first. Of one record by its own index; otherwise the transactions
/// are found by their first row, which has the indexes, and their rows by the primary key.
pub async fn list_changes(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformAuditRead>,
    filter: &TrailFilter,
    page: &Page,
) -> Result<Paged<TrailEntry>, ListError> {
    let cursor: Option<(i64, i32)> = match &page.after {
        Some(cursor) => Some(cursor.key()?),
        None => None,
    };
    let mut statement = Statement::new(
        "SELECT t.tx, t.n, t.at, t.actor_id, coalesce(i.user_name, u.name, k.name || ', key of ' || k.created_by, \
                (SELECT v.user_name FROM impersonations v WHERE v.tenant_id = $1 AND v.user_id = t.actor_id LIMIT 1)) AS by_name, t.visit_id, t.request_id, t.via, t.table_name, \
                t.op, t.row_key, t.object_id, t.before, t.after FROM ",
    )
    .bind(tx.tenant().as_uuid());
    if filter.object.is_none() {
        statement.push_sql("(SELECT s.tx FROM audit_trail s WHERE s.tenant_id = $1 AND s.n = 1");
        transactions(&mut statement, "s", filter);
        if let Some((number, _)) = cursor {
            let number = statement.push_bind(number);
            statement.push_sql(&format!(" AND s.tx <= {number}"));
        }
        statement.push_sql(&format!(
            " ORDER BY s.tx DESC LIMIT {TRANSACTIONS}) s JOIN audit_trail t ON t.tenant_id = $1 AND t.tx = s.tx"
        ));
    } else {
        statement.push_sql("audit_trail t");
    }
    statement.push_sql(
        " LEFT JOIN users u ON u.id = t.actor_id LEFT JOIN api_keys k ON k.tenant_id = $1 AND k.id = t.actor_id LEFT JOIN impersonations i ON i.tenant_id = $1 AND i.id = t.visit_id WHERE t.tenant_id = $1",
    );
    if let Some(object) = filter.object {
        let object = statement.push_bind(object);
        statement.push_sql(&format!(" AND t.object_id = {object}"));
        transactions(&mut statement, "t", filter);
    }
    if let Some((number, n)) = cursor {
        let (number, n) = (statement.push_bind(number), statement.push_bind(n));
        statement.push_sql(&format!(" AND (t.tx, t.n) < ({number}, {n})"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY t.tx DESC, t.n DESC LIMIT {limit}"));
    let rows: Vec<TrailEntry> = statement.load(tx.conn()?).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| {
        (row.tx, row.n)
    }))
}

/// What holds for a whole transaction.
fn transactions(statement: &mut Statement, row: &str, filter: &TrailFilter) {
    if let Some(by) = filter.by {
        let by = statement.push_bind(by.as_uuid());
        statement.push_sql(&format!(
            " AND {row}.actor_id IN (SELECT {by}::uuid UNION ALL SELECT k.id FROM api_keys k JOIN memberships m ON m.tenant_id = $1 AND m.id = k.membership_id \
             WHERE k.tenant_id = $1 AND m.user_id = {by})"
        ));
    }
    if let Some(request) = filter.request {
        let request = statement.push_bind(request);
        statement.push_sql(&format!(" AND {row}.request_id = {request}"));
    }
    if let Some(from) = filter.from {
        let from = statement.push_bind(from.start());
        statement.push_sql(&format!(" AND {row}.at >= {from}"));
    }
    if let Some(to) = filter.to {
        let to = statement.push_bind(to.add_days(1).start());
        statement.push_sql(&format!(" AND {row}.at < {to}"));
    }
}
