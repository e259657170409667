//! Orders on both faces, the pages of staff and dealers and the API.
//!
//! - [`dto`] is the order as programs read it; the warehouse's operations answer with it too;
//! - [`admin`] is the queue and the page of an order, [`verbs`] what is decided there, [`bulk`] several approvals at once,
//!   [`admin_new`] an order placed for a dealer;
//! - [`cart`] is what a dealer is about to order, [`portal`] what a dealer has ordered, [`portal_home`] where both begin;
//! - the parts that refresh themselves have the ids below, and one address each, which gives the part alone to a fragment.

pub mod dto;
pub mod filter;

pub mod api;

pub mod admin;
pub mod admin_new;
pub mod bulk;
pub mod verbs;

pub mod cart;
pub mod portal;
pub mod portal_home;

mod actions_view;
pub(crate) mod cart_views;
mod new_views;
mod order_views;
mod paste;
pub(crate) mod portal_views;
mod verb_views;
mod views;

pub use api::OrdersApi;

/// The order on its page.
const ORDER: &str = "order";
/// The tabs, rows and pages of the queue, as they refresh themselves.
const QUEUE: &str = "queue";
/// What a search fills with the queue it finds.
const LIST: &str = "list";
/// What became of several orders approved at once.
const RESULTS: &str = "results";
