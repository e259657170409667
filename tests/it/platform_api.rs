//! The register for programs, and a platform admin's token in a distributor that it names in `X-Tenant-ID`.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, TestApp, test_app, test_app_with};

use crate::house::House;

const TENANTS: &str = "/api/v1/platform/tenants";
const OTHER_GSTIN: &str = "29AMPCE5678B1ZI";

fn path_of(id: impl std::fmt::Display) -> String {
    format!("{TENANTS}/{id}")
}

/// A program's client that names a distributor with every request.
fn inside(client: &Client, tenant: impl std::fmt::Display) -> Client {
    client.with("x-tenant-id", &tenant.to_string())
}

async fn keyed(client: &Client, key: &str, path: &str, body: &Value) -> Answer {
    client
        .with("idempotency-key", key)
        .post_json(path, body)
        .await
}

fn new_tenant() -> Value {
    json!({
        "slug": "ampere", "name": "Ampere Traders", "gstin": OTHER_GSTIN, "legal_name": "Ampere Traders LLP", "line1": "5 Peenya",
        "city": "Bengaluru", "pincode": "560058", "invoice_prefix": "AMP", "location_name": "Main", "admin_name": "Anil Admin",
        "admin_email": "anil@ampere.test", "admin_password": "correct horse battery",
    })
}

