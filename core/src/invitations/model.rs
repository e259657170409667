//! An invitation as lists and answers show it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vitaran_kernel::{InvitationId, RoleId};

use crate::access::{LocationScope, Role};
use crate::master::{Master, MasterError};
use crate::members::{MemberDealer, MemberLocation};

/// Whether its link works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    Open,
    Expired,
    /// Whoever invited works here no more, or the role is gone.
    Unbacked,
}

impl InvitationStatus {
    pub const fn label(self) -> &'static str {
        match self {
            InvitationStatus::Open => "Open",
            InvitationStatus::Expired => "Expired",
            InvitationStatus::Unbacked => "Send it again",
        }
    }
}

/// Somebody who was invited and has not come yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    /// The built-in role that theirs will be or grew from.
    pub role: Role,
    pub role_id: Option<RoleId>,
    /// As people call it.
    pub role_name: String,
    pub dealer: Option<MemberDealer>,
    /// Where they will work.
    pub(super) scope: LocationScope,
    /// The same by name; none means every location.
    pub locations: Vec<MemberLocation>,
    pub status: InvitationStatus,
    /// Whoever sent it last.
    pub invited_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// How often it was sent.
    pub sendings: i32,
    pub version: i32,
}

/// As the audit log tells of it.
impl Serialize for Invitation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            email: &'a str,
            role: &'a str,
            dealer: Option<&'a str>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            locations: Vec<&'a str>,
            sendings: i32,
        }
        let told = Told {
            email: &self.email,
            role: &self.role_name,
            dealer: self.dealer.as_ref().map(|dealer| dealer.name.as_str()),
            locations: self.locations.iter().map(|one| one.name.as_str()).collect(),
            sendings: self.sendings,
        };
        told.serialize(serializer)
    }
}

impl Master for Invitation {
    const NOUN: &'static str = "invitation";
    const NOT_FOUND: &'static str = "invitations.not_found";
    const STALE: &'static str = "invitations.stale";
}

pub(super) type Refused = MasterError<Invitation>;
