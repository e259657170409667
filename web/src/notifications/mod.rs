//! The log of messages to dealers and staff, and WhatsApp's reports about them.

mod admin;
mod api;
mod dto;
mod views;
mod webhook;

pub use admin::{list, requeue, show};
pub use api::NotificationsApi;
pub use webhook::{handshake, receive};

use vitaran_core::notifications::{Channel, Event, NotificationFilter, NotificationStatus};

use crate::http::problem::Refusal;

/// A filter's word, read by the core's own parser; blank is any.
fn word<T>(
    name: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let unknown = || {
        let detail = format!("There is no {name} {text}");
        Refusal::malformed_at(&format!("/{name}"), "invalid", &detail)
    };
    parse(text).map(Some).ok_or_else(unknown)
}

/// The filters that both the page and the API have.
fn filter(
    status: Option<&str>,
    channel: Option<&str>,
    event: Option<&str>,
    q: Option<&str>,
) -> Result<NotificationFilter, Refusal> {
    Ok(NotificationFilter {
        status: word("status", status, NotificationStatus::parse)?,
        channel: word("channel", channel, Channel::parse)?,
        event: word("event", event, Event::parse)?,
        q: q.unwrap_or_default().to_owned(),
        ..NotificationFilter::default()
    })
}
