//! Who may do what. A role is a set of permissions, a permission is a type, and a value of [`Allowed`] is the proof that
//! the actor has it: an action demands the proof in its signature, so a forgotten check does not compile.

mod actor;
mod allowed;
mod module;
mod permission;
mod roles;
mod scope;

pub use actor::{Actor, Impersonation, KeyRef, TenantRef};
pub use allowed::{Allowed, Forbidden, Lacking, SomeLocations};
pub use module::{Module, ModuleSet};
pub use permission::*;
pub use roles::{Grant, PermissionSet, Role};
pub use scope::{DealerScope, LocationScope};
