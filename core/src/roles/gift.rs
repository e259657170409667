//! Nobody gives what they do not have, neither in a role that is made nor to a person who gets one.

use std::fmt;

use vitaran_kernel::Money;

use crate::access::{Grant, PermissionCode, PermissionSet};
use crate::master::{Master, MasterError};

/// What of a gift is more than the giver has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    Permission(PermissionCode),
    /// The giver's own limit.
    Limit(Money),
    /// A location the giver does not work at.
    Location,
}

impl Beyond {
    pub(crate) fn permissions(giver: &Grant, given: PermissionSet) -> Option<Self> {
        let beyond = given.without(giver.permissions());
        beyond.codes().next().map(Beyond::Permission)
    }

    /// A limit counts where orders may be approved at all.
    pub(crate) fn limit(giver: &Grant, given: PermissionSet, limit: Option<Money>) -> Option<Self> {
        let own = giver.approval_limit()?;
        (!giver.covers_limit(given, limit)).then_some(Beyond::Limit(own))
    }

    fn locations(giver: &Grant, given: &Grant) -> Option<Self> {
        let covers = giver.locations().covers(given.locations());
        (!covers).then_some(Beyond::Location)
    }

    /// Of a whole role, and where it counts.
    pub(crate) fn grant(giver: &Grant, given: &Grant) -> Option<Self> {
        Self::permissions(giver, given.permissions())
            .or_else(|| Self::limit(giver, given.permissions(), given.approval_limit()))
            .or_else(|| Self::locations(giver, given))
    }

    pub(crate) fn refusal<M: Master>(self, pointer: &str) -> MasterError<M> {
        let pointer = match self {
            Beyond::Location => "/locations",
            Beyond::Permission(_) | Beyond::Limit(_) => pointer,
        };
        MasterError::fault(pointer, "roles.beyond_yours", self.to_string())
    }
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Beyond::Permission(code) => write!(
                f,
                "You cannot give what you may not do yourself: {}",
                code.may()
            ),
            Beyond::Limit(own) => write!(
                f,
                "You may approve up to ₹{} yourself, and give no more",
                own.grouped()
            ),
            Beyond::Location => {
                f.write_str("You work at some locations only: choose among those, and at least one")
            }
        }
    }
}
