//! Another address to sign in with. It needs the password, and a link that is mailed to the new address and works once, for a
//! day: so nobody takes an address that is not theirs, and a slip of the finger shuts nobody out.
//!
//! Whether the new address has an account is told to whoever reads its mails, and to nobody else. The old address is told of
//! the change, and everything else that is signed in ends.

use diesel::sql_types::{Text, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vitaran_kernel::{EmailAddress, SessionId, UserId};

use super::link::{LONGEST_LINK, new_link_secret};
use super::own_account::{Hold, OwnAccount, end_credentials, hold};
use super::prove_password::{ProvePasswordError, Proven, prove_password};
use super::tries::{Standing, Tries};
use super::{CredentialHash, SignInRules};
use crate::account_mails::{self, AccountMail, QueueMailError};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::secrets::SecretKey;
use crate::throttle::{Network, TooMany};

/// How long a link works.
const LINK_TTL_HOURS: i32 = 24;

/// The form as typed. Not `Debug`: it holds a password.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EmailForm {
    pub email: String,
    #[serde(skip_serializing)]
    pub password: String,
}

/// A checked [`EmailForm`].
pub struct ChangeEmail {
    email: EmailAddress,
    password: String,
}

impl EmailForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self, of: &OwnAccount) -> Result<ChangeEmail, Invalid> {
        let mut faults = Faults::new();
        let email = faults.required("/email", &self.email, "the new e-mail", |text| {
            let email = EmailAddress::parse(text).map_err(|error| error.to_string())?;
            match email.as_str() == of.email {
                true => Err("This is the address you sign in with now".to_owned()),
                false => Ok(email),
            }
        });
        let password = faults.required("/password", &self.password, "your password", |text| {
            Ok::<_, String>(text.to_owned())
        });
        match (email, password) {
            (Some(email), Some(password)) if faults.is_empty() => {
                Ok(ChangeEmail { email, password })
            }
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    #[error(
        "This link no longer works: it is used, replaced, or older than {LINK_TTL_HOURS} hours"
    )]
    LinkOver,
    /// Told to the holder of a link alone, who reads the mails of the address.
    #[error(
        "Somebody signs in with this address already: if it is you, sign in with it, or choose another address"
    )]
    Taken,
    #[error(
        "This is not your password. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongPassword,
    #[error(transparent)]
    TooMany(TooMany),
    #[error("the address could not be changed: {0}")]
    Internal(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for ChangeEmailError {
    fn from(error: diesel::result::Error) -> Self {
        ChangeEmailError::Db(error.into())
    }
}

impl From<QueueMailError> for ChangeEmailError {
    fn from(error: QueueMailError) -> Self {
        match error {
            QueueMailError::Db(error) => ChangeEmailError::Db(error),
            QueueMailError::Secret(error) => ChangeEmailError::Internal(error.to_string()),
        }
    }
}

impl From<ProvePasswordError> for ChangeEmailError {
    fn from(error: ProvePasswordError) -> Self {
        match error {
            ProvePasswordError::TooMany(limit) => ChangeEmailError::TooMany(limit),
            ProvePasswordError::Hashing(error) => ChangeEmailError::Internal(error.to_string()),
            ProvePasswordError::Db(error) => ChangeEmailError::Db(error),
        }
    }
}

impl Problem for ChangeEmailError {
    fn kind(&self) -> Kind {
        match self {
            ChangeEmailError::LinkOver
            | ChangeEmailError::Taken
            | ChangeEmailError::WrongPassword => Kind::Invalid,
            ChangeEmailError::TooMany(limit) => limit.kind(),
            ChangeEmailError::Internal(_) => Kind::Internal,
            ChangeEmailError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ChangeEmailError::LinkOver => "account.link_over",
            ChangeEmailError::Taken => "account.email_taken",
            ChangeEmailError::WrongPassword => "account.wrong_password",
            ChangeEmailError::TooMany(limit) => limit.code(),
            ChangeEmailError::Internal(_) => "service.internal",
            ChangeEmailError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let at = |pointer: &str| vec![Fault::new(pointer, self.code(), self.to_string())];
        match self {
            ChangeEmailError::LinkOver | ChangeEmailError::Taken => at("/token"),
            ChangeEmailError::WrongPassword => at("/password"),
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            ChangeEmailError::TooMany(limit) => limit.facts(),
            _ => Map::new(),
        }
    }
}

/// Mails a link to the new address, unless many went there. A link that was mailed before works no more.
pub async fn ask_for_email(
    db: &Db,
    rules: SignInRules,
    key: &SecretKey,
    by: &OwnAccount,
    input: ChangeEmail,
    from: Network,
) -> Result<(), ChangeEmailError> {
    let proven = prove_password(db, rules, &by.email, &input.password, from).await?;
    let (user, account) = match proven {
        Proven::Right(user, account) if user.id == by.user => (user, account),
        _ => return Err(ChangeEmailError::WrongPassword),
    };
    let secret =
        new_link_secret().map_err(|error| ChangeEmailError::Internal(error.to_string()))?;
    let email = input.email.as_str();
    let mut tx = db.begin_platform_as(user.id).await?;
    if !account.hold(&mut tx, Hold::Change).await? {
        return Err(ChangeEmailError::WrongPassword);
    }
    let standing = Tries::of_links(email, from).begin(&mut tx).await?;
    forget(&mut tx, user.id).await?;
    Statement::new(
        "INSERT INTO email_changes (token_hash, user_id, email, expires_at) VALUES ($1, $2, $3, now() + $4 * interval '1 hour')",
    )
    .bind(CredentialHash::of(&secret).0.to_vec())
    .bind(user.id.as_uuid())
    .bind(email)
    .bind(LINK_TTL_HOURS)
    .execute(tx.conn()?)
    .await?;
    if standing == Standing::Free {
        let mail = AccountMail::NewEmail {
            secret: &secret,
            key,
        };
        account_mails::queue_to(tx.conn()?, (email, &user.name), mail).await?;
    }
    Ok(tx.commit().await?)
}

/// Forgets what a person asked for and has not confirmed; in a transaction that acts as them.
pub(super) async fn forget(tx: &mut PlatformTx, user: UserId) -> Result<(), DbError> {
    Statement::new("DELETE FROM email_changes WHERE user_id = $1")
        .bind(user.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// What a link would change.
#[derive(Debug, Clone, QueryableByName)]
pub struct EmailChange {
    #[diesel(sql_type = Uuid)]
    user: UserId,
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// What a link would change, if it works; looking uses nothing up.
pub async fn find_email_change(db: &Db, token: &str) -> Result<Option<EmailChange>, DbError> {
    if token.len() > LONGEST_LINK {
        return Ok(None);
    }
    let hash = CredentialHash::of(token);
    let mut tx = db.begin_platform().await?;
    tx.hold_credential(&hash.0).await?;
    let found = Statement::new(
        "SELECT user_id AS \"user\", email FROM email_changes WHERE token_hash = $1 AND expires_at > now()",
    )
    .bind(hash.0.to_vec())
    .get_result(tx.conn()?)
    .await
    .optional()?;
    tx.commit().await?;
    Ok(found)
}

/// Uses the link up: from now on the person signs in with the new address. All their sessions and tokens end but the one they
/// came with, and the old address is told.
pub async fn change_email(
    db: &Db,
    token: &str,
    came_with: Option<(UserId, SessionId)>,
    from: Network,
) -> Result<(), ChangeEmailError> {
    #[derive(QueryableByName)]
    struct Account {
        #[diesel(sql_type = Text)]
        email: String,
        #[diesel(sql_type = Text)]
        name: String,
    }
    let found = find_email_change(db, token).await?;
    let change = found.ok_or(ChangeEmailError::LinkOver)?;
    let hash = CredentialHash::of(token);
    let mut tx = db.begin_platform_as(change.user).await?;
    let is_active = hold(&mut tx, change.user, Hold::Change).await?;
    let used = Statement::new(
        "DELETE FROM email_changes WHERE token_hash = $1 AND user_id = $2 AND expires_at > now()",
    )
    .bind(hash.0.to_vec())
    .bind(change.user.as_uuid())
    .execute(tx.conn()?)
    .await?;
    let account: Option<Account> = Statement::new("SELECT email, name FROM users WHERE id = $1")
        .bind(change.user.as_uuid())
        .get_result(tx.conn()?)
        .await
        .optional()?;
    let account = account.filter(|_| is_active && used == 1);
    let account = account.ok_or(ChangeEmailError::LinkOver)?;
    let keep = came_with.filter(|(user, _)| *user == change.user);
    // Whoever opens the link in another browser reads the mails of the address, and need not be the one whose account it is.
    let changed = Statement::new(
        "UPDATE users SET email = $2, email_confirmed_at = CASE WHEN $3 THEN now() END WHERE id = $1",
    )
    .bind(change.user.as_uuid())
    .bind(change.email.as_str())
    .bind(keep.is_some())
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from);
    match changed {
        Err(error) if error.is_unique("uq_users_email") => return Err(ChangeEmailError::Taken),
        other => other?,
    };
    end_credentials(&mut tx, change.user, keep.map(|(_, session)| session)).await?;
    let told = (account.email.as_str(), account.name.as_str());
    account_mails::queue_to(tx.conn()?, told, AccountMail::EmailChanged).await?;
    Tries::of_sign_in(&change.email, from)
        .succeed(&mut tx)
        .await?;
    Ok(tx.commit().await?)
}
