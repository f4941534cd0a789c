//! Where a message for a domain goes: its mail servers in order, and what DNS says of their TLS.
//!
//! MX, the domain itself where it has none (RFC 5321 section 5.1), "takes no mail" (RFC 7505), address
//! literals, several addresses of both families; DANE where the whole way to the record is validated (RFC
//! 7672 section 2.2). Absent on purpose: a smarthost (the choice of whoever sends), connecting, and MTA-STS,
//! which needs the web.

use super::dns::{Answer, Dns, Failure, Kind, Record, Security};
use crate::codec::{dane::Association, idna};
use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Mail servers of one domain that are tried.
const MAX_HOSTS: usize = 10;
/// Addresses of one mail server that are tried.
const MAX_ADDRESSES: usize = 8;

/// The way to a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The domain, or the address literal.
    pub domain: String,
    /// Whether its list of mail servers was validated.
    pub security: Security,
    /// Its mail servers, the best first; never empty.
    pub hosts: Vec<Host>,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name; for an address literal the address.
    pub name: String,
    /// Its preference, lower is better; `None` where the domain itself stands in for a mail server.
    pub preference: Option<u16>,
    /// Its addresses, the families in turn; empty where it has none or they could not be asked for.
    pub addresses: Vec<IpAddr>,
    /// What is published about its certificate.
    pub dane: Dane,
    /// Why its addresses are not known.
    pub failure: Option<Failure>,
}

/// What DNS says of a mail server's certificate (RFC 7672 section 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dane {
    /// Nothing that counts: none is published, or the way to it is not validated.
    None,
    /// TLS with a certificate that one of these means; nothing less.
    Must(Vec<Association>),
    /// Records that nobody can use: TLS with whatever certificate, and never without (section 3.1.3).
    Unusable,
    /// It cannot be told: this server must not be used now (section 2.1.2).
    Withheld,
}

/// Why there is no way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// The domain does not exist (5.1.2).
    #[error("there is no such domain")]
    NoSuchDomain,
    /// The domain says that it takes no mail (RFC 7505; 5.1.10).
    #[error("this domain takes no mail")]
    TakesNoMail,
    /// There is neither a mail server nor an address (5.1.2).
    #[error("this domain has no mail server")]
    NoServer,
    /// The best of its mail servers is ourselves, and we do not take its mail (5.4.6).
    #[error("this domain's mail servers lead back here")]
    LeadsHere,
    /// Nothing can be said now; later it may (4.4.3).
    #[error("its mail servers cannot be found just now: {0}")]
    NotNow(Failure),
}

impl From<Failure> for NoRoute {
    fn from(failure: Failure) -> Self {
        match failure {
            // What is no name will not be one later.
            Failure::NotAName => Self::NoSuchDomain,
            failure => Self::NotNow(failure),
        }
    }
}

impl NoRoute {
    /// Whether it is worth trying again.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::NotNow(_))
    }
}

/// The way to a domain. `own` is this host's own name: servers that are no better than it are left out
/// (RFC 5321 section 5.1).
pub async fn route(dns: &Dns, domain: &str, own: &str) -> Result<Route, NoRoute> {
    if let Some(address) = literal(domain) {
        return Ok(Route {
            domain: domain.to_owned(),
            security: Security::NotKnown,
            hosts: vec![Host {
                name: address.to_string(),
                preference: None,
                addresses: vec![address],
                dane: Dane::None,
                failure: None,
            }],
        });
    }
    // What stands in for a mail server is a name of a certificate, too.
    let domain = &idna::plain(domain);
    let answer = dns.look(domain, Kind::Mx).await?;
    if answer.no_such_name {
        return Err(NoRoute::NoSuchDomain);
    }
    let mut named = servers(&answer, own)?;
    let implicit = named.is_empty();
    if implicit {
        named.push((0, domain.clone()));
    }
    let mut hosts = Vec::new();
    for (preference, name) in named {
        let preference = (!implicit).then_some(preference);
        hosts.push(host(dns, name, preference, answer.security).await);
    }
    match hosts.iter().find_map(|host| host.failure) {
        // A server that cannot be found now may be the one; the others are tried first.
        Some(failure) if hosts.iter().all(|host| host.addresses.is_empty()) => Err(failure.into()),
        None if hosts.iter().all(|host| host.addresses.is_empty()) => Err(NoRoute::NoServer),
        _ => Ok(Route {
            domain: domain.to_owned(),
            security: answer.security,
            hosts,
        }),
    }
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3).
fn literal(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    match inner.get(..5).filter(|tag| tag.eq_ignore_ascii_case("ipv6:")) {
        Some(tag) => inner.get(tag.len()..)?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => inner.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// The servers by name in the order in which they are tried; those of one preference in any order.
fn servers(answer: &Answer, own: &str) -> Result<Vec<(u16, String)>, NoRoute> {
    let mut named: Vec<(u16, String)> = answer
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Mx(preference, name) => Some((*preference, name.trim_end_matches('.').to_lowercase())),
            _ => None,
        })
        .collect();
    if let [(_, name)] = named.as_slice()
        && name.is_empty()
    {
        return Err(NoRoute::TakesNoMail);
    }
    named.retain(|(_, name)| !name.is_empty());
    let had_some = !named.is_empty();
    if let Some(ours) = named
        .iter()
        .filter(|(_, name)| *name == own)
        .map(|(preference, _)| *preference)
        .min()
    {
        named.retain(|(preference, _)| *preference < ours);
    }
    if had_some && named.is_empty() {
        return Err(NoRoute::LeadsHere);
    }
    // A hash with a key of its own is dice enough to share the load (RFC 5321 section 5.1).
    let dice = RandomState::new();
    named.sort_by_key(|(preference, name)| (*preference, dice.hash_one(name)));
    named.dedup_by(|a, b| a.1 == b.1);
    named.truncate(MAX_HOSTS);
    Ok(named)
}

