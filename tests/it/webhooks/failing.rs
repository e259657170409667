//! Receivers that are slow, gone or broken: what is tried again, what is not, and that none of them delays another.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::receiver::{Receiver, Reply};
use vitaran_tests::{Client, TestApp, test_app};

use super::{
    ENDPOINTS, Endpoint, STATES, delivery, listen, listening, ping, shown, time_passes, worker,
};

/// Tells the endpoint of as many tests, one after the other.
async fn fail_times(app: &TestApp, admin: &Client, endpoint: &Endpoint, times: usize) {
    for _ in 0..times {
        ping(admin, endpoint).await;
        worker(app).once().await;
    }
}

#[tokio::test]
async fn each_kind_of_failure_is_told_in_the_log_and_tried_again() {
    let app = test_app().await;
    let (admin, receiver) = (app.api_as(Role::Admin).await, Receiver::start().await);
    let elsewhere = receiver.url("/elsewhere");
    for (path, reply, status, error) in [
        ("/broken", Reply::Status(500), json!(500), "It answered 500"),
        (
            "/missing",
            Reply::Status(404),
            json!(404),
            "It answered 404",
        ),
        (
            "/moved",
            Reply::RedirectTo(elsewhere),
            json!(307),
            "It answered 307: redirects are not followed",
        ),
        (
            "/resetting",
            Reply::BreakOff,
            Value::Null,
            "The connection broke before there was an answer",
        ),
    ] {
        receiver.reply(path, reply);
        let endpoint = listen(&admin, &receiver.url(path), &["order.placed"]).await;
        let id = ping(&admin, &endpoint).await;
        worker(&app).once().await;
        let log = delivery(&admin, &id).await;
        let sent = &log["delivery"];
        assert_eq!(
            (&sent["status"], &sent["attempts"]),
            (&json!("PENDING"), &json!(1)),
            "{path}"
        );
        assert_eq!(
            (&sent["response_status"], &sent["last_error"]),
            (&status, &json!(error)),
            "{path}"
        );
        assert!(sent["next_attempt_at"].is_string(), "{path}");
        assert!(log["attempts"][0]["duration_ms"].is_number(), "{path}");
    }
    assert_eq!(
        receiver.calls("/elsewhere").len(),
        0,
        "the redirect was followed"
    );
    receiver.reply("/endless", Reply::Endless);
    let endpoint = listen(&admin, &receiver.url("/endless"), &["order.placed"]).await;
    let id = ping(&admin, &endpoint).await;
    worker(&app).once().await;
    let log = delivery(&admin, &id).await;
    assert_eq!(
        log["delivery"]["status"],
        json!("DELIVERED"),
        "it had said 200"
    );
    assert_eq!(
        log["attempts"][0]["response_body"].as_str().unwrap().len(),
        1_024
    );
}

#[tokio::test]
async fn a_delivery_is_given_up_after_eight_failures_and_can_be_replayed() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    receiver.reply("/hooks", Reply::Status(503));
    let id = ping(&admin, &endpoint).await;
    for attempt in 1..=8 {
        worker(&app).once().await;
        assert_eq!(receiver.calls("/hooks").len(), attempt);
        time_passes(&app).await;
    }
    worker(&app).once().await;
    assert_eq!(app.database.text(STATES).await, "1 FAILED after 8");
    assert_eq!(receiver.calls("/hooks").len(), 8);

    receiver.reply("/hooks", Reply::Status(200));
    let replay = format!("/api/v1/webhook_deliveries/{id}/replay");
    let again = admin.post_json(&replay, &json!({})).await;
    assert_eq!(
        (again.status, &again.json()["status"]),
        (200, &json!("PENDING"))
    );
    let twice = admin.post_json(&replay, &json!({})).await;
    assert_eq!(
        (twice.status, twice.code().as_str()),
        (409, "webhooks.under_way")
    );
    worker(&app).once().await;
    assert_eq!(app.database.text(STATES).await, "1 DELIVERED after 1");
    let calls = receiver.calls("/hooks");
    let ids: Vec<_> = calls.iter().map(|call| call.header("webhook-id")).collect();
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "a receiver can tell that it is the same event"
    );
    let log = delivery(&admin, &id).await;
    assert_eq!(log["attempts"].as_array().unwrap().len(), 9);
    // One that arrived can be sent again as well.
    assert_eq!(admin.post_json(&replay, &json!({})).await.status, 200);
    worker(&app).once().await;
    assert_eq!(receiver.calls("/hooks").len(), 10);
}

