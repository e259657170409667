//! Who is told of what.

use serde_json::{Value, json};
use vitaran_core::access::{Role, SalesOrdersApprove};
use vitaran_core::orders::{self, ApproveOrder};
use vitaran_kernel::OrderId;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::receiver::{Reply, is_signed};
use vitaran_tests::{TestApp, test_app};

use super::{STATES, listen, listening, ping, shown, worker};

/// Every event but the test.
const ALL: [&str; 12] = [
    "order.placed",
    "order.approved",
    "order.rejected",
    "order.cancelled",
    "order.picking",
    "order.updated",
    "order.packed",
    "order.dispatched",
    "order.delivered",
    "invoice.issued",
    "receipt.recorded",
    "notification.failed",
];

const WRITTEN: &str = "SELECT (SELECT count(*) FROM webhook_events) + (SELECT count(*) FROM webhook_deliveries) \
     + (SELECT count(*) FROM apalis.jobs WHERE job_type = 'webhook') AS count";

async fn order(app: &TestApp) -> (Flow, Buyer, OrderId) {
    let flow = Flow::new(app);
    let (lamp, buyer) = (flow.product("LAMP", 9).await, flow.buyer(100_000).await);
    let order = flow.place(buyer, &[(lamp, 1)]).await;
    (flow, buyer, order)
}

fn told(call: &vitaran_tests::meta::Call) -> (String, Value) {
    // The same instant is written in two ways.
    let body = String::from_utf8_lossy(&call.body).replace("Z\"", "+00:00\"");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let name = body["type"].as_str().expect("a name").to_owned();
    (name, body["data"].clone())
}

