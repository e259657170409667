//! The log of messages, sending one again, and WhatsApp's reports.

use hmac::{Hmac, Mac as _};
use serde_json::json;
use sha2::Sha256;
use vitaran_core::access::{PlatformSettingsWrite, Role};
use vitaran_core::notifications::{self, NewWhatsappAccount};
use vitaran_core::secrets::SecretKey;
use vitaran_tests::{SECRET_KEY, TestApp, test_app};

use crate::warehouse::approved;

const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
const VERIFY_TOKEN: &str = "a token for the hand-shake";
const HOOK: &str = "/webhooks/whatsapp/volt";

/// The message that an order is approved, to the dealer by WhatsApp, as it stands in the log.
async fn message(app: &TestApp, state: &str) -> uuid::Uuid {
    approved(app, &[("A-1", "10", 1)]).await;
    let which = "event = 'ORDER_APPROVED' AND channel = 'WHATSAPP'";
    app.database
        .execute(&format!(
            "UPDATE notification_logs SET {state} WHERE {which}"
        ))
        .await;
    app.database
        .id(&format!("SELECT id FROM notification_logs WHERE {which}"))
        .await
}

#[tokio::test]
async fn a_failed_message_is_found_and_sent_again_by_those_who_may_and_only_once() {
    let app = test_app().await;
    let id = message(
        &app,
        "status = 'FAILED', attempts = 5, last_error = 'Not on WhatsApp'",
    )
    .await;
    let accounts = app.sign_in_as(Role::Accounts).await;
    let list = accounts
        .get("/admin/notifications?status=FAILED&channel=WHATSAPP")
        .await;
    assert!(list.body.contains(&id.to_string()), "{}", list.body);
    let page = format!("/admin/notifications/{id}");
    let again = format!("{page}/requeue");
    let shown = accounts.get(&page).await;
    assert!(
        shown.body.contains("Not on WhatsApp") && shown.body.contains("Send again"),
        "{}",
        shown.body
    );

    let sales = app.sign_in_as(Role::Sales).await;
    assert!(
        !sales.get(&page).await.body.contains("Send again"),
        "sales may look, not send"
    );
    assert_eq!(sales.post_form(&again, &[]).await.status, 403);
    assert_eq!(
        app.sign_in_as(Role::Warehouse)
            .await
            .get(&page)
            .await
            .status,
        403
    );

    let sent = accounts.post_form(&again, &[]).await;
    assert_eq!((sent.status, sent.location()), (303, page.as_str()));
    let program = app.api_as(Role::Accounts).await;
    let now = program
        .get(&format!("/api/v1/notifications/{id}"))
        .await
        .json();
    assert_eq!(now["notification"]["status"], "PENDING");
    assert_eq!(now["history"][0]["event"], "REQUEUED");
    let twice = program
        .post_json(&format!("/api/v1/notifications/{id}/requeue"), &json!({}))
        .await;
    assert_eq!(
        (twice.status, twice.code().as_str()),
        (409, "notifications.wrong_state")
    );
    assert_eq!(
        program
            .get("/api/v1/notifications?status=LOST")
            .await
            .status,
        400
    );
}

async fn whatsapp(app: &TestApp) {
    let input = NewWhatsappAccount::parse(
        "106540352242922",
        "102290129340398",
        "EAAG-token-of-the-test-account",
        APP_SECRET,
        VERIFY_TOKEN,
    )
    .unwrap();
    let admin = app.tenant.actor(Role::Admin);
    let by = admin.allow::<PlatformSettingsWrite>().unwrap();
    let mut tx = app.db.begin(&by).await.unwrap();
    let key = SecretKey::parse(SECRET_KEY).unwrap();
    notifications::set_account(&mut tx, &by, &key, input)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn the_hand_shake_answers_whoever_knows_the_token() {
    let app = test_app().await;
    whatsapp(&app).await;
    let meta = app.client();
    let ask = |token: &str| {
        format!(
            "{HOOK}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={}",
            token.replace(' ', "+")
        )
    };
    let answer = meta.get(&ask(VERIFY_TOKEN)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "1158201444"));
    assert_eq!(meta.get(&ask("another")).await.status, 403);
    assert_eq!(
        meta.get("/webhooks/whatsapp/nobody?hub.mode=subscribe")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_signed_report_moves_the_message_on_and_a_forged_one_nothing() {
    let app = test_app().await;
    whatsapp(&app).await;
    let id = message(
        &app,
        "status = 'SENT', provider_message_id = 'wamid.TEST', sent_at = now()",
    )
    .await;
    let report = json!({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [{"field": "messages", "value": {
        "messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "statuses": [{"id": "wamid.TEST", "status": "delivered", "timestamp": "1795248000", "recipient_id": "919822011223"}],
    }}]}]})
    .to_string();
    let meta = app.client().with("content-type", "application/json");
    let state = format!(
        "SELECT count(*) FROM notification_logs WHERE id = '{id}' AND status = 'DELIVERED'"
    );
    for forged in ["sha256=00", &signature("another body")] {
        let answer = meta
            .with("x-hub-signature-256", forged)
            .post_bytes(HOOK, &report)
            .await;
        assert_eq!(answer.status, 401, "{forged}");
    }
    assert_eq!(meta.post_bytes(HOOK, &report).await.status, 401, "unsigned");
    assert_eq!(app.database.count(&state).await, 0);
    let signed = meta.with("x-hub-signature-256", &signature(&report));
    assert_eq!(signed.post_bytes(HOOK, &report).await.status, 200);
    assert_eq!(signed.post_bytes(HOOK, &report).await.status, 200, "again");
    assert_eq!(app.database.count(&state).await, 1);
}
