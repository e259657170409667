//! The connection inside an open transaction: BEGIN travels with the first statement, COMMIT with the last.
//!
//! A round trip is most of what a small statement costs, so BEGIN does not wait for an answer of its own, and a
//! transaction that never says anything never begins. Statements that are polled together (`futures_util::join!`) are
//! sent in one message and run in the order in which they were written: each waits for the statement cache's lock, which
//! is handed on in order, and sends as soon as it has it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::QueryResult;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel_async::{
    AsyncConnectionCore, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection,
};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join};

use super::pool::Connection;
use super::{DbError, Statement};

/// A rollback that takes longer is given up with its connection.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(5);

/// Dropping it rolls back.
pub(crate) struct TxConnection {
    /// `None` once the transaction has ended.
    connection: Option<Connection>,
    /// What opens the transaction, until it is sent.
    begin: Mutex<Option<String>>,
}

type Stream<'conn, 'query> = <AsyncPgConnection as AsyncConnectionCore>::Stream<'conn, 'query>;
type Row<'conn, 'query> = <AsyncPgConnection as AsyncConnectionCore>::Row<'conn, 'query>;

impl TxConnection {
    pub(super) fn new(connection: Connection, begin: String) -> Self {
        TxConnection {
            connection: Some(connection),
            begin: Mutex::new(Some(begin)),
        }
    }

    fn has_begun(&self) -> bool {
        self.begin
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
    }

    fn open(&self) -> Result<&AsyncPgConnection, diesel::result::Error> {
        self.connection
            .as_deref()
            .ok_or(diesel::result::Error::NotInTransaction)
    }

    /// Sends BEGIN at its first poll, if nobody did.
    async fn begin(&self) -> QueryResult<()> {
        let begin = self
            .begin
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match begin {
            Some(sql) => self.open()?.batch_execute_shared(&sql).await,
            None => Ok(()),
        }
    }

    /// Sends a statement, behind BEGIN if it is the first.
    fn send<'a, T: Send + 'a>(
        &'a self,
        statement: BoxFuture<'a, QueryResult<T>>,
    ) -> BoxFuture<'a, QueryResult<T>> {
        if self.has_begun() {
            return statement;
        }
        async move {
            let (begun, done) = join(self.begin(), statement).await;
            begun?;
            done
        }
        .boxed()
    }

    /// Makes everything durable. What is `last` to be written travels with the COMMIT; if it fails, nothing is.
    pub(super) async fn commit(mut self, last: Option<Statement>) -> Result<(), DbError> {
        match last {
            Some(last) => {
                let (mut a, mut b) = (&self, &self);
                let (written, committed) = join(
                    last.execute(&mut a),
                    Statement::new("COMMIT").execute(&mut b),
                )
                .await;
                written?;
                committed?;
            }
            None if self.has_begun() => self.open()?.batch_execute_shared("COMMIT").await?,
            None => {}
        }
        // Back to the pool, past the rollback.
        self.connection = None;
        Ok(())
    }
}

/// A message of plain SQL on a connection that others may be waiting on.
trait Shared {
    async fn batch_execute_shared(&self, sql: &str) -> QueryResult<()>;
}

impl Shared for AsyncPgConnection {
    async fn batch_execute_shared(&self, sql: &str) -> QueryResult<()> {
        let mut shared = self;
        SimpleAsyncConnection::batch_execute(&mut shared, sql).await
    }
}

impl SimpleAsyncConnection for &TxConnection {
    async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        let connection = self.open()?;
        self.send(connection.batch_execute_shared(sql).boxed())
            .await
    }
}

impl SimpleAsyncConnection for TxConnection {
    async fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        SimpleAsyncConnection::batch_execute(&mut &*self, sql).await
    }
}

impl<'a> AsyncConnectionCore for &'a TxConnection {
    type LoadFuture<'conn, 'query> = BoxFuture<'a, QueryResult<Stream<'conn, 'query>>>;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'a, QueryResult<usize>>;
    type Stream<'conn, 'query> = Stream<'conn, 'query>;
    type Row<'conn, 'query> = Row<'conn, 'query>;
    type Backend = diesel::pg::Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        match self.open() {
            Ok(mut connection) => self.send(AsyncConnectionCore::load(&mut connection, source)),
            Err(error) => async { Err(error) }.boxed(),
        }
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        match self.open() {
            Ok(mut connection) => self.send(AsyncConnectionCore::execute_returning_count(
                &mut connection,
                source,
            )),
            Err(error) => async { Err(error) }.boxed(),
        }
    }
}

