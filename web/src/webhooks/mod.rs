//! Webhooks: the pages where a distributor keeps its endpoints and looks at deliveries, their operations, and what the
//! API's document says of the events.

pub mod admin;
mod api;
pub mod deliveries;
mod delivery_views;
pub mod document;
mod dto;
mod form_views;
pub mod secrets;
mod views;

pub use api::WebhooksApi;

use vitaran_core::webhooks::{DeliveryFilter, DeliveryStatus, EventType};
use vitaran_kernel::{WebhookDeliveryId, WebhookEndpointId};

use crate::http::problem::Refusal;

/// The page of all endpoints.
pub const PATH: &str = "/admin/webhooks";

fn path_of(id: WebhookEndpointId) -> String {
    format!("{PATH}/{id}")
}

fn path_of_delivery(id: WebhookDeliveryId) -> String {
    format!("{PATH}/deliveries/{id}")
}

/// A filter's word, read by the core's own parser; blank is any.
fn word<T>(
    name: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || {
        let detail = format!("There is no {name} {text}");
        Refusal::malformed_at(&format!("/{name}"), "invalid", &detail)
    };
    parse(text).map(Some).ok_or_else(unknown)
}

/// The filters that both the page and the API have.
fn filter(
    endpoint: Option<WebhookEndpointId>,
    status: &str,
    event: &str,
) -> Result<DeliveryFilter, Refusal> {
    Ok(DeliveryFilter {
        endpoint,
        status: word("status", status, DeliveryStatus::parse)?,
        event: word("event", event, EventType::parse)?,
    })
}
