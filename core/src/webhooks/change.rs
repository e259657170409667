//! Making, changing, switching and removing endpoints. A secret is given to whoever made the endpoint, in this one answer,
//! and shown to nobody afterwards.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Text, WebhookEndpointId};

use super::query::{find, lock};
use super::rotate::insert_secret;
use super::{
    DisabledReason, Endpoint, EndpointSecret, EventType, MAX_ENDPOINTS, NewEndpoint, WebhookError,
};
use crate::access::{Allowed, PlatformWebhooksManage};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::problem::{Fault, Invalid};
use crate::secrets::SecretKey;

/// An endpoint with its secret.
#[derive(Debug)]
pub struct MadeEndpoint {
    pub endpoint: Endpoint,
    pub secret: EndpointSecret,
}

pub(super) fn refuse_on_visit(by: &Allowed<PlatformWebhooksManage>) -> Result<(), WebhookError> {
    match by.actor().impersonation() {
        Some(_) => Err(WebhookError::OnVisit),
        None => Ok(()),
    }
}

/// Adds an endpoint, which is told of events from now on.
pub async fn create(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    key: &SecretKey,
    input: NewEndpoint,
) -> Result<MadeEndpoint, WebhookError> {
    refuse_on_visit(by)?;
    refuse_too_many(tx).await?;
    let id = WebhookEndpointId::generate();
    Statement::new(
        "INSERT INTO webhook_endpoints (tenant_id, id, url, description, events, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(input.url.as_str())
    .bind(text(input.description.as_ref()))
    .bind(codes(&input.events))
    .bind(tx.now())
    .bind(by.actor().name())
    .execute(tx.conn()?)
    .await?;
    subscribe(tx, id).await?;
    let secret = insert_secret(tx, by, key, id).await?;
    let endpoint = find(tx, id).await?;
    let change = Change::created(&endpoint.told());
    record(tx, "webhooks.create", id, change).await?;
    Ok(MadeEndpoint { endpoint, secret })
}

async fn refuse_too_many(tx: &mut TenantTx) -> Result<(), WebhookError> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    tx.one_at_a_time("webhook_endpoints").await?;
    let there: Count = Statement::new(
        "SELECT count(*) AS count FROM webhook_endpoints WHERE tenant_id = $1 AND removed_at IS NULL",
    )
    .bind(tx.tenant().as_uuid())
    .get_result(tx.conn()?)
    .await?;
    if usize::try_from(there.count).is_ok_and(|count| count < MAX_ENDPOINTS) {
        return Ok(());
    }
    let detail =
        format!("There are {MAX_ENDPOINTS} endpoints already: remove one that nobody needs");
    Err(Invalid {
        faults: vec![Fault::new("", "too_many", detail)],
    }
    .into())
}

