//! A dealer's cart. It is kept on the server, so it survives a change of phone and works without scripts.

use std::collections::{BTreeMap, HashMap};

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Numeric, Text as SqlText, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{AddressId, DealerId, ProductId, Quantity, Sku, Uqc};

use super::cart_form::{AddToCart, SetCart, SetLine};
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

/// A product that is sold, and how many lines the cart has besides those asked for.
#[derive(QueryableByName)]
struct SoldRow {
    #[diesel(sql_type = Uuid)]
    product_id: ProductId,
    #[diesel(sql_type = SqlText)]
    sku: Sku,
    #[diesel(sql_type = SqlText)]
    uqc: Uqc,
    #[diesel(sql_type = BigInt)]
    other_lines: i64,
}

async fn find_sold(
    tx: &mut TenantTx,
    dealer: DealerId,
    products: Vec<uuid::Uuid>,
) -> Result<Vec<SoldRow>, DbError> {
    let found = Statement::new(
        "SELECT p.id AS product_id, p.sku, p.uqc, \
                (SELECT count(*) FROM cart_lines c WHERE c.tenant_id = $1 AND c.dealer_id = $2 AND c.product_id <> ALL ($3)) AS other_lines \
         FROM products p WHERE p.tenant_id = $1 AND p.id = ANY ($3) AND p.is_active",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(products)
    .load(tx.conn()?)
    .await?;
    Ok(found)
}

/// Whether so many products fit beside the other lines of the cart.
fn has_room(sold: &[SoldRow], products: usize) -> bool {
    let others = sold.first().map_or(0, |row| row.other_lines);
    usize::try_from(others).is_ok_and(|others| others.saturating_add(products) <= MAX_LINES)
}

/// Puts a product into the cart, or more of it.
pub async fn add_to_cart(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    input: AddToCart,
) -> Result<(), CartError> {
    let dealer = own_dealer(by)?;
    let AddToCart { product, quantity } = input;
    let sold = find_sold(tx, dealer, vec![product.as_uuid()]).await?;
    let [found] = sold.as_slice() else {
        return Err(CartError::NoSuchProduct);
    };
    let mut faults = Faults::new();
    if let Some(detail) = not_whole(&found.sku, found.uqc, quantity) {
        faults.add("/quantity", NOT_WHOLE, detail);
    }
    faults.check()?;
    if !has_room(&sold, 1) {
        return Err(cart_full("/quantity"));
    }
    Statement::new(
        "INSERT INTO cart_lines AS c (tenant_id, dealer_id, product_id, quantity, added_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, dealer_id, product_id) DO UPDATE SET quantity = least(c.quantity + excluded.quantity, $6)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(product.as_uuid())
    .bind(quantity.as_decimal())
    .bind(tx.now())
    .bind(Quantity::from_units(MAX_QUANTITY).as_decimal())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Sets the changed lines of the cart, all or none: one statement reads the products, one writes the lines. A line that is
/// refused is named at its place in the form.
pub async fn set_cart(
    tx: &mut TenantTx,
    by: &Allowed<SalesOrdersPlace>,
    input: &SetCart,
) -> Result<(), CartError> {
    let dealer = own_dealer(by)?;
    if input.lines.is_empty() {
        return Ok(());
    }
    // A product typed twice has what was typed last.
    let typed: BTreeMap<ProductId, &SetLine> = input
        .lines
        .iter()
        .map(|line| (line.product, line))
        .collect();
    let (out, kept): (Vec<&SetLine>, Vec<&SetLine>) = typed
        .values()
        .copied()
        .partition(|line| line.quantity.is_zero());
    let ids = |lines: &[&SetLine]| -> Vec<uuid::Uuid> {
        lines.iter().map(|line| line.product.as_uuid()).collect()
    };
    if !kept.is_empty() {
        let sold = find_sold(tx, dealer, ids(&kept)).await?;
        check_lines(&kept, &sold)?;
        if !has_room(&sold, kept.len()) {
            return Err(cart_full("/lines"));
        }
    }
    let quantities: Vec<_> = kept.iter().map(|line| line.quantity.as_decimal()).collect();
    Statement::new(
        "WITH taken_out AS (DELETE FROM cart_lines WHERE tenant_id = $1 AND dealer_id = $2 AND product_id = ANY ($3)) \
         INSERT INTO cart_lines (tenant_id, dealer_id, product_id, quantity, added_at) \
         SELECT $1, $2, w.product_id, w.quantity, $6 FROM unnest($4, $5) AS w (product_id, quantity) \
         ON CONFLICT (tenant_id, dealer_id, product_id) DO UPDATE SET quantity = excluded.quantity",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .bind(ids(&out))
    .bind(ids(&kept))
    .bind(quantities)
    .bind(tx.now())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Pure: each line is of a product that is sold, and not of a part of a piece.
fn check_lines(lines: &[&SetLine], sold: &[SoldRow]) -> Result<(), Invalid> {
    let sold: HashMap<ProductId, &SoldRow> = sold.iter().map(|row| (row.product_id, row)).collect();
    let mut faults = Faults::new();
    for line in lines {
        let pointer = format!("/lines/{}/quantity", line.index);
        match sold.get(&line.product) {
            None => faults.add(
                pointer,
                "inactive",
                "This product is no longer sold: take it out of the cart",
            ),
            Some(row) => {
                if let Some(detail) = not_whole(&row.sku, row.uqc, line.quantity) {
                    faults.add(pointer, NOT_WHOLE, detail);
                }
            }
        }
    }
    faults.check()
}

fn cart_full(pointer: &str) -> CartError {
    let detail = format!("A cart holds at most {MAX_LINES} products: place this order first");
    CartError::Invalid(Invalid {
        faults: vec![Fault::new(pointer, "cart_full", detail)],
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
        return Err(cart_full("/quantity"));
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