#[tokio::test]
async fn an_orders_way_is_told_signed_step_by_step_in_the_words_of_the_api() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &ALL).await;
    let (flow, buyer, order) = order(&app).await;
    flow.bring_to(order, "DISPATCHED").await;
    let key = admin.with("idempotency-key", "receipt");
    let receipt = json!({"dealer_id": buyer.dealer.to_string(), "amount": "50.00", "mode": "UPI", "reference": "4321", "received_on": "2026-01-02"});
    let receipt = key.post_json("/api/v1/receipts", &receipt).await;
    assert_eq!(receipt.status, 201, "{}", receipt.body);
    worker(&app).once().await;

    let calls = receiver.calls("/hooks");
    let mut names: Vec<_> = calls.iter().map(|call| told(call).0).collect();
    names.sort();
    let wanted = [
        "invoice.issued",
        "order.approved",
        "order.dispatched",
        "order.packed",
        "order.picking",
        "order.placed",
        "order.updated",
        "receipt.recorded",
    ];
    assert_eq!(names, wanted);
    let mut ids: Vec<_> = calls
        .iter()
        .map(|call| call.header("webhook-id").to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), calls.len(), "an id is an event's own");
    for call in &calls {
        assert!(is_signed(call, &endpoint.secret), "{call:?}");
        assert!(!is_signed(
            call,
            "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        ));
        assert_eq!(call.header("content-type"), "application/json");
    }
    let of = |name: &str| {
        let told = calls.iter().map(told);
        told.into_iter()
            .find(|(found, _)| found == name)
            .expect(name)
            .1
    };

    // The order as the API shows it, member for member.
    let order = admin.get(&format!("/api/v1/orders/{order}")).await.json();
    let placed = of("order.placed")["order"].clone();
    for name in ["id", "number", "placed_at", "total"] {
        assert_eq!(placed[name], order[name], "{name}");
    }
    assert_eq!(placed["dealer"]["id"], order["dealer"]["id"]);
    assert_eq!(placed["dealer"]["name"], order["dealer"]["name"]);
    assert_eq!(
        (&placed["status"], &placed["version"]),
        (&json!("PLACED"), &json!(1))
    );
    let dispatched = of("order.dispatched");
    assert_eq!(dispatched["order"]["status"], json!("DISPATCHED"));
    assert_eq!(dispatched["order"]["version"], order["version"]);
    assert!(
        dispatched["shipment"]["transporter"].is_string(),
        "{dispatched}"
    );
    let invoices = admin.get("/api/v1/invoices").await.json();
    let invoice = of("invoice.issued")["invoice"].clone();
    for (name, value) in invoice.as_object().expect("an invoice") {
        assert_eq!(*value, invoices["data"][0][name], "{name}");
    }
    let recorded = of("receipt.recorded")["receipt"].clone();
    let receipt = receipt.json();
    for (name, value) in recorded.as_object().expect("a receipt") {
        assert_eq!(*value, receipt[name], "{name}");
    }
    let all = format!("{} DELIVERED after 1", calls.len());
    assert_eq!(app.database.text(STATES).await, all);
}

#[tokio::test]
async fn a_dealers_own_order_is_told_and_a_refused_change_is_not() {
    let app = test_app().await;
    let (_, receiver, _) =
        listening(&app, &["order.placed", "order.approved", "order.rejected"]).await;
    let flow = Flow::new(&app);
    let (lamp, buyer) = (flow.product("LAMP", 9).await, flow.buyer(100).await);
    let email = "ramesh@dealer.test";
    app.make_member(&flow.tenant, email, Role::Dealer, Some(buyer.dealer))
        .await;
    let person = vitaran_tests::Person {
        email: email.to_owned(),
        password: vitaran_tests::PASSWORD.to_owned(),
        dealer: Some(buyer.dealer),
    };
    let dealer = app.api(&person).await.with("idempotency-key", "order");
    let lines = json!([{"product_id": lamp.to_string(), "quantity": "5"}]);
    let wanted = json!({"ship_to_address_id": buyer.ship_to.to_string(), "lines": lines});
    let placed = dealer.post_json("/api/v1/orders", &wanted).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let id = placed.json()["id"].as_str().expect("an id").to_owned();
    // Above the dealer's limit.
    let sales = app.api_as(Role::Sales).await;
    let approval = sales
        .post_json(&format!("/api/v1/orders/{id}/approval"), &json!({}))
        .await;
    assert_eq!(approval.status, 422, "{}", approval.body);
    let reason = json!({"reason": "Too much at once"});
    let rejection = sales
        .post_json(&format!("/api/v1/orders/{id}/rejection"), &reason)
        .await;
    assert_eq!(rejection.status, 200, "{}", rejection.body);
    worker(&app).once().await;
    let mut names: Vec<_> = receiver.calls("/hooks").iter().map(told).collect();
    names.sort_by(|a, b| a.0.cmp(&b.0));
    let [(placed, _), (rejected, data)] = names.as_slice() else {
        panic!("{names:?}")
    };
    assert_eq!(
        (placed.as_str(), rejected.as_str()),
        ("order.placed", "order.rejected")
    );
    assert_eq!(data["reason"], json!("Too much at once"));
}

#[tokio::test]
async fn an_event_is_rolled_back_with_its_change() {
    let app = test_app().await;
    let (_admin, _receiver, _) = listening(&app, &["order.approved"]).await;
    let (flow, _, order) = order(&app).await;
    let by = flow.by::<SalesOrdersApprove>();
    let mut tx = flow.db.begin(&by).await.expect("BEGIN");
    let approved = orders::approve(&mut tx, &by, order, ApproveOrder::default()).await;
    approved.expect("an approval");
    drop(tx);
    assert_eq!(app.database.count(WRITTEN).await, 0);
    flow.approve(order).await.expect("an approval");
    assert_eq!(app.database.count(WRITTEN).await, 3);
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_written() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.rejected"]).await;
    let (flow, _, first) = order(&app).await;
    flow.bring_to(first, "DISPATCHED").await;
    assert_eq!(
        app.database.count(WRITTEN).await,
        0,
        "nobody listens to these"
    );
    let off = format!("{}/{}/deactivation", super::ENDPOINTS, endpoint.id);
    assert_eq!(admin.post_json(&off, &json!({})).await.status, 200);
    let second = flow
        .place(
            flow.buyer(9_000).await,
            &[(flow.product("FAN", 1).await, 1)],
        )
        .await;
    let sales = app.api_as(Role::Sales).await;
    let path = format!("/api/v1/orders/{second}/rejection");
    let rejected = sales.post_json(&path, &json!({"reason": "No"})).await;
    assert_eq!(rejected.status, 200, "{}", rejected.body);
    assert_eq!(app.database.count(WRITTEN).await, 0, "it is switched off");
    worker(&app).once().await;
    assert_eq!(receiver.calls("/hooks").len(), 0);
}

#[tokio::test]
async fn a_distributors_events_go_to_its_own_endpoints_and_to_all_of_them() {
    let app = test_app().await;
    let (admin, receiver, _) = listening(&app, &["order.placed"]).await;
    listen(&admin, &receiver.url("/second"), &["order.placed"]).await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let email = "boss@ampere.test";
    app.make_member(&other, email, Role::Admin, None).await;
    let person = vitaran_tests::Person {
        email: email.to_owned(),
        password: vitaran_tests::PASSWORD.to_owned(),
        dealer: None,
    };
    let their_admin = app.api(&person).await;
    listen(&their_admin, &receiver.url("/theirs"), &ALL).await;
    let (_, _, order) = order(&app).await;
    worker(&app).once().await;
    let orders = |path: &str| -> Vec<Value> {
        let calls = receiver.calls(path);
        calls
            .iter()
            .map(|call| told(call).1["order"]["id"].clone())
            .collect()
    };
    assert_eq!(orders("/hooks"), [json!(order)]);
    assert_eq!(orders("/second"), [json!(order)]);
    assert_eq!(orders("/theirs"), Vec::<Value>::new());
    let deliveries = their_admin.get("/api/v1/webhook_deliveries").await.json();
    assert_eq!(deliveries["data"], json!([]));
}

#[tokio::test]
async fn a_message_that_failed_for_good_is_told_without_whom_it_was_for() {
    let app = test_app().await;
    let (_, receiver, _) = listening(&app, &["notification.failed"]).await;
    order(&app).await;
    // Attempts that died with their workers, five of them.
    let crashed = "UPDATE notification_logs SET status = 'SENDING', attempts = 5, lease_until = now() - interval '1 second' WHERE channel = 'WHATSAPP'";
    app.database.execute(crashed).await;
    vitaran_tests::process::Program::worker(&app)
        .queues("whatsapp,webhook")
        .once()
        .await;
    let calls = receiver.calls("/hooks");
    let [call] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    let (name, data) = told(call);
    assert_eq!(name, "notification.failed");
    let message = &data["notification"];
    assert_eq!(
        (&message["event"], &message["channel"]),
        (&json!("ORDER_PLACED"), &json!("WHATSAPP"))
    );
    let phone = app
        .database
        .text("SELECT recipient AS text FROM notification_logs WHERE channel = 'WHATSAPP'")
        .await;
    let body = String::from_utf8_lossy(&call.body).into_owned();
    assert!(!phone.is_empty() && !body.contains(&phone), "{body}");
}

#[tokio::test]
async fn a_test_arrives_at_once_while_the_worker_runs() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let _worker = worker(&app).start();
    let id = ping(&admin, &endpoint).await;
    let calls = receiver.until("/hooks", 1).await;
    assert!(is_signed(&calls[0], &endpoint.secret));
    let (name, data) = told(&calls[0]);
    assert_eq!(
        (name.as_str(), &data["endpoint_id"]),
        ("ping", &json!(endpoint.id))
    );
    app.database.until(STATES, "1 DELIVERED after 1").await;
    let log = super::delivery(&admin, &id).await;
    assert_eq!(log["body"].as_str().unwrap().as_bytes(), calls[0].body);
    let attempt = &log["attempts"][0];
    assert_eq!(
        (&attempt["response_status"], &attempt["response_body"]),
        (&json!(204), &json!(""))
    );
    let headers = attempt["request_headers"].as_array().unwrap();
    let signature = headers
        .iter()
        .find(|header| header["name"] == "webhook-signature");
    assert_eq!(signature.unwrap()["value"], json!("v1,…"));
}

