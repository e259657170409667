//! Deliveries that are due, of all tenants. Fair: the first of every endpoint come before the second of any, so that a
//! backlog for one delays no other. Those of a suspended tenant wait until it is restored.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{TenantId, WebhookDeliveryId};

use super::DeliverWebhook;
use crate::db::{Db, DbError, Statement};

/// Deliveries found in one sweep, at most.
const PER_SWEEP: i64 = 200;
/// Deliveries to one endpoint in one sweep, at most.
const PER_ENDPOINT: i64 = 20;

/// A delivery to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct DueDelivery {
    #[diesel(sql_type = SqlUuid)]
    pub tenant: TenantId,
    #[diesel(sql_type = SqlUuid)]
    pub delivery: WebhookDeliveryId,
}

impl From<DueDelivery> for DeliverWebhook {
    fn from(due: DueDelivery) -> Self {
        DeliverWebhook {
            tenant: due.tenant,
            delivery: due.delivery,
        }
    }
}

/// Finds what has been due for as long as `grace`, which the queue had to wake it first.
pub async fn due_deliveries(db: &Db, grace: Duration) -> Result<Vec<DueDelivery>, DbError> {
    let mut tx = db.begin_platform().await?;
    let rows = Statement::new(
        "SELECT tenant, delivery FROM ( \
             SELECT tenant_id AS tenant, id AS delivery, next_attempt_at, \
                    row_number() OVER (PARTITION BY tenant_id, endpoint_id ORDER BY next_attempt_at, id) AS place \
             FROM webhook_deliveries d \
             WHERE ((status = 'PENDING' AND next_attempt_at <= now() - $1 * interval '1 second') OR (status = 'SENDING' AND lease_until < now())) \
             AND EXISTS (SELECT FROM tenants t WHERE t.id = d.tenant_id AND t.status = 'ACTIVE') \
         ) due WHERE place <= $2 ORDER BY place, next_attempt_at LIMIT $3",
    )
    .bind(i64::try_from(grace.as_secs()).unwrap_or(i64::MAX))
    .bind(PER_ENDPOINT)
    .bind(PER_SWEEP)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(rows)
}
