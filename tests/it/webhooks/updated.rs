//! `order.updated`: an order that changed and kept its status, told once for each change and for no step of its way.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::orders::{self, ShortCloseLine};
use vitaran_kernel::{OrderId, ProductId, Text};
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, TestApp, test_app};

use super::{STATES, listen, listening, worker};

const STEPS: [&str; 8] = [
    "order.placed",
    "order.approved",
    "order.cancelled",
    "order.picking",
    "order.updated",
    "order.packed",
    "order.dispatched",
    "order.delivered",
];

/// What was told since the last look, one event after the other: name, status and version.
async fn told_since_last_look(app: &TestApp) -> String {
    let told = "SELECT coalesce(string_agg(concat_ws(' ', event, data->'order'->>'status', 'v' || (data->'order'->>'version')), '; ' ORDER BY id), '') AS text \
        FROM webhook_events";
    let found = app.database.text(told).await;
    app.database.execute("DELETE FROM webhook_events").await;
    found
}

async fn well(asked: impl Future<Output = Answer>) -> Value {
    let answer = asked.await;
    assert!(answer.status < 300, "{}: {}", answer.status, answer.body);
    answer.json()
}

/// So many units come in.
async fn receive(client: &Client, product: ProductId, units: u32) {
    let lines = json!([{"product_id": product.to_string(), "quantity": units.to_string()}]);
    let body = json!({"reference": "GRN 7", "lines": lines});
    let key = uuid::Uuid::now_v7().to_string();
    let keyed = client.with("idempotency-key", &key);
    well(keyed.post_json("/api/v1/stock/receipts", &body)).await;
}

#[tokio::test]
async fn each_change_without_a_new_status_is_told_once_and_a_step_tells_of_itself_alone() {
    let app = test_app().await;
    let (admin, receiver, _) = listening(&app, &STEPS).await;
    let flow = Flow::new(&app);
    let (lamp, scarce) = (
        flow.product("LAMP", 9).await,
        flow.product("SCARCE", 0).await,
    );
    let buyer = flow.buyer(100_000).await;
    let order = flow.place(buyer, &[(lamp, 3), (scarce, 5)]).await;
    assert_eq!(told_since_last_look(&app).await, "order.placed PLACED v1");
    receive(&admin, scarce, 1).await;
    assert_eq!(
        told_since_last_look(&app).await,
        "",
        "a placed order waits for nothing yet"
    );
    flow.approve(order).await.expect("an approval");
    assert_eq!(
        told_since_last_look(&app).await,
        "order.approved APPROVED v2"
    );
    receive(&admin, scarce, 2).await;
    assert_eq!(
        told_since_last_look(&app).await,
        "order.updated APPROVED v2",
        "what is reserved moves no version"
    );
    receive(&admin, lamp, 2).await;
    assert_eq!(
        told_since_last_look(&app).await,
        "",
        "nobody waits for lamps"
    );

    let path = |verb: &str| format!("/api/v1/orders/{order}/{verb}");
    let picking = well(admin.post_json(&path("picking"), &json!({}))).await;
    assert_eq!(told_since_last_look(&app).await, "order.picking PICKING v3");
    let line = |at: usize| picking["lines"][at]["id"].clone();
    let picks = json!({"lines": [{"line_id": line(0), "quantity": "3"}, {"line_id": line(1), "quantity": "2"}]});
    let on_third = admin.with("if-match", "\"v3\"");
    well(on_third.put_json(&path("picks"), &picks)).await;
    assert_eq!(
        told_since_last_look(&app).await,
        "order.updated PICKING v4",
        "one change of two lines"
    );
    let refused = on_third.put_json(&path("picks"), &picks).await;
    assert_eq!(refused.status, 412);
    assert_eq!(told_since_last_look(&app).await, "", "nothing changed");
    let close = json!({"line_id": line(1), "reason": "Maker stopped it"});
    well(admin.post_json(&path("short_closes"), &close)).await;
    assert_eq!(told_since_last_look(&app).await, "order.updated PICKING v5");
    well(admin.post_json(&path("packing"), &json!({}))).await;
    well(admin.post_json(&path("dispatch"), &json!({"transporter": "Own vehicle"}))).await;
    well(admin.post_json(&path("delivery"), &json!({}))).await;
    assert_eq!(
        told_since_last_look(&app).await,
        "order.packed PACKED v6; order.dispatched DISPATCHED v7; order.delivered DELIVERED v8"
    );

    // Scanned at the page, which has no version.
    let second = flow.place(buyer, &[(lamp, 2)]).await;
    flow.bring_to(second, "PICKING").await;
    told_since_last_look(&app).await;
    let browser = app.sign_in_as(Role::Warehouse).await;
    let scan = [("code", "LAMP"), ("quantity", "")];
    let scans = format!("/admin/warehouse/orders/{second}/scans");
    let scanned = browser.post_form(&scans, &scan).await;
    assert!(scanned.status < 400, "{}", scanned.body);
    assert_eq!(told_since_last_look(&app).await, "order.updated PICKING v4");

    // What arrives is the order as the API shows it.
    let third = flow.place(buyer, &[(scarce, 4)]).await;
    flow.approve(third).await.expect("an approval");
    told_since_last_look(&app).await;
    receive(&admin, scarce, 1).await;
    worker(&app).once().await;
    let calls = receiver.calls("/hooks");
    let [call] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    let body: Value = serde_json::from_slice(&call.body).expect("JSON");
    assert_eq!(body["type"], json!("order.updated"));
    let shown = admin.get(&format!("/api/v1/orders/{third}")).await.json();
    let told = &body["data"]["order"];
    for name in ["id", "number", "status", "version", "total"] {
        assert_eq!(told[name], shown[name], "{name}");
    }
}

