//! One product: reading, adding and changing it, switching it off and on.
//!
//! Locks: the category `FOR SHARE`, then the product, as renaming a category does: it takes all categories and then their
//! products. So a product is never indexed under a path, or as sold or not, that is no longer true.

use chrono::{DateTime, Utc};
use diesel::sql_types::{
    Bool, Integer, Nullable, Numeric, Text as SqlText, Timestamptz, Uuid as SqlUuid,
};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryableByName,
};
use diesel_async::RunQueryDsl as _;
use serde::Serialize;
use vitaran_kernel::{Barcode, CategoryId, Hsn, Money, Note, ProductId, Sku, UnitPrice, Uqc};
use vitaran_schema::products;

use crate::access::{
    Allowed, InventoryProductsDelete, InventoryProductsRead, InventoryProductsWrite,
};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Activity, Master, MasterError, check_version, taken};
use crate::problem::Faults;

use super::words::{self, Searched};
use super::{NewProduct, ProductName, TaxClassCode};

/// A product with the path of its category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Product {
    #[diesel(sql_type = SqlUuid)]
    pub id: ProductId,
    #[diesel(sql_type = SqlText)]
    pub sku: Sku,
    #[diesel(sql_type = SqlText)]
    pub name: ProductName,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub description: Option<Note<2000>>,
    #[diesel(sql_type = SqlUuid)]
    pub category_id: CategoryId,
    /// The names from the root, joined by " > ".
    #[diesel(sql_type = SqlText)]
    pub category_path: String,
    #[diesel(sql_type = SqlText)]
    pub hsn: Hsn,
    #[diesel(sql_type = SqlText)]
    pub uqc: Uqc,
    #[diesel(sql_type = SqlText)]
    pub tax_class: TaxClassCode,
    /// Rupees for one unit without tax, where no list and no agreement says otherwise.
    #[diesel(sql_type = Numeric)]
    pub base_price: UnitPrice,
    /// Rupees for one unit with all taxes.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub mrp: Option<Money>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub barcode: Option<Barcode>,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl Master for Product {
    const NOUN: &'static str = "product";
    const NOT_FOUND: &'static str = "catalog.product_not_found";
    const STALE: &'static str = "catalog.product_stale";
}

type Refused = MasterError<Product>;

const SELECT: &str = "SELECT p.id, p.sku, p.name, p.description, p.category_id, c.path AS category_path, p.hsn, p.uqc, \
     p.tax_class, p.base_price, p.mrp, p.barcode, p.is_active, p.version, p.created_at, p.updated_at \
     FROM products p JOIN categories c ON c.tenant_id = p.tenant_id AND c.id = p.category_id \
     WHERE p.tenant_id = $1";

/// A product, active or not.
pub async fn load(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryProductsRead>,
    id: ProductId,
) -> Result<Product, Refused> {
    fetch(tx, id, "").await
}

/// Adds a product and the words it is found by.
pub async fn create(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryProductsWrite>,
    input: NewProduct,
) -> Result<Product, Refused> {
    let id = ProductId::generate();
    check(tx, id, &input, None).await?;
    let NewProduct {
        sku,
        name,
        description,
        category_id,
        hsn,
        uqc,
        tax_class,
        base_price,
        mrp,
        barcode,
    } = input;
    let (tenant, now) = (tx.tenant(), tx.now());
    diesel::insert_into(products::table)
        .values((
            products::tenant_id.eq(tenant),
            products::id.eq(id),
            products::sku.eq(sku),
            products::name.eq(name),
            products::description.eq(description),
            products::category_id.eq(category_id),
            products::hsn.eq(hsn),
            products::uqc.eq(uqc),
            products::tax_class.eq(tax_class),
            products::base_price.eq(base_price),
            products::mrp.eq(mrp),
            products::barcode.eq(barcode),
            products::created_at.eq(now),
            products::updated_at.eq(now),
        ))
        .execute(tx.conn()?)
        .await
        .map_err(refused)?;
    let product = fetch(tx, id, "").await?;
    index(tx, std::slice::from_ref(&product)).await?;
    audit::record(
        tx,
        "catalog.product.create",
        "product",
        Some(id.as_uuid()),
        Change::created(&product),
    )
    .await?;
    Ok(product)
}

