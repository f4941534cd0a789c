//! The names of others: one DNS client, which validates (DNSSEC), remembers, and waits for so long and no
//! longer. `hickory-resolver` lives below here only.
//!
//! An answer says whether it was validated: *secure*, *insecure* (the zone is provably not signed) or *not
//! known* (the name server that is asked does not speak DNSSEC). A *bogus* answer is no answer: it is a
//! failure of its own. That there is nothing is an answer; that nobody could be asked is another failure.
//!
//! Limits: 3 s for each question, asked at most twice; 8 aliases (CNAME) in a row; 100 records and 16 KiB
//! a record of an answer; 5,000 answers are remembered, at most a day, that there is nothing at most an hour.
//!
//! Absent on purpose: a recursive resolver (the one that the system or the owner names does that).

mod cache;
mod table;
mod upstream;

pub use table::{Entry, Table};
pub use upstream::Upstream;

use super::ledger::Ledger;
use crate::{codec::idna, domain::ledger::Purpose};
use cache::Cache;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// Records of one answer that are looked at.
pub const MAX_RECORDS: usize = 100;
/// Octets of one text record that are looked at.
pub const MAX_TEXT: usize = 16 * 1024;
/// Aliases that are followed one after another.
pub const MAX_ALIASES: usize = 8;

/// The kinds of records that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// Mail servers.
    Mx,
    /// Keys of people (RFC 7929).
    OpenPgpKey,
    /// Names of an address.
    Ptr,
    /// Servers of a service (RFC 2782).
    Srv,
    /// What is said of a server's certificate (RFC 6698).
    Tlsa,
    /// Text.
    Txt,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// Who may issue certificates: flags, tag in lower case, value.
    Caa(u8, String, String),
    /// A mail server: preference and name, lower case, without the last dot.
    Mx(u16, String),
    /// A person's key, in octets.
    OpenPgpKey(Vec<u8>),
    /// A name, lower case, without the last dot.
    Ptr(String),
    /// A server: priority, weight, port and name, lower case, without the last dot.
    Srv(u16, u16, u16, String),
    /// What is said of a server's certificate: usage, selector, matching type and data.
    Tlsa(u8, u8, u8, Vec<u8>),
    /// A text, its strings joined (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2).
    Txt(Vec<u8>),
}

/// What the chain of signatures says of an answer (RFC 4035 section 4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// Signed, up to the root.
    Secure,
    /// Provably not signed.
    Insecure,
    /// The name server does not give what is needed to tell.
    #[default]
    NotKnown,
}

/// An answer: the records, none where there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The records of the kind that was asked for, aliases followed.
    pub records: Vec<Record>,
    /// Whether the name does not exist at all (NXDOMAIN); without it and without records, it has others.
    pub no_such_name: bool,
    /// Whether the answer was validated.
    pub security: Security,
}

/// Why there is no answer. None of them says anything about the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// A name server failed or refused.
    #[error("a name server failed")]
    Temporary,
    /// The name server did not answer in time.
    #[error("a name server was silent")]
    Silent,
    /// The signatures of the answer do not hold.
    #[error("the answer was forged or is broken")]
    Bogus,
    /// No name server could be reached, none is known, or the time was over.
    #[error("no name server could be asked")]
    Unreachable,
    /// It is no name: a label is empty or longer than 63 octets, or all of it longer than 253.
    #[error("that is no name")]
    NotAName,
}

/// Asks name servers; cheap to clone. It carries the ledger of the box's connections, because whoever reaches out asks
/// for a name first.
#[derive(Clone)]
pub struct Dns(Arc<Source>, Ledger);

enum Source {
    Nobody,
    Table(Table),
    Upstream(Box<Upstream>, Cache),
}

impl Dns {
    /// Asks nobody: every question is unreachable.
    pub fn nobody() -> Self {
        Self(Arc::new(Source::Nobody), Ledger::default())
    }

    /// Answers from a table; what is not in it does not exist.
    pub fn table(table: Table) -> Self {
        Self(Arc::new(Source::Table(table)), Ledger::default())
    }

