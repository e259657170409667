//! The products as staff list them: by name, filtered by category, search and whether they are sold.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Barcode, CategoryId, Hsn, Money, ProductId, Sku, UnitPrice, Uqc};

use crate::access::{Allowed, InventoryProductsRead};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::{ListError, Shown};

use super::search::{IN_SUBTREE, NO_RANK, Search};
use super::{ProductName, TaxClassCode};

/// Which products are wanted.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    pub shown: Shown,
    /// This category and all below it.
    pub category: Option<CategoryId>,
    /// Beginnings of words, or a whole code.
    pub q: String,
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
    let wanted = wanted(&mut statement, filter, page)?;
    statement.push_sql(&format!(
        "SELECT p.id, p.sku, p.name, c.path AS category_path, p.hsn, p.uqc, p.tax_class, p.base_price, p.mrp, p.barcode, \
         p.is_active, p.version, page.rank, page.sort_name FROM ({wanted}) page \
         JOIN products p ON p.tenant_id = $1 AND p.id = page.id \
         JOIN categories c ON c.tenant_id = $1 AND c.id = p.category_id \
         ORDER BY page.rank, page.sort_name, page.id"
    ));
    let rows: Vec<ProductSummary> = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| {
        (row.rank, row.sort_name.clone(), row.id)
    }))
}

/// The query that picks a page of products, `id`, `rank` and `sort_name`, in their order. `$1` is
/// the tenant. Lists that add prices or stock to products join them to these few rows.
///
/// Without a search it walks `ix_products_tenant_id_name` in order and stops when the page is full;
/// `lower()` is not leakproof, so rows before the cursor are stepped over instead of jumped over:
/// the last page of 10,000 products takes 11 ms.
pub(crate) fn wanted(
    statement: &mut Statement,
    filter: &ProductFilter,
    page: &Page,
) -> Result<String, ListError> {
    let ProductFilter { shown, category, q } = filter;
    let search = Search::of(q);
    let rank = match &search {
        Some(search) => search.rank(statement),
        None => NO_RANK.to_owned(),
    };
    let mut sql = format!(
        "SELECT p.id, {rank} AS rank, lower(p.name) COLLATE \"C\" AS sort_name FROM products p WHERE p.tenant_id = $1{}",
        shown.condition("p.is_active")
    );
    if let Some(category) = category {
        let category = statement.push_bind(category.as_uuid());
        sql.push_str(
            &IN_SUBTREE
                .replace("{tenant}", "$1")
                .replace("{category}", &category),
        );
    }
    if let Some(search) = &search {
        sql.push_str(&search.condition(statement, "$1"));
    }
    if let Some(cursor) = &page.after {
        let (after_rank, after_name, after_id): (i32, String, ProductId) = cursor.key()?;
        let after_rank = statement.push_bind(after_rank);
        let after_name = statement.push_bind(after_name);
        let after_id = statement.push_bind(after_id.as_uuid());
        sql.push_str(&format!(
            " AND ({rank}, lower(p.name) COLLATE \"C\", p.id) > ({after_rank}, {after_name}, {after_id})"
        ));
    }
    let limit = statement.push_bind(page.limit.with_lookahead());
    let order = if search.is_some() {
        "rank, sort_name, p.id"
    } else {
        "sort_name, p.id"
    };
    sql.push_str(&format!(" ORDER BY {order} LIMIT {limit}"));
    Ok(sql)
}
