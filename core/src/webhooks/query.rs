//! Reading endpoints, the oldest first: there are few, and they stay in their places.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use vitaran_kernel::WebhookEndpointId;

use super::{DisabledReason, Endpoint, EndpointStatus, EventType, LiveSecret, WebhookError};
use crate::access::{Allowed, PlatformWebhooksManage};
use crate::db::{Statement, TenantTx};

const SELECT: &str = "SELECT e.id, e.url, e.description, e.events, e.version, e.created_at, e.created_by, e.disabled_at, e.disabled_reason, \
     e.failing_since, CASE WHEN e.paused_until > now() THEN e.paused_until END AS paused_until, \
     CASE WHEN e.disabled_at IS NOT NULL THEN 'DISABLED' WHEN e.paused_until > now() THEN 'PAUSED' ELSE 'ACTIVE' END AS status, \
     (SELECT coalesce(jsonb_agg(jsonb_build_object('created_at', s.created_at, 'created_by', s.created_by, 'expires_at', s.expires_at) ORDER BY s.id DESC), '[]') \
      FROM webhook_secrets s WHERE s.tenant_id = e.tenant_id AND s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets \
     FROM webhook_endpoints e WHERE e.tenant_id = $1 AND e.removed_at IS NULL";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: WebhookEndpointId,
    #[diesel(sql_type = Text)]
    url: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Array<Text>)]
    events: Vec<String>,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    created_by: String,
    #[diesel(sql_type = Text)]
    status: EndpointStatus,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    disabled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    disabled_reason: Option<DisabledReason>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    failing_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    paused_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Jsonb)]
    secrets: Value,
}

impl From<Row> for Endpoint {
    fn from(row: Row) -> Self {
        let secrets: Vec<LiveSecret> = serde_json::from_value(row.secrets).unwrap_or_default();
        Endpoint {
            id: row.id,
            url: row.url,
            description: row.description,
            // An event that no longer exists is listened to by nobody.
            events: row
                .events
                .iter()
                .filter_map(|code| EventType::parse(code))
                .collect(),
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
            status: row.status,
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason,
            failing_since: row.failing_since,
            paused_until: row.paused_until,
            secrets,
        }
    }
}

/// All of them.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
) -> Result<Vec<Endpoint>, WebhookError> {
    let rows: Vec<Row> = Statement::new(format!("{SELECT} ORDER BY e.id"))
        .bind(tx.tenant().as_uuid())
        .load(&mut tx.reader())
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub async fn load(
    tx: &TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
) -> Result<Endpoint, WebhookError> {
    find(tx, id).await
}

pub(super) async fn find(tx: &TenantTx, id: WebhookEndpointId) -> Result<Endpoint, WebhookError> {
    let rows: Vec<Row> = Statement::new(format!("{SELECT} AND e.id = $2"))
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .load(&mut tx.reader())
        .await?;
    Ok(rows
        .into_iter()
        .next()
        .ok_or(WebhookError::NotFound)?
        .into())
}

/// Locks an endpoint, and gives it as it stands then. Its key stays free, which every order that is told to it leads to.
pub(super) async fn lock(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
) -> Result<Endpoint, WebhookError> {
    Statement::new(
        "SELECT id FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    find(tx, id).await
}
