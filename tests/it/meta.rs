//! WhatsApp through the whole worker: what goes to Meta, and what each kind of answer does to a message. The table of
//! codes, row by row, is held by the adapter's own tests; here stands one code of each class.

use serde_json::json;
use vitaran_kernel::OrderId;
use vitaran_tests::flow::{Buyer, Flow};
use vitaran_tests::meta::{API_VERSION, Call, Meta, PHONE_NUMBER_ID, Reply, TOKEN};
use vitaran_tests::{TestApp, test_app};

use crate::documents::poppler;

/// The dealer's person is reached at this number from now on.
pub async fn has_phone(app: &TestApp, buyer: Buyer, phone: &str) {
    let sql = format!(
        "UPDATE dealer_contacts SET phone = '{phone}' WHERE dealer_id = '{}'",
        buyer.dealer.as_uuid()
    );
    app.database.execute(&sql).await;
}

fn target(what: &str) -> String {
    format!("POST /{API_VERSION}/{PHONE_NUMBER_ID}/{what}")
}

/// The file in a form of several parts, and the form without it as text.
fn file_in(upload: &Call) -> (Vec<u8>, String) {
    let boundary = upload
        .header("content-type")
        .strip_prefix("multipart/form-data; boundary=")
        .expect("a form of parts");
    let end = format!("\r\n--{boundary}--\r\n").into_bytes();
    let find = |needle: &[u8]| {
        let mut windows = upload.body.windows(needle.len());
        windows.position(|window| window == needle)
    };
    let (start, end) = (find(b"%PDF-").unwrap(), find(&end).unwrap());
    let form = String::from_utf8(upload.body[..start].to_vec()).unwrap();
    (upload.body[start..end].to_vec(), form)
}

#[tokio::test]
async fn a_dispatch_goes_to_meta_as_its_pdf_and_a_message_that_shows_it() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let (cable, buyer) = (flow.product("CABLE", 9).await, flow.buyer(100_000).await);
    has_phone(&app, buyer, "+919876500042").await;
    let order = flow.packed(buyer, &[(cable, 2)]).await;
    meta.worker(&app).queues("whatsapp").once().await;
    let before = meta.messages().len();
    flow.dispatch(order).await.unwrap();
    meta.worker(&app).queues("render,whatsapp").once().await;

    let number = "SELECT number AS text FROM invoices";
    let number = app.database.text(number).await;
    let uploads = meta.uploads();
    assert_eq!(uploads.len(), 1);
    let upload = &uploads[0];
    assert_eq!(upload.target, target("media"));
    assert_eq!(upload.header("authorization"), format!("Bearer {TOKEN}"));
    let (pdf, form) = file_in(upload);
    for part in [
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
        "name=\"type\"\r\n\r\napplication/pdf\r\n",
        "name=\"file\"; filename=\"",
        "Content-Type: application/pdf\r\n",
    ] {
        assert!(
            form.to_lowercase().contains(&part.to_lowercase()),
            "{part} in {form}"
        );
    }
    let text = poppler("pdftotext", &["-layout"], &pdf, &["-"]);
    assert!(text.contains(&number), "{number} in {text}");

    let messages = meta.messages();
    assert_eq!(messages.len(), before + 1);
    let message = &messages[before];
    assert_eq!(message.target, target("messages"));
    assert_eq!(message.header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(message.header("content-type"), "application/json");
    let facts = "SELECT o.number || '|' || o.id AS text FROM orders o";
    let facts = app.database.text(facts).await;
    let (order_number, _) = facts.split_once('|').unwrap();
    let id = "SELECT id::text AS text FROM notification_logs WHERE event = 'ORDER_DISPATCHED' AND channel = 'WHATSAPP'";
    let texts = [
        "Test Traders",
        order_number,
        &number,
        "₹236.00",
        "Own vehicle",
        "-",
        "-",
    ];
    let texts = texts.map(|text| json!({ "type": "text", "text": text }));
    assert_eq!(
        message.json(),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "919876500042", "type": "template",
            "biz_opaque_callback_data": app.database.text(id).await,
            "template": { "name": "order_dispatched_v1", "language": { "code": "en" }, "components": [
                { "type": "header", "parameters": [{ "type": "document", "document": {
                    "id": format!("media-{}", before + 1), "filename": format!("{}.pdf", number.replace('/', "_")),
                } }] },
                { "type": "body", "parameters": texts },
            ] },
        })
    );
    let sent = "SELECT status || ' ' || provider_message_id AS text FROM notification_logs WHERE event = 'ORDER_DISPATCHED' AND channel = 'WHATSAPP'";
    assert_eq!(
        app.database.text(sent).await,
        format!("SENT wamid.{}", before + 2)
    );
}

/// A message's end in one line: its state, the minutes until it is tried again, its code, and its attempts.
async fn outcome(app: &TestApp, order: OrderId) -> String {
    let sql = format!(
        "SELECT n.status || coalesce(' in ' || CASE WHEN n.status = 'PENDING' THEN round(extract(epoch FROM n.next_attempt_at - a.last) / 60) END || ' min', '') \
         || ', code ' || coalesce(n.last_error_code::text, '-') || ', ' || n.attempts || ' counted: ' || a.events AS text \
         FROM notification_logs n, LATERAL (SELECT coalesce(max(at), now()) AS last, coalesce(string_agg(event, ' ' ORDER BY at, id), 'none') AS events FROM notification_attempts WHERE notification_id = n.id) a \
         WHERE n.order_id = '{}' AND n.channel = 'WHATSAPP' AND n.event = 'ORDER_PLACED'",
        order.as_uuid()
    );
    app.database.text(&sql).await
}

