//! The client against a server that answers as Meta does, and as nobody should.

use std::time::Instant;

use bytes::Bytes;
use vitaran_core::ports::{
    AccessToken, BodyText, DocumentHeader, ErrorClass, FileName, Language, PhoneNumberId,
    TemplateName,
};
use vitaran_kernel::{ids::NotificationId, phone::Phone};

use super::{
    super::test_server::{Behaviour, TestServer},
    *,
};

const TOKEN: &str = "EAAGexample-canary-token";
const ACCEPTED: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"919876543210","wa_id":"919876543210"}],
    "messages":[{"id":"wamid.HBgMOTE5","message_status":"accepted"}]}"#;

fn account() -> WhatsappAccount {
    WhatsappAccount {
        phone_number_id: PhoneNumberId::parse("106540352242922").unwrap(),
        token: AccessToken::parse(TOKEN).unwrap(),
    }
}

fn message() -> TemplateMessage {
    TemplateMessage {
        notification_id: NotificationId::generate(),
        to: Phone::parse("98765 43210").unwrap(),
        template: TemplateName::parse("invoice_issued_v1").unwrap(),
        language: Language::parse("en").unwrap(),
        document: Some(DocumentHeader {
            media_id: MediaId::parse("1013859600285441").unwrap(),
            file_name: FileName::new("VLT/26-27/000123.pdf"),
        }),
        body: ["Ramesh\nTraders", "VLT/26-27/000123", "₹1,18,000.00"]
            .map(BodyText::new)
            .to_vec(),
    }
}

fn client(url: &str) -> WhatsappMeta {
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        total: Duration::from_millis(600),
    };
    let config = MetaConfig::parse(url, "v24.0").unwrap();
    WhatsappMeta::with_timeouts(config, ErrorClassTable::default(), timeouts).unwrap()
}

async fn send_to(behaviour: Behaviour) -> Result<Accepted, SendError> {
    let server = TestServer::start(behaviour).await;
    client(&server.url)
        .send_template(&account(), &message())
        .await
}

fn graph_error(code: &str, details: &str) -> String {
    format!(
        r#"{{"error":{{"message":"(#{code}) title","type":"OAuthException","code":{code},
        "error_data":{{"messaging_product":"whatsapp","details":"{details}"}},"fbtrace_id":"A4O5a8RAgePwbcGSu"}}}}"#
    )
}

#[tokio::test]
async fn a_message_is_sent_in_the_form_meta_documents() {
    let server = TestServer::start(Behaviour::json("200 OK", ACCEPTED)).await;
    let message = message();
    let accepted = client(&server.url)
        .send_template(&account(), &message)
        .await
        .unwrap();
    assert_eq!(accepted.message_id, "wamid.HBgMOTE5");
    assert_eq!(accepted.status, AcceptedStatus::Accepted);

    let [request] = server.requests().try_into().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /v24.0/106540352242922/messages HTTP/1.1"),
        "{head}"
    );
    assert!(
        head.contains(&format!("authorization: Bearer {TOKEN}")),
        "{head}"
    );
    assert!(head.contains("content-type: application/json"), "{head}");
    let wanted = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "919876543210", "type": "template",
        "biz_opaque_callback_data": message.notification_id.to_string(),
        "template": {"name": "invoice_issued_v1", "language": {"code": "en"}, "components": [
            {"type": "header", "parameters": [{"type": "document",
                "document": {"id": "1013859600285441", "filename": "VLT_26-27_000123.pdf"}}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Ramesh Traders"},
                {"type": "text", "text": "VLT/26-27/000123"}, {"type": "text", "text": "₹1,18,000.00"}]},
        ]},
    });
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), wanted);
}

#[test]
fn a_template_without_document_and_values_has_no_components() {
    let bare = TemplateMessage {
        document: None,
        body: Vec::new(),
        ..message()
    };
    assert_eq!(template_request(&bare)["template"]["components"], json!([]));
}

