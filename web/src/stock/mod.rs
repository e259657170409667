//! Stock for staff and programs: what there is, what moved it, receipts and adjustments.

pub mod admin;
pub mod api;
pub mod dto;
pub mod movements;
mod views;

pub use api::StockApi;
