//! The trail: every write to a tenant's rows is told with who made it, by what, and what changed.

use std::time::Duration;

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::{Database, TestApp, test_app};

const TENANT_TABLES: &str = "SELECT c.oid, c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')";

/// Tables of which the trail tells nothing, each with its reason.
const UNTOLD: [(&str, &str); 23] = [
    ("audit_log", "a trail itself, which only grows"),
    ("audit_seals", "the trail's own seals, which only grow"),
    ("audit_trail", "the trail"),
    ("cart_lines", "a wish; the order that it becomes is told"),
    ("dealer_ledger", "a trail itself, which only grows"),
    ("document_counters", "what was drawn stands on the document"),
    (
        "document_renders",
        "the machinery of delivery; a PDF can be drawn again",
    ),
    (
        "idempotency_keys",
        "what a request was answered, kept for a day",
    ),
    (
        "invoice_lines",
        "part of a document that never changes; the invoice is told",
    ),
    (
        "invoice_tax_summary",
        "part of a document that never changes; the invoice is told",
    ),
    ("notification_attempts", "a trail itself, which only grows"),
    (
        "notification_logs",
        "the machinery of delivery; its steps are notification_attempts",
    ),
    ("order_counters", "what was drawn stands on the order"),
    ("order_status_history", "a trail itself, which only grows"),
    ("product_words", "made from products, for the search"),
    ("receipt_allocations", "a trail itself, which only grows"),
    (
        "receivables",
        "sums of invoices and allocations, checked by verify-invariants",
    ),
    (
        "stock_balances",
        "sums of ledger and reservations, checked by verify-invariants",
    ),
    ("stock_ledger", "a trail itself, which only grows"),
    (
        "webhook_attempts",
        "the machinery of delivery; what was sent and came back",
    ),
    (
        "webhook_deliveries",
        "the machinery of delivery; its steps are webhook_attempts",
    ),
    ("webhook_events", "what happened, and is told already"),
    (
        "webhook_subscriptions",
        "what the endpoint listens to stands on it, and is told",
    ),
];

/// A list of names, sorted.
async fn names(database: &Database, sql: &str) -> Vec<String> {
    let sql = format!(
        "SELECT string_agg(name, ',' ORDER BY name COLLATE \"C\") AS text FROM ({sql}) found (name)"
    );
    let text = database.text(&sql).await;
    text.split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn with_trigger(event: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'trail_{event}' AND g.tgenabled = 'O' \
         AND g.tgfoid = to_regproc('trail.' || quote_ident(t.relname)))"
    )
}

#[tokio::test]
async fn every_write_to_every_table_is_told_or_there_is_a_reason() {
    let database = Database::create().await;
    for event in ["update", "delete"] {
        let untold = format!(
            "SELECT t.relname FROM ({TENANT_TABLES}) t WHERE t.relname <> ALL ('{{{}}}') AND NOT {}",
            UNTOLD.map(|(table, _)| table).join(","),
            with_trigger(event)
        );
        assert_eq!(
            names(&database, &untold).await,
            Vec::<String>::new(),
            "{event}"
        );
    }
    let listed = format!(
        "SELECT t.relname FROM ({TENANT_TABLES}) t WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname LIKE 'trail_%')"
    );
    assert_eq!(
        names(&database, &listed).await,
        UNTOLD.map(|(table, _)| table)
    );
    // A line is written with its order, whose beginning is told, and is frozen from then on.
    let unborn = format!(
        "SELECT t.relname FROM ({TENANT_TABLES}) t WHERE {} AND NOT {}",
        with_trigger("update"),
        with_trigger("insert")
    );
    assert_eq!(names(&database, &unborn).await, ["order_lines"]);
}

#[tokio::test]
async fn the_trails_functions_are_pinned_and_nobody_may_call_or_replace_them() {
    let database = Database::create().await;
    let loose = "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'trail'::regnamespace AND p.prorettype = 'trigger'::regtype \
        AND NOT (p.prosecdef AND p.proconfig = '{search_path=pg_catalog}' AND p.proowner = 'app_owner'::regrole AND p.pronargs = 0)";
    assert_eq!(names(&database, loose).await, Vec::<String>::new());
    let open = "SELECT role || ' ' || p.proname FROM pg_proc p, unnest(ARRAY['app_user', 'app_worker', 'app_lookup']) role \
        WHERE p.pronamespace = 'trail'::regnamespace AND (has_function_privilege(role, p.oid, 'EXECUTE') OR has_schema_privilege(role, 'trail', 'USAGE, CREATE'))";
    assert_eq!(names(&database, open).await, Vec::<String>::new());
    let written = "SELECT role || ' ' || privilege FROM unnest(ARRAY['app_user', 'app_worker', 'app_lookup']) role, \
        unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) privilege WHERE has_table_privilege(role, 'audit_trail', privilege)";
    assert_eq!(names(&database, written).await, Vec::<String>::new());
}

