//! Keys of programs: their page and their operations.

mod admin;
mod api;
mod dto;
mod views;

pub use admin::{PATH, ask_revocation, ask_roll, create, list, new, revoke, roll, show};
pub use api::ApiKeysApi;
