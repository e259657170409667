//! The warehouse: its queue, the pick page that a scanner can drive, packing and dispatch.
//!
//! Phone first: one hand holds the phone or scanner, the other the goods. Every step is a form, so that a dead script or a
//! weak line costs a page load and nothing else.

mod queue;
mod pick;
mod dispatch;
mod views;
mod pick_views;
mod dispatch_views;
mod api;

pub use api::WarehouseApi;
pub use dispatch::{show_dispatch, submit_dispatch};
pub use pick::{close_short, pack, scan, set_picks, show_pick};
pub use queue::{show_queue, start_picking};

use poem::http::StatusCode;
use vitaran_kernel::OrderId;

use crate::http::form_page::id_of;
use crate::http::problem::Refusal;

pub const QUEUE: &str = "/admin/warehouse";

/// The order in an address.
fn order_id(text: &str) -> Result<OrderId, Refusal> {
    id_of(text, OrderId::parse)
}

/// `/admin/warehouse/orders/<id>/<what>`
fn path(id: OrderId, what: &str) -> String {
    format!("{QUEUE}/orders/{id}/{what}")
}

/// The page of an order.
fn order_path(id: OrderId) -> String {
    format!("/admin/orders/{id}")
}

/// The input can be corrected: it is shown again with its faults.
fn is_correctable(refusal: &Refusal) -> bool {
    refusal.status == StatusCode::UNPROCESSABLE_ENTITY
}
