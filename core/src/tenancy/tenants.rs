//! The register of tenants.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::TenantId;

use super::PlatformOperator;
use crate::access::TenantRef;
use crate::db::{Db, DbError, Limit, Page, Paged, Statement};

/// A row of the register.
#[derive(Debug, Clone, QueryableByName)]
pub struct TenantSummary {
    #[diesel(sql_type = Uuid)]
    pub id: TenantId,
    #[diesel(sql_type = Text)]
    pub slug: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

impl TenantSummary {
    pub fn tenant(&self) -> TenantRef {
        TenantRef {
            id: self.id,
            slug: self.slug.clone(),
            name: self.name.clone(),
        }
    }
}

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
    let rows = Statement::new("SELECT id, slug, name, status, created_at FROM tenants WHERE slug > $1 ORDER BY slug LIMIT $2")
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

/// A tenant by slug, for commands and for the address of its webhook.
pub async fn find_tenant(db: &Db, slug: &str) -> Result<Option<TenantSummary>, DbError> {
    let mut tx = db.begin_platform().await?;
    let rows: Vec<TenantSummary> =
        Statement::new("SELECT id, slug, name, status, created_at FROM tenants WHERE slug = $1")
            .bind(slug)
            .load(tx.conn()?)
            .await?;
    tx.commit().await?;
    Ok(rows.into_iter().next())
}
