//! What is being written, its files, and what is remembered of a message that was sent from here.
//!
//! A draft's number is random and given before anything is kept, so that a form that is sent twice speaks of one
//! draft and makes one message. When it was sent its row stays for a while, at first whole, to come back as it was,
//! then empty, to say that it was sent.

use super::{
    Error,
    mail::{Snapshot, pieces},
    record::{Contact, Draft, Message, Record, Sent, Upload},
    schema::{ANSWERED, CONTACTS, DRAFTS, SENT, UPLOADED, UPLOADS, WRITTEN_TO},
    shelves,
    writer::Tables,
};
use redb::ReadableTable;

/// Drafts that are kept; a box that has more of them open is not one person's.
pub const MAX_DRAFTS: usize = 1_000;
/// Seconds for which an upload that broke off is kept.
const BROKEN: i64 = 3_600;
/// Seconds for which it is remembered that a draft was sent.
const REMEMBERED: i64 = 30 * 86_400;

/// What became of a draft that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is kept.
    Kept,
    /// It was sent already, as this message.
    Sent(u64),
    /// There are too many of them.
    TooMany,
}

fn draft(tables: &Tables<'_>, id: u64) -> Result<Option<Draft>, Error> {
    let value = tables.drafts.get(id)?;
    value.map(|value| Draft::decode(id, value.value())).transpose()
}

/// How many drafts were not sent.
fn open(tables: &Tables<'_>) -> Result<usize, Error> {
    let mut open = 0;
    for row in tables.drafts.iter()? {
        let (id, value) = row?;
        open += usize::from(Draft::decode(id.value(), value.value())?.sent.is_none());
    }
    Ok(open)
}

/// Keeps a draft under its number, in place of what was there.
pub fn save(tables: &mut Tables<'_>, id: u64, new: &Draft) -> Result<Saved, Error> {
    match draft(tables, id)? {
        Some(Draft { sent: Some(message), .. }) => return Ok(Saved::Sent(message)),
        Some(_) => {}
        None if open(tables)? >= MAX_DRAFTS => return Ok(Saved::TooMany),
        None => {}
    }
    tables.drafts.insert(id, new.encode(id)?.as_slice())?;
    Ok(Saved::Kept)
}

/// Throws a draft away with its files, and has the file written anew. One that was sent stays sent.
pub fn discard(tables: &mut Tables<'_>, id: u64) -> Result<(), Error> {
    if draft(tables, id)?.is_some_and(|draft| draft.sent.is_none()) {
        tables.drafts.remove(id)?;
        tables.meta.insert(super::vault::DELETED, [1].as_slice())?;
        drop_files(tables, id)?;
    }
    Ok(())
}

fn drop_files(tables: &mut Tables<'_>, id: u64) -> Result<(), Error> {
    let mut gone = Vec::new();
    for row in tables.uploads.range((id, 0)..=(id, u64::MAX))? {
        gone.push(row?.0.value().1);
    }
    for file in gone {
        remove(tables, id, file)?;
    }
    Ok(())
}

/// Takes a file off a draft.
pub fn remove(tables: &mut Tables<'_>, draft: u64, file: u64) -> Result<(), Error> {
    if tables.uploads.remove((draft, file))?.is_some() {
        tables.uploaded.retain_in((file, 0)..=(file, u32::MAX), |_, _| false)?;
        tables.meta.insert(super::vault::DELETED, [1].as_slice())?;
    }
    Ok(())
}

/// A file begins to come; gives its number.
pub fn begin(tables: &mut Tables<'_>, draft: u64, upload: &Upload) -> Result<u64, Error> {
    let file = tables.next("upload")?;
    tables.uploads.insert((draft, file), upload.encode(file)?.as_slice())?;
    Ok(file)
}

/// Octets of a file: the piece of this number and those behind it; gives the number of the next.
pub fn put(tables: &mut Tables<'_>, file: u64, number: u32, octets: &[u8]) -> Result<u32, Error> {
    let mut next = number;
    for piece in pieces(octets) {
        tables.uploaded.insert((file, next), piece)?;
        next += 1;
    }
    Ok(next)
}

