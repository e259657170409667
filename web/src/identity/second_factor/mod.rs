//! The second factor: the page of the code at sign-in, one's own at the account, which roles must have one, and its reset by
//! an administrator.

mod api;
mod dto;
pub mod member;
pub mod own;
pub mod rules;
pub mod step;
mod views;

pub use api::SecondFactorApi;
