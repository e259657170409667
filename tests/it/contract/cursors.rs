//! Every list of the API is read to its end by following what it says, and by nothing else.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::testkit::product;
use vitaran_tests::{Answer, Client, TestApp, test_app};
use vitaran_web::openapi;

async fn stocked(app: &TestApp, sku: &str) {
    let mut tx = app
        .begin::<vitaran_core::access::InventoryProductsWrite>()
        .await;
    product(sku).insert(&mut tx, &app.tenant).await;
    tx.commit().await.unwrap();
}

/// The addresses of a `Link` header, by what they are.
fn link(answer: &Answer, relation: &str) -> Option<String> {
    let mut links = answer.header("link")?.split(", ");
    let wanted = format!("rel=\"{relation}\"");
    let found = links.find(|link| link.ends_with(&wanted))?;
    Some(found.strip_prefix('<')?.split('>').next()?.to_owned())
}

fn cursor(answer: &Answer) -> String {
    answer.json()["next_cursor"].as_str().unwrap().to_owned()
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    assert_eq!(answer.code(), "list.cursor_invalid", "{what}");
    assert_eq!(answer.json()["errors"][0]["pointer"], json!("/cursor"));
}

async fn skus(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let rows = answer.json()["data"].as_array().unwrap().clone();
    rows.into_iter().map(|row| row["sku"].clone()).collect()
}

#[tokio::test]
async fn a_cursor_works_for_its_own_list_filters_and_distributor_and_nowhere_else() {
    let app = test_app().await;
    for sku in ["A", "B", "C", "D"] {
        stocked(&app, sku).await;
    }
    let program = app.api_as(Role::Sales).await;
    let first = program.get("/api/v1/products?limit=2&status=active").await;
    let next = cursor(&first);
    assert!(next.len() < 160, "{} letters: {next}", next.len());

    let follow = link(&first, "next").unwrap();
    assert_eq!(skus(&program, &follow).await, [json!("C"), json!("D")]);
    let of_another_length = format!("/api/v1/products?status=active&limit=1&cursor={next}");
    assert_eq!(skus(&program, &of_another_length).await, [json!("C")]);
    // Of the same distributor, somebody else may go on.
    let colleague = app.api_as(Role::Admin).await;
    assert_eq!(skus(&colleague, &follow).await, [json!("C"), json!("D")]);

    let other_filters = format!("/api/v1/products?limit=2&cursor={next}");
    assert_refused(&program.get(&other_filters).await, "other filters");
    let other_list = format!("/api/v1/dealers?limit=2&status=active&cursor={next}");
    assert_refused(&program.get(&other_list).await, "another list");
    let pump = app.tenant("pump", "29AMPCE5678B1ZI").await;
    app.make_member(&pump, "sales@pump.test", Role::Sales, None)
        .await;
    let person = vitaran_tests::Person {
        email: "sales@pump.test".to_owned(),
        password: vitaran_tests::PASSWORD.to_owned(),
        dealer: None,
    };
    let elsewhere = app.api(&person).await.get(&follow).await;
    assert_refused(&elsewhere, "another distributor");
}

#[tokio::test]
async fn a_list_leads_to_the_next_page_and_back_to_the_first_with_its_filters() {
    let app = test_app().await;
    for sku in ["A", "B", "C"] {
        stocked(&app, sku).await;
    }
    let program = app.api_as(Role::Sales).await;
    let first = program.get("/api/v1/products?limit=2&status=all").await;
    assert_eq!(link(&first, "first"), None);
    let last = program.get(&link(&first, "next").unwrap()).await;
    assert_eq!(link(&last, "next"), None);
    let again = link(&last, "first").unwrap();
    assert_eq!(again, "/api/v1/products?limit=2&status=all");
    assert_eq!(program.get(&again).await.json(), first.json());
}

#[tokio::test]
async fn every_list_of_the_document_refuses_a_cursor_that_was_not_given_by_it() {
    let app = test_app().await;
    let (program, platform) = (
        app.api_as(Role::Admin).await,
        app.api_as_platform_admin().await,
    );
    let dealer = app.dealer().await.to_string();
    let list = app.tenant.price_list.to_string();
    let document = openapi::documents().v3_1;
    let mut lists = 0;
    for (path, method, operation) in openapi::operations(&document) {
        let has_cursor = operation["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["name"] == "cursor"));
        if !has_cursor {
            continue;
        }
        assert_eq!(method, "get", "{path}");
        let headers = &operation["responses"]["200"]["headers"];
        assert!(headers["Link"].is_object(), "{path} has no Link");
        let id = if path.contains("price_lists") {
            &list
        } else {
            &dealer
        };
        let address = path.replace("{id}", id);
        let one = "0193a1b2-7c4e-7f01-8abc-23456789abcd";
        for made_up in ["!", "WzFd", "WzFd.AAAAAAAAAAAAAAAAAAAAAA", one] {
            let client = match path.contains("/v1/platform/") {
                true => &platform,
                false => &program,
            };
            let answer = client.get(&format!("{address}?cursor={made_up}")).await;
            assert_refused(&answer, &format!("{address} {made_up}"));
        }
        lists += 1;
    }
    assert!(lists >= 12, "{lists}");
}
