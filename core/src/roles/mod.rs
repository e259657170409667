//! Roles that a tenant makes for itself (002-9): a built-in role to grow from, permissions of the catalogue, and how much
//! its people may approve.
//!
//! Nobody gives more than they have: neither a permission nor a higher limit, however the role is reached. A change counts
//! from the next request of everybody who has the role, because every request reads it anew.

mod change;
mod form;
mod gift;
mod query;

pub use change::{create, remove, update};
pub use form::{NewRole, RoleForm};
pub(crate) use gift::Beyond;
pub(crate) use query::find;
pub use query::{RoleRecord, list, load};

#[cfg(test)]
mod tests;
