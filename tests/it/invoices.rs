//! Invoices on screen, over the API and as files; receipts against them.

use serde_json::{Value, json};
use vitaran_core::access::Role;
use vitaran_core::invoicing::verify_chain;
use vitaran_core::ports::{FilePath, InvoiceCopy};
use vitaran_kernel::InvoiceId;
use vitaran_tests::flow::Flow;
use vitaran_tests::{TestApp, test_app};

use crate::warehouse::{approved, by_api};

const NOBODYS: &str = "01890000-0000-7000-8000-000000000000";

/// A dispatched order's invoice, as the API shows it.
async fn invoice(app: &TestApp, sku: &str) -> Value {
    let order = approved(app, &[(sku, "10", 2)]).await;
    by_api(&app.api_as(Role::Warehouse).await, &order).await;
    let program = app.api_as(Role::Accounts).await;
    let list = program.get("/api/v1/invoices").await.json();
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    program.get(&format!("/api/v1/invoices/{id}")).await.json()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// Puts a PDF where the worker would have put it.
async fn render(app: &TestApp, invoice: &Value, bytes: &[u8]) {
    let id = InvoiceId::parse(text(invoice, "id")).unwrap();
    let path = FilePath::invoice(app.tenant.tenant.id, id, InvoiceCopy::Original);
    let file = app.files.join(path.as_str());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, bytes).unwrap();
    let sql = format!(
        "UPDATE document_renders SET status = 'DONE', path = '{}', sha256 = 'x', size_bytes = {}, rendered_at = now() WHERE invoice_id = '{id}'",
        path.as_str(),
        bytes.len()
    );
    app.database.execute(&sql).await;
}

#[tokio::test]
async fn page_and_api_show_one_invoice_and_the_series_is_whole() {
    let app = test_app().await;
    let invoice = invoice(&app, "A-1").await;
    assert_eq!(text(&invoice, "total"), "236.00");
    assert_eq!(text(&invoice["lines"][0], "total"), "236.00");
    assert_eq!(text(&invoice, "open"), "236.00");
    let browser = app.sign_in_as(Role::Accounts).await;
    let page = browser
        .get(&format!("/admin/invoices/{}", text(&invoice, "id")))
        .await;
    assert_eq!(page.status, 200);
    for expected in ["number", "hash", "previous_hash", "amount_in_words"] {
        assert!(page.body.contains(text(&invoice, expected)), "{expected}");
    }
    let series = browser.get("/admin/invoices/series?check=1").await;
    assert!(
        series.body.contains("every one is as it was issued"),
        "{}",
        series.body
    );
    app.database
        .execute(
            "ALTER TABLE invoice_lines DISABLE TRIGGER USER; UPDATE invoice_lines SET quantity = 3",
        )
        .await;
    let series = browser.get("/admin/invoices/series?check=1").await;
    assert!(
        series
            .body
            .contains("its content is not what its hash was made of"),
        "{}",
        series.body
    );
}

#[tokio::test]
async fn a_series_without_its_counter_is_checked_all_the_same_and_the_counter_missed() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let product = flow.product("CABLE", 10).await;
    let buyer = flow.buyer(100_000).await;
    for _ in 0..2 {
        let order = flow.packed(buyer, &[(product, 1)]).await;
        flow.dispatch(order).await.expect("a dispatch");
    }
    let by = flow.by();
    let mut tx = flow.db.begin_read(&by).await.expect("BEGIN");
    let whole = verify_chain(&mut tx, &by).await.expect("a report");
    assert_eq!((whole.series, whole.invoices), (1, 2));
    assert_eq!(whole.faults, []);
    drop(tx);
    app.database.execute("DELETE FROM document_counters").await;
    let mut tx = flow.db.begin_read(&by).await.expect("BEGIN");
    let torn = verify_chain(&mut tx, &by).await.expect("a report");
    assert_eq!((torn.series, torn.invoices), (1, 2));
    let said: Vec<_> = torn
        .faults
        .iter()
        .map(|fault| (fault.number.ends_with("000002"), fault.fault.as_str()))
        .collect();
    assert_eq!(said, [(true, "the series' counter is missing")]);
}

