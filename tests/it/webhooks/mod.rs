//! Webhooks through real workers and a receiver that trusts nobody: what is told to whom, how it is signed, and what becomes
//! of it when the receiver is slow, gone or broken.

mod endpoints;
mod failing;
mod telling;
mod updated;

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::process::Program;
use vitaran_tests::receiver::Receiver;
use vitaran_tests::{Client, TestApp};

const ENDPOINTS: &str = "/api/v1/webhook_endpoints";

/// An endpoint and what its requests are signed with.
struct Endpoint {
    id: String,
    secret: String,
}

/// Keeps an endpoint over the API.
async fn listen(admin: &Client, url: &str, events: &[&str]) -> Endpoint {
    let key = uuid::Uuid::now_v7().to_string();
    let body = json!({"url": url, "events": events});
    let keyed = admin.with("idempotency-key", &key);
    let made = keyed.post_json(ENDPOINTS, &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    Endpoint {
        id: text(&made["endpoint"]["id"]),
        secret: text(&made["secret"]),
    }
}

/// An administrator's program, a receiver, and an endpoint there that listens.
async fn listening(app: &TestApp, events: &[&str]) -> (Client, Receiver, Endpoint) {
    let (admin, receiver) = (app.api_as(Role::Admin).await, Receiver::start().await);
    let endpoint = listen(&admin, &receiver.url("/hooks"), events).await;
    (admin, receiver, endpoint)
}

/// A worker of these deliveries alone.
fn worker(app: &TestApp) -> Program {
    Program::worker(app).queues("webhook")
}

async fn ping(admin: &Client, endpoint: &Endpoint) -> String {
    let path = format!("{ENDPOINTS}/{}/ping", endpoint.id);
    let sent = admin.post_json(&path, &json!({})).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    sent.json()["id"].as_str().expect("an id").to_owned()
}

/// An endpoint as the API shows it.
async fn shown(admin: &Client, endpoint: &Endpoint) -> Value {
    let answer = admin.get(&format!("{ENDPOINTS}/{}", endpoint.id)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn delivery(admin: &Client, id: &str) -> Value {
    let answer = admin.get(&format!("/api/v1/webhook_deliveries/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// How the deliveries stand, in one line.
const STATES: &str = "SELECT coalesce(string_agg(line, '; ' ORDER BY line), '') AS text FROM \
    (SELECT count(*) || ' ' || status || ' after ' || attempts AS line FROM webhook_deliveries GROUP BY status, attempts) lines";

/// What waits is due now, and nobody is left alone.
async fn time_passes(app: &TestApp) {
    for sql in [
        "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'PENDING'",
        "UPDATE webhook_endpoints SET paused_until = now() WHERE paused_until IS NOT NULL",
    ] {
        app.database.execute(sql).await;
    }
}
