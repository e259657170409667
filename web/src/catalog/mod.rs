//! Products and their categories, for staff and programs.

pub mod admin;
pub mod api;
pub mod categories;
pub mod dto;
mod views;

pub use api::ProductsApi;
pub(crate) use views::status_tabs;
