//! Keys of programs: shown once, as strong as what they were given, and over when they should be.

use serde_json::{Value, json};
use vitaran_core::access::{PermissionCode, Role};
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, Person, TestApp, test_app};

/// A key made by this client, with what it was asked to be.
async fn make(admin: &Client, wanted: &Value) -> Answer {
    let key = uuid::Uuid::now_v7().to_string();
    let keyed = admin.with("idempotency-key", &key);
    keyed.post_json("/api/v1/api_keys", wanted).await
}

fn wanting(scopes: &[&str]) -> Value {
    json!({ "name": "Tally", "scopes": scopes })
}

/// The secret and the id in an answer.
fn parts(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 201, "{}", answer.body);
    let body = answer.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&body["secret"]), text(&body["api_key"]["id"]))
}

async fn program(app: &TestApp, admin: &Client, scopes: &[&str]) -> (Client, String) {
    let (secret, id) = parts(&make(admin, &wanting(scopes)).await);
    (app.client().bearer(secret), id)
}

async fn admin_of(app: &TestApp) -> (Person, Client) {
    let person = app.person(Role::Admin).await;
    let client = app.api(&person).await;
    (person, client)
}

#[tokio::test]
async fn a_secret_is_shown_once_listed_by_its_end_and_stored_as_a_hash() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let keyed = admin.with("idempotency-key", "one");
    let wanted = wanting(&["sales.orders.read"]);
    let made = keyed.post_json("/api/v1/api_keys", &wanted).await;
    let (secret, id) = parts(&made);
    assert!(secret.starts_with("vtn_live_"), "{secret}");
    assert_eq!(made.location(), format!("/api/v1/api_keys/{id}"));
    let again = keyed.post_json("/api/v1/api_keys", &wanted).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json()["api_key"], made.json()["api_key"]);
    assert!(again.json().get("secret").is_none(), "{}", again.body);

    let listed = admin.get("/api/v1/api_keys").await;
    assert_eq!(
        listed.json()["data"][0]["last4"],
        secret[secret.len() - 4..]
    );
    assert_eq!(listed.json()["data"][0]["status"], "ACTIVE");
    assert!(!listed.body.contains(&secret));
    for table in ["api_keys", "idempotency_keys", "audit_log"] {
        let holding = format!(
            "SELECT count(*) FROM {table} t WHERE t::text LIKE '%{}%'",
            &secret[9..40]
        );
        assert_eq!(app.database.count(&holding).await, 0, "{table}");
    }
    let hashed = format!("SELECT count(*) FROM api_keys WHERE secret_hash = sha256('{secret}')");
    assert_eq!(app.database.count(&hashed).await, 1);
}

#[tokio::test]
async fn a_key_does_what_it_was_given_by_its_own_name_with_its_maker_in_the_audit_log() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let lamp = flow.product("LAMP", 10).await;
    let buyer = flow.buyer(100_000).await;
    let order = flow.place(buyer, &[(lamp, 1)]).await;
    let (maker, admin) = admin_of(&app).await;
    let scopes = [
        "sales.orders.read",
        "sales.orders.approve",
        "inventory.categories.write",
    ];
    let (tally, id) = program(&app, &admin, &scopes).await;

    let me = tally.get("/api/v1/me").await.json();
    assert_eq!(me["api_key"], json!({ "id": id, "name": "Tally" }));
    assert_eq!(me["user"]["name"], "Test Administrator");
    let held: Vec<&str> = me["permissions"]
        .as_array()
        .expect("codes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(held.len(), scopes.len());
    assert!(scopes.iter().all(|scope| held.contains(scope)), "{held:?}");

    let path = format!("/api/v1/orders/{order}");
    let approved = tally
        .post_json(&format!("{path}/approval"), &json!({}))
        .await;
    assert_eq!(approved.status, 200, "{}", approved.body);
    assert_eq!(tally.get(&path).await.json()["history"][1]["by"], "Tally");
    let refused = tally.get("/api/v1/dealers").await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "access.forbidden")
    );
    let category = tally
        .with("idempotency-key", "c")
        .post_json("/api/v1/categories", &json!({ "name": "Fans" }))
        .await;
    assert_eq!(category.status, 201, "{}", category.body);
    let told = "SELECT concat_ws(', ', a.by_name, a.on_behalf_of, u.email) AS text FROM audit_log a JOIN users u ON u.id = a.by_user WHERE a.object_kind = 'category'";
    assert_eq!(
        app.database.text(told).await,
        format!("Tally, API key of {0}, {0}", maker.email)
    );
}

