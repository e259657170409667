//! Invoices, as dealers see them.

pub mod portal;
pub(crate) mod portal_views;
