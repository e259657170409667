//! Requests that change something must come from our own pages. Browsers say where a request comes from in
//! `Sec-Fetch-Site`, older ones in `Origin`; a request with neither is refused. The API and webhooks are outside, since
//! they ignore cookies: a stolen click carries nothing there.

use poem::http::{HeaderMap, Method, header};
use poem::{Endpoint, Middleware, Request, Result};

use super::problem::Refusal;
use super::site::Site;

/// Lets requests through that change nothing, and those from `public_url`; under a distributor's name, those from there.
pub struct SameSiteOnly {
    pub public_url: String,
}

impl<E: Endpoint> Middleware<E> for SameSiteOnly {
    type Output = SameSite<E>;

    fn transform(&self, inner: E) -> SameSite<E> {
        SameSite {
            inner,
            public_url: self.public_url.clone(),
        }
    }
}

pub struct SameSite<E> {
    inner: E,
    public_url: String,
}

impl<E: Endpoint> Endpoint for SameSite<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<E::Output> {
        let is_safe = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
        );
        let site = Site::of(&request);
        if is_safe || comes_from(request.headers(), site.origin(&self.public_url)) {
            return self.inner.call(request).await;
        }
        tracing::warn!("a request from another site was refused");
        Err(Refusal::other_site().into())
    }
}

fn comes_from(headers: &HeaderMap, ours: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => headers
            .get(header::ORIGIN)
            .is_some_and(|origin| origin.as_bytes() == ours.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderName, HeaderValue};

    use super::*;

    const OURS: &str = "https://orders.example.in";

    fn allowed(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        comes_from(&headers, OURS)
    }

    #[test]
    fn what_the_browser_says_of_the_site_decides_before_the_origin() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("sec-fetch-site", "none")]));
        for elsewhere in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            assert!(
                !allowed(&[("sec-fetch-site", elsewhere), ("origin", OURS)]),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn without_it_the_origin_must_be_exactly_ours() {
        assert!(allowed(&[("origin", OURS)]));
        for other in [
            "null",
            "http://orders.example.in",
            "https://orders.example.in.evil.test",
            "",
        ] {
            assert!(!allowed(&[("origin", other)]), "{other}");
        }
    }

    #[test]
    fn neither_is_a_refusal_and_the_htmx_header_is_no_proof() {
        assert!(!allowed(&[]));
        assert!(!allowed(&[("hx-request", "true")]));
    }
}
