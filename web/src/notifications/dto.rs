//! Messages as programs read them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use uuid::Uuid;
use vitaran_core::notifications::{
    self, NotificationAttempt as CoreAttempt, NotificationDetail as CoreDetail,
};

/// A message to a dealer or to the sales team.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Notification {
    id: Uuid,
    /// What it tells of, such as `ORDER_APPROVED`.
    event: String,
    /// `WHATSAPP` or `EMAIL`.
    channel: String,
    /// `PENDING`, `SENDING`, `SENT`, `DELIVERED`, `READ`, `FAILED` or `SKIPPED`.
    status: String,
    /// Why it was not tried, such as `NO_PHONE`.
    skip_reason: Option<String>,
    order_id: Uuid,
    order_number: String,
    dealer_id: Uuid,
    dealer_name: String,
    invoice_id: Option<Uuid>,
    /// The number or address it goes to.
    recipient: Option<String>,
    attempts: i32,
    /// When it is tried next; absent while it waits for its PDF, and when nothing is left to try.
    next_attempt_at: Option<DateTime<Utc>>,
    last_error_code: Option<i32>,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    read_at: Option<DateTime<Utc>>,
}

impl From<notifications::Notification> for Notification {
    fn from(message: notifications::Notification) -> Self {
        let notifications::Notification {
            id,
            event,
            channel,
            status,
            skip_reason,
            order_id,
            order_number,
            dealer_id,
            dealer_name,
            invoice_id,
            recipient,
            recipient_name: _,
            attempts,
            next_attempt_at,
            last_error_code,
            last_error,
            created_at,
            sent_at,
            delivered_at,
            read_at,
        } = message;
        Notification {
            id: id.as_uuid(),
            event: event.as_str().to_owned(),
            channel: channel.as_str().to_owned(),
            status: status.as_str().to_owned(),
            skip_reason: skip_reason.map(|reason| reason.as_str().to_owned()),
            order_id: order_id.as_uuid(),
            order_number,
            dealer_id: dealer_id.as_uuid(),
            dealer_name,
            invoice_id: invoice_id.map(|id| id.as_uuid()),
            recipient,
            attempts,
            next_attempt_at,
            last_error_code,
            last_error,
            created_at,
            sent_at,
            delivered_at,
            read_at,
        }
    }
}

/// A line of a message's history.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct NotificationAttempt {
    attempt: i32,
    /// Such as `STARTED`, `ACCEPTED` or `FAILED`.
    event: String,
    error_code: Option<i32>,
    detail: Option<String>,
    at: DateTime<Utc>,
}

impl From<CoreAttempt> for NotificationAttempt {
    fn from(attempt: CoreAttempt) -> Self {
        let CoreAttempt {
            attempt,
            event,
            error_code,
            detail,
            at,
        } = attempt;
        NotificationAttempt {
            attempt,
            event: event.as_str().to_owned(),
            error_code,
            detail,
            at,
        }
    }
}

/// A message with its history.
#[derive(Debug, Clone, Object)]
pub struct NotificationDetail {
    notification: Notification,
    /// Oldest first.
    history: Vec<NotificationAttempt>,
}

impl From<CoreDetail> for NotificationDetail {
    fn from(detail: CoreDetail) -> Self {
        let CoreDetail {
            notification,
            attempts,
        } = detail;
        NotificationDetail {
            notification: notification.into(),
            history: attempts
                .into_iter()
                .map(NotificationAttempt::from)
                .collect(),
        }
    }
}