#[tokio::test]
async fn a_key_loses_what_its_maker_loses_and_stops_when_the_maker_leaves() {
    let app = test_app().await;
    let (maker, admin) = admin_of(&app).await;
    let scopes = ["sales.orders.read", "sales.dealers.read"];
    let (tally, _) = program(&app, &admin, &scopes).await;
    assert_eq!(tally.get("/api/v1/dealers").await.status, 200);
    let of_maker = format!(
        "user_id = (SELECT id FROM users WHERE email = '{}')",
        maker.email
    );
    let set = async |what: &str| {
        let sql = format!("UPDATE memberships SET {what} WHERE {of_maker}");
        app.database.execute(&sql).await;
    };
    set("role = 'WAREHOUSE'").await;
    assert_eq!(tally.get("/api/v1/dealers").await.status, 403);
    assert_eq!(tally.get("/api/v1/orders").await.status, 200);
    set("role = 'ADMIN'").await;
    assert_eq!(tally.get("/api/v1/dealers").await.status, 200);
    set("is_active = false").await;
    assert_eq!(tally.get("/api/v1/orders").await.status, 401);
    let (_, colleague) = admin_of(&app).await;
    let listed = colleague.get("/api/v1/api_keys").await.json();
    assert_eq!(listed["data"][0]["status"], "ORPHANED");
    set("is_active = true").await;
    let dealer = app.dealer().await;
    set(&format!("role = 'DEALER', dealer_id = '{dealer}'")).await;
    assert_eq!(tally.get("/api/v1/orders").await.status, 401);
}

#[tokio::test]
async fn nobody_gives_a_key_what_they_do_not_hold_and_no_key_manages_people_or_keys() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    for wrong in [
        "platform.apikeys.manage",
        "platform.users.write",
        "platform.roles.write",
        "platform.sessions.revoke",
        "platform.settings.write",
        "platform.webhooks.manage",
        "orders:read",
    ] {
        let refused = make(&admin, &wanting(&["sales.orders.read", wrong])).await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/scopes", "{wrong}");
    }
    // Every other code there is.
    let all: Vec<&str> = PermissionCode::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| {
            ![
                "platform.apikeys.manage",
                "platform.users.write",
                "platform.roles.write",
                "platform.sessions.revoke",
                "platform.settings.write",
                "platform.webhooks.manage",
            ]
            .contains(code)
        })
        .collect();
    let (tally, id) = program(&app, &admin, &all).await;
    // A row that was written when it could be given.
    let given = format!(
        "UPDATE api_keys SET scopes = scopes || ' platform.settings.write' WHERE id = '{id}'"
    );
    app.database.execute(&given).await;
    let rules = json!({ "roles": [], "role_ids": [] });
    let switched = tally.with("if-match", "\"v1\"");
    let refused = switched
        .put_json("/api/v1/second-factor-rules", &rules)
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "access.forbidden")
    );
    assert_eq!(tally.get("/api/v1/api_keys").await.status, 403);
    assert_eq!(tally.get("/api/v1/sessions").await.status, 403);
    for (path, is_write) in [
        ("/api/v1/me/sessions", false),
        ("/api/v1/me/sessions/revocation", true),
        ("/api/v1/auth/logout", true),
    ] {
        let answer = match is_write {
            true => tally.post_json(path, &json!({})).await,
            false => tally.get(path).await,
        };
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "auth.people_only"),
            "{path}"
        );
    }
    assert_eq!(
        admin.get("/api/v1/me").await.status,
        200,
        "nobody was ended"
    );
}

