//! The products as staff list them: by name, filtered by category, search and whether they are sold.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Barcode, CategoryId, Hsn, Money, ProductId, Sku, UnitPrice, Uqc};

use crate::access::{Allowed, InventoryProductsRead};
use crate::db::{CursorError, Page, Paged, Since, Statement, TenantTx};
use crate::master::{ListError, Shown};

use super::search::{IN_SUBTREE, Search};
use super::{ProductName, TaxClassCode};

/// Which products are wanted.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    pub shown: Shown,
    /// This category and all below it.
    pub category: Option<CategoryId>,
    /// Beginnings of words, or a whole code.
    pub q: String,
    /// Only what changed since, in the order of the changes.
    pub since: Option<Since>,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ProductSummary {
    #[diesel(sql_type = SqlUuid)]
    pub id: ProductId,
    #[diesel(sql_type = Text)]
    pub sku: Sku,
    #[diesel(sql_type = Text)]
    pub name: ProductName,
    #[diesel(sql_type = Text)]
    pub category_path: String,
    #[diesel(sql_type = Text)]
    pub hsn: Hsn,
    #[diesel(sql_type = Text)]
    pub uqc: Uqc,
    #[diesel(sql_type = Text)]
    pub tax_class: TaxClassCode,
    #[diesel(sql_type = Numeric)]
    pub base_price: UnitPrice,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub mrp: Option<Money>,
    #[diesel(sql_type = Nullable<Text>)]
    pub barcode: Option<Barcode>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    rank: i32,
    #[diesel(sql_type = Text)]
    sort_name: String,
}

/// Lists products: the one whose code was typed in full first, then by name.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<InventoryProductsRead>,
    filter: &ProductFilter,
    page: &Page,
) -> Result<Paged<ProductSummary>, ListError> {
    let mut statement = Statement::new("").bind(tx.tenant().as_uuid());
    if let Some(since) = filter.since {
        return list_changes(tx, statement, filter, since, page).await;
    }
    let wanted = wanted(&mut statement, filter, page)?;
    statement.push_sql(&format!(
        "SELECT {SUMMARY}, page.rank, page.sort_name FROM ({wanted}) page {JOINS} ORDER BY page.rank, page.sort_name, page.id"
    ));
    let rows: Vec<ProductSummary> = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| {
        (row.rank, row.sort_name.clone(), row.id)
    }))
}

/// What [`JOINS`] gives of the product that `page` names.
const SUMMARY: &str = "p.id, p.sku, p.name, c.path AS category_path, p.hsn, p.uqc, p.tax_class, p.base_price, p.mrp, p.barcode, \
     p.is_active, p.version, p.updated_at";

const JOINS: &str = "JOIN products p ON p.tenant_id = $1 AND p.id = page.id \
     JOIN categories c ON c.tenant_id = $1 AND c.id = p.category_id";

/// The products that changed, of those that are wanted.
async fn list_changes(
    tx: &TenantTx,
    mut statement: Statement,
    filter: &ProductFilter,
    since: Since,
    page: &Page,
) -> Result<Paged<ProductSummary>, ListError> {
    let shown = filter.shown.condition("p.is_active");
    let subtree = subtree(&mut statement, filter).unwrap_or_default();
    let search = Search::of(&filter.q).map(|search| search.found(&mut statement, ""));
    let found = search.map(|found| format!(" AND p.id IN (SELECT f.id FROM ({found}) f)"));
    let found = found.unwrap_or_default();
    statement.push_sql(&format!(
        "SELECT {SUMMARY}, 1 AS rank, p.sort_name FROM (SELECT p.id, p.updated_at FROM products p \
         WHERE p.tenant_id = $1{shown}{subtree}{found}"
    ));
    let key = ("p.updated_at", "p.id");
    let sweep = since.end::<uuid::Uuid>(tx, &mut statement, page, key)?;
    statement.push_sql(&format!(") page {JOINS} ORDER BY page.updated_at, page.id"));
    let rows = statement.load(&mut tx.reader()).await?;
    let key = |product: &ProductSummary| (product.updated_at, product.id.as_uuid());
    Ok(sweep.paged(rows, page.limit, key))
}

/// The condition of the category, if one is wanted.
fn subtree(statement: &mut Statement, filter: &ProductFilter) -> Option<String> {
    let category = filter.category?;
    let category = statement.push_bind(category.as_uuid());
    let condition = IN_SUBTREE.replace("{tenant}", "$1");
    Some(condition.replace("{category}", &category))
}

/// The order of a list of products, and which page of it: found ones by rank and name, otherwise by name.
pub(crate) struct InOrder {
    pub(crate) rank: &'static str,
    key: &'static str,
    is_ranked: bool,
}

/// Of `products p`. A page starts at its cursor in `ix_products_tenant_id_name` and stops when it is full.
pub(crate) const BY_NAME: InOrder = InOrder {
    rank: "1",
    key: "p.sort_name, p.id",
    is_ranked: false,
};

/// Of what [`Search::found`] gives, as `f`.
pub(crate) const AS_FOUND: InOrder = InOrder {
    rank: "f.rank",
    key: "f.rank, f.sort_name, f.id",
    is_ranked: true,
};

impl InOrder {
    /// The rest of a query after its conditions.
    pub(crate) fn page(
        &self,
        statement: &mut Statement,
        page: &Page,
    ) -> Result<String, CursorError> {
        let key = self.key;
        let mut after = String::new();
        if let Some(cursor) = &page.after {
            let (rank, name, id): (i32, String, ProductId) = cursor.key()?;
            let mut place = Vec::new();
            if self.is_ranked {
                place.push(statement.push_bind(rank));
            }
            place.push(statement.push_bind(name));
            place.push(statement.push_bind(id.as_uuid()));
            after = format!(" AND ({key}) > ({})", place.join(", "));
        }
        let limit = page.limit.sql(statement);
        Ok(format!("{after} ORDER BY {key} LIMIT {limit}"))
    }
}

/// The query that picks a page of products, `id`, `rank` and `sort_name`, in their order. `$1` is
/// the tenant. Lists that add prices or stock to products join them to these few rows.
pub(crate) fn wanted(
    statement: &mut Statement,
    filter: &ProductFilter,
    page: &Page,
) -> Result<String, ListError> {
    let shown = filter.shown;
    let subtree = subtree(statement, filter);
    let (picked, order) = match Search::of(&filter.q) {
        Some(search) => {
            let found = search.found(statement, &shown.condition("w.is_active"));
            let subtree = subtree.map(|condition| {
                format!(
                    " AND f.id IN (SELECT p.id FROM products p WHERE p.tenant_id = $1{condition})"
                )
            });
            let subtree = subtree.unwrap_or_default();
            (
                format!("SELECT f.id, f.rank, f.sort_name FROM ({found}) f WHERE TRUE{subtree}"),
                AS_FOUND,
            )
        }
        None => (
            format!(
                "SELECT p.id, {} AS rank, p.sort_name FROM products p WHERE p.tenant_id = $1{}{}",
                BY_NAME.rank,
                shown.condition("p.is_active"),
                subtree.unwrap_or_default()
            ),
            BY_NAME,
        ),
    };
    Ok(picked + &order.page(statement, page)?)
}
