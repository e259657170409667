//! A member as lists and answers show them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vitaran_kernel::{DealerId, LocationId, MembershipId, RoleId, UserId};

use crate::access::{Grant, Role};
use crate::master::{Master, MasterError};

/// The dealer whose person somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDealer {
    pub id: DealerId,
    pub code: String,
    pub name: String,
}

/// A location somebody is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLocation {
    pub id: LocationId,
    pub name: String,
}

impl MemberLocation {
    /// Of two columns in one order; NULL for none.
    pub(crate) fn all(
        ids: Option<Vec<LocationId>>,
        names: Option<Vec<String>>,
    ) -> Vec<MemberLocation> {
        let (ids, names) = (ids.unwrap_or_default(), names.unwrap_or_default());
        let both = ids.into_iter().zip(names);
        both.map(|(id, name)| MemberLocation { id, name }).collect()
    }
}

/// Somebody who works here, or for one of the dealers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: MembershipId,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub grant: Grant,
    /// Of a role of the tenant's own.
    pub role_id: Option<RoleId>,
    pub dealer: Option<MemberDealer>,
    /// Those they are bound to, by name; none means every location.
    pub locations: Vec<MemberLocation>,
    pub is_active: bool,
    /// Browsers and programs they are signed in with here.
    pub sessions: i64,
    /// Of those sessions, to the minute.
    pub last_seen_at: Option<DateTime<Utc>>,
    pub since: DateTime<Utc>,
    pub version: i32,
}

impl Member {
    /// Whether they may do everything: the built-in role, not one that grew from it.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.grant.role() == Role::Admin && self.role_id.is_none()
    }
}

/// As the audit log tells of them.
impl Serialize for Member {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            name: &'a str,
            email: &'a str,
            role: &'a str,
            dealer: Option<&'a str>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            locations: Vec<&'a str>,
            is_active: bool,
        }
        let told = Told {
            name: &self.name,
            email: &self.email,
            role: self.grant.label(),
            dealer: self.dealer.as_ref().map(|dealer| dealer.name.as_str()),
            locations: self.locations.iter().map(|one| one.name.as_str()).collect(),
            is_active: self.is_active,
        };
        told.serialize(serializer)
    }
}

impl Master for Member {
    const NOUN: &'static str = "member";
    const NOT_FOUND: &'static str = "members.not_found";
    const STALE: &'static str = "members.stale";
}

pub(super) type Refused = MasterError<Member>;
