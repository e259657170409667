//! A tenant of the test's own, and a transaction in it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::{TimeZone as _, Utc};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use serde_json::json;
use vitaran_kernel::{
    Gstin, LocationId, PriceListId, RegistrationId, SeriesId, SettableClock, TenantId, UserId,
};

use crate::access::{Actor, Allowed, Grant, Permission, Role, TenantRef};
use crate::db::{Db, DbSettings, Statement, TenantTx};
use crate::live::Hints;

/// The instant tests begin at: 21 November 2026, 10:00 in India.
fn start() -> chrono::DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 4, 30, 0)
        .single()
        .expect("a real instant")
}

fn env(key: &str) -> String {
    std::env::var(key)
        .unwrap_or_else(|_| panic!("{key} is not set: run the tests through bin/test"))
}

/// One for the test, and one for whoever it waits on.
const CONNECTIONS: usize = 2;

/// The test database as app_user with a clock that the test moves.
pub fn test_db() -> (Db, SettableClock) {
    db_of("TEST_DATABASE_URL", CONNECTIONS)
}

/// The test database as app_worker.
pub fn test_worker_db() -> (Db, SettableClock) {
    db_of("TEST_WORKER_DATABASE_URL", CONNECTIONS)
}

fn db_of(key: &str, max_connections: usize) -> (Db, SettableClock) {
    let clock = SettableClock::new(start());
    let settings = DbSettings {
        max_connections,
        ..DbSettings::new(env(key))
    };
    (
        Db::connect(&settings, Arc::new(clock.clone()), Hints::none()).expect("the test database"),
        clock,
    )
}

/// A committed tenant with a registration, a default location, an invoice series and a default price list.
#[derive(Debug, Clone)]
pub struct TestTenant {
    pub tenant: TenantRef,
    pub registration: RegistrationId,
    pub location: LocationId,
    pub price_list: PriceListId,
}

impl TestTenant {
    /// A member of this tenant in a role that needs no dealer.
    pub fn actor(&self, role: Role) -> Actor {
        Actor::member(
            UserId::generate(),
            format!("Test {}", role.label()),
            "test@vitaran.test".to_owned(),
            self.tenant.clone(),
            Grant::built_in(role),
            None,
        )
    }

    /// A member who works for a dealer.
    pub fn dealer_actor(&self, dealer: vitaran_kernel::DealerId) -> Actor {
        Actor::member(
            UserId::generate(),
            "Test Dealer".to_owned(),
            "dealer@vitaran.test".to_owned(),
            self.tenant.clone(),
            Grant::built_in(Role::Dealer),
            Some(dealer),
        )
    }
}

/// Makes a tenant whose registration is in the state of the GSTIN.
pub async fn test_tenant(gstin: &str) -> TestTenant {
    let gstin = Gstin::parse(gstin).expect("a GSTIN");
    let id = TenantId::generate();
    let slug = format!("t{}", &id.as_uuid().simple().to_string()[..24]);
    let made = TestTenant {
        tenant: TenantRef {
            id,
            slug: slug.clone(),
            name: "Test Distributors".to_owned(),
        },
        registration: RegistrationId::generate(),
        location: LocationId::generate(),
        price_list: PriceListId::generate(),
    };
    let mut owner = AsyncPgConnection::establish(&env("TEST_OWNER_DATABASE_URL"))
        .await
        .expect("the owner's connection");
    owner
        .batch_execute(&format!(
            "BEGIN; SET LOCAL app.tenant_id = '{id}'; SET LOCAL app.dealer_scope = 'all'; SET LOCAL app.location_scope = 'all'"
        ))
        .await
        .expect("BEGIN");
    let rows = json!({
        "tenant": { "id": id, "slug": slug, "name": made.tenant.name, "status": "ACTIVE", "created_at": start(), "version": 1, "modules_off": [] },
        "settings": { "tenant_id": id, "invoice_declaration": "We declare.", "upi_vpa": "test@okbank", "upi_payee": "Test Distributors", "updated_at": start() },
        "registration": { "tenant_id": id, "id": made.registration, "gstin": gstin, "legal_name": "Test Distributors Pvt Ltd", "trade_name": "Test Distributors",
            "state_code": gstin.state(), "line1": "1 Test Road", "city": "Testpur", "pincode": "400001", "is_active": true },
        "location": { "tenant_id": id, "id": made.location, "registration_id": made.registration, "name": "Main", "is_default": true, "is_active": true },
        "series": { "tenant_id": id, "id": SeriesId::generate(), "registration_id": made.registration, "kind": "INVOICE", "prefix": "TST", "is_active": true },
        "price_list": { "tenant_id": id, "id": made.price_list, "name": "Standard", "is_default": true, "is_active": true, "version": 1 },
    });
    Statement::new(
        "WITH t AS (INSERT INTO tenants SELECT * FROM jsonb_populate_record(NULL::tenants, $1->'tenant')), \
         s AS (INSERT INTO tenant_settings SELECT * FROM jsonb_populate_record(NULL::tenant_settings, $1->'settings')), \
         r AS (INSERT INTO gst_registrations SELECT * FROM jsonb_populate_record(NULL::gst_registrations, $1->'registration')), \
         l AS (INSERT INTO locations SELECT * FROM jsonb_populate_record(NULL::locations, $1->'location')), \
         p AS (INSERT INTO price_lists SELECT * FROM jsonb_populate_record(NULL::price_lists, $1->'price_list')) \
         INSERT INTO document_series SELECT * FROM jsonb_populate_record(NULL::document_series, $1->'series')",
    )
    .bind(rows)
    .execute(&mut owner)
    .await
    .expect("a tenant");
    owner.batch_execute("COMMIT").await.expect("COMMIT");
    made
}

