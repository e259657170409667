//! Changing an endpoint's secret: for a day both sign, so that the receiver can be changed meanwhile; then the older one is
//! dead. There are never more than two.

use chrono::TimeDelta;
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use uuid::Uuid;
use vitaran_kernel::WebhookEndpointId;

use super::change::{record, refuse_on_visit};
use super::query::{find, lock};
use super::secret::sealed_place;
use super::{Endpoint, EndpointSecret, OVERLAP_HOURS, WebhookError};
use crate::access::{Allowed, PlatformWebhooksManage};
use crate::audit::Change;
use crate::db::{Statement, TenantTx};
use crate::secrets::SecretKey;

/// An endpoint with the secret that was made.
#[derive(Debug)]
pub struct NewSecret {
    pub endpoint: Endpoint,
    pub secret: EndpointSecret,
}

pub(super) async fn insert_secret(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    key: &SecretKey,
    endpoint: WebhookEndpointId,
) -> Result<EndpointSecret, WebhookError> {
    let (id, secret) = (Uuid::now_v7(), EndpointSecret::generate()?);
    let sealed = key.seal(&sealed_place(tx.tenant(), id), secret.reveal())?;
    Statement::new(
        "INSERT INTO webhook_secrets (tenant_id, id, endpoint_id, sealed_secret, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id)
    .bind(endpoint.as_uuid())
    .bind(sealed)
    .bind(tx.now())
    .bind(by.actor().name())
    .execute(tx.conn()?)
    .await?;
    Ok(secret)
}

/// Makes a new secret. The one before it signs for another day; one that was before that stops at once.
pub async fn rotate(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    key: &SecretKey,
    id: WebhookEndpointId,
) -> Result<NewSecret, WebhookError> {
    refuse_on_visit(by)?;
    lock(tx, id).await?;
    end_those_before(tx, id).await?;
    // The database's clock says when it is over, as it says which secrets live.
    Statement::new(
        "UPDATE webhook_secrets SET expires_at = now() + $3 * interval '1 second' WHERE tenant_id = $1 AND endpoint_id = $2 AND expires_at IS NULL",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(TimeDelta::hours(OVERLAP_HOURS).num_seconds())
    .execute(tx.conn()?)
    .await?;
    let secret = insert_secret(tx, by, key, id).await?;
    let change = Change::created(&json!({ "older_signs_for_hours": OVERLAP_HOURS }));
    record(tx, "webhooks.secret.rotate", id, change).await?;
    let endpoint = find(tx, id).await?;
    Ok(NewSecret { endpoint, secret })
}

/// Ends the older secret before its time. Doing it twice changes nothing.
pub async fn end_older(
    tx: &mut TenantTx,
    by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
) -> Result<Endpoint, WebhookError> {
    refuse_on_visit(by)?;
    let before = lock(tx, id).await?;
    if before.secrets.len() < 2 {
        return Ok(before);
    }
    end_those_before(tx, id).await?;
    let change = Change::removed(&json!({ "older_secret": true }));
    record(tx, "webhooks.secret.end_older", id, change).await?;
    find(tx, id).await
}

/// All but the newest.
async fn end_those_before(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<(), WebhookError> {
    Statement::new("DELETE FROM webhook_secrets WHERE tenant_id = $1 AND endpoint_id = $2 AND expires_at IS NOT NULL")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
