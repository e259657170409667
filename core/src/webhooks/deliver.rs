//! Sending one delivery: claim, post, finish. What the answer means for the endpoint is written with it: failures in a row
//! are counted, and one that is gone or dead for days is switched off.

use std::time::{Duration, Instant};

use bytes::Bytes;
use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;
use rand::Rng as _;
use url::Url;

use super::change::{record, switch_off};
use super::claim::{self, Claim, Claimed, LockedEndpoint};
use super::outcome::{Ending, MAX_JITTER, judge, pause_after};
use super::query::find;
use super::{DeliverWebhook, DisabledReason, WebhookError};
use crate::access::Actor;
use crate::account_mails::{self, AccountMail};
use crate::audit::Change;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::jobs::{Job as _, Outcome};
use crate::ports::{WebhookAnswer, WebhookFailure, WebhookPost, WebhookSender};
use crate::secrets::SecretKey;

/// Below the lease, and above what the sender allows itself.
const SEND_LIMIT: Duration = Duration::from_secs(40);

/// An endpoint that took nothing for so long is switched off.
const DEAD_AFTER_DAYS: i32 = 5;

/// A failure that comes so long after the one before begins a new count: no delivery waits as long between two tries, so nothing
/// was sent there meanwhile.
const QUIET_HOURS: i32 = 24;

/// How often the end of an attempt is written again while the database is away.
const FINISH_TRIES: u32 = 5;
const FINISH_PAUSE: Duration = Duration::from_secs(2);

/// What came of a post.
struct Sent {
    answer: Result<WebhookAnswer, WebhookFailure>,
    ending: Ending,
    took: Duration,
}

/// Delivers one event to one endpoint if it is due and nobody else is at it.
pub async fn deliver_webhook_now(
    db: &Db,
    sender: &dyn WebhookSender,
    key: &SecretKey,
    job: &DeliverWebhook,
) -> Result<Outcome, DbError> {
    let mut tx = db
        .begin_as(&Actor::system(job.tenant, DeliverWebhook::QUEUE))
        .await?;
    let claimed = claim::claim(&mut tx, key, job.delivery).await?;
    tx.commit().await?;
    let claimed = match claimed {
        Claim::Take(claimed) => claimed,
        Claim::Over(why) => return Ok(Outcome::Cancel(why.to_owned())),
    };
    let post = WebhookPost {
        url: claimed.url.clone(),
        headers: claimed.headers.clone(),
        body: Bytes::from(claimed.body.clone()),
    };
    let began = Instant::now();
    let answer = tokio::time::timeout(SEND_LIMIT, sender.post(&post)).await;
    let answer = answer.unwrap_or_else(|_| {
        Err(WebhookFailure::NoAnswer(
            "It took too long to answer".to_owned(),
        ))
    });
    let jitter = rand::rng().random_range(0..=MAX_JITTER);
    let sent = Sent {
        ending: judge(&answer, claimed.attempt, jitter),
        answer,
        took: began.elapsed(),
    };
    let mut tries = 1;
    loop {
        match finish(db, &claimed, &sent).await {
            Err(DbError::Unavailable(_) | DbError::Busy(_)) if tries < FINISH_TRIES => {
                tries += 1;
                tokio::time::sleep(FINISH_PAUSE).await;
            }
            Err(error) => return Err(error),
            Ok(false) => return Ok(Outcome::Cancel("the lease had run out".to_owned())),
            Ok(true) => {
                return Ok(match sent.ending {
                    Ending::Delivered => Outcome::Done,
                    other => Outcome::Cancel(other.detail().unwrap_or_default().to_owned()),
                });
            }
        }
    }
}