#[tokio::test]
async fn all_that_failed_since_is_replayed_at_once_and_nothing_older() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    for _ in 0..3 {
        ping(&admin, &endpoint).await;
    }
    let fail = "UPDATE webhook_deliveries SET status = 'FAILED', ended_at = now(), attempts = 8";
    app.database.execute(fail).await;
    app.database
        .execute("UPDATE webhook_deliveries SET created_at = now() - interval '2 hours' WHERE id = (SELECT min(id::text)::uuid FROM webhook_deliveries)")
        .await;
    let path = format!("{ENDPOINTS}/{}/replay", endpoint.id);
    let replayed = admin.post_json(&path, &json!({"hours": 1})).await;
    assert_eq!(
        (replayed.status, replayed.json()),
        (200, json!({"deliveries": 2, "has_more": false}))
    );
    worker(&app).once().await;
    assert_eq!(receiver.calls("/hooks").len(), 2);
    assert_eq!(
        app.database.text(STATES).await,
        "1 FAILED after 8; 2 DELIVERED after 1"
    );
    assert_eq!(
        admin.post_json(&path, &json!({"hours": 721})).await.status,
        422
    );
}

#[tokio::test]
async fn a_replay_that_takes_no_more_says_that_others_are_left() {
    let app = test_app().await;
    let (admin, _receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let browser = app.sign_in_as(Role::Admin).await;
    let failed = |many: u32| {
        format!(
            "WITH e AS (INSERT INTO webhook_events (tenant_id, id, event, occurred_at, data) \
                 SELECT w.tenant_id, gen_random_uuid(), 'order.placed', now(), '{{}}' FROM webhook_endpoints w, generate_series(1, {many}) RETURNING tenant_id, id) \
             INSERT INTO webhook_deliveries (tenant_id, id, event_id, endpoint_id, status, created_at, ended_at) \
             SELECT tenant_id, gen_random_uuid(), id, '{}', 'FAILED', now(), now() FROM e",
            endpoint.id
        )
    };
    app.database.execute(&failed(5_001)).await;
    let replay = format!("{ENDPOINTS}/{}/replay", endpoint.id);
    for (deliveries, has_more) in [(5_000, true), (1, false), (0, false)] {
        let again = admin.post_json(&replay, &json!({})).await;
        let told = json!({ "deliveries": deliveries, "has_more": has_more });
        assert_eq!(again.json(), told, "{}", again.body);
    }
    app.database
        .execute("UPDATE webhook_deliveries SET status = 'FAILED', ended_at = now()")
        .await;
    let page = format!("/admin/webhooks/{}", endpoint.id);
    let sent = browser
        .post_form(&format!("{page}/replay"), &[("hours", "24")])
        .await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let page = browser.get(&page).await;
    assert!(
        page.body.contains("others that failed are left"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn an_endpoint_that_fails_five_times_in_a_row_is_left_alone_then_tried_once_then_trusted_again()
 {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    receiver.reply("/hooks", Reply::Status(500));
    fail_times(&app, &admin, &endpoint, 5).await;
    assert_eq!(receiver.calls("/hooks").len(), 5);
    let paused = shown(&admin, &endpoint).await;
    assert_eq!(paused["status"], json!("PAUSED"), "{paused}");
    assert!(paused["failing_since"].is_string() && paused["paused_until"].is_string());

    // What comes meanwhile waits without an attempt.
    let id = ping(&admin, &endpoint).await;
    worker(&app).once().await;
    assert_eq!(receiver.calls("/hooks").len(), 5);
    assert_eq!(
        delivery(&admin, &id).await["delivery"]["attempts"],
        json!(0)
    );
    let waits = "SELECT round(extract(epoch FROM max(paused_until) - now()) / 60)::text AS text FROM webhook_endpoints";
    assert_eq!(app.database.text(waits).await, "1");

    // The pause is over: one of the six is tried, fails, and the pause is twice as long.
    time_passes(&app).await;
    worker(&app).once().await;
    assert_eq!(receiver.calls("/hooks").len(), 6);
    assert_eq!(app.database.text(waits).await, "2");

    receiver.reply("/hooks", Reply::Status(200));
    time_passes(&app).await;
    worker(&app).once().await;
    let healed = shown(&admin, &endpoint).await;
    assert_eq!(
        (&healed["status"], &healed["failing_since"]),
        (&json!("ACTIVE"), &Value::Null)
    );
    time_passes(&app).await;
    worker(&app).once().await;
    let left = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'DELIVERED'";
    assert_eq!(app.database.count(left).await, 0);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_or_dead_for_five_days_is_switched_off_and_the_audit_log_says_so()
{
    let app = test_app().await;
    let (admin, receiver) = (app.api_as(Role::Admin).await, Receiver::start().await);
    receiver.reply("/gone", Reply::Status(410));
    let gone = listen(&admin, &receiver.url("/gone"), &["order.placed"]).await;
    let id = ping(&admin, &gone).await;
    worker(&app).once().await;
    let off = shown(&admin, &gone).await;
    assert_eq!(
        (&off["status"], &off["disabled_reason"]),
        (&json!("DISABLED"), &json!("GONE"))
    );
    assert_eq!(
        delivery(&admin, &id).await["delivery"]["status"],
        json!("FAILED")
    );
    let path = format!("{ENDPOINTS}/{}/ping", gone.id);
    let refused = admin.post_json(&path, &json!({})).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "webhooks.endpoint_disabled")
    );

    receiver.reply("/dead", Reply::Status(500));
    let dead = listen(&admin, &receiver.url("/dead"), &["order.placed"]).await;
    fail_times(&app, &admin, &dead, 1).await;
    let since = |days: u8| {
        format!(
            "UPDATE webhook_endpoints SET failing_since = now() - interval '{days} days' WHERE id = '{}'",
            dead.id
        )
    };
    app.database.execute(&since(4)).await;
    fail_times(&app, &admin, &dead, 1).await;
    assert_eq!(
        shown(&admin, &dead).await["status"],
        json!("ACTIVE"),
        "four days are not five"
    );
    // Six days of which nobody knows, because nothing was sent, are not five of failures.
    app.database.execute(&since(6)).await;
    let quiet =
        "UPDATE webhook_endpoints SET last_failed_at = last_failed_at - interval '25 hours'";
    app.database.execute(quiet).await;
    fail_times(&app, &admin, &dead, 1).await;
    assert_eq!(
        shown(&admin, &dead).await["status"],
        json!("ACTIVE"),
        "a new count"
    );
    app.database.execute(&since(6)).await;
    fail_times(&app, &admin, &dead, 1).await;
    let off = shown(&admin, &dead).await;
    assert_eq!(
        (&off["status"], &off["disabled_reason"]),
        (&json!("DISABLED"), &json!("FAILING"))
    );
    let waiting = format!(
        "SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = '{}' AND status = 'PENDING'",
        dead.id
    );
    assert_eq!(app.database.count(&waiting).await, 0);
    let told = "SELECT count(*) FROM audit_log WHERE action = 'webhooks.deactivate' AND by_user IS NULL AND by_name = 'webhook'";
    assert_eq!(app.database.count(told).await, 2);

    let mailed = "SELECT string_agg(DISTINCT about, '; ') AS text FROM account_mails WHERE kind = 'WEBHOOK_OFF'";
    assert_eq!(
        app.database.text(mailed).await,
        "127.0.0.1 said that it is gone for good; 127.0.0.1 took nothing for 5 days"
    );

    // Switched on again, it starts with a clean sheet.
    receiver.reply("/dead", Reply::Status(200));
    let on = format!("{ENDPOINTS}/{}/activation", dead.id);
    assert_eq!(
        admin.post_json(&on, &json!({})).await.json()["status"],
        json!("ACTIVE")
    );
    fail_times(&app, &admin, &dead, 1).await;
    assert_eq!(shown(&admin, &dead).await["failing_since"], Value::Null);
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other_however_much_waits_for_it() {
    let app = test_app().await;
    let (admin, receiver, hanging) = listening(&app, &["order.placed"]).await;
    receiver.reply("/hooks", Reply::Hold);
    let well = listen(&admin, &receiver.url("/well"), &["order.placed"]).await;
    for _ in 0..60 {
        ping(&admin, &hanging).await;
    }
    let _worker = worker(&app).start();
    // Eight of them are under way, and hang; the rest take no place.
    receiver.until("/hooks", 8).await;
    let asked = std::time::Instant::now();
    ping(&admin, &well).await;
    receiver.until("/well", 1).await;
    let waited = asked.elapsed();
    assert!(waited.as_secs() < 8, "it waited {waited:?}");
    assert!(receiver.calls("/hooks").len() <= 8);
}
