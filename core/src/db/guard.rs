//! Web and worker refuse to start with a role that row-level security does not bind, and on a database that lacks a
//! migration of their release.

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;

use vitaran_schema::LAST_MIGRATION;

use super::{Db, DbError, PlatformTx, Statement};

/// Why the database is refused.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    #[error("the database role is a superuser: row-level security would not hold it")]
    Superuser,
    #[error("the database role has BYPASSRLS: row-level security would not hold it")]
    BypassesRowSecurity,
    #[error("the database role owns tables: only `vitaran migrate` may connect as the owner")]
    OwnsTables,
    #[error(
        "the database lacks migration {LAST_MIGRATION} of this release: run `vitaran migrate` first"
    )]
    NotMigrated,
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(QueryableByName)]
struct RoleFacts {
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Bool)]
    bypasses: bool,
    #[diesel(sql_type = Bool)]
    owns_tables: bool,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    is_so: bool,
}

/// Refuses a superuser, a role with BYPASSRLS and the owner of the tables (000-32), and a database that is behind. One
/// that is ahead serves: a deployment migrates before it replaces the processes.
pub async fn refuse_to_start(db: &Db) -> Result<(), StartFault> {
    let mut tx = db.begin_platform().await?;
    refuse_powerful_role(&mut tx).await?;
    refuse_unmigrated(&mut tx).await?;
    Ok(tx.commit().await?)
}

async fn refuse_powerful_role(tx: &mut PlatformTx) -> Result<(), StartFault> {
    let facts: RoleFacts = Statement::new(
        "SELECT r.rolsuper AS is_superuser, r.rolbypassrls AS bypasses, \
         EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace \
                 AND pg_has_role(r.oid, c.relowner, 'USAGE')) AS owns_tables \
         FROM pg_roles r WHERE r.rolname = current_user",
    )
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    match facts {
        RoleFacts {
            is_superuser: true, ..
        } => Err(StartFault::Superuser),
        RoleFacts { bypasses: true, .. } => Err(StartFault::BypassesRowSecurity),
        RoleFacts {
            owns_tables: true, ..
        } => Err(StartFault::OwnsTables),
        _ => Ok(()),
    }
}

async fn refuse_unmigrated(tx: &mut PlatformTx) -> Result<(), StartFault> {
    // Two statements: one that names a table which is not there cannot be asked. Releases before this one did not let
    // their processes look.
    let may_look: Answer = Statement::new(
        "SELECT coalesce(has_table_privilege(to_regclass('public.__diesel_schema_migrations'), 'SELECT'), false) AS is_so",
    )
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if !may_look.is_so {
        return Err(StartFault::NotMigrated);
    }
    let has_run: Answer = Statement::new(
        "SELECT EXISTS (SELECT FROM __diesel_schema_migrations WHERE version = $1) AS is_so",
    )
    .bind(LAST_MIGRATION)
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if has_run.is_so {
        Ok(())
    } else {
        Err(StartFault::NotMigrated)
    }
}
