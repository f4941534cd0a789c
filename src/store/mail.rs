//! Messages, discussions and contacts in the tables: the one place that keeps the tables agreeing
//! with each other.

use super::{
    Error, contacts,
    filing::{self, Filling},
    imported,
    keys::{self, Learnt},
    nuisance::{self, Change},
    recheck,
    record::{Contact, Discussion, Job, Judged, Looked, Message, Opening, Person, Proof, Record, Report, sha256},
    regroup, reports,
    schema::{CONTACT_OF, CONTACTS, DANGERS, DISCUSSED, DISCUSSIONS, JOBS, MESSAGES, META, Octets, PROOFS, RAW, TIMELINE},
    search, spam,
    vault::{Open, Reading},
    writer::Tables,
};
use redb::{ReadOnlyTable, ReadableTable, ReadableTableMetadata};
use std::io::Read as _;

/// A message ready to be kept: all slow work is done.
pub struct Keep {
    /// The key of its participants.
    pub key: String,
    /// The name of the mailing list, where it is one.
    pub list: Option<String>,
    /// Who takes part, the author first, the owner left out.
    pub people: Vec<Person>,
    /// The subject.
    pub subject: String,
    /// First words.
    pub excerpt: String,
    /// Trackers in it.
    pub trackers: u32,
    /// Attachments in it.
    pub attachments: u32,
    /// The record, its discussion still 0.
    pub message: Message,
    /// The evidence.
    pub proof: Proof,
    /// What in it may do harm.
    pub looked: Looked,
    /// What its importance rests on, and its tags.
    pub filling: Filling,
    /// When to ask the DNS once more about its sender.
    pub recheck: Option<i64>,
    /// What it changes of what is known of the network that it came from.
    pub nuisance: Option<Change>,
    /// Its author's address, and what the spam filter thinks of it; `None` where it was not asked.
    pub judged: Option<(String, Judged)>,
    /// What it reports about the owner's domain.
    pub report: Option<Report>,
    /// The addresses that it was exchanged with, each with what [`contacts::exchange`] says of it.
    pub exchanged: Vec<(String, u32)>,
    /// The octets as received, packed by [`pack`].
    pub packed: Vec<u8>,
    /// What opening it showed, and the message as it is shown, packed; `None` where nothing in it is of OpenPGP.
    pub opened: Option<(Opening, Vec<u8>)>,
    /// What it teaches about keys.
    pub learnt: Option<Learnt>,
    /// Its words, as [`super::search::block::row`] makes them.
    pub words: Vec<u8>,
    /// The number that it had in the spool, for mail that arrived while the box was locked: what the
    /// vault has once is not taken from the spool again.
    pub spooled: Option<u64>,
    /// The hash of its octets (SHA-256), by which an import knows what is here.
    pub octets: [u8; 32],
    /// Whether it is not kept where such octets are here. Mail from the door may well say the same thing twice.
    pub once: bool,
    /// The hash of its text, by which it is known whatever its way added to its head; `None` where it has no identifier.
    pub same: Option<[u8; 32]>,
    /// Whether it is not kept where such a text is here.
    pub once_told: bool,
}

/// Counts the changes of names and addresses in the address book: whoever changes one takes the next number.
pub const EDITION: &str = "address_book";

/// What [`keep`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    New {
        /// Its number.
        message: u64,
        /// Its discussion's.
        discussion: u64,
    },
    /// It was there already (imports, and the spool after a crash between the two files).
    Before,
}

/// Octets of a whole message, packed for the vault: zstd.
pub fn pack(raw: &[u8]) -> Result<Vec<u8>, Error> {
    zstd::bulk::compress(raw, 3).map_err(Error::io)
}

/// The first half of the SHA-256 of a message's octets: what [`raw`] checks.
pub fn short_hash(raw: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    out.iter_mut().zip(sha256(raw)).for_each(|(to, from)| *to = from);
    out
}

