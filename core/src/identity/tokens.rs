//! What a sign-in to the API gives: an access token for 15 minutes, and a refresh token that fetches the next pair.
//!
//! Both hang on one row of `sessions`, with the device and the address of the sign-in; with that row they end. A refresh token
//! works once. When a used one comes back, two hold copies of it, and nobody can say which of them is the thief: the session
//! ends for both, and the distributor's audit log tells of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Double, Nullable, Text, Uuid};
use diesel_async::RunQueryDsl as _;
use rand::TryRngCore as _;
use serde_json::{Value, json};
use vitaran_kernel::{DealerId, SessionId, TenantId, UserId};

use super::credential::{
    ActingColumns, GrantColumns, ModulesColumn, SecondFactorStanding, SuspendedTenant,
};
use super::device::device_name;
use super::own_account::Hold;
use super::sessions::cut;
use super::{ClientInfo, CredentialHash, SessionKind, SignInError, SignedIn, UserRef};
use crate::access::{Actor, Role, TenantRef};
use crate::account_mails::{self, AccountMail, QueueMailError};
use crate::audit::{self, Change};
use crate::db::{Db, DbError, Statement, origin};
use crate::problem::{Kind, Problem};

/// How long an access token works, in seconds (000-23).
pub const ACCESS_TOKEN_TTL_S: i32 = 15 * 60;

/// How long a refresh token works unused, in seconds (000-24).
pub const REFRESH_TOKEN_TTL_S: i32 = 7 * 24 * 3_600;

/// After this a program signs in anew, however often it refreshed: as long as the longest session of a browser.
const API_SESSION_S: i32 = 30 * 24 * 3_600;

/// For so long a used token is taken for the second of two requests that went out together, and not for a copy. As long as our
/// slowest statement may take: a client that asks again has by then waited longer than any answer of ours needs.
const GRACE_S: f64 = 10.0;

/// What secrets start with, so that a leaked one is recognised for what it is.
const ACCESS_PREFIX: &str = "vta_";
const REFRESH_PREFIX: &str = "vtr_";

/// Longer than any token of ours.
const MAX_LENGTH: usize = 100;

/// A secret, shown once.
pub struct AccessToken(pub String);

/// A secret, shown once, that works once.
pub struct RefreshToken(pub String);

/// What a program goes on with.
pub struct Tokens {
    pub access: AccessToken,
    pub refresh: RefreshToken,
}

impl Tokens {
    fn generate() -> Result<Self, DbError> {
        Ok(Tokens {
            access: AccessToken(secret(ACCESS_PREFIX)?),
            refresh: RefreshToken(secret(REFRESH_PREFIX)?),
        })
    }
}

/// 256 random bits behind a prefix.
fn secret(prefix: &str) -> Result<String, DbError> {
    let mut secret = [0_u8; 32];
    rand::rngs::OsRng
        .try_fill_bytes(&mut secret)
        .map_err(|error| DbError::Unavailable(format!("no randomness: {error}")))?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(secret)))
}

fn hash(secret: &str) -> Vec<u8> {
    CredentialHash::of(secret).0.to_vec()
}

