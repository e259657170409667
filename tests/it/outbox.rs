//! The outbox through real workers: written with the change or not at all, sent once, tried again in time, given up, and
//! sent after all when somebody wants it.

use std::collections::BTreeMap;

use serde_json::json;
use vitaran_core::access::{Role, SalesOrdersPlace};
use vitaran_core::orders::{self, Channel, PlaceLine, PlaceOrder, ProductKey};
use vitaran_core::testkit::dealer;
use vitaran_kernel::Quantity;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::meta::{Meta, Reply};
use vitaran_tests::{TestApp, test_app};

const MESSAGES: &str = "SELECT count(*) FROM notification_logs WHERE channel = 'WHATSAPP'";
const JOBS: &str = "SELECT count(*) FROM apalis.jobs WHERE job_type IN ('whatsapp', 'mail')";

#[tokio::test]
async fn two_workers_send_each_message_of_two_tenants_exactly_once() {
    const OF_EACH: usize = 20;
    let app = test_app().await;
    let ampere = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let flows = [Flow::new(&app), Flow::in_tenant(&app, ampere.clone())];
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    meta.open_account(&app, &ampere).await;
    for flow in &flows {
        let (cable, buyer) = (flow.product("CABLE", 99).await, flow.buyer(1_000_000).await);
        for _ in 0..OF_EACH {
            flow.place(buyer, &[(cable, 1)]).await;
        }
    }
    // Both find everything due when they start, woken by the queue and by their sweepers at once.
    app.database
        .execute("UPDATE notification_logs SET next_attempt_at = now() - interval '10 seconds'")
        .await;
    let program = meta.worker(&app).queues("whatsapp");
    let _workers = [program.start(), program.start()];
    let unfinished = "SELECT count(*)::text AS text FROM apalis.jobs WHERE job_type = 'whatsapp' AND status <> 'Done'";
    app.database.until(unfinished, "0").await;
    let states = "SELECT string_agg(line, '; ' ORDER BY line) AS text FROM \
        (SELECT t.slug || ': ' || count(*) || ' ' || n.status || ' after ' || n.attempts AS line FROM notification_logs n \
         JOIN tenants t ON t.id = n.tenant_id WHERE n.channel = 'WHATSAPP' GROUP BY t.slug, n.status, n.attempts) lines";
    app.database
        .until(states, "ampere: 20 SENT after 1; volt: 20 SENT after 1")
        .await;
    let mut sent = BTreeMap::<String, usize>::new();
    for message in meta.messages() {
        *sent.entry(message.notification()).or_default() += 1;
    }
    assert_eq!(sent.len(), 2 * OF_EACH);
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
}

fn one_line(buyer: Buyer, product: vitaran_kernel::ProductId) -> PlaceOrder {
    PlaceOrder {
        dealer: Some(buyer.dealer),
        ship_to: buyer.ship_to,
        lines: vec![PlaceLine {
            product: ProductKey::Id(product),
            quantity: Quantity::from_units(1),
        }],
        client_reference: None,
        note: None,
    }
}

#[tokio::test]
async fn an_order_that_is_rolled_back_leaves_no_message_and_no_job_and_nobody_hears_of_it() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    let by = flow.by::<SalesOrdersPlace>();
    let mut tx = flow.db.begin(&by).await.unwrap();
    orders::place(&mut tx, &by, Channel::Staff, one_line(buyer, cable))
        .await
        .unwrap();
    drop(tx);
    assert_eq!(app.database.count(MESSAGES).await, 0);
    assert_eq!(app.database.count(JOBS).await, 0);
    meta.worker(&app).once().await;
    assert_eq!(meta.messages().len(), 0);

    // The same, kept: the claim above is about the rollback.
    flow.place(buyer, &[(cable, 1)]).await;
    assert_eq!(app.database.count(MESSAGES).await, 1);
    assert_eq!(app.database.count(JOBS).await, 2, "WhatsApp and mail");
    meta.worker(&app).once().await;
    assert_eq!(meta.messages().len(), 1);
}

/// State, attempts, and the minutes between the last attempt and the next.
const STANDING: &str = "SELECT n.status || ' after ' || n.attempts || CASE WHEN n.status = 'PENDING' THEN ', again in ' || \
    round(extract(epoch FROM n.next_attempt_at - (SELECT max(at) FROM notification_attempts WHERE notification_id = n.id)) / 60) || ' min' ELSE '' END AS text \
    FROM notification_logs n WHERE n.channel = 'WHATSAPP'";

