//! Keys as programs see them.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::api_keys::{self, ApiKeyForm, KeyStatus, RollForm};

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApiKeyStatus {
    Active,
    /// Another has taken its place; it works until `expires_at`.
    Replaced,
    Expired,
    Revoked,
    /// Whoever made it does not work here any more.
    Orphaned,
}

impl From<KeyStatus> for ApiKeyStatus {
    fn from(status: KeyStatus) -> Self {
        match status {
            KeyStatus::Active => ApiKeyStatus::Active,
            KeyStatus::Replaced => ApiKeyStatus::Replaced,
            KeyStatus::Expired => ApiKeyStatus::Expired,
            KeyStatus::Revoked => ApiKeyStatus::Revoked,
            KeyStatus::Orphaned => ApiKeyStatus::Orphaned,
        }
    }
}

/// A key of a program, without its secret.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ApiKey {
    pub id: uuid::Uuid,
    name: String,
    /// The last four characters of the secret, to tell keys apart.
    last4: String,
    status: ApiKeyStatus,
    /// Codes of permissions. The key may do what it names and its maker may do.
    scopes: Vec<String>,
    /// Networks in CIDR it may be used from; none means any address.
    networks: Vec<String>,
    created_at: DateTime<Utc>,
    /// Who made it.
    created_by: String,
    expires_at: DateTime<Utc>,
    /// The key that takes its place.
    replaced_by: Option<uuid::Uuid>,
    revoked_at: Option<DateTime<Utc>>,
    revoked_by: Option<String>,
    /// To the minute; absent while it was never used.
    last_used_at: Option<DateTime<Utc>>,
    last_used_ip: Option<String>,
}

impl From<api_keys::ApiKey> for ApiKey {
    fn from(key: api_keys::ApiKey) -> Self {
        let scopes = key.scopes.iter().map(|code| code.as_str().to_owned());
        ApiKey {
            id: key.id.as_uuid(),
            name: key.name,
            last4: key.last4,
            status: key.status.into(),
            scopes: scopes.collect(),
            networks: key.networks,
            created_at: key.created_at,
            created_by: key.created_by,
            expires_at: key.expires_at,
            replaced_by: key.replaced_by.map(|id| id.as_uuid()),
            revoked_at: key.revoked_at,
            revoked_by: key.revoked_by,
            last_used_at: key.last_used_at,
            last_used_ip: key.last_used_ip,
        }
    }
}

/// A key that was made.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct MadeApiKey {
    pub api_key: ApiKey,
    /// Send it as `Authorization: Bearer`. Only the first answer holds it, for only its hash is kept: an answer given again
    /// to the same Idempotency-Key has none.
    pub secret: Option<String>,
}

/// What a key is to be.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ApiKeyInput {
    /// Such as the program's; histories show it.
    name: String,
    /// Codes of permissions you hold yourself.
    scopes: Vec<String>,
    /// 1 to 365; 90 if left out.
    expires_in_days: Option<u16>,
    /// Addresses or networks in CIDR it may be used from, at most 20; any address if left out.
    networks: Option<Vec<String>>,
}

impl From<ApiKeyInput> for ApiKeyForm {
    fn from(input: ApiKeyInput) -> Self {
        ApiKeyForm {
            name: input.name,
            scopes: input.scopes,
            expires_in_days: input
                .expires_in_days
                .map(|days| days.to_string())
                .unwrap_or_default(),
            networks: input.networks.unwrap_or_default().join("\n"),
        }
    }
}

/// How a key is replaced.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub struct ApiKeyRoll {
    /// Hours the old key works beside the new one, 0 to 168; 24 if left out.
    overlap_hours: Option<u16>,
}

impl From<ApiKeyRoll> for RollForm {
    fn from(input: ApiKeyRoll) -> Self {
        RollForm {
            overlap_hours: input
                .overlap_hours
                .map(|hours| hours.to_string())
                .unwrap_or_default(),
        }
    }
}
