//! Programs that keep a copy: lists of what changed since, and lists of orders with their lines.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Answer, Client, TestApp, test_app};

async fn get(client: &Client, path: &str) -> Answer {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer
}

fn ids(answer: &Answer) -> Vec<String> {
    let rows = answer.json()["data"].as_array().unwrap().clone();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn since(moment: &Value) -> String {
    moment.as_str().unwrap().replace('+', "%2B")
}

/// Everything a sync gets, by following its cursors, and where the next one begins.
async fn sweep(client: &Client, path: &str) -> (Vec<String>, Value) {
    let mut found = Vec::new();
    let mut answer = get(client, path).await;
    let next_since = answer.json()["next_updated_since"].clone();
    loop {
        found.extend(ids(&answer));
        let body = answer.json();
        assert_eq!(
            body["next_updated_since"], next_since,
            "the same on every page"
        );
        match body["next_cursor"].as_str() {
            Some(cursor) => answer = get(client, &format!("{path}&cursor={cursor}")).await,
            None => return (found, next_since),
        }
    }
}

async fn moment(app: &TestApp, table: &str, column: &str, id: &str) -> String {
    let sql = format!(
        "SELECT to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS text FROM {table} WHERE {column} = '{id}'"
    );
    app.database.text(&sql).await
}

#[tokio::test]
async fn orders_come_in_the_order_of_their_changes_from_the_moment_on_and_all_of_them() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let wire = flow.product("WIRE", 100).await;
    let buyer = flow.buyer(1_000_000).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(flow.place(buyer, &[(wire, 1)]).await);
        flow.clock.advance(chrono::TimeDelta::minutes(1));
    }
    flow.approve(orders[1]).await.unwrap();
    let program = app.api_as(Role::Admin).await;
    let from = moment(&app, "orders", "id", &orders[2].to_string()).await;
    let path = format!("/api/v1/orders?updated_since={from}&limit=2");
    let (found, _) = sweep(&program, &path).await;
    let expected: Vec<String> = [2, 3, 4, 1]
        .map(|at: usize| orders[at].to_string())
        .to_vec();
    assert_eq!(found, expected, "the moment itself is within");
    let placed = format!("/api/v1/orders?updated_since={from}&status=PLACED");
    assert_eq!(
        ids(&get(&program, &placed).await).len(),
        3,
        "filters go with it"
    );
    let sorted = program
        .get(&format!(
            "/api/v1/orders?updated_since={from}&sort=placed_at"
        ))
        .await;
    assert_eq!(
        (sorted.status, sorted.json()["errors"][0]["pointer"].clone()),
        (400, json!("/sort"))
    );
    let wrong = program.get("/api/v1/orders?updated_since=yesterday").await;
    assert_eq!(
        (wrong.status, wrong.json()["errors"][0]["pointer"].clone()),
        (400, json!("/updated_since"))
    );
    let elsewhere = get(&program, &path).await.json()["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let moved = program
        .get(&format!(
            "/api/v1/orders?updated_since=2020-01-01T00:00:00Z&limit=2&cursor={elsewhere}"
        ))
        .await;
    assert_eq!(
        (moved.status, moved.code()),
        (400, "list.cursor_invalid".to_owned())
    );
}

#[tokio::test]
async fn a_change_that_commits_after_a_later_one_was_read_comes_with_the_next_sync() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let wire = flow.product("WIRE", 100).await;
    let buyer = flow.buyer(1_000_000).await;
    let (slow, quick) = (
        flow.place(buyer, &[(wire, 1)]).await,
        flow.place(buyer, &[(wire, 1)]).await,
    );
    flow.clock.advance(chrono::TimeDelta::minutes(10));
    let program = app.api_as(Role::Admin).await;
    let (_, from) = sweep(
        &program,
        "/api/v1/orders?updated_since=2020-01-01T00:00:00Z",
    )
    .await;

    // Begins first, and commits last.
    let by = flow.by();
    let mut late = flow.db.begin(&by).await.unwrap();
    vitaran_core::orders::approve(&mut late, &by, slow, Default::default())
        .await
        .unwrap();
    flow.clock.advance(chrono::TimeDelta::seconds(90));
    let other = flow.buyer(1_000_000).await;
    let third = flow.place(other, &[(wire, 1)]).await;
    let (found, next) = sweep(
        &program,
        &format!("/api/v1/orders?updated_since={}", since(&from)),
    )
    .await;
    assert_eq!(
        found,
        [third.to_string()],
        "what is not committed is not there"
    );
    late.commit().await.unwrap();
    assert!(
        moment(&app, "orders", "id", &slow.to_string()).await
            < moment(&app, "orders", "id", &third.to_string()).await
    );
    let (found, _) = sweep(
        &program,
        &format!("/api/v1/orders?updated_since={}", since(&next)),
    )
    .await;
    assert!(found.contains(&slow.to_string()), "lost: {found:?}");
    assert!(
        !found.contains(&quick.to_string()),
        "what has not changed does not come again"
    );
}

