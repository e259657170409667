//! Spares a caller what it already holds: `If-None-Match` with the present `ETag` is answered 304, without a body.
//!
//! A record's version moves when somebody changes it. What the house reckons by itself, such as what is reserved for an order or
//! a dealer's exposure, moves without it, so the tag of an answer holds the version and a hash of all that the answer says.
//! `If-Match` reads the version alone ([`super::version`]).

use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, IntoResponse as _, Middleware, Request, Response, Result};

use sha2::{Digest as _, Sha256};

use super::version;

/// Of the hash in a tag. Two bodies of one record that meet in it cost a caller one stale read, once in 2⁶⁴.
const HASH_BYTES: usize = 8;

pub struct NotModified;

impl<E: Endpoint> Middleware<E> for NotModified {
    type Output = Sparing<E>;

    fn transform(&self, inner: E) -> Sparing<E> {
        Sparing(inner)
    }
}

pub struct Sparing<E>(E);

impl<E: Endpoint> Endpoint for Sparing<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let is_read = request.method() == Method::GET;
        let held = request.headers().get(header::IF_NONE_MATCH).cloned();
        let mut response = self.0.call(request).await?.into_response();
        tag_whole(&mut response).await?;
        let present = response.headers().get(header::ETAG);
        let is_held = held
            .zip(present)
            .is_some_and(|(held, tag)| names(&held, tag));
        if is_read && is_held && response.status() == StatusCode::OK {
            response.set_status(StatusCode::NOT_MODIFIED);
            response.headers_mut().remove(header::CONTENT_TYPE);
            response.set_body(());
        }
        Ok(response)
    }
}

/// Puts the hash of the body into the tag of a record.
async fn tag_whole(response: &mut Response) -> Result<()> {
    let tag = response.headers().get(header::ETAG);
    let Some(version) = tag.and_then(|tag| version::of_tag(tag.to_str().ok()?)) else {
        return Ok(());
    };
    let body = response.take_body().into_bytes().await?;
    let hash = Sha256::digest(&body);
    let tag = version::whole_etag(
        version,
        &hex::encode(hash.get(..HASH_BYTES).unwrap_or(&hash)),
    );
    response.set_body(body);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(())
}

/// Whether the list holds the tag, or is `*`. Weak and strong tags are the same here (RFC 9110, 13.1.2).
fn names(held: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(held), Ok(tag)) = (held.to_str(), tag.to_str()) else {
        return false;
    };
    held.split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_a_tag_that_stands_in_it_whole() {
        let tag = HeaderValue::from_static("\"v7\"");
        for (held, is_held) in [
            ("\"v7\"", true),
            ("W/\"v7\"", true),
            ("\"v6\", \"v7\"", true),
            ("*", true),
            ("\"v77\"", false),
            ("v7", false),
            ("", false),
        ] {
            assert_eq!(
                names(&HeaderValue::from_static(held), &tag),
                is_held,
                "{held}"
            );
        }
    }
}
