//! Answers that were given before, for as long as they hold.
//!
//! The client's own cache does not remember that an unsigned zone has no such record, and most questions
//! about mail are of that kind.

use super::{Answer, Kind};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Answers that are kept.
const MAX: usize = 5_000;
/// Seconds that an answer is kept at most.
const LONGEST: u64 = 24 * 3600;
/// Seconds that "there is nothing" is kept at most.
const LONGEST_NOTHING: u64 = 3600;

/// Answers by name and kind.
#[derive(Default)]
pub struct Cache(Mutex<HashMap<(String, Kind), (Instant, Answer)>>);

impl Cache {
    /// An answer that still holds.
    pub fn get(&self, name: &str, kind: Kind) -> Option<Answer> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = answers.get(&(name.to_owned(), kind))?;
        (*until > Instant::now()).then(|| answer.clone())
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Keeps an answer for so many seconds.
    pub fn put(&self, name: String, kind: Kind, answer: &Answer, seconds: u64) {
        let longest = if answer.records.is_empty() { LONGEST_NOTHING } else { LONGEST };
        let now = Instant::now();
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX {
            answers.retain(|_, (until, _)| *until > now);
        }
        // Full of what still holds: whoever fills it on purpose gains that it begins anew.
        if answers.len() >= MAX {
            answers.clear();
        }
        answers.insert((name, kind), (now + Duration::from_secs(seconds.min(longest)), answer.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_what_holds_and_never_more_than_it_may() {
        let cache = Cache::default();
        cache.put("a".into(), Kind::A, &Answer::default(), 60);
        assert_eq!(cache.get("a", Kind::A), Some(Answer::default()));
        assert_eq!(cache.get("a", Kind::Aaaa), None);
        cache.put("b".into(), Kind::A, &Answer::default(), 0);
        assert_eq!(cache.get("b", Kind::A), None, "it was over at once");
        for n in 0..2 * MAX {
            cache.put(n.to_string(), Kind::A, &Answer::default(), 60);
        }
        assert!(cache.0.lock().unwrap().len() <= MAX);
    }
}
