//! The trail as people and programs read it: pages, the file, the API.

use serde_json::json;
use vitaran_core::access::Role;
use vitaran_kernel::DealerId;
use vitaran_tests::flow::Flow;
use vitaran_tests::{Client, TestApp, test_app};

const TRAIL: &str = "/admin/audit/trail";

/// A dealer whose credit limit went from ₹50,000 to ₹80,000 by a request of this name.
const REQUEST: &str = "01890000-0000-7000-8000-0000000000bb";

async fn changed_dealer(app: &TestApp) -> (DealerId, Client) {
    let dealer = Flow::new(app).buyer(50_000).await.dealer;
    let client = app.sign_in_as(Role::Accounts).await;
    let path = format!("/admin/dealers/{dealer}/credit-limit");
    let named = client.with("x-request-id", REQUEST);
    let fields = [("version", "1"), ("credit_limit", "80000")];
    let answer = named.post_form(&path, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    (dealer, client)
}

#[tokio::test]
async fn a_records_page_leads_to_its_history_which_says_what_was_and_what_is() {
    let app = test_app().await;
    let (dealer, client) = changed_dealer(&app).await;
    let history = format!("{TRAIL}?object={dealer}");
    let page = client.get(&format!("/admin/dealers/{dealer}")).await;
    assert!(
        page.body.contains(&format!("href=\"{history}\"")),
        "{}",
        page.body
    );
    let told = client.get(&history).await;
    let said = "<dt>credit limit</dt><dd><del>50000.00</del> → <ins>80000.00</ins></dd>";
    assert!(
        told.status == 200 && told.body.contains(said),
        "{}",
        told.body
    );
    // Sales may look after dealers and may not read the trail.
    let sales = app.sign_in_as(Role::Sales).await;
    let page = sales.get(&format!("/admin/dealers/{dealer}")).await;
    assert!(
        page.status == 200 && !page.body.contains(TRAIL),
        "{}",
        page.body
    );
    assert_eq!(sales.get(&history).await.status, 403);
    assert_eq!(sales.get(&format!("{TRAIL}.csv")).await.status, 403);
}

#[tokio::test]
async fn products_price_lists_and_orders_lead_to_their_histories_too() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow.product("CABLE", 10).await;
    let order = flow.packed(flow.buyer(90_000).await, &[(product, 1)]).await;
    let client = app.sign_in_as(Role::Admin).await;
    for (page, id) in [
        ("products", product.to_string()),
        ("price-lists", app.tenant.price_list.to_string()),
        ("orders", order.to_string()),
    ] {
        let history = format!("{TRAIL}?object={id}");
        let page = client.get(&format!("/admin/{page}/{id}")).await;
        assert!(
            page.body.contains(&format!("href=\"{history}\"")),
            "{}",
            page.body
        );
        let told = client.get(&history).await;
        assert!(
            told.body.contains(" added") && !told.body.contains("Nothing here"),
            "{}",
            told.body
        );
    }
}

#[tokio::test]
async fn the_trail_is_narrowed_to_a_person_a_request_and_days() {
    let app = test_app().await;
    let (dealer, client) = changed_dealer(&app).await;
    let credit = "Credit limit changed";
    let who = app
        .database
        .text("SELECT actor_id::text AS text FROM audit_trail WHERE request_id IS NOT NULL")
        .await;
    for (query, found) in [
        (String::new(), true),
        (format!("?request={REQUEST}"), true),
        (format!("?request={dealer}"), false),
        (format!("?by={who}"), true),
        (format!("?by={dealer}"), false),
        ("?from=2020-01-01&to=2020-12-31".to_owned(), false),
        ("?from=2020-01-01".to_owned(), true),
        (format!("?object={dealer}&by={who}&from=2020-01-01"), true),
    ] {
        let page = client.get(&format!("{TRAIL}{query}")).await;
        assert_eq!(
            (page.status, page.body.contains(credit)),
            (200, found),
            "{query}: {}",
            page.body
        );
    }
    assert_eq!(
        client.get(&format!("{TRAIL}?from=tomorrow")).await.status,
        400
    );
    // What people read leads to what proves it.
    let log = client.get("/admin/audit").await;
    assert!(
        log.body.contains(&format!("{TRAIL}?request={REQUEST}")),
        "{}",
        log.body
    );
}

