//! The API for scripts of declared origins (Fetch, 3.2 CORS protocol). Everybody else gets what they always get, and their
//! browser keeps it from them.
//!
//! Credentials in the protocol's sense, cookies, are never allowed: the API looks at none. What a script sends is a token
//! or a key, which no browser adds by itself.

use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Middleware, Request, Response, Result};
use vitaran_core::config::Origins;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// What a script may send beyond what every page may.
const SENT: &str =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id";

/// What a script may read beyond what every page may.
const READ: &str = "Deprecation, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, \
     Sunset, WWW-Authenticate, X-Request-Id";

/// Seconds for which a browser remembers the answer to its question.
const REMEMBERED_S: &str = "600";

pub struct Cors {
    pub origins: Origins,
}

impl<E: Endpoint<Output = Response>> Middleware<E> for Cors {
    type Output = Shared<E>;

    fn transform(&self, inner: E) -> Shared<E> {
        Shared {
            inner,
            origins: self.origins.clone(),
        }
    }
}

pub struct Shared<E> {
    inner: E,
    origins: Origins,
}

impl<E: Endpoint<Output = Response>> Endpoint for Shared<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let declared = self.declared(request.headers());
        let mut response = match &declared {
            Some(_) if is_preflight(&request) => preflight(),
            _ => self.inner.call(request).await?,
        };
        let headers = response.headers_mut();
        // A cache must not give one origin's answer to another, and not theirs to nobody.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = declared {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            let read = HeaderValue::from_static(READ);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, read);
        }
        Ok(response)
    }
}

impl<E> Shared<E> {
    /// The origin a request comes from, if it is declared.
    fn declared(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let is_ours = origin
            .to_str()
            .is_ok_and(|origin| self.origins.allow(origin));
        is_ours.then(|| origin.clone())
    }
}

fn is_preflight(request: &Request) -> bool {
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method() == Method::OPTIONS && asked.is_some()
}

/// Whether an operation exists is not said here: the request itself learns it.
fn preflight() -> Response {
    let told: [(HeaderName, &str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, SENT),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S),
    ];
    let response = Response::builder().status(StatusCode::NO_CONTENT);
    told.into_iter()
        .fold(response, |response, (name, text)| {
            response.header(name, text)
        })
        .finish()
}
