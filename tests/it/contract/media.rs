//! Bodies are JSON. No parser of anything else can be reached: not of XML, whose library has known faults.

use reqwest::Method;
use serde_json::Value;
use vitaran_core::access::Role;
use vitaran_tests::test_app;
use vitaran_web::openapi;

const OTHERS: [(&str, &str); 7] = [
    ("application/xml", "<a b='1' b='2'/>"),
    ("text/xml; charset=utf-8", "<a/>"),
    ("application/soap+xml", "<a/>"),
    ("application/x-www-form-urlencoded", "a=1"),
    ("multipart/form-data; boundary=b", "--b--"),
    ("text/plain", "{}"),
    ("application/yaml", "a: 1"),
];

#[tokio::test]
async fn a_body_that_is_not_json_is_415_on_every_operation_that_takes_one() {
    let app = test_app().await;
    let ready = |program: vitaran_tests::Client| {
        program
            .with("idempotency-key", "k")
            .with("if-match", "\"v1\"")
    };
    let program = ready(app.api_as(Role::Admin).await);
    let platform = ready(app.api_as_platform_admin().await);
    let document = openapi::documents().v3_1;
    let some_id = "0193a1b2-7c4e-7f01-8abc-23456789abcd";
    let mut tried = 0;
    for (path, method, operation) in openapi::operations(&document) {
        let Some(body) = operation.get("requestBody") else {
            continue;
        };
        let kinds: Vec<&String> = body["content"].as_object().unwrap().keys().collect();
        assert_eq!(kinds, ["application/json"], "{method} {path}");
        assert!(operation["responses"]["415"].is_object(), "{method} {path}");
        let mut address = path.to_owned();
        while let Some((before, rest)) = address.split_once('{') {
            let (_, after) = rest.split_once('}').unwrap();
            address = format!("{before}{some_id}{after}");
        }
        for (kind, text) in OTHERS {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let client = match path.contains("/v1/platform/") {
                true => &platform,
                false => &program,
            };
            let request = client.request(method.clone(), &address);
            let request = request.header("content-type", kind).body(text);
            let answer = client.send(request).await;
            assert_eq!(
                answer.status, 415,
                "{method} {path} {kind}: {}",
                answer.body
            );
            assert_eq!(answer.code(), "request.unsupported_type");
            tried += 1;
        }
    }
    assert!(tried >= 7 * 30, "{tried}");
}

#[test]
fn what_is_sent_to_us_is_closed_in_both_documents_and_what_we_send_is_not() {
    let documents = openapi::documents();
    for document in [&documents.v3_0, &documents.v3_1] {
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let is_closed = |name: &str| schemas[name]["additionalProperties"] == Value::Bool(false);
        for name in ["PlaceOrder", "PlaceOrderLine", "Rejection", "Delivery"] {
            assert!(is_closed(name), "{name}");
        }
        for name in ["Order", "OrderSummary", "Problem", "FieldFault"] {
            assert!(!is_closed(name), "{name}");
        }
    }
}
