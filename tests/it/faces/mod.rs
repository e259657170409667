//! One outcome, whichever face is used: a page with scripts, the same page without, and the API.
//!
//! Three equal distributors are led through the same acts, and after each everything they have is compared, table by
//! table. The refusals stand between the acts they wait for.

mod domains;
mod fixture;
mod invitations;
mod members;
mod platform;
mod records;
mod roles;
mod second_factor;
mod switches;
mod webhooks;

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_kernel::OrderId;

use fixture::{Ask, Faces, House};

fn admin(id: OrderId, noun: &str) -> String {
    format!("/admin/orders/{id}/{noun}")
}

fn warehouse(id: OrderId, noun: &str) -> String {
    format!("/admin/warehouse/orders/{id}/{noun}")
}

fn api(id: OrderId, noun: &str) -> String {
    format!("/api/v1/orders/{id}/{noun}")
}

fn key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Staff place an order for the buyer.
fn place(house: &House, lamps: u32, fans: u32) -> Ask {
    let (dealer, ship_to) = (
        house.buyer.dealer.to_string(),
        house.buyer.ship_to.to_string(),
    );
    let (lamps, fans) = (lamps.to_string(), fans.to_string());
    let fields = [
        ("idempotency_key", &*key()),
        ("dealer_id", &dealer),
        ("ship_to_address_id", &ship_to),
        ("lines.0.sku", "LAMP"),
        ("lines.0.quantity", &lamps),
        ("lines.1.sku", "FAN"),
        ("lines.1.quantity", &fans),
        ("client_reference", ""),
        ("note", "Ring & wait"),
    ];
    let body = json!({"dealer_id": dealer, "ship_to_address_id": ship_to, "note": "Ring & wait", "lines": [
        {"sku": "LAMP", "quantity": lamps}, {"sku": "FAN", "quantity": fans},
    ]});
    Ask::by(Role::Sales)
        .page("/admin/orders/new", &fields)
        .post("/api/v1/orders", body)
}

/// A decision on the last order's page, on the version as it is.
fn decide(house: &House, role: Role, noun: &str, words: &[(&str, &str)]) -> Ask {
    let header = &house.order().header;
    let body: serde_json::Map<String, Value> = words
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    Ask::by(role)
        .page(admin(header.id, noun), words)
        .into("div#order")
        .post(api(header.id, noun), Value::Object(body))
        .on_version(header.version)
}

/// A step of the warehouse without words.
fn step(house: &House, noun: &str) -> Ask {
    let header = &house.order().header;
    Ask::by(Role::Warehouse)
        .page(warehouse(header.id, noun), &[])
        .boosted()
        .post(api(header.id, noun), Value::Null)
        .on_version(header.version)
}

/// So many of a line of the last order stand picked.
fn pick(house: &House, line: usize, quantity: &str) -> Ask {
    let (header, line) = (
        &house.order().header,
        house.order().lines[line].id.to_string(),
    );
    let fields = [
        ("lines.0.line_id", line.as_str()),
        ("lines.0.quantity", quantity),
    ];
    let body = json!({"lines": [{"line_id": line, "quantity": quantity}]});
    Ask::by(Role::Warehouse)
        .page(warehouse(header.id, "picks"), &fields)
        .put(api(header.id, "picks"), body)
        .on_version(header.version)
}

fn dispatch(house: &House, transport: &[(&str, &str)]) -> Ask {
    let header = &house.order().header;
    let body: serde_json::Map<String, Value> = transport
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect();
    Ask::by(Role::Warehouse)
        .page(warehouse(header.id, "dispatch"), transport)
        .boosted()
        .post(api(header.id, "dispatch"), Value::Object(body))
        .on_version(header.version)
}

