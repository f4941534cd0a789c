//! What the boxes of a contact's domains say of themselves, beside what this box saw of it.
//!
//! A statement counts for a contact only where the key that signed it is the one in use for an address of theirs at that
//! very domain. What it claims wins nothing until it was seen here; its letters are shown as its word and win nothing ever.

use super::weigh;
use crate::{
    codec::mta_sts::Mode,
    domain::{
        address::Address,
        fact::Fact,
        privacy::{
            contact,
            evidence::{Authentic, Evidence as OfMessage, Tls},
        },
        time::Time,
        world::{Claim, Statement, Untrue, borne_out},
    },
    service::{Error, keyring::Choice},
    store::{
        contacts::Exchange,
        mail::Snapshot,
        record::{self, PeerBox, Source},
    },
};
use std::collections::BTreeSet;

/// Messages that are looked at for how their mail comes.
const LOOKED: usize = 50;

/// What the box of one domain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The domain.
    pub domain: String,
    /// What it says, where that counts now.
    pub statement: Option<Statement>,
    /// What it claims, and what was seen of it.
    pub claims: Vec<(Claim, Fact<bool>)>,
    /// Why what it last said counted for nothing.
    pub untrue: Option<Untrue>,
    /// When it was last asked.
    pub asked: Option<Time>,
}

/// The domains of a contact's addresses.
pub(in crate::service) fn domains(contact: &record::Contact) -> BTreeSet<String> {
    let addresses = contact.addresses.iter().filter_map(|address| Address::parse(address).ok());
    addresses
        .map(|address| crate::codec::idna::plain(address.domain()).to_lowercase())
        .collect()
}

/// What each of their domains says; only domains that were asked.
pub(super) fn told(snapshot: &Snapshot, contact: &record::Contact, now: Time) -> Result<Vec<Told>, Error> {
    let mut all = Vec::new();
    for domain in domains(contact) {
        let Some(peer) = snapshot.peer_box(&domain)?.filter(|peer| peer.asked > 0) else {
            continue;
        };
        let statement = theirs(snapshot, contact, &domain, &peer, now)?;
        let claims = statement.as_ref().map(|statement| statement.claims.clone()).unwrap_or_default();
        let claims = claims
            .into_iter()
            .map(|claim| Ok((claim, seen(snapshot, contact, &domain, claim, now)?)));
        all.push(Told {
            claims: claims.collect::<Result<_, Error>>()?,
            statement,
            untrue: usize::from(peer.untrue).checked_sub(1).and_then(|at| Untrue::ALL.get(at).copied()),
            asked: Some(Time(peer.asked)),
            domain,
        });
    }
    Ok(all)
}

/// Whether what their boxes say was seen to be so; the weakest of their domains counts, and one that says nothing leaves it
/// not known.
pub(super) fn fact(snapshot: &Snapshot, contact: &record::Contact, now: Time) -> Result<Fact<bool>, Error> {
    let told = told(snapshot, contact, now)?;
    let whole = told.len() == domains(contact).len();
    let facts: Vec<Fact<bool>> = told.iter().map(|one| borne_out(&one.claims)).collect();
    Ok(match weigh::weakest(&facts) {
        Fact::Known(true) if !whole => Fact::Unknown,
        fact => fact,
    })
}

/// The statement of a domain, where it was signed by this contact.
fn theirs(snapshot: &Snapshot, contact: &record::Contact, domain: &str, peer: &PeerBox, now: Time) -> Result<Option<Statement>, Error> {
    let Some(statement) = peer.statement(now) else { return Ok(None) };
    for address in at(contact, domain) {
        let Some(row) = snapshot.peer_keys(&address)? else { continue };
        let choice = Choice::of(&row, now);
        let key = choice.key.filter(|_| !choice.claimed);
        if key.is_some_and(|key| key.fingerprint().octets() == peer.print) {
            return Ok(Some(statement));
        }
    }
    Ok(None)
}

/// Their addresses at a domain.
pub(in crate::service) fn at<'a>(contact: &'a record::Contact, domain: &'a str) -> impl Iterator<Item = String> + 'a {
    let is_there = move |address: &&String| {
        let parsed = Address::parse(address);
        parsed.is_ok_and(|address| crate::codec::idna::plain(address.domain()).eq_ignore_ascii_case(domain))
    };
    contact.addresses.iter().filter(is_there).cloned()
}

/// What was seen here of a claim.
fn seen(snapshot: &Snapshot, contact: &record::Contact, domain: &str, claim: Claim, now: Time) -> Result<Fact<bool>, Error> {
    let strict = snapshot.strict(domain)?;
    Ok(match claim {
        Claim::Tls => match snapshot.seen_way(domain)? {
            Some(way) => Fact::Known(way.session().0 >= Tls::V1_2),
            None => {
                let newest = came(snapshot, contact, domain)?.into_iter().find_map(|one| one.travel.tls.known());
                newest.map(|tls| tls >= Tls::V1_2).into()
            }
        },
        Claim::MtaSts => match strict.as_ref() {
            Some(known) if known.valid(now.0).is_some_and(|policy| policy.policy().mode == Mode::Enforce) => Fact::Known(true),
            Some(known) if known.asked > 0 => Fact::Known(false),
            _ => Fact::Unknown,
        },
        Claim::Dane => strict.as_ref().map_or(Fact::Unknown, |known| known.dane(now.0)),
        Claim::Wkd => {
            let mut found = Fact::Unknown;
            for address in at(contact, domain) {
                let row = snapshot.peer_keys(&address)?.unwrap_or_default();
                if row.keys.iter().any(|held| held.source() == Source::Wkd) {
                    found = Fact::Known(true);
                }
            }
            found
        }
        Claim::Dkim => {
            let known: Vec<Authentic> = came(snapshot, contact, domain)?
                .into_iter()
                .filter_map(|one| one.travel.authentic.known())
                .collect();
            (!known.is_empty()).then(|| known.contains(&Authentic::Dkim)).into()
        }
    })
}

/// What was seen of the newest messages that came from their addresses at a domain through the door, and that somebody
/// vouches for; the newest first.
fn came(snapshot: &Snapshot, contact: &record::Contact, domain: &str) -> Result<Vec<OfMessage>, Error> {
    let mut all: Vec<Exchange> = Vec::new();
    for address in at(contact, domain) {
        all.extend(snapshot.exchanged(&address, LOOKED)?);
    }
    all.sort_unstable_by_key(|one| std::cmp::Reverse((one.received, one.message)));
    let mut found = Vec::new();
    for one in all.iter().filter(|one| !one.to).take(LOOKED) {
        if let Some((true, evidence)) = weigh::seen(snapshot, one)? {
            let exchange = contact::Exchange {
                to: false,
                door: true,
                evidence: &evidence,
            };
            if exchange.counts() {
                found.push(evidence);
            }
        }
    }
    Ok(found)
}
