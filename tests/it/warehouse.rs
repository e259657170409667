//! Picking, packing and dispatching: by a page with scripts, by a page without, and over the API, with one outcome.

use serde_json::{Value, json};
use vitaran_core::access::{InventoryProductsWrite, Role, SalesOrdersApprove, SalesOrdersPlace};
use vitaran_core::orders::{
    self, ApproveOrder, Channel, OrderDetail, PlaceLine, PlaceOrder, ProductKey,
};
use vitaran_core::testkit::{dealer, product};
use vitaran_kernel::Quantity;
use vitaran_tests::{Answer, Client, TestApp, test_app};

/// An approved order of these products, each made for it with as much in stock as said.
pub async fn approved(app: &TestApp, lines: &[(&str, &str, i64)]) -> OrderDetail {
    let mut tx = app.begin::<InventoryProductsWrite>().await;
    let (buyer, ship_to) = dealer().insert(&mut tx, &app.tenant).await;
    let mut ordered = Vec::new();
    for (sku, stock, units) in lines {
        let id = product(sku).stock(stock).insert(&mut tx, &app.tenant).await;
        ordered.push(PlaceLine {
            product: ProductKey::Id(id),
            quantity: Quantity::from_units(*units),
        });
    }
    let input = PlaceOrder {
        dealer: Some(buyer),
        ship_to,
        lines: ordered,
        client_reference: None,
        note: None,
    };
    let admin = app.tenant.actor(Role::Admin);
    let by = admin.allow::<SalesOrdersPlace>().unwrap();
    let order = orders::place(&mut tx, &by, Channel::Staff, input)
        .await
        .unwrap();
    let by = admin.allow::<SalesOrdersApprove>().unwrap();
    let order = orders::approve(&mut tx, &by, order.header.id, ApproveOrder::default())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    order
}

fn page(order: &OrderDetail, what: &str) -> String {
    format!("/admin/warehouse/orders/{}/{what}", order.header.id)
}

fn resource(order: &OrderDetail, what: &str) -> String {
    format!("/api/v1/orders/{}/{what}", order.header.id)
}

fn ok(answer: Answer) -> Answer {
    assert!(answer.status < 400, "{} {}", answer.status, answer.body);
    answer
}

/// What became of the order, as the database has it.
async fn outcome(app: &TestApp, order: &OrderDetail) -> (String, String, bool) {
    let admin = app.tenant.actor(Role::Admin);
    let by = admin.allow().unwrap();
    let tx = app.db.begin_read(&by).await.unwrap();
    let order = orders::load(&tx, &by, order.header.id).await.unwrap();
    tx.commit().await.unwrap();
    let picked: Vec<String> = order
        .lines
        .iter()
        .map(|line| format!("{} of {}", line.picked_quantity, line.quantity))
        .collect();
    (
        order.header.status.as_str().to_owned(),
        picked.join(", "),
        order.header.invoice_id.is_some(),
    )
}

/// Fulfils an order by forms: a scan of one, a quantity for the rest.
async fn by_page(browser: &Client, order: &OrderDetail) {
    ok(browser.post_form(&page(order, "picking"), &[]).await);
    ok(browser
        .post_form(&page(order, "scans"), &[("code", &order.lines[0].sku)])
        .await);
    for line in &order.lines {
        let (id, quantity) = (line.id.to_string(), line.quantity.to_string());
        let fields = [
            ("lines.0.line_id", id.as_str()),
            ("lines.0.quantity", &quantity),
        ];
        ok(browser.post_form(&page(order, "picks"), &fields).await);
    }
    ok(browser.post_form(&page(order, "packing"), &[]).await);
    let form = ok(browser.get(&page(order, "dispatch")).await).body;
    let version = hidden(&form, "version");
    let fields = [
        ("version", version.as_str()),
        ("transporter", "Own vehicle"),
    ];
    ok(browser.post_form(&page(order, "dispatch"), &fields).await);
}

/// The value of a hidden field of the page.
fn hidden(page: &str, name: &str) -> String {
    let lead = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&lead).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Fulfils an order over the API.
