//! Which key is used for an address, of all that are known.
//!
//! One that the owner compared, and no other beside it; else what Autocrypt advises, where somebody vouches for it; else
//! what their domain, the owner or a key server gave; else one that came as a file and that the owner kept; last one that
//! only their own messages speak for, and what Autocrypt doubts, which is used only to answer what came encrypted.
//! Whatever is used in the place of another one is said. One that the owner found to differ is as if it were not there.

use super::Source;
use crate::{
    codec::pgp::Certificate,
    domain::{autocrypt::Advice, fact::Fact, privacy::evidence::KeyState, time::Time},
    store::record::{Held, PeerKeys},
};

/// Octets of a fingerprint of the newer kind (RFC 9580 section 5.5.4).
const MODERN: usize = 32;

/// The key to use for an address.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The key; `None` where none can be used.
    pub key: Option<Certificate>,
    /// Whether the owner compared it.
    pub verified: bool,
    /// Whether only messages that nobody vouches for say that it is theirs.
    pub claimed: bool,
    /// What Autocrypt says of this address.
    pub advice: Advice,
    /// Whether they like encrypted mail.
    pub mutual: bool,
    /// Whether there is another key, which is not used because the owner had compared an earlier one.
    pub changed: bool,
    /// Since when it is used in place of another one, where neither was compared.
    pub replaced: Option<Time>,
}

/// Where a key that Autocrypt does not speak of may come from and be used all the same, before one that it doubts.
fn speaks_for_itself(source: Source) -> bool {
    source.rank() > Source::Autocrypt.rank()
}

/// Whether somebody chose it: their domain, the owner, or a key server that the owner asked.
pub(super) fn is_chosen(held: &Held) -> bool {
    speaks_for_itself(held.source()) || held.source() == Source::Attached
}

/// Whether one key may stand in for the other: one of the newer kind stands beside an older one.
fn is_like(one: &Held, other: &Held) -> bool {
    one.print.len() == other.print.len()
}

impl Choice {
    /// Of what is known of an address.
    pub fn of(row: &PeerKeys, now: Time) -> Self {
        if row.keys.iter().any(Held::is_refused) {
            let mut left = row.clone();
            left.keys.retain(|held| !held.is_refused());
            return Self::of(&left, now);
        }
        let usable = |held: &Held| {
            let key = Certificate::read(&held.octets).ok()?;
            key.facts(now).is_usable().then_some(key)
        };
        let mut verified: Vec<&Held> = row.keys.iter().filter(|held| held.verified > 0).collect();
        verified.sort_by_key(|held| std::cmp::Reverse(held.verified));
        let peer = row.peer();
        let (own, told) = peer.alone(|print| row.held(print).and_then(usable).is_some());
        let none = Self {
            key: None,
            verified: false,
            claimed: false,
            advice: Advice::Disable,
            mutual: row.mutual,
            changed: false,
            replaced: None,
        };
        if let Some(compared) = verified.first() {
            let newest = row.key.as_ref().and_then(|print| row.held(print));
            // One that nobody vouches for is not what Autocrypt speaks of, and is told all the same.
            let later = |held: &Held| match held.source() {
                Source::Gossip => false,
                Source::Autocrypt => held.since >= compared.since,
                _ => held.since > compared.since,
            };
            let published = |held: &&Held| later(held) && usable(held).is_some();
            let other = newest.into_iter().chain(row.keys.iter().filter(published));
            let changed = other.filter(|held| is_like(held, compared)).any(|held| held.verified == 0);
            return match verified.iter().find_map(|held| usable(held)) {
                Some(key) => Self {
                    key: Some(key),
                    verified: true,
                    advice: Advice::Available,
                    changed,
                    ..none
                },
                None => Self { changed, ..none },
            };
        }
        let doubted = told.and_then(|print| row.held(print));
        if let Some(key) = doubted
            .filter(|held| own >= Advice::Available && held.is_trusted())
            .and_then(usable)
        {
            return Self {
                replaced: replaced(row, &key),
                key: Some(key),
                advice: own,
                ..none
            };
        }
        // Their domain or the owner brought one: as good as Autocrypt's, and better than a doubtful one. One of the newer
        // kind is taken where there is no other: not all of their programs may read it.
        let mut others: Vec<&Held> = row.keys.iter().filter(|held| speaks_for_itself(held.source())).collect();
        others.sort_by_key(|held| std::cmp::Reverse((held.source().rank(), std::cmp::Reverse(held.print.len()), held.last)));
        if let Some(key) = others.into_iter().find_map(usable) {
            return Self {
                replaced: replaced(row, &key),
                key: Some(key),
                advice: Advice::Available,
                ..none
            };
        }
        // One that came as a file and that the owner kept, where Autocrypt has none that is theirs.
        if doubted.is_none_or(|held| !held.is_trusted()) {
            let mut kept: Vec<&Held> = row.keys.iter().filter(|held| held.source() == Source::Attached).collect();
            kept.sort_by_key(|held| std::cmp::Reverse((held.vouched, held.last)));
            if let Some(key) = kept.into_iter().find_map(usable) {
                return Self {
                    replaced: replaced(row, &key),
                    key: Some(key),
                    advice: Advice::Available,
                    ..none
                };
            }
        }
        let key = doubted.and_then(usable);
        Self {
            replaced: key.as_ref().filter(|_| own >= Advice::Available).and_then(|key| replaced(row, key)),
            key,
            claimed: doubted.is_some_and(|held| !held.is_trusted()),
            advice: own,
            ..none
        }
    }

    /// Their key of the newer kind (RFC 9580), for a message between those who have one: compared where the key in use
    /// was, and otherwise one that their domain, they themselves or the owner brought.
    pub fn modern(&self, row: &PeerKeys, now: Time) -> Option<Certificate> {
        let speaks = |held: &&Held| match self.verified {
            _ if held.is_refused() => false,
            true => held.verified > 0,
            false => speaks_for_itself(held.source()) || (row.key.as_ref() == Some(&held.print) && (self.claimed || held.is_trusted())),
        };
        let mut found: Vec<&Held> = row.keys.iter().filter(|held| held.print.len() == MODERN).filter(speaks).collect();
        found.sort_by_key(|held| std::cmp::Reverse((held.verified, held.source().rank(), held.last)));
        let usable = |held: &&Held| Certificate::read(&held.octets).ok().filter(|key| key.facts(now).is_usable());
        found.iter().find_map(usable)
    }

    /// The same as evidence. What only a message itself says is not known: it wins nothing.
    pub fn state(&self) -> Fact<KeyState> {
        match (&self.key, self.verified) {
            (None, _) => Fact::Known(KeyState::Missing),
            (Some(_), false) if self.claimed => Fact::Unknown,
            (Some(_), false) => Fact::Known(KeyState::Usable),
            (Some(_), true) => Fact::Known(KeyState::Verified),
        }
    }
}

/// Since when a key is used in place of another one that was known before.
fn replaced(row: &PeerKeys, key: &Certificate) -> Option<Time> {
    let held = row.held(key.fingerprint().octets())?;
    let before = |other: &Held| other.since < held.since && other.source() != Source::Gossip && is_like(other, held);
    row.keys.iter().any(before).then_some(Time(held.since))
}