/// What [`pack`] packed, checked against its size and its [`short_hash`].
pub(super) fn unpack(packed: &[u8], size: u64, hash: [u8; 16]) -> Result<Vec<u8>, Error> {
    let size = usize::try_from(size).map_err(|_| Error::Damaged)?;
    let raw = zstd::bulk::decompress(packed, size).map_err(|_| Error::Damaged)?;
    if short_hash(&raw) == hash { Ok(raw) } else { Err(Error::Damaged) }
}

/// redb gives a value larger than a page the next power of two of pages, so a message of 5,000 octets
/// would take 8,192. Pieces just under a power of two waste nothing, and the small rest shares a page.
pub(super) fn pieces(mut packed: &[u8]) -> impl Iterator<Item = &[u8]> {
    const PAGE: usize = 4096;
    /// What redb's own page header, the offsets and the key take, with room to spare.
    const OVERHEAD: usize = 128;
    const LARGEST: usize = 16 * PAGE;
    std::iter::from_fn(move || {
        if packed.is_empty() {
            return None;
        }
        let mut size = LARGEST;
        while size > PAGE && packed.len() < size - OVERHEAD {
            size /= 2;
        }
        let (piece, rest) = packed.split_at(packed.len().min(size - OVERHEAD));
        packed = rest;
        Some(piece)
    })
}

/// Keeps a message: its octets, its record, its evidence, its place in discussion and timeline.
pub fn keep(tables: &mut Tables<'_>, keep: &Keep) -> Result<Kept, Error> {
    if keep.once && imported::knows(tables, &keep.octets)? {
        return Ok(Kept::Before);
    }
    if let Some(text) = keep.same.as_ref().filter(|_| keep.once_told)
        && imported::knows_text(tables, text)?
    {
        return Ok(Kept::Before);
    }
    if is_drained(tables, keep.spooled)? {
        return Ok(Kept::Before);
    }
    drained(tables, keep.spooled)?;
    let id = tables.next("message")?;
    imported::keep(tables, id, &keep.octets, keep.same.as_ref())?;
    for (piece, number) in pieces(&keep.packed).zip(0_u32..) {
        tables.raw.insert((id, number), piece)?;
    }
    let (discussion, row) = join(tables, keep, id)?;
    let message = Message {
        discussion,
        ..keep.message.clone()
    };
    tables.messages.insert(id, message.encode(id)?.as_slice())?;
    tables.proofs.insert(id, keep.proof.encode(id)?.as_slice())?;
    tables.dangers.insert(id, keep.looked.encode(id)?.as_slice())?;
    if let Some(change) = &keep.nuisance {
        nuisance::keep(tables, change)?;
    }
    if let Some(report) = &keep.report {
        reports::keep(tables, id, report)?;
    }
    if let Some((author, judged)) = &keep.judged {
        spam::judged(tables, id, author, judged)?;
    }
    tables.discussed.insert((discussion, message.received, id), ())?;
    search::arrive(tables, id, message.received, &keep.words)?;
    filing::arrive(tables, id, &message, &row, &keep.filling)?;
    if let Some((opening, packed)) = &keep.opened {
        keys::keep(tables, id, opening, packed)?;
    }
    if let Some(learnt) = &keep.learnt {
        keys::learn(tables, learnt)?;
    }
    contacts::arrived(tables, id, message.received, &keep.exchanged)?;
    if let Some(due) = keep.recheck {
        recheck::ask(tables, id, due)?;
    }
    Ok(Kept::New { message: id, discussion })
}

/// Whether what has this number in the spool is in the vault.
pub(super) fn is_drained(tables: &Tables<'_>, spooled: Option<u64>) -> Result<bool, Error> {
    let Some(number) = spooled else { return Ok(false) };
    Ok(tables.drained.get(number)?.is_some())
}

/// Notes that what has this number in the spool is in the vault.
pub(super) fn drained(tables: &mut Tables<'_>, spooled: Option<u64>) -> Result<(), Error> {
    let Some(number) = spooled else { return Ok(()) };
    // What was drained before this one has left the spool.
    tables.drained.retain(|_, ()| false)?;
    tables.drained.insert(number, ())?;
    Ok(())
}

