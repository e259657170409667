//! A forgotten password: a link is mailed that works once, for 30 minutes.
//!
//! Whoever asks is told the same whether or not the address is anybody's, after the same statements. The link holds 256
//! random bits and is stored as their hash; on its way to the worker it is sealed. Opening it changes nothing, for programs
//! that guard mailboxes open links too; only the form behind it uses it up.

use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::UserId;

use super::link::{LONGEST_LINK, new_link_secret};
use super::memberships::find_by_email_in;
use super::own_account::{Hold, confirm_address, end_credentials, hold, store_password, words_of};
use super::second_factor::{forget_second_factor, record_own};
use super::sign_in::an_address;
use super::tries::{Standing, Tries};
use super::{ChangePasswordError, CredentialHash, NewPassword, SignInRules, hash_password};
use crate::account_mails::{self, AccountMail};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::secrets::SecretKey;
use crate::throttle::{Network, TooMany, count_sign_in};

/// How long a link works.
const LINK_TTL_MINUTES: i32 = 30;

#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    #[error("This link no longer works: it is used, or older than {LINK_TTL_MINUTES} minutes")]
    LinkOver,
    #[error(transparent)]
    TooMany(TooMany),
    #[error(transparent)]
    Change(#[from] ChangePasswordError),
}

impl From<DbError> for ResetPasswordError {
    fn from(error: DbError) -> Self {
        ResetPasswordError::Change(error.into())
    }
}

