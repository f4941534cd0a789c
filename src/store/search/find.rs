//! Looking words up: in the vocabulary, in the pieces of common words, and in the rows that wait for a merge.

use super::{
    super::{
        Error,
        mail::Snapshot,
        schema::{FRESH, META, Octets, POSTINGS, WORDS},
    },
    Bits,
    block::{self, Lies, Posting, Words},
    number,
};
use crate::codec::search::{Family, Places};
use redb::ReadOnlyTable;
use std::collections::HashSet;

/// The most words that one beginning or one family stands for.
const MOST_WORDS: usize = 5_000;

/// Which words are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// This one.
    Is(String),
    /// Those that begin so.
    Prefix(String),
    /// The forms of a word.
    Family(Family),
}

impl Matcher {
    fn start(&self) -> &str {
        match self {
            Self::Is(word) | Self::Prefix(word) => word,
            Self::Family(family) => family.start(),
        }
    }

    /// Whether a word is meant.
    pub fn holds(&self, word: &str) -> bool {
        match self {
            Self::Is(meant) => word == meant,
            Self::Prefix(start) => word.starts_with(start.as_str()),
            Self::Family(family) => word.starts_with(family.start()) && family.holds(word),
        }
    }
}

/// What was found of a [`Matcher`]: lists, not yet read.
#[derive(Default)]
pub struct Found {
    lists: Vec<Vec<u8>>,
    far: Vec<String>,
    fresh: Vec<Posting>,
}

/// The index, open for reading.
pub struct Index {
    words: ReadOnlyTable<&'static str, Octets>,
    postings: ReadOnlyTable<(&'static str, u64), Octets>,
    fresh: ReadOnlyTable<u64, Octets>,
    gone: HashSet<u64>,
    limit: u64,
}

impl Index {
    /// Of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Result<Self, Error> {
        let last = snapshot.tx.open_table(META)?.get("message")?;
        let last = last.map_or(Ok(0), |value| number(value.value()))?;
        Ok(Self {
            words: snapshot.tx.open_table(WORDS)?,
            postings: snapshot.tx.open_table(POSTINGS)?,
            fresh: snapshot.tx.open_table(FRESH)?,
            gone: snapshot.gone()?,
            limit: last.saturating_add(1),
        })
    }

    /// An empty set of messages.
    pub fn none(&self) -> Bits {
        Bits::new(self.limit)
    }

    /// Finds the lists of several matchers, reading the rows that wait once for all of them.
    pub fn find(&self, matchers: &[&Matcher]) -> Result<Vec<Found>, Error> {
        let mut all = matchers.iter().map(|matcher| self.merged(matcher)).collect::<Result<Vec<_>, _>>()?;
        if matchers.is_empty() {
            return Ok(all);
        }
        let least = matchers.iter().map(|matcher| matcher.start()).min().unwrap_or_default();
        for row in self.fresh.range::<u64>(..)? {
            let (id, row) = row?;
            let mut words = Words::new(row.value())?;
            while let Some((word, lies)) = words.word()? {
                if word < least {
                    continue;
                }
                for (matcher, found) in matchers.iter().zip(&mut all).filter(|(matcher, _)| matcher.holds(word)) {
                    let Lies::Here(list) = lies else { return Err(Error::Damaged) };
                    let _ = matcher;
                    found
                        .fresh
                        .extend(block::list(list)?.into_iter().map(|(_, places)| (id.value(), places)));
                }
            }
        }
        Ok(all)
    }

    fn merged(&self, matcher: &Matcher) -> Result<Found, Error> {
        let mut found = Found::default();
        let mut many = 0;
        let start = matcher.start();
        let before = self.words.range::<&str>(..=start)?.next_back().transpose()?;
        let first = before.as_ref().map_or("", |(key, _)| key.value());
        for block in self.words.range::<&str>(first..)? {
            let (key, block) = block?;
            if key.value() > start && !key.value().starts_with(start) {
                break;
            }
            let mut words = Words::new(block.value())?;
            while let Some((word, lies)) = words.word()? {
                if word < start {
                    continue;
                }
                if !word.starts_with(start) || many >= MOST_WORDS {
                    return Ok(found);
                }
                if matcher.holds(word) {
                    many += 1;
                    match lies {
                        Lies::Here(list) => found.lists.push(list.to_vec()),
                        Lies::Elsewhere => found.far.push(word.to_owned()),
                    }
                }
                if matches!(matcher, Matcher::Is(_)) {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Shows every list of what was found.
    fn each_list(&self, found: &Found, mut show: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        for list in &found.lists {
            show(list)?;
        }
        for word in &found.far {
            for piece in self.postings.range((word.as_str(), 0)..=(word.as_str(), u64::MAX))? {
                show(piece?.1.value())?;
            }
        }
        Ok(())
    }

    /// The messages of what was found.
    pub fn ids(&self, found: &Found) -> Result<Bits, Error> {
        let mut bits = self.none();
        self.each_list(found, |list| block::ids(list, |id| bits.insert(id)).map(drop))?;
        found.fresh.iter().for_each(|(id, _)| bits.insert(*id));
        self.gone.iter().for_each(|id| bits.remove(*id));
        Ok(bits)
    }

    /// Where it stands in each of the wanted messages, by message.
    pub fn places(&self, found: &Found, wanted: &Bits) -> Result<Vec<Posting>, Error> {
        let mut all: Vec<Posting> = Vec::new();
        self.each(found, wanted, |id, head, body| {
            let places = Places {
                head: head.to_vec(),
                body: body.to_vec(),
            };
            all.push((id, places));
        })?;
        all.sort_unstable_by_key(|(id, _)| *id);
        all.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                for (kept, next) in [(&mut kept.1.head, &next.1.head), (&mut kept.1.body, &next.1.body)] {
                    kept.extend(next);
                    kept.sort_unstable();
                    kept.dedup();
                }
            }
            same
        });
        Ok(all)
    }

    /// Shows the places in each of the wanted messages; a message may come more than once.
    pub fn each(&self, found: &Found, wanted: &Bits, mut show: impl FnMut(u64, &[u16], &[u16])) -> Result<(), Error> {
        self.each_list(found, |list| block::each(list, |id| wanted.has(id), &mut show))?;
        for (id, places) in found.fresh.iter().filter(|(id, _)| wanted.has(*id)) {
            show(*id, &places.head, &places.body);
        }
        Ok(())
    }
}
