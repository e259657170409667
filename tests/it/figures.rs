//! Figures that must not grow: what a request costs in statements and in round trips to PostgreSQL.
//!
//! They are counted on the wire, so that BEGIN, COMMIT, the look-up of the credential and the rollback of a read are in
//! them. Time is not measured here: it depends on the machine, and `bin/bench` does it.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::orders;
use vitaran_kernel::OrderId;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::{Answer, Client, PASSWORD, Said, TestApp, Wire, test_app_on_a_wire};

/// A first request of a kind prepares its statements; of the others the least is what the kind costs.
const TIMES: usize = 4;

/// Products that orders here are made of.
const PRODUCTS: usize = 60;

struct House {
    app: TestApp,
    wire: Wire,
    flow: Flow,
    buyer: Buyer,
    products: Vec<vitaran_kernel::ProductId>,
}

async fn house() -> House {
    let (app, wire) = test_app_on_a_wire().await;
    let flow = Flow::new(&app);
    let mut products = Vec::new();
    for number in 0..PRODUCTS {
        products.push(flow.product(&format!("SKU-{number}"), 1_000).await);
    }
    let buyer = flow.buyer(9_000_000).await;
    House {
        app,
        wire,
        flow,
        buyer,
        products,
    }
}

impl House {
    /// An order of five lines through the actions, on other connections.
    async fn placed(&self) -> OrderId {
        let lines: Vec<_> = self.products.iter().take(5).map(|id| (*id, 1)).collect();
        self.flow.place(self.buyer, &lines).await
    }

    /// What the API is told when all of an order is picked.
    async fn all_picked(&self, id: OrderId) -> Value {
        let by = self.flow.by();
        let tx = self.flow.db.begin_read(&by).await.unwrap();
        let order = orders::load(&tx, &by, id).await.unwrap();
        let lines: Vec<Value> = order
            .lines
            .iter()
            .map(|line| json!({"line_id": line.id.to_string(), "quantity": line.quantity}))
            .collect();
        json!({ "lines": lines })
    }

    fn order_of(&self, lines: usize) -> Value {
        let lines: Vec<Value> = (0..lines)
            .map(|number| json!({"sku": format!("SKU-{number}"), "quantity": "1"}))
            .collect();
        json!({"dealer_id": self.buyer.dealer.to_string(), "ship_to_address_id": self.buyer.ship_to.to_string(), "lines": lines})
    }

    /// The least that requests of a kind say, once their statements are prepared.
    async fn least(&self, mut request: impl AsyncFnMut(usize) -> Answer) -> Said {
        let mut least: Option<Said> = None;
        for turn in 0..=TIMES {
            let (answer, said) = self.wire.during(request(turn)).await;
            assert!(answer.status < 400, "{}: {}", answer.status, answer.body);
            let is_less = least
                .as_ref()
                .is_none_or(|least| said.round_trips < least.round_trips);
            if turn > 0 && is_less {
                least = Some(said);
            }
        }
        least.expect("several requests")
    }

    async fn least_of_get(&self, client: &Client, path: &str) -> Said {
        self.least(async |_| client.get(path).await).await
    }
}

/// Claims what a kind costs: exactly so many round trips and statements.
#[track_caller]
fn costs(kind: &str, said: &Said, round_trips: usize, statements: usize) {
    assert_eq!(
        (said.round_trips, said.statements.len()),
        (round_trips, statements),
        "{kind} says {:#?}",
        said.statements
    );
}

#[tokio::test]
async fn saving_the_cart_costs_the_same_with_two_lines_and_with_forty() {
    let house = house().await;
    let dealer = house.app.sign_in_as(Role::Dealer).await;
    for lines in [2, 40] {
        let said = house
            .least(async |turn| {
                let fields: Vec<_> = (0..lines)
                    .zip(&house.products)
                    .flat_map(|(line, product)| {
                        let name = |field: &str| format!("lines.{line}.{field}");
                        let quantity = (turn + 1).to_string();
                        [
                            (name("product_id"), product.to_string()),
                            (name("quantity"), quantity),
                        ]
                    })
                    .collect();
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(a, b)| (a.as_str(), b.as_str()))
                    .collect();
                dealer.post_form("/portal/cart", &fields).await
            })
            .await;
        costs("saving the cart", &said, 7, 11);
    }
}

