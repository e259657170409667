//! Every answer of the API says how much may still be asked.

use reqwest::Method;
use vitaran_core::access::Role;
use vitaran_tests::{Answer, test_app_with};
use vitaran_web::openapi;

/// `"network";r=87;t=7` as (87, 7).
fn left(answer: &Answer) -> (i64, i64) {
    let text = answer.header("ratelimit").expect("RateLimit");
    let rest = text.strip_prefix("\"network\";r=").expect(text);
    let (left, seconds) = rest.split_once(";t=").expect(text);
    (left.parse().unwrap(), seconds.parse().unwrap())
}

#[tokio::test]
async fn each_request_leaves_one_less_until_none_is_left_and_then_says_when_to_come_back() {
    let app = test_app_with(|config| config.requests_per_10s = 20).await;
    let program = app.api_as(Role::Sales).await;
    let refused = program.get("/api/v1/orders?limit=0").await;
    let missing = program.get("/api/v1/nothing").await;
    let nobody = app.client().get("/api/v1/me").await;
    let document = app.client().get("/api/openapi.json").await;
    let wrong_method = program.request(Method::DELETE, "/api/v1/orders");
    let wrong_method = program.send(wrong_method).await;
    let answers = [refused, missing, nobody, document, wrong_method];
    assert_eq!(
        answers.each_ref().map(|answer| answer.status),
        [400, 404, 401, 200, 405]
    );
    let (before, _) = left(&answers[0]);
    for (answer, less) in answers.iter().zip(0..) {
        let policy = answer.header("ratelimit-policy");
        assert_eq!(policy, Some("\"network\";q=20;w=10"));
        let (now, seconds) = left(answer);
        assert_eq!(now, before - less);
        assert!((1..=10).contains(&seconds));
    }
    let (still, _) = left(&answers[4]);
    for turn in (0..still).rev() {
        let answer = program.get("/api/v1/me").await;
        assert_eq!((answer.status, left(&answer).0), (200, turn));
    }
    let answer = program.get("/api/v1/me").await;
    assert_eq!((answer.status, left(&answer).0), (429, 0));
    assert_eq!(answer.code(), "request.too_many");
    let wait = answer.header("retry-after").unwrap();
    assert_eq!(wait.parse::<i64>().unwrap(), left(&answer).1);
}

#[test]
fn every_answer_in_the_document_has_the_headers_that_every_answer_has() {
    let documents = openapi::documents();
    for document in [&documents.v3_0, &documents.v3_1] {
        for (path, method, operation) in openapi::operations(document) {
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.contains_key("429"), "{method} {path}");
            for (status, answer) in answers {
                for name in ["RateLimit", "RateLimit-Policy", "X-Request-Id"] {
                    let place = answer["headers"][name]["$ref"].as_str();
                    let place = place.unwrap_or_else(|| panic!("{method} {path} {status}"));
                    let header = document.pointer(place.trim_start_matches('#'));
                    assert!(header.is_some(), "{place}");
                }
                if status == "429" {
                    assert!(answer["headers"]["Retry-After"].is_object(), "{path}");
                }
            }
        }
    }
}
