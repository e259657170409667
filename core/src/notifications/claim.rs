//! Who may send a message now: a lease on its row.
//!
//! Claiming counts the attempt and writes it down before anybody is called, so that a crash shows and cannot repeat for
//! ever. The provider is called between two transactions, never inside one. Whoever finishes must still hold the lease
//! token; a process that slept through its lease changes nothing any more.
//!
//! Locks, in this order: the invoice's render (shared), the message.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use uuid::Uuid;
use vitaran_kernel::{AttemptId, DealerId, InvoiceId, NotificationId, OrderId};

use super::failed::tell_failed;
use super::{AttemptEvent, Channel, Event, NotificationStatus, SkipReason};
use crate::access::Actor;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::live::Subject;

/// Attempts at one message, crashed ones included. The fifth failure is the last.
pub const MAX_ATTEMPTS: i32 = 5;

/// How long one process may hold a message: more than the longest call of a provider, and short enough that a crashed
/// worker's messages go out within 90 seconds.
const LEASE_S: i64 = 60;

/// How often the end of an attempt is written again while the database is away. What was sent must not be forgotten.
const FINISH_TRIES: u32 = 5;
const FINISH_PAUSE: Duration = Duration::from_secs(2);

/// A message that is due, its row locked until the transaction ends.
#[derive(Debug, QueryableByName)]
pub(super) struct Due {
    #[diesel(sql_type = SqlUuid)]
    pub id: NotificationId,
    #[diesel(sql_type = Text)]
    pub event: Event,
    #[diesel(sql_type = SqlUuid)]
    pub order_id: OrderId,
    #[diesel(sql_type = SqlUuid)]
    pub dealer_id: DealerId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub invoice_id: Option<InvoiceId>,
    #[diesel(sql_type = Jsonb)]
    pub params: Value,
    #[diesel(sql_type = Nullable<Text>)]
    pub recipient: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub recipient_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub language: String,
    #[diesel(sql_type = Text)]
    pub status: NotificationStatus,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Array<Integer>)]
    pub refusals: Vec<i32>,
}

/// The codes a message `n` was refused with since it was queued. An accepted attempt clears the row's last error, and a
/// refusal may be reported after one, so the history is asked.
pub(super) const REFUSALS: &str = "ARRAY(SELECT DISTINCT a.error_code FROM notification_attempts a \
     WHERE a.tenant_id = n.tenant_id AND a.notification_id = n.id AND a.error_code IS NOT NULL AND NOT EXISTS \
     (SELECT FROM notification_attempts q WHERE q.tenant_id = a.tenant_id AND q.notification_id = a.notification_id \
      AND q.event = 'REQUEUED' AND q.id > a.id)) AS refusals";

/// A message that this process alone may send, until the lease runs out.
#[derive(Debug)]
pub(super) struct Claimed {
    pub due: Due,
    pub attempt: i32,
    actor: Actor,
    lease: Uuid,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Sent {
        message_id: Option<String>,
    },
    /// Try again after a while; the attempt counts.
    Again {
        after: Duration,
        code: Option<i32>,
        detail: String,
        /// Whether the message may have gone out all the same.
        is_unknown: bool,
    },
    /// Try again after a while; the message was not at fault, and the attempt does not count.
    Uncounted {
        after: Duration,
        code: Option<i32>,
        detail: String,
    },
    Failed {
        code: Option<i32>,
        detail: String,
    },
    Skipped(SkipReason),
}

impl Ending {
    fn status(&self) -> NotificationStatus {
        match self {
            Ending::Sent { .. } => NotificationStatus::Sent,
            Ending::Again { .. } | Ending::Uncounted { .. } => NotificationStatus::Pending,
            Ending::Failed { .. } => NotificationStatus::Failed,
            Ending::Skipped(_) => NotificationStatus::Skipped,
        }
    }

    fn attempt_event(&self) -> AttemptEvent {
        match self {
            Ending::Sent { .. } => AttemptEvent::Accepted,
            Ending::Again {
                is_unknown: true, ..
            } => AttemptEvent::Unknown,
            Ending::Again { .. }
            | Ending::Uncounted { .. }
            | Ending::Failed { .. }
            | Ending::Skipped(_) => AttemptEvent::Failed,
        }
    }

    fn after(&self) -> Option<Duration> {
        match self {
            Ending::Again { after, .. } | Ending::Uncounted { after, .. } => Some(*after),
            Ending::Sent { .. } | Ending::Failed { .. } | Ending::Skipped(_) => None,
        }
    }

