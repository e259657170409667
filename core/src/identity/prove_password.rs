//! Asking for a password again, where a session alone is not enough or there is none yet.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Uuid};
use diesel_async::RunQueryDsl as _;
use futures_util::try_join;
use vitaran_kernel::UserId;

use super::UserRef;
use super::memberships::{FoundUser, find_by_email_in};
use super::new_password::MAX_LENGTH;
use super::own_account::Hold;
use super::password::{self, HashError, Verified};
use super::sign_in::SignInRules;
use super::tries::{Standing, Tries};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::throttle::{Network, TooMany, count_sign_in};

/// An account as it was when somebody proved that it is theirs. The proof opens or changes it only as long as it still is so: hashes
/// wait for their turn, and meanwhile the owner may have chosen another password, because this one was known to a thief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenAccount {
    user: UserId,
    email: String,
    password_changed_at: DateTime<Utc>,
    has_second_factor: bool,
}

impl ProvenAccount {
    pub(super) fn of(found: &FoundUser) -> Self {
        ProvenAccount {
            user: found.user.id,
            email: found.user.email.clone(),
            password_changed_at: found.password_changed_at,
            has_second_factor: found.has_second_factor,
        }
    }

    /// Holds the account until the transaction, which acts as the person, is over; `false` when it is not what it was.
    pub(super) async fn hold(&self, tx: &mut PlatformTx, hold: Hold) -> Result<bool, DbError> {
        #[derive(QueryableByName)]
        struct Account {
            #[diesel(sql_type = Uuid)]
            id: UserId,
        }
        #[derive(QueryableByName)]
        struct Factor {
            #[diesel(sql_type = Bool)]
            is_on: bool,
        }
        let mut account = Statement::new(
            "SELECT id FROM users WHERE id = $1 AND email = $2 AND password_changed_at = $3 AND is_active",
        )
        .bind(self.user.as_uuid())
        .bind(self.email.as_str())
        .bind(self.password_changed_at);
        account.push_sql(hold.sql());
        // A statement of its own: it sees what was committed while the first waited.
        let factor = Statement::new(
            "SELECT EXISTS (SELECT FROM second_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS is_on",
        )
        .bind(self.user.as_uuid());
        let connection = &*tx.conn()?;
        let (mut first, mut second) = (connection, connection);
        let (accounts, factor): (Vec<Account>, Factor) =
            try_join!(account.load(&mut first), factor.get_result(&mut second))?;
        let is_there = accounts.iter().any(|account| account.id == self.user);
        Ok(is_there && factor.is_on == self.has_second_factor)
    }
}

/// Whose password it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proven {
    Right(UserRef, ProvenAccount),
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
    let account = ProvenAccount::of(&found);
    Ok(Proven::Right(found.user, account))
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
