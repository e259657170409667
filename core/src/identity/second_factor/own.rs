//! One's own second factor: setting it up, new recovery codes, switching it off.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use vitaran_kernel::UserId;

use super::code::{RecoveryCodes, TypedCode, in_fours};
use super::proof::{IN_FORCE, codes_left, prove_password, record_own, stored, use_code};
use super::totp::TotpSecret;
use super::{Proof, SecondFactorError, sealed_place};
use crate::account_mails::{self, AccountMail};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::own_account::end_credentials;
use crate::identity::{OwnAccount, SignInRules};
use crate::secrets::SecretKey;
use crate::throttle::Network;

/// What an app must be told, by camera or by hand. Shown while it is being set up, and never again.
pub struct Enrolment {
    /// In groups of four, for typing.
    pub secret: String,
    /// What the QR code says.
    pub uri: String,
}

impl Enrolment {
    fn of(secret: &TotpSecret, email: &str) -> Self {
        Enrolment {
            secret: in_fours(&secret.to_base32(), " "),
            uri: secret.uri(email),
        }
    }
}

/// How it stands.
pub enum SecondFactor {
    Off,
    /// The app may have it; the first code has not been typed, and may be for ten minutes from when the secret was made.
    BeingSetUp(Enrolment),
    On {
        since: DateTime<Utc>,
        recovery_codes_left: i64,
    },
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    sealed_secret: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    confirmed_at: Option<DateTime<Utc>>,
}

/// How one's own second factor stands.
pub async fn find_second_factor(
    db: &Db,
    key: &SecretKey,
    by: &OwnAccount,
) -> Result<SecondFactor, SecondFactorError> {
    let mut tx = db.begin_platform_as(by.user).await?;
    let rows: Vec<Row> = Statement::new(format!(
        "SELECT sealed_secret, confirmed_at FROM second_factors WHERE user_id = $1 AND {IN_FORCE}"
    ))
    .bind(by.user.as_uuid())
    .load(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(SecondFactor::Off);
    };
    let Some(since) = row.confirmed_at else {
        let text = key.open(&sealed_place(by.user.as_uuid()), &row.sealed_secret)?;
        let secret = TotpSecret::parse(&text);
        let secret = secret.ok_or_else(|| SecondFactorError::internal("no secret of ours"))?;
        return Ok(SecondFactor::BeingSetUp(Enrolment::of(&secret, &by.email)));
    };
    Ok(SecondFactor::On {
        since,
        recovery_codes_left: codes_left(&mut tx, by.user).await?,
    })
}

/// Makes a secret for the app; one that was never confirmed is replaced.
pub async fn begin_set_up(
    db: &Db,
    key: &SecretKey,
    by: &OwnAccount,
) -> Result<Enrolment, SecondFactorError> {
    let secret = TotpSecret::generate()?;
    let sealed = key.seal(&sealed_place(by.user.as_uuid()), &secret.to_base32())?;
    let mut tx = db.begin_platform_as(by.user).await?;
    let rows = Statement::new(
        "INSERT INTO second_factors AS f (user_id, sealed_secret) VALUES ($1, $2) \
         ON CONFLICT (user_id) DO UPDATE SET sealed_secret = $2, created_at = now() WHERE f.confirmed_at IS NULL",
    )
    .bind(by.user.as_uuid())
    .bind(sealed)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if rows == 0 {
        return Err(SecondFactorError::IsOn);
    }
    tx.commit().await?;
    Ok(Enrolment::of(&secret, &by.email))
}