#[tokio::test]
async fn goods_that_several_orders_waited_for_are_told_for_each_of_them_to_everybody_who_listens() {
    let app = test_app().await;
    let (admin, receiver, _) = listening(&app, &["order.updated", "order.cancelled"]).await;
    listen(&admin, &receiver.url("/second"), &["order.updated"]).await;
    let flow = Flow::new(&app);
    let scarce = flow.product("SCARCE", 0).await;
    let buyer = flow.buyer(100_000).await;
    let mut waiting: Vec<OrderId> = Vec::new();
    for _ in 0..3 {
        let order = flow.place(buyer, &[(scarce, 2)]).await;
        flow.approve(order).await.expect("an approval");
        waiting.push(order);
    }
    // For two and a half of them: the last gets a part of what it wants.
    receive(&admin, scarce, 5).await;
    worker(&app).once().await;
    let heard = |path: &str| -> Vec<String> {
        let calls = receiver.calls(path);
        let mut heard: Vec<String> = calls
            .iter()
            .map(|call| {
                let body: Value = serde_json::from_slice(&call.body).expect("JSON");
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                format!(
                    "{} {}",
                    text(&body["type"]),
                    text(&body["data"]["order"]["id"])
                )
            })
            .collect();
        heard.sort();
        heard
    };
    let mut updates: Vec<String> = waiting
        .iter()
        .map(|order| format!("order.updated {order}"))
        .collect();
    updates.sort();
    assert_eq!(heard("/hooks"), updates);
    assert_eq!(heard("/second"), updates);
    assert_eq!(app.database.text(STATES).await, "6 DELIVERED after 1");
    let ids = "SELECT count(DISTINCT id) FROM webhook_events WHERE event = 'order.updated'";
    assert_eq!(app.database.count(ids).await, 3);

    // One gives its two up: the last gets what it lacked, which is told beside the step of the first.
    flow.cancel(waiting[0]).await;
    told_by(
        &app,
        &format!(
            "order.cancelled {}; order.updated {}",
            waiting[0], waiting[2]
        ),
    )
    .await;
}

/// The events since the deliveries before were over, with the orders they are about.
async fn told_by(app: &TestApp, wanted: &str) {
    let sql = "SELECT coalesce(string_agg(v.event || ' ' || (v.data->'order'->>'id'), '; ' ORDER BY v.event, v.id), '') AS text FROM webhook_events v \
        WHERE EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = v.id AND d.status = 'PENDING')";
    assert_eq!(app.database.text(sql).await, wanted);
}

#[tokio::test]
async fn a_line_closed_short_tells_of_its_order_and_of_the_one_that_gets_its_stock() {
    let app = test_app().await;
    listening(&app, &["order.updated"]).await;
    let flow = Flow::new(&app);
    let (lamp, scarce) = (
        flow.product("LAMP", 9).await,
        flow.product("SCARCE", 2).await,
    );
    let buyer = flow.buyer(100_000).await;
    let closing = flow.place(buyer, &[(scarce, 3), (lamp, 1)]).await;
    let waiting = flow.place(buyer, &[(scarce, 3)]).await;
    for order in [closing, waiting] {
        flow.approve(order).await.expect("an approval");
    }
    let line = flow.load(closing).await.lines[0].id;
    let by = flow.by();
    let mut tx = flow.db.begin(&by).await.expect("BEGIN");
    let input = ShortCloseLine {
        line,
        reason: Text::parse("Maker stopped it").expect("a reason"),
    };
    let closed = orders::short_close(&mut tx, &by, closing, input).await;
    closed.expect("a closed line");
    tx.commit().await.expect("COMMIT");
    let told = format!("order.updated {waiting}; order.updated {closing}");
    told_by(&app, &told).await;
}
