//! `vitaran prove-isolation`: the report, its signature, and that it fails when a wall is down.

use std::time::Duration;

use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::{PASSWORD, Person, SECRET_KEY, TestApp, test_app};

/// The exit code and everything that was said.
async fn prove(app: &TestApp, more: &[&str]) -> (Option<i32>, String, String) {
    let arguments = [&["prove-isolation"], more].concat();
    let mut process = Program::vitaran(&app.database, &arguments)
        .with("SECRET_KEY", SECRET_KEY)
        .with("WORKER_DATABASE_URL", app.database.url_of("app_worker"))
        .start();
    let code = process.ended_within(Duration::from_secs(60)).await;
    (code, process.stdout(), process.stderr())
}

/// Two tenants with a dispatched order and somebody signed in each, so that there is something to hide.
async fn two_tenants() -> TestApp {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    for (tenant, email) in [(&app.tenant, "a@volt.test"), (&other, "b@ampere.test")] {
        app.make_member(tenant, email, Role::Sales, None).await;
        let person = Person {
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
            dealer: None,
        };
        app.sign_in(&person).await;
    }
    for flow in [Flow::new(&app), Flow::in_tenant(&app, other)] {
        let product = flow.product("CABLE", 10).await;
        let order = flow.packed(flow.buyer(90_000).await, &[(product, 1)]).await;
        flow.dispatch(order).await.expect("a dispatch");
    }
    app
}

const PAIR: [&str; 4] = ["--tenant", "volt", "--other", "ampere"];

#[tokio::test]
async fn the_report_names_every_table_changes_nothing_and_is_known_again() {
    let app = two_tenants().await;
    let before = app.database.picture().await;
    let (code, report, refusal) = prove(&app, &PAIR).await;
    assert_eq!(code, Some(0), "{report}{refusal}");
    let tables = "SELECT string_agg(c.relname, ',') AS text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' \
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'";
    for table in app.database.text(tables).await.split(',') {
        for to in ["", ", to the worker"] {
            let said = format!("ok  {table}{to}: ");
            assert!(report.contains(&said), "{table}: {report}");
        }
    }
    let others = "SELECT string_agg(c.oid::regclass::text, ',') AS text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
        AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND n.nspname = 'public')";
    for table in app.database.text(others).await.split(',') {
        let said = format!("ok  {table}: has no tenant: ");
        assert!(report.contains(&said), "{table}: {report}");
    }
    for said in [
        "ok  orders: 1 row(s) hidden",
        "ok  orders, to the worker: 1 row(s) hidden",
        "outside of every tenant all but the messages that are due",
        "ok  the worker may call no function that sees more than itself",
    ] {
        assert!(report.contains(said), "{said}: {report}");
    }
    assert_eq!(
        app.database.picture().await.changed_since(&before),
        Vec::<String>::new()
    );

    let file = app.files.join("report.txt");
    std::fs::write(&file, &report).unwrap();
    let check = ["--check", file.to_str().unwrap()];
    assert_eq!(prove(&app, &check).await.0, Some(0));
    std::fs::write(&file, report.replace("orders: 1 row", "orders: 9 row")).unwrap();
    let (code, _, refusal) = prove(&app, &check).await;
    assert!(
        code == Some(1) && refusal.contains("not as this installation signed it"),
        "{refusal}"
    );
}

/// Takes each wall down, looks for what the report says then, and puts it up again.
async fn each_is_found(app: &TestApp, walls: &[(&str, &str, &str)]) {
    for (damage, repair, found) in walls {
        app.database.execute(damage).await;
        let (code, report, refusal) = prove(app, &PAIR).await;
        assert_eq!(code, Some(1), "{damage}: {report}{refusal}");
        assert!(report.contains(found), "{damage}: {report}");
        assert!(refusal.contains("check(s) failed"), "{damage}: {refusal}");
        app.database.execute(repair).await;
    }
    let (code, report, _) = prove(app, &PAIR).await;
    assert_eq!(code, Some(0), "{report}");
}

#[tokio::test]
async fn each_wall_that_is_taken_down_is_found() {
    let app = two_tenants().await;
    let walls = [
        (
            "ALTER TABLE orders DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
            "NO  orders: reads theirs (1)",
        ),
        (
            "CREATE POLICY wide ON dealers USING (true)",
            "DROP POLICY wide ON dealers",
            "dealers: wide",
        ),
        (
            "ALTER POLICY tenant_isolation ON price_lists WITH CHECK (true)",
            "ALTER POLICY tenant_isolation ON price_lists WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))",
            "NO  price_lists: adds to theirs",
        ),
        (
            "CREATE UNIQUE INDEX uq_everywhere ON dealers (code, id)",
            "DROP INDEX uq_everywhere",
            "NO  the web server writes nothing that is unique across tenants, so that no refusal tells of another's row: uq_everywhere",
        ),
        (
            "CREATE VIEW everything AS SELECT * FROM orders",
            "DROP VIEW everything",
            ": everything",
        ),
        (
            "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM orders'",
            "DROP FUNCTION peek()",
            ": peek()",
        ),
        (
            "DROP POLICY tenant_isolation ON invoices",
            "CREATE POLICY tenant_isolation ON invoices USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)) \
             WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid))",
            "for reading and for writing: invoices",
        ),
    ];
    each_is_found(&app, &walls).await;
}