#[tokio::test]
async fn placing_an_order_takes_five_round_trips_with_five_lines_and_with_fifty() {
    let house = house().await;
    let api = house.app.api_as(Role::Sales).await;
    for lines in [5, 50] {
        let body = house.order_of(lines);
        let said = house
            .least(async |turn| {
                let keyed = api.with("idempotency-key", &format!("order-{lines}-{turn}"));
                keyed.post_json("/api/v1/orders", &body).await
            })
            .await;
        costs("place", &said, 5, 12);
    }
}

#[tokio::test]
async fn an_order_goes_from_approval_to_delivery_in_five_or_six_round_trips_a_step() {
    let house = house().await;
    let api = house.app.api_as(Role::Admin).await;
    let (mut orders, mut picks) = (Vec::new(), Vec::new());
    for _ in 0..=TIMES {
        let id = house.placed().await;
        picks.push(house.all_picked(id).await);
        orders.push(id);
    }
    let no_body = json!({});
    let dispatch = json!({"transporter": "Own vehicle"});
    for (step, body, round_trips, statements) in [
        ("approval", &no_body, 5, 9),
        ("picking", &no_body, 5, 9),
        ("picks", &no_body, 5, 9),
        ("packing", &no_body, 5, 9),
        ("dispatch", &dispatch, 6, 11),
        ("delivery", &no_body, 4, 8),
    ] {
        let said = house
            .least(async |turn| {
                let path = format!("/api/v1/orders/{}/{step}", orders[turn]);
                match step {
                    // Placed, approved, being picked: the third version.
                    "picks" => {
                        let api = api.with("if-match", "\"v3\"");
                        api.put_json(&path, &picks[turn]).await
                    }
                    _ => api.post_json(&path, body).await,
                }
            })
            .await;
        costs(step, &said, round_trips, statements);
    }
}

#[tokio::test]
async fn telling_whoever_listens_costs_no_round_trip_and_no_statement() {
    let house = house().await;
    let admin = house.app.api_as(Role::Admin).await;
    let endpoint = json!({"url": "https://erp.example.in/hooks", "events": ["order.placed", "order.approved"]});
    let keyed = admin.with("idempotency-key", "endpoint");
    let made = keyed
        .post_json("/api/v1/webhook_endpoints", &endpoint)
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let body = house.order_of(5);
    let said = house
        .least(async |turn| {
            let keyed = admin.with("idempotency-key", &format!("order-{turn}"));
            keyed.post_json("/api/v1/orders", &body).await
        })
        .await;
    costs("place", &said, 5, 12);
    let mut orders = Vec::new();
    for _ in 0..=TIMES {
        orders.push(house.placed().await);
    }
    let said = house
        .least(async |turn| {
            let path = format!("/api/v1/orders/{}/approval", orders[turn]);
            admin.post_json(&path, &json!({})).await
        })
        .await;
    costs("approve", &said, 5, 9);
    let told = "SELECT count(*) FROM webhook_deliveries";
    assert!(house.app.database.count(told).await > 0);
}

