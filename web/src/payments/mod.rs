//! What dealers pay, over the API.

mod api;
mod dto;

pub use api::ReceiptsApi;
