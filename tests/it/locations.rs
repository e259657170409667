//! People who work at some of a distributor's locations: what they see of it, what they are given, and what the database itself
//! holds to.

use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_kernel::{LocationId, OrderId};
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, Database, Person, TestApp, test_app};

use crate::live::read_until;

/// A distributor with an order on its way to a dispatch at each of two locations.
struct Two {
    main: Flow,
    branch: Flow,
    at_main: OrderId,
    at_branch: OrderId,
}

impl Two {
    async fn new(app: &TestApp) -> Two {
        let main = Flow::new(app);
        let branch = main.at(app.location(&app.tenant, "Branch").await);
        let mut orders = Vec::new();
        for (flow, sku) in [(&main, "MAIN-1"), (&branch, "BRANCH-1")] {
            let product = flow.product(sku, 50).await;
            let buyer = flow.buyer(1_000_000).await;
            orders.push(flow.packed(buyer, &[(product, 2)]).await);
            flow.dispatch(orders[orders.len() - 1]).await.unwrap();
            flow.place(buyer, &[(product, 1)]).await;
        }
        Two {
            main,
            branch,
            at_main: orders[0],
            at_branch: orders[1],
        }
    }

    fn location(&self) -> LocationId {
        self.branch.tenant.location
    }
}

async fn bound(app: &TestApp, role: Role, location: LocationId) -> Person {
    let person = app.person(role).await;
    app.bind_to(&person, location).await;
    person
}

async fn list(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()["data"].as_array().unwrap().clone()
}

async fn member(app: &TestApp, person: &Person) -> String {
    let sql = format!(
        "SELECT m.id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '{}'",
        person.email
    );
    app.database.id(&sql).await.to_string()
}

async fn give(client: &Client, id: &str, version: i32, place: &Value) -> Answer {
    let versioned = client.with("if-match", &format!("\"v{version}\""));
    versioned
        .put_json(&format!("/api/v1/members/{id}"), place)
        .await
}

fn fault(answer: &Answer) -> (u16, String, String) {
    let first = &answer.json()["errors"][0];
    let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("pointer"), text("code"))
}

fn refused(code: &str) -> (u16, String, String) {
    (422, "/locations".to_owned(), code.to_owned())
}

#[tokio::test]
async fn lists_queues_and_figures_are_of_ones_own_locations() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let person = bound(&app, Role::Sales, two.location()).await;
    let sales = app.api(&person).await;
    let everybody = app.api_as(Role::Sales).await;
    for (path, name) in [
        ("/api/v1/orders", "id"),
        ("/api/v1/invoices", "order_id"),
        ("/api/v1/notifications", "order_id"),
    ] {
        let seen = list(&sales, path).await;
        let all = list(&everybody, path).await;
        assert!(
            !seen.is_empty() && seen.len() * 2 == all.len(),
            "{path}: {} of {}",
            seen.len(),
            all.len()
        );
        let main = two.at_main.to_string();
        assert!(all.iter().any(|row| row[name] == main.as_str()), "{path}");
        assert!(seen.iter().all(|row| row[name] != main.as_str()), "{path}");
    }
    let person = bound(&app, Role::Warehouse, two.location()).await;
    let warehouse = app.api(&person).await;
    let moved = list(&warehouse, "/api/v1/stock/ledger").await;
    assert!(
        !moved.is_empty() && moved.iter().all(|row| row["sku"] == "BRANCH-1"),
        "{moved:?}"
    );
    let stock = list(&warehouse, "/api/v1/stock").await;
    let on_hand = |rows: &[Value], sku: &str| {
        let row = rows.iter().find(|row| row["sku"] == sku).unwrap();
        row["on_hand"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        on_hand(&stock, "BRANCH-1"),
        "48",
        "of one's own, where none is named"
    );
    assert_eq!(on_hand(&stock, "MAIN-1"), "0");
    let elsewhere = format!("/api/v1/stock?location_id={}", two.main.tenant.location);
    assert_eq!(on_hand(&list(&warehouse, &elsewhere).await, "MAIN-1"), "0");
    let places = list(&warehouse, "/api/v1/locations").await;
    let names: Vec<&Value> = places.iter().map(|place| &place["name"]).collect();
    assert_eq!(names, ["Branch"]);

    let number = async |flow: &Flow, id| flow.load(id).await.header.number.clone();
    let (own, other) = (
        number(&two.branch, two.at_branch).await,
        number(&two.main, two.at_main).await,
    );
    let browser = app.sign_in(&person).await;
    for page in ["/admin/orders", "/admin/invoices", "/admin/stock/ledger"] {
        let body = browser.get(page).await.body;
        assert!(body.contains(&own) && !body.contains(&other), "{page}");
    }
    // The money of the house is one account, and not for those who see a part of it.
    let money = "on issued invoices";
    for (person, is_told) in [
        (bound(&app, Role::Accounts, two.location()).await, false),
        (app.person(Role::Accounts).await, true),
    ] {
        let home = app.sign_in(&person).await.get("/admin").await;
        assert_eq!(home.status, 200, "{}", home.body);
        assert_eq!(home.body.contains(money), is_told, "{}", home.body);
    }
    assert_eq!(browser.get("/admin/invoices/series").await.status, 403);
    let series = browser.get("/admin/invoices/series").await.body;
    assert!(series.contains("some locations only"), "{series}");
}