#[tokio::test]
async fn what_the_worker_sees_of_others_inside_a_tenant_or_of_too_much_outside_is_found() {
    let app = two_tenants().await;
    let due = "status IN ('PENDING', 'SENDING')";
    let in_none = "(SELECT NULLIF(current_setting('app.tenant_id', true), '') IS NULL)";
    let anywhere = format!("ALTER POLICY worker_finds_due ON notification_logs USING ({due})");
    let in_no_tenant =
        format!("ALTER POLICY worker_finds_due ON notification_logs USING ({in_none} AND {due})");
    let all_of_it = format!("ALTER POLICY worker_finds_due ON document_renders USING ({in_none})");
    let rendered = format!(
        "ALTER POLICY worker_finds_due ON document_renders USING ({in_none} AND status IN ('PENDING', 'RENDERING')); \
        UPDATE document_renders SET status = 'PENDING'"
    );
    let done = format!(
        "UPDATE document_renders SET status = 'DONE', path = 'x', sha256 = 'x', size_bytes = 1, rendered_at = now(); {all_of_it}"
    );
    each_is_found(
        &app,
        &[
            (
                "CREATE POLICY wide ON orders FOR SELECT TO app_worker USING (true)",
                "DROP POLICY wide ON orders",
                "NO  orders, to the worker: reads theirs (1)",
            ),
            (
                anywhere.as_str(),
                in_no_tenant.as_str(),
                "NO  notification_logs, to the worker: reads theirs",
            ),
            (
                done.as_str(),
                rendered.as_str(),
                "NO  document_renders, to the worker: reads without a tenant (2)",
            ),
            (
                "GRANT USAGE ON SCHEMA lookup TO app_worker; GRANT EXECUTE ON FUNCTION lookup.login(text) TO app_worker",
                "REVOKE ALL ON SCHEMA lookup FROM app_worker; REVOKE ALL ON FUNCTION lookup.login(text) FROM app_worker",
                "NO  the worker may call no function that sees more than itself, and may replace none: lookup.login(text)",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_leak_in_a_table_without_a_tenant_is_found_and_so_is_one_that_nobody_knows() {
    let app = two_tenants().await;
    each_is_found(
        &app,
        &[
            (
                "CREATE TABLE leaflets (id uuid)",
                "DROP TABLE leaflets",
                "NO  leaflets: is no table of tenants, and there is no reason for it",
            ),
            (
                "CREATE SCHEMA side; CREATE TABLE side.copies AS SELECT * FROM orders",
                "DROP SCHEMA side CASCADE",
                "NO  side.copies: is no table of tenants",
            ),
            (
                "CREATE MATERIALIZED VIEW totals AS SELECT sum(total) FROM orders",
                "DROP MATERIALIZED VIEW totals",
                ": totals",
            ),
            (
                "CREATE SEQUENCE apalis.numbers",
                "DROP SEQUENCE apalis.numbers",
                ": apalis.numbers",
            ),
            (
                "CREATE FUNCTION is_cheap(bigint) RETURNS boolean IMMUTABLE LEAKPROOF LANGUAGE sql AS 'SELECT $1 < 9'",
                "DROP FUNCTION is_cheap(bigint)",
                ": is_cheap(bigint)",
            ),
            (
                "GRANT UPDATE (rate) ON tax_rates TO app_user",
                "REVOKE UPDATE (rate) ON tax_rates FROM app_user",
                "NO  tax_rates: the web server may SELECT UPDATE and not SELECT",
            ),
            (
                "CREATE POLICY wide ON sessions FOR SELECT USING (true)",
                "DROP POLICY wide ON sessions",
                "NO  sessions: the web server reads theirs (1)",
            ),
            (
                "CREATE POLICY wide ON users FOR UPDATE USING (true); CREATE POLICY seen ON users FOR SELECT USING (true)",
                "DROP POLICY wide ON users; DROP POLICY seen ON users",
                "NO  users: the web server changes theirs (",
            ),
            (
                "CREATE POLICY wide ON tenants TO app_user USING (true)",
                "DROP POLICY wide ON tenants",
                "NO  tenants: the web server changes theirs (",
            ),
            (
                "DROP POLICY held ON sign_in_tries; CREATE POLICY held ON sign_in_tries TO app_user USING (true)",
                "DROP POLICY held ON sign_in_tries; CREATE POLICY held ON sign_in_tries TO app_user \
                 USING (key = decode((SELECT NULLIF(current_setting('app.credential_hash', true), '')), 'hex'))",
                "NO  sign_in_tries: the web server changes theirs (",
            ),
        ],
    )
    .await;
}