    /// Asks the name servers that the system names (`/etc/resolv.conf`); nobody where it names none.
    pub fn system() -> Self {
        match Upstream::system() {
            Some(upstream) => Self::over(upstream),
            None => Self::nobody(),
        }
    }

    /// Asks this name server, by UDP and TCP.
    pub fn server(address: SocketAddr) -> Self {
        Upstream::server(address, None).map_or_else(Self::nobody, Self::over)
    }

    /// Asks this name server and trusts these keys (DNSKEY records in zone file format) instead of the
    /// root's own; `None` where they cannot be read.
    pub fn anchored(address: SocketAddr, keys: &str) -> Option<Self> {
        Upstream::server(address, Some(keys)).map(Self::over)
    }

    fn over(upstream: Upstream) -> Self {
        Self(Arc::new(Source::Upstream(Box::new(upstream), Cache::default())), Ledger::default())
    }

    /// Where connections are counted.
    pub fn ledger(&self) -> &Ledger {
        &self.1
    }

    /// Forgets what was answered before: the next question is asked anew, as far as this box can.
    pub fn forget(&self) {
        if let Source::Upstream(upstream, cache) = &*self.0 {
            cache.clear();
            upstream.forget();
        }
    }

    /// The records of this kind. The name is absolute, with the last dot or without; letters in any case.
    pub async fn look(&self, name: &str, kind: Kind) -> Result<Answer, Failure> {
        let name = plain(name)?;
        match &*self.0 {
            Source::Nobody => Err(Failure::Unreachable),
            Source::Table(table) => table.look(&name, kind),
            Source::Upstream(upstream, cache) => {
                if let Some(answer) = cache.get(&name, kind) {
                    return Ok(answer);
                }
                self.1.note(Purpose::Names, upstream.servers());
                let (answer, seconds) = upstream.look(&name, kind).await?;
                cache.put(name, kind, &answer, seconds);
                Ok(answer)
            }
        }
    }
}

impl Answer {
    /// The texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().filter_map(|record| match record {
            Record::Txt(text) => Some(text.as_slice()),
            _ => None,
        })
    }

    /// The addresses in it.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.records.iter().filter_map(|record| match record {
            Record::A(address) => Some(IpAddr::V4(*address)),
            Record::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        })
    }

    /// The names in it: of mail servers the best first, of an address in the order given.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<(u16, &str)> = self
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Mx(preference, name) => Some((*preference, name.as_str())),
                Record::Ptr(name) => Some((0, name.as_str())),
                _ => None,
            })
            .collect();
        names.sort_by_key(|(preference, _)| *preference);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// The name under which an address has its names (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub fn reverse_name(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

/// A name in lower case without the last dot, where it is one (RFC 1035 section 2.3.4).
fn plain(name: &str) -> Result<String, Failure> {
    let name = idna::ascii(name).ok_or(Failure::NotAName)?;
    let labels = name.split('.').all(|label| (1..=63).contains(&label.len()));
    if labels && name.len() <= 253 && !name.chars().any(char::is_control) {
        Ok(name)
    } else {
        Err(Failure::NotAName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_names_of_their_own() {
        assert_eq!(reverse_name([192, 0, 2, 7].into()), "7.2.0.192.in-addr.arpa");
        assert_eq!(reverse_name("::ffff:192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa");
        assert_eq!(
            reverse_name("2001:db8::cb01".parse().unwrap()),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }

    #[test]
    fn what_is_no_name_is_not_asked_for() {
        assert_eq!(plain("Mail.Example.").unwrap(), "mail.example");
        assert_eq!(plain("_mta-sts.ZOÉ.example").unwrap(), "_mta-sts.xn--zo-cja.example");
        for bad in ["", ".", "a..b", &"a".repeat(64), &"abc.".repeat(64), "a\nb"] {
            assert_eq!(plain(bad), Err(Failure::NotAName), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn nobody_knows_nothing() {
        assert_eq!(Dns::nobody().look("a.test", Kind::A).await, Err(Failure::Unreachable));
    }
}
