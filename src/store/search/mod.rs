//! The index of words, kept in the vault.
//!
//! A message that arrives writes one row ([`FRESH`](super::schema::FRESH): its words and their places) in its own
//! transaction. [`merge`] takes many such rows at once into the two tables that queries read: `WORDS`, the whole
//! vocabulary in its order with the lists of rare words, and `POSTINGS`, the lists of common ones, in pieces just
//! under a page. A merge that is cut short is done again from the start and changes nothing that it did before.
//!
//! What was deleted leaves its row and, in `GONE`, its number: queries leave it out, and writing the file anew copies
//! the index without it (`rewrite`). No table of stems: the forms of a word stand near each other in the vocabulary
//! (`codec::search::Family`).

mod bits;
pub mod block;
mod find;
mod merge;
mod purge;
mod query;

pub use bits::Bits;
pub use find::{Index, Matcher};
pub use merge::{Change, apply, merge};
pub(super) use purge::{apart, copy};
pub use query::{Answer, By, Kind, Veil, Want, Within, answer};

use super::{
    Error,
    mail::{Snapshot, put_job},
    record::{Job, Message, Record},
    schema::{FRESH, GONE, META, ORDER, POSTINGS, WORDS},
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};

/// The setting that counts how often the file was written anew: what was read before is not written after.
pub(super) const GENERATION: &str = "search_generation";
/// The setting that says up to which message those that were there before the index are still to be indexed.
pub(super) const BEHIND: &str = "search_behind";

/// The job that merges.
pub const JOB: &str = "search";
/// Rows that wait before they are merged without waiting for the night.
pub const MANY: u64 = 512;

/// A message arrives: its row, and its place in the order.
pub(super) fn arrive(tables: &mut Tables<'_>, id: u64, received: i64, row: &[u8]) -> Result<(), Error> {
    tables.order.insert((received, id), ())?;
    tables.fresh.insert(id, row)?;
    if tables.fresh.len()? == MANY {
        put_job(tables, JOB, &Job::default())?;
    }
    Ok(())
}

/// A message is deleted.
pub(super) fn forget(tables: &mut Tables<'_>, id: u64, received: i64) -> Result<(), Error> {
    tables.order.remove((received, id))?;
    tables.fresh.remove(id)?;
    tables.gone.insert(id, ())?;
    Ok(())
}

/// Indexes a message that is kept, anew where it was before (an encrypted one that was opened): the words that it had
/// then stay beside the new ones. Says whether there is such a message.
pub fn put(tables: &mut Tables<'_>, id: u64, row: &[u8]) -> Result<bool, Error> {
    let known = tables.messages.get(id)?.is_some();
    if known {
        tables.fresh.insert(id, row)?;
    }
    Ok(known)
}

/// Says that everything up to and including this message is indexed; whether something is left to do.
pub fn caught_up(tables: &mut Tables<'_>, with: u64) -> Result<bool, Error> {
    let last = tables.meta.get(BEHIND)?.map(|value| number(value.value())).transpose()?;
    let left = last.is_some_and(|last| with < last);
    if !left {
        tables.meta.remove(BEHIND)?;
    }
    Ok(left)
}

/// Puts every message into the order of arrival and notes that their words are still to be indexed: for a vault from
/// before there was an index.
pub fn adopt(tables: &mut Tables<'_>) -> Result<(), Error> {
    let mut last = None;
    for row in tables.messages.iter()? {
        let (id, value) = row?;
        let id = id.value();
        tables.order.insert((Message::decode(id, value.value())?.received, id), ())?;
        last = Some(id);
    }
    if let Some(last) = last {
        tables.meta.insert(BEHIND, last.to_le_bytes().as_slice())?;
        put_job(tables, JOB, &Job::default())?;
    }
    Ok(())
}

fn number(octets: &[u8]) -> Result<u64, Error> {
    octets.try_into().map(u64::from_le_bytes).map_err(|_| Error::Damaged)
}

impl Snapshot {
    /// Up to which message those from before the index are still to be indexed; `None` where all are.
    pub fn behind(&self) -> Result<Option<u64>, Error> {
        let value = self.tx.open_table(META)?.get(BEHIND)?;
        value.map(|value| number(value.value())).transpose()
    }

    /// How many messages wait for a merge.
    pub fn fresh(&self) -> Result<u64, Error> {
        Ok(self.tx.open_table(FRESH)?.len()?)
    }

    /// Whether a message waits for a merge.
    pub fn is_fresh(&self, id: u64) -> Result<bool, Error> {
        Ok(self.tx.open_table(FRESH)?.get(id)?.is_some())
    }

    /// Every word of the index in its order, those of rows that wait left out: what a test looks through.
    #[doc(hidden)]
    pub fn vocabulary(&self) -> Result<Vec<String>, Error> {
        let mut vocabulary = Vec::new();
        for row in self.tx.open_table(WORDS)?.iter()? {
            let (key, block) = row?;
            vocabulary.extend(Some(key.value().to_owned()).filter(|key| !key.is_empty()));
            let mut words = block::Words::new(block.value())?;
            while let Some((word, _)) = words.word()? {
                vocabulary.push(word.to_owned());
            }
        }
        Ok(vocabulary)
    }

    /// Octets of the pages of the file that the index takes, for measuring.
    #[doc(hidden)]
    pub fn index_octets(&self) -> Result<u64, Error> {
        let stats = [
            self.tx.open_table(WORDS)?.stats()?,
            self.tx.open_table(POSTINGS)?.stats()?,
            self.tx.open_table(FRESH)?.stats()?,
        ];
        let octets = |stats: &redb::TableStats| stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes();
        Ok(stats.iter().map(octets).sum())
    }

    fn generation(&self) -> Result<u64, Error> {
        let value = self.tx.open_table(META)?.get(GENERATION)?;
        value.map_or(Ok(0), |value| number(value.value()))
    }

    /// The messages that were deleted and may still stand in the index.
    fn gone(&self) -> Result<std::collections::HashSet<u64>, Error> {
        let table = self.tx.open_table(GONE)?;
        table.iter()?.map(|row| Ok(row?.0.value())).collect()
    }

    /// Shows every message, the newest first, until it is told that it is enough.
    fn newest(&self, mut show: impl FnMut(u64) -> bool) -> Result<(), Error> {
        let table = self.tx.open_table(ORDER)?;
        for row in table.iter()?.rev() {
            if !show(row?.0.value().1) {
                break;
            }
        }
        Ok(())
    }
}
