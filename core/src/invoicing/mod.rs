//! Tax invoices: numbered without a gap, chained by hash, never changed, and rendered after the commit.
//!
//! - the number is drawn in the transaction that dispatches, as its last lock, so a failed dispatch burns none;
//! - each invoice's hash covers its content and the hash before it in its series: see [`chain`];
//! - the PDF is a picture of the stored invoice; a renderer that fails never touches the dispatch.

pub mod chain;
pub mod document;
mod draft;
mod due;
mod issue;
mod number;
mod pdf;
mod query;
mod render;
mod series;
#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod render_tests;
mod verify;

pub(crate) use draft::{DraftFacts, DraftLine, draft};
pub use due::due_renders;
pub(crate) use issue::issue;
pub use number::DrawNumberError;
pub(crate) use number::draw_number;
pub use pdf::{
    Ask, FetchPdfError, PATIENCE, Pdf, PdfState, ensure_render, fetch_pdf, pdf_state,
    remake_original,
};
pub use query::{InvoiceDetail, InvoiceError, InvoiceFilter, InvoiceSummary, list, load};
pub use render::{MAX_RENDER_ATTEMPTS, RENDER_BACK_OFF_UNIT, RenderInvoice, render_now};
pub use series::{SeriesYear, list_series};
pub use verify::{ChainFault, ChainReport, verify_chain};