/// What the trail says of some rows, oldest first.
async fn told(app: &TestApp, which: &str) -> Vec<Value> {
    let sql = format!(
        "SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY tx, n), '[]')::text AS text FROM audit_trail t WHERE {which}"
    );
    serde_json::from_str(&app.database.text(&sql).await).unwrap()
}

const REQUEST: &str = "01890000-0000-7000-8000-0000000000aa";

#[tokio::test]
async fn a_change_is_told_with_who_by_which_session_and_request_and_what_it_said_before() {
    let app = test_app().await;
    let dealer = Flow::new(&app).buyer(50_000).await.dealer;
    let person = app.person(Role::Accounts).await;
    let client = app.sign_in(&person).await.with("x-request-id", REQUEST);
    let path = format!("/admin/dealers/{dealer}/credit-limit");
    let answer = client
        .post_form(&path, &[("version", "1"), ("credit_limit", "80000")])
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);

    let rows = told(&app, &format!("request_id = '{REQUEST}'")).await;
    let [row] = rows.as_slice() else {
        panic!("{rows:#?}")
    };
    assert_eq!(
        (&row["table_name"], &row["op"]),
        (&json!("dealer_credit"), &json!("UPDATE"))
    );
    assert_eq!(
        (&row["before"], &row["after"]),
        (
            &json!({"credit_limit": "50000.00"}),
            &json!({"credit_limit": "80000.00"})
        )
    );
    assert_eq!(
        (&row["row_key"], &row["object_id"]),
        (&json!(dealer), &json!(dealer))
    );
    let who = app
        .database
        .text(&format!(
            "SELECT id::text AS text FROM users WHERE email = '{}'",
            person.email
        ))
        .await;
    assert_eq!(
        (&row["actor_id"], &row["visit_id"]),
        (&json!(who), &Value::Null)
    );
    let session = app.database.text(&format!("SELECT 'session ' || left(encode(id_hash, 'hex'), 12) AS text FROM sessions WHERE user_id = '{who}'")).await;
    assert_eq!(row["via"], json!(session));
    // What people read stands beside it, under the same transaction and request.
    let read = format!(
        "SELECT action FROM audit_log WHERE request_id = '{REQUEST}' AND tx = {}",
        row["tx"]
    );
    assert_eq!(
        names(&app.database, &read).await,
        ["dealers.credit_limit.set"]
    );

    let program = app.api(&person).await;
    let changed = program
        .with("if-match", "\"v2\"")
        .put_json(
            &format!("/api/v1/dealers/{dealer}/credit_limit"),
            &json!({"credit_limit": "90000.00"}),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let rows = told(&app, "via LIKE 'token %' AND table_name = 'dealer_credit'").await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!(
        rows[0]["request_id"],
        json!(changed.header("x-request-id").unwrap())
    );
}

#[tokio::test]
async fn an_orders_way_is_told_under_the_order_and_its_content_is_not_told_twice() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (cable, switch) = (
        flow.product("CABLE", 10).await,
        flow.product("SWITCH", 10).await,
    );
    let buyer = flow.buyer(100_000).await;
    let order = flow.packed(buyer, &[(cable, 1), (switch, 2)]).await;
    flow.dispatch(order).await.unwrap();
    let steps = format!(
        "SELECT string_agg(said, '; ' ORDER BY tx, said) AS text FROM (SELECT tx, format('%s %s %s%s', op, table_name, count(*), \
             ' ' || string_agg(DISTINCT (SELECT string_agg(k, '+' ORDER BY k) FROM jsonb_object_keys(after) k), ',')) AS said \
         FROM audit_trail WHERE object_id = '{order}' GROUP BY tx, op, table_name) steps"
    );
    assert_eq!(
        app.database.text(&steps).await,
        "INSERT orders 1; \
         INSERT credit_holds 1 amount+dealer_id+held_at+order_id; UPDATE orders 1 status; \
         INSERT pick_lists 1 id+location_id+order_id+started_at+started_by+started_by_name; \
         UPDATE order_lines 2 picked_quantity; UPDATE orders 2 status; UPDATE pick_lists 1 closed_at; \
         INSERT invoices 1; INSERT shipments 1; UPDATE credit_holds 1 released_at; UPDATE orders 1 status"
    );
    // Rolled back, nothing is told of it.
    let before = app.database.count("SELECT count(*) FROM audit_trail").await;
    flow.dispatch(order).await.unwrap_err();
    assert_eq!(
        app.database.count("SELECT count(*) FROM audit_trail").await,
        before
    );
}