#[tokio::test]
async fn the_settings_of_the_house_and_keys_that_reach_further_are_not_a_branchs_to_change() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let admin = app.api_as(Role::Admin).await;
    let (head, browser) = managers(&app, &two).await;
    let key = async |by: &Client| {
        let keyed = by.with("idempotency-key", &uuid::Uuid::now_v7().to_string());
        let body = json!({ "name": "Tally", "scopes": ["sales.orders.read"] });
        let made = keyed.post_json("/api/v1/api_keys", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.json()["api_key"]["id"].as_str().unwrap().to_owned();
        format!("/api/v1/api_keys/{id}/revocation")
    };
    let (wide, narrow) = (key(&admin).await, key(&head).await);
    for path in ["/admin/domains", "/admin/second-factor"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(
            page.body.contains("works at some locations only"),
            "{}",
            page.body
        );
    }
    let added = head
        .with("idempotency-key", "d")
        .post_json("/api/v1/domains", &json!({ "name": "orders.volt.test" }))
        .await;
    assert_eq!(added.code(), "access.forbidden", "{}", added.body);
    let refused = head.post_json(&wide, &Value::Null).await;
    assert_eq!(refused.code(), "api_keys.beyond_yours", "{}", refused.body);
    assert_eq!(head.post_json(&narrow, &Value::Null).await.status, 200);
    assert_eq!(admin.post_json(&wide, &Value::Null).await.status, 200);
}

#[tokio::test]
async fn goods_come_in_and_orders_are_placed_where_one_works_alone() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let manager = manager(&app, &two).await;
    let goods = |location: Option<String>| {
        let mut body =
            json!({ "reference": "B/1", "lines": [{ "sku": "MAIN-1", "quantity": "9" }] });
        if let Some(location) = location {
            body["location_id"] = location.into();
        }
        body
    };
    let receive = async |body: &Value| {
        let key = uuid::Uuid::now_v7().to_string();
        manager
            .with("idempotency-key", &key)
            .post_json("/api/v1/stock/receipts", body)
            .await
    };
    let main = two.main.tenant.location.to_string();
    let hidden = receive(&goods(Some(main.clone()))).await;
    let nothing = receive(&goods(Some(uuid::Uuid::now_v7().to_string()))).await;
    assert_eq!(
        fault(&hidden),
        (422, "/location_id".to_owned(), "unknown".to_owned())
    );
    assert_eq!(hidden.without_ids(), nothing.without_ids());
    assert_eq!(receive(&goods(None)).await.status, 201);
    let at = |location: &str| {
        format!(
            "SELECT count(*) FROM stock_ledger WHERE reference = 'B/1' AND location_id = '{location}'"
        )
    };
    assert_eq!(
        app.database.count(&at(&two.location().to_string())).await,
        1
    );
    assert_eq!(app.database.count(&at(&main)).await, 0);

    let elsewhere = two.main.load(two.at_main).await;
    let body = json!({
        "dealer_id": elsewhere.header.dealer_id, "ship_to_address_id": elsewhere.header.ship_to_address_id,
        "lines": [{ "sku": "MAIN-1", "quantity": "1" }],
    });
    let placed = manager
        .with("idempotency-key", "elsewhere")
        .post_json("/api/v1/orders", &body)
        .await;
    assert_eq!(
        fault(&placed),
        (422, "/dealer_id".to_owned(), "other_location".to_owned())
    );
}

