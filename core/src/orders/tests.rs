//! The actions of this feature on a real database.

use serde_json::json;
use vitaran_kernel::{AddressId, DealerId, Money, OrderId, ProductId, Quantity, UnitPrice};

use super::*;
use crate::access::{Allowed, Role, SalesOrdersApprove, SalesOrdersCancel, SalesOrdersPlace};
use crate::catalog;
use crate::db::{Count, Statement, TenantTx};
use crate::master::Activity;
use crate::problem::Problem as _;
use crate::testkit::{TestTx, dealer, product, test_tx, test_tx_in_state};
use diesel_async::RunQueryDsl as _;

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn wanted(dealer: DealerId, ship_to: AddressId, lines: &[(ProductId, &str)]) -> PlaceOrder {
    PlaceOrder {
        dealer: Some(dealer),
        ship_to,
        lines: lines
            .iter()
            .map(|(id, qty)| PlaceLine {
                product: ProductKey::Id(*id),
                quantity: Quantity::parse(qty).unwrap(),
            })
            .collect(),
        client_reference: None,
        note: None,
    }
}

async fn placed(
    t: &mut TestTx,
    dealer: DealerId,
    ship_to: AddressId,
    lines: &[(ProductId, &str)],
) -> OrderDetail {
    let by = t.by();
    place(t, &by, Channel::Staff, wanted(dealer, ship_to, lines))
        .await
        .unwrap()
}

async fn approved(t: &mut TestTx, id: OrderId) -> OrderDetail {
    let by = t.by::<SalesOrdersApprove>();
    approve(t, &by, id, ApproveOrder::default()).await.unwrap()
}

#[derive(diesel::QueryableByName)]
struct Json {
    #[diesel(sql_type = diesel::sql_types::Jsonb)]
    value: serde_json::Value,
}

async fn ask(tx: &mut TenantTx, sql: &'static str) -> serde_json::Value {
    Statement::new(sql)
        .get_result::<Json>(tx.conn().unwrap())
        .await
        .unwrap()
        .value
}

async fn stock_of(tx: &mut TenantTx, sku: &str) -> (String, String) {
    let rows = ask(tx, "SELECT jsonb_object_agg(p.sku, jsonb_build_array(b.on_hand::text, b.reserved::text)) AS value FROM stock_balances b JOIN products p USING (tenant_id) WHERE p.id = b.product_id").await;
    (
        rows[sku][0].as_str().unwrap().to_owned(),
        rows[sku][1].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn an_order_stores_prices_tax_and_place_of_supply_as_they_stood() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE")
        .price("33.3333")
        .stock("100")
        .insert(&mut t, &tenant)
        .await;
    let book = product("BOOK")
        .price("15.20")
        .tax_class("ZERO")
        .insert(&mut t, &tenant)
        .await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "3"), (book, "1")]).await;
    assert_eq!(order.header.number, "SO/26-27/000001");
    assert_eq!(order.header.status, Status::Placed);
    let cable = &order.lines[0];
    assert_eq!(
        (
            cable.taxable,
            cable.tax().cgst,
            cable.tax().sgst,
            cable.total
        ),
        (
            money("100.00"),
            money("9.00"),
            money("9.00"),
            money("118.00")
        )
    );
    assert_eq!(
        (cable.unit_price, cable.price_source),
        (
            UnitPrice::parse("33.3333").unwrap(),
            crate::pricing::PriceSource::Base
        )
    );
    assert_eq!(
        (
            order.header.subtotal,
            order.header.round_off,
            order.header.total
        ),
        (money("115.20"), money("-0.20"), money("133.00"))
    );
    assert_eq!(
        (
            order.header.pos_state.as_str(),
            order.header.pos_clause.as_str()
        ),
        ("27", "10(1)(ca)")
    );
    assert_eq!(order.history.len(), 1);
}

#[tokio::test]
async fn a_dealer_of_another_state_pays_igst() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer()
        .gstin("29AABCR1718E1ZL")
        .insert(&mut t, &tenant)
        .await;
    let order = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    assert_eq!(
        (order.header.tax().igst, order.header.tax().cgst),
        (money("18.00"), Money::ZERO)
    );
    assert_eq!(order.header.pos_clause, "10(1)(a)");
}

