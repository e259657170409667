//! The people of a distributor: pages and operations.

pub mod admin;
mod api;
mod dto;
pub(crate) mod views;

pub use admin::PATH;
pub use api::MembersApi;
pub(crate) use dto::location_fields;
pub use dto::{MemberDealer, MemberLocation};
