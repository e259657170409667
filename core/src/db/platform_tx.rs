//! An open transaction outside every tenant: sign-in, the register of tenants, the worker's sweeps.

use chrono::{DateTime, Utc};
use vitaran_kernel::{TenantId, UserId};

use super::{Db, DbError, TxConnection, origin};
use crate::live::{Hint, Subject};

/// A transaction in which no tenant is set, so that row-level security shows no tenant's rows. Dropping it rolls back.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct PlatformTx {
    connection: TxConnection,
    now: DateTime<Utc>,
    hints: Vec<Hint>,
    db: Db,
}

impl PlatformTx {
    pub(super) async fn begin(db: &Db) -> Result<Self, DbError> {
        Self::begin_with(db, "BEGIN".to_owned()).await
    }

    /// Acts as this user from the first statement on, in whose message the setting travels.
    pub(super) async fn begin_as(db: &Db, user: UserId) -> Result<Self, DbError> {
        Self::begin_with(db, format!("BEGIN; SET LOCAL app.actor_id = '{user}'")).await
    }

    async fn begin_with(db: &Db, begin: String) -> Result<Self, DbError> {
        Ok(PlatformTx {
            connection: TxConnection::new(db.connection().await?, begin),
            now: db.clock().now(),
            hints: Vec::new(),
            db: db.clone(),
        })
    }

    pub(crate) async fn commit(self) -> Result<(), DbError> {
        self.connection.commit(None).await?;
        self.db.hints().send(self.hints);
        Ok(())
    }

    /// Remembers that open pages of this tenant should look again; sent after the commit.
    pub(crate) fn changed(&mut self, tenant: TenantId, subject: Subject) {
        self.hints.push(Hint { tenant, subject });
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(crate) fn conn(&mut self) -> Result<&mut TxConnection, DbError> {
        Ok(&mut self.connection)
    }

    /// Opens the row of the credential whose hash the caller knows: a session or a token.
    pub(crate) async fn hold_credential(&mut self, hash: &[u8; 32]) -> Result<(), DbError> {
        use diesel_async::SimpleAsyncConnection as _;
        let sql = format!("SET LOCAL app.credential_hash = '{}'", hex::encode(hash));
        Ok(self.conn()?.batch_execute(&sql).await?)
    }

    /// Acts as this user, for what a user may change of themselves and what a platform admin may change of the register.
    pub(crate) async fn act_as(&mut self, user: UserId) -> Result<(), DbError> {
        use diesel_async::SimpleAsyncConnection as _;
        Ok(self
            .conn()?
            .batch_execute(&format!("SET LOCAL app.actor_id = '{user}'"))
            .await?)
    }

    /// Looks over the rows of all dealers, as far as the role may see any tenant's: for the worker's search for due work.
    pub(crate) async fn see_all_dealers(&mut self) -> Result<(), DbError> {
        use diesel_async::SimpleAsyncConnection as _;
        Ok(self
            .conn()?
            .batch_execute("SET LOCAL app.dealer_scope = 'all'")
            .await?)
    }

    /// Steps into a tenant with staff's view, to write its first rows. The trail names who acts, if [`PlatformTx::act_as`] said so, and the request.
    pub(crate) async fn enter(&mut self, tenant: vitaran_kernel::TenantId) -> Result<(), DbError> {
        use diesel_async::SimpleAsyncConnection as _;
        let sql = format!(
            "SET LOCAL app.tenant_id = '{tenant}'; SET LOCAL app.dealer_scope = 'all'; SET LOCAL app.location_scope = 'all'; SET LOCAL app.origin = '{}'",
            origin::setting(None)
        );
        Ok(self.conn()?.batch_execute(&sql).await?)
    }
}