/// An open transaction in a tenant of the test's own, as its administrator. It is rolled back when the test ends.
pub struct TestTx {
    tx: TenantTx,
    pub tenant: TestTenant,
    pub clock: SettableClock,
    pub db: Db,
}

impl TestTx {
    /// A proof for the transaction's administrator.
    pub fn by<P: Permission>(&self) -> Allowed<P> {
        self.tx
            .actor()
            .allow()
            .expect("administrators hold every permission")
    }
}

impl Deref for TestTx {
    type Target = TenantTx;
    fn deref(&self) -> &TenantTx {
        &self.tx
    }
}

impl DerefMut for TestTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.tx
    }
}

/// A transaction in a new tenant of Maharashtra (27).
pub async fn test_tx() -> TestTx {
    test_tx_in_state("27VOLTC1234A1ZU").await
}

/// A transaction in a new tenant registered by this GSTIN.
pub async fn test_tx_in_state(gstin: &str) -> TestTx {
    let tenant = test_tenant(gstin).await;
    let (db, clock) = test_db();
    let tx = db
        .begin_as(&tenant.actor(Role::Admin))
        .await
        .expect("BEGIN");
    TestTx {
        tx,
        tenant,
        clock,
        db,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::SalesOrdersRead;
    use crate::testkit::{dealer, product};

    #[derive(diesel::QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        connection: i32,
    }

    /// What row-level security reads, and on which connection.
    fn setting() -> Statement {
        Statement::new(
            "SELECT concat_ws(' ', NULLIF(current_setting('app.tenant_id', true), ''), NULLIF(current_setting('app.dealer_scope', true), '')) AS value, \
             pg_backend_pid() AS connection",
        )
    }

    /// Opens a transaction and runs a statement in it, without which nothing would have been set.
    async fn entered(db: &Db, by: &Allowed<SalesOrdersRead>) -> (TenantTx, i32) {
        let mut tx = db.begin(by).await.unwrap();
        let inside: Setting = setting().get_result(tx.conn().unwrap()).await.unwrap();
        assert_eq!(inside.value, format!("{} all", by.actor().tenant_id()));
        (tx, inside.connection)
    }

    /// The pool has this connection alone, so it is the one that comes back.
    async fn assert_carries_nothing(db: &Db, connection: i32) {
        let mut tx = db.begin_platform().await.unwrap();
        let after: Setting = setting().get_result(tx.conn().unwrap()).await.unwrap();
        assert_eq!((after.value.as_str(), after.connection), ("", connection));
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_pooled_connection_carries_no_tenant_after_commit_rollback_or_panic() {
        let tenant = test_tenant("27VOLTC1234A1ZU").await;
        let (db, _) = db_of("TEST_DATABASE_URL", 1);
        let by: Allowed<SalesOrdersRead> = tenant.actor(Role::Admin).allow().unwrap();

        let (committed, connection) = entered(&db, &by).await;
        committed.commit().await.unwrap();
        assert_carries_nothing(&db, connection).await;

        let (rolled_back, connection) = entered(&db, &by).await;
        drop(rolled_back);
        assert_carries_nothing(&db, connection).await;

        let (panicking, connection) = entered(&db, &by).await;
        let task = tokio::spawn(async move {
            let _tx = panicking;
            panic!("in the middle of a transaction");
        });
        assert!(task.await.unwrap_err().is_panic());
        assert_carries_nothing(&db, connection).await;
    }

    #[tokio::test]
    async fn a_read_transaction_refuses_to_write() {
        let tenant = test_tenant("27VOLTC1234A1ZU").await;
        let (db, _) = test_db();
        let by: Allowed<SalesOrdersRead> = tenant.actor(Role::Admin).allow().unwrap();
        let mut tx = db.begin_read(&by).await.unwrap();
        let refused = Statement::new("UPDATE tenant_settings SET support_phone = '1'")
            .execute(tx.conn().unwrap())
            .await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("read-only transaction")
        );
    }

    #[tokio::test]
    async fn the_factories_make_valid_things() {
        let mut t = test_tx().await;
        let tenant = t.tenant.clone();
        product("SKU-1").stock("5").insert(&mut t, &tenant).await;
        dealer()
            .gstin("29AABCR1718E1ZL")
            .insert(&mut t, &tenant)
            .await;
    }
}
