//! A network: the addresses that are counted as one neighbour.
//!
//! An IPv4 /24 or an IPv6 /64 (RFC 6177: a site has at least that). An address of this machine itself is a
//! network of its own: what runs here side by side is not one neighbour. Absent on purpose: autonomous
//! systems, which would need a table from elsewhere.

use std::{fmt, net::IpAddr};

/// A network by its first address and the bits that its addresses share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// The network of a peer.
    pub fn of(peer: IpAddr) -> Self {
        let peer = peer.to_canonical();
        let bits = match peer {
            _ if peer.is_loopback() => 128,
            IpAddr::V4(_) => 24,
            IpAddr::V6(_) => 64,
        };
        Self::new(peer, bits)
    }

    fn new(address: IpAddr, bits: u8) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let bits = bits.min(32);
                let mask = u32::MAX.checked_shl(u32::from(32 - bits)).unwrap_or(0);
                Self {
                    first: IpAddr::V4((v4.to_bits() & mask).into()),
                    bits,
                }
            }
            IpAddr::V6(v6) => {
                let bits = bits.min(128);
                let mask = u128::MAX.checked_shl(u32::from(128 - bits)).unwrap_or(0);
                Self {
                    first: IpAddr::V6((v6.to_bits() & mask).into()),
                    bits,
                }
            }
        }
    }

    /// Whether an address lies in it.
    pub fn holds(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_ipv4() == self.first.is_ipv4() && Self::new(peer, self.bits) == *self
    }
}

impl fmt::Display for Network {
    /// As `192.0.2.0/24`; a single address without its bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.bits) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 128) => write!(f, "{}", self.first),
            (first, bits) => write!(f, "{first}/{bits}"),
        }
    }
}

/// A text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

impl fmt::Display for NoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a network has the form 192.0.2.0/24 or 2001:db8::/64, or is one address")
    }
}

impl std::error::Error for NoNetwork {}

impl std::str::FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) = text.split_once('/').unwrap_or((text, "128"));
        let address: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let bits: u8 = bits.parse().map_err(|_| NoNetwork)?;
        let most = if address.is_ipv4() && text.contains('/') { 32 } else { 128 };
        if bits > most {
            Err(NoNetwork)
        } else {
            Ok(Self::new(address, bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_network_and_this_machine_is_many() {
        for (peer, network) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.2", "127.0.0.2"),
            ("::1", "::1"),
        ] {
            let found = Network::of(peer.parse().unwrap());
            assert_eq!(found.to_string(), network);
            assert_eq!(network.parse(), Ok(found), "it is read back");
        }
        let whole: Network = "127.0.0.0/8".parse().unwrap();
        assert!(whole.holds("127.1.2.3".parse().unwrap()) && whole.holds("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!whole.holds("128.0.0.1".parse().unwrap()) && !whole.holds("::1".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.holds("192.0.2.1".parse().unwrap()));
        for bad in ["", "x", "192.0.2.0/33", "192.0.2.0/", "::/129", "192.0.2.0/-1"] {
            assert_eq!(bad.parse::<Network>(), Err(NoNetwork), "{bad}");
        }
    }
}
