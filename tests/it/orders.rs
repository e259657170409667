//! The staff's order pages and the orders API: two faces of the same actions.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_kernel::OrderId;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::{Answer, Client, TestApp, test_app};

/// As the page's script asks when the answer is for the order's region.
fn on_order_page(client: &Client) -> Client {
    client.htmx().with("hx-target", "div#order")
}

async fn status_of(app: &TestApp, id: OrderId) -> (String, i64) {
    let holds = format!(
        "SELECT count(*) FROM credit_holds WHERE order_id = '{id}' AND released_at IS NULL"
    );
    for status in [
        "PLACED",
        "APPROVED",
        "REJECTED",
        "CANCELLED",
        "PICKING",
        "DISPATCHED",
        "DELIVERED",
    ] {
        let sql = format!("SELECT count(*) FROM orders WHERE id = '{id}' AND status = '{status}'");
        if app.database.count(&sql).await == 1 {
            return (status.to_owned(), app.database.count(&holds).await);
        }
    }
    panic!("order {id} is in no known state")
}

fn place_body(buyer: Buyer, lines: &[(&str, &str)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}))
        .collect();
    json!({"dealer_id": buyer.dealer.to_string(), "ship_to_address_id": buyer.ship_to.to_string(), "lines": lines})
}

#[tokio::test]
async fn approving_by_page_by_fragment_and_by_api_gives_the_same_outcome() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 100).await, flow.buyer(100_000).await);
    let sales = app.sign_in_as(Role::Sales).await;
    let api = app.api_as(Role::Sales).await;

    let plain = flow.place(buyer, &[(product, 5)]).await;
    let path = format!("/admin/orders/{plain}/approval");
    let answer = sales
        .post_form(&path, &[("version", "1"), ("note", "As agreed by phone")])
        .await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, format!("/admin/orders/{plain}").as_str()),
        "{}",
        answer.body
    );
    let page = sales.get(answer.location()).await;
    assert!(page.body.contains("is approved") && page.body.contains("As agreed by phone"));

    let swapped = flow.place(buyer, &[(product, 5)]).await;
    let path = format!("/admin/orders/{swapped}/approval");
    let answer = on_order_page(&sales)
        .post_form(&path, &[("version", "1")])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.starts_with(r#"<div id="order""#) && !answer.body.contains("<html"));
    assert_eq!(answer.header("vary"), Some("HX-Request-Type"));

    let called = flow.place(buyer, &[(product, 5)]).await;
    let answer = api
        .send(api.request(
            reqwest::Method::POST,
            &format!("/api/v1/orders/{called}/approval"),
        ))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.version(), Some(2));
    let order = answer.json();
    assert_eq!(
        (order["status"].as_str(), order["version"].as_i64()),
        (Some("APPROVED"), Some(2))
    );
    assert_eq!(order["lines"][0]["reserved_quantity"], "5");
    assert_eq!(order["allowed_actions"], json!(["cancel"]));

    for id in [plain, swapped, called] {
        assert_eq!(status_of(&app, id).await, ("APPROVED".to_owned(), 1));
    }
}

#[tokio::test]
async fn above_the_credit_limit_every_face_shows_the_figures_and_nothing_is_held() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 1_000).await, flow.buyer(50_000).await);
    let id = flow.place(buyer, &[(product, 500)]).await;
    let path = format!("/admin/orders/{id}/approval");
    let sales = app.sign_in_as(Role::Sales).await;

    let page = sales
        .post_form(&path, &[("version", "1"), ("note", "Kept")])
        .await;
    let fragment = on_order_page(&sales)
        .post_form(&path, &[("version", "1")])
        .await;
    for answer in [&page, &fragment] {
        assert_eq!(answer.status, 422, "{}", answer.body);
        for figure in ["₹50,000.00", "₹59,000.00"] {
            assert!(answer.body.contains(figure), "{figure} in {}", answer.body);
        }
    }
    assert!(page.body.contains(">Kept</textarea>"), "{}", page.body);
    // Only further regions, so that the pressed button stays and the order beside it is fresh.
    assert!(
        fragment.body.starts_with("<hx-partial"),
        "{}",
        fragment.body
    );

    let api = app.api_as(Role::Sales).await;
    let answer = api
        .post_json(&format!("/api/v1/orders/{id}/approval"), &json!({}))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (422, "orders.credit_exceeded")
    );
    let credit = &answer.json()["facts"]["credit"];
    assert_eq!(
        credit,
        &json!({"limit": "50000.00", "exposure": "0.00", "order_total": "59000.00"})
    );

    assert_eq!(status_of(&app, id).await, ("PLACED".to_owned(), 0));
}

