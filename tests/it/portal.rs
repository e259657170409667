//! The dealers' portal: the cart that loses nothing, the order that is placed once, and what is nobody else's business.

use serde_json::json;
use vitaran_core::access::{InventoryProductsWrite, Role};
use vitaran_core::testkit::product;
use vitaran_kernel::{OrderId, ProductId};
use vitaran_tests::{Client, TestApp, test_app};

const CART: &str = "/portal/cart";
const ORDERS: &str = "/portal/orders";

async fn product_of(app: &TestApp, sku: &str, price: &str) -> ProductId {
    let mut tx = app.begin::<InventoryProductsWrite>().await;
    let made = product(sku).price(price).stock("100");
    let id = made.insert(&mut tx, &app.tenant).await;
    tx.commit().await.unwrap();
    id
}

async fn add(client: &Client, product: ProductId, quantity: &str) {
    let id = product.to_string();
    let fields = [("product_id", id.as_str()), ("quantity", quantity)];
    let answer = client.post_form("/portal/cart/lines", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// The value of the field of this name, as the page has it.
fn value_of<'a>(body: &'a str, field: &str) -> &'a str {
    let found = body.split_once(&format!("name=\"{field}\""));
    let (_, rest) = found.unwrap_or_else(|| panic!("no {field} in {body}"));
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split_once('"').unwrap().0
}

/// The cart's form as the page has it, with the fields that a test cares for changed.
fn cart_form(body: &str, lines: usize, changed: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut names = vec![
        "idempotency_key".to_owned(),
        "ship_to_address_id".to_owned(),
    ];
    for line in 0..lines {
        names.extend(
            ["product_id", "shown", "quantity"].map(|field| format!("lines.{line}.{field}")),
        );
    }
    let mut fields: Vec<(String, String)> = names
        .into_iter()
        .map(|name| (value_of(body, &name).to_owned(), name))
        .map(|(value, name)| (name, value))
        .collect();
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Places what is in the cart; gives the order's address.
async fn place(client: &Client, lines: usize) -> String {
    let page = client.get(CART).await;
    let form = cart_form(&page.body, lines, &[]);
    let answer = client.post_form(ORDERS, &pairs(&form)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location().to_owned()
}

fn id_of(location: &str) -> OrderId {
    OrderId::parse(location.rsplit('/').next().unwrap()).unwrap()
}

#[tokio::test]
async fn a_product_is_added_alike_with_scripts_and_without() {
    let app = test_app().await;
    let lamp = product_of(&app, "LAMP-9W", "120.00").await.to_string();
    let client = app.sign_in_as(Role::Dealer).await;
    let fields = [
        ("product_id", lamp.as_str()),
        ("quantity", "2"),
        ("from.q", "lamp 9"),
    ];

    let plain = client.post_form("/portal/cart/lines", &fields).await;
    assert_eq!(
        (plain.status, plain.location()),
        (303, "/portal/catalogue?q=lamp%209")
    );
    let list = client.get(plain.location()).await;
    assert!(list.body.contains("Product LAMP-9W: 2 NOS added"));

    let partial = client.htmx().post_form("/portal/cart/lines", &fields).await;
    assert_eq!(partial.status, 200);
    assert!(!partial.body.contains("<html"), "a part, not a page");
    assert!(
        partial
            .body
            .contains(r##"<hx-partial hx-target="#cart-count""##)
    );

    let cart = client.get(CART).await;
    assert_eq!(value_of(&cart.body, "lines.0.quantity"), "4");
    assert!(cart.body.contains("₹566.00"), "4 × 120 + 18%, to the rupee");

    let bad = [("product_id", lamp.as_str()), ("quantity", "many")];
    let plain = client.post_form("/portal/cart/lines", &bad).await;
    let partial = client.htmx().post_form("/portal/cart/lines", &bad).await;
    for (answer, is_page) in [(plain, true), (partial, false)] {
        assert_eq!(answer.status, 422);
        assert_eq!(answer.body.contains("<html"), is_page);
        assert_eq!(value_of(&answer.body, "quantity"), "many");
        assert!(answer.body.contains(r#"aria-invalid="true""#));
    }
}

#[tokio::test]
async fn a_cart_submitted_twice_is_one_order_and_no_cart() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, product_of(&app, "LAMP-9W", "120.00").await, "3").await;
    let page = client.get(CART).await;
    let form = cart_form(&page.body, 1, &[("lines.0.quantity", "5")]);
    let first = client.post_form(ORDERS, &pairs(&form)).await;
    let second = client.post_form(ORDERS, &pairs(&form)).await;
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.location(), second.location());
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 1);
    let five = "SELECT count(*) FROM order_lines WHERE quantity = 5 AND taxable = 600.00 AND cgst = 54.00 AND sgst = 54.00";
    assert_eq!(
        app.database.count(five).await,
        1,
        "the quantity typed last counts"
    );
    assert_eq!(
        app.database.count("SELECT count(*) FROM cart_lines").await,
        0
    );
    let order = client.get(first.location()).await;
    assert!(order.body.contains("was placed") && order.body.contains("₹708.00"));
}

#[tokio::test]
async fn an_order_of_the_page_and_one_of_the_api_are_alike() {
    let app = test_app().await;
    let product = product_of(&app, "WIRE-90", "1845.55").await;
    let person = app.person(Role::Dealer).await;
    let client = app.sign_in(&person).await;
    add(&client, product, "3").await;
    let cart = client.get(CART).await;
    let address = value_of(&cart.body, "ship_to_address_id").to_owned();
    place(&client, 1).await;

    let order = json!({ "ship_to_address_id": address, "lines": [{ "product_id": product.to_string(), "quantity": "3" }] });
    let api = app.api(&person).await.with("idempotency-key", "api-1");
    let answer = api.post_json("/api/v1/orders", &order).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let alike = "SELECT count(DISTINCT (status, subtotal, cgst, sgst, igst, round_off, total, dealer_id, ship_to)) FROM orders";
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 2);
    assert_eq!(app.database.count(alike).await, 1);
}