    fn error(&self) -> (Option<i32>, Option<&str>) {
        match self {
            Ending::Again { code, detail, .. }
            | Ending::Uncounted { code, detail, .. }
            | Ending::Failed { code, detail } => (*code, Some(detail)),
            Ending::Skipped(reason) => (None, Some(reason.label())),
            Ending::Sent { .. } => (None, None),
        }
    }
}

/// Locks the message when it is due, nobody else is at it and its tenant is open.
pub(super) async fn lock_due(
    tx: &mut TenantTx,
    channel: Channel,
    id: NotificationId,
) -> Result<Option<Due>, DbError> {
    let rows: Vec<Due> = Statement::new(format!(
        "SELECT id, event, order_id, dealer_id, invoice_id, params, recipient, recipient_name, language, status, attempts, {REFUSALS} \
         FROM notification_logs n WHERE tenant_id = $1 AND id = $2 AND channel = $3 AND EXISTS (SELECT FROM tenants t WHERE t.id = n.tenant_id AND t.status = 'ACTIVE') \
         AND ((status = 'PENDING' AND next_attempt_at <= now()) OR (status = 'SENDING' AND lease_until < now())) \
         FOR UPDATE SKIP LOCKED",
    ))
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(channel.as_str())
    .load(tx.conn()?)
    .await?;
    let due = rows.into_iter().next();
    if let Some(due) = &due
        && due.status == NotificationStatus::Sending
    {
        // The lease of the attempt before ran out: it crashed, and nobody knows whether it had sent.
        record(
            tx,
            due.id,
            due.attempts,
            AttemptEvent::Crashed,
            None,
            Some("crashed while sending"),
        )
        .await?;
    }
    Ok(due)
}

