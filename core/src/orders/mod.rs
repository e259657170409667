//! Orders: a dealer places one, sales decide, the warehouse fulfils it (the warehouse's verbs are in `warehouse`).
//!
//! - lines are snapshots; only their progress (reserved, picked, short-closed) changes afterwards;
//! - a status changes through [`set_status`] alone, by a step of the table in [`status`];
//! - every action locks the order row first, then the dealer's credit, then stock.

pub mod status;
mod model;
mod lock;
mod set_status;
mod query;
mod today;
mod parties;
mod quote;
mod cart;
mod cart_form;
mod place;
mod approve;
mod reject;
mod cancel;
mod deliver;
mod short_close;
#[cfg(test)]
mod tests;

pub use approve::{ApproveOrder, ApproveOrderError, approve};
pub use cancel::{CancelOrder, CancelOrderError, cancel};
pub use cart::{Cart, CartError, add_to_cart, cart, cart_size, clear_cart, refill_cart, set_cart};
pub use cart_form::{AddToCart, CartLineForm, SetCart};
pub use deliver::{DeliverOrder, DeliverOrderError, deliver};
pub use lock::LockError;
pub(crate) use lock::{LockedOrder, lock, write};
pub use model::{
    AddressSnapshot, HistoryEntry, OrderDetail, OrderHeader, OrderLine, OrderSummary,
    PartySnapshot, Timeline,
};
pub(crate) use parties::{DEALER_COLUMNS, DealerColumns, Parties};
pub use place::{
    Channel, PlaceOrder, PlaceOrderError, PlaceOrderForm, PlaceOrderLineForm, place, quote,
};
pub use query::{
    MAX_LINES_LISTED, OrderCounts, OrderFilter, OrderSort, count_by_status, is_seen, list,
    list_with_lines, load,
};
pub use quote::{PlaceLine, ProductKey, Quote, QuotedLine};
pub use reject::{RejectOrder, RejectOrderError, reject};
pub(crate) use set_status::{note, set_status, set_status_telling, touch};
pub use short_close::{ShortCloseError, ShortCloseLine, short_close};
pub use status::{IllegalStep, Status, Verb, WrongState};
pub use today::{Today, today};

/// An order has at most so many lines: beyond it a page is no longer readable and an invoice no longer one document.
pub const MAX_LINES: usize = 500;
