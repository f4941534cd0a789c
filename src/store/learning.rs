//! What was learnt from the owner's own tags: for each word, hashed, on how many examples of each tag it stands
//! and on how many other messages. An example keeps its words, so that it is forgotten exactly.

use super::{
    Error,
    filing::{Tally, number},
    record::{Example, Record, Word},
    writer::Tables,
};
use redb::ReadableTable;

/// What a set of words is learnt for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lesson {
    Background,
    For(u64),
    Against(u64),
}

impl Lesson {
    fn of(tag: u64, example: &Example) -> Self {
        if example.against { Self::Against(tag) } else { Self::For(tag) }
    }
}

fn count(tables: &mut Tables<'_>, words: &[u32], lesson: Lesson, by: i32) -> Result<(), Error> {
    for hash in words {
        let key = u64::from(*hash);
        let mut word = tables
            .lessons
            .get(hash)?
            .map(|value| Word::decode(key, value.value()))
            .transpose()?
            .unwrap_or_default();
        match lesson {
            Lesson::Background => word.background = word.background.saturating_add_signed(by),
            Lesson::For(tag) | Lesson::Against(tag) => {
                if word.tags.iter().all(|(known, ..)| *known != tag) {
                    word.tags.push((tag, 0, 0));
                    word.tags.sort_unstable();
                }
                for (known, good, bad) in &mut word.tags {
                    if *known == tag {
                        let many = if matches!(lesson, Lesson::For(_)) { good } else { bad };
                        *many = many.saturating_add_signed(by);
                    }
                }
                word.tags.retain(|(_, good, bad)| good + bad > 0);
            }
        }
        if word == Word::default() {
            tables.lessons.remove(hash)?;
        } else {
            tables.lessons.insert(hash, word.encode(key)?.as_slice())?;
        }
    }
    let by = i64::from(by);
    match lesson {
        Lesson::Background => tables.tally(Tally::Background, 0, by),
        Lesson::For(tag) => tables.tally(Tally::For, number(tag), by),
        Lesson::Against(tag) => tables.tally(Tally::Against, number(tag), by),
    }
}

/// The key of an example's hash: both numbers, so that an example under another's key is seen.
fn key(message: u64, tag: u64) -> u64 {
    message.rotate_left(20) ^ tag
}

/// Learns that the owner put a tag on a message, or refused it. What was learnt of the two before is forgotten. A
/// tag that is gone teaches nothing.
pub fn learn(tables: &mut Tables<'_>, message: u64, tag: u64, example: &Example) -> Result<(), Error> {
    unlearn(tables, message, tag)?;
    if tables.tags.get(tag)?.is_none() {
        return Ok(());
    }
    let key = key(message, tag);
    tables.examples.insert((message, tag), example.encode(key)?.as_slice())?;
    count(tables, &example.words, Lesson::of(tag, example), 1)
}

/// Forgets what a message taught about a tag.
pub fn unlearn(tables: &mut Tables<'_>, message: u64, tag: u64) -> Result<(), Error> {
    let Some(example) = tables
        .examples
        .remove((message, tag))?
        .map(|value| Example::decode(key(message, tag), value.value()))
        .transpose()?
    else {
        return Ok(());
    };
    count(tables, &example.words, Lesson::of(tag, &example), -1)
}

/// Adds a message to the background, once.
pub fn background(tables: &mut Tables<'_>, message: u64, example: &Example) -> Result<(), Error> {
    if tables.background.get(message)?.is_some() {
        return Ok(());
    }
    tables.background.insert(message, example.encode(message)?.as_slice())?;
    count(tables, &example.words, Lesson::Background, 1)
}

/// Forgets everything that a message taught.
pub fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    let rows = tables.examples.range((message, 0)..=(message, u64::MAX))?;
    let tags = rows.map(|row| Ok(row?.0.value().1)).collect::<Result<Vec<u64>, Error>>()?;
    for tag in tags {
        unlearn(tables, message, tag)?;
    }
    let Some(example) = tables
        .background
        .remove(message)?
        .map(|value| Example::decode(message, value.value()))
        .transpose()?
    else {
        return Ok(());
    };
    count(tables, &example.words, Lesson::Background, -1)
}

/// Forgets everything about a tag.
pub fn forget_tag(tables: &mut Tables<'_>, tag: u64) -> Result<(), Error> {
    let mut messages = Vec::new();
    for row in tables.examples.iter()? {
        let (message, of) = row?.0.value();
        if of == tag {
            messages.push(message);
        }
    }
    messages.into_iter().try_for_each(|message| unlearn(tables, message, tag))
}

/// Whether an example speaks against its tag.
pub(super) fn is_against((message, tag): (u64, u64), octets: &[u8]) -> Result<bool, Error> {
    Ok(Example::decode(key(message, tag), octets)?.against)
}
