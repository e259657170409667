//! What runs by the clock. Every worker process enqueues it, and the hour in the key makes it one job.

use std::time::Duration;

use tokio::sync::watch;
use vitaran_core::db::Db;
use vitaran_core::housekeeping::Housekeeping;
use vitaran_core::jobs::enqueue_once;

/// How often the clock is looked at; a missed look costs nothing, for the key does not change within the hour.
const LOOK: Duration = Duration::from_secs(60);

/// Enqueues until the shutdown is signalled.
pub async fn keep(db: Db, mut shutdown: watch::Receiver<bool>) {
    while !*shutdown.borrow() {
        let hour = db.clock().now().format("%Y-%m-%dT%H");
        if let Err(error) = enqueue_once(&db, &Housekeeping {}, &format!("hourly:{hour}")).await {
            tracing::warn!(%error, "the hourly clearing out was not enqueued; the next look will");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = shutdown.changed() => {}
        }
    }
}
