//! The stock list: every product that is sold, with what is on hand, promised and free at one
//! location. A product that never came in is out of stock, not missing.

use diesel::QueryableByName;
use diesel::sql_types::{Integer, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{LocationId, ProductId, Quantity, Sku, Uqc};

use crate::access::{Allowed, InventoryStockRead};
use crate::catalog::{AS_FOUND, BY_NAME, ProductName, Search};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::ListError;

use super::{StockState, locations};

/// Which products are wanted.
#[derive(Debug, Clone, Default)]
pub struct LevelFilter {
    /// Beginnings of words, or a whole code.
    pub q: String,
    pub state: Option<StockState>,
    /// `None`: the default location.
    pub location: Option<LocationId>,
}

/// A product's stock at the location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLevel {
    pub product_id: ProductId,
    pub sku: Sku,
    pub name: ProductName,
    pub uqc: Uqc,
    pub on_hand: Quantity,
    pub reserved: Quantity,
    /// On hand and not reserved.
    pub free: Quantity,
    pub state: StockState,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    sku: Sku,
    #[diesel(sql_type = Text)]
    name: ProductName,
    #[diesel(sql_type = Text)]
    uqc: Uqc,
    #[diesel(sql_type = Numeric)]
    on_hand: Quantity,
    #[diesel(sql_type = Numeric)]
    reserved: Quantity,
    #[diesel(sql_type = Integer)]
    rank: i32,
    #[diesel(sql_type = Text)]
    sort_name: String,
}

impl From<Row> for StockLevel {
    fn from(row: Row) -> Self {
        let Row {
            id,
            sku,
            name,
            uqc,
            on_hand,
            reserved,
            rank: _,
            sort_name: _,
        } = row;
        let free = on_hand - reserved;
        StockLevel {
            product_id: id,
            sku,
            name,
            uqc,
            on_hand,
            reserved,
            free,
            state: StockState::of(free),
        }
    }
}

/// Lists stock by product name. A location that does not exist has none of anything, and nor has one where the actor does not
/// work.
pub async fn list_levels(
    tx: &TenantTx,
    _by: &Allowed<InventoryStockRead>,
    filter: &LevelFilter,
    page: &Page,
) -> Result<Paged<StockLevel>, ListError> {
    let location = match filter.location {
        Some(location) => location,
        None => locations::default(tx).await?.id,
    };
    let mut statement = Statement::new("")
        .bind(tx.tenant().as_uuid())
        .bind(location.as_uuid());
    let (from, order) = match Search::of(&filter.q) {
        Some(search) => {
            let found = search.found(&mut statement, " AND w.is_active");
            (
                format!("({found}) f JOIN products p ON p.tenant_id = $1 AND p.id = f.id"),
                AS_FOUND,
            )
        }
        None => ("products p".to_owned(), BY_NAME),
    };
    let theirs = match tx.actor().locations().has(location) {
        true => "",
        false => " AND false",
    };
    statement.push_sql(&format!(
        "SELECT p.id, p.sku, p.name, p.uqc, COALESCE(b.on_hand, 0) AS on_hand, COALESCE(b.reserved, 0) AS reserved, \
         {} AS rank, p.sort_name \
         FROM {from} LEFT JOIN stock_balances b ON b.tenant_id = $1 AND b.location_id = $2 AND b.product_id = p.id{theirs} \
         WHERE p.tenant_id = $1 AND p.is_active",
        order.rank
    ));
    if let Some(state) = filter.state {
        let low = statement.push_bind(StockState::LOW_AT);
        let free = "COALESCE(b.on_hand - b.reserved, 0)";
        statement.push_sql(&match state {
            StockState::Out => format!(" AND {free} <= 0"),
            StockState::Low => format!(" AND {free} > 0 AND {free} <= {low}"),
            StockState::InStock => format!(" AND {free} > {low}"),
        });
    }
    let rest = order.page(&mut statement, page)?;
    statement.push_sql(&rest);
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    let paged = Paged::from_lookahead(rows, page.limit, |row| {
        (row.rank, row.sort_name.clone(), row.id)
    });
    Ok(paged.map(StockLevel::from))
}
