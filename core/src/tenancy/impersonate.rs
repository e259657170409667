//! A platform admin's support visit in a tenant: with a reason, for at most an hour, looking only unless it says
//! otherwise, and in the tenant's own audit log from the first moment.

use chrono::TimeDelta;
use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::json;
use vitaran_kernel::{AuditId, ImpersonationId, TenantId, Text};

use super::PlatformOperator;
use crate::audit::RECORD_COLUMNS;
use crate::db::{Db, DbError, Statement};
use crate::identity::SessionTarget;
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

/// Starts a visit and gives the target for a new session id.
pub async fn start_visit(
    db: &Db,
    by: &PlatformOperator,
    slug: &str,
    input: StartVisit,
) -> Result<SessionTarget, ImpersonateError> {
    let user = by.user().ok_or(ImpersonateError::NotAPerson)?;
    let tenant = super::find_tenant(db, slug)
        .await?
        .ok_or(ImpersonateError::NotFound)?
        .id;
    let id = ImpersonationId::generate();
    let mut tx = db.begin_platform().await?;
    tx.act_as(user.id).await?;
    tx.enter(tenant).await?;
    let now = tx.now();
    let visit = json!({
        "tenant_id": tenant, "id": id, "user_id": user.id, "user_name": user.name, "reason": input.reason, "may_write": input.may_write,
        "started_at": now, "ends_at": now + TimeDelta::minutes(MAX_MINUTES),
    });
    let audit = json!({
        "tenant_id": tenant, "id": AuditId::generate(), "at": now, "by_user": user.id, "by_name": user.name, "on_behalf_of": user.email,
        "action": "platform.visit_started", "object_kind": "impersonation", "object_id": id,
        "detail": { "reason": input.reason, "may_write": input.may_write },
    });
    Statement::new(format!(
        "WITH v AS (INSERT INTO impersonations SELECT * FROM jsonb_populate_record(NULL::impersonations, $1)) \
         INSERT INTO audit_log ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM jsonb_populate_record(NULL::audit_log, $2)",
    ))
    .bind(visit)
    .bind(audit)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    Ok(SessionTarget::Visit {
        tenant,
        impersonation: id,
    })
}

/// Ends a visit; ending it twice changes nothing.
pub async fn end_visit(
    db: &Db,
    by: &PlatformOperator,
    tenant: TenantId,
    id: ImpersonationId,
) -> Result<(), ImpersonateError> {
    let user = by.user().ok_or(ImpersonateError::NotAPerson)?;
    let mut tx = db.begin_platform().await?;
    tx.act_as(user.id).await?;
    tx.enter(tenant).await?;
    let audit = json!({
        "tenant_id": tenant, "id": AuditId::generate(), "at": tx.now(), "by_user": user.id, "by_name": user.name, "on_behalf_of": user.email,
        "action": "platform.visit_ended", "object_kind": "impersonation", "object_id": id, "detail": {},
    });
    Statement::new(format!(
        "WITH ended AS (UPDATE impersonations SET ended_at = $4 WHERE tenant_id = $1 AND id = $2 AND user_id = $3 AND ended_at IS NULL RETURNING id) \
         INSERT INTO audit_log ({RECORD_COLUMNS}) SELECT {RECORD_COLUMNS} FROM jsonb_populate_record(NULL::audit_log, $5) \
         WHERE EXISTS (SELECT FROM ended)",
    ))
    .bind(tenant.as_uuid())
    .bind(id.as_uuid())
    .bind(user.id.as_uuid())
    .bind(tx.now())
    .bind(audit)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    tx.commit().await?;
    Ok(())
}
