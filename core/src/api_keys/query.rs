//! Reading keys, the newest first. Their hashes are not among what can be read.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::ApiKeyId;

use super::{ApiKey, ApiKeyError, KeyStatus};
use crate::access::{Allowed, PermissionCode, PlatformApikeysManage};
use crate::db::{Page, Paged, Statement, TenantTx};
use crate::master::ListError;

const COLUMNS: &str = "SELECT k.id, k.name, k.last4, k.scopes, k.networks, k.created_at, k.created_by, k.expires_at, k.replaced_by, k.revoked_at, \
     k.revoked_by, k.last_used_at, k.last_used_ip, m.is_active AND m.role <> 'DEALER' AS is_maker_here, k.expires_at <= now() AS is_expired \
     FROM api_keys k JOIN memberships m ON m.tenant_id = k.tenant_id AND m.id = k.membership_id WHERE k.tenant_id = $1";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    id: ApiKeyId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    last4: String,
    #[diesel(sql_type = Text)]
    scopes: String,
    #[diesel(sql_type = Text)]
    networks: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    created_by: String,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Uuid>)]
    replaced_by: Option<ApiKeyId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    revoked_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    last_used_ip: Option<String>,
    #[diesel(sql_type = Bool)]
    is_maker_here: bool,
    #[diesel(sql_type = Bool)]
    is_expired: bool,
}

impl Row {
    fn status(&self) -> KeyStatus {
        match self {
            Row {
                revoked_at: Some(_),
                ..
            } => KeyStatus::Revoked,
            Row {
                is_expired: true, ..
            } => KeyStatus::Expired,
            Row {
                is_maker_here: false,
                ..
            } => KeyStatus::Orphaned,
            Row {
                replaced_by: Some(_),
                ..
            } => KeyStatus::Replaced,
            _ => KeyStatus::Active,
        }
    }
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        ApiKey {
            id: row.id,
            status: row.status(),
            scopes: codes(&row.scopes),
            networks: row
                .networks
                .split(' ')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
            name: row.name,
            last4: row.last4,
            created_at: row.created_at,
            created_by: row.created_by,
            expires_at: row.expires_at,
            replaced_by: row.replaced_by,
            revoked_at: row.revoked_at,
            revoked_by: row.revoked_by,
            last_used_at: row.last_used_at,
            last_used_ip: row.last_used_ip,
        }
    }
}

/// The permissions of a stored text; a code that no longer exists grants nothing.
pub(super) fn codes(text: &str) -> Vec<PermissionCode> {
    text.split(' ').filter_map(PermissionCode::parse).collect()
}

/// All keys there ever were.
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformApikeysManage>,
    page: &Page,
) -> Result<Paged<ApiKey>, ListError> {
    let mut statement = Statement::new(COLUMNS).bind(tx.tenant().as_uuid());
    if let Some(cursor) = &page.after {
        let after = statement.push_bind(cursor.key::<ApiKeyId>()?.as_uuid());
        statement.push_sql(&format!(" AND k.id < {after}"));
    }
    let limit = page.limit.sql(&mut statement);
    statement.push_sql(&format!(" ORDER BY k.id DESC LIMIT {limit}"));
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    Ok(Paged::from_lookahead(rows, page.limit, |row| row.id).map(Into::into))
}

pub async fn load(
    tx: &TenantTx,
    _by: &Allowed<PlatformApikeysManage>,
    id: ApiKeyId,
) -> Result<ApiKey, ApiKeyError> {
    let mut statement = Statement::new(COLUMNS).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND k.id = {id}"));
    let rows: Vec<Row> = statement.load(&mut tx.reader()).await?;
    let row = rows.into_iter().next();
    Ok(row.ok_or(ApiKeyError::NotFound)?.into())
}
