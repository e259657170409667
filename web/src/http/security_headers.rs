//! The headers every answer carries, a 404 and a redirect included.

use poem::http::{HeaderName, HeaderValue, header};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response, Result};

use super::site;

/// Nothing inline, nothing evaluated, nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// One year, once everything is TLS.
const HSTS: &str = "max-age=31536000; includeSubDomains";
/// What else stands below a distributor's name is theirs, and perhaps not TLS.
const HSTS_OF_OTHERS: &str = "max-age=31536000";

/// For pages whose address holds a secret: nobody is told where the reader came from, not even we ourselves.
#[must_use]
pub fn without_referrer(mut response: Response) -> Response {
    let nothing = HeaderValue::from_static("no-referrer");
    response
        .headers_mut()
        .insert(header::REFERRER_POLICY, nothing);
    response
}

pub struct SecurityHeaders {
    pub is_https: bool,
    pub public_url: String,
}

impl<E: Endpoint> Middleware<E> for SecurityHeaders {
    type Output = Secured<E>;

    fn transform(&self, inner: E) -> Secured<E> {
        Secured {
            inner,
            is_https: self.is_https,
            public_url: self.public_url.clone(),
        }
    }
}

pub struct Secured<E> {
    inner: E,
    is_https: bool,
    public_url: String,
}

impl<E: Endpoint> Endpoint for Secured<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let named = site::named_in(request.headers());
        let is_ours = named.is_none_or(|host| site::foreign(host, &self.public_url).is_none());
        // An error keeps its route as data, for the log line further out.
        let mut response = match self.inner.call(request).await {
            Ok(output) => output.into_response(),
            Err(error) => error.into_response(),
        };
        let headers = response.headers_mut();
        for (name, value) in &ALWAYS {
            headers
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
        // What may be kept says so itself, as assets do.
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        if self.is_https {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static(if is_ours { HSTS } else { HSTS_OF_OTHERS }),
            );
        }
        headers.remove(header::SERVER);
        Ok(response)
    }
}
