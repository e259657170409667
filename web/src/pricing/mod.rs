//! Price lists, and the prices agreed with a dealer: both are filled in on a [`sheet`].

pub mod admin;
pub mod api;
pub mod dealer;
pub mod dto;
mod sheet;
mod views;

pub use api::PricesApi;
