//! How encrypting the way to other domains went on one day (UTC), as this box saw it: what it reports to domains that
//! ask for it (RFC 8460).
//!
//! Sessions are counted, not messages, and nothing in it says who wrote to whom. Absent on purpose: the address that
//! this box has (behind a router it would be one of the home network), and what a smarthost did.

use super::report::Wrong;
use std::net::IpAddr;

/// Policies of a domain that are counted on one day: it may change them meanwhile, and each server may have its own.
pub const MAX_POLICIES: usize = 12;
/// Kinds of failure that are counted of one policy.
pub const MAX_FAILED: usize = 30;
/// Places that one report goes to.
pub const MAX_PLACES: usize = 4;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Which kind of policy was found (RFC 8460 section 4.4, `policy-type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Found {
    /// None: encrypted where it is offered.
    #[default]
    Nothing,
    /// TLSA records (DANE).
    Tlsa,
    /// An MTA-STS policy.
    Sts,
}

impl Found {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Tlsa, Self::Sts];

    /// The word of the RFC; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "no-policy-found",
            Self::Tlsa => "tlsa",
            Self::Sts => "sts",
        }
    }
}

/// A policy as it was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Which kind.
    pub found: Found,
    /// Its lines, or its records.
    pub text: Vec<String>,
    /// The servers that it is for: a policy's patterns, or the host of the records.
    pub hosts: Vec<String>,
}

/// One session, or one that there would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The policy.
    pub policy: Policy,
    /// The server's name.
    pub host: String,
    /// Its address, where it was visited.
    pub peer: Option<IpAddr>,
    /// What went wrong; `None` where it was as it should be.
    pub wrong: Option<Wrong>,
}

/// Sessions that failed alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// How.
    pub wrong: Wrong,
    /// At which server.
    pub host: String,
    /// At which address.
    pub peer: Option<IpAddr>,
    /// How many.
    pub sessions: u64,
}

/// What was seen under one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The policy.
    pub policy: Policy,
    /// Sessions that were as they should be.
    pub good: u64,
    /// Those that were not; their details may be fewer than their number.
    pub bad: u64,
    /// What went wrong.
    pub failed: Vec<Failed>,
}

/// What was seen of one domain on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted(pub Vec<Seen>);

impl Counted {
    /// Counts a session. What there is no room for is counted without its details.
    pub fn add(&mut self, session: &Session) {
        let one = Seen {
            policy: session.policy.clone(),
            good: u64::from(session.wrong.is_none()),
            bad: u64::from(session.wrong.is_some()),
            failed: session
                .wrong
                .map(|wrong| Failed {
                    wrong,
                    host: session.host.clone(),
                    peer: session.peer,
                    sessions: 1,
                })
                .into_iter()
                .collect(),
        };
        self.merge(&Self(vec![one]));
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for more in &other.0 {
            let known = self.0.iter().any(|seen| seen.policy == more.policy);
            if !known && self.0.len() < MAX_POLICIES {
                self.0.push(Seen {
                    policy: more.policy.clone(),
                    ..Seen::default()
                });
            }
            let Some(seen) = self.0.iter_mut().find(|seen| seen.policy == more.policy) else {
                continue;
            };
            seen.good = seen.good.saturating_add(more.good);
            seen.bad = seen.bad.saturating_add(more.bad);
            for failed in &more.failed {
                let alike = |known: &&mut Failed| (known.wrong, &known.host, known.peer) == (failed.wrong, &failed.host, failed.peer);
                let room = seen.failed.len() < MAX_FAILED;
                match seen.failed.iter_mut().find(alike) {
                    Some(known) => known.sessions = known.sessions.saturating_add(failed.sessions),
                    None if room => seen.failed.push(failed.clone()),
                    None => {}
                }
            }
        }
    }

    /// Sessions that were as they should be, and those that were not.
    pub fn sums(&self) -> (u64, u64) {
        let sum = |(good, bad): (u64, u64), seen: &Seen| (good.saturating_add(seen.good), bad.saturating_add(seen.bad));
        self.0.iter().fold((0, 0), sum)
    }
}

/// Where a domain wants its reports (RFC 8460 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// By mail to this address.
    Mail(String),
    /// To this web server, by `POST`.
    Web(String),
}

/// What became of a report at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is on its way, or will be tried again.
    #[default]
    Waiting,
    /// It is being handed over.
    Begun,
    /// It was taken.
    Given,
    /// It was not.
    Refused,
    /// The box went down while handing it over: nobody knows. It is not sent a second time.
    NobodyKnows,
}

impl Fate {
    /// All of them, by number.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Begun, Self::Given, Self::Refused, Self::NobodyKnows];
}

/// The day of a moment, counted from 1970.
pub fn day_of(time: super::time::Time) -> i64 {
    time.0.div_euclid(DAY)
}

/// When the report about a day is due: within the first four hours of the next one, as the dice fell when counting
/// began, so that not all reports of the world are sent at midnight (section 4.1).
pub fn due(day: i64, dice: u32) -> i64 {
    const SPREAD: i64 = 4 * 3_600;
    (day + 1) * DAY + i64::from(dice) % SPREAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Time;

    fn session(last: u8, wrong: Option<Wrong>) -> Session {
        Session {
            policy: Policy::default(),
            host: "mx.x.test".into(),
            peer: Some([192, 0, 2, last].into()),
            wrong,
        }
    }

    #[test]
    fn sessions_are_counted_and_their_details_have_an_end() {
        let mut counted = Counted::default();
        counted.add(&session(1, None));
        for last in 0..2 * MAX_FAILED as u8 {
            counted.add(&session(last, Some(Wrong::NoTls)));
            counted.add(&session(last, Some(Wrong::NoTls)));
        }
        let mut other = Counted::default();
        other.add(&session(1, None));
        counted.merge(&other);
        assert_eq!(counted.sums(), (2, 4 * MAX_FAILED as u64));
        assert_eq!((counted.0.len(), counted.0[0].failed.len()), (1, MAX_FAILED));
        assert_eq!(counted.0[0].failed[3].sessions, 2);
    }

    #[test]
    fn a_report_is_due_in_the_first_hours_of_the_next_day() {
        let day = day_of(Time(1_795_000_000));
        for dice in [0, 1, 86_399, u32::MAX] {
            let due = due(day, dice);
            assert_eq!(day_of(Time(due)), day + 1);
            assert!(due % DAY < 4 * 3_600);
        }
    }
}
