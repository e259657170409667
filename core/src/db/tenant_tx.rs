//! An open transaction inside one tenant.

use chrono::{DateTime, Utc};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};
use vitaran_kernel::{IstDate, TenantId};

use crate::access::{Actor, DealerScope};
use crate::live::{Hint, Subject};

use super::pool::Connection;
use super::{Db, DbError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    ReadWrite,
    ReadOnly,
}

/// A transaction whose tenant, actor and dealer scope are set for row-level security, and set locally: a pooled
/// connection carries none of it afterwards. The caller commits once; dropping it rolls back.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct TenantTx {
    connection: Option<Connection>,
    actor: Actor,
    now: DateTime<Utc>,
    hints: Vec<Hint>,
    db: Db,
}

impl TenantTx {
    /// One message opens the transaction and sets what row-level security reads. Only typed ids are put into its text.
    pub(super) async fn begin(db: &Db, actor: &Actor, mode: Mode) -> Result<Self, DbError> {
        let mut connection = db.connection().await?;
        let scope = match actor.scope() {
            DealerScope::All => "all".to_owned(),
            DealerScope::Own(dealer) => dealer.to_string(),
        };
        let begin = format!(
            "BEGIN{}; SET LOCAL app.tenant_id = '{}'; SET LOCAL app.actor_id = '{}'; SET LOCAL app.dealer_scope = '{scope}'",
            if mode == Mode::ReadOnly {
                " READ ONLY"
            } else {
                ""
            },
            actor.tenant_id(),
            actor.user_id().map(|id| id.to_string()).unwrap_or_default(),
        );
        AnsiTransactionManager::begin_transaction_sql(&mut *connection, &begin).await?;
        Ok(TenantTx {
            connection: Some(connection),
            actor: actor.clone(),
            now: db.clock().now(),
            hints: Vec::new(),
            db: db.clone(),
        })
    }

    /// Makes everything durable, then tells the live pages what changed.
    pub async fn commit(mut self) -> Result<(), DbError> {
        if let Some(connection) = self.connection.as_mut() {
            AnsiTransactionManager::commit_transaction(&mut **connection).await?;
        }
        // Given back before the hints go out, so that nothing of ours holds it.
        self.connection = None;
        self.db.hints().send(std::mem::take(&mut self.hints));
        Ok(())
    }

    /// The tenant, from the proof that opened the transaction.
    pub fn tenant(&self) -> TenantId {
        self.actor.tenant_id()
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Business time: one instant for everything this transaction writes.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Today in India.
    pub fn today(&self) -> IstDate {
        IstDate::of(self.now)
    }

    pub(crate) fn conn(&mut self) -> Result<&mut AsyncPgConnection, DbError> {
        match self.connection.as_mut() {
            Some(connection) => Ok(connection),
            None => Err(DbError::Unavailable("the transaction has ended".to_owned())),
        }
    }

    /// Remembers that open pages showing this should look again; sent after the commit, forgotten by a rollback.
    pub(crate) fn changed(&mut self, subject: Subject) {
        let hint = Hint {
            tenant: self.tenant(),
            subject,
        };
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }
}

impl Drop for TenantTx {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            super::tenant_tx::roll_back(connection);
        }
    }
}

/// Rolls back beside the caller and gives the connection back to the pool. Where no runtime is left, or the rollback
/// does not get through, the connection is closed, which rolls back as well.
pub(super) fn roll_back(mut connection: Connection) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    runtime.spawn(async move {
        let rollback = AnsiTransactionManager::rollback_transaction(&mut *connection);
        let done = tokio::time::timeout(std::time::Duration::from_secs(5), rollback).await;
        if !matches!(done, Ok(Ok(()))) {
            drop(Connection::take(connection));
        }
    });
}
