//! The proof that an actor may do something.

use std::fmt;
use std::marker::PhantomData;

use super::{Actor, Permission, PermissionCode};
use crate::problem::{Kind, Problem};

/// Proof that its actor holds `P`. Its fields are private and [`Actor::allow`] is its only maker, so an action that
/// demands it cannot be called without the check, and a proof of something else does not compile:
///
/// ```
/// use vitaran_core::access::{Actor, Allowed, Forbidden, SalesOrdersApprove};
/// fn approve(_by: &Allowed<SalesOrdersApprove>) {}
/// fn handler(actor: &Actor) -> Result<(), Forbidden> { approve(&actor.allow()?); Ok(()) }
/// ```
/// ```compile_fail,E0308
/// use vitaran_core::access::{Actor, Allowed, Forbidden, SalesOrdersApprove, SalesOrdersRead};
/// fn approve(_by: &Allowed<SalesOrdersApprove>) {}
/// fn handler(actor: &Actor) -> Result<(), Forbidden> { approve(&actor.allow::<SalesOrdersRead>()?); Ok(()) }
/// ```
#[must_use = "a proof that is not handed to an action proves nothing"]
pub struct Allowed<P: Permission> {
    actor: Actor,
    permission: PhantomData<P>,
}

impl<P: Permission> Allowed<P> {
    pub(super) fn proven(actor: Actor) -> Self {
        Allowed {
            actor,
            permission: PhantomData,
        }
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

impl<P: Permission> fmt::Debug for Allowed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Allowed<{}>", P::CODE.as_str())
    }
}

/// The actor does not hold the permission. Decided before anything is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} {}", .why.who_may_not(), .permission.may())]
pub struct Forbidden {
    pub permission: PermissionCode,
    pub why: Lacking,
}

/// What takes a permission from an actor: whom to ask for it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    Role,
    /// The role gives it, at every location alone.
    Locations,
    /// The distributor does not use the module that it belongs to.
    Module,
    /// The key's scopes leave it out, or its maker does not hold it.
    Key,
    /// A support visit that only looks.
    Visit,
}

impl Lacking {
    const fn who_may_not(self) -> &'static str {
        match self {
            Lacking::Role => "Your role may not",
            Lacking::Locations => "Whoever works at some locations only may not",
            Lacking::Module => "Without a module that is switched off here nobody may",
            Lacking::Key => "This API key may not",
            Lacking::Visit => "A support visit that only looks may not",
        }
    }
}

impl Problem for Forbidden {
    fn kind(&self) -> Kind {
        Kind::Forbidden
    }

    fn code(&self) -> &'static str {
        "access.forbidden"
    }
}

/// What counts or checks the whole house is not for whoever works at some of its locations: they would see a part and take it
/// for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("You work at some locations only, and this takes all of them together")]
pub struct SomeLocations;

impl Problem for SomeLocations {
    fn kind(&self) -> Kind {
        Kind::Forbidden
    }

    fn code(&self) -> &'static str {
        "access.some_locations"
    }
}
