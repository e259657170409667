//! What is woken: one worker of the queue library for each kind.
//!
//! The library is used for dispatching alone, and every line here answers a way in which it loses or doubles work:
//! names that are never used again, for a restart under an old name leaves its jobs running for ever; one job a fetch,
//! for buffered jobs hold back heartbeats; payloads as plain JSON, for one that cannot be decoded stops the queue;
//! panics and time-outs caught inside the handler, for outside it the job is never ended; wake-ups counted, for a job
//! that kills its worker comes back whatever its maximum; a pause after a failure and between restarts, for it has none.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{
    AbortError, Acknowledge, AcknowledgementExt as _, Attempt, BackendExt as _, BoxDynError,
    ExecutionContext, Monitor, ParallelizeExt as _, Strategy, WorkerBuilder, WorkerBuilderExt as _,
};
use apalis_postgres::{Config, PgPool, PostgresStorage};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::watch;
use vitaran_core::db::Db;
use vitaran_core::jobs as core_jobs;

use crate::jobs::JobError;
use crate::outside::Outside;
use crate::registry::Kind;

/// How often a queue is looked at. A NOTIFY for each job would serialise every commit.
const POLL: Duration = Duration::from_millis(500);
const HEARTBEAT: Duration = Duration::from_secs(20);
const MISSED_HEARTBEATS: usize = 12;
/// After this without a heartbeat a worker's jobs are given to others: longer than the longest job.
pub const DEAD_AFTER: Duration = Duration::from_secs(240);
/// After a queue's worker ended with an error, as when the database is away.
const RESTART_PAUSE: Duration = Duration::from_secs(2);
/// The unit of the pause after a job failed: n² of it after the n-th time.
const BACK_OFF_UNIT: Duration = Duration::from_secs(5);

/// Serves one queue until the shutdown is signalled.
pub async fn serve(
    kind: Kind,
    outside: Arc<Outside>,
    pool: PgPool,
    process: String,
    mut shutdown: watch::Receiver<bool>,
) {
    let mut restarts = 0_u64;
    while !*shutdown.borrow() {
        let name = format!("{process}/{}/{restarts}", kind.queue);
        let ended = serve_once(kind, &outside, &pool, name, shutdown.clone()).await;
        if *shutdown.borrow() {
            break;
        }
        restarts = restarts.saturating_add(1);
        tracing::error!(
            queue = kind.queue,
            restarts,
            reason = ended.err(),
            "a queue's worker ended; it is started again"
        );
        tokio::select! {
            () = tokio::time::sleep(RESTART_PAUSE) => {}
            _ = shutdown.changed() => {}
        }
    }
}

async fn serve_once(
    kind: Kind,
    outside: &Arc<Outside>,
    pool: &PgPool,
    name: String,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), String> {
    let (outside, pool) = (outside.clone(), pool.clone());
    let monitor = Monitor::new().register(move |_| {
        let config = Config::default()
            .queue(kind.queue)
            .batch_size(1)
            .heartbeat_interval(HEARTBEAT)
            .missed_heartbeats(MISSED_HEARTBEATS);
        let backend = PostgresStorage::<Value>::new(&pool)
            .with_config(config)
            .poll_with_strategy(Strategy::new().interval(POLL));
        let acknowledge = PauseAfterFailure {
            db: outside.db.clone(),
        };
        let outside = outside.clone();
        WorkerBuilder::new(name.as_str())
            .backend(backend)
            .ack_with(acknowledge)
            .concurrency(kind.concurrency)
            .parallelize(tokio::spawn)
            .build(move |payload: Value, attempt: Attempt| {
                handle(kind, outside.clone(), payload, attempt)
            })
    });
    let control = monitor.context();
    let mut running = std::pin::pin!(monitor.run());
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = until_over(&mut shutdown) => {
            control.shutdown().map_err(|error| error.to_string())?;
            running.await
        }
    };
    ended.map_err(|error| error.to_string())
}

/// Waits for the signal; an error means that its sender is gone, and with it the process.
pub(crate) async fn until_over(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|is_over| *is_over).await.map(drop);
}

async fn handle(
    kind: Kind,
    outside: Arc<Outside>,
    payload: Value,
    attempt: Attempt,
) -> Result<(), BoxDynError> {
    let wake_ups = i32::try_from(attempt.current()).unwrap_or(i32::MAX);
    if wake_ups > kind.max_attempts {
        return Err(AbortError::new("woken too often").into());
    }
    match kind.run(outside, payload).await {
        // Whatever was put off is found by the sweeper when it is due.
        Ok(outcome) => {
            tracing::debug!(queue = kind.queue, ?outcome, "a job is over");
            Ok(())
        }
        Err(error @ JobError::Undecodable(_)) => {
            tracing::error!(queue = kind.queue, %error, "a job is given up");
            Err(AbortError::new(error).into())
        }
        Err(error) => {
            tracing::warn!(queue = kind.queue, %error, wake_ups, "a job failed");
            // The library reads an error's type; a plain text is tried again.
            Err(error.to_string().into())
        }
    }
}

/// The library runs a failed job again at once; this puts a pause before it.
#[derive(Clone)]
struct PauseAfterFailure {
    db: Db,
}

impl Acknowledge<()> for PauseAfterFailure {
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<(), Self::Error>>;

    fn ack(&mut self, result: &Result<(), BoxDynError>, job: &ExecutionContext) -> Self::Future {
        let failed = result.is_err();
        let (id, n) = (
            job.task_id().map(ToString::to_string),
            u32::try_from(job.attempt()).unwrap_or(1).max(1),
        );
        let db = self.db.clone();
        Box::pin(async move {
            if let (true, Some(id)) = (failed, id) {
                let pause = BACK_OFF_UNIT.saturating_mul(n.saturating_mul(n));
                if let Err(error) = core_jobs::back_off(&db, &id, pause).await {
                    tracing::warn!(%error, "a failed job runs again without a pause");
                }
            }
            Ok(())
        })
    }
}
