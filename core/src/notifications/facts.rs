//! What a message says of an order, read when it is sent: from snapshots and append-only rows, so that a second attempt
//! says the same.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Nullable, Numeric, Text, Timestamptz};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::Money;

use super::claim::Due;
use crate::db::{DbError, Statement, TenantTx};

#[derive(Debug, Clone, QueryableByName)]
pub(super) struct OrderFacts {
    /// The distributor's name.
    #[diesel(sql_type = Text)]
    pub brand: String,
    /// The name of the internet that its links lead to, if it has one.
    #[diesel(sql_type = Nullable<Text>)]
    pub domain: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub support_phone: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub support_email: Option<String>,
    #[diesel(sql_type = Text)]
    pub order_number: String,
    #[diesel(sql_type = Timestamptz)]
    pub placed_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub placed_by: String,
    #[diesel(sql_type = Numeric)]
    pub order_total: Money,
    #[diesel(sql_type = Text)]
    pub dealer_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub transporter: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub lr_number: Option<String>,
    #[diesel(sql_type = Nullable<Date>)]
    pub lr_date: Option<chrono::NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    pub vehicle_number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub eway_bill_number: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub dispatched_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub delivered_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub invoice_number: Option<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub invoice_total: Option<Money>,
}

pub(super) async fn load(tx: &mut TenantTx, due: &Due) -> Result<OrderFacts, DbError> {
    Ok(Statement::new(
        "SELECT t.name AS brand, n.name AS domain, c.support_phone, c.support_email, o.number AS order_number, o.placed_at, o.placed_by_name AS placed_by, \
                o.total AS order_total, coalesce(d.trade_name, d.legal_name) AS dealer_name, s.transporter, s.lr_number, s.lr_date, \
                s.vehicle_number, s.eway_bill_number, s.dispatched_at, s.delivered_at, i.number AS invoice_number, i.total AS invoice_total \
         FROM orders o JOIN tenants t ON t.id = o.tenant_id \
         LEFT JOIN tenant_domains n ON n.tenant_id = o.tenant_id AND n.is_primary \
         JOIN tenant_settings c ON c.tenant_id = o.tenant_id \
         JOIN dealers d ON d.tenant_id = o.tenant_id AND d.id = o.dealer_id \
         LEFT JOIN shipments s ON s.tenant_id = o.tenant_id AND s.order_id = o.id \
         LEFT JOIN invoices i ON i.tenant_id = o.tenant_id AND i.order_id = o.id \
         WHERE o.tenant_id = $1 AND o.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(due.order_id.as_uuid())
    .get_result(tx.conn()?)
    .await?)
}
