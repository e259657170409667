//! Text is UTF-8 without NUL, everywhere: PostgreSQL stores no NUL, so what slipped through would fail there as if the
//! fault were ours.

use std::borrow::Cow;

use poem::{Endpoint, Middleware, Request, Result};

use super::body_limit::WholeBody;
use super::problem::Refusal;

pub struct TextGuard;

impl<E: Endpoint> Middleware<E> for TextGuard {
    type Output = Guarded<E>;

    fn transform(&self, inner: E) -> Guarded<E> {
        Guarded(inner)
    }
}

pub struct Guarded<E>(E);

impl<E: Endpoint> Endpoint for Guarded<E> {
    type Output = E::Output;

    async fn call(&self, request: Request) -> Result<E::Output> {
        if is_text(&request) {
            self.0.call(request).await
        } else {
            Err(Refusal::malformed("The request holds bytes that are not text").into())
        }
    }
}

fn is_text(request: &Request) -> bool {
    let uri = request.original_uri();
    // Written as it may be: the readers of bodies compare without regard to capitals.
    let kind = request
        .content_type()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let body = request
        .data::<WholeBody>()
        .map_or(&[][..], |body| body.0.as_ref());
    let body_is_text = if kind.starts_with("application/x-www-form-urlencoded") {
        is_clean(&percent_decoded(body))
    } else if kind.starts_with("application/json") {
        is_clean(body) && !escapes_nul(body)
    } else {
        true
    };
    is_clean(&percent_decoded(uri.path().as_bytes()))
        && is_clean(&percent_decoded(uri.query().unwrap_or_default().as_bytes()))
        && body_is_text
}

fn is_clean(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

/// `%41` as `A`; what is no escape stays as it is.
fn percent_decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| tail.split_at_checked(2))
            .flatten()
            .and_then(|(digits, tail)| Some((hex::decode(digits).ok()?, tail)));
        match escaped {
            Some((byte, tail)) => {
                decoded.extend(byte);
                rest = tail;
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(decoded)
}

/// Whether a JSON text has a NUL written `\u0000`, and not a backslash of its own before the `u`.
fn escapes_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        let (_, tail) = rest.split_at(at);
        if tail.starts_with(b"\\u0000") {
            return true;
        }
        // Past the backslash and what it escapes.
        rest = tail.get(2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_decoded_and_a_lone_percent_is_kept() {
        assert_eq!(percent_decoded(b"a%20b").as_ref(), b"a b");
        assert_eq!(percent_decoded(b"100%").as_ref(), b"100%");
        assert_eq!(percent_decoded(b"%zz%4").as_ref(), b"%zz%4");
        assert!(!is_clean(&percent_decoded(b"%00")));
        assert!(!is_clean(&percent_decoded(b"%C3%28")));
        assert!(is_clean(&percent_decoded("%E2%82%B9".as_bytes())));
    }

    #[test]
    fn a_nul_in_json_is_found_and_a_backslash_before_u_is_not_one() {
        assert!(escapes_nul(br#"{"a":"\u0000"}"#));
        assert!(escapes_nul(br#"{"a":"\\\u0000"}"#));
        assert!(!escapes_nul(br#"{"a":"\\u0000"}"#));
        assert!(!escapes_nul(br#"{"a":"\u0001\"}"#));
    }
}
