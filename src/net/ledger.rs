//! Counting whom this box connects to, and what for. Whoever opens a connection says so here first; what was counted is
//! taken from here and kept (`service::ledger`). In memory, bounded, and cheap enough not to be felt.

use crate::domain::ledger::Purpose;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Parties that are counted one by one until they are taken; those beyond are counted together.
const MOST: usize = 5_000;
/// Characters of a party's name.
const LONGEST: usize = 255;

/// The counter; cheap to clone, all clones count together.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<HashMap<(Purpose, String), u64>>>);

impl Ledger {
    /// A connection is about to be made. An empty name stands for those that there was no room for.
    pub fn note(&self, purpose: Purpose, party: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name: String = party.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let key = (purpose, name);
        let room = counts.len() < MOST || counts.contains_key(&key);
        let key = if room { key } else { (purpose, String::new()) };
        *counts.entry(key).or_default() += 1;
    }

    /// What was counted since it was last taken.
    pub fn take(&self) -> Vec<(Purpose, String, u64)> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts
            .into_iter()
            .map(|((purpose, party), times)| (purpose, party, times))
            .collect()
    }

    /// Puts back what could not be kept.
    pub fn put_back(&self, counted: Vec<(Purpose, String, u64)>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (purpose, party, times) in counted {
            *counts.entry((purpose, party)).or_default() += times;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_counts_once_and_there_is_an_end_to_names() {
        let ledger = Ledger::default();
        for _ in 0..3 {
            ledger.clone().note(Purpose::Delivery, "mx.x.test");
        }
        let taken = ledger.take();
        assert_eq!(taken, [(Purpose::Delivery, "mx.x.test".to_owned(), 3)]);
        assert!(ledger.take().is_empty());
        ledger.put_back(taken);
        for number in 0..2 * MOST {
            ledger.note(Purpose::Web, &number.to_string());
        }
        let taken = ledger.take();
        assert_eq!(taken.iter().map(|(_, _, times)| times).sum::<u64>(), 3 + 2 * MOST as u64);
        assert!(taken.len() <= MOST + 1);
    }
}
