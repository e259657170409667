//! A key as lists and answers show it, and why one is refused.

use chrono::{DateTime, Utc};
use serde::Serialize;
use vitaran_kernel::ApiKeyId;

use crate::access::PermissionCode;
use crate::db::DbError;
use crate::problem::{Fault, Invalid, Kind, Problem};

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    Active,
    /// Another has taken its place; it works until its early end.
    Replaced,
    Expired,
    Revoked,
    /// Whoever made it does not work here any more.
    Orphaned,
}

impl KeyStatus {
    pub const fn label(self) -> &'static str {
        match self {
            KeyStatus::Active => "Active",
            KeyStatus::Replaced => "Replaced",
            KeyStatus::Expired => "Expired",
            KeyStatus::Revoked => "Revoked",
            KeyStatus::Orphaned => "Its maker left",
        }
    }

    pub const fn works(self) -> bool {
        matches!(self, KeyStatus::Active | KeyStatus::Replaced)
    }
}

/// A key without its secret.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub last4: String,
    pub status: KeyStatus,
    pub scopes: Vec<PermissionCode>,
    /// In CIDR; none means any address.
    pub networks: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub expires_at: DateTime<Utc>,
    pub replaced_by: Option<ApiKeyId>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub revoked_by: Option<String>,
    /// To the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    pub last_used_ip: Option<String>,
}

/// What the audit log tells of a key.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    name: &'a str,
    last4: &'a str,
    scopes: Vec<&'static str>,
    networks: &'a [String],
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    pub(super) fn told(&self) -> Told<'_> {
        Told {
            name: &self.name,
            last4: &self.last4,
            scopes: self.scopes.iter().map(|code| code.as_str()).collect(),
            networks: &self.networks,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("There is no such API key")]
    NotFound,
    /// A support visit changes no secret: it would outlive the visit.
    #[error("API keys are not made or changed on a support visit")]
    OnVisit,
    #[error("This key does not work any more, make a new one")]
    Over,
    #[error("This key has been replaced already")]
    Replaced,
    #[error("Whoever made this key does not work here any more, make a new one")]
    MakerLeft,
    #[error(
        "This key goes further than you do: whoever made it replaces it, or you make one of your own"
    )]
    BeyondYours,
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for ApiKeyError {
    fn from(error: diesel::result::Error) -> Self {
        ApiKeyError::Db(error.into())
    }
}

impl Problem for ApiKeyError {
    fn kind(&self) -> Kind {
        match self {
            ApiKeyError::NotFound => Kind::NotFound,
            ApiKeyError::OnVisit => Kind::Forbidden,
            ApiKeyError::Over | ApiKeyError::Replaced | ApiKeyError::MakerLeft => Kind::Conflict,
            ApiKeyError::BeyondYours => Kind::Invalid,
            ApiKeyError::Invalid(invalid) => invalid.kind(),
            ApiKeyError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ApiKeyError::NotFound => "api_keys.not_found",
            ApiKeyError::OnVisit => "api_keys.on_visit",
            ApiKeyError::Over => "api_keys.over",
            ApiKeyError::Replaced => "api_keys.replaced",
            ApiKeyError::MakerLeft => "api_keys.maker_left",
            ApiKeyError::BeyondYours => "api_keys.beyond_yours",
            ApiKeyError::Invalid(invalid) => invalid.code(),
            ApiKeyError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            ApiKeyError::Invalid(invalid) => invalid.faults(),
            _ => Vec::new(),
        }
    }
}