/// The discussion that the message joins, made where there is none, with its row brought up to date.
fn join(tables: &mut Tables<'_>, keep: &Keep, id: u64) -> Result<(u64, Discussion), Error> {
    let found = tables.discussion_of.get(keep.key.as_str())?.map(|value| value.value());
    let (number, mut discussion) = match found {
        Some(number) => {
            let value = tables.discussions.get(number)?.ok_or(Error::Damaged)?;
            (number, Discussion::decode(number, value.value())?)
        }
        None => {
            let number = tables.next("discussion")?;
            tables.discussion_of.insert(keep.key.as_str(), number)?;
            // Its name was worked out before this write, in which discussions may have followed a card already.
            regroup::note_moved(tables, &keep.key)?;
            (
                number,
                Discussion {
                    key: keep.key.clone(),
                    last: i64::MIN,
                    ..Discussion::default()
                },
            )
        }
    };
    let before = discussion.last;
    add(&mut discussion, keep, id);
    if before != discussion.last {
        tables.timeline.remove((before, number))?;
        tables.timeline.insert((discussion.last, number), ())?;
    }
    if keep.message.unread {
        tables.unread.insert(number, ())?;
    }
    tables.discussions.insert(number, discussion.encode(number)?.as_slice())?;
    Ok((number, discussion))
}

/// One more message in a discussion's row.
fn add(row: &mut Discussion, keep: &Keep, id: u64) {
    let message = &keep.message;
    row.messages = row.messages.saturating_add(1);
    row.unread = row.unread.saturating_add(u32::from(message.unread));
    if message.received >= row.last {
        row.last = message.received;
        row.list.clone_from(&keep.list);
        row.subject.clone_from(&keep.subject);
        row.excerpt.clone_from(&keep.excerpt);
        row.trackers = keep.trackers;
        row.attachments = keep.attachments;
        row.padlock = message.padlock;
        let mut people = keep.people.clone();
        people.extend(
            row.people
                .drain(..)
                .filter(|old| keep.people.iter().all(|new| new.address != old.address)),
        );
        row.people = people;
    } else {
        let missing = keep
            .people
            .iter()
            .filter(|new| row.people.iter().all(|old| old.address != new.address));
        let missing: Vec<Person> = missing.cloned().collect();
        row.people.extend(missing);
    }
    row.people.truncate(Discussion::PEOPLE);
    row.newest.push((message.received, id, message.index));
    row.newest.sort_unstable_by_key(|(received, id, _)| (*received, *id));
    let surplus = row.newest.len().saturating_sub(Discussion::NEWEST);
    row.newest.drain(..surplus);
    row.ratchet
        .met((message.received, id), keep.proof.evidence().direction, message.padlock);
}

/// Marks every message of a discussion read or unread; says how many changed.
pub fn mark(tables: &mut Tables<'_>, discussion: u64, unread: bool) -> Result<Option<u32>, Error> {
    let Some(mut row) = tables
        .discussions
        .get(discussion)?
        .map(|v| Discussion::decode(discussion, v.value()))
        .transpose()?
    else {
        return Ok(None);
    };
    let ids = tables
        .discussed
        .range((discussion, i64::MIN, 0)..=(discussion, i64::MAX, u64::MAX))?;
    let ids = ids.map(|entry| Ok(entry?.0.value().2)).collect::<Result<Vec<u64>, Error>>()?;
    let mut changed = 0;
    for id in ids {
        let octets = tables.messages.get(id)?.ok_or(Error::Damaged)?.value().to_vec();
        let message = Message::decode(id, &octets)?;
        if message.unread != unread {
            tables.messages.insert(id, Message { unread, ..message }.encode(id)?.as_slice())?;
            changed += 1;
        }
    }
    row.unread = if unread { row.messages } else { 0 };
    if unread {
        tables.unread.insert(discussion, ())?;
    } else {
        tables.unread.remove(discussion)?;
    }
    tables.discussions.insert(discussion, row.encode(discussion)?.as_slice())?;
    filing::seen(tables, discussion, row.unread > 0)?;
    Ok(Some(changed))
}

