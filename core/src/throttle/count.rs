//! Counts that all web processes share.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use sha2::{Digest as _, Sha256};
use vitaran_kernel::IstDate;

use super::{Network, TooMany};
use crate::db::{Db, DbError, PlatformTx, Statement, TenantTx, TxConnection};

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Invitations that are mailed to one address in a day, by all distributors together: more would be a way to fill somebody's
/// mailbox through us.
const MAX_INVITATIONS_A_DAY: i64 = 10;

async fn add(
    connection: &mut TxConnection,
    kind: &str,
    of: &str,
    started_at: DateTime<Utc>,
    count: i64,
) -> Result<i64, DbError> {
    let counted: Counted = Statement::new(
        "INSERT INTO request_counts AS c (kind, network, started_at, count) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (kind, network, started_at) DO UPDATE SET count = c.count + excluded.count RETURNING count",
    )
    .bind(kind)
    .bind(of)
    .bind(started_at)
    .bind(count)
    .get_result(connection)
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
    let all = add(tx.conn()?, "ANY", &network.to_string(), started_at, count).await?;
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
    let count = add(tx.conn()?, "SIGN_IN", &network.to_string(), started_at, 1).await?;
    if count <= i64::from(most) {
        return Ok(Ok(()));
    }
    let rest = (started_at + minute - now).num_seconds().saturating_add(1);
    Ok(Err(TooMany {
        seconds: u32::try_from(rest).unwrap_or(60),
    }))
}

/// Counts an invitation that is mailed to an address, in the transaction that sends it; `false` when it is one too many. What is
/// stored of the address is its hash.
pub(crate) async fn count_invitation(tx: &mut TenantTx, email: &str) -> Result<bool, DbError> {
    let now = tx.now();
    let today = IstDate::of(now).start();
    let address = hex::encode(Sha256::digest(email.as_bytes()));
    let count = add(tx.conn()?, "INVITATION", &address, today, 1).await?;
    Ok(count <= MAX_INVITATIONS_A_DAY)
}
