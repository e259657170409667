//! `/developers`, which people read, and `/developers/try`, which is a page by itself.

use vitaran_core::access::Role;
use vitaran_tests::test_app;
use vitaran_web::openapi;

/// The ids of the operations a page shows.
fn shown(page: &str) -> Vec<String> {
    let ids = page.split("<section class=\"panel\" id=\"").skip(1);
    let ids = ids.map(|rest| rest.split('"').next().unwrap().to_owned());
    ids.filter(|id| !id.starts_with("schema-") && id != "problems")
        .collect()
}

#[tokio::test]
async fn a_search_without_scripts_shows_what_says_all_its_words_and_only_that() {
    let app = test_app().await;
    let client = app.client();
    let all = shown(&client.get("/developers").await.body);
    let document = openapi::documents().v3_1;
    assert_eq!(all.len(), openapi::operations(&document).count());

    let page = client.get("/developers?q=Approve%20ORDER").await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains(r#"value="Approve ORDER""#),
        "what was asked is kept"
    );
    let found = shown(&page.body);
    assert!(found.contains(&"orders_approve".to_owned()), "{found:?}");
    assert!(!found.contains(&"dealers_list".to_owned()), "{found:?}");
    let by_path = shown(&client.get("/developers?q=/receipts").await.body);
    assert_eq!(by_path, ["receipts_record", "stock_receive"]);

    let nothing = client.get("/developers?q=%3Cscript%3E").await;
    assert_eq!(shown(&nothing.body), [""; 0]);
    assert!(nothing.body.contains("Nothing found"));
    assert!(!nothing.body.contains("<script>"));
    let empty = shown(&client.get("/developers?q=%20").await.body);
    assert_eq!(empty, all);
}

#[tokio::test]
async fn every_operation_is_shown_in_four_languages_with_values_as_they_really_look() {
    let app = test_app().await;
    let page = app.client().get("/developers").await.body;
    let document = openapi::documents().v3_1;
    for (_, _, operation) in openapi::operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        for place in 0..4 {
            let (_, rest) = page
                .split_once(&format!(r#"<code id="{id}-sample-{place}">"#))
                .unwrap_or_else(|| panic!("sample {place} of {id}"));
            let code = rest.split("</code>").next().unwrap();
            assert!(code.contains("/api/"), "{code}");
            assert!(!code.contains('…') && !code.contains("/{"), "{code}");
            let copy = format!(r#"data-copy="{id}-sample-{place}""#);
            assert!(page.contains(&copy), "{copy}");
        }
    }
    let (_, place) = page
        .split_once(r#"<code id="orders_place-sample-0">"#)
        .unwrap();
    let place = place.split("</code>").next().unwrap();
    for part in [
        "curl -X POST",
        "Authorization: Bearer $TOKEN",
        "Idempotency-Key: ",
        "CAB-15-90",
    ] {
        assert!(place.contains(part), "{part} in {place}");
    }
}

#[tokio::test]
async fn the_page_to_try_operations_out_has_a_policy_of_its_own_and_its_weight_is_on_no_other() {
    let app = test_app().await;
    let client = app.client();
    let page = client.get("/developers/try").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    let parts: Vec<&str> = policy.split("; ").collect();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(parts.contains(&part), "{part} in {policy}");
    }
    let loose = parts.iter().filter(|part| part.contains("unsafe"));
    assert_eq!(
        loose.collect::<Vec<_>>(),
        [&"style-src 'self' 'unsafe-inline'"]
    );
    for inline in ["<script>", "<style", " style=", " onclick"] {
        assert!(!page.body.contains(inline), "{inline}");
    }
    let files: Vec<&str> = page
        .body
        .split('"')
        .filter(|word| word.starts_with("/assets/"))
        .collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in &files {
        assert_eq!(client.get(file).await.status, 200, "{file}");
    }

    let admin = app.sign_in_as(Role::Admin).await;
    for path in ["/developers", "/login", "/admin"] {
        let other = admin.get(path).await;
        let policy = other.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for file in &files {
            assert!(!other.body.contains(file), "{file} on {path}");
        }
    }
    let reference = admin.get("/developers").await.body;
    let way = r#"<a href="/developers/try" hx-boost="false">"#;
    assert!(
        reference.contains(way),
        "the way there leaves the page behind"
    );
}
