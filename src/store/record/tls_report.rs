//! What was seen of encrypting the way to other domains, and the reports that were given about it, as records.

use super::Record;
use crate::domain::{
    report::Wrong,
    tls_report::{self, Counted, Fate, Found, Policy, Seen},
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What was seen of one domain on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsDay {
    /// When in the first hours of the next day it is reported.
    pub dice: u32,
    seen: Vec<Under>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Under {
    found: u8,
    text: Vec<String>,
    hosts: Vec<String>,
    good: u64,
    bad: u64,
    failed: Vec<(u8, String, Option<IpAddr>, u64)>,
}

/// A report that was given, or is being given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsGiven {
    /// When it was made.
    pub at: i64,
    /// Sessions that were as they should be.
    pub good: u64,
    /// Those that were not.
    pub bad: u64,
    /// Where to.
    pub to: Vec<TlsPlace>,
    /// The packed report, as long as it waits for a web server.
    pub packed: Vec<u8>,
}

/// One place that a report goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsPlace {
    /// The address of a mailbox, or of a page.
    pub place: String,
    /// The number under which the outbox has it; 0 for a page.
    pub message: u64,
    /// Tries at a page so far.
    pub tries: u32,
    /// When the page is tried next.
    pub due: i64,
    fate: u8,
}

impl Record for TlsDay {
    const TABLE: &'static str = "tls_days";
    const VERSION: u8 = 1;
}

impl Record for TlsGiven {
    const TABLE: &'static str = "tls_given";
    const VERSION: u8 = 1;
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|known| known == one).unwrap_or_default() as u8
}

fn of<T: Copy + Default>(all: &[T], number: u8) -> T {
    all.get(usize::from(number)).copied().unwrap_or_default()
}

impl TlsDay {
    /// The record of what was counted.
    pub fn of(dice: u32, counted: &Counted) -> Self {
        let under = |seen: &Seen| Under {
            found: place(&Found::ALL, &seen.policy.found),
            text: seen.policy.text.clone(),
            hosts: seen.policy.hosts.clone(),
            good: seen.good,
            bad: seen.bad,
            failed: seen
                .failed
                .iter()
                .map(|one| (place(&Wrong::ALL, &one.wrong), one.host.clone(), one.peer, one.sessions))
                .collect(),
        };
        Self {
            dice,
            seen: counted.0.iter().map(under).collect(),
        }
    }

    /// What was counted.
    pub fn counted(&self) -> Counted {
        let seen = |under: &Under| Seen {
            policy: Policy {
                found: of(&Found::ALL, under.found),
                text: under.text.clone(),
                hosts: under.hosts.clone(),
            },
            good: under.good,
            bad: under.bad,
            failed: under
                .failed
                .iter()
                .map(|(wrong, host, peer, sessions)| tls_report::Failed {
                    wrong: of(&Wrong::ALL, *wrong),
                    host: host.clone(),
                    peer: *peer,
                    sessions: *sessions,
                })
                .collect(),
        };
        Counted(self.seen.iter().map(seen).collect())
    }
}

impl TlsPlace {
    /// One that waits.
    pub fn new(place: &str, message: u64, due: i64) -> Self {
        Self {
            place: place.to_owned(),
            message,
            due,
            ..Self::default()
        }
    }

    /// What became of it there.
    pub fn fate(&self) -> Fate {
        of(&Fate::ALL, self.fate)
    }

    /// Says what became of it there.
    pub fn end(&mut self, fate: Fate) {
        self.fate = place(&Fate::ALL, &fate);
    }

    /// Whether something is still to come.
    pub fn is_open(&self) -> bool {
        matches!(self.fate(), Fate::Waiting | Fate::Begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::tls_report::Session;

    #[test]
    fn what_was_counted_comes_back_as_it_was() {
        let mut counted = Counted::default();
        for (found, wrong) in Found::ALL.into_iter().zip([None, Some(Wrong::Other), Some(Wrong::PolicyFetch)]) {
            counted.add(&Session {
                policy: Policy {
                    found,
                    text: vec!["a".into()],
                    hosts: vec!["b".into()],
                },
                host: "mx.x.test".into(),
                peer: Some([192, 0, 2, 1].into()),
                wrong,
            });
        }
        let record = TlsDay::of(7, &counted);
        assert_eq!(TlsDay::decode(1, &record.encode(1).unwrap()).unwrap(), record);
        assert_eq!(record.counted(), counted);
    }
}
