//! Signing in with e-mail and password, for pages and for the API.
//!
//! Unknown address, wrong password, switched-off user and an account that must wait ([`super::tries`]) give the same answer
//! after the same work. That a tenant is suspended is told to those of its people alone who have proven who they are.

use diesel_async::RunQueryDsl as _;
use serde_json::{Map, Value, json};
use vitaran_kernel::EmailAddress;

use super::memberships::{FoundUser, MembershipRef, find_by_email_in};
use super::new_password::MAX_LENGTH;
use super::password::{self, Verified};
use super::prove_password::ProvenAccount;
use super::tries::{Standing, Tries};
use super::{HalfSignedIn, PasswordCost, SessionTarget, SuspendedTenant, UserRef};
use crate::db::{Db, DbError, Statement};
use crate::problem::{Fault, Kind, Problem};
use crate::throttle::{Network, TooMany, count_sign_in};

/// What the configuration says of sign-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInRules {
    pub password_cost: PasswordCost,
    /// Sign-ins from one network in a minute, right or wrong.
    pub most_a_minute: u32,
}

impl SignInRules {
    /// The least cost of a hash, and what a house of people needs in the morning.
    pub const DEFAULT: SignInRules = SignInRules {
        password_cost: PasswordCost::LEAST,
        most_a_minute: 10,
    };
}

/// What somebody typed.
#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    pub tenant: WantedTenant,
}

/// Which of the tenants one works with is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedTenant {
    /// The one with this slug.
    Named(String),
    /// The only one; when there are several, the caller must name one.
    Only,
    /// The first: a person can change over once inside.
    First,
}

impl From<Option<String>> for WantedTenant {
    fn from(slug: Option<String>) -> Self {
        slug.map_or(WantedTenant::Only, WantedTenant::Named)
    }
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
    /// What a session of theirs stands on.
    pub account: ProvenAccount,
}

