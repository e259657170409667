//! Products, prices, stock and dealers: pages with and without scripts and the API give the same outcome, and nobody does
//! or sees what is not theirs.

use serde_json::{Value, json};
use vitaran_core::access::{InventoryProductsWrite, Role, SalesDealersWrite};
use vitaran_core::testkit::{dealer, product};
use vitaran_kernel::{DealerId, ProductId};
use vitaran_tests::{Answer, Client, TestApp, test_app};

const GSTIN: &str = "27AAPFU0939F1ZV";

async fn stocked(app: &TestApp, sku: &str, quantity: &str) -> ProductId {
    let mut tx = app.begin::<InventoryProductsWrite>().await;
    let id = product(sku)
        .stock(quantity)
        .insert(&mut tx, &app.tenant)
        .await;
    tx.commit().await.unwrap();
    id
}

async fn of_other_tenant(app: &TestApp) -> (ProductId, DealerId) {
    let other = app.tenant("ampere", "29AABCR1718E1ZL").await;
    let by = other
        .actor(Role::Admin)
        .allow::<SalesDealersWrite>()
        .unwrap();
    let mut tx = app.db.begin(&by).await.unwrap();
    let product = product("THEIRS").insert(&mut tx, &other).await;
    let (dealer, _) = dealer().insert(&mut tx, &other).await;
    tx.commit().await.unwrap();
    (product, dealer)
}

/// The value of a hidden field of a page.
fn field(page: &Answer, name: &str) -> String {
    let lead = format!(r#"name="{name}" value=""#);
    let (_, rest) = page
        .body
        .split_once(&lead)
        .unwrap_or_else(|| panic!("no {name} in {}", page.body));
    rest.split('"').next().unwrap().to_owned()
}

async fn category(app: &TestApp) -> String {
    let sql = format!(
        "SELECT id FROM categories WHERE tenant_id = '{}' LIMIT 1",
        app.tenant.tenant.id
    );
    app.database.id(&sql).await.to_string()
}

fn product_fields<'a>(category: &'a str, sku: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", "Copper wire 2.5 sq mm"),
        ("sku", sku),
        ("barcode", ""),
        ("category_id", category),
        ("description", ""),
        ("hsn", "8544"),
        ("uqc", "MTR"),
        ("tax_class", "STANDARD"),
        ("base_price", "42.5"),
        ("mrp", "60"),
        ("idempotency_key", key),
    ]
}

#[tokio::test]
async fn a_product_is_added_by_page_by_script_and_by_program_and_each_once() {
    let app = test_app().await;
    stocked(&app, "FIRST", "0").await;
    let category = category(&app).await;
    let browser = app.sign_in_as(Role::Admin).await;
    let form = product_fields(&category, "W-1", "key-1");
    let first = browser.post_form("/admin/products/new", &form).await;
    let again = browser.post_form("/admin/products/new", &form).await;
    assert_eq!((first.status, again.status), (303, 303), "{}", first.body);
    assert_eq!(
        first.location(),
        again.location(),
        "the second submit answers with the first product"
    );

    let form = product_fields(&category, "W-2", "key-2");
    let answer = browser.htmx().post_form("/admin/products/new", &form).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("hx-redirect")
            .unwrap()
            .starts_with("/admin/products/")
    );

    let program = app.api_as(Role::Admin).await;
    let body = json!({ "name": "Copper wire 2.5 sq mm", "sku": "W-3", "category_id": category, "hsn": "8544", "unit": "MTR",
        "tax_class": "STANDARD", "base_price": "42.5", "mrp": "60" });
    assert_eq!(
        program.post_json("/api/v1/products", &body).await.status,
        400,
        "a key is demanded"
    );
    let keyed = program.with("idempotency-key", "key-3");
    let made = keyed.post_json("/api/v1/products", &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let again = keyed.post_json("/api/v1/products", &body).await;
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(again.json(), made.json());

    let rows = "SELECT count(DISTINCT (name, hsn, uqc, tax_class, base_price, mrp)) FROM products WHERE sku LIKE 'W-%'";
    assert_eq!(
        app.database.count(rows).await,
        1,
        "all three are the same product but for the SKU"
    );
    assert_eq!(
        app.database
            .count("SELECT count(*) FROM products WHERE sku LIKE 'W-%'")
            .await,
        3
    );
    let found = browser.htmx().get("/admin/products?q=copper").await;
    assert!(
        found.body.contains("W-2") && !found.body.contains("<html"),
        "{}",
        found.body
    );
}

