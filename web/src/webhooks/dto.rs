//! Endpoints and deliveries as programs see them.

use chrono::{DateTime, Utc};
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use vitaran_core::webhooks::{self, EndpointForm, EventType, ReplayForm};

/// Whether an endpoint is told of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WebhookEndpointStatus {
    Active,
    /// Left alone until `paused_until` after failures in a row; what happens meanwhile waits.
    Paused,
    Disabled,
}

impl From<webhooks::EndpointStatus> for WebhookEndpointStatus {
    fn from(status: webhooks::EndpointStatus) -> Self {
        match status {
            webhooks::EndpointStatus::Active => WebhookEndpointStatus::Active,
            webhooks::EndpointStatus::Paused => WebhookEndpointStatus::Paused,
            webhooks::EndpointStatus::Disabled => WebhookEndpointStatus::Disabled,
        }
    }
}

/// Why an endpoint is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WebhookDisabledReason {
    ByHand,
    /// It answered 410.
    Gone,
    /// It took nothing for five days.
    Failing,
}

impl From<webhooks::DisabledReason> for WebhookDisabledReason {
    fn from(reason: webhooks::DisabledReason) -> Self {
        match reason {
            webhooks::DisabledReason::ByHand => WebhookDisabledReason::ByHand,
            webhooks::DisabledReason::Gone => WebhookDisabledReason::Gone,
            webhooks::DisabledReason::Failing => WebhookDisabledReason::Failing,
        }
    }
}

/// A secret that signs, without itself.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WebhookSecret {
    created_at: DateTime<Utc>,
    created_by: String,
    /// Absent for the newest.
    expires_at: Option<DateTime<Utc>>,
}

/// An address that is told of events.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WebhookEndpoint {
    pub id: uuid::Uuid,
    url: String,
    description: Option<String>,
    /// Names of events, such as `order.approved`.
    events: Vec<String>,
    status: WebhookEndpointStatus,
    pub version: i32,
    created_at: DateTime<Utc>,
    created_by: String,
    disabled_at: Option<DateTime<Utc>>,
    disabled_reason: Option<WebhookDisabledReason>,
    /// Since when nothing has arrived there.
    failing_since: Option<DateTime<Utc>>,
    paused_until: Option<DateTime<Utc>>,
    /// One, or two while one takes the place of the other; the newest first.
    secrets: Vec<WebhookSecret>,
}

impl From<webhooks::Endpoint> for WebhookEndpoint {
    fn from(endpoint: webhooks::Endpoint) -> Self {
        let events = endpoint
            .events
            .iter()
            .map(|event| event.as_str().to_owned());
        let secrets = endpoint.secrets.into_iter().map(|secret| WebhookSecret {
            created_at: secret.created_at,
            created_by: secret.created_by,
            expires_at: secret.expires_at,
        });
        WebhookEndpoint {
            id: endpoint.id.as_uuid(),
            url: endpoint.url,
            description: Some(endpoint.description).filter(|text| !text.is_empty()),
            events: events.collect(),
            status: endpoint.status.into(),
            version: endpoint.version,
            created_at: endpoint.created_at,
            created_by: endpoint.created_by,
            disabled_at: endpoint.disabled_at,
            disabled_reason: endpoint.disabled_reason.map(Into::into),
            failing_since: endpoint.failing_since,
            paused_until: endpoint.paused_until,
            secrets: secrets.collect(),
        }
    }
}

/// An endpoint for which a secret was made.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct MadeWebhookSecret {
    pub endpoint: WebhookEndpoint,
    /// `whsec_` and 32 bytes in base64. Only the first answer holds it: one given again to the same Idempotency-Key has none.
    pub secret: Option<String>,
}

/// What an endpoint is to be.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct WebhookEndpointInput {
    /// Of the internet, by https, at most 500 characters.
    url: String,
    /// What it is for, at most 200 characters.
    description: Option<String>,
    /// Names of events, such as `order.approved`.
    events: Vec<String>,
}

impl From<WebhookEndpointInput> for EndpointForm {
    fn from(input: WebhookEndpointInput) -> Self {
        EndpointForm {
            url: input.url,
            description: input.description.unwrap_or_default(),
            events: input.events,
        }
    }
}

/// What can be listened to.
#[derive(Debug, Clone, Object)]
pub struct WebhookEvent {
    name: String,
    /// When it happens.
    description: String,
    /// A body as it would be sent.
    sample: Any<serde_json::Value>,
}

