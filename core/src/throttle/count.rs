//! Counts that all web processes share.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;

use super::{Network, TooMany};
use crate::db::{Db, DbError, PlatformTx, Statement};

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn add(
    tx: &mut PlatformTx,
    kind: &str,
    network: Network,
    started_at: DateTime<Utc>,
    count: i64,
) -> Result<i64, DbError> {
    let counted: Counted = Statement::new(
        "INSERT INTO request_counts AS c (kind, network, started_at, count) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (kind, network, started_at) DO UPDATE SET count = c.count + excluded.count RETURNING count",
    )
    .bind(kind)
    .bind(network.to_string())
    .bind(started_at)
    .bind(count)
    .get_result(tx.conn()?)
    .await?;
    Ok(counted.count)
}

/// Adds what one process has counted, and gives what all have.
pub(super) async fn add_requests(
    db: &Db,
    network: Network,
    started_at: DateTime<Utc>,
    count: i64,
) -> Result<i64, DbError> {
    let mut tx = db.begin_platform().await?;
    let all = add(&mut tx, "ANY", network, started_at, count).await?;
    tx.commit().await?;
    Ok(all)
}

/// Counts a sign-in, in the transaction that begins it, or refuses it. Exact, for each is a write in any case: `most` in a
/// minute of the clock.
pub(crate) async fn count_sign_in(
    tx: &mut PlatformTx,
    network: Network,
    most: u32,
) -> Result<Result<(), TooMany>, DbError> {
    let now = tx.now();
    let minute = TimeDelta::minutes(1);
    let started_at = now.duration_trunc(minute).unwrap_or(now);
    let count = add(tx, "SIGN_IN", network, started_at, 1).await?;
    if count <= i64::from(most) {
        return Ok(Ok(()));
    }
    let rest = (started_at + minute - now).num_seconds().saturating_add(1);
    Ok(Err(TooMany {
        seconds: u32::try_from(rest).unwrap_or(60),
    }))
}
