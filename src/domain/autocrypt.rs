//! What is remembered of somebody's key under Autocrypt, and what it recommends (Autocrypt Level 1, sections 2.3
//! and 2.4). Exactly the standard's, so that two programs of one person and this box come to the same answer. Whether
//! a message counts at all, where nobody vouches for it, is decided before.

use super::time::Time;

/// Seconds after which a key of which newer mail said nothing is doubted: 35 days (section 2.4).
const STALE: i64 = 35 * 24 * 3600;

/// What is remembered of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The newest message from it.
    pub last_seen: Option<Time>,
    /// The newest message from it that had the header.
    pub told: Option<Time>,
    /// The key of that header.
    pub key: Option<Vec<u8>>,
    /// Whether it likes to receive encrypted mail.
    pub mutual: bool,
    /// The newest message in which somebody else passed its key on.
    pub gossip_told: Option<Time>,
    /// The key that was passed on.
    pub gossip: Option<Vec<u8>>,
}

impl Peer {
    /// A message came from it: with a valid header (key and preference) or without. `date` is the sender's, `now`
    /// when it came; says whether anything changed.
    pub fn heard(&mut self, date: Time, now: Time, header: Option<(Vec<u8>, bool)>) -> bool {
        let effective = date.min(now);
        if self.told.is_some_and(|told| effective < told) {
            return false;
        }
        let newer = self.last_seen.is_none_or(|seen| effective > seen);
        if newer {
            self.last_seen = Some(effective);
        }
        let Some((key, mutual)) = header else { return newer };
        self.told = Some(effective);
        (self.key, self.mutual) = (Some(key), mutual);
        true
    }

    /// Somebody passed its key on inside an encrypted message; says whether anything changed.
    pub fn gossiped(&mut self, date: Time, now: Time, key: Vec<u8>) -> bool {
        let effective = date.min(now);
        if self.gossip_told.is_some_and(|told| effective < told) {
            return false;
        }
        self.gossip_told = Some(effective);
        self.gossip = Some(key);
        true
    }

    /// What it says for this address alone. `usable` tells of a key whether one can encrypt to it.
    pub fn alone(&self, usable: impl Fn(&[u8]) -> bool) -> (Advice, Option<&[u8]>) {
        if let Some(key) = self.key.as_deref().filter(|key| usable(key)) {
            let stale = match (self.told, self.last_seen) {
                (Some(told), Some(seen)) => seen.0.saturating_sub(told.0) > STALE,
                _ => false,
            };
            return (if stale { Advice::Discourage } else { Advice::Available }, Some(key));
        }
        match self.gossip.as_deref().filter(|key| usable(key)) {
            Some(key) => (Advice::Discourage, Some(key)),
            None => (Advice::Disable, None),
        }
    }
}

/// What is recommended for a message. Ordered, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// It cannot be encrypted.
    Disable,
    /// It could be, and perhaps not be read.
    Discourage,
    /// It can be.
    Available,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600;

    #[test]
    fn a_newer_header_wins_and_an_older_one_changes_nothing() {
        let mut peer = Peer::default();
        assert!(peer.heard(Time(100), Time(1000), Some((vec![1], true))));
        assert!(!peer.heard(Time(50), Time(1000), Some((vec![2], false))));
        assert_eq!((peer.key.as_deref(), peer.mutual), (Some(&[1][..]), true));
        assert!(peer.heard(Time(5000), Time(1000), Some((vec![3], false))));
        assert_eq!((peer.told, peer.last_seen), (Some(Time(1000)), Some(Time(1000))));
    }

    #[test]
    fn silence_makes_a_key_doubtful_after_35_days() {
        let mut peer = Peer::default();
        peer.heard(Time(0), Time(0), Some((vec![1], true)));
        peer.heard(Time(35 * DAY), Time(35 * DAY), None);
        assert_eq!(peer.alone(|_| true).0, Advice::Available);
        peer.heard(Time(35 * DAY + 1), Time(36 * DAY), None);
        assert_eq!(peer.alone(|_| true), (Advice::Discourage, Some(&[1][..])));
        assert_eq!(peer.alone(|_| false).0, Advice::Disable);
    }

    #[test]
    fn gossip_is_taken_where_nothing_better_is() {
        let mut peer = Peer::default();
        assert!(peer.gossiped(Time(10), Time(20), vec![9]));
        assert!(!peer.gossiped(Time(5), Time(20), vec![8]));
        assert_eq!(peer.alone(|_| true), (Advice::Discourage, Some(&[9][..])));
        peer.heard(Time(11), Time(20), Some((vec![1], false)));
        assert_eq!(peer.alone(|_| true), (Advice::Available, Some(&[1][..])));
        // The direct key expired: what was passed on is tried.
        assert_eq!(peer.alone(|key| key == [9]), (Advice::Discourage, Some(&[9][..])));
    }
}
