//! Web and worker refuse to start with a role that row-level security does not bind.

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;

use super::{Db, DbError, Statement};

/// Why the database role is refused.
#[derive(Debug, thiserror::Error)]
pub enum RoleFault {
    #[error("the database role is a superuser: row-level security would not hold it")]
    Superuser,
    #[error("the database role has BYPASSRLS: row-level security would not hold it")]
    BypassesRowSecurity,
    #[error("the database role owns tables: only `vitaran migrate` may connect as the owner")]
    OwnsTables,
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

/// Refuses a superuser, a role with BYPASSRLS and the owner of the tables (000-32).
pub async fn refuse_powerful_role(db: &Db) -> Result<(), RoleFault> {
    let mut tx = db.begin_platform().await?;
    let facts: RoleFacts = Statement::new(
        "SELECT r.rolsuper AS is_superuser, r.rolbypassrls AS bypasses, \
         EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace \
                 AND pg_has_role(r.oid, c.relowner, 'USAGE')) AS owns_tables \
         FROM pg_roles r WHERE r.rolname = current_user",
    )
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    match facts {
        RoleFacts {
            is_superuser: true, ..
        } => Err(RoleFault::Superuser),
        RoleFacts { bypasses: true, .. } => Err(RoleFault::BypassesRowSecurity),
        RoleFacts {
            owns_tables: true, ..
        } => Err(RoleFault::OwnsTables),
        _ => Ok(()),
    }
}