#[tokio::test]
async fn a_refused_product_names_every_fault_beside_its_field_and_keeps_what_was_typed() {
    let app = test_app().await;
    stocked(&app, "TAKEN", "0").await;
    let category = category(&app).await;
    let browser = app.sign_in_as(Role::Admin).await;
    let mut form = product_fields(&category, "S-1", "key-1");
    for field in &mut form {
        match field.0 {
            "hsn" => field.1 = "99",
            "mrp" => field.1 = "1",
            _ => {}
        }
    }
    let page = browser.post_form("/admin/products/new", &form).await;
    let part = browser.htmx().post_form("/admin/products/new", &form).await;
    for answer in [&page, &part] {
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("f-hsn-error") && answer.body.contains("f-mrp-error"));
        assert!(answer.body.contains(r#"value="Copper wire 2.5 sq mm""#));
    }
    assert!(page.body.contains("<title>Error: ") && !part.body.contains("<title>"));
    let program = app.api_as(Role::Admin).await.with("idempotency-key", "k");
    let body = json!({ "name": "x", "sku": "taken", "category_id": category, "hsn": "8544", "unit": "XYZ", "tax_class": "STANDARD", "base_price": "1" });
    let answer = program.post_json("/api/v1/products", &body).await;
    assert_eq!(
        (answer.status, answer.json()["errors"][0]["pointer"].clone()),
        (422, json!("/unit"))
    );
    let unknown = json!({ "nme": "x" });
    assert_eq!(
        program.post_json("/api/v1/products", &unknown).await.status,
        400
    );
}

#[tokio::test]
async fn whoever_saves_second_is_told_what_changed_and_overwrites_nothing_unseen() {
    let app = test_app().await;
    let id = stocked(&app, "P-1", "0").await;
    let category = category(&app).await;
    let browser = app.sign_in_as(Role::Admin).await;
    let path = format!("/admin/products/{id}/edit");
    let opened = browser.get(&path).await;
    let version = field(&opened, "version");
    let mut form = product_fields(&category, "P-1", "");
    form.retain(|(name, _)| *name != "idempotency_key");
    form.push(("version", &version));
    assert_eq!(browser.post_form(&path, &form).await.status, 303);

    let mut late = form.clone();
    late[0].1 = "Aluminium wire";
    let answer = browser.post_form(&path, &late).await;
    assert_eq!(answer.status, 412);
    assert!(
        answer
            .body
            .contains("The name is Copper wire 2.5 sq mm now"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains(r#"value="Aluminium wire""#));
    let seen = field(&answer, "version");
    late.last_mut().unwrap().1 = &seen;
    assert_eq!(
        browser.post_form(&path, &late).await.status,
        303,
        "now it was seen"
    );

    let program = app.api_as(Role::Admin).await;
    let path = format!("/api/v1/products/{id}");
    let record = program.get(&path).await;
    assert_eq!(record.version(), Some(3));
    let body = json!({ "name": "Wire", "sku": "P-1", "category_id": category, "hsn": "8544", "unit": "MTR", "tax_class": "STANDARD", "base_price": "42.5" });
    assert_eq!(program.put_json(&path, &body).await.status, 428);
    let stale = program
        .with("if-match", "\"v1\"")
        .put_json(&path, &body)
        .await;
    assert_eq!(
        (stale.status, stale.code().as_str()),
        (412, "catalog.product_stale")
    );
    let saved = program
        .with("if-match", "\"v3\"")
        .put_json(&path, &body)
        .await;
    assert_eq!((saved.status, saved.version()), (200, Some(4)));
}

#[tokio::test]
async fn a_role_without_the_permission_is_refused_and_another_tenants_record_is_as_unknown_as_none()
{
    let app = test_app().await;
    let (product, dealer) = of_other_tenant(&app).await;
    let sales = app.sign_in_as(Role::Sales).await;
    for path in [
        "/admin/products/new",
        "/admin/stock/receive",
        "/admin/price-lists/new",
        "/admin/audit",
        "/admin/stock/ledger",
    ] {
        assert_eq!(sales.get(path).await.status, 403, "{path}");
    }
    let warehouse = app.sign_in_as(Role::Warehouse).await;
    for path in ["/admin/dealers", "/admin/price-lists"] {
        assert_eq!(warehouse.get(path).await.status, 403, "{path}");
    }
    let admin = app.sign_in_as(Role::Admin).await;
    let none = uuid::Uuid::now_v7();
    let paths = [
        (
            format!("/admin/products/{product}"),
            format!("/admin/products/{none}"),
        ),
        (
            format!("/admin/dealers/{dealer}"),
            format!("/admin/dealers/{none}"),
        ),
        (
            format!("/admin/dealers/{dealer}/prices"),
            format!("/admin/dealers/{none}/prices"),
        ),
    ];
    for (theirs, missing) in &paths {
        let (theirs, missing) = (admin.get(theirs).await, admin.get(missing).await);
        assert_eq!((theirs.status, missing.status), (404, 404));
    }
    let program = app.api_as(Role::Admin).await;
    for record in [format!("products/{product}"), format!("dealers/{dealer}")] {
        let kind = record.split('/').next().unwrap();
        let theirs = program.get(&format!("/api/v1/{record}")).await;
        let missing = program.get(&format!("/api/v1/{kind}/{none}")).await;
        assert_eq!(
            (theirs.status, theirs.without_ids()),
            (404, missing.without_ids())
        );
    }
}

fn dealer_fields(key: &str) -> Vec<(String, String)> {
    [
        ("code", "D-101"),
        ("legal_name", "Sharma Electricals"),
        ("trade_name", ""),
        ("gst_treatment", "REGISTERED"),
        ("gstin", GSTIN),
        ("price_list_id", ""),
        ("email", ""),
        ("addresses.0.label", "Shop"),
        ("addresses.0.line1", "12 Lamington Road"),
        ("addresses.0.line2", ""),
        ("addresses.0.city", "Mumbai"),
        ("addresses.0.pincode", "400007"),
        ("addresses.0.state_code", ""),
        ("contacts.0.name", ""),
        ("contacts.0.phone", ""),
        ("contacts.0.email", ""),
        ("contacts.0.language", "en"),
        ("contacts.0.whatsapp_opt_in_source", ""),
        ("idempotency_key", key),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

async fn post(client: &Client, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    client.post_form(path, &fields).await
}

fn set(fields: &mut [(String, String)], name: &str, value: &str) {
    for field in fields.iter_mut().filter(|field| field.0 == name) {
        value.clone_into(&mut field.1);
    }
}

#[tokio::test]
async fn a_dealers_state_is_that_of_its_gstin_and_a_pin_code_of_another_state_is_asked_about() {
    let app = test_app().await;
    let browser = app.sign_in_as(Role::Sales).await;
    let mut form = dealer_fields("key-1");
    set(&mut form, "addresses.0.pincode", "560001");
    let answer = post(&browser, "/admin/dealers/new", &form).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains("f-addresses-0-pincode-error"),
        "{}",
        answer.body
    );

    set(&mut form, "addresses.0.state_code", "27");
    let answer = post(&browser, "/admin/dealers/new", &form).await;
    assert!(
        answer
            .body
            .contains(r#"name="addresses.0.pincode_confirmed""#),
        "the box to confirm is there"
    );
    form.push((
        "addresses.0.pincode_confirmed".to_owned(),
        "true".to_owned(),
    ));
    let answer = post(&browser, "/admin/dealers/new", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser.get(answer.location()).await;
    assert!(page.body.contains("Sharma Electricals") && page.body.contains("Maharashtra"));
    let states = "SELECT count(*) FROM dealer_addresses WHERE state_code = '27' AND pincode = '560001' AND is_billing";
    assert_eq!(app.database.count(states).await, 1);
    assert_eq!(
        app.database
            .count("SELECT count(*) FROM dealer_contacts")
            .await,
        0
    );
}

#[tokio::test]
async fn accounts_set_a_credit_limit_in_the_panel_or_by_api_and_sales_may_not() {
    let app = test_app().await;
    let dealer = app.dealer().await;
    let path = format!("/admin/dealers/{dealer}/credit-limit");
    let sales = app.sign_in_as(Role::Sales).await;
    let limit = [("credit_limit", "250000.50"), ("version", "1")];
    assert_eq!(sales.post_form(&path, &limit).await.status, 403);
    let accounts = app.sign_in_as(Role::Accounts).await;
    let wrong = accounts
        .htmx()
        .post_form(&path, &[("credit_limit", "-1"), ("version", "1")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.starts_with("<form"),
        "the form alone: {}",
        wrong.body
    );
    let answer = accounts.htmx().post_form(&path, &limit).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("₹2,50,000.50") && answer.body.contains("hx-partial"),
        "{}",
        answer.body
    );
    let late = accounts
        .post_form(&path, &[("credit_limit", "1"), ("version", "1")])
        .await;
    assert_eq!(late.status, 412);

    let program = app.api_as(Role::Accounts).await;
    let api = format!("/api/v1/dealers/{dealer}");
    let credit = program.get(&api).await.json()["credit"].clone();
    assert_eq!(
        (
            credit["limit"].clone(),
            credit["available"].clone(),
            credit["version"].clone()
        ),
        (json!("250000.50"), json!("250000.50"), json!(2))
    );
    let body = json!({ "credit_limit": "10" });
    let set = program
        .with("if-match", "\"v2\"")
        .put_json(&format!("{api}/credit_limit"), &body)
        .await;
    assert_eq!(
        (set.status, set.json()["limit"].clone()),
        (200, json!("10.00"))
    );
}

#[tokio::test]
async fn a_sheet_of_prices_changes_only_what_was_changed_and_a_blank_takes_a_price_away() {
    let app = test_app().await;
    let (a, b) = (
        stocked(&app, "A-1", "0").await,
        stocked(&app, "B-1", "0").await,
    );
    let path = format!("/admin/price-lists/{}", app.tenant.price_list);
    let admin = app.sign_in_as(Role::Admin).await;
    let row = |index: usize, id: ProductId, price: &str, was: &str| {
        [
            ("product_id", id.to_string()),
            ("unit_price", price.to_owned()),
            ("was", was.to_owned()),
        ]
        .map(|(name, value)| (format!("items.{index}.{name}"), value))
    };
    let both: Vec<_> = [row(0, a, "90", ""), row(1, b, "80", "")].concat();
    assert_eq!(post(&admin, &path, &both).await.status, 303);

    // Somebody else changes B while this page, opened before, changes A alone.
    let list = admin.get(&path).await;
    assert!(list.body.contains(r#"value="80.00""#), "{}", list.body);
    let other: Vec<_> = row(0, b, "70", "80.00").to_vec();
    assert_eq!(post(&admin, &path, &other).await.status, 303);
    let late: Vec<_> = [row(0, a, "", "90.00"), row(1, b, "80.00", "80.00")].concat();
    assert_eq!(post(&admin, &path, &late).await.status, 303);
    let program = app.api_as(Role::Sales).await;
    let prices = program
        .get(&format!(
            "/api/v1/price_lists/{}/prices",
            app.tenant.price_list
        ))
        .await
        .json();
    let kept: Vec<_> = prices["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["sku"].clone(), row["unit_price"].clone()))
        .collect();
    assert_eq!(kept, [(json!("B-1"), json!("70.0000"))]);

    let wrong: Vec<_> = [row(0, a, "", ""), row(1, b, "-5", "70.00")].concat();
    let refused = post(&admin, &format!("{path}?view=all"), &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("f-items-1-unit_price-error"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn a_receipt_counts_once_and_an_adjustment_takes_no_more_than_is_free() {
    let app = test_app().await;
    stocked(&app, "M-1", "5").await;
    let admin = app.sign_in_as(Role::Admin).await;
    let receipt = [
        ("reference", "B/12"),
        ("lines.0.sku", ""),
        ("lines.0.quantity", ""),
        ("lines.1.sku", "m-1"),
        ("lines.1.quantity", "3"),
        ("idempotency_key", "r-1"),
    ];
    for _ in 0..2 {
        let answer = admin.post_form("/admin/stock/receive", &receipt).await;
        assert_eq!(
            (answer.status, answer.location()),
            (303, "/admin/stock"),
            "{}",
            answer.body
        );
    }
    let program = app.api_as(Role::Admin).await;
    let level = program.get("/api/v1/stock?q=m-1").await.json()["data"][0].clone();
    assert_eq!(
        (level["on_hand"].clone(), level["state"].clone()),
        (json!("8"), json!("LOW"))
    );

    let more = [
        ("reference", "B/13"),
        ("lines.0.sku", "M-1"),
        ("lines.0.quantity", "x"),
        ("choice", "more"),
    ];
    let page = admin.post_form("/admin/stock/receive", &more).await;
    assert_eq!(page.status, 200, "more lines are no refusal");
    assert!(page.body.contains(r#"value="B/13""#) && page.body.contains("lines.8.sku"));

    let adjust = json!({ "reason": "Damaged", "lines": [{ "sku": "M-1", "quantity": "-9" }] });
    let keyed = program.with("idempotency-key", "a-1");
    let refused = keyed.post_json("/api/v1/stock/adjustments", &adjust).await;
    assert_eq!(
        (
            refused.status,
            refused.json()["errors"][0]["pointer"].clone()
        ),
        (422, json!("/lines/0/quantity"))
    );
    let adjust = json!({ "reason": "Damaged", "lines": [{ "sku": "M-1", "quantity": "-8" }] });
    let moved = keyed.post_json("/api/v1/stock/adjustments", &adjust).await;
    assert_eq!(
        (
            moved.status,
            moved.json()["movements"][0]["balance_after"].clone()
        ),
        (201, json!("0"))
    );
    let ledger = program.get("/api/v1/stock/ledger").await.json();
    let kinds: Vec<Value> = ledger["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].clone())
        .collect();
    assert_eq!(kinds, ["ADJUSTMENT", "RECEIPT"]);
    assert!(
        admin
            .get("/admin/stock/ledger")
            .await
            .body
            .contains("Damaged")
    );
}

#[tokio::test]
async fn a_key_used_for_one_dealer_is_refused_for_another_and_gives_away_nothing() {
    let app = test_app().await;
    let (one, other) = (app.dealer().await, app.dealer().await);
    let program = app.api_as(Role::Admin).await;
    let keyed = program.with("idempotency-key", "address-1");
    let address = json!({ "label": "Godown", "line1": "12 Lamington Road", "city": "Mumbai", "state_code": "27", "pincode": "400007" });
    let first = format!("/api/v1/dealers/{one}/addresses");
    let made = keyed.post_json(&first, &address).await;
    assert_eq!(made.status, 201, "{}", made.body);

    let elsewhere = format!("/api/v1/dealers/{other}/addresses");
    let refused = keyed.post_json(&elsewhere, &address).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(refused.json()["code"], "idempotency.key_reused");
    assert!(!refused.body.contains(&one.to_string()));

    let again = keyed.post_json(&first, &address).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let fresh = program.with("idempotency-key", "address-2");
    assert_eq!(fresh.post_json(&elsewhere, &address).await.status, 201);
    let godowns = "SELECT count(*) FROM dealer_addresses WHERE label = 'Godown'";
    assert_eq!(app.database.count(godowns).await, 2);
}

#[tokio::test]
async fn a_dealers_program_sees_its_own_prices_and_no_base_price() {
    let app = test_app().await;
    let id = stocked(&app, "P-1", "50").await;
    let person = app.person(Role::Dealer).await;
    let own = person.dealer.unwrap();
    let admin = app.sign_in_as(Role::Admin).await;
    let price: Vec<_> = [
        ("items.0.product_id", id.to_string()),
        ("items.0.unit_price", "77".to_owned()),
        ("items.0.was", String::new()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    assert_eq!(
        post(&admin, &format!("/admin/dealers/{own}/prices"), &price)
            .await
            .status,
        303
    );
    let program = app.api(&person).await;
    let row = program.get("/api/v1/products").await.json()["data"][0].clone();
    assert_eq!(
        row["price"],
        json!({ "unit_price": "77.0000", "source": "OVERRIDE" })
    );
    assert_eq!(
        (row["stock"].clone(), row["base_price"].clone()),
        (json!("IN_STOCK"), Value::Null)
    );
    let other = app.dealer().await;
    let asked = program
        .get(&format!("/api/v1/products/{id}?dealer_id={other}"))
        .await
        .json();
    assert_eq!(
        asked["price"]["unit_price"], "77.0000",
        "naming another dealer changes nothing"
    );
    assert_eq!(program.get("/api/v1/dealers").await.status, 403);
    assert_eq!(
        program.get("/api/v1/price_lists").await.json()["data"],
        json!([])
    );
}

#[tokio::test]
async fn a_page_of_a_list_leads_to_the_next_and_says_so_in_its_header() {
    let app = test_app().await;
    for sku in ["A", "B", "C"] {
        stocked(&app, sku, "0").await;
    }
    let program = app.api_as(Role::Sales).await;
    let first = program.get("/api/v1/products?limit=2&q=product").await;
    assert_eq!(
        (
            first.json()["has_more"].clone(),
            first.json()["data"].as_array().unwrap().len()
        ),
        (json!(true), 2)
    );
    let link = first.header("link").unwrap();
    let next = link.strip_prefix('<').unwrap().split('>').next().unwrap();
    let rest = program.get(next).await.json();
    assert_eq!(
        (rest["has_more"].clone(), rest["data"][0]["sku"].clone()),
        (json!(false), json!("C"))
    );
    assert_eq!(program.get("/api/v1/products?limit=0").await.status, 400);
}
