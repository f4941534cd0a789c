//! Wrong secrets: from the fourth on the network that they came from waits, each time twice as long. A
//! browser that the owner verified counts for itself instead, so that a neighbour who guesses cannot keep
//! the owner out; so do passkeys. Their own waits grow as well, to five minutes at most.

use super::{Refused, locked};
use crate::domain::time::Time;
use std::{collections::HashMap, net::IpAddr, sync::Mutex};

/// Networks and devices remembered for their wrong secrets; beyond it the oldest is forgotten.
const REMEMBERED: usize = 10_000;
/// Seconds after which an old mistake is forgotten.
const FORGOTTEN: i64 = 24 * 3600;

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::service) enum Trier {
    /// A household's network, not one machine of it (RFC 6177: /64).
    Network(IpAddr),
    /// The same, with passkeys.
    Passkey(IpAddr),
    /// A browser that the owner verified, by the hash of its key.
    Verified([u8; 32]),
    /// A network that tries to claim a box without an owner.
    Claiming(IpAddr),
    /// Everyone else who has the passphrase and no right code.
    Codes,
}

impl Trier {
    /// The network of an address.
    pub(super) fn network(peer: IpAddr) -> Self {
        Self::Network(household(peer))
    }

    /// The same, where there is no owner yet.
    pub(in crate::service) fn claiming(peer: IpAddr) -> Self {
        Self::Claiming(household(peer))
    }

    /// The same one with a passkey in the hand.
    pub(super) fn with_passkey(self) -> Self {
        match self {
            Self::Network(network) => Self::Passkey(network),
            other => other,
        }
    }

    /// Wrong ones without a wait, and the first and the longest wait in seconds.
    fn measure(self) -> (u32, u32, u32) {
        match self {
            Self::Network(_) => (3, 1, 3600),
            Self::Claiming(_) => (5, 60, 3600),
            Self::Codes => (20, 1, 3600),
            Self::Passkey(_) | Self::Verified(_) => (10, 1, 300),
        }
    }
}

fn household(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & 0xffff_ff00).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[derive(Clone, Copy)]
struct Count {
    wrong: u32,
    last: Time,
    next: Time,
}

/// The memory of wrong secrets. It is lost at a restart, which costs a thief the power plug.
#[derive(Default)]
pub(in crate::service) struct Tries(Mutex<HashMap<Trier, Count>>);

impl Tries {
    /// Whether this one may try now.
    pub(in crate::service) fn may(&self, trier: Trier, now: Time) -> Result<(), Refused> {
        let next = locked(&self.0).get(&trier).map_or(i64::MIN, |count| count.next.0);
        let (_, _, longest) = trier.measure();
        match next.saturating_sub(now.0) {
            // One that is longer than any was given by a clock that has been set back since.
            wait if wait > i64::from(longest) => Ok(()),
            wait @ 1.. => Err(Refused::Wait(u32::try_from(wait).unwrap_or(longest))),
            _ => Ok(()),
        }
    }

    /// One more that was wrong; how many there were.
    pub(in crate::service) fn wrong(&self, trier: Trier, now: Time) -> u32 {
        let (free, first, longest) = trier.measure();
        let mut all = locked(&self.0);
        if all.len() >= REMEMBERED
            && !all.contains_key(&trier)
            && let Some(oldest) = all.iter().min_by_key(|(_, count)| count.last).map(|(trier, _)| *trier)
        {
            all.remove(&oldest);
        }
        let count = all.entry(trier).or_insert(Count {
            wrong: 0,
            last: now,
            next: now,
        });
        if now.0.saturating_sub(count.last.0) > FORGOTTEN {
            count.wrong = 0;
        }
        count.wrong = count.wrong.saturating_add(1);
        count.last = now;
        let wait = count
            .wrong
            .checked_sub(free)
            .map_or(0, |more| 2_u32.saturating_pow(more).saturating_mul(first).min(longest));
        count.next = Time(now.0.saturating_add(i64::from(wait)));
        count.wrong
    }

    /// The right one: what was wrong before is forgotten.
    pub(in crate::service) fn right(&self, trier: Trier) {
        locked(&self.0).remove(&trier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(tries: &Tries, trier: Trier, now: Time) -> u32 {
        match tries.may(trier, now) {
            Err(Refused::Wait(seconds)) => seconds,
            _ => 0,
        }
    }

    #[test]
    fn waits_double_and_end_and_are_forgotten() {
        let (tries, thief) = (Tries::default(), Trier::network([203, 0, 113, 5].into()));
        let waits: Vec<u32> = (0..20)
            .map(|_| {
                tries.wrong(thief, Time(0));
                wait(&tries, thief, Time(0))
            })
            .collect();
        assert_eq!(waits[..10], [0, 0, 1, 2, 4, 8, 16, 32, 64, 128]);
        assert_eq!(waits[19], 3600);
        assert_eq!(wait(&tries, Trier::network([203, 0, 113, 99].into()), Time(0)), 3600, "his network");
        assert_eq!(wait(&tries, Trier::network([203, 0, 114, 5].into()), Time(0)), 0, "nobody else");
        assert_eq!(
            wait(&tries, thief, Time(-FORGOTTEN)),
            0,
            "a clock that is set back keeps nobody out"
        );
        tries.wrong(thief, Time(FORGOTTEN + 1));
        assert_eq!(wait(&tries, thief, Time(FORGOTTEN + 1)), 0);
    }

    #[test]
    fn a_verified_device_counts_for_itself() {
        let tries = Tries::default();
        let (network, device) = (Trier::network([192, 0, 2, 1].into()), Trier::Verified([1; 32]));
        (0..30).for_each(|_| {
            tries.wrong(network, Time(0));
        });
        assert_eq!(wait(&tries, device, Time(0)), 0);
        (0..30).for_each(|_| {
            tries.wrong(device, Time(0));
        });
        assert_eq!(wait(&tries, device, Time(0)), 300);
        tries.right(device);
        assert_eq!(wait(&tries, device, Time(0)), 0);
    }

    #[test]
    fn so_many_and_no_more_are_remembered() {
        let tries = Tries::default();
        for n in 0..=REMEMBERED as u32 {
            tries.wrong(Trier::Network(IpAddr::V4(n.into())), Time(i64::from(n)));
        }
        assert_eq!(locked(&tries.0).len(), REMEMBERED);
        assert!(!locked(&tries.0).contains_key(&Trier::Network(IpAddr::V4(0.into()))));
    }
}
