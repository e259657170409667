//! The log of messages: a list with filters, and one message with its history.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DealerId, InvoiceId, NotificationId, OrderId};

use super::{AttemptEvent, Channel, Event, NotificationStatus, SkipReason};
use crate::access::{Allowed, PlatformNotificationsRead};
use crate::db::{CursorError, DbError, Page, Paged, Statement, TenantTx};
use crate::problem::{Kind, Problem};

/// One message. `recipient` is personal data: show it masked in lists.
#[derive(Debug, Clone, QueryableByName)]
pub struct Notification {
    #[diesel(sql_type = SqlUuid)]
    pub id: NotificationId,
    #[diesel(sql_type = Text)]
    pub event: Event,
    #[diesel(sql_type = Text)]
    pub channel: Channel,
    #[diesel(sql_type = Text)]
    pub status: NotificationStatus,
    #[diesel(sql_type = Nullable<Text>)]
    pub skip_reason: Option<SkipReason>,
    #[diesel(sql_type = SqlUuid)]
    pub order_id: OrderId,
    #[diesel(sql_type = Text)]
    pub order_number: String,
    #[diesel(sql_type = SqlUuid)]
    pub dealer_id: DealerId,
    #[diesel(sql_type = Text)]
    pub dealer_name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub invoice_id: Option<InvoiceId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub recipient: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub recipient_name: Option<String>,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// When it is tried next, for a waiting message; `None` while it waits for its PDF.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next_attempt_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Integer>)]
    pub last_error_code: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub delivered_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub read_at: Option<DateTime<Utc>>,
}

impl Notification {
    /// Whether [`super::requeue`] has anything to do for it.
    #[must_use]
    pub fn can_requeue(&self) -> bool {
        matches!(
            self.status,
            NotificationStatus::Failed | NotificationStatus::Skipped
        )
    }
}

/// A line of a message's history, oldest first.
#[derive(Debug, Clone, QueryableByName)]
pub struct NotificationAttempt {
    #[diesel(sql_type = Integer)]
    pub attempt: i32,
    #[diesel(sql_type = Text)]
    pub event: AttemptEvent,
    #[diesel(sql_type = Nullable<Integer>)]
    pub error_code: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    pub detail: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone)]
pub struct NotificationDetail {
    pub notification: Notification,
    pub attempts: Vec<NotificationAttempt>,
}

#[derive(Debug, Clone, Default)]
pub struct NotificationFilter {
    pub status: Option<NotificationStatus>,
    pub channel: Option<Channel>,
    pub event: Option<Event>,
    pub dealer: Option<DealerId>,
    pub order: Option<OrderId>,
    /// The beginning of an order number, or its running number alone.
    pub q: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NotificationLogError {
    #[error("There is no such message")]
    NotFound,
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for NotificationLogError {
    fn from(error: diesel::result::Error) -> Self {
        NotificationLogError::Db(error.into())
    }
}

impl Problem for NotificationLogError {
    fn kind(&self) -> Kind {
        match self {
            NotificationLogError::NotFound => Kind::NotFound,
            NotificationLogError::Cursor(_) => Kind::Invalid,
            NotificationLogError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            NotificationLogError::NotFound => "notifications.not_found",
            NotificationLogError::Cursor(_) => CursorError::CODE,
            NotificationLogError::Db(error) => error.code(),
        }
    }
}

const SELECT: &str = "SELECT n.id, n.event, n.channel, n.status, n.skip_reason, n.order_id, o.number AS order_number, n.dealer_id, \
     coalesce(d.trade_name, d.legal_name) AS dealer_name, n.invoice_id, n.recipient, n.recipient_name, n.attempts, \
     CASE WHEN n.status = 'PENDING' THEN nullif(n.next_attempt_at, 'infinity') END AS next_attempt_at, n.last_error_code, n.last_error, \
     n.created_at, n.sent_at, n.delivered_at, n.read_at \
     FROM notification_logs n JOIN orders o ON o.tenant_id = n.tenant_id AND o.id = n.order_id \
     JOIN dealers d ON d.tenant_id = n.tenant_id AND d.id = n.dealer_id WHERE n.tenant_id = $1";

/// A page of the log, newest first.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformNotificationsRead>,
    filter: &NotificationFilter,
    page: &Page,
) -> Result<Paged<Notification>, NotificationLogError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let NotificationFilter {
        status,
        channel,
        event,
        dealer,
        order,
        q,
    } = filter;
    tx.push_own_locations(&mut statement, "o.location_id");
    let words = [
        ("status", status.map(NotificationStatus::as_str)),
        ("channel", channel.map(Channel::as_str)),
        ("event", event.map(Event::as_str)),
    ];
    for (column, value) in words {
        if let Some(value) = value {
            let value = statement.push_bind(value);
            statement.push_sql(&format!(" AND n.{column} = {value}"));
        }
    }
    let ids = [
        ("dealer_id", dealer.map(DealerId::as_uuid)),
        ("order_id", order.map(OrderId::as_uuid)),
    ];
    for (column, value) in ids {
        if let Some(value) = value {
            let value = statement.push_bind(value);
            statement.push_sql(&format!(" AND n.{column} = {value}"));
        }
    }
    let q = q.trim().to_uppercase();
    if let Ok(running) = q.parse::<u32>() {
        let suffix = statement.push_bind(format!("/{running:06}"));
        statement.push_sql(&format!(" AND right(o.number, 7) = {suffix}"));
    } else if !q.is_empty() {
        let (from, to) = (
            statement.push_bind(q.clone()),
            statement.push_bind(format!("{q}\u{10FFFF}")),
        );
        statement.push_sql(&format!(" AND o.number >= {from} AND o.number < {to}"));
    }
    if let Some(cursor) = &page.after {
        let (at, id): (DateTime<Utc>, NotificationId) = cursor.key()?;
        let (at, id) = (statement.push_bind(at), statement.push_bind(id.as_uuid()));
        statement.push_sql(&format!(" AND (n.created_at, n.id) < ({at}, {id})"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(
        " ORDER BY n.created_at DESC, n.id DESC LIMIT {limit}"
    ));
    let rows = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(
        rows,
        page.limit,
        |row: &Notification| (row.created_at, row.id),
    ))
}

/// One message with its history.
pub async fn load(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformNotificationsRead>,
    id: NotificationId,
) -> Result<NotificationDetail, NotificationLogError> {
    let notification = find(tx, id).await?.ok_or(NotificationLogError::NotFound)?;
    let attempts = Statement::new(
        "SELECT attempt, event, error_code, detail, at FROM notification_attempts WHERE tenant_id = $1 AND notification_id = $2 ORDER BY id",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(NotificationDetail {
        notification,
        attempts,
    })
}

pub(super) async fn find(
    tx: &mut TenantTx,
    id: NotificationId,
) -> Result<Option<Notification>, DbError> {
    let rows = Statement::new(format!("{SELECT} AND n.id = $2"))
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().next())
}
