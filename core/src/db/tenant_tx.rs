//! An open transaction inside one tenant.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel_async::RunQueryDsl as _;
use vitaran_kernel::{IstDate, TenantId};

use crate::access::{Actor, DealerScope, LocationScope};
use crate::live::{Hint, Subject};

use super::since::LONGEST_WRITE;
use super::{Db, DbError, Statement, TxConnection, origin};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    ReadWrite,
    ReadOnly,
}

/// A transaction whose tenant, actor and scopes (dealer, locations) are set for row-level security, and set locally: a pooled
/// connection carries none of it afterwards. The caller commits once; dropping it rolls back.
#[must_use = "a transaction that is dropped is rolled back"]
pub struct TenantTx {
    connection: TxConnection,
    mode: Mode,
    actor: Actor,
    now: DateTime<Utc>,
    began: Instant,
    hints: Vec<Hint>,
    last: Option<Statement>,
    db: Db,
}

impl TenantTx {
    /// Takes a connection; the first statement opens the transaction and sets what row-level security reads, in the same
    /// message. Only typed ids and names of ours are put into its text.
    pub(super) async fn begin(db: &Db, actor: &Actor, mode: Mode) -> Result<Self, DbError> {
        let connection = db.connection().await?;
        let scope = match actor.scope() {
            DealerScope::All => "all".to_owned(),
            DealerScope::Own(dealer) => dealer.to_string(),
        };
        let locations = match actor.locations() {
            LocationScope::All => "all".to_owned(),
            LocationScope::Own(own) => {
                let own: Vec<String> = own.iter().map(ToString::to_string).collect();
                own.join(",")
            }
        };
        let (read_only, told) = match mode {
            Mode::ReadOnly => (" READ ONLY", String::new()),
            // For the trail, which only a write leaves.
            Mode::ReadWrite => (
                "",
                format!(
                    "; SET LOCAL app.origin = '{}'",
                    origin::setting(Some(actor))
                ),
            ),
        };
        let begin = format!(
            "BEGIN{read_only}; SET LOCAL app.tenant_id = '{}'; SET LOCAL app.actor_id = '{}'; SET LOCAL app.dealer_scope = '{scope}'; SET LOCAL app.location_scope = '{locations}'{told}",
            actor.tenant_id(),
            actor
                .principal()
                .map(|id| id.to_string())
                .unwrap_or_default(),
        );
        Ok(TenantTx {
            connection: TxConnection::new(connection, begin),
            mode,
            actor: actor.clone(),
            now: db.clock().now(),
            began: Instant::now(),
            hints: Vec::new(),
            last: None,
            db: db.clone(),
        })
    }

    /// Makes everything durable, then tells the live pages what changed. A read has nothing to wait for. A write that was open
    /// for too long is dropped instead: its rows carry the time it began, which lists of changes have passed by then.
    pub async fn commit(self) -> Result<(), DbError> {
        self.commit_within(LONGEST_WRITE).await
    }

    async fn commit_within(self, longest: Duration) -> Result<(), DbError> {
        if self.mode == Mode::ReadWrite {
            if self.began.elapsed() > longest {
                return Err(DbError::Unavailable(
                    "the transaction was open for too long".to_owned(),
                ));
            }
            self.connection.commit(self.last).await?;
        }
        self.db.hints().send(self.hints);
        Ok(())
    }

    /// Waits for whoever is at the same thing in this tenant, and keeps the next one waiting until the transaction is over: two
    /// who count before they add, each counting without the other's, would make one too many.
    pub(crate) async fn one_at_a_time(&mut self, what: &str) -> Result<(), DbError> {
        Statement::new("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("{what}/{}", self.tenant()))
            .execute(self.conn()?)
            .await?;
        Ok(())
    }

    /// Keeps a write for the message of the commit, which fails with it. There is one at most.
    pub(crate) fn write_last(&mut self, statement: Statement) {
        self.last = Some(statement);
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

    /// Asks of a query what row-level security holds to as well: that the column names a location the actor works at. Says
    /// nothing where that is every one.
    pub(crate) fn push_own_locations(&self, statement: &mut Statement, column: &str) {
        if let Some(own) = self.actor.locations().uuids() {
            let own = statement.push_bind(own);
            statement.push_sql(&format!(" AND {column} = ANY ({own})"));
        }
    }

    /// The same of a column that names an order. `$1` is the tenant.
    pub(crate) fn push_own_orders(&self, statement: &mut Statement, column: &str) {
        if let Some(own) = self.actor.locations().uuids() {
            let own = statement.push_bind(own);
            statement.push_sql(&format!(
                " AND EXISTS (SELECT FROM orders own WHERE own.tenant_id = $1 AND own.id = {column} AND own.location_id = ANY ({own}))"
            ));
        }
    }

    pub(crate) fn conn(&mut self) -> Result<&mut TxConnection, DbError> {
        Ok(&mut self.connection)
    }

    /// For reads that may travel together: those that are polled in one `join!` go out in one message.
    pub(crate) fn reader(&self) -> &TxConnection {
        &self.connection
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

#[cfg(test)]
mod tests {
    use diesel_async::RunQueryDsl as _;

    use super::*;
    use crate::access::{Allowed, PlatformSettingsWrite, Role};
    use crate::testkit::{test_db, test_tenant};

    #[tokio::test]
    async fn a_write_that_was_open_for_too_long_leaves_nothing() {
        let tenant = test_tenant("27VOLTC1234A1ZU").await;
        let (db, _) = test_db();
        let by: Allowed<PlatformSettingsWrite> = tenant.actor(Role::Admin).allow().unwrap();
        let set = async |phone: &str, longest: Duration| {
            let mut tx = db.begin(&by).await.unwrap();
            Statement::new("UPDATE tenant_settings SET support_phone = $2 WHERE tenant_id = $1")
                .bind(tx.tenant().as_uuid())
                .bind(phone)
                .execute(tx.conn().unwrap())
                .await
                .unwrap();
            tx.commit_within(longest).await.is_ok()
        };
        assert!(set("+911111111111", LONGEST_WRITE).await);
        assert!(!set("+912222222222", Duration::ZERO).await);
        let mut tx = db.begin(&by).await.unwrap();
        let changed = Statement::new("UPDATE tenant_settings SET support_phone = NULL WHERE tenant_id = $1 AND support_phone = '+911111111111'")
            .bind(tx.tenant().as_uuid())
            .execute(tx.conn().unwrap())
            .await
            .unwrap();
        assert_eq!(changed, 1);
    }
}