/// Opens a session of the API for what [`super::sign_in`] found, unless the account was changed since.
pub async fn open_api_session(
    db: &Db,
    signed_in: &SignedIn,
    client: &ClientInfo,
) -> Result<Tokens, SignInError> {
    let tokens = Tokens::generate()?;
    let membership = signed_in.membership.as_ref();
    let mut tx = db.begin_platform_as(signed_in.user.id).await?;
    if !signed_in.account.hold(&mut tx, Hold::Open).await? {
        return Err(SignInError::PendingOver);
    }
    Statement::new(
        "WITH s AS (INSERT INTO sessions (id, id_hash, kind, user_id, acting_tenant, membership_id, data, ip, user_agent, idle_timeout_s, \
             expires_at, absolute_expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, '{}', $7, $8, $9, now() + $9 * interval '1 second', now() + $10 * interval '1 second')) \
         INSERT INTO access_tokens (token_hash, session_id, expires_at) VALUES ($11, $1, now() + $12 * interval '1 second')",
    )
    .bind(SessionId::generate().as_uuid())
    .bind(hash(&tokens.refresh.0))
    .bind(SessionKind::Api.as_str())
    .bind(signed_in.user.id.as_uuid())
    .bind(membership.map(|m| m.tenant.id.as_uuid()))
    .bind(membership.map(|m| m.id.as_uuid()))
    .bind(cut(client.ip.as_deref(), 64))
    .bind(cut(client.user_agent.as_deref(), 400))
    .bind(REFRESH_TOKEN_TTL_S)
    .bind(API_SESSION_S)
    .bind(hash(&tokens.access.0))
    .bind(ACCESS_TOKEN_TTL_S)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    tracing::info!(user.id = %signed_in.user.id, kind = SessionKind::Api.as_str(), "a session began");
    Ok(tokens)
}

#[derive(QueryableByName)]
struct BearerRow {
    #[diesel(sql_type = Uuid)]
    session_id: SessionId,
    #[diesel(embed)]
    who: WhoRow,
    #[diesel(embed)]
    second_factor: SecondFactorStanding,
}

/// The columns that both look-ups share.
#[derive(QueryableByName)]
struct WhoRow {
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Nullable<Uuid>)]
    acting_tenant: Option<TenantId>,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Bool)]
    is_platform_admin: bool,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    tenant_name: Option<String>,
    #[diesel(embed)]
    granted: GrantColumns,
    #[diesel(sql_type = Nullable<Uuid>)]
    dealer_id: Option<DealerId>,
    #[diesel(sql_type = Bool)]
    is_suspended: bool,
    #[diesel(embed)]
    modules: ModulesColumn,
}

const WHO: &str = "user_id, acting_tenant, user_name, email, is_platform_admin, tenant_slug, tenant_name, role, role_name, role_permissions, \
     approval_limit, location_ids, dealer_id, is_suspended, modules_off";

impl WhoRow {
    fn into_parts(self) -> (UserRef, ActingColumns) {
        let user = UserRef {
            id: self.user_id,
            name: self.user_name,
            email: self.email,
            is_platform_admin: self.is_platform_admin,
        };
        let acting = ActingColumns {
            tenant_id: self.acting_tenant,
            tenant_slug: self.tenant_slug,
            tenant_name: self.tenant_name,
            granted: self.granted,
            dealer_id: self.dealer_id,
            is_suspended: self.is_suspended,
            modules: self.modules.modules(),
        };
        (user, acting)
    }
}

/// A token in force, with what the database says of its user now.
pub struct TokenView {
    pub session: SessionId,
    pub user: UserRef,
    /// `None` in a suspended tenant, and for a platform admin outside every tenant.
    pub actor: Option<Actor>,
    pub suspended: Option<SuspendedTenant>,
    pub second_factor: SecondFactorStanding,
}

/// Who an access token acts as, if it is in force.
pub async fn authenticate_token(db: &Db, token: &str) -> Result<Option<TokenView>, DbError> {
    if !token.starts_with(ACCESS_PREFIX) || token.len() > MAX_LENGTH {
        return Ok(None);
    }
    let hash = hash(token);
    origin::came_by("token", &hash);
    let mut connection = db.statement_connection().await?;
    let rows: Vec<BearerRow> = Statement::new(format!(
        "SELECT session_id, {WHO}, has_second_factor, needs_second_factor FROM lookup.bearer($1)"
    ))
    .bind(hash)
    .load(&mut connection)
    .await?;
    Ok(rows.into_iter().next().map(|row| {
        let (user, acting) = row.who.into_parts();
        let suspended = acting.suspended();
        let actor = acting.member(&user);
        TokenView {
            session: row.session_id,
            user,
            actor,
            suspended,
            second_factor: row.second_factor,
        }
    }))
}

