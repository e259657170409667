//! Asked of whole roles: who must have one, and who need not.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::{Answer, Client, PASSWORD, test_app, test_app_with};

use super::phone::{PAGE, begin, log_in, prove, told, user_id};

/// Asks it of a built-in role, at the page.
async fn ask_of(admin: &Client, role: &str, version: &str) -> Answer {
    let form = [("roles", role), ("version", version)];
    admin.post_form("/admin/second-factor", &form).await
}

#[tokio::test]
async fn who_must_have_one_is_led_to_it_from_everywhere_and_reaches_nothing_else_before() {
    let app = test_app().await;
    let admin = app.sign_in_as(Role::Admin).await;
    let person = app.person(Role::Sales).await;
    let (client, program) = (app.sign_in(&person).await, app.api(&person).await);
    assert_eq!(ask_of(&admin, "SALES", "1").await.status, 303);
    assert_eq!(
        admin.get("/admin").await.status,
        200,
        "it is asked of others"
    );
    let open = [
        "/login",
        "/logout",
        "/preferences",
        "/switch-tenant",
        "/forgotten-password",
        "/new-password",
        PAGE,
    ];
    let (mut pages, mut operations) = (0, 0);
    for (method, address) in vitaran_web::router::routes() {
        let id = uuid::Uuid::now_v7().to_string();
        let path = address.replace(":id", &id).replace("{id}", &id);
        if path.contains([':', '{', '*']) || !path.starts_with('/') {
            continue;
        }
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        if path.starts_with("/api/v1/") {
            let is_open = path.starts_with("/api/v1/auth/")
                || path.starts_with("/api/v1/me/second-factor")
                || path == "/api/v1/health";
            if !is_open {
                let request = program.request(method, &path).json(&json!({}));
                let answer = program.send(request).await;
                let found = (answer.status, answer.code());
                // What the document forbids is refused before anybody is asked for.
                let is_refused = found == (403, "access.second_factor_missing".to_owned())
                    || answer.status == 400;
                assert!(is_refused, "{path}: {found:?}");
                operations += usize::from(answer.status == 403);
            }
        } else if !open
            .iter()
            .any(|way| path == *way || path.starts_with(&format!("{way}/")))
            && ![
                "/assets",
                "/webhooks",
                "/health",
                "/domains/ask",
                "/api",
                "/developers/try",
            ]
            .iter()
            .any(|other| path.starts_with(other))
        {
            let request = client
                .request(method, &path)
                .header("sec-fetch-site", "same-origin")
                .form(&[("a", "b")]);
            let answer = client.send(request).await;
            assert_eq!((answer.status, answer.location()), (303, PAGE), "{path}");
            pages += 1;
        }
    }
    assert!(
        pages > 100 && operations > 20,
        "{pages} pages, {operations} operations"
    );
    let part = client.htmx().get("/admin/orders").await;
    assert_eq!(part.header("hx-redirect"), Some(PAGE));

    let page = client.get(PAGE).await;
    assert!(
        page.body.contains("Your role needs a second factor"),
        "{}",
        page.body
    );
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!(on.status, 200);
    assert_eq!(client.get("/admin/orders").await.status, 200);
    let tokens = log_in(&app, &person, Some(&phone.next_code(&app))).await;
    let token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let program = app.client().bearer(token);
    assert_eq!(program.get("/api/v1/orders").await.status, 200);
}

#[tokio::test]
async fn a_built_in_role_stands_for_those_that_grew_from_it_and_an_own_one_for_itself() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let (tenant, role) = (app.tenant.tenant.id, uuid::Uuid::now_v7());
    let sql = format!(
        "INSERT INTO roles (tenant_id, id, name, base, permissions) VALUES ('{tenant}', '{role}', 'Clerks', 'SALES', ARRAY['sales.orders.read'])"
    );
    app.database.execute(&sql).await;
    let (clerk, seller) = (app.person(Role::Sales).await, app.person(Role::Sales).await);
    let user = user_id(&app, &clerk).await;
    let sql = format!("UPDATE memberships SET role_id = '{role}' WHERE user_id = '{user}'");
    app.database.execute(&sql).await;
    let (clerk, seller) = (app.sign_in(&clerk).await, app.sign_in(&seller).await);
    let is_led = async |client: &Client| client.get("/admin/orders").await.location() == PAGE;

    let path = "/api/v1/second-factor-rules";
    let set = async |version: u32, body: Value| {
        let request = admin.request(reqwest::Method::PUT, path);
        let request = request
            .header("if-match", format!("\"v{version}\""))
            .json(&body);
        admin.send(request).await
    };
    let own = set(1, json!({ "roles": [], "role_ids": [role] })).await;
    assert_eq!((own.status, own.version()), (200, Some(2)), "{}", own.body);
    assert_eq!((is_led(&clerk).await, is_led(&seller).await), (true, false));
    let base = set(2, json!({ "roles": ["SALES"], "role_ids": [] })).await;
    assert_eq!(base.status, 200, "{}", base.body);
    assert_eq!((is_led(&clerk).await, is_led(&seller).await), (true, true));
    assert_eq!(admin.get(path).await.json()["roles"], json!(["SALES"]));
    let stale = set(2, json!({ "roles": [], "role_ids": [] })).await;
    assert_eq!(
        (stale.status, stale.code()),
        (412, "second_factor_rules.stale".to_owned())
    );
    let unknown = set(
        3,
        json!({ "roles": [], "role_ids": [uuid::Uuid::now_v7()] }),
    )
    .await;
    assert_eq!(unknown.status, 422);
    let none = set(3, json!({ "roles": [], "role_ids": [] })).await;
    assert_eq!(none.status, 200);
    assert_eq!(
        (is_led(&clerk).await, is_led(&seller).await),
        (false, false)
    );
    assert_eq!(told(&app, "identity.second_factor.rules").await, 3);
}

#[tokio::test]
async fn what_is_asked_by_one_distributor_is_not_asked_by_another() {
    let app = test_app().await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    let person = app.person(Role::Sales).await;
    app.make_member(&other, &person.email, Role::Sales, None)
        .await;
    let admin = app.sign_in_as(Role::Admin).await;
    ask_of(&admin, "SALES", "1").await;
    let client = app.sign_in(&person).await;
    assert_eq!(
        client.get("/admin/orders").await.status,
        200,
        "in at Ampere"
    );
    client
        .post_form("/switch-tenant", &[("tenant", "volt")])
        .await;
    assert_eq!(client.get("/admin/orders").await.location(), PAGE);
    client
        .post_form("/switch-tenant", &[("tenant", "ampere")])
        .await;
    assert_eq!(client.get("/admin/orders").await.status, 200);
}

#[tokio::test]
async fn the_platforms_own_people_must_have_one_where_the_configuration_says_so() {
    let app = test_app_with(|config| config.platform_second_factor = true).await;
    let client = app.sign_in_platform_admin().await;
    assert_eq!(client.get("/super").await.location(), PAGE);
    let form = [("reason", "Asked for help with invoices")];
    let visit = client.post_form("/super/tenants/volt/visits", &form).await;
    assert_eq!(visit.location(), PAGE);
    let phone = begin(&client).await;
    let on = prove(&client, "confirmation", PASSWORD, &phone.code(&app)).await;
    assert_eq!(on.status, 200, "{}", on.body);
    assert_eq!(client.get("/super").await.status, 200);
    assert_eq!(
        app.sign_in_as(Role::Admin).await.get("/admin").await.status,
        200
    );
}