#[tokio::test]
async fn a_search_gives_the_rows_alone_and_filters_hold() {
    let app = test_app().await;
    let invoice = invoice(&app, "A-1").await;
    let browser = app.sign_in_as(Role::Accounts).await;
    let part = browser.htmx().get("/admin/invoices?q=1&open=1").await;
    assert!(
        !part.body.contains("<html") && part.body.contains(text(&invoice, "number")),
        "{}",
        part.body
    );
    let none = browser
        .get("/admin/invoices?from=2020-01-01&to=2020-01-31")
        .await;
    assert!(none.body.contains("No such invoice"), "{}", none.body);
    assert_eq!(
        browser.get("/admin/invoices?from=yesterday").await.status,
        400
    );
    assert_eq!(
        app.sign_in_as(Role::Dealer)
            .await
            .get("/admin/invoices")
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn the_pdf_is_a_file_with_the_invoices_number_for_staff_and_the_own_dealer_alone() {
    let app = test_app().await;
    let invoice = invoice(&app, "A-1").await;
    render(&app, &invoice, b"%PDF-1.7 test").await;
    let id = text(&invoice, "id").to_owned();
    let file_name = format!(
        "attachment; filename=\"{}.pdf\"",
        text(&invoice, "number").replace('/', "_")
    );
    let browser = app.sign_in_as(Role::Accounts).await;
    let program = app.api_as(Role::Accounts).await;
    let page = browser.get(&format!("/admin/invoices/{id}/pdf")).await;
    let api = program.get(&format!("/api/v1/invoices/{id}/pdf")).await;
    for answer in [&page, &api] {
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "%PDF-1.7 test")
        );
        assert_eq!(answer.header("content-type"), Some("application/pdf"));
        assert_eq!(
            answer.header("content-disposition"),
            Some(file_name.as_str())
        );
    }
    let known = browser.with("if-none-match", page.header("etag").unwrap());
    assert_eq!(
        known.get(&format!("/admin/invoices/{id}/pdf")).await.status,
        304
    );
    assert_eq!(
        browser
            .get(&format!("/admin/invoices/{id}/pdf?copy=fourth"))
            .await
            .status,
        400
    );

    let stranger = app.sign_in_as(Role::Dealer).await;
    let hidden = stranger.get(&format!("/portal/invoices/{id}/pdf")).await;
    let missing = stranger
        .get(&format!("/portal/invoices/{NOBODYS}/pdf"))
        .await;
    assert_eq!((hidden.status, missing.status), (404, 404));
    let stranger = app.api_as(Role::Dealer).await;
    let hidden = stranger.get(&format!("/api/v1/invoices/{id}")).await;
    let missing = stranger.get(&format!("/api/v1/invoices/{NOBODYS}")).await;
    assert_eq!(hidden.status, 404);
    assert_eq!(hidden.without_ids(), missing.without_ids());
}

#[tokio::test]
async fn a_receipt_is_recorded_once_pays_the_oldest_and_says_all_faults() {
    let app = test_app().await;
    let invoice = invoice(&app, "A-1").await;
    let program = app.api_as(Role::Accounts).await;
    let receipt = json!({
        "dealer_id": invoice["dealer_id"], "amount": "100.00", "mode": "UPI", "reference": "UTR 1", "received_on": text(&invoice, "issued_at")[..10],
    });
    assert_eq!(
        program.post_json("/api/v1/receipts", &receipt).await.status,
        400,
        "without a key"
    );
    let once = program.with("idempotency-key", "receipt-1");
    let first = once.post_json("/api/v1/receipts", &receipt).await;
    assert_eq!(first.status, 201, "{}", first.body);
    assert_eq!(
        first.json()["allocations"],
        json!([{"invoice_id": invoice["id"], "amount": "100.00"}])
    );
    let again = once.post_json("/api/v1/receipts", &receipt).await;
    assert_eq!((again.status, again.body), (201, first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = program.with("idempotency-key", "receipt-2");
    assert_eq!(
        other.post_json("/api/v1/receipts", &receipt).await.status,
        409,
        "the same reference"
    );
    let wrong = json!({"dealer_id": invoice["dealer_id"], "amount": "0", "mode": "GOLD", "reference": "", "received_on": "soon"});
    let refused = program
        .with("idempotency-key", "receipt-3")
        .post_json("/api/v1/receipts", &wrong)
        .await;
    assert_eq!(
        (
            refused.status,
            refused.json()["errors"].as_array().unwrap().len()
        ),
        (422, 4),
        "{}",
        refused.body
    );
    let now = program
        .get(&format!("/api/v1/invoices/{}", text(&invoice, "id")))
        .await
        .json();
    assert_eq!(
        (text(&now, "paid"), text(&now, "open")),
        ("100.00", "136.00")
    );
    let sales = app
        .api_as(Role::Sales)
        .await
        .with("idempotency-key", "receipt-4");
    assert_eq!(
        sales.post_json("/api/v1/receipts", &receipt).await.status,
        403
    );
}
