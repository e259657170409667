//! Proving that one is who one says: the password again, and a code.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Map, Value};
use vitaran_kernel::{TenantId, UserId};

use super::code::{TypedCode, recovery_hash};
use super::sealed_place;
use super::totp::TotpSecret;
use crate::account_mails::QueueMailError;
use crate::audit::{self, Author, Change};
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::own_account::Hold;
use crate::identity::prove_password::{Looked, ProvePasswordError, look_at_password};
use crate::identity::tries::Tries;
use crate::identity::{OwnAccount, ProvenAccount, SignInRules};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};
use crate::secrets::{SecretError, SecretKey};
use crate::throttle::{Network, TooMany};

/// The form as typed. Not `Debug`: it holds a password.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProofForm {
    pub password: String,
    pub code: String,
}

/// A checked [`ProofForm`].
pub struct Proof {
    password: String,
    pub(super) code: TypedCode,
}

impl ProofForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<Proof, Invalid> {
        let mut faults = Faults::new();
        let password = faults.required("/password", &self.password, "your password", |text| {
            Ok::<_, String>(text.to_owned())
        });
        let code = faults.required("/code", &self.code, "the code", |text| {
            TypedCode::parse(text).ok_or("A code has 6 digits, a recovery code 24 characters")
        });
        match (password, code) {
            (Some(password), Some(code)) => Ok(Proof { password, code }),
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    #[error(
        "This is not your password. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongPassword,
    #[error(
        "This code does not work: it is wrong, older than a minute, or was used before. After several wrong tries, wait up to 15 minutes before the next"
    )]
    WrongCode,
    #[error(transparent)]
    TooMany(TooMany),
    #[error("Your second factor is on already")]
    IsOn,
    #[error("Your second factor is off")]
    IsOff,
    #[error("Begin to set it up first")]
    NotBegun,
    #[error("Your account was changed a moment ago: try again")]
    ChangedMeanwhile,
    #[error("the second factor could not be read: {0}")]
    Internal(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl SecondFactorError {
    pub(super) fn internal(error: impl std::fmt::Display) -> Self {
        SecondFactorError::Internal(error.to_string())
    }
}

impl From<SecretError> for SecondFactorError {
    fn from(error: SecretError) -> Self {
        Self::internal(error)
    }
}

impl From<ProvePasswordError> for SecondFactorError {
    fn from(error: ProvePasswordError) -> Self {
        match error {
            ProvePasswordError::TooMany(limit) => SecondFactorError::TooMany(limit),
            ProvePasswordError::Hashing(error) => Self::internal(error),
            ProvePasswordError::Db(error) => SecondFactorError::Db(error),
        }
    }
}

impl From<QueueMailError> for SecondFactorError {
    fn from(error: QueueMailError) -> Self {
        match error {
            QueueMailError::Db(error) => SecondFactorError::Db(error),
            QueueMailError::Secret(error) => Self::internal(error),
        }
    }
}

impl Problem for SecondFactorError {
    fn kind(&self) -> Kind {
        match self {
            SecondFactorError::WrongPassword | SecondFactorError::WrongCode => Kind::Invalid,
            SecondFactorError::IsOn
            | SecondFactorError::IsOff
            | SecondFactorError::NotBegun
            | SecondFactorError::ChangedMeanwhile => Kind::Conflict,
            SecondFactorError::TooMany(limit) => limit.kind(),
            SecondFactorError::Internal(_) => Kind::Internal,
            SecondFactorError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SecondFactorError::WrongPassword => "account.wrong_password",
            SecondFactorError::WrongCode => "account.wrong_code",
            SecondFactorError::TooMany(limit) => limit.code(),
            SecondFactorError::IsOn => "account.second_factor_on",
            SecondFactorError::IsOff => "account.second_factor_off",
            SecondFactorError::NotBegun => "account.second_factor_not_begun",
            SecondFactorError::ChangedMeanwhile => "account.changed_meanwhile",
            SecondFactorError::Internal(_) => "service.internal",
            SecondFactorError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let pointer = match self {
            SecondFactorError::WrongPassword => "/password",
            SecondFactorError::WrongCode => "/code",
            _ => return Vec::new(),
        };
        vec![Fault::new(pointer, self.code(), self.to_string())]
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            SecondFactorError::TooMany(limit) => limit.facts(),
            _ => Map::new(),
        }
    }
}

/// Half of a proof: the password was right, the code is still to come.
pub(super) struct Shown {
    user: UserId,
    account: ProvenAccount,
    pub(super) tries: Tries,
}

impl Shown {
    /// A transaction that acts as the person and holds the account, while it is what the password was shown for.
    pub(super) async fn begin(&self, db: &Db) -> Result<PlatformTx, SecondFactorError> {
        let mut tx = db.begin_platform_as(self.user).await?;
        match self.account.hold(&mut tx, Hold::Change).await? {
            true => Ok(tx),
            false => Err(SecondFactorError::ChangedMeanwhile),
        }
    }
}

/// Looks at the password, and counts the try with the account's sign-ins and the network's: it is a failure until the code is right too.
pub(super) async fn prove_password(
    db: &Db,
    rules: SignInRules,
    by: &OwnAccount,
    proof: &Proof,
    from: Network,
) -> Result<Shown, SecondFactorError> {
    match look_at_password(db, rules, &by.email, &proof.password, from).await? {
        Looked::Right(found, tries) if found.user.id == by.user => Ok(Shown {
            user: by.user,
            account: ProvenAccount::of(&found),
            tries,
        }),
        _ => Err(SecondFactorError::WrongPassword),
    }
}

#[derive(QueryableByName)]
pub(super) struct Stored {
    #[diesel(sql_type = Text)]
    pub sealed_secret: String,
    #[diesel(sql_type = Bool)]
    pub is_confirmed: bool,
}

impl Stored {
    pub(super) fn open(
        &self,
        key: &SecretKey,
        user: UserId,
    ) -> Result<TotpSecret, SecondFactorError> {
        let text = key.open(&sealed_place(user.as_uuid()), &self.sealed_secret)?;
        TotpSecret::parse(&text).ok_or_else(|| SecondFactorError::internal("no secret of ours"))
    }
}

/// A secret that is on, or that was made less than ten minutes ago to be set up: whoever finds a session open later learns no more of it,
/// and it switches nothing on.
pub(super) const IN_FORCE: &str =
    "(confirmed_at IS NOT NULL OR created_at > now() - interval '10 minutes')";

/// The person's own row, if there is one. It is locked: the secret that a code is compared with is the one that it is used up of.
pub(super) async fn stored(tx: &mut PlatformTx, user: UserId) -> Result<Option<Stored>, DbError> {
    let rows: Vec<Stored> = Statement::new(format!(
        "SELECT sealed_secret, confirmed_at IS NOT NULL AS is_confirmed FROM second_factors WHERE user_id = $1 AND {IN_FORCE} FOR UPDATE"
    ))
    .bind(user.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// Which code was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::identity) enum UsedCode {
    OfApp,
    Recovery,
}

/// Uses a code up, in a transaction that acts as the person. A refusal changes nothing.
pub(in crate::identity) async fn use_code(
    tx: &mut PlatformTx,
    key: &SecretKey,
    user: UserId,
    code: &TypedCode,
) -> Result<UsedCode, SecondFactorError> {
    let is_right = match code {
        TypedCode::OfApp(code) => use_step(tx, key, user, code).await?,
        TypedCode::Recovery(code) => use_recovery_code(tx, user, code).await?,
    };
    match (is_right, code) {
        (false, _) => Err(SecondFactorError::WrongCode),
        (true, TypedCode::OfApp(_)) => Ok(UsedCode::OfApp),
        (true, TypedCode::Recovery(_)) => Ok(UsedCode::Recovery),
    }
}

/// Of two requests with one code the first moves the row on; the second waits for it and then finds nothing to move.
async fn use_step(
    tx: &mut PlatformTx,
    key: &SecretKey,
    user: UserId,
    code: &str,
) -> Result<bool, SecondFactorError> {
    let Some(stored) = stored(tx, user).await? else {
        return Ok(false);
    };
    let secret = stored.open(key, user)?;
    let Some(step) = secret.step_of(code, tx.now().timestamp()) else {
        return Ok(false);
    };
    let rows = Statement::new(
        "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
    )
    .bind(user.as_uuid())
    .bind(step)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    Ok(rows == 1)
}

async fn use_recovery_code(
    tx: &mut PlatformTx,
    user: UserId,
    code: &str,
) -> Result<bool, SecondFactorError> {
    let rows = Statement::new("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2")
        .bind(user.as_uuid())
        .bind(recovery_hash(user, code).0.to_vec())
        .execute(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    Ok(rows == 1)
}

#[derive(QueryableByName)]
struct Left {
    #[diesel(sql_type = BigInt)]
    left: i64,
}

/// How many recovery codes are still there.
pub(super) async fn codes_left(tx: &mut PlatformTx, user: UserId) -> Result<i64, DbError> {
    let left: Left =
        Statement::new("SELECT count(*) AS left FROM recovery_codes WHERE user_id = $1")
            .bind(user.as_uuid())
            .get_result(tx.conn()?)
            .await?;
    Ok(left.left)
}

/// Writes what a person did at their own account into the audit log of the distributor they act in; the platform's own people
/// act in none. The transaction is inside that distributor from then on.
pub(in crate::identity) async fn record_own(
    tx: &mut PlatformTx,
    (user, name): (UserId, &str),
    tenant: Option<TenantId>,
    action: &str,
    after: Value,
) -> Result<(), DbError> {
    let Some(tenant) = tenant else {
        return Ok(());
    };
    tx.enter(tenant).await?;
    let author = Author {
        user: Some(user),
        name,
        on_behalf_of: None,
    };
    let object = ("user", user.as_uuid());
    audit::record_in(tx, tenant, &author, action, object, Change::created(&after)).await
}
