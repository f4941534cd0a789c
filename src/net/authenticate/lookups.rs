//! The questions about one message: so many, and until then.

use super::super::dns::{Answer, Dns, Failure, Kind};
use crate::domain::authentication::Outcome;
use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// Questions that one message may cause. The standard's own limits allow SPF some 120; no honest domain
/// needs a third of that.
const MAX: u32 = 200;

/// Asks, counts and watches the time.
pub struct Lookups {
    dns: Dns,
    until: Instant,
    asked: AtomicU32,
    answered: AtomicBool,
    silent: AtomicBool,
}

impl Lookups {
    /// For one message, from now on.
    pub fn new(dns: Dns, patience: Duration) -> Self {
        Self {
            dns,
            until: Instant::now() + patience,
            asked: AtomicU32::new(0),
            answered: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        }
    }

    /// Asks, where there is time and it is not one question too many.
    pub async fn look(&self, name: &str, kind: Kind) -> Result<Answer, Failure> {
        if self.asked.fetch_add(1, Ordering::Relaxed) >= MAX {
            return Err(Failure::Temporary);
        }
        let answer = tokio::time::timeout_at(self.until, self.dns.look(name, kind)).await;
        let answer = answer.unwrap_or(Err(Failure::Unreachable));
        match answer {
            Ok(_) | Err(Failure::Bogus | Failure::Temporary) => self.answered.store(true, Ordering::Relaxed),
            Err(Failure::Silent | Failure::Unreachable) => self.silent.store(true, Ordering::Relaxed),
            Err(Failure::NotAName) => {}
        }
        answer
    }

    /// Whether somebody was asked and nobody answered at all.
    pub fn found_nobody(&self) -> bool {
        self.silent.load(Ordering::Relaxed) && !self.answered.load(Ordering::Relaxed)
    }
}

/// What a failure makes of a check.
pub fn outcome(failure: Failure) -> Outcome {
    match failure {
        Failure::Temporary | Failure::Silent | Failure::Bogus => Outcome::TempError,
        Failure::Unreachable => Outcome::NotKnown,
        Failure::NotAName => Outcome::PermError,
    }
}

/// The kind of record that has addresses of this kind.
pub fn address_kind(address: IpAddr) -> Kind {
    if address.is_ipv4() { Kind::A } else { Kind::Aaaa }
}
