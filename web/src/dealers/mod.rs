//! Dealers for staff and programs: the record with its GST standing, addresses, people and credit.

mod activity_api;
pub mod addresses;
pub mod admin;
pub mod api;
pub mod contacts;
pub mod credit;
pub mod dto;
pub mod portal;
mod portal_views;
mod fields;
mod views;

pub use activity_api::DealerActivityApi;
pub use api::DealersApi;
