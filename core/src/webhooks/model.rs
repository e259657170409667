//! Endpoints and deliveries as lists and answers show them, and why something is refused.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;
use vitaran_kernel::{WebhookDeliveryId, WebhookEndpointId, WebhookEventId};

use super::EventType;
use crate::db::{CursorError, DbError};
use crate::problem::{Fault, Invalid, Kind, Problem};
use crate::secrets::SecretError;

/// Endpoints of one distributor: every event is written for each of them, in the transaction of an order.
pub const MAX_ENDPOINTS: usize = 10;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal, $label:literal;)+ })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $name { $($(#[$vmeta])* $variant),+ }

            impl $name {
                pub const ALL: [$name; { [$($code),+].len() }] = [$($name::$variant),+];

                /// As stored and sent.
                pub const fn as_str(self) -> &'static str {
                    match self { $($name::$variant => $code),+ }
                }

                /// As people read it.
                pub const fn label(self) -> &'static str {
                    match self { $($name::$variant => $label),+ }
                }

                pub fn parse(text: &str) -> Option<Self> {
                    Self::ALL.into_iter().find(|value| value.as_str() == text)
                }
            }

            impl Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl diesel::deserialize::FromSql<Text, diesel::pg::Pg> for $name {
                fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                    let text = std::str::from_utf8(bytes.as_bytes())?;
                    $name::parse(text).ok_or_else(|| format!("unknown {} {text}", stringify!($name)).into())
                }
            }
        )+
    };
}

words! {
    /// Whether an endpoint is told of anything.
    EndpointStatus {
        Active = "ACTIVE", "Active";
        /// Left alone for a while after failures in a row; what happens meanwhile waits.
        Paused = "PAUSED", "Paused";
        Disabled = "DISABLED", "Switched off";
    }

    /// Why an endpoint is off.
    DisabledReason {
        ByHand = "BY_HAND", "Switched off by hand";
        /// It answered 410.
        Gone = "GONE", "It answered that it is gone for good (410)";
        Failing = "FAILING", "It took nothing for five days";
    }

    /// How far a delivery got.
    DeliveryStatus {
        Pending = "PENDING", "Waiting";
        Sending = "SENDING", "Sending";
        Delivered = "DELIVERED", "Delivered";
        Failed = "FAILED", "Failed";
    }
}

/// A secret that signs, without itself.
#[derive(Debug, Clone, Deserialize)]
pub struct LiveSecret {
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    /// None for the newest.
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    /// Empty when there is none.
    pub description: String,
    pub events: Vec<EventType>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub status: EndpointStatus,
    pub disabled_at: Option<DateTime<Utc>>,
    pub disabled_reason: Option<DisabledReason>,
    /// Since when nothing arrives there.
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when it is left alone, while it is.
    pub paused_until: Option<DateTime<Utc>>,
    /// The newest first: one, or two while one takes the place of the other.
    pub secrets: Vec<LiveSecret>,
}

/// What the audit log tells of an endpoint: of its address nothing that is said to nobody but the receiver.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    url: String,
    description: &'a str,
    events: &'a [EventType],
    is_enabled: bool,
    reason: Option<DisabledReason>,
}

impl Endpoint {
    pub(super) fn told(&self) -> Told<'_> {
        Told {
            url: told_address(&self.url),
            description: &self.description,
            events: &self.events,
            is_enabled: self.disabled_at.is_none(),
            reason: self.disabled_reason,
        }
    }

    /// What people call it by: its description, or its address without the query, which may hold a key.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.description.is_empty() {
            self.url.split('?').next().unwrap_or_default()
        } else {
            &self.description
        }
    }
}

/// Scheme and host; that there is more, which may hold a key, by the beginning of a hash; and nothing of who calls.
fn told_address(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return "…".to_owned();
    };
    // An address that can be called has a host, so both can be taken off it.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let is_more = url.path() != "/" || url.query().is_some();
    // Another receiver of the same house is another address, and the log shows that.
    let whole = hex::encode(Sha256::digest(url.as_str().as_bytes()));
    let short = whole.get(..8).unwrap_or_default();
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    match is_more {
        true => format!("{url}… ({short})"),
        false => url.into(),
    }
}

