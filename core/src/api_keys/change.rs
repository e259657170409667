//! The two ends of a key: another takes its place while both work, or it is revoked and stops with the next request.

use chrono::TimeDelta;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{ApiKeyId, MembershipId};

use super::create::{Draft, insert, refuse_too_many};
use super::{ApiKey, ApiKeyError, KeyStatus, MadeKey, load};
use crate::access::{Allowed, PermissionSet, PlatformApikeysManage};
use crate::audit::{self, Change};
use crate::db::{Statement, TenantTx};
use crate::identity::GrantColumns;
use crate::problem::{Faults, Invalid};

/// A week: long enough to change a program's configuration, too short to forget that it must be done.
pub const MAX_OVERLAP_HOURS: i64 = 168;

/// What is taken when nobody says otherwise.
const USUAL_OVERLAP: &str = "24";

/// The form as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RollForm {
    /// Blank for 24.
    pub overlap_hours: String,
}

/// How long the old key works beside the new one.
#[derive(Debug)]
pub struct RollKey {
    overlap: TimeDelta,
}

impl RollForm {
    pub fn parse(&self) -> Result<RollKey, Invalid> {
        let mut faults = Faults::new();
        let typed = match self.overlap_hours.trim() {
            "" => USUAL_OVERLAP,
            typed => typed,
        };
        let hours = typed.parse().ok();
        let hours = hours.filter(|hours| (0..=MAX_OVERLAP_HOURS).contains(hours));
        let hours = hours.ok_or_else(|| {
            format!("Enter 0 to {MAX_OVERLAP_HOURS} hours; with 0 the old key stops at once")
        });
        match faults.take("/overlap_hours", hours) {
            Some(hours) => Ok(RollKey {
                overlap: TimeDelta::hours(hours),
            }),
            None => Err(faults.into_invalid()),
        }
    }
}

/// Makes a key of the same name, rights and length of life; the old one works on for the overlap. It stays the delegate of
/// whoever made the old one: in the hands of somebody who may do more it would do more too. So nobody rolls a key that goes
/// further than they do, for they are shown its secret.
pub async fn roll(
    tx: &mut TenantTx,
    by: &Allowed<PlatformApikeysManage>,
    id: ApiKeyId,
    input: RollKey,
) -> Result<MadeKey, ApiKeyError> {
    lock(tx, id).await?;
    let old = load(tx, by, id).await?;
    match old.status {
        KeyStatus::Active => {}
        KeyStatus::Orphaned => return Err(ApiKeyError::MakerLeft),
        KeyStatus::Replaced => return Err(ApiKeyError::Replaced),
        KeyStatus::Expired | KeyStatus::Revoked => return Err(ApiKeyError::Over),
    }
    let maker = find_maker(tx, id).await?;
    check_reach(by, &old, maker.granted)?;
    refuse_too_many(tx, (input.overlap == TimeDelta::zero()).then_some(id)).await?;
    let draft = Draft {
        name: &old.name,
        scopes: &old.scopes,
        networks: old.networks.clone(),
        expires_at: tx.now() + (old.expires_at - old.created_at),
        maker: Some((maker.id, &maker.name)),
    };
    let made = insert(tx, by, draft).await?;
    Statement::new(
        "UPDATE api_keys SET replaced_by = $3, expires_at = least(expires_at, $4) WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(made.key.id.as_uuid())
    .bind(tx.now() + input.overlap)
    .execute(tx.conn()?)
    .await?;
    let after = load(tx, by, id).await?;
    let change = Change::updated(&old.told(), &after.told());
    audit::record(tx, "api_keys.roll", "api_key", Some(id.as_uuid()), change).await?;
    let (new, change) = (made.key.id.as_uuid(), Change::created(&made.key.told()));
    audit::record(tx, "api_keys.create", "api_key", Some(new), change).await?;
    Ok(made)
}

#[derive(QueryableByName)]
struct Maker {
    #[diesel(sql_type = Uuid)]
    id: MembershipId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(embed)]
    granted: GrantColumns,
}

/// Whoever made the key, if they still work here.
async fn find_maker(tx: &mut TenantTx, key: ApiKeyId) -> Result<Maker, ApiKeyError> {
    let found: Vec<Maker> = Statement::new(
        "SELECT m.id, u.name, m.role, r.name AS role_name, r.permissions AS role_permissions, r.approval_limit, m.location_ids \
         FROM api_keys k JOIN memberships m ON m.tenant_id = k.tenant_id AND m.id = k.membership_id AND m.is_active AND m.role <> 'DEALER' \
         JOIN users u ON u.id = m.user_id AND u.is_active LEFT JOIN roles r ON r.tenant_id = m.tenant_id AND r.id = m.role_id \
         WHERE k.tenant_id = $1 AND k.id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(key.as_uuid())
    .load(tx.conn()?)
    .await?;
    found.into_iter().next().ok_or(ApiKeyError::MakerLeft)
}

fn check_reach(
    by: &Allowed<PlatformApikeysManage>,
    key: &ApiKey,
    maker: GrantColumns,
) -> Result<(), ApiKeyError> {
    let maker = maker.grant().ok_or(ApiKeyError::MakerLeft)?;
    let reach = maker.within(PermissionSet::of(&key.scopes));
    if by.actor().grant().covers(&reach) {
        Ok(())
    } else {
        Err(ApiKeyError::BeyondYours)
    }
}

/// Ends a key. Doing it twice changes nothing. Whoever works at some locations ends those that reach no further than they do.
pub async fn revoke(
    tx: &mut TenantTx,
    by: &Allowed<PlatformApikeysManage>,
    id: ApiKeyId,
) -> Result<ApiKey, ApiKeyError> {
    if by.actor().impersonation().is_some() {
        return Err(ApiKeyError::OnVisit);
    }
    lock(tx, id).await?;
    let before = load(tx, by, id).await?;
    if before.status == KeyStatus::Revoked {
        return Ok(before);
    }
    if by.actor().works_everywhere().is_err() {
        let maker = find_maker(tx, id).await?;
        check_reach(by, &before, maker.granted)?;
    }
    Statement::new(
        "UPDATE api_keys SET revoked_at = $3, revoked_by = $4 WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(tx.now())
    .bind(by.actor().name())
    .execute(tx.conn()?)
    .await?;
    let after = load(tx, by, id).await?;
    let change = Change::updated(&before.told(), &after.told());
    audit::record(tx, "api_keys.revoke", "api_key", Some(id.as_uuid()), change).await?;
    Ok(after)
}

async fn lock(tx: &mut TenantTx, id: ApiKeyId) -> Result<(), ApiKeyError> {
    Statement::new("SELECT id FROM api_keys WHERE tenant_id = $1 AND id = $2 FOR UPDATE")
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
