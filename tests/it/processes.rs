//! How the real web and worker begin and end.

use std::time::Duration;

use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::meta::{Meta, Reply};
use vitaran_tests::process::{Process, Program};
use vitaran_tests::{Client, Database, test_app};

/// What sysexits.h calls EX_CONFIG: a supervisor need not try again.
const BAD_CONFIGURATION: Option<i32> = Some(78);
/// A process that will not serve says so soon.
const REFUSAL: Duration = Duration::from_secs(20);
/// What supervisors usually grant between SIGTERM and SIGKILL.
const STOP: Duration = Duration::from_secs(30);

/// The keys that a refusal names, in the order of its lines.
fn named_keys(process: &Process) -> Vec<String> {
    let said = process.stderr();
    said.lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once(": "))
        .map(|(key, _)| key.to_owned())
        .collect()
}

#[tokio::test]
async fn web_names_every_fault_of_its_configuration_at_once_and_repeats_no_value() {
    let mut web = Program::unconfigured("web", "serve")
        .with("DATABASE_URL", "mysql://app_user:hunter2@db/vitaran")
        .with("DB_POOL", "many")
        .with("PUBLIC_URL", "http://orders.example.in")
        .with("STAFF_IDLE_HOURS", "0")
        .with("STAFF_ABSOLUTE_DAYS", "91")
        .with("DEALER_IDLE_DAYS", "-1")
        .with("DEALER_ABSOLUTE_DAYS", "3.5")
        .with("SECRET_KEY", "k1:swordfish")
        .start();
    assert_eq!(web.ended_within(REFUSAL).await, BAD_CONFIGURATION);
    assert_eq!(
        named_keys(&web),
        [
            "DATABASE_URL",
            "DB_POOL",
            "PUBLIC_URL",
            "FILES_DIR",
            "STAFF_IDLE_HOURS",
            "STAFF_ABSOLUTE_DAYS",
            "DEALER_IDLE_DAYS",
            "DEALER_ABSOLUTE_DAYS",
            "SECRET_KEY"
        ],
        "{}",
        web.stderr()
    );
    for value in ["hunter2", "swordfish", "orders.example.in"] {
        let wrong = web.said().replace("https://orders.example.in", "");
        assert!(!wrong.contains(value), "{value} in {wrong}");
    }
}

#[tokio::test]
async fn the_worker_names_every_fault_of_its_configuration_at_once_and_repeats_no_value() {
    let mut worker = Program::unconfigured("worker", "run")
        .with("WORKER_DATABASE_URL", "hunter2")
        .with("WORKER_DB_POOL", "33")
        .with("WHATSAPP_PROVIDER", "pigeon")
        .with("RENDERERS", "3")
        .with("SMTP_URL", "hunter2")
        .with("MAIL_FROM", "nobody")
        .with("SECRET_KEY", "swordfish")
        .start();
    assert_eq!(worker.ended_within(REFUSAL).await, BAD_CONFIGURATION);
    assert_eq!(
        named_keys(&worker),
        [
            "WHATSAPP_PROVIDER",
            "SMTP_URL",
            "WORKER_DATABASE_URL",
            "WORKER_DB_POOL",
            "PUBLIC_URL",
            "FILES_DIR",
            "MAIL_FROM",
            "WEASYPRINT_PYTHON",
            "RENDERERS",
            "SECRET_KEY"
        ],
        "{}",
        worker.stderr()
    );
    for value in ["hunter2", "pigeon", "swordfish"] {
        assert!(!worker.said().contains(value), "{}", worker.said());
    }
}

#[tokio::test]
async fn a_check_of_everything_tells_what_two_programs_miss_once() {
    let mut check = Program::unconfigured("vitaran", "check-config").start();
    assert_eq!(check.ended_within(REFUSAL).await, BAD_CONFIGURATION);
    let mut keys = named_keys(&check);
    let told = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), told, "{}", check.stderr());
    for key in [
        "DATABASE_URL",
        "FILES_DIR",
        "OWNER_DATABASE_URL",
        "WORKER_DATABASE_URL",
    ] {
        assert!(keys.iter().any(|told| told == key), "{key}");
    }
}

#[tokio::test]
async fn neither_starts_in_a_role_that_row_level_security_does_not_bind() {
    let app = test_app().await;
    let powerful = [
        (app.database.url_of("app_owner"), "owns tables"),
        (app.database.url_of_superuser(), "is a superuser"),
    ];
    for (url, why) in powerful {
        let web = Program::web(&app).with("DATABASE_URL", &url);
        let worker = Program::worker(&app).with("WORKER_DATABASE_URL", &url);
        let (mut web, mut worker) = (web.start(), worker.start());
        for process in [&mut web, &mut worker] {
            assert_eq!(process.ended_within(REFUSAL).await, Some(1), "{why}");
            let said = process.stderr();
            assert!(said.contains(why), "{why} in {said}");
        }
    }
}

