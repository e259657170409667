//! One tenant never sees another: raw SQL as `app_user`, over every table there is.

use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use vitaran_core::access::Role;
use vitaran_core::orders::{self, AddToCart};
use vitaran_core::payments::{self, ReceiptForm};
use vitaran_core::pricing::{self, PriceForm, PricesForm};
use vitaran_kernel::{DealerId, ProductId, TenantId, UserId};
use vitaran_tests::flow::Flow;
use vitaran_tests::{Database, TestApp, test_app};

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

async fn count(connection: &mut AsyncPgConnection, sql: &str) -> i64 {
    let row: Count = diesel::sql_query(sql)
        .get_result(connection)
        .await
        .expect(sql);
    row.count
}

async fn connect(app: &TestApp, role: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(&app.database.url_of(role))
        .await
        .expect("a connection")
}

/// The tables that have such a column.
async fn tables_with(app: &TestApp, column: &str) -> Vec<String> {
    let mut owner = connect(app, "app_owner").await;
    let rows: Vec<Name> = diesel::sql_query(format!(
        "SELECT c.relname::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = '{column}' AND NOT a.attisdropped \
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1",
    ))
    .load(&mut owner)
    .await
    .expect("the catalogue");
    rows.into_iter().map(|row| row.name).collect()
}

async fn tenant_tables(app: &TestApp) -> Vec<String> {
    tables_with(app, "tenant_id").await
}

/// A tenant with a dispatched order, so that its tables are not empty.
async fn populate(app: &TestApp) -> (Flow, DealerId, ProductId) {
    let flow = Flow::new(app);
    let product = flow.product("CABLE", 10).await;
    let buyer = flow.buyer(100_000).await;
    let order = flow.packed(buyer, &[(product, 1)]).await;
    flow.dispatch(order).await.expect("a dispatch");
    (flow, buyer.dealer, product)
}

/// What a dealer has beside orders: somebody who signs in, a price of its own, a cart, a receipt.
async fn furnish(app: &TestApp, flow: &Flow, dealer: DealerId, product: ProductId) {
    let email = "ramesh@dealer.test";
    app.make_member(&flow.tenant, email, Role::Dealer, Some(dealer))
        .await;
    let tenant = flow.tenant.tenant.id;
    let invited = format!(
        "INSERT INTO invitations (tenant_id, id, email, role, dealer_id, token_hash, invited_by, created_at, expires_at) \
         SELECT '{tenant}', gen_random_uuid(), 'sunita@dealer.test', 'DEALER', '{dealer}', sha256('x'), id, now(), now() \
         FROM memberships WHERE tenant_id = '{tenant}' AND role = 'ADMIN'"
    );
    Database::execute(&app.database, &invited).await;
    let by = flow.by();
    let mut tx = flow.db.begin(&by).await.expect("BEGIN");
    let prices = PricesForm {
        items: vec![PriceForm {
            product_id: product.to_string(),
            unit_price: "90".to_owned(),
            ..PriceForm::default()
        }],
    };
    let prices = prices.parse().expect("a valid form");
    pricing::set_dealer_prices(&mut tx, &by, dealer, prices)
        .await
        .expect("a price");
    let receipt = ReceiptForm {
        dealer_id: dealer.to_string(),
        amount: "10".to_owned(),
        mode: "CASH".to_owned(),
        reference: "1".to_owned(),
        received_on: tx.today().to_string(),
        allocations: None,
    };
    let receipt = receipt.parse().expect("a valid form");
    payments::record_receipt(&mut tx, &flow.by(), receipt)
        .await
        .expect("a receipt");
    tx.commit().await.expect("COMMIT");
    let by = flow.tenant.dealer_actor(dealer).allow().expect("a dealer");
    let mut tx = flow.db.begin(&by).await.expect("BEGIN");
    let line = AddToCart::parse(&product.to_string(), "1").expect("a line");
    orders::add_to_cart(&mut tx, &by, line)
        .await
        .expect("a cart");
    tx.commit().await.expect("COMMIT");
}

