//! The catalogue as one dealer sees it: search, category tree, own prices, tax and stock.

use diesel::sql_types::{Integer, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Barcode, CategoryId, DealerId, Note, ProductId};

use crate::access::{Allowed, SalesPricesRead};
use crate::catalog::{Product, ProductFilter, wanted_products};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::{ListError, MasterError, Shown};
use crate::stock::StockState;

use super::PricedProduct;
use super::priced::{COLUMNS, JOINS, PricedRow};

/// What the dealer looks for.
#[derive(Debug, Clone, Default)]
pub struct BrowseFilter {
    /// Beginnings of words of name, SKU, HSN or category, or a whole code.
    pub q: String,
    /// This category and all below it.
    pub category: Option<CategoryId>,
}

/// A product on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueItem {
    /// With the dealer's price, today's tax rate and the quantity that is free.
    pub product: PricedProduct,
    pub description: Option<Note<2000>>,
    pub barcode: Option<Barcode>,
    pub category_id: CategoryId,
    pub category_path: String,
    pub stock: StockState,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    priced: PricedRow,
    #[diesel(sql_type = Nullable<Text>)]
    description: Option<Note<2000>>,
    #[diesel(sql_type = Nullable<Text>)]
    barcode: Option<Barcode>,
    #[diesel(sql_type = SqlUuid)]
    category_id: CategoryId,
    #[diesel(sql_type = Text)]
    category_path: String,
    #[diesel(sql_type = Integer)]
    rank: i32,
    #[diesel(sql_type = Text)]
    sort_name: String,
}

impl From<Row> for CatalogueItem {
    fn from(row: Row) -> Self {
        let Row {
            priced,
            description,
            barcode,
            category_id,
            category_path,
            rank: _,
            sort_name: _,
        } = row;
        let product = PricedProduct::from(priced);
        let stock = StockState::of(product.free);
        CatalogueItem {
            product,
            description,
            barcode,
            category_id,
            category_path,
            stock,
        }
    }
}

/// Active products at the dealer's prices, by name. A dealer's people pass their own dealer; the
/// page of another dealer is empty for them, as is that of one that does not exist.
pub async fn browse(
    tx: &TenantTx,
    _by: &Allowed<SalesPricesRead>,
    dealer: DealerId,
    filter: &BrowseFilter,
    page: &Page,
) -> Result<Paged<CatalogueItem>, ListError> {
    let mut statement = for_dealer(tx, dealer);
    let products = ProductFilter {
        shown: Shown::Active,
        category: filter.category,
        q: filter.q.clone(),
        since: None,
    };
    let wanted = wanted_products(&mut statement, &products, page)?;
    statement.push_sql(&items(&wanted));
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    let key = |row: &Row| (row.rank, row.sort_name.clone(), row.priced.product_id);
    Ok(Paged::from_lookahead(rows, page.limit, key).map(CatalogueItem::from))
}

/// One active product at the dealer's price.
pub async fn browse_product(
    tx: &mut TenantTx,
    _by: &Allowed<SalesPricesRead>,
    dealer: DealerId,
    id: ProductId,
) -> Result<CatalogueItem, MasterError<Product>> {
    let mut statement = for_dealer(tx, dealer);
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&items(&format!(
        "SELECT p.id, 1 AS rank, '' AS sort_name FROM products p WHERE p.tenant_id = $1 AND p.id = {id} AND p.is_active"
    )));
    let row: Option<Row> = statement.get_result(tx.conn()?).await.optional()?;
    row.map(CatalogueItem::from)
        .ok_or_else(MasterError::not_found)
}

fn for_dealer(tx: &TenantTx, dealer: DealerId) -> Statement {
    Statement::new("")
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .bind(tx.today().as_naive())
}

/// Prices are looked up for the rows of the page alone.
fn items(wanted: &str) -> String {
    format!(
        "SELECT {COLUMNS}, p.description, p.barcode, p.category_id, c.path AS category_path, page.rank, page.sort_name \
         FROM ({wanted}) page JOIN products p ON p.tenant_id = $1 AND p.id = page.id \
         JOIN categories c ON c.tenant_id = $1 AND c.id = p.category_id {JOINS} \
         ORDER BY page.rank, page.sort_name, page.id"
    )
}