/// Changes address, description and events. With a new address the failures of the old one are forgotten.
pub async fn update(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
    expected: i32,
    input: NewEndpoint,
) -> Result<Endpoint, WebhookError> {
    refuse_on_visit(by)?;
    let before = lock(tx, id).await?;
    check_version(&before, Some(expected))?;
    Statement::new(
        "UPDATE webhook_endpoints SET url = $3, description = $4, events = $5, version = version + 1, \
             failures = CASE WHEN url = $3 THEN failures ELSE 0 END, \
             failing_since = CASE WHEN url = $3 THEN failing_since END, \
             paused_until = CASE WHEN url = $3 THEN paused_until END \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(input.url.as_str())
    .bind(text(input.description.as_ref()))
    .bind(codes(&input.events))
    .execute(tx.conn()?)
    .await?;
    subscribe(tx, id).await?;
    let after = find(tx, id).await?;
    let change = Change::updated(&before.told(), &after.told());
    record(tx, "webhooks.update", id, change).await?;
    Ok(after)
}

/// Switches an endpoint on, with nothing held against it. What happened meanwhile it never hears of; what had failed can
/// be replayed. Doing it twice changes nothing.
pub async fn activate(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
    expected: Option<i32>,
) -> Result<Endpoint, WebhookError> {
    refuse_on_visit(by)?;
    let before = lock(tx, id).await?;
    check_version(&before, expected)?;
    if before.disabled_at.is_none() {
        return Ok(before);
    }
    Statement::new(
        "UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = NULL, version = version + 1, failures = 0, \
             failing_since = NULL, paused_until = NULL WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    subscribe(tx, id).await?;
    let after = find(tx, id).await?;
    let change = Change::updated(&before.told(), &after.told());
    record(tx, "webhooks.activate", id, change).await?;
    Ok(after)
}

/// Switches an endpoint off: it hears of nothing more, and what waits for it has failed. Doing it twice changes nothing.
pub async fn deactivate(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
    expected: Option<i32>,
) -> Result<Endpoint, WebhookError> {
    let before = lock(tx, id).await?;
    check_version(&before, expected)?;
    if before.disabled_at.is_some() {
        return Ok(before);
    }
    switch_off(tx, id, DisabledReason::ByHand).await?;
    Statement::new(
        "UPDATE webhook_endpoints SET version = version + 1 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    let after = find(tx, id).await?;
    let change = Change::updated(&before.told(), &after.told());
    record(tx, "webhooks.deactivate", id, change).await?;
    Ok(after)
}

/// The rows of an endpoint that is switched off, whoever does it. The caller holds its lock.
pub(super) async fn switch_off(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    reason: DisabledReason,
) -> Result<(), DbError> {
    Statement::new(
        "WITH off AS (UPDATE webhook_endpoints SET disabled_at = $3, disabled_reason = $4, paused_until = NULL WHERE tenant_id = $1 AND id = $2), \
         unheard AS (DELETE FROM webhook_subscriptions WHERE tenant_id = $1 AND endpoint_id = $2) \
         UPDATE webhook_deliveries SET status = 'FAILED', ended_at = $3, last_error = 'The endpoint was switched off', lease_token = NULL, lease_until = NULL \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND status = 'PENDING'",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(tx.now())
    .bind(reason.as_str())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Removes an endpoint with its secrets and its log. What it was stays in the audit log. The row and the log are only put out
/// of sight here, and go when the house is kept ([`super::clear_removed`]): an order that is told to it just now leads to the
/// row, and thirty days of a log are too much for one statement.
pub async fn remove(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
    expected: Option<i32>,
) -> Result<Endpoint, WebhookError> {
    refuse_on_visit(by)?;
    let before = lock(tx, id).await?;
    check_version(&before, expected)?;
    Statement::new(
        "WITH unheard AS (DELETE FROM webhook_subscriptions WHERE tenant_id = $1 AND endpoint_id = $2), \
         unsigned AS (DELETE FROM webhook_secrets WHERE tenant_id = $1 AND endpoint_id = $2) \
         UPDATE webhook_endpoints SET removed_at = $3, disabled_at = coalesce(disabled_at, $3), disabled_reason = coalesce(disabled_reason, $4), \
             paused_until = NULL WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(tx.now())
    .bind(DisabledReason::ByHand.as_str())
    .execute(tx.conn()?)
    .await?;
    let change = Change::removed(&before.told());
    record(tx, "webhooks.remove", id, change).await?;
    Ok(before)
}

/// Makes the list of who listens what the endpoint's row says.
async fn subscribe(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<(), DbError> {
    Statement::new(
        "DELETE FROM webhook_subscriptions s WHERE s.tenant_id = $1 AND s.endpoint_id = $2 AND NOT EXISTS \
         (SELECT FROM webhook_endpoints e WHERE e.tenant_id = $1 AND e.id = $2 AND s.event = ANY (e.events))",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Statement::new(
        "INSERT INTO webhook_subscriptions (tenant_id, event, endpoint_id) SELECT e.tenant_id, unnest(e.events), e.id FROM webhook_endpoints e \
         WHERE e.tenant_id = $1 AND e.id = $2 AND e.disabled_at IS NULL ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

fn check_version(endpoint: &Endpoint, expected: Option<i32>) -> Result<(), WebhookError> {
    match expected {
        Some(expected) if expected != endpoint.version => Err(WebhookError::Stale {
            found: endpoint.version,
        }),
        _ => Ok(()),
    }
}

fn codes(events: &[EventType]) -> Vec<String> {
    events
        .iter()
        .map(|event| event.as_str().to_owned())
        .collect()
}

fn text(description: Option<&Text<200>>) -> String {
    description.map(ToString::to_string).unwrap_or_default()
}

pub(super) async fn record(
    tx: &mut TenantTx,
    action: &str,
    id: WebhookEndpointId,
    change: Change,
) -> Result<(), DbError> {
    audit::record(tx, action, "webhook_endpoint", Some(id.as_uuid()), change).await
}
