//! How a contact stands: what was seen of the messages that were exchanged, and what is known of their keys and
//! their provider, become evidence; the domain makes the index of it.

use super::{Error, History, told};
use crate::{
    domain::{
        address::Address,
        fact::Fact,
        privacy::{
            contact::{self, ContactIndex, Evidence, Habits, Key, MANY, NEWEST},
            evidence::Evidence as OfMessage,
            index::RULES_VERSION,
        },
        time::Time,
    },
    service::{keyring::Choice, today},
    store::{contacts::Exchange, mail::Snapshot, record},
};

/// Messages, both ways, whose evidence is read.
const READ: usize = 4 * NEWEST;
/// Seconds in which a key that replaced another one is new.
const LATELY: i64 = 30 * 24 * 3600;
/// The oldest messages that are looked at for one that counts.
const OLDEST: usize = 20;

/// What was exchanged with somebody under all their addresses, the newest first.
pub(super) fn exchanged(snapshot: &Snapshot, contact: &record::Contact, take: usize) -> Result<Vec<Exchange>, Error> {
    let mut all = Vec::new();
    for address in &contact.addresses {
        all.extend(snapshot.exchanged(address, take)?);
    }
    all.sort_unstable_by_key(|one| std::cmp::Reverse((one.received, one.message)));
    // One message to two addresses of theirs is one message.
    all.dedup_by_key(|one| one.message);
    all.truncate(take);
    Ok(all)
}

/// How much was exchanged, and when.
pub(super) fn history(snapshot: &Snapshot, contact: &record::Contact) -> Result<History, Error> {
    let mut history = History::default();
    for one in exchanged(snapshot, contact, usize::MAX)? {
        *(if one.to { &mut history.to } else { &mut history.from }) += 1;
        history.last = history.last.or(Some(Time(one.received)));
        history.first = Some(Time(one.received));
    }
    Ok(history)
}

/// The index of a contact, now.
pub(super) fn index(snapshot: &Snapshot, contact: &record::Contact, now: Time) -> Result<ContactIndex, Error> {
    Ok(contact::evaluate(&evidence(snapshot, contact, now)?, now))
}

/// How a contact stands, to be kept. One whose card is gone stands nowhere.
pub(super) fn stands(snapshot: &Snapshot, id: u64, now: Time) -> Result<record::Stands, Error> {
    let Some(contact) = snapshot.contact(id)? else {
        return Ok(record::Stands::default());
    };
    let history = history(snapshot, &contact)?;
    Ok(record::Stands {
        at: now.0,
        rules: RULES_VERSION,
        points: index(snapshot, &contact, now)?.points,
        from: history.from,
        to: history.to,
        last: history.last.map(|last| last.0),
    })
}

/// What was seen of one message, and whether it came through the door; `None` where nothing is kept of it. What a key signed that
/// the owner has found to differ since is not theirs.
pub(super) fn seen(snapshot: &Snapshot, one: &Exchange) -> Result<Option<(bool, OfMessage)>, Error> {
    let Some(proof) = snapshot.proof(one.message)? else {
        return Ok(None);
    };
    let mut evidence = proof.evidence();
    today::signature(snapshot, one.message, &mut evidence)?;
    Ok(Some((proof.arrival.is_some(), evidence)))
}

fn evidence(snapshot: &Snapshot, contact: &record::Contact, now: Time) -> Result<Evidence, Error> {
    let newest = exchanged(snapshot, contact, READ)?;
    let mut read = Vec::with_capacity(newest.len());
    for one in newest.iter().rev() {
        read.extend(seen(snapshot, one)?.map(|(door, evidence)| (one.to, door, evidence)));
    }
    let each = read.iter().map(|(to, door, evidence)| contact::Exchange {
        to: *to,
        door: *door,
        evidence,
    });
    let counts = |to: bool| u32::try_from(each.clone().filter(|one| one.to == to && one.counts()).count()).unwrap_or(MANY);
    let (strict, dnssec) = provider(snapshot, contact, now)?;
    let keys = weakest_keys(snapshot, contact, now)?;
    Ok(Evidence {
        key: keys.key,
        verified: keys.verified,
        changed: keys.changed,
        strict,
        dnssec,
        habits: Habits::of(each.clone()),
        from: counts(false),
        to: counts(true),
        first: first(snapshot, contact)?,
        statement: told::fact(snapshot, contact, now)?,
    })
}

/// What is known of a contact's key. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::service) enum KeyState {
    /// None is known that could be used, or none that anybody vouches for.
    None,
    /// One is, and was never compared.
    NotCompared,
    /// One is, and was compared.
    Compared,
}

/// What is known of a contact's key, and of which of their addresses that is: of those that count, the one of which least is.
pub(in crate::service) fn key_state<'a>(
    snapshot: &Snapshot,
    contact: &'a record::Contact,
    now: Time,
) -> Result<(KeyState, Option<&'a str>), Error> {
    let mut least: Option<(KeyState, &str)> = None;
    for address in used(snapshot, contact)? {
        let known = keys(snapshot, address, now)?;
        let state = match (known.key, known.verified) {
            (Fact::Known(Key::Usable(_)), Fact::Known(true)) => KeyState::Compared,
            (Fact::Known(Key::Usable(_)), _) => KeyState::NotCompared,
            _ => KeyState::None,
        };
        if least.is_none_or(|(known, _)| state < known) {
            least = Some((state, address));
        }
    }
    Ok(least.map_or((KeyState::None, None), |(state, address)| (state, Some(address))))
}

