//! Fulfilling an order: pick it, pack it, dispatch it. Dispatch is the moment goods leave, and so the moment the tax invoice
//! exists: stock, shipment, invoice, receivable and messages are one transaction.
//!
//! Locks, always: order and credit, order lines, balances by product, the number's counter last.

mod consignment;
mod dispatch;
mod dispatch_facts;
mod dispatch_form;
mod pack;
mod pick;
mod queue;
mod start_picking;
#[cfg(test)]
mod dispatch_tests;
#[cfg(test)]
mod tests;

pub use consignment::{Consignment, consignment};
pub use dispatch::{DispatchOrderError, Shortfall, dispatch};
pub use dispatch_form::{DispatchForm, DispatchOrder};
pub use pack::{PackOrder, PackOrderError, UnpickedLine, pack};
pub use pick::{
    PickError, PickForm, PickLineForm, ScanForm, ScanPick, Scanned, SetPicks, scan, set_picks,
};
pub use queue::{QueuedOrder, Stage, queue, recent_transporters};
pub use start_picking::{StartPicking, StartPickingError, start_picking};
