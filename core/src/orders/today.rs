//! The day so far, for the people who begin it: what came in, what went out, what waits for stock.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Numeric, Timestamptz};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::Money;

use super::query::WAITS_FOR_STOCK;
use crate::access::{Allowed, SalesOrdersRead};
use crate::db::{Count, DbError, Statement, TenantTx};

/// Figures of the current day in India.
#[derive(Debug, Clone, QueryableByName)]
pub struct Today {
    /// Orders placed, the rejected and cancelled ones left out.
    #[diesel(sql_type = BigInt)]
    pub placed: i64,
    #[diesel(sql_type = Numeric)]
    pub placed_total: Money,
    /// Tax invoices issued, which is when goods leave.
    #[diesel(sql_type = BigInt)]
    pub dispatched: i64,
    #[diesel(sql_type = Numeric)]
    pub dispatched_total: Money,
    #[diesel(sql_type = BigInt)]
    short: i64,
    /// When the order that waits longest for approval was placed.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub waiting_since: Option<DateTime<Utc>>,
}

impl Today {
    /// Approved orders with a line that waits for stock, whenever placed.
    pub fn short(&self) -> Count {
        Count::up_to(Count::FIGURE, self.short)
    }
}

/// Reads the figures.
pub async fn today(tx: &TenantTx, _by: &Allowed<SalesOrdersRead>) -> Result<Today, DbError> {
    Ok(Statement::new(format!(
        "SELECT p.placed, p.placed_total, d.dispatched, d.dispatched_total, s.short, w.waiting_since \
         FROM (SELECT count(*) AS placed, coalesce(sum(total), 0) AS placed_total FROM orders \
               WHERE tenant_id = $1 AND placed_at >= $2 AND status NOT IN ('REJECTED', 'CANCELLED')) p, \
              (SELECT count(*) AS dispatched, coalesce(sum(total), 0) AS dispatched_total FROM invoices WHERE tenant_id = $1 AND issued_at >= $2) d, \
              (SELECT count(*) AS short FROM (SELECT FROM orders o WHERE o.tenant_id = $1 AND {WAITS_FOR_STOCK} LIMIT $3) x) s, \
              (SELECT min(placed_at) AS waiting_since FROM orders WHERE tenant_id = $1 AND status = 'PLACED') w"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(tx.today().start())
    .bind(Count::FIGURE + 1)
    .get_result(&mut tx.reader())
    .await?)
}
