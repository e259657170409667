//! Who may send a delivery now: a lease on its row, as for every message. Claiming counts the attempt and writes down what
//! is going to be sent; nothing is counted while the endpoint is left alone or busy enough.
//!
//! Locks, in this order: the endpoint, the delivery. The endpoint's leaves its key free, which every order that is told to it
//! leads to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{
    BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use uuid::Uuid;
use vitaran_kernel::{AttemptId, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};

use super::outcome::{FAILURES_TO_PAUSE, MAX_ATTEMPTS};
use super::secret::sealed_place;
use super::{DeliveryStatus, EventType, deliveries, signature};
use crate::access::Actor;
use crate::db::{DbError, Statement, TenantTx};
use crate::secrets::SecretKey;

/// More than the longest post, and short enough that a crashed worker's deliveries go out within 90 seconds.
const LEASE_S: i64 = 60;

/// Posts to one endpoint at once: a slow one must not take all the places.
const MAX_UNDER_WAY: i64 = 8;

/// How long a delivery waits for a place at its endpoint.
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// How long it waits while the installation cannot sign, which takes somebody who corrects its key.
const UNSIGNED_WAIT: Duration = Duration::from_secs(900);

/// What every post says of itself.
const USER_AGENT: &str = "Vitaran-Webhooks/1.0";

/// An endpoint whose row is locked.
#[derive(Debug, QueryableByName)]
pub(super) struct LockedEndpoint {
    #[diesel(sql_type = SqlUuid)]
    pub id: WebhookEndpointId,
    #[diesel(sql_type = Text)]
    pub url: String,
    #[diesel(sql_type = Bool)]
    pub is_disabled: bool,
    #[diesel(sql_type = Integer)]
    pub failures: i32,
    /// Seconds until it is tried again.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub paused_s: Option<i64>,
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    event_id: WebhookEventId,
    #[diesel(sql_type = Text)]
    event: EventType,
    #[diesel(sql_type = Timestamptz)]
    occurred_at: DateTime<Utc>,
    #[diesel(sql_type = Jsonb)]
    data: Value,
    #[diesel(sql_type = Text)]
    status: DeliveryStatus,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = BigInt)]
    under_way: i64,
}

