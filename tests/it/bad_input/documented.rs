//! What the document does not say is refused with its place, by every operation.

use reqwest::Method;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, test_app};

use super::World;
use crate::endpoints::ask::{address_of, assert_none, check};
use crate::endpoints::table::{self, Who};
use crate::house::new_text;

/// The places and codes of a refusal's faults.
fn faults(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(answer.code(), "request.malformed");
    let errors = answer.json()["errors"].clone();
    let text = |fault: &Value, key: &str| fault[key].as_str().unwrap().to_owned();
    errors
        .as_array()
        .unwrap_or_else(|| panic!("no errors in {}", answer.body))
        .iter()
        .map(|fault| (text(fault, "pointer"), text(fault, "code")))
        .collect()
}

fn assert_faults(answer: &Answer, wanted: &[(&str, &str)]) {
    let told = faults(answer);
    let told: Vec<(&str, &str)> = told.iter().map(|(p, c)| (p.as_str(), c.as_str())).collect();
    assert_eq!(told, wanted, "{}", answer.body);
}

#[tokio::test]
async fn all_that_is_missing_unknown_or_of_another_type_is_told_at_once() {
    let app = test_app().await;
    let program = app.api_as(Role::Admin).await.with("idempotency-key", "k");
    let id = new_text();
    let cases = [
        (
            "/api/v1/orders",
            json!({}),
            &[("/lines", "missing"), ("/ship_to_address_id", "missing")][..],
        ),
        (
            "/api/v1/orders",
            json!({"lines": "x", "ship_to_address_id": "shop", "dealer_id": 7}),
            &[
                ("/dealer_id", "type"),
                ("/lines", "type"),
                ("/ship_to_address_id", "type"),
            ],
        ),
        (
            "/api/v1/orders",
            json!({
                "ship_to_address_id": "00000000-0000-4000-8000-000000000000",
                "lines": [{"sku": "A", "quantity": 5, "price": "1"}, {"sku": "A"}, "B", {"sku": true, "quantity": 0.5}],
            }),
            &[
                ("/lines/0/quantity", "type"),
                ("/lines/0/price", "unknown_field"),
                ("/lines/1/quantity", "missing"),
                ("/lines/2", "type"),
                ("/lines/3/quantity", "type"),
                ("/lines/3/sku", "type"),
            ],
        ),
        (
            "/api/v1/receipts",
            json!({}),
            &[
                ("/amount", "missing"),
                ("/dealer_id", "missing"),
                ("/mode", "missing"),
                ("/received_on", "missing"),
                ("/reference", "missing"),
            ],
        ),
        (
            &format!("/api/v1/orders/{id}/dispatch"),
            json!({}),
            &[("/transporter", "missing")],
        ),
        (
            &format!("/api/v1/orders/{id}/delivery"),
            json!({"delivered_at": "yesterday"}),
            &[("/delivered_at", "type")],
        ),
        ("/api/v1/orders", json!([]), &[("", "type")]),
    ];
    for (path, body, wanted) in cases {
        assert_faults(&program.post_json(path, &body).await, wanted);
    }
}

#[tokio::test]
async fn a_parameter_that_cannot_be_read_or_is_unknown_is_told_with_its_place() {
    let app = test_app().await;
    let program = app.api_as(Role::Admin).await;
    let over_long = format!("/api/v1/orders?q={}", "x".repeat(201));
    for (path, wanted) in [
        ("/api/v1/orders?limit=abc", &[("/limit", "type")][..]),
        ("/api/v1/orders?limit=-1", &[("/limit", "type")]),
        ("/api/v1/orders?limit=", &[("/limit", "type")]),
        ("/api/v1/orders?limit=1&limit=2", &[("/limit", "type")]),
        ("/api/v1/orders?sort=total", &[("/sort", "enum")]),
        ("/api/v1/orders?dealer_id=abc", &[("/dealer_id", "type")]),
        (
            "/api/v1/orders?placed_from=2026-02-30",
            &[("/placed_from", "type")],
        ),
        ("/api/v1/orders?short=perhaps", &[("/short", "type")]),
        (&over_long, &[("/q", "too_long")]),
        ("/api/v1/orders?foo=1", &[("/foo", "unknown_field")]),
        (
            "/api/v1/orders?foo=1&limit=x&bar",
            &[
                ("/limit", "type"),
                ("/bar", "unknown_field"),
                ("/foo", "unknown_field"),
            ],
        ),
    ] {
        assert_faults(&program.get(path).await, wanted);
    }
    for path in [
        "/api/v1/orders?status=PLACED&status=PACKED&limit=1&q=",
        "/api/v1/orders?short=true&sort=-placed_at&placed_from=2026-02-28",
    ] {
        assert_eq!(program.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_refuses_a_parameter_it_does_not_document() {
    let app = test_app().await;
    let rows = table::operations();
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|row| matches!(row.who, Who::Holding(_)))
        .collect();
    let world = World::new(&app, &rows).await;
    let mut findings = Vec::new();
    for row in &rows {
        let address = address_of(row, &world.things[row.names]);
        let mark = if address.contains('?') { '&' } else { '?' };
        let method = Method::from_bytes(row.method.as_bytes()).unwrap();
        let request = world
            .program
            .request(method, &format!("{address}{mark}surplus=1"));
        let answer = world.program.send(request).await;
        let is_told = answer.status == 400 && {
            let told = faults(&answer);
            told.contains(&("/surplus".to_owned(), "unknown_field".to_owned()))
        };
        findings.extend(check(is_told, || format!("{row:?}: {}", answer.body)).err());
    }
    assert_none(&findings);
}

#[tokio::test]
async fn who_asks_comes_before_what_is_wrong_with_the_question() {
    let app = test_app().await;
    for client in [app.client(), app.client().bearer("vta_nothing")] {
        assert_eq!(client.get("/api/v1/orders?foo=1").await.status, 401);
        assert_eq!(
            client.post_json("/api/v1/orders", &json!({})).await.status,
            401
        );
    }
}

#[tokio::test]
async fn an_order_of_numbers_writes_nothing_and_the_same_of_strings_is_placed() {
    let app = test_app().await;
    let house = crate::house::House::new(&app, Flow::new(&app)).await;
    let things = house.make("").await;
    let admin = house.person(Role::Admin).await;
    let program = app.api(&admin).await.with("idempotency-key", "k");
    let order = |quantity: Value| {
        json!({
            "dealer_id": things["dealer"], "ship_to_address_id": things["address"],
            "lines": [{"product_id": things["product"], "quantity": quantity}],
        })
    };
    let before = app.database.picture().await;
    for number in [json!(5), json!(5.0), json!(true), json!(null)] {
        let answer = program.post_json("/api/v1/orders", &order(number)).await;
        assert_faults(&answer, &[("/lines/0/quantity", "type")]);
    }
    let changed = app.database.picture().await.changed_since(&before);
    assert!(changed.is_empty(), "{changed:?}");
    let placed = program
        .post_json("/api/v1/orders", &order(json!("5")))
        .await;
    assert_eq!(placed.status, 201, "{}", placed.body);
}
