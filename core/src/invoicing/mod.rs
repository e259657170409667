//! Tax invoices: what is billed when goods leave.

pub mod document;
