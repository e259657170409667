//! Telling dealers and staff what happened to an order: an outbox row in the transaction of the change, sent by the worker.
//!
//! The row is the truth; see `deliver` for how it is claimed, sent and finished.

mod event;
mod queue;

pub use event::{Channel, Event, NotificationStatus, SkipReason};
pub(crate) use queue::{Addressee, Telling, queue};
pub use queue::{DeliverMail, DeliverWhatsapp};