#[tokio::test]
async fn secrets_are_told_as_changed_and_shown_to_nobody() {
    let app = test_app().await;
    let tenant = app.tenant.tenant.id;
    let dealer = Flow::new(&app).buyer(1_000).await.dealer;
    app.database
        .execute(&format!(
            "INSERT INTO whatsapp_accounts (tenant_id, id, phone_number_id, waba_id, access_token, app_secret, verify_token_sha256, updated_at) \
                 VALUES ('{tenant}', gen_random_uuid(), '1', '2', 'canary-1', 'canary-2', 'canary-3', now()); \
             UPDATE whatsapp_accounts SET access_token = 'canary-4'; \
             INSERT INTO dealer_contacts (tenant_id, id, dealer_id, name, phone) VALUES ('{tenant}', gen_random_uuid(), '{dealer}', 'R', '+919876543210'); \
             UPDATE dealer_contacts SET phone = '+919876543299' WHERE phone = '+919876543210'; \
             DELETE FROM whatsapp_accounts; \
             INSERT INTO webhook_endpoints (tenant_id, id, url, description, events, created_at, created_by) \
                 VALUES ('{tenant}', gen_random_uuid(), 'https://erp.example.in/canary-5?key=canary-6', '', '{{order.placed}}', now(), 'Meera'); \
             UPDATE webhook_endpoints SET url = 'https://erp.example.in/canary-7'; \
             DELETE FROM webhook_endpoints"
        ))
        .await;
    let rows = told(
        &app,
        "table_name IN ('whatsapp_accounts', 'dealer_contacts', 'webhook_endpoints')",
    )
    .await;
    assert!(rows.len() >= 8, "{rows:#?}");
    let text = serde_json::to_string(&rows).unwrap();
    assert!(
        !text.contains("canary") && !text.contains("98765432"),
        "{text}"
    );
    let changed = rows
        .iter()
        .find(|row| row["table_name"] == "whatsapp_accounts" && row["op"] == "UPDATE")
        .unwrap();
    assert_eq!(
        (&changed["before"], &changed["after"]),
        (&json!({"access_token": "…"}), &json!({"access_token": "…"}))
    );
    let called = rows
        .iter()
        .find(|row| row["table_name"] == "webhook_endpoints" && row["op"] == "UPDATE")
        .unwrap();
    assert_eq!(
        (&called["before"], &called["after"]),
        (&json!({"url": "…"}), &json!({"url": "…"}))
    );
    let moved = rows
        .iter()
        .find(|row| row["table_name"] == "dealer_contacts" && row["op"] == "UPDATE")
        .unwrap();
    assert_eq!(
        (&moved["before"], &moved["after"]),
        (&json!({"phone": "…3210"}), &json!({"phone": "…3299"}))
    );
}

/// Columns that are named as a secret could be and are told as they are, each with its reason.
const SHOWN: [(&str, &str); 2] = [
    (
        "invoices.hash",
        "the chain's link, for everybody to recompute",
    ),
    (
        "whatsapp_accounts.phone_number_id",
        "the provider's name of the account",
    ),
];

