//! What WhatsApp reports about messages: delivered, read, failed.
//!
//! Reports come more than once and in any order, so they are applied as a rank that only rises: waiting, sent, delivered,
//! read. A failure counts unless the message was delivered; a delivery counts also after a failure, for a person may have
//! several devices. A body that is not signed with the app secret never gets as far as the parser.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use vitaran_kernel::{DealerId, NotificationId, TenantId, WhatsappAccountId};

use super::account::{self, SecretColumn, place};
use super::claim::{Ending, REFUSALS, record};
use super::failed::tell_failed;
use super::outcome;
use super::{AttemptEvent, NotificationStatus};
use crate::access::Actor;
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::live::Subject;
use crate::ports::text::bounded_detail;
use crate::ports::{ErrorClassTable, Outcome, SendError};
use crate::secrets::SecretKey;

/// The name histories show.
const ACTOR: &str = "whatsapp report";
/// Reports in one call at most; Meta sends far fewer, and asks again for what was not answered.
const MAX_STATUSES: usize = 1_000;
/// Longest id of a message we believe.
const MAX_MESSAGE_ID_BYTES: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The signature is missing or another one: no side effect, 401.
    #[error("the report is not signed by WhatsApp")]
    Forged,
    /// Signed, but not of the documented shape.
    #[error("the report is not understood")]
    Malformed,
    /// The stored app secret cannot be opened.
    #[error("the WhatsApp account is not usable")]
    Unusable,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A tenant's account, as far as its webhook needs it.
pub struct WebhookAccount {
    tenant: TenantId,
    phone_number_id: String,
    app_secret: String,
    verify_token_sha256: String,
}

impl std::fmt::Debug for WebhookAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookAccount")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

#[derive(QueryableByName)]
struct TenantRow {
    #[diesel(sql_type = SqlUuid)]
    id: TenantId,
}

#[derive(QueryableByName)]
struct AccountRow {
    #[diesel(sql_type = SqlUuid)]
    id: WhatsappAccountId,
    #[diesel(sql_type = Text)]
    phone_number_id: String,
    #[diesel(sql_type = Text)]
    app_secret: String,
    #[diesel(sql_type = Text)]
    verify_token_sha256: String,
}

/// The account of the tenant whose address word stands in the webhook's path; `None` when there is none.
pub async fn webhook_account(
    db: &Db,
    key: &SecretKey,
    slug: &str,
) -> Result<Option<WebhookAccount>, WebhookError> {
    let mut tx = db.begin_platform().await?;
    let tenants: Vec<TenantRow> = Statement::new("SELECT id FROM tenants WHERE slug = $1")
        .bind(slug)
        .load(tx.conn()?)
        .await
        .map_err(DbError::from)?;
    tx.commit().await?;
    let Some(TenantRow { id: tenant }) = tenants.into_iter().next() else {
        return Ok(None);
    };
    let mut tx = db.begin_as(&Actor::system(tenant, ACTOR)).await?;
    let rows: Vec<AccountRow> = Statement::new(
        "SELECT id, phone_number_id, app_secret, verify_token_sha256 FROM whatsapp_accounts WHERE tenant_id = $1",
    )
    .bind(tenant.as_uuid())
    .load(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let app_secret = key
        .open(
            &place(tenant, row.id, SecretColumn::AppSecret),
            &row.app_secret,
        )
        .map_err(|_| WebhookError::Unusable)?;
    Ok(Some(WebhookAccount {
        tenant,
        phone_number_id: row.phone_number_id,
        app_secret,
        verify_token_sha256: row.verify_token_sha256,
    }))
}

/// A body that came with the right signature.
#[derive(Debug)]
pub struct SignedReport<'a> {
    account: &'a WebhookAccount,
    body: &'a [u8],
}

impl WebhookAccount {
    /// The hand-shake: whether the token in the query is ours. Compared in constant time.
    #[must_use]
    pub fn knows_verify_token(&self, token: &str) -> bool {
        let hash = account::hash_verify_token(token);
        hash.as_bytes()
            .ct_eq(self.verify_token_sha256.as_bytes())
            .into()
    }

    /// Checks `X-Hub-Signature-256` over the bytes as they came. The only way to a [`SignedReport`].
    pub fn verify<'a>(
        &'a self,
        body: &'a [u8],
        signature: Option<&str>,
    ) -> Result<SignedReport<'a>, WebhookError> {
        if signature.is_some_and(|signature| verify_signature(&self.app_secret, body, signature)) {
            Ok(SignedReport {
                account: self,
                body,
            })
        } else {
            Err(WebhookError::Forged)
        }
    }
}

/// Whether `sha256=<hex>` is the HMAC-SHA256 of the body under the secret, compared in constant time.
#[must_use]
pub fn verify_signature(app_secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(claimed) = signature
        .strip_prefix("sha256=")
        .and_then(|text| hex::decode(text).ok())
    else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&claimed).is_ok()
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    field: String,
    #[serde(default)]
    value: serde_json::Value,
}

