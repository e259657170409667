//! Modules of the product, switched for a distributor: what is off is not there, for nobody and for no program, and comes back
//! as it was.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::process::Program;
use vitaran_tests::{Answer, Client, TestApp, test_app};

use crate::house::House;

/// Pages and operations of each module.
const OF_DISTRIBUTION: [&str; 11] = [
    "/admin",
    "/admin/orders",
    "/admin/orders/new",
    "/admin/warehouse",
    "/admin/invoices",
    "/admin/dealers",
    "/api/v1/orders",
    "/api/v1/dealers",
    "/api/v1/invoices",
    "/api/v1/orders?surplus=1",
    "/api/v1/dealers/0193a1b2-7c4e-7f01-8abc-23456789abcd/prices",
];
const OF_INVENTORY: [&str; 5] = [
    "/admin/stock",
    "/admin/stock/ledger",
    "/admin/stock/receive",
    "/api/v1/stock",
    "/api/v1/locations",
];
const OF_NONE: [&str; 7] = [
    "/admin/products",
    "/admin/price-lists",
    "/admin/members",
    "/admin/notifications",
    "/admin/audit",
    "/api/v1/products",
    "/api/v1/me",
];

async fn switch(app: &TestApp, platform: &Client, on: &[&str]) -> Answer {
    let path = format!("/api/v1/platform/tenants/{}", app.tenant.tenant.id);
    let tag = platform.get(&path).await;
    let tag = tag.header("etag").expect("a version");
    let body = json!({ "on": on });
    let seen = platform.with("if-match", tag);
    seen.put_json(&format!("{path}/modules"), &body).await
}

struct Both {
    browser: Client,
    program: Client,
}

impl Both {
    async fn get(&self, path: &str) -> Answer {
        match path.starts_with("/api/") {
            true => self.program.get(path).await,
            false => self.browser.get(path).await,
        }
    }

    async fn are_there(&self, paths: &[&str]) {
        for path in paths {
            let answer = self.get(path).await;
            assert!(answer.status < 400, "{path}: {}", answer.status);
        }
    }

