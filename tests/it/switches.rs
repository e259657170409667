//! What a program's switch does that a page's need not: it may go without a version, it may come twice, and a change of a
//! record never switches it. And the locations that records name.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, TestApp, test_app};

use crate::house::House;

async fn post(program: &Client, path: &str) -> Answer {
    program
        .send(program.request(reqwest::Method::POST, path))
        .await
}

/// Whether the record in an answer is in use; of a dealer's parts, the part.
fn is_active(answer: &Answer, list: &str, id: &str) -> bool {
    let record = answer.json();
    let of = |record: &Value| record["is_active"].as_bool().expect("is_active");
    match record[list].as_array() {
        Some(parts) => of(parts
            .iter()
            .find(|part| part["id"] == id)
            .expect("the part of the dealer")),
        None => of(&record),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_goes_without_a_version_and_the_second_one_changes_nothing() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let admin = house.person(Role::Admin).await;
    let program = app.api(&admin).await;
    for (kind, base, list, part) in [
        ("product", "products/{id}", "", ""),
        ("category", "categories/{id}", "", ""),
        ("price list", "price_lists/{id}", "", ""),
        ("dealer", "dealers/{id}", "", ""),
        (
            "dealer's address",
            "dealers/{id}/addresses/{part}",
            "addresses",
            "address",
        ),
        (
            "dealer's contact",
            "dealers/{id}/contacts/{part}",
            "contacts",
            "contact",
        ),
    ] {
        let things = house.make(kind).await;
        let part = things.get(part).cloned().unwrap_or_default();
        let path = base.replace("{id}", &things["id"]).replace("{part}", &part);
        for (verb, is_on, tag) in [("deactivation", false, 2), ("activation", true, 3)] {
            let path = format!("/api/v1/{path}/{verb}");
            let once = post(&program, &path).await;
            assert_eq!(
                (once.status, once.version()),
                (200, Some(tag)),
                "{path}: {}",
                once.body
            );
            assert_eq!(is_active(&once, list, &part), is_on, "{path}");
            let before = app.database.picture().await;
            let again = post(&program, &path).await;
            assert_eq!((again.status, again.json()), (200, once.json()), "{path}");
            let changed = app.database.picture().await.changed_since(&before);
            assert!(changed.is_empty(), "{path} twice changed {changed:?}");
        }
        let late = program.with("if-match", "\"v2\"");
        let late = post(&late, &format!("/api/v1/{path}/deactivation")).await;
        assert_eq!(late.status, 412, "{kind}: {}", late.body);
        let odd = program.with("if-match", "v3");
        let odd = post(&odd, &format!("/api/v1/{path}/deactivation")).await;
        assert_eq!(odd.status, 400, "{kind}: {}", odd.body);
    }
}

#[tokio::test]
async fn a_change_of_a_record_that_is_off_leaves_it_off() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let admin = house.person(Role::Admin).await;
    let program = app.api(&admin).await;
    let (product, list) = (house.make("product").await, house.make("price list").await);
    let body = json!({ "sku": "W-1", "name": "Wire", "category_id": product["category"], "hsn": "8544", "unit": "MTR",
        "tax_class": "STANDARD", "base_price": "42.5" });
    for (path, body) in [
        (format!("/api/v1/products/{}", product["id"]), body),
        (
            format!("/api/v1/price_lists/{}", list["id"]),
            json!({ "name": "Gold" }),
        ),
    ] {
        assert_eq!(
            post(&program, &format!("{path}/deactivation")).await.status,
            200
        );
        assert_eq!(program.put_json(&path, &body).await.status, 428, "{path}");
        let program = program.with("if-match", "\"v2\"");
        let mut switching = body.clone();
        switching["is_active"] = json!(true);
        assert_eq!(
            program.put_json(&path, &switching).await.status,
            400,
            "{path}"
        );
        let saved = program.put_json(&path, &body).await;
        assert_eq!(
            (saved.status, saved.version()),
            (200, Some(3)),
            "{}",
            saved.body
        );
        assert_eq!(saved.json()["is_active"], false, "{path}");
    }
}

#[tokio::test]
async fn a_price_list_is_made_once_however_often_it_is_asked_for() {
    let app = test_app().await;
    let program = app.api_as(Role::Admin).await;
    let (path, body) = ("/api/v1/price_lists", json!({ "name": "Gold" }));
    assert_eq!(
        program.post_json(path, &body).await.status,
        400,
        "a key is demanded"
    );
    let keyed = program.with("idempotency-key", "key-1");
    let made = keyed.post_json(path, &body).await;
    let again = keyed.post_json(path, &body).await;
    assert_eq!((made.status, again.status), (201, 201), "{}", made.body);
    assert_eq!(made.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(program.get(made.location()).await.json(), made.json());
    let wanted = json!({ "id": made.json()["id"], "name": "Gold", "is_default": false, "is_active": true, "version": 1 });
    assert_eq!(made.json(), wanted);
}

async fn names(program: &Client, query: &str) -> Vec<String> {
    let rows = program
        .get(&format!("/api/v1/locations{query}"))
        .await
        .json()["data"]
        .clone();
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn locations_are_told_with_their_gstin_to_whoever_sees_stock_and_only_ones_own() {
    let app: TestApp = test_app().await;
    app.tenant("ampere", "29AABCR1718E1ZL").await;
    let tenant = &app.tenant;
    let closed = format!(
        "INSERT INTO locations (tenant_id, id, registration_id, name, is_default, is_active) \
         VALUES ('{}', '{}', '{}', 'Closed', false, false)",
        tenant.tenant.id,
        uuid::Uuid::now_v7(),
        tenant.registration
    );
    app.database.execute(&closed).await;
    let program = app.api_as(Role::Sales).await;
    let rows = program.get("/api/v1/locations").await.json()["data"].clone();
    assert_eq!(rows.as_array().expect("rows").len(), 1, "{rows}");
    let gstin = rows[0]["gstin"].as_str().expect("a GSTIN").to_owned();
    let wanted = json!({ "id": tenant.location, "name": rows[0]["name"], "gstin": gstin, "is_default": true, "is_active": true });
    assert_eq!(rows[0], wanted);
    let own = format!(
        "SELECT count(*) FROM gst_registrations WHERE id = '{}' AND gstin = '{gstin}'",
        tenant.registration
    );
    assert_eq!(app.database.count(&own).await, 1, "{gstin}");
    assert_eq!(names(&program, "?status=inactive").await, ["Closed"]);
    assert_eq!(names(&program, "?status=all").await.len(), 2);
    let accounts = app.api_as(Role::Accounts).await;
    assert_eq!(accounts.get("/api/v1/locations").await.status, 403);
}
