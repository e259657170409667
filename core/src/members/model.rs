//! A member as lists and answers show them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vitaran_kernel::{DealerId, MembershipId, RoleId, UserId};

use crate::access::{Grant, Role};
use crate::master::{Master, MasterError};

/// The dealer whose person somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDealer {
    pub id: DealerId,
    pub code: String,
    pub name: String,
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
            is_active: bool,
        }
        let told = Told {
            name: &self.name,
            email: &self.email,
            role: self.grant.label(),
            dealer: self.dealer.as_ref().map(|dealer| dealer.name.as_str()),
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