// Refreshing --------------------------------------------------------------------------------------------------------

/// A new pair, and whom it acts as.
pub struct Refreshed {
    pub tokens: Tokens,
    pub user: UserRef,
    pub tenant: Option<TenantRef>,
    pub role: Option<Role>,
}

#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// No token of ours, or one that has ended: by time, a sign-out, a password change, the end of a membership.
    #[error("This refresh token does not work any more, sign in again")]
    Unknown,
    #[error(
        "This refresh token was used before: somebody may have a copy of it, so everybody who has one must sign in again"
    )]
    Reused,
    /// Another request with the token was a moment faster.
    #[error("Another request has just used this refresh token, go on with the tokens it was given")]
    Raced,
    #[error(transparent)]
    Suspended(#[from] SuspendedTenant),
    #[error("the mail could not be sealed: {0}")]
    Internal(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<QueueMailError> for RefreshError {
    fn from(error: QueueMailError) -> Self {
        match error {
            QueueMailError::Db(error) => RefreshError::Db(error),
            QueueMailError::Secret(error) => RefreshError::Internal(error.to_string()),
        }
    }
}

impl Problem for RefreshError {
    fn kind(&self) -> Kind {
        match self {
            RefreshError::Unknown | RefreshError::Reused => Kind::Unauthenticated,
            RefreshError::Raced => Kind::Conflict,
            RefreshError::Suspended(suspended) => suspended.kind(),
            RefreshError::Internal(_) => Kind::Internal,
            RefreshError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RefreshError::Unknown => "auth.refresh_unknown",
            RefreshError::Reused => "auth.refresh_reused",
            RefreshError::Raced => "auth.refresh_raced",
            RefreshError::Suspended(suspended) => suspended.code(),
            RefreshError::Internal(_) => "service.internal",
            RefreshError::Db(error) => error.code(),
        }
    }
}

#[derive(QueryableByName)]
struct RefreshRow {
    #[diesel(sql_type = Uuid)]
    session_id: SessionId,
    /// Seconds since it was used; none for the one in force.
    #[diesel(sql_type = Nullable<Double>)]
    used_s: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(embed)]
    who: WhoRow,
}

/// Takes a refresh token and gives the next pair. The token is used up by it; one that was used up before ends its session. Where
/// it must be of one tenant, those of others are unknown.
pub async fn refresh(
    db: &Db,
    token: &str,
    of: Option<TenantId>,
    from: &ClientInfo,
) -> Result<Refreshed, RefreshError> {
    let found = find_refresh(db, token).await?;
    let found = found.filter(|found| of.is_none() || found.who.acting_tenant == of);
    let found = found.ok_or(RefreshError::Unknown)?;
    match found.used_s {
        None => rotate(db, found, token).await,
        Some(seconds) if seconds < GRACE_S => Err(RefreshError::Raced),
        Some(_) => {
            end_copied(db, found, from).await?;
            Err(RefreshError::Reused)
        }
    }
}

async fn find_refresh(db: &Db, token: &str) -> Result<Option<RefreshRow>, DbError> {
    if !token.starts_with(REFRESH_PREFIX) || token.len() > MAX_LENGTH {
        return Ok(None);
    }
    let mut connection = db.statement_connection().await?;
    let rows: Vec<RefreshRow> = Statement::new(format!(
        "SELECT session_id, used_s, user_agent, {WHO} FROM lookup.refresh($1)"
    ))
    .bind(hash(token))
    .load(&mut connection)
    .await?;
    Ok(rows.into_iter().next())
}

/// Of two requests with one token the first changes the session's row; the second waits for it and then finds nothing to change.
async fn rotate(db: &Db, found: RefreshRow, token: &str) -> Result<Refreshed, RefreshError> {
    let session = found.session_id;
    let (user, acting) = found.who.into_parts();
    if let Some(suspended) = acting.suspended() {
        return Err(suspended.into());
    }
    let tokens = Tokens::generate()?;
    let mut tx = db.begin_platform_as(user.id).await?;
    let rotated = Statement::new(
        "WITH s AS (UPDATE sessions SET id_hash = $3, last_seen_at = now(), \
             expires_at = least(now() + idle_timeout_s * interval '1 second', absolute_expires_at) \
             WHERE id = $1 AND id_hash = $2 RETURNING id, expires_at), \
         r AS (INSERT INTO rotated_tokens (token_hash, session_id, expires_at) SELECT $2, id, expires_at FROM s) \
         INSERT INTO access_tokens (token_hash, session_id, expires_at) SELECT $4, id, now() + $5 * interval '1 second' FROM s",
    )
    .bind(session.as_uuid())
    .bind(hash(token))
    .bind(hash(&tokens.refresh.0))
    .bind(hash(&tokens.access.0))
    .bind(ACCESS_TOKEN_TTL_S)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if rotated == 0 {
        return Err(RefreshError::Raced);
    }
    tx.commit().await?;
    Ok(Refreshed {
        tokens,
        tenant: acting.tenant(),
        role: acting.granted.role(),
        user,
    })
}

/// Ends the session for everybody who holds a copy, writes down what was seen and tells the person by mail. Nobody signed in for this: the entry is ours.
async fn end_copied(db: &Db, found: RefreshRow, from: &ClientInfo) -> Result<(), RefreshError> {
    let (session, device) = (found.session_id, device_name(found.user_agent.as_deref()));
    let (user, acting) = found.who.into_parts();
    let ended = match acting.tenant() {
        Some(tenant) => {
            let seen = json!({
                "name": user.name, "signed_in_with": device,
                "used_again_with": device_name(from.user_agent.as_deref()), "used_again_from": from.ip,
            });
            end_copied_of_member(db, &tenant, &user, session, &seen).await?
        }
        None => end_copied_of_platform(db, &user, session).await?,
    };
    if ended {
        tracing::warn!(user.id = %user.id, session.id = %session, "a refresh token came a second time: its session has ended");
    }
    Ok(())
}

async fn end_copied_of_member(
    db: &Db,
    tenant: &TenantRef,
    user: &UserRef,
    session: SessionId,
    seen: &Value,
) -> Result<bool, RefreshError> {
    let mut tx = db.begin_as(&Actor::system(tenant.id, "Vitaran")).await?;
    let ended = Statement::new("DELETE FROM sessions WHERE id = $1 AND acting_tenant = $2")
        .bind(session.as_uuid())
        .bind(tenant.id.as_uuid())
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    if ended > 0 {
        let action = "identity.tokens.copied";
        let change = Change::created(seen);
        audit::record(&mut tx, action, "user", Some(user.id.as_uuid()), change).await?;
        account_mails::queue(tx.conn()?, &user.email, AccountMail::TokensCopied).await?;
    }
    tx.commit().await?;
    Ok(ended > 0)
}

/// Outside every tenant there is no audit log to write to.
async fn end_copied_of_platform(
    db: &Db,
    user: &UserRef,
    session: SessionId,
) -> Result<bool, RefreshError> {
    let mut tx = db.begin_platform_as(user.id).await?;
    let ended = Statement::new("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
        .bind(session.as_uuid())
        .bind(user.id.as_uuid())
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    if ended > 0 {
        account_mails::queue(tx.conn()?, &user.email, AccountMail::TokensCopied).await?;
    }
    tx.commit().await?;
    Ok(ended > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_another_and_says_what_it_is() {
        let (one, two) = (Tokens::generate().unwrap(), Tokens::generate().unwrap());
        assert!(one.access.0.starts_with("vta_") && one.refresh.0.starts_with("vtr_"));
        // 256 bits are 43 characters.
        assert_eq!(one.refresh.0.len(), REFRESH_PREFIX.len() + 43);
        assert_ne!(one.refresh.0, two.refresh.0);
        assert_ne!(one.refresh.0[4..], one.access.0[4..]);
    }
}
