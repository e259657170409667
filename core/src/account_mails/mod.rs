//! Mails about somebody's account, which belongs to no tenant: an outbox of its own, written in the transaction of what they
//! tell of and sent by the worker.
//!
//! A mail that carries a link is a secret until it is sent. The link is stored sealed, and not at all once it went out; web
//! may write the outbox and cannot read it.

mod deliver;
pub(crate) mod letter;
mod queue;

pub use deliver::{deliver_account_mail_now, due_account_mails};
pub(crate) use queue::{AccountMail, QueueMailError, queue, queue_to, queue_to_administrators};
pub use queue::{DeliverAccountMail, sealed_place};
