//! Moving in and out: what became of everything that was brought, and how far a move is.

use std::collections::BTreeMap;

/// Files that are named for each reason.
const NAMED: usize = 5;

/// Why something was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Larger than a message may be.
    TooLarge,
    /// More parts, or deeper, than will be read.
    TooComplex,
    /// Neither a message nor a mailbox, nor cards, nor keys.
    NoMail,
    /// It cannot be read, or breaks off.
    Unreadable,
    /// A folder too deep inside others, or an archive inside of an archive.
    TooDeep,
    /// A file in an archive that is encrypted, or packed in an unknown way.
    Closed,
    /// A file in an archive that was damaged.
    Damaged,
    /// A secret key under another passphrase, or of which only a part is there (the rest is on a card).
    ForeignKey,
    /// The secrets of an export under another passphrase: nothing of it was taken in.
    Sealed,
    /// An export of a newer version.
    Newer,
    /// Cards that cannot be taken in.
    OddCards,
    /// In a form that is a program's own.
    Foreign,
    /// A message that its program has deleted, and only not cleared away yet.
    Gone,
    /// An OpenPGP key without an address: nobody knows whose it is.
    NobodysKey,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::TooLarge,
        Self::TooComplex,
        Self::NoMail,
        Self::Unreadable,
        Self::TooDeep,
        Self::Closed,
        Self::Damaged,
        Self::ForeignKey,
        Self::Sealed,
        Self::Newer,
        Self::OddCards,
        Self::Foreign,
        Self::Gone,
        Self::NobodysKey,
    ];
}

/// What became of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages that were read.
    pub read: u64,
    /// Messages that are new.
    pub kept: u64,
    /// Messages that were there already.
    pub before: u64,
    /// Cards that were made.
    pub cards: u64,
    /// Cards to which something was added.
    pub richer: u64,
    /// Keys that were brought.
    pub keys: u64,
    /// Whether the whole of a box was taken in.
    pub whole: bool,
    /// What was passed over: how many, and the first few by name.
    pub skipped: BTreeMap<Reason, (u64, Vec<String>)>,
    /// Whether something was there that was known, be it an empty mailbox.
    pub recognised: bool,
}

impl Tally {
    /// Something was passed over.
    pub fn skip(&mut self, reason: Reason, name: String) {
        let (count, names) = self.skipped.entry(reason).or_default();
        *count += 1;
        if names.len() < NAMED {
            names.push(name);
        }
    }

    /// How much was passed over.
    pub fn skipped(&self) -> u64 {
        self.skipped.values().map(|(count, _)| count).sum()
    }

    /// Whether anything was there that could be taken in.
    pub fn is_something(&self) -> bool {
        self.recognised || self.read > 0 || self.cards + self.richer + self.keys > 0
    }
}

/// The whole seconds that are left, told by how long a part took: `None` before there is anything to tell it by.
pub fn left(done: u64, all: u64, seconds: u64) -> Option<u64> {
    if done == 0 || all < done || seconds < 2 {
        return None;
    }
    let rest = u128::from(all - done) * u128::from(seconds) / u128::from(done);
    u64::try_from(rest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_named_and_all_are_counted() {
        let mut tally = Tally::default();
        for number in 0..9 {
            tally.skip(Reason::NoMail, number.to_string());
        }
        tally.skip(Reason::TooLarge, "x".into());
        assert_eq!(tally.skipped(), 10);
        assert_eq!(tally.skipped[&Reason::NoMail].1.len(), NAMED);
        assert!(!tally.is_something());
    }

    #[test]
    fn what_is_left_is_told_by_what_was_done() {
        assert_eq!(left(0, 100, 9), None);
        assert_eq!(left(50, 100, 10), Some(10));
        assert_eq!(left(100, 100, 10), Some(0));
        assert_eq!(left(1, u64::MAX, 2), None, "no number of seconds");
    }
}
