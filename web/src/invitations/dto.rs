//! Invitations as the API gives and takes them.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::invitations::{
    self, AcceptForm, InvitationForm, InvitationStatus as Status, SendingForm,
};

use crate::members::{MemberDealer, MemberLocation, location_fields};

/// Whether an invitation's link works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvitationStatus {
    Open,
    Expired,
    /// Whoever invited works here no more, or the role is gone: send it again, or revoke it.
    Unbacked,
}

impl From<Status> for InvitationStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Open => InvitationStatus::Open,
            Status::Expired => InvitationStatus::Expired,
            Status::Unbacked => InvitationStatus::Unbacked,
        }
    }
}

/// Somebody who was invited and has not come yet.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Invitation {
    pub(super) id: uuid::Uuid,
    email: String,
    /// The built-in role that theirs will be or grew from.
    role: String,
    /// Absent for a built-in role.
    role_id: Option<uuid::Uuid>,
    role_name: String,
    /// Exactly for dealers' people.
    dealer: Option<MemberDealer>,
    /// The locations they will be bound to. Empty for every location.
    locations: Vec<MemberLocation>,
    status: InvitationStatus,
    /// The name of whoever sent it last.
    invited_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// How often it was sent; at most five times.
    sendings: i32,
    pub(super) version: i32,
}

impl From<invitations::Invitation> for Invitation {
    fn from(invitation: invitations::Invitation) -> Self {
        Invitation {
            id: invitation.id.as_uuid(),
            email: invitation.email,
            role: invitation.role.as_str().to_owned(),
            role_id: invitation.role_id.map(|id| id.as_uuid()),
            role_name: invitation.role_name,
            dealer: invitation.dealer.map(Into::into),
            locations: invitation.locations.into_iter().map(Into::into).collect(),
            status: invitation.status.into(),
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            sendings: invitation.sendings,
            version: invitation.version,
        }
    }
}

/// An invitation that was sent.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SentInvitation {
    pub invitation: Invitation,
    /// With `delivery` `LINK`, and in the first answer alone, for only its hash is kept.
    pub link: Option<String>,
}

/// Whom to invite, and as what.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewInvitation {
    #[oai(validator(max_length = 254))]
    email: String,
    /// `ADMIN`, `SALES`, `WAREHOUSE`, `ACCOUNTS` or `DEALER`, or the id of a role of the distributor's own.
    role: String,
    /// A dealer's id or code; exactly for a role of dealers' people.
    dealer: Option<String>,
    /// The locations to bind them to; every one if the list is empty or left out.
    locations: Option<Vec<uuid::Uuid>>,
    /// `MAIL`, which is taken if it is left out, or `LINK`: the answer then holds the link, this once.
    delivery: Option<String>,
}

impl From<NewInvitation> for InvitationForm {
    fn from(invitation: NewInvitation) -> Self {
        let NewInvitation {
            email,
            role,
            dealer,
            locations,
            delivery,
        } = invitation;
        InvitationForm {
            email,
            role,
            dealer: dealer.unwrap_or_default(),
            locations: location_fields(locations),
            delivery: delivery.unwrap_or_default(),
        }
    }
}

/// How an invitation is sent again.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct InvitationSending {
    /// `MAIL`, which is taken if it is left out, or `LINK`: the answer then holds the link, this once.
    delivery: Option<String>,
}

impl From<InvitationSending> for SendingForm {
    fn from(sending: InvitationSending) -> Self {
        SendingForm {
            delivery: sending.delivery.unwrap_or_default(),
        }
    }
}

/// What an invitation's link leads to.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct InvitationAcceptance {
    /// The `token` of the link.
    #[oai(validator(max_length = 100))]
    token: String,
    /// Of somebody new; whoever has an account keeps their name.
    name: Option<String>,
    /// The one that the address signs in with already; of somebody new, the one they choose: 12 to 128 characters of any
    /// kind, and hard to guess.
    #[oai(validator(max_length = 128))]
    password: String,
}

impl From<InvitationAcceptance> for AcceptForm {
    fn from(acceptance: InvitationAcceptance) -> Self {
        AcceptForm {
            token: acceptance.token,
            name: acceptance.name.unwrap_or_default(),
            password: acceptance.password,
        }
    }
}