#[tokio::test]
async fn goods_that_orders_wait_for_cost_what_other_goods_do_and_one_statement_where_somebody_hears()
 {
    let house = house().await;
    let admin = house.app.api_as(Role::Admin).await;
    let receive = async |sku: &str| {
        let body = json!({"reference": "GRN 1", "lines": [{"sku": sku, "quantity": "1"}]});
        house
            .least(async |_| {
                let key = uuid::Uuid::now_v7().to_string();
                let keyed = admin.with("idempotency-key", &key);
                keyed.post_json("/api/v1/stock/receipts", &body).await
            })
            .await
    };
    // More than will come in, so that every piece is somebody's.
    let scarce = house.flow.product("SCARCE", 0).await;
    for _ in 0..2 {
        let order = house.flow.place(house.buyer, &[(scarce, 100)]).await;
        house.flow.approve(order).await.unwrap();
    }
    let unasked = receive("SKU-0").await;
    let waited_for = receive("SCARCE").await;
    costs(
        "goods that orders wait for",
        &waited_for,
        unasked.round_trips,
        unasked.statements.len(),
    );
    let endpoint = json!({"url": "https://erp.example.in/hooks", "events": ["order.updated"]});
    let keyed = admin.with("idempotency-key", "endpoint");
    let made = keyed
        .post_json("/api/v1/webhook_endpoints", &endpoint)
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let heard = receive("SCARCE").await;
    costs(
        "goods that are told of",
        &heard,
        unasked.round_trips + 1,
        unasked.statements.len() + 1,
    );
    let picked = house.placed().await;
    house.flow.bring_to(picked, "PICKING").await;
    let body = house.all_picked(picked).await;
    let mut version = 3;
    let said = house
        .least(async |_| {
            let tag = format!("\"v{version}\"");
            version += 1;
            let on = admin.with("if-match", &tag);
            let path = format!("/api/v1/orders/{picked}/picks");
            on.put_json(&path, &body).await
        })
        .await;
    costs("picks that are told of", &said, 5, 9);
}

#[tokio::test]
async fn a_list_of_the_api_takes_three_round_trips_the_last_of_which_nobody_waits_for() {
    let house = house().await;
    for _ in 0..3 {
        house.placed().await;
    }
    let (staff, dealer) = (
        house.app.api_as(Role::Admin).await,
        house.app.api_as(Role::Dealer).await,
    );
    for (client, path) in [
        (&staff, "/api/v1/orders?limit=25"),
        (&staff, "/api/v1/orders?status=PLACED&limit=100"),
        (&staff, "/api/v1/orders?updated_since=2020-01-01T00:00:00Z"),
        (&staff, "/api/v1/products?q=sku&limit=25"),
        (&staff, "/api/v1/invoices"),
        (&staff, "/api/v1/dealers"),
        (&staff, "/api/v1/notifications"),
        (&dealer, "/api/v1/orders"),
        (&dealer, "/api/v1/products?q=sku"),
    ] {
        let said = house.least_of_get(client, path).await;
        costs(path, &said, 3, 4);
    }
    for path in [
        "/api/v1/orders?expand=lines&limit=1",
        "/api/v1/orders?expand=lines",
    ] {
        let said = house.least_of_get(&staff, path).await;
        costs(path, &said, 4, 5);
    }
}

#[tokio::test]
async fn an_api_key_costs_what_a_token_costs() {
    let house = house().await;
    house.placed().await;
    let admin = house.app.api_as(Role::Admin).await;
    let wanted =
        json!({"name": "Tally", "scopes": ["sales.orders.read"], "networks": ["127.0.0.1"]});
    let keyed = admin.with("idempotency-key", "key");
    let made = keyed.post_json("/api/v1/api_keys", &wanted).await;
    let secret = made.json()["secret"].as_str().expect("a secret").to_owned();
    let program = house.app.client().bearer(secret);
    let said = house
        .least_of_get(&program, "/api/v1/orders?limit=25")
        .await;
    costs("a list by key", &said, 3, 4);
}

#[tokio::test]
async fn a_sign_in_without_a_second_factor_pays_nothing_for_it() {
    let house = house().await;
    let person = house.app.person(Role::Sales).await;
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    let said = house
        .least(async |_| house.app.client().post_form("/login", &form).await)
        .await;
    // One round trip is for holding the account while the session is opened, so that a change of it comes before or after.
    costs("a sign-in", &said, 11, 15);
}