#[tokio::test]
async fn two_secrets_sign_while_one_takes_the_place_of_the_other() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    let rotate = |key: &'static str| {
        let admin = admin.with("idempotency-key", key);
        let path = format!("{}/{}/secret", super::ENDPOINTS, endpoint.id);
        async move {
            let made = admin.post_json(&path, &json!({})).await;
            assert_eq!(made.status, 201, "{}", made.body);
            made.json()["secret"].as_str().map(str::to_owned)
        }
    };
    let signed = async |number: usize| {
        ping(&admin, &endpoint).await;
        worker(&app).once().await;
        let calls = receiver.until("/hooks", number).await;
        calls[number - 1].clone()
    };
    let first = endpoint.secret.clone();
    let second = rotate("second").await.expect("a secret");
    assert_eq!(
        rotate("second").await,
        None,
        "an answer is kept without the secret"
    );
    let call = signed(1).await;
    assert_eq!(call.header("webhook-signature").split(' ').count(), 2);
    assert!(is_signed(&call, &first) && is_signed(&call, &second));

    // A third at once ends the first: there are never more than two.
    let third = rotate("third").await.expect("a secret");
    let call = signed(2).await;
    assert!(!is_signed(&call, &first) && is_signed(&call, &second) && is_signed(&call, &third));
    // A day later the newest is left alone.
    app.database
        .execute("UPDATE webhook_secrets SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL")
        .await;
    let call = signed(3).await;
    assert!(!is_signed(&call, &second) && is_signed(&call, &third));
    assert_eq!(
        shown(&admin, &endpoint).await["secrets"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // The older one can be ended before its time.
    let fourth = rotate("fourth").await.expect("a secret");
    let path = format!("{}/{}/secret/revocation", super::ENDPOINTS, endpoint.id);
    let ended = admin.post_json(&path, &json!({})).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    let call = signed(4).await;
    assert!(!is_signed(&call, &third) && is_signed(&call, &fourth));
}

#[tokio::test]
async fn a_delivery_whose_worker_is_killed_is_sent_by_another_with_the_same_id() {
    let app = test_app().await;
    let (admin, receiver, endpoint) = listening(&app, &["order.placed"]).await;
    receiver.reply("/hooks", Reply::Hold);
    let mut first = worker(&app).start();
    let id = ping(&admin, &endpoint).await;
    receiver.until("/hooks", 1).await;
    first.kill().await;
    receiver.reply("/hooks", Reply::Status(200));
    worker(&app).once().await;
    assert_eq!(receiver.calls("/hooks").len(), 1, "under its lease");
    app.database
        .execute("UPDATE webhook_deliveries SET lease_until = now() - interval '1 second'")
        .await;
    worker(&app).once().await;
    let calls = receiver.until("/hooks", 2).await;
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    assert_eq!(calls[0].body, calls[1].body);
    let log = super::delivery(&admin, &id).await;
    assert_eq!(log["delivery"]["status"], json!("DELIVERED"));
    let errors: Vec<_> = log["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["error"])
        .collect();
    assert_eq!(
        errors,
        [
            &Value::Null,
            &json!("The worker was interrupted: it may have arrived")
        ]
    );
}
