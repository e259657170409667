//! Single cases that a walk over everything does not make.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, test_app};

use crate::house::{House, new_text};

fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].clone();
    let mut all: Vec<String> = errors
        .as_array()
        .unwrap_or_else(|| panic!("no errors in {}", answer.body))
        .iter()
        .map(|fault| fault["pointer"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn every_fault_of_a_dealer_and_of_an_order_is_told_at_once_with_its_place() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let things = house.make("").await;
    let admin = house.person(Role::Admin).await;
    let program = app.api(&admin).await.with("idempotency-key", "k");
    let before = app.database.picture().await;
    let dealer = json!({
        "code": "", "legal_name": "x".repeat(201), "gst_treatment": "REGISTERED", "gstin": "27AAPFU0939F1ZW",
        "email": "nobody",
        "addresses": [{"label": "Shop", "line1": "1 Road", "city": "Mumbai", "state_code": "98", "pincode": "012345"}],
        "contacts": [{"name": "Sunita", "phone": "12345", "email": "x@"}],
    });
    let answer = program.post_json("/api/v1/dealers", &dealer).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let wanted = [
        "/addresses/0/pincode",
        "/addresses/0/state_code",
        "/code",
        "/contacts/0/email",
        "/contacts/0/phone",
        "/email",
        "/gstin",
        "/legal_name",
    ];
    assert_eq!(pointers(&answer), wanted, "{}", answer.body);

    // What cannot be read is told first, all of it; then what can be read and not be ordered.
    let unreadable = [
        ("1e3", 0),
        ("99999999999999999999", 1),
        ("", 2),
        ("two", 3),
        ("1,5", 4),
    ];
    let not_orderable = [("0", 0), ("-1", 1), ("1.5", 2), ("1000001", 3)];
    for quantities in [&unreadable[..], &not_orderable[..]] {
        let lines: Vec<Value> = quantities
            .iter()
            .map(|(quantity, _)| json!({"product_id": things["product"], "quantity": quantity}))
            .collect();
        let order = json!({"dealer_id": things["dealer"], "ship_to_address_id": things["address"], "lines": lines});
        let answer = program.post_json("/api/v1/orders", &order).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let told = pointers(&answer);
        for (quantity, line) in quantities {
            let place = format!("/lines/{line}/quantity");
            assert!(
                told.contains(&place),
                "{quantity} is not told in {}",
                answer.body
            );
        }
    }
    let changed = app.database.picture().await.changed_since(&before);
    assert!(changed.is_empty(), "{changed:?}");
}

#[tokio::test]
async fn an_order_of_ten_thousand_lines_is_refused_before_it_costs_anything() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let things = house.make("").await;
    let admin = house.person(Role::Admin).await;
    let program = app.api(&admin).await.with("idempotency-key", "k");
    let lines: Vec<Value> = (0..10_000)
        .map(|line| json!({"sku": format!("S{line}"), "quantity": "1"}))
        .collect();
    let order = json!({"dealer_id": things["dealer"], "ship_to_address_id": things["address"], "lines": lines});
    let answer = program.post_json("/api/v1/orders", &order).await;
    assert_eq!(
        (answer.status, pointers(&answer)),
        (422, vec!["/lines".to_owned()])
    );
    assert!(
        answer.body.len() < 2_000,
        "the answer is as long as the order: {}",
        answer.body.len()
    );

    let browser = app.sign_in(&admin).await;
    let form: String = (0..10_000)
        .map(|line| format!("lines.{line}.sku=S{line}&lines.{line}.quantity=1&"))
        .collect();
    let request = browser
        .request(reqwest::Method::POST, "/admin/orders/new")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("The form has too many fields"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn an_address_with_an_id_that_is_none_is_as_unknown_as_any_and_never_a_failure() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let admin = house.person(Role::Admin).await;
    let (browser, program) = (app.sign_in(&admin).await, app.api(&admin).await);
    let long = "9".repeat(4_000);
    for odd in [
        "1",
        "-",
        "%20",
        "..%2f..",
        "0x1",
        "%F0%9F%9A%9A",
        &long,
        "null",
        "00000000-0000-0000-0000-000000000000",
    ] {
        for place in ["orders", "dealers", "products", "invoices", "notifications"] {
            let page = browser.get(&format!("/admin/{place}/{odd}")).await;
            assert_eq!(page.status, 404, "/admin/{place}/{odd}");
            let answer = program.get(&format!("/api/v1/{place}/{odd}")).await;
            assert!(
                matches!(answer.status, 400 | 404),
                "/api/v1/{place}/{odd}: {}",
                answer.status
            );
            let kind = answer.header("content-type");
            assert_eq!(
                kind,
                Some("application/problem+json"),
                "/api/v1/{place}/{odd}"
            );
        }
    }
}

#[tokio::test]
async fn the_api_speaks_json_whatever_is_asked_for_and_so_do_its_refusals() {
    let app = test_app().await;
    let program = app.api_as(Role::Admin).await;
    for accept in [
        "application/xml",
        "text/html",
        "image/*;q=0.5",
        "nonsense",
        "*/*;q=0",
    ] {
        let client = program.with("accept", accept);
        let answer = client.get("/api/v1/me").await;
        assert_eq!(answer.status, 200, "{accept}");
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("application/json"),
            "{accept}"
        );
        let refused = client.get(&format!("/api/v1/orders/{}", new_text())).await;
        assert_eq!(
            refused.header("content-type"),
            Some("application/problem+json"),
            "{accept}"
        );
    }
}
