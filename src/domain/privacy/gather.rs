//! From a reading and what was observed to evidence. One function for every message, whether the SMTP
//! door received it, an import brought it or the command line explains it.
//!
//! What a message says of itself becomes evidence only where it speaks against itself: that it claims to
//! be encrypted or signed makes those facts "not known" until somebody opens or verifies it, and earlier
//! `Received` lines can only take points away. `Authentication-Results`, `DKIM-Signature` and the like
//! are not even read.

use super::evidence::{Content, Direction, Encryption, Evidence, HopClaims, HtmlFindings, Other, Signature, Social, Tls, Travel};
use crate::domain::{
    address::Address,
    fact::Fact,
    message::{Defect, Reading},
    transport::{Hop, TlsFacts, TlsVersion},
};
use std::{collections::BTreeSet, net::IpAddr};

/// What was seen of a message from the outside. A default has seen nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Which way it went.
    pub direction: Direction,
    /// Whether this appliance itself received it. Where it did not, as with a message fetched from an
    /// external mailbox, nothing is known of its travel and earlier `Received` lines are not weighed.
    pub received: bool,
    /// What opening and verifying showed; `html` where the opened text was read. Not known is nobody did.
    pub content: Content,
    /// What was seen of the way; `hops` is not read, it comes from the message.
    pub travel: Travel,
    /// Whether the owner loaded remote content in it.
    pub loaded: bool,
}

/// What one needs to tell the hosts of one operator from those of another.
#[derive(Clone, Copy)]
pub struct Hosts<'a> {
    /// A host or domain of this appliance: a `Received` line of the same operator is our own.
    pub home: &'a str,
    /// The registrable domain of a host name (`codec::hosts::registrable`).
    pub registrable: &'a dyn Fn(&str) -> String,
}

/// Puts together the evidence of a message.
///
/// `html` is what `codec::html` found in the message as it lies there, `is_owner` says which addresses
/// are the owner's own, `about` what is known of anybody else.
pub fn gather(
    reading: &Reading,
    html: HtmlFindings,
    seen: &Observed,
    hosts: Hosts<'_>,
    is_owner: impl Fn(&Address) -> bool,
    about: impl Fn(&Address) -> Other,
) -> Evidence {
    let travelled = seen.received && seen.direction == Direction::In;
    Evidence {
        direction: seen.direction,
        content: content(reading, html, &seen.content),
        travel: Travel {
            hops: if travelled {
                Fact::Known(claims(&reading.hops, hosts))
            } else {
                Fact::Unknown
            },
            ..seen.travel.clone()
        },
        social: social(reading, seen.direction, is_owner, about),
        loaded: seen.loaded,
    }
}

/// The travel lines' view of a TLS session that this appliance was an end of; `None` is a session in clear.
pub fn session(tls: Option<&TlsFacts>) -> (Tls, bool) {
    match tls {
        None => (Tls::None, false),
        Some(facts) => {
            let tls = match facts.version {
                TlsVersion::V1_3 => Tls::V1_3,
                TlsVersion::V1_2 if facts.is_aead() => Tls::V1_2,
                TlsVersion::V1_2 | TlsVersion::Older => Tls::Weak,
            };
            (tls, facts.is_quantum_safe())
        }
    }
}

fn content(reading: &Reading, html: HtmlFindings, seen: &Content) -> Content {
    let claim = reading.openpgp;
    let claims_encryption = claim.encrypted || claim.encrypted_part;
    let empty = is_empty(reading);
    let absent = |because: bool| !because && !empty;
    let encryption = match seen.encryption {
        Fact::Unknown if absent(claims_encryption) => Fact::Known(Encryption::None),
        fact => fact,
    };
    // A signature may also lie inside what is encrypted.
    let signature = match seen.signature {
        Fact::Unknown if absent(claim.signed || claims_encryption) && encryption == Fact::Known(Encryption::None) => {
            Fact::Known(Signature::Absent)
        }
        fact => fact,
    };
    let hidden = (claims_encryption && !encryption.is_known()) || !is_read_whole(reading);
    let html = match seen.html {
        Fact::Unknown if absent(hidden) => Fact::Known(html),
        fact => fact,
    };
    Content {
        encryption,
        signature,
        html,
        ..seen.clone()
    }
}

/// Whether all of the HTML that there may be was read: of what was not, nobody knows what it would do.
pub fn is_read_whole(reading: &Reading) -> bool {
    let cut = reading.html.is_some() && reading.defects.contains(&Defect::LongText);
    !cut && !reading.defects.contains(&Defect::TooManyParts)
}

/// Whether nothing at all could be read.
fn is_empty(reading: &Reading) -> bool {
    let headers = reading.from.is_empty() && reading.to.is_empty() && reading.cc.is_empty() && reading.subject.is_empty();
    headers && reading.text.is_empty() && reading.html.is_none() && reading.attachments.is_empty()
}

/// The people of a received message are not known where nobody can be read in `From`: the other names in
/// it would be weighed as if they had written it.
fn social(reading: &Reading, direction: Direction, is_owner: impl Fn(&Address) -> bool, about: impl Fn(&Address) -> Other) -> Social {
    let nameless = direction == Direction::In && reading.from.is_empty();
    let others = if nameless {
        Vec::new()
    } else {
        let people = reading.participants().map(|mailbox| &mailbox.address);
        people.filter(|address| !is_owner(address)).map(about).collect()
    };
    Social {
        others,
        list: reading.list_id.is_some(),
    }
}

/// What `Received` lines claim. Operators are counted once each, so that a line which the sender makes up
/// can add to the count and never lower it.
pub fn claims(hops: &[Hop], hosts: Hosts<'_>) -> HopClaims {
    let operator = |host: &str| (hosts.registrable)(host.trim_matches(['[', ']']).trim_end_matches('.')).to_ascii_lowercase();
    let home = operator(hosts.home);
    let mut operators = BTreeSet::new();
    let mut in_clear = false;
    for hop in hops {
        let by = operator(&hop.by);
        if by == home && !home.is_empty() {
            continue;
        }
        if !is_local(&hop.by) {
            operators.insert(by);
        }
        in_clear |= hop.encrypted == Some(false) && !is_local(&hop.from) && !hop.from.eq_ignore_ascii_case(&hop.by);
    }
    HopClaims {
        relays: u32::try_from(operators.len().saturating_sub(1)).unwrap_or(u32::MAX),
        in_clear,
    }
}

/// Whether a name in a `Received` line is of the machine itself or of a private network, where a hop
/// never touched the internet. No name at all says nothing either.
fn is_local(host: &str) -> bool {
    let name = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let address = name.strip_prefix("ipv6:").unwrap_or(&name).parse::<IpAddr>();
    match address {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        Err(_) => {
            let private = [".localhost", ".local", ".localdomain", ".lan", ".internal", ".home.arpa"];
            !name.contains('.') || private.iter().any(|suffix| name.ends_with(suffix))
        }
    }
}
