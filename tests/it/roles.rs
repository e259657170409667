//! What a role of a distributor's own lets its people do, on the pages and over the API.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_kernel::OrderId;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Client, TestApp, test_app};

/// A role grown from sales, made over the API; its id.
async fn role(admin: &Client, name: &str, codes: &[&str], limit: Option<&str>) -> String {
    let mut body = json!({ "name": name, "base": "SALES", "permissions": codes });
    if let Some(limit) = limit {
        body["approval_limit"] = json!(limit);
    }
    let keyed = admin.with("idempotency-key", &name.replace(' ', "-"));
    let answer = keyed.post_json("/api/v1/roles", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// A browser and a program of one person with the role.
async fn holder(app: &TestApp, role: &str) -> (Client, Client) {
    let person = app.person(Role::Sales).await;
    let sql = format!(
        "UPDATE memberships SET role_id = '{role}' WHERE user_id = (SELECT id FROM users WHERE email = '{}')",
        person.email
    );
    app.database.execute(&sql).await;
    (app.sign_in(&person).await, app.api(&person).await)
}

async fn approve(program: &Client, order: OrderId) -> (u16, String) {
    let path = format!("/api/v1/orders/{order}/approval");
    let answer = program.post_json(&path, &json!({})).await;
    let code = match answer.status {
        200 => String::new(),
        _ => answer.code(),
    };
    (answer.status, code)
}

#[tokio::test]
async fn a_role_of_ones_own_opens_what_it_names_and_nothing_else() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let readers = role(&admin, "Order readers", &["sales.orders.read"], None).await;
    let (browser, program) = holder(&app, &readers).await;
    let page = browser.get("/admin/orders").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Order readers"), "{}", page.body);
    for (path, status) in [("/admin/dealers", 403), ("/admin/orders/new", 403)] {
        assert_eq!(browser.get(path).await.status, status, "{path}");
    }
    assert_eq!(program.get("/api/v1/orders").await.status, 200);
    assert_eq!(program.get("/api/v1/dealers").await.status, 403);
    let me = program.get("/api/v1/me").await.json();
    assert_eq!(me["permissions"], json!(["sales.orders.read"]), "{me}");
}

#[tokio::test]
async fn a_changed_role_counts_from_its_peoples_next_request() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let id = role(
        &admin,
        "Clerks",
        &["sales.orders.read", "sales.dealers.read"],
        None,
    )
    .await;
    let (browser, program) = holder(&app, &id).await;
    assert_eq!(browser.get("/admin/dealers").await.status, 200);
    let less = json!({ "name": "Clerks", "base": "SALES", "permissions": ["sales.orders.read"] });
    let versioned = admin.with("if-match", "\"v1\"");
    let answer = versioned
        .put_json(&format!("/api/v1/roles/{id}"), &less)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(browser.get("/admin/dealers").await.status, 403);
    assert_eq!(program.get("/api/v1/dealers").await.status, 403);
}

#[tokio::test]
async fn an_order_above_the_approvers_own_limit_waits_for_somebody_with_more() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (
        flow.product("SKU-1", 1_000).await,
        flow.buyer(1_000_000).await,
    );
    let admin = app.api_as(Role::Admin).await;
    // Five of them come to 590.00 with tax.
    let codes = ["sales.orders.read", "sales.orders.approve"];
    let juniors = role(&admin, "Juniors", &codes, Some("590")).await;
    let (browser, program) = holder(&app, &juniors).await;
    let fits = flow.place(buyer, &[(product, 5)]).await;
    let large = flow.place(buyer, &[(product, 6)]).await;
    assert_eq!(approve(&program, fits).await.0, 200);
    let refused = (422, "orders.above_your_limit".to_owned());
    assert_eq!(approve(&program, large).await, refused);
    let path = format!("/admin/orders/{large}/approval");
    let page = browser.post_form(&path, &[("version", "1")]).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("up to ₹590.00"), "{}", page.body);
    assert_eq!(approve(&app.api_as(Role::Sales).await, large).await.0, 200);
}

#[tokio::test]
async fn the_preview_shows_what_a_role_will_do_and_saves_nothing() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let fields = [
        ("name", "Pickers"),
        ("base", "WAREHOUSE"),
        ("permissions", "warehouse.picks.write"),
        ("idempotency_key", "k1"),
        ("choice", "preview"),
    ];
    let page = admin.post_form("/admin/roles", &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in [
        "People with this role may",
        "pick orders",
        r#"value="Pickers""#,
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let roles = admin.get("/admin/roles").await;
    assert!(!roles.body.contains("Pickers"));
}

#[tokio::test]
async fn there_are_a_hundred_roles_and_no_more_however_many_ask_at_once() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let tenant = app.tenant.tenant.id;
    let many = format!(
        "INSERT INTO roles (tenant_id, id, name, base, permissions) \
         SELECT '{tenant}', gen_random_uuid(), 'Role ' || n, 'SALES', '{{sales.orders.read}}' FROM generate_series(1, 98) n"
    );
    app.database.execute(&many).await;
    let asks = (0..4).map(|number| {
        let admin = admin.with("idempotency-key", &format!("key-{number}"));
        async move {
            let body = json!({ "name": format!("New {number}"), "base": "SALES", "permissions": ["sales.orders.read"] });
            admin.post_json("/api/v1/roles", &body).await.status
        }
    });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 422, 422]);
}
