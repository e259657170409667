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
