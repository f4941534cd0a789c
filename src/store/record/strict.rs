//! What is known of how a domain's mail servers protect themselves, as a record: its MTA-STS policy with the time
//! until which it counts (RFC 8461 section 3.2), and what DNS said when it was last asked.

use super::Record;
use crate::{
    codec::mta_sts::{Mode, Policy},
    domain::fact::Fact,
};
use serde::{Deserialize, Serialize};

/// Seconds for which what DNS said counts: a record may be taken out of it any day.
const FRESH: i64 = 7 * 24 * 3600;

/// One domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strictness {
    /// When DNS was last asked about its mail servers; 0 is never.
    pub asked: i64,
    /// When the owner last wrote to it, or asked about it.
    pub used: i64,
    /// Whether its list of mail servers was validated: 0 not known, 1 no, 2 yes.
    pub dnssec: u8,
    /// Whether each of its mail servers has a certificate named in DNS: 0 not known, 1 no, 2 yes.
    pub dane: u8,
    /// Its policy, also one that has expired.
    pub policy: Option<Remembered>,
    /// The last time that fetching failed.
    pub failed: Option<Failed>,
}

/// A policy that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The id that it was announced with.
    pub id: String,
    /// 0 enforce, 1 testing, 2 none.
    pub mode: u8,
    /// The names of its mail servers.
    pub hosts: Vec<String>,
    /// Seconds for which it counts.
    pub max_age: u64,
    /// When it was fetched.
    pub fetched: i64,
}

/// A policy that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The id that it was announced with.
    pub id: String,
    /// When.
    pub at: i64,
    /// Why, by its place in `net::mta_sts::Unusable::ALL`.
    pub why: u8,
}

impl Record for Strictness {
    const TABLE: &'static str = "strict";
    const VERSION: u8 = 1;
}

impl Remembered {
    /// Of a policy that was fetched now.
    pub fn of(id: &str, policy: &Policy, now: i64) -> Self {
        Self {
            id: id.to_owned(),
            mode: match policy.mode {
                Mode::Enforce => 0,
                Mode::Testing => 1,
                Mode::None => 2,
            },
            hosts: policy.hosts.clone(),
            max_age: policy.max_age,
            fetched: now,
        }
    }

    /// The policy.
    pub fn policy(&self) -> Policy {
        Policy {
            mode: match self.mode {
                0 => Mode::Enforce,
                1 => Mode::Testing,
                _ => Mode::None,
            },
            max_age: self.max_age,
            hosts: self.hosts.clone(),
        }
    }

    /// Until when it counts.
    pub fn until(&self) -> i64 {
        self.fetched.saturating_add(i64::try_from(self.max_age).unwrap_or(i64::MAX))
    }
}

/// How a fact is kept: 0 not known, 1 no, 2 yes.
pub(crate) fn number(fact: Fact<bool>) -> u8 {
    fact.known().map_or(0, |yes| 1 + u8::from(yes))
}

/// The fact of such a number.
pub(crate) fn fact(number: u8) -> Fact<bool> {
    match number {
        1 => Fact::Known(false),
        2 => Fact::Known(true),
        _ => Fact::Unknown,
    }
}

impl Strictness {
    /// Keeps what DNS said.
    pub fn say(&mut self, dnssec: Fact<bool>, dane: Fact<bool>) {
        (self.dnssec, self.dane) = (number(dnssec), number(dane));
    }

    /// Whether DNS was asked lately enough for what it said to count.
    pub fn is_fresh(&self, now: i64) -> bool {
        (0..FRESH).contains(&now.saturating_sub(self.asked))
    }

    /// Whether its list of mail servers was validated; not known where DNS was last asked long ago.
    pub fn dnssec(&self, now: i64) -> Fact<bool> {
        if self.is_fresh(now) { fact(self.dnssec) } else { Fact::Unknown }
    }

    /// Whether each of its mail servers has a certificate named in DNS; likewise.
    pub fn dane(&self, now: i64) -> Fact<bool> {
        if self.is_fresh(now) { fact(self.dane) } else { Fact::Unknown }
    }

    /// The policy that counts at this time.
    pub fn valid(&self, now: i64) -> Option<&Remembered> {
        self.policy.as_ref().filter(|policy| policy.until() > now)
    }
}
