//! The filter's tables: verdicts, lessons, and from whom there was honest mail.

use super::{
    Error,
    mail::Snapshot,
    record::{Judged, Lesson, Record},
    schema::{HEARD, TAUGHT, VERDICTS},
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};

/// Lessons that are kept; the oldest message's goes first. At 1,500 tokens each they take 30 MB at the
/// very most, and 5 in practice.
pub const LESSONS_KEPT: u64 = 4_000;

/// Keeps the verdict on a new message, and counts what was heard from its author.
pub fn judged(tables: &mut Tables<'_>, message: u64, author: &str, judged: &Judged) -> Result<(), Error> {
    if judged.heard {
        hear(tables, author, 1)?;
    }
    tables.verdicts.insert(message, judged.encode(message)?.as_slice())?;
    Ok(())
}

fn hear(tables: &mut Tables<'_>, author: &str, more: i64) -> Result<(), Error> {
    let before = tables.heard.get(author)?.map_or(0, |value| value.value());
    match before.saturating_add_signed(more) {
        0 => tables.heard.remove(author)?,
        after => tables.heard.insert(author, after)?,
    };
    Ok(())
}

/// Forgets that anything was ever heard from somebody: they are a stranger again.
pub fn unhear(tables: &mut Tables<'_>, author: &str) -> Result<(), Error> {
    Ok(tables.heard.remove(author).map(drop)?)
}

/// Keeps the owner's word on a message, in place of an earlier one; `None` takes it back. Whoever calls
/// sees to the tag. `None` where there is no such message.
pub fn teach(tables: &mut Tables<'_>, message: u64, author: &str, word: Option<bool>, lesson: &Lesson) -> Result<Option<Judged>, Error> {
    if tables.messages.get(message)?.is_none() {
        return Ok(None);
    }
    let value = tables.verdicts.get(message)?;
    let before = value
        .map(|value| Judged::decode(message, value.value()))
        .transpose()?
        .unwrap_or_default();
    let said = match word {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    };
    let mut judged = Judged { said, ..before };
    let heard = !judged.is_spam();
    if heard != judged.heard {
        hear(tables, author, if heard { 1 } else { -1 })?;
        judged.heard = heard;
    }
    tables.verdicts.insert(message, judged.encode(message)?.as_slice())?;
    match word {
        None => {
            tables.taught.remove(message)?;
        }
        Some(spam) => {
            let lesson = Lesson { spam, ..lesson.clone() };
            tables.taught.insert(message, lesson.encode(message)?.as_slice())?;
        }
    }
    while tables.taught.len()? > LESSONS_KEPT {
        let oldest = tables.taught.first()?.map(|(key, _)| key.value());
        let Some(oldest) = oldest else { break };
        tables.taught.remove(oldest)?;
    }
    Ok(Some(judged))
}

/// Forgets what the filter thought of a message and learnt from it; whom it was heard from stays counted.
pub fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    tables.verdicts.remove(message)?;
    tables.taught.remove(message)?;
    Ok(())
}

impl Snapshot {
    /// The verdict on a message.
    pub fn judged(&self, message: u64) -> Result<Option<Judged>, Error> {
        self.record(VERDICTS, message)
    }

    /// How many honest messages came from an address.
    pub fn heard(&self, address: &str) -> Result<u64, Error> {
        Ok(self.tx.open_table(HEARD)?.get(address)?.map_or(0, |value| value.value()))
    }

    /// How many lessons there are.
    pub fn taught_count(&self) -> Result<u64, Error> {
        Ok(self.tx.open_table(TAUGHT)?.len()?)
    }

    /// Every lesson, in the order of the messages.
    pub fn taught(&self) -> Result<Vec<Lesson>, Error> {
        let table = self.tx.open_table(TAUGHT)?;
        let each = table.iter()?.map(|entry| {
            let (key, value) = entry?;
            Lesson::decode(key.value(), value.value())
        });
        each.collect()
    }
}
