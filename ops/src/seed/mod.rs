//! Databases with something in them: the demonstration that a person looks at, and the big tenant that a measurement
//! needs. Both end with the checks of [`invariants`], so that what they show obeys the rules.

pub mod demo;
pub mod invariants;
pub mod scale;
mod settle;

use std::fmt::Write as _;
use std::sync::Arc;

use vitaran_kernel::SystemClock;

use crate::database::{Session, TenantRow};
use crate::{OpsError, database, verify};

/// Runs the checks in the seeded tenants; a seed that breaks a rule is a failed one.
async fn prove(owner: &mut Session, tenants: &[TenantRow]) -> Result<String, OpsError> {
    let db = database::actions(Arc::new(SystemClock))?;
    let verdict = invariants::verify(owner, &db, tenants).await?;
    let told = verify::told(&verdict).join("\n");
    if verdict.violations.is_empty() {
        Ok(told)
    } else {
        Err(OpsError::Refused(format!(
            "what was seeded breaks the rules:\n{told}"
        )))
    }
}

/// A worker at its work would send what the seed only records as sent.
async fn refuse_while_a_worker_runs(owner: &mut Session) -> Result<(), OpsError> {
    let runs = owner
        .asks(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()) AS flag",
            "app_worker",
        )
        .await?;
    if runs {
        return Err(OpsError::Refused(
            "a worker is connected to this database: stop it, seed, and start it again".to_owned(),
        ));
    }
    Ok(())
}

/// Other people's tenants are no place for invented ones.
async fn refuse_foreign_tenants(
    owner: &mut Session,
    own: &[&str],
    force_beside: bool,
) -> Result<(), OpsError> {
    let mut foreign = String::new();
    for tenant in owner.tenants().await? {
        if !own.contains(&tenant.slug.as_str()) {
            let separator = if foreign.is_empty() { "" } else { ", " };
            let _ = write!(foreign, "{separator}{}", tenant.slug);
        }
    }
    if foreign.is_empty() || force_beside {
        Ok(())
    } else {
        Err(OpsError::Refused(format!(
            "this database has tenants of its own ({foreign}); --force-beside seeds beside them"
        )))
    }
}
