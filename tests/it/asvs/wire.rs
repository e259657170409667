//! What every answer says, and where a request ends, before any record is asked for: so without a database.

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vitaran_tests::{Answer, BareApp, Client, bare_app};

const HTTPS: &str = "https://orders.example.in";

/// As behind a proxy that speaks TLS.
async fn behind_tls() -> BareApp {
    bare_app(|config| HTTPS.clone_into(&mut config.public_url)).await
}

/// One of every kind: pages, assets, problems, redirects, a form's answer.
async fn answers(app: &BareApp) -> Vec<(&'static str, Answer)> {
    let client = Client::new(&app.base);
    let sign_in = client.get("/login").await;
    let (_, link) = sign_in
        .body
        .split_once(r#"rel="stylesheet" href=""#)
        .expect("a stylesheet");
    let style = link.split('"').next().unwrap_or_default().to_owned();
    let (_, link) = sign_in.body.split_once(r#"src=""#).expect("a script");
    let script = link.split('"').next().unwrap_or_default().to_owned();
    let theme = client
        .post_form("/preferences", &[("theme", "dark"), ("next", "/login")])
        .await;
    vec![
        ("a page", sign_in),
        ("a redirect", client.get("/admin").await),
        ("a missing page", client.get("/nothing").await),
        ("a form's answer", theme),
        (
            "another site's form",
            client.send(client.request(Method::POST, "/logout")).await,
        ),
        ("a stylesheet", client.get(&style).await),
        ("a script", client.get(&script).await),
        ("a missing asset", client.get("/assets/nothing.css").await),
        ("a refused operation", client.get("/api/v1/me").await),
        ("a missing operation", client.get("/api/v1/nothing").await),
        ("the document", client.get("/api/openapi.json").await),
        ("the reference", client.get("/developers").await),
        (
            "a failing page",
            client.get("/new-password?token=nobodys").await,
        ),
        ("a webhook", client.get("/webhooks/whatsapp/volt").await),
        ("health", client.get("/health").await),
    ]
}

#[tokio::test]
async fn behind_tls_every_answer_promises_to_stay_there_and_every_cookie_is_bound_to_the_host() {
    let app = behind_tls().await;
    let mut cookies = 0;
    for (what, answer) in answers(&app).await {
        let promise = answer.header("strict-transport-security");
        assert_eq!(
            promise,
            Some("max-age=31536000; includeSubDomains"),
            "{what}"
        );
        for cookie in answer.set_cookies() {
            assert!(cookie.starts_with("__Host-"), "{what}: {cookie}");
            for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
                assert!(
                    cookie.contains(attribute),
                    "{attribute} in {what}: {cookie}"
                );
            }
            assert!(!cookie.contains("Domain="), "{what}: {cookie}");
            cookies += 1;
        }
    }
    assert!(cookies > 0, "no answer set a cookie");
}

#[tokio::test]
async fn every_answer_with_a_body_says_its_type_and_texts_their_letters() {
    let app = bare_app(|_| {}).await;
    for (what, answer) in answers(&app).await {
        let kind = answer.header("content-type").unwrap_or_default();
        let is_said = match answer.body.as_str() {
            "" => kind.is_empty() || kind.contains("charset=utf-8"),
            body if body.starts_with("<!DOCTYPE html>") => kind == "text/html; charset=utf-8",
            body if body.starts_with('{') => {
                kind.starts_with("application/") && kind.contains("json")
            }
            _ => kind.starts_with("text/") && kind.ends_with("; charset=utf-8"),
        };
        assert!(
            is_said,
            "{what} {}: {kind:?} {:.60}",
            answer.status, answer.body
        );
    }
}

#[tokio::test]
async fn nothing_redirects_a_request_in_clear_to_tls_and_least_of_all_a_programs() {
    let app = behind_tls().await;
    for (what, answer) in answers(&app).await {
        assert!(
            !answer.location().starts_with("http"),
            "{what}: {}",
            answer.location()
        );
    }
    let program = Client::new(&app.base).bearer("vta_somebodys");
    let answer = program.get("/api/v1/nothing").await;
    assert_eq!((answer.status, answer.location()), (404, ""));
}

#[tokio::test]
async fn no_address_is_traced_no_folder_is_listed_and_no_source_is_served() {
    let app = bare_app(|_| {}).await;
    let client = Client::new(&app.base);
    for path in [
        "/",
        "/login",
        "/assets/app.css",
        "/api/v1/me",
        "/api/openapi.json",
        "/health",
        "/webhooks/whatsapp/volt",
    ] {
        let answer = client
            .with("x-secret", "told-back")
            .send(client.request(Method::TRACE, path))
            .await;
        assert!(
            matches!(answer.status, 404 | 405),
            "{path}: {}",
            answer.status
        );
        assert!(!answer.body.contains("told-back"), "{path}");
    }
    for path in [
        "/assets",
        "/assets/",
        "/assets/vendor/",
        "/assets/js/app.js",
        "/.git/config",
        "/.git/",
        "/.env",
        "/Cargo.toml",
        "/files/",
    ] {
        let answer = client.get(path).await;
        assert!(answer.status == 404, "{path}: {}", answer.status);
        assert!(
            !answer.body.contains("[core]") && !answer.body.contains("[package]"),
            "{path}"
        );
    }
}

/// What comes back on one connection, until the server ends it or says no more for a while.
async fn spoken(app: &BareApp, request: &str) -> String {
    let address = app.base.strip_prefix("http://").expect("an address");
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    let mut answer = Vec::new();
    let reading = socket.read_to_end(&mut answer);
    // A server that waits for more of a request says nothing: what it said until then is what counts.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), reading).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answer: &str) -> Vec<&str> {
    let answers = answer.split("HTTP/1.1 ").skip(1);
    answers.filter_map(|one| one.split(' ').next()).collect()
}

#[tokio::test]
async fn a_request_ends_where_its_framing_says_and_one_that_says_it_twice_is_refused() {
    let app = bare_app(|_| {}).await;
    let head = "POST /login HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: cross-site\r\n";
    let hidden = "GET /login HTTP/1.1\r\nHost: x\r\n\r\n";
    // The chunks count, whatever the length says, and what comes behind them is no request: the connection ends.
    for length in [0, 5, 1_000] {
        let both = format!(
            "{head}Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n{hidden}"
        );
        let answer = spoken(&app, &both).await;
        assert_eq!(statuses(&answer), ["403"], "{length}: {answer}");
        assert!(answer.contains("connection: close"), "{length}: {answer}");
    }
    for framing in [
        "Content-Length: 3\r\nContent-Length: 5\r\n",
        "Content-Length: 3, 5\r\n",
        "Content-Length: +3\r\n",
        "Content-Length : 3\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
    ] {
        let answer = spoken(&app, &format!("{head}{framing}\r\nabc{hidden}")).await;
        assert_eq!(statuses(&answer), ["400"], "{framing}{answer}");
    }
}