/// A program of somebody who may do all that can be done at one location.
async fn manager(app: &TestApp, two: &Two) -> Client {
    managers(app, two).await.0
}

/// As [`manager`], with their browser.
async fn managers(app: &TestApp, two: &Two) -> (Client, Client) {
    let admin = app.api_as(Role::Admin).await;
    let codes: Vec<&str> = vitaran_core::access::PermissionCode::ALL
        .map(|code| code.as_str())
        .to_vec();
    let body = json!({ "name": "Branch manager", "base": "ADMIN", "permissions": codes });
    let made = admin
        .with("idempotency-key", "manager")
        .post_json("/api/v1/roles", &body)
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let person = app.person(Role::Sales).await;
    let place = json!({ "role": made.json()["id"], "locations": [two.location()] });
    let given = give(&admin, &member(app, &person).await, 1, &place).await;
    assert_eq!(given.status, 200, "{}", given.body);
    (app.api(&person).await, app.sign_in(&person).await)
}

#[tokio::test]
async fn whoever_is_bound_gives_no_more_than_their_own_locations_and_changes_nobody_who_has_more() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let manager = manager(&app, &two).await;
    let me = manager.get("/api/v1/me").await.json();
    assert_eq!(me["location_ids"], json!([two.location()]));
    let codes = me["permissions"].as_array().unwrap();
    assert!(
        codes.contains(&json!("platform.users.write"))
            && !codes.contains(&json!("platform.audit.read"))
    );

    let wanted = json!({ "name": "Tally", "scopes": ["sales.orders.read"] });
    let keyed = manager.with("idempotency-key", "key");
    let key = keyed.post_json("/api/v1/api_keys", &wanted).await;
    let key = app.client().bearer(key.json()["secret"].as_str().unwrap());
    for (order, status) in [(two.at_branch, 200), (two.at_main, 404)] {
        let answer = key.get(&format!("/api/v1/orders/{order}")).await;
        assert_eq!(
            answer.status, status,
            "a key goes no further than its maker"
        );
    }

    let colleague = bound(&app, Role::Sales, two.location()).await;
    let id = member(&app, &colleague).await;
    let (here, main) = (two.location(), two.main.tenant.location);
    let role = "WAREHOUSE";
    for locations in [json!([]), json!([main]), json!([here, main])] {
        let place = json!({ "role": role, "locations": locations });
        assert_eq!(
            fault(&give(&manager, &id, 1, &place).await),
            refused("roles.beyond_yours"),
            "{place}"
        );
    }
    let given = give(
        &manager,
        &id,
        1,
        &json!({ "role": role, "locations": [here] }),
    )
    .await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(
        given.json()["locations"],
        json!([{ "id": here, "name": "Branch" }])
    );

    let free = member(&app, &app.person(Role::Sales).await).await;
    let above = give(
        &manager,
        &free,
        1,
        &json!({ "role": role, "locations": [here] }),
    )
    .await;
    assert_eq!(above.status, 422);
    assert_eq!(above.json()["errors"][0]["code"], "members.above_you");

    let invite = async |body: Value| {
        let key = uuid::Uuid::now_v7().to_string();
        manager
            .with("idempotency-key", &key)
            .post_json("/api/v1/invitations", &body)
            .await
    };
    let wide = invite(json!({ "email": "asha@outside.test", "role": "SALES" })).await;
    assert_eq!(fault(&wide), refused("roles.beyond_yours"));
    let own = json!({ "email": "asha@outside.test", "role": "SALES", "locations": [here], "delivery": "LINK" });
    let sent = invite(own).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let link = sent.json()["link"].as_str().unwrap().to_owned();
    let (_, token) = link.split_once("token=").unwrap();
    let form = [
        ("token", token),
        ("name", "Asha"),
        ("password", "tractor velvet ninety"),
    ];
    assert_eq!(
        app.client().post_form("/invitation", &form).await.status,
        303
    );
    let asha = Person {
        email: "asha@outside.test".to_owned(),
        password: "tractor velvet ninety".to_owned(),
        dealer: None,
    };
    let me = app.api(&asha).await.get("/api/v1/me").await.json();
    assert_eq!(me["location_ids"], json!([here]));
}

