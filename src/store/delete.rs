//! Deleting for good: everything that a message or a discussion left in the tables, in one transaction.
//!
//! **A table that is keyed by a message or a discussion has its line in [`forget`] or [`forget_discussion`].**
//! What the freed pages still hold goes when the file is written anew (`rewrite`).

use super::{
    Error, filing,
    record::{Discussion, Message, Record},
    vault::DELETED,
    writer::Tables,
};
use redb::ReadableTable;

/// Everything that is kept of one message, besides its discussion's row.
fn forget(tables: &mut Tables<'_>, id: u64, message: &Message) -> Result<(), Error> {
    tables.messages.remove(id)?;
    tables.proofs.remove(id)?;
    tables.dangers.remove(id)?;
    super::imported::forget(tables, id, message)?;
    super::spam::forget(tables, id)?;
    super::reports::forget(tables, id)?;
    super::outbox::forget(tables, id)?;
    super::keys::forget(tables, id)?;
    super::drafts::forget(tables, id)?;
    super::search::forget(tables, id, message.received)?;
    super::returned::forget(tables, id)?;
    super::contacts::forget(tables, id, message.received)?;
    tables.raw.retain_in((id, 0)..=(id, u32::MAX), |_, _| false)?;
    tables.discussed.remove((message.discussion, message.received, id))?;
    Ok(())
}

/// Everything that is kept of a discussion, besides its messages.
fn forget_discussion(tables: &mut Tables<'_>, id: u64, row: &Discussion) -> Result<(), Error> {
    tables.discussions.remove(id)?;
    tables.unread.remove(id)?;
    tables.timeline.remove((row.last, id))?;
    if tables.discussion_of.get(row.key.as_str())?.is_some_and(|value| value.value() == id) {
        tables.discussion_of.remove(row.key.as_str())?;
    }
    Ok(())
}

fn row(tables: &Tables<'_>, discussion: u64) -> Result<Option<Discussion>, Error> {
    let value = tables.discussions.get(discussion)?;
    value.map(|value| Discussion::decode(discussion, value.value())).transpose()
}

fn record(tables: &Tables<'_>, id: u64) -> Result<Option<Message>, Error> {
    let value = tables.messages.get(id)?;
    value.map(|value| Message::decode(id, value.value())).transpose()
}

/// What a deletion was prepared for.
pub struct Wanted {
    /// The message.
    pub id: u64,
    /// Its discussion's row as it was read.
    pub before: Discussion,
    /// The row without the message; `None` where it was the only one.
    pub after: Option<Discussion>,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is gone.
    Gone,
    /// There is no such thing, or no longer.
    Nothing,
    /// Something has changed since it was prepared: look again.
    Changed,
}

/// Deletes a message and puts its discussion's row right.
pub fn message(tables: &mut Tables<'_>, wanted: &Wanted) -> Result<Deleted, Error> {
    let Some(message) = record(tables, wanted.id)? else {
        return Ok(Deleted::Nothing);
    };
    let discussion = message.discussion;
    if row(tables, discussion)?.as_ref() != Some(&wanted.before) {
        return Ok(Deleted::Changed);
    }
    forget(tables, wanted.id, &message)?;
    match &wanted.after {
        None => forget_discussion(tables, discussion, &wanted.before)?,
        Some(after) => {
            if after.last != wanted.before.last {
                tables.timeline.remove((wanted.before.last, discussion))?;
                tables.timeline.insert((after.last, discussion), ())?;
            }
            if after.unread == 0 {
                tables.unread.remove(discussion)?;
            }
            tables.discussions.insert(discussion, after.encode(discussion)?.as_slice())?;
        }
    }
    filing::forget(tables, wanted.id, &message)?;
    tables.meta.insert(DELETED, [1].as_slice())?;
    Ok(Deleted::Gone)
}

/// Deletes a discussion with every message in it, also one that has only just arrived.
pub fn discussion(tables: &mut Tables<'_>, id: u64) -> Result<Deleted, Error> {
    let Some(row) = row(tables, id)? else {
        return Ok(Deleted::Nothing);
    };
    let messages = tables.discussed.range((id, i64::MIN, 0)..=(id, i64::MAX, u64::MAX))?;
    let messages = messages.map(|entry| Ok(entry?.0.value().2)).collect::<Result<Vec<u64>, Error>>()?;
    let mut gone = Vec::with_capacity(messages.len());
    for message in &messages {
        let kept = record(tables, *message)?.ok_or(Error::Damaged)?;
        forget(tables, *message, &kept)?;
        gone.push((*message, kept));
    }
    forget_discussion(tables, id, &row)?;
    for (message, kept) in &gone {
        filing::forget(tables, *message, kept)?;
    }
    tables.meta.insert(DELETED, [1].as_slice())?;
    Ok(Deleted::Gone)
}