async fn host(dns: &Dns, name: String, preference: Option<u16>, list: Security) -> Host {
    let (six, four) = tokio::join!(dns.look(&name, Kind::Aaaa), dns.look(&name, Kind::A));
    let failure = match (&six, &four) {
        (Err(failure), Err(_)) => Some(*failure),
        // Half of an answer will do where it has an address.
        (Err(failure), Ok(other)) | (Ok(other), Err(failure)) if other.records.is_empty() => Some(*failure),
        _ => None,
    };
    let answers: Vec<&Answer> = [&six, &four].into_iter().filter_map(|answer| answer.as_ref().ok()).collect();
    let secure = answers.iter().filter(|answer| !answer.records.is_empty());
    let secure = list == Security::Secure && secure.clone().count() > 0 && secure.clone().all(|answer| answer.security == Security::Secure);
    let mut families: Vec<Vec<IpAddr>> = answers.iter().map(|answer| answer.addresses().collect()).collect();
    let mut addresses = Vec::new();
    while addresses.len() < MAX_ADDRESSES && families.iter().any(|family| !family.is_empty()) {
        addresses.extend(
            families
                .iter_mut()
                .filter(|family| !family.is_empty())
                .map(|family| family.remove(0)),
        );
    }
    addresses.truncate(MAX_ADDRESSES);
    let dane = if secure { published(dns, &name).await } else { Dane::None };
    Host {
        name,
        preference,
        addresses,
        dane,
        failure,
    }
}

/// What is published about the certificate of a server whose addresses are validated.
async fn published(dns: &Dns, name: &str) -> Dane {
    let answer = match dns.look(&format!("_25._tcp.{name}"), Kind::Tlsa).await {
        Ok(answer) => answer,
        Err(_) => return Dane::Withheld,
    };
    if answer.security != Security::Secure || answer.records.is_empty() {
        return Dane::None;
    }
    let usable: Vec<Association> = answer
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Tlsa(usage, selector, matching, data) => Association::of(*usage, *selector, *matching, data),
            _ => None,
        })
        .collect();
    if usable.is_empty() { Dane::Unusable } else { Dane::Must(usable) }
}

#[cfg(test)]
mod tests {
    use super::super::dns::{Entry, Table};
    use super::*;

    fn a(last: u8) -> Record {
        Record::A([192, 0, 2, last].into())
    }

    fn mx(preference: u16, name: &str) -> Record {
        Record::Mx(preference, name.into())
    }

    async fn found(table: Table, domain: &str) -> Result<Vec<String>, NoRoute> {
        let route = route(&Dns::table(table), domain, "mx.home.test").await?;
        Ok(route.hosts.into_iter().map(|host| host.name).collect())
    }

