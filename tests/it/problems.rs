//! Refusals, for people and for programs.

use reqwest::Method;
use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, test_app};

use crate::house::House;

async fn post_raw(
    client: &Client,
    path: &str,
    kind: &str,
    body: impl Into<reqwest::Body>,
) -> Answer {
    let request = client
        .request(Method::POST, path)
        .header("content-type", kind)
        .header("sec-fetch-site", "same-origin")
        .body(body);
    client.send(request).await
}

const LOGIN: &str = "/api/v1/auth/login";

fn assert_problem(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{what}"
    );
    let body = answer.json();
    assert_eq!(body["code"], code, "{what}");
    assert_eq!(body["status"], status, "{what}");
    assert_eq!(
        body["request_id"].as_str(),
        answer.header("x-request-id"),
        "{what}"
    );
    for key in ["type", "title", "detail", "instance"] {
        assert!(body[key].is_string(), "{key} of {what}");
    }
}

#[tokio::test]
async fn what_the_api_cannot_read_is_a_problem_document_that_names_no_type_of_ours() {
    let app = test_app().await;
    let client = app.client();
    let json_kind = "application/json";
    let cases = [
        (
            "bad syntax",
            400,
            "request.malformed",
            post_raw(&client, LOGIN, json_kind, "{").await,
        ),
        (
            "no body",
            400,
            "request.malformed",
            post_raw(&client, LOGIN, json_kind, "").await,
        ),
        (
            "a wrong type",
            400,
            "request.malformed",
            post_raw(&client, LOGIN, json_kind, r#"{"email":[],"password":"x"}"#).await,
        ),
        (
            "a missing field",
            400,
            "request.malformed",
            post_raw(&client, LOGIN, json_kind, r#"{"email":"a@b.c"}"#).await,
        ),
        (
            "invalid UTF-8",
            400,
            "request.malformed",
            post_raw(&client, LOGIN, json_kind, b"{\"email\":\"\xff\"}".to_vec()).await,
        ),
        (
            "a NUL",
            400,
            "request.malformed",
            post_raw(
                &client,
                LOGIN,
                json_kind,
                r#"{"email":"a\u0000b","password":"x"}"#,
            )
            .await,
        ),
        (
            "another type",
            415,
            "request.unsupported_type",
            post_raw(&client, LOGIN, "text/plain", "{}").await,
        ),
        (
            "too much",
            413,
            "request.too_large",
            post_raw(&client, LOGIN, json_kind, "x".repeat(1024 * 1024 + 1)).await,
        ),
        (
            "no such operation",
            404,
            "request.not_found",
            client.get("/api/v1/nothing").await,
        ),
        (
            "no token",
            401,
            "auth.token_required",
            client.get("/api/v1/me").await,
        ),
        (
            "a wrong token",
            401,
            "auth.token_required",
            client.bearer("vta_nothing").get("/api/v1/me").await,
        ),
        (
            "wrong credentials",
            401,
            "auth.wrong_credentials",
            client
                .post_json(LOGIN, &json!({"email":"a@b.c","password":"x"}))
                .await,
        ),
    ];
    for (what, status, code, answer) in &cases {
        assert_problem(answer, *status, code, what);
        for internal in ["poem", "Login", "parse", "occurred", "serde", "lookup"] {
            assert!(
                !answer.body.contains(internal),
                "{internal} in {what}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn an_unknown_field_is_named_with_its_place() {
    let app = test_app().await;
    let login = json!({"email": "a@b.c", "password": "x", "is_admin": true});
    let answer = app.client().post_json(LOGIN, &login).await;
    assert_problem(&answer, 400, "request.malformed", "an unknown field");
    assert_eq!(answer.json()["errors"][0]["pointer"], "/is_admin");
    assert_eq!(answer.json()["errors"][0]["code"], "unknown_field");
}

#[tokio::test]
async fn a_wrong_method_says_which_ones_there_are() {
    let app = test_app().await;
    let client = app.client();
    let api = client
        .send(client.request(Method::DELETE, "/api/v1/me"))
        .await;
    assert_problem(&api, 405, "request.method_not_allowed", "DELETE");
    assert_eq!(api.header("allow"), Some("GET"));
    let page = client.send(client.request(Method::TRACE, "/login")).await;
    assert_eq!(page.status, 405, "TRACE");
    let page = client
        .send(
            client
                .request(Method::PUT, "/login")
                .header("sec-fetch-site", "same-origin"),
        )
        .await;
    assert_eq!(
        (page.status, page.header("allow")),
        (405, Some("GET, HEAD, POST"))
    );
}

#[tokio::test]
async fn a_body_that_hides_its_length_is_counted_while_it_is_read() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let app = test_app().await;
    let address = app.base.strip_prefix("http://").unwrap();
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    for _ in 0..17 {
        // Once the server has answered it may close.
        if socket.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = [0_u8; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_missing_page_is_a_page_with_the_persons_menu_and_a_message_for_a_fragment() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Sales).await;
    let page = client.get("/admin/nothing").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("There is nothing at this address"));
    assert!(page.body.contains("Volt Distributors"));
    let fragment = client.htmx().get("/admin/nothing").await;
    assert_eq!(fragment.status, 404);
    assert_eq!(fragment.header("hx-retarget"), Some("#flash"));
    assert!(!fragment.body.contains("<html"));
}

#[tokio::test]
async fn text_that_is_none_is_refused_wherever_it_stands() {
    let app = test_app().await;
    let client = app.client();
    assert_eq!(client.get("/login?next=%00").await.status, 400);
    assert_eq!(client.get("/login?next=%ff").await.status, 400);
    assert_eq!(client.get("/a%00b").await.status, 400);
    assert_eq!(client.get("/webhooks/whatsapp/%00").await.status, 400);
    let form = "application/x-www-form-urlencoded";
    let answer = post_raw(&client, "/login", form, "email=a%00b&password=x").await;
    assert_eq!(answer.status, 400);
    let answer = post_raw(&client, "/login", form, "email=%ff&password=x").await;
    assert_eq!(answer.status, 400);
    let answer = post_raw(&client, "/login", "application/json", "{}").await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn a_failure_of_ours_shows_a_reference_and_nothing_else() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Admin).await;
    app.database
        .execute("REVOKE EXECUTE ON FUNCTION lookup.session(bytea) FROM app_user")
        .await;
    let page = client.get("/admin").await;
    assert_eq!(page.status, 500);
    let reference = page.header("x-request-id").unwrap();
    assert!(
        page.body
            .contains(&format!("Something went wrong (ref {reference})"))
    );
    for internal in ["permission denied", "lookup", "database error"] {
        assert!(!page.body.contains(internal), "{internal}");
    }
}

#[tokio::test]
async fn a_placed_order_says_its_version_and_is_not_sent_again_to_those_who_hold_it() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let things = house.make("").await;
    let admin = house.person(Role::Admin).await;
    let program = app.api(&admin).await.with("idempotency-key", "k");
    let order = json!({
        "dealer_id": things["dealer"], "ship_to_address_id": things["address"],
        "lines": [{"product_id": things["product"], "quantity": "5"}],
    });
    let placed = program.post_json("/api/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let tag = placed.header("etag").expect("a version").to_owned();
    let path = placed.header("location").expect("an address").to_owned();
    let replayed = program.post_json("/api/v1/orders", &order).await;
    assert_eq!(replayed.header("etag"), Some(tag.as_str()));
    let held = program.with("if-none-match", &tag);
    let spared = held.get(&path).await;
    assert_eq!((spared.status, spared.body.as_str()), (304, ""));
    assert_eq!(spared.header("etag"), Some(tag.as_str()));
    let approval = format!("{path}/approval");
    let approved = program.post_json(&approval, &json!({})).await;
    assert_eq!(approved.status, 200, "{}", approved.body);
    let sent = held.get(&path).await;
    assert_eq!(
        (sent.status, sent.header("etag")),
        (200, approved.header("etag"))
    );
    assert_ne!(sent.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn what_moves_without_a_new_version_is_sent_again_and_the_version_still_opens_the_record() {
    let app = test_app().await;
    let program = app.api_as(Role::Admin).await;
    let dealer = app.dealer().await;
    let path = format!("/api/v1/dealers/{dealer}");
    let first = program.get(&path).await;
    let held = program.with("if-none-match", first.header("etag").unwrap());
    assert_eq!(held.get(&path).await.status, 304);
    // As an order that is approved does.
    let hold = format!("UPDATE dealer_credit SET holds = holds + 500 WHERE dealer_id = '{dealer}'");
    app.database.execute(&hold).await;
    let moved = held.get(&path).await;
    assert_eq!((moved.status, moved.version()), (200, first.version()));
    assert_ne!(moved.header("etag"), first.header("etag"));
    // Whoever changes it names the version they saw, in either tag.
    for (tag, status) in [(first.header("etag").unwrap(), 200), ("\"v1\"", 412)] {
        let switched = program
            .with("if-match", tag)
            .post_json(&format!("{path}/deactivation"), &json!({}))
            .await;
        assert_eq!(switched.status, status, "{tag}: {}", switched.body);
    }
}