#[tokio::test]
async fn whoever_is_bound_changes_no_role_and_takes_nothing_from_people_who_work_everywhere() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let admin = app.api_as(Role::Admin).await;
    let body = json!({ "name": "Clerks", "base": "SALES", "permissions": ["sales.orders.read"] });
    let keyed = admin.with("idempotency-key", "clerks");
    let role = keyed.post_json("/api/v1/roles", &body).await.json();
    let role = format!("/api/v1/roles/{}", role["id"].as_str().unwrap());
    let (manager, browser) = managers(&app, &two).await;
    let versioned = manager.with("if-match", "\"v1\"");
    for refused in [
        manager
            .with("idempotency-key", "more")
            .post_json("/api/v1/roles", &body)
            .await,
        versioned.put_json(&role, &body).await,
        versioned
            .send(versioned.request(reqwest::Method::DELETE, &role))
            .await,
    ] {
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (403, "access.forbidden")
        );
    }

    // One who works here, one who works elsewhere, and one who works everywhere; each is signed in.
    let here = bound(&app, Role::Sales, two.location()).await;
    let main = bound(&app, Role::Sales, two.main.tenant.location).await;
    let everywhere = app.person(Role::Sales).await;
    for (person, is_within) in [(&main, false), (&everywhere, false), (&here, true)] {
        let program = app.api(person).await;
        let of_person = format!("(SELECT id FROM users WHERE email = '{}')", person.email);
        let user = app
            .database
            .id(&format!("SELECT id FROM users WHERE id = {of_person}"))
            .await;
        let session = format!("SELECT id FROM sessions WHERE user_id = {of_person}");
        let session = app.database.id(&session).await;
        let factor = format!(
            "INSERT INTO second_factors (user_id, sealed_secret, confirmed_at) VALUES ('{user}', 'k1.', now())"
        );
        app.database.execute(&factor).await;
        let empty = json!({});
        let reset = format!("/api/v1/users/{user}/second-factor/removal");
        let reset = manager.post_json(&reset, &empty).await;
        let end = format!("/api/v1/sessions/{session}/revocation");
        let all = format!("/admin/users/{user}/sessions/revocation");
        if is_within {
            assert_eq!(reset.status, 204, "{}", reset.body);
            assert_eq!(program.get("/api/v1/orders").await.status, 200);
            assert_eq!(manager.post_json(&end, &empty).await.status, 204);
            assert_eq!(program.get("/api/v1/orders").await.status, 401);
            assert_eq!(browser.post_form(&all, &[]).await.status, 303);
            continue;
        }
        let end = manager.post_json(&end, &empty).await;
        for refused in [reset, end] {
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (422, "identity.beyond_yours"),
                "{}",
                person.email
            );
        }
        let refused = browser.post_form(&all, &[]).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(
            refused.body.contains("works where you do not"),
            "{}",
            refused.body
        );
        assert_eq!(
            program.get("/api/v1/orders").await.status,
            200,
            "still signed in"
        );
    }
}

