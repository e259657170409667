//! Sending again what has come to an end, and trying an endpoint out.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vitaran_kernel::{WebhookDeliveryId, WebhookEndpointId, WebhookEventId};

use super::change::record;
use super::deliveries::find_delivery;
use super::query::lock;
use super::{DeliverWebhook, Delivery, EventType, WebhookError};
use crate::access::{Allowed, PlatformWebhooksManage};
use crate::audit::Change;
use crate::db::{Statement, TenantTx};
use crate::jobs::{insert_jobs_sql, job_row};
use crate::problem::{Faults, Invalid};

/// What is kept of the log, so the longest that a replay can reach back.
const MAX_DAYS: i64 = 30;
/// What is taken when nobody says otherwise.
const USUAL_HOURS: &str = "24";
/// Deliveries of one replay: they wait for the sweeper, which serves others between them.
const MAX_REPLAYED: i64 = 5_000;

const AGAIN: &str = "status = 'PENDING', attempts = 0, next_attempt_at = now(), lease_token = NULL, lease_until = NULL, \
     response_status = NULL, last_error = NULL, ended_at = NULL";

/// The form as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplayForm {
    /// Hours back; blank for 24.
    pub hours: String,
}

/// Since when what failed is sent again.
#[derive(Debug)]
pub struct ReplaySince(TimeDelta);

impl ReplayForm {
    pub fn parse(&self) -> Result<ReplaySince, Invalid> {
        let mut faults = Faults::new();
        let typed = match self.hours.trim() {
            "" => USUAL_HOURS,
            typed => typed,
        };
        let most = TimeDelta::days(MAX_DAYS).num_hours();
        let hours = typed
            .parse()
            .ok()
            .filter(|hours| (1..=most).contains(hours));
        let hours = hours.ok_or_else(|| format!("Enter 1 to {most} hours"));
        match faults.take("/hours", hours) {
            Some(hours) => Ok(ReplaySince(TimeDelta::hours(hours))),
            None => Err(faults.into_invalid()),
        }
    }
}

/// Sends one delivery again, with all its attempts, whether it had arrived or not.
pub async fn replay(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    id: WebhookDeliveryId,
) -> Result<Delivery, WebhookError> {
    let delivery = find_delivery(tx, id).await?;
    let endpoint = lock(tx, delivery.endpoint_id).await?;
    if endpoint.disabled_at.is_some() {
        return Err(WebhookError::Disabled);
    }
    let job = DeliverWebhook {
        tenant: tx.tenant(),
        delivery: id,
    };
    let again = Statement::new(format!(
        "UPDATE webhook_deliveries SET {AGAIN} WHERE tenant_id = $1 AND id = $2 AND status IN ('DELIVERED', 'FAILED')"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    if again == 0 {
        return Err(WebhookError::UnderWay);
    }
    crate::jobs::enqueue(tx, &job).await?;
    let change = Change::created(&json!({ "delivery": id, "event": delivery.event }));
    record(tx, "webhooks.replay", delivery.endpoint_id, change).await?;
    find_delivery(tx, id).await
}

/// What a replay of all that failed came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    pub deliveries: usize,
    /// One replay takes so many: others that failed are still to be sent again.
    pub has_more: bool,
}

/// Sends again all that failed since then, the oldest first, up to what one replay takes.
pub async fn replay_failed(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
    since: ReplaySince,
) -> Result<Replayed, WebhookError> {
    let endpoint = lock(tx, id).await?;
    if endpoint.disabled_at.is_some() {
        return Err(WebhookError::Disabled);
    }
    let since: DateTime<Utc> = tx.now() - since.0;
    let again = Statement::new(format!(
        "UPDATE webhook_deliveries SET {AGAIN} WHERE tenant_id = $1 AND id IN (SELECT id FROM webhook_deliveries \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND status = 'FAILED' AND created_at >= $3 ORDER BY id LIMIT $4)"
    ))
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(since)
    .bind(MAX_REPLAYED)
    .execute(tx.conn()?)
    .await?;
    let change = Change::created(&json!({ "since": since, "deliveries": again }));
    record(tx, "webhooks.replay_failed", id, change).await?;
    let took_all_it_takes = i64::try_from(again).is_ok_and(|again| again == MAX_REPLAYED);
    Ok(Replayed {
        deliveries: again,
        has_more: took_all_it_takes && has_failed_since(tx, id, since).await?,
    })
}

async fn has_failed_since(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    since: DateTime<Utc>,
) -> Result<bool, WebhookError> {
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = Bool)]
        is_some: bool,
    }
    let left: Left = Statement::new(
        "SELECT EXISTS (SELECT FROM webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2 AND status = 'FAILED' AND created_at >= $3) AS is_some",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(since)
    .get_result(tx.conn()?)
    .await?;
    Ok(left.is_some)
}

/// Sends a test to the endpoint, ahead of everything else.
pub async fn ping(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformWebhooksManage>,
    id: WebhookEndpointId,
) -> Result<Delivery, WebhookError> {
    let endpoint = lock(tx, id).await?;
    if endpoint.disabled_at.is_some() {
        return Err(WebhookError::Disabled);
    }
    let delivery = WebhookDeliveryId::generate();
    let mut job = job_row(&DeliverWebhook {
        tenant: tx.tenant(),
        delivery,
    });
    if let Some(job) = job.as_object_mut() {
        // Somebody waits for it.
        job.insert("priority".to_owned(), json!(1));
    }
    Statement::new(format!(
        "WITH event AS (INSERT INTO webhook_events (tenant_id, id, event, occurred_at, data) VALUES ($1, $2, $3, $4, $5)), \
         delivery AS (INSERT INTO webhook_deliveries (tenant_id, id, event_id, endpoint_id, created_at) VALUES ($1, $6, $2, $7, $4)) {}",
        insert_jobs_sql("$8")
    ))
    .bind(tx.tenant().as_uuid())
    .bind(WebhookEventId::generate().as_uuid())
    .bind(EventType::Ping.as_str())
    .bind(tx.now())
    .bind(json!({ "endpoint_id": id }))
    .bind(delivery.as_uuid())
    .bind(id.as_uuid())
    .bind(Value::Array(vec![job]))
    .execute(tx.conn()?)
    .await?;
    find_delivery(tx, delivery).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_reaches_back_a_day_unless_told_and_at_most_as_far_as_the_log() {
        let since = |hours: &str| {
            let form = ReplayForm {
                hours: hours.to_owned(),
            };
            form.parse().ok().map(|since| since.0.num_hours())
        };
        assert_eq!(since(""), Some(24));
        for (typed, hours) in [
            ("1", Some(1)),
            ("720", Some(720)),
            ("721", None),
            ("0", None),
            ("x", None),
        ] {
            assert_eq!(since(typed), hours, "{typed}");
        }
    }
}
