//! Whose pages' scripts may call the API from a browser.

/// Origins as browsers write them: scheme, host and, where it is not the scheme's own, port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// `https://shop.example.in, https://app.example.in:8443`; nothing means nobody.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(|origin| is_origin(origin).then(|| origin.to_owned()))
            .collect::<Option<Vec<_>>>()
            .map(Origins)
    }

    /// To the letter: a browser writes an origin in one way only.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        self.0.iter().any(|ours| ours == origin)
    }
}

/// No wildcard, no path, no capitals; and a page that came without TLS is trusted on this machine alone.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let usual_port = match scheme {
        "https" => "443",
        "http" if matches!(host, "127.0.0.1" | "localhost") => "80",
        _ => return false,
    };
    let is_port = |port: &str| {
        port != usual_port && !port.starts_with('0') && port.parse::<u16>().is_ok_and(|n| n > 0)
    };
    let is_label = |label: &str| {
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !label.is_empty() && label.bytes().all(is_letter)
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_a_browser_writes_it_or_refused() {
        for right in [
            "",
            "https://shop.example.in",
            "https://shop.example.in:8443, http://localhost:3000,",
            "http://127.0.0.1:5173",
        ] {
            assert!(Origins::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "*",
            "null",
            "shop.example.in",
            "https://*.example.in",
            "https://shop.example.in/",
            "https://shop.example.in/path",
            "https://Shop.example.in",
            "https://shop.example.in:443",
            "https://shop.example.in:0",
            "https://shop.example.in:99999",
            "https://user@shop.example.in",
            "https://",
            "http://shop.example.in",
            "ftp://localhost",
        ] {
            let both = format!("https://shop.example.in,{wrong}");
            assert_eq!(Origins::parse(&both), None, "{wrong}");
        }
    }

    #[test]
    fn an_origin_that_only_looks_like_ours_is_not_ours() {
        let ours = Origins::parse("https://shop.example.in").unwrap();
        assert!(ours.allow("https://shop.example.in"));
        for other in [
            "https://shop.example.in.evil.in",
            "https://evil-shop.example.in",
            "https://shop.example.in:8443",
            "http://shop.example.in",
            "null",
            "",
        ] {
            assert!(!ours.allow(other), "{other}");
        }
    }
}
