//! The clock: the only place that asks what time it is, so that a test can say it instead.

use crate::domain::time::Time;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// What a fixed clock holds when it is no longer fixed: a moment before there were stars.
const RELEASED: i64 = i64::MIN;

/// Tells the time; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is set.
    pub fn fixed(at: Time) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.0))))
    }

    /// Sets a fixed clock; the machine's own is not ours to set.
    pub fn set(&self, at: Time) {
        if let Some(fixed) = &self.0 {
            fixed.store(at.0, Ordering::SeqCst);
        }
    }

    /// Lets a fixed clock go: from now on it tells the machine's time.
    pub fn release(&self) {
        if let Some(fixed) = &self.0 {
            fixed.store(RELEASED, Ordering::SeqCst);
        }
    }

    /// Now.
    pub fn now(&self) -> Time {
        match self.0.as_ref().map(|fixed| fixed.load(Ordering::SeqCst)) {
            Some(at) if at != RELEASED => Time(at),
            _ => Time(
                std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_stands_still_until_it_is_let_go() {
        let clock = Clock::fixed(Time(1));
        let other = clock.clone();
        other.set(Time(2));
        assert_eq!(clock.now(), Time(2));
        other.release();
        assert!(clock.now() >= Clock::system().now().min(Time(1_700_000_000)), "the machine's own");
        clock.set(Time(3));
        assert_eq!(other.now(), Time(3), "it can be fixed again");
    }
}