#[tokio::test]
async fn a_distributor_is_added_read_renamed_suspended_and_restored_by_a_program() {
    let app = test_app().await;
    let platform = app.api_as_platform_admin().await;
    let made = platform.post_json(TENANTS, &new_tenant()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = path_of(&id);
    assert_eq!(made.location(), path);
    let twice = platform.post_json(TENANTS, &new_tenant()).await;
    assert_eq!(
        (twice.status, twice.json()["errors"][0]["code"].as_str()),
        (422, Some("taken"))
    );

    let list = platform.get(&format!("{TENANTS}?limit=1")).await.json();
    assert_eq!(
        (list["data"][0]["slug"].as_str(), list["has_more"].as_bool()),
        (Some("ampere"), Some(true))
    );
    let cursor = list["next_cursor"].as_str().unwrap();
    let rest = platform
        .get(&format!("{TENANTS}?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(rest.json()["data"][0]["slug"], "volt");
    let forged = platform.get(&format!("{TENANTS}?cursor=WyJhIl0.x")).await;
    assert_eq!(forged.status, 400, "{}", forged.body);

    let name = json!({ "name": "Ampere & Sons" });
    assert_eq!(platform.put_json(&path, &name).await.status, 428);
    let seen = platform.with("if-match", "\"v1\"");
    let renamed = seen.put_json(&path, &name).await;
    assert_eq!(
        (renamed.status, renamed.version()),
        (200, Some(2)),
        "{}",
        renamed.body
    );
    let late = seen.put_json(&path, &name).await;
    assert_eq!((late.status, late.code().as_str()), (412, "tenants.stale"));

    let reason = json!({ "reason": "Unpaid since May" });
    let suspension = format!("{path}/suspension");
    assert_eq!(seen.post_json(&suspension, &reason).await.status, 412);
    let suspended = platform.post_json(&suspension, &reason).await;
    assert_eq!(
        (suspended.status, suspended.json()["status"].as_str()),
        (200, Some("SUSPENDED"))
    );
    let again = platform.post_json(&suspension, &reason).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (409, "tenants.suspended")
    );
    let restored = platform
        .post_json(&format!("{path}/restoration"), &json!(null))
        .await;
    assert_eq!(
        (restored.status, restored.json()["name"].as_str()),
        (200, Some("Ampere & Sons")),
        "{}",
        restored.body
    );
    let nothing = platform.get(&path_of(uuid::Uuid::now_v7())).await;
    assert_eq!(
        (nothing.status, nothing.code().as_str()),
        (404, "tenants.not_found")
    );

    let told = format!(
        "SELECT string_agg(action, ' ' ORDER BY id) AS text FROM audit_log WHERE tenant_id = '{id}'"
    );
    assert_eq!(
        app.database.text(&told).await,
        "tenancy.tenant.create tenancy.tenant.rename tenancy.tenant.suspend tenancy.tenant.restore"
    );
    let by = format!(
        "SELECT bool_and(a.on_behalf_of = u.email AND u.is_platform_admin)::text AS text FROM audit_log a JOIN users u ON u.id = a.by_user WHERE a.tenant_id = '{id}'"
    );
    assert_eq!(app.database.text(&by).await, "true");
}

#[tokio::test]
async fn the_platforms_operations_are_nothing_to_everybody_else_and_not_said_to_be_wrong_either() {
    let app = test_app().await;
    let other = app.tenant("ampere", OTHER_GSTIN).await.tenant.id;
    let admin = app.api_as(Role::Admin).await;
    for client in [&admin, &api_key(&app, &admin).await] {
        for path in [
            TENANTS.to_owned(),
            path_of(other),
            format!("{TENANTS}?surplus=1"),
        ] {
            let answer = client.get(&path).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (404, "request.not_found"),
                "{path}"
            );
        }
        let wrong = client.post_json(TENANTS, &json!({ "surplus": 1 })).await;
        assert_eq!(wrong.status, 404, "{}", wrong.body);
    }
    let browser = app.sign_in_platform_admin().await;
    assert_eq!(
        browser.get(TENANTS).await.status,
        401,
        "a cookie is no token"
    );
}

async fn api_key(app: &TestApp, admin: &Client) -> Client {
    let scopes = ["sales.orders.read", "inventory.products.read"];
    let key = json!({ "name": "Tally", "scopes": scopes, "expires_in_days": 30 });
    let key = keyed(admin, "key", "/api/v1/api_keys", &key).await;
    assert_eq!(key.status, 201, "{}", key.body);
    app.client().bearer(key.json()["secret"].as_str().unwrap())
}

#[tokio::test]
async fn a_platform_admin_reads_in_the_distributor_that_the_request_names_and_each_request_is_in_its_log()
 {
    let app = test_app().await;
    let volt = app.tenant.tenant.id;
    let other = app.tenant("ampere", OTHER_GSTIN).await;
    Flow::new(&app).product("LAMP", 5).await;
    Flow::in_tenant(&app, other.clone()).product("FAN", 5).await;
    let platform = app.api_as_platform_admin().await;
    let without = platform.get("/api/v1/products").await;
    assert_eq!(
        (without.status, without.code().as_str()),
        (403, "auth.tenant_required")
    );
    for (tenant, sku) in [(volt, "LAMP"), (other.tenant.id, "FAN")] {
        let list = inside(&platform, tenant)
            .get("/api/v1/products")
            .await
            .json();
        let skus: Vec<_> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| &row["sku"])
            .collect();
        assert_eq!(skus, [sku]);
        let me = inside(&platform, tenant).get("/api/v1/me?x=1").await;
        assert_eq!(me.status, 400);
        let me = inside(&platform, tenant).get("/api/v1/me").await.json();
        assert_eq!(me["tenant"]["id"], tenant.to_string());
        let codes = me["permissions"].as_array().unwrap();
        assert!(
            codes
                .iter()
                .all(|code| code.as_str().unwrap().ends_with(".read")),
            "{codes:?}"
        );
    }
    let told = format!(
        "SELECT string_agg((detail->'after'->>'method') || ' ' || (detail->'after'->>'path'), ', ' ORDER BY a.id) AS text \
         FROM audit_log a JOIN users u ON u.id = a.by_user AND u.is_platform_admin AND a.on_behalf_of = u.email AND a.request_id IS NOT NULL \
         JOIN impersonations i ON i.tenant_id = a.tenant_id AND i.id = a.object_id AND i.user_id = u.id AND NOT i.may_write \
         WHERE a.tenant_id = '{volt}' AND a.action = 'platform.request'"
    );
    assert_eq!(
        app.database.text(&told).await,
        "GET /api/v1/products, GET /api/v1/me, GET /api/v1/me"
    );
    let visits = "SELECT count(*) FROM impersonations";
    assert_eq!(
        app.database.count(visits).await,
        2,
        "one for each distributor, however many requests"
    );
    let browser = app.sign_in_as(Role::Admin).await;
    let log = browser.get("/admin/audit").await;
    assert!(log.body.contains("/api/v1/products"), "{}", log.body);
}