#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The second sentence stands there for everybody, so that it tells nobody whether it is so.
    #[error(
        "That e-mail and password do not match an account. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongCredentials,
    #[error("You work with several distributors: say which one to sign in to")]
    SeveralTenants { tenants: Vec<(String, String)> },
    /// The password was right, and is not enough.
    #[error("This account has a second factor: send a code of it with the password")]
    SecondFactorRequired(Box<HalfSignedIn>),
    /// Also when the account must wait, so that a code that is right tells nobody so.
    #[error(
        "This code does not work: it is wrong, older than a minute, or was used before. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongCode,
    /// Also when the account was changed while somebody was on the way in.
    #[error("This sign-in took too long or was ended: sign in again")]
    PendingOver,
    /// Everything was right, and there is no other tenant to go to.
    #[error(transparent)]
    Suspended(#[from] SuspendedTenant),
    /// Says nothing of any account: the limit is the network's.
    #[error("Too many sign-ins came from your network, try again in {} s", .0.seconds)]
    TooMany(TooMany),
    #[error("the password could not be checked: {0}")]
    Hashing(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for SignInError {
    fn kind(&self) -> Kind {
        match self {
            SignInError::WrongCredentials
            | SignInError::SecondFactorRequired(_)
            | SignInError::WrongCode
            | SignInError::PendingOver => Kind::Unauthenticated,
            SignInError::SeveralTenants { .. } => Kind::Invalid,
            SignInError::Suspended(suspended) => suspended.kind(),
            SignInError::TooMany(_) => Kind::TooMany,
            SignInError::Hashing(_) => Kind::Internal,
            SignInError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SignInError::WrongCredentials => "auth.wrong_credentials",
            SignInError::SeveralTenants { .. } => "auth.tenant_required",
            SignInError::SecondFactorRequired(_) => "auth.second_factor_required",
            SignInError::WrongCode => "auth.wrong_code",
            SignInError::PendingOver => "auth.pending_over",
            SignInError::Suspended(suspended) => suspended.code(),
            SignInError::TooMany(_) => "auth.too_many_sign_ins",
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
            SignInError::TooMany(limit) => limit.facts(),
            _ => Map::new(),
        }
    }
}

/// Checks the password and finds the membership to act as. Somebody with a second factor is refused with what the code finishes:
/// [`super::finish_at_once`], or [`super::wait_for_code`] and then [`super::finish_pending`].
pub async fn sign_in(
    db: &Db,
    rules: SignInRules,
    input: SignIn,
    from: Network,
) -> Result<SignedIn, SignInError> {
    let is_readable = input.password.chars().count() <= MAX_LENGTH;
    let email = an_address(if is_readable { &input.email } else { "" });
    let email = email.as_str();
    let tries = Tries::of_sign_in(email, from);
    let mut tx = db.begin_platform().await?;
    count_sign_in(&mut tx, from, rules.most_a_minute)
        .await?
        .map_err(SignInError::TooMany)?;
    let standing = tries.begin(&mut tx).await?;
    let found = find_by_email_in(&mut tx, email).await?;
    tx.commit().await?;

    let stored = match standing {
        Standing::Free => found.as_ref().map(|found| found.password_hash.clone()),
        Standing::Delayed => None,
    };
    let typed = if is_readable {
        input.password
    } else {
        String::new()
    };
    let verified = password::verify(typed.clone(), stored, rules.password_cost)
        .await
        .map_err(hashing)?;
    let Some(found) = found.filter(|_| verified != Verified::No) else {
        return Err(SignInError::WrongCredentials);
    };
    let weak = (verified == Verified::YesAndWeak).then_some(typed);
    let is_whole = !found.has_second_factor;
    settle(db, tries, &found, weak, rules.password_cost).await?;
    if !is_whole {
        let half = HalfSignedIn {
            account: ProvenAccount::of(&found),
            may_enter: found.may_enter(&input.tenant),
            user: found.user,
            wanted: input.tenant,
            tries,
        };
        return Err(SignInError::SecondFactorRequired(Box::new(half)));
    }
    choose(found, &input.tenant)
}

/// The address as accounts have it. What is none is nobody's, as the empty one is.
pub(super) fn an_address(typed: &str) -> String {
    EmailAddress::parse(typed).map_or_else(|_| String::new(), |email| email.as_str().to_owned())
}

fn hashing(error: impl std::fmt::Display) -> SignInError {
    SignInError::Hashing(error.to_string())
}

/// The try was right, unless a code is still to come. A password whose hash has become weak is hashed anew, unless it was changed meanwhile.
async fn settle(
    db: &Db,
    tries: Tries,
    found: &FoundUser,
    weak: Option<String>,
    cost: PasswordCost,
) -> Result<(), SignInError> {
    let hash = match weak {
        Some(password) => Some(
            password::hash_again(password, cost)
                .await
                .map_err(hashing)?,
        ),
        None => None,
    };
    let mut tx = db.begin_platform().await?;
    if let Some(hash) = hash {
        tx.act_as(found.user.id).await?;
        Statement::new(
            "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_changed_at = $3",
        )
        .bind(found.user.id.as_uuid())
        .bind(hash)
        .bind(found.password_changed_at)
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    }
    if !found.has_second_factor {
        tries.succeed(&mut tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Pure: which of the memberships the session acts as.
pub(super) fn choose(found: FoundUser, wanted: &WantedTenant) -> Result<SignedIn, SignInError> {
    let account = ProvenAccount::of(&found);
    let FoundUser {
        user,
        memberships,
        suspended,
        ..
    } = found;
    let is_named = |slug: &str| matches!(wanted, WantedTenant::Named(named) if named == slug);
    if let Some(named) = suspended.iter().find(|one| is_named(&one.tenant.slug)) {
        return Err(named.clone().into());
    }
    let membership = match (wanted, memberships.as_slice()) {
        (WantedTenant::Named(slug), all) => Some(
            all.iter()
                .find(|m| m.tenant.slug == *slug)
                .ok_or(SignInError::WrongCredentials)?,
        ),
        (WantedTenant::Only, [only]) => Some(only),
        (WantedTenant::First, [first, ..]) => Some(first),
        (_, []) if user.is_platform_admin => None,
        (_, []) => {
            let suspended = suspended.into_iter().next();
            return Err(suspended.map_or(SignInError::WrongCredentials, Into::into));
        }
        (WantedTenant::Only, several) => {
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
        account,
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
            has_all_modules: true,
        }
    }

    fn found(user: UserRef, memberships: Vec<MembershipRef>, suspended: &[&str]) -> FoundUser {
        let suspended = suspended.iter().map(|slug| SuspendedTenant {
            tenant: membership(slug).tenant,
            is_dealer: false,
        });
        FoundUser {
            user,
            password_hash: String::new(),
            password_changed_at: chrono::DateTime::UNIX_EPOCH,
            memberships,
            suspended: suspended.collect(),
            has_second_factor: false,
        }
    }

    fn choose_of(
        user: UserRef,
        memberships: Vec<MembershipRef>,
        wanted: &WantedTenant,
    ) -> Result<SignedIn, SignInError> {
        choose(found(user, memberships, &[]), wanted)
    }

    #[test]
    fn a_suspended_tenant_is_told_of_to_those_who_have_no_other_or_name_it() {
        let named = WantedTenant::Named("volt".to_owned());
        for (memberships, wanted) in [
            (vec![], &WantedTenant::Only),
            (vec![], &WantedTenant::First),
            (vec![], &named),
            (vec![membership("ampere")], &named),
        ] {
            let refused = choose(found(user(false), memberships, &["volt"]), wanted).unwrap_err();
            assert_eq!(refused.code(), "auth.tenant_suspended", "{wanted:?}");
            assert!(refused.to_string().contains("VOLT"), "{refused}");
        }
        for wanted in [&WantedTenant::Only, &WantedTenant::First] {
            let both = found(user(false), vec![membership("ampere")], &["volt"]);
            let signed_in = choose(both, wanted).unwrap();
            assert_eq!(signed_in.membership.unwrap().tenant.slug, "ampere");
        }
        let admin = choose(found(user(true), vec![], &["volt"]), &WantedTenant::First);
        assert!(matches!(admin.unwrap().target, SessionTarget::Platform));
    }

    #[test]
    fn one_membership_needs_no_choice() {
        let signed_in =
            choose_of(user(false), vec![membership("volt")], &WantedTenant::Only).unwrap();
        assert_eq!(signed_in.membership.unwrap().tenant.slug, "volt");
    }

    #[test]
    fn several_memberships_without_a_choice_are_listed() {
        let refused = choose_of(
            user(false),
            vec![membership("ampere"), membership("volt")],
            &WantedTenant::Only,
        )
        .unwrap_err();
        assert_eq!(refused.facts()["tenants"][1]["slug"], "volt");
        assert_eq!(
            (refused.kind(), refused.faults()[0].pointer.as_str()),
            (Kind::Invalid, "/tenant")
        );
    }

    #[test]
    fn on_the_page_the_first_of_several_will_do() {
        let both = vec![membership("ampere"), membership("volt")];
        let signed_in = choose_of(user(false), both, &WantedTenant::First).unwrap();
        assert_eq!(signed_in.membership.unwrap().tenant.slug, "ampere");
    }

    #[test]
    fn a_tenant_one_is_no_member_of_is_answered_like_a_wrong_password() {
        assert!(matches!(
            choose_of(
                user(false),
                vec![membership("volt")],
                &WantedTenant::Named("ampere".to_owned())
            ),
            Err(SignInError::WrongCredentials)
        ));
        assert!(matches!(
            choose_of(user(false), vec![], &WantedTenant::Only),
            Err(SignInError::WrongCredentials)
        ));
    }

    #[test]
    fn a_platform_admin_without_memberships_signs_in_outside_every_tenant() {
        assert!(matches!(
            choose_of(user(true), vec![], &WantedTenant::First)
                .unwrap()
                .target,
            SessionTarget::Platform
        ));
    }
}
