//! A device: a browser that the owner signs in with. It is known by its key, a random value that it keeps
//! for us, and never by what it calls itself: an update of the browser does not make it a new one.
//!
//! `agent` reads what a browser says of itself, `support` is the table of what still gets security
//! updates. Deliberately absent: anything that tells two devices apart without their help (fingerprints).

pub mod agent;
pub mod support;

pub use super::id::DeviceId;

use super::time::Time;
use std::net::IpAddr;

/// What kind of machine it is, the owner's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Stands on a table.
    Desktop,
    /// Is carried in a bag.
    Laptop,
    /// Is carried in a pocket.
    Phone,
    /// Is held in both hands.
    Tablet,
}

impl Kind {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 4] = [Self::Desktop, Self::Laptop, Self::Phone, Self::Tablet];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Laptop => "laptop",
            Self::Phone => "phone",
            Self::Tablet => "tablet",
        }
    }

    /// By its word in forms.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }
}

/// Who uses it, the owner's word. Ordered, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Usage {
    /// Strangers too: a library, an Internet café.
    Public,
    /// The household.
    Family,
    /// The owner alone.
    Personal,
}

impl Usage {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Personal, Self::Family, Self::Public];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Family => "family",
            Self::Personal => "personal",
        }
    }

    /// By its word in forms.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|usage| usage.as_str() == code)
    }
}

/// What a device last signed in with. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// The printed recovery code.
    Recovery,
    /// The passphrase alone.
    Password,
    /// The passphrase and a code of a second factor.
    PasswordTotp,
    /// A passkey that did not ask who holds it.
    Passkey,
    /// A passkey that verified its user (WebAuthn `UV`).
    PasskeyVerified,
}

/// How the connection of the last sign-in was protected. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// Not at all: plain HTTP from another machine.
    Plain,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
    /// It never left this machine, or came through an onion service.
    Local,
}

/// Where a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The owner let it in.
    Verified,
    /// It signed in, and nobody has confirmed that it is the owner's.
    Unverified,
    /// It was taken off the list; nothing of it is accepted any more.
    Revoked,
}

/// What the owner said of a device. Nothing is said until it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Declared {
    /// What kind of machine.
    pub kind: Option<Kind>,
    /// Who uses it.
    pub usage: Option<Usage>,
    /// Its disk is encrypted and it locks itself.
    pub locked: bool,
    /// Its system installs security updates. Counts only where the browser does not tell the system's version.
    pub updated: bool,
}

/// Characters in the name that the owner gives.
pub const NAME: usize = 60;

/// The name that the owner gives, cleaned: one line, at most [`NAME`] characters; `None` where nothing is left.
pub fn name(given: &str) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}');
    let kept: String = given
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !turns(*c))
        .collect();
    let kept: Vec<&str> = kept.split_whitespace().collect();
    let kept: String = kept.join(" ").chars().take(NAME).collect();
    (!kept.is_empty()).then_some(kept)
}

/// The network of an address: what a household or a provider's customer has (IPv4 /24, IPv6 /48). It is also
/// what is left of an address once it is shortened.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & 0xffff_ff00).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !((1 << 80) - 1)).into()),
    }
}

/// Networks that are remembered of one device.
pub const NETWORKS: usize = 8;
/// Days on which a network must have been used before it is a usual one; the first network is one at once.
const USUAL: u32 = 2;
/// Seconds in a day.
pub const DAY: i64 = 24 * 3600;

/// A network that a device came from, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The network.
    pub network: IpAddr,
    /// On how many days.
    pub days: u32,
    /// When last.
    pub last: Time,
}

/// Counts a visit from `address`; the network not seen for longest makes room for a new one.
pub fn count(networks: &mut Vec<Seen>, address: IpAddr, now: Time) {
    let network = network(address);
    if let Some(known) = networks.iter_mut().find(|seen| seen.network == network) {
        if known.last.0.div_euclid(DAY) != now.0.div_euclid(DAY) {
            known.days = known.days.saturating_add(1);
        }
        known.last = now;
        return;
    }
    if networks.len() >= NETWORKS
        && let Some(oldest) = networks.iter().enumerate().min_by_key(|(_, seen)| seen.last).map(|(at, _)| at)
    {
        networks.remove(oldest);
    }
    let days = if networks.is_empty() { USUAL } else { 1 };
    networks.push(Seen { network, days, last: now });
}

/// Whether a device usually comes from there: from its first network, from one that it used on two days,
/// or from this machine itself.
pub fn is_usual(networks: &[Seen], address: IpAddr) -> bool {
    let network = network(address);
    address.to_canonical().is_loopback() || networks.iter().any(|seen| seen.network == network && seen.days >= USUAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_calm_line() {
        assert_eq!(name("  Old \u{202e}lap\ntop ").as_deref(), Some("Old lap top"));
        assert_eq!(name(" \u{200b}\n "), None);
        assert_eq!(name(&"é".repeat(99)).unwrap().chars().count(), NAME);
    }

    #[test]
    fn a_network_is_usual_from_its_second_day() {
        let at = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut networks = Vec::new();
        count(&mut networks, at("192.0.2.7"), Time(0));
        assert!(is_usual(&networks, at("192.0.2.200")), "the first one");
        count(&mut networks, at("2001:db8:1:2::3"), Time(10));
        count(&mut networks, at("2001:db8:1:9::9"), Time(20));
        assert!(!is_usual(&networks, at("2001:db8:1::1")), "twice on one day");
        count(&mut networks, at("2001:db8:1::9"), Time(DAY));
        assert!(is_usual(&networks, at("2001:db8:1::1")));
        assert!(!is_usual(&networks, at("2001:db8:2::1")));
        assert!(is_usual(&[], at("::1")) && is_usual(&[], at("::ffff:127.0.0.1")));
        for n in 0..20_u8 {
            count(&mut networks, IpAddr::from([198, 51, n, 1]), Time(DAY + i64::from(n)));
        }
        assert_eq!(networks.len(), NETWORKS);
    }

    #[test]
    fn a_shortened_address_names_no_house() {
        assert_eq!(network("::ffff:203.0.113.9".parse().unwrap()), IpAddr::from([203, 0, 113, 0]));
        assert_eq!(
            network("2001:db8:aa:bb::1".parse().unwrap()),
            "2001:db8:aa::".parse::<IpAddr>().unwrap()
        );
    }
}
