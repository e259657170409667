//! What is due, woken or not: retries, leases that ran out, and messages whose job was lost. Looks every few seconds and
//! runs the work itself, so that everything goes out even with the queue library dead.
//!
//! A sweep waits for a place for each piece it has found, and the next follows at once while there may be more, so that a
//! backlog goes out as fast as the places allow. Each kind sweeps on its own and has its own places: a provider that hangs fills its own and no other's.

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

/// Sweeps a kind until the shutdown is signalled, then waits for what is under way. A backlog is worked off without a
/// pause; one whose pieces fail is left alone until the next look, for it would come back at once for ever.
pub async fn sweep(kind: Kind, outside: Arc<Outside>, mut shutdown: watch::Receiver<bool>) {
    if kind.due.is_none() {
        // Nothing to sweep: only the shutdown to wait for.
        until_over(&mut shutdown).await;
        return;
    }
    let places = Arc::new(Semaphore::new(kind.concurrency));
    let mut running = JoinSet::new();
    while !*shutdown.borrow() {
        let started = start_due(
            kind,
            &outside,
            &places,
            &mut running,
            GRACE,
            shutdown.clone(),
        )
        .await;
        let mut has_failed = false;
        while let Some(ended) = running.try_join_next() {
            has_failed |= !matches!(ended, Ok(End::Good));
        }
        // A sweep that found more than there are places may not have found everything.
        if started > kind.concurrency && !has_failed {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = shutdown.changed() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// How a piece of due work went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Good,
    Failed,
}

/// Starts all the due work it finds, each piece as soon as there is a place, and gives how much that was. What is left
/// at the shutdown is due for whoever sweeps next.
async fn start_due(
    kind: Kind,
    outside: &Arc<Outside>,
    places: &Arc<Semaphore>,
    running: &mut JoinSet<End>,
    grace: Duration,
    mut shutdown: watch::Receiver<bool>,
) -> usize {
    let Some(find) = kind.due else {
        return 0;
    };
    let due = match find(outside.db.clone(), grace).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(queue = kind.queue, %error, "due work was not looked for; the next sweep will");
            return 0;
        }
    };
    let mut started = 0_usize;
    for payload in due {
        let place = tokio::select! {
            biased;
            () = until_over(&mut shutdown) => break,
            place = places.clone().acquire_owned() => place,
        };
        let Ok(place) = place else {
            break;
        };
        started = started.saturating_add(1);
        let outside = outside.clone();
        running.spawn(async move {
            let ended = kind.run(outside, payload).await;
            drop(place);
            match ended {
                Ok(_) => End::Good,
                Err(error) => {
                    tracing::warn!(queue = kind.queue, %error, "a piece of due work failed");
                    End::Failed
                }
            }
        });
    }
    started
}

/// Does what is due of these kinds, and what becomes due by it, and comes back. Gives the number of pieces.
pub async fn sweep_once(kinds: &[Kind], outside: &Arc<Outside>) -> usize {
    let mut total = 0_usize;
    // Nobody signals a shutdown to a single run; the sender lives as long as it does.
    let (_stop, shutdown) = watch::channel(false);
    for _ in 0..MAX_ROUNDS {
        let mut started = 0_usize;
        for kind in kinds {
            let places = Arc::new(Semaphore::new(kind.concurrency));
            let mut running = JoinSet::new();
            let found = start_due(
                *kind,
                outside,
                &places,
                &mut running,
                Duration::ZERO,
                shutdown.clone(),
            );
            started = started.saturating_add(found.await);
            while running.join_next().await.is_some() {}
        }
        if started == 0 {
            break;
        }
        total = total.saturating_add(started);
    }
    total
}
