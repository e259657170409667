//! The stream of hints.

use std::time::Duration;

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::test_app;

/// Reads the stream until it holds the text, or fails after ten seconds.
pub async fn read_until(stream: &mut reqwest::Response, wanted: &str) -> String {
    let reading = async {
        let mut text = String::new();
        while let Some(chunk) = stream.chunk().await.expect("a stream") {
            text.push_str(&String::from_utf8_lossy(&chunk));
            if text.contains(wanted) {
                return text;
            }
        }
        panic!("the stream ended: {text}");
    };
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .unwrap_or_else(|_| panic!("{wanted} did not come"))
}

#[tokio::test]
async fn a_stream_begins_with_when_to_come_back_and_is_never_packed() {
    let app = test_app().await;
    let client = app
        .sign_in_as(Role::Sales)
        .await
        .with("accept-encoding", "gzip");
    let mut stream = client.open("/live").await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert!(stream.headers().get("content-encoding").is_none());
    read_until(&mut stream, "retry: 3000").await;
}

#[tokio::test]
async fn without_a_session_there_is_no_stream() {
    let app = test_app().await;
    assert_eq!(app.client().get("/live").await.status, 401);
    let platform = app.sign_in_platform_admin().await;
    assert_eq!(platform.get("/live").await.status, 401);
}

#[tokio::test]
async fn staff_hear_which_order_changed_and_a_dealer_only_that_one_did() {
    let app = test_app().await;
    let staff = app.sign_in_as(Role::Sales).await;
    let dealer = app.sign_in_as(Role::Dealer).await;
    let (mut to_staff, mut to_dealer) = (staff.open("/live").await, dealer.open("/live").await);
    read_until(&mut to_staff, "retry").await;
    read_until(&mut to_dealer, "retry").await;
    let order = "01935f3a-7a10-7c4e-8f01-23456789abcd";
    let other = "01935f3a-7a10-7c4e-8f01-23456789abce";
    let notify = |tenant: &str, order: &str| {
        format!("SELECT pg_notify('vitaran_live', '{tenant} order {order}')")
    };
    let tenant = app.tenant.tenant.id.to_string();
    app.database.execute(&notify(other, other)).await;
    app.database.execute(&notify(&tenant, order)).await;
    let heard = read_until(&mut to_staff, "event: orders-changed").await;
    assert!(
        heard.contains(&format!("event: order-changed\ndata: {order}")),
        "{heard}"
    );
    assert!(!heard.contains(other), "{heard}");
    let heard = read_until(&mut to_dealer, "event: orders-changed").await;
    assert!(!heard.contains(order), "{heard}");
}

#[tokio::test]
async fn goods_that_come_in_tell_the_pages_of_the_orders_that_get_them() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let lamp = flow.product("LAMP", 1).await;
    let buyer = flow.buyer(10_000).await;
    let short = flow.place(buyer, &[(lamp, 5)]).await;
    flow.approve(short).await.unwrap();
    let staff = app.sign_in_as(Role::Sales).await;
    let mut stream = staff.open("/live").await;
    read_until(&mut stream, "retry").await;
    let receipt = json!({ "reference": "B/1", "lines": [{ "sku": "LAMP", "quantity": "9" }] });
    let program = app.api_as(Role::Admin).await.with("idempotency-key", "k");
    let answer = program.post_json("/api/v1/stock/receipts", &receipt).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    read_until(&mut stream, &format!("event: order-changed\ndata: {short}")).await;
}

#[tokio::test]
async fn a_change_between_the_page_and_its_stream_is_told_when_the_stream_opens() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let lamp = flow.product("LAMP", 100).await;
    let buyer = flow.buyer(10_000).await;
    let order = flow.place(buyer, &[(lamp, 5)]).await;
    let staff = app.sign_in_as(Role::Sales).await;
    let page = staff.get(&format!("/admin/orders/{order}")).await.body;
    let (_, rest) = page.split_once("hx-sse:connect=\"").expect("a live page");
    let (address, _) = rest.split_once('"').expect("an address");
    let mut witness = staff.open("/live").await;
    read_until(&mut witness, "retry").await;
    let program = app.api_as(Role::Admin).await.with("idempotency-key", "k");
    let approval = format!("/api/v1/orders/{order}/approval");
    let answer = program.post_json(&approval, &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = format!("event: order-changed\ndata: {order}");
    read_until(&mut witness, &told).await;
    let mut late = staff.open(address).await;
    read_until(&mut late, &told).await;
    let later = staff.with("last-event-id", "99999999999999");
    let mut stream = later.open(address).await;
    let heard = read_until(&mut stream, "retry").await;
    assert!(!heard.contains("order-changed"), "{heard}");
}
