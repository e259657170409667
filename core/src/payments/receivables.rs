//! What all dealers owe together, for the people who collect it.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Numeric};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::Money;

use crate::access::{Allowed, BillingPaymentsRead};
use crate::db::{DbError, Statement, TenantTx};

/// Sums over every dealer.
#[derive(Debug, Clone, QueryableByName)]
pub struct Receivables {
    /// Still owed on issued invoices.
    #[diesel(sql_type = Numeric)]
    pub unpaid: Money,
    /// Received and not set against an invoice yet.
    #[diesel(sql_type = Numeric)]
    pub unallocated: Money,
    /// Dealers who owe something.
    #[diesel(sql_type = BigInt)]
    pub owing: i64,
    /// Receipts recorded today in India.
    #[diesel(sql_type = BigInt)]
    pub receipts_today: i64,
    #[diesel(sql_type = Numeric)]
    pub received_today: Money,
}

/// Reads the sums; none for whoever works at some locations, because an account is one, wherever the goods came from.
pub async fn receivables(
    tx: &TenantTx,
    by: &Allowed<BillingPaymentsRead>,
) -> Result<Option<Receivables>, DbError> {
    if by.actor().works_everywhere().is_err() {
        return Ok(None);
    }
    let sums = Statement::new(
        "SELECT c.unpaid, c.unallocated, c.owing, r.receipts_today, r.received_today \
         FROM (SELECT coalesce(sum(unpaid), 0) AS unpaid, coalesce(sum(unallocated), 0) AS unallocated, count(*) FILTER (WHERE unpaid > 0) AS owing \
               FROM dealer_credit WHERE tenant_id = $1) c, \
              (SELECT count(*) AS receipts_today, coalesce(sum(amount), 0) AS received_today FROM receipts WHERE tenant_id = $1 AND recorded_at >= $2) r",
    )
    .bind(tx.tenant().as_uuid())
    .bind(tx.today().start())
    .get_result(&mut tx.reader())
    .await?;
    Ok(Some(sums))
}