/// Writes down how the attempt ended, if the lease is still ours; `false` when it is not.
async fn finish(db: &Db, claimed: &Claimed, sent: &Sent) -> Result<bool, DbError> {
    let mut tx = db.begin_as(&claimed.actor).await?;
    let Some(endpoint) = claim::lock_endpoint_of(&mut tx, claimed.delivery).await? else {
        return Ok(false);
    };
    // Who was switched off meanwhile is not tried again.
    let ending = match &sent.ending {
        Ending::Again { detail, .. } if endpoint.is_disabled => Ending::Failed {
            detail: detail.clone(),
        },
        other => other.clone(),
    };
    if !end_delivery(&mut tx, claimed, sent, &ending).await? {
        tracing::warn!(webhook.delivery = %claimed.delivery, tenant.id = %tx.tenant(), "an attempt ended after its lease; its result is left aside");
        return Ok(false);
    }
    if !endpoint.is_disabled {
        judge_endpoint(&mut tx, &endpoint, &ending).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn end_delivery(
    tx: &mut TenantTx,
    claimed: &Claimed,
    sent: &Sent,
    ending: &Ending,
) -> Result<bool, DbError> {
    let (status, after, ended_at) = match ending {
        Ending::Delivered => ("DELIVERED", Duration::ZERO, Some(tx.now())),
        Ending::Again { after, .. } => ("PENDING", *after, None),
        Ending::Failed { .. } | Ending::Gone => ("FAILED", Duration::ZERO, Some(tx.now())),
    };
    let (code, body) = match &sent.answer {
        Ok(answer) => (Some(i32::from(answer.status)), Some(answer.body.clone())),
        Err(_) => (None, None),
    };
    let changed = Statement::new(
        "WITH ours AS ( \
             UPDATE webhook_deliveries SET status = $4, next_attempt_at = now() + $5 * interval '1 second', ended_at = $6, response_status = $7, \
                 last_error = $8, lease_token = NULL, lease_until = NULL \
             WHERE tenant_id = $1 AND id = $2 AND lease_token = $3 AND status = 'SENDING' RETURNING id) \
         UPDATE webhook_attempts SET duration_ms = $9, response_status = $7, response_body = $10, error = $11 \
         WHERE tenant_id = $1 AND id = $12 AND delivery_id IN (SELECT id FROM ours)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(claimed.delivery.as_uuid())
    .bind(claimed.lease)
    .bind(status)
    .bind(i64::try_from(after.as_secs()).unwrap_or(i64::MAX))
    .bind(ended_at)
    .bind(code)
    .bind(ending.detail().map(str::to_owned))
    .bind(i32::try_from(sent.took.as_millis()).unwrap_or(i32::MAX))
    .bind(body)
    .bind(sent.answer.as_ref().err().map(ToString::to_string))
    .bind(claimed.attempt_id.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(changed > 0)
}

#[derive(QueryableByName)]
struct Health {
    #[diesel(sql_type = Bool)]
    is_dead: bool,
}

/// Closes or opens the circuit, and switches off what is gone or has been dead for days.
async fn judge_endpoint(
    tx: &mut TenantTx,
    endpoint: &LockedEndpoint,
    ending: &Ending,
) -> Result<(), DbError> {
    match ending {
        Ending::Delivered if endpoint.failures == 0 => Ok(()),
        Ending::Delivered => {
            Statement::new(
                "UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, paused_until = NULL WHERE tenant_id = $1 AND id = $2",
            )
            .bind(tx.tenant().as_uuid())
            .bind(endpoint.id.as_uuid())
            .execute(tx.conn()?)
            .await?;
            Ok(())
        }
        Ending::Gone => disable(tx, endpoint, DisabledReason::Gone).await,
        Ending::Again { .. } | Ending::Failed { .. } => {
            let failures = endpoint.failures.saturating_add(1);
            let pause = pause_after(failures).map(|pause| pause.as_secs());
            let health: Health = Statement::new(
                "UPDATE webhook_endpoints SET failures = $3, last_failed_at = now(), paused_until = now() + $4 * interval '1 second', \
                     failing_since = CASE WHEN last_failed_at > now() - $6 * interval '1 hour' THEN coalesce(failing_since, now()) ELSE now() END \
                 WHERE tenant_id = $1 AND id = $2 \
                 RETURNING failing_since < now() - $5 * interval '1 day' AS is_dead",
            )
            .bind(tx.tenant().as_uuid())
            .bind(endpoint.id.as_uuid())
            .bind(failures)
            .bind(pause.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)))
            .bind(DEAD_AFTER_DAYS)
            .bind(QUIET_HOURS)
            .get_result(tx.conn()?)
            .await?;
            if health.is_dead {
                return disable(tx, endpoint, DisabledReason::Failing).await;
            }
            Ok(())
        }
    }
}

async fn disable(
    tx: &mut TenantTx,
    endpoint: &LockedEndpoint,
    reason: DisabledReason,
) -> Result<(), DbError> {
    let db_error = |error: WebhookError| match error {
        WebhookError::Db(error) => error,
        other => internal(other),
    };
    let before = find(tx, endpoint.id).await.map_err(db_error)?;
    switch_off(tx, endpoint.id, reason).await?;
    let after = find(tx, endpoint.id).await.map_err(db_error)?;
    let change = Change::updated(&before.told(), &after.told());
    record(tx, "webhooks.deactivate", endpoint.id, change).await?;
    let why = match reason {
        DisabledReason::Failing => format!("took nothing for {DEAD_AFTER_DAYS} days"),
        DisabledReason::Gone | DisabledReason::ByHand => "said that it is gone for good".to_owned(),
    };
    let what = format!("{} {why}", host_of(&endpoint.url));
    let mail = || AccountMail::WebhookOff { what: &what };
    account_mails::queue_to_administrators(tx, mail).await?;
    tracing::warn!(webhook.endpoint = %endpoint.id, tenant.id = %tx.tenant(), reason = reason.as_str(), "a webhook endpoint was switched off");
    Ok(())
}

/// Never the whole address: what stands behind the host may be a secret.
fn host_of(url: &str) -> String {
    let host = Url::parse(url).ok();
    let host = host.as_ref().and_then(Url::host_str);
    host.unwrap_or("An endpoint").to_owned()
}

fn internal(error: impl std::fmt::Display) -> DbError {
    DbError::Other(diesel::result::Error::QueryBuilderError(
        error.to_string().into(),
    ))
}
