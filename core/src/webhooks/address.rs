//! Which addresses may be called. An endpoint's URL is written by somebody outside the installation, so it must not reach
//! what stands behind our walls: this machine, its networks, the metadata of a cloud.
//!
//! The rule is looked at when an endpoint is saved, for what the URL itself says, and at each delivery for every address
//! its name stands for; the call then goes to what was looked at, and no name is looked up a second time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::domains::is_inner_name;

/// Ports that web servers for others stand on.
const PORTS: [u16; 2] = [443, 8443];

/// Whom deliveries may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Targets {
    #[default]
    Public,
    /// This machine as well, by plain http: for development and tests.
    Loopback,
}

impl Targets {
    /// Why an address may not be called; `None` when it may.
    #[must_use]
    pub fn refusal(self, address: IpAddr) -> Option<&'static str> {
        if self == Targets::Loopback && address.to_canonical().is_loopback() {
            return None;
        }
        match address {
            IpAddr::V4(v4) => refusal_v4(v4),
            IpAddr::V6(v6) => refusal_v6(v6),
        }
    }

    /// Reads an endpoint's URL, and says what is wrong with it.
    pub fn parse_url(self, text: &str) -> Result<Url, String> {
        let example = "Enter an address such as https://erp.example.in/hooks/vitaran";
        let url = Url::parse(text.trim()).map_err(|_| example.to_owned())?;
        let host = url.host().ok_or_else(|| example.to_owned())?;
        let is_here = match &host {
            Host::Ipv4(v4) => v4.is_loopback(),
            Host::Ipv6(v6) => v6.is_loopback(),
            Host::Domain(name) => *name == "localhost",
        };
        let is_allowed_here = is_here && self == Targets::Loopback;
        if url.scheme() != "https" && !(is_allowed_here && url.scheme() == "http") {
            return Err("The address must begin with https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "Leave user name and password out: every request is signed instead".to_owned(),
            );
        }
        if url.fragment().is_some() {
            return Err("Leave out what follows the #".to_owned());
        }
        let refusal = match host {
            _ if is_allowed_here => None,
            Host::Ipv4(v4) => refusal_v4(v4),
            Host::Ipv6(v6) => refusal_v6(v6),
            Host::Domain(name) => refusal_of_name(name),
        };
        if let Some(why) = refusal {
            return Err(format!("This address cannot be reached from here: {why}"));
        }
        let port = url.port_or_known_default();
        if !is_allowed_here && !port.is_some_and(|port| PORTS.contains(&port)) {
            return Err("Use port 443 or 8443".to_owned());
        }
        Ok(url)
    }
}

fn refusal_of_name(name: &str) -> Option<&'static str> {
    is_inner_name(name).then_some("it is a name of a private network")
}

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (0, ..) => Some("it is no address of a machine"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("it is in a private network"),
        (100, 64..=127, _) => Some("it is in a provider's own network"),
        (127, ..) => Some("it is the machine itself"),
        // 169.254.169.254 is where clouds keep their metadata.
        (169, 254, _) => Some("it is on the local link"),
        (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => Some("it is reserved"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Some("it is for examples only"),
        (224..=239, ..) => Some("it is a multicast address"),
        (240..=255, ..) => Some("it is reserved"),
        _ => None,
    }
}

/// What is outside 2000::/3 is not public, and inside it are addresses that carry another one.
fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(v4) = address.to_ipv4_mapped() {
        // Even to a public one: whoever writes it so hides it.
        return Some(refusal_v4(v4).unwrap_or("it is an old address in a new form"));
    }
    if address.is_loopback() {
        return Some("it is the machine itself");
    }
    if address.is_multicast() {
        return Some("it is a multicast address");
    }
    let [a, b, c, ..] = address.segments();
    match (a, b, c) {
        (0xfc00..=0xfdff, ..) => Some("it is in a private network"),
        (0xfe80..=0xfebf, ..) => Some("it is on the local link"),
        // NAT64 (both prefixes), Teredo and 6to4 lead to an IPv4 address of the sender's choice.
        (0x64, 0xff9b, _) | (0x2001, 0, _) | (0x2002, ..) => Some("it stands for another address"),
        (0x2001, 0xdb8, _) | (0x3fff, 0..=0xfff, _) => Some("it is for examples only"),
        // Benchmarks, ORCHID and what else is set aside of 2001::/23.
        (0x2001, 0x1..=0x1ff, _) => Some("it is reserved"),
        (0x2000..=0x3fff, ..) => None,
        _ => Some("it is reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_behind_the_walls_is_called_and_public_ones_are() {
        // First and last of each range, and what stands beside it.
        for refused in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ffff::1",
        ] {
            let address: IpAddr = refused.parse().unwrap();
            assert!(Targets::Public.refusal(address).is_some(), "{refused}");
        }
        for called in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2400:cb00::1",
        ] {
            let address: IpAddr = called.parse().unwrap();
            assert_eq!(Targets::Public.refusal(address), None, "{called}");
        }
    }

    #[test]
    fn this_machine_is_called_in_development_and_nothing_else_behind_the_walls() {
        for (address, is_called) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("::ffff:10.0.0.1", false),
        ] {
            let refusal = Targets::Loopback.refusal(address.parse().unwrap());
            assert_eq!(refusal.is_none(), is_called, "{address}");
        }
        assert!(Targets::Loopback.parse_url("http://127.0.0.1:9/x").is_ok());
        assert!(Targets::Loopback.parse_url("http://localhost:9").is_ok());
        for refused in [
            "http://10.0.0.1/",
            "http://erp.example.in/",
            "https://10.0.0.1/",
        ] {
            assert!(Targets::Loopback.parse_url(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_url_is_public_https_without_credentials_however_its_host_is_written() {
        for refused in [
            "",
            "erp.example.in/hooks",
            "ftp://erp.example.in",
            "http://erp.example.in/",
            "http://erp.example.in:443/",
            "https://",
            "https:///x",
            "https://user@erp.example.in/",
            "https://user:pass@erp.example.in/",
            "https://erp.example.in/#x",
            "https://erp.example.in:22/",
            "https://erp.example.in:5432/",
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://api.localhost/",
            "https://db.internal/",
            "https://metadata.google.internal/",
            "https://printer.local/",
            "https://router.lan/",
            "https://intranet/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.0.0.1/",
            "https://0177.0.0.1/",
            "https://017700000001/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[::]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00:ec2::254]/",
            "https://10.1.2.3/",
            "https://192.168.1.1:8443/",
            "https://[64:ff9b::a00:1]/",
            "https://127.0.0.1./",
            "https://①②⑦.⓪.⓪.①/",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(Targets::Public.parse_url(refused).is_err(), "{refused}");
        }
        for taken in [
            "https://erp.example.in",
            " https://erp.example.in/hooks?shop=1 ",
            "https://erp.example.in:8443/hooks",
            "https://localhost.example.in/",
            "https://8.8.8.8/",
            "https://दुकान.भारत/",
        ] {
            assert!(Targets::Public.parse_url(taken).is_ok(), "{taken}");
        }
    }
}
