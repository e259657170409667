//! The worker process: connects, refuses a role that row-level security does not bind, serves until a signal, and then
//! lets go of its work within [`SHUTDOWN_LIMIT`].

use std::sync::Arc;
use std::time::Duration;

use apalis_postgres::PgPool;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use vitaran_core::config::WorkerConfig;
use vitaran_core::db::{Db, DbError, DbSettings, StartFault, refuse_to_start};
use vitaran_core::housekeeping::worker_silence_s;
use vitaran_core::live::{Hints, run_sender};
use vitaran_kernel::SystemClock;

use crate::outside::{Outside, OutsideError, check_renderer};
use crate::registry::Kind;
use crate::{queue, schedule, sweeper};

/// How long a stopping worker waits for its work. What is cut off then is found by its lease.
pub const SHUTDOWN_LIMIT: Duration = Duration::from_secs(25);
/// How long a starting worker waits for the database.
const START_TRIES: u32 = 30;
const START_PAUSE: Duration = Duration::from_secs(2);
/// A worker whose quietest queue has been silent for longer is not healthy: three heartbeats.
const MAX_SILENCE_S: i64 = 60;

/// Why the worker did not run, or stopped without being told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Start(#[from] StartFault),
    #[error(transparent)]
    Outside(#[from] OutsideError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the queue's connection cannot be set up: {0}")]
    Queue(String),
    #[error("signals cannot be received: {0}")]
    Signals(#[from] std::io::Error),
    #[error("a part of the worker ended without being told to")]
    Ended,
    #[error("no sign of life from this worker's queues")]
    Silent,
}

/// What the names of this machine's workers begin with.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}/", name.trim())
}

/// The database as the configuration says, with its role checked.
async fn connect(config: &WorkerConfig, hints: Hints) -> Result<Db, RunError> {
    let settings = DbSettings {
        max_connections: config.db_connections,
        ..DbSettings::new(config.database_url.reveal())
    };
    let db = Db::connect(&settings, Arc::new(SystemClock), hints)?;
    let mut tries = 1;
    loop {
        match refuse_to_start(&db).await {
            Err(StartFault::Db(DbError::Unavailable(reason))) if tries < START_TRIES => {
                tracing::warn!(reason, "the database is not available yet");
                tries += 1;
                tokio::time::sleep(START_PAUSE).await;
            }
            answer => {
                answer?;
                return Ok(db);
            }
        }
    }
}

/// Serves the kinds until SIGTERM or SIGINT.
pub async fn run(config: &WorkerConfig, kinds: Vec<Kind>) -> Result<(), RunError> {
    let (hints, hint_queue) = Hints::queue();
    let db = connect(config, hints).await?;
    let outside = Outside::build(config, db.clone()).await?;
    let pool = PgPool::connect_lazy(config.database_url.reveal())
        .map_err(|error| RunError::Queue(error.to_string()))?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let sender = tokio::spawn(run_sender(db.clone(), hint_queue));

    let (stop, shutdown) = watch::channel(false);
    let mut parts = JoinSet::new();
    // A name that no process has had and none will have.
    let process = format!("{}{}", machine(), uuid::Uuid::now_v7().simple());
    for kind in kinds {
        parts.spawn(queue::serve(
            kind,
            outside.clone(),
            pool.clone(),
            process.clone(),
            shutdown.clone(),
        ));
        parts.spawn(sweeper::sweep(kind, outside.clone(), shutdown.clone()));
    }
    parts.spawn(schedule::keep(db, shutdown));
    tracing::info!(process, "the worker is running");

    let ended_by_itself = tokio::select! {
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
        _ = parts.join_next() => true,
    };
    // Nobody listening means that every part is over already.
    let _ = stop.send(true);
    tracing::info!("the worker is stopping, once what it has in hand is done");
    let emptied = async { while parts.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_LIMIT, emptied).await.is_err() {
        tracing::warn!("some work was cut off; its leases give it to others");
        parts.abort_all();
    }
    sender.abort();
    if ended_by_itself {
        Err(RunError::Ended)
    } else {
        tracing::info!("the worker has stopped");
        Ok(())
    }
}

/// Does what is due and comes back. Gives the number of pieces.
pub async fn run_once(config: &WorkerConfig, kinds: &[Kind]) -> Result<usize, RunError> {
    let db = connect(config, Hints::none()).await?;
    let outside = Outside::build(config, db).await?;
    Ok(sweeper::sweep_once(kinds, &outside).await)
}

/// Builds everything that `run` would, and starts nothing.
pub async fn check(config: &WorkerConfig) -> Result<(), RunError> {
    let db = connect(config, Hints::none()).await?;
    Outside::build(config, db).await?;
    Ok(check_renderer(config).await?)
}

/// Whether a worker of this machine has shown a sign of life in each of its queues.
pub async fn check_health(config: &WorkerConfig) -> Result<(), RunError> {
    let settings = DbSettings {
        max_connections: 1,
        ..DbSettings::new(config.database_url.reveal())
    };
    let db = Db::connect(&settings, Arc::new(SystemClock), Hints::none())?;
    match worker_silence_s(&db, &machine()).await? {
        Some(silence) if silence <= MAX_SILENCE_S => Ok(()),
        Some(_) | None => Err(RunError::Silent),
    }
}
