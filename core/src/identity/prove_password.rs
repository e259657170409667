//! Asking for a password again, where a session alone is not enough or there is none yet.

use super::UserRef;
use super::memberships::{FoundUser, find_by_email_in};
use super::new_password::MAX_LENGTH;
use super::password::{self, HashError, Verified};
use super::sign_in::SignInRules;
use super::tries::{Standing, Tries};
use crate::db::{Db, DbError};
use crate::throttle::{Network, TooMany, count_sign_in};

/// Whose password it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proven {
    Right(UserRef),
    /// Or the account must wait: that is not told apart.
    Wrong,
    /// The address has no account that could have a password.
    Nobody,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ProvePasswordError {
    #[error(transparent)]
    TooMany(TooMany),
    #[error(transparent)]
    Hashing(#[from] HashError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a look at a password found.
pub(super) enum Looked {
    /// With the try that it was, which stays a failure until it is said to have been right.
    Right(Box<FoundUser>, Tries),
    Wrong,
    Nobody,
}

/// Checks the password of whoever has the address. Wrong ones are counted with the account's sign-ins and the network's, or
/// this would be a place to guess at.
pub(crate) async fn prove_password(
    db: &Db,
    rules: SignInRules,
    email: &str,
    typed: &str,
    from: Network,
) -> Result<Proven, ProvePasswordError> {
    let (found, tries) = match look_at_password(db, rules, email, typed, from).await? {
        Looked::Right(found, tries) => (found, tries),
        Looked::Wrong => return Ok(Proven::Wrong),
        Looked::Nobody => return Ok(Proven::Nobody),
    };
    // Where a code is asked for too, the password alone clears no failures: codes could be guessed on and on otherwise.
    if !found.has_second_factor {
        let mut tx = db.begin_platform().await?;
        tries.succeed(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(Proven::Right(found.user))
}

/// As [`prove_password`], for whoever asks for more than the password: a right one is a failed try until all is right.
pub(super) async fn look_at_password(
    db: &Db,
    rules: SignInRules,
    email: &str,
    typed: &str,
    from: Network,
) -> Result<Looked, ProvePasswordError> {
    let is_readable = typed.chars().count() <= MAX_LENGTH;
    let mut tx = db.begin_platform().await?;
    count_sign_in(&mut tx, from, rules.most_a_minute)
        .await?
        .map_err(ProvePasswordError::TooMany)?;
    let Some(found) = find_by_email_in(&mut tx, email).await? else {
        tx.commit().await?;
        return Ok(Looked::Nobody);
    };
    let tries = Tries::of_sign_in(email, from);
    let standing = tries.begin(&mut tx).await?;
    tx.commit().await?;
    let may_look = is_readable && standing == Standing::Free;
    let stored = may_look.then(|| found.password_hash.clone());
    let typed = if is_readable { typed } else { "" };
    let verified = password::verify(typed.to_owned(), stored, rules.password_cost).await?;
    Ok(match verified {
        Verified::No => Looked::Wrong,
        Verified::Yes | Verified::YesAndWeak => Looked::Right(Box::new(found), tries),
    })
}