/// Adds a card. Addresses that already stand on another card stay there.
pub fn add_contact(tables: &mut Tables<'_>, contact: &Contact) -> Result<u64, Error> {
    let id = tables.next("contact")?;
    let mut card = contact.clone();
    let mut taken = Vec::new();
    for address in &card.addresses {
        if tables.contact_of.get(address.as_str())?.is_some() {
            taken.push(address.clone());
        } else {
            tables.contact_of.insert(address.as_str(), id)?;
        }
    }
    card.addresses.retain(|address| !taken.contains(address));
    tables.contacts.insert(id, card.encode(id)?.as_slice())?;
    tables.stale.insert(id, ())?;
    tables.next(EDITION)?;
    Ok(id)
}

/// Says when a job is due next, and how far it is.
pub fn put_job(tables: &mut Tables<'_>, name: &str, job: &Job) -> Result<(), Error> {
    tables.jobs.insert(name, job.encode(0)?.as_slice())?;
    Ok(())
}

/// A view of the tables at one moment.
pub struct Snapshot {
    pub(super) tx: Reading,
    pub(super) contacts: ReadOnlyTable<u64, Octets>,
    contact_of: ReadOnlyTable<&'static str, u64>,
}

impl Snapshot {
    /// Of an open vault.
    pub fn of(open: &Open) -> Result<Self, Error> {
        let tx = open.read()?;
        let (contacts, contact_of) = (tx.open_table(CONTACTS)?, tx.open_table(CONTACT_OF)?);
        Ok(Self { tx, contacts, contact_of })
    }

    /// The card that an address stands on.
    pub fn contact_of(&self, address: &str) -> Result<Option<(u64, Contact)>, Error> {
        let Some(id) = self.contact_of.get(address)?.map(|value| value.value()) else {
            return Ok(None);
        };
        let value = self.contacts.get(id)?.ok_or(Error::Damaged)?;
        Ok(Some((id, Contact::decode(id, value.value())?)))
    }

    pub(super) fn record<R: Record>(&self, table: redb::TableDefinition<'_, u64, Octets>, id: u64) -> Result<Option<R>, Error> {
        let value = self.tx.open_table(table)?.get(id)?;
        value.map(|value| R::decode(id, value.value())).transpose()
    }

    /// A message's record.
    pub fn message(&self, id: u64) -> Result<Option<Message>, Error> {
        self.record(MESSAGES, id)
    }

    /// A message's evidence.
    pub fn proof(&self, id: u64) -> Result<Option<Proof>, Error> {
        self.record(PROOFS, id)
    }

    /// What in a message may do harm; `None` where nobody has looked.
    pub fn looked(&self, id: u64) -> Result<Option<Looked>, Error> {
        self.record(DANGERS, id)
    }

    /// Which edition of the address book this is, see [`EDITION`].
    pub fn edition(&self) -> Result<u64, Error> {
        let Some(value) = self.tx.open_table(META)?.get(EDITION)? else {
            return Ok(0);
        };
        value.value().try_into().map(u64::from_le_bytes).map_err(|_| Error::Damaged)
    }

    /// Shows every card, one at a time.
    pub fn each_contact(&self, mut show: impl FnMut(Contact)) -> Result<(), Error> {
        for entry in self.contacts.iter()? {
            let (id, value) = entry?;
            show(Contact::decode(id.value(), value.value())?);
        }
        Ok(())
    }

    /// A discussion's row.
    pub fn discussion(&self, id: u64) -> Result<Option<Discussion>, Error> {
        self.record(DISCUSSIONS, id)
    }

    /// The octets of a message as received, checked against its hash.
    pub fn raw(&self, id: u64, message: &Message) -> Result<Vec<u8>, Error> {
        let table = self.tx.open_table(RAW)?;
        let mut packed = Vec::with_capacity(usize::try_from(message.packed).map_err(|_| Error::Damaged)?);
        for entry in table.range((id, 0)..=(id, u32::MAX))? {
            packed.extend_from_slice(entry?.1.value());
        }
        unpack(&packed, message.size, message.hash)
    }