    /// As missing as what never was.
    async fn are_missing(&self, paths: &[&str]) {
        let nothing = [
            self.get("/admin/nothing").await,
            self.get("/api/v1/nothing").await,
        ];
        for path in paths {
            let answer = self.get(path).await;
            let nothing = &nothing[usize::from(path.starts_with("/api/"))];
            assert_eq!(answer.status, 404, "{path}: {}", answer.body);
            if path.starts_with("/api/") {
                assert_eq!(answer.code(), nothing.code(), "{path}");
            } else {
                assert!(
                    answer.body.contains("There is nothing at this address"),
                    "{path}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_module_holds_goes_when_it_is_off_and_comes_back_as_it_was() {
    let app = test_app().await;
    let house = House::new(&app, Flow::new(&app)).await;
    let order = house.make("order PLACED").await["id"].clone();
    let admin = house.person(Role::Admin).await;
    let both = Both {
        browser: app.sign_in(&admin).await,
        program: app.api(&admin).await,
    };
    let dealer = app.sign_in(&house.person(Role::Dealer).await).await;
    let key = json!({ "name": "Tally", "scopes": ["sales.orders.read"], "expires_in_days": 30 });
    let keyed = both.program.with("idempotency-key", "key");
    let key = keyed.post_json("/api/v1/api_keys", &key).await.json();
    let key = app.client().bearer(key["secret"].as_str().unwrap());
    let platform = app.api_as_platform_admin().await;
    let visitor = platform.with("x-tenant-id", &app.tenant.tenant.id.to_string());
    let elsewhere = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    app.make_member(&elsewhere, "sales@ampere.test", Role::Sales, None)
        .await;
    let elsewhere = vitaran_tests::Person {
        email: "sales@ampere.test".to_owned(),
        ..admin.clone()
    };
    let elsewhere = app.sign_in(&elsewhere).await;
    let good = [&OF_INVENTORY[..], &OF_NONE[..]].concat();
    both.are_there(&good).await;

    let switched = switch(&app, &platform, &["INVENTORY"]).await;
    assert_eq!(
        (switched.status, &switched.json()["modules"]),
        (200, &json!(["INVENTORY"])),
        "{}",
        switched.body
    );
    both.are_missing(&OF_DISTRIBUTION).await;
    both.are_there(&good).await;
    for path in ["/portal", "/portal/orders", "/portal/profile"] {
        assert_eq!(dealer.get(path).await.status, 404, "{path}");
    }
    for client in [&key, &visitor] {
        let answer = client.get("/api/v1/orders").await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "request.not_found")
        );
    }
    assert_eq!(
        elsewhere.get("/admin/orders").await.status,
        200,
        "others keep theirs"
    );
    let page = both.browser.get("/admin/products").await;
    for href in ["/admin/orders", "/admin/dealers", "/admin/warehouse"] {
        assert!(
            !page.body.contains(&format!("href=\"{href}\"")),
            "{href} is in the navigation"
        );
    }
    assert!(page.body.contains("href=\"/admin/stock\""), "{}", page.body);
    let me = both.program.get("/api/v1/me").await.json();
    let codes: Vec<&Value> = me["permissions"].as_array().unwrap().iter().collect();
    assert!(
        !codes.contains(&&json!("sales.orders.read"))
            && codes.contains(&&json!("inventory.stock.read"))
    );
    // What a role gives is told apart from what is switched off: an administrator is still no less than a colleague.
    let colleague = house.make("user with a second factor").await;
    let path = format!("/api/v1/users/{}/second-factor/removal", colleague["id"]);
    let reset = both.program.post_json(&path, &json!({})).await;
    assert_eq!(reset.status, 204, "{}", reset.body);
    let again = app.sign_in(&admin).await;
    let start = again.get("/").await;
    assert_eq!(
        again.get(start.location()).await.status,
        200,
        "{}",
        start.location()
    );

    let visitor = app.sign_in_platform_admin().await;
    let visit = [("reason", "They miss a module")];
    let mut answer = visitor
        .post_form("/super/tenants/volt/visits", &visit)
        .await;
    while answer.status == 303 {
        answer = visitor.get(answer.location()).await;
    }
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("is acting inside"), "{}", answer.body);

    assert_eq!(switch(&app, &platform, &[]).await.status, 200);
    both.are_missing(&OF_INVENTORY).await;
    both.are_there(&OF_NONE).await;

    assert_eq!(
        switch(&app, &platform, &["DISTRIBUTION", "INVENTORY"])
            .await
            .status,
        200
    );
    both.are_there(&OF_INVENTORY).await;
    let back = both.program.get(&format!("/api/v1/orders/{order}")).await;
    assert_eq!(
        (back.status, back.json()["status"].as_str()),
        (200, Some("PLACED"))
    );
    assert_eq!(dealer.get("/portal/orders").await.status, 200);
}

#[tokio::test]
async fn a_switch_names_modules_that_exist_and_what_they_need_and_the_version_that_was_seen() {
    let app = test_app().await;
    let platform = app.api_as_platform_admin().await;
    let alone = switch(&app, &platform, &["DISTRIBUTION"]).await;
    assert_eq!(
        (
            alone.status,
            alone.code().as_str(),
            alone.json()["errors"][0]["pointer"].as_str()
        ),
        (422, "tenants.module_needs_another", Some("/on")),
        "{}",
        alone.body
    );
    assert_eq!(switch(&app, &platform, &["RETAIL"]).await.status, 422);
    let path = format!("/api/v1/platform/tenants/{}/modules", app.tenant.tenant.id);
    let body = json!({ "on": ["INVENTORY"] });
    assert_eq!(platform.put_json(&path, &body).await.status, 428);
    let late = platform.with("if-match", "\"v9\"");
    assert_eq!(late.put_json(&path, &body).await.status, 412);

    let browser = app.sign_in_platform_admin().await;
    let page = browser.get("/super/tenants/volt/modules").await;
    for module in ["DISTRIBUTION", "INVENTORY"] {
        assert!(
            page.body.contains(&format!("value=\"{module}\"")),
            "{}",
            page.body
        );
    }
    for nothing in ["RETAIL", "STOREFRONT", "CRM", "AUTOMATIONS"] {
        assert!(
            !page.body.to_uppercase().contains(nothing),
            "{nothing} does nothing"
        );
    }
    let form = [("version", "1"), ("on", "DISTRIBUTION")];
    let refused = browser
        .post_form("/super/tenants/volt/modules", &form)
        .await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .body
            .contains("Distribution does not work without Inventory"),
        "{}",
        refused.body
    );
    let form = [("version", "1"), ("on", "INVENTORY")];
    let saved = browser
        .post_form("/super/tenants/volt/modules", &form)
        .await;
    assert_eq!(
        (saved.status, saved.location()),
        (303, "/super/tenants/volt")
    );
    let late = browser
        .post_form("/super/tenants/volt/modules", &form)
        .await;
    assert_eq!(late.status, 412);
    let told = "SELECT (detail->'after'->'on')::text || (detail->'after'->'on_before')::text AS text \
                FROM audit_log WHERE action = 'tenancy.tenant.set_modules'";
    assert_eq!(
        app.database.text(told).await,
        r#"["INVENTORY"]["DISTRIBUTION", "INVENTORY"]"#
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_about_orders_wait_while_orders_are_off() {
    const PENDING: &str =
        "SELECT count(*) FROM notification_logs WHERE status = 'PENDING' AND attempts = 0";
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (lamp, buyer) = (flow.product("LAMP", 9).await, flow.buyer(100_000).await);
    flow.place(buyer, &[(lamp, 1)]).await;
    let wait = app.database.count(PENDING).await;
    assert!(wait > 0);
    let platform = app.api_as_platform_admin().await;
    assert_eq!(switch(&app, &platform, &["INVENTORY"]).await.status, 200);
    let worker = Program::worker(&app).queues("whatsapp,mail,render");
    worker.once().await;
    assert_eq!(app.database.count(PENDING).await, wait, "none is tried");
    assert_eq!(
        switch(&app, &platform, &["DISTRIBUTION", "INVENTORY"])
            .await
            .status,
        200
    );
    worker.once().await;
    assert_eq!(app.database.count(PENDING).await, 0);
}
