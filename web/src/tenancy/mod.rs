//! Distributors, as the platform's own people see them.

mod api;
mod dto;
pub mod platform;
pub mod register;
mod views;

pub use api::TenantsApi;
