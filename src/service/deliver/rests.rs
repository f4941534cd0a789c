//! Servers that could not be reached a moment ago, and until when they are left alone: a minute, then twice as long each
//! time, an hour at most. In memory only: after a restart everybody is tried once.

use crate::domain::time::Time;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const FIRST: i64 = 60;
const LONGEST: i64 = 3600;
/// Servers that are remembered; beyond that all are forgotten, which costs one try each.
const MOST: usize = 10_000;

/// The servers that rest; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Rests(Arc<Mutex<HashMap<SocketAddr, (u32, Time)>>>);

impl Rests {
    fn held(&self) -> MutexGuard<'_, HashMap<SocketAddr, (u32, Time)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when a server rests.
    pub fn until(&self, server: SocketAddr, now: Time) -> Option<Time> {
        let until = self.held().get(&server).map(|(_, until)| *until);
        until.filter(|until| holds(*until, now))
    }

    /// A server could not be reached.
    pub fn rest(&self, server: SocketAddr, now: Time) {
        let mut held = self.held();
        if held.len() >= MOST {
            held.clear();
        }
        let (times, until) = held.entry(server).or_insert((0, now));
        // Several workers that meet the same silence at once have met it once.
        if !holds(*until, now) {
            *until = Time(now.0 + (FIRST << (*times).min(10)).min(LONGEST));
            *times += 1;
        }
    }

    /// A server could be reached.
    pub fn end(&self, server: SocketAddr) {
        self.held().remove(&server);
    }

    /// All are tried again.
    pub fn end_all(&self) {
        self.held().clear();
    }
}

/// Whether a rest is not over. No rest is longer than the longest: what seems to be was given by a clock that was ahead.
fn holds(until: Time, now: Time) -> bool {
    (1..=LONGEST).contains(&until.0.saturating_sub(now.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_grows_and_ends() {
        let (rests, server) = (Rests::default(), SocketAddr::from(([192, 0, 2, 1], 25)));
        rests.rest(server, Time(0));
        rests.rest(server, Time(1));
        assert_eq!(rests.until(server, Time(1)), Some(Time(60)), "once");
        assert_eq!(rests.until(server, Time(60)), None);
        rests.rest(server, Time(60));
        assert_eq!(rests.until(server, Time(61)), Some(Time(180)));
        rests.end(server);
        assert_eq!(rests.until(server, Time(61)), None);
        for now in (0..40).map(|round| Time(round * 4000)) {
            rests.rest(server, now);
        }
        assert_eq!(rests.until(server, Time(39 * 4000)), Some(Time(39 * 4000 + LONGEST)));
        assert_eq!(
            rests.until(server, Time(0)),
            None,
            "a clock that is set back lets nobody rest for long"
        );
        rests.rest(server, Time(0));
        assert!(rests.until(server, Time(1)).is_some());
        rests.end_all();
        assert_eq!(rests.until(server, Time(1)), None);
    }
}