async fn time_passes(app: &TestApp) {
    app.database
        .execute("UPDATE notification_logs SET next_attempt_at = now() WHERE status = 'PENDING'")
        .await;
}

#[tokio::test]
async fn a_refused_message_is_tried_after_1_4_9_and_16_minutes_fails_at_the_fifth_and_goes_out_when_queued_again()
 {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    meta.reply(Reply::Refuse(503, 131_016));
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    flow.place(buyer, &[(cable, 1)]).await;
    let program = meta.worker(&app).queues("whatsapp");
    let standings = [
        "PENDING after 1, again in 1 min",
        "PENDING after 2, again in 4 min",
        "PENDING after 3, again in 9 min",
        "PENDING after 4, again in 16 min",
        "FAILED after 5",
    ];
    for standing in standings {
        program.once().await;
        assert_eq!(app.database.text(STANDING).await, standing);
        time_passes(&app).await;
    }
    program.once().await;
    assert_eq!(meta.messages().len(), 5, "a failed message rests");

    meta.reply(Reply::Accept);
    let id = "SELECT id FROM notification_logs WHERE channel = 'WHATSAPP'";
    let id = app.database.id(id).await;
    let accounts = app.api_as(Role::Accounts).await;
    let again = accounts
        .post_json(&format!("/api/v1/notifications/{id}/requeue"), &json!({}))
        .await;
    assert!(again.status < 300, "{} {}", again.status, again.body);
    program.once().await;
    assert_eq!(app.database.text(STANDING).await, "SENT after 1");
    assert_eq!(meta.messages().len(), 6);
    let history = "SELECT string_agg(event, ' ' ORDER BY id) AS text FROM notification_attempts";
    let failed = "STARTED FAILED ".repeat(5);
    assert_eq!(
        app.database.text(history).await,
        format!("{failed}REQUEUED STARTED ACCEPTED"),
        "nothing of the past is lost"
    );
}

#[tokio::test]
async fn a_dealer_without_a_number_or_without_consent_is_skipped_with_the_reason_and_never_written_to()
 {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let cable = flow.product("CABLE", 9).await;
    for unreachable in [dealer().without_phone(), dealer().without_opt_in()] {
        let mut tx = app.begin::<vitaran_core::access::SalesDealersWrite>().await;
        let (dealer, ship_to) = unreachable.insert(&mut tx, &app.tenant).await;
        tx.commit().await.unwrap();
        flow.place(Buyer { dealer, ship_to }, &[(cable, 1)]).await;
    }
    let jobs = "SELECT count(*) FROM apalis.jobs WHERE job_type = 'whatsapp'";
    assert_eq!(app.database.count(jobs).await, 0, "there is nothing to do");
    meta.worker(&app).once().await;
    let skipped = "SELECT string_agg(status || ' ' || skip_reason || ' after ' || attempts, ', ' ORDER BY created_at, id) AS text FROM notification_logs WHERE channel = 'WHATSAPP'";
    assert_eq!(
        app.database.text(skipped).await,
        "SKIPPED NO_PHONE after 0, SKIPPED NO_OPT_IN after 0"
    );
    assert_eq!(meta.messages().len(), 0);
}

#[tokio::test]
async fn two_hundred_retries_that_come_due_at_once_go_out_in_seconds_without_the_queue() {
    const DUE: usize = 200;
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let (cable, buyer) = (
        flow.product("CABLE", 999).await,
        flow.buyer(9_000_000).await,
    );
    for _ in 0..DUE {
        flow.place(buyer, &[(cable, 1)]).await;
    }
    // As after an outage: tried once, their wake-ups spent, all due.
    app.database.execute("DELETE FROM apalis.jobs").await;
    app.database
        .execute("UPDATE notification_logs SET attempts = 1, next_attempt_at = now() - interval '10 seconds' WHERE channel = 'WHATSAPP'")
        .await;
    let began = std::time::Instant::now();
    let _worker = meta.worker(&app).queues("whatsapp").start();
    let states = "SELECT string_agg(line, '; ' ORDER BY line) AS text FROM \
        (SELECT count(*) || ' ' || status || ' after ' || attempts AS line FROM notification_logs \
         WHERE channel = 'WHATSAPP' GROUP BY status, attempts) lines";
    app.database.until(states, "200 SENT after 2").await;
    // Four at a time every five seconds would take four minutes.
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(30), "{took:?}");
    assert_eq!(meta.messages().len(), DUE);
}
