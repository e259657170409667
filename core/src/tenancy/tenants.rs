//! The register of tenants.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::TenantId;

use super::PlatformOperator;
use crate::access::{ModuleSet, TenantRef};
use crate::db::{Db, DbError, Limit, Page, Paged, PlatformTx, Statement};
use crate::domains::{self, Domain};
use crate::master::text_codes;

text_codes! {
    /// Whether a tenant's people and programs get in.
    TenantStatus, "Choose whether the tenant is open" {
        Active = "ACTIVE", "Active";
        Suspended = "SUSPENDED", "Suspended";
    }
}

/// An entry of the register.
#[derive(Debug, Clone, QueryableByName)]
pub struct TenantSummary {
    #[diesel(sql_type = Uuid)]
    pub id: TenantId,
    #[diesel(sql_type = Text)]
    pub slug: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub status: TenantStatus,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    pub version: i32,
    #[diesel(sql_type = Array<Text>)]
    modules_off: Vec<String>,
}

impl TenantSummary {
    /// The modules that are on.
    pub fn modules(&self) -> ModuleSet {
        ModuleSet::without_named(&self.modules_off)
    }

    pub fn tenant(&self) -> TenantRef {
        TenantRef {
            id: self.id,
            slug: self.slug.clone(),
            name: self.name.clone(),
        }
    }

    pub fn is_suspended(&self) -> bool {
        self.status == TenantStatus::Suspended
    }
}

/// The columns of a [`TenantSummary`].
const ENTRY: &str = "id, slug, name, status, created_at, version, modules_off";

/// The tenants by slug.
pub async fn list_tenants(
    db: &Db,
    _by: &PlatformOperator,
    page: &Page,
) -> Result<Paged<TenantSummary>, DbError> {
    let after: String = page
        .after
        .as_ref()
        .and_then(|cursor| cursor.key().ok())
        .unwrap_or_default();
    let limit: Limit = page.limit;
    let mut tx = db.begin_platform().await?;
    let rows = Statement::new(format!(
        "SELECT {ENTRY} FROM tenants WHERE slug > $1 ORDER BY slug LIMIT $2"
    ))
    .bind(after)
    .bind(limit.with_lookahead())
    .load(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(Paged::from_lookahead(
        rows,
        limit,
        |tenant: &TenantSummary| tenant.slug.clone(),
    ))
}

/// A tenant by slug, for commands, pages and the address of its webhook.
pub async fn find_tenant(db: &Db, slug: &str) -> Result<Option<TenantSummary>, DbError> {
    let mut tx = db.begin_platform().await?;
    let rows: Vec<TenantSummary> =
        Statement::new(format!("SELECT {ENTRY} FROM tenants WHERE slug = $1"))
            .bind(slug)
            .load(tx.conn()?)
            .await?;
    tx.commit().await?;
    Ok(rows.into_iter().next())
}

/// A tenant by its id.
pub async fn find_tenant_by_id(
    db: &Db,
    _by: &PlatformOperator,
    id: TenantId,
) -> Result<Option<TenantSummary>, DbError> {
    let mut tx = db.begin_platform().await?;
    let found = find_in(&mut tx, id, "").await?;
    tx.commit().await?;
    Ok(found)
}

/// The names of the internet under which a tenant's people come in.
pub async fn list_domains(
    db: &Db,
    by: &PlatformOperator,
    id: TenantId,
) -> Result<Vec<Domain>, DbError> {
    let mut tx = db.begin_platform().await?;
    if let Some(user) = by.user() {
        tx.act_as(user.id).await?;
    }
    tx.enter(id).await?;
    let domains = domains::list_in(&mut tx, id).await?;
    tx.commit().await?;
    Ok(domains)
}

/// The entry as it is; `lock` ends the statement.
pub(super) async fn find_in(
    tx: &mut PlatformTx,
    id: TenantId,
    lock: &str,
) -> Result<Option<TenantSummary>, DbError> {
    let sql = format!("SELECT {ENTRY} FROM tenants WHERE id = $1{lock}");
    let rows: Vec<TenantSummary> = Statement::new(sql)
        .bind(id.as_uuid())
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().next())
}
