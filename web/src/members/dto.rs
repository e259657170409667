//! Members as the API gives and takes them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use vitaran_core::members::{self, PlaceForm};

/// The dealer whose person somebody is.
#[derive(Debug, Clone, Object)]
pub struct MemberDealer {
    id: uuid::Uuid,
    code: String,
    name: String,
}

impl From<members::MemberDealer> for MemberDealer {
    fn from(dealer: members::MemberDealer) -> Self {
        MemberDealer {
            id: dealer.id.as_uuid(),
            code: dealer.code,
            name: dealer.name,
        }
    }
}

/// A location somebody is bound to.
#[derive(Debug, Clone, Object)]
pub struct MemberLocation {
    id: uuid::Uuid,
    name: String,
}

impl From<members::MemberLocation> for MemberLocation {
    fn from(location: members::MemberLocation) -> Self {
        MemberLocation {
            id: location.id.as_uuid(),
            name: location.name,
        }
    }
}

/// Somebody who works here, or for one of the dealers.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Member {
    /// Of the membership; the person has another one.
    id: uuid::Uuid,
    user_id: uuid::Uuid,
    name: String,
    email: String,
    /// The built-in role that theirs is or grew from.
    role: String,
    /// Absent for a built-in role.
    role_id: Option<uuid::Uuid>,
    role_name: String,
    /// Exactly for dealers' people.
    dealer: Option<MemberDealer>,
    /// The locations they are bound to: stock, orders, shipments and invoices of others do not exist for them. Empty for every
    /// location.
    locations: Vec<MemberLocation>,
    is_active: bool,
    /// Browsers and programs they are signed in with here.
    sessions: i64,
    /// To the minute; absent while they are signed in nowhere.
    last_seen_at: Option<DateTime<Utc>>,
    /// Since when they work here.
    created_at: DateTime<Utc>,
    version: i32,
}

impl From<members::Member> for Member {
    fn from(member: members::Member) -> Self {
        Member {
            id: member.id.as_uuid(),
            user_id: member.user.as_uuid(),
            role: member.grant.role().as_str().to_owned(),
            role_name: member.grant.label().to_owned(),
            name: member.name,
            email: member.email,
            role_id: member.role_id.map(|id| id.as_uuid()),
            dealer: member.dealer.map(Into::into),
            locations: member.locations.into_iter().map(Into::into).collect(),
            is_active: member.is_active,
            sessions: member.sessions,
            last_seen_at: member.last_seen_at,
            created_at: member.since,
            version: member.version,
        }
    }
}

/// The place somebody gets.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct MemberPlace {
    /// `ADMIN`, `SALES`, `WAREHOUSE`, `ACCOUNTS` or `DEALER`, or the id of a role of the distributor's own.
    role: String,
    /// A dealer's id or code; exactly for a role of dealers' people.
    dealer: Option<String>,
    /// The locations to bind them to; an empty list for every location. Left out, they stay as they are.
    locations: Option<Vec<uuid::Uuid>>,
}

/// As the form takes them: a blank one says that the list is whole.
pub(crate) fn location_fields(locations: Option<Vec<uuid::Uuid>>) -> Vec<String> {
    let blank = locations.is_some().then(String::new);
    let ids = locations.unwrap_or_default();
    blank
        .into_iter()
        .chain(ids.iter().map(ToString::to_string))
        .collect()
}

impl From<MemberPlace> for PlaceForm {
    fn from(place: MemberPlace) -> Self {
        PlaceForm {
            role: place.role,
            dealer: place.dealer.unwrap_or_default(),
            locations: location_fields(place.locations),
        }
    }
}
