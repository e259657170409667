//! The API's document: what is published is what is kept, and nothing of it is odd.

use vitaran_tests::test_app;
use vitaran_web::openapi;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/snapshots/openapi.json");

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whether to update is asked of the environment"
)]
fn the_document_is_the_one_kept_beside_the_tests() {
    let now = openapi::printed(&openapi::documents().v3_1);
    if std::env::var("UPDATE_SNAPSHOTS").is_ok() {
        std::fs::write(KEPT, &now).expect("the snapshot is written");
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        kept == now,
        "the API's document changed: look at the difference after UPDATE_SNAPSHOTS=1, and keep it if it is meant"
    );
}

#[tokio::test]
async fn both_documents_are_served_and_say_their_version() {
    let app = test_app().await;
    let client = app.client();
    for (path, version) in [
        ("/api/openapi.json", "3.1.0"),
        ("/api/openapi-3.0.json", "3.0.3"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json()["openapi"], version, "{path}");
    }
}

#[tokio::test]
async fn the_reference_shows_every_operation_and_every_link_in_it_leads_somewhere() {
    let app = test_app().await;
    let page = app.client().get("/developers").await.body;
    let document = openapi::documents().v3_1;
    for (path, _, operation) in openapi::operations(&document) {
        assert!(page.contains(path), "{path}");
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!(r#"id="{id}""#)), "{id}");
    }
    for link in page.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(page.contains(&format!(r#"id="{id}""#)), "#{id}");
    }
}
