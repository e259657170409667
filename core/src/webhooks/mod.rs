//! Telling programs elsewhere what happens here, by the rules of Standard Webhooks.
//!
//! A distributor keeps up to ten endpoints, each with the events it listens to. An event is written in the transaction of
//! the change, once, with a delivery for each endpoint that listens ([`publish`]); when nobody does, nothing is written.
//! The worker delivers: it claims a delivery in a short transaction, posts with none open, and only the holder of the lease
//! writes the result. Delivery is at least once; the event's id goes with every attempt, so that a receiver knows it again.
//!
//! ```text
//!            claim           2xx
//! PENDING ──────────► SENDING ───────► DELIVERED
//!    ▲  ▲               │  │  the eighth failure, 410, endpoint switched off
//!    │  └─ again later ─┘  └─────────► FAILED
//!    └─────────── replayed by hand ────────┘
//! ```
//!
//! - An endpoint that fails five times in a row is left alone for a minute, then tried once, then left for two, and so on
//!   to an hour: what waits for it takes no attempts meanwhile. After five days in which it was tried each day and took
//!   nothing it is switched off.
//! - Only public addresses are called: see [`address`].
//! - Secrets are sealed; web writes them and cannot read them.

pub mod address;
mod change;
mod claim;
mod clear;
mod deliver;
mod deliveries;
mod due;
mod event;
mod form;
mod model;
mod outcome;
mod publish;
mod query;
mod replay;
mod rotate;
mod secret;

pub use address::Targets;
pub use change::{MadeEndpoint, activate, create, deactivate, remove, update};
pub use clear::clear_removed;
pub use deliver::deliver_webhook_now;
pub use deliveries::{DeliveryFilter, list_deliveries, load_delivery};
pub use due::{DueDelivery, due_deliveries};
pub use event::{EventType, Payload};
pub use form::{EndpointForm, NewEndpoint};
pub use model::{
    Attempt, Delivery, DeliveryDetail, DeliveryStatus, DisabledReason, Endpoint, EndpointStatus,
    LiveSecret, MAX_ENDPOINTS, WebhookError,
};
pub use outcome::MAX_ATTEMPTS;
pub use publish::DeliverWebhook;
pub(crate) use publish::{OrderRow, order_event, order_events_now, publish, publish_now};
pub use query::{list, load};
pub use replay::{ReplayForm, ReplaySince, Replayed, ping, replay, replay_failed};
pub use rotate::{NewSecret, end_older, rotate};
pub use secret::{EndpointSecret, OVERLAP_HOURS, signature};
