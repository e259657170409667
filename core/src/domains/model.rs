//! A name as pages and answers show it.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use serde::Serialize;
use vitaran_kernel::DomainId;

use super::name::{record_name, record_value};
use crate::master::{Master, MasterError, text_codes};

text_codes! {
    /// Whether a name leads to its tenant.
    DomainStatus, "Choose a state" {
        /// Nobody has shown yet that it is theirs.
        Pending = "PENDING", "Waiting for its record";
        Verified = "VERIFIED", "Verified";
        /// It was verified, and its record stayed away.
        Lapsed = "LAPSED", "No longer verified";
    }
}

text_codes! {
    /// What a look at a name's record found.
    Finding, "Choose a finding" {
        Found = "FOUND", "The record is there";
        Missing = "MISSING", "There is no such record yet";
        /// One that says something else.
        Other = "OTHER", "The record says something else";
        /// The servers of the name, or ours, did not say whether there is one.
        NoAnswer = "NO_ANSWER", "The name's servers gave no answer";
        /// The proof is there; the name is verified by another tenant.
        Taken = "TAKEN", "The record is right, but another distributor here has this name";
    }
}

/// A name of a tenant's.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Domain {
    #[diesel(sql_type = Uuid)]
    pub id: DomainId,
    /// As DNS has it.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub(super) proof: String,
    #[diesel(sql_type = Text)]
    pub status: DomainStatus,
    /// Links in mails about orders lead there.
    #[diesel(sql_type = Bool)]
    pub is_primary: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub finding: Option<Finding>,
    /// Since when the record of a verified name is gone.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub missing_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub verified_at: Option<DateTime<Utc>>,
    /// When the record was last looked at.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub checked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub(super) asked_at: DateTime<Utc>,
    /// When it is looked at next; `None` when nobody looks any more.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub check_due_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub created_by: String,
}

impl Domain {
    pub fn is_verified(&self) -> bool {
        self.status == DomainStatus::Verified
    }

    /// Where the TXT record stands.
    #[must_use]
    pub fn record_name(&self) -> String {
        record_name(&self.name)
    }

    /// What the TXT record says.
    #[must_use]
    pub fn record_value(&self) -> String {
        record_value(&self.proof)
    }
}

/// As the audit log tells of it.
impl Serialize for Domain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            name: &'a str,
            status: &'static str,
            primary: bool,
        }
        let told = Told {
            name: &self.name,
            status: self.status.as_str(),
            primary: self.is_primary,
        };
        told.serialize(serializer)
    }
}

impl Master for Domain {
    const NOUN: &'static str = "domain";
    const NOT_FOUND: &'static str = "domains.not_found";
    const STALE: &'static str = "domains.stale";
}

pub(super) type Refused = MasterError<Domain>;