fn close_short(house: &House, line: usize) -> Ask {
    let (id, line) = (
        house.order().header.id,
        house.order().lines[line].id.to_string(),
    );
    let fields = [("line_id", line.as_str()), ("reason", "Not to be had")];
    Ask::by(Role::Sales)
        .page(admin(id, "short-closes"), &fields)
        .post(
            api(id, "short_closes"),
            json!({"line_id": line, "reason": "Not to be had"}),
        )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_its_whole_way_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces
        .assert_same_outcome("placing", |house| place(house, 3, 2))
        .await;
    let stale =
        |house: &House| decide(house, Role::Sales, "approval", &[("note", "Fine")]).on_version(7);
    faces
        .assert_same_refusal("approval on a stale version", (412, "orders.stale"), stale)
        .await;
    let approval = |house: &House| decide(house, Role::Sales, "approval", &[("note", "Fine")]);
    faces.assert_same_outcome("approving", approval).await;
    let rejection =
        |house: &House| decide(house, Role::Sales, "rejection", &[("reason", "Unpaid")]);
    faces
        .assert_same_refusal(
            "rejection of an approved order",
            (409, "orders.wrong_state"),
            rejection,
        )
        .await;
    let packing = |house: &House| step(house, "packing");
    faces
        .assert_same_refusal(
            "packing of an order nobody picks",
            (409, "orders.wrong_state"),
            packing,
        )
        .await;

    faces
        .assert_same_outcome("starting to pick", |house| step(house, "picking"))
        .await;
    let too_much = |house: &House| pick(house, 0, "4");
    faces
        .assert_same_refusal(
            "pick of more than was ordered",
            (422, "input.invalid"),
            too_much,
        )
        .await;
    faces
        .assert_same_outcome("picking the lamps", |house| pick(house, 0, "3"))
        .await;
    faces
        .assert_same_outcome("picking the one fan there is", |house| pick(house, 1, "1"))
        .await;
    faces
        .assert_same_refusal(
            "packing of a short line",
            (422, "warehouse.not_fully_picked"),
            packing,
        )
        .await;
    faces
        .assert_same_outcome("closing a line short", |house| close_short(house, 1))
        .await;
    faces.assert_same_outcome("packing", packing).await;

    let no_transporter = |house: &House| dispatch(house, &[("transporter", "")]);
    faces
        .assert_same_refusal(
            "dispatch without a transporter",
            (422, "input.invalid"),
            no_transporter,
        )
        .await;
    let dispatching = |house: &House| {
        dispatch(
            house,
            &[
                ("transporter", "Gati"),
                ("lr_number", "LR 77"),
                ("vehicle_number", "MH12AB1234"),
            ],
        )
    };
    faces.assert_same_outcome("dispatching", dispatching).await;
    faces
        .assert_same_refusal("second dispatch", (409, "orders.wrong_state"), dispatching)
        .await;
    let delivery =
        |house: &House| decide(house, Role::Sales, "delivery", &[("note", "At the gate")]);
    faces.assert_same_outcome("delivering", delivery).await;
    faces
        .assert_same_refusal("second delivery", (409, "orders.wrong_state"), delivery)
        .await;
    for house in &faces.houses {
        let order = house.order();
        assert_eq!(order.header.status.as_str(), "DELIVERED");
        assert!(order.header.invoice_id.is_some(), "{:?}", house.face);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_goes_nowhere_ends_alike_on_every_face() {
    let mut faces = Faces::new().await;
    faces
        .assert_same_outcome("placing for more than the credit", |house| {
            place(house, 90, 340)
        })
        .await;
    let approval = |house: &House| decide(house, Role::Sales, "approval", &[]);
    faces
        .assert_same_refusal(
            "approval above the credit limit",
            (422, "orders.credit_exceeded"),
            approval,
        )
        .await;
    let silent = |house: &House| decide(house, Role::Sales, "rejection", &[("reason", " ")]);
    faces
        .assert_same_refusal("rejection without a reason", (422, "input.invalid"), silent)
        .await;
    let rejection = |house: &House| {
        decide(
            house,
            Role::Sales,
            "rejection",
            &[("reason", "Above the limit")],
        )
    };
    faces.assert_same_outcome("rejecting", rejection).await;

    faces
        .assert_same_outcome("placing another", |house| place(house, 1, 1))
        .await;
    let cancelling = |house: &House| decide(house, Role::Sales, "cancellation", &[("reason", "")]);
    faces.assert_same_outcome("cancelling", cancelling).await;
    faces
        .assert_same_refusal(
            "second cancellation",
            (409, "orders.wrong_state"),
            cancelling,
        )
        .await;

    faces
        .assert_same_outcome("placing one to be picked", |house| place(house, 1, 1))
        .await;
    faces.assert_same_outcome("approving it", approval).await;
    faces
        .assert_same_outcome("starting to pick it", |house| step(house, "picking"))
        .await;
    faces
        .assert_same_refusal(
            "cancellation without a reason",
            (422, "orders.reason_required"),
            cancelling,
        )
        .await;
    let reasoned = |house: &House| {
        decide(
            house,
            Role::Sales,
            "cancellation",
            &[("reason", "Recalled")],
        )
    };
    faces
        .assert_same_outcome("cancelling while it is picked", reasoned)
        .await;

    faces
        .assert_same_outcome("a dealer's placing", place_own)
        .await;
    faces
        .assert_same_outcome("a dealer's cancelling", cancel_own)
        .await;
    faces
        .assert_same_refusal(
            "a dealer's second cancelling",
            (409, "orders.wrong_state"),
            cancel_own,
        )
        .await;
}

/// The dealer's own order, from the cart's page.
fn place_own(house: &House) -> Ask {
    let (ship_to, lamp) = (house.buyer.ship_to.to_string(), house.lamp.to_string());
    let fields = [
        ("idempotency_key", &*key()),
        ("ship_to_address_id", &ship_to),
        ("lines.0.product_id", &lamp),
        ("lines.0.quantity", "4"),
    ];
    let body =
        json!({"ship_to_address_id": ship_to, "lines": [{"product_id": lamp, "quantity": "4"}]});
    Ask::by(Role::Dealer)
        .page("/portal/orders", &fields)
        .post("/api/v1/orders", body)
}

fn cancel_own(house: &House) -> Ask {
    let header = &house.order().header;
    let path = format!("/portal/orders/{}/cancellation", header.id);
    Ask::by(Role::Dealer)
        .page(path, &[("reason", "Twice")])
        .boosted()
        .post(api(header.id, "cancellation"), json!({"reason": "Twice"}))
        .on_version(header.version)
}
