//! The roles of a tenant: the built-in ones, and those it makes for itself.

pub mod admin;
pub mod api;
pub mod boxes;
mod dto;
mod views;

pub use api::RolesApi;
pub use views::told as may_do;
