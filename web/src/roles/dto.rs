//! Roles as the API gives and takes them.

use poem_openapi::Object;
use vitaran_core::access::{PermissionCode, Role as BuiltIn};
use vitaran_core::roles::{RoleForm, RoleRecord};

use crate::http::types::Money;

/// A permission of the catalogue.
#[derive(Debug, Clone, Object)]
pub struct Permission {
    /// Such as `sales.orders.approve`; never changes.
    code: String,
    /// Completes the sentence "may …".
    may: String,
}

impl From<PermissionCode> for Permission {
    fn from(code: PermissionCode) -> Self {
        Permission {
            code: code.as_str().to_owned(),
            may: code.may().to_owned(),
        }
    }
}

/// A role: built in, or the tenant's own.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none, rename = "RoleRecord")]
pub struct Role {
    /// Absent for a built-in role.
    pub(super) id: Option<uuid::Uuid>,
    name: String,
    /// The built-in role that it is or grew from.
    base: String,
    permissions: Vec<String>,
    /// Orders up to this total may be approved; absent for any.
    approval_limit: Option<Money>,
    /// People who have it; absent for a built-in role.
    members: Option<i64>,
    pub(super) version: Option<i32>,
}

impl From<BuiltIn> for Role {
    fn from(role: BuiltIn) -> Self {
        Role {
            id: None,
            name: role.label().to_owned(),
            base: role.as_str().to_owned(),
            permissions: role.permissions().codes().map(code_of).collect(),
            approval_limit: None,
            members: None,
            version: None,
        }
    }
}

impl From<RoleRecord> for Role {
    fn from(role: RoleRecord) -> Self {
        let RoleRecord {
            id,
            name,
            base,
            permissions,
            approval_limit,
            members,
            version,
        } = role;
        Role {
            id: Some(id.as_uuid()),
            name: name.to_string(),
            base: base.as_str().to_owned(),
            permissions: permissions.codes().map(code_of).collect(),
            approval_limit: approval_limit.map(Into::into),
            members: Some(members),
            version: Some(version),
        }
    }
}

fn code_of(code: PermissionCode) -> String {
    code.as_str().to_owned()
}

/// What a role is to be. Its base is chosen once: a change gives the same again.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewRole {
    /// Another than every other role's; up to 60 characters.
    name: String,
    /// `ADMIN`, `SALES`, `WAREHOUSE`, `ACCOUNTS` or `DEALER`.
    base: String,
    /// Codes of the catalogue that the caller holds too; of a dealer's role, those a dealer's people can have.
    permissions: Vec<String>,
    /// Rupees; leave it out for no limit.
    approval_limit: Option<String>,
}

impl From<NewRole> for RoleForm {
    fn from(role: NewRole) -> Self {
        let NewRole {
            name,
            base,
            permissions,
            approval_limit,
        } = role;
        RoleForm {
            name,
            base,
            permissions,
            approval_limit: approval_limit.unwrap_or_default(),
        }
    }
}
