//! Products and their categories, for staff and programs, and the catalogue dealers order from.

mod activity_api;
pub mod admin;
pub mod api;
pub mod categories;
pub mod dto;
pub mod portal;
pub(crate) mod portal_views;
mod views;

pub use activity_api::CatalogActivityApi;
pub use api::ProductsApi;
pub(crate) use views::status_tabs;
