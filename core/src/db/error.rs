//! What can go wrong in the database, sorted by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error};

/// A failure of the database. Its text is for the log; a user sees a reference number instead.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No connection within the wait, or the server is away: the same request may work in a moment.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A row stayed locked by others past `lock_timeout`, or two transactions waited for each other.
    #[error("the database is busy with the same rows: {0}")]
    Busy(String),
    /// A unique constraint refused the row; the name tells which.
    #[error("unique constraint {constraint} refused the row")]
    Unique { constraint: String },
    /// A CHECK constraint or one of our triggers refused the row.
    #[error("constraint {constraint} refused the row: {message}")]
    Check { constraint: String, message: String },
    /// A foreign key pointed at nothing this tenant has.
    #[error("foreign key {constraint} points at nothing")]
    ForeignKey { constraint: String },
    /// Everything else, a missing row where one must be included.
    #[error("database error: {0}")]
    Other(Error),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let Error::DatabaseError(kind, info) = &error else {
            return match error {
                Error::BrokenTransactionManager | Error::AlreadyInTransaction => {
                    DbError::Unavailable(error.to_string())
                }
                other => DbError::Other(other),
            };
        };
        let constraint = info.constraint_name().unwrap_or_default().to_owned();
        let message = info.message().to_owned();
        match kind {
            DatabaseErrorKind::UniqueViolation => DbError::Unique { constraint },
            DatabaseErrorKind::CheckViolation => DbError::Check {
                constraint,
                message,
            },
            DatabaseErrorKind::ForeignKeyViolation => DbError::ForeignKey { constraint },
            DatabaseErrorKind::SerializationFailure => DbError::Busy(message),
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                DbError::Unavailable(message)
            }
            // The driver gives no SQLSTATE for these; PostgreSQL's English message is all there is.
            _ if message.contains("deadlock detected") || message.contains("lock timeout") => {
                DbError::Busy(message)
            }
            _ if message.contains("terminating connection")
                || message.contains("connection closed") =>
            {
                DbError::Unavailable(message)
            }
            _ => DbError::Other(error),
        }
    }
}

impl DbError {
    /// Whether this is the named unique constraint, for an action that turns it into a rule of its own.
    pub fn is_unique(&self, name: &str) -> bool {
        matches!(self, DbError::Unique { constraint } if constraint == name)
    }
}
