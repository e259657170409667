//! Requests from other sites.

use reqwest::Method;
use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::test_app;

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Sales).await;
    for site in ["cross-site", "same-site"] {
        let request = client
            .request(Method::POST, "/logout")
            .header("sec-fetch-site", site)
            .form(&[("a", "b")]);
        let answer = client.send(request).await;
        assert_eq!(answer.status, 403, "{site}");
        assert_eq!(client.get("/admin").await.status, 200, "{site}");
    }
}

#[tokio::test]
async fn a_request_that_says_nothing_of_where_it_comes_from_is_refused_htmx_or_not() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Sales).await;
    for client in [&client, &client.htmx()] {
        let request = client.request(Method::POST, "/logout").form(&[("a", "b")]);
        assert_eq!(client.send(request).await.status, 403);
    }
}

#[tokio::test]
async fn an_older_browser_is_known_by_its_origin() {
    let app = test_app().await;
    for (origin, status) in [
        (app.base.as_str(), 303),
        ("https://evil.test", 403),
        ("null", 403),
    ] {
        let client = app.sign_in_as(Role::Sales).await;
        let request = client
            .request(Method::POST, "/logout")
            .header("origin", origin)
            .form(&[("a", "b")]);
        assert_eq!(client.send(request).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn signing_in_is_protected_too() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let client = app.client();
    let request = client
        .request(Method::POST, "/login")
        .header("sec-fetch-site", "cross-site")
        .form(&[("email", &person.email), ("password", &person.password)]);
    assert_eq!(client.send(request).await.status, 403);
    assert_eq!(client.cookie("sid"), None);
}

#[tokio::test]
async fn the_api_takes_no_cookie_for_a_credential_and_needs_no_origin() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Admin).await;
    let answer = browser.get("/api/v1/me").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));

    let program = app.api_as(Role::Admin).await;
    let request = program
        .request(Method::POST, "/api/v1/auth/logout")
        .header("sec-fetch-site", "cross-site")
        .json(&json!({}));
    assert_eq!(program.send(request).await.status, 204);
}
