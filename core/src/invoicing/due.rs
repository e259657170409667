//! Renders that are due, of all tenants: what the sweeper makes when no queue job has. Fair as the search for due
//! messages is.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{RenderId, TenantId};

use super::render::RenderInvoice;
use crate::db::{Db, DbError, Statement};

/// Renders found in one sweep, at most.
pub const RENDERS_PER_SWEEP: i64 = 40;
/// Renders of one tenant in one sweep, at most.
pub const RENDERS_PER_TENANT: i64 = 5;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    tenant: TenantId,
    #[diesel(sql_type = SqlUuid)]
    render: RenderId,
}

/// Finds what has been due for as long as `grace`, which the queue had to start it first. Only the worker's role sees more than nothing.
pub async fn due_renders(db: &Db, grace: Duration) -> Result<Vec<RenderInvoice>, DbError> {
    let mut tx = db.begin_platform().await?;
    tx.see_all_dealers().await?;
    let rows: Vec<Row> = Statement::new(
        "SELECT tenant, render FROM ( \
             SELECT tenant_id AS tenant, id AS render, next_attempt_at, \
                    row_number() OVER (PARTITION BY tenant_id ORDER BY next_attempt_at, id) AS place \
             FROM document_renders r \
             WHERE ((status = 'PENDING' AND next_attempt_at <= now() - $1 * interval '1 second') OR (status = 'RENDERING' AND lease_until < now())) \
             AND EXISTS (SELECT FROM tenants t WHERE t.id = r.tenant_id AND NOT 'DISTRIBUTION' = ANY (t.modules_off)) \
         ) due WHERE place <= $2 ORDER BY place, next_attempt_at LIMIT $3",
    )
    .bind(i64::try_from(grace.as_secs()).unwrap_or(i64::MAX))
    .bind(RENDERS_PER_TENANT)
    .bind(RENDERS_PER_SWEEP)
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(rows
        .into_iter()
        .map(|Row { tenant, render }| RenderInvoice { tenant, render })
        .collect())
}