#[tokio::test]
async fn a_revoked_key_and_an_expired_one_stop_with_the_next_request() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let (tally, id) = program(&app, &admin, &["sales.orders.read"]).await;
    assert_eq!(tally.get("/api/v1/orders").await.status, 200);
    let used = "SELECT max(last_used_ip) AS text FROM api_keys";
    app.database.until(used, "127.0.0.1").await;
    let path = format!("/api/v1/api_keys/{id}/revocation");
    let empty = json!({});
    let revoked = admin.post_json(&path, &empty).await;
    assert_eq!(revoked.json()["status"], "REVOKED", "{}", revoked.body);
    assert_eq!(tally.get("/api/v1/orders").await.status, 401);
    let before = app.database.picture().await;
    assert_eq!(admin.post_json(&path, &empty).await.json(), revoked.json());
    let changed = app.database.picture().await.changed_since(&before);
    assert!(changed.is_empty(), "{changed:?}");

    let (tally, id) = program(&app, &admin, &["sales.orders.read"]).await;
    let expire = format!("UPDATE api_keys SET expires_at = now() WHERE id = '{id}'");
    app.database.execute(&expire).await;
    assert_eq!(tally.get("/api/v1/orders").await.status, 401);
    let roll = admin.with("idempotency-key", "r");
    let refused = roll
        .post_json(&format!("/api/v1/api_keys/{id}/roll"), &empty)
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "api_keys.over")
    );
}

#[tokio::test]
async fn a_replaced_key_works_beside_the_new_one_for_the_overlap_and_no_longer() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let (old, id) = program(&app, &admin, &["sales.orders.read"]).await;
    let path = format!("/api/v1/api_keys/{id}/roll");
    let body = json!({ "overlap_hours": 2 });
    let rolled = admin
        .with("idempotency-key", "a")
        .post_json(&path, &body)
        .await;
    let (secret, new_id) = parts(&rolled);
    let new = app.client().bearer(secret);
    for key in [&old, &new] {
        assert_eq!(key.get("/api/v1/orders").await.status, 200);
    }
    let told = admin.get(&format!("/api/v1/api_keys/{id}")).await.json();
    assert_eq!(
        (&told["status"], &told["replaced_by"]),
        (&json!("REPLACED"), &json!(new_id))
    );
    let left = format!(
        "SELECT (extract(epoch FROM expires_at - now()) / 60)::bigint AS count FROM api_keys WHERE id = '{id}'"
    );
    let minutes = app.database.count(&left).await;
    assert!((118..=121).contains(&minutes), "{minutes}");
    let twice = admin
        .with("idempotency-key", "b")
        .post_json(&path, &body)
        .await;
    assert_eq!(
        (twice.status, twice.code().as_str()),
        (409, "api_keys.replaced")
    );
    let path = format!("/api/v1/api_keys/{new_id}/roll");
    let at_once = json!({ "overlap_hours": 0 });
    let rolled = admin
        .with("idempotency-key", "c")
        .post_json(&path, &at_once)
        .await;
    assert_eq!(rolled.status, 201, "{}", rolled.body);
    assert_eq!(new.get("/api/v1/orders").await.status, 401);
}

