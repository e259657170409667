//! `vitaran migrate`: our migrations, the queue's own, then everything that is re-run whole.

use apalis_postgres::{PgPool, PostgresStorage};
use diesel_async::{
    AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use vitaran_schema::{QUEUE_SQL, REPLACEABLE_SQL};

use crate::OpsError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Brings the database to this release, as its owner. Running it again changes nothing. Gives the migrations applied.
pub async fn migrate(owner_url: &str) -> Result<Vec<String>, OpsError> {
    let connection = AsyncPgConnection::establish(owner_url)
        .await
        .map_err(|error| OpsError::Connect(error.to_string()))?;
    let mut harness = AsyncMigrationHarness::new(connection);
    let applied = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| OpsError::Migration(error.to_string()))?;
    let applied = applied.iter().map(ToString::to_string).collect();
    let mut connection = harness.into_inner();

    let queue = PgPool::connect(owner_url)
        .await
        .map_err(|error| OpsError::Connect(error.to_string()))?;
    PostgresStorage::<()>::setup(&queue)
        .await
        .map_err(|error| OpsError::Migration(format!("the queue's tables: {error}")))?;
    queue.close().await;

    let run = |name: &str, error: diesel::result::Error| {
        OpsError::Migration(format!("{name}.sql: {error}"))
    };
    connection
        .batch_execute("SET client_min_messages = warning")
        .await
        .map_err(|error| run("session", error))?;
    connection
        .batch_execute(&format!("BEGIN; {QUEUE_SQL} COMMIT;"))
        .await
        .map_err(|error| run("queue", error))?;
    for (name, sql) in REPLACEABLE_SQL {
        connection
            .batch_execute(&format!("BEGIN; {sql} COMMIT;"))
            .await
            .map_err(|error| run(name, error))?;
    }
    Ok(applied)
}