#[tokio::test]
async fn a_wrong_state_is_409_a_stale_version_412_and_both_show_the_order_as_it_is() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 100).await, flow.buyer(100_000).await);
    let sales = app.sign_in_as(Role::Sales).await;
    let api = app.api_as(Role::Sales).await;

    let id = flow.place(buyer, &[(product, 1)]).await;
    let page = sales
        .post_form(
            &format!("/admin/orders/{id}/rejection"),
            &[("version", "7"), ("reason", "No stock")],
        )
        .await;
    assert_eq!(page.status, 412, "{}", page.body);
    assert!(page.body.contains("Changed meanwhile") && page.body.contains(">No stock</textarea>"));
    let rejection = format!("/api/v1/orders/{id}/rejection");
    let stale = api
        .with("if-match", "\"v7\"")
        .post_json(&rejection, &json!({"reason": "No stock"}))
        .await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "orders.stale"));
    let odd = api
        .with("if-match", "7")
        .post_json(&rejection, &json!({"reason": "No stock"}))
        .await;
    assert_eq!(odd.status, 400);

    flow.approve(id).await.expect("an approved order");
    for client in [sales.clone(), on_order_page(&sales)] {
        let answer = client
            .post_form(&format!("/admin/orders/{id}/approval"), &[("version", "2")])
            .await;
        assert_eq!(answer.status, 409, "{}", answer.body);
        assert!(answer.body.contains("This order is approved already"));
        assert!(answer.body.contains(">Approved</span>"), "{}", answer.body);
    }
    let answer = api
        .post_json(&rejection, &json!({"reason": "No stock"}))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (409, "orders.wrong_state")
    );
    assert_eq!(answer.json()["facts"]["allowed_actions"], json!(["cancel"]));
    let ask = sales.get(&format!("/admin/orders/{id}/rejection")).await;
    assert_eq!(
        (ask.status, ask.location()),
        (303, format!("/admin/orders/{id}").as_str())
    );
    assert_eq!(status_of(&app, id).await, ("APPROVED".to_owned(), 1));
}

#[tokio::test]
async fn a_wrong_role_gets_403_and_what_belongs_to_others_is_as_missing_as_nothing() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 100).await, flow.buyer(100_000).await);
    let id = flow.place(buyer, &[(product, 1)]).await;

    let warehouse = app.sign_in_as(Role::Warehouse).await;
    assert_eq!(
        warehouse.get(&format!("/admin/orders/{id}")).await.status,
        200
    );
    for noun in ["approval", "rejection", "cancellation", "short-closes"] {
        let path = format!("/admin/orders/{id}/{noun}");
        assert_eq!(
            warehouse.post_form(&path, &[("version", "1")]).await.status,
            403,
            "{noun}"
        );
        assert_eq!(warehouse.get(&path).await.status, 403, "{noun}");
    }
    assert_eq!(
        warehouse
            .post_form("/admin/orders/approvals", &[])
            .await
            .status,
        403
    );
    assert_eq!(warehouse.get("/admin/orders/new").await.status, 403);
    let api = app.api_as(Role::Warehouse).await;
    let answer = api
        .post_json(&format!("/api/v1/orders/{id}/approval"), &json!({}))
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "access.forbidden")
    );

    let other = app.tenant("ampere", "27AAPFU0939F1ZV").await;
    app.make_member(&other, "sales@ampere.test", Role::Sales, None)
        .await;
    let stranger = vitaran_tests::Person {
        email: "sales@ampere.test".to_owned(),
        password: vitaran_tests::PASSWORD.to_owned(),
        dealer: None,
    };
    let missing = OrderId::generate();
    let page = app.sign_in(&stranger).await;
    let api = app.api(&stranger).await;
    for suffix in ["", "/approval"] {
        let hidden = page.get(&format!("/admin/orders/{id}{suffix}")).await;
        let nothing = page.get(&format!("/admin/orders/{missing}{suffix}")).await;
        assert_eq!((hidden.status, nothing.status), (404, 404), "{suffix}");
        assert_eq!(
            hidden.without_ids().replace(&id.to_string(), "X"),
            nothing.without_ids().replace(&missing.to_string(), "X")
        );
    }
    let hidden = api.get(&format!("/api/v1/orders/{id}")).await;
    let nothing = api.get(&format!("/api/v1/orders/{missing}")).await;
    assert_eq!(
        (hidden.status, hidden.without_ids()),
        (404, nothing.without_ids())
    );

    let dealer = app.api_as(Role::Dealer).await;
    assert_eq!(
        dealer.get(&format!("/api/v1/orders/{id}")).await.status,
        404
    );
    assert_eq!(
        dealer
            .post_json(&format!("/api/v1/orders/{id}/cancellation"), &json!({}))
            .await
            .status,
        404
    );
    assert_eq!(dealer.get("/api/v1/orders").await.json()["data"], json!([]));
    assert_eq!(status_of(&app, id).await, ("PLACED".to_owned(), 0));
}

