//! A price sheet: every product that is sold, with the price somebody gave it on a list or agreed
//! with a dealer, or none yet. What one fills in to set prices.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, Money, PriceListId, ProductId, Sku, UnitPrice, Uqc};

use crate::access::{Allowed, SalesPricesRead};
use crate::catalog::{ProductFilter, ProductName, wanted_products};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::{ListError, Shown};

use super::BrowseFilter;
use super::prices::Owner;

/// A product on the sheet.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SheetRow {
    #[diesel(sql_type = SqlUuid)]
    pub product_id: ProductId,
    #[diesel(sql_type = Text)]
    pub sku: Sku,
    #[diesel(sql_type = Text)]
    pub name: ProductName,
    #[diesel(sql_type = Text)]
    pub uqc: Uqc,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    /// Rupees for one unit without tax; `None`: no price here.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub unit_price: Option<UnitPrice>,
    #[diesel(sql_type = Numeric)]
    pub base_price: UnitPrice,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub mrp: Option<Money>,
    #[diesel(sql_type = Integer)]
    rank: i32,
    #[diesel(sql_type = Text)]
    sort_name: String,
}

/// The sheet of a price list, by product name. A dealer's people see none.
pub async fn list_sheet(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    list: PriceListId,
    filter: &BrowseFilter,
    page: &Page,
) -> Result<Paged<SheetRow>, ListError> {
    read(tx, by, Owner::List(list), filter, page).await
}

/// The sheet of the prices agreed with a dealer, by product name. A dealer's people see none: what
/// they pay is in the catalogue.
pub async fn dealer_sheet(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    dealer: DealerId,
    filter: &BrowseFilter,
    page: &Page,
) -> Result<Paged<SheetRow>, ListError> {
    read(tx, by, Owner::Dealer(dealer), filter, page).await
}

async fn read(
    tx: &mut TenantTx,
    by: &Allowed<SalesPricesRead>,
    owner: Owner,
    filter: &BrowseFilter,
    page: &Page,
) -> Result<Paged<SheetRow>, ListError> {
    if by.actor().scope().own().is_some() {
        return Ok(Paged {
            rows: Vec::new(),
            next: None,
            next_since: None,
        });
    }
    let (table, column) = owner.table();
    let mut statement = Statement::new("")
        .bind(tx.tenant().as_uuid())
        .bind(owner.id());
    let products = ProductFilter {
        shown: Shown::Active,
        category: filter.category,
        q: filter.q.clone(),
        since: None,
    };
    let wanted = wanted_products(&mut statement, &products, page)?;
    statement.push_sql(&format!(
        "SELECT p.id AS product_id, p.sku, p.name, p.uqc, p.is_active, o.unit_price, p.base_price, p.mrp, page.rank, page.sort_name \
         FROM ({wanted}) page JOIN products p ON p.tenant_id = $1 AND p.id = page.id \
         LEFT JOIN {table} o ON o.tenant_id = $1 AND o.{column} = $2 AND o.product_id = p.id \
         ORDER BY page.rank, page.sort_name, page.id"
    ));
    let rows: Vec<SheetRow> = statement.load(tx.conn()?).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| {
        (row.rank, row.sort_name.clone(), row.product_id)
    }))
}