#[tokio::test]
async fn a_replaced_key_stays_its_makers_and_nobody_replaces_one_that_goes_further_than_they_do() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let wanted = json!({
        "name": "Keepers", "base": "SALES", "approval_limit": "500",
        "permissions": ["platform.apikeys.manage", "sales.orders.read", "sales.orders.approve"],
    });
    let role = admin
        .with("idempotency-key", "role")
        .post_json("/api/v1/roles", &wanted)
        .await;
    assert_eq!(role.status, 201, "{}", role.body);
    let role = role.json()["id"].as_str().unwrap().to_owned();
    let keeper = app.person(Role::Sales).await;
    let of_keeper = format!(
        "user_id = (SELECT id FROM users WHERE email = '{}')",
        keeper.email
    );
    let set = async |what: &str| {
        let sql = format!("UPDATE memberships SET {what} WHERE {of_keeper}");
        app.database.execute(&sql).await;
    };
    set(&format!("role_id = '{role}'")).await;
    let keeper = app.api(&keeper).await;
    let scopes = ["sales.orders.read", "sales.orders.approve"];
    let (_, id) = program(&app, &keeper, &scopes).await;

    // In an administrator's hands it still does no more than its maker may.
    let roll = async |client: &Client, id: &str| {
        let key = uuid::Uuid::now_v7().to_string();
        let keyed = client.with("idempotency-key", &key);
        let path = format!("/api/v1/api_keys/{id}/roll");
        keyed.post_json(&path, &json!({})).await
    };
    let (secret, id) = parts(&roll(&admin, &id).await);
    let rolled = app.client().bearer(secret);
    let me = rolled.get("/api/v1/me").await.json();
    assert_eq!(me["user"]["name"], "Test Sales", "{me}");
    let flow = Flow::new(&app);
    let (lamp, buyer) = (flow.product("LAMP", 99).await, flow.buyer(100_000).await);
    let order = flow.place(buyer, &[(lamp, 50)]).await;
    let path = format!("/api/v1/orders/{order}/approval");
    let refused = rolled.post_json(&path, &json!({})).await;
    assert_eq!(
        refused.code(),
        "orders.above_your_limit",
        "{}",
        refused.body
    );

    let (_, boundless) = program(&app, &admin, &scopes).await;
    let refused = roll(&keeper, &boundless).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (422, "api_keys.beyond_yours"),
        "{}",
        refused.body
    );
    set("is_active = false").await;
    let refused = roll(&admin, &id).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "api_keys.maker_left"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn there_are_a_hundred_keys_in_force_and_no_more_however_many_are_made_or_replaced_at_once() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let scopes = ["sales.orders.read"];
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(program(&app, &admin, &scopes).await.1);
    }
    let more = "INSERT INTO api_keys (tenant_id, id, membership_id, name, secret_hash, last4, scopes, networks, created_at, created_by, expires_at) \
        SELECT k.tenant_id, gen_random_uuid(), k.membership_id, 'Old', sha256(n::text::bytea), '0000', k.scopes, '', now(), k.created_by, k.expires_at \
        FROM (SELECT * FROM api_keys LIMIT 1) k, generate_series(1, 94) n";
    app.database.execute(more).await;
    let asks = (0..4).map(|number| {
        let keyed = admin.with("idempotency-key", &format!("key-{number}"));
        let roll = format!("/api/v1/api_keys/{}/roll", ids[number]);
        async move {
            match number % 2 {
                0 => {
                    keyed
                        .post_json("/api/v1/api_keys", &wanting(&["sales.orders.read"]))
                        .await
                        .status
                }
                _ => {
                    keyed
                        .post_json(&roll, &json!({ "overlap_hours": 1 }))
                        .await
                        .status
                }
            }
        }
    });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 422, 422]);
    // One that stops at once makes room for the one that takes its place.
    let keyed = admin.with("idempotency-key", "at-once");
    let roll = format!("/api/v1/api_keys/{}/roll", ids[0]);
    let rolled = keyed.post_json(&roll, &json!({ "overlap_hours": 0 })).await;
    assert_eq!(rolled.status, 201, "{}", rolled.body);
}

#[tokio::test]
async fn a_key_works_from_its_networks_alone() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    for (networks, status) in [
        (json!(["203.0.113.0/24"]), 403),
        (json!(["2001:db8::/32", "127.0.0.0/8"]), 200),
        (json!(["127.0.0.1"]), 200),
        (json!([]), 200),
    ] {
        let mut wanted = wanting(&["sales.orders.read"]);
        wanted["networks"] = networks.clone();
        let (secret, _) = parts(&make(&admin, &wanted).await);
        let answer = app.client().bearer(secret).get("/api/v1/orders").await;
        assert_eq!(answer.status, status, "{networks}: {}", answer.body);
        if status == 403 {
            assert_eq!(answer.code(), "auth.wrong_address");
        }
    }
}

#[tokio::test]
async fn the_last_use_is_written_beside_the_request_and_at_most_once_a_minute() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let (tally, _) = program(&app, &admin, &["sales.orders.read"]).await;
    let used = "SELECT coalesce(max(last_used_ip || ' ' || (last_used_at > now() - interval '1 minute')), 'never') AS text FROM api_keys";
    assert_eq!(app.database.text(used).await, "never");
    tally.get("/api/v1/orders").await;
    app.database.until(used, "127.0.0.1 true").await;
    let back =
        "UPDATE api_keys SET last_used_at = now() - interval '50 seconds', last_used_ip = 'x'";
    app.database.execute(back).await;
    tally.get("/api/v1/orders").await;
    tally.get("/api/v1/orders").await;
    assert_eq!(app.database.text(used).await, "x true");
    let back = "UPDATE api_keys SET last_used_at = now() - interval '70 seconds'";
    app.database.execute(back).await;
    tally.get("/api/v1/orders").await;
    app.database.until(used, "127.0.0.1 true").await;
}

