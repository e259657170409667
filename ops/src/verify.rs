//! `vitaran verify-chain` and `vitaran verify-invariants`: whether the data are still what the product promises.

use std::sync::Arc;

use vitaran_kernel::SystemClock;

use crate::seed::invariants::{self, Verdict};
use crate::{OpsError, database, database::Session};

/// Recomputes the hash of every invoice and every seal of the trail, of one tenant or of all. Fails when one does not hold.
pub async fn chain(tenant: Option<&str>) -> Result<Vec<String>, OpsError> {
    let mut owner = Session::owner().await?;
    let db = database::actions(Arc::new(SystemClock))?;
    let mut said = Vec::new();
    let mut faults = 0;
    for tenant in owner.chosen(tenant).await? {
        let report = invariants::verify_chain(&db, tenant.id).await?;
        said.push(format!(
            "{}: {} invoice(s) in {} series and year(s), {} fault(s)",
            tenant.slug,
            report.invoices,
            report.series,
            report.faults.len()
        ));
        for fault in &report.faults {
            said.push(format!("    {}: {}", fault.number, fault.fault));
        }
        faults += report.faults.len();
        let trail = invariants::verify_trail(&db, tenant.id).await?;
        said.push(format!(
            "{}: {} change(s) of the trail under {} seal(s), {} not sealed yet, {} fault(s); last seal {}",
            tenant.slug,
            trail.rows,
            trail.seals,
            trail.unsealed,
            trail.faults.len(),
            if trail.head.is_empty() { "none" } else { &trail.head }
        ));
        said.extend(trail.faults.iter().map(|fault| format!("    {fault}")));
        faults += trail.faults.len();
    }
    answer(said, faults)
}

/// Runs every check, in one tenant or in all. Fails with the list when one finds something.
pub async fn invariants(tenant: Option<&str>) -> Result<Vec<String>, OpsError> {
    let mut owner = Session::owner().await?;
    let db = database::actions(Arc::new(SystemClock))?;
    let tenants = owner.chosen(tenant).await?;
    let verdict = invariants::verify(&mut owner, &db, &tenants).await?;
    let faults = verdict.violations.len();
    answer(told(&verdict), faults)
}

/// A verdict in words.
#[must_use]
pub fn told(verdict: &Verdict) -> Vec<String> {
    let mut said: Vec<String> = verdict.violations.iter().map(ToString::to_string).collect();
    said.push(format!(
        "{} check(s) in {} tenant(s), {} invoice(s) recomputed: {}",
        verdict.checks,
        verdict.tenants,
        verdict.invoices,
        if verdict.violations.is_empty() {
            "all hold"
        } else {
            "some do not hold"
        }
    ));
    said
}

#[expect(
    clippy::print_stdout,
    reason = "a failing check answers on standard output too"
)]
pub(crate) fn answer(said: Vec<String>, faults: usize) -> Result<Vec<String>, OpsError> {
    if faults == 0 {
        return Ok(said);
    }
    for line in said {
        println!("{line}");
    }
    Err(OpsError::Unsound(faults))
}
