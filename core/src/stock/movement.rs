//! What receipts and adjustments share: their lines, their refusals, and the one statement that
//! changes balances and writes the ledger.

use std::collections::HashMap;

use diesel::QueryableByName;
use diesel::sql_types::{Numeric, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vitaran_kernel::{LocationId, ProductId, Quantity, StockEntryId, Text};

use crate::catalog::{FoundProduct, ProductRef, find_refs};
use crate::db::{DbError, Statement, TenantTx};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

use super::MovementKind;
use super::locations;

/// Lines of one receipt or adjustment at most: as many as an order has.
pub const MAX_LINES: usize = 500;

/// More of a thing than any warehouse holds is a typing mistake.
pub(super) const MAX_QUANTITY: i64 = 10_000_000;

/// A line as sent: the product by id or by SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StockLineForm {
    pub product_id: String,
    pub sku: String,
    /// In the product's unit.
    pub quantity: String,
}

/// A line whose fields are right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub product: ProductRef,
    pub quantity: Quantity,
}

/// What moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub entry: StockEntryId,
    pub product: ProductId,
    pub quantity: Quantity,
    /// On hand after it.
    pub balance_after: Quantity,
}

/// Why stock was not received or adjusted.
#[derive(Debug, thiserror::Error)]
pub enum MoveStockError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Internal(#[from] DbError),
}

impl From<diesel::result::Error> for MoveStockError {
    fn from(error: diesel::result::Error) -> Self {
        MoveStockError::Internal(error.into())
    }
}