#[tokio::test]
async fn a_column_that_could_hold_a_secret_is_masked_or_listed() {
    let database = Database::create().await;
    let shown = format!(
        "SELECT t.relname || '.' || a.attname FROM ({TENANT_TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_proc p ON p.pronamespace = 'trail'::regnamespace AND p.proname = t.relname \
         WHERE a.attname ~ '(pass|secret|token|hash|sha256|otp|pin$|key$|seed|recovery|phone)' AND a.atttypid <> 'uuid'::regtype \
           AND p.prosrc LIKE '%o.' || a.attname || ' %' \
           AND p.prosrc NOT LIKE '%o.' || a.attname || ' IS NULL THEN NULL ELSE ''…''%' AND p.prosrc NOT LIKE '%trail.masked(o.' || a.attname || ')%'"
    );
    assert_eq!(
        names(&database, &shown).await,
        SHOWN.map(|(column, _)| column)
    );
}

#[tokio::test]
async fn what_a_key_writes_names_the_key_and_its_maker_and_is_found_with_the_makers_changes() {
    let app = test_app().await;
    let maker = app.person(Role::Admin).await;
    let person = app.api(&maker).await;
    let made = person
        .with("idempotency-key", "k")
        .post_json(
            "/api/v1/api_keys",
            &json!({"name": "Tally", "scopes": ["inventory.categories.write"]}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let key = app.client().bearer(made.json()["secret"].as_str().unwrap());
    let added = key
        .with("idempotency-key", "k")
        .post_json("/api/v1/categories", &json!({"name": "Wires"}))
        .await;
    assert_eq!(added.status, 201, "{}", added.body);
    let id = format!("SELECT id FROM users WHERE email = '{}'", maker.email);
    let id = app.database.id(&id).await;
    let object = added.json()["id"].as_str().unwrap().to_owned();
    for filter in [
        format!("object_id={object}"),
        format!("actor_id={id}&object_id={object}"),
    ] {
        let told = person.get(&format!("/api/v1/audit?{filter}")).await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!(
            told.json()["data"][0]["actor_name"],
            "Tally, key of Test Administrator",
            "{filter}: {}",
            told.body
        );
    }
}

#[tokio::test]
async fn a_support_visits_writes_name_the_visitor_and_the_visit() {
    let app = test_app().await;
    let dealer = Flow::new(&app).buyer(50_000).await.dealer;
    let client = app.sign_in_platform_admin().await;
    let visit = [("reason", "They asked for it"), ("may_write", "on")];
    let answer = client.post_form("/super/tenants/volt/visits", &visit).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let path = format!("/admin/dealers/{dealer}/credit-limit");
    let answer = client
        .post_form(&path, &[("version", "1"), ("credit_limit", "60000")])
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let both = "SELECT concat_ws(' ', t.table_name, i.user_id = t.actor_id, i.reason) FROM audit_trail t JOIN impersonations i ON i.id = t.visit_id";
    assert_eq!(
        names(&app.database, both).await,
        ["dealer_credit t They asked for it"]
    );
    let begun = "SELECT (t.actor_id = (t.after->>'user_id')::uuid)::text FROM audit_trail t WHERE table_name = 'impersonations' AND op = 'INSERT'";
    assert_eq!(names(&app.database, begun).await, ["true"]);
}

#[tokio::test]
async fn a_job_carries_the_id_of_the_request_that_asked_for_it() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow.product("CABLE", 10).await;
    let order = flow.place(flow.buyer(9_000).await, &[(product, 1)]).await;
    let client = app.api_as(Role::Sales).await.with("x-request-id", REQUEST);
    let answer = client
        .post_json(&format!("/api/v1/orders/{order}/approval"), &json!({}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let asked = format!(
        "SELECT count(*) FROM apalis.jobs WHERE convert_from(job, 'UTF8')::jsonb->>'request_id' = '{REQUEST}'"
    );
    assert!(app.database.count(&asked).await >= 1);
}

/// Waits until nothing runs any more that began before now, in any database of the server: what others do beside a test would
/// otherwise keep its rows from being settled.
async fn settle(app: &TestApp) {
    let now = app
        .database
        .text("SELECT pg_current_xact_id()::text AS text")
        .await;
    let passed =
        format!("SELECT (pg_snapshot_xmin(pg_current_snapshot()) > '{now}'::xid8)::text AS text");
    app.database.until(&passed, "true").await;
}

fn worker_db(app: &TestApp) -> vitaran_core::db::Db {
    let settings = vitaran_core::db::DbSettings::new(app.database.url_of("app_worker"));
    let clock = std::sync::Arc::new(app.clock.clone());
    vitaran_core::db::Db::connect(&settings, clock, vitaran_core::live::Hints::none()).unwrap()
}

/// Seals as the worker does.
async fn seal(app: &TestApp) -> vitaran_core::audit::Sealed {
    let db = worker_db(app);
    vitaran_core::audit::seal_trail_now(&db).await.unwrap()
}

async fn verify_chain(app: &TestApp) -> Result<String, String> {
    let mut process =
        Program::vitaran(&app.database, &["verify-chain", "--tenant", "volt"]).start();
    let ended = process.ended_within(Duration::from_secs(60)).await;
    match ended {
        Some(0) => Ok(process.stdout()),
        _ => Err(process.said()),
    }
}

/// Does to the trail what its triggers refuse to everybody.
async fn tamper(app: &TestApp, sql: &str) {
    let sql = format!("BEGIN; SET LOCAL session_replication_role = 'replica'; {sql}; COMMIT");
    app.database.execute(&sql).await;
}

#[tokio::test]
async fn a_trail_that_is_restored_into_a_cluster_with_lower_numbers_counts_on_and_stays_whole() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let numbered_by = async |ahead: &str| {
        let sql = format!(
            "CREATE OR REPLACE FUNCTION trail_ahead() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {ahead}::bigint"
        );
        app.database.execute(&sql).await;
    };
    // The cluster that it came from had seen a thousand million transactions more.
    numbered_by("1000000000").await;
    flow.buyer(50_000).await;
    settle(&app).await;
    assert!(seal(&app).await.seals >= 1);
    // In the new one its next rows would fall among the sealed ones, until it is migrated.
    numbered_by("0").await;
    assert_eq!(
        seal(&app).await.seals,
        0,
        "nothing lies behind the last seal"
    );
    let migrated = Program::vitaran(&app.database, &["migrate"]).answer().await;
    migrated.unwrap();
    flow.buyer(60_000).await;
    // What waits for its seal is no row of a transaction that has not been.
    let said = verify_chain(&app).await.unwrap();
    assert!(
        said.contains(" 0 fault(s); last seal ") && !said.contains(" 0 not sealed yet"),
        "{said}"
    );
    settle(&app).await;
    assert_eq!(seal(&app).await.seals, 1);
    let said = verify_chain(&app).await.unwrap();
    assert!(said.contains(" 0 fault(s); last seal "), "{said}");
    // The log counts on too: each leads to the other.
    let admin = app.api_as(Role::Admin).await.with("idempotency-key", "c");
    let made = admin
        .post_json("/api/v1/categories", &json!({ "name": "Fans" }))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let both = "SELECT count(*) FROM audit_log l JOIN audit_trail t ON t.tenant_id = l.tenant_id AND t.tx = l.tx \
        WHERE l.object_kind = 'category' AND t.table_name = 'categories'";
    assert_eq!(app.database.count(both).await, 1);
    // A second migration moves nothing.
    let ahead = app
        .database
        .text("SELECT trail_ahead()::text AS text")
        .await;
    let again = Program::vitaran(&app.database, &["migrate"]).answer().await;
    again.unwrap();
    let after = app
        .database
        .text("SELECT trail_ahead()::text AS text")
        .await;
    assert_eq!(after, ahead);
}

#[tokio::test]
async fn a_migration_reads_the_ends_of_trails_and_keeps_nobody_from_them() {
    use diesel_async::{AsyncConnection as _, SimpleAsyncConnection as _};
    let app = test_app().await;
    Flow::new(&app).buyer(50_000).await;
    let connect = async |role: &str| {
        let url = app.database.url_of(role);
        diesel_async::AsyncPgConnection::establish(&url)
            .await
            .unwrap()
    };
    let mut reader = connect("app_user").await;
    let reading = "BEGIN; SELECT FROM audit_trail LIMIT 1; SELECT FROM audit_seals LIMIT 1; SELECT FROM audit_log LIMIT 1";
    reader.batch_execute(reading).await.unwrap();
    let audit = include_str!("../../core/schema/sql/audit.sql");
    let mut owner = connect("app_owner").await;
    let again = format!("BEGIN; SET LOCAL lock_timeout = '2s'; {audit} COMMIT");
    owner.batch_execute(&again).await.unwrap();
    reader.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn a_tenant_whose_trail_cannot_be_sealed_keeps_no_other_from_its_seals() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    Flow::new(&app).buyer(50_000).await;
    Flow::in_tenant(&app, other.clone()).buyer(50_000).await;
    settle(&app).await;
    // The first that is looked at.
    let first = app
        .database
        .id("SELECT id FROM tenants ORDER BY id LIMIT 1")
        .await;
    let broken = format!(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.tenant_id = '{first}' THEN RAISE 'broken'; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER broken BEFORE INSERT ON audit_seals FOR EACH ROW EXECUTE FUNCTION broken()"
    );
    app.database.execute(&broken).await;
    let failed = vitaran_core::audit::seal_trail_now(&worker_db(&app)).await;
    assert!(failed.is_err(), "the run says so: {failed:?}");
    let sealed = format!("SELECT count(*) FROM audit_seals WHERE tenant_id <> '{first}'");
    assert_eq!(app.database.count(&sealed).await, 1);
}

#[tokio::test]
async fn a_sealed_trail_holds_and_a_changed_a_removed_and_an_added_row_are_found() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    flow.buyer(50_000).await;
    settle(&app).await;
    let first = seal(&app).await;
    assert!(first.seals >= 1 && first.rows > 3, "{first:?}");
    assert_eq!(seal(&app).await.seals, 0, "nothing new is no seal");
    flow.buyer(60_000).await;
    settle(&app).await;
    assert_eq!(seal(&app).await.seals, 1);
    flow.buyer(70_000).await;
    let said = verify_chain(&app).await.unwrap();
    assert!(
        said.contains("under 2 seal(s)") && said.contains(" 0 fault(s); last seal "),
        "{said}"
    );

    for (damage, repair, found) in [
        (
            "UPDATE audit_trail SET after = jsonb_set(after, '{credit_limit}', '\"50001\"') WHERE table_name = 'dealer_credit' AND after->>'credit_limit' = '50000.00'",
            "UPDATE audit_trail SET after = jsonb_set(after, '{credit_limit}', '\"50000.00\"') WHERE after->>'credit_limit' = '50001'",
            "seal 1",
        ),
        (
            "CREATE TABLE kept AS SELECT * FROM audit_trail WHERE after->>'credit_limit' = '60000.00'; DELETE FROM audit_trail WHERE after->>'credit_limit' = '60000.00'",
            "INSERT INTO audit_trail SELECT * FROM kept",
            "seal 2",
        ),
        (
            "INSERT INTO audit_trail SELECT (jsonb_populate_record(t, '{\"n\": 900}')).* FROM audit_trail t WHERE n = 1 ORDER BY tx LIMIT 1",
            "DELETE FROM audit_trail WHERE n = 900",
            "1 row(s) were added",
        ),
        (
            "UPDATE audit_seals SET hash = repeat('0', 64) WHERE n = 1",
            "UPDATE audit_seals s SET hash = o.previous_hash FROM audit_seals o WHERE s.n = 1 AND o.n = 2",
            "seal 2: it does not follow",
        ),
    ] {
        tamper(&app, damage).await;
        let said = verify_chain(&app).await.unwrap_err();
        assert!(said.contains(found), "{damage}: {said}");
        tamper(&app, repair).await;
        verify_chain(&app).await.unwrap();
    }
    // Who noted the last hash sees that the end was taken off.
    let head = verify_chain(&app).await.unwrap();
    tamper(&app, "DELETE FROM audit_seals WHERE n = 2").await;
    assert_ne!(verify_chain(&app).await.unwrap(), head);
}

#[tokio::test]
async fn what_commits_late_falls_into_a_later_seal_and_is_sealed() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    settle(&app).await;
    seal(&app).await;
    // A long transaction writes first, others write and commit beside it.
    let by = flow.by::<vitaran_core::access::SalesDealersWrite>();
    let mut late = flow.db.begin(&by).await.unwrap();
    vitaran_core::testkit::dealer()
        .insert(&mut late, &flow.tenant)
        .await;
    flow.buyer(60_000).await;
    assert_eq!(
        seal(&app).await.seals,
        0,
        "below what still runs nothing is settled"
    );
    late.commit().await.unwrap();
    settle(&app).await;
    let sealed = seal(&app).await;
    let said = verify_chain(&app).await.unwrap();
    assert!(
        sealed.seals == 1 && said.contains(" 0 not sealed yet, 0 fault(s)"),
        "{sealed:?} {said}"
    );
}
