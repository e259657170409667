//! Stock as the API gives and takes it.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::stock::{self, AdjustStockForm, ReceiveStockForm, StockLineForm};

use crate::http::types::Quantity;

/// How much of a product can still be promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockState {
    /// More than ten.
    InStock,
    /// Ten or less.
    Low,
    /// None.
    Out,
}

impl From<stock::StockState> for StockState {
    fn from(state: stock::StockState) -> Self {
        match state {
            stock::StockState::InStock => StockState::InStock,
            stock::StockState::Low => StockState::Low,
            stock::StockState::Out => StockState::Out,
        }
    }
}

impl From<StockState> for stock::StockState {
    fn from(state: StockState) -> Self {
        match state {
            StockState::InStock => stock::StockState::InStock,
            StockState::Low => stock::StockState::Low,
            StockState::Out => stock::StockState::Out,
        }
    }
}

/// Why stock moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MovementKind {
    /// Goods came in.
    Receipt,
    /// The figure was put right, up or down.
    Adjustment,
    /// Goods went out with an order.
    Dispatch,
}

impl From<stock::MovementKind> for MovementKind {
    fn from(kind: stock::MovementKind) -> Self {
        match kind {
            stock::MovementKind::Receipt => MovementKind::Receipt,
            stock::MovementKind::Adjustment => MovementKind::Adjustment,
            stock::MovementKind::Dispatch => MovementKind::Dispatch,
        }
    }
}

impl From<MovementKind> for stock::MovementKind {
    fn from(kind: MovementKind) -> Self {
        match kind {
            MovementKind::Receipt => stock::MovementKind::Receipt,
            MovementKind::Adjustment => stock::MovementKind::Adjustment,
            MovementKind::Dispatch => stock::MovementKind::Dispatch,
        }
    }
}

/// A place goods are kept at and leave from.
#[derive(Debug, Clone, Object)]
pub struct Location {
    id: uuid::Uuid,
    name: String,
    /// Of the GST registration that invoices for what leaves from here.
    gstin: String,
    /// Serves every dealer that no other location serves.
    is_default: bool,
    is_active: bool,
}

impl From<stock::locations::Location> for Location {
    fn from(location: stock::locations::Location) -> Self {
        let stock::locations::Location {
            id,
            name,
            gstin,
            is_default,
            is_active,
        } = location;
        Location {
            id: id.as_uuid(),
            name,
            gstin: gstin.to_string(),
            is_default,
            is_active,
        }
    }
}

/// A product's stock at one location.
#[derive(Debug, Clone, Object)]
pub struct StockLevel {
    product_id: uuid::Uuid,
    sku: String,
    name: String,
    unit: String,
    on_hand: Quantity,
    /// Promised to approved orders.
    reserved: Quantity,
    /// On hand and not reserved.
    free: Quantity,
    state: StockState,
}

impl From<stock::StockLevel> for StockLevel {
    fn from(level: stock::StockLevel) -> Self {
        let stock::StockLevel {
            product_id,
            sku,
            name,
            uqc,
            on_hand,
            reserved,
            free,
            state,
        } = level;
        StockLevel {
            product_id: product_id.as_uuid(),
            sku: sku.to_string(),
            name: name.to_string(),
            unit: uqc.to_string(),
            on_hand: on_hand.into(),
            reserved: reserved.into(),
            free: free.into(),
            state: state.into(),
        }
    }
}

/// A movement of stock, with the balance after it.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LedgerEntry {
    id: uuid::Uuid,
    at: DateTime<Utc>,
    kind: MovementKind,
    product_id: uuid::Uuid,
    sku: String,
    product_name: String,
    unit: String,
    location: String,
    /// Signed: less than zero went out.
    quantity: Quantity,
    /// On hand at the location after it.
    balance_after: Quantity,
    /// The supplier's bill, of a receipt.
    reference: Option<String>,
    /// Of an adjustment.
    reason: Option<String>,
    /// Of a dispatch.
    order_id: Option<uuid::Uuid>,
    order_number: Option<String>,
    /// Who did it.
    by: String,
}

impl From<stock::LedgerEntry> for LedgerEntry {
    fn from(entry: stock::LedgerEntry) -> Self {
        let stock::LedgerEntry {
            id,
            at,
            kind,
            product_id,
            sku,
            product_name,
            uqc,
            location_name,
            quantity,
            balance_after,
            reference,
            reason,
            order_id,
            order_number,
            by_name,
        } = entry;
        LedgerEntry {
            id: id.as_uuid(),
            at,
            kind: kind.into(),
            product_id: product_id.as_uuid(),
            sku: sku.to_string(),
            product_name: product_name.to_string(),
            unit: uqc.to_string(),
            location: location_name,
            quantity: quantity.into(),
            balance_after: balance_after.into(),
            reference,
            reason,
            order_id: order_id.map(|id| id.as_uuid()),
            order_number,
            by: by_name,
        }
    }
}

/// A line of a receipt or an adjustment: the product by id or by SKU.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct StockLine {
    product_id: Option<String>,
    sku: Option<String>,
    /// In the product's unit, at most three decimals; in an adjustment with its sign.
    quantity: String,
}

impl From<StockLine> for StockLineForm {
    fn from(line: StockLine) -> Self {
        StockLineForm {
            product_id: line.product_id.unwrap_or_default(),
            sku: line.sku.unwrap_or_default(),
            quantity: line.quantity,
        }
    }
}

/// Goods that came in.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewStockReceipt {
    /// Without one, the default location.
    location_id: Option<String>,
    /// The number of the supplier's bill or challan.
    reference: String,
    /// 1 to 500, each of another product.
    lines: Vec<StockLine>,
}

impl From<NewStockReceipt> for ReceiveStockForm {
    fn from(receipt: NewStockReceipt) -> Self {
        ReceiveStockForm {
            location_id: receipt.location_id.unwrap_or_default(),
            reference: receipt.reference,
            lines: receipt.lines.into_iter().map(Into::into).collect(),
        }
    }
}

/// Figures to put right.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewStockAdjustment {
    /// Without one, the default location.
    location_id: Option<String>,
    reason: String,
    /// 1 to 500, each of another product; what to add, less than zero to take away.
    lines: Vec<StockLine>,
}

impl From<NewStockAdjustment> for AdjustStockForm {
    fn from(adjustment: NewStockAdjustment) -> Self {
        AdjustStockForm {
            location_id: adjustment.location_id.unwrap_or_default(),
            reason: adjustment.reason,
            lines: adjustment.lines.into_iter().map(Into::into).collect(),
        }
    }
}

/// What moved.
#[derive(Debug, Clone, Object)]
pub struct StockMovement {
    /// Of the ledger's entry.
    id: uuid::Uuid,
    product_id: uuid::Uuid,
    quantity: Quantity,
    /// On hand at the location after it.
    balance_after: Quantity,
}

/// What a receipt or an adjustment moved, in the order of the products' ids.
#[derive(Debug, Clone, Object)]
pub struct StockMovements {
    movements: Vec<StockMovement>,
}

impl From<Vec<stock::Movement>> for StockMovements {
    fn from(movements: Vec<stock::Movement>) -> Self {
        let movement = |movement: stock::Movement| StockMovement {
            id: movement.entry.as_uuid(),
            product_id: movement.product.as_uuid(),
            quantity: movement.quantity.into(),
            balance_after: movement.balance_after.into(),
        };
        StockMovements {
            movements: movements.into_iter().map(movement).collect(),
        }
    }
}