    #[tokio::test]
    async fn a_domain_has_servers_itself_or_none() {
        let table = Table::default()
            .with("x.test", mx(20, "b.x.test"))
            .with("x.test", mx(10, "a.x.test"))
            .with("a.x.test", a(1))
            .with("b.x.test", a(2))
            .with("bare.test", a(3))
            .with("null.test", mx(0, ""))
            .with("null.test", a(4))
            .with("gone.test", mx(10, "nowhere.test"))
            .with("text.test", Record::Txt(b"x".to_vec()))
            .with("home.test", mx(10, "mx.home.test"))
            .with("second.test", mx(10, "first.test"))
            .with("second.test", mx(20, "mx.home.test"))
            .with("second.test", mx(30, "third.test"))
            .with("first.test", a(5))
            .with("third.test", a(6));
        for (domain, expected) in [
            ("x.test", Ok(&["a.x.test", "b.x.test"][..])),
            ("bare.test", Ok(&["bare.test"])),
            ("null.test", Err(NoRoute::TakesNoMail)),
            ("gone.test", Err(NoRoute::NoServer)),
            ("text.test", Err(NoRoute::NoServer)),
            ("missing.test", Err(NoRoute::NoSuchDomain)),
            ("home.test", Err(NoRoute::LeadsHere)),
            ("second.test", Ok(&["first.test"])),
            ("[192.0.2.9]", Ok(&["192.0.2.9"])),
            ("[IPv6:2001:db8::1]", Ok(&["2001:db8::1"])),
            ("[nonsense]", Err(NoRoute::NoSuchDomain)),
            ("a..b", Err(NoRoute::NoSuchDomain)),
            ("", Err(NoRoute::NoSuchDomain)),
        ] {
            let found = found(table.clone(), domain).await;
            let found = found.as_ref().map(|hosts| hosts.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found.as_deref().map_err(|why| **why), expected, "{domain}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_asked_for_is_tried_later() {
        let mut table = Table::default()
            .with("x.test", mx(10, "a.x.test"))
            .with("x.test", mx(20, "b.x.test"))
            .with("b.x.test", a(2));
        table.fail("a.x.test", Failure::Temporary);
        table.fail("y.test", Failure::Bogus);
        let both = route(&Dns::table(table.clone()), "x.test", "").await.unwrap();
        assert_eq!(both.hosts[0].failure, Some(Failure::Temporary));
        assert_eq!(both.hosts[1].addresses.len(), 1);
        let why = route(&Dns::table(table.clone()), "y.test", "").await.unwrap_err();
        assert_eq!(why, NoRoute::NotNow(Failure::Bogus));
        assert!(why.is_temporary() && !NoRoute::TakesNoMail.is_temporary());
        table.fail("b.x.test", Failure::Temporary);
        table.set("b.x.test", Kind::A, Entry::Fails(Failure::Temporary));
        assert!(route(&Dns::table(table), "x.test", "").await.unwrap_err().is_temporary());
    }

    #[tokio::test]
    async fn both_families_take_turns() {
        let mut table = Table::default();
        for last in 1..=9 {
            table.add("x.test", a(last));
            table.add("x.test", Record::Aaaa(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into())));
        }
        let route = route(&Dns::table(table), "x.test", "").await.unwrap();
        let families: Vec<bool> = route.hosts[0].addresses.iter().map(IpAddr::is_ipv6).collect();
        assert_eq!(families, [true, false, true, false, true, false, true, false]);
        assert_eq!(route.hosts[0].preference, None);
    }

    #[tokio::test]
    async fn dane_counts_only_where_the_whole_way_is_validated() {
        let tlsa = |usage| Record::Tlsa(usage, 1, 1, vec![7; 32]);
        let table = |list: Security, address: Security, record: Option<Entry>| {
            let mut table = Table::default();
            table.set("x.test", Kind::Mx, Entry::Records(vec![mx(10, "a.x.test")], list));
            table.set("a.x.test", Kind::A, Entry::Records(vec![a(1)], address));
            if let Some(record) = record {
                table.set("_25._tcp.a.x.test", Kind::Tlsa, record);
            }
            Dns::table(table)
        };
        let secure = |records: Vec<Record>| Some(Entry::Records(records, Security::Secure));
        use Security::{Insecure, NotKnown, Secure};
        let must = Dane::Must(vec![Association::of(3, 1, 1, &[7; 32]).unwrap()]);
        for (list, address, record, expected) in [
            (Secure, Secure, secure(vec![tlsa(0), tlsa(3)]), must),
            (Secure, Secure, secure(vec![tlsa(0)]), Dane::Unusable),
            (Secure, Secure, None, Dane::None),
            (Secure, Secure, Some(Entry::Records(vec![tlsa(3)], Insecure)), Dane::None),
            (Insecure, Secure, secure(vec![tlsa(3)]), Dane::None),
            (Secure, NotKnown, secure(vec![tlsa(3)]), Dane::None),
            (Secure, Secure, Some(Entry::Fails(Failure::Bogus)), Dane::Withheld),
            (Secure, Insecure, Some(Entry::Fails(Failure::Bogus)), Dane::None),
        ] {
            let route = route(&table(list, address, record), "x.test", "").await.unwrap();
            assert_eq!(route.hosts[0].dane, expected);
        }
    }
}
