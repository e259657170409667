//! Names every request and logs it once: method, route, status, milliseconds, user and tenant. Never a body, a cookie,
//! a credential or an address with its parameters.

use std::time::Instant;

use poem::http::{HeaderName, HeaderValue};
use poem::{Endpoint, IntoResponse as _, Middleware, PathPattern, Request, Response, Result};
use tracing::{Instrument as _, Span, field};
use uuid::Uuid;
use vitaran_core::db::origin;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of a request: ours, or the caller's own when it is a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(Uuid);

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl RequestId {
    /// A UUID of the caller's ties its log to ours; any other text could be long, secret or forged to look like ours.
    fn of(request: &Request) -> Self {
        let given = request
            .headers()
            .get(X_REQUEST_ID)
            .and_then(|value| value.to_str().ok());
        let id = given.and_then(|text| Uuid::try_parse(text).ok());
        RequestId(id.unwrap_or_else(Uuid::now_v7))
    }
}

/// The id of the request this task works on; a new one outside any request.
#[must_use]
pub fn current() -> RequestId {
    RequestId(origin::request().unwrap_or_else(Uuid::now_v7))
}

/// Puts the person into the log line of the request.
pub fn record_person(user: impl std::fmt::Display, tenant: Option<impl std::fmt::Display>) {
    let span = Span::current();
    span.record("user.id", field::display(user));
    if let Some(tenant) = tenant {
        span.record("tenant.id", field::display(tenant));
    }
}

pub struct NameRequests;

impl<E: Endpoint> Middleware<E> for NameRequests {
    type Output = Named<E>;

    fn transform(&self, inner: E) -> Named<E> {
        Named(inner)
    }
}

pub struct Named<E>(E);

impl<E: Endpoint> Endpoint for Named<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let id = RequestId::of(&request);
        let span = tracing::info_span!(
            "request",
            request.id = %id,
            method = %request.method(),
            route = field::Empty,
            status = field::Empty,
            duration_ms = field::Empty,
            user.id = field::Empty,
            tenant.id = field::Empty,
        );
        let work = self.answer(request, id).instrument(span);
        Ok(origin::within(id.0, work).await)
    }
}

impl<E: Endpoint> Named<E> {
    async fn answer(&self, request: Request, id: RequestId) -> Response {
        let started = Instant::now();
        let (route, mut response) = match self.0.call(request).await {
            Ok(output) => {
                let response = output.into_response();
                (response.data::<PathPattern>().cloned(), response)
            }
            Err(error) => (error.data::<PathPattern>().cloned(), error.into_response()),
        };
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        log(
            route.as_ref().map_or("none", |pattern| &pattern.0),
            &response,
            started,
        );
        response
    }
}

/// The line's fields are the span's, so that a line within the request carries them too.
fn log(route: &str, response: &Response, started: Instant) {
    let span = Span::current();
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.record("route", route);
    span.record("status", response.status().as_u16());
    span.record("duration_ms", millis);
    tracing::info!("answered {} on {route}", response.status().as_u16());
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use poem::http::Method;
    use poem::test::TestClient;
    use poem::{EndpointExt as _, Route, handler};
    use serde_json::Value;
    use vitaran_core::problem::{Kind, Problem};

    use super::*;
    use crate::http::csrf::SameSiteOnly;
    use crate::http::problem::Refusal;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[derive(Debug, thiserror::Error)]
    enum Trouble {
        #[error("You may not do this")]
        NotAllowed,
        #[error("a \"quoted\" part\n{{\"level\":\"INFO\",\"message\":\"all is well\"}}")]
        Internal,
    }

    impl Problem for Trouble {
        fn kind(&self) -> Kind {
            match self {
                Trouble::NotAllowed => Kind::Forbidden,
                Trouble::Internal => Kind::Internal,
            }
        }

        fn code(&self) -> &'static str {
            match self {
                Trouble::NotAllowed => "access.forbidden",
                Trouble::Internal => "service.internal",
            }
        }
    }

    #[handler]
    fn forbidden() -> std::result::Result<(), Refusal> {
        record_person("asha", Some("volt"));
        Err(Trouble::NotAllowed.into())
    }

    #[handler]
    fn failing() -> std::result::Result<(), Refusal> {
        Err(Trouble::Internal.into())
    }

    /// The log of one request, written as `web serve` writes it for machines.
    async fn logged(method: Method, path: &str) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .json()
            .flatten_event(true)
            .finish();
        let watching = tracing::subscriber::set_default(subscriber);
        let public_url = "https://orders.example.in".to_owned();
        let app = Route::new()
            .at("/forbidden/:id", forbidden)
            .at("/failing", failing)
            .with(SameSiteOnly { public_url })
            .with(NameRequests);
        let client = TestClient::new(app);
        client.request(method, path).send().await;
        drop(watching);
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        written
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_refusal_is_logged_with_when_where_who_and_what() {
        let lines = logged(Method::GET, "/forbidden/7?q=Sunita").await;
        let [refusal, answer] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(refusal["level"], "WARN");
        assert_eq!(refusal["message"], "a request was refused");
        assert_eq!(refusal["code"], "access.forbidden");
        for line in [refusal, answer] {
            let when = line["timestamp"].as_str().unwrap();
            assert!(when.starts_with("20") && when.ends_with('Z'), "UTC: {when}");
            let request = &line["span"];
            assert_eq!(request["user.id"], "asha");
            assert_eq!(request["tenant.id"], "volt");
            assert_eq!(request["method"], "GET");
            let id = request["request.id"].as_str().unwrap();
            assert!(Uuid::try_parse(id).is_ok(), "{id}");
        }
        assert_eq!(answer["span"]["route"], "/forbidden/:id");
        assert_eq!(answer["span"]["status"], 403);
        assert!(!format!("{lines:?}").contains("Sunita"), "{lines:?}");
    }

    #[tokio::test]
    async fn a_failure_is_logged_in_one_line_that_no_text_can_end() {
        let lines = logged(Method::GET, "/failing").await;
        let [failure, answer] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(
            (&failure["level"], &failure["message"]),
            (&"ERROR".into(), &"a request failed".into())
        );
        assert_eq!(failure["error"], Trouble::Internal.to_string());
        assert_eq!(answer["span"]["status"], 500);
    }

    #[tokio::test]
    async fn a_request_of_another_site_is_logged() {
        let lines = logged(Method::POST, "/failing").await;
        let [refusal, answer] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(
            refusal["message"],
            "a request from another site was refused"
        );
        assert_eq!(answer["span"]["status"], 403);
    }
}
