//! Records, prices, stock and messages.

use serde_json::{Map, Value, json};
use vitaran_core::access::Role;

use super::fixture::{Ask, Faces, House};
use super::{key, place};

/// The same words for a form and for a program; `names` are the fields that the API calls otherwise.
fn worded(words: &[(&str, &str)], names: &[(&str, &str)]) -> Map<String, Value> {
    let filled = words.iter().filter(|(_, value)| !value.is_empty());
    filled
        .map(|(name, value)| {
            let other = names.iter().find(|(page, _)| page == name);
            (
                other.map_or(*name, |(_, api)| api).to_owned(),
                Value::from(*value),
            )
        })
        .collect()
}

fn product_words<'a>(house: &'a House, sku: &'a str, hsn: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", "Copper wire 2.5 sq mm"),
        ("sku", sku),
        ("category_id", &house.category),
        ("hsn", hsn),
        ("uqc", "MTR"),
        ("tax_class", "STANDARD"),
        ("base_price", "42.5"),
        ("mrp", "60"),
    ]
}

fn add_product(house: &House, sku: &str, hsn: &str) -> Ask {
    let words = product_words(house, sku, hsn);
    let body = worded(&words, &[("uqc", "unit")]);
    Ask::by(Role::Admin)
        .page("/admin/products/new", &words)
        .page("/admin/products/new", &[("idempotency_key", &key())])
        .post("/api/v1/products", Value::Object(body))
}

fn edit_product(house: &House, version: i32) -> Ask {
    let words = product_words(house, "LAMP", "8539");
    let body = worded(&words, &[("uqc", "unit")]);
    Ask::by(Role::Admin)
        .page(format!("/admin/products/{}/edit", house.lamp), &words)
        .put(
            format!("/api/v1/products/{}", house.lamp),
            Value::Object(body),
        )
        .on_version(version)
}

fn add_dealer(_: &House, gstin: &str) -> Ask {
    let header = [
        ("code", "D-101"),
        ("legal_name", "Sharma Electricals"),
        ("gst_treatment", "REGISTERED"),
        ("gstin", gstin),
    ];
    let address = [
        ("label", "Shop"),
        ("line1", "12 Lamington Road"),
        ("city", "Mumbai"),
        ("state_code", "27"),
        ("pincode", "400007"),
    ];
    let within: Vec<_> = address
        .iter()
        .map(|(name, value)| (format!("addresses.0.{name}"), *value))
        .collect();
    let within: Vec<_> = within
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let mut body = worded(&header, &[]);
    body.insert("addresses".to_owned(), json!([worded(&address, &[])]));
    let path = "/admin/dealers/new";
    Ask::by(Role::Sales)
        .page(path, &header)
        .page(path, &within)
        .page(path, &[("idempotency_key", &key())])
        .post("/api/v1/dealers", Value::Object(body))
}

fn set_limit(house: &House, limit: &str, version: i32) -> Ask {
    let dealer = house.buyer.dealer;
    Ask::by(Role::Accounts)
        .page(
            format!("/admin/dealers/{dealer}/credit-limit"),
            &[("credit_limit", limit)],
        )
        .put(
            format!("/api/v1/dealers/{dealer}/credit_limit"),
            json!({"credit_limit": limit}),
        )
        .on_version(version)
}

/// The lamp's price, on a sheet that showed it as `was`.
fn set_price(house: &House, page: String, api: String, price: &str, was: &str) -> Ask {
    let lamp = house.lamp.to_string();
    let fields = [
        ("items.0.product_id", lamp.as_str()),
        ("items.0.unit_price", price),
        ("items.0.was", was),
    ];
    let body = json!({"items": [{"product_id": lamp, "unit_price": price}]});
    Ask::by(Role::Admin)
        .page(page, &fields)
        .put(api, body)
        .on_version(1)
}

fn set_list_price(house: &House, price: &str, was: &str) -> Ask {
    let list = house.flow.tenant.price_list;
    let api = format!("/api/v1/price_lists/{list}/prices");
    set_price(
        house,
        format!("/admin/price-lists/{list}?view=all"),
        api,
        price,
        was,
    )
}

fn set_dealer_price(house: &House, price: &str) -> Ask {
    let dealer = house.buyer.dealer;
    let api = format!("/api/v1/dealers/{dealer}/prices");
    set_price(
        house,
        format!("/admin/dealers/{dealer}/prices?view=all"),
        api,
        price,
        "",
    )
}