#[derive(Deserialize)]
struct Messages {
    metadata: Metadata,
    #[serde(default)]
    statuses: Vec<Status>,
}

#[derive(Deserialize)]
struct Metadata {
    phone_number_id: String,
}

/// Phone fields are left out on purpose: people may hide their number.
#[derive(Debug, Deserialize)]
struct Status {
    id: String,
    status: String,
    timestamp: Option<String>,
    biz_opaque_callback_data: Option<String>,
    #[serde(default)]
    errors: Vec<StatusError>,
}

#[derive(Debug, Deserialize)]
struct StatusError {
    code: Option<i64>,
    title: Option<String>,
    error_data: Option<StatusErrorData>,
}

#[derive(Debug, Deserialize)]
struct StatusErrorData {
    details: Option<String>,
}

impl Status {
    fn at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.timestamp.as_deref()?.parse().ok()?, 0)
    }

    /// Our id, which travels with the message and comes back.
    fn notification(&self) -> Option<NotificationId> {
        NotificationId::parse(self.biz_opaque_callback_data.as_deref()?).ok()
    }

    fn is_believable(&self) -> bool {
        (1..=MAX_MESSAGE_ID_BYTES).contains(&self.id.len())
            && self.id.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// What the provider says went wrong, as if it had answered so when the message was sent.
    fn refusal(&self, classes: &ErrorClassTable) -> SendError {
        let error = self.errors.as_slice().first();
        let code = error.and_then(|error| error.code);
        let detail = error.and_then(|error| {
            let details = error
                .error_data
                .as_ref()
                .and_then(|data| data.details.clone());
            details.or_else(|| error.title.clone())
        });
        SendError {
            class: classes.classify_answer(None, code),
            code,
            http_status: None,
            detail: bounded_detail(detail.as_deref().unwrap_or("no explanation"), &[]),
            retry_after: None,
            outcome: Outcome::NotSent,
        }
    }
}

/// Applies the statuses of one call, all or none, and gives how many changed something. Reports about unknown messages
/// and about other numbers change nothing.
pub async fn apply_statuses(
    db: &Db,
    classes: &ErrorClassTable,
    report: &SignedReport<'_>,
) -> Result<usize, WebhookError> {
    let account = report.account;
    let mut statuses = statuses(account, report.body)?;
    if statuses.is_empty() {
        return Ok(0);
    }
    // One order of locks for every call.
    statuses.sort_by(|a, b| a.id.cmp(&b.id));
    let mut tx = db.begin_as(&Actor::system(account.tenant, ACTOR)).await?;
    let mut changed = 0_usize;
    for status in &statuses {
        if apply(&mut tx, classes, status).await? {
            changed = changed.saturating_add(1);
        }
    }
    if changed > 0 {
        tx.changed(Subject::Notifications);
    }
    tx.commit().await?;
    Ok(changed)
}

fn statuses(account: &WebhookAccount, body: &[u8]) -> Result<Vec<Status>, WebhookError> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| WebhookError::Malformed)?;
    let mut statuses = Vec::new();
    for change in envelope.entry.into_iter().flat_map(|entry| entry.changes) {
        if change.field != "messages" {
            continue;
        }
        let messages: Messages =
            serde_json::from_value(change.value).map_err(|_| WebhookError::Malformed)?;
        if messages.metadata.phone_number_id == account.phone_number_id {
            statuses.extend(messages.statuses.into_iter().filter(Status::is_believable));
        }
    }
    statuses.truncate(MAX_STATUSES);
    Ok(statuses)
}

async fn apply(
    tx: &mut TenantTx,
    classes: &ErrorClassTable,
    status: &Status,
) -> Result<bool, DbError> {
    match status.status.as_str() {
        "sent" => sent(tx, status).await,
        "delivered" => arrived(tx, status, NotificationStatus::Delivered).await,
        "read" => arrived(tx, status, NotificationStatus::Read).await,
        "failed" => failed(tx, status, &status.refusal(classes)).await,
        _ => Ok(false),
    }
}

#[derive(QueryableByName)]
struct Reported {
    #[diesel(sql_type = SqlUuid)]
    id: NotificationId,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

#[derive(QueryableByName)]
struct Refused {
    #[diesel(sql_type = SqlUuid)]
    id: NotificationId,
    #[diesel(sql_type = SqlUuid)]
    dealer_id: DealerId,
    #[diesel(sql_type = Nullable<Text>)]
    recipient: Option<String>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = Array<Integer>)]
    refusals: Vec<i32>,
}

