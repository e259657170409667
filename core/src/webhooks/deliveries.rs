//! The log of deliveries: a list with filters, and one delivery with all that was sent and came back.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Jsonb, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::{WebhookDeliveryId, WebhookEndpointId};

use super::{Attempt, Delivery, DeliveryDetail, DeliveryStatus, EventType, WebhookError};
use crate::access::{Allowed, PlatformWebhooksManage};
use crate::db::{Page, Paged, Statement, TenantTx};

const SELECT: &str = "SELECT d.id, d.event_id, v.event, d.endpoint_id, d.status, d.attempts, \
     CASE WHEN d.status = 'PENDING' THEN d.next_attempt_at END AS next_attempt_at, d.response_status, d.last_error, d.created_at, d.ended_at \
     FROM webhook_deliveries d JOIN webhook_events v ON v.tenant_id = d.tenant_id AND v.id = d.event_id WHERE d.tenant_id = $1 \
     AND EXISTS (SELECT FROM webhook_endpoints e WHERE e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND e.removed_at IS NULL)";

#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    pub endpoint: Option<WebhookEndpointId>,
    pub status: Option<DeliveryStatus>,
    pub event: Option<EventType>,
}

/// A page of the log, the newest first.
pub async fn list_deliveries(
    tx: &TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    filter: &DeliveryFilter,
    page: &Page,
) -> Result<Paged<Delivery>, WebhookError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let DeliveryFilter {
        endpoint,
        status,
        event,
    } = filter;
    if let Some(endpoint) = endpoint {
        let endpoint = statement.push_bind(endpoint.as_uuid());
        statement.push_sql(&format!(" AND d.endpoint_id = {endpoint}"));
    }
    if let Some(status) = status {
        let status = statement.push_bind(status.as_str());
        statement.push_sql(&format!(" AND d.status = {status}"));
    }
    if let Some(event) = event {
        let event = statement.push_bind(event.as_str());
        statement.push_sql(&format!(" AND v.event = {event}"));
    }
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<WebhookDeliveryId>()?.as_uuid());
        statement.push_sql(&format!(" AND d.id < {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY d.id DESC LIMIT {limit}"));
    let rows: Vec<Delivery> = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| row.id))
}

pub(super) async fn find_delivery(
    tx: &TenantTx,
    id: WebhookDeliveryId,
) -> Result<Delivery, WebhookError> {
    let rows: Vec<Delivery> = Statement::new(format!("{SELECT} AND d.id = $2"))
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .load(&mut tx.reader())
        .await?;
    rows.into_iter().next().ok_or(WebhookError::NoDelivery)
}

#[derive(QueryableByName)]
struct About {
    #[diesel(sql_type = Text)]
    endpoint: String,
    #[diesel(sql_type = Text)]
    event: EventType,
    #[diesel(sql_type = Timestamptz)]
    occurred_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    data: Value,
}

#[derive(QueryableByName)]
struct AttemptRow {
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Timestamptz)]
    started_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Jsonb)]
    request_headers: Value,
    #[diesel(sql_type = Nullable<Integer>)]
    duration_ms: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    response_status: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    response_body: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    error: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Attempt {
            attempt: row.attempt,
            started_at: row.started_at,
            url: row.url,
            request_headers: serde_json::from_value(row.request_headers).unwrap_or_default(),
            duration_ms: row.duration_ms,
            response_status: row.response_status,
            response_body: row.response_body,
            error: row.error,
        }
    }
}

/// Attempts that are shown; one that was replayed often has more.
const MAX_SHOWN: usize = 50;

/// One delivery with everything that was tried.
pub async fn load_delivery(
    tx: &TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    id: WebhookDeliveryId,
) -> Result<DeliveryDetail, WebhookError> {
    let about = Statement::new(
        "SELECT coalesce(nullif(e.description, ''), split_part(e.url, '?', 1)) AS endpoint, v.event, v.occurred_at, v.data FROM webhook_deliveries d \
         JOIN webhook_events v ON v.tenant_id = d.tenant_id AND v.id = d.event_id \
         JOIN webhook_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id WHERE d.tenant_id = $1 AND d.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid());
    let attempts = Statement::new(format!(
        "SELECT attempt, started_at, url, request_headers, duration_ms, response_status, response_body, error \
         FROM webhook_attempts WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY id DESC LIMIT {MAX_SHOWN}"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid());
    let (mut a, mut b) = (tx.reader(), tx.reader());
    let (delivery, about, attempts) = futures_util::join!(
        find_delivery(tx, id),
        about.load::<About>(&mut a),
        attempts.load::<AttemptRow>(&mut b),
    );
    let delivery = delivery?;
    let about = about?.into_iter().next().ok_or(WebhookError::NoDelivery)?;
    Ok(DeliveryDetail {
        delivery,
        body: body(about.event, about.occurred_at, &about.data),
        endpoint: about.endpoint,
        attempts: attempts?.into_iter().map(Into::into).collect(),
    })
}

/// What is sent, the same at every attempt.
pub(super) fn body(event: EventType, occurred_at: DateTime<Utc>, data: &Value) -> String {
    json!({ "type": event, "timestamp": occurred_at, "data": data }).to_string()
}
