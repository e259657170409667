//! Somebody at their own account, with the session or token they came with.
//!
//! Whatever opens an account, or changes what opens it, takes its locks in one order: the row of `users` first ([`hold`]), then what
//! hangs on it (a change of address, links, sign-ins that wait, the second factor, sessions), the account's tries last. So of a thief
//! and an owner at once one comes after the other, and finds what the other has left.

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{SessionId, TenantId, UserId};

use super::change_email;
use super::own_sessions::end_others;
use super::{SessionTarget, SessionView};
use crate::access::Actor;
use crate::db::{DbError, PlatformTx, Statement};

/// A person who may change their own account. A platform admin on a support visit may not: what is done there is done in
/// somebody else's house.
#[derive(Debug, Clone)]
pub struct OwnAccount {
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
    /// The distributor they act in, whose audit log tells of what they do; none for the platform's own people.
    pub(super) tenant: Option<TenantId>,
    /// Words that others know of this person: no password is made of them.
    pub(super) words: Vec<String>,
    /// The session they came with, which a change of theirs leaves open.
    pub(super) session: SessionId,
}

impl OwnAccount {
    /// `None` on a support visit.
    pub fn of_session(session: &SessionView) -> Option<Self> {
        if matches!(session.target, SessionTarget::Visit { .. }) {
            return None;
        }
        let user = &session.user;
        let tenant = session.actor().map(Actor::tenant);
        let tenant_name = tenant.map(|tenant| tenant.name.as_str());
        Some(OwnAccount {
            user: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            tenant: tenant.map(|tenant| tenant.id),
            words: words_of(&user.name, &user.email, tenant_name),
            session: session.id,
        })
    }

    /// The person behind an access token of this session; `None` for what is no person's, and on a support visit.
    pub fn of_token(actor: &Actor, session: SessionId) -> Option<Self> {
        if actor.impersonation().is_some() {
            return None;
        }
        Some(OwnAccount {
            user: actor.user_id()?,
            name: actor.name().to_owned(),
            email: actor.email().to_owned(),
            tenant: Some(actor.tenant_id()),
            words: words_of(
                actor.name(),
                actor.email(),
                Some(actor.tenant().name.as_str()),
            ),
            session,
        })
    }
}

/// Name, address and company, whole and in parts.
#[must_use]
pub fn words_of<'a>(
    name: &'a str,
    email: &'a str,
    companies: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let whole: Vec<&str> = [name, email].into_iter().chain(companies).collect();
    let parts = whole
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let parts = parts.filter(|part| part.chars().count() >= 3);
    parts
        .chain(whole.iter().copied())
        .map(str::to_owned)
        .collect()
}

/// What an account is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// To open something with it, as others may at the same time.
    Open,
    /// To change what opens it, while nothing is opened.
    Change,
}

impl Hold {
    pub(super) const fn sql(self) -> &'static str {
        match self {
            Hold::Open => " FOR SHARE",
            Hold::Change => " FOR UPDATE",
        }
    }
}

/// Holds an account until the transaction, which acts as the person, is over; `false` when it is switched off.
pub(super) async fn hold(tx: &mut PlatformTx, user: UserId, hold: Hold) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Held {
        #[diesel(sql_type = Bool)]
        is_active: bool,
    }
    let mut statement =
        Statement::new("SELECT is_active FROM users WHERE id = $1").bind(user.as_uuid());
    statement.push_sql(hold.sql());
    let held: Vec<Held> = statement.load(tx.conn()?).await?;
    Ok(held.iter().any(|account| account.is_active))
}

/// Ends every session of a person but the one named, with all their tokens, every link that was mailed to them and every
/// sign-in that waits for its code.
pub(super) async fn end_credentials(
    tx: &mut PlatformTx,
    user: UserId,
    but: Option<SessionId>,
) -> Result<(), DbError> {
    tx.act_as(user).await?;
    end_others(tx, user, but).await?;
    change_email::forget(tx, user).await?;
    for sql in [
        "DELETE FROM account_links WHERE user_id = $1",
        "DELETE FROM pending_sign_ins WHERE user_id = $1",
    ] {
        Statement::new(sql)
            .bind(user.as_uuid())
            .execute(tx.conn()?)
            .await?;
    }
    Ok(())
}

/// Notes that mails to the address reach the person the transaction acts as. `true` where nobody had shown that before.
pub(crate) async fn confirm_address(tx: &mut PlatformTx, user: UserId) -> Result<bool, DbError> {
    let rows = Statement::new(
        "UPDATE users SET email_confirmed_at = now() WHERE id = $1 AND email_confirmed_at IS NULL",
    )
    .bind(user.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(rows == 1)
}

/// Stores the hash of a new password; `false` when the account is switched off.
pub(super) async fn store_password(
    tx: &mut PlatformTx,
    user: UserId,
    hash: String,
) -> Result<bool, DbError> {
    tx.act_as(user).await?;
    let rows = Statement::new(
        "UPDATE users SET password_hash = $2, password_changed_at = now() WHERE id = $1 AND is_active",
    )
    .bind(user.as_uuid())
    .bind(hash)
    .execute(tx.conn()?)
    .await?;
    Ok(rows == 1)
}