#[tokio::test]
async fn a_refused_cart_keeps_everything_that_was_typed_and_places_nothing() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, product_of(&app, "LAMP-9W", "120.00").await, "3").await;
    add(&client, product_of(&app, "FAN-1200", "2690.00").await, "1").await;
    let page = client.get(CART).await;
    let typed = [
        ("lines.0.quantity", "1.5"),
        ("lines.1.quantity", "2"),
        ("client_reference", "PO-7"),
        ("note", "Ring & wait"),
    ];
    let form = cart_form(&page.body, 2, &typed);
    for (client, is_page) in [(client.clone(), true), (client.htmx(), false)] {
        let answer = client.post_form(ORDERS, &pairs(&form)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.body.contains("<title>Error: Cart"), is_page);
        assert!(answer.body.contains("LAMP-9W is sold in whole numbers"));
        assert!(answer.body.contains("f-lines-0-quantity-error"));
        assert_eq!(value_of(&answer.body, "lines.0.quantity"), "1.5");
        assert_eq!(value_of(&answer.body, "lines.1.quantity"), "2");
        assert_eq!(value_of(&answer.body, "client_reference"), "PO-7");
        assert!(answer.body.contains("Ring &amp; wait</textarea>"));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 0);
}

#[tokio::test]
async fn a_line_of_zero_is_taken_out_when_the_cart_is_placed() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, product_of(&app, "LAMP-9W", "120.00").await, "3").await;
    add(&client, product_of(&app, "FAN-1200", "2690.00").await, "1").await;
    let page = client.get(CART).await;
    let typed = [("lines.0.quantity", "0"), ("lines.1.quantity", "1.5")];
    let form = cart_form(&page.body, 2, &typed);
    let refused = client.post_form(ORDERS, &pairs(&form)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let second = "f-lines-1-quantity-error";
    assert!(
        refused.body.contains(second),
        "beside the fan: {}",
        refused.body
    );
    assert!(!refused.body.contains("f-lines-0-quantity-error"));
    assert_eq!(value_of(&refused.body, "lines.0.quantity"), "0");

    let typed = [("lines.0.quantity", "0"), ("lines.1.quantity", "2")];
    let form = cart_form(&page.body, 2, &typed);
    let answer = client.post_form(ORDERS, &pairs(&form)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let lines = "SELECT count(*) FROM order_lines";
    let fans = "SELECT count(*) FROM order_lines WHERE sku = 'FAN-1200' AND quantity = 2";
    assert_eq!(app.database.count(lines).await, 1);
    assert_eq!(app.database.count(fans).await, 1);
}

#[tokio::test]
async fn a_refused_removal_loaded_again_is_the_cart() {
    let app = test_app().await;
    let lamp = product_of(&app, "LAMP-9W", "120.00").await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, lamp, "3").await;
    add(&client, product_of(&app, "FAN-1200", "2690.00").await, "1").await;
    let page = client.get(CART).await;
    let form = cart_form(&page.body, 2, &[("lines.1.quantity", "many")]);
    let removal = format!("{CART}/lines/{lamp}/removal");
    let refused = client.post_form(&removal, &pairs(&form)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let again = client.get(&removal).await;
    assert_eq!((again.status, again.location()), (303, CART));
}

#[tokio::test]
async fn a_line_that_nobody_touched_stays_as_another_device_left_it() {
    let app = test_app().await;
    let lamp = product_of(&app, "LAMP-9W", "120.00").await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, lamp, "3").await;
    add(&client, product_of(&app, "FAN-1200", "2690.00").await, "1").await;
    let page = client.get(CART).await;
    add(&client, lamp, "4").await;
    let form = cart_form(&page.body, 2, &[("lines.1.quantity", "9")]);
    let answer = client.htmx().post_form(CART, &pairs(&form)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(value_of(&answer.body, "lines.0.quantity"), "7");
    assert_eq!(value_of(&answer.body, "lines.1.quantity"), "9");
}

#[tokio::test]
async fn an_order_is_cancelled_while_it_waits_and_no_later() {
    let app = test_app().await;
    let lamp = product_of(&app, "LAMP-9W", "120.00").await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, lamp, "1").await;
    let order = place(&client, 1).await;
    let cancellation = format!("{order}/cancellation");

    let stale = [("reason", "Ordered twice"), ("version", "7")];
    let answer = client.post_form(&cancellation, &stale).await;
    assert_eq!(answer.status, 412, "{}", answer.body);
    assert!(
        answer.body.contains("Ordered twice</textarea>"),
        "what was typed stays"
    );

    let page = client.get(&cancellation).await;
    let version = value_of(&page.body, "version").to_owned();
    let fields = [("reason", "Ordered twice"), ("version", version.as_str())];
    let answer = client.post_form(&cancellation, &fields).await;
    assert_eq!((answer.status, answer.location()), (303, order.as_str()));
    let page = client.get(&order).await;
    assert!(page.body.contains("is cancelled") && page.body.contains("Ordered twice"));

    add(&client, lamp, "1").await;
    let order = place(&client, 1).await;
    let sales = app.api_as(Role::Sales).await;
    let approval = format!("/api/v1/orders/{}/approval", id_of(&order));
    assert_eq!(sales.post_json(&approval, &json!({})).await.status, 200);
    let cancellation = format!("{order}/cancellation");
    let answer = client.post_form(&cancellation, &[("reason", "")]).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer
            .body
            .contains("This order is approved, so it cannot be cancelled")
    );
    let cancelled = "SELECT count(*) FROM orders WHERE status = 'CANCELLED'";
    assert_eq!(app.database.count(cancelled).await, 1);
}

