//! What is due, woken or not: retries, leases that ran out, and messages whose job was lost. Looks every few seconds and
//! runs the work itself, so that everything goes out even with the queue library dead.
//!
//! Each kind sweeps on its own and has its own places: a provider that hangs fills its own and no other's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::outside::Outside;
use crate::queue::until_over;
use crate::registry::Kind;

/// How often a kind is swept.
pub const EVERY: Duration = Duration::from_secs(5);
/// How long the queue has to wake what is due before the sweeper does.
const GRACE: Duration = Duration::from_secs(2);
/// Sweeps of a single run at most, so that it ends also when work makes work.
const MAX_ROUNDS: usize = 1_000;

/// Sweeps a kind until the shutdown is signalled, then waits for what is under way.
pub async fn sweep(kind: Kind, outside: Arc<Outside>, mut shutdown: watch::Receiver<bool>) {
    if kind.due.is_none() {
        // Nothing to sweep: only the shutdown to wait for.
        until_over(&mut shutdown).await;
        return;
    }
    let places = Arc::new(Semaphore::new(kind.concurrency));
    let mut running = JoinSet::new();
    while !*shutdown.borrow() {
        start_due(kind, &outside, &places, &mut running, GRACE).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = shutdown.changed() => {}
        }
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
}

/// Starts as much due work as there are free places, and gives how much that was.
async fn start_due(
    kind: Kind,
    outside: &Arc<Outside>,
    places: &Arc<Semaphore>,
    running: &mut JoinSet<()>,
    grace: Duration,
) -> usize {
    let Some(find) = kind.due else {
        return 0;
    };
    if places.available_permits() == 0 {
        return 0;
    }
    let due = match find(outside.db.clone(), grace).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(queue = kind.queue, %error, "due work was not looked for; the next sweep will");
            return 0;
        }
    };
    let mut started = 0_usize;
    for payload in due {
        // What finds no place now is due at the next sweep as well.
        let Ok(place) = places.clone().try_acquire_owned() else {
            break;
        };
        started = started.saturating_add(1);
        let outside = outside.clone();
        running.spawn(async move {
            if let Err(error) = kind.run(outside, payload).await {
                tracing::warn!(queue = kind.queue, %error, "a piece of due work failed");
            }
            drop(place);
        });
    }
    started
}

/// Does what is due of these kinds, and what becomes due by it, and comes back. Gives the number of pieces.
pub async fn sweep_once(kinds: &[Kind], outside: &Arc<Outside>) -> usize {
    let mut total = 0_usize;
    for _ in 0..MAX_ROUNDS {
        let mut started = 0_usize;
        for kind in kinds {
            let places = Arc::new(Semaphore::new(kind.concurrency));
            let mut running = JoinSet::new();
            started = started.saturating_add(
                start_due(*kind, outside, &places, &mut running, Duration::ZERO).await,
            );
            while running.join_next().await.is_some() {}
        }
        if started == 0 {
            break;
        }
        total = total.saturating_add(started);
    }
    total
}
