//! An open transaction inside one tenant.

use chrono::{DateTime, Utc};
use vitaran_kernel::{IstDate, TenantId};

use crate::access::{Actor, DealerScope, LocationScope};
use crate::live::{Hint, Subject};

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
        let (read_only, told) = match mode {
            Mode::ReadOnly => (" READ ONLY", String::new()),
            // For the trail, which only a write leaves.
            Mode::ReadWrite => (
        let locations = match actor.locations() {
            LocationScope::All => "all".to_owned(),
            LocationScope::Own(own) => {
                let own: Vec<String> = own.iter().map(ToString::to_string).collect();
                own.join(",")
            }
        };
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
            hints: Vec::new(),
            last: None,
            db: db.clone(),
        })
    }

    /// Makes everything durable, then tells the live pages what changed. A read has nothing to wait for.
    pub async fn commit(self) -> Result<(), DbError> {
        if self.mode == Mode::ReadWrite {
            self.connection.commit(self.last).await?;
        }
        self.db.hints().send(self.hints);
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

        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
    }
}
