//! Signing in with e-mail and password, for pages and for the API.
//!
//! Unknown address, wrong password, switched-off user and suspended tenant give the same answer after the same work.

use serde_json::{Map, Value, json};

use super::memberships::{MembershipRef, find_by_email};
use super::password;
use super::{SessionTarget, UserRef};
use crate::db::{Db, DbError};
use crate::problem::{Fault, Kind, Problem};

/// What somebody typed.
#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// The slug of the tenant to act in; needed when there are several.
    pub tenant: Option<String>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// Whom the credentials belong to and what the new session or token acts as.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub user: UserRef,
    pub target: SessionTarget,
    /// The membership acted as; `None` for a platform admin outside every tenant.
    pub membership: Option<MembershipRef>,
    pub memberships: Vec<MembershipRef>,
}

#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("That e-mail and password do not match an account")]
    WrongCredentials,
    #[error("You work with several distributors: say which one to sign in to")]
    SeveralTenants { tenants: Vec<(String, String)> },
    #[error("the password could not be checked: {0}")]
    Hashing(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for SignInError {
    fn kind(&self) -> Kind {
        match self {
            SignInError::WrongCredentials => Kind::Unauthenticated,
            SignInError::SeveralTenants { .. } => Kind::Invalid,
            SignInError::Hashing(_) => Kind::Internal,
            SignInError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SignInError::WrongCredentials => "auth.wrong_credentials",
            SignInError::SeveralTenants { .. } => "auth.tenant_required",
            SignInError::Hashing(_) => "service.internal",
            SignInError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            SignInError::SeveralTenants { .. } => {
                vec![Fault::new("/tenant", "required", self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            SignInError::SeveralTenants { tenants } => {
                let list: Vec<Value> = tenants
                    .iter()
                    .map(|(slug, name)| json!({"slug": slug, "name": name}))
                    .collect();
                Map::from_iter([("tenants".to_owned(), Value::Array(list))])
            }
            _ => Map::new(),
        }
    }
}

/// Checks the password and finds the membership to act as.
pub async fn sign_in(db: &Db, input: SignIn) -> Result<SignedIn, SignInError> {
    let asked = input.password.chars().count() <= password::MAX_LENGTH
        && input.email.len() <= 254
        && !input.email.contains('\0');
    let found = if asked {
        find_by_email(db, input.email.trim()).await?
    } else {
        None
    };
    let stored = found.as_ref().map(|found| found.password_hash.clone());
    let typed = if asked { input.password } else { String::new() };
    let is_right = password::verify(typed, stored)
        .await
        .map_err(|error| SignInError::Hashing(error.to_string()))?;
    match found {
        Some(found) if is_right => choose(found.user, found.memberships, input.tenant.as_deref()),
        _ => Err(SignInError::WrongCredentials),
    }
}

/// Pure: which of the memberships the session acts as.
fn choose(
    user: UserRef,
    memberships: Vec<MembershipRef>,
    wanted: Option<&str>,
) -> Result<SignedIn, SignInError> {
    let membership = match (wanted, memberships.as_slice()) {
        (Some(slug), all) => Some(
            all.iter()
                .find(|m| m.tenant.slug == slug)
                .ok_or(SignInError::WrongCredentials)?,
        ),
        (None, [only]) => Some(only),
        (None, []) if user.is_platform_admin => None,
        (None, []) => return Err(SignInError::WrongCredentials),
        (None, several) => {
            let tenants = several
                .iter()
                .map(|m| (m.tenant.slug.clone(), m.tenant.name.clone()))
                .collect();
            return Err(SignInError::SeveralTenants { tenants });
        }
    };
    let membership = membership.cloned();
    let target = match &membership {
        Some(m) => SessionTarget::Membership {
            tenant: m.tenant.id,
            membership: m.id,
        },
        None => SessionTarget::Platform,
    };
    Ok(SignedIn {
        user,
        target,
        membership,
        memberships,
    })
}

#[cfg(test)]
mod tests {
    use vitaran_kernel::{MembershipId, TenantId, UserId};

    use super::*;
    use crate::access::{Role, TenantRef};

    fn user(is_platform_admin: bool) -> UserRef {
        UserRef {
            id: UserId::generate(),
            name: "Asha".to_owned(),
            email: "asha@volt.test".to_owned(),
            is_platform_admin,
        }
    }

    fn membership(slug: &str) -> MembershipRef {
        let tenant = TenantRef {
            id: TenantId::generate(),
            slug: slug.to_owned(),
            name: slug.to_uppercase(),
        };
        MembershipRef {
            id: MembershipId::generate(),
            tenant,
            role_name: None,
            role: Role::Sales,
            dealer: None,
        }
    }

    #[test]
    fn one_membership_needs_no_choice() {
        let signed_in = choose(user(false), vec![membership("volt")], None).unwrap();
        assert_eq!(signed_in.membership.unwrap().tenant.slug, "volt");
    }

    #[test]
    fn several_memberships_without_a_choice_are_listed() {
        let refused = choose(
            user(false),
            vec![membership("ampere"), membership("volt")],
            None,
        )
        .unwrap_err();
        assert_eq!(refused.facts()["tenants"][1]["slug"], "volt");
        assert_eq!(
            (refused.kind(), refused.faults()[0].pointer.as_str()),
            (Kind::Invalid, "/tenant")
        );
    }

    #[test]
    fn a_tenant_one_is_no_member_of_is_answered_like_a_wrong_password() {
        assert!(matches!(
            choose(user(false), vec![membership("volt")], Some("ampere")),
            Err(SignInError::WrongCredentials)
        ));
        assert!(matches!(
            choose(user(false), vec![], None),
            Err(SignInError::WrongCredentials)
        ));
    }

    #[test]
    fn a_platform_admin_without_memberships_signs_in_outside_every_tenant() {
        assert!(matches!(
            choose(user(true), vec![], None).unwrap().target,
            SessionTarget::Platform
        ));
    }
}
