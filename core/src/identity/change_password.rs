//! Changing one's own password: needs the old one, ends all other sessions and tokens, and is told by mail.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::own_account::{Hold, OwnAccount, end_credentials, store_password};
use super::prove_password::{ProvePasswordError, Proven, prove_password};
use super::{NewPassword, SignInRules, hash_password};
use crate::account_mails::{self, AccountMail, QueueMailError};
use crate::db::{Db, DbError};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::throttle::{Network, TooMany};

/// The form as typed. Not `Debug`: it holds passwords.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    pub old_password: String,
    pub new_password: String,
}

/// A checked [`PasswordForm`].
pub struct ChangePassword {
    old: String,
    new: NewPassword,
}

impl PasswordForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self, of: &OwnAccount) -> Result<ChangePassword, Invalid> {
        let mut faults = Faults::new();
        let old = faults.required(
            "/old_password",
            &self.old_password,
            "your present password",
            |text| Ok::<_, String>(text.to_owned()),
        );
        let new = faults.required(
            "/new_password",
            &self.new_password,
            "a new password",
            |text| NewPassword::parse_for(text, &of.words),
        );
        match (old, new) {
            (Some(old), Some(new)) if faults.is_empty() => Ok(ChangePassword { old, new }),
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    #[error(
        "This is not your present password. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongPassword,
    #[error(transparent)]
    TooMany(TooMany),
    #[error("the password could not be changed: {0}")]
    Internal(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl ChangePasswordError {
    pub(super) fn internal(error: impl std::fmt::Display) -> Self {
        ChangePasswordError::Internal(error.to_string())
    }
}

impl From<ProvePasswordError> for ChangePasswordError {
    fn from(error: ProvePasswordError) -> Self {
        match error {
            ProvePasswordError::TooMany(limit) => ChangePasswordError::TooMany(limit),
            ProvePasswordError::Hashing(error) => Self::internal(error),
            ProvePasswordError::Db(error) => ChangePasswordError::Db(error),
        }
    }
}

impl From<QueueMailError> for ChangePasswordError {
    fn from(error: QueueMailError) -> Self {
        match error {
            QueueMailError::Db(error) => ChangePasswordError::Db(error),
            QueueMailError::Secret(error) => Self::internal(error),
        }
    }
}

impl Problem for ChangePasswordError {
    fn kind(&self) -> Kind {
        match self {
            ChangePasswordError::WrongPassword => Kind::Invalid,
            ChangePasswordError::TooMany(limit) => limit.kind(),
            ChangePasswordError::Internal(_) => Kind::Internal,
            ChangePasswordError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ChangePasswordError::WrongPassword => "account.wrong_password",
            ChangePasswordError::TooMany(limit) => limit.code(),
            ChangePasswordError::Internal(_) => "service.internal",
            ChangePasswordError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            ChangePasswordError::WrongPassword => {
                vec![Fault::new("/old_password", self.code(), self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            ChangePasswordError::TooMany(limit) => limit.facts(),
            _ => Map::new(),
        }
    }
}

/// Changes the password. Wrong old ones are counted with the account's sign-ins and the network's, or a session that was left open
/// would be a place to guess at.
pub async fn change_password(
    db: &Db,
    rules: SignInRules,
    by: &OwnAccount,
    input: ChangePassword,
    from: Network,
) -> Result<(), ChangePasswordError> {
    let account = match prove_password(db, rules, &by.email, &input.old, from).await? {
        Proven::Right(user, account) if user.id == by.user => account,
        _ => return Err(ChangePasswordError::WrongPassword),
    };
    let hash = hash_password(input.new, rules.password_cost)
        .await
        .map_err(ChangePasswordError::internal)?;
    let mut tx = db.begin_platform_as(by.user).await?;
    // Whoever knew the old password may have been faster, or its owner with a mailed link.
    if !account.hold(&mut tx, Hold::Change).await? {
        return Err(ChangePasswordError::WrongPassword);
    }
    if !store_password(&mut tx, by.user, hash).await? {
        return Err(ChangePasswordError::WrongPassword);
    }
    end_credentials(&mut tx, by.user, Some(by.session)).await?;
    account_mails::queue(tx.conn()?, &by.email, AccountMail::PasswordChanged).await?;
    Ok(tx.commit().await?)
}