#[tokio::test]
async fn a_visit_that_may_write_lets_the_token_change_things_and_ends() {
    let app = test_app().await;
    let volt = app.tenant.tenant.id;
    let platform = app.api_as_platform_admin().await;
    let client = inside(&platform, volt);
    let category = json!({ "name": "Cables" });
    let looking = keyed(&client, "a", "/api/v1/categories", &category).await;
    assert_eq!(
        (looking.status, looking.code().as_str()),
        (403, "access.forbidden")
    );

    let visits = format!("{}/visits", path_of(volt));
    let silent = platform.post_json(&visits, &json!({ "reason": "x" })).await;
    assert_eq!(silent.status, 422);
    let visit = json!({ "reason": "They cannot make a category", "may_write": true });
    let visit = platform.post_json(&visits, &visit).await;
    assert_eq!(visit.status, 201, "{}", visit.body);
    let made = keyed(&client, "a", "/api/v1/categories", &category).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let trail = format!(
        "SELECT count(*) FROM audit_trail t JOIN users u ON u.id = t.actor_id AND u.is_platform_admin \
         WHERE t.tenant_id = '{volt}' AND t.table_name = 'categories' AND t.visit_id::text = '{}' AND t.via LIKE 'token %' AND t.request_id IS NOT NULL",
        visit.json()["id"].as_str().unwrap()
    );
    assert_eq!(app.database.count(&trail).await, 1);

    // What a support visit may not, the token may not.
    let key =
        json!({ "name": "Back door", "scopes": ["sales.orders.read"], "expires_in_days": 30 });
    let key = keyed(&client, "b", "/api/v1/api_keys", &key).await;
    assert!((400..500).contains(&key.status), "{}", key.body);
    let password =
        json!({ "old_password": "correct horse battery", "new_password": "tractor velvet ninety" });
    assert_eq!(
        client
            .post_json("/api/v1/me/password", &password)
            .await
            .status,
        404
    );

    let ended = platform
        .post_json(&format!("{visits}/end"), &json!(null))
        .await;
    assert_eq!(ended.status, 204, "{}", ended.body);
    let after = keyed(
        &client,
        "c",
        "/api/v1/categories",
        &json!({ "name": "Wires" }),
    )
    .await;
    assert_eq!(after.status, 403, "{}", after.body);
    let over = format!(
        "SELECT count(*) FROM audit_log WHERE tenant_id = '{volt}' AND action = 'platform.visit_ended'"
    );
    assert_eq!(
        app.database.count(&over).await,
        2,
        "the one that looked, and the one that wrote"
    );
}