impl Problem for ResetPasswordError {
    fn kind(&self) -> Kind {
        match self {
            ResetPasswordError::LinkOver => Kind::Invalid,
            ResetPasswordError::TooMany(limit) => limit.kind(),
            ResetPasswordError::Change(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ResetPasswordError::LinkOver => "account.link_over",
            ResetPasswordError::TooMany(limit) => limit.code(),
            ResetPasswordError::Change(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            ResetPasswordError::LinkOver => {
                vec![Fault::new("/token", self.code(), self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            ResetPasswordError::TooMany(limit) => limit.facts(),
            _ => serde_json::Map::new(),
        }
    }
}

/// Mails a link to whoever has the address, unless many were asked for. Says nothing of whether it did.
pub async fn ask_for_link(
    db: &Db,
    rules: SignInRules,
    key: &SecretKey,
    email: &str,
    from: Network,
) -> Result<(), ResetPasswordError> {
    let email = an_address(email);
    let email = email.as_str();
    let secret = new_link_secret().map_err(ChangePasswordError::internal)?;
    let mut tx = db.begin_platform().await?;
    count_sign_in(&mut tx, from, rules.most_a_minute)
        .await?
        .map_err(ResetPasswordError::TooMany)?;
    let standing = Tries::of_links(email, from).begin(&mut tx).await?;
    // Nobody has the empty address.
    let receiver = match standing {
        Standing::Free => email,
        Standing::Delayed => "",
    };
    Statement::new(
        "INSERT INTO account_links (token_hash, user_id, expires_at) \
         SELECT $2, u.user_id, now() + $3 * interval '1 minute' FROM (SELECT DISTINCT user_id FROM lookup.login($1)) u",
    )
    .bind(receiver)
    .bind(CredentialHash::of(&secret).0.to_vec())
    .bind(LINK_TTL_MINUTES)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    let mail = AccountMail::NewPassword {
        secret: &secret,
        key,
    };
    account_mails::queue(tx.conn()?, receiver, mail)
        .await
        .map_err(ChangePasswordError::from)?;
    Ok(tx.commit().await?)
}

/// Somebody with a link that works.
#[derive(Debug, Clone)]
pub struct LinkHolder {
    user: UserId,
    email: String,
    /// Words that others know of this person: no password is made of them.
    words: Vec<String>,
}

/// Whose link it is, if it works; looking uses nothing up.
pub async fn find_link_holder(db: &Db, token: &str) -> Result<Option<LinkHolder>, DbError> {
    if token.len() > LONGEST_LINK {
        return Ok(None);
    }
    let hash = CredentialHash::of(token);
    let mut tx = db.begin_platform().await?;
    tx.hold_credential(&hash.0).await?;
    let link: Vec<LinkUser> = Statement::new(
        "SELECT user_id FROM account_links WHERE token_hash = $1 AND expires_at > now()",
    )
    .bind(hash.0.to_vec())
    .load(tx.conn()?)
    .await?;
    let Some(link) = link.into_iter().next() else {
        return Ok(None);
    };
    tx.act_as(link.user_id).await?;
    let account: Vec<LinkAccount> =
        Statement::new("SELECT email FROM users WHERE id = $1 AND is_active")
            .bind(link.user_id.as_uuid())
            .load(tx.conn()?)
            .await?;
    let Some(account) = account.into_iter().next() else {
        return Ok(None);
    };
    let found = find_by_email_in(&mut tx, &account.email).await?;
    Ok(found.map(|found| LinkHolder {
        words: words_of(&found.user.name, &found.user.email, found.companies()),
        user: found.user.id,
        email: account.email,
    }))
}

#[derive(QueryableByName)]
struct LinkUser {
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
}

#[derive(QueryableByName)]
struct LinkAccount {
    #[diesel(sql_type = Text)]
    email: String,
}

impl LinkHolder {
    /// The new password they chose.
    pub fn parse(&self, password: &str) -> Result<NewPassword, Invalid> {
        let mut faults = Faults::new();
        let password = faults.required("/password", password, "a new password", |text| {
            NewPassword::parse_for(text, &self.words)
        });
        password.ok_or_else(|| faults.into_invalid())
    }
}

/// Uses the link up: the password is the new one, every session and token ends, and the network is one the account is known
/// from. The person signs in with the new password. Where nobody had shown before that the address is theirs, whoever made
/// the account may have been somebody else: their second factor goes too.
pub async fn set_new_password(
    db: &Db,
    rules: SignInRules,
    token: &str,
    holder: &LinkHolder,
    password: NewPassword,
    from: Network,
) -> Result<(), ResetPasswordError> {
    let hash = hash_password(password, rules.password_cost)
        .await
        .map_err(ChangePasswordError::internal)?;
    let mut tx = db.begin_platform_as(holder.user).await?;
    if !hold(&mut tx, holder.user, Hold::Change).await?
        || !use_up(&mut tx, token, holder.user).await?
        || !store_password(&mut tx, holder.user, hash).await?
    {
        return Err(ResetPasswordError::LinkOver);
    }
    if confirm_address(&mut tx, holder.user).await? {
        let gone = forget_second_factor(&mut tx, holder.user).await?;
        if gone {
            tell_of_second_factor(&mut tx, holder).await?;
        }
    }
    end_credentials(&mut tx, holder.user, None).await?;
    let email = &holder.email;
    Tries::of_sign_in(email, from).succeed(&mut tx).await?;
    account_mails::queue(tx.conn()?, email, AccountMail::PasswordChanged)
        .await
        .map_err(ChangePasswordError::from)?;
    Ok(tx.commit().await?)
}

/// The second factor of whoever made the account is gone: the person is told by mail, and each distributor of theirs.
async fn tell_of_second_factor(
    tx: &mut PlatformTx,
    holder: &LinkHolder,
) -> Result<(), ResetPasswordError> {
    account_mails::queue(tx.conn()?, &holder.email, AccountMail::SecondFactorOff)
        .await
        .map_err(ChangePasswordError::from)?;
    let Some(found) = find_by_email_in(tx, &holder.email).await? else {
        return Ok(());
    };
    for tenant in found.memberships.iter().map(|one| one.tenant.id) {
        let by = (found.user.id, found.user.name.as_str());
        let after = json!({ "name": found.user.name, "reason": "the address was confirmed for the first time" });
        record_own(tx, by, Some(tenant), "identity.second_factor.off", after).await?;
    }
    Ok(())
}

/// Of two who use a link at once, one finds it there.
async fn use_up(tx: &mut PlatformTx, token: &str, user: UserId) -> Result<bool, DbError> {
    let hash = CredentialHash::of(token);
    tx.hold_credential(&hash.0).await?;
    let rows = Statement::new(
        "DELETE FROM account_links WHERE token_hash = $1 AND user_id = $2 AND expires_at > now()",
    )
    .bind(hash.0.to_vec())
    .bind(user.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(rows == 1)
}