/// Changes a product that nobody has changed since version `expected`. Orders and invoices keep
/// what they were written with.
pub async fn update(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryProductsWrite>,
    id: ProductId,
    expected: i32,
    input: NewProduct,
) -> Result<Product, Refused> {
    lock_categories(tx, id, Some(input.category_id)).await?;
    let before = fetch(tx, id, " FOR UPDATE OF p").await?;
    check_version(before.version, expected)?;
    check(tx, id, &input, Some(before.category_id)).await?;
    let NewProduct {
        sku,
        name,
        description,
        category_id,
        hsn,
        uqc,
        tax_class,
        base_price,
        mrp,
        barcode,
    } = input;
    let (tenant, now) = (tx.tenant(), tx.now());
    diesel::update(products::table)
        .filter(products::tenant_id.eq(tenant).and(products::id.eq(id)))
        .set((
            products::sku.eq(sku),
            products::name.eq(name),
            products::description.eq(description),
            products::category_id.eq(category_id),
            products::hsn.eq(hsn),
            products::uqc.eq(uqc),
            products::tax_class.eq(tax_class),
            products::base_price.eq(base_price),
            products::mrp.eq(mrp),
            products::barcode.eq(barcode),
            products::version.eq(expected + 1),
            products::updated_at.eq(now),
        ))
        .execute(tx.conn()?)
        .await
        .map_err(refused)?;
    let after = fetch(tx, id, "").await?;
    index(tx, std::slice::from_ref(&after)).await?;
    audit::record(
        tx,
        "catalog.product.update",
        "product",
        Some(id.as_uuid()),
        Change::updated(&before, &after),
    )
    .await?;
    Ok(after)
}

/// Switches a product off (it can no longer be ordered) or on again. Doing it twice changes nothing.
pub async fn set_active(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryProductsDelete>,
    id: ProductId,
    expected: Option<i32>,
    to: Activity,
) -> Result<Product, Refused> {
    lock_categories(tx, id, None).await?;
    let before = fetch(tx, id, " FOR UPDATE OF p").await?;
    check_version(before.version, expected)?;
    if before.is_active == to.is_active() {
        return Ok(before);
    }
    let (tenant, now) = (tx.tenant(), tx.now());
    diesel::update(products::table)
        .filter(products::tenant_id.eq(tenant).and(products::id.eq(id)))
        .set((
            products::is_active.eq(to.is_active()),
            products::version.eq(before.version + 1),
            products::updated_at.eq(now),
        ))
        .execute(tx.conn()?)
        .await?;
    let after = fetch(tx, id, "").await?;
    index(tx, std::slice::from_ref(&after)).await?;
    audit::record(
        tx,
        "catalog.product.set_active",
        "product",
        Some(id.as_uuid()),
        Change::updated(&before, &after),
    )
    .await?;
    Ok(after)
}

/// Lets nobody rename the product's category, or the one it is to come into, before this is done.
async fn lock_categories(
    tx: &mut TenantTx,
    id: ProductId,
    target: Option<CategoryId>,
) -> Result<(), DbError> {
    Statement::new(
        "SELECT c.id FROM categories c WHERE c.tenant_id = $1 \
         AND (c.id = $3 OR c.id = (SELECT p.category_id FROM products p WHERE p.tenant_id = $1 AND p.id = $2)) ORDER BY c.id FOR SHARE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(target.map(|target| target.as_uuid()))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

async fn fetch(tx: &mut TenantTx, id: ProductId, lock: &str) -> Result<Product, Refused> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND p.id = {id}{lock}"));
    let found: Option<Product> = statement.get_result(tx.conn()?).await.optional()?;
    found.ok_or_else(MasterError::not_found)
}

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Nullable<Bool>)]
    is_category_active: Option<bool>,
    #[diesel(sql_type = Bool)]
    has_rate: bool,
    #[diesel(sql_type = Bool)]
    is_sku_taken: bool,
    #[diesel(sql_type = Bool)]
    is_barcode_taken: bool,
    #[diesel(sql_type = Bool)]
    is_sku_a_barcode: bool,
    #[diesel(sql_type = Bool)]
    is_barcode_a_sku: bool,
}

