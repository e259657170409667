//! Making a key. Its secret is given to whoever made it, in this one answer, and kept by nobody.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use ipnet::IpNet;
use vitaran_kernel::{ApiKeyId, MembershipId};

use super::{ApiKey, ApiKeyError, KeySecret, NewApiKey, load};
use crate::access::{Allowed, PermissionCode, PlatformApikeysManage};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::problem::{Fault, Invalid};

/// Keys in force at one distributor: more than the programs anybody looks after.
const MAX_KEYS: i64 = 100;

/// A key with its secret.
#[derive(Debug)]
pub struct MadeKey {
    pub key: ApiKey,
    pub secret: KeySecret,
}

/// What goes into a key's row.
pub(super) struct Draft<'a> {
    pub(super) name: &'a str,
    pub(super) scopes: &'a [PermissionCode],
    pub(super) networks: Vec<String>,
    pub(super) expires_at: DateTime<Utc>,
    /// Whose delegate it is: the membership, and the name. `None` is whoever makes it.
    pub(super) maker: Option<(MembershipId, &'a str)>,
}

/// Makes a key that may do what its maker may do and the input names.
pub async fn create(
    tx: &mut TenantTx,
    by: &Allowed<PlatformApikeysManage>,
    input: NewApiKey,
) -> Result<MadeKey, ApiKeyError> {
    refuse_too_many(tx, None).await?;
    let draft = Draft {
        name: input.name.as_str(),
        scopes: &input.scopes,
        networks: input.networks.iter().map(IpNet::to_string).collect(),
        expires_at: tx.now() + TimeDelta::days(input.days),
        maker: None,
    };
    let made = insert(tx, by, draft).await?;
    let change = Change::created(&made.key.told());
    let id = made.key.id.as_uuid();
    audit::record(tx, "api_keys.create", "api_key", Some(id), change).await?;
    Ok(made)
}

/// One whose place is taken at once makes room.
pub(super) async fn refuse_too_many(
    tx: &mut TenantTx,
    making_room: Option<ApiKeyId>,
) -> Result<(), ApiKeyError> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    tx.one_at_a_time("api_keys").await?;
    let keys: Count = Statement::new(
        "SELECT count(*) AS count FROM (SELECT FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL AND expires_at > now() \
             AND id IS DISTINCT FROM $3 LIMIT $2) k",
    )
    .bind(tx.tenant().as_uuid())
    .bind(MAX_KEYS)
    .bind(making_room.map(|id| id.as_uuid()))
    .get_result(tx.conn()?)
    .await?;
    if keys.count < MAX_KEYS {
        return Ok(());
    }
    let detail = format!("There are {MAX_KEYS} keys in force, revoke those nobody needs");
    Err(Invalid {
        faults: vec![Fault::new("", "too_many", detail)],
    }
    .into())
}

/// The row, and the key as it was made.
pub(super) async fn insert(
    tx: &mut TenantTx,
    by: &Allowed<PlatformApikeysManage>,
    draft: Draft<'_>,
) -> Result<MadeKey, ApiKeyError> {
    let actor = by.actor();
    if actor.impersonation().is_some() {
        return Err(ApiKeyError::OnVisit);
    }
    if let Some(code) = draft.scopes.iter().find(|code| !actor.has(**code)) {
        let detail = format!("You may not {} yourself, so your key may not", code.may());
        return Err(Invalid {
            faults: vec![Fault::new("/scopes", "not_held", detail)],
        }
        .into());
    }
    let (id, secret) = (ApiKeyId::generate(), KeySecret::generate()?);
    let scopes: Vec<&str> = draft.scopes.iter().map(|code| code.as_str()).collect();
    let rows = Statement::new(
        "INSERT INTO api_keys (tenant_id, id, membership_id, name, secret_hash, last4, scopes, networks, created_at, created_by, expires_at) \
         SELECT m.tenant_id, $3, m.id, $4, $5, $6, $7, $8, $9, $10, $11 FROM memberships m \
         WHERE m.tenant_id = $1 AND (($12::uuid IS NULL AND m.user_id = $2) OR m.id = $12)",
    )
    .bind(tx.tenant().as_uuid())
    .bind(actor.user_id().map(|id| id.as_uuid()))
    .bind(id.as_uuid())
    .bind(draft.name)
    .bind(secret.hash())
    .bind(secret.last4())
    .bind(scopes.join(" "))
    .bind(draft.networks.join(" "))
    .bind(tx.now())
    .bind(draft.maker.map_or(actor.name(), |(_, name)| name))
    .bind(draft.expires_at)
    .bind(draft.maker.map(|(id, _)| id.as_uuid()))
    .execute(tx.conn()?)
    .await?;
    if rows != 1 {
        return Err(DbError::Other(diesel::result::Error::NotFound).into());
    }
    let key = load(tx, by, id).await?;
    Ok(MadeKey { key, secret })
}
