//! Keeping endpoints: on the pages, over the API, and what the database holds of them.

use std::sync::Arc;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use serde_json::json;
use vitaran_core::access::{PlatformWebhooksManage, Role};
use vitaran_core::db::{Db, DbSettings};
use vitaran_core::housekeeping::keep_house_now;
use vitaran_core::live::Hints;
use vitaran_core::webhooks;
use vitaran_kernel::WebhookEndpointId;
use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::{TestApp, test_app};

use super::{ENDPOINTS, STATES, delivery, listen, listening, ping, shown, worker};

#[tokio::test]
async fn a_secret_is_shown_once_and_stands_nowhere_in_clear() {
    let app = test_app().await;
    let (browser, key) = (
        app.sign_in_as(Role::Admin).await,
        uuid::Uuid::now_v7().to_string(),
    );
    let fields = [
        ("idempotency_key", key.as_str()),
        ("url", "https://erp.example.in/hooks"),
        ("description", "Tally"),
        ("events", "order.placed"),
        ("events", "invoice.issued"),
    ];
    let made = browser.post_form("/admin/webhooks/new", &fields).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let from = made.body.find("whsec_").expect("a secret");
    let secret: String = made.body[from..]
        .chars()
        .take_while(|c| *c != '"' && *c != '<')
        .collect();
    assert!(secret.len() > 40, "{secret}");
    let again = browser.post_form("/admin/webhooks/new", &fields).await;
    assert!(
        again.status == 200 && !again.body.contains("whsec_"),
        "{}",
        again.body
    );
    let id = app.database.id("SELECT id FROM webhook_endpoints").await;
    let page = browser.get(&format!("/admin/webhooks/{id}")).await;
    assert!(
        page.body.contains("Tally") && !page.body.contains("whsec_"),
        "{}",
        page.body
    );

    let tables = "SELECT string_agg(format('SELECT %L FROM %s t WHERE t::text LIKE ''%%' || 'WANTED' || '%%''', c.oid::regclass, c.oid::regclass), ' UNION ALL ') AS text \
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')";
    let search = app.database.text(tables).await;
    let found = async |wanted: &str| {
        let sql = search.replace("WANTED", wanted);
        app.database
            .text(&format!(
                "SELECT coalesce(string_agg(found, ', '), '') AS text FROM ({sql}) s (found)"
            ))
            .await
    };
    assert_eq!(
        found(secret.trim_start_matches("whsec_").trim_end_matches('=')).await,
        ""
    );
    assert!(
        found("erp.example.in").await.contains("webhook_endpoints"),
        "the search finds nothing"
    );
    let may = "SELECT count(*) FROM (SELECT WHERE has_column_privilege('app_user', 'webhook_secrets', 'sealed_secret', 'SELECT')) s";
    assert_eq!(
        app.database.count(may).await,
        0,
        "web can read secrets back"
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_is_refused_beside_its_field_on_both_faces() {
    let app = test_app().await;
    let (browser, admin) = (
        app.sign_in_as(Role::Admin).await,
        app.api_as(Role::Admin).await,
    );
    for (url, why) in [
        ("http://erp.example.in/", "must begin with https://"),
        ("https://10.0.0.1/", "private network"),
        ("https://169.254.169.254/latest", "local link"),
        (
            "https://me:secret@erp.example.in/",
            "Leave user name and password out",
        ),
    ] {
        let key = uuid::Uuid::now_v7().to_string();
        let fields = [
            ("idempotency_key", key.as_str()),
            ("url", url),
            ("events", "order.placed"),
        ];
        let page = browser.post_form("/admin/webhooks/new", &fields).await;
        assert_eq!(page.status, 422, "{url}");
        assert!(
            page.body.contains(why) && page.body.contains(r#"id="f-url-error""#),
            "{}",
            page.body
        );
        let body = json!({"url": url, "events": ["order.placed"]});
        let refused = admin
            .with("idempotency-key", &key)
            .post_json(ENDPOINTS, &body)
            .await;
        assert_eq!(refused.status, 422, "{url}");
        assert_eq!(refused.json()["errors"][0]["pointer"], json!("/url"));
    }
    assert_eq!(
        app.database
            .count("SELECT count(*) FROM webhook_endpoints")
            .await,
        0
    );
}

#[tokio::test]
async fn there_are_ten_endpoints_and_no_eleventh_however_many_ask_at_once() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    for _ in 0..8 {
        listen(&admin, "https://erp.example.in/hooks", &["order.placed"]).await;
    }
    let asks = (0..4).map(|number| {
        let admin = admin.with("idempotency-key", &format!("key-{number}"));
        async move {
            let body = json!({"url": "https://erp.example.in/hooks", "events": ["order.placed"]});
            admin.post_json(ENDPOINTS, &body).await.status
        }
    });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 422, 422]);
}