#[tokio::test]
async fn a_union_territory_without_legislature_takes_utgst() {
    let mut t = test_tx_in_state("04CHDPA9753Z1ZF").await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().state("04").insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    assert_eq!(
        (order.header.tax().utgst, order.header.tax().sgst),
        (money("9.00"), Money::ZERO)
    );
}

#[tokio::test]
async fn a_catalogue_edit_after_placing_changes_no_order() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").price("100").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "2")]).await;
    Statement::new(
        "UPDATE products SET name = 'Other', base_price = 999, hsn = '8544', tax_class = 'MERIT'",
    )
    .execute(t.conn().unwrap())
    .await
    .unwrap();
    let by = t.by();
    let after = load(&t, &by, order.header.id).await.unwrap();
    let line = &after.lines[0];
    assert_eq!(
        (line.name.as_str(), line.hsn.as_str(), line.total),
        ("Product CABLE", "853620", money("236.00"))
    );
}

#[tokio::test]
async fn wrong_lines_are_all_named_and_nothing_is_written() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let by = t.by();
    let refused = place(
        &mut t,
        &by,
        Channel::Staff,
        wanted(
            dealer,
            shop,
            &[(cable, "1.5"), (ProductId::generate(), "1"), (cable, "0")],
        ),
    )
    .await
    .unwrap_err();
    let faults: Vec<_> = refused
        .faults()
        .into_iter()
        .map(|fault| (fault.pointer, fault.code))
        .collect();
    let expected = [
        ("/lines/0/quantity", "not_whole"),
        ("/lines/1/product_id", "not_found"),
        ("/lines/2/product_id", "duplicate"),
        ("/lines/2/quantity", "out_of_range"),
    ];
    assert_eq!(
        faults,
        expected.map(|(pointer, code)| (pointer.to_owned(), code))
    );
    assert_eq!(
        ask(&mut t, "SELECT to_jsonb(count(*)) AS value FROM orders").await,
        json!(0)
    );
}

#[tokio::test]
async fn an_address_of_another_dealer_is_not_an_address_to_send_to() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (first, _) = dealer().insert(&mut t, &tenant).await;
    let (_, elsewhere) = dealer().insert(&mut t, &tenant).await;
    let by = t.by();
    let refused = place(
        &mut t,
        &by,
        Channel::Staff,
        wanted(first, elsewhere, &[(cable, "1")]),
    )
    .await
    .unwrap_err();
    assert_eq!(refused.faults()[0].pointer, "/ship_to_address_id");
}

#[tokio::test]
async fn approving_holds_credit_and_reserves_what_stock_there_is() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE")
        .price("100")
        .stock("3")
        .insert(&mut t, &tenant)
        .await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "5")]).await;
    let order = approved(&mut t, order.header.id).await;
    assert_eq!(order.header.credit().holds, money("590.00"));
    assert_eq!(
        (
            order.lines[0].reserved_quantity,
            order.lines[0].short_quantity()
        ),
        (Quantity::from_units(3), Quantity::from_units(2))
    );
    assert_eq!(
        stock_of(&mut t, "CABLE").await,
        ("3.000".to_owned(), "3.000".to_owned())
    );
    let outbox = ask(&mut t, "SELECT jsonb_agg(jsonb_build_array(event, channel, status) ORDER BY created_at, event DESC, channel) AS value FROM notification_logs").await;
    assert_eq!(
        outbox,
        json!([
            ["ORDER_PLACED", "EMAIL", "PENDING"],
            ["ORDER_PLACED", "WHATSAPP", "PENDING"],
            ["ORDER_APPROVED", "EMAIL", "PENDING"],
            ["ORDER_APPROVED", "WHATSAPP", "PENDING"]
        ])
    );
    assert_eq!(ask(&mut t, "SELECT to_jsonb(count(*)) AS value FROM apalis.jobs WHERE convert_from(job, 'UTF8')::jsonb->>'tenant' = current_setting('app.tenant_id')").await, json!(4));
}