impl AsyncConnectionCore for TxConnection {
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Stream<'conn, 'query>>>;
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type Stream<'conn, 'query> = Stream<'conn, 'query>;
    type Row<'conn, 'query> = Row<'conn, 'query>;
    type Backend = diesel::pg::Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let mut shared = &*self;
        AsyncConnectionCore::load(&mut shared, source)
    }

    fn execute_returning_count<'conn, 'query, T>(
        &'conn mut self,
        source: T,
    ) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Self::Backend> + QueryId + 'query,
    {
        let mut shared = &*self;
        AsyncConnectionCore::execute_returning_count(&mut shared, source)
    }
}

impl Drop for TxConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.has_begun()
        {
            roll_back(connection);
        }
    }
}

/// Rolls back beside the caller and gives the connection back to the pool. Where no runtime is left, or the rollback
/// does not get through, the connection is closed, which rolls back as well.
fn roll_back(connection: Connection) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        drop(Connection::take(connection));
        return;
    };
    runtime.spawn(async move {
        let rollback = connection.batch_execute_shared("ROLLBACK");
        let done = tokio::time::timeout(ROLLBACK_TIMEOUT, rollback).await;
        if !matches!(done, Ok(Ok(()))) {
            drop(Connection::take(connection));
        }
    });
}

#[cfg(test)]
mod tests {
    use diesel::QueryableByName;
    use diesel::sql_types::Text;

    use super::*;
    use crate::db::{Db, TenantTx};
    use crate::testkit::{TestTenant, test_db, test_tenant};

    const GSTIN: &str = "27VOLTC1234A1ZU";

    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }

    fn insert(tenant: &TestTenant, name: &str) -> Statement {
        Statement::new(
            "INSERT INTO price_lists (tenant_id, id, name, is_default, is_active, version) VALUES ($1, $2, $3, false, true, 1)",
        )
        .bind(tenant.tenant.id.as_uuid())
        .bind(uuid::Uuid::now_v7())
        .bind(name)
    }

    fn names(tenant: &TestTenant) -> Statement {
        Statement::new("SELECT name FROM price_lists WHERE tenant_id = $1 AND NOT is_default")
            .bind(tenant.tenant.id.as_uuid())
    }

    async fn begin(db: &Db, tenant: &TestTenant) -> TenantTx {
        db.begin_as(&tenant.actor(crate::access::Role::Admin))
            .await
            .unwrap()
    }

    /// Who is in the list, seen by a transaction of its own.
    async fn committed(db: &Db, tenant: &TestTenant) -> Vec<String> {
        let mut tx = begin(db, tenant).await;
        let rows: Vec<Name> = names(tenant).load(tx.conn().unwrap()).await.unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    #[tokio::test]
    async fn what_is_sent_together_runs_in_order_on_a_connection_that_knows_none_of_it() {
        let tenant = test_tenant(GSTIN).await;
        let (db, _) = test_db();
        let tx = begin(&db, &tenant).await;
        let (mut a, mut b) = (tx.reader(), tx.reader());
        let (written, read) = futures_util::join!(
            insert(&tenant, "Festival").execute(&mut a),
            names(&tenant).load::<Name>(&mut b)
        );
        assert_eq!(written.unwrap(), 1);
        assert_eq!(read.unwrap()[0].name, "Festival");
        drop(tx);
        assert!(committed(&db, &tenant).await.is_empty());
    }

    #[tokio::test]
    async fn the_last_write_is_committed_with_the_rest_and_its_failure_undoes_the_rest() {
        let tenant = test_tenant(GSTIN).await;
        let (db, _) = test_db();
        for (last, stored) in [("Standard", 0), ("Second", 2)] {
            let mut tx = begin(&db, &tenant).await;
            let first = insert(&tenant, "First").execute(tx.conn().unwrap()).await;
            assert_eq!(first.unwrap(), 1);
            tx.write_last(insert(&tenant, last));
            // "Standard" is the default list's name, which is taken.
            assert_eq!(tx.commit().await.is_ok(), stored > 0);
            assert_eq!(committed(&db, &tenant).await.len(), stored);
        }
    }

    #[tokio::test]
    async fn a_request_that_goes_away_in_the_middle_leaves_no_transaction_on_its_connection() {
        let tenant = test_tenant(GSTIN).await;
        let (db, _) = test_db();
        for _ in 0..4 {
            let mut tx = begin(&db, &tenant).await;
            let sent = insert(&tenant, "Lost").execute(tx.conn().unwrap());
            // Polled once, so it is on its way; then nobody wants the answer.
            assert!(sent.now_or_never().is_none());
        }
        assert!(committed(&db, &tenant).await.is_empty());
    }
}
