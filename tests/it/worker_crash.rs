//! A worker killed in the middle of its work: what it had in hand is neither lost nor done twice unseen.

use vitaran_kernel::OrderId;
use vitaran_tests::flow::Flow;
use vitaran_tests::meta::{Meta, Reply};
use vitaran_tests::renderer::BadRenderer;
use vitaran_tests::{TestApp, test_app};

use crate::documents::{files_of, sha256_of};

/// The WhatsApp message of an event, and all that has happened to it.
const MESSAGE: &str = "SELECT n.status || ' after ' || n.attempts || ': ' || \
    (SELECT coalesce(string_agg(a.attempt || ' ' || a.event, ', ' ORDER BY a.attempt, a.at, a.id), '') FROM notification_attempts a WHERE a.notification_id = n.id) AS text \
    FROM notification_logs n WHERE n.channel = 'WHATSAPP' AND n.event = ";
const RENDERS: &str = "SELECT string_agg(copy || ' ' || status || ' after ' || attempts, ', ') AS text FROM document_renders";

fn message(event: &str) -> String {
    format!("{MESSAGE}'{event}'")
}

fn jobs(queue: &str) -> String {
    format!("SELECT string_agg(status, ', ') AS text FROM apalis.jobs WHERE job_type = '{queue}'")
}

/// The queue believes a killed worker alive until it has been silent for minutes. They pass.
async fn minutes_pass_in_silence(app: &TestApp) {
    app.database
        .execute("UPDATE apalis.workers SET last_seen = now() - interval '1 hour'")
        .await;
}

async fn leases_run_out(app: &TestApp, table: &str) {
    let sql = format!(
        "UPDATE {table} SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL"
    );
    app.database.execute(&sql).await;
}

#[tokio::test]
async fn a_message_whose_worker_is_killed_is_left_alone_under_its_lease_and_then_sent_by_another() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    let program = meta.worker(&app).queues("whatsapp");

    meta.reply(Reply::Hold);
    flow.place(buyer, &[(cable, 1)]).await;
    let mut first = program.start();
    meta.until(1).await;
    first.kill().await;
    let placed = message("ORDER_PLACED");
    let held = "SENDING after 1: 1 STARTED";
    assert_eq!(app.database.text(&placed).await, held);

    // The job comes back first, while the lease still runs: whoever is woken by it must not send.
    meta.reply(Reply::Accept);
    minutes_pass_in_silence(&app).await;
    let _second = program.start();
    app.database.until(&jobs("whatsapp"), "Done").await;
    assert_eq!(app.database.text(&placed).await, held);
    assert_eq!(meta.messages().len(), 1);

    leases_run_out(&app, "notification_logs").await;
    let taken_over = "SENT after 2: 1 STARTED, 1 CRASHED, 2 STARTED, 2 ACCEPTED";
    app.database.until(&placed, taken_over).await;
    let sent = meta.messages();
    assert_eq!(
        sent.len(),
        2,
        "the killed one's request cannot be taken back"
    );
    assert_eq!(
        sent[0].notification(),
        sent[1].notification(),
        "the provider's reports can tell that both are one message"
    );
    let rows = "SELECT count(*) FROM notification_logs WHERE channel = 'WHATSAPP'";
    assert_eq!(app.database.count(rows).await, 1);
}

/// Packed and dispatched, so that an invoice wants its PDF.
async fn dispatched(app: &TestApp) -> OrderId {
    let flow = Flow::new(app);
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    let order = flow.packed(buyer, &[(cable, 2)]).await;
    flow.dispatch(order).await.expect("a dispatch");
    order
}

#[tokio::test]
async fn an_invoice_whose_worker_is_killed_while_rendering_gets_one_pdf_and_its_message_goes_out_once()
 {
    let app = test_app().await;
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    dispatched(&app).await;
    let hanging = BadRenderer::that_hangs();
    let mut first = meta
        .worker(&app)
        .queues("render")
        .with("WEASYPRINT_PYTHON", hanging.program().display().to_string())
        .start();
    hanging.until_asked(1).await;
    first.kill().await;
    let held = "ORIGINAL RENDERING after 1";
    assert_eq!(app.database.text(RENDERS).await, held);
    assert_eq!(files_of(&app), Vec::<std::path::PathBuf>::new());

    minutes_pass_in_silence(&app).await;
    let _second = meta.worker(&app).start();
    app.database.until(&jobs("render"), "Done").await;
    assert_eq!(app.database.text(RENDERS).await, held, "under its lease");

    leases_run_out(&app, "document_renders").await;
    app.database.until(RENDERS, "ORIGINAL DONE after 2").await;
    let files = files_of(&app);
    assert_eq!(files.len(), 1, "{files:?}");
    let stored = app
        .database
        .text("SELECT sha256 AS text FROM document_renders")
        .await;
    assert_eq!(sha256_of(&std::fs::read(&files[0]).unwrap()), stored);

    let told = message("ORDER_DISPATCHED");
    app.database
        .until(&told, "SENT after 1: 1 STARTED, 1 ACCEPTED")
        .await;
    assert_eq!(meta.uploads().len(), 1);
    let unfinished = "SELECT count(*)::text AS text FROM apalis.jobs WHERE status <> 'Done'";
    app.database.until(unfinished, "0").await;
}

#[tokio::test]
async fn a_message_that_kills_five_workers_has_failed_and_kills_no_sixth() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    meta.reply(Reply::Hold);
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    flow.place(buyer, &[(cable, 1)]).await;
    let program = meta.worker(&app).queues("whatsapp");
    for attempt in 1..=5 {
        let mut worker = program.start();
        meta.until(attempt).await;
        worker.kill().await;
        leases_run_out(&app, "notification_logs").await;
    }
    meta.reply(Reply::Accept);
    program.once().await;
    let crashes: Vec<String> = (1..=5)
        .map(|n| format!("{n} STARTED, {n} CRASHED"))
        .collect();
    assert_eq!(
        app.database.text(&message("ORDER_PLACED")).await,
        format!("FAILED after 5: {}", crashes.join(", "))
    );
    assert_eq!(meta.messages().len(), 5);
}
