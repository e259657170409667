//! A name as it is typed, as DNS has it, and as a part of addresses.

use serde::{Deserialize, Serialize};
use url::Host;

use crate::problem::{Faults, Invalid};

/// What stands before a name where its record is looked for.
const RECORD_LABEL: &str = "_vitaran";

/// As many as `a.in` has: shorter names are nobody's to have.
const SHORTEST: usize = 4;

/// Of DNS's 253, without what stands before it in the record's name.
const LONGEST: usize = 240;

/// Endings that never lead outside.
const INNER_NAMES: [&str; 8] = [
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "home.arpa",
];

/// A name of a private network, or none of any.
pub(crate) fn is_inner_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let is_inner = INNER_NAMES.iter().any(|inner| {
        name.strip_suffix(inner)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    });
    is_inner || !name.contains('.')
}

/// A name as DNS has it: small letters, other scripts in their ASCII form, no dot at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainName(String);

impl DomainName {
    /// Takes a pasted address too, and reads its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = || "Enter a name such as orders.example.in".to_owned();
        let text = text.trim();
        let text = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(text);
        let text = text.trim_end_matches('/').trim_end_matches('.');
        let Ok(Host::Domain(name)) = Host::parse(text) else {
            return Err(example());
        };
        if name.len() < SHORTEST {
            return Err(example());
        }
        if name.len() > LONGEST {
            return Err(format!("A name has at most {LONGEST} characters"));
        }
        let mut labels = name.split('.');
        let is_last_a_word = labels
            .clone()
            .next_back()
            .is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
        if !is_last_a_word || !labels.all(is_label) {
            return Err(example());
        }
        if is_inner_name(&name) {
            return Err("This is a name of a private network: nobody outside finds it".to_owned());
        }
        Ok(DomainName(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_label(label: &str) -> bool {
    let is_edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    label.len() <= 63
        && is_edge(label.bytes().next())
        && is_edge(label.bytes().next_back())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Where the record of a name is looked for.
pub(super) fn record_name(name: &str) -> String {
    format!("{RECORD_LABEL}.{name}")
}

/// What the record must say.
pub(super) fn record_value(proof: &str) -> String {
    format!("vitaran-verification={proof}")
}

/// Scheme, name and port under which the installation answers to a name, given its own address.
#[must_use]
pub fn origin_of(public_url: &str, name: &str) -> String {
    let (scheme, rest) = public_url.split_once("://").unwrap_or(("https", ""));
    let port = rest.strip_prefix(host_of(public_url)).unwrap_or_default();
    format!("{scheme}://{name}{port}")
}

/// The host in an address of ours, without scheme and port.
#[must_use]
pub fn host_of(public_url: &str) -> &str {
    let rest = public_url
        .split_once("://")
        .map_or(public_url, |(_, rest)| rest);
    match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => rest,
    }
}

/// The form as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DomainForm {
    pub name: String,
}

impl DomainForm {
    /// The installation's own name is nobody's.
    pub fn parse(&self, public_url: &str) -> Result<DomainName, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "a name", DomainName::parse);
        match name {
            Some(name) if name.as_str() == host_of(public_url) => {
                let detail = "This is the name of the installation itself: your people can sign in there already";
                faults.add("/name", "domains.own", detail);
                Err(faults.into_invalid())
            }
            Some(name) => Ok(name),
            None => Err(faults.into_invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_people_write_it_and_kept_as_dns_has_it() {
        for (typed, kept) in [
            ("orders.sharma.in", "orders.sharma.in"),
            (" Orders.Sharma.IN. ", "orders.sharma.in"),
            ("https://orders.sharma.in/", "orders.sharma.in"),
            ("sharma.in", "sharma.in"),
            ("दुकान.भारत", "xn--11b7ah1gn.xn--h2brj9c"),
            ("a-b.example.co.in", "a-b.example.co.in"),
        ] {
            assert_eq!(DomainName::parse(typed).unwrap().as_str(), kept, "{typed}");
        }
    }

    #[test]
    fn what_is_no_name_of_the_internet_is_refused() {
        let long = format!("{}.example.in", "a.".repeat(115));
        for wrong in [
            "",
            "a.b",
            "sharma",
            "localhost",
            "orders.localhost",
            "db.internal",
            "router.lan",
            "10.0.0.1",
            "1.2.3",
            "[::1]",
            "orders.sharma.in/login",
            "orders.sharma.in:443",
            "user@sharma.in",
            "_vitaran.sharma.in",
            "-orders.sharma.in",
            "orders-.sharma.in",
            "orders..in",
            "or ders.in",
            "*.sharma.in",
            "sharma.in\0",
            long.as_str(),
        ] {
            assert!(DomainName::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_under_another_name_keeps_scheme_and_port() {
        for (ours, host, theirs) in [
            (
                "https://orders.example.in",
                "orders.example.in",
                "https://a.in",
            ),
            (
                "https://orders.example.in:8443",
                "orders.example.in",
                "https://a.in:8443",
            ),
            ("http://127.0.0.1:8080", "127.0.0.1", "http://a.in:8080"),
            ("http://[::1]:8080", "[::1]", "http://a.in:8080"),
        ] {
            assert_eq!(host_of(ours), host);
            assert_eq!(origin_of(ours, "a.in"), theirs);
        }
    }

    #[test]
    fn the_installations_own_name_is_no_tenants() {
        let form = DomainForm {
            name: "Orders.example.in".to_owned(),
        };
        assert!(form.parse("https://orders.example.in:8443").is_err());
        assert!(form.parse("https://example.in").is_ok());
    }
}
