//! The second factor as the API gives and takes it.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use vitaran_core::identity::second_factor::{
    Enrolment, ProofForm, RecoveryCodes, RulesForm, SecondFactor, SecondFactorRules,
};

use crate::identity::api::RoleName;

/// How a second factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "SCREAMING_SNAKE_CASE", rename = "SecondFactorStatus")]
pub enum Status {
    Off,
    /// A secret was given out; the first code has not come.
    BeingSetUp,
    On,
}

/// One's own second factor.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, rename = "SecondFactor")]
pub struct Standing {
    status: Status,
    /// When it was switched on.
    since: Option<DateTime<Utc>>,
    recovery_codes_left: Option<i64>,
}

impl From<SecondFactor> for Standing {
    fn from(standing: SecondFactor) -> Self {
        let (status, since, recovery_codes_left) = match standing {
            SecondFactor::Off => (Status::Off, None, None),
            SecondFactor::BeingSetUp(_) => (Status::BeingSetUp, None, None),
            SecondFactor::On {
                since,
                recovery_codes_left,
            } => (Status::On, Some(since), Some(recovery_codes_left)),
        };
        Standing {
            status,
            since,
            recovery_codes_left,
        }
    }
}

/// What an app must be told.
#[derive(Object)]
#[oai(rename = "SecondFactorSecret")]
pub struct Secret {
    /// In base32, in groups of four.
    secret: String,
    /// For a QR code: `otpauth://…`
    uri: String,
}

impl From<Enrolment> for Secret {
    fn from(enrolment: Enrolment) -> Self {
        Secret {
            secret: enrolment.secret,
            uri: enrolment.uri,
        }
    }
}

/// The password again, and a code.
#[derive(Object)]
#[oai(deny_unknown_fields, rename = "SecondFactorProof")]
pub struct Proof {
    #[oai(validator(max_length = 128))]
    password: String,
    /// Six digits of the app, or a recovery code.
    #[oai(validator(max_length = 40))]
    code: String,
}

impl From<Proof> for ProofForm {
    fn from(proof: Proof) -> Self {
        ProofForm {
            password: proof.password,
            code: proof.code,
        }
    }
}

/// Codes that sign in once each. Shown once; only their hashes are kept.
#[derive(Object)]
#[oai(rename = "RecoveryCodes")]
pub struct Codes {
    recovery_codes: Vec<String>,
}

impl From<RecoveryCodes> for Codes {
    fn from(codes: RecoveryCodes) -> Self {
        Codes {
            recovery_codes: codes.shown(),
        }
    }
}

/// Which roles must have a second factor.
#[derive(Debug, Clone, Object)]
#[oai(rename = "SecondFactorRules")]
pub struct Rules {
    /// Built-in roles, each with every role that grew from it.
    roles: Vec<RoleName>,
    /// Ids of your own roles.
    role_ids: Vec<uuid::Uuid>,
}

/// Which roles shall have a second factor, instead of those that had to.
#[derive(Debug, Clone, Object)]
#[oai(deny_unknown_fields, rename = "SecondFactorRulesInput")]
pub struct RulesInput {
    /// Built-in roles, each with every role that grew from it.
    roles: Vec<RoleName>,
    /// Ids of your own roles, at most 100.
    role_ids: Vec<uuid::Uuid>,
}

impl From<SecondFactorRules> for Rules {
    fn from(rules: SecondFactorRules) -> Self {
        let SecondFactorRules {
            roles,
            role_ids,
            version: _,
        } = rules;
        Rules {
            roles: roles.into_iter().map(Into::into).collect(),
            role_ids: role_ids.into_iter().map(|id| id.as_uuid()).collect(),
        }
    }
}

impl From<RulesInput> for RulesForm {
    fn from(rules: RulesInput) -> Self {
        use poem_openapi::types::ToJSON as _;
        let code = |role: &RoleName| role.to_json().and_then(|v| v.as_str().map(str::to_owned));
        RulesForm {
            roles: rules.roles.iter().filter_map(code).collect(),
            role_ids: rules.role_ids.iter().map(ToString::to_string).collect(),
        }
    }
}