#[tokio::test]
async fn an_order_that_goods_came_in_for_is_a_change_though_its_version_stays() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (scarce, lamp) = (
        flow.product("SCARCE", 0).await,
        flow.product("LAMP", 9).await,
    );
    let buyer = flow.buyer(1_000_000).await;
    let waiting = flow.place(buyer, &[(scarce, 5)]).await;
    let other = flow.place(buyer, &[(lamp, 1)]).await;
    for order in [waiting, other] {
        flow.approve(order).await.unwrap();
    }
    flow.clock.advance(chrono::TimeDelta::minutes(10));
    let program = app.api_as(Role::Admin).await;
    let all = "/api/v1/orders?updated_since=2020-01-01T00:00:00Z";
    let (_, from) = sweep(&program, all).await;
    let lines = json!([{"product_id": scarce, "quantity": "3"}]);
    let came = program
        .with("idempotency-key", "came")
        .post_json(
            "/api/v1/stock/receipts",
            &json!({"reference": "GRN 1", "lines": lines}),
        )
        .await;
    assert_eq!(came.status, 201, "{}", came.body);
    let path = format!("/api/v1/orders?expand=lines&updated_since={}", since(&from));
    let changed = get(&program, &path).await;
    assert_eq!(ids(&changed), [waiting.to_string()]);
    let row = &changed.json()["data"][0];
    assert_eq!(
        (&row["version"], &row["lines"][0]["reserved_quantity"]),
        (&json!(2), &json!("3"))
    );
}

#[tokio::test]
async fn products_dealers_and_invoices_are_listed_by_what_changed_too() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let wire = flow.product("WIRE", 100).await;
    let lamp = flow.product("LAMP", 100).await;
    let buyer = flow.buyer(1_000_000).await;
    let mut dispatched = Vec::new();
    for _ in 0..2 {
        let order = flow.packed(buyer, &[(wire, 1)]).await;
        flow.dispatch(order).await.unwrap();
        let invoice = format!("SELECT id FROM invoices WHERE order_id = '{order}'");
        dispatched.push(app.database.id(&invoice).await.to_string());
        flow.clock.advance(chrono::TimeDelta::minutes(1));
    }
    flow.clock.advance(chrono::TimeDelta::minutes(30));
    let program = app.api_as(Role::Admin).await;
    let all = "updated_since=2020-01-01T00:00:00Z";
    let (_, from) = sweep(&program, &format!("/api/v1/invoices?{all}")).await;
    let from = since(&from);

    let keyed = program.with("if-match", "\"v1\"");
    let input = get(&program, &format!("/api/v1/products/{lamp}"))
        .await
        .json();
    let body = json!({ "sku": "LAMP", "name": "Lamp, white", "category_id": input["category_id"], "hsn": input["hsn"], "unit": input["unit"],
        "tax_class": input["tax_class"], "base_price": input["base_price"] });
    let renamed = keyed
        .put_json(&format!("/api/v1/products/{lamp}"), &body)
        .await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let (found, _) = sweep(
        &program,
        &format!("/api/v1/products?updated_since={from}&status=all&limit=1"),
    )
    .await;
    assert_eq!(found, [lamp.to_string()]);
    let (found, _) = sweep(
        &program,
        &format!("/api/v1/products?updated_since={from}&q=wire"),
    )
    .await;
    assert!(found.is_empty(), "{found:?}");
    let priced = program
        .get(&format!(
            "/api/v1/products?updated_since={from}&dealer_id={}",
            buyer.dealer
        ))
        .await;
    assert_eq!(
        (priced.status, priced.json()["errors"][0]["pointer"].clone()),
        (400, json!("/updated_since"))
    );

    let off = program
        .post_json(
            &format!("/api/v1/dealers/{}/deactivation", buyer.dealer),
            &Value::Null,
        )
        .await;
    assert_eq!(off.status, 200, "{}", off.body);
    let (found, _) = sweep(
        &program,
        &format!("/api/v1/dealers?updated_since={from}&status=all&limit=1"),
    )
    .await;
    assert_eq!(found, [buyer.dealer.to_string()]);
    let (found, _) = sweep(&program, &format!("/api/v1/dealers?updated_since={from}")).await;
    assert!(
        found.is_empty(),
        "switched off, and not asked for: {found:?}"
    );

    let receipt = json!({ "dealer_id": buyer.dealer, "amount": "10", "mode": "CASH", "reference": "1", "received_on": input_day(&app) });
    let paid = program
        .with("idempotency-key", "paid")
        .post_json("/api/v1/receipts", &receipt)
        .await;
    assert_eq!(paid.status, 201, "{}", paid.body);
    let (found, _) = sweep(
        &program,
        &format!("/api/v1/invoices?updated_since={from}&limit=1"),
    )
    .await;
    assert_eq!(found, [dispatched[0].clone()], "the oldest is paid first");
}

