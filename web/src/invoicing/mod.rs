//! Tax invoices on screen, as a PDF, and over the API. They are read here and nowhere changed: an invoice comes to be by a
//! dispatch, and nothing else makes one.

mod admin;
mod api;
pub mod dto;
pub mod views;

pub use admin::{list, series, show};
pub use api::InvoicesApi;

use vitaran_kernel::{DealerId, InvoiceId, IstDate};

use crate::http::problem::Refusal;

/// An address that holds no id leads nowhere.
pub(crate) fn invoice_id(text: &str) -> Result<InvoiceId, Refusal> {
    InvoiceId::parse(text).map_err(|_| Refusal::not_found())
}

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