#[tokio::test]
async fn a_wrong_key_is_refused_before_the_database_is_asked_or_by_it() {
    let app = test_app().await;
    let (_, admin) = admin_of(&app).await;
    let (secret, _) = parts(&make(&admin, &wanting(&["sales.orders.read"])).await);
    let cut = &secret[..secret.len() - 1];
    let lower = secret.to_lowercase();
    for wrong in [cut, lower.as_str(), "vtn_live_", "vtn_live_0000"] {
        let answer = app.client().bearer(wrong).get("/api/v1/orders").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "auth.token_required"),
            "{wrong}"
        );
    }
    let browser = app.client();
    browser.set_cookie("sid", &secret);
    assert_eq!(browser.get("/admin").await.status, 303);
}

#[tokio::test]
async fn the_page_makes_shows_replaces_and_revokes_a_key_with_scripts_and_without() {
    let app = test_app().await;
    for is_scripted in [false, true] {
        let plain = app.sign_in_as(Role::Admin).await;
        let client = match is_scripted {
            true => plain
                .with("hx-request", "true")
                .with("hx-boosted", "true")
                .with("hx-request-type", "full"),
            false => plain.clone(),
        };
        let key = uuid::Uuid::now_v7().to_string();
        let form = [
            ("idempotency_key", key.as_str()),
            ("name", "Shop <1>"),
            ("scopes", "sales.orders.read"),
            ("scopes", "inventory.products.read"),
            ("expires_in_days", "30"),
            ("networks", "127.0.0.1"),
        ];
        let silent: Vec<(&str, &str)> = form
            .iter()
            .copied()
            .filter(|(name, _)| *name != "scopes")
            .collect();
        let refused = client.post_form("/admin/api-keys/new", &silent).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.body.contains(r##"href="#f-scopes""##),
            "{}",
            refused.body
        );
        assert!(refused.body.contains("Shop &lt;1&gt;"));
        let made = client.post_form("/admin/api-keys/new", &form).await;
        assert_eq!(made.status, 200, "{}", made.body);
        assert!(made.body.contains("<html"), "a page of its own");
        let secret = made
            .body
            .split("value=\"vtn_live_")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("the secret");
        let program = app.client().bearer(format!("vtn_live_{secret}"));
        assert_eq!(program.get("/api/v1/orders").await.status, 200);
        assert_eq!(program.get("/api/v1/products").await.status, 200);
        let again = client.post_form("/admin/api-keys/new", &form).await;
        assert!(again.body.contains("This key was made already"));
        assert!(!again.body.contains(secret));

        let list = client.get("/admin/api-keys").await.body;
        assert!(
            list.contains("Shop &lt;1&gt;") && !list.contains(secret),
            "{list}"
        );
        let path = list
            .split("href=\"/admin/api-keys/")
            .filter_map(|rest| rest.split('"').next())
            .find(|id| id.len() == 36)
            .map(|id| format!("/admin/api-keys/{id}"))
            .expect("a key");
        let page = client.get(&path).await.body;
        assert!(
            page.contains("See orders") && page.contains("127.0.0.1/32"),
            "{page}"
        );
        let key = uuid::Uuid::now_v7().to_string();
        let form = [("idempotency_key", key.as_str()), ("overlap_hours", "1")];
        let rolled = client.post_form(&format!("{path}/roll"), &form).await;
        assert!(rolled.body.contains("value=\"vtn_live_"), "{}", rolled.body);
        let asked = client.get(&format!("{path}/revocation")).await;
        assert!(asked.body.contains("cannot be undone"));
        let revoked = client.post_form(&format!("{path}/revocation"), &[]).await;
        assert_eq!(
            (revoked.status, revoked.location()),
            (303, "/admin/api-keys")
        );
        assert_eq!(program.get("/api/v1/orders").await.status, 401);
    }
}

#[tokio::test]
async fn a_support_visit_makes_no_key_even_one_that_may_write() {
    let app = test_app().await;
    let client = app.sign_in_platform_admin().await;
    let visit = [("reason", "They asked for it"), ("may_write", "yes")];
    client.post_form("/super/tenants/volt/visits", &visit).await;
    let key = uuid::Uuid::now_v7().to_string();
    let form = [
        ("idempotency_key", key.as_str()),
        ("name", "Left behind"),
        ("scopes", "sales.orders.read"),
    ];
    let refused = client.post_form("/admin/api-keys/new", &form).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(app.database.count("SELECT count(*) FROM api_keys").await, 0);
}