#[tokio::test]
async fn neither_starts_on_a_database_that_lacks_a_migration_of_theirs_and_one_more_does_no_harm() {
    let app = test_app().await;
    let empty = Database::create_empty().await;
    let behind = Database::create().await;
    let last = "(SELECT max(version) FROM __diesel_schema_migrations)";
    behind
        .execute(&format!(
            "DELETE FROM __diesel_schema_migrations WHERE version = {last}"
        ))
        .await;
    for database in [&empty, &behind] {
        let (user, worker) = (database.url_of("app_user"), database.url_of("app_worker"));
        let mut web = Program::web(&app).with("DATABASE_URL", user).start();
        let mut worker = Program::worker(&app)
            .with("WORKER_DATABASE_URL", worker)
            .start();
        for process in [&mut web, &mut worker] {
            assert_eq!(process.ended_within(REFUSAL).await, Some(1));
            let said = process.stderr();
            assert!(said.contains("run `vitaran migrate` first"), "{said}");
        }
    }
    let ahead = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')";
    app.database.execute(ahead).await;
    Program::web(&app).serve().await;
    Program::worker(&app).once().await;
}

#[tokio::test]
async fn a_web_that_is_told_to_stop_ends_well_although_a_page_listens_for_changes() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let program = Program::web(&app);
    let mut web = program.serve().await;
    let browser = Client::new(program.base());
    let pair = [("email", &*person.email), ("password", &*person.password)];
    assert_eq!(browser.post_form("/login", &pair).await.status, 303);
    let mut stream = browser.open("/live").await;
    assert!(
        stream.chunk().await.unwrap().is_some(),
        "the stream is open"
    );
    web.terminate();
    assert_eq!(web.ended_within(STOP).await, Some(0));
    while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    let later = reqwest::get(format!("{}/health", program.base())).await;
    assert!(later.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_ends_what_it_has_in_hand_and_begins_nothing() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    meta.reply(Reply::Hold);
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    flow.place(buyer, &[(cable, 1)]).await;
    let mut worker = meta
        .worker(&app)
        .queues("whatsapp")
        .with("RUST_LOG", "info")
        .start();
    meta.until(1).await;
    worker.terminate();
    worker.until_it_says("the worker is stopping").await;
    // What is queued from now on is for others.
    flow.place(buyer, &[(cable, 1)]).await;
    assert!(worker.is_running(), "it waits for the answer");
    meta.reply(Reply::Accept);
    assert_eq!(worker.ended_within(STOP).await, Some(0));
    let states = "SELECT string_agg(status || ' ' || attempts, ', ' ORDER BY id) AS text FROM notification_logs WHERE channel = 'WHATSAPP'";
    assert_eq!(app.database.text(states).await, "SENT 1, PENDING 0");
    assert_eq!(meta.messages().len(), 1);
}

/// CPU of web for a page of orders in milliseconds, and memory in KiB. What is built for tests costs some eight times what is
/// built to be run; `bin/bench --check` holds that to its own bounds. The test finds what grew by a multiple.
const PAGE_CPU_MS: u64 = if cfg!(debug_assertions) { 12 } else { 1 };
const WEB_PSS_KIB: u64 = if cfg!(debug_assertions) { 120 } else { 50 } * 1024;

#[tokio::test]
async fn a_page_of_orders_costs_web_no_more_cpu_and_memory_than_it_may() {
    const PAGES: u64 = 60;
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (cable, buyer) = (flow.product("CABLE", 99).await, flow.buyer(100_000).await);
    for _ in 0..25 {
        flow.place(buyer, &[(cable, 1)]).await;
    }
    let person = app.person(Role::Sales).await;
    let program = Program::web(&app);
    let web = program.serve().await;
    let browser = Client::new(program.base());
    let pair = [("email", &*person.email), ("password", &*person.password)];
    assert_eq!(browser.post_form("/login", &pair).await.status, 303);
    assert_eq!(browser.get("/admin/orders").await.status, 200);
    let before = web.cost();
    for _ in 0..PAGES {
        browser.get("/admin/orders").await;
    }
    let after = web.cost();
    let each = (after.cpu_ms - before.cpu_ms) / PAGES;
    assert!(each <= PAGE_CPU_MS, "{each} ms of CPU a page");
    assert!(after.pss_kib <= WEB_PSS_KIB, "{} KiB", after.pss_kib);
}

#[tokio::test]
async fn an_idle_worker_that_is_told_to_stop_ends_well() {
    let app = test_app().await;
    let mut worker = Program::worker(&app).start();
    let queues = "SELECT count(DISTINCT worker_type)::text AS text FROM apalis.workers";
    app.database
        .until(queues, &vitaran_worker::registry::KINDS.len().to_string())
        .await;
    worker.terminate();
    assert_eq!(worker.ended_within(STOP).await, Some(0));
}

#[tokio::test]
async fn who_opens_a_connection_and_does_not_say_what_they_want_is_cut_off() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let app = test_app().await;
    let program = Program::web(&app);
    let _web = program.serve().await;
    let address = program.base().replace("http://", "");
    let mut half = tokio::net::TcpStream::connect(&address).await.unwrap();
    half.write_all(b"GET /health HTTP/1.1\r\nhost: he")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(25), half.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection is still open");
}