/// A file is whole; `false` where its draft was thrown away meanwhile.
pub fn end(tables: &mut Tables<'_>, draft: u64, file: u64, upload: &Upload) -> Result<bool, Error> {
    let there = tables.uploads.get((draft, file))?.is_some();
    if there {
        tables.uploads.insert((draft, file), upload.encode(file)?.as_slice())?;
    } else {
        tables.uploaded.retain_in((file, 0)..=(file, u32::MAX), |_, _| false)?;
    }
    Ok(there)
}

/// A draft becomes this message: it stays as it is, out of sight.
pub fn sent(tables: &mut Tables<'_>, message: u64, sent: &Sent) -> Result<(), Error> {
    if let Some(row) = draft(tables, sent.draft)? {
        let row = Draft {
            sent: Some(message),
            ..row
        };
        tables.drafts.insert(sent.draft, row.encode(sent.draft)?.as_slice())?;
    }
    if let Some(answered) = sent.answers.filter(|id| *id != message) {
        tables.answered.insert(answered, message)?;
        // Whoever answers has read it; a page without scripts does not say so by itself.
        shelves::mark_messages(tables, &[answered], false)?;
    }
    tables.sent.insert(message, sent.encode(message)?.as_slice())?;
    Ok(())
}

/// The message that a draft became, where it did.
pub fn became(tables: &Tables<'_>, id: u64) -> Result<Option<u64>, Error> {
    Ok(draft(tables, id)?.and_then(|draft| draft.sent))
}

/// The discussion that a message is filed in.
pub fn filed_in(tables: &Tables<'_>, message: u64) -> Result<Option<u64>, Error> {
    let value = tables.messages.get(message)?;
    let row = value.map(|value| Message::decode(message, value.value())).transpose()?;
    Ok(row.map(|row| row.discussion))
}

/// Whether a message is in the outbox.
pub fn leaves(tables: &Tables<'_>, message: u64) -> Result<bool, Error> {
    Ok(tables.outbox_of.range((message, 0)..=(message, u64::MAX))?.next().is_some())
}

/// What a message was is to be written again: the draft comes back. `None` where there is none.
pub fn reopen(tables: &mut Tables<'_>, message: u64) -> Result<Option<u64>, Error> {
    let Some(sent) = sent_of(tables, message)? else { return Ok(None) };
    let Some(row) = draft(tables, sent.draft)? else { return Ok(None) };
    if row.is_spent() {
        return Ok(None);
    }
    tables
        .drafts
        .insert(sent.draft, Draft { sent: None, ..row }.encode(sent.draft)?.as_slice())?;
    Ok(Some(sent.draft))
}

fn sent_of(tables: &Tables<'_>, message: u64) -> Result<Option<Sent>, Error> {
    let value = tables.sent.get(message)?;
    value.map(|value| Sent::decode(message, value.value())).transpose()
}

/// Forgets what is kept here of a message that is deleted.
pub(super) fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    tables.answered.remove(message)?;
    let Some(sent) = sent_of(tables, message)? else { return Ok(()) };
    tables.sent.remove(message)?;
    if let Some(answered) = sent.answers
        && tables.answered.get(answered)?.is_some_and(|value| value.value() == message)
    {
        tables.answered.remove(answered)?;
    }
    if draft(tables, sent.draft)?.is_some_and(|draft| draft.sent == Some(message)) {
        spend(tables, sent.draft, message)?;
    }
    Ok(())
}

/// Empties a draft that was sent; what is left says that it was. Its words are those of the message, and go from the file with
/// that one.
fn spend(tables: &mut Tables<'_>, id: u64, message: u64) -> Result<(), Error> {
    let at = draft(tables, id)?.map_or(0, |draft| draft.at);
    let spent = Draft {
        at,
        sent: Some(message),
        ..Draft::default()
    };
    tables.drafts.insert(id, spent.encode(id)?.as_slice())?;
    drop_files(tables, id)
}

impl Draft {
    fn is_spent(&self) -> bool {
        self.typed.iter().all(String::is_empty)
    }
}

