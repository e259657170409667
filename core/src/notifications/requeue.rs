//! Sending a message again that had come to an end without arriving, to where the dealer can be reached now.
//!
//! Locks, in this order: the invoice's render (shared), the message.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, NotificationId};

use super::claim::record;
use super::log::find;
use super::pdf::{self, PdfState};
use super::{AttemptEvent, Channel, Event, Notification, NotificationStatus, SkipReason};
use crate::access::{Allowed, PlatformNotificationsRequeue};
use crate::db::{DbError, Statement, TenantTx};
use crate::live::Subject;
use crate::problem::{Kind, Problem};

#[derive(Debug, thiserror::Error)]
pub enum RequeueError {
    #[error("There is no such message")]
    NotFound,
    #[error("Only a failed or skipped message can be sent again, and this one is {}", .status.label().to_lowercase())]
    WrongState { status: NotificationStatus },
    #[error("{} yet", .reason.label())]
    StillUnreachable { reason: SkipReason },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for RequeueError {
    fn from(error: diesel::result::Error) -> Self {
        RequeueError::Db(error.into())
    }
}

impl Problem for RequeueError {
    fn kind(&self) -> Kind {
        match self {
            RequeueError::NotFound => Kind::NotFound,
            RequeueError::WrongState { .. } | RequeueError::StillUnreachable { .. } => {
                Kind::Conflict
            }
            RequeueError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RequeueError::NotFound => "notifications.not_found",
            RequeueError::WrongState { .. } => "notifications.wrong_state",
            RequeueError::StillUnreachable { .. } => "notifications.unreachable",
            RequeueError::Db(error) => error.code(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            RequeueError::WrongState { status } => {
                serde_json::Map::from_iter([("status".to_owned(), status.as_str().into())])
            }
            RequeueError::StillUnreachable { reason } => {
                serde_json::Map::from_iter([("reason".to_owned(), reason.as_str().into())])
            }
            RequeueError::NotFound | RequeueError::Db(_) => serde_json::Map::new(),
        }
    }
}

#[derive(QueryableByName)]
struct Ended {
    #[diesel(sql_type = Text)]
    event: Event,
    #[diesel(sql_type = Text)]
    channel: Channel,
    #[diesel(sql_type = Text)]
    status: NotificationStatus,
    #[diesel(sql_type = SqlUuid)]
    dealer_id: DealerId,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

#[derive(QueryableByName)]
struct Reach {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    phone: Option<String>,
    #[diesel(sql_type = Bool)]
    has_opted_in: bool,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
}

/// Queues the message again, with all its attempts.
pub async fn requeue(
    tx: &mut TenantTx,
    by: &Allowed<PlatformNotificationsRequeue>,
    id: NotificationId,
) -> Result<Notification, RequeueError> {
    let render = pdf::hold_render(tx, id).await?;
    let rows: Vec<Ended> = Statement::new(
        "SELECT event, channel, status, dealer_id, attempts FROM notification_logs WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .load(tx.conn()?)
    .await?;
    let ended = rows.into_iter().next().ok_or(RequeueError::NotFound)?;
    if !matches!(
        ended.status,
        NotificationStatus::Failed | NotificationStatus::Skipped
    ) {
        return Err(RequeueError::WrongState {
            status: ended.status,
        });
    }
    let (recipient, name) = recipient(&ended, reach(tx, ended.dealer_id).await?)
        .map_err(|reason| RequeueError::StillUnreachable { reason })?;
    let waits = ended.event == Event::OrderDispatched && render == PdfState::Awaited;
    Statement::new(
        "UPDATE notification_logs SET status = 'PENDING', skip_reason = NULL, attempts = 0, recipient = $3, recipient_name = $4, \
         next_attempt_at = CASE WHEN $5 THEN 'infinity' ELSE now() END, last_error_code = NULL, last_error = NULL, \
         provider_message_id = NULL, lease_token = NULL, lease_until = NULL WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(recipient)
    .bind(name)
    .bind(waits)
    .execute(tx.conn()?)
    .await?;
    let detail = format!("by {}", by.actor().name());
    record(
        tx,
        id,
        ended.attempts,
        AttemptEvent::Requeued,
        None,
        Some(&detail),
    )
    .await?;
    if !waits {
        pdf::wake(tx, id, ended.channel).await?;
    }
    tx.changed(Subject::Notifications);
    find(tx, id).await?.ok_or(RequeueError::NotFound)
}

async fn reach(tx: &mut TenantTx, dealer: DealerId) -> Result<Reach, DbError> {
    Ok(Statement::new(
        "SELECT coalesce(d.trade_name, d.legal_name) AS name, p.phone, p.whatsapp_opt_in_at IS NOT NULL AS has_opted_in, \
         coalesce(d.email, p.email) AS email FROM dealers d \
         LEFT JOIN dealer_contacts p ON p.tenant_id = d.tenant_id AND p.dealer_id = d.id AND p.is_primary AND p.is_active \
         WHERE d.tenant_id = $1 AND d.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(dealer.as_uuid())
    .get_result(tx.conn()?)
    .await?)
}

/// Where the message goes now. The sales team's addresses are found when it is sent.
fn recipient(ended: &Ended, reach: Reach) -> Result<(Option<String>, Option<String>), SkipReason> {
    match (ended.channel, ended.event) {
        (Channel::Email, Event::OrderPlaced) => Ok((None, None)),
        (Channel::Email, _) => match reach.email {
            Some(email) => Ok((Some(email), Some(reach.name))),
            None => Err(SkipReason::NoEmail),
        },
        (Channel::Whatsapp, _) => match reach.phone {
            Some(phone) if reach.has_opted_in => Ok((Some(phone), Some(reach.name))),
            Some(_) => Err(SkipReason::NoOptIn),
            None => Err(SkipReason::NoPhone),
        },
    }
}