#[tokio::test]
async fn a_page_takes_three_round_trips_however_much_it_shows() {
    let house = house().await;
    let order = house.placed().await;
    let (staff, dealer) = (
        house.app.sign_in_as(Role::Admin).await,
        house.app.sign_in_as(Role::Dealer).await,
    );
    let order = format!("/admin/orders/{order}");
    for (client, path) in [
        (&staff, "/admin"),
        (&staff, "/admin/orders"),
        (&staff, "/admin/orders?status=PLACED"),
        (&staff, "/admin/orders?q=Test"),
        (&staff, &order),
        (&staff, "/admin/invoices"),
        (&staff, "/admin/products?q=sku"),
        (&staff, "/admin/dealers"),
        (&staff, "/admin/warehouse"),
        (&staff, "/admin/notifications"),
        (&staff, "/admin/api-keys"),
        (&staff, "/admin/webhooks"),
        (&staff, "/admin/sessions"),
        (&staff, "/admin/members"),
        (&staff, "/admin/invitations"),
        (&staff, "/account/sessions"),
        (&dealer, "/account/sessions"),
        (&dealer, "/portal"),
        (&dealer, "/portal/catalogue"),
        (&dealer, "/portal/catalogue?q=sku"),
        (&dealer, "/portal/orders"),
        (&dealer, "/portal/invoices"),
    ] {
        let said = house.least_of_get(client, path).await;
        assert_eq!(said.round_trips, 3, "{path} says {:#?}", said.statements);
    }
}

/// Orders of a tenant with a history.
const HISTORY: i64 = 5_000;

/// Rows of orders that a page of 25 may touch: itself, and the few that wait, which are counted.
const ROWS_OF_A_PAGE: i64 = 100;

#[tokio::test]
async fn a_page_of_orders_reads_its_rows_and_not_the_tenants_history() {
    let house = house().await;
    house.placed().await;
    let database = &house.app.database;
    let copies = format!(
        "INSERT INTO orders SELECT c.* FROM orders o, generate_series(1, {HISTORY}) n, \
         jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'number', 'SO/24-25/' || lpad(n::text, 6, '0'), \
             'status', 'DELIVERED', 'placed_at', o.placed_at - interval '1 day' - n * interval '1 minute', \
             'updated_at', o.placed_at - interval '1 day' - n * interval '1 minute')) c; \
         ANALYZE"
    );
    database.execute(&copies).await;
    let staff = house.app.sign_in_as(Role::Admin).await;
    let pages = [
        "/admin",
        "/admin/orders",
        "/admin/orders?status=PLACED",
        "/admin/orders?status=DELIVERED",
    ];
    let program = house.app.api_as(Role::Sales).await;
    let mut moments = Vec::new();
    for minutes in [2_500, 1] {
        let moment = format!(
            "SELECT to_char(max(placed_at) - interval '1 day' - interval '{minutes} minutes', 'YYYY-MM-DD\"T\"HH24:MI:SSOF:00') AS text FROM orders"
        );
        moments.push(database.text(&moment).await.replace('+', "%2B"));
    }
    database.execute("SELECT pg_stat_reset()").await;
    for page in pages {
        assert_eq!(staff.get(page).await.status, 200);
    }
    // So does a list of changes, from the middle of the history as from its end.
    for moment in moments {
        let path = format!("/api/v1/orders?updated_since={moment}");
        let answer = program.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    // A connection tells what it has read at its end.
    database
        .execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'app_user' AND datname = current_database()")
        .await;
    let read = "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint AS count FROM pg_stat_user_tables WHERE relname = 'orders'";
    let read = database.count(read).await;
    let most = ROWS_OF_A_PAGE * i64::try_from(pages.len()).unwrap();
    assert!(
        (1..=most).contains(&read),
        "{read} rows of orders were read for {} pages, of {HISTORY}",
        pages.len()
    );
}
