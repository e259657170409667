//! The operator's command. It alone reads the owner's database URL; web and worker never see it.

pub mod demo;
pub mod migrate;

/// Why a command failed, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    #[error("the migration failed and was rolled back: {0}")]
    Migration(String),
    #[error(transparent)]
    Config(#[from] vitaran_core::config::ConfigFaults),
    #[error("{0}")]
    Refused(String),
    #[error("the database answered: {0}")]
    Db(#[from] vitaran_core::db::DbError),
}

impl OpsError {
    /// What the process ends with: 78 for a bad configuration, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            OpsError::Config(_) => 78,
            _ => 1,
        }
    }

    /// A refusal of an action, in its own words.
    pub fn refused(problem: impl vitaran_core::problem::Problem) -> Self {
        OpsError::Refused(problem.to_string())
    }
}
