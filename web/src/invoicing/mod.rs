//! Tax invoices on screen, as a PDF, and over the API. They are read here and nowhere changed: an invoice comes to be by a
//! dispatch, and nothing else makes one.

mod admin;
mod api;
mod document_views;
mod pdf;
pub mod portal;
pub(crate) mod portal_views;
pub mod dto;
pub mod views;

pub use admin::{list, series, show};
pub use api::InvoicesApi;
pub use pdf::{show_dealer_pdf, show_pdf};

use vitaran_kernel::{DealerId, IstDate};

use crate::http::problem::Refusal;

/// A dealer in a list's address; blank is any.
fn dealer_of(text: &str) -> Result<Option<DealerId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = DealerId::parse(text);
    parsed
        .map(Some)
        .map_err(|error| Refusal::malformed_at("/dealer_id", "invalid", &error.to_string()))
}

/// A day in a list's address; blank is any.
fn day_of(name: &str, text: &str) -> Result<Option<IstDate>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = IstDate::parse(text);
    parsed
        .map(Some)
        .map_err(|error| Refusal::malformed_at(&format!("/{name}"), "invalid", &error.to_string()))
}
