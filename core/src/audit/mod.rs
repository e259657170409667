//! Who changed what, when, and what it said before and after; told twice.
//!
//! The *log* is what people read: a row for each action on a master or a setting, written by the action in its own words.
//! The *trail* is the proof beneath: a row for each row that any write has touched, written by the database's triggers,
//! whoever wrote and whatever they said. Both name the transaction and the request, both only grow, and the trail is sealed.

mod changes;
mod query;
mod record;
mod seal;
mod trail;
mod verify;

pub use changes::{TrailEntry, TrailFilter, list_changes};
pub use query::{AuditEntry, AuditFilter, list, list_kinds};
pub(crate) use record::{Author, Change, RECORD_COLUMNS, record, record_in};
pub use seal::{SealTrail, Sealed, seal_trail_now};
pub use verify::{TrailReport, verify_trail};
