//! Databases with something in them: the demonstration that a person looks at, and the big tenant that a measurement
//! needs. Both end with the checks of [`invariants`], so that what they show obeys the rules.

pub mod demo;
pub mod invariants;
pub mod scale;
mod settle;

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

/// Tenants that a refusal names.
const MOST_NAMED: usize = 5;

/// Other people's tenants are no place for invented ones.
async fn refuse_foreign_tenants(
    owner: &mut Session,
    own: &[&str],
    force_beside: bool,
) -> Result<(), OpsError> {
    let mut foreign = owner.tenants().await?;
    foreign.retain(|tenant| !own.contains(&tenant.slug.as_str()));
    if foreign.is_empty() || force_beside {
        Ok(())
    } else {
        let named: Vec<&str> = foreign
            .iter()
            .take(MOST_NAMED)
            .map(|tenant| tenant.slug.as_str())
            .collect();
        let more = if foreign.len() > MOST_NAMED {
            ", …"
        } else {
            ""
        };
        Err(OpsError::Refused(format!(
            "this database has {} tenant(s) of its own ({}{more}); --force-beside seeds beside them",
            foreign.len(),
            named.join(", ")
        )))
    }
}
