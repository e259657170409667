//! The sending end: a queue that is drained a moment after a commit.

use std::collections::HashSet;
use std::time::Duration;

use diesel_async::RunQueryDsl as _;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Hint;
use crate::db::{Db, DbError, Statement};

/// Hints waiting to be sent at most; beyond it they are dropped, and pages refresh on their own clock.
const QUEUE_LENGTH: usize = 4096;

/// How long hints are gathered before one NOTIFY carries them.
const GATHERING: Duration = Duration::from_millis(50);

/// Hints in one payload at most: 60 of about 110 bytes stay below PostgreSQL's 8,000.
const HINTS_PER_PAYLOAD: usize = 60;

pub(super) const CHANNEL: &str = "vitaran_live";

/// Where transactions leave their hints.
#[derive(Debug, Clone)]
pub struct Hints(Option<Sender<Hint>>);

impl Hints {
    /// The queue and its end for [`run_sender`].
    pub fn queue() -> (Self, Receiver<Hint>) {
        let (sender, receiver) = channel(QUEUE_LENGTH);
        (Hints(Some(sender)), receiver)
    }

    /// Nobody listens: for commands and tests of rules.
    pub fn none() -> Self {
        Hints(None)
    }

    pub(crate) fn send(&self, hints: Vec<Hint>) {
        if let Some(queue) = &self.0 {
            for hint in hints {
                // Full means that nobody can keep up; the pages' own refresh is the safety net.
                let _ = queue.try_send(hint);
            }
        }
    }
}

/// Sends what the queue holds until its last sender is gone.
pub async fn run_sender(db: Db, mut queue: Receiver<Hint>) {
    while let Some(first) = queue.recv().await {
        tokio::time::sleep(GATHERING).await;
        let mut gathered = HashSet::from([first]);
        while let Ok(hint) = queue.try_recv() {
            gathered.insert(hint);
        }
        let lines: Vec<String> = gathered.iter().map(Hint::encode).collect();
        for payload in lines.chunks(HINTS_PER_PAYLOAD) {
            if let Err(error) = notify(&db, payload.join("\n")).await {
                tracing::warn!(%error, "live hints were not sent; open pages refresh on their own clock");
            }
        }
    }
}

async fn notify(db: &Db, payload: String) -> Result<(), DbError> {
    let mut tx = db.begin_platform().await?;
    Statement::new("SELECT pg_notify($1, $2)")
        .bind(CHANNEL)
        .bind(payload)
        .execute(tx.conn()?)
        .await?;
    tx.commit().await
}