/// The role has no right to the table at all, whoever's row it is.
fn is_denied(refusal: &str) -> bool {
    refusal.starts_with("permission denied for table")
}

async fn enter(connection: &mut AsyncPgConnection, tenant: TenantId) {
    let sql = format!(
        "ROLLBACK; BEGIN; SET LOCAL app.tenant_id = '{tenant}'; SET LOCAL app.dealer_scope = 'all'; SET LOCAL app.location_scope = 'all'"
    );
    connection.batch_execute(&sql).await.expect("BEGIN");
}

#[tokio::test]
async fn raw_sql_in_another_tenant_reads_and_writes_nothing_in_any_table() {
    let app = test_app().await;
    populate(&app).await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await.tenant.id;
    let volt = app.tenant.tenant.id;
    let (mut user, mut filled, mut pushed) = (connect(&app, "app_user").await, 0, 0);
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
            match diesel::sql_query(sql.clone()).execute(&mut user).await {
                Ok(rows) => assert_eq!(rows, 0, "{sql}"),
                Err(refusal) => assert!(is_denied(&refusal.to_string()), "{sql}: {refusal}"),
            }
        }
        // The policy looks before NOT NULL does, so a row of nothing but its tenant reaches it.
        enter(&mut user, other).await;
        let sql = format!("INSERT INTO {table} (tenant_id) VALUES ('{volt}')");
        let refusal = diesel::sql_query(sql.clone()).execute(&mut user).await;
        let refusal = refusal.expect_err(&sql).to_string();
        let by_policy = format!("new row violates row-level security policy for table \"{table}\"");
        assert!(
            refusal == by_policy || is_denied(&refusal),
            "{sql}: {refusal}"
        );
        pushed += usize::from(refusal == by_policy);
    }
    assert!(pushed >= 25, "only {pushed} tables take rows at all");
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
    let (flow, dealer, product) = populate(&app).await;
    furnish(&app, &flow, dealer, product).await;
    let stranger = flow.buyer(1_000).await.dealer;
    let mut user = connect(&app, "app_user").await;
    let sql = format!(
        "BEGIN; SET LOCAL app.tenant_id = '{}'; SET LOCAL app.dealer_scope = '{stranger}'; SET LOCAL app.location_scope = 'all'",
        app.tenant.tenant.id
    );
    user.batch_execute(&sql).await.expect("BEGIN");
    for table in tables_with(&app, "dealer_id").await {
        let theirs = format!("SELECT count(*) AS count FROM {table} WHERE dealer_id = '{dealer}'");
        assert!(app.database.count(&theirs).await > 0, "{table} is empty");
        let others = format!(
            "SELECT count(*) AS count FROM {table} WHERE dealer_id IS DISTINCT FROM '{stranger}'"
        );
        assert_eq!(count(&mut user, &others).await, 0, "{table}");
    }
    let dealers = "SELECT count(*) AS count FROM dealers";
    assert_eq!(count(&mut user, dealers).await, 1);
    let attempts = "SELECT count(*) AS count FROM notification_attempts";
    // By its path: a query's method of this name is in scope.
    Database::execute(
        &app.database,
            "INSERT INTO notification_attempts (tenant_id, id, notification_id, attempt, event, detail, at) \
             SELECT tenant_id, id, id, 1, 'ACCEPTED', 'sales@volt.test', now() FROM notification_logs LIMIT 1",
    )
    .await;
    assert_eq!(count(&mut user, attempts).await, 0);
    user.batch_execute("SET LOCAL app.dealer_scope = 'all'")
        .await
        .expect("staff");
    assert_eq!(count(&mut user, attempts).await, 1);
}