#[tokio::test]
async fn a_document_is_uploaded_as_a_pdf_with_its_name() {
    let server = TestServer::start(Behaviour::json("200 OK", r#"{"id":"1013859600285441"}"#)).await;
    let file = MediaFile {
        file_name: FileName::new("VLT/1.pdf"),
        bytes: Bytes::from_static(b"%PDF-1.7 words"),
    };
    let id = client(&server.url)
        .upload_media(&account(), file)
        .await
        .unwrap();
    assert_eq!(id.as_str(), "1013859600285441");

    let [request] = server.requests().try_into().unwrap();
    assert!(
        request.starts_with("POST /v24.0/106540352242922/media HTTP/1.1"),
        "{request}"
    );
    for part in [
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
        "name=\"type\"\r\n\r\napplication/pdf\r\n",
        "name=\"file\"; filename=\"VLT_1.pdf\"\r\n",
        "application/pdf\r\n\r\n%PDF-1.7 words\r\n",
    ] {
        assert!(request.contains(part), "{part:?} in {request}");
    }
}

#[tokio::test]
async fn every_error_of_metas_has_its_class_and_was_not_sent() {
    let cases = [
        (
            "429 Too Many Requests",
            "131056",
            ErrorClass::RetryRecipientLater,
        ),
        ("429 Too Many Requests", "130429", ErrorClass::Retry),
        ("404 Not Found", "132001", ErrorClass::PauseTemplate),
        ("400 Bad Request", "132000", ErrorClass::PauseTemplate),
        ("400 Bad Request", "131026", ErrorClass::RecipientPermanent),
        ("400 Bad Request", "100", ErrorClass::RequestPermanent),
        ("401 Unauthorized", "190", ErrorClass::PauseChannel),
        ("401 Unauthorized", "4711", ErrorClass::PauseChannel),
        ("500 Internal Server Error", "131000", ErrorClass::Retry),
        ("503 Service Unavailable", "2", ErrorClass::Retry),
        ("400 Bad Request", "999999", ErrorClass::Retry),
        (
            "400 Bad Request",
            "\"131026\"",
            ErrorClass::RecipientPermanent,
        ),
        // An error is an error, whatever the status says.
        ("200 OK", "131026", ErrorClass::RecipientPermanent),
    ];
    for (status, code, class) in cases {
        let body = graph_error(code, "why").replace("(#\"131026\")", "(#131026)");
        let error = send_to(Behaviour::json(status, &body)).await.unwrap_err();
        assert_eq!(
            (error.class, error.outcome),
            (class, Outcome::NotSent),
            "{status} {code}"
        );
        assert_eq!(error.code, code.trim_matches('"').parse().ok());
        assert_eq!(error.detail, "why");
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_tried_again_and_unknown_only_where_it_may_have_been_sent()
{
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(MAX_ANSWER_BYTES));
    let deep = "[".repeat(50_000);
    let cases = [
        ("200 OK", "", Outcome::Unknown),
        ("200 OK", "<html>hello</html>", Outcome::Unknown),
        ("200 OK", "{}", Outcome::Unknown),
        ("200 OK", r#"{"messages":[]}"#, Outcome::Unknown),
        ("200 OK", r#"{"messages":[{"id":""}]}"#, Outcome::Unknown),
        (
            "200 OK",
            r#"{"messages":[{"id":"two words"}]}"#,
            Outcome::Unknown,
        ),
        ("200 OK", r#"{"messages":[{"id":7}]}"#, Outcome::Unknown),
        (
            "200 OK",
            r#"{"messages":{"0":{"id":"x"}}}"#,
            Outcome::Unknown,
        ),
        ("200 OK", r#"{"error":"no"}"#, Outcome::Unknown),
        ("200 OK", &long, Outcome::Unknown),
        ("200 OK", &deep, Outcome::Unknown),
        ("500 Internal Server Error", "oops", Outcome::Unknown),
        ("502 Bad Gateway", "", Outcome::Unknown),
        ("504 Gateway Timeout", "", Outcome::Unknown),
        ("503 Service Unavailable", "", Outcome::NotSent),
        ("429 Too Many Requests", "slow down", Outcome::NotSent),
        ("400 Bad Request", "{\"error\":", Outcome::NotSent),
        ("404 Not Found", "{}", Outcome::NotSent),
    ];
    for (status, body, outcome) in cases {
        let error = send_to(Behaviour::json(status, body)).await.unwrap_err();
        let shown = body.get(..40.min(body.len()));
        assert_eq!(
            (error.class, error.outcome),
            (ErrorClass::Retry, outcome),
            "{status} {shown:?}"
        );
        assert_eq!(error.code, None);
    }
}

#[tokio::test]
async fn a_bare_401_pauses_the_channel() {
    let error = send_to(Behaviour::json("401 Unauthorized", ""))
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.outcome),
        (ErrorClass::PauseChannel, Outcome::NotSent)
    );
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_the_outcome_open() {
    for behaviour in [
        Behaviour::CloseAfterReading,
        Behaviour::CloseInTheBody("200 OK"),
        Behaviour::Hang,
        Behaviour::Drip,
    ] {
        let start = Instant::now();
        let error = send_to(behaviour.clone()).await.unwrap_err();
        assert_eq!(
            (error.class, error.outcome),
            (ErrorClass::Retry, Outcome::Unknown),
            "{behaviour:?}"
        );
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{behaviour:?} took {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url)
        .send_template(&account(), &message())
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.outcome),
        (ErrorClass::Retry, Outcome::NotSent)
    );
    assert_eq!(error.detail, "no connection");
}

#[tokio::test]
async fn a_failed_upload_has_told_nobody_anything() {
    for behaviour in [
        Behaviour::Hang,
        Behaviour::CloseAfterReading,
        Behaviour::json("200 OK", r#"{"id":"../../x"}"#),
        Behaviour::json("502 Bad Gateway", ""),
    ] {
        let server = TestServer::start(behaviour.clone()).await;
        let file = MediaFile {
            file_name: FileName::new("a.pdf"),
            bytes: Bytes::from_static(b"%PDF-"),
        };
        let error = client(&server.url)
            .upload_media(&account(), file)
            .await
            .unwrap_err();
        assert_eq!(error.outcome, Outcome::NotSent, "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_the_token_nowhere() {
    let elsewhere = TestServer::start(Behaviour::json("200 OK", ACCEPTED)).await;
    let location: &'static str =
        Box::leak(format!("Location: {}/x\r\n", elsewhere.url).into_boxed_str());
    for status in [
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let error = send_to(Behaviour::Answer(status, location, Vec::new()))
            .await
            .unwrap_err();
        assert_eq!(
            (error.class, error.outcome),
            (ErrorClass::Retry, Outcome::NotSent),
            "{status}"
        );
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn no_error_repeats_the_token_or_a_phone_number() {
    let details = format!(
        "token {TOKEN} may not write to 919876543210 or +91 98765 43210\\u000a{}",
        "x ".repeat(2_000)
    );
    let answers = [
        Behaviour::json("400 Bad Request", &graph_error("100", &details)),
        Behaviour::json("500 Internal Server Error", TOKEN),
        Behaviour::Hang,
        Behaviour::CloseAfterReading,
    ];
    for behaviour in answers {
        let error = send_to(behaviour).await.unwrap_err();
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(
            !shown.contains(TOKEN) && !shown.contains("43210"),
            "{shown}"
        );
        assert!(
            error.detail.chars().count() <= 300 && !error.detail.contains('\n'),
            "{shown}"
        );
    }
    assert!(!format!("{:?} {:?}", client("http://127.0.0.1:1"), account()).contains(TOKEN));
}

#[tokio::test]
async fn the_pause_that_is_asked_for_is_kept_within_a_day() {
    let cases = [
        ("Retry-After: 7\r\n", Some(7)),
        ("Retry-After: 99999999\r\n", Some(86_400)),
        ("Retry-After: 99999999999999999999999\r\n", None),
        ("Retry-After: -5\r\n", None),
        ("Retry-After: soon\r\n", None),
        (
            "Retry-After: Sat, 21 Nov 2026 10:01:00 GMT\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n",
            Some(60),
        ),
        (
            "Retry-After: Sat, 21 Nov 2026 10:00:00 GMT\r\nDate: Sat, 21 Nov 2026 10:01:00 GMT\r\n",
            None,
        ),
        ("Retry-After: Sat, 21 Nov 2026 10:01:00 GMT\r\n", None),
        ("", None),
    ];
    for (headers, seconds) in cases {
        let error = send_to(Behaviour::Answer(
            "429 Too Many Requests",
            headers,
            Vec::new(),
        ))
        .await
        .unwrap_err();
        assert_eq!(
            error.retry_after,
            seconds.map(Duration::from_secs),
            "{headers}"
        );
    }
}

#[tokio::test]
async fn an_accepted_message_that_is_held_back_says_so() {
    for (word, status) in [
        (
            "held_for_quality_assessment",
            AcceptedStatus::HeldForQualityAssessment,
        ),
        ("paused", AcceptedStatus::Paused),
        ("something new", AcceptedStatus::Other),
    ] {
        let accepted = send_to(Behaviour::json(
            "200 OK",
            &ACCEPTED.replace("accepted", word),
        ))
        .await
        .unwrap();
        assert_eq!(accepted.status, status);
    }
}

#[test]
fn only_https_or_this_machine_is_an_address_for_tokens() {
    for wrong in [
        "http://graph.facebook.com",
        "http://127.0.0.1.example.in",
        "http://10.0.0.1",
        "ftp://localhost",
        "https://user:pw@graph.facebook.com",
        "https://graph.facebook.com/?x=y",
        "https://x/#y",
        "graph.facebook.com",
        "",
    ] {
        assert_eq!(
            MetaConfig::parse(wrong, "v24.0").unwrap_err(),
            MetaConfigError::BaseUrl,
            "{wrong}"
        );
    }
    for wrong in ["", "24.0", "v24", "v.0", "v24.", "v24.0/..", "V24.0"] {
        let error = MetaConfig::parse("https://graph.facebook.com", wrong).unwrap_err();
        assert_eq!(error, MetaConfigError::ApiVersion, "{wrong}");
    }
    for base in ["https://graph.facebook.com", "https://graph.facebook.com/"] {
        let url = MetaConfig::parse(base, "v24.0")
            .unwrap()
            .endpoint(&account(), "messages");
        assert_eq!(
            url.as_str(),
            "https://graph.facebook.com/v24.0/106540352242922/messages"
        );
    }
}