/// Takes the message: counts the attempt and writes it down. `None` when none is left, and the message has failed.
pub(super) async fn start(tx: &mut TenantTx, due: Due) -> Result<Option<Claimed>, DbError> {
    if due.attempts >= MAX_ATTEMPTS {
        Statement::new(
            "UPDATE notification_logs SET status = 'FAILED', lease_token = NULL, lease_until = NULL, last_error_code = NULL, \
             last_error = 'crashed while sending' WHERE tenant_id = $1 AND id = $2",
        )
        .bind(tx.tenant().as_uuid())
        .bind(due.id.as_uuid())
        .execute(tx.conn()?)
        .await?;
        tell_failed(tx, due.id).await?;
        tx.changed(Subject::Notifications);
        return Ok(None);
    }
    let (attempt, lease) = (due.attempts.saturating_add(1), Uuid::now_v7());
    Statement::new(
        "UPDATE notification_logs SET status = 'SENDING', attempts = $3, lease_token = $4, lease_until = now() + $5 * interval '1 second' \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(due.id.as_uuid())
    .bind(attempt)
    .bind(lease)
    .bind(LEASE_S)
    .execute(tx.conn()?)
    .await?;
    record(tx, due.id, attempt, AttemptEvent::Started, None, None).await?;
    Ok(Some(Claimed {
        due,
        attempt,
        actor: tx.actor().clone(),
        lease,
    }))
}

/// Leaves the message for later without an attempt; `None` waits for its PDF.
pub(super) async fn put_off(
    tx: &mut TenantTx,
    due: &Due,
    after: Option<Duration>,
) -> Result<(), DbError> {
    Statement::new(
        "UPDATE notification_logs SET status = 'PENDING', lease_token = NULL, lease_until = NULL, \
         next_attempt_at = coalesce(now() + $3 * interval '1 second', 'infinity') WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(due.id.as_uuid())
    .bind(after.map(seconds))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Ends the message without an attempt: there is nobody to send it to, or nothing to send it with.
pub(super) async fn skip(tx: &mut TenantTx, due: &Due, reason: SkipReason) -> Result<(), DbError> {
    Statement::new(
        "UPDATE notification_logs SET status = 'SKIPPED', skip_reason = $3, lease_token = NULL, lease_until = NULL \
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(due.id.as_uuid())
    .bind(reason.as_str())
    .execute(tx.conn()?)
    .await?;
    tx.changed(Subject::Notifications);
    Ok(())
}

impl Claimed {
    /// Writes down how the attempt ended, if the lease is still ours; `false` when it is not. `also` runs in the same
    /// transaction, for what the ending means to others.
    pub(super) async fn finish(
        &self,
        db: &Db,
        ending: &Ending,
        also: &super::outcome::Consequence,
    ) -> Result<bool, DbError> {
        let mut tries = 1;
        loop {
            match self.try_finish(db, ending, also).await {
                Err(DbError::Unavailable(_) | DbError::Busy(_)) if tries < FINISH_TRIES => {
                    tries += 1;
                    tokio::time::sleep(FINISH_PAUSE).await;
                }
                answer => return answer,
            }
        }
    }

    async fn try_finish(
        &self,
        db: &Db,
        ending: &Ending,
        also: &super::outcome::Consequence,
    ) -> Result<bool, DbError> {
        let mut tx = db.begin_as(&self.actor).await?;
        if !self.end_row(&mut tx, ending).await? {
            tracing::warn!(notification.id = %self.due.id, tenant.id = %tx.tenant(), "an attempt ended after its lease; its result is left aside");
            return Ok(false);
        }
        let (code, detail) = ending.error();
        record(
            &mut tx,
            self.due.id,
            self.attempt,
            ending.attempt_event(),
            code,
            detail,
        )
        .await?;
        if matches!(ending, Ending::Failed { .. }) {
            tell_failed(&mut tx, self.due.id).await?;
        }
        also.apply(&mut tx, self.due.dealer_id, self.due.recipient.as_deref())
            .await?;
        tx.changed(Subject::Notifications);
        tx.commit().await?;
        Ok(true)
    }

    async fn end_row(&self, tx: &mut TenantTx, ending: &Ending) -> Result<bool, DbError> {
        let (code, detail) = ending.error();
        let attempts = match ending {
            Ending::Uncounted { .. } => self.attempt.saturating_sub(1),
            Ending::Sent { .. }
            | Ending::Again { .. }
            | Ending::Failed { .. }
            | Ending::Skipped(_) => self.attempt,
        };
        let (message_id, sent_at) = match ending {
            Ending::Sent { message_id } => (message_id.clone(), Some(tx.now())),
            _ => (None, None),
        };
        let skip_reason = match ending {
            Ending::Skipped(reason) => Some(reason.as_str().to_owned()),
            _ => None,
        };
        let changed = Statement::new(
            "UPDATE notification_logs SET status = $4, attempts = $5, next_attempt_at = now() + $6 * interval '1 second', \
             lease_token = NULL, lease_until = NULL, provider_message_id = coalesce($7, provider_message_id), \
             last_error_code = $8, last_error = $9, skip_reason = $10, sent_at = coalesce($11, sent_at) \
             WHERE tenant_id = $1 AND id = $2 AND lease_token = $3 AND status = 'SENDING'",
        )
        .bind(tx.tenant().as_uuid())
        .bind(self.due.id.as_uuid())
        .bind(self.lease)
        .bind(ending.status().as_str())
        .bind(attempts)
        .bind(ending.after().map_or(0, seconds))
        .bind(message_id)
        .bind(code)
        .bind(detail.map(str::to_owned))
        .bind(skip_reason)
        .bind(sent_at)
        .execute(tx.conn()?)
        .await?;
        Ok(changed > 0)
    }

    /// Takes a new lease for the receivers that are left, after one who was not served; `false` when the lease is no
    /// longer ours.
    pub(super) async fn renew(&self, db: &Db) -> Result<bool, DbError> {
        let mut tx = db.begin_as(&self.actor).await?;
        let is_ours = self.renew_in(&mut tx).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    /// As [`Claimed::renew`], and notes the receiver who was served, so that no later attempt serves them again.
    pub(super) async fn served(&self, db: &Db, receiver: &str) -> Result<bool, DbError> {
        let mut tx = db.begin_as(&self.actor).await?;
        if !self.renew_in(&mut tx).await? {
            return Ok(false);
        }
        record(
            &mut tx,
            self.due.id,
            self.attempt,
            AttemptEvent::Accepted,
            None,
            Some(receiver),
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn renew_in(&self, tx: &mut TenantTx) -> Result<bool, DbError> {
        let changed = Statement::new(
            "UPDATE notification_logs SET lease_until = now() + $4 * interval '1 second' \
             WHERE tenant_id = $1 AND id = $2 AND lease_token = $3 AND status = 'SENDING'",
        )
        .bind(tx.tenant().as_uuid())
        .bind(self.due.id.as_uuid())
        .bind(self.lease)
        .bind(LEASE_S)
        .execute(tx.conn()?)
        .await?;
        Ok(changed > 0)
    }
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// Adds a row to the history of a message.
pub(super) async fn record(
    tx: &mut TenantTx,
    id: NotificationId,
    attempt: i32,
    event: AttemptEvent,
    code: Option<i32>,
    detail: Option<&str>,
) -> Result<(), DbError> {
    Statement::new(
        "INSERT INTO notification_attempts (tenant_id, id, notification_id, attempt, event, error_code, detail, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(AttemptId::generate().as_uuid())
    .bind(id.as_uuid())
    .bind(attempt)
    .bind(event.as_str())
    .bind(code)
    .bind(detail.map(str::to_owned))
    .bind(tx.now())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
