//! Domains as the API gives and takes them.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::domains::{self, DomainForm};

/// Whether a domain leads to its distributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DomainStatus {
    /// Nobody has shown yet that it is theirs.
    Pending,
    Verified,
    /// It was verified, and its record stayed away for seven days.
    Lapsed,
}

impl From<domains::DomainStatus> for DomainStatus {
    fn from(status: domains::DomainStatus) -> Self {
        match status {
            domains::DomainStatus::Pending => DomainStatus::Pending,
            domains::DomainStatus::Verified => DomainStatus::Verified,
            domains::DomainStatus::Lapsed => DomainStatus::Lapsed,
        }
    }
}

/// What a look at a domain's TXT record found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DomainFinding {
    Found,
    Missing,
    /// There is one that says something else.
    Other,
    /// The name servers did not say.
    NoAnswer,
    /// It is right, but another distributor has shown that the domain is theirs.
    Taken,
}

impl From<domains::Finding> for DomainFinding {
    fn from(finding: domains::Finding) -> Self {
        match finding {
            domains::Finding::Found => DomainFinding::Found,
            domains::Finding::Missing => DomainFinding::Missing,
            domains::Finding::Other => DomainFinding::Other,
            domains::Finding::NoAnswer => DomainFinding::NoAnswer,
            domains::Finding::Taken => DomainFinding::Taken,
        }
    }
}

/// A name of the internet under which a distributor's people come in.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Domain {
    pub(super) id: uuid::Uuid,
    /// As DNS has it: small letters, other scripts in their ASCII form.
    name: String,
    status: DomainStatus,
    /// Links in mails about orders lead there.
    is_primary: bool,
    /// Where the TXT record stands that shows whose the domain is.
    record_name: String,
    /// What that record must say.
    record_value: String,
    /// What the last look at the record found; absent before the first.
    finding: Option<DomainFinding>,
    checked_at: Option<DateTime<Utc>>,
    /// Absent when nobody looks any more, until a check is asked for.
    check_due_at: Option<DateTime<Utc>>,
    verified_at: Option<DateTime<Utc>>,
    /// Since when the record of a verified domain is gone; after seven days it lapses.
    missing_since: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    created_by: String,
    pub(super) version: i32,
}

impl From<domains::Domain> for Domain {
    fn from(domain: domains::Domain) -> Self {
        Domain {
            id: domain.id.as_uuid(),
            record_name: domain.record_name(),
            record_value: domain.record_value(),
            name: domain.name,
            status: domain.status.into(),
            is_primary: domain.is_primary,
            finding: domain.finding.map(Into::into),
            checked_at: domain.checked_at,
            check_due_at: domain.check_due_at,
            verified_at: domain.verified_at,
            missing_since: domain.missing_since,
            created_at: domain.created_at,
            created_by: domain.created_by,
            version: domain.version,
        }
    }
}

/// A domain to add.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields)]
pub struct NewDomain {
    /// Such as `orders.example.in`.
    #[oai(validator(max_length = 300))]
    name: String,
}

impl From<NewDomain> for DomainForm {
    fn from(domain: NewDomain) -> Self {
        DomainForm { name: domain.name }
    }
}