/// Tidies: drafts whose message has left are emptied, old ones of those forgotten, and uploads that broke off go.
pub fn tidy(tables: &mut Tables<'_>, now: i64) -> Result<(), Error> {
    let (mut left, mut old, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for row in tables.drafts.iter()? {
        let (id, value) = row?;
        let (id, draft) = (id.value(), Draft::decode(id.value(), value.value())?);
        let Some(message) = draft.sent else { continue };
        if !draft.is_spent() {
            left.push((id, message));
        } else if draft.at.saturating_add(REMEMBERED) < now {
            old.push(id);
        }
    }
    for row in tables.uploads.iter()? {
        let (key, value) = row?;
        let (draft, file) = key.value();
        let upload = Upload::decode(file, value.value())?;
        let stray = !upload.whole || tables.drafts.get(draft)?.is_none();
        if stray && upload.at.saturating_add(BROKEN) < now {
            broken.push((draft, file));
        }
    }
    for (id, message) in left {
        if sent_of(tables, message)?.is_none_or(|sent| sent.rests_until < now) {
            spend(tables, id, message)?;
        }
    }
    for id in old {
        tables.drafts.remove(id)?;
    }
    for (draft, file) in broken {
        remove(tables, draft, file)?;
    }
    Ok(())
}

impl Snapshot {
    /// A draft.
    pub fn draft(&self, id: u64) -> Result<Option<Draft>, Error> {
        self.record(DRAFTS, id)
    }

    /// The drafts that were not sent, newest first.
    pub fn drafts(&self) -> Result<Vec<(u64, Draft)>, Error> {
        let mut drafts = Vec::new();
        for row in self.tx.open_table(DRAFTS)?.iter()? {
            let (id, value) = row?;
            let draft = Draft::decode(id.value(), value.value())?;
            if draft.sent.is_none() {
                drafts.push((id.value(), draft));
            }
        }
        drafts.sort_by_key(|(id, draft)| (std::cmp::Reverse(draft.at), *id));
        Ok(drafts)
    }

    /// The files of a draft that came whole, in the order in which they came.
    pub fn uploads(&self, draft: u64) -> Result<Vec<(u64, Upload)>, Error> {
        let table = self.tx.open_table(UPLOADS)?;
        let rows = table.range((draft, 0)..=(draft, u64::MAX))?;
        let all = rows.map(|row| {
            let (key, value) = row?;
            let file = key.value().1;
            Ok((file, Upload::decode(file, value.value())?))
        });
        let all: Vec<(u64, Upload)> = all.collect::<Result<_, Error>>()?;
        Ok(all.into_iter().filter(|(_, upload)| upload.whole).collect())
    }

    /// The octets of a file.
    pub fn uploaded(&self, file: u64, upload: &Upload) -> Result<Vec<u8>, Error> {
        let table = self.tx.open_table(UPLOADED)?;
        let mut octets = Vec::with_capacity(usize::try_from(upload.size).map_err(|_| Error::Damaged)?);
        for row in table.range((file, 0)..=(file, u32::MAX))? {
            octets.extend_from_slice(row?.1.value());
        }
        if octets.len() as u64 == upload.size {
            Ok(octets)
        } else {
            Err(Error::Damaged)
        }
    }

    /// What is kept of a message that was sent from here.
    pub fn sent(&self, message: u64) -> Result<Option<Sent>, Error> {
        self.record(SENT, message)
    }

    /// The newest answer of the owner's to a message.
    pub fn answered(&self, message: u64) -> Result<Option<u64>, Error> {
        Ok(self.tx.open_table(ANSWERED)?.get(message)?.map(|value| value.value()))
    }

    /// The first cards of the address book.
    pub fn first_contacts(&self, take: usize) -> Result<Vec<Contact>, Error> {
        let table = self.tx.open_table(CONTACTS)?;
        let rows = table.iter()?.take(take);
        rows.map(|row| {
            let (id, value) = row?;
            Contact::decode(id.value(), value.value())
        })
        .collect()
    }

    /// Shows every address that the owner wrote to, and how often.
    pub fn each_written_to(&self, mut show: impl FnMut(&str, u64)) -> Result<(), Error> {
        for row in self.tx.open_table(WRITTEN_TO)?.iter()? {
            let (address, many) = row?;
            show(address.value(), many.value());
        }
        Ok(())
    }

    /// Shows every address that honest mail came from, and how often.
    pub fn each_heard(&self, mut show: impl FnMut(&str, u64)) -> Result<(), Error> {
        for row in self.tx.open_table(super::schema::HEARD)?.iter()? {
            let (address, many) = row?;
            show(address.value(), many.value());
        }
        Ok(())
    }
}