/// Goods in, or counted anew; `why` is the one word that each needs.
fn move_stock((page, api): (&str, &str), why: (&str, &str), quantity: &str) -> Ask {
    let fields = [
        ("idempotency_key", &*key()),
        why,
        ("lines.0.sku", "LAMP"),
        ("lines.0.quantity", quantity),
    ];
    let mut body = worded(&[why], &[]);
    body.insert(
        "lines".to_owned(),
        json!([{"sku": "LAMP", "quantity": quantity}]),
    );
    Ask::by(Role::Admin)
        .page(page, &fields)
        .post(api, Value::Object(body))
}

fn adjust(quantity: &str) -> Ask {
    let where_to = ("/admin/stock/adjust", "/api/v1/stock/adjustments");
    move_stock(where_to, ("reason", "Damaged"), quantity)
}

fn receive(quantity: &str) -> Ask {
    let where_to = ("/admin/stock/receive", "/api/v1/stock/receipts");
    move_stock(where_to, ("reference", "B/12"), quantity)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_and_prices_change_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces
        .assert_same_outcome("adding a product", |house| {
            add_product(house, "W-1", "8544")
        })
        .await;
    faces
        .assert_same_refusal(
            "product of no HSN there is",
            (422, "input.invalid"),
            |house| add_product(house, "W-2", "99"),
        )
        .await;
    faces
        .assert_same_refusal("second product of a SKU", (422, "input.invalid"), |house| {
            add_product(house, "W-1", "8544")
        })
        .await;
    faces
        .assert_same_outcome("editing a product", |house| edit_product(house, 1))
        .await;
    faces
        .assert_same_refusal(
            "edit of a product on a stale version",
            (412, "catalog.product_stale"),
            |house| edit_product(house, 1),
        )
        .await;

    faces
        .assert_same_outcome("adding a dealer", |house| {
            add_dealer(house, "27AAPFU0939F1ZV")
        })
        .await;
    faces
        .assert_same_refusal(
            "dealer of a GSTIN whose check digit is wrong",
            (422, "input.invalid"),
            |house| add_dealer(house, "27AAPFU0939F1ZW"),
        )
        .await;
    faces
        .assert_same_outcome("setting a credit limit", |house| {
            set_limit(house, "250000.50", 1)
        })
        .await;
    faces
        .assert_same_refusal(
            "credit limit on a stale version",
            (412, "dealers.credit_stale"),
            |house| set_limit(house, "1", 1),
        )
        .await;
    faces
        .assert_same_refusal("credit limit below zero", (422, "input.invalid"), |house| {
            set_limit(house, "-1", 2)
        })
        .await;

    faces
        .assert_same_outcome("setting a list's price", |house| {
            set_list_price(house, "45.5", "")
        })
        .await;
    faces
        .assert_same_outcome("agreeing a price with a dealer", |house| {
            set_dealer_price(house, "40")
        })
        .await;
    faces
        .assert_same_refusal("price below zero", (422, "input.invalid"), |house| {
            set_dealer_price(house, "-5")
        })
        .await;
    // What is ordered now is at the new price, alike.
    faces
        .assert_same_outcome("placing", |house| place(house, 3, 2))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_moves_and_messages_are_sent_again_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces
        .assert_same_outcome("receiving goods", |_| receive("12"))
        .await;
    faces
        .assert_same_outcome("adjusting stock", |_| adjust("-7"))
        .await;
    faces
        .assert_same_refusal(
            "adjustment below what is free",
            (422, "input.invalid"),
            |_| adjust("-1000"),
        )
        .await;
    faces
        .assert_same_refusal("receipt of nothing", (422, "input.invalid"), |_| {
            receive("0")
        })
        .await;

    faces
        .assert_same_outcome("placing", |house| place(house, 1, 1))
        .await;
    for house in &mut faces.houses {
        house.fail_the_message(&faces.app).await;
    }
    faces.settle("after the messages failed").await;
    let requeue = |house: &House| {
        Ask::by(Role::Accounts)
            .page(
                format!("/admin/notifications/{}/requeue", house.message),
                &[],
            )
            .boosted()
            .leads_back()
            .post(
                format!("/api/v1/notifications/{}/requeue", house.message),
                Value::Null,
            )
    };
    faces
        .assert_same_outcome("sending a message again", requeue)
        .await;
    faces
        .assert_same_refusal(
            "second requeue",
            (409, "notifications.wrong_state"),
            requeue,
        )
        .await;
}