#[tokio::test]
async fn a_support_visit_neither_makes_nor_changes_endpoints_and_a_key_is_not_given_webhooks() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await.with("idempotency-key", "key");
    let wanted = json!({"name": "Tally", "scopes": ["platform.webhooks.manage"]});
    let refused = admin.post_json("/api/v1/api_keys", &wanted).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let platform = app.sign_in_platform_admin().await;
    let visit = [("reason", "Asked by telephone"), ("may_write", "yes")];
    let visit = platform
        .post_form("/super/tenants/volt/visits", &visit)
        .await;
    assert_eq!(visit.status, 303, "{}", visit.body);
    let fields = [
        ("idempotency_key", "0193f2a1-7c00-7e51-9b1c-6f1d0a7c2b10"),
        ("url", "https://erp.example.in/hooks"),
        ("events", "order.placed"),
    ];
    let refused = platform.post_form("/admin/webhooks/new", &fields).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
}

#[tokio::test]
async fn a_removed_endpoint_takes_its_secrets_and_its_log_along_and_the_audit_log_keeps_what_it_was()
 {
    let app = test_app().await;
    let (admin, _receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let told = ping(&admin, &endpoint).await;
    worker(&app).once().await;
    let path = format!("{ENDPOINTS}/{}", endpoint.id);
    let stale = admin.with("if-match", "\"v7\"");
    let refused = stale
        .send(stale.request(reqwest::Method::DELETE, &path))
        .await;
    assert_eq!(refused.status, 412, "{}", refused.body);
    let removed = admin
        .send(admin.request(reqwest::Method::DELETE, &path))
        .await;
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(admin.get(&path).await.status, 404);
    let log = format!("/api/v1/webhook_deliveries/{told}");
    assert_eq!(admin.get(&log).await.status, 404);
    for list in [ENDPOINTS, "/api/v1/webhook_deliveries"] {
        assert_eq!(admin.get(list).await.json()["data"], json!([]), "{list}");
    }
    assert_eq!(
        left(&app).await,
        "webhook_endpoints 1; webhook_deliveries 1; webhook_attempts 1"
    );
    // What is out of sight is swept once nothing that is being written can lead to it any more.
    keep_house(&app).await;
    assert_ne!(left(&app).await, "");
    let long_ago = "UPDATE webhook_endpoints SET removed_at = now() - interval '61 minutes'";
    app.database.execute(long_ago).await;
    keep_house(&app).await;
    assert_eq!(left(&app).await, "");
    let kept = "SELECT count(*) FROM audit_log WHERE action = 'webhooks.remove' AND detail->'before'->>'url' LIKE 'http%/… (%'";
    assert_eq!(app.database.count(kept).await, 1);
    let trail = "SELECT count(*) FROM audit_trail WHERE table_name = 'webhook_secrets' AND op = 'INSERT' AND after->>'sealed_secret' = '…'";
    assert_eq!(
        app.database.count(trail).await,
        1,
        "the trail tells of the secret and not what it is"
    );
}

/// The tables of webhooks that hold anything.
async fn left(app: &TestApp) -> String {
    let mut left = Vec::new();
    for table in [
        "webhook_endpoints",
        "webhook_secrets",
        "webhook_subscriptions",
        "webhook_deliveries",
        "webhook_attempts",
    ] {
        let rows = format!("SELECT count(*) FROM {table}");
        match app.database.count(&rows).await {
            0 => {}
            rows => left.push(format!("{table} {rows}")),
        }
    }
    left.join("; ")
}

/// As the worker does every hour.
async fn keep_house(app: &TestApp) {
    let settings = DbSettings::new(app.database.url_of("app_worker"));
    let db = Db::connect(&settings, Arc::new(app.clock.clone()), Hints::none()).unwrap();
    keep_house_now(&db).await.unwrap();
}

#[tokio::test]
async fn an_order_is_placed_while_its_endpoint_is_claimed_changed_or_removed_and_is_told_or_given_up()
 {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let flow = Flow::new(&app);
    let (lamp, buyer) = (flow.product("LAMP", 9).await, flow.buyer(100_000).await);
    // A claim that has the endpoint and waits for the log.
    ping(&admin, &endpoint).await;
    let mut log = connect(&app).await;
    log.batch_execute("BEGIN; LOCK TABLE webhook_attempts IN SHARE MODE")
        .await
        .unwrap();
    let _worker = worker(&app).start();
    let waiting = "SELECT count(*)::text AS text FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
        WHERE NOT l.granted AND a.datname = current_database()";
    app.database.until(waiting, "1").await;
    flow.place(buyer, &[(lamp, 1)]).await;
    assert_eq!(
        app.database.text(waiting).await,
        "1",
        "the claim still has the endpoint"
    );
    log.batch_execute("ROLLBACK").await.unwrap();
    app.database.until(STATES, "2 DELIVERED after 1").await;

    // A change and a removal that are not over.
    let by = flow.by::<PlatformWebhooksManage>();
    let id = WebhookEndpointId::parse(&endpoint.id).unwrap();
    let mut changing = flow.db.begin(&by).await.unwrap();
    webhooks::deactivate(&mut changing, &by, id, None)
        .await
        .unwrap();
    flow.place(buyer, &[(lamp, 1)]).await;
    drop(changing);
    app.database.until(STATES, "3 DELIVERED after 1").await;
    let mut removing = flow.db.begin(&by).await.unwrap();
    webhooks::remove(&mut removing, &by, id, None)
        .await
        .unwrap();
    flow.place(buyer, &[(lamp, 1)]).await;
    removing.commit().await.unwrap();
    // It was told to an endpoint that is gone now: nobody hears of it, and nobody waits.
    let over = "SELECT count(*)::text AS text FROM webhook_deliveries WHERE status IN ('PENDING', 'SENDING')";
    app.database.until(over, "0").await;
    flow.place(buyer, &[(lamp, 1)]).await;
    let told = "SELECT count(*) FROM webhook_events WHERE event = 'order.placed'";
    assert_eq!(
        app.database.count(told).await,
        3,
        "of the last one nobody is told"
    );
    assert_eq!(receiver.calls("/hooks").len(), 3);
}

async fn connect(app: &TestApp) -> AsyncPgConnection {
    let url = app.database.url_of("app_owner");
    AsyncPgConnection::establish(&url).await.unwrap()
}

#[tokio::test]
async fn a_changed_endpoint_hears_of_its_new_events_alone_and_a_new_address_is_forgiven_the_old_ones_failures()
 {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    app.database
        .execute("UPDATE webhook_endpoints SET failures = 9, failing_since = now(), paused_until = now() + interval '1 hour'")
        .await;
    let path = format!("{ENDPOINTS}/{}", endpoint.id);
    let body = json!({"url": receiver.url("/new"), "description": "Tally", "events": ["order.approved", "invoice.issued"]});
    assert_eq!(admin.put_json(&path, &body).await.status, 428);
    let changed = admin
        .with("if-match", "\"v1\"")
        .put_json(&path, &body)
        .await;
    assert_eq!((changed.status, changed.version()), (200, Some(2)));
    let now = shown(&admin, &endpoint).await;
    assert_eq!(
        (&now["status"], &now["events"]),
        (
            &json!("ACTIVE"),
            &json!(["order.approved", "invoice.issued"])
        )
    );
    let heard = "SELECT string_agg(event, ' ' ORDER BY event) AS text FROM webhook_subscriptions";
    assert_eq!(
        app.database.text(heard).await,
        "invoice.issued order.approved"
    );
}

#[tokio::test]
async fn what_was_told_goes_after_thirty_days_with_all_its_attempts_and_secrets_when_they_are_dead()
{
    let app = test_app().await;
    let (admin, _receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let old = ping(&admin, &endpoint).await;
    let young = ping(&admin, &endpoint).await;
    worker(&app).once().await;
    for (id, days) in [(&old, 31), (&young, 29)] {
        let sql = format!(
            "UPDATE webhook_events SET occurred_at = now() - interval '{days} days' WHERE id = (SELECT event_id FROM webhook_deliveries WHERE id = '{id}')"
        );
        app.database.execute(&sql).await;
    }
    let keyed = admin.with("idempotency-key", "rotate");
    let rotated = keyed
        .post_json(&format!("{ENDPOINTS}/{}/secret", endpoint.id), &json!({}))
        .await;
    assert_eq!(rotated.status, 201);
    let dead = "UPDATE webhook_secrets SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL";
    app.database.execute(dead).await;
    let keep_house = "INSERT INTO apalis.jobs (job, id, job_type, status, attempts, max_attempts, priority) \
        VALUES (convert_to('{}', 'UTF8'), '01JD0000000000000000000000', 'housekeeping', 'Pending', 0, 3, 0)";
    app.database.execute(keep_house).await;
    let _worker = Program::worker(&app).queues("housekeeping").start();
    let left = "SELECT (SELECT count(*) FROM webhook_events) || ' ' || (SELECT count(*) FROM webhook_attempts) || ' ' || (SELECT count(*) FROM webhook_secrets) AS text";
    app.database.until(left, "1 1 1").await;
    assert_eq!(
        delivery(&admin, &young).await["delivery"]["status"],
        json!("DELIVERED")
    );
    assert_eq!(
        admin
            .get(&format!("/api/v1/webhook_deliveries/{old}"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn the_log_is_filtered_and_shows_what_was_sent_and_what_came_back() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let browser = app.sign_in_as(Role::Admin).await;
    let well = ping(&admin, &endpoint).await;
    worker(&app).once().await;
    receiver.reply("/hooks", vitaran_tests::receiver::Reply::Status(500));
    let path = format!("/admin/webhooks/{}", endpoint.id);
    let sent = browser.post_form(&format!("{path}/ping"), &[]).await;
    assert_eq!((sent.status, sent.location()), (303, path.as_str()));
    worker(&app).once().await;
    let ill = app
        .database
        .id("SELECT id FROM webhook_deliveries WHERE status = 'PENDING'")
        .await
        .to_string();
    for (query, shows_well, shows_ill) in [
        ("", true, true),
        ("?status=DELIVERED", true, false),
        ("?status=PENDING", false, true),
        ("?event=ping", true, true),
        ("?event=order.placed", false, false),
    ] {
        let page = browser.get(&format!("{path}{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        let shown = (page.body.contains(&well), page.body.contains(&ill));
        assert_eq!(shown, (shows_well, shows_ill), "{query}");
        let list = format!("/api/v1/webhook_deliveries{query}");
        let rows = admin.get(&list).await.json()["data"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(
            rows,
            usize::from(shows_well) + usize::from(shows_ill),
            "{query}"
        );
    }
    assert_eq!(
        browser.get(&format!("{path}?status=LOST")).await.status,
        400
    );
    let page = browser
        .get(&format!("/admin/webhooks/deliveries/{ill}"))
        .await;
    for wanted in [
        "It answered 500",
        "webhook-signature: v1,…",
        "said",
        "&quot;type&quot;: &quot;ping&quot;",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    assert!(!page.body.contains("Send again"), "it is under way");
    let page = browser
        .get(&format!("/admin/webhooks/deliveries/{well}"))
        .await;
    assert!(page.body.contains("Send again"));
}
