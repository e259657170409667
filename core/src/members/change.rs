//! Giving a member another role or other locations, switching one off and on, and letting one go.

use diesel_async::RunQueryDsl as _;
use vitaran_kernel::MembershipId;

use super::guard::{keep_an_administrator, lock};
use super::model::{Member, Refused};
use super::place::{Given, Place};
use super::query::fetch;
use crate::access::{Allowed, PlatformUsersWrite, Role};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::identity::end_sessions_here;
use crate::live::Subject;
use crate::master::{Activity, MasterError};

/// Gives a member another role, or the same one at other locations. It counts from their next request. Between staff and dealers' people sessions last
/// differently long, so who changes sides signs in anew.
pub async fn change_role(
    tx: &mut TenantTx,
    by: &Allowed<PlatformUsersWrite>,
    id: MembershipId,
    expected: i32,
    input: Place,
) -> Result<Member, Refused> {
    let before = lock(tx, by.actor(), id, Some(expected)).await?;
    let given = Given::of(tx, by.actor(), &input, before.grant.locations()).await?;
    let stays_administrator = given.role() == Role::Admin && given.role_id.is_none();
    if !stays_administrator {
        keep_an_administrator(tx, &before).await?;
    }
    Statement::new("UPDATE memberships SET role = $3, role_id = $4, dealer_id = $5, location_ids = $6, version = version + 1 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(given.role().as_str())
        .bind(given.role_id.map(|id| id.as_uuid()))
        .bind(given.dealer.map(|id| id.as_uuid()))
        .bind(given.location_ids())
        .execute(tx.conn()?)
        .await
        .map_err(|error| match DbError::from(error) {
            // The role was removed a moment ago.
            DbError::ForeignKey { .. } => {
                MasterError::fault("/role", "unknown", "There is no such role any more")
            }
            error => error.into(),
        })?;
    let is_dealers = |role| role == Role::Dealer;
    if is_dealers(before.grant.role()) == is_dealers(given.role()) {
        tx.changed(Subject::SignIns(before.user));
    } else {
        end_sessions_here(tx, before.user).await?;
    }
    told(tx, "members.change_role", &before).await
}

/// Switches a member off, which ends their sessions, tokens and the use of their keys here, or on again with the role they
/// had. Elsewhere nothing happens to them. Doing it twice changes nothing.
pub async fn set_active(
    tx: &mut TenantTx,
    by: &Allowed<PlatformUsersWrite>,
    id: MembershipId,
    expected: Option<i32>,
    to: Activity,
) -> Result<Member, Refused> {
    let before = lock(tx, by.actor(), id, expected).await?;
    if before.is_active == to.is_active() {
        return Ok(before);
    }
    if to == Activity::Inactive {
        keep_an_administrator(tx, &before).await?;
    }
    Statement::new("UPDATE memberships SET is_active = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(to.is_active())
        .execute(tx.conn()?)
        .await?;
    if to == Activity::Inactive {
        end_sessions_here(tx, before.user).await?;
    }
    told(tx, "members.set_active", &before).await
}

/// Lets a member go: their sessions, tokens and keys here end for good, and nobody finds them here any more. What they did
/// stays in the histories under their name.
pub async fn remove(
    tx: &mut TenantTx,
    by: &Allowed<PlatformUsersWrite>,
    id: MembershipId,
    expected: Option<i32>,
) -> Result<Member, Refused> {
    let member = lock(tx, by.actor(), id, expected).await?;
    keep_an_administrator(tx, &member).await?;
    Statement::new("UPDATE api_keys SET revoked_at = $3, revoked_by = $4 WHERE tenant_id = $1 AND membership_id = $2 AND revoked_at IS NULL")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(tx.now())
        .bind(by.actor().name())
        .execute(tx.conn()?)
        .await?;
    Statement::new("UPDATE memberships SET is_active = false, role_id = NULL, location_ids = NULL, removed_at = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .bind(tx.now())
        .execute(tx.conn()?)
        .await?;
    end_sessions_here(tx, member.user).await?;
    let change = Change::removed(&member);
    audit::record(tx, "members.remove", "member", Some(id.as_uuid()), change).await?;
    Ok(member)
}

/// Writes down what changed, and gives the member as they are now.
async fn told(tx: &mut TenantTx, action: &str, before: &Member) -> Result<Member, Refused> {
    let after = fetch(tx, before.id).await?;
    let change = Change::updated(before, &after);
    audit::record(tx, action, "member", Some(before.id.as_uuid()), change).await?;
    Ok(after)
}