#[tokio::test]
async fn locations_are_given_on_page_and_api_stay_when_unsaid_and_count_from_the_next_request() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let person = app.person(Role::Sales).await;
    let (id, program) = (member(&app, &person).await, app.api(&person).await);
    let order = format!("/api/v1/orders/{}", two.at_main);
    assert_eq!(program.get(&order).await.status, 200);
    let admin = app.sign_in_as(Role::Admin).await;
    let path = format!("/admin/members/{id}");
    let page = admin.get(&path).await.body;
    assert!(
        page.contains("Works at") && page.contains("At every location"),
        "{page}"
    );
    let (here, main) = (
        two.location().to_string(),
        two.main.tenant.location.to_string(),
    );
    let form = [
        ("role", "SALES"),
        ("dealer", ""),
        ("version", "1"),
        ("locations", ""),
        ("locations", &here),
    ];
    assert_eq!(admin.post_form(&path, &form).await.status, 303);
    assert_eq!(
        program.get(&order).await.status,
        404,
        "from the next request on"
    );
    let page = admin.get(&path).await.body;
    assert!(page.contains("At Branch alone"), "{page}");
    let told = app.database.text(
        "SELECT detail->>'after' AS text FROM audit_log WHERE action = 'members.change_role' ORDER BY id DESC LIMIT 1",
    );
    assert!(told.await.contains("Branch"));

    let api = app.api_as(Role::Admin).await;
    let kept = give(&api, &id, 2, &json!({ "role": "WAREHOUSE" })).await;
    assert_eq!(
        kept.json()["locations"][0]["id"],
        here.as_str(),
        "{}",
        kept.body
    );
    let both = give(
        &api,
        &id,
        3,
        &json!({ "role": "WAREHOUSE", "locations": [main, here] }),
    )
    .await;
    assert_eq!(
        both.json()["locations"].as_array().unwrap().len(),
        2,
        "{}",
        both.body
    );
    assert_eq!(program.get(&order).await.status, 200);
    let strange = json!({ "role": "SALES", "locations": [uuid::Uuid::now_v7()] });
    assert_eq!(
        fault(&give(&api, &id, 4, &strange).await),
        refused("unknown")
    );
    for place in [
        json!({ "role": "ADMIN" }),
        json!({ "role": "ADMIN", "locations": [here] }),
    ] {
        assert_eq!(
            fault(&give(&api, &id, 4, &place).await),
            refused("members.works_everywhere")
        );
    }
    let free = give(&api, &id, 4, &json!({ "role": "ADMIN", "locations": [] })).await;
    assert_eq!((free.status, &free.json()["locations"]), (200, &json!([])));
}

