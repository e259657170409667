//! Throwing away what removed endpoints leave behind: their logs, in small batches, and then their rows.

use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{TenantId, WebhookEndpointId};

use crate::access::Actor;
use crate::db::{Db, DbError, Statement};

/// Deliveries of one statement, each with its attempts, so that none holds locks for long.
const BATCH: i64 = 500;
/// Batches of one endpoint in one run; what is left goes with the next.
const MAX_BATCHES: usize = 200;
/// Endpoints of one run.
const MAX_ENDPOINTS: i64 = 100;

#[derive(QueryableByName)]
struct Removed {
    #[diesel(sql_type = SqlUuid)]
    tenant: TenantId,
    #[diesel(sql_type = SqlUuid)]
    id: WebhookEndpointId,
}

/// Clears endpoints that were removed an hour ago or longer, when no order that is being written can still be told to them;
/// how many rows went. Doing it twice does no harm.
pub async fn clear_removed(db: &Db) -> Result<usize, DbError> {
    let mut tx = db.begin_platform().await?;
    let removed: Vec<Removed> = Statement::new(
        "SELECT tenant_id AS tenant, id FROM webhook_endpoints WHERE removed_at < now() - interval '1 hour' ORDER BY removed_at LIMIT $1",
    )
    .bind(MAX_ENDPOINTS)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    let (mut gone, mut failed) = (0_usize, None);
    for endpoint in removed {
        match clear(db, &endpoint).await {
            Ok(rows) => gone = gone.saturating_add(rows),
            // One that cannot be cleared keeps no other from it.
            Err(error) => {
                tracing::error!(webhook.endpoint = %endpoint.id, tenant.id = %endpoint.tenant, %error, "a removed webhook endpoint was not cleared");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(gone), Err)
}

async fn clear(db: &Db, endpoint: &Removed) -> Result<usize, DbError> {
    let actor = Actor::system(endpoint.tenant, "housekeeping");
    let mut gone = 0_usize;
    for _ in 0..MAX_BATCHES {
        let mut tx = db.begin_as(&actor).await?;
        let rows = Statement::new(
            "DELETE FROM webhook_deliveries WHERE tenant_id = $1 AND id IN \
             (SELECT id FROM webhook_deliveries WHERE tenant_id = $1 AND endpoint_id = $2 LIMIT $3)",
        )
        .bind(endpoint.tenant.as_uuid())
        .bind(endpoint.id.as_uuid())
        .bind(BATCH)
        .execute(tx.conn()?)
        .await?;
        tx.commit().await?;
        gone = gone.saturating_add(rows);
        if i64::try_from(rows).unwrap_or(BATCH) == BATCH {
            continue;
        }
        let mut tx = db.begin_as(&actor).await?;
        Statement::new("DELETE FROM webhook_endpoints WHERE tenant_id = $1 AND id = $2 AND removed_at IS NOT NULL")
            .bind(endpoint.tenant.as_uuid())
            .bind(endpoint.id.as_uuid())
            .execute(tx.conn()?)
            .await?;
        tx.commit().await?;
        return Ok(gone.saturating_add(1));
    }
    Ok(gone)
}