impl Problem for MoveStockError {
    fn kind(&self) -> Kind {
        match self {
            MoveStockError::Invalid(invalid) => invalid.kind(),
            MoveStockError::Internal(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            MoveStockError::Invalid(invalid) => invalid.code(),
            MoveStockError::Internal(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            MoveStockError::Invalid(invalid) => invalid.faults(),
            MoveStockError::Internal(_) => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// Reads the lines of a form; `check` is the rule for their quantities.
pub(super) fn parse_lines(
    faults: &mut Faults,
    rows: &[StockLineForm],
    check: impl Fn(Quantity) -> Result<Quantity, &'static str>,
) -> Vec<Line> {
    if rows.is_empty() {
        faults.add("/lines", "required", "Add at least one product");
    }
    crate::master::parse_rows(faults, "/lines", rows, MAX_LINES, |faults, place, row| {
        let StockLineForm {
            product_id,
            sku,
            quantity,
        } = row;
        let product = ProductRef::parse(faults, place, product_id, sku);
        let pointer = format!("{place}/quantity");
        let quantity = faults.required(&pointer, quantity, "a quantity", |text| {
            let quantity = Quantity::parse(text.trim()).map_err(|error| error.to_string())?;
            let limit = Quantity::from_units(MAX_QUANTITY);
            if quantity > limit || quantity < -limit {
                return Err(format!("Enter at most {MAX_QUANTITY}"));
            }
            check(quantity).map_err(str::to_owned)
        });
        Some(Line {
            product: product?,
            quantity: quantity?,
        })
    })
}

/// The products of the lines and the location, or all faults: products that do not exist or stand
/// twice, quantities that do not fit the unit, a location there is none of.
pub(super) async fn find(
    tx: &mut TenantTx,
    location: Option<LocationId>,
    lines: &[Line],
) -> Result<(LocationId, Vec<(FoundProduct, Quantity)>), MoveStockError> {
    let mut faults = Faults::new();
    let location = locations::find_named(tx, location)
        .await?
        .map(|location| location.id);
    if location.is_none() {
        faults.add("/location_id", "unknown", "Choose a location");
    }
    let refs: Vec<_> = lines.iter().map(|line| line.product.clone()).collect();
    let products = find_refs(tx, &mut faults, "/lines", &refs).await?;
    let mut found = Vec::with_capacity(lines.len());
    for (index, (line, product)) in lines.iter().zip(products).enumerate() {
        let Some(product) = product else { continue };
        if let Err(error) = crate::catalog::in_unit(line.quantity, product.uqc) {
            faults.add(
                format!("/lines/{index}/quantity"),
                "unit",
                error.to_string(),
            );
        }
        found.push((product, line.quantity));
    }
    match location {
        Some(location) if faults.is_empty() => Ok((location, found)),
        _ => Err(faults.into_invalid().into()),
    }
}

/// What a movement says of itself in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Told {
    pub reference: Option<Text<80>>,
    pub reason: Option<Text<200>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: StockEntryId,
    #[diesel(sql_type = SqlUuid)]
    product_id: ProductId,
    #[diesel(sql_type = Numeric)]
    quantity: Quantity,
    #[diesel(sql_type = Numeric)]
    balance_after: Quantity,
}

#[derive(QueryableByName)]
struct Free {
    #[diesel(sql_type = SqlUuid)]
    product_id: ProductId,
    #[diesel(sql_type = Numeric)]
    free: Quantity,
}

/// Locks what is about to move, in the order in which everybody locks it, and gives what is free of each. Ledger entries
/// are named after it: their names say in which order they changed the balance.
pub(super) async fn lock_balances(
    tx: &mut TenantTx,
    location: LocationId,
    quantities: &[(ProductId, Quantity)],
) -> Result<HashMap<ProductId, Quantity>, DbError> {
    let products: Vec<_> = quantities
        .iter()
        .map(|(product, _)| product.as_uuid())
        .collect();
    let rows: Vec<Free> = Statement::new(
        "SELECT b.product_id, b.on_hand - b.reserved AS free FROM stock_balances b \
         WHERE b.tenant_id = $1 AND b.location_id = $2 AND b.product_id = ANY ($3) ORDER BY b.product_id FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(location.as_uuid())
    .bind(products)
    .load(tx.conn()?)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.product_id, row.free))
        .collect())
}

/// Adds the signed quantities to the balances, locked by [`lock_balances`], and writes the ledger, in one statement. The insert
/// takes its rows in the order of products, so balances are locked in that order, the same for
/// everybody. The row to insert is never below nothing, for the constraint looks at it before the
/// conflict does. Gives the movements in the order of products.
pub(super) async fn write(
    tx: &mut TenantTx,
    kind: MovementKind,
    location: LocationId,
    lines: &[(ProductId, Quantity)],
    told: Told,
) -> Result<Vec<Movement>, DbError> {
    let wanted = lines.iter().map(|(product, quantity)| {
        json!({ "id": StockEntryId::generate(), "product_id": product, "quantity": quantity })
    });
    let wanted = Value::Array(wanted.collect());
    let (by_user, by_name) = (tx.actor().user_id(), tx.actor().name().to_owned());
    let rows: Vec<Row> = Statement::new(
        "WITH wanted AS MATERIALIZED ( \
             SELECT w.id, w.product_id, w.quantity FROM jsonb_to_recordset($3) AS w (id uuid, product_id uuid, quantity numeric) \
         ), balances AS ( \
             INSERT INTO stock_balances AS b (tenant_id, location_id, product_id, on_hand) \
             SELECT $1, $2, w.product_id, greatest(w.quantity, 0) FROM wanted w ORDER BY w.product_id \
             ON CONFLICT (tenant_id, location_id, product_id) DO UPDATE SET on_hand = b.on_hand + (SELECT w.quantity FROM wanted w WHERE w.product_id = excluded.product_id) \
             RETURNING b.product_id, b.on_hand \
         ) \
         INSERT INTO stock_ledger (tenant_id, id, location_id, product_id, kind, quantity, balance_after, reference, reason, by_user, by_name, at) \
         SELECT $1, w.id, $2, w.product_id, $4, w.quantity, b.on_hand, $5, $6, $7, $8, $9 \
         FROM wanted w JOIN balances b ON b.product_id = w.product_id ORDER BY w.product_id \
         RETURNING id, product_id, quantity, balance_after",
    )
    .bind(tx.tenant().as_uuid())
    .bind(location.as_uuid())
    .bind(wanted)
    .bind(kind.as_str())
    .bind(told.reference.map(|text| text.to_string()))
    .bind(told.reason.map(|text| text.to_string()))
    .bind(by_user.map(|id| id.as_uuid()))
    .bind(by_name)
    .bind(tx.now())
    .load(tx.conn()?)
    .await?;
    let movement = |row: Row| {
        let Row {
            id,
            product_id,
            quantity,
            balance_after,
        } = row;
        Movement {
            entry: id,
            product: product_id,
            quantity,
            balance_after,
        }
    };
    Ok(rows.into_iter().map(movement).collect())
}
