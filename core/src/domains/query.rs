//! Reading the names of a tenant, and finding the tenant of a name.

use diesel::sql_types::{Text, Uuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{DomainId, TenantId};

use super::model::{Domain, Refused};
use crate::access::{Allowed, PlatformSettingsWrite, TenantRef};
use crate::db::{Db, DbError, PlatformTx, Statement, TenantTx};
use crate::master::MasterError;

const SELECT: &str = "SELECT id, name, proof, status, is_primary, finding, missing_since, verified_at, checked_at, asked_at, check_due_at, \
     version, created_at, created_by FROM tenant_domains WHERE tenant_id = $1";

/// All of them, by name: there are never more than [`super::MAX_DOMAINS`].
pub async fn list(
    tx: &TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
) -> Result<Vec<Domain>, DbError> {
    Ok(Statement::new(format!("{SELECT} ORDER BY name"))
        .bind(tx.tenant().as_uuid())
        .load(&mut tx.reader())
        .await?)
}

/// As [`list`], in a transaction that has entered the tenant.
pub(crate) async fn list_in(tx: &mut PlatformTx, tenant: TenantId) -> Result<Vec<Domain>, DbError> {
    Ok(Statement::new(format!("{SELECT} ORDER BY name"))
        .bind(tenant.as_uuid())
        .load(tx.conn()?)
        .await?)
}

pub async fn load(
    tx: &TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    id: DomainId,
) -> Result<Domain, Refused> {
    fetch(tx, id, "").await
}

/// `lock` ends the statement.
pub(super) async fn fetch(tx: &TenantTx, id: DomainId, lock: &str) -> Result<Domain, Refused> {
    let found = find(tx, id, lock).await?;
    found.ok_or_else(MasterError::not_found)
}

/// As [`fetch`] for who is not astonished that it is gone.
pub(super) async fn fetch_optional(tx: &TenantTx, id: DomainId) -> Result<Option<Domain>, DbError> {
    find(tx, id, "").await
}

async fn find(tx: &TenantTx, id: DomainId, lock: &str) -> Result<Option<Domain>, DbError> {
    let found = Statement::new(format!("{SELECT} AND id = $2{lock}"))
        .bind(tx.tenant().as_uuid())
        .bind(id.as_uuid())
        .get_result(&mut tx.reader())
        .await
        .optional()?;
    Ok(found)
}

/// The tenant that a verified name leads to. For every request under a name that is not the installation's own: what was taken away
/// a moment ago leads nowhere.
pub async fn find_tenant_of(db: &Db, name: &str) -> Result<Option<TenantRef>, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Uuid)]
        tenant_id: TenantId,
        #[diesel(sql_type = Text)]
        tenant_slug: String,
        #[diesel(sql_type = Text)]
        tenant_name: String,
    }
    let mut connection = db.statement_connection().await?;
    let found: Option<Row> =
        Statement::new("SELECT tenant_id, tenant_slug, tenant_name FROM lookup.domain($1)")
            .bind(name)
            .get_result(&mut connection)
            .await
            .optional()?;
    Ok(found.map(|row| TenantRef {
        id: row.tenant_id,
        slug: row.tenant_slug,
        name: row.tenant_name,
    }))
}