/// Switches it on with the first code of the app. All other sessions and tokens end: whoever has one came in without it.
pub async fn confirm(
    db: &Db,
    rules: SignInRules,
    key: &SecretKey,
    by: &OwnAccount,
    proof: Proof,
    from: Network,
) -> Result<RecoveryCodes, SecondFactorError> {
    let shown = prove_password(db, rules, by, &proof, from).await?;
    let mut tx = shown.begin(db).await?;
    match stored(&mut tx, by.user).await? {
        None => return Err(SecondFactorError::NotBegun),
        Some(stored) if stored.is_confirmed => return Err(SecondFactorError::IsOn),
        Some(_) => {}
    }
    let TypedCode::OfApp(_) = &proof.code else {
        return Err(SecondFactorError::WrongCode);
    };
    use_code(&mut tx, key, by.user, &proof.code).await?;
    let now = tx.now();
    Statement::new("UPDATE second_factors SET confirmed_at = $2 WHERE user_id = $1")
        .bind(by.user.as_uuid())
        .bind(now)
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    let codes = replace_codes(&mut tx, by.user).await?;
    shown.tries.succeed(&mut tx).await?;
    end_credentials(&mut tx, by.user, Some(by.session)).await?;
    account_mails::queue(tx.conn()?, &by.email, AccountMail::SecondFactorOn).await?;
    tell(&mut tx, by, "identity.second_factor.on").await?;
    tx.commit().await?;
    Ok(codes)
}

/// Ten new recovery codes; those there were no longer work.
pub async fn renew_recovery_codes(
    db: &Db,
    rules: SignInRules,
    key: &SecretKey,
    by: &OwnAccount,
    proof: Proof,
    from: Network,
) -> Result<RecoveryCodes, SecondFactorError> {
    let shown = prove_password(db, rules, by, &proof, from).await?;
    let mut tx = shown.begin(db).await?;
    use_code_in_force(&mut tx, key, by.user, &proof.code).await?;
    let codes = replace_codes(&mut tx, by.user).await?;
    shown.tries.succeed(&mut tx).await?;
    tell(&mut tx, by, "identity.second_factor.recovery_codes").await?;
    tx.commit().await?;
    Ok(codes)
}

/// Switches it off: secret and recovery codes are gone.
pub async fn switch_off(
    db: &Db,
    rules: SignInRules,
    key: &SecretKey,
    by: &OwnAccount,
    proof: Proof,
    from: Network,
) -> Result<(), SecondFactorError> {
    let shown = prove_password(db, rules, by, &proof, from).await?;
    let mut tx = shown.begin(db).await?;
    use_code_in_force(&mut tx, key, by.user, &proof.code).await?;
    forget_second_factor(&mut tx, by.user).await?;
    shown.tries.succeed(&mut tx).await?;
    account_mails::queue(tx.conn()?, &by.email, AccountMail::SecondFactorOff).await?;
    tell(&mut tx, by, "identity.second_factor.off").await?;
    Ok(tx.commit().await?)
}

/// Secret and recovery codes of somebody the transaction may act for; whether there were any.
pub(in crate::identity) async fn forget_second_factor(
    tx: &mut PlatformTx,
    user: UserId,
) -> Result<bool, DbError> {
    let rows = Statement::new("DELETE FROM second_factors WHERE user_id = $1")
        .bind(user.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(rows == 1)
}

/// As [`use_code`] of one that is on: a secret that was never confirmed proves nothing.
async fn use_code_in_force(
    tx: &mut PlatformTx,
    key: &SecretKey,
    user: UserId,
    code: &TypedCode,
) -> Result<(), SecondFactorError> {
    let is_on = stored(tx, user).await?.is_some_and(|row| row.is_confirmed);
    if !is_on {
        return Err(SecondFactorError::IsOff);
    }
    use_code(tx, key, user, code).await.map(drop)
}

async fn replace_codes(tx: &mut PlatformTx, user: UserId) -> Result<RecoveryCodes, DbError> {
    let codes = RecoveryCodes::generate()?;
    Statement::new("DELETE FROM recovery_codes WHERE user_id = $1")
        .bind(user.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Statement::new(
        "INSERT INTO recovery_codes (user_id, code_hash) SELECT $1, decode(hash, 'hex') FROM unnest($2) hash",
    )
    .bind(user.as_uuid())
    .bind(codes.hashes(user))
    .execute(tx.conn()?)
    .await?;
    Ok(codes)
}

async fn tell(tx: &mut PlatformTx, by: &OwnAccount, action: &str) -> Result<(), DbError> {
    let after: Value = json!({ "name": by.name });
    record_own(tx, (by.user, &by.name), by.tenant, action, after).await
}