/// One event for one endpoint.
#[derive(Debug, Clone, QueryableByName)]
pub struct Delivery {
    #[diesel(sql_type = SqlUuid)]
    pub id: WebhookDeliveryId,
    #[diesel(sql_type = SqlUuid)]
    pub event_id: WebhookEventId,
    #[diesel(sql_type = Text)]
    pub event: EventType,
    #[diesel(sql_type = SqlUuid)]
    pub endpoint_id: WebhookEndpointId,
    #[diesel(sql_type = Text)]
    pub status: DeliveryStatus,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// For a delivery that waits.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Of the last attempt.
    #[diesel(sql_type = Nullable<Integer>)]
    pub response_status: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
}

impl Delivery {
    /// Whether [`super::replay`] has anything to do for it.
    #[must_use]
    pub fn can_replay(&self) -> bool {
        matches!(
            self.status,
            DeliveryStatus::Delivered | DeliveryStatus::Failed
        )
    }
}

/// What was sent once, and what came back. Without an end while it runs, and when the worker died over it.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub attempt: i32,
    pub started_at: DateTime<Utc>,
    pub url: String,
    /// Names and values; the signatures are masked.
    pub request_headers: Vec<(String, String)>,
    pub duration_ms: Option<i32>,
    pub response_status: Option<i32>,
    /// Its beginning.
    pub response_body: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, Clone)]
pub struct DeliveryDetail {
    pub delivery: Delivery,
    /// What its endpoint is called.
    pub endpoint: String,
    /// The body that is sent, byte for byte.
    pub body: String,
    /// The newest first.
    pub attempts: Vec<Attempt>,
}

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("There is no such webhook endpoint")]
    NotFound,
    #[error("There is no such delivery")]
    NoDelivery,
    #[error("Somebody changed this endpoint since you opened it, look at it again")]
    Stale { found: i32 },
    /// A support visit sends nothing elsewhere: it would outlive the visit.
    #[error("Webhooks are not made or changed on a support visit")]
    OnVisit,
    #[error("This endpoint is switched off: switch it on first")]
    Disabled,
    #[error("This delivery is still under way")]
    UnderWay,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for WebhookError {
    fn from(error: diesel::result::Error) -> Self {
        WebhookError::Db(error.into())
    }
}

impl Problem for WebhookError {
    fn kind(&self) -> Kind {
        match self {
            WebhookError::NotFound | WebhookError::NoDelivery => Kind::NotFound,
            WebhookError::Stale { .. } => Kind::Stale,
            WebhookError::OnVisit => Kind::Forbidden,
            WebhookError::Disabled | WebhookError::UnderWay => Kind::Conflict,
            WebhookError::Invalid(invalid) => invalid.kind(),
            WebhookError::Cursor(_) => Kind::Invalid,
            WebhookError::Secret(_) => Kind::Internal,
            WebhookError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            WebhookError::NotFound => "webhooks.endpoint_not_found",
            WebhookError::NoDelivery => "webhooks.delivery_not_found",
            WebhookError::Stale { .. } => "webhooks.endpoint_stale",
            WebhookError::OnVisit => "webhooks.on_visit",
            WebhookError::Disabled => "webhooks.endpoint_disabled",
            WebhookError::UnderWay => "webhooks.under_way",
            WebhookError::Invalid(invalid) => invalid.code(),
            WebhookError::Cursor(_) => CursorError::CODE,
            WebhookError::Secret(_) => "service.internal",
            WebhookError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            WebhookError::Invalid(invalid) => invalid.faults(),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            WebhookError::Stale { found } => {
                serde_json::Map::from_iter([("version".to_owned(), (*found).into())])
            }
            _ => serde_json::Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::told_address;

    #[test]
    fn the_log_tells_where_an_endpoint_is_and_none_of_its_keys() {
        for (url, told) in [
            ("https://erp.example.in", "https://erp.example.in/"),
            (
                "https://erp.example.in/hooks/sesame",
                "https://erp.example.in/… (",
            ),
            (
                "https://erp.example.in?key=sesame",
                "https://erp.example.in/… (",
            ),
            (
                "https://volt:sesame@erp.example.in:8443/#sesame",
                "https://erp.example.in:8443/",
            ),
            ("sesame", "…"),
        ] {
            let said = told_address(url);
            assert!(said.starts_with(told) && !said.contains("sesame"), "{said}");
            assert_eq!(said.contains('('), told.contains('('), "{said}");
        }
        let hook = |key: &str| told_address(&format!("https://hooks.example.in/{key}"));
        assert_ne!(hook("a"), hook("b"), "another receiver is another address");
    }
}