/// What only the database knows: the category, the tax class, and whose codes are whose. A product
/// may stay in the category it is in (`present`) after that was switched off.
async fn check(
    tx: &mut TenantTx,
    id: ProductId,
    input: &NewProduct,
    present: Option<CategoryId>,
) -> Result<(), Refused> {
    let facts: Facts = Statement::new(
        "WITH category AS (SELECT c.is_active FROM categories c WHERE c.tenant_id = $1 AND c.id = $2 FOR SHARE) \
         SELECT (SELECT is_active FROM category) AS is_category_active, \
         EXISTS (SELECT FROM tax_rates r WHERE r.tax_class = $3 AND r.valid_from <= $4 AND (r.valid_to IS NULL OR r.valid_to >= $4)) AS has_rate, \
         EXISTS (SELECT FROM products p WHERE p.tenant_id = $1 AND p.sku = $5 AND p.id <> $7) AS is_sku_taken, \
         EXISTS (SELECT FROM products p WHERE p.tenant_id = $1 AND p.barcode = $6 AND p.id <> $7) AS is_barcode_taken, \
         EXISTS (SELECT FROM products p WHERE p.tenant_id = $1 AND p.barcode = $5 AND p.id <> $7) AS is_sku_a_barcode, \
         EXISTS (SELECT FROM products p WHERE p.tenant_id = $1 AND p.sku = $6 AND p.id <> $7) AS is_barcode_a_sku",
    )
    .bind(tx.tenant().as_uuid())
    .bind(input.category_id.as_uuid())
    .bind(input.tax_class.as_str())
    .bind(tx.today().as_naive())
    .bind(input.sku.as_str())
    .bind(input.barcode.as_ref().map(ToString::to_string))
    .bind(id.as_uuid())
    .get_result(tx.conn()?)
    .await?;
    let mut faults = Faults::new();
    match facts.is_category_active {
        None => faults.add("/category_id", "unknown", "Choose a category"),
        Some(false) if present != Some(input.category_id) => {
            faults.add(
                "/category_id",
                "inactive",
                "This category is switched off, choose another",
            );
        }
        Some(_) => {}
    }
    if !facts.has_rate {
        faults.add(
            "/tax_class",
            "unknown",
            "Choose a tax class that has a rate today",
        );
    }
    if facts.is_sku_taken {
        faults.add(
            "/sku",
            "taken",
            format!("Another product has the SKU {}", input.sku),
        );
    }
    if facts.is_barcode_taken {
        faults.add("/barcode", "taken", "Another product has this barcode");
    }
    // A scan names either, so one code must not lead to two products.
    if facts.is_sku_a_barcode {
        let detail = format!("{} is another product's barcode", input.sku);
        faults.add("/sku", "taken", detail);
    }
    if facts.is_barcode_a_sku {
        faults.add("/barcode", "taken", "This is another product's SKU");
    }
    Ok(faults.check()?)
}

fn refused(error: diesel::result::Error) -> Refused {
    taken(
        DbError::from(error),
        &[
            (
                "uq_products_tenant_id_sku",
                "/sku",
                "Another product has this SKU",
            ),
            (
                "uq_products_tenant_id_barcode",
                "/barcode",
                "Another product has this barcode",
            ),
        ],
    )
}

/// Writes the words the products are found by, and takes away those they no longer have: after every change of what is found,
/// its name, or whether it is sold.
async fn index(tx: &mut TenantTx, products: &[Product]) -> Result<(), DbError> {
    let texts = products.iter().map(|product| {
        let searched = Searched {
            name: product.name.as_str(),
            sku: product.sku.as_str(),
            hsn: product.hsn.as_str(),
            barcode: product.barcode.as_ref().map(Barcode::as_str),
            category_path: &product.category_path,
        };
        (product.id, words::of_product(searched))
    });
    words::write(tx, texts.collect()).await
}

/// Indexes every product below a path again, after the path has changed.
pub(super) async fn index_below(tx: &mut TenantTx, path: &str) -> Result<(), DbError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let path = statement.push_bind(path);
    statement.push_sql(&format!(
        " AND (c.path = {path} OR (c.path >= {path} || ' > ' AND c.path < {path} || ' >!'))"
    ));
    let products: Vec<Product> = statement.load(tx.conn()?).await?;
    index(tx, &products).await
}