#[tokio::test]
async fn an_order_that_meets_the_limit_passes_and_one_rupee_more_is_refused_and_holds_nothing() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").price("100").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().credit_limit("236").insert(&mut t, &tenant).await;
    let first = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    let second = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    let third = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    approved(&mut t, first.header.id).await;
    approved(&mut t, second.header.id).await;
    let by = t.by();
    let refused = approve(&mut t, &by, third.header.id, ApproveOrder::default())
        .await
        .unwrap_err();
    assert_eq!(
        serde_json::Value::Object(refused.facts()),
        json!({"credit": {"limit": "236.00", "exposure": "236.00", "order_total": "118.00"}})
    );
    let by = t.by();
    let third = load(&t, &by, third.header.id).await.unwrap();
    assert_eq!(
        (third.header.status, third.header.credit().holds),
        (Status::Placed, money("236.00"))
    );
}

#[tokio::test]
async fn approving_twice_says_so_and_holds_once() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    approved(&mut t, order.header.id).await;
    let by = t.by();
    let again = approve(&mut t, &by, order.header.id, ApproveOrder::default())
        .await
        .unwrap_err();
    assert_eq!(again.code(), "orders.already_approved");
    assert_eq!(
        ask(
            &mut t,
            "SELECT to_jsonb(sum(amount)::text) AS value FROM credit_holds"
        )
        .await,
        json!("118.00")
    );
}

#[tokio::test]
async fn a_stale_version_is_refused_before_anything_happens() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    let by = t.by();
    let refused = approve(
        &mut t,
        &by,
        order.header.id,
        ApproveOrder {
            expected_version: Some(7),
            note: None,
        },
    )
    .await
    .unwrap_err();
    assert_eq!(
        (refused.code(), refused.facts()["version"].clone()),
        ("orders.stale", json!(1))
    );
}

#[tokio::test]
async fn cancelling_an_approved_order_releases_the_hold_and_hands_its_stock_to_who_waits() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").stock("5").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let first = placed(&mut t, dealer, shop, &[(cable, "5")])
        .await
        .header
        .id;
    let second = placed(&mut t, dealer, shop, &[(cable, "4")])
        .await
        .header
        .id;
    approved(&mut t, first).await;
    assert_eq!(
        approved(&mut t, second).await.lines[0].reserved_quantity,
        Quantity::ZERO
    );
    let by = t.by();
    let cancelled = cancel(&mut t, &by, first, CancelOrder::default())
        .await
        .unwrap();
    assert_eq!(
        (
            cancelled.header.status,
            cancelled.lines[0].reserved_quantity
        ),
        (Status::Cancelled, Quantity::ZERO)
    );
    let by = t.by();
    let waiting = load(&t, &by, second).await.unwrap();
    assert_eq!(waiting.lines[0].reserved_quantity, Quantity::from_units(4));
    assert_eq!(waiting.header.credit().holds, waiting.header.total);
    assert_eq!(
        stock_of(&mut t, "CABLE").await,
        ("5.000".to_owned(), "4.000".to_owned())
    );
}

#[tokio::test]
async fn a_dealer_cancels_a_placed_order_of_their_own_and_no_other() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (own, shop) = dealer().insert(&mut t, &tenant).await;
    let (other, other_shop) = dealer().insert(&mut t, &tenant).await;
    let mine = placed(&mut t, own, shop, &[(cable, "1")]).await.header.id;
    let theirs = placed(&mut t, other, other_shop, &[(cable, "1")])
        .await
        .header
        .id;
    let by = tenant
        .dealer_actor(own)
        .allow::<SalesOrdersCancel>()
        .unwrap();
    assert_eq!(
        cancel(&mut t, &by, theirs, CancelOrder::default())
            .await
            .unwrap_err()
            .code(),
        "orders.not_found"
    );
    assert_eq!(
        cancel(&mut t, &by, mine, CancelOrder::default())
            .await
            .unwrap()
            .header
            .status,
        Status::Cancelled
    );
    let approved_one = placed(&mut t, own, shop, &[(cable, "1")]).await.header.id;
    approved(&mut t, approved_one).await;
    assert_eq!(
        cancel(&mut t, &by, approved_one, CancelOrder::default())
            .await
            .unwrap_err()
            .code(),
        "orders.wrong_state"
    );
}

