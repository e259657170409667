//! The tax invoice as a document: from what it states to one self-contained HTML page.
//!
//! The page is what the law asks of a tax invoice (CGST Rule 46) and what a distributor's office
//! reads off it, for A4 paper. It is pure: the same [`InvoiceDocument`] and [`InvoiceCopy`] give
//! the same bytes, and nothing is looked up, added up or rounded here. What an invoice states was
//! settled when it was issued.
//!
//! | CGST Rule 46 | where it stands on the page |
//! |---|---|
//! | (a) supplier | head, [`Seller`] |
//! | (b) number, (c) date | facts |
//! | (d), (e), (f) recipient | "Bill to", [`Buyer`] |
//! | (g) HSN, (h) description, (i) quantity and unit | lines |
//! | (j) total value, (k) taxable value | lines and totals |
//! | (l) rates, (m) amounts of tax | lines, totals, HSN summary |
//! | (n) place of supply | facts |
//! | (o) address of delivery | "Ship to", [`ShipTo`] |
//! | (p) reverse charge | facts |
//! | (q) signature | foot |
//!
//! Deliberately absent: scripts, outside references of any kind (the renderer fetches nothing),
//! and the previous invoice's hash, which is nobody's business but the seller's.

mod columns;
mod invoice;
mod page;
#[cfg(test)]
pub(super) mod samples;
mod tables;
#[cfg(test)]
mod tests;
mod upi;

pub use crate::ports::InvoiceCopy;
pub use invoice::{
    Buyer, DocumentLine, InvoiceDocument, PostalAddress, Seller, ShipTo, SummaryRow, Transport, Upi,
};
pub use page::invoice_html;
