//! The second step of a sign-in, for those who have a second factor: the password was right, the code is asked for.
//!
//! Between the two steps nobody is signed in. A browser holds a random secret for five minutes that leads to the page of the
//! code and nowhere else; a program sends password and code together.

use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use vitaran_kernel::{TenantId, UserId};

use super::link::{LONGEST_LINK, new_link_secret};
use super::memberships::find_by_email_in;
use super::own_account::{Hold, hold};
use super::prove_password::ProvenAccount;
use super::second_factor::{SecondFactorError, TypedCode, UsedCode, record_own, use_code};
use super::sign_in::choose;
use super::tries::{Standing, Tries};
use super::{CredentialHash, SignInError, SignInRules, SignedIn, UserRef, WantedTenant};
use crate::account_mails::{self, AccountMail};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::secrets::SecretKey;
use crate::throttle::{Network, count_sign_in};

/// How long a code is waited for.
pub const PENDING_S: i32 = 5 * 60;

/// Somebody whose password was right. Worth nothing without a code; made by [`super::sign_in`] alone.
pub struct HalfSignedIn {
    pub(super) user: UserRef,
    pub(super) account: ProvenAccount,
    pub(super) wanted: WantedTenant,
    pub(super) may_enter: bool,
    /// The try that is a failure until the code is right.
    pub(super) tries: Tries,
}

impl HalfSignedIn {
    /// Whether they have a place where they want to go. Whoever has none is asked for no code: to those of the place they are a
    /// stranger with a wrong password.
    #[must_use]
    pub const fn may_enter(&self) -> bool {
        self.may_enter
    }
}

impl std::fmt::Debug for HalfSignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HalfSignedIn")
    }
}

/// What the browser holds meanwhile; a secret.
pub struct PendingSecret(pub String);

/// Remembers for five minutes that the password was right.
pub async fn wait_for_code(db: &Db, half: &HalfSignedIn) -> Result<PendingSecret, SignInError> {
    let secret = new_link_secret().map_err(internal)?;
    let mut tx = db.begin_platform_as(half.user.id).await?;
    if !half.account.hold(&mut tx, Hold::Open).await? {
        return Err(SignInError::PendingOver);
    }
    Statement::new(
        "INSERT INTO pending_sign_ins (secret_hash, user_id, expires_at) VALUES ($1, $2, now() + $3 * interval '1 second')",
    )
    .bind(CredentialHash::of(&secret).0.to_vec())
    .bind(half.user.id.as_uuid())
    .bind(PENDING_S)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    Ok(PendingSecret(secret))
}

/// Password and code came together: the try that the password began stands for both.
pub async fn finish_at_once(
    db: &Db,
    key: &SecretKey,
    half: HalfSignedIn,
    code: &str,
) -> Result<SignedIn, SignInError> {
    let HalfSignedIn {
        user,
        account,
        wanted,
        tries,
        may_enter: _,
    } = half;
    let mut tx = db.begin_platform_as(user.id).await?;
    if !account.hold(&mut tx, Hold::Change).await? {
        return Err(SignInError::PendingOver);
    }
    finish(db, tx, key, (user.id, &user.email), tries, code, &wanted).await
}

#[derive(QueryableByName)]
struct Pending {
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    email: String,
}

/// Whether a browser's secret still waits for its code.
pub async fn is_pending(db: &Db, secret: &str) -> Result<bool, DbError> {
    let mut tx = db.begin_platform().await?;
    Ok(find_pending(&mut tx, secret).await?.is_some())
}

/// The transaction acts as the person afterwards.
async fn find_pending(tx: &mut PlatformTx, secret: &str) -> Result<Option<Pending>, DbError> {
    #[derive(QueryableByName)]
    struct Holder {
        #[diesel(sql_type = Uuid)]
        user_id: UserId,
    }
    if secret.len() > LONGEST_LINK {
        return Ok(None);
    }
    let hash = CredentialHash::of(secret);
    tx.hold_credential(&hash.0).await?;
    let held: Vec<Holder> = Statement::new(
        "SELECT user_id FROM pending_sign_ins WHERE secret_hash = $1 AND expires_at > now()",
    )
    .bind(hash.0.to_vec())
    .load(tx.conn()?)
    .await?;
    let Some(holder) = held.into_iter().next() else {
        return Ok(None);
    };
    tx.act_as(holder.user_id).await?;
    let found: Vec<Pending> =
        Statement::new("SELECT id AS user_id, email FROM users WHERE id = $1 AND is_active")
            .bind(holder.user_id.as_uuid())
            .load(tx.conn()?)
            .await?;
    Ok(found.into_iter().next())
}