/// A delivery that this process alone may send, until the lease runs out.
#[derive(Debug)]
pub(super) struct Claimed {
    pub delivery: WebhookDeliveryId,
    pub attempt: i32,
    pub attempt_id: AttemptId,
    pub lease: Uuid,
    pub actor: Actor,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

pub(super) enum Claim {
    Take(Box<Claimed>),
    /// Why there is nothing to send.
    Over(&'static str),
}

pub(super) async fn lock_endpoint_of(
    tx: &mut TenantTx,
    delivery: WebhookDeliveryId,
) -> Result<Option<LockedEndpoint>, DbError> {
    let rows: Vec<LockedEndpoint> = Statement::new(
        "SELECT e.id, e.url, e.disabled_at IS NOT NULL AS is_disabled, e.failures, \
             CASE WHEN e.paused_until > now() THEN ceil(extract(epoch FROM e.paused_until - now()))::bigint END AS paused_s \
         FROM webhook_endpoints e WHERE e.tenant_id = $1 AND e.id = (SELECT endpoint_id FROM webhook_deliveries WHERE tenant_id = $1 AND id = $2) \
         FOR NO KEY UPDATE OF e",
    )
    .bind(tx.tenant().as_uuid())
    .bind(delivery.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// Takes the delivery when it is due, nobody else is at it and its endpoint may be called.
pub(super) async fn claim(
    tx: &mut TenantTx,
    key: &SecretKey,
    delivery: WebhookDeliveryId,
) -> Result<Claim, DbError> {
    let Some(endpoint) = lock_endpoint_of(tx, delivery).await? else {
        return Ok(Claim::Over("there is no such delivery"));
    };
    let Some(due) = lock_due(tx, endpoint.id, delivery).await? else {
        return Ok(Claim::Over("not due, or another worker is at it"));
    };
    if due.status == DeliveryStatus::Sending {
        end_crashed(tx, delivery).await?;
    }
    if endpoint.is_disabled {
        fail(tx, delivery, "The endpoint is switched off").await?;
        return Ok(Claim::Over("the endpoint is switched off"));
    }
    if due.attempts >= MAX_ATTEMPTS {
        fail(
            tx,
            delivery,
            "The worker was interrupted: it may have arrived",
        )
        .await?;
        return Ok(Claim::Over("crashed while sending"));
    }
    if let Some(seconds) = endpoint.paused_s {
        let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        put_off(tx, delivery, pause).await?;
        return Ok(Claim::Over("the endpoint is left alone for a while"));
    }
    // One that has failed often enough is tried with one delivery, not with all that wait for it.
    let places = match endpoint.failures {
        FAILURES_TO_PAUSE.. => 1,
        _ => MAX_UNDER_WAY,
    };
    if due.under_way >= places {
        put_off(tx, delivery, BUSY_WAIT).await?;
        return Ok(Claim::Over("enough is under way to this endpoint"));
    }
    let secrets = live_secrets(tx, key, endpoint.id).await?;
    if secrets.is_empty() {
        put_off(tx, delivery, UNSIGNED_WAIT).await?;
        return Ok(Claim::Over("there is no secret to sign with"));
    }
    Ok(Claim::Take(Box::new(
        start(tx, delivery, &endpoint, due, &secrets).await?,
    )))
}

async fn lock_due(
    tx: &mut TenantTx,
    endpoint: WebhookEndpointId,
    delivery: WebhookDeliveryId,
) -> Result<Option<Due>, DbError> {
    let rows: Vec<Due> = Statement::new(
        "SELECT v.id AS event_id, v.event, v.occurred_at, v.data, d.status, d.attempts, \
             (SELECT count(*) FROM webhook_deliveries s WHERE s.tenant_id = $1 AND s.endpoint_id = $3 AND s.status = 'SENDING' AND s.lease_until > now()) AS under_way \
         FROM webhook_deliveries d JOIN webhook_events v ON v.tenant_id = d.tenant_id AND v.id = d.event_id \
         WHERE d.tenant_id = $1 AND d.id = $2 \
         AND ((d.status = 'PENDING' AND d.next_attempt_at <= now()) OR (d.status = 'SENDING' AND d.lease_until < now())) \
         AND EXISTS (SELECT FROM tenants t WHERE t.id = d.tenant_id AND t.status = 'ACTIVE') \
         FOR UPDATE OF d SKIP LOCKED",
    )
    .bind(tx.tenant().as_uuid())
    .bind(delivery.as_uuid())
    .bind(endpoint.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// The lease of the attempt before ran out: its worker died, and nobody knows whether it had arrived.
async fn end_crashed(tx: &mut TenantTx, delivery: WebhookDeliveryId) -> Result<(), DbError> {
    Statement::new(
        "UPDATE webhook_attempts SET error = 'The worker was interrupted: it may have arrived' \
         WHERE tenant_id = $1 AND delivery_id = $2 AND duration_ms IS NULL AND error IS NULL",
    )
    .bind(tx.tenant().as_uuid())
    .bind(delivery.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

async fn fail(tx: &mut TenantTx, delivery: WebhookDeliveryId, detail: &str) -> Result<(), DbError> {
    Statement::new(
        "UPDATE webhook_deliveries SET status = 'FAILED', ended_at = $3, last_error = $4, lease_token = NULL, lease_until = NULL \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(delivery.as_uuid())
    .bind(tx.now())
    .bind(detail)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Leaves the delivery for later without an attempt.
async fn put_off(
    tx: &mut TenantTx,
    delivery: WebhookDeliveryId,
    after: Duration,
) -> Result<(), DbError> {
    Statement::new(
        "UPDATE webhook_deliveries SET status = 'PENDING', next_attempt_at = now() + $3 * interval '1 second', lease_token = NULL, lease_until = NULL \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(delivery.as_uuid())
    .bind(i64::try_from(after.as_secs()).unwrap_or(i64::MAX))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Sealed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    sealed_secret: String,
}

/// The newest first. One that does not open signs nothing.
async fn live_secrets(
    tx: &mut TenantTx,
    key: &SecretKey,
    endpoint: WebhookEndpointId,
) -> Result<Vec<String>, DbError> {
    let rows: Vec<Sealed> = Statement::new(
        "SELECT id, sealed_secret FROM webhook_secrets WHERE tenant_id = $1 AND endpoint_id = $2 AND (expires_at IS NULL OR expires_at > now()) ORDER BY id DESC",
    )
    .bind(tx.tenant().as_uuid())
    .bind(endpoint.as_uuid())
    .load(tx.conn()?)
    .await?;
    let tenant = tx.tenant();
    let opened = rows.into_iter().filter_map(|row| {
        let secret = key.open(&sealed_place(tenant, row.id), &row.sealed_secret);
        secret
            .inspect_err(|error| tracing::error!(%error, tenant.id = %tenant, webhook.endpoint = %endpoint, "a webhook's secret does not open"))
            .ok()
    });
    Ok(opened.collect())
}

async fn start(
    tx: &mut TenantTx,
    delivery: WebhookDeliveryId,
    endpoint: &LockedEndpoint,
    due: Due,
    secrets: &[String],
) -> Result<Claimed, DbError> {
    let (attempt, lease) = (due.attempts.saturating_add(1), Uuid::now_v7());
    let (attempt_id, at) = (AttemptId::generate(), tx.now().timestamp());
    let event_id = due.event_id.to_string();
    let body = deliveries::body(due.event, due.occurred_at, &due.data);
    let signatures: Vec<String> = secrets
        .iter()
        .filter_map(|secret| signature(secret, &event_id, at, body.as_bytes()))
        .collect();
    let masked = vec!["v1,…"; signatures.len()].join(" ");
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        ("webhook-id", event_id),
        ("webhook-timestamp", at.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    let logged: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| match *name {
            "webhook-signature" => (*name, masked.as_str()),
            name => (name, value.as_str()),
        })
        .collect();
    Statement::new(
        "WITH begun AS (INSERT INTO webhook_attempts (tenant_id, id, delivery_id, attempt, started_at, url, request_headers) VALUES ($1, $6, $2, $3, $7, $8, $9)) \
         UPDATE webhook_deliveries SET status = 'SENDING', attempts = $3, lease_token = $4, lease_until = now() + $5 * interval '1 second' \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(delivery.as_uuid())
    .bind(attempt)
    .bind(lease)
    .bind(LEASE_S)
    .bind(attempt_id.as_uuid())
    .bind(tx.now())
    .bind(endpoint.url.as_str())
    .bind(json!(logged))
    .execute(tx.conn()?)
    .await?;
    Ok(Claimed {
        delivery,
        attempt,
        attempt_id,
        lease,
        actor: tx.actor().clone(),
        url: endpoint.url.clone(),
        headers,
        body,
    })
}
