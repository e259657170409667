//! Messages that are due, of all tenants: what the sweeper sends when no queue job has.
//!
//! Fair: the first of every tenant come before the second of any, and one tenant's backlog takes no more than its share
//! of a sweep. Those of a suspended tenant wait until it is restored.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{NotificationId, TenantId};

use super::Channel;
use crate::db::{Db, DbError, Statement};

/// Messages found in one sweep, at most.
pub const PER_SWEEP: i64 = 100;
/// Messages of one tenant in one sweep, at most.
pub const PER_TENANT: i64 = 10;

/// A message to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct DueMessage {
    #[diesel(sql_type = SqlUuid)]
    pub tenant: TenantId,
    #[diesel(sql_type = SqlUuid)]
    pub notification: NotificationId,
}

/// Finds what has been due on a channel for as long as `grace`, which the queue had to wake it first. Only the worker's role sees more than nothing.
pub async fn due_messages(
    db: &Db,
    channel: Channel,
    grace: Duration,
) -> Result<Vec<DueMessage>, DbError> {
    let mut tx = db.begin_platform().await?;
    tx.see_all_dealers().await?;
    let rows = Statement::new(
        "SELECT tenant, notification FROM ( \
             SELECT tenant_id AS tenant, id AS notification, next_attempt_at, \
                    row_number() OVER (PARTITION BY tenant_id ORDER BY next_attempt_at, id) AS place \
             FROM notification_logs n WHERE channel = $1 AND EXISTS (SELECT FROM tenants t WHERE t.id = n.tenant_id AND t.status = 'ACTIVE') \
             AND ((status = 'PENDING' AND next_attempt_at <= now() - $2 * interval '1 second') OR (status = 'SENDING' AND lease_until < now())) \
         ) due WHERE place <= $3 ORDER BY place, next_attempt_at LIMIT $4",
    )
    .bind(channel.as_str())
    .bind(i64::try_from(grace.as_secs()).unwrap_or(i64::MAX))
    .bind(PER_TENANT)
    .bind(PER_SWEEP)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(rows)
}
