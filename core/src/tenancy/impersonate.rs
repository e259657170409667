//! A platform admin's support visit in a tenant: with a reason, for at most an hour, looking only unless it says
//! otherwise, and in the tenant's own audit log from the first moment.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Value, json};
use vitaran_kernel::{AuditId, ImpersonationId, TenantId, Text};

use super::PlatformOperator;
use super::tenants::find_in;
use crate::access::Impersonation;
use crate::audit::RECORD_COLUMNS;
use crate::db::{Db, DbError, PlatformTx, Statement};
use crate::identity::UserRef;
use crate::problem::{Faults, Invalid, Kind, Problem};

/// A visit lasts this long at most.
pub const MAX_MINUTES: i64 = 60;

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct VisitForm {
    pub reason: String,
    /// Present when the visitor asks to change things too.
    pub may_write: Option<String>,
}

/// Why somebody looks into a tenant.
#[derive(Debug)]
pub struct StartVisit {
    pub reason: Text<500>,
    pub may_write: bool,
}

impl VisitForm {
    pub fn parse(&self) -> Result<StartVisit, Invalid> {
        let mut faults = Faults::new();
        let reason = faults.required(
            "/reason",
            &self.reason,
            "the reason for the visit",
            Text::<500>::parse,
        );
        match reason {
            Some(reason) if reason.as_str().chars().count() >= 5 => Ok(StartVisit {
                reason,
                may_write: self.may_write.is_some(),
            }),
            Some(_) => {
                faults.add("/reason", "too_short", "Say in a few words why you visit");
                Err(faults.into_invalid())
            }
            None => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ImpersonateError {
    #[error("There is no such tenant")]
    NotFound,
    #[error("Only a signed-in platform admin can visit a tenant")]
    NotAPerson,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for ImpersonateError {
    fn kind(&self) -> Kind {
        match self {
            ImpersonateError::NotFound => Kind::NotFound,
            ImpersonateError::NotAPerson => Kind::Forbidden,
            ImpersonateError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ImpersonateError::NotFound => "tenants.not_found",
            ImpersonateError::NotAPerson => "tenants.visit_needs_a_person",
            ImpersonateError::Db(error) => error.code(),
        }
    }
}

/// A visit in force.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Visit {
    #[diesel(sql_type = Uuid)]
    pub id: ImpersonationId,
    #[diesel(sql_type = Bool)]
    pub may_write: bool,
    #[diesel(sql_type = Timestamptz)]
    pub ends_at: DateTime<Utc>,
}

impl From<Visit> for Impersonation {
    fn from(visit: Visit) -> Self {
        Impersonation {
            id: visit.id,
            may_write: visit.may_write,
            ends_at: visit.ends_at,
        }
    }
}

/// Starts a visit. Those that the same person has open there end: one visit at a time says what they may do, and why.
pub async fn start_visit(
    db: &Db,
    by: &PlatformOperator,
    tenant: TenantId,
    input: StartVisit,
) -> Result<Visit, ImpersonateError> {
    let user = by.user().ok_or(ImpersonateError::NotAPerson)?;
    let mut tx = db.begin_platform_as(user.id).await?;
    let found = find_in(&mut tx, tenant, "").await?;
    found.ok_or(ImpersonateError::NotFound)?;
    tx.enter(tenant).await?;
    end_open(&mut tx, user, tenant, Ending::All).await?;
    let why = (input.reason.as_str(), input.may_write);
    let visit = open_visit(&mut tx, user, tenant, why).await?;
    tx.commit().await?;
    Ok(visit)
}

/// Writes a visit down, and in the audit log that it begins; the transaction has entered the tenant.
pub(super) async fn open_visit(
    tx: &mut PlatformTx,
    user: &UserRef,
    tenant: TenantId,
    (reason, may_write): (&str, bool),
) -> Result<Visit, DbError> {
    let (id, now) = (ImpersonationId::generate(), tx.now());
    let ends_at = now + TimeDelta::minutes(MAX_MINUTES);
    let row = json!({
        "tenant_id": tenant, "id": id, "user_id": user.id, "user_name": user.name, "reason": reason, "may_write": may_write,
        "started_at": now, "ends_at": ends_at,
    });
    let audit = json!({
        "tenant_id": tenant, "id": AuditId::generate(), "at": now, "by_user": user.id, "by_name": user.name, "on_behalf_of": user.email,
        "action": "platform.visit_started", "object_kind": "impersonation", "object_id": id,
        "detail": { "reason": reason, "may_write": may_write },
    });
    Statement::new(format!(
        "WITH v AS (INSERT INTO impersonations SELECT * FROM jsonb_populate_record(NULL::impersonations, $1)) \
         INSERT INTO audit_log ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM jsonb_populate_record(NULL::audit_log, $2)",
    ))
    .bind(row)
    .bind(audit)
    .execute(tx.conn()?)
    .await?;
    Ok(Visit {
        id,
        may_write,
        ends_at,
    })
}

/// The user's visit that is in force in the tenant; of several, one that may change things.
pub(super) async fn find_visit(
    tx: &mut PlatformTx,
    user: &UserRef,
    tenant: TenantId,
) -> Result<Option<Visit>, DbError> {
    let found: Vec<Visit> = Statement::new(
        "SELECT id, may_write, ends_at FROM impersonations \
         WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL AND ends_at > now() ORDER BY may_write DESC, ends_at DESC LIMIT 1",
    )
    .bind(tenant.as_uuid())
    .bind(user.id.as_uuid())
    .load(tx.conn()?)
    .await?;
    Ok(found.into_iter().next())
}

/// Which of one's own visits in a tenant end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    One(ImpersonationId),
    All,
}

#[derive(QueryableByName)]
struct EndedVisit {
    #[diesel(sql_type = Uuid)]
    id: ImpersonationId,
}

/// Ends one's own visits; ending them twice changes nothing.
pub async fn end_visits(
    db: &Db,
    by: &PlatformOperator,
    tenant: TenantId,
    ending: Ending,
) -> Result<(), ImpersonateError> {
    let user = by.user().ok_or(ImpersonateError::NotAPerson)?;
    let mut tx = db.begin_platform_as(user.id).await?;
    tx.enter(tenant).await?;
    end_open(&mut tx, user, tenant, ending).await?;
    tx.commit().await?;
    Ok(())
}

/// The transaction has entered the tenant.
async fn end_open(
    tx: &mut PlatformTx,
    user: &UserRef,
    tenant: TenantId,
    ending: Ending,
) -> Result<(), DbError> {
    let only = match ending {
        Ending::One(id) => Some(id.as_uuid()),
        Ending::All => None,
    };
    let ended: Vec<EndedVisit> = Statement::new(
        "UPDATE impersonations SET ended_at = $4 \
         WHERE tenant_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR id = $3) AND ended_at IS NULL AND ends_at > now() RETURNING id",
    )
    .bind(tenant.as_uuid())
    .bind(user.id.as_uuid())
    .bind(only)
    .bind(tx.now())
    .load(tx.conn()?)
    .await?;
    if ended.is_empty() {
        return Ok(());
    }
    let entries: Vec<Value> = ended
        .iter()
        .map(|visit| {
            json!({
                "tenant_id": tenant, "id": AuditId::generate(), "at": tx.now(), "by_user": user.id, "by_name": user.name,
                "on_behalf_of": user.email, "action": "platform.visit_ended", "object_kind": "impersonation", "object_id": visit.id,
                "detail": {},
            })
        })
        .collect();
    Statement::new(format!(
        "INSERT INTO audit_log ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM jsonb_populate_recordset(NULL::audit_log, $1)",
    ))
    .bind(Value::from(entries))
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