pub async fn by_api(program: &Client, order: &OrderDetail) {
    let none = json!({});
    let begun = ok(program.post_json(&resource(order, "picking"), &none).await);
    let version = begun.header("etag").unwrap().to_owned();
    let lines: Vec<Value> = order
        .lines
        .iter()
        .map(|line| json!({"line_id": line.id, "quantity": line.quantity.to_string()}))
        .collect();
    let picks = json!({ "lines": lines });
    let put = program.with("if-match", &version);
    ok(put.put_json(&resource(order, "picks"), &picks).await);
    ok(program.post_json(&resource(order, "packing"), &none).await);
    let dispatch = json!({"transporter": "Own vehicle"});
    let answer = ok(program
        .post_json(&resource(order, "dispatch"), &dispatch)
        .await);
    let body = answer.json();
    assert_eq!(body["status"], "DISPATCHED");
    assert!(
        body["invoice"]["number"]
            .as_str()
            .unwrap()
            .starts_with("TST/"),
        "{body}"
    );
}

#[tokio::test]
async fn pages_with_scripts_pages_without_and_the_api_bring_an_order_to_the_same_end() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Warehouse).await;
    let plain = approved(&app, &[("A-1", "10", 3), ("A-2", "10", 2)]).await;
    let scripted = approved(&app, &[("B-1", "10", 3), ("B-2", "10", 2)]).await;
    let programmed = approved(&app, &[("C-1", "10", 3), ("C-2", "10", 2)]).await;
    by_page(&browser, &plain).await;
    by_page(&browser.htmx(), &scripted).await;
    by_api(&app.api_as(Role::Warehouse).await, &programmed).await;
    let end = outcome(&app, &plain).await;
    assert_eq!(
        end,
        ("DISPATCHED".to_owned(), "3 of 3, 2 of 2".to_owned(), true)
    );
    assert_eq!(outcome(&app, &scripted).await, end);
    assert_eq!(outcome(&app, &programmed).await, end);
}

#[tokio::test]
async fn a_wrong_scan_is_said_and_sounded_and_picks_nothing() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Warehouse).await;
    let order = approved(&app, &[("A-1", "10", 3)]).await;
    ok(browser.post_form(&page(&order, "picking"), &[]).await);
    let wrong = [("code", "NOT-THIS")];
    let part = browser
        .htmx()
        .post_form(&page(&order, "scans"), &wrong)
        .await;
    assert_eq!(part.status, 422);
    assert!(part.body.starts_with("<form"), "{}", part.body);
    assert!(
        part.body.contains("NOT-THIS is not on this order")
            && part.body.contains(r#"data-signal="bad""#),
        "{}",
        part.body
    );
    let whole = browser.post_form(&page(&order, "scans"), &wrong).await;
    assert_eq!(whole.status, 422);
    assert!(whole.body.contains("<title>Error: ") && whole.body.contains("NOT-THIS"));
    // The script selects the code, so that the next scan replaces it; without scripts it would be typed behind it.
    let kept = r#"value="NOT-THIS""#;
    assert!(
        part.body.contains(kept) && !whole.body.contains(kept),
        "{}",
        part.body
    );
    assert_eq!(outcome(&app, &order).await.1, "0 of 3");
}

#[tokio::test]
async fn too_much_of_a_line_stays_typed_with_its_fault_beside_it() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Warehouse).await;
    let order = approved(&app, &[("A-1", "10", 3)]).await;
    ok(browser.post_form(&page(&order, "picking"), &[]).await);
    let id = order.lines[0].id.to_string();
    let fields = [("lines.0.line_id", id.as_str()), ("lines.0.quantity", "4")];
    for client in [browser.clone(), browser.htmx()] {
        let answer = client.post_form(&page(&order, "picks"), &fields).await;
        assert_eq!(answer.status, 422);
        assert!(
            answer.body.contains(r#"value="4""#) && answer.body.contains("has 3 to pick"),
            "{}",
            answer.body
        );
    }
    assert_eq!(outcome(&app, &order).await.1, "0 of 3");
}

#[tokio::test]
async fn an_order_is_not_packed_while_a_line_is_open_and_every_such_line_is_named() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Warehouse).await;
    let order = approved(&app, &[("A-1", "10", 3), ("A-2", "10", 2)]).await;
    ok(browser.post_form(&page(&order, "picking"), &[]).await);
    let refused = browser.post_form(&page(&order, "packing"), &[]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Line 1 (A-1): 0 of 3 picked")
            && refused.body.contains("Line 2 (A-2): 0 of 2 picked"),
        "{}",
        refused.body
    );
    let program = app.api_as(Role::Warehouse).await;
    let refused = program
        .post_json(&resource(&order, "packing"), &json!({}))
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (422, "warehouse.not_fully_picked")
    );
    let pointers: Vec<Value> = refused.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["pointer"].clone())
        .collect();
    assert_eq!(pointers, ["/lines/0", "/lines/1"]);
    assert_eq!(outcome(&app, &order).await.0, "PICKING");
}

