//! Every movement of stock, newest first, each with the balance after it.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{LocationId, OrderId, ProductId, Quantity, Sku, StockEntryId, Uqc};

use crate::access::{Allowed, InventoryMovementsRead};
use crate::catalog::ProductName;
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::{ListError, text_codes};

text_codes! {
    /// Why stock moved.
    MovementKind, "Choose a kind of movement" {
        /// Goods came in.
        Receipt = "RECEIPT", "Receipt";
        /// The figure was put right, up or down.
        Adjustment = "ADJUSTMENT", "Adjustment";
        /// Goods went out with an order.
        Dispatch = "DISPATCH", "Dispatch";
    }
}

/// Which movements are wanted.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    pub product: Option<ProductId>,
    pub location: Option<LocationId>,
    pub kind: Option<MovementKind>,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LedgerEntry {
    #[diesel(sql_type = SqlUuid)]
    pub id: StockEntryId,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub kind: MovementKind,
    #[diesel(sql_type = SqlUuid)]
    pub product_id: ProductId,
    #[diesel(sql_type = Text)]
    pub sku: Sku,
    #[diesel(sql_type = Text)]
    pub product_name: ProductName,
    #[diesel(sql_type = Text)]
    pub uqc: Uqc,
    #[diesel(sql_type = Text)]
    pub location_name: String,
    /// Signed: less than zero went out.
    #[diesel(sql_type = Numeric)]
    pub quantity: Quantity,
    /// On hand at the location after it.
    #[diesel(sql_type = Numeric)]
    pub balance_after: Quantity,
    /// The supplier's bill, of a receipt.
    #[diesel(sql_type = Nullable<Text>)]
    pub reference: Option<String>,
    /// Of an adjustment.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// Of a dispatch.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub order_id: Option<OrderId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub order_number: Option<String>,
    #[diesel(sql_type = Text)]
    pub by_name: String,
}

/// Lists movements by id, which is by time: an index scan on `ix_stock_ledger_tenant_id_product`
/// for one product, on the primary key for all.
pub async fn list_ledger(
    tx: &TenantTx,
    _by: &Allowed<InventoryMovementsRead>,
    filter: &LedgerFilter,
    page: &Page,
) -> Result<Paged<LedgerEntry>, ListError> {
    let mut statement = Statement::new(
        "SELECT s.id, s.at, s.kind, s.product_id, p.sku, p.name AS product_name, p.uqc, l.name AS location_name, s.quantity, \
         s.balance_after, s.reference, s.reason, s.order_id, o.number AS order_number, s.by_name \
         FROM stock_ledger s \
         JOIN products p ON p.tenant_id = $1 AND p.id = s.product_id \
         JOIN locations l ON l.tenant_id = $1 AND l.id = s.location_id \
         LEFT JOIN orders o ON o.tenant_id = $1 AND o.id = s.order_id \
         WHERE s.tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid());
    let LedgerFilter {
        product,
        location,
        kind,
    } = filter;
    if let Some(product) = product {
        let product = statement.push_bind(product.as_uuid());
        statement.push_sql(&format!(" AND s.product_id = {product}"));
    }
    if let Some(location) = location {
        let location = statement.push_bind(location.as_uuid());
        statement.push_sql(&format!(" AND s.location_id = {location}"));
    }
    if let Some(kind) = kind {
        let kind = statement.push_bind(kind.as_str());
        statement.push_sql(&format!(" AND s.kind = {kind}"));
    }
    tx.push_own_locations(&mut statement, "s.location_id");
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<StockEntryId>()?.as_uuid());
        statement.push_sql(&format!(" AND s.id < {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY s.id DESC LIMIT {limit}"));
    let rows: Vec<LedgerEntry> = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| row.id))
}
