//! Who a key acts as, found in one statement with every request: what was revoked a moment ago lets nobody in.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use ipnet::IpNet;
use vitaran_kernel::{ApiKeyId, TenantId, UserId};

use super::form::NOT_FOR_KEYS;
use super::query::codes;
use super::secret::{KeySecret, PREFIX};
use crate::access::{Actor, KeyRef, PermissionSet, TenantRef};
use crate::db::{Db, DbError, Statement, origin};
use crate::identity::{GrantColumns, ModulesColumn, SuspendedTenant};

/// The last use is written at most this often.
const NOTE_EVERY_S: i64 = 60;

/// A key in force.
#[derive(Debug, Clone)]
pub struct KeyView {
    pub id: ApiKeyId,
    /// Its maker, as far as the key goes.
    pub actor: Actor,
    networks: Vec<IpNet>,
    last_used_at: Option<DateTime<Utc>>,
}

impl KeyView {
    /// Whether the key may be used from this address.
    pub fn lets_in(&self, from: Option<IpAddr>) -> bool {
        let holds = |from: IpAddr| self.networks.iter().any(|network| network.contains(&from));
        self.networks.is_empty() || from.is_some_and(|from| holds(from.to_canonical()))
    }

    /// Whether the last use should be written anew; see [`note_use`].
    pub fn is_note_due(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at
            .is_none_or(|last| now.signed_duration_since(last).num_seconds() >= NOTE_EVERY_S)
    }
}

/// What a key that is not revoked and not over leads to.
#[derive(Debug, Clone)]
pub enum FoundKey {
    InForce(Box<KeyView>),
    /// Its tenant is suspended: it does nothing until that is restored.
    Suspended(SuspendedTenant),
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    key_id: ApiKeyId,
    #[diesel(sql_type = Text)]
    key_name: String,
    #[diesel(sql_type = Text)]
    scopes: String,
    #[diesel(sql_type = Text)]
    networks: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Uuid)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Uuid)]
    tenant_id: TenantId,
    #[diesel(sql_type = Text)]
    tenant_slug: String,
    #[diesel(sql_type = Text)]
    tenant_name: String,
    #[diesel(embed)]
    granted: GrantColumns,
    #[diesel(sql_type = Bool)]
    is_suspended: bool,
    #[diesel(embed)]
    modules: ModulesColumn,
}

/// Whether a bearer's secret claims to be a key.
pub fn is_key(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// The key of this secret, if there is one.
pub async fn authenticate(db: &Db, text: &str) -> Result<Option<FoundKey>, DbError> {
    let Some(secret) = KeySecret::parse(text) else {
        return Ok(None);
    };
    let hash = secret.hash();
    origin::came_by("key", &hash);
    let mut connection = db.statement_connection().await?;
    let rows: Vec<Row> = Statement::new(
        "SELECT key_id, key_name, scopes, networks, last_used_at, user_id, user_name, email, tenant_id, tenant_slug, tenant_name, role, role_name, role_permissions, \
         approval_limit, location_ids, is_suspended, modules_off FROM lookup.key($1)",
    )
    .bind(hash)
    .load(&mut connection)
    .await?;
    Ok(rows.into_iter().next().and_then(found))
}

fn found(row: Row) -> Option<FoundKey> {
    let tenant = TenantRef {
        id: row.tenant_id,
        slug: row.tenant_slug.clone(),
        name: row.tenant_name.clone(),
    };
    if row.is_suspended {
        return Some(FoundKey::Suspended(SuspendedTenant {
            tenant,
            is_dealer: false,
        }));
    }
    let key = view(row, tenant)?;
    Some(FoundKey::InForce(Box::new(key)))
}

fn view(row: Row, tenant: TenantRef) -> Option<KeyView> {
    let modules = row.modules.modules();
    let grant = row.granted.grant()?;
    let key = KeyRef {
        id: row.key_id,
        name: row.key_name,
        maker: row.user_name.clone(),
    };
    let maker = Actor::member(row.user_id, row.user_name, row.email, tenant, grant, None);
    let maker = maker.with_modules(modules);
    let parts = row.networks.split(' ').filter(|part| !part.is_empty());
    // A network that cannot be read lets nobody in, rather than everybody.
    let networks: Result<Vec<IpNet>, _> = parts.map(str::parse).collect();
    // Whatever a row says that was written before a right became one that no key has.
    let scopes = PermissionSet::of(&codes(&row.scopes)).without(NOT_FOR_KEYS);
    Some(KeyView {
        id: row.key_id,
        actor: maker.through_key(key, scopes),
        networks: networks.ok()?,
        last_used_at: row.last_used_at,
    })
}

/// Writes down that a key was used. For after the answer: nobody waits for it, and of several at once one writes.
pub async fn note_use(db: &Db, key: &KeyView, from: Option<IpAddr>) -> Result<(), DbError> {
    let mut tx = db.begin_as(&key.actor).await?;
    Statement::new(
        "UPDATE api_keys SET last_used_at = now(), last_used_ip = $3 WHERE tenant_id = $1 AND id = $2 \
         AND (last_used_at IS NULL OR last_used_at < now() - $4 * interval '1 second')",
    )
    .bind(tx.tenant().as_uuid())
    .bind(key.id.as_uuid())
    .bind(from.map(|from| from.to_string()))
    .bind(NOTE_EVERY_S)
    .execute(tx.conn()?)
    .await?;
    tx.commit().await
}
