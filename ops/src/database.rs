//! The two ways a command reaches the database: through the actions as app_user, and by SQL of its own as the owner.

use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Jsonb, Text, Uuid as SqlUuid};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use vitaran_core::access::{Actor, Allowed, PlatformSettingsWrite};
use vitaran_core::config;
use vitaran_core::db::{Db, DbSettings, TenantTx};
use vitaran_core::live::Hints;
use vitaran_core::tenancy;
use vitaran_kernel::{Clock, TenantId};

use crate::OpsError;

/// Connections of a command: it does one thing after the other.
const CONNECTIONS: usize = 2;

/// The database as app_user, with the clock that the actions shall go by.
pub fn actions(clock: Arc<dyn Clock>) -> Result<Db, OpsError> {
    connect(config::user_database_url()?.reveal(), clock)
}

/// The database as its owner, for founding tenants: to the console the register is open as to a platform admin, and
/// app_user may write there for a signed-in one alone.
pub fn founding(clock: Arc<dyn Clock>) -> Result<Db, OpsError> {
    connect(config::owner_database_url()?.reveal(), clock)
}

/// A transaction that may change the settings of the tenant with this short name; `what` is the name histories show.
pub async fn settle(
    db: &Db,
    slug: &str,
    what: &str,
) -> Result<(TenantTx, Allowed<PlatformSettingsWrite>), OpsError> {
    let tenant = tenancy::find_tenant(db, slug)
        .await?
        .ok_or_else(|| OpsError::Refused(format!("there is no tenant {slug}")))?;
    let by = Actor::system(tenant.id, what)
        .allow::<PlatformSettingsWrite>()
        .map_err(OpsError::refused)?;
    Ok((db.begin(&by).await?, by))
}

fn connect(url: &str, clock: Arc<dyn Clock>) -> Result<Db, OpsError> {
    let settings = DbSettings {
        max_connections: CONNECTIONS,
        ..DbSettings::new(url)
    };
    Ok(Db::connect(&settings, clock, Hints::none())?)
}

/// A tenant in the register.
#[derive(Debug, Clone, QueryableByName)]
pub struct TenantRow {
    #[diesel(sql_type = SqlUuid)]
    pub id: TenantId,
    #[diesel(sql_type = Text)]
    pub slug: String,
}

#[derive(QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A connection for statements of a command's own. Row-level security binds the owner as well: in a tenant it sees that
/// tenant's rows alone.
pub struct Session {
    connection: AsyncPgConnection,
}

impl Session {
    /// Connects as app_owner.
    pub async fn owner() -> Result<Self, OpsError> {
        Self::connect(config::owner_database_url()?.reveal()).await
    }

    /// Connects as app_user, for what app_user may write and no action writes yet.
    pub async fn user() -> Result<Self, OpsError> {
        Self::connect(config::user_database_url()?.reveal()).await
    }

    /// Connects as app_worker, to see what the worker sees.
    pub async fn worker() -> Result<Self, OpsError> {
        Self::connect(config::worker_database_url()?.reveal()).await
    }

    /// Connects by an address of the caller's.
    pub async fn connect(url: &str) -> Result<Self, OpsError> {
        let connection = AsyncPgConnection::establish(url)
            .await
            .map_err(|error| OpsError::Connect(error.to_string()))?;
        Ok(Session { connection })
    }

    /// Opens a transaction inside a tenant, with staff's view of it.
    pub async fn begin_in(&mut self, tenant: TenantId) -> Result<(), OpsError> {
        self.run(&format!(
            "BEGIN; SET LOCAL app.tenant_id = '{tenant}'; SET LOCAL app.dealer_scope = 'all'; SET LOCAL app.location_scope = 'all'"
        ))
        .await
    }

    pub async fn commit(&mut self) -> Result<(), OpsError> {
        self.run("COMMIT").await
    }

    pub async fn rollback(&mut self) -> Result<(), OpsError> {
        self.run("ROLLBACK").await
    }

    /// Runs statements without values.
    pub async fn run(&mut self, sql: &str) -> Result<(), OpsError> {
        Ok(self.connection.batch_execute(sql).await?)
    }

    /// The rows that a query finds or a write touches, or the refusal.
    pub async fn tried(&mut self, sql: &str) -> Result<usize, String> {
        if !sql.starts_with("SELECT") {
            let rows = diesel::sql_query(sql).execute(&mut self.connection).await;
            return rows.map_err(|error| error.to_string());
        }
        let counted = format!("SELECT count(*)::text AS line FROM ({sql}) found");
        let lines = self.lines(&counted).await.map_err(|error| match error {
            OpsError::Db(error) => error.to_string(),
            other => other.to_string(),
        })?;
        let count = lines.into_iter().next().and_then(|line| line.parse().ok());
        count.ok_or_else(|| "no count".to_owned())
    }

    /// Runs a statement whose one value, `$1`, is a JSON document. Gives the rows it touched.
    pub async fn run_with(
        &mut self,
        sql: &str,
        value: &serde_json::Value,
    ) -> Result<usize, OpsError> {
        Ok(diesel::sql_query(sql)
            .bind::<Jsonb, _>(value)
            .execute(&mut self.connection)
            .await?)
    }

    /// Runs a query of one text column called `line`.
    pub async fn lines(&mut self, sql: &str) -> Result<Vec<String>, OpsError> {
        let rows: Vec<Line> = diesel::sql_query(sql).load(&mut self.connection).await?;
        Ok(rows.into_iter().map(|row| row.line).collect())
    }

    /// Runs a query of one truth called `flag`, with one text for `$1`.
    pub async fn asks(&mut self, sql: &str, text: &str) -> Result<bool, OpsError> {
        let row: Flag = diesel::sql_query(sql)
            .bind::<Text, _>(text)
            .get_result(&mut self.connection)
            .await?;
        Ok(row.flag)
    }

    /// The register of tenants, by slug.
    pub async fn tenants(&mut self) -> Result<Vec<TenantRow>, OpsError> {
        Ok(
            diesel::sql_query("SELECT id, slug FROM tenants ORDER BY slug")
                .load(&mut self.connection)
                .await?,
        )
    }

    /// The tenants a command is about: the one named, or all.
    pub async fn chosen(&mut self, slug: Option<&str>) -> Result<Vec<TenantRow>, OpsError> {
        let mut tenants = self.tenants().await?;
        if let Some(slug) = slug {
            tenants.retain(|tenant| tenant.slug == slug);
            if tenants.is_empty() {
                return Err(OpsError::Refused(format!("there is no tenant {slug}")));
            }
        }
        Ok(tenants)
    }
}
