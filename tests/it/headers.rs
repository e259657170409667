//! The headers of every answer, whatever it is an answer to.

use reqwest::Method;
use vitaran_core::access::Role;
use vitaran_tests::{Answer, test_app};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

fn assert_guarded(answer: &Answer, what: &str) {
    for (name, value) in [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name} of {what}");
    }
    assert!(answer.header("permissions-policy").is_some(), "{what}");
    assert!(answer.header("server").is_none(), "{what}");
    assert!(answer.header("x-request-id").is_some(), "{what}");
    assert!(
        answer.header("access-control-allow-origin").is_none(),
        "{what}"
    );
    let control = answer.header("cache-control").unwrap_or_default();
    assert!(
        control.contains("no-store") || control.contains("immutable"),
        "{what}: {control}"
    );
}

#[tokio::test]
async fn every_answer_is_guarded_errors_and_redirects_included() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Admin).await;
    let nobody = app.client();
    let page = client.get("/admin").await;
    let style = asset_of(&page.body);
    let answers = [
        ("a page", page),
        ("the sign-in page", nobody.get("/login").await),
        ("a redirect", nobody.get("/admin").await),
        ("a missing page", client.get("/nothing").await),
        (
            "another site's form",
            client.send(client.request(Method::POST, "/logout")).await,
        ),
        ("a refused API call", nobody.get("/api/v1/me").await),
        ("a missing operation", nobody.get("/api/v1/nothing").await),
        (
            "bad JSON",
            nobody
                .send(
                    nobody
                        .request(Method::POST, "/api/v1/auth/login")
                        .header("content-type", "application/json")
                        .body("{"),
                )
                .await,
        ),
        ("an asset", nobody.get(&style).await),
        ("a missing asset", nobody.get("/assets/nothing.css").await),
        ("the document", nobody.get("/api/openapi.json").await),
        ("the reference", nobody.get("/developers").await),
        ("health", nobody.get("/health").await),
    ];
    for (what, answer) in &answers {
        assert_guarded(answer, what);
    }
    // Plain http: no promise of https.
    assert!(
        answers
            .iter()
            .all(|(_, a)| a.header("strict-transport-security").is_none())
    );
}

fn asset_of(page: &str) -> String {
    let (_, rest) = page
        .split_once(r#"rel="stylesheet" href=""#)
        .expect("a stylesheet");
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn no_page_has_anything_inline() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    for path in ["/admin", "/developers", "/login", "/nothing"] {
        let page = admin.get(path).await.body;
        for inline in [
            " style=",
            " onclick",
            " hx-on",
            "javascript:",
            "<style",
            "<script>",
        ] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
    }
}

#[tokio::test]
async fn a_request_id_of_the_callers_own_comes_back_if_it_is_a_uuid() {
    let app = test_app().await;
    let given = "01935f3a-7a10-7c4e-8f01-23456789abcd";
    let answer = app.client().with("x-request-id", given).get("/login").await;
    assert_eq!(answer.header("x-request-id"), Some(given));
    let answer = app
        .client()
        .with("x-request-id", "a forged line")
        .get("/login")
        .await;
    assert_ne!(answer.header("x-request-id"), Some("a forged line"));
}

#[tokio::test]
async fn large_pages_are_packed_for_those_who_ask_and_say_so() {
    let app = test_app().await;
    let client = app.client().with("accept-encoding", "gzip");
    let packed = client.open("/developers").await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let vary: Vec<_> = packed.headers().get_all("vary").iter().collect();
    assert!(
        vary.iter().any(|value| *value == "Accept-Encoding"),
        "{vary:?}"
    );
    let bytes = packed.bytes().await.unwrap();
    let plain = app.client().get("/developers").await;
    assert!(plain.header("content-encoding").is_none());
    assert!(bytes.len() * 3 < plain.body.len());
    assert_eq!(bytes.first().copied(), Some(0x1f), "gzip's first byte");
}

#[tokio::test]
async fn small_answers_and_refused_encodings_stay_plain() {
    let app = test_app().await;
    for encoding in ["gzip;q=0", "br", "identity"] {
        let client = app.client().with("accept-encoding", encoding);
        assert!(
            client
                .get("/developers")
                .await
                .header("content-encoding")
                .is_none(),
            "{encoding}"
        );
    }
    let client = app.client().with("accept-encoding", "gzip");
    assert!(
        client
            .get("/health")
            .await
            .header("content-encoding")
            .is_none()
    );
}
