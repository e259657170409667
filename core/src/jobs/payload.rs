//! What a job is made of.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A job's payload: ids and the tenant, never rows, never personal data.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The queue it waits in; each queue has workers of its own, so that a slow kind holds up no other.
    const QUEUE: &'static str;
    /// Wake-ups at most. Business attempts are counted on the row the job points at.
    const MAX_ATTEMPTS: i32;
    /// Higher runs first.
    const PRIORITY: i32 = 0;
}

/// How a job ended. An error is none of these: it means "try again".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Nothing to do and nothing to repeat, with the reason.
    Cancel(String),
    /// Look again after this long.
    Snooze(Duration),
}
