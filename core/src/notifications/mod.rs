//! Telling dealers and staff what happened to an order: an outbox row in the transaction of the change, sent by the worker.
//!
//! The row is the truth. A queue job only wakes the worker; [`due_messages`] finds what a lost job would have sent.
//!
//! ```text
//!             claim            accepted        report         report
//! PENDING ───────────► SENDING ────────► SENT ──────► DELIVERED ───► READ
//!    ▲  ▲                │  │  refused for good, or the fifth time
//!    │  └── again later ─┘  └───────────────────────► FAILED ◄── report
//!    │                         nobody to send to ───► SKIPPED
//!    └───────────────────────── re-queued by hand ───────┘
//! ```
//!
//! - an attempt is counted and written down before the provider is called, and a row whose lease ran out is sent again:
//!   at least once, and a doubt is visible in the history;
//! - the provider is called in no transaction, and only the holder of the lease writes the result;
//! - a message never says other words on a second attempt: see [`templates`](catalogue) and the e-mails;
//! - a dispatch waits for the invoice's PDF and goes without it once the render has failed for good.

mod account;
mod claim;
mod counts;
mod deliver_mail;
mod deliver_whatsapp;
mod due;
mod error_classes;
mod event;
mod facts;
mod failed;
mod log;
mod message;
mod outcome;
mod pdf;
mod queue;
mod requeue;
mod status_webhook;
mod templates;
#[cfg(test)]
mod tests;

pub use account::{
    NewWhatsappAccount, SetAccountError, WhatsappAccountState, account_state, set_account, unpause,
};
pub use claim::MAX_ATTEMPTS;
pub use counts::{NotificationCounts, count_by_status};
pub use deliver_mail::deliver_mail_now;
pub use deliver_whatsapp::{DeliverError, deliver_whatsapp_now};
pub use due::{DueMessage, due_messages};
pub use error_classes::error_classes;
pub use event::{AttemptEvent, Channel, Event, NotificationStatus, SkipReason};
pub use log::{
    Notification, NotificationAttempt, NotificationDetail, NotificationFilter,
    NotificationLogError, list, load,
};
pub(crate) use pdf::wake_dispatched;
pub(crate) use queue::{Addressee, Telling, queue};
pub use queue::{DeliverMail, DeliverWhatsapp};
pub use requeue::{RequeueError, requeue};
pub use status_webhook::{
    SignedReport, WebhookAccount, WebhookError, apply_statuses, verify_signature, webhook_account,
};
pub use templates::{CatalogueEntry, catalogue};
