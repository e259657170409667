//! Orders on both faces: the staff's pages and the API. A dealer's own pages stand beside.
//!
//! [`dto`] is the order as programs read it; the warehouse's operations answer with it too.

pub mod dto;

pub mod cart;
pub(crate) mod cart_views;
pub mod portal;
pub mod portal_home;
pub(crate) mod portal_views;
