//! What the platform changes in the register: the name of a tenant, and whether it is open.
//!
//! A suspended tenant's people and programs are refused from the next request on: the look-ups of sessions, tokens and keys give
//! them no role there. Those who prove who they are, by a session, a token, a key or a sign-in, are told why; strangers learn
//! nothing. What they held ends when the tenant is restored, so that everybody signs in anew. Messages and deliveries wait, the
//! data stays, and the platform's own people may visit.

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::Uuid;
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vitaran_kernel::{TenantId, Text, UserId};

use super::PlatformOperator;
use super::tenants::{TenantStatus, TenantSummary, find_in};
use crate::access::Module;
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::live::Subject;
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// The form as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
    /// `found` is the version it has now.
    #[error("Somebody changed this tenant since you opened it, look at it again")]
    Stale { found: i32 },
    #[error("{} does not work without {}", .module.label(), .needs.label())]
    Needs { module: Module, needs: Module },
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
            RegisterError::Stale { .. } => Kind::Stale,
            RegisterError::Needs { .. } => Kind::Invalid,
            RegisterError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RegisterError::NotFound => "tenants.not_found",
            RegisterError::IsSuspended { .. } => "tenants.suspended",
            RegisterError::IsOpen { .. } => "tenants.open",
            RegisterError::Stale { .. } => "tenants.stale",
            RegisterError::Needs { .. } => "tenants.module_needs_another",
            RegisterError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            RegisterError::Needs { .. } => {
                vec![Fault::new("/on", "needs_another", self.to_string())]
            }
            _ => Vec::new(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            RegisterError::Stale { found } => {
                Map::from_iter([("version".to_owned(), Value::from(*found))])
            }
            _ => Map::new(),
        }
    }
}

/// Opens the register at a tenant, for this change alone; the transaction is inside the tenant afterwards. Whoever says
/// which version they saw is refused when it has moved on. The lock leaves the tenant's key free: nobody's work there waits.
pub(super) async fn open(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
    expected: Option<i32>,
) -> Result<(PlatformTx, TenantSummary), RegisterError> {
    let mut tx = db.begin_platform().await?;
    if let Some(user) = by.user() {
        tx.act_as(user.id).await?;
    }
    let entry = find_in(&mut tx, id, " FOR NO KEY UPDATE").await?;
    let entry = entry.ok_or(RegisterError::NotFound)?;
    if expected.is_some_and(|expected| expected != entry.version) {
        return Err(RegisterError::Stale {
            found: entry.version,
        });
    }
    tx.enter(entry.id).await?;
    Ok((tx, entry))
}

/// Writes down what was changed, and gives the entry as it is then.
pub(super) async fn record(
    mut tx: PlatformTx,
    by: &PlatformOperator,
    tenant: TenantId,
    action: &str,
    after: Value,
) -> Result<TenantSummary, RegisterError> {
    let object = ("tenant", tenant.as_uuid());
    by.record(&mut tx, tenant, action, object, after).await?;
    let now = find_in(&mut tx, tenant, "").await?;
    tx.commit().await?;
    now.ok_or(RegisterError::NotFound)
}

/// Gives a tenant another name; invoices that exist keep what they say.
pub async fn rename_tenant(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
    expected: i32,
    name: Text<120>,
) -> Result<TenantSummary, RegisterError> {
    let (mut tx, entry) = open(db, by, id, Some(expected)).await?;
    Statement::new("UPDATE tenants SET name = $2, version = version + 1 WHERE id = $1")
        .bind(entry.id.as_uuid())
        .bind(name.as_str())
        .execute(tx.conn()?)
        .await?;
    let after = json!({ "name": name, "name_before": entry.name });
    record(tx, by, entry.id, "tenancy.tenant.rename", after).await
}

/// Closes a tenant: its people and programs are refused, and their open pages know it at once.
pub async fn suspend_tenant(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
    expected: Option<i32>,
    reason: Text<500>,
) -> Result<TenantSummary, RegisterError> {
    let (mut tx, entry) = open(db, by, id, expected).await?;
    if entry.is_suspended() {
        return Err(RegisterError::IsSuspended { name: entry.name });
    }
    set_status(&mut tx, entry.id, TenantStatus::Suspended).await?;
    let refused = tell_members(
        &mut tx,
        entry.id,
        "SELECT user_id FROM sessions WHERE acting_tenant = $1 AND membership_id IS NOT NULL",
    )
    .await?;
    let after = json!({ "reason": reason, "sessions_refused": refused });
    record(tx, by, entry.id, "tenancy.tenant.suspend", after).await
}

/// Opens a tenant again: its people sign in, its keys work, and what waited to be sent is sent.
pub async fn restore_tenant(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
    expected: Option<i32>,
) -> Result<TenantSummary, RegisterError> {
    let (mut tx, entry) = open(db, by, id, expected).await?;
    if !entry.is_suspended() {
        return Err(RegisterError::IsOpen { name: entry.name });
    }
    set_status(&mut tx, entry.id, TenantStatus::Active).await?;
    let closed = tell_members(
        &mut tx,
        entry.id,
        "DELETE FROM sessions WHERE acting_tenant = $1 AND membership_id IS NOT NULL RETURNING user_id",
    )
    .await?;
    let after = json!({ "sessions_closed": closed });
    record(tx, by, entry.id, "tenancy.tenant.restore", after).await
}

/// Tells the open pages of the members whose sessions a statement gives, each member once, and how many sessions these are. A
/// support visit is none: it is the platform's own.
async fn tell_members(
    tx: &mut PlatformTx,
    tenant: TenantId,
    sql: &'static str,
) -> Result<usize, DbError> {
    #[derive(QueryableByName)]
    struct Holder {
        #[diesel(sql_type = Uuid)]
        user_id: UserId,
    }
    let holders: Vec<Holder> = Statement::new(sql)
        .bind(tenant.as_uuid())
        .load(tx.conn()?)
        .await?;
    let people: BTreeSet<UserId> = holders.iter().map(|holder| holder.user_id).collect();
    for person in people {
        tx.changed(tenant, Subject::SignIns(person));
    }
    Ok(holders.len())
}

async fn set_status(
    tx: &mut PlatformTx,
    tenant: TenantId,
    status: TenantStatus,
) -> Result<(), DbError> {
    Statement::new("UPDATE tenants SET status = $2, version = version + 1 WHERE id = $1")
        .bind(tenant.as_uuid())
        .bind(status.as_str())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
