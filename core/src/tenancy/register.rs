//! What the platform changes in the register: the name of a tenant, and whether it is open.
//!
//! A suspended tenant's people and programs are refused from the next request on: every look-up of a session, token or key asks
//! for an open tenant. Their sign-in answers as a wrong password does, so that it tells strangers nothing. The data stays, and
//! the platform's own people may visit.

use diesel::QueryableByName;
use diesel::sql_types::{Text as SqlText, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Value, json};
use vitaran_kernel::{TenantId, Text, UserId};

use super::PlatformOperator;
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::live::Subject;
use crate::problem::{Faults, Invalid, Kind, Problem};

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RenameForm {
    pub name: String,
}

impl RenameForm {
    pub fn parse(&self) -> Result<Text<120>, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "the name", Text::parse);
        name.ok_or_else(|| faults.into_invalid())
    }
}

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SuspendForm {
    pub reason: String,
}

impl SuspendForm {
    pub fn parse(&self) -> Result<Text<500>, Invalid> {
        let mut faults = Faults::new();
        let reason = faults.required("/reason", &self.reason, "the reason", Text::parse);
        reason.ok_or_else(|| faults.into_invalid())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("There is no such tenant")]
    NotFound,
    #[error("{name} is suspended already")]
    IsSuspended { name: String },
    #[error("{name} is open already")]
    IsOpen { name: String },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for RegisterError {
    fn from(error: diesel::result::Error) -> Self {
        RegisterError::Db(error.into())
    }
}

impl Problem for RegisterError {
    fn kind(&self) -> Kind {
        match self {
            RegisterError::NotFound => Kind::NotFound,
            RegisterError::IsSuspended { .. } | RegisterError::IsOpen { .. } => Kind::Conflict,
            RegisterError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RegisterError::NotFound => "tenants.not_found",
            RegisterError::IsSuspended { .. } => "tenants.suspended",
            RegisterError::IsOpen { .. } => "tenants.open",
            RegisterError::Db(error) => error.code(),
        }
    }
}

#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = Uuid)]
    id: TenantId,
    #[diesel(sql_type = SqlText)]
    name: String,
    #[diesel(sql_type = SqlText)]
    status: String,
}

/// Opens the register at a tenant, for this change alone; the transaction is inside the tenant afterwards.
async fn open(
    db: &Db,
    by: &PlatformOperator,
    slug: &str,
) -> Result<(PlatformTx, Entry), RegisterError> {
    let mut tx = db.begin_platform().await?;
    if let Some(user) = by.user() {
        tx.act_as(user.id).await?;
    }
    let found: Vec<Entry> =
        Statement::new("SELECT id, name, status FROM tenants WHERE slug = $1 FOR UPDATE")
            .bind(slug)
            .load(tx.conn()?)
            .await?;
    let entry = found.into_iter().next().ok_or(RegisterError::NotFound)?;
    tx.enter(entry.id).await?;
    Ok((tx, entry))
}

async fn record(
    mut tx: PlatformTx,
    by: &PlatformOperator,
    tenant: TenantId,
    action: &str,
    after: Value,
) -> Result<(), RegisterError> {
    let object = ("tenant", tenant.as_uuid());
    by.record(&mut tx, tenant, action, object, after).await?;
    Ok(tx.commit().await?)
}

/// Gives a tenant another name; invoices that exist keep what they say.
pub async fn rename_tenant(
    db: &Db,
    by: &PlatformOperator,
    slug: &str,
    name: Text<120>,
) -> Result<(), RegisterError> {
    let (mut tx, entry) = open(db, by, slug).await?;
    Statement::new("UPDATE tenants SET name = $2 WHERE id = $1")
        .bind(entry.id.as_uuid())
        .bind(name.as_str())
        .execute(tx.conn()?)
        .await?;
    let after = json!({ "name": name, "name_before": entry.name });
    record(tx, by, entry.id, "tenancy.tenant.rename", after).await
}

/// Closes a tenant: all its people and programs are signed out, and their open pages know it at once.
pub async fn suspend_tenant(
    db: &Db,
    by: &PlatformOperator,
    slug: &str,
    reason: Text<500>,
) -> Result<(), RegisterError> {
    #[derive(QueryableByName)]
    struct Ended {
        #[diesel(sql_type = Uuid)]
        user_id: UserId,
    }
    let (mut tx, entry) = open(db, by, slug).await?;
    if entry.status == "SUSPENDED" {
        return Err(RegisterError::IsSuspended { name: entry.name });
    }
    set_status(&mut tx, entry.id, "SUSPENDED").await?;
    // A support visit goes on: it is the platform's own.
    let ended: Vec<Ended> = Statement::new(
        "DELETE FROM sessions WHERE acting_tenant = $1 AND membership_id IS NOT NULL RETURNING user_id",
    )
    .bind(entry.id.as_uuid())
    .load(tx.conn()?)
    .await?;
    for session in &ended {
        tx.changed(entry.id, Subject::SignIns(session.user_id));
    }
    let after = json!({ "reason": reason, "sessions_ended": ended.len() });
    record(tx, by, entry.id, "tenancy.tenant.suspend", after).await
}

/// Opens a tenant again: its people sign in, and its keys work.
pub async fn restore_tenant(
    db: &Db,
    by: &PlatformOperator,
    slug: &str,
) -> Result<(), RegisterError> {
    let (mut tx, entry) = open(db, by, slug).await?;
    if entry.status == "ACTIVE" {
        return Err(RegisterError::IsOpen { name: entry.name });
    }
    set_status(&mut tx, entry.id, "ACTIVE").await?;
    record(tx, by, entry.id, "tenancy.tenant.restore", json!({})).await
}

async fn set_status(tx: &mut PlatformTx, tenant: TenantId, status: &str) -> Result<(), DbError> {
    Statement::new("UPDATE tenants SET status = $2 WHERE id = $1")
        .bind(tenant.as_uuid())
        .bind(status)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
