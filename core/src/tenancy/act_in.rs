//! A platform admin's token inside a tenant: the request names the tenant in the header `X-Tenant-ID`.
//!
//! It grants what a support visit grants, by the same proof and nothing more. Where the admin has no visit in force there, one
//! that only looks begins with the request; whoever has to change something starts a visit that may, with a reason. Each
//! request stands in the tenant's audit log before it is answered, whatever it is answered.

use serde_json::json;
use vitaran_kernel::TenantId;

use super::PlatformOperator;
use super::impersonate::{find_visit, open_visit};
use super::tenants::find_in;
use crate::access::Actor;
use crate::db::{Db, DbError};
use crate::problem::{Kind, Problem};

/// Why a visit began that nobody gave a reason for.
const REASON: &str = "A request to the API with X-Tenant-ID";

/// As much of an address as is written down.
const LONGEST_PATH: usize = 300;

/// What the audit log says of a request: no query and no body, which may hold what is nobody's to keep.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'r> {
    pub method: &'r str,
    pub path: &'r str,
}

#[derive(Debug, thiserror::Error)]
pub enum ActInError {
    #[error("There is no such tenant: X-Tenant-ID holds the id of one in the register")]
    NotFound,
    #[error(
        "{name} is suspended: restore it first, or look at it on a support visit of the platform's pages"
    )]
    Suspended { name: String },
    #[error("Only a signed-in platform admin can act in a tenant")]
    NotAPerson,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for ActInError {
    fn kind(&self) -> Kind {
        match self {
            ActInError::NotFound => Kind::NotFound,
            ActInError::Suspended { .. } | ActInError::NotAPerson => Kind::Forbidden,
            ActInError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            ActInError::NotFound => "tenants.not_found",
            ActInError::Suspended { .. } => "auth.tenant_suspended",
            ActInError::NotAPerson => "tenants.visit_needs_a_person",
            ActInError::Db(error) => error.code(),
        }
    }
}

/// The platform admin as a visitor of the tenant.
pub async fn act_in_tenant(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
    asked: Asked<'_>,
) -> Result<Actor, ActInError> {
    let user = by.user().ok_or(ActInError::NotAPerson)?;
    let mut tx = db.begin_platform_as(user.id).await?;
    let found = find_in(&mut tx, id, "").await?;
    let tenant = found.ok_or(ActInError::NotFound)?;
    if tenant.is_suspended() {
        return Err(ActInError::Suspended { name: tenant.name });
    }
    tx.enter(id).await?;
    let visit = match find_visit(&mut tx, user, id).await? {
        Some(visit) => visit,
        None => {
            let may_write = false;
            open_visit(&mut tx, user, id, (REASON, may_write)).await?
        }
    };
    let path: String = asked.path.chars().take(LONGEST_PATH).collect();
    let object = ("impersonation", visit.id.as_uuid());
    let after = json!({ "method": asked.method, "path": path });
    by.record(&mut tx, id, "platform.request", object, after)
        .await?;
    tx.commit().await?;
    Ok(Actor::visitor(
        user.id,
        user.name.clone(),
        user.email.clone(),
        tenant.tenant(),
        visit.into(),
    ))
}