fn input_day(app: &TestApp) -> String {
    use vitaran_kernel::Clock as _;
    vitaran_kernel::IstDate::of(app.clock.now()).to_string()
}

#[tokio::test]
async fn orders_are_listed_with_their_lines_when_that_is_asked_for_and_nothing_else_is_known() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (wire, lamp) = (
        flow.product("WIRE", 100).await,
        flow.product("LAMP", 100).await,
    );
    let buyer = flow.buyer(1_000_000).await;
    flow.place(buyer, &[(wire, 1), (lamp, 2)]).await;
    flow.place(buyer, &[(lamp, 3)]).await;
    let program = app.api_as(Role::Sales).await;
    let plain = get(&program, "/api/v1/orders").await.json();
    assert!(plain["data"][0].get("lines").is_none());
    let listed = get(&program, "/api/v1/orders?expand=lines").await.json();
    for row in listed["data"].as_array().unwrap() {
        let one = get(
            &program,
            &format!("/api/v1/orders/{}", row["id"].as_str().unwrap()),
        )
        .await
        .json();
        assert_eq!(row["lines"], one["lines"], "as the order itself shows them");
    }
    assert_eq!(listed["data"][1]["lines"].as_array().unwrap().len(), 2);
    for unknown in ["history", "lines,history", "LINES"] {
        let refused = program
            .get(&format!("/api/v1/orders?expand={unknown}"))
            .await;
        assert_eq!(
            (
                refused.status,
                refused.json()["errors"][0]["pointer"].clone()
            ),
            (400, json!("/expand")),
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn a_new_credit_limit_is_a_change_of_the_dealer() {
    let app = test_app().await;
    let dealer = app.dealer().await.to_string();
    let program = app.api_as(Role::Admin).await;
    app.clock.advance(chrono::TimeDelta::minutes(1));
    let from = "updated_since=2999-01-01T00:00:00Z";
    assert!(ids(&get(&program, &format!("/api/v1/dealers?{from}")).await).is_empty());
    let before = moment(&app, "dealers", "id", &dealer).await;
    let limit = program
        .with("if-match", "\"v1\"")
        .put_json(
            &format!("/api/v1/dealers/{dealer}/credit_limit"),
            &json!({"credit_limit": "75000"}),
        )
        .await;
    assert_eq!(limit.status, 200, "{}", limit.body);
    let after = moment(&app, "dealers", "id", &dealer).await;
    assert!(after > before, "{after} is after {before}");
    let changed = get(&program, &format!("/api/v1/dealers?updated_since={after}")).await;
    assert_eq!(ids(&changed), [dealer]);
}

#[tokio::test]
async fn the_tag_of_an_answer_is_one_that_the_document_lets_a_change_send() {
    let app = test_app().await;
    let admin = app.api_as(Role::Admin).await;
    let made = admin
        .with("idempotency-key", "k")
        .post_json("/api/v1/categories", &json!({ "name": "Wires" }))
        .await;
    let path = made.header("location").unwrap().to_owned();
    let tag = get(&admin, &path).await.header("etag").unwrap().to_owned();
    let document = get(&app.client(), "/api/openapi.json").await.json();
    let mut patterns: Vec<String> = Vec::new();
    for operations in document["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().cloned();
            let named = parameters.unwrap_or_default().into_iter();
            let tags = named.filter(|parameter| parameter["name"] == "If-Match");
            patterns.extend(tags.map(|tag| tag["schema"]["pattern"].as_str().unwrap().to_owned()));
        }
    }
    assert!(patterns.len() > 20, "{}", patterns.len());
    for pattern in patterns {
        let pattern = regex::Regex::new(&pattern).unwrap();
        assert!(pattern.is_match(&tag), "{pattern} and {tag}");
        assert!(pattern.is_match("\"v7\""), "the version alone will do");
    }
}
