//! Values and pure rules: ids, money, quantity, GSTIN, financial year. No I/O.
//!
//! A value of a type of this crate is valid because it exists: the only ways in are the parsers,
//! whose errors are sentences for the person who typed the text. The rules (rounding, tax, place
//! of supply) take values and return values; they know no clock, no database and no request.
//!
//! In reading order:
//! - numbers: [`money`], [`quantity`], [`rate`], and [`rounding`], the one place that rounds;
//! - GST: [`india`], [`gstin`], [`hsn`], [`uqc`], [`supply`] (where), [`tax`] (how much);
//! - time: [`clock`], [`fin_year`];
//! - names and codes: [`ids`], [`codes`], [`text`], [`phone`], [`email`], [`vehicle`], [`words`].
//!
//! Deliberately absent: floating point, async code, queries, and time taken from anywhere but
//! [`clock`]. diesel is here only so that a value can be a column.

#![deny(clippy::float_arithmetic)]

#[macro_use]
mod macros;
#[cfg(test)]
mod check;
mod decimal;

pub mod clock;
pub mod codes;
pub mod email;
pub mod fin_year;
pub mod gstin;
pub mod hsn;
pub mod ids;
pub mod india;
pub mod money;
pub mod phone;
pub mod quantity;
pub mod rate;
pub mod rounding;
pub mod supply;
pub mod tax;
pub mod text;
pub mod upi;
pub mod uqc;
pub mod vehicle;
pub mod words;

pub use decimal::DecimalError;

pub use clock::{Clock, SettableClock, SystemClock};
pub use codes::{
    Barcode, DocumentNumber, InvoiceNumber, NumberError, OrderNumber, SeriesPrefix, Sku, Slug,
};
pub use email::EmailAddress;
pub use fin_year::{FinancialYear, IstDate};
pub use gstin::Gstin;
pub use hsn::Hsn;
pub use ids::*;
pub use india::{Pincode, StateCode};
pub use money::{Money, UnitPrice};
pub use phone::Phone;
pub use quantity::Quantity;
pub use rate::Rate;
pub use tax::{DocumentTotals, SupplyKind, TaxSplit};
pub use text::{Note, Text};
pub use upi::UpiAddress;
pub use uqc::Uqc;
pub use vehicle::{EwayBillNumber, VehicleNumber};