#[tokio::test]
async fn another_dealers_order_reads_like_a_missing_one_and_staff_have_no_portal() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, product_of(&app, "LAMP-9W", "120.00").await, "1").await;
    let order = place(&client, 1).await;
    let other = app.sign_in_as(Role::Dealer).await;
    let missing = format!("/portal/orders/{}", OrderId::generate());
    for suffix in ["", "/cancellation"] {
        let theirs = other.get(&format!("{order}{suffix}")).await;
        let none = other.get(&format!("{missing}{suffix}")).await;
        assert_eq!((theirs.status, none.status), (404, 404));
        let (a, b) = (theirs.without_ids(), none.without_ids());
        assert_eq!(
            a.replace(&*id_of(&order).to_string(), "ID"),
            b.replace(&*id_of(&missing).to_string(), "ID")
        );
    }
    for verb in ["repeat", "cancellation"] {
        let answer = other.post_form(&format!("{order}/{verb}"), &[]).await;
        assert_eq!(answer.status, 404, "{verb}");
    }
    assert!(!other.get(ORDERS).await.body.contains("SO/"));
    let sales = app.sign_in_as(Role::Sales).await;
    for path in [
        "/portal",
        "/portal/catalogue",
        CART,
        ORDERS,
        "/portal/invoices",
    ] {
        assert_eq!(sales.get(path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn ordering_again_leaves_out_what_is_no_longer_sold_and_says_so() {
    let app = test_app().await;
    let client = app.sign_in_as(Role::Dealer).await;
    add(&client, product_of(&app, "LAMP-9W", "120.00").await, "3").await;
    add(&client, product_of(&app, "FAN-1200", "2690.00").await, "2").await;
    let order = place(&client, 2).await;
    app.database
        .execute("UPDATE products SET is_active = false WHERE sku = 'FAN-1200'")
        .await;
    let answer = client.post_form(&format!("{order}/repeat"), &[]).await;
    assert_eq!((answer.status, answer.location()), (303, CART));
    let cart = client.get(CART).await;
    assert!(cart.body.contains("Product FAN-1200 is no longer sold"));
    assert_eq!(value_of(&cart.body, "lines.0.quantity"), "3");
    assert!(!cart.body.contains("lines.1.quantity"));
}

#[tokio::test]
async fn a_search_gives_the_list_alone_to_a_script_and_a_page_to_everybody_else() {
    let app = test_app().await;
    product_of(&app, "LAMP-9W", "120.00").await;
    let client = app.sign_in_as(Role::Dealer).await;
    for path in [
        "/portal/catalogue?q=zzz",
        "/portal/orders?q=zzz",
        "/portal/invoices?q=zzz",
        "/portal",
    ] {
        let page = client.get(path).await;
        let part = client.htmx().get(path).await;
        let restored = client
            .htmx()
            .with("hx-history-restore-request", "true")
            .get(path)
            .await;
        assert_eq!((page.status, part.status), (200, 200), "{path}");
        assert!(page.body.contains("<html") && restored.body.contains("<html"));
        assert!(
            !part.body.contains("<html") && !part.body.contains("<h1"),
            "{path}"
        );
        assert!(
            page.header("vary")
                .unwrap_or_default()
                .contains("HX-Request-Type")
        );
    }
    for path in [
        "/portal/orders?view=none",
        "/portal/catalogue?category=1",
        "/portal/products/1",
    ] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    assert_eq!(client.get("/portal/orders?cursor=!").await.status, 400);
}