#[tokio::test]
async fn a_visit_in_one_distributor_opens_no_other_and_neither_do_its_keys_and_cursors() {
    let app = test_app().await;
    let volt = app.tenant.tenant.id;
    let other = app.tenant("ampere", OTHER_GSTIN).await.tenant.id;
    let platform = app.api_as_platform_admin().await;
    let visit = json!({ "reason": "They cannot make a category", "may_write": true });
    for tenant in [volt, other] {
        let path = format!("{}/visits", path_of(tenant));
        assert_eq!(platform.post_json(&path, &visit).await.status, 201);
    }
    let (a, b) = (inside(&platform, volt), inside(&platform, other));
    let mut ids = Vec::new();
    for (client, name) in [(&a, "Cables"), (&b, "Cables")] {
        let made = keyed(
            client,
            "same",
            "/api/v1/categories",
            &json!({ "name": name }),
        )
        .await;
        assert_eq!(
            (made.status, made.header("idempotency-replayed")),
            (201, None),
            "{}",
            made.body
        );
        ids.push(made.json()["id"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    let again = keyed(
        &a,
        "same",
        "/api/v1/categories",
        &json!({ "name": "Cables" }),
    )
    .await;
    assert_eq!(
        (
            again.header("idempotency-replayed"),
            again.json()["id"].as_str()
        ),
        (Some("true"), Some(ids[0].as_str()))
    );
    let crossed = a.get(&format!("/api/v1/categories/{}", ids[1])).await;
    let nothing = a
        .get(&format!("/api/v1/categories/{}", uuid::Uuid::now_v7()))
        .await;
    assert_eq!(
        (crossed.status, crossed.without_ids()),
        (nothing.status, nothing.without_ids())
    );
    let page = a.get("/api/v1/audit?limit=1").await.json();
    let cursor = page["next_cursor"]
        .as_str()
        .expect("a next page")
        .to_owned();
    let list = format!("/api/v1/audit?limit=1&cursor={cursor}");
    assert_eq!(
        (a.get(&list).await.status, b.get(&list).await.status),
        (200, 400)
    );
}

#[tokio::test]
async fn an_unknown_and_a_suspended_distributor_are_said_to_be_so() {
    let app = test_app().await;
    let volt = app.tenant.tenant.id;
    let platform = app.api_as_platform_admin().await;
    let id = volt.to_string();
    for (named, told) in [
        ("volt", (400, "request.malformed")),
        ("", (400, "request.malformed")),
        (id.replace('-', "").as_str(), (400, "request.malformed")),
        (
            uuid::Uuid::now_v7().to_string().as_str(),
            (404, "tenants.not_found"),
        ),
    ] {
        let answer = inside(&platform, named).get("/api/v1/orders").await;
        assert_eq!((answer.status, answer.code().as_str()), told, "{named}");
    }
    let request = platform.request(reqwest::Method::GET, "/api/v1/orders");
    let twice = request
        .header("x-tenant-id", &id)
        .header("x-tenant-id", &id);
    assert_eq!(platform.send(twice).await.status, 400);
    let reason = json!({ "reason": "Unpaid since May" });
    platform
        .post_json(&format!("{}/suspension", path_of(volt)), &reason)
        .await;
    let answer = inside(&platform, volt).get("/api/v1/orders").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "auth.tenant_suspended")
    );
    let visits = "SELECT count(*) FROM impersonations";
    assert_eq!(
        app.database.count(visits).await,
        0,
        "what is refused begins nothing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_anybody_else_the_header_is_not_looked_at() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let other = app.tenant("ampere", OTHER_GSTIN).await;
    Flow::in_tenant(&app, other.clone()).product("FAN", 5).await;
    let order = house.make("order PLACED").await["id"].clone();
    let mut clients = Vec::new();
    for role in Role::ALL {
        clients.push(app.api(&house.person(role).await).await);
    }
    clients.push(api_key(&app, &app.api_as(Role::Admin).await).await);
    // Somebody of the platform who also works in a distributor acts by cookie in pages, where the header is nothing either.
    clients.push(app.client());
    let id = other.tenant.id.to_string();
    for client in &clients {
        for path in [
            "/api/v1/products".to_owned(),
            "/api/v1/me".to_owned(),
            format!("/api/v1/orders/{order}"),
            TENANTS.to_owned(),
        ] {
            let plain = client.get(&path).await;
            for named in [id.as_str(), "nonsense", ""] {
                let answer = inside(client, named).get(&path).await;
                assert_eq!(
                    (answer.status, answer.without_ids()),
                    (plain.status, plain.without_ids()),
                    "{path} {named}"
                );
            }
        }
    }
    let browser = app.sign_in_platform_admin().await;
    for path in ["/super", "/admin/orders", "/api/v1/products"] {
        let (plain, named) = (
            browser.get(path).await,
            inside(&browser, &id).get(path).await,
        );
        assert_eq!(
            (plain.status, plain.without_ids()),
            (named.status, named.without_ids()),
            "{path}"
        );
    }
    let told = "SELECT count(*) FROM audit_log WHERE action LIKE 'platform.request' OR action LIKE 'platform.visit%'";
    assert_eq!(app.database.count(told).await, 0);
}

#[tokio::test]
async fn a_key_of_a_platform_admin_is_a_key_and_the_header_is_nothing_to_it() {
    let app = test_app().await;
    let other = app.tenant("ampere", OTHER_GSTIN).await.tenant.id;
    let person = app.person(Role::Admin).await;
    let admin = app.api(&person).await;
    let key = api_key(&app, &admin).await;
    let sql = format!(
        "UPDATE users SET is_platform_admin = true WHERE email = '{}'",
        person.email
    );
    app.database.execute(&sql).await;
    let me = inside(&key, other).get("/api/v1/me").await.json();
    assert_eq!(me["tenant"]["slug"], "volt");
    assert_eq!(key.get(TENANTS).await.status, 404);
    // The same person's token is the platform's.
    let me = inside(&admin, other).get("/api/v1/me").await.json();
    assert_eq!(me["tenant"]["slug"], "ampere");
}

#[tokio::test]
async fn where_the_platform_asks_for_a_second_factor_its_tokens_do_nothing_without_one_but_end() {
    let app = test_app_with(|config| config.platform_second_factor = true).await;
    let volt = app.tenant.tenant.id;
    let platform = app.api_as_platform_admin().await;
    for client in [&platform, &inside(&platform, volt)] {
        for path in ["/api/v1/orders", TENANTS] {
            let answer = client.get(path).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "access.second_factor_missing"),
                "{path}"
            );
        }
    }
    let out = platform
        .post_json("/api/v1/auth/logout", &json!(null))
        .await;
    assert_eq!(out.status, 204, "{}", out.body);
    assert_eq!(platform.get(TENANTS).await.status, 401);
}

#[tokio::test]
async fn a_platform_admins_requests_count_against_their_network_as_anybodys_do() {
    let app = test_app_with(|config| config.requests_per_10s = 6).await;
    let platform = app.api_as_platform_admin().await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let answer = inside(&platform, app.tenant.tenant.id)
            .get("/api/v1/me")
            .await;
        statuses.push(answer.status);
    }
    assert_eq!((statuses[0], statuses[7]), (200, 429), "{statuses:?}");
}
