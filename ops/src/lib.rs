//! The operator's command. It alone reads the owner's database URL; web and worker never see it.

pub mod bench;
pub mod check_config;
pub mod database;
pub mod demo;
pub mod isolation;
pub mod migrate;
pub mod passwords;
pub mod registration;
pub mod seed;
pub mod tenant;
pub mod user;
pub mod verify;
pub mod whatsapp;

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
    #[error("the data that were compiled in cannot be read: {0}")]
    Data(#[from] demo::data::DataError),
    #[error("the database answered: {0}")]
    Db(#[from] vitaran_core::db::DbError),
    #[error("{0} check(s) failed")]
    Unsound(usize),
    #[error("standard input cannot be read: {0}")]
    Input(#[from] std::io::Error),
}

impl OpsError {
    /// What the process ends with: 78 for a bad configuration, 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        match self {
            OpsError::Config(_) => 78,
            _ => 1,
        }
    }

    /// A refusal of an action, in its own words, each fault on a line of its own.
    pub fn refused(problem: impl vitaran_core::problem::Problem) -> Self {
        let mut text = problem.to_string();
        for fault in problem.faults() {
            if fault.detail != text {
                text.push_str(&format!("\n  {}: {}", fault.pointer, fault.detail));
            }
        }
        OpsError::Refused(text)
    }
}

impl From<diesel::result::Error> for OpsError {
    fn from(error: diesel::result::Error) -> Self {
        OpsError::Db(error.into())
    }
}