impl From<EventType> for WebhookEvent {
    fn from(event: EventType) -> Self {
        WebhookEvent {
            name: event.as_str().to_owned(),
            description: event.when().to_owned(),
            sample: Any(event.sample()),
        }
    }
}

/// How far a delivery got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WebhookDeliveryStatus {
    Pending,
    Sending,
    Delivered,
    Failed,
}

impl From<webhooks::DeliveryStatus> for WebhookDeliveryStatus {
    fn from(status: webhooks::DeliveryStatus) -> Self {
        match status {
            webhooks::DeliveryStatus::Pending => WebhookDeliveryStatus::Pending,
            webhooks::DeliveryStatus::Sending => WebhookDeliveryStatus::Sending,
            webhooks::DeliveryStatus::Delivered => WebhookDeliveryStatus::Delivered,
            webhooks::DeliveryStatus::Failed => WebhookDeliveryStatus::Failed,
        }
    }
}

/// One event for one endpoint.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WebhookDelivery {
    id: uuid::Uuid,
    /// The `webhook-id` it is sent with.
    event_id: uuid::Uuid,
    event: String,
    endpoint_id: uuid::Uuid,
    status: WebhookDeliveryStatus,
    attempts: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    /// The status of the last answer.
    response_status: Option<i32>,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<webhooks::Delivery> for WebhookDelivery {
    fn from(delivery: webhooks::Delivery) -> Self {
        WebhookDelivery {
            id: delivery.id.as_uuid(),
            event_id: delivery.event_id.as_uuid(),
            event: delivery.event.as_str().to_owned(),
            endpoint_id: delivery.endpoint_id.as_uuid(),
            status: delivery.status.into(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            response_status: delivery.response_status,
            last_error: delivery.last_error,
            created_at: delivery.created_at,
            ended_at: delivery.ended_at,
        }
    }
}

/// A header that was sent; signatures are masked.
#[derive(Debug, Clone, Object)]
pub struct WebhookHeader {
    name: String,
    value: String,
}

/// What was sent once, and what came back.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WebhookAttempt {
    attempt: i32,
    started_at: DateTime<Utc>,
    url: String,
    request_headers: Vec<WebhookHeader>,
    /// Absent while it is under way, and when the worker was interrupted.
    duration_ms: Option<i32>,
    response_status: Option<i32>,
    /// Its beginning, at most 1,024 characters.
    response_body: Option<String>,
    error: Option<String>,
}

impl From<webhooks::Attempt> for WebhookAttempt {
    fn from(attempt: webhooks::Attempt) -> Self {
        let headers = attempt.request_headers.into_iter();
        WebhookAttempt {
            attempt: attempt.attempt,
            started_at: attempt.started_at,
            url: attempt.url,
            request_headers: headers
                .map(|(name, value)| WebhookHeader { name, value })
                .collect(),
            duration_ms: attempt.duration_ms,
            response_status: attempt.response_status,
            response_body: attempt.response_body,
            error: attempt.error,
        }
    }
}

/// A delivery with everything that was tried.
#[derive(Debug, Clone, Object)]
pub struct WebhookDeliveryDetail {
    delivery: WebhookDelivery,
    /// The body that is sent, byte for byte.
    body: String,
    /// The newest first, at most 50.
    attempts: Vec<WebhookAttempt>,
}

impl From<webhooks::DeliveryDetail> for WebhookDeliveryDetail {
    fn from(detail: webhooks::DeliveryDetail) -> Self {
        WebhookDeliveryDetail {
            delivery: detail.delivery.into(),
            body: detail.body,
            attempts: detail.attempts.into_iter().map(Into::into).collect(),
        }
    }
}

/// Since when what failed is sent again.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct WebhookReplay {
    /// Hours back, 1 to 720; 24 if left out.
    hours: Option<u16>,
}

impl From<WebhookReplay> for ReplayForm {
    fn from(input: WebhookReplay) -> Self {
        ReplayForm {
            hours: input
                .hours
                .map(|hours| hours.to_string())
                .unwrap_or_default(),
        }
    }
}

/// What is sent again.
#[derive(Debug, Object)]
pub struct WebhookReplayed {
    /// How many deliveries, at most 5,000 at a time.
    pub deliveries: u32,
    /// Whether others that failed are left: ask again for those.
    pub has_more: bool,
}
