//! What runs by the clock. Every worker process enqueues it, and the hour or the minute in the key makes it one job.

use std::time::Duration;

use tokio::sync::watch;
use vitaran_core::audit::SealTrail;
use vitaran_core::db::{Db, DbError};
use vitaran_core::housekeeping::Housekeeping;
use vitaran_core::jobs::enqueue_once;

/// How often the clock is looked at; a missed look costs nothing, for the key does not change within the hour.
const LOOK: Duration = Duration::from_secs(60);
/// The trail is sealed this often: as long a time there is for changing it unseen.
const SEAL_EVERY_S: i64 = 300;

/// Enqueues until the shutdown is signalled.
pub async fn keep(db: Db, mut shutdown: watch::Receiver<bool>) {
    while !*shutdown.borrow() {
        if let Err(error) = look(&db).await {
            tracing::warn!(%error, "what runs by the clock was not enqueued; the next look will");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = shutdown.changed() => {}
        }
    }
}

async fn look(db: &Db) -> Result<(), DbError> {
    let now = db.clock().now();
    let hour = now.format("%Y-%m-%dT%H");
    enqueue_once(db, &Housekeeping {}, &format!("hourly:{hour}")).await?;
    let turn = now.timestamp().div_euclid(SEAL_EVERY_S);
    enqueue_once(db, &SealTrail {}, &format!("seal:{turn}")).await?;
    Ok(())
}