#[tokio::test]
async fn a_live_page_hears_of_orders_of_ones_own_locations_alone() {
    let app = test_app().await;
    let two = Two::new(&app).await;
    let person = bound(&app, Role::Sales, two.location()).await;
    let mut stream = app.sign_in(&person).await.open("/live").await;
    read_until(&mut stream, "retry").await;
    let tenant = app.tenant.tenant.id;
    for order in [two.at_main, two.at_branch] {
        let notify = format!("SELECT pg_notify('vitaran_live', '{tenant} order {order}')");
        app.database.execute(&notify).await;
    }
    let heard = read_until(&mut stream, &two.at_branch.to_string()).await;
    assert!(!heard.contains(&two.at_main.to_string()), "{heard}");
    assert_eq!(
        heard.matches("event: order").count(),
        1,
        "not even that something changed: {heard}"
    );
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// How to tell of which location a row `t` is.
const BOUND_TABLES: [(&str, &str); 14] = [
    (
        "credit_holds",
        "(SELECT location_id FROM orders o WHERE o.id = t.order_id)",
    ),
    (
        "document_renders",
        "(SELECT o.location_id FROM orders o JOIN invoices i ON i.order_id = o.id WHERE i.id = t.invoice_id)",
    ),
    (
        "invoice_lines",
        "(SELECT o.location_id FROM orders o JOIN invoices i ON i.order_id = o.id WHERE i.id = t.invoice_id)",
    ),
    (
        "invoice_tax_summary",
        "(SELECT o.location_id FROM orders o JOIN invoices i ON i.order_id = o.id WHERE i.id = t.invoice_id)",
    ),
    (
        "invoices",
        "(SELECT location_id FROM orders o WHERE o.id = t.order_id)",
    ),
    (
        "notification_attempts",
        "(SELECT o.location_id FROM orders o JOIN notification_logs n ON n.order_id = o.id WHERE n.id = t.notification_id)",
    ),
    (
        "notification_logs",
        "(SELECT location_id FROM orders o WHERE o.id = t.order_id)",
    ),
    (
        "order_lines",
        "(SELECT location_id FROM orders o WHERE o.id = t.order_id)",
    ),
    (
        "order_status_history",
        "(SELECT location_id FROM orders o WHERE o.id = t.order_id)",
    ),
    ("orders", "t.location_id"),
    ("pick_lists", "t.location_id"),
    (
        "shipments",
        "(SELECT location_id FROM orders o WHERE o.id = t.order_id)",
    ),
    ("stock_balances", "t.location_id"),
    ("stock_ledger", "t.location_id"),
];

async fn count(connection: &mut AsyncPgConnection, sql: &str) -> i64 {
    use diesel_async::RunQueryDsl as _;
    let row: Count = diesel::sql_query(sql)
        .get_result(connection)
        .await
        .expect(sql);
    row.count
}

#[tokio::test]
async fn raw_sql_bound_to_a_location_reads_and_writes_rows_of_it_alone() {
    use diesel_async::{AsyncConnection as _, RunQueryDsl as _, SimpleAsyncConnection as _};
    let app = test_app().await;
    let two = Two::new(&app).await;
    Database::execute(
        &app.database,
        "INSERT INTO notification_attempts (tenant_id, id, notification_id, attempt, event, at) \
             SELECT tenant_id, id, id, 1, 'ACCEPTED', now() FROM notification_logs",
    )
    .await;
    let mut user = AsyncPgConnection::establish(&app.database.url_of("app_user"))
        .await
        .unwrap();
    let (tenant, here) = (app.tenant.tenant.id, two.location());
    let enter = async |scope: &str, user: &mut AsyncPgConnection| {
        let sql = format!(
            "ROLLBACK; BEGIN; SET LOCAL app.tenant_id = '{tenant}'; SET LOCAL app.dealer_scope = 'all'; SET LOCAL app.location_scope = '{scope}'"
        );
        user.batch_execute(&sql).await.unwrap();
    };
    for (table, location) in BOUND_TABLES {
        let all = format!("SELECT count(*) AS count FROM {table} t");
        let own = app
            .database
            .count(&format!(
                "SELECT count(*) FROM {table} t WHERE {location} = '{here}'"
            ))
            .await;
        let others = app
            .database
            .count(&format!(
                "SELECT count(*) FROM {table} t WHERE {location} <> '{here}'"
            ))
            .await;
        assert!(
            own > 0 && others > 0,
            "{table} is not filled: {own}, {others}"
        );
        for (scope, seen) in [
            ("all", own + others),
            (here.to_string().as_str(), own),
            ("", 0),
        ] {
            enter(scope, &mut user).await;
            assert_eq!(
                count(&mut user, &all).await,
                seen,
                "{table} within {scope:?}"
            );
        }
    }
    for sql in [
        format!(
            "UPDATE orders SET version = version + 1 WHERE id = '{}'",
            two.at_main
        ),
        format!(
            "UPDATE shipments SET delivered_at = now() WHERE order_id = '{}'",
            two.at_main
        ),
        format!("UPDATE stock_balances SET on_hand = 99 WHERE location_id <> '{here}'"),
        format!(
            "UPDATE pick_lists SET closed_at = now() WHERE order_id = '{}'",
            two.at_main
        ),
    ] {
        enter(&here.to_string(), &mut user).await;
        assert_eq!(
            diesel::sql_query(&sql).execute(&mut user).await.unwrap(),
            0,
            "{sql}"
        );
    }
    enter(&here.to_string(), &mut user).await;
    let elsewhere = two.main.tenant.location;
    let pushed = format!(
        "UPDATE orders SET location_id = '{elsewhere}' WHERE id = '{}'",
        two.at_branch
    );
    let refusal = diesel::sql_query(&pushed)
        .execute(&mut user)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("row-level security") || refusal.contains("permission denied"),
        "{refusal}"
    );
    enter(&here.to_string(), &mut user).await;
    let filled = format!(
        "INSERT INTO stock_balances (tenant_id, location_id, product_id, on_hand) SELECT tenant_id, '{elsewhere}', id, 1 FROM products LIMIT 1"
    );
    let refusal = diesel::sql_query(&filled)
        .execute(&mut user)
        .await
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("row-level security"), "{refusal}");
    for table in ["audit_log", "audit_trail", "webhook_events"] {
        enter(&here.to_string(), &mut user).await;
        let seen = count(&mut user, &format!("SELECT count(*) AS count FROM {table}")).await;
        assert_eq!(seen, 0, "{table} tells of every location");
    }
}
