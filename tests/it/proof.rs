//! `vitaran prove-isolation`: the report, its signature, and that it fails when a wall is down.

use std::time::Duration;

use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::{SECRET_KEY, TestApp, test_app};

/// The exit code and everything that was said.
async fn prove(app: &TestApp, more: &[&str]) -> (Option<i32>, String, String) {
    let arguments = [&["prove-isolation"], more].concat();
    let mut process = Program::vitaran(&app.database, &arguments)
        .with("SECRET_KEY", SECRET_KEY)
        .start();
    let code = process.ended_within(Duration::from_secs(60)).await;
    (code, process.stdout(), process.stderr())
}

/// Two tenants with a dispatched order each, so that there is something to hide.
async fn two_tenants() -> TestApp {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
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
        assert!(
            report.contains(&format!("ok  {table}: ")),
            "{table}: {report}"
        );
    }
    assert!(report.contains("ok  orders: 1 row(s) hidden"), "{report}");
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

#[tokio::test]
async fn each_wall_that_is_taken_down_is_found() {
    let app = two_tenants().await;
    for (damage, repair, found) in [
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
            "NO  nothing that this role writes is unique across tenants, so that no refusal tells of another's row: uq_everywhere",
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
    ] {
        app.database.execute(damage).await;
        let (code, report, refusal) = prove(&app, &PAIR).await;
        assert_eq!(code, Some(1), "{damage}: {report}");
        assert!(report.contains(found), "{damage}: {report}");
        assert!(refusal.contains("check(s) failed"), "{damage}: {refusal}");
        app.database.execute(repair).await;
    }
    let (code, report, _) = prove(&app, &PAIR).await;
    assert_eq!(code, Some(0), "{report}");
}