/// The code of somebody who typed the password a moment ago. Each is a try at the account, and counts as a sign-in of the network.
pub async fn finish_pending(
    db: &Db,
    rules: SignInRules,
    key: &SecretKey,
    (secret, code, wanted): (&str, &str, &WantedTenant),
    from: Network,
) -> Result<SignedIn, SignInError> {
    let mut tx = db.begin_platform().await?;
    let pending = find_pending(&mut tx, secret).await?;
    let pending = pending.ok_or(SignInError::PendingOver)?;
    count_sign_in(&mut tx, from, rules.most_a_minute)
        .await?
        .map_err(SignInError::TooMany)?;
    let tries = Tries::of_sign_in(&pending.email, from);
    let standing = tries.begin(&mut tx).await?;
    tx.commit().await?;
    if standing == Standing::Delayed {
        return Err(SignInError::WrongCode);
    }
    let mut tx = db.begin_platform_as(pending.user_id).await?;
    let is_there = hold(&mut tx, pending.user_id, Hold::Change).await?
        && use_up(&mut tx, pending.user_id, secret).await?;
    if !is_there {
        return Err(SignInError::PendingOver);
    }
    let who = (pending.user_id, pending.email.as_str());
    finish(db, tx, key, who, tries, code, wanted).await
}

/// Takes the secret that was found a moment ago: what ends the account's credentials has ended it too.
async fn use_up(tx: &mut PlatformTx, user: UserId, secret: &str) -> Result<bool, DbError> {
    let rows = Statement::new(
        "DELETE FROM pending_sign_ins WHERE secret_hash = $1 AND user_id = $2 AND expires_at > now()",
    )
    .bind(CredentialHash::of(secret).0.to_vec())
    .bind(user.as_uuid())
    .execute(tx.conn()?)
    .await?;
    Ok(rows == 1)
}

/// In a transaction that holds the account: the code is used up, whatever waits of this person is over, and the try was right. A refusal changes nothing,
/// but for one: where everything was right and the tenant alone was not, that was no failed try.
async fn finish(
    db: &Db,
    mut tx: PlatformTx,
    key: &SecretKey,
    (user, email): (UserId, &str),
    tries: Tries,
    code: &str,
    wanted: &WantedTenant,
) -> Result<SignedIn, SignInError> {
    let code = TypedCode::parse(code).ok_or(SignInError::WrongCode)?;
    let found = find_by_email_in(&mut tx, email).await?;
    let found = found.filter(|found| found.user.id == user && found.has_second_factor);
    let found = found.ok_or(SignInError::PendingOver)?;
    let used = use_code(&mut tx, key, user, &code)
        .await
        .map_err(|error| match error {
            SecondFactorError::Db(error) => SignInError::Db(error),
            SecondFactorError::Internal(detail) => internal(detail),
            _ => SignInError::WrongCode,
        })?;
    let account = found.user.clone();
    let chosen = match choose(found, wanted) {
        // Nothing was opened, so the code still works, for whoever now names the right one.
        Err(error) if !matches!(error, SignInError::Suspended(_)) => {
            drop(tx);
            let mut tx = db.begin_platform().await?;
            tries.succeed(&mut tx).await?;
            tx.commit().await?;
            return Err(error);
        }
        // The person is who they say, though there is nowhere to go.
        chosen => chosen,
    };
    Statement::new("DELETE FROM pending_sign_ins WHERE user_id = $1")
        .bind(user.as_uuid())
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    tries.succeed(&mut tx).await?;
    if used == UsedCode::Recovery {
        let tenant = chosen.as_ref().ok().and_then(tenant_of);
        tell_of_recovery(&mut tx, &account, tenant).await?;
    }
    tx.commit().await?;
    chosen
}

fn tenant_of(signed_in: &SignedIn) -> Option<TenantId> {
    signed_in.membership.as_ref().map(|m| m.tenant.id)
}

async fn tell_of_recovery(
    tx: &mut PlatformTx,
    user: &UserRef,
    tenant: Option<TenantId>,
) -> Result<(), SignInError> {
    account_mails::queue(tx.conn()?, &user.email, AccountMail::RecoveryCodeUsed)
        .await
        .map_err(|error| internal(SecondFactorError::from(error)))?;
    let action = "identity.second_factor.recovery_code_used";
    let after = json!({ "name": user.name });
    Ok(record_own(tx, (user.id, &user.name), tenant, action, after).await?)
}

fn internal(error: impl std::fmt::Display) -> SignInError {
    SignInError::Hashing(error.to_string())
}
