//! Which modules of the product a tenant has. The flag travels with the look-up of every session, token and key, so that a
//! switch counts from the next request; what belongs to a module that is off stays where it is.

use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vitaran_kernel::TenantId;

use super::PlatformOperator;
use super::register::{RegisterError, open, record};
use super::tenants::TenantSummary;
use crate::access::{Module, ModuleSet};
use crate::db::{Db, Statement};
use crate::problem::{Faults, Invalid};

/// The form as typed: the codes of those that are on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModulesForm {
    pub on: Vec<String>,
}

impl From<ModuleSet> for ModulesForm {
    fn from(modules: ModuleSet) -> Self {
        ModulesForm {
            on: codes(modules.on()),
        }
    }
}

impl ModulesForm {
    pub fn parse(&self) -> Result<ModuleSet, Invalid> {
        let (mut faults, mut on) = (Faults::new(), Vec::new());
        for code in &self.on {
            match Module::parse(code) {
                Some(module) => on.push(module),
                None => faults.add("/on", "unknown", "There is no such module"),
            }
        }
        if faults.is_empty() {
            Ok(ModuleSet::only(&on))
        } else {
            Err(faults.into_invalid())
        }
    }
}

fn codes(modules: impl Iterator<Item = Module>) -> Vec<String> {
    modules.map(|module| module.as_str().to_owned()).collect()
}

/// Pure: one that is on has what it needs.
fn check(on: ModuleSet) -> Result<(), RegisterError> {
    for module in on.on() {
        if let Some(needs) = module.needs()
            && !on.contains(needs)
        {
            return Err(RegisterError::Needs { module, needs });
        }
    }
    Ok(())
}

/// Switches the modules of a tenant: these are on, and all others off.
pub async fn set_modules(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
    expected: i32,
    on: ModuleSet,
) -> Result<TenantSummary, RegisterError> {
    check(on)?;
    let (mut tx, entry) = open(db, by, id, Some(expected)).await?;
    Statement::new("UPDATE tenants SET modules_off = $2, version = version + 1 WHERE id = $1")
        .bind(entry.id.as_uuid())
        .bind(codes(on.off()))
        .execute(tx.conn()?)
        .await?;
    let after = json!({ "on": codes(on.on()), "on_before": codes(entry.modules().on()) });
    record(tx, by, entry.id, "tenancy.tenant.set_modules", after).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem as _;

    fn form(on: &[&str]) -> ModulesForm {
        ModulesForm {
            on: on.iter().map(|code| (*code).to_owned()).collect(),
        }
    }

    #[test]
    fn a_module_that_needs_another_is_not_on_without_it() {
        for (on, is_fine) in [
            (&["DISTRIBUTION", "INVENTORY"][..], true),
            (&["INVENTORY"], true),
            (&[], true),
            (&["DISTRIBUTION"], false),
        ] {
            assert_eq!(check(form(on).parse().unwrap()).is_ok(), is_fine, "{on:?}");
        }
        let refused = check(ModuleSet::only(&[Module::Distribution])).unwrap_err();
        assert_eq!(refused.faults()[0].pointer, "/on");
        assert_eq!(
            refused.to_string(),
            "Distribution does not work without Inventory"
        );
    }

    #[test]
    fn a_module_that_does_not_exist_yet_cannot_be_switched() {
        let faults = form(&["INVENTORY", "RETAIL", ""])
            .parse()
            .unwrap_err()
            .faults;
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert_eq!(
            ModulesForm::from(ModuleSet::ALL).on.len(),
            Module::ALL.len()
        );
    }
}