#[tokio::test]
async fn a_dealer_without_phone_or_opt_in_gets_a_skipped_row_and_no_job() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (silent, shop) = dealer().without_phone().insert(&mut t, &tenant).await;
    let (shy, shy_shop) = dealer().without_opt_in().insert(&mut t, &tenant).await;
    placed(&mut t, silent, shop, &[(cable, "1")]).await;
    placed(&mut t, shy, shy_shop, &[(cable, "1")]).await;
    let rows = ask(&mut t, "SELECT jsonb_agg(jsonb_build_array(status, skip_reason) ORDER BY skip_reason) AS value FROM notification_logs WHERE channel = 'WHATSAPP'").await;
    assert_eq!(
        rows,
        json!([["SKIPPED", "NO_OPT_IN"], ["SKIPPED", "NO_PHONE"]])
    );
}

#[tokio::test]
async fn a_line_closed_short_gives_its_stock_back_and_the_last_open_line_cannot_be_closed() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let (cable, lamp) = (
        product("CABLE").stock("2").insert(&mut t, &tenant).await,
        product("LAMP").stock("1").insert(&mut t, &tenant).await,
    );
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let order = placed(&mut t, dealer, shop, &[(cable, "5"), (lamp, "1")]).await;
    let order = approved(&mut t, order.header.id).await;
    let close = |line: &OrderLine| ShortCloseLine {
        line: line.id,
        reason: vitaran_kernel::Text::parse("maker stopped it").unwrap(),
    };
    let by = t.by();
    let after = short_close(&mut t, &by, order.header.id, close(&order.lines[0]))
        .await
        .unwrap();
    assert_eq!(
        (
            after.lines[0].open_quantity(),
            after.lines[0].reserved_quantity
        ),
        (Quantity::ZERO, Quantity::ZERO)
    );
    assert_eq!(after.history.last().unwrap().kind(), Timeline::Noted);
    assert_eq!(
        stock_of(&mut t, "CABLE").await,
        ("2.000".to_owned(), "0.000".to_owned())
    );
    let refused = short_close(&mut t, &by, order.header.id, close(&order.lines[1]))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "orders.last_open_line");
}

#[tokio::test]
async fn ordering_again_refills_the_cart_and_names_what_is_no_longer_sold() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let lamp = product("LAMP").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let by = tenant.dealer_actor(dealer).allow().unwrap();
    let line = |product, units| PlaceLine {
        product: ProductKey::Id(product),
        quantity: Quantity::from_units(units),
    };
    let input = PlaceOrder {
        dealer: None,
        ship_to: shop,
        lines: vec![line(cable, 7), line(lamp, 2)],
        client_reference: None,
        note: None,
    };
    let order = place(&mut t, &by, Channel::Portal, input).await.unwrap();
    let one_cable = AddToCart::parse(&cable.to_string(), "1").unwrap();
    add_to_cart(&mut t, &by, one_cable).await.unwrap();
    let admin = tenant.actor(Role::Admin);
    catalog::set_active(
        &mut t,
        &admin.allow().unwrap(),
        lamp,
        None,
        Activity::Inactive,
    )
    .await
    .unwrap();
    let left_out = refill_cart(&mut t, &by, &order).await.unwrap();
    assert_eq!(left_out[0].sku, "LAMP");
    let wanted = cart(&mut t, &by, None).await.unwrap().wanted;
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].quantity, Quantity::from_units(7));
}