#[tokio::test]
async fn a_kept_answer_is_seen_by_the_person_who_asked_and_by_nobody_else() {
    let app = test_app().await;
    let (tenant, asked) = (app.tenant.tenant.id, UserId::generate());
    Database::execute(
        &app.database,
        &format!(
            "INSERT INTO idempotency_keys (tenant_id, actor_id, key, operation, request_hash, status_code, body) \
             VALUES ('{tenant}', '{asked}', 'k', 'dealers.create', 'h', 201, 'the whole answer')"
        ),
    )
    .await;
    let mut user = connect(&app, "app_user").await;
    let (nobody, somebody) = (String::new(), UserId::generate().to_string());
    for (actor, seen) in [(asked.to_string(), 1), (somebody, 0), (nobody, 0)] {
        enter(&mut user, tenant).await;
        let sql = format!("SET LOCAL app.actor_id = '{actor}'");
        user.batch_execute(&sql).await.expect("an actor");
        let answers = "SELECT count(*) AS count FROM idempotency_keys";
        assert_eq!(count(&mut user, answers).await, seen, "{actor}");
    }
}

#[tokio::test]
async fn a_session_is_seen_by_its_person_and_by_the_staff_where_it_acts_and_its_tokens_by_nobody() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    app.api(&person).await;
    app.sign_in_as(Role::Dealer).await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await.tenant.id;
    let id = format!("SELECT id FROM users WHERE email = '{}'", person.email);
    let (own, stranger) = (app.database.id(&id).await, UserId::generate().as_uuid());
    let mut user = connect(&app, "app_user").await;
    let sessions = "SELECT count(*) AS count FROM sessions";
    for (tenant, actor, scope, seen) in [
        (app.tenant.tenant.id, stranger, "all", 2),
        (app.tenant.tenant.id, stranger, "", 0),
        (other, stranger, "all", 0),
        (other, own, "all", 1),
    ] {
        let sql = format!(
            "ROLLBACK; BEGIN; SET LOCAL app.tenant_id = '{tenant}'; SET LOCAL app.actor_id = '{actor}'; SET LOCAL app.dealer_scope = '{scope}'"
        );
        user.batch_execute(&sql).await.expect("BEGIN");
        assert_eq!(count(&mut user, sessions).await, seen, "{sql}");
    }
    for table in ["access_tokens", "rotated_tokens"] {
        user.batch_execute("ROLLBACK").await.expect("ROLLBACK");
        let refused = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"))
            .get_result::<Count>(&mut user)
            .await;
        assert!(is_denied(&refused.unwrap_err().to_string()), "{table}");
    }
    // Not even a session one holds becomes somebody else's.
    let steal = format!("UPDATE sessions SET user_id = '{stranger}'");
    let refused = diesel::sql_query(steal).execute(&mut user).await;
    assert!(is_denied(&refused.unwrap_err().to_string()));
}

#[tokio::test]
async fn the_staff_see_and_take_the_second_factor_of_who_works_there_now_and_of_nobody_else() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    let protect = format!(
        "INSERT INTO second_factors (user_id, sealed_secret, confirmed_at) SELECT id, 'sealed', now() FROM users WHERE email = '{}'",
        person.email
    );
    Database::execute(&app.database, &protect).await;
    let volt = app.tenant.tenant.id;
    let mut user = connect(&app, "app_user").await;
    for (standing, taken) in [
        ("is_active = true", 1_u8),
        ("is_active = false", 0),
        ("is_active = false, removed_at = now()", 0),
    ] {
        let set = format!(
            "UPDATE memberships m SET {standing} FROM users u WHERE u.id = m.user_id AND m.tenant_id = '{volt}' AND u.email = '{}'",
            person.email
        );
        Database::execute(&app.database, &set).await;
        enter(&mut user, volt).await;
        let seen = count(&mut user, "SELECT count(*) AS count FROM second_factors").await;
        let removed = diesel::sql_query("DELETE FROM second_factors")
            .execute(&mut user)
            .await;
        let expected = (i64::from(taken), usize::from(taken));
        assert_eq!((seen, removed.unwrap()), expected, "{standing}");
    }
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
