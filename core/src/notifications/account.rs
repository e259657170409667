//! A tenant's own WhatsApp number: its secrets, sealed, and whether its channel is paused.
//!
//! Access token and app secret are stored sealed for their place (tenant, table, row, column), so that a value copied to
//! another tenant's row does not open. The verify token is only ever compared, so its hash is enough.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use vitaran_kernel::{TenantId, WhatsappAccountId};

use crate::access::{Allowed, PlatformSettingsWrite};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::live::Subject;
use crate::ports::{AccessToken, PhoneNumberId, WhatsappAccount};
use crate::problem::{Fault, Faults, Kind, Problem};
use crate::secrets::{SecretError, SecretKey};

/// Longest secret accepted; Meta's have some hundred characters at most.
const MAX_SECRET_CHARS: usize = 1024;
/// A verify token is chosen by people: long enough not to be guessed.
const MIN_VERIFY_TOKEN_CHARS: usize = 16;

/// A number as Meta's console shows it, with its secrets.
#[derive(Clone)]
pub struct NewWhatsappAccount {
    phone_number_id: PhoneNumberId,
    waba_id: String,
    access_token: AccessToken,
    app_secret: String,
    verify_token: String,
}

impl std::fmt::Debug for NewWhatsappAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewWhatsappAccount")
            .field("phone_number_id", &self.phone_number_id)
            .field("waba_id", &self.waba_id)
            .finish_non_exhaustive()
    }
}