#[tokio::test]
async fn every_kind_of_answer_brings_its_message_to_its_own_end_and_holds_no_other_up() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let cable = flow.product("CABLE", 99).await;
    let cases = [
        (Reply::Accept, "SENT, code -, 1 counted: STARTED ACCEPTED"),
        (
            Reply::Refuse(500, 131_000),
            "PENDING in 1 min, code 131000, 1 counted: STARTED FAILED",
        ),
        // A code nobody knows is tried again.
        (
            Reply::Refuse(400, 987_654),
            "PENDING in 1 min, code 987654, 1 counted: STARTED FAILED",
        ),
        (
            Reply::Refuse(429, 131_056),
            "PENDING in 1 min, code 131056, 1 counted: STARTED FAILED",
        ),
        (
            Reply::Refuse(400, 131_049),
            "PENDING in 1440 min, code 131049, 1 counted: STARTED FAILED",
        ),
        (
            Reply::Refuse(400, 131_026),
            "FAILED, code 131026, 1 counted: STARTED FAILED",
        ),
        (
            Reply::Refuse(404, 132_001),
            "FAILED, code 132001, 1 counted: STARTED FAILED",
        ),
        (
            Reply::Refuse(400, 100),
            "FAILED, code 100, 1 counted: STARTED FAILED",
        ),
        // It may have gone out: nobody sends it again before a report had time to come.
        (
            Reply::BreakOff,
            "PENDING in 5 min, code -, 1 counted: STARTED UNKNOWN",
        ),
        (
            Reply::Hold,
            "PENDING in 5 min, code -, 1 counted: STARTED UNKNOWN",
        ),
    ];
    let mut orders = Vec::new();
    for (n, (reply, _)) in cases.iter().enumerate() {
        let buyer = flow.buyer(100_000).await;
        let phone = format!("+9198765001{n:02}");
        has_phone(&app, buyer, &phone).await;
        meta.reply_to(&phone, *reply);
        orders.push(flow.place(buyer, &[(cable, 1)]).await);
    }
    let program = meta.worker(&app).queues("whatsapp");
    program.once().await;
    for ((reply, wanted), order) in cases.iter().zip(&orders) {
        assert_eq!(outcome(&app, *order).await, *wanted, "{reply:?}");
    }
    assert_eq!(meta.messages().len(), cases.len(), "each was asked once");
    program.once().await;
    assert_eq!(
        meta.messages().len(),
        cases.len(),
        "and not before its time"
    );
}

#[tokio::test]
async fn a_provider_that_does_not_answer_holds_up_nobody_elses_messages() {
    let app = test_app().await;
    let flow = Flow::new(&app);
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    let cable = flow.product("CABLE", 99).await;
    let (silent, other) = (flow.buyer(100_000).await, flow.buyer(100_000).await);
    has_phone(&app, silent, "+919876500101").await;
    has_phone(&app, other, "+919876500102").await;
    meta.reply_to("+919876500101", Reply::Hold);
    let held = flow.place(silent, &[(cable, 1)]).await;
    let _worker = meta.worker(&app).queues("whatsapp").start();
    meta.until(1).await;
    let order = flow.place(other, &[(cable, 1)]).await;
    let status = |order: OrderId| {
        format!(
            "SELECT status AS text FROM notification_logs WHERE order_id = '{}' AND channel = 'WHATSAPP'",
            order.as_uuid()
        )
    };
    app.database.until(&status(order), "SENT").await;
    assert_eq!(app.database.text(&status(held)).await, "SENDING");
}

#[tokio::test]
async fn a_token_that_has_expired_pauses_its_tenant_alone_and_costs_no_attempt() {
    let app = test_app().await;
    let pump = app.tenant("pump", "29AMPCE5678B1ZI").await;
    let (volt, pump_flow) = (Flow::new(&app), Flow::in_tenant(&app, pump.clone()));
    let meta = Meta::start().await;
    meta.open_account(&app, &app.tenant).await;
    meta.open_account(&app, &pump).await;
    let mut orders = Vec::new();
    for (flow, phone) in [
        (&volt, "+919876500101"),
        (&volt, "+919876500101"),
        (&pump_flow, "+919876500102"),
    ] {
        let product = flow.product(&format!("CABLE-{}", orders.len()), 9).await;
        let buyer = flow.buyer(100_000).await;
        has_phone(&app, buyer, phone).await;
        orders.push(flow.place(buyer, &[(product, 1)]).await);
    }
    meta.reply_to("+919876500101", Reply::Refuse(401, 190));
    let program = meta.worker(&app).queues("whatsapp");
    program.once().await;
    for order in &orders[..2] {
        let outcome = outcome(&app, *order).await;
        assert!(
            outcome.starts_with("PENDING in 15 min") && outcome.contains(", 0 counted"),
            "{outcome}"
        );
    }
    assert_eq!(
        outcome(&app, orders[2]).await,
        "SENT, code -, 1 counted: STARTED ACCEPTED"
    );
    let paused = "SELECT string_agg(t.slug || ': ' || a.paused_reason, ', ') AS text FROM whatsapp_accounts a JOIN tenants t ON t.id = a.tenant_id WHERE a.paused_at IS NOT NULL";
    assert_eq!(
        app.database.text(paused).await,
        "volt: Refused: to +[number] by [hidden]"
    );

    // Whoever sets the account anew lets what waited go out.
    meta.reply_to("+919876500101", Reply::Accept);
    meta.open_account(&app, &app.tenant).await;
    program.once().await;
    for order in &orders[..2] {
        let outcome = outcome(&app, *order).await;
        assert!(outcome.starts_with("SENT, code -, 1 counted"), "{outcome}");
    }
}
