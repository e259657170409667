//! How the queue stands, for the health page.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl as _;

use crate::db::{Db, DbError, Statement};

/// Jobs that wait although they are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Backlog {
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
    /// How long the oldest has waited, in whole seconds; `None` when nothing waits.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub oldest_s: Option<i64>,
}

/// One statement, which also proves that the database answers.
pub async fn backlog(db: &Db) -> Result<Backlog, DbError> {
    let mut connection = db.statement_connection().await?;
    Ok(Statement::new(
        "SELECT count(*) AS pending, extract(epoch FROM now() - min(run_at))::bigint AS oldest_s \
         FROM apalis.jobs WHERE status = 'Pending' AND run_at <= now()",
    )
    .get_result(&mut connection)
    .await?)
}