#[tokio::test]
async fn the_log_is_narrowed_to_a_kind_a_person_and_days_on_the_page_and_by_programs() {
    let app = test_app().await;
    let (dealer, client) = changed_dealer(&app).await;
    let admin = app.api_as(Role::Admin).await;
    let body = json!({ "name": "Wires" });
    let made = admin
        .with("idempotency-key", "k")
        .post_json("/api/v1/categories", &body)
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let log = async |query: &str| {
        let answer = admin.get(&format!("/api/v1/audit/log?{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["data"].as_array().unwrap().clone()
    };
    let all = log("").await;
    let kinds = |rows: &[serde_json::Value]| {
        let kinds: std::collections::BTreeSet<String> = rows
            .iter()
            .map(|row| row["object_kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert!(kinds(&all).contains("category"), "{all:?}");
    let categories = log("object_kind=category").await;
    assert_eq!(
        (kinds(&categories).as_str(), categories.len()),
        ("category", 1)
    );
    let by = categories[0]["actor_id"].as_str().unwrap().to_owned();
    assert_eq!(kinds(&log(&format!("actor_id={by}")).await), "category");
    let one = log(&format!("object_kind=dealer&object_id={dealer}")).await;
    assert!(
        one.iter()
            .any(|row| row["detail"]["after"]["credit_limit"] == "80000.00"),
        "{one:?}"
    );
    let named = |row: &serde_json::Value| row["object_name"].as_str().map(str::to_owned);
    let dealer_page = client.get(&format!("/admin/dealers/{dealer}")).await.body;
    let name = named(&one[0]).expect("a dealer has a name");
    assert!(dealer_page.contains(&name), "{name}");
    let day = |days: i64| {
        let ist = vitaran_kernel::Clock::now(&app.clock) + chrono::TimeDelta::minutes(330);
        (ist + chrono::TimeDelta::days(days))
            .format("%Y-%m-%d")
            .to_string()
    };
    let (yesterday, today, tomorrow) = (day(-1), day(0), day(1));
    let here = log(&format!("from={today}&to={today}")).await;
    assert_eq!(here.len(), all.len());
    assert!(log(&format!("from={tomorrow}")).await.is_empty());
    assert!(log(&format!("to={yesterday}")).await.is_empty());

    let page = client.get("/admin/audit").await.body;
    assert!(page.contains("<option value=\"category\""), "{page}");
    let page = client
        .get(&format!("/admin/audit?kind=category&by={by}&from={today}"))
        .await
        .body;
    assert!(page.contains("Wires") && !page.contains("80000"), "{page}");
    let page = client
        .get(&format!("/admin/audit?to={yesterday}"))
        .await
        .body;
    assert!(page.contains("None fits these filters"), "{page}");
    let one = client
        .get(&format!("/admin/audit?kind=dealer&id={dealer}"))
        .await
        .body;
    assert!(one.contains("One record"), "{one}");
    assert!(
        one.contains(&format!("name=\"id\" value=\"{dealer}\"")),
        "the days keep the record: {one}"
    );
    let any = admin
        .get(&format!("/api/v1/audit/log?object_id={dealer}"))
        .await;
    assert_eq!(any.status, 400, "{}", any.body);
    let wrong = client.get("/admin/audit?from=soon").await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    let sales = app.api_as(Role::Sales).await;
    assert_eq!(sales.get("/api/v1/audit/log").await.status, 403);
}

#[tokio::test]
async fn the_file_holds_every_change_of_this_distributor_and_none_of_another() {
    let app = test_app().await;
    let (_, client) = changed_dealer(&app).await;
    let other = app.tenant("ampere", "29AMPCE5678B1ZI").await;
    Flow::in_tenant(&app, other.clone()).buyer(1_000).await;
    let flow = Flow::new(&app);
    for number in 0..60 {
        flow.product(&format!("SKU-{number}"), 1).await;
    }
    let file = client.get(&format!("{TRAIL}.csv")).await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        file.header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    let own = app.tenant.tenant.id;
    let rows = format!("SELECT count(*) FROM audit_trail WHERE tenant_id = '{own}'");
    let rows = usize::try_from(app.database.count(&rows).await).unwrap();
    // More than a page, so that it was put together of several.
    assert!(rows > 100, "{rows}");
    assert_eq!(file.body.lines().count(), rows + 1);
    assert!(!file.body.contains(&other.tenant.id.to_string()));
    assert!(
        file.body.contains("\"Credit limit\",\"changed\""),
        "{}",
        file.body
    );
}

#[tokio::test]
async fn a_program_reads_the_trail_page_by_page_and_each_change_once() {
    let app = test_app().await;
    let (dealer, _) = changed_dealer(&app).await;
    let program = app.api_as(Role::Accounts).await;
    let one = program
        .get(&format!("/api/v1/audit?object_id={dealer}&limit=1"))
        .await
        .json();
    let change = &one["data"][0];
    assert_eq!(
        (&change["table"], &change["operation"]),
        (&json!("dealer_credit"), &json!("UPDATE"))
    );
    assert_eq!(change["request_id"], json!(REQUEST));
    assert!(
        change["via"].as_str().unwrap().starts_with("session "),
        "{change}"
    );
    assert_eq!(change["after"]["credit_limit"], json!("80000.00"));

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = program
            .get(&format!("/api/v1/audit?limit=2&cursor={cursor}"))
            .await
            .json();
        let rows = page["data"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| {
            (
                row["transaction"].as_i64().unwrap(),
                row["position"].as_i64().unwrap(),
            )
        }));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let all = app.database.count("SELECT count(*) FROM audit_trail").await;
    assert_eq!(i64::try_from(seen.len()).unwrap(), all);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
    assert_eq!(
        app.api_as(Role::Sales)
            .await
            .get("/api/v1/audit")
            .await
            .status,
        403
    );
}