#[test]
fn adding_none_or_too_many_of_a_product_is_refused_beside_the_quantity() {
    let cable = ProductId::generate().to_string();
    for (quantity, detail) in [
        ("0", "Enter how many to add"),
        (
            "1000000",
            "Enter a quantity above 0, up to 999999, or 0 to take the product out",
        ),
    ] {
        let refused = AddToCart::parse(&cable, quantity).unwrap_err();
        assert_eq!(
            (
                refused.faults[0].pointer.as_str(),
                refused.faults[0].detail.as_str()
            ),
            ("/quantity", detail)
        );
    }
    assert!(AddToCart::parse(&cable, "0.5").is_ok());
}

/// The cart's form as typed over a page that showed something else.
fn typed(lines: &[(ProductId, &str)]) -> SetCart {
    let line = |(product, quantity): &(ProductId, &str)| CartLineForm {
        product_id: product.to_string(),
        quantity: (*quantity).to_owned(),
        shown: String::new(),
    };
    let lines: Vec<_> = lines.iter().map(line).collect();
    SetCart::parse(&lines).unwrap()
}

async fn cart_of(t: &mut TestTx, by: &Allowed<SalesOrdersPlace>) -> Vec<(ProductId, String)> {
    let wanted = cart(t, by, None).await.unwrap().wanted;
    let line = |line: PlaceLine| match line.product {
        ProductKey::Id(id) => (id, line.quantity.to_string()),
        ProductKey::Sku(sku) => panic!("{sku} is no id"),
    };
    wanted.into_iter().map(line).collect()
}

#[tokio::test]
async fn each_line_that_the_cart_refuses_is_named_at_its_place_and_none_is_changed() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let lamp = product("LAMP").uqc("NOS").insert(&mut t, &tenant).await;
    let cable = product("CABLE").uqc("MTR").insert(&mut t, &tenant).await;
    let (dealer, _) = dealer().insert(&mut t, &tenant).await;
    let by = tenant.dealer_actor(dealer).allow().unwrap();
    let nothing = ProductId::generate();
    let form = typed(&[(cable, "1.5"), (nothing, "2"), (lamp, "1.5")]);
    let refused = set_cart(&mut t, &by, &form).await.unwrap_err();
    let mut told: Vec<_> = refused
        .faults()
        .into_iter()
        .map(|fault| (fault.pointer, fault.detail))
        .collect();
    told.sort();
    let told: Vec<_> = told.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                "/lines/1/quantity",
                "This product is no longer sold: take it out of the cart"
            ),
            ("/lines/2/quantity", "LAMP is sold in whole numbers"),
        ]
    );
    assert_eq!(cart_size(&t, &by).await.unwrap(), 0);
    set_cart(&mut t, &by, &typed(&[(cable, "1.5")]))
        .await
        .unwrap();
    assert_eq!(cart_of(&mut t, &by).await, [(cable, "1.5".to_owned())]);
}

#[tokio::test]
async fn the_carts_form_sets_adds_and_takes_out_lines_at_once_and_the_last_of_a_product_counts() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let mut ids = Vec::new();
    for sku in ["A-1", "B-1", "C-1"] {
        ids.push(product(sku).insert(&mut t, &tenant).await);
    }
    let (a, b, c) = (ids[0], ids[1], ids[2]);
    let (dealer, _) = dealer().insert(&mut t, &tenant).await;
    let by = tenant.dealer_actor(dealer).allow().unwrap();
    set_cart(&mut t, &by, &typed(&[(a, "1"), (b, "2")]))
        .await
        .unwrap();
    let form = typed(&[(a, "4"), (b, "0"), (c, "3"), (a, "5")]);
    set_cart(&mut t, &by, &form).await.unwrap();
    let mut held = cart_of(&mut t, &by).await;
    held.sort();
    let mut wanted = [(a, "5".to_owned()), (c, "3".to_owned())];
    wanted.sort();
    assert_eq!(held, wanted);
}

