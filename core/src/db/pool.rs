//! The pool, and the only makers of transactions.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Object, PoolError, Timeouts};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use vitaran_kernel::{Clock, UserId};

use crate::access::{Actor, Allowed, Permission};
use crate::live::Hints;

use super::tenant_tx::Mode;
use super::{DbError, PlatformTx, TenantTx};

pub(crate) type Connection = Object<AsyncDieselConnectionManager<AsyncPgConnection>>;

/// How the pool is built.
#[derive(Debug, Clone)]
pub struct DbSettings {
    pub url: String,
    /// Connections held at most. On two cores eight do more than sixteen.
    pub max_connections: usize,
    /// How long a request may wait for a connection before it is answered "busy".
    pub wait_timeout: Duration,
}

impl DbSettings {
    pub const DEFAULT_CONNECTIONS: usize = 8;
    pub const WAIT_TIMEOUT: Duration = Duration::from_secs(3);
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

    pub fn new(url: impl Into<String>) -> Self {
        DbSettings {
            url: url.into(),
            max_connections: Self::DEFAULT_CONNECTIONS,
            wait_timeout: Self::WAIT_TIMEOUT,
        }
    }
}

/// The database, as one role. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    clock: Arc<dyn Clock>,
    hints: Hints,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("pool", &self.pool.status())
            .finish_non_exhaustive()
    }
}

impl Db {
    /// Builds the pool; connections are opened when first needed. `hints` is told what changed after each commit.
    pub fn connect(
        settings: &DbSettings,
        clock: Arc<dyn Clock>,
        hints: Hints,
    ) -> Result<Self, DbError> {
        let mut config = ManagerConfig::default();
        // No `SELECT 1` before each use: a dead connection shows itself at BEGIN, before anything is done.
        config.recycling_method = RecyclingMethod::Fast;
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(
            &settings.url,
            config,
        );
        let pool = Pool::builder(manager)
            .max_size(settings.max_connections)
            .runtime(deadpool::Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(settings.wait_timeout),
                create: Some(DbSettings::CONNECT_TIMEOUT),
                recycle: Some(DbSettings::CONNECT_TIMEOUT),
            })
            .build()
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Db { pool, clock, hints })
    }

    pub(super) async fn connection(&self) -> Result<Connection, DbError> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => {
                DbError::Unavailable("no connection became free in time".to_owned())
            }
            other => DbError::Unavailable(other.to_string()),
        })
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(super) fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Opens a transaction that may write, in the tenant and the scope of the proof.
    pub async fn begin<P: Permission>(&self, by: &Allowed<P>) -> Result<TenantTx, DbError> {
        TenantTx::begin(self, by.actor(), Mode::ReadWrite).await
    }

    /// Opens a `READ ONLY` transaction in the tenant and the scope of the proof.
    pub async fn begin_read<P: Permission>(&self, by: &Allowed<P>) -> Result<TenantTx, DbError> {
        TenantTx::begin(self, by.actor(), Mode::ReadOnly).await
    }

    /// Opens a transaction of a signed-in actor for what needs no permission: their own profile, their start page.
    pub(crate) async fn begin_as(&self, actor: &Actor) -> Result<TenantTx, DbError> {
        TenantTx::begin(self, actor, Mode::ReadWrite).await
    }

    /// Opens a transaction without a tenant. Only `identity`, `tenancy` and the worker's sweepers use it.
    pub(crate) async fn begin_platform(&self) -> Result<PlatformTx, DbError> {
        PlatformTx::begin(self).await
    }

    /// Opens a transaction without a tenant in which a user acts on what is their own: their sessions.
    pub(crate) async fn begin_platform_as(&self, user: UserId) -> Result<PlatformTx, DbError> {
        PlatformTx::begin_as(self, user).await
    }

    /// A connection for a single statement that needs no transaction: the look-up of a credential, which runs with every
    /// request and would otherwise cost two round trips more.
    pub(crate) async fn statement_connection(&self) -> Result<Connection, DbError> {
        self.connection().await
    }

    /// Connections in use and open, for the health page.
    pub fn pool_status(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.size)
    }
}
