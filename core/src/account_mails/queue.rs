//! Writing to the outbox.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::db::{DbError, Statement, TenantTx, TxConnection};
use crate::jobs::{Job, insert_jobs_sql, job_row};
use crate::secrets::{SecretError, SecretKey};

/// So many administrators are told of one thing.
const MAX_TOLD: i64 = 10;

/// Wakes the worker for a mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliverAccountMail {
    pub mail: Uuid,
}

impl Job for DeliverAccountMail {
    const QUEUE: &'static str = "account-mail";
    const MAX_ATTEMPTS: i32 = 3;
    // Somebody stands before the door.
    const PRIORITY: i32 = 1;
}

/// What is told.
pub(crate) enum AccountMail<'a> {
    PasswordChanged,
    /// A refresh token came a second time.
    TokensCopied,
    SecondFactorOn,
    SecondFactorOff,
    /// Taken away by an administrator, or at the operator's console.
    SecondFactorReset,
    RecoveryCodeUsed,
    /// With the secret of the link, and the key that it is sealed with until it is sent.
    NewPassword {
        secret: &'a str,
        key: &'a SecretKey,
    },
    /// To the new address, as [`AccountMail::NewPassword`] with a secret.
    NewEmail {
        secret: &'a str,
        key: &'a SecretKey,
    },
    /// To the old address.
    EmailChanged,
    /// A webhook endpoint was switched off: where it is and why, in words.
    WebhookOff {
        what: &'a str,
    },
    /// The TXT record of this domain is gone.
    DomainMissing {
        name: &'a str,
    },
    /// It stayed away, and the domain leads to the distributor no more.
    DomainLapsed {
        name: &'a str,
    },
    /// To work with this tenant; as [`AccountMail::NewPassword`] with a secret.
    Invitation {
        secret: &'a str,
        key: &'a SecretKey,
        tenant: &'a str,
    },
}

impl AccountMail<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            AccountMail::PasswordChanged => "PASSWORD_CHANGED",
            AccountMail::TokensCopied => "TOKENS_COPIED",
            AccountMail::SecondFactorOn => "SECOND_FACTOR_ON",
            AccountMail::SecondFactorOff => "SECOND_FACTOR_OFF",
            AccountMail::SecondFactorReset => "SECOND_FACTOR_RESET",
            AccountMail::RecoveryCodeUsed => "RECOVERY_CODE_USED",
            AccountMail::NewPassword { .. } => "NEW_PASSWORD",
            AccountMail::NewEmail { .. } => "NEW_EMAIL",
            AccountMail::EmailChanged => "EMAIL_CHANGED",
            AccountMail::WebhookOff { .. } => "WEBHOOK_OFF",
            AccountMail::DomainMissing { .. } => "DOMAIN_MISSING",
            AccountMail::DomainLapsed { .. } => "DOMAIN_LAPSED",
            AccountMail::Invitation { .. } => "INVITATION",
        }
    }

    /// The secret as it is stored, if there is one.
    fn sealed(&self, id: Uuid) -> Result<Option<String>, SecretError> {
        match self {
            AccountMail::NewPassword { secret, key }
            | AccountMail::NewEmail { secret, key }
            | AccountMail::Invitation { secret, key, .. } => {
                key.seal(&sealed_place(id), secret).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What the mail is about, in words.
    const fn about(&self) -> Option<&str> {
        match self {
            AccountMail::Invitation { tenant, .. } => Some(tenant),
            AccountMail::WebhookOff { what } => Some(what),
            AccountMail::DomainMissing { name } | AccountMail::DomainLapsed { name } => Some(name),
            _ => None,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum QueueMailError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a sealed link is bound to.
pub fn sealed_place(mail: Uuid) -> String {
    format!("account_mails/sealed_secret/{mail}")
}

/// Queues a mail to whoever has the address; to nobody, with the same work, when nobody has it.
pub(crate) async fn queue(
    connection: &mut TxConnection,
    email: &str,
    mail: AccountMail<'_>,
) -> Result<(), QueueMailError> {
    let id = Uuid::now_v7();
    let sealed = mail.sealed(id)?;
    let job = DeliverAccountMail { mail: id };
    let sql = format!(
        "WITH receiver AS (SELECT DISTINCT email, user_name FROM lookup.login($1)), \
         mail AS (INSERT INTO account_mails (id, kind, recipient, recipient_name, sealed_secret) \
                  SELECT $2, $3, email, user_name, $4 FROM receiver) \
         {} WHERE EXISTS (SELECT FROM receiver)",
        insert_jobs_sql("$5")
    );
    Statement::new(sql)
        .bind(email)
        .bind(id)
        .bind(mail.kind())
        .bind(sealed)
        .bind(Value::Array(vec![job_row(&job)]))
        .execute(connection)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Queues a mail to an address and the name in its greeting, whether or not it has an account.
pub(crate) async fn queue_to(
    connection: &mut TxConnection,
    (email, name): (&str, &str),
    mail: AccountMail<'_>,
) -> Result<(), QueueMailError> {
    let id = Uuid::now_v7();
    let sealed = mail.sealed(id)?;
    let job = DeliverAccountMail { mail: id };
    let sql = format!(
        "WITH mail AS (INSERT INTO account_mails (id, kind, recipient, recipient_name, sealed_secret, about) VALUES ($1, $2, $3, $4, $5, $6)) {}",
        insert_jobs_sql("$7")
    );
    Statement::new(sql)
        .bind(id)
        .bind(mail.kind())
        .bind(email)
        .bind(name)
        .bind(sealed)
        .bind(mail.about().map(str::to_owned))
        .bind(Value::Array(vec![job_row(&job)]))
        .execute(connection)
        .await
        .map_err(DbError::from)?;
    Ok(())
}

/// Queues a mail to each administrator of the tenant: nobody looks at a page about something that has always worked.
pub(crate) async fn queue_to_administrators<'a>(
    tx: &mut TenantTx,
    mail: impl Fn() -> AccountMail<'a>,
) -> Result<(), DbError> {
    #[derive(QueryableByName)]
    struct Administrator {
        #[diesel(sql_type = Text)]
        email: String,
        #[diesel(sql_type = Text)]
        name: String,
    }
    let all: Vec<Administrator> = Statement::new(
        "SELECT u.email, u.name FROM memberships m JOIN users u ON u.id = m.user_id \
         WHERE m.tenant_id = $1 AND m.role = 'ADMIN' AND m.is_active AND m.removed_at IS NULL AND u.is_active ORDER BY m.created_at LIMIT $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(MAX_TOLD)
    .load(tx.conn()?)
    .await?;
    for one in all {
        let queued = queue_to(tx.conn()?, (&one.email, &one.name), mail()).await;
        queued.map_err(|error| match error {
            QueueMailError::Db(error) => error,
            QueueMailError::Secret(error) => DbError::Other(
                diesel::result::Error::QueryBuilderError(error.to_string().into()),
            ),
        })?;
    }
    Ok(())
}
