//! Making, changing and removing a tenant's own roles.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{Money, RoleId};

use super::form::NewRole;
use super::gift::Beyond;
use super::query::{MAX_ROLES, Refused, RoleRecord, fetch};
use crate::access::{Actor, Allowed, PermissionCode, PermissionSet, PlatformRolesWrite};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{MasterError, check_version, taken};

/// Adds a role.
pub async fn create(
    tx: &mut TenantTx,
    by: &Allowed<PlatformRolesWrite>,
    input: NewRole,
) -> Result<RoleRecord, Refused> {
    check_gift(by.actor(), PermissionSet::EMPTY, Some(Money::ZERO), &input)?;
    check_room(tx).await?;
    let NewRole {
        name,
        base,
        permissions,
        approval_limit,
    } = input;
    let id = RoleId::generate();
    Statement::new("INSERT INTO roles (tenant_id, id, name, base, permissions, approval_limit) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(name.as_str())
        .bind(base.as_str())
        .bind(codes(permissions))
        .bind(approval_limit.map(Money::as_decimal))
        .execute(tx.conn()?)
        .await
        .map_err(refused)?;
    let role = fetch(tx, id, "").await?;
    let change = Change::created(&role);
    audit::record(tx, "roles.create", "role", Some(id.as_uuid()), change).await?;
    Ok(role)
}

/// Changes a role's name, permissions and limit; its base stays. Its people feel it at their next request.
pub async fn update(
    tx: &mut TenantTx,
    by: &Allowed<PlatformRolesWrite>,
    id: RoleId,
    expected: i32,
    input: NewRole,
) -> Result<RoleRecord, Refused> {
    let before = fetch(tx, id, " FOR UPDATE OF r").await?;
    check_version(before.version, expected)?;
    if input.base != before.base {
        return Err(MasterError::fault(
            "/base",
            "roles.base_is_fixed",
            "What a role grew from stays; make another role instead",
        ));
    }
    check_gift(
        by.actor(),
        before.permissions,
        before.approval_limit,
        &input,
    )?;
    let NewRole {
        name,
        base: _,
        permissions,
        approval_limit,
    } = input;
    Statement::new("UPDATE roles SET name = $3, permissions = $4, approval_limit = $5, version = version + 1 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(name.as_str())
        .bind(codes(permissions))
        .bind(approval_limit.map(Money::as_decimal))
        .execute(tx.conn()?)
        .await
        .map_err(refused)?;
    let after = fetch(tx, id, "").await?;
    let change = Change::updated(&before, &after);
    audit::record(tx, "roles.update", "role", Some(id.as_uuid()), change).await?;
    Ok(after)
}

/// Removes a role that nobody has. Who had it before is in the audit log.
pub async fn remove(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformRolesWrite>,
    id: RoleId,
    expected: Option<i32>,
) -> Result<RoleRecord, Refused> {
    let role = fetch(tx, id, " FOR UPDATE OF r").await?;
    check_version(role.version, expected)?;
    Statement::new("DELETE FROM roles WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .execute(tx.conn()?)
        .await
        .map_err(|error| match DbError::from(error) {
            DbError::ForeignKey { .. } => in_use(),
            error => error.into(),
        })?;
    let change = Change::removed(&role);
    audit::record(tx, "roles.remove", "role", Some(id.as_uuid()), change).await?;
    Ok(role)
}

fn in_use() -> Refused {
    MasterError::fault(
        "",
        "roles.in_use",
        "Somebody has this role: give them another one first",
    )
}

/// What the role gives already may stay in it. A limit says nothing where nobody approves: one that stands there already is
/// looked at as soon as approving comes to it.
fn check_gift(
    giver: &Actor,
    given: PermissionSet,
    given_limit: Option<Money>,
    input: &NewRole,
) -> Result<(), Refused> {
    let new = input.permissions.without(given);
    if let Some(beyond) = Beyond::permissions(giver.grant(), new) {
        return Err(beyond.refusal("/permissions"));
    }
    let approved_before = given.contains(PermissionCode::SalesOrdersApprove);
    if approved_before && input.approval_limit == given_limit {
        return Ok(());
    }
    match Beyond::limit(giver.grant(), input.permissions, input.approval_limit) {
        Some(beyond) => Err(beyond.refusal("/approval_limit")),
        None => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn check_room(tx: &mut TenantTx) -> Result<(), Refused> {
    tx.one_at_a_time("roles").await?;
    let held: Held = Statement::new("SELECT count(*) AS count FROM roles WHERE tenant_id = $1")
        .bind(tx.tenant().as_uuid())
        .get_result(tx.conn()?)
        .await?;
    if held.count >= MAX_ROLES {
        return Err(MasterError::fault(
            "",
            "too_many",
            format!("There are {MAX_ROLES} roles already: remove one that nobody has"),
        ));
    }
    Ok(())
}

fn codes(permissions: PermissionSet) -> Vec<String> {
    permissions
        .codes()
        .map(|code| code.as_str().to_owned())
        .collect()
}

fn refused(error: diesel::result::Error) -> Refused {
    taken(
        error.into(),
        &[(
            "uq_roles_tenant_id_name",
            "/name",
            "Another role has this name already",
        )],
    )
}
