//! Who changed which master or setting, when, and what it said before and after.
//!
//! Orders, stock and money keep histories of their own; everything else that people maintain writes
//! a row here in the transaction of the change. The table only grows.

mod query;
mod record;

pub use query::{AuditEntry, AuditFilter, list};
pub(crate) use record::{Change, record};