#[tokio::test]
async fn of_several_approved_at_once_each_reports_its_own_outcome() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow.product("SKU-1", 1_000).await;
    let (rich, poor) = (flow.buyer(1_000_000).await, flow.buyer(1_000).await);
    let sales = app.sign_in_as(Role::Sales).await;
    for client in [sales.clone(), sales.htmx().with("hx-target", "div#results")] {
        let fine = flow.place(rich, &[(product, 5)]).await;
        let dear = flow.place(poor, &[(product, 50)]).await;
        let done = flow.place(rich, &[(product, 1)]).await;
        flow.approve(done).await.expect("an approved order");
        let ids = [fine, dear, done].map(|id| id.to_string());
        let fields: Vec<(&str, &str)> = ids
            .iter()
            .map(|id| ("order", id.as_str()))
            .chain([("order", "nonsense"), ("back", "status=PLACED")])
            .collect();
        let answer = client.post_form("/admin/orders/approvals", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        for said in [
            "Approved 1 of 4",
            "The credit limit is ₹1,000.00",
            "This order is approved already",
        ] {
            assert!(answer.body.contains(said), "{said} in {}", answer.body);
        }
        assert_eq!(status_of(&app, fine).await, ("APPROVED".to_owned(), 1));
        assert_eq!(status_of(&app, dear).await, ("PLACED".to_owned(), 0));
        assert_eq!(status_of(&app, done).await, ("APPROVED".to_owned(), 1));
    }
    let many: Vec<_> = (0..51).map(|_| ("order", "x")).collect();
    let answer = sales
        .htmx()
        .post_form("/admin/orders/approvals", &many)
        .await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("at most 50") && answer.body.starts_with("<hx-partial"));
    let none = sales
        .post_form("/admin/orders/approvals", &[("back", "status=PLACED")])
        .await;
    assert_eq!(
        (none.status, none.location()),
        (303, "/admin/orders?status=PLACED")
    );
}

#[tokio::test]
async fn only_rows_that_this_person_can_approve_have_a_box() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 100).await, flow.buyer(100_000).await);
    let placed = flow.place(buyer, &[(product, 1)]).await;
    let approved = flow.place(buyer, &[(product, 1)]).await;
    flow.approve(approved).await.expect("an approved order");
    let boxed = |body: &str, id: OrderId| body.contains(&format!(r#"name="order" value="{id}""#));
    let page = app
        .sign_in_as(Role::Sales)
        .await
        .get("/admin/orders")
        .await
        .body;
    assert!(boxed(&page, placed) && !boxed(&page, approved));
    let page = app
        .sign_in_as(Role::Warehouse)
        .await
        .get("/admin/orders")
        .await
        .body;
    assert!(page.contains(&placed.to_string()) && !boxed(&page, placed));
}

#[tokio::test]
async fn a_retried_order_is_placed_once_and_the_key_is_demanded() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    flow.product("SKU-1", 10).await;
    let buyer = flow.buyer(100_000).await;
    let body = place_body(buyer, &[("SKU-1", "5")]);
    let api = app.api_as(Role::Sales).await;
    let without = api.post_json("/api/v1/orders", &body).await;
    assert_eq!(without.status, 400, "{}", without.body);

    let keyed = api.with("idempotency-key", "order-1");
    let first = keyed.post_json("/api/v1/orders", &body).await;
    let again = keyed.post_json("/api/v1/orders", &body).await;
    assert_eq!((first.status, again.status), (201, 201), "{}", first.body);
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let order = first.json();
    let path = format!("/api/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(first.header("location"), Some(path.as_str()));
    assert_eq!(
        (order["total"].as_str(), order["tax"].as_str()),
        (Some("590.00"), Some("90.00"))
    );
    assert_eq!(order["lines"][0]["unit_price"], "100.0000");
    assert_eq!(order["place_of_supply"]["state_code"], "27");
    assert_eq!(api.get(&path).await.json(), order);
    let other = keyed
        .post_json("/api/v1/orders", &place_body(buyer, &[("SKU-1", "6")]))
        .await;
    assert_eq!(other.status, 422);
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 1);
}

