//! A role as typed, and checked.

use serde::{Deserialize, Serialize};
use vitaran_kernel::{Money, Text};

use crate::access::{PermissionCode, PermissionSet, Role};
use crate::master::finish;
use crate::problem::{Faults, Invalid};

pub type RoleName = Text<60>;

/// What a person or program sends. A role's base is chosen once; a change looks past it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleForm {
    pub name: String,
    pub base: String,
    /// Codes of the catalogue.
    pub permissions: Vec<String>,
    /// Rupees; blank for no limit.
    pub approval_limit: String,
}

/// A checked [`RoleForm`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    pub name: RoleName,
    pub base: Role,
    pub permissions: PermissionSet,
    pub approval_limit: Option<Money>,
}

impl RoleForm {
    pub fn parse(&self) -> Result<NewRole, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "the role's name", name_of);
        let base = faults.required("/base", &self.base, "the role to start from", |text| {
            Role::parse(text.trim()).ok_or("Choose one of the built-in roles")
        });
        let approval_limit = faults.optional("/approval_limit", &self.approval_limit, limit_of);
        let permissions = base.and_then(|base| self.permissions(base, &mut faults));
        finish(faults, || {
            Some(NewRole {
                name: name?,
                base: base?,
                permissions: permissions?,
                approval_limit,
            })
        })
    }

    /// At most the whole catalogue, so the list needs no limit of its own.
    fn permissions(&self, base: Role, faults: &mut Faults) -> Option<PermissionSet> {
        let mut codes = Vec::new();
        for typed in &self.permissions {
            match PermissionCode::parse(typed.trim()) {
                Some(code) => codes.push(code),
                None => {
                    faults.add(
                        "/permissions",
                        "unknown",
                        "One of the permissions does not exist",
                    );
                    return None;
                }
            }
        }
        let set = PermissionSet::of(&codes);
        if set.is_empty() {
            faults.add("/permissions", "required", "Choose what the role may do");
            return None;
        }
        let beyond = set.without(base.ceiling());
        if let Some(code) = beyond.codes().next() {
            faults.add(
                "/permissions",
                "roles.not_for_dealers",
                format!("A dealer's people cannot {}", code.may()),
            );
            return None;
        }
        Some(set)
    }
}

/// A role's name is not one of the built-in ones: two of a name would be told apart by nobody.
fn name_of(text: &str) -> Result<RoleName, String> {
    let name = RoleName::parse(text).map_err(|error| error.to_string())?;
    let is_built_in = Role::ALL
        .iter()
        .any(|role| role.label().to_lowercase() == name.as_str().to_lowercase());
    if is_built_in {
        return Err("A built-in role has this name already, choose another".to_owned());
    }
    Ok(name)
}

fn limit_of(text: &str) -> Result<Money, String> {
    let limit = Money::parse(text.trim()).map_err(|error| error.to_string())?;
    if limit < Money::ZERO {
        return Err("The limit cannot be below zero".to_owned());
    }
    Ok(limit)
}