impl NewWhatsappAccount {
    /// Every fault at once; none repeats a secret.
    pub fn parse(
        phone_number_id: &str,
        waba_id: &str,
        access_token: &str,
        app_secret: &str,
        verify_token: &str,
    ) -> Result<Self, crate::problem::Invalid> {
        let mut faults = Faults::new();
        let phone_number_id = faults.required(
            "/phone_number_id",
            phone_number_id,
            "the phone number id",
            |text| PhoneNumberId::parse(text.trim()),
        );
        let access_token =
            faults.required("/access_token", access_token, "the access token", |text| {
                AccessToken::parse(text.trim())
            });
        let waba_id = waba_id.trim();
        if !(1..=32).contains(&waba_id.len()) || !waba_id.bytes().all(|b| b.is_ascii_digit()) {
            faults.add(
                "/waba_id",
                "invalid",
                "Enter the WhatsApp Business Account id, which has digits only",
            );
        }
        let mut secret = |pointer: &str, text: &str, min: usize, what: &str| {
            let text = text.trim();
            let fits = (min..=MAX_SECRET_CHARS).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_graphic());
            if !fits {
                faults.add(
                    pointer,
                    "invalid",
                    format!(
                        "Enter {what} of {min} to {MAX_SECRET_CHARS} characters without blanks"
                    ),
                );
            }
            text.to_owned()
        };
        let app_secret = secret("/app_secret", app_secret, 16, "the app secret");
        let verify_token = secret(
            "/verify_token",
            verify_token,
            MIN_VERIFY_TOKEN_CHARS,
            "a verify token",
        );
        match (phone_number_id, access_token, faults.is_empty()) {
            (Some(phone_number_id), Some(access_token), true) => Ok(NewWhatsappAccount {
                phone_number_id,
                waba_id: waba_id.to_owned(),
                access_token,
                app_secret,
                verify_token,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SetAccountError {
    #[error("the secrets could not be sealed: {0}")]
    Sealing(#[from] SecretError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for SetAccountError {
    fn kind(&self) -> Kind {
        match self {
            SetAccountError::Sealing(_) => Kind::Internal,
            SetAccountError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SetAccountError::Sealing(_) => "service.internal",
            SetAccountError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        Vec::new()
    }
}

/// Which column a secret is sealed for.
#[derive(Debug, Clone, Copy)]
pub(super) enum SecretColumn {
    AccessToken,
    AppSecret,
}

pub(super) fn place(tenant: TenantId, id: WhatsappAccountId, column: SecretColumn) -> String {
    let column = match column {
        SecretColumn::AccessToken => "access_token",
        SecretColumn::AppSecret => "app_secret",
    };
    format!("{tenant}/whatsapp_accounts/{id}/{column}")
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: WhatsappAccountId,
}

/// Sets the tenant's number, in place of one it had. A paused channel begins again.
pub async fn set_account(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    key: &SecretKey,
    input: NewWhatsappAccount,
) -> Result<WhatsappAccountId, SetAccountError> {
    let tenant = tx.tenant();
    let known: Vec<IdRow> =
        Statement::new("SELECT id FROM whatsapp_accounts WHERE tenant_id = $1 FOR UPDATE")
            .bind(tenant.as_uuid())
            .load(tx.conn()?)
            .await
            .map_err(DbError::from)?;
    let id = known
        .into_iter()
        .next()
        .map_or_else(WhatsappAccountId::generate, |row| row.id);
    let NewWhatsappAccount {
        phone_number_id,
        waba_id,
        access_token,
        app_secret,
        verify_token,
    } = input;
    let row = json!({
        "tenant_id": tenant, "id": id, "phone_number_id": phone_number_id.as_str(), "waba_id": waba_id,
        "access_token": key.seal(&place(tenant, id, SecretColumn::AccessToken), access_token.reveal())?,
        "app_secret": key.seal(&place(tenant, id, SecretColumn::AppSecret), &app_secret)?,
        "verify_token_sha256": hash_verify_token(&verify_token), "updated_at": tx.now(),
    });
    Statement::new(
        "INSERT INTO whatsapp_accounts SELECT * FROM jsonb_populate_record(NULL::whatsapp_accounts, $1) \
         ON CONFLICT ON CONSTRAINT uq_whatsapp_accounts_tenant_id DO UPDATE SET phone_number_id = EXCLUDED.phone_number_id, \
         waba_id = EXCLUDED.waba_id, access_token = EXCLUDED.access_token, app_secret = EXCLUDED.app_secret, \
         verify_token_sha256 = EXCLUDED.verify_token_sha256, paused_at = NULL, paused_reason = NULL, updated_at = EXCLUDED.updated_at",
    )
    .bind(row)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    wake_waiting(tx).await?;
    let shown = json!({ "phone_number_id": phone_number_id.as_str(), "waba_id": waba_id });
    audit::record(
        tx,
        "notifications.whatsapp_account.set",
        "whatsapp_account",
        Some(id.as_uuid()),
        Change::created(&shown),
    )
    .await?;
    Ok(id)
}

/// What the settings page and a banner show: nothing that opens anything.
#[derive(Debug, Clone, QueryableByName)]
pub struct WhatsappAccountState {
    #[diesel(sql_type = Text)]
    pub phone_number_id: String,
    #[diesel(sql_type = Text)]
    pub waba_id: String,
    /// Since when nothing is sent.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paused_at: Option<DateTime<Utc>>,
    /// What the provider said.
    #[diesel(sql_type = Nullable<Text>)]
    pub paused_reason: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// The tenant's number, if it has one.
pub async fn account_state(
    tx: &mut TenantTx,
    _by: &Allowed<crate::access::PlatformNotificationsRead>,
) -> Result<Option<WhatsappAccountState>, DbError> {
    let rows = Statement::new(
        "SELECT phone_number_id, waba_id, paused_at, paused_reason, updated_at FROM whatsapp_accounts WHERE tenant_id = $1",
    )
    .bind(tx.tenant().as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().next())
}

/// Lets a paused channel send again, beginning with what waited. Doing it twice does no harm.
pub async fn unpause(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
) -> Result<(), DbError> {
    let changed = Statement::new(
        "UPDATE whatsapp_accounts SET paused_at = NULL, paused_reason = NULL WHERE tenant_id = $1 AND paused_at IS NOT NULL",
    )
    .bind(tx.tenant().as_uuid())
    .execute(tx.conn()?)
    .await?;
    if changed == 0 {
        return Ok(());
    }
    wake_waiting(tx).await?;
    audit::record(
        tx,
        "notifications.whatsapp_account.unpause",
        "whatsapp_account",
        None,
        Change::updated(&json!({"is_paused": true}), &json!({"is_paused": false})),
    )
    .await
}

/// Pauses the channel; the first reason stays until somebody looks.
pub(super) async fn pause(tx: &mut TenantTx, reason: &str) -> Result<(), DbError> {
    let changed = Statement::new(
        "UPDATE whatsapp_accounts SET paused_at = now(), paused_reason = $2 WHERE tenant_id = $1 AND paused_at IS NULL",
    )
    .bind(tx.tenant().as_uuid())
    .bind(reason)
    .execute(tx.conn()?)
    .await?;
    if changed > 0 {
        tracing::warn!(tenant.id = %tx.tenant(), reason, "the WhatsApp channel of a tenant is paused");
        tx.changed(Subject::Notifications);
    }
    Ok(())
}

/// Messages that wait for the channel are due now; those that wait for their PDF go on waiting.
async fn wake_waiting(tx: &mut TenantTx) -> Result<(), DbError> {
    Statement::new(
        "UPDATE notification_logs SET next_attempt_at = now() WHERE tenant_id = $1 AND channel = 'WHATSAPP' AND status = 'PENDING' \
         AND next_attempt_at BETWEEN now() AND now() + $2 * interval '1 second'",
    )
    .bind(tx.tenant().as_uuid())
    .bind(i64::try_from(super::outcome::PAUSED_WAIT.as_secs()).unwrap_or_default())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The number to send from, as far as it can be used.
#[derive(Debug)]
pub(super) enum Sender {
    None,
    Paused,
    /// The stored token cannot be opened or is none: nothing can be sent until it is set anew.
    Unusable(String),
    Ready(WhatsappAccount),
}

#[derive(QueryableByName)]
struct SenderRow {
    #[diesel(sql_type = SqlUuid)]
    id: WhatsappAccountId,
    #[diesel(sql_type = Text)]
    phone_number_id: String,
    #[diesel(sql_type = Text)]
    access_token: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    paused_at: Option<DateTime<Utc>>,
}

pub(super) async fn sender(tx: &mut TenantTx, key: &SecretKey) -> Result<Sender, DbError> {
    let tenant = tx.tenant();
    let rows: Vec<SenderRow> = Statement::new(
        "SELECT id, phone_number_id, access_token, paused_at FROM whatsapp_accounts WHERE tenant_id = $1",
    )
    .bind(tenant.as_uuid())
    .load(tx.conn()?)
    .await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(Sender::None);
    };
    if row.paused_at.is_some() {
        return Ok(Sender::Paused);
    }
    let opened = key.open(
        &place(tenant, row.id, SecretColumn::AccessToken),
        &row.access_token,
    );
    let token = match opened {
        Ok(token) => token,
        Err(error) => return Ok(Sender::Unusable(format!("the access token: {error}"))),
    };
    Ok(
        match (
            PhoneNumberId::parse(&row.phone_number_id),
            AccessToken::parse(&token),
        ) {
            (Ok(phone_number_id), Ok(token)) => Sender::Ready(WhatsappAccount {
                phone_number_id,
                token,
            }),
            _ => Sender::Unusable("the stored WhatsApp account is not valid".to_owned()),
        },
    )
}

/// In 64 hex digits.
pub(super) fn hash_verify_token(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