fn new_order<'a>(dealer: &'a str, ship_to: &'a str, key: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("dealer_id", dealer),
        ("ship_to_address_id", ship_to),
        ("idempotency_key", key),
        ("lines.0.sku", "SKU-1"),
        ("lines.0.quantity", "5"),
        ("lines.1.sku", ""),
        ("lines.1.quantity", ""),
    ]
}

#[tokio::test]
async fn staff_place_an_order_for_a_dealer_and_a_second_submit_places_no_second_one() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    flow.product("SKU-1", 2).await;
    let buyer = flow.buyer(100_000).await;
    let (dealer, ship_to) = (buyer.dealer.to_string(), buyer.ship_to.to_string());
    let sales = app.sign_in_as(Role::Sales).await;
    assert!(
        sales
            .get("/admin/orders/new?q=Test")
            .await
            .body
            .contains(&dealer)
    );
    let page = sales
        .get(&format!("/admin/orders/new?dealer_id={dealer}"))
        .await;
    assert!(page.body.contains("lines.9.sku") && page.body.contains(&ship_to));

    let form = new_order(&dealer, &ship_to, "form-1");
    let mut preview = form.clone();
    preview.push(("choice", "preview"));
    let shown = sales.post_form("/admin/orders/new", &preview).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    for said in ["₹590.00", "Short", "10(1)(ca)", "Product SKU-1"] {
        assert!(shown.body.contains(said), "{said} in {}", shown.body);
    }
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 0);

    let first = sales.post_form("/admin/orders/new", &form).await;
    let again = sales.post_form("/admin/orders/new", &form).await;
    assert_eq!((first.status, again.status), (303, 303), "{}", first.body);
    assert_eq!(first.location(), again.location());
    assert!(
        sales
            .get(first.location())
            .await
            .body
            .contains("Our own staff")
    );
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 1);
}

#[tokio::test]
async fn faults_of_a_new_order_stand_beside_their_rows_on_the_page_and_at_their_pointers_in_the_api()
 {
    let app = test_app().await;
    let flow = Flow::new(&app);
    flow.product("SKU-1", 10).await;
    let buyer = flow.buyer(100_000).await;
    let (dealer, ship_to) = (buyer.dealer.to_string(), buyer.ship_to.to_string());
    let sales = app.sign_in_as(Role::Sales).await;
    let form = [
        ("dealer_id", dealer.as_str()),
        ("ship_to_address_id", &ship_to),
        ("idempotency_key", "form-1"),
        ("lines.0.sku", ""),
        ("lines.0.quantity", ""),
        ("lines.4.sku", "SKU-1"),
        ("lines.4.quantity", "many"),
        ("lines.7.sku", "sku-nine"),
        ("lines.7.quantity", ""),
        ("note", "Ring the bell"),
    ];
    for client in [sales.clone(), sales.htmx().with("hx-target", "form")] {
        let answer = client.post_form("/admin/orders/new", &form).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        // The empty rows are gone, so the faults are in the first and the second.
        for id in ["f-lines-0-quantity-error", "f-lines-1-quantity-error"] {
            assert!(answer.body.contains(id), "{id} in {}", answer.body);
        }
        for kept in [
            r#"value="many""#,
            r#"value="sku-nine""#,
            ">Ring the bell</textarea>",
        ] {
            assert!(answer.body.contains(kept), "{kept} in {}", answer.body);
        }
    }
    let api = app
        .api_as(Role::Sales)
        .await
        .with("idempotency-key", "order-1");
    let answer = api
        .post_json(
            "/api/v1/orders",
            &place_body(buyer, &[("SKU-1", "many"), ("NONE", "0")]),
        )
        .await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(pointers(&answer), ["/lines/0/quantity"]);
    let answer = api
        .post_json(
            "/api/v1/orders",
            &place_body(buyer, &[("SKU-1", "1.5"), ("NONE", "1")]),
        )
        .await;
    assert_eq!(pointers(&answer), ["/lines/0/quantity", "/lines/1/sku"]);
    let unknown = api
        .post_json("/api/v1/orders", &json!({"lines": [], "discount": "5"}))
        .await;
    assert_eq!(unknown.status, 400);
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 0);
}

fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn pasted_lines_that_are_in_no_row_yet_keep_the_order_from_being_placed() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    flow.product("SKU-1", 10).await;
    let buyer = flow.buyer(100_000).await;
    let (dealer, ship_to) = (buyer.dealer.to_string(), buyer.ship_to.to_string());
    let sales = app.sign_in_as(Role::Sales).await;
    let mut form = new_order(&dealer, &ship_to, "form-1");
    form.push(("paste", "WIR-1 20"));
    let answer = sales.post_form("/admin/orders/new", &form).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(
        answer.body.contains(">WIR-1 20</textarea>") && answer.body.contains("f-paste-error"),
        "{}",
        answer.body
    );
    assert_eq!(app.database.count("SELECT count(*) FROM orders").await, 0);
}

#[tokio::test]
async fn pasted_lines_beyond_the_last_row_stay_in_the_box() {
    let app = test_app().await;
    let buyer = Flow::new(&app).buyer(1_000).await;
    let (dealer, ship_to) = (buyer.dealer.to_string(), buyer.ship_to.to_string());
    let sales = app.sign_in_as(Role::Sales).await;
    let mut form = new_order(&dealer, &ship_to, "form-1");
    let lines: Vec<String> = (1..=501)
        .map(|number| format!("P-{number} 1,500"))
        .collect();
    let lines = lines.join("\n");
    form.extend([("choice", "fill"), ("paste", lines.as_str())]);
    let answer = sales.post_form("/admin/orders/new", &form).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    for shown in [
        r#"name="lines.499.sku" value="P-499""#,
        r#"name="lines.499.quantity" value="1500""#,
        ">P-500 1,500\nP-501 1,500</textarea>",
        "f-paste-error",
    ] {
        assert!(answer.body.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn pasted_lines_fill_the_rows() {
    let app = test_app().await;
    let buyer = Flow::new(&app).buyer(1_000).await;
    let (dealer, ship_to) = (buyer.dealer.to_string(), buyer.ship_to.to_string());
    let sales = app.sign_in_as(Role::Sales).await;
    let mut form = new_order(&dealer, &ship_to, "form-1");
    form.extend([("choice", "fill"), ("paste", "WIR-1 x 20\n\nMCB-2,3")]);
    let answer = sales.post_form("/admin/orders/new", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for (row, sku, quantity) in [(0, "SKU-1", "5"), (1, "WIR-1", "20"), (2, "MCB-2", "3")] {
        let (sku, quantity) = (
            format!(r#"name="lines.{row}.sku" value="{sku}""#),
            format!(r#"name="lines.{row}.quantity" value="{quantity}""#),
        );
        assert!(
            answer.body.contains(&sku) && answer.body.contains(&quantity),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn the_queue_is_filtered_paged_and_refreshed_the_same_on_both_faces() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 100).await, flow.buyer(100_000).await);
    let other = flow.buyer(100_000).await;
    let oldest = flow.place(buyer, &[(product, 1)]).await;
    let middle = flow.place(other, &[(product, 1)]).await;
    let newest = flow.place(buyer, &[(product, 1)]).await;
    flow.approve(middle).await.expect("an approved order");
    let sales = app.sign_in_as(Role::Sales).await;
    let api = app.api_as(Role::Sales).await;

    let shown = |body: &str| -> Vec<bool> {
        [oldest, middle, newest]
            .iter()
            .map(|id| body.contains(&format!("/admin/orders/{id}\"")))
            .collect()
    };
    for (query, wanted) in [
        ("", [true, true, true]),
        ("?status=PLACED", [true, false, true]),
        (
            "?status=PLACED,APPROVED&limit=1&sort=placed_at",
            [true, false, false],
        ),
        ("?status=DELIVERED&status=APPROVED", [false, true, false]),
        (
            &format!("?dealer_id={}", other.dealer),
            [false, true, false],
        ),
        ("?placed_to=2020-01-01", [false, false, false]),
        ("?q=2", [false, true, false]),
        ("?short=true", [false, false, false]),
    ] {
        let path = format!("/admin/orders{query}");
        let page = sales.get(&path).await;
        assert_eq!(
            (page.status, shown(&page.body)),
            (200, wanted.to_vec()),
            "{path}"
        );
        let fragment = sales.htmx().get(&path).await;
        assert!(fragment.body.starts_with(r#"<div id="queue""#), "{path}");
        assert_eq!(shown(&fragment.body), wanted, "{path}");
        let found = api.get(&format!("/api/v1/orders{query}")).await.json();
        let ids = found["data"].to_string();
        let listed: Vec<bool> = [oldest, middle, newest]
            .iter()
            .map(|id| ids.contains(&id.to_string()))
            .collect();
        assert_eq!(listed, wanted, "{path}");
    }

    let first = api.get("/api/v1/orders?limit=2").await;
    let link = first.header("link").expect("a next page").to_owned();
    let next = link.trim_start_matches('<').split('>').next().unwrap();
    assert_eq!(
        (
            first.json()["has_more"].as_bool(),
            first.json()["data"].as_array().map(Vec::len)
        ),
        (Some(true), Some(2))
    );
    let last = api.get(next).await.json();
    assert_eq!(
        (last["has_more"].as_bool(), last["data"][0]["id"].as_str()),
        (Some(false), Some(oldest.to_string().as_str()))
    );
    assert!(last.get("next_cursor").is_none());

    for query in [
        "?status=placed",
        "?dealer_id=7",
        "?placed_from=yesterday",
        "?sort=total",
        "?limit=0",
        "?cursor=%20",
    ] {
        assert_eq!(
            api.get(&format!("/api/v1/orders{query}")).await.status,
            400,
            "{query}"
        );
        assert_eq!(
            sales.get(&format!("/admin/orders{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_short_line_is_closed_with_a_reason_and_the_last_one_is_refused() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (there, gone) = (
        flow.product("SKU-1", 10).await,
        flow.product("SKU-2", 0).await,
    );
    let buyer = flow.buyer(100_000).await;
    let id = flow.place(buyer, &[(there, 5), (gone, 3)]).await;
    let order = flow.approve(id).await.expect("an approved order");
    let lines: Vec<String> = order.lines.iter().map(|line| line.id.to_string()).collect();
    let sales = app.sign_in_as(Role::Sales).await;
    let path = format!("/admin/orders/{id}/short-closes");

    let page = sales.get(&format!("/admin/orders/{id}")).await;
    assert!(
        page.body.contains("Short by 3")
            && page.body.contains(&format!("{path}?line_id={}", lines[1]))
    );
    let ask = sales.get(&format!("{path}?line_id={}", lines[1])).await;
    assert!(
        ask.status == 200 && ask.body.contains("SKU-2"),
        "{}",
        ask.body
    );
    let blank = sales
        .post_form(&path, &[("line_id", &lines[1]), ("reason", " ")])
        .await;
    assert_eq!(blank.status, 422);
    assert!(blank.body.contains("f-reason-error"), "{}", blank.body);
    let closed = sales
        .post_form(&path, &[("line_id", &lines[1]), ("reason", "Discontinued")])
        .await;
    assert_eq!(closed.status, 303, "{}", closed.body);
    assert!(
        sales
            .get(closed.location())
            .await
            .body
            .contains("Discontinued")
    );

    let api = app.api_as(Role::Sales).await;
    let last = json!({"line_id": lines[0], "reason": "Lost"});
    let answer = api
        .post_json(&format!("/api/v1/orders/{id}/short_closes"), &last)
        .await;
    assert_eq!(
        (answer.status, pointers(&answer)),
        (422, vec!["/line_id".to_owned()])
    );
    let order = api.get(&format!("/api/v1/orders/{id}")).await.json();
    assert_eq!(order["lines"][1]["short_closed_quantity"], "3");
    assert_eq!(order["lines"][0]["short_closed_quantity"], "0");
}

#[tokio::test]
async fn an_order_goes_from_the_door_to_its_end_and_every_role_has_a_home() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 10).await, flow.buyer(100_000).await);
    let id = flow.packed(buyer, &[(product, 5)]).await;
    let order = flow.dispatch(id).await.expect("a dispatched order");
    let warehouse = app.sign_in_as(Role::Warehouse).await;
    let page = warehouse.get(&format!("/admin/orders/{id}")).await;
    let invoice = order.header.invoice_number.expect("an invoice");
    assert!(page.body.contains(&invoice) && page.body.contains("Own vehicle"));
    let version = order.header.version.to_string();
    let delivered = warehouse
        .post_form(
            &format!("/admin/orders/{id}/delivery"),
            &[("version", &version), ("note", "Left with Mr Rao")],
        )
        .await;
    assert_eq!(delivered.status, 303, "{}", delivered.body);
    assert_eq!(status_of(&app, id).await.0, "DELIVERED");
    let api = app.api_as(Role::Accounts).await;
    let order = api.get(&format!("/api/v1/orders/{id}")).await.json();
    assert_eq!(order["invoice"]["number"], invoice);
    assert_eq!(
        order["history"]
            .as_array()
            .and_then(|all| all.last())
            .map(|last| &last["reason"]),
        Some(&json!("Left with Mr Rao"))
    );

    flow.place(buyer, &[(product, 1)]).await;
    for (role, heading) in [
        (Role::Sales, "Waiting for approval"),
        (Role::Warehouse, "To pick"),
        (Role::Accounts, "On the way"),
        (Role::Admin, "Waiting for approval"),
    ] {
        let home = app.sign_in_as(role).await.get("/admin").await;
        assert_eq!(home.status, 200, "{role:?}");
        assert!(
            home.body.contains(&format!("<h2>{heading}</h2>")),
            "{role:?}: {}",
            home.body
        );
    }
}

#[tokio::test]
async fn goods_arrive_after_they_left_and_not_tomorrow() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 10).await, flow.buyer(100_000).await);
    let id = flow.packed(buyer, &[(product, 5)]).await;
    flow.dispatch(id).await.expect("a dispatched order");
    let api = app.api_as(Role::Sales).await;
    let path = format!("/api/v1/orders/{id}/delivery");
    for (moment, code) in [
        ("2999-01-01T00:00:00Z", "in_the_future"),
        ("2020-01-01T00:00:00Z", "too_early"),
    ] {
        let answer = api
            .post_json(&path, &json!({ "delivered_at": moment }))
            .await;
        let body = answer.json();
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(
            (&body["errors"][0]["pointer"], &body["errors"][0]["code"]),
            (&json!("/delivered_at"), &json!(code))
        );
    }
    assert_eq!(status_of(&app, id).await.0, "DISPATCHED");
}

#[tokio::test]
async fn every_refusal_for_an_orders_status_names_it_and_what_may_be_done() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 10).await, flow.buyer(100_000).await);
    let id = flow.place(buyer, &[(product, 5)]).await;
    let line = flow.approve(id).await.expect("an approved order").lines[0].id;
    let api = app.api_as(Role::Admin).await;
    let order = format!("/api/v1/orders/{id}");
    let picks = json!({ "lines": [{ "line_id": line, "quantity": "1" }] });
    let again = api
        .post_json(&format!("{order}/approval"), &json!({}))
        .await;
    let early = api
        .with("if-match", "\"v2\"")
        .put_json(&format!("{order}/picks"), &picks)
        .await;
    flow.cancel(id).await;
    let late = api
        .post_json(
            &format!("{order}/short_closes"),
            &json!({ "line_id": line, "reason": "Lost" }),
        )
        .await;
    for (answer, status, allowed, sentence) in [
        (
            again,
            "APPROVED",
            json!(["start_picking", "cancel"]),
            "already",
        ),
        (
            early,
            "APPROVED",
            json!(["start_picking", "cancel"]),
            "this one is approved",
        ),
        (late, "CANCELLED", json!([]), "this one is cancelled"),
    ] {
        let body = answer.json();
        assert_eq!(answer.status, 409, "{body}");
        assert_eq!(
            (
                &body["facts"]["order_status"],
                &body["facts"]["allowed_actions"]
            ),
            (&json!(status), &allowed)
        );
        assert!(
            body["detail"].as_str().unwrap().contains(sentence),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_order_is_found_by_the_name_it_shows() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 10).await, flow.buyer(100_000).await);
    flow.place(buyer, &[(product, 5)]).await;
    app.database
        .execute("UPDATE dealers SET trade_name = 'अपना बिजली भंडार'")
        .await;
    let sales = app.sign_in_as(Role::Sales).await;
    let found = sales.get("/admin/orders?q=अपना").await;
    assert!(found.body.contains("1 order<"), "{}", found.body);
    let none = sales.get("/admin/orders?q=पराया").await;
    assert!(!none.body.contains("1 order<"), "{}", none.body);
}

#[tokio::test]
async fn the_reference_of_a_cancelled_order_is_free_again() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SKU-1", 10).await, flow.buyer(100_000).await);
    let api = app.api_as(Role::Sales).await;
    let order = json!({
        "dealer_id": buyer.dealer, "ship_to_address_id": buyer.ship_to, "client_reference": "PO/7",
        "lines": [{ "product_id": product, "quantity": "1" }],
    });
    let place = |key: &'static str| {
        let (api, order) = (api.with("idempotency-key", key), order.clone());
        async move { api.post_json("/api/v1/orders", &order).await }
    };
    let first = place("one").await;
    assert_eq!(first.status, 201, "{}", first.body);
    let taken = place("two").await;
    assert_eq!(
        (taken.status, pointers(&taken)),
        (409, vec!["/client_reference".to_owned()])
    );
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let cancelled = api
        .post_json(&format!("/api/v1/orders/{id}/cancellation"), &json!({}))
        .await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(place("three").await.status, 201);
}

