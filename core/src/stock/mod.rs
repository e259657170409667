//! What is on the shelf: on hand and promised, per location, and every movement that made it so.
//!
//! Invariants:
//! - 0 ≤ reserved ≤ on hand, at every instant, by a constraint;
//! - the balance is the sum of its ledger, whose rows only come and never go: each says the balance
//!   after it;
//! - a quantity is whole where the product's unit is counted.
//!
//! Locks: order lines before balances, balances by ascending product.

mod adjust;
mod ledger;
mod levels;
pub mod locations;
mod movement;
mod receive;
mod reserve;
mod state;
#[cfg(test)]
mod tests;

pub use adjust::{AdjustStock, AdjustStockForm, Adjustment, adjust};
pub use ledger::{LedgerEntry, LedgerFilter, MovementKind, list_ledger};
pub use levels::{LevelFilter, StockLevel, list_levels};
pub use movement::{MAX_LINES, MoveStockError, Movement, StockLineForm};
pub use receive::{ReceiveStock, ReceiveStockForm, ReceivedLine, receive};
pub(crate) use reserve::{give_up_unpicked, release, reserve, top_up};
pub use state::StockState;
