//! Products with everything an order line is made of: snapshot fields, today's tax rate, the
//! dealer's price and what is free to promise.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Numeric, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, Hsn, Money, ProductId, Quantity, Rate, Sku, UnitPrice, Uqc};

use crate::catalog::{ProductName, TaxClassCode};
use crate::db::{DbError, Statement, TenantTx};

use super::{Candidates, ListPrice, ResolvedPrice, resolve};

/// A product as one dealer buys it today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedProduct {
    pub product_id: ProductId,
    pub sku: Sku,
    pub name: ProductName,
    pub hsn: Hsn,
    pub uqc: Uqc,
    pub tax_class: TaxClassCode,
    /// In force on the transaction's day.
    pub tax_rate: Rate,
    pub mrp: Option<Money>,
    pub is_active: bool,
    pub price: ResolvedPrice,
    /// On hand and not reserved, at the location that serves the dealer.
    pub free: Quantity,
}

/// The columns of [`COLUMNS`].
#[derive(Debug, QueryableByName)]
pub(super) struct PricedRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) product_id: ProductId,
    #[diesel(sql_type = Text)]
    sku: Sku,
    #[diesel(sql_type = Text)]
    name: ProductName,
    #[diesel(sql_type = Text)]
    hsn: Hsn,
    #[diesel(sql_type = Text)]
    uqc: Uqc,
    #[diesel(sql_type = Text)]
    tax_class: TaxClassCode,
    #[diesel(sql_type = Numeric)]
    tax_rate: Rate,
    #[diesel(sql_type = Nullable<Numeric>)]
    mrp: Option<Money>,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = Nullable<Numeric>)]
    agreed_price: Option<UnitPrice>,
    #[diesel(sql_type = Nullable<Text>)]
    dealer_list_name: Option<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    dealer_list_price: Option<UnitPrice>,
    #[diesel(sql_type = Nullable<Text>)]
    default_list_name: Option<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    default_list_price: Option<UnitPrice>,
    #[diesel(sql_type = Numeric)]
    base_price: UnitPrice,
    #[diesel(sql_type = Numeric)]
    free: Quantity,
}

/// What [`JOINS`] gives of each product.
pub(super) const COLUMNS: &str = "p.id AS product_id, p.sku, p.name, p.hsn, p.uqc, p.tax_class, r.rate AS tax_rate, p.mrp, p.is_active, \
     dp.unit_price AS agreed_price, dl.name AS dealer_list_name, di.unit_price AS dealer_list_price, \
     xl.name AS default_list_name, xi.unit_price AS default_list_price, p.base_price, \
     COALESCE(b.on_hand - b.reserved, 0) AS free";

/// Joins the dealer and every candidate to `products p`. `$1` is the tenant, `$2` the dealer, `$3`
/// today. A dealer that may not be seen gives no rows. A tax class without a rate today makes the row
/// unreadable instead of tax-free: that is a fault of the law's master, which only operators mend.
pub(super) const JOINS: &str = "JOIN dealers d ON d.tenant_id = $1 AND d.id = $2 \
     LEFT JOIN tax_rates r ON r.tax_class = p.tax_class AND r.valid_from <= $3 AND (r.valid_to IS NULL OR r.valid_to >= $3) \
     LEFT JOIN dealer_prices dp ON dp.tenant_id = $1 AND dp.dealer_id = d.id AND dp.product_id = p.id \
     LEFT JOIN price_lists dl ON dl.tenant_id = $1 AND dl.id = d.price_list_id AND dl.is_active \
     LEFT JOIN price_list_items di ON di.tenant_id = $1 AND di.price_list_id = dl.id AND di.product_id = p.id \
     LEFT JOIN price_lists xl ON xl.tenant_id = $1 AND xl.is_default AND xl.is_active \
     LEFT JOIN price_list_items xi ON xi.tenant_id = $1 AND xi.price_list_id = xl.id AND xi.product_id = p.id \
     LEFT JOIN locations l ON l.tenant_id = $1 AND l.is_default \
     LEFT JOIN stock_balances b ON b.tenant_id = $1 AND b.location_id = COALESCE(d.location_id, l.id) AND b.product_id = p.id";

impl From<PricedRow> for PricedProduct {
    fn from(row: PricedRow) -> Self {
        let PricedRow {
            product_id,
            sku,
            name,
            hsn,
            uqc,
            tax_class,
            tax_rate,
            mrp,
            is_active,
            agreed_price,
            dealer_list_name,
            dealer_list_price,
            default_list_name,
            default_list_price,
            base_price,
            free,
        } = row;
        let on_list = |name: Option<String>, price: Option<UnitPrice>| {
            name.zip(price)
                .map(|(list, unit_price)| ListPrice { list, unit_price })
        };
        let price = resolve(Candidates {
            agreed: agreed_price,
            dealer_list: on_list(dealer_list_name, dealer_list_price),
            default_list: on_list(default_list_name, default_list_price),
            base: base_price,
        });
        PricedProduct {
            product_id,
            sku,
            name,
            hsn,
            uqc,
            tax_class,
            tax_rate,
            mrp,
            is_active,
            price,
            free,
        }
    }
}

/// The products of these ids for this dealer, in ascending order of id, which is the order in which
/// they are locked. Those that do not exist are left out, those switched off are not.
pub async fn priced_products(
    tx: &TenantTx,
    dealer: DealerId,
    wanted: &[ProductId],
) -> Result<Vec<PricedProduct>, DbError> {
    let statement = for_dealer(tx, dealer, wanted, &[]);
    fetch(tx, statement).await
}

/// As [`priced_products`], by SKU.
pub async fn priced_products_by_sku(
    tx: &TenantTx,
    dealer: DealerId,
    wanted: &[Sku],
) -> Result<Vec<PricedProduct>, DbError> {
    let statement = for_dealer(tx, dealer, &[], wanted);
    fetch(tx, statement).await
}

/// The statement for products of these ids and these SKUs, for [`fetch`].
pub(crate) fn for_dealer(
    tx: &TenantTx,
    dealer: DealerId,
    ids: &[ProductId],
    skus: &[Sku],
) -> Statement {
    let mut statement = Statement::new(format!(
        "SELECT {COLUMNS} FROM products p {JOINS} WHERE p.tenant_id = $1"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(tx.today().as_naive());
    // Behind a sub-select the planner does not see how many are wanted, so that one plan serves them all: a plan for each
    // order costs more than reading it.
    let mut keys = Vec::new();
    if !ids.is_empty() || skus.is_empty() {
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        keys.push(format!(
            "p.id = ANY (ARRAY(SELECT unnest({})))",
            statement.push_bind(ids)
        ));
    }
    if !skus.is_empty() {
        let skus: Vec<_> = skus.iter().map(|sku| sku.as_str().to_owned()).collect();
        keys.push(format!(
            "p.sku = ANY (ARRAY(SELECT unnest({})))",
            statement.push_bind(skus)
        ));
    }
    statement.push_sql(&format!(" AND ({}) ORDER BY p.id", keys.join(" OR ")));
    statement
}

/// Reads what [`for_dealer`] asks for.
pub(crate) async fn fetch(
    tx: &TenantTx,
    statement: Statement,
) -> Result<Vec<PricedProduct>, DbError> {
    let rows: Vec<PricedRow> = statement.load(&mut tx.reader()).await?;
    Ok(rows.into_iter().map(PricedProduct::from).collect())
}