#[tokio::test]
async fn goods_promised_to_another_order_are_not_picked_for_this_one() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SCARCE", 5).await, flow.buyer(100_000).await);
    let first = flow.place(buyer, &[(product, 4)]).await;
    flow.approve(first).await.expect("four are reserved");
    let second = flow.place(buyer, &[(product, 4)]).await;
    let line = flow.approve(second).await.expect("one is left").lines[0].id;
    let api = app.api_as(Role::Warehouse).await;
    let order = format!("/api/v1/orders/{second}");
    let picking = api.post_json(&format!("{order}/picking"), &json!({})).await;
    assert_eq!(picking.status, 200, "{}", picking.body);
    let version = picking.header("etag").unwrap().to_owned();
    let pick = |quantity: &str| {
        let picks = json!({ "lines": [{ "line_id": line, "quantity": quantity }] });
        let (api, path) = (api.with("if-match", &version), format!("{order}/picks"));
        async move { api.put_json(&path, &picks).await }
    };
    let refused = pick("2").await;
    assert_eq!(
        (refused.status, &refused.json()["errors"][0]["code"]),
        (422, &json!("not_there"))
    );
    assert_eq!(pick("1").await.status, 200);
}

#[tokio::test]
async fn an_order_supplied_short_says_what_was_invoiced() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (product, buyer) = (flow.product("SCARCE", 5).await, flow.buyer(100_000).await);
    let id = flow.place(buyer, &[(product, 8)]).await;
    flow.approve(id).await.expect("five are reserved");
    let line = flow.load(id).await.lines[0].id.to_string();
    let api = app.api_as(Role::Admin).await;
    let order = format!("/api/v1/orders/{id}");
    assert_eq!(
        api.get(&order).await.json()["lines"][0]["short_quantity"],
        "3"
    );
    let closed = api
        .post_json(
            &format!("{order}/short_closes"),
            &json!({ "line_id": line, "reason": "Discontinued" }),
        )
        .await;
    assert_eq!(
        closed.status, 422,
        "the last line is not closed to nothing: {}",
        closed.body
    );
    let picking = api.post_json(&format!("{order}/picking"), &json!({})).await;
    let picks = json!({ "lines": [{ "line_id": line, "quantity": "5" }] });
    let picked = api
        .with("if-match", picking.header("etag").unwrap())
        .put_json(&format!("{order}/picks"), &picks)
        .await;
    assert_eq!(picked.status, 200, "{}", picked.body);
    let closed = api
        .post_json(
            &format!("{order}/short_closes"),
            &json!({ "line_id": line, "reason": "Discontinued" }),
        )
        .await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    let packed = api.post_json(&format!("{order}/packing"), &json!({})).await;
    assert_eq!(packed.status, 200, "{}", packed.body);
    flow.dispatch(id).await.expect("an invoice");
    let body = api.get(&order).await.json();
    assert_eq!(
        (&body["total"], &body["invoice"]["total"]),
        (&json!("944.00"), &json!("590.00"))
    );
    let sales = app.sign_in_as(Role::Sales).await;
    let page = sales.get(&format!("/admin/orders/{id}")).await;
    assert!(page.body.contains("Invoiced") && page.body.contains("₹590.00"));
}
