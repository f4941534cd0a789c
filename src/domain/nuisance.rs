//! How much of a nuisance a network is: what its messages were found to be, and how it is met for that.
//!
//! Two figures: how many messages were spam lately, of which half is forgotten every six hours, and which
//! share of its newest messages they were, some twenty at a time. A network from which also wanted mail
//! comes, as that of a large provider, is never turned away for the others there; one that sends nothing but
//! spam is slowed after five and refused after ten. Absent on purpose: refusing for good, and anybody
//! else's list.

use super::time::Time;

/// Seconds after which half is forgotten.
const HALF: f64 = 6.0 * 3600.0;
/// Spam at which a network is slowed, and below which a refused one is let in again.
const SLOW: f64 = 5.0;
/// Spam at which it is refused.
const REFUSE: f64 = 10.0;
/// The most that is remembered: two and a half half-lives above [`SLOW`].
const MOST: f64 = 30.0;
/// How much one message weighs in the share.
const WEIGHT: f64 = 0.1;
/// Shares of spam from which a network is slowed, and refused.
const MOSTLY: f64 = 0.6;
const NEARLY_ALL: f64 = 0.8;
/// Below so much spam there is nothing to remember.
const FORGOTTEN: f64 = 0.5;

/// What is remembered of a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nuisance {
    /// Spam, decayed to [`Self::at`].
    pub spam: f64,
    /// The share of spam in its newest messages, 0 to 1.
    pub share: f64,
    /// Whether it is refused until it has calmed down.
    pub refused: bool,
    /// Spam messages in all since it is remembered.
    pub total: u32,
    /// As of when.
    pub at: Time,
}

/// How a network is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// As anybody.
    Free,
    /// With so many steps of a wait, 1 to 5, before its message is taken.
    Slow(u32),
    /// Its messages are refused for now (451 4.7.1).
    Refused,
}

impl Nuisance {
    /// A network of which nothing is known, and whose first spam has just come.
    pub fn first(at: Time) -> Self {
        Self {
            spam: 1.0,
            share: 1.0,
            refused: false,
            total: 1,
            at,
        }
    }

    /// A moment to come is one of a clock that was ahead: what was remembered then is as far away.
    fn decayed(&self, now: Time) -> f64 {
        let past = now.0.abs_diff(self.at.0) as f64;
        self.spam * (-past / HALF).exp2()
    }

    /// One more message of it was judged.
    pub fn judge(&mut self, spam: bool, now: Time) {
        self.spam = (self.decayed(now) + f64::from(u8::from(spam))).min(MOST);
        self.share += WEIGHT * (f64::from(u8::from(spam)) - self.share);
        self.total = self.total.saturating_add(u32::from(spam));
        self.at = now;
        self.refused = (self.refused && self.spam >= SLOW) || (spam && self.spam.round() >= REFUSE && self.share >= NEARLY_ALL);
    }

    /// How it is met now.
    pub fn welcome(&self, now: Time) -> Welcome {
        let spam = self.decayed(now);
        if self.refused && spam >= SLOW {
            return Welcome::Refused;
        }
        if spam >= SLOW && self.share >= MOSTLY {
            return Welcome::Slow((spam - SLOW).min(4.0) as u32 + 1);
        }
        Welcome::Free
    }

    /// When a refused network is let in again, if nothing more comes.
    pub fn until(&self) -> Time {
        let seconds = (self.spam / SLOW).max(1.0).log2() * HALF;
        Time(self.at.0.saturating_add(seconds.ceil() as i64))
    }

    /// Whether nothing is left to remember.
    pub fn is_forgotten(&self, now: Time) -> bool {
        self.decayed(now) < FORGOTTEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn after(messages: impl IntoIterator<Item = bool>) -> Nuisance {
        let mut network = Nuisance::first(Time(0));
        for spam in messages {
            network.judge(spam, Time(0));
        }
        network
    }

    #[test]
    fn nothing_but_spam_is_slowed_then_refused_then_forgiven() {
        let mut network = Nuisance::first(Time(0));
        let mut seen = vec![network.welcome(Time(0))];
        for _ in 1..20 {
            network.judge(true, Time(0));
            seen.push(network.welcome(Time(0)));
        }
        assert_eq!(seen.iter().filter(|how| **how == Welcome::Free).count(), 4);
        assert_eq!(seen[4..9], [1, 2, 3, 4, 5].map(Welcome::Slow));
        assert!(seen[9..].iter().all(|how| *how == Welcome::Refused));
        // 20 decay to 5 in two half-lives.
        assert_eq!(network.until(), Time(12 * HOUR));
        assert_eq!(network.welcome(Time(12 * HOUR - 60)), Welcome::Refused);
        assert_eq!(network.welcome(Time(12 * HOUR + 60)), Welcome::Free);
        assert!(!network.is_forgotten(Time(12 * HOUR)) && network.is_forgotten(Time(48 * HOUR)));
        for _ in 0..1_000 {
            network.judge(true, Time(0));
        }
        assert!(network.until() < Time(16 * HOUR), "a flood is not for ever either");
    }

    #[test]
    fn a_provider_with_some_spammers_is_never_refused() {
        let mixed = after((0..1_000).map(|n| n % 3 == 0));
        assert_eq!(mixed.welcome(Time(0)), Welcome::Free);
        let half = after((0..1_000).map(|n| n % 2 == 0));
        assert_eq!(half.welcome(Time(0)), Welcome::Free);
        // Years of wanted mail do not buy a flood either.
        let turned = after((0..1_000).map(|_| false).chain((0..20).map(|_| true)));
        assert_eq!(turned.welcome(Time(0)), Welcome::Refused);
    }

    #[test]
    fn a_clock_that_jumps_does_no_harm() {
        let mut network = after((0..20).map(|_| true));
        assert_eq!(network.welcome(Time(60)), Welcome::Refused);
        // It was ahead, and is set right: nobody is refused for all that time.
        let before = Time(-1_000_000);
        assert_eq!(network.welcome(before), Welcome::Free);
        network.judge(true, before);
        assert_eq!((network.at, network.welcome(before)), (before, Welcome::Free));
        assert_eq!([i64::MIN, i64::MAX].map(|at| network.welcome(Time(at))), [Welcome::Free; 2]);
        let odd = Nuisance { spam: f64::NAN, ..network };
        let _ = (odd.welcome(Time(0)), odd.until());
    }
}