#[tokio::test]
async fn a_refused_dispatch_keeps_what_was_typed_and_issues_nothing() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Warehouse).await;
    let order = approved(&app, &[("A-1", "10", 1)]).await;
    ok(browser.post_form(&page(&order, "picking"), &[]).await);
    ok(browser
        .post_form(&page(&order, "scans"), &[("code", "a-1")])
        .await);
    ok(browser.post_form(&page(&order, "packing"), &[]).await);
    let form = ok(browser.get(&page(&order, "dispatch")).await).body;
    let hint = "Needed above ₹1,00,000.00 on this way";
    assert!(form.contains(hint), "within Maharashtra: {form}");
    let version = hidden(&form, "version");
    let typed = [
        ("version", version.as_str()),
        ("transporter", ""),
        ("lr_number", "LR 77"),
        ("eway_bill_number", "12"),
    ];
    let refused = browser.post_form(&page(&order, "dispatch"), &typed).await;
    assert_eq!(refused.status, 422);
    for expected in [
        r##"href="#f-transporter""##,
        r##"href="#f-eway_bill_number""##,
        r#"value="LR 77""#,
        r#"value="12""#,
    ] {
        assert!(
            refused.body.contains(expected),
            "{expected}: {}",
            refused.body
        );
    }
    let stale = [
        ("version", "1"),
        ("transporter", "Gati"),
        ("lr_number", "LR 77"),
    ];
    let refused = browser.post_form(&page(&order, "dispatch"), &stale).await;
    assert_eq!(refused.status, 412);
    assert!(
        refused
            .body
            .contains("has changed since this page was opened")
            && refused.body.contains(r#"value="LR 77""#),
        "{}",
        refused.body
    );
    assert_eq!(
        outcome(&app, &order).await,
        ("PACKED".to_owned(), "1 of 1".to_owned(), false)
    );
}

#[tokio::test]
async fn other_roles_may_not_other_tenants_see_nothing_and_other_states_conflict() {
    let app = test_app().await;
    let order = approved(&app, &[("A-1", "10", 1)]).await;
    let (browser, program) = (
        app.sign_in_as(Role::Warehouse).await,
        app.api_as(Role::Warehouse).await,
    );
    let none = json!({});
    for role in [Role::Sales, Role::Accounts, Role::Dealer] {
        let answer = app
            .sign_in_as(role)
            .await
            .post_form(&page(&order, "picking"), &[])
            .await;
        assert_eq!(answer.status, 403, "{role:?}");
        let answer = app
            .api_as(role)
            .await
            .post_json(&resource(&order, "picking"), &none)
            .await;
        assert_eq!(answer.status, 403, "{role:?}");
    }
    let tenant = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&tenant, "w@ampere.test", Role::Warehouse, None)
        .await;
    let person = vitaran_tests::Person {
        email: "w@ampere.test".to_owned(),
        password: vitaran_tests::PASSWORD.to_owned(),
        dealer: None,
    };
    let stranger = app.sign_in(&person).await;
    assert_eq!(stranger.get(&page(&order, "pick")).await.status, 404);
    assert_eq!(
        stranger
            .post_form(&page(&order, "picking"), &[])
            .await
            .status,
        404
    );
    let stranger = app.api(&person).await;
    assert_eq!(
        stranger
            .post_json(&resource(&order, "picking"), &none)
            .await
            .status,
        404
    );

    assert_eq!(
        browser
            .post_form(&page(&order, "packing"), &[])
            .await
            .status,
        409
    );
    let stale = program.with("if-match", "\"v99\"");
    assert_eq!(
        stale
            .post_json(&resource(&order, "picking"), &none)
            .await
            .status,
        412
    );
    let picks = json!({"lines": [{"line_id": order.lines[0].id, "quantity": "1"}]});
    assert_eq!(
        program
            .put_json(&resource(&order, "picks"), &picks)
            .await
            .status,
        428
    );
    assert_eq!(outcome(&app, &order).await.0, "APPROVED");
}
