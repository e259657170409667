//! Signing in, on the page and through the API.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_tests::{PASSWORD, test_app};

const MAILS: &str = "SELECT count(*) FROM account_mails";

#[tokio::test]
async fn the_sign_in_page_needs_nobody_and_no_database() {
    let app = test_app().await;
    let page = app.client().get("/login").await;
    assert_eq!(page.status, 200);
    // On a card, as all that stands on the coloured ground of these pages.
    let form = r#"<form method="post" action="/login" class="panel stack""#;
    assert!(page.body.contains(form), "{}", page.body);
    assert!(page.set_cookies().is_empty());
}

#[tokio::test]
async fn each_role_begins_where_its_work_is() {
    let app = test_app().await;
    for (role, home) in [
        (Role::Admin, "/admin"),
        (Role::Sales, "/admin/orders"),
        (Role::Warehouse, "/admin/warehouse"),
        (Role::Accounts, "/admin/invoices"),
        (Role::Dealer, "/portal"),
    ] {
        let person = app.person(role).await;
        let client = app.client();
        let form = [("email", person.email.as_str()), ("password", PASSWORD)];
        let answer = client.post_form("/login", &form).await;
        assert_eq!((answer.status, answer.location()), (303, home), "{role:?}");
        let page = client.get(home).await;
        assert_eq!(page.status, 200, "{role:?}");
        assert!(page.body.contains(r#"action="/logout""#), "{role:?}");
        assert_eq!(client.get("/").await.location(), home, "{role:?}");
    }
}

#[tokio::test]
async fn a_platform_admin_begins_at_the_platform_and_tenant_pages_lead_back_there() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    assert_eq!(client.get("/super").await.status, 200);
    assert_eq!(client.get("/admin").await.location(), "/super");
}

#[tokio::test]
async fn a_wrong_pair_keeps_the_e_mail_and_says_the_same_for_everybody() {
    let app = test_app().await;
    let known = app.person(Role::Sales).await;
    let mut bodies = Vec::new();
    for email in [known.email.as_str(), "nobody@volt.test"] {
        let form = [("email", email), ("password", "wrong password!")];
        let answer = app.client().post_form("/login", &form).await;
        assert_eq!(answer.status, 422);
        assert!(answer.set_cookies().is_empty());
        assert!(answer.body.contains(&format!(r#"value="{email}""#)));
        assert!(!answer.body.contains("wrong password!"));
        assert!(answer.body.contains("<title>Error: Sign in"));
        bodies.push(answer.body.replace(email, ""));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn a_letter_that_the_database_alone_takes_for_another_finds_nobody_and_mails_nobody() {
    let app = test_app().await;
    app.make_member(&app.tenant, "kavita@volt.test", Role::Sales, None)
        .await;
    let kelvin_and_dotted_i = "\u{212a}AV\u{130}TA@volt.test";
    let found = format!("SELECT count(*) FROM users WHERE email = lower('{kelvin_and_dotted_i}')");
    assert_eq!(app.database.count(&found).await, 1, "as PostgreSQL has it");
    for (email, status) in [
        (kelvin_and_dotted_i, 422),
        ("KAV\u{130}TA@volt.test", 422),
        (" KAVITA@Volt.test ", 303),
    ] {
        let form = [("email", email), ("password", PASSWORD)];
        let answer = app.client().post_form("/login", &form).await;
        assert_eq!(answer.status, status, "{email}");
        let login = json!({ "email": email, "password": PASSWORD });
        let answer = app.client().post_json("/api/v1/auth/login", &login).await;
        assert_eq!(answer.status == 200, status == 303, "{email}");
        let before = app.database.count(MAILS).await;
        let form = [("email", email)];
        let answer = app.client().post_form("/forgotten-password", &form).await;
        assert_eq!(answer.status, 303, "{email}");
        let mailed = app.database.count(MAILS).await - before;
        assert_eq!(mailed == 1, status == 303, "{email}");
    }
}

#[tokio::test]
async fn one_comes_back_to_the_page_one_wanted_and_to_no_other_host() {
    let app = test_app().await;
    let person = app.person(Role::Admin).await;
    let wanted = app.client().get("/admin?tab=a-b").await;
    assert_eq!(
        (wanted.status, wanted.location()),
        (303, "/login?next=%2Fadmin%3Ftab%3Da-b")
    );
    for (next, to) in [
        ("/admin?tab=a-b", "/admin?tab=a-b"),
        ("//evil.test", "/admin"),
        ("/%09/evil.test", "/admin"),
        ("https://evil.test", "/admin"),
    ] {
        let form = [
            ("email", person.email.as_str()),
            ("password", PASSWORD),
            ("next", next),
        ];
        let answer = app.client().post_form("/login", &form).await;
        assert_eq!(answer.location(), to, "{next}");
    }
}

#[tokio::test]
async fn a_fragment_without_a_session_is_told_where_to_sign_in() {
    let app = test_app().await;
    let browser = app.client().htmx();
    let current = format!("{}/admin?tab=a", app.base);
    let answer = browser.with("hx-current-url", &current).get("/admin").await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("hx-redirect"),
        Some("/login?next=%2Fadmin%3Ftab%3Da")
    );
}

#[tokio::test]
async fn the_api_login_has_its_promised_shape() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let login = json!({ "email": person.email, "password": PASSWORD });
    let answer = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.set_cookies().is_empty());
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert_eq!(body["role"], "SALES");
    assert_eq!(body["tenant"]["slug"], "volt");
    assert_eq!(body["user"]["email"], person.email);
}

#[tokio::test]
async fn a_person_of_two_distributors_names_one_to_the_api_and_comes_in_at_the_first_on_the_page() {
    let app = test_app().await;
    let person = app.person(Role::Sales).await;
    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&other, &person.email, Role::Accounts, None)
        .await;
    let login = json!({ "email": person.email, "password": PASSWORD });
    let refused = app.client().post_json("/api/v1/auth/login", &login).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (422, "auth.tenant_required")
    );
    assert_eq!(refused.json()["facts"]["tenants"][0]["slug"], "ampere");
    assert_eq!(refused.json()["errors"][0]["pointer"], "/tenant");

    let browser = app.sign_in(&person).await;
    let page = browser.get("/admin").await;
    assert!(page.body.contains("Ampere Distributors"));
    assert!(page.body.contains("/switch-tenant"));
}

#[tokio::test]
async fn me_lists_the_permissions_of_the_moment_and_a_token_ends_when_it_is_told_to() {
    let app = test_app().await;
    let client = app.api_as(Role::Dealer).await;
    let me = client.get("/api/v1/me").await;
    assert_eq!(me.status, 200, "{}", me.body);
    let permissions = me.json()["permissions"].to_string();
    assert!(permissions.contains("sales.orders.place"));
    assert!(!permissions.contains("sales.orders.approve"));
    assert!(me.json()["dealer_id"].is_string());

    let out = client.post_json("/api/v1/auth/logout", &json!({})).await;
    assert_eq!(out.status, 204);
    assert_eq!(client.get("/api/v1/me").await.status, 401);
}
