//! One tenant never sees another: raw SQL as `app_user`, over every table there is.

use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use vitaran_kernel::TenantId;
use vitaran_tests::flow::Flow;
use vitaran_tests::{TestApp, test_app};

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

#[derive(Debug, diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

async fn connect(app: &TestApp, role: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(&app.database.url_of(role))
        .await
        .expect("a connection")
}

async fn tenant_tables(app: &TestApp) -> Vec<String> {
    let mut owner = connect(app, "app_owner").await;
    let rows: Vec<Name> = diesel::sql_query(
        "SELECT c.relname::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' \
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1",
    )
    .load(&mut owner)
    .await
    .expect("the catalogue");
    rows.into_iter().map(|row| row.name).collect()
}

/// A tenant with a dispatched order, so that its tables are not empty.
async fn populate(app: &TestApp) {
    let flow = Flow::new(app);
    let product = flow.product("CABLE", 10).await;
    let buyer = flow.buyer(100_000).await;
    let order = flow.packed(buyer, &[(product, 1)]).await;
    flow.dispatch(order).await.expect("a dispatch");
}

async fn enter(connection: &mut AsyncPgConnection, tenant: TenantId) {
    let sql = format!(
        "ROLLBACK; BEGIN; SET LOCAL app.tenant_id = '{tenant}'; SET LOCAL app.dealer_scope = 'all'"
    );
    connection.batch_execute(&sql).await.expect("BEGIN");
}

#[tokio::test]
async fn raw_sql_in_another_tenant_reads_and_writes_nothing_in_any_table() {
    let app = test_app().await;
    populate(&app).await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await.tenant.id;
    let volt = app.tenant.tenant.id;
    let (mut user, mut filled) = (connect(&app, "app_user").await, 0);
    for table in tenant_tables(&app).await {
        enter(&mut user, other).await;
        let seen: Count = diesel::sql_query(format!(
            "SELECT count(*) AS count FROM {table} WHERE tenant_id = '{volt}'"
        ))
        .get_result(&mut user)
        .await
        .expect("a count");
        assert_eq!(seen.count, 0, "{table} shows another tenant's rows");
        filled += usize::from(
            app.database
                .count(&format!(
                    "SELECT count(*) FROM {table} WHERE tenant_id = '{volt}'"
                ))
                .await
                > 0,
        );
        // Taking a row over, or pushing one in, is refused or touches nothing.
        for sql in [
            format!("UPDATE {table} SET tenant_id = '{other}' WHERE tenant_id = '{volt}'"),
            format!("DELETE FROM {table} WHERE tenant_id = '{volt}'"),
        ] {
            enter(&mut user, other).await;
            if let Ok(rows) = diesel::sql_query(sql.clone()).execute(&mut user).await {
                assert_eq!(rows, 0, "{sql}");
            }
        }
        enter(&mut user, other).await;
        let pushed = diesel::sql_query(format!("INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, jsonb_build_object('tenant_id', '{volt}'))).*")).execute(&mut user).await;
        assert!(pushed.is_err(), "{table} takes a row of another tenant");
    }
    assert!(filled >= 25, "only {filled} tables had rows to hide");
}

#[tokio::test]
async fn without_a_tenant_no_row_is_seen_before_and_after_a_transaction() {
    let app = test_app().await;
    populate(&app).await;
    let mut user = connect(&app, "app_user").await;
    for round in 0..2 {
        for table in tenant_tables(&app).await {
            let seen: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"))
                .get_result(&mut user)
                .await
                .expect("a count");
            assert_eq!(seen.count, 0, "{table} in round {round}");
        }
        // Afterwards the setting is '' and not NULL on this connection.
        enter(&mut user, app.tenant.tenant.id).await;
        user.batch_execute("COMMIT").await.expect("COMMIT");
    }
}

#[tokio::test]
async fn a_dealers_transaction_sees_its_own_dealer_alone() {
    let app = test_app().await;
    populate(&app).await;
    let stranger = Flow::new(&app).buyer(1_000).await.dealer;
    let mut user = connect(&app, "app_user").await;
    let sql = format!(
        "BEGIN; SET LOCAL app.tenant_id = '{}'; SET LOCAL app.dealer_scope = '{stranger}'",
        app.tenant.tenant.id
    );
    user.batch_execute(&sql).await.expect("BEGIN");
    for table in [
        "orders",
        "order_lines",
        "order_status_history",
        "invoices",
        "invoice_lines",
        "shipments",
        "receivables",
        "dealer_ledger",
        "notification_logs",
    ] {
        let seen: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"))
            .get_result(&mut user)
            .await
            .expect("a count");
        assert_eq!(seen.count, 0, "{table}");
    }
    let dealers: Count = diesel::sql_query("SELECT count(*) AS count FROM dealers")
        .get_result(&mut user)
        .await
        .expect("a count");
    assert_eq!(dealers.count, 1);
}

#[tokio::test]
async fn the_sign_in_look_up_works_and_its_role_reads_nothing_else() {
    let app = test_app().await;
    populate(&app).await;
    let mut user = connect(&app, "app_user").await;
    let found: Count =
        diesel::sql_query("SELECT count(*) AS count FROM lookup.login('admin@volt.test')")
            .get_result(&mut user)
            .await
            .expect("the look-up");
    assert_eq!(found.count, 1);
    let direct = diesel::sql_query("SELECT password_hash AS name FROM users")
        .load::<Name>(&mut user)
        .await;
    assert!(
        direct.is_err(),
        "web reads a password hash without the look-up"
    );
    let mut owner = connect(&app, "app_owner").await;
    owner
        .batch_execute("SET ROLE app_lookup")
        .await
        .expect("the owner is a member");
    for table in ["orders", "invoices", "dealers", "stock_ledger"] {
        let refused = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"))
            .get_result::<Count>(&mut owner)
            .await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("permission denied"),
            "{table}"
        );
    }
}

#[tokio::test]
async fn the_worker_finds_due_work_across_tenants_and_no_orders() {
    let app = test_app().await;
    populate(&app).await;
    let mut worker = connect(&app, "app_worker").await;
    let due: Count = diesel::sql_query("SELECT count(*) AS count FROM notification_logs")
        .get_result(&mut worker)
        .await
        .expect("a count");
    assert!(due.count > 0);
    let orders: Count = diesel::sql_query("SELECT count(*) AS count FROM orders")
        .get_result(&mut worker)
        .await
        .expect("a count");
    assert_eq!(orders.count, 0);
}
