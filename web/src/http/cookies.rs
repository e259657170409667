//! Our few cookies, written by one function so that none forgets an attribute.

use poem::Response;
use poem::http::{HeaderMap, HeaderValue, header};

/// Over https every cookie is Secure and, by its `__Host-` prefix, bound to this very host.
const SECURE_PREFIX: &str = "__Host-";

/// What a cookie is called on the wire.
#[must_use]
pub fn wire_name(name: &str, is_https: bool) -> String {
    if is_https {
        format!("{SECURE_PREFIX}{name}")
    } else {
        name.to_owned()
    }
}

/// The value of a cookie, as it came.
#[must_use]
pub fn read<'h>(headers: &'h HeaderMap, name: &str, is_https: bool) -> Option<&'h str> {
    let wanted = wire_name(name, is_https);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == wanted)
        .map(|(_, value)| value)
}

/// Sets a cookie for as long as given. The value must be plain token characters; anything else sets nothing.
pub fn set(response: &mut Response, name: &str, value: &str, max_age_s: i32, is_https: bool) {
    let is_plain = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!(
        "{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}",
        wire_name(name, is_https)
    );
    if is_plain && let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Takes a cookie away.
pub fn remove(response: &mut Response, name: &str, is_https: bool) {
    set(response, name, "", 0, is_https);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secure_cookie_is_bound_to_the_host_and_found_again() {
        let mut response = Response::default();
        set(&mut response, "sid", "abc", 60, true);
        let text = response.header("set-cookie").unwrap();
        assert_eq!(
            text,
            "__Host-sid=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("a=b; __Host-sid=abc; sid=forged"),
        );
        assert_eq!(read(&headers, "sid", true), Some("abc"));
        assert_eq!(read(&headers, "theme", true), None);
    }

    #[test]
    fn a_value_that_could_end_the_cookie_sets_nothing() {
        let mut response = Response::default();
        set(&mut response, "theme", "dark; Domain=evil.test", 60, true);
        assert!(response.header("set-cookie").is_none());
    }
}