    /// The beginning of a message, so many octets, or all where there are no more. What is cut is not checked
    /// against the hash.
    pub fn raw_start(&self, id: u64, message: &Message, octets: usize) -> Result<Vec<u8>, Error> {
        if message.size <= octets as u64 {
            return self.raw(id, message);
        }
        let table = self.tx.open_table(RAW)?;
        let mut packed = Vec::new();
        for entry in table.range((id, 0)..=(id, u32::MAX))? {
            packed.extend_from_slice(entry?.1.value());
            // Packing makes nothing longer but by a few octets.
            if packed.len() > octets + 4096 {
                break;
            }
        }
        let mut raw = vec![0; octets];
        let mut unpacking = zstd::stream::read::Decoder::new(packed.as_slice()).map_err(Error::io)?;
        let mut read = 0;
        while let Some(rest) = raw.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match unpacking.read(rest) {
                Ok(0) | Err(_) => break,
                Ok(more) => read += more,
            }
        }
        raw.truncate(read);
        Ok(raw)
    }

    /// The messages of a discussion, newest first, from `skip` on.
    pub fn discussed(&self, discussion: u64, skip: usize, take: usize) -> Result<Vec<(u64, Message)>, Error> {
        let order = self.tx.open_table(DISCUSSED)?;
        let messages = self.tx.open_table(MESSAGES)?;
        let range = order.range((discussion, i64::MIN, 0)..=(discussion, i64::MAX, u64::MAX))?;
        let ids = range.rev().skip(skip).take(take);
        ids.map(|entry| {
            let id = entry?.0.value().2;
            let value = messages.get(id)?.ok_or(Error::Damaged)?;
            Ok((id, Message::decode(id, value.value())?))
        })
        .collect()
    }

    /// Every discussion wherever it stands, newest first, from `skip` on.
    pub fn timeline(&self, skip: usize, take: usize) -> Result<Vec<(u64, Discussion)>, Error> {
        let order = self.tx.open_table(TIMELINE)?;
        let rows = self.tx.open_table(DISCUSSIONS)?;
        let ids = order.iter()?.rev().skip(skip).take(take);
        ids.map(|entry| {
            let id = entry?.0.value().1;
            let value = rows.get(id)?.ok_or(Error::Damaged)?;
            Ok((id, Discussion::decode(id, value.value())?))
        })
        .collect()
    }

    /// A job's row.
    pub fn job(&self, name: &str) -> Result<Option<Job>, Error> {
        let value = self.tx.open_table(JOBS)?.get(name)?;
        value.map(|value| Job::decode(0, value.value())).transpose()
    }

    /// Reads the messages after this one and compares them with their hashes: how many were looked at,
    /// how many are damaged, and the last of them.
    pub fn scrub(&self, after: u64, take: usize) -> Result<(usize, usize, u64), Error> {
        let table = self.tx.open_table(MESSAGES)?;
        let (mut seen, mut damaged, mut last) = (0, 0, after);
        for entry in table.range(after.saturating_add(1)..)?.take(take) {
            let (id, value) = entry?;
            last = id.value();
            seen += 1;
            let whole = Message::decode(last, value.value()).and_then(|message| self.raw(last, &message));
            damaged += usize::from(whole.is_err());
        }
        Ok((seen, damaged, last))
    }

    /// How many messages are kept.
    pub fn messages(&self) -> Result<u64, Error> {
        Ok(self.tx.open_table(MESSAGES)?.len()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_and_waste_no_page() {
        for len in [0_usize, 1, 2500, 3968, 3969, 5000, 8064, 70_000, 1_000_003] {
            let octets: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let cut: Vec<&[u8]> = pieces(&octets).collect();
            assert_eq!(cut.concat(), octets);
            let paged: usize = cut
                .iter()
                .map(|p| {
                    if p.len() > 3968 {
                        (p.len() + 128).next_power_of_two()
                    } else {
                        p.len()
                    }
                })
                .sum();
            assert!(paged <= len + 128 * cut.len() + 4096, "{len}: {paged}");
            assert!(cut.len() <= len / 60_000 + 6, "{len}: {} pieces", cut.len());
        }
    }
}
