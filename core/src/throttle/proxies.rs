//! The address of the client when a proxy stands in between: what `X-Forwarded-For` says is believed from the right, as
//! far as trusted proxies wrote it. What a client writes there itself stands to the left of that and counts for nothing.

use std::net::{IpAddr, SocketAddr};

/// An address and how many of its leading bits matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    address: IpAddr,
    bits: u32,
}

impl Block {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Block { address, bits })
    }

    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differs = ours.to_bits() ^ theirs.to_bits();
                differs.checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differs = ours.to_bits() ^ theirs.to_bits();
                differs.checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The proxies in front of us, by address or block of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Block>);

impl TrustedProxies {
    /// `10.0.0.0/8, 2001:db8::1`; nothing means that nobody stands in between.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Block::parse)
            .collect::<Option<Vec<_>>>()
            .map(TrustedProxies)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|block| block.holds(address))
    }

    /// Whose request it is: the peer's, or the one the peer names if the peer is a trusted proxy. `forwarded` are the
    /// values of the header, in order.
    pub fn client<'h>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'h str>,
    ) -> IpAddr {
        let mut client = peer.to_canonical();
        let named = forwarded.rev().flat_map(|value| value.rsplit(','));
        for text in named {
            if !self.trusts(client) {
                break;
            }
            // A word that is no address was not written by a proxy of ours.
            let Some(address) = parse_address(text.trim()) else {
                break;
            };
            client = address.to_canonical();
        }
        client
    }
}

/// An address, with or without a port.
fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|both| both.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::parse(trusted).unwrap();
        let client = proxies.client(peer.parse().unwrap(), forwarded.iter().copied());
        client.to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_header_counts_for_nothing() {
        assert_eq!(client("", "203.0.113.7", &["198.51.100.1"]), "203.0.113.7");
        assert_eq!(
            client("10.0.0.0/8", "203.0.113.7", &["198.51.100.1"]),
            "203.0.113.7"
        );
    }

    #[test]
    fn behind_trusted_proxies_the_last_address_they_did_not_write_themselves_is_the_clients() {
        for (forwarded, found) in [
            (&["198.51.100.1"][..], "198.51.100.1"),
            (&["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            (&["6.6.6.6", "198.51.100.1, 10.1.1.1"], "198.51.100.1"),
            (&["198.51.100.1:4711, 10.1.1.1"], "198.51.100.1"),
            (&["[2001:db8::7]:80"], "2001:db8::7"),
            (&["6.6.6.6, unknown"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            let found_here = client("10.0.0.0/8, ::1", "10.0.0.1", forwarded);
            assert_eq!(found_here, found, "{forwarded:?}");
        }
        assert_eq!(
            client("10.0.0.0/8", "::ffff:10.0.0.1", &["198.51.100.1"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn a_block_ends_where_its_bits_end() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.4", "192.0.2.4", "192.0.2.5"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
        ] {
            let proxies = TrustedProxies::parse(block).unwrap();
            assert!(proxies.trusts(inside.parse().unwrap()), "{block}");
            assert!(!proxies.trusts(outside.parse().unwrap()), "{block}");
        }
        for wrong in ["proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8;::1"] {
            assert_eq!(TrustedProxies::parse(wrong), None, "{wrong}");
        }
    }
}
