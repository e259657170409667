//! Sealing the trail, so that no row of it can be changed, removed or added afterwards without a trace.
//!
//! A chain through every row would make each writer of a tenant wait for the one before. So the worker seals, every few
//! minutes, what is settled: PostgreSQL numbers transactions upwards, and below the oldest one that still runs
//! (`pg_snapshot_xmin`) nobody can write any more. A seal holds the hash of all rows whose transactions lie between the
//! seal before it and that horizon. Whatever commits late has a number above the horizon and falls into a later seal;
//! a long transaction delays the seals and spoils none. A restored database counts on from where it was: `trail_ahead` of
//! `core/schema/sql/audit.sql`.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::TenantId;

use super::trail::{self, GENESIS, Window};
use crate::access::Actor;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::jobs::Job;

/// Rows of one seal, so that a backlog is sealed in pieces; a transaction is never divided.
const MAX_ROWS: i64 = 20_000;
/// Seals of one tenant in one run; what is left goes with the next.
const MAX_SEALS: usize = 50;

/// Wakes the worker for a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealTrail {}

impl Job for SealTrail {
    const QUEUE: &'static str = "audit";
    const MAX_ATTEMPTS: i32 = 3;
}

/// What a run has done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub seals: usize,
    pub rows: i64,
}

#[derive(QueryableByName)]
struct Tenant {
    #[diesel(sql_type = Uuid)]
    id: TenantId,
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = Integer)]
    n: i32,
    #[diesel(sql_type = BigInt)]
    to_tx: i64,
    #[diesel(sql_type = Text)]
    hash: String,
}

#[derive(QueryableByName)]
struct Horizon {
    #[diesel(sql_type = BigInt)]
    to_tx: i64,
}

/// Seals what is settled in every tenant. Running it twice, or twice at once, does no harm. A tenant whose trail cannot be sealed
/// keeps no other from its seals; the run has failed all the same.
pub async fn seal_trail_now(db: &Db) -> Result<Sealed, DbError> {
    let mut tx = db.begin_platform().await?;
    let tenants: Vec<Tenant> = Statement::new("SELECT id FROM tenants ORDER BY id")
        .load(tx.conn()?)
        .await?;
    tx.commit().await?;
    let (mut done, mut failure) = (Sealed::default(), None);
    for Tenant { id } in tenants {
        if let Err(error) = seal_tenant(db, id, &mut done).await {
            tracing::error!(tenant.id = %id, %error, "a trail was not sealed");
            failure.get_or_insert(error);
        }
    }
    failure.map_or(Ok(done), Err)
}

async fn seal_tenant(db: &Db, tenant: TenantId, done: &mut Sealed) -> Result<(), DbError> {
    for _ in 0..MAX_SEALS {
        let Some(rows) = seal_next(db, tenant).await? else {
            break;
        };
        done.seals = done.seals.saturating_add(1);
        done.rows = done.rows.saturating_add(rows);
    }
    Ok(())
}

/// One seal of a tenant, and its number of rows; `None` when nothing is settled that has none.
async fn seal_next(db: &Db, tenant: TenantId) -> Result<Option<i64>, DbError> {
    let mut tx = db
        .begin_as(&Actor::system(tenant, SealTrail::QUEUE))
        .await?;
    let last: Vec<Last> = Statement::new(
        "SELECT n, to_tx, hash FROM audit_seals WHERE tenant_id = $1 ORDER BY n DESC LIMIT 1",
    )
    .bind(tenant.as_uuid())
    .load(tx.conn()?)
    .await?;
    let mut window = Window {
        n: 1,
        from: 0,
        to: 0,
        previous_hash: GENESIS.to_owned(),
    };
    if let Some(last) = last.into_iter().next() {
        window.n = last.n.saturating_add(1);
        window.from = last.to_tx;
        window.previous_hash = last.hash;
    }
    window.to = horizon(&mut tx, window.from).await?;
    if window.to < window.from {
        // A restore into another cluster, without the `vitaran migrate` after it.
        tracing::error!(%tenant, "the trail is not sealed: the database's transactions lie behind its last seal; run `vitaran migrate`");
        return Ok(None);
    }
    let (rows, hash) = trail::hash(&mut tx, &window).await?;
    if rows == 0 {
        return Ok(None);
    }
    let written = Statement::new(
        "INSERT INTO audit_seals (tenant_id, n, from_tx, to_tx, row_count, previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_uuid())
    .bind(window.n)
    .bind(window.from)
    .bind(window.to)
    .bind(rows)
    .bind(window.previous_hash)
    .bind(hash.as_str())
    .execute(tx.conn()?)
    .await?;
    tx.commit().await?;
    // Another worker has just written this seal.
    if written == 0 {
        return Ok(None);
    }
    // Kept outside the database, the last hash shows whether seals were taken off the end.
    tracing::info!(%tenant, seal = window.n, rows, hash, "the trail is sealed");
    Ok(Some(rows))
}

/// Where the next window ends: the oldest transaction that still runs, or the one with which the window would be too big.
async fn horizon(tx: &mut TenantTx, from: i64) -> Result<i64, DbError> {
    let horizon: Horizon = Statement::new(
        "SELECT coalesce((SELECT greatest(t.tx, $2 + 1) FROM audit_trail t WHERE t.tenant_id = $1 AND t.tx >= $2 AND t.tx < h.settled \
                          ORDER BY t.tx, t.n OFFSET $3 LIMIT 1), h.settled) AS to_tx \
         FROM (SELECT trail_ahead() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled) h",
    )
    .bind(tx.tenant().as_uuid())
    .bind(from)
    .bind(MAX_ROWS)
    .get_result(tx.conn()?)
    .await?;
    Ok(horizon.to_tx)
}
