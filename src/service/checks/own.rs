//! What is to be published about this box, and the zone file that says it.

use crate::{
    codec::mta_sts::Policy,
    domain::check::{Entry, Id, Place, place},
    store::hex,
};
use std::{fmt::Write, net::IpAddr};

/// Octets of one string of a TXT record (RFC 1035 section 3.3).
const STRING: usize = 255;
/// Seconds for which others may remember a record: short enough that a mistake is over the same day.
const TTL: u32 = 3600;

/// This box as its records should have it.
pub(super) struct Own {
    pub(super) domain: String,
    pub(super) host: String,
    /// The owner's address: where reports go.
    pub(super) owner: String,
    /// The addresses by which the world reaches it, as far as this box knows.
    pub(super) addresses: Vec<IpAddr>,
    /// Names and records of the keys that sign.
    pub(super) dkim: Vec<(String, String)>,
    /// The certificate in force, DER.
    pub(super) certificate: Vec<u8>,
    /// The fingerprints of its key, and of the one that is to come.
    pub(super) keys: Vec<[u8; 32]>,
    /// The policy that it serves.
    pub(super) policy: Policy,
    /// What its certificate authority calls itself.
    pub(super) caa: Vec<String>,
    /// The name and the octets of the owner's key in DNS.
    pub(super) key: Option<(String, Vec<u8>)>,
}

impl Own {
    fn text(&self, label: &str, value: String) -> Entry {
        let domain = &self.domain;
        Entry {
            name: if label.is_empty() {
                domain.clone()
            } else {
                format!("{label}.{domain}")
            },
            kind: "TXT",
            value,
        }
    }

    /// Whether this may be an address by which the world reaches this box: one of its own; or, behind a router, whose
    /// address only the owner knows, a public one.
    pub(super) fn may_have(&self, address: IpAddr) -> bool {
        // A router that shares its IPv4 address passes IPv6 ones through.
        let behind = self.addresses.is_empty() || address.is_ipv4() && !self.sees_ipv4();
        self.addresses.contains(&address) || behind && place(address) == Place::Public
    }

    /// Whether it has a public IPv4 address of its own.
    fn sees_ipv4(&self) -> bool {
        self.addresses.iter().any(IpAddr::is_ipv4)
    }

    pub(super) fn address_entries(&self) -> Vec<Entry> {
        let entry = |address: &IpAddr| Entry {
            name: self.host.clone(),
            kind: if address.is_ipv4() { "A" } else { "AAAA" },
            value: address.to_string(),
        };
        self.addresses.iter().map(entry).collect()
    }

    pub(super) fn mx_entry(&self) -> Entry {
        Entry {
            name: self.domain.clone(),
            kind: "MX",
            value: format!("10 {}.", self.host),
        }
    }

    pub(super) fn spf_entry(&self) -> Entry {
        self.text("", "v=spf1 mx -all".to_owned())
    }

    pub(super) fn dmarc_entry(&self) -> Entry {
        self.text("_dmarc", format!("v=DMARC1; p=quarantine; rua=mailto:{}", self.owner))
    }

    pub(super) fn sts_entry(&self) -> Entry {
        self.text("_mta-sts", format!("v=STSv1; id={}", self.policy.id()))
    }

    pub(super) fn reports_entry(&self) -> Entry {
        self.text("_smtp._tls", format!("v=TLSRPTv1; rua=mailto:{}", self.owner))
    }

    /// A host that this box answers for: an alias of the mail host, so that it moves along with it.
    pub(super) fn below_entry(&self, label: &str) -> Entry {
        Entry {
            name: format!("{label}.{}", self.domain),
            kind: "CNAME",
            value: format!("{}.", self.host),
        }
    }

    pub(super) fn tlsa_entries(&self) -> Vec<Entry> {
        let entry = |key: &[u8; 32]| Entry {
            name: format!("_25._tcp.{}", self.host),
            kind: "TLSA",
            value: format!("3 1 1 {}", hex(key)),
        };
        self.keys.iter().map(entry).collect()
    }

    pub(super) fn caa_entries(&self) -> Vec<Entry> {
        let first = self.caa.first().map(|authority| Entry {
            name: self.domain.clone(),
            kind: "CAA",
            value: format!("0 issue \"{authority}\""),
        });
        first.into_iter().collect()
    }

