//! A dealer's cart. It is kept on the server, so it survives a change of phone and works without scripts.

use diesel::sql_types::{BigInt, Numeric, Text as SqlText, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{AddressId, DealerId, ProductId, Quantity, Sku, Uqc};

use super::quote::{MAX_QUANTITY, NOT_WHOLE, PlaceLine, ProductKey, Quote, not_whole, work_out};
use super::{MAX_LINES, OrderDetail, OrderLine};
use crate::access::{Allowed, SalesOrdersPlace};
use crate::db::{Batch, DbError, Statement, TenantTx};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// What the cart would make as an order, and what stands in its way.
#[derive(Debug)]
pub struct Cart {
    /// In the order they were added.
    pub wanted: Vec<PlaceLine>,
    /// `None` only while the dealer has no billing address.
    pub quote: Option<Quote>,
    pub faults: Vec<Fault>,
}

/// Whether a quantity is put in place of the one in the cart, or on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CartChange {
    Set,
    Add,
}

#[derive(Debug)]
pub struct SetCartLine {
    pub product: ProductId,
    /// Zero takes the line out.
    pub quantity: Quantity,
    pub change: CartChange,
}

impl SetCartLine {
    pub fn parse(product: &str, quantity: &str, change: CartChange) -> Result<Self, Invalid> {
        let mut faults = Faults::new();
        let product = faults.required("/product_id", product, "the product", ProductId::parse);
        let quantity = faults.required("/quantity", quantity, "a quantity", |text| {
            Quantity::parse(text.trim())
        });
        match (product, quantity) {
            (Some(product), Some(quantity)) => Ok(SetCartLine {
                product,
                quantity,
                change,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CartError {
    #[error("Only a dealer's login has a cart")]
    NotADealer,
    #[error("There is no such product")]
    NoSuchProduct,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for CartError {
    fn from(error: diesel::result::Error) -> Self {
        CartError::Db(error.into())
    }
}

impl Problem for CartError {
    fn kind(&self) -> Kind {
        match self {
            CartError::NotADealer => Kind::Forbidden,
            CartError::NoSuchProduct => Kind::NotFound,
            CartError::Invalid(error) => error.kind(),
            CartError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            CartError::NotADealer => "cart.not_a_dealer",
            CartError::NoSuchProduct => "cart.no_such_product",
            CartError::Invalid(error) => error.code(),
            CartError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            CartError::Invalid(error) => error.faults(),
            _ => Vec::new(),
        }
    }
}

fn own_dealer(by: &Allowed<SalesOrdersPlace>) -> Result<DealerId, CartError> {
    by.actor().scope().own().ok_or(CartError::NotADealer)
}

#[derive(QueryableByName)]
struct CartRow {
    #[diesel(sql_type = Uuid)]
    product_id: ProductId,
    #[diesel(sql_type = Numeric)]
    quantity: Quantity,
}

/// The cart with prices and tax for an address; unset means the billing address.
pub async fn cart(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    ship_to: Option<AddressId>,
) -> Result<Cart, CartError> {
    let dealer = own_dealer(by)?;
    let rows: Vec<CartRow> = Statement::new("SELECT product_id, quantity FROM cart_lines WHERE tenant_id = $1 AND dealer_id = $2 ORDER BY added_at, product_id LIMIT $3")
        .bind(tx.tenant().as_uuid())
        .bind(dealer.as_uuid())
        .bind(i64::try_from(MAX_LINES).unwrap_or(i64::MAX))
        .load(tx.conn()?)
        .await?;
    let wanted: Vec<PlaceLine> = rows
        .into_iter()
        .map(|row| PlaceLine {
            product: ProductKey::Id(row.product_id),
            quantity: row.quantity,
        })
        .collect();
    let worked = work_out(tx, dealer, ship_to, &wanted).await?;
    Ok(Cart {
        wanted,
        quote: worked.quote,
        faults: worked.faults.into_invalid().faults,
    })
}

#[derive(QueryableByName)]
struct SizeRow {
    #[diesel(sql_type = BigInt)]
    lines: i64,
}

/// How many lines the cart has, for the badge in the navigation.
pub async fn cart_size(tx: &TenantTx, by: &Allowed<SalesOrdersPlace>) -> Result<i64, CartError> {
    let dealer = own_dealer(by)?;
    let row: SizeRow = Statement::new(
        "SELECT count(*) AS lines FROM cart_lines WHERE tenant_id = $1 AND dealer_id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .get_result(&mut tx.reader())
    .await?;
    Ok(row.lines)
}

#[derive(QueryableByName)]
struct UnitRow {
    #[diesel(sql_type = SqlText)]
    sku: Sku,
    #[diesel(sql_type = SqlText)]
    uqc: Uqc,
}

/// Puts a product into the cart, changes its quantity, or takes it out.
pub async fn set_cart_line(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    input: SetCartLine,
) -> Result<(), CartError> {
    let dealer = own_dealer(by)?;
    let fault = |code, detail: String| {
        CartError::Invalid(Invalid {
            faults: vec![Fault::new("/quantity", code, detail)],
        })
    };
    if input.quantity.is_negative() || input.quantity > Quantity::from_units(MAX_QUANTITY) {
        return Err(fault(
            "out_of_range",
            format!("Enter a quantity from 1 to {MAX_QUANTITY}, or 0 to take the product out"),
        ));
    }
    let (tenant, now) = (tx.tenant().as_uuid(), tx.now());
    if input.quantity.is_zero() {
        if input.change == CartChange::Add {
            return Err(fault("required", "Enter how many to add".to_owned()));
        }
        Statement::new(
            "DELETE FROM cart_lines WHERE tenant_id = $1 AND dealer_id = $2 AND product_id = $3",
        )
        .bind(tenant)
        .bind(dealer.as_uuid())
        .bind(input.product.as_uuid())
        .execute(tx.conn()?)
        .await?;
        return Ok(());
    }
    let sold: Option<UnitRow> = Statement::new(
        "SELECT sku, uqc FROM products WHERE tenant_id = $1 AND id = $2 AND is_active",
    )
    .bind(tenant)
    .bind(input.product.as_uuid())
    .get_result(tx.conn()?)
    .await
    .optional()?;
    let UnitRow { sku, uqc } = sold.ok_or(CartError::NoSuchProduct)?;
    if let Some(detail) = not_whole(&sku, uqc, input.quantity) {
        return Err(fault(NOT_WHOLE, detail));
    }
    let quantity = match input.change {
        CartChange::Set => "excluded.quantity",
        CartChange::Add => "least(c.quantity + excluded.quantity, $6)",
    };
    // A product that is not sold, or a full cart, inserts nothing.
    let written = Statement::new(format!(
        "INSERT INTO cart_lines AS c (tenant_id, dealer_id, product_id, quantity, added_at) \
         SELECT $1, $2, p.id, least($4, $6), $5 FROM products p WHERE p.tenant_id = $1 AND p.id = $3 AND p.is_active \
           AND (SELECT count(*) FROM cart_lines x WHERE x.tenant_id = $1 AND x.dealer_id = $2 AND x.product_id <> $3) < {MAX_LINES} \
         ON CONFLICT (tenant_id, dealer_id, product_id) DO UPDATE SET quantity = {quantity}"
    ))
    .bind(tenant)
    .bind(dealer.as_uuid())
    .bind(input.product.as_uuid())
    .bind(input.quantity.as_decimal())
    .bind(now)
    .bind(Quantity::from_units(MAX_QUANTITY).as_decimal())
    .execute(tx.conn()?)
    .await?;
    if written == 1 {
        return Ok(());
    }
    let size = cart_size(tx, by).await?;
    if usize::try_from(size).is_ok_and(|size| size >= MAX_LINES) {
        return Err(cart_full());
    }
    Err(CartError::NoSuchProduct)
}

fn cart_full() -> CartError {
    let detail = format!("A cart holds at most {MAX_LINES} products: place this order first");
    CartError::Invalid(Invalid {
        faults: vec![Fault::new("/quantity", "cart_full", detail)],
    })
}

#[derive(QueryableByName)]
struct RefilledRow {
    #[diesel(sql_type = Uuid)]
    product_id: ProductId,
}

/// Puts into the cart what an order asked for, in place of what the cart held of the same products. Gives the lines
/// whose products are no longer sold.
pub async fn refill_cart<'o>(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    order: &'o OrderDetail,
) -> Result<Vec<&'o OrderLine>, CartError> {
    let dealer = own_dealer(by)?;
    let refilled: Vec<RefilledRow> = Statement::new(format!(
        "WITH wanted AS (\
           SELECT l.product_id, least(sum(l.quantity), $5) AS quantity, min(l.line_no) AS line_no FROM order_lines l \
             JOIN products p ON p.tenant_id = l.tenant_id AND p.id = l.product_id AND p.is_active \
            WHERE l.tenant_id = $1 AND l.order_id = $3 GROUP BY l.product_id) \
         INSERT INTO cart_lines (tenant_id, dealer_id, product_id, quantity, added_at) \
         SELECT $1, $2, w.product_id, w.quantity, $4 FROM wanted w \
          WHERE (SELECT count(*) FROM cart_lines c WHERE c.tenant_id = $1 AND c.dealer_id = $2 \
                    AND c.product_id NOT IN (SELECT product_id FROM wanted)) + (SELECT count(*) FROM wanted) <= {MAX_LINES} \
          ORDER BY w.line_no \
         ON CONFLICT (tenant_id, dealer_id, product_id) DO UPDATE SET quantity = excluded.quantity \
         RETURNING product_id"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(order.header.id.as_uuid())
    .bind(tx.now())
    .bind(Quantity::from_units(MAX_QUANTITY).as_decimal())
    .load(tx.conn()?)
    .await?;
    let left_out: Vec<&OrderLine> = order
        .lines
        .iter()
        .filter(|line| refilled.iter().all(|row| row.product_id != line.product_id))
        .collect();
    // Nothing went in: all of it is no longer sold, or it does not fit beside what the cart holds.
    if refilled.is_empty() && cart_size(tx, by).await? > 0 {
        return Err(cart_full());
    }
    Ok(left_out)
}

/// Empties the cart.
pub async fn clear_cart(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
) -> Result<(), CartError> {
    let dealer = own_dealer(by)?;
    let mut batch = Batch::new();
    clear_cart_part(&mut batch, tx, dealer);
    Ok(batch.execute(tx).await?)
}

/// Empties the cart together with placing its order.
pub(super) fn clear_cart_part(batch: &mut Batch, tx: &TenantTx, dealer: DealerId) {
    let (tenant, dealer) = (
        batch.bind(tx.tenant().as_uuid()),
        batch.bind(dealer.as_uuid()),
    );
    batch.part(
        "emptied",
        format!("DELETE FROM cart_lines WHERE tenant_id = {tenant} AND dealer_id = {dealer}"),
    );
}
