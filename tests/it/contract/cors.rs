//! Scripts of declared origins may call the API; for everybody else it is as if there were no such thing.

use reqwest::Method;
use serde_json::json;
use vitaran_core::access::Role;
use vitaran_core::config::Origins;
use vitaran_tests::{Answer, Client, PASSWORD, TestApp, test_app, test_app_with};

const SHOP: &str = "https://shop.example.in";

async fn with_a_shop() -> TestApp {
    test_app_with(|config| {
        config.cors_origins =
            Origins::parse("https://shop.example.in, http://localhost:3000").unwrap();
    })
    .await
}

async fn preflight(client: &Client, origin: &str, path: &str) -> Answer {
    let request = client
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization,if-match");
    client.send(request).await
}

/// The headers by which a browser lets a script have an answer.
fn shared(answer: &Answer) -> Vec<String> {
    let names = answer.headers.keys().map(ToString::to_string);
    names.filter(|n| n.starts_with("access-control")).collect()
}

fn words(answer: &Answer, name: &str) -> Vec<String> {
    let text = answer.header(name).unwrap_or_default();
    text.split(',')
        .map(|word| word.trim().to_lowercase())
        .collect()
}

#[tokio::test]
async fn a_declared_origins_script_signs_in_asks_and_reads_every_header_of_the_contract() {
    let app = with_a_shop().await;
    let nobody = app.client();
    for origin in [SHOP, "http://localhost:3000"] {
        let asked = preflight(&nobody, origin, "/api/v1/dealers/7").await;
        assert_eq!(asked.status, 204);
        assert_eq!(asked.header("access-control-allow-origin"), Some(origin));
        let sent = words(&asked, "access-control-allow-headers");
        for name in [
            "authorization",
            "content-type",
            "idempotency-key",
            "if-match",
            "if-none-match",
        ] {
            assert!(sent.contains(&name.to_owned()), "{name} in {sent:?}");
        }
        let methods = words(&asked, "access-control-allow-methods");
        assert!(methods.contains(&"put".to_owned()), "{methods:?}");
    }

    let person = app.person(Role::Sales).await;
    let shop = nobody.with("origin", SHOP);
    let login = json!({ "email": person.email, "password": PASSWORD });
    let signed_in = shop.post_json("/api/v1/auth/login", &login).await;
    assert_eq!(signed_in.status, 200);
    let token = signed_in.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let program = shop.bearer(token);
    for (answer, status) in [
        (signed_in, 200),
        (program.get("/api/v1/orders").await, 200),
        (program.get("/api/v1/nothing").await, 404),
        (program.get("/api/v1/orders?limit=0").await, 400),
        (shop.get("/api/v1/me").await, 401),
        (shop.get("/api/openapi.json").await, 200),
    ] {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
        assert!(answer.header("access-control-allow-credentials").is_none());
        assert!(words(&answer, "vary").contains(&"origin".to_owned()));
        let read = words(&answer, "access-control-expose-headers");
        for name in [
            "etag",
            "link",
            "location",
            "ratelimit",
            "retry-after",
            "x-request-id",
            "idempotency-replayed",
        ] {
            assert!(read.contains(&name.to_owned()), "{name} in {read:?}");
        }
    }
}

#[tokio::test]
async fn an_origin_nobody_declared_gets_not_one_header_of_the_protocol() {
    let app = with_a_shop().await;
    let program = app.api_as(Role::Sales).await;
    for origin in [
        "https://evil.example.in",
        "https://shop.example.in.evil.in",
        "http://shop.example.in",
        "https://shop.example.in:8443",
        "null",
    ] {
        let asked = preflight(&program, origin, "/api/v1/orders").await;
        assert_eq!((asked.status, shared(&asked)), (405, vec![]), "{origin}");
        let answer = program.with("origin", origin).get("/api/v1/orders").await;
        assert_eq!((answer.status, shared(&answer)), (200, vec![]), "{origin}");
        assert!(words(&answer, "vary").contains(&"origin".to_owned()));
    }
    let plain = program.get("/api/v1/orders").await;
    assert!(words(&plain, "vary").contains(&"origin".to_owned()));
}

#[tokio::test]
async fn no_page_and_no_asset_is_shared_with_any_origin_and_by_default_the_api_is_not_either() {
    let app = with_a_shop().await;
    let browser = app.sign_in_as(Role::Sales).await.with("origin", SHOP);
    for path in [
        "/admin",
        "/login",
        "/developers",
        "/health",
        "/webhooks/whatsapp/volt",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(shared(&answer), [""; 0], "{path}");
        let asked = preflight(&browser, SHOP, path).await;
        assert_eq!(shared(&asked), [""; 0], "{path}");
    }
    let undeclared = test_app().await;
    let asked = preflight(&undeclared.client(), SHOP, "/api/v1/orders").await;
    assert_eq!((asked.status, shared(&asked)), (405, vec![]));
}
