//! The jobs: each decodes nothing and decides nothing, but hands the world to its feature's `_now`.

pub mod account_mails;
pub mod audit;
pub mod domains;
pub mod housekeeping;
pub mod invoicing;
pub mod notifications;
pub mod webhooks;

/// Why a job did not come to an end. The row it points at is still due, or will be when its lease runs out.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The payload is of another release or nobody's; running it again changes nothing.
    #[error("the payload is not understood: {0}")]
    Undecodable(String),
    #[error("the job took too long")]
    TimedOut,
    #[error("the job panicked: {0}")]
    Panicked(String),
    #[error("{0}")]
    Failed(String),
}

impl JobError {
    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        JobError::Failed(error.to_string())
    }
}
