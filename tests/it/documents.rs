//! An invoice's PDF through the real web, worker and renderer: what stands in it, and that no failure of it harms a
//! dispatch.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vitaran_core::access::{Role, SalesDealersWrite};
use vitaran_core::testkit::dealer;
use vitaran_kernel::OrderId;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::meta::Meta;
use vitaran_tests::process::Program;
use vitaran_tests::renderer::BadRenderer;
use vitaran_tests::{Client, TestApp, test_app};

const BUYERS_GSTIN: &str = "27AAPFU0939F1ZV";
/// Each time the server itself waits ten seconds first.
const TIMES_TO_COME_BACK: usize = 6;
const RENDERS: &str = "SELECT string_agg(copy || ' ' || status || ' after ' || attempts, ', ') AS text FROM document_renders";

/// What a tool of poppler's says of a PDF.
pub fn poppler(tool: &str, options: &[&str], pdf: &[u8], last: &[&str]) -> String {
    let path = std::env::temp_dir().join(format!("vitaran-test-{}.pdf", uuid::Uuid::now_v7()));
    std::fs::write(&path, pdf).unwrap();
    let answer = Command::new(tool)
        .args(options)
        .arg(&path)
        .args(last)
        .output();
    let answer = answer.unwrap_or_else(|error| panic!("{tool}, of poppler-utils: {error}"));
    std::fs::remove_file(&path).unwrap();
    let complaint = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{tool}: {complaint}");
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

pub fn sha256_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Every file that is kept for the tenants, finished or not.
pub fn files_of(app: &TestApp) -> Vec<PathBuf> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() {
                below(&path, found);
            } else {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    below(&app.files.join("tenants"), &mut found);
    found
}

/// A registered dealer whose name is Hindi, and a product whose name is Tamil, on an order that is packed.
async fn packed_in_three_scripts(app: &TestApp, flow: &Flow) -> OrderId {
    let lamp = flow.product("LAMP", 9).await;
    let mut tx = app.begin::<SalesDealersWrite>().await;
    let (dealer, ship_to) = dealer()
        .gstin(BUYERS_GSTIN)
        .insert(&mut tx, &app.tenant)
        .await;
    tx.commit().await.unwrap();
    app.database
        .execute("UPDATE dealers SET legal_name = 'शर्मा विद्युत भंडार'; UPDATE products SET name = 'எல்இடி விளக்கு'")
        .await;
    flow.packed(Buyer { dealer, ship_to }, &[(lamp, 3)]).await
}

/// A program signed in to the real web as somebody of the accounts.
async fn accounts_at(app: &TestApp, web: &Program) -> Client {
    let person = app.person(Role::Accounts).await;
    let client = Client::new(web.base());
    let login = serde_json::json!({ "email": person.email, "password": person.password });
    let answer = client.post_json("/api/v1/auth/login", &login).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    client.bearer(answer.json()["access_token"].as_str().unwrap())
}

async fn only_invoice(client: &Client) -> Value {
    let list = client.get("/api/v1/invoices").await.json();
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    client.get(&format!("/api/v1/invoices/{id}")).await.json()
}

/// Downloads as a program should: one that is told that the PDF is being prepared comes back for it.
async fn download(client: &Client, invoice: &Value, copy: &str) -> Vec<u8> {
    let id = invoice["id"].as_str().unwrap();
    let path = format!("/api/v1/invoices/{id}/pdf?copy={copy}");
    for _ in 0..TIMES_TO_COME_BACK {
        let response = client.open(&path).await;
        let status = response.status().as_u16();
        let comes_later = response.headers().contains_key("retry-after");
        let bytes = response.bytes().await.unwrap().to_vec();
        if status == 200 {
            return bytes;
        }
        let said = String::from_utf8_lossy(&bytes);
        let says_why = said.contains("The PDF is being prepared");
        assert!(status == 503 && comes_later && says_why, "{status} {said}");
    }
    panic!("the PDF was being prepared {TIMES_TO_COME_BACK} times");
}

fn text_of(pdf: &[u8]) -> String {
    let laid_out = poppler("pdftotext", &["-layout"], pdf, &["-"]);
    // However a table is set, its words stand in a row.
    laid_out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_pdf_says_what_the_law_wants_in_every_script_and_is_made_again_alike_when_its_file_is_lost()
 {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let order = packed_in_three_scripts(&app, &flow).await;
    let web = Program::web(&app);
    let (_web, _worker) = (web.serve().await, Program::worker(&app).start());
    flow.dispatch(order).await.unwrap();
    let accounts = accounts_at(&app, &web).await;
    let invoice = only_invoice(&accounts).await;
    let pdf = download(&accounts, &invoice, "original").await;

    let text = text_of(&pdf);
    for wanted in [
        invoice["number"].as_str().unwrap(),
        invoice["amount_in_words"].as_str().unwrap(),
        "TAX INVOICE",
        "GSTIN 27VOLTC1234A1ZU",
        &format!("GSTIN {BUYERS_GSTIN}"),
        "Maharashtra (27)",
        "853620",
        "Tax summary by HSN",
        "Rupees Three Hundred Fifty Four",
        "₹ 354.00",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    let (_, summary) = text.split_once("Tax summary by HSN").unwrap();
    let row = "853620 3 NOS 300.00 9% + 9% 27.00 27.00 54.00";
    assert!(summary.contains(row), "{row} in {summary}");

    let fonts = poppler("pdffonts", &[], &pdf, &[]);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    for row in &rows {
        // The columns from the right: object (two numbers), unicode, subset, embedded.
        let embedded = row.split_whitespace().rev().nth(4);
        assert_eq!(embedded, Some("yes"), "{fonts}");
    }
    for script in ["NotoSansDevanagari", "NotoSansTamil"] {
        let is_there = |row: &&str| row.replace('-', "").contains(script);
        assert!(rows.iter().any(is_there), "{script} in {fonts}");
    }

    let copy = text_of(&download(&accounts, &invoice, "triplicate").await);
    assert!(copy.to_lowercase().contains("triplicate"), "{copy}");
    assert!(!text.to_lowercase().contains("triplicate"), "{text}");

    for file in files_of(&app) {
        std::fs::remove_file(file).unwrap();
    }
    let again = download(&accounts, &invoice, "original").await;
    assert_eq!(text_of(&again), text);
    assert_eq!(sha256_of(&again), sha256_of(&pdf), "to the byte");
    assert_eq!(files_of(&app).len(), 1, "only what was asked for");
}

/// Dispatches with a renderer that goes wrong, and lets its attempts pass until the render stands so.
async fn fails_until(app: &TestApp, render: &Program, standings: &[&str]) {
    for standing in standings {
        render.once().await;
        assert_eq!(app.database.text(RENDERS).await, *standing);
        app.database
            .execute("UPDATE document_renders SET next_attempt_at = now() WHERE status = 'PENDING'")
            .await;
    }
}

#[tokio::test]
async fn a_renderer_that_always_fails_undoes_no_dispatch_and_the_dealer_hears_of_it_without_a_pdf()
{
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    let order = flow.packed(buyer, &[(cable, 2)]).await;
    flow.dispatch(order).await.unwrap();
    let failing = BadRenderer::that_fails();
    let worker = meta
        .worker(&app)
        .with("WEASYPRINT_PYTHON", failing.program().display().to_string());
    let told = "SELECT status || ' at ' || next_attempt_at AS text FROM notification_logs WHERE event = 'ORDER_DISPATCHED' AND channel = 'WHATSAPP'";
    worker.clone().queues("whatsapp").once().await;
    assert_eq!(
        app.database.text(told).await,
        "PENDING at infinity",
        "it waits for its PDF"
    );

    let standings = [
        "ORIGINAL PENDING after 1",
        "ORIGINAL PENDING after 2",
        "ORIGINAL PENDING after 3",
        "ORIGINAL PENDING after 4",
        "ORIGINAL FAILED after 5",
    ];
    fails_until(&app, &worker.clone().queues("render"), &standings).await;
    assert_eq!(failing.asked(), 5);
    let standing = "SELECT o.status || ', ' || count(i.id) || ' invoice' AS text FROM orders o LEFT JOIN invoices i ON i.order_id = o.id GROUP BY o.status";
    assert_eq!(app.database.text(standing).await, "DISPATCHED, 1 invoice");

    worker.queues("whatsapp").once().await;
    let messages = meta.messages();
    let last = &messages.last().unwrap().json()["template"];
    assert_eq!(last["name"], "order_dispatched_text_v1");
    let components = last["components"].as_array().unwrap();
    assert!(
        components.iter().all(|part| part["type"] != "header"),
        "{last}"
    );
    assert_eq!(meta.uploads().len(), 0);

    // With the renderer mended, whoever wants the PDF gets it.
    let web = Program::web(&app);
    let (_web, _worker) = (web.serve().await, Program::worker(&app).start());
    let accounts = accounts_at(&app, &web).await;
    let invoice = only_invoice(&accounts).await;
    let pdf = download(&accounts, &invoice, "original").await;
    assert!(text_of(&pdf).contains(invoice["number"].as_str().unwrap()));
}

#[tokio::test]
async fn a_renderer_that_hangs_is_killed_at_its_limit_and_the_pdf_is_tried_again() {
    // The limit is 45 seconds and no setting: only a deep run waits for it. The renderer's own tests look at it always.
    if std::env::var_os("VITARAN_DEEP").is_none() {
        return;
    }
    let app = test_app().await;
    let flow = Flow::new(&app);
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    let order = flow.packed(buyer, &[(cable, 2)]).await;
    flow.dispatch(order).await.unwrap();
    let hanging = BadRenderer::that_hangs();
    let render = Program::worker(&app).queues("render");
    let bad = render
        .clone()
        .with("WEASYPRINT_PYTHON", hanging.program().display().to_string());
    fails_until(&app, &bad, &["ORIGINAL PENDING after 1"]).await;
    assert_eq!(hanging.asked(), 1);
    render.once().await;
    assert_eq!(app.database.text(RENDERS).await, "ORIGINAL DONE after 2");
}