#[tokio::test]
async fn a_full_cart_takes_no_other_product_and_more_of_its_own() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let last = product("LAST").insert(&mut t, &tenant).await;
    let other = product("OTHER").insert(&mut t, &tenant).await;
    let (dealer, _) = dealer().insert(&mut t, &tenant).await;
    let by = tenant.dealer_actor(dealer).allow().unwrap();
    let add = |product: ProductId| AddToCart::parse(&product.to_string(), "1").unwrap();
    add_to_cart(&mut t, &by, add(last)).await.unwrap();
    let mut others = Vec::new();
    for number in 1..MAX_LINES {
        let sku = format!("P-{number}");
        others.push((product(&sku).insert(&mut t, &tenant).await, "1"));
    }
    set_cart(&mut t, &by, &typed(&others)).await.unwrap();
    let refused = add_to_cart(&mut t, &by, add(other)).await.unwrap_err();
    assert_eq!(refused.faults()[0].code, "cart_full");
    let refused = set_cart(&mut t, &by, &typed(&[(other, "1")]))
        .await
        .unwrap_err();
    assert_eq!(refused.faults()[0].pointer, "/lines");
    add_to_cart(&mut t, &by, add(last)).await.unwrap();
    let swapped = typed(&[(last, "7")]);
    set_cart(&mut t, &by, &swapped).await.unwrap();
    assert_eq!(
        usize::try_from(cart_size(&t, &by).await.unwrap()).unwrap(),
        MAX_LINES
    );
}

#[tokio::test]
async fn the_cart_quotes_the_dealers_prices_and_is_empty_after_placing() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").price("100").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    let actor = tenant.dealer_actor(dealer);
    let by = actor.allow().unwrap();
    let add = |qty: &str| AddToCart::parse(&cable.to_string(), qty).unwrap();
    add_to_cart(&mut t, &by, add("2")).await.unwrap();
    add_to_cart(&mut t, &by, add("3")).await.unwrap();
    let cart_now = cart(&mut t, &by, None).await.unwrap();
    let quote = cart_now.quote.unwrap();
    assert_eq!(
        (quote.lines[0].quantity, quote.totals.total),
        (Quantity::from_units(5), money("590.00"))
    );
    let input = PlaceOrder {
        dealer: None,
        ship_to: shop,
        lines: cart_now.wanted,
        client_reference: None,
        note: None,
    };
    place(&mut t, &by, Channel::Portal, input).await.unwrap();
    assert_eq!(cart_size(&t, &by).await.unwrap(), 0);
    assert!(matches!(
        cart_size(&t, &tenant.actor(Role::Sales).allow().unwrap()).await,
        Err(CartError::NotADealer)
    ));
}

#[tokio::test]
async fn orders_are_found_by_number_running_number_and_dealer_and_paged_without_gaps() {
    let mut t = test_tx().await;
    let tenant = t.tenant.clone();
    let cable = product("CABLE").insert(&mut t, &tenant).await;
    let (dealer, shop) = dealer().insert(&mut t, &tenant).await;
    for _ in 0..5 {
        placed(&mut t, dealer, shop, &[(cable, "1")]).await;
    }
    let by = t.by();
    for (q, hits) in [
        ("SO/26-27/000003", 1),
        ("so/26", 5),
        ("3", 1),
        ("test tr", 5),
        ("nobody", 0),
    ] {
        let found = list(
            &t,
            &by,
            &OrderFilter {
                q: q.to_owned(),
                ..Default::default()
            },
            &Default::default(),
        )
        .await
        .unwrap();
        assert_eq!(found.rows.len(), hits, "{q}");
    }
    let mut page = crate::db::Page {
        limit: crate::db::Limit::new(2).unwrap(),
        after: None,
    };
    let mut numbers = Vec::new();
    loop {
        let found = list(
            &t,
            &by,
            &OrderFilter {
                statuses: vec![Status::Placed],
                ..Default::default()
            },
            &page,
        )
        .await
        .unwrap();
        numbers.extend(found.rows.into_iter().map(|order| order.number));
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    numbers.sort();
    assert_eq!(
        numbers,
        (1..=5)
            .map(|n| format!("SO/26-27/00000{n}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        count_by_status(&t, &by, Count::FIGURE)
            .await
            .unwrap()
            .of(Status::Placed),
        Count::from(5)
    );
}
