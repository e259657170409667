//! Where to go after signing in, from an address anybody may have written: a path on this host or nothing.

/// Longer ones are no page of ours.
const MAX_LENGTH: usize = 1_000;

/// A path of ours: it begins with one slash, and holds only letters, digits and `/_.?=&%-`, also once decoded.
#[must_use]
pub fn safe(path: &str) -> Option<&str> {
    let is_short = path.len() <= MAX_LENGTH;
    (is_short && is_plain(path) && is_plain(&decoded_once(path)?)).then_some(path)
}

fn is_plain(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'/' | b'_' | b'.' | b'?' | b'=' | b'&' | b'%' | b'-')
        })
}

fn decoded_once(path: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.extend(before.as_bytes());
        let (digits, tail) = after.split_at_checked(2)?;
        decoded.extend(hex::decode(digits).ok()?);
        rest = tail;
    }
    decoded.extend(rest.as_bytes());
    String::from_utf8(decoded).ok()
}

/// `path` as the value of a query parameter.
#[must_use]
pub fn as_parameter(path: &str) -> String {
    serde_urlencoded::to_string([("next", path)]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_ours_is_kept_with_its_query() {
        for path in [
            "/",
            "/admin/orders?status=PLACED&cursor=abc-_",
            "/portal/orders/0190-7c",
        ] {
            assert_eq!(safe(path), Some(path));
        }
    }

    #[test]
    fn whatever_a_browser_could_read_as_another_host_is_refused() {
        for path in [
            "",
            "admin",
            "//evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "https://evil.test",
            "/%2fevil.test",
            "/%5Cevil.test",
            "/%09/evil.test",
            "/a%0d%0aSet-Cookie:x",
            "/a%zz",
            "/a%4",
            "/%C3%28",
            "/javascript:alert(1)",
            &format!("/{}", "a".repeat(1_001)),
        ] {
            assert_eq!(safe(path), None, "{path:?}");
        }
    }
}