/// What is known of the keys of an address.
fn keys(snapshot: &Snapshot, address: &str, now: Time) -> Result<Evidence, Error> {
    let row = snapshot.peer_keys(address)?.filter(|row| !row.keys.is_empty());
    Ok(row.map_or_else(Evidence::default, |row| held(&row, now)))
}

/// The addresses whose keys count: those that were written to or from, or all where none was yet.
fn used<'a>(snapshot: &Snapshot, contact: &'a record::Contact) -> Result<Vec<&'a String>, Error> {
    let mut used = Vec::new();
    for address in &contact.addresses {
        if is_used(snapshot, address)? {
            used.push(address);
        }
    }
    if used.is_empty() {
        used.extend(&contact.addresses);
    }
    Ok(used)
}

/// What is known of their keys, the weakest counting. Of an address without a key nothing is known.
fn weakest_keys(snapshot: &Snapshot, contact: &record::Contact, now: Time) -> Result<Evidence, Error> {
    let mut all = Vec::new();
    for address in used(snapshot, contact)? {
        all.push(keys(snapshot, address, now)?);
    }
    // "Not known" is the least of each fact.
    Ok(Evidence {
        key: all.iter().map(|one| one.key).min().unwrap_or_default(),
        verified: all.iter().map(|one| one.verified).min().unwrap_or_default(),
        changed: all.iter().map(|one| one.changed).max().unwrap_or_default(),
        ..Evidence::default()
    })
}

/// Whether anything that counts was exchanged with this address.
fn is_used(snapshot: &Snapshot, address: &str) -> Result<bool, Error> {
    for one in snapshot.exchanged(address, READ)? {
        let Some((door, evidence)) = seen(snapshot, &one)? else { continue };
        let exchange = contact::Exchange {
            to: one.to,
            door,
            evidence: &evidence,
        };
        if exchange.counts() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a row says of the keys of its address.
fn held(row: &record::PeerKeys, now: Time) -> Evidence {
    let choice = Choice::of(row, now);
    let changed = Evidence {
        changed: Fact::Known(choice.changed),
        ..Evidence::default()
    };
    let Some(key) = choice.key else {
        return Evidence {
            key: Fact::Known(Key::Missing),
            ..changed
        };
    };
    if choice.claimed {
        // Nobody but the messages themselves says that it is theirs.
        return changed;
    }
    let facts = key.facts(now);
    let held = row.held(facts.fingerprint.octets());
    let young = held.is_some_and(|held| held.since > now.0 - LATELY);
    let mut others = row.keys.iter().filter(|other| !other.is_refused());
    let older = others.any(|other| held.is_some_and(|held| other.since < held.since));
    Evidence {
        key: Fact::Known(Key::Usable(facts.strength)),
        verified: Fact::Known(choice.verified),
        changed: Fact::Known(choice.changed || (young && older)),
        ..Evidence::default()
    }
}

/// When the first message that counts was exchanged.
fn first(snapshot: &Snapshot, contact: &record::Contact) -> Result<Option<Time>, Error> {
    let all = exchanged(snapshot, contact, usize::MAX)?;
    for one in all.iter().rev().take(OLDEST) {
        let Some((door, evidence)) = seen(snapshot, one)? else { continue };
        let exchange = contact::Exchange {
            to: one.to,
            door,
            evidence: &evidence,
        };
        if exchange.counts() {
            return Ok(Some(Time(one.received)));
        }
    }
    Ok(None)
}

/// What is known of the domains of their addresses, the weakest counting: strict, and signed.
fn provider(snapshot: &Snapshot, contact: &record::Contact, now: Time) -> Result<(Fact<bool>, Fact<bool>), Error> {
    let domains: std::collections::BTreeSet<String> = contact
        .addresses
        .iter()
        .filter_map(|address| Some(Address::parse(address).ok()?.domain().to_owned()))
        .collect();
    let (mut strict, mut dnssec) = (Vec::new(), Vec::new());
    for domain in &domains {
        let known = snapshot.strict(domain)?;
        let enforced = known.as_ref().and_then(|known| known.valid(now.0)).map(record::Remembered::policy);
        let enforced = enforced.is_some_and(|policy| policy.mode == crate::codec::mta_sts::Mode::Enforce);
        let dane = known.as_ref().map_or(Fact::Unknown, |known| known.dane(now.0));
        strict.push(if enforced { Fact::Known(true) } else { dane });
        dnssec.push(known.as_ref().map_or(Fact::Unknown, |known| known.dnssec(now.0)));
    }
    Ok((weakest(&strict), weakest(&dnssec)))
}

/// One that fails decides, then one that is not known.
pub(super) fn weakest(facts: &[Fact<bool>]) -> Fact<bool> {
    if facts.contains(&Fact::Known(false)) {
        Fact::Known(false)
    } else if facts.is_empty() || facts.contains(&Fact::Unknown) {
        Fact::Unknown
    } else {
        Fact::Known(true)
    }
}