/// The message went out after all: news only where nobody knew.
async fn sent(tx: &mut TenantTx, status: &Status) -> Result<bool, DbError> {
    let Some(notification) = status.notification() else {
        return Ok(false);
    };
    let rows: Vec<Reported> = Statement::new(
        "UPDATE notification_logs SET status = 'SENT', sent_at = $4, provider_message_id = $3, lease_token = NULL, lease_until = NULL, \
         last_error_code = NULL, last_error = NULL \
         WHERE tenant_id = $1 AND id = $2 AND channel = 'WHATSAPP' AND status IN ('PENDING', 'SENDING') \
         AND provider_message_id IS NULL RETURNING id, attempts",
    )
    .bind(tx.tenant().as_uuid())
    .bind(notification.as_uuid())
    .bind(status.id.as_str())
    .bind(status.at().unwrap_or(tx.now()))
    .load(tx.conn()?)
    .await?;
    note(tx, rows, AttemptEvent::Accepted).await
}

/// The message is on the person's phone, or was read there.
async fn arrived(
    tx: &mut TenantTx,
    status: &Status,
    to: NotificationStatus,
) -> Result<bool, DbError> {
    let (from, read_at, event) = if to == NotificationStatus::Read {
        (
            "'PENDING', 'SENDING', 'SENT', 'FAILED', 'DELIVERED'",
            "read_at = $4, ",
            AttemptEvent::Read,
        )
    } else {
        (
            "'PENDING', 'SENDING', 'SENT', 'FAILED'",
            "",
            AttemptEvent::Delivered,
        )
    };
    let rows: Vec<Reported> = Statement::new(format!(
        "UPDATE notification_logs SET status = '{}', {read_at}delivered_at = coalesce(delivered_at, $4), sent_at = coalesce(sent_at, $4), \
         provider_message_id = coalesce(provider_message_id, $3), lease_token = NULL, lease_until = NULL, last_error_code = NULL, \
         last_error = NULL WHERE tenant_id = $1 AND channel = 'WHATSAPP' \
         AND (provider_message_id = $3 OR id = $2) AND status IN ({from}) RETURNING id, attempts",
        to.as_str(),
    ))
    .bind(tx.tenant().as_uuid())
    .bind(status.notification().map(|id| id.as_uuid()))
    .bind(status.id.as_str())
    .bind(status.at().unwrap_or(tx.now()))
    .load(tx.conn()?)
    .await?;
    note(tx, rows, event).await
}

async fn note(
    tx: &mut TenantTx,
    rows: Vec<Reported>,
    event: AttemptEvent,
) -> Result<bool, DbError> {
    for row in &rows {
        record(tx, row.id, row.attempts, event, None, None).await?;
    }
    Ok(!rows.is_empty())
}

/// The provider took the message and could not deliver it. The code says whether another attempt makes sense, as when
/// it is refused at once. The message id stays on the row, so that the same report again finds nothing to change.
async fn failed(tx: &mut TenantTx, status: &Status, refusal: &SendError) -> Result<bool, DbError> {
    let rows: Vec<Refused> = Statement::new(format!(
        "SELECT id, dealer_id, recipient, attempts, {REFUSALS} FROM notification_logs n WHERE tenant_id = $1 AND channel = 'WHATSAPP' \
         AND ((provider_message_id = $3 AND status = 'SENT') OR (id = $2 AND provider_message_id IS NULL AND status IN ('PENDING', 'SENDING'))) \
         FOR UPDATE",
    ))
    .bind(tx.tenant().as_uuid())
    .bind(status.notification().map(|id| id.as_uuid()))
    .bind(status.id.as_str())
    .load(tx.conn()?)
    .await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(false);
    };
    let (ending, others) = outcome::refused(refusal, row.attempts, &row.refusals);
    let (to, after, attempts) = match &ending {
        Ending::Again { after, .. } => (NotificationStatus::Pending, after.as_secs(), row.attempts),
        Ending::Uncounted { after, .. } => (
            NotificationStatus::Pending,
            after.as_secs(),
            row.attempts.saturating_sub(1),
        ),
        Ending::Failed { .. } | Ending::Sent { .. } | Ending::Skipped(_) => {
            (NotificationStatus::Failed, 0, row.attempts)
        }
    };
    let code = refusal.code.and_then(|code| i32::try_from(code).ok());
    Statement::new(
        "UPDATE notification_logs SET status = $3, next_attempt_at = now() + $4 * interval '1 second', attempts = $5, provider_message_id = $6, \
         last_error_code = $7, last_error = $8, lease_token = NULL, lease_until = NULL WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(row.id.as_uuid())
    .bind(to.as_str())
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(attempts)
    .bind(status.id.as_str())
    .bind(code)
    .bind(refusal.detail.as_str())
    .execute(tx.conn()?)
    .await?;
    record(
        tx,
        row.id,
        row.attempts,
        AttemptEvent::Refused,
        code,
        Some(&refusal.detail),
    )
    .await?;
    if to == NotificationStatus::Failed {
        tell_failed(tx, row.id).await?;
    }
    others
        .apply(tx, row.dealer_id, row.recipient.as_deref())
        .await?;
    Ok(true)
}