    /// In the form of RFC 3597, which every provider's form that takes unknown types understands.
    pub(super) fn openpgp_entry(&self) -> Option<Entry> {
        let (name, octets) = self.key.as_ref()?;
        Some(Entry {
            name: name.clone(),
            kind: "OPENPGPKEY",
            value: format!("\\# {} {}", octets.len(), hex(octets)),
        })
    }

    /// Every record, in the order of the checks. What stands at the provider of the line (reverse names) is not in it.
    fn entries(&self) -> Vec<Entry> {
        let mut entries = self.address_entries();
        entries.extend([self.mx_entry(), self.spf_entry()]);
        entries.extend(self.dkim.iter().map(|(name, value)| Entry {
            name: name.clone(),
            kind: "TXT",
            value: value.clone(),
        }));
        entries.extend([
            self.dmarc_entry(),
            self.sts_entry(),
            self.below_entry("mta-sts"),
            self.reports_entry(),
        ]);
        entries.extend(self.tlsa_entries());
        entries.extend(self.caa_entries());
        entries.push(self.below_entry("openpgpkey"));
        entries.extend(self.openpgp_entry());
        entries
    }

    /// The records as a zone file (RFC 1035 section 5) with whole names.
    pub(super) fn zone_file(&self) -> String {
        let mut text = format!("; Caliopen: what to publish for {}\n$TTL {TTL}\n", self.domain);
        if !self.sees_ipv4() {
            let _ = writeln!(text, "; {}. IN A (the address of your line, which this box cannot see)", self.host);
        }
        for entry in self.entries() {
            let value = if entry.kind == "TXT" { quoted(&entry.value) } else { entry.value };
            let _ = writeln!(text, "{}. IN {} {value}", entry.name, entry.kind);
        }
        text
    }
}

/// A text as strings of at most 255 octets, in quotes.
fn quoted(text: &str) -> String {
    let mut strings = vec![String::new()];
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > STRING {
            strings.push(String::new());
            length = 0;
        }
        length += c.len_utf8();
        if let Some(last) = strings.last_mut() {
            if matches!(c, '"' | '\\') {
                last.push('\\');
            }
            last.push(c);
        }
    }
    strings.iter().map(|string| format!("\"{string}\"")).collect::<Vec<_>>().join(" ")
}

/// The check that speaks of an entry's kind of host.
pub(super) const BELOW: [(Id, &str); 2] = [(Id::MtaStsHost, "mta-sts"), (Id::WkdHost, "openpgpkey")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::mta_sts::Mode;

    /// A box that has these addresses.
    fn at(addresses: &[&str]) -> Own {
        Own {
            domain: "home.test".into(),
            host: "mail.home.test".into(),
            owner: "me@home.test".into(),
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            dkim: Vec::new(),
            certificate: Vec::new(),
            keys: Vec::new(),
            policy: Policy {
                mode: Mode::Testing,
                max_age: 1,
                hosts: Vec::new(),
            },
            caa: Vec::new(),
            key: None,
        }
    }

    #[test]
    fn the_address_of_the_router_is_the_owners_to_know() {
        let (router, six, other) = ("8.8.8.8", "2a01:db8::1", "2a01:db8::2");
        let may = |own: &[&str], published: &str| at(own).may_have(published.parse().unwrap());
        assert!(may(&[six], router) && may(&[six], six) && may(&[], router));
        assert!(!may(&[six], other) && !may(&[six], "192.168.1.1") && !may(&[six], "100.64.0.1"));
        assert!(!may(&["9.9.9.9", six], router), "it sees its own");
        let hint = "; mail.home.test. IN A (";
        assert!(at(&[six]).zone_file().contains(hint) && at(&[]).zone_file().contains(hint));
        assert!(at(&[six]).zone_file().contains(&format!("mail.home.test. IN AAAA {six}")));
        assert!(!at(&[router]).zone_file().contains(hint));
    }

    #[test]
    fn a_long_text_is_cut_into_strings() {
        assert_eq!(quoted("v=spf1 mx -all"), "\"v=spf1 mx -all\"");
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
        let long = "x".repeat(300);
        assert_eq!(quoted(&long), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    }
}
