//! Finding things in a stream of octets: what it is ([`super::kind`]), and everything that is in it.
//!
//! A stream is what its first octets say: `From ` begins an mbox, a header field a message, `PK` an archive of any of
//! them. Its name decides nothing, but where the folders of an archive say that it holds a Maildir. Whoever has folders
//! on a disk to look through does so with [`Finding::stream`] for each file. Absent on purpose: archives inside of
//! archives, other ways of packing, proprietary stores.

use super::{
    filling::Manifest,
    kind::{HEAD, Kind, apple, apple_marks, head, keywords_of, kind, marks, of_maildir, starred},
    labels,
};
use crate::{
    codec::{
        mbox::{self, Entry},
        mime, vcard,
        zip::{self, Event},
    },
    domain::{moving::Reason, time::Time},
    service::{
        export::{FORMAT, VERSION, message_at},
        receive::MAX_MESSAGE,
    },
    store::{filing::Wanted, mail::pack, restore::Room, seal},
};
use serde_json::Value;
use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    ops::ControlFlow,
};
use zeroize::Zeroizing;

/// Octets that say what a stream is.
const BEGIN: usize = 512;
/// The seconds of a day: a clock may be in another zone, and a date a little ahead.
const DAY: i64 = 24 * 3600;
/// 1982-08-13, when RFC 822 was published: a date before it is a fault.
const FIRST: i64 = 398_044_800;
/// Octets of cards that are handed over together, and how many: those of a file with pictures do not all fit.
const CARDS_SIZE: usize = 512 * 1024;
const CARDS: usize = 4_000;
/// The most octets of a line of a card, and of what a program notes behind a message.
const MAX_LINE: u64 = 1024 * 1024;
const MAX_BEHIND: u64 = 64 * 1024;
/// The most octets of a file of keys.
const MAX_KEYS: usize = 10 * 1024 * 1024;
/// The most octets of a row of an export, and of those that are handed over together, and how many.
const MAX_ROW: u64 = 48 * 1024 * 1024;
const ROWS_SIZE: usize = 512 * 1024;
const ROWS: usize = 256;
/// The most octets of what an export says of itself.
const MAX_MANIFEST: u64 = 64 * 1024;

/// A message that was found.
pub struct Found {
    /// Where, for the report.
    pub name: String,
    /// Its octets.
    pub raw: Vec<u8>,
    /// When it was received, as well as can be told.
    pub received: Time,
    /// Whether it has been read.
    pub read: bool,
    /// The tags that it had.
    pub tags: Vec<Wanted>,
}

/// Something that was found.
pub enum Item {
    /// A mailbox or an archive, of which things may follow.
    Mailbox,
    /// A message.
    Message(Box<Found>),
    /// A file of cards.
    Cards(String, Vec<u8>),
    /// A file of OpenPGP keys.
    Keys(String, Vec<u8>),
    /// Something passed over.
    Skipped(Reason, String),
    /// An export begins that this box is filled from.
    Whole(Manifest),
    /// Rows of a table of it.
    Rows(String, Vec<String>),
    /// The octets of a message of it, packed.
    Octets(u64, Vec<u8>),
    /// All of it was handed over.
    Complete,
}

/// What a finder has to know.
#[derive(Clone)]
pub struct Context {
    /// What time it is.
    pub now: Time,
    /// Whether the box can be filled from an export.
    pub room: Room,
    /// What opens the secrets of an export.
    pub secret: Option<Zeroizing<String>>,
    /// The schema of this version.
    pub schema: u16,
}

/// Whether finding goes on.
pub type Flow = ControlFlow<()>;

/// Finds things and hands each over, until `take` says that it wants no more.
pub struct Finding<'a> {
    context: Context,
    take: &'a mut dyn FnMut(Item) -> bool,
}

/// What is known of a file from outside of it.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// When it was last changed.
    pub changed: Option<Time>,
    /// Whether a Maildir says that it was read; `None` where it lies in none.
    pub read: Option<bool>,
    /// The words that its owner put on it there.
    pub tags: Vec<Wanted>,
}

impl Beside {
    /// What is known of a file in an archive.
    fn of(file: &str) -> Self {
        let read = of_maildir(file);
        Self {
            read,
            tags: read.map_or_else(Vec::new, |_| keywords_of(file, &[])),
            ..Self::default()
        }
    }
}

impl<'a> Finding<'a> {
    /// Hands everything to `take`.
    pub fn new(context: Context, take: &'a mut dyn FnMut(Item) -> bool) -> Self {
        Self { context, take }
    }

    /// Hands one thing over. A box that was given something is not filled from an export any more that comes behind it.
    pub fn hand(&mut self, item: Item) -> Flow {
        if self.context.room == Room::Empty && matches!(item, Item::Message(_) | Item::Cards(..) | Item::Keys(..)) {
            self.context.room = Room::Taken;
        }
        if (self.take)(item) { Flow::Continue(()) } else { Flow::Break(()) }
    }

    /// Says of something that it was passed over.
    pub fn skip(&mut self, reason: Reason, name: &str) -> Flow {
        self.hand(Item::Skipped(reason, calm(name)))
    }

    /// A stream of a kind that its first octets tell.
    pub fn stream(&mut self, name: &str, source: &mut dyn BufRead, beside: Beside) -> Flow {
        self.inside(name, source, &beside, false)
    }

    fn inside(&mut self, name: &str, source: &mut dyn BufRead, beside: &Beside, packed: bool) -> Flow {
        let mut begin = Vec::new();
        if source.take(BEGIN as u64).read_to_end(&mut begin).is_err() {
            return self.skip(Reason::Unreadable, name);
        }
        let kind = kind(&begin);
        let mut source = Cursor::new(begin).chain(source);
        match kind {
            _ if beside.read.is_some() => self.message(name, &mut source, beside),
            Kind::Archive if packed => self.skip(Reason::TooDeep, name),
            Kind::Archive => self.archive(name, source),
            Kind::Mailbox => self.mailbox(name, source, beside),
            Kind::Message => self.message(name, &mut source, beside),
            Kind::Apple => self.apple(name, &mut source, beside),
            Kind::Cards => self.cards(name, &mut source),
            Kind::WideCards => self.whole(name, &mut source, vcard::MAX_FILE, Item::Cards),
            Kind::Packed => self.skip(Reason::Closed, name),
            Kind::Foreign => self.skip(Reason::Foreign, name),
            Kind::Keys => self.whole(name, &mut source, MAX_KEYS, Item::Keys),
            Kind::Other => self.skip(Reason::NoMail, name),
        }
    }

    fn mailbox(&mut self, name: &str, reader: impl BufRead, beside: &Beside) -> Flow {
        self.hand(Item::Mailbox)?;
        for (entry, number) in mbox::messages(reader, MAX_MESSAGE).zip(1_u64..) {
            let name = format!("{} message {number}", calm(name));
            let item = match entry {
                Ok(Entry::Message(raw)) if raw.trim_ascii().is_empty() => Item::Skipped(Reason::NoMail, name),
                Ok(Entry::Message(raw)) => self.found(name, raw, beside),
                Ok(Entry::TooLarge(_)) => Item::Skipped(Reason::TooLarge, name),
                Err(_) => Item::Skipped(Reason::Unreadable, name),
            };
            self.hand(item)?;
        }
        Flow::Continue(())
    }

    fn message(&mut self, name: &str, source: &mut dyn Read, beside: &Beside) -> Flow {
        match bounded(source, MAX_MESSAGE) {
            Err(_) => self.skip(Reason::Unreadable, name),
            Ok(None) => self.skip(Reason::TooLarge, name),
            Ok(Some(raw)) if raw.trim_ascii().is_empty() => self.skip(Reason::NoMail, name),
            Ok(Some(raw)) => {
                let item = self.found(calm(name), raw, beside);
                self.hand(item)
            }
        }
    }

    fn apple(&mut self, name: &str, source: &mut dyn BufRead, beside: &Beside) -> Flow {
        let length = source.fill_buf().ok().and_then(apple);
        let Some((length, line)) = length.filter(|(length, _)| *length <= MAX_MESSAGE as u64) else {
            return self.skip(Reason::TooLarge, name);
        };
        source.consume(line);
        let mut raw = Vec::new();
        let all = (&mut *source).take(length).read_to_end(&mut raw);
        let mut behind = Vec::new();
        let whole = all.is_ok_and(|all| all as u64 == length) && source.take(MAX_BEHIND).read_to_end(&mut behind).is_ok();
        if !whole {
            return self.skip(Reason::Unreadable, name);
        }
        if raw.trim_ascii().is_empty() {
            return self.skip(Reason::NoMail, name);
        }
        let noted = apple_marks(&String::from_utf8_lossy(&behind)).unwrap_or(1);
        if noted & 2 != 0 {
            return self.skip(Reason::Gone, name);
        }
        let noted = Beside {
            read: Some(noted & 1 != 0),
            tags: (noted & 16 != 0).then(starred).into_iter().collect(),
            ..beside.clone()
        };
        let item = self.found(calm(name), raw, &noted);
        self.hand(item)
    }

    /// Cards, some at a time. One that is too large takes no other with it.
    fn cards(&mut self, name: &str, source: &mut dyn BufRead) -> Flow {
        let (mut part, mut cards, mut whole, mut large) = (Vec::new(), 0, 0, false);
        loop {
            let begun = part.len();
            let read = (&mut *source).take(MAX_LINE).read_until(b'\n', &mut part);
            let Ok(read) = read else {
                part.truncate(whole);
                self.hand(Item::Cards(calm(name), part))?;
                return self.skip(Reason::Unreadable, name);
            };
            if read == 0 {
                break;
            }
            let ends = part
                .get(begun..)
                .is_some_and(|line| line.trim_ascii().eq_ignore_ascii_case(b"end:vcard"));
            large |= part.len() > vcard::MAX_FILE;
            if large {
                part.truncate(whole);
                if ends {
                    large = false;
                    self.skip(Reason::TooLarge, name)?;
                }
                continue;
            }
            if ends {
                (cards, whole) = (cards + 1, part.len());
            }
            if ends && (part.len() >= CARDS_SIZE || cards >= CARDS) {
                self.hand(Item::Cards(calm(name), std::mem::take(&mut part)))?;
                (cards, whole) = (0, 0);
            }
        }
        if large {
            self.skip(Reason::TooLarge, name)?;
        }
        if part.trim_ascii().is_empty() {
            return Flow::Continue(());
        }
        self.hand(Item::Cards(calm(name), part))
    }

    fn whole(&mut self, name: &str, source: &mut dyn Read, most: usize, item: fn(String, Vec<u8>) -> Item) -> Flow {
        match bounded(source, most) {
            Err(_) => self.skip(Reason::Unreadable, name),
            Ok(None) => self.skip(Reason::TooLarge, name),
            Ok(Some(octets)) => self.hand(item(calm(name), octets)),
        }
    }

    /// A message, where its program has not deleted it: with the sender's date where it can be true, else the last
    /// server's, else the file's, else now.
    fn found(&self, name: String, raw: Vec<u8>, beside: &Beside) -> Item {
        let head = head(&raw);
        let mut marks = marks(head);
        if marks.gone {
            return Item::Skipped(Reason::Gone, name);
        }
        labels::add(&mut marks.tags, beside.tags.iter().cloned());
        let reading = mime::read(head);
        let sensible = |time: &Time| (FIRST..=self.context.now.0 + DAY).contains(&time.0);
        let arrived = reading.hops.first().and_then(|hop| hop.at);
        let received = [reading.date, arrived, beside.changed].into_iter().flatten().find(sensible);
        Item::Message(Box::new(Found {
            name,
            received: received.unwrap_or(self.context.now),
            read: beside.read.unwrap_or(marks.read),
            tags: marks.tags,
            raw,
        }))
    }

    /// The files of an archive, each as it would be by itself; an export of a whole box where this one has room.
    fn archive(&mut self, name: &str, source: impl BufRead) -> Flow {
        self.hand(Item::Mailbox)?;
        let mut exported = Exported::No;
        let mut flow = Flow::Continue(());
        let end = zip::each(BufReader::with_capacity(HEAD, source), |event| {
            flow = match event {
                Event::File(file, content) => self.packed(file, content, &mut exported),
                Event::Closed(file) => self.skip(Reason::Closed, file),
                Event::Damaged(file) => self.skip(Reason::Damaged, file),
            };
            flow
        });
        flow?;
        match end {
            Ok(()) if matches!(exported, Exported::Whole) => {
                self.context.room = Room::Taken;
                self.hand(Item::Complete)
            }
            Ok(()) => Flow::Continue(()),
            Err(_) => self.skip(Reason::Unreadable, name),
        }
    }

    fn packed(&mut self, file: &str, content: &mut dyn BufRead, exported: &mut Exported) -> Flow {
        let short = file.rsplit('/').next().unwrap_or(file);
        if short.starts_with('.') || file.starts_with("__MACOSX/") {
            return Flow::Continue(());
        }
        if file == "manifest.json"
            && let Some(found) = Exported::of(content)
        {
            *exported = found;
            if let Exported::Found(manifest) = exported
                && manifest.schema > u64::from(self.context.schema)
            {
                *exported = Exported::Other;
                return self.skip(Reason::Newer, file);
            }
            return Flow::Continue(());
        }
        match exported {
            Exported::No => self.inside(file, content, &Beside::of(file), true),
            Exported::Other => self.of_another(file, content),
            Exported::Found(_) if file == "sealed.age" => self.sealed(content, exported),
            Exported::Found(_) => Flow::Continue(()),
            Exported::Whole => self.of_whole(file, content),
        }
    }

    /// A file of an export that does not fill this box: mail, cards and keys as from anywhere.
    fn of_another(&mut self, file: &str, content: &mut dyn BufRead) -> Flow {
        let keys = file == "keys/people.asc" || (file.starts_with("keys/") && file.ends_with(".secret.asc"));
        let wanted = message_at(file).is_some() || file == "contacts.vcf" || keys;
        // Nobody's keys, and no contacts, are no reason to complain.
        let empty = content.fill_buf().is_ok_and(<[u8]>::is_empty);
        if wanted && !empty {
            self.inside(file, content, &Beside::of(file), true)
        } else {
            Flow::Continue(())
        }
    }

    /// What is sealed in an export comes first: where its passphrase is another, nothing is taken in.
    fn sealed(&mut self, content: &mut dyn BufRead, exported: &mut Exported) -> Flow {
        let Exported::Found(manifest) = exported else {
            return Flow::Continue(());
        };
        let fits = match &self.context.room {
            Room::Empty => true,
            Room::Begun(id) => *id == manifest.id,
            Room::Taken => false,
        };
        if !fits {
            *exported = Exported::Other;
            return Flow::Continue(());
        }
        let secret = self.context.secret.clone().unwrap_or_default();
        let Some(clear) = seal::unsealed(&secret, content) else {
            self.skip(Reason::Sealed, "sealed.age")?;
            return Flow::Break(());
        };
        // Whatever else comes in the same go must not fill it as well.
        self.context.room = Room::Begun(manifest.id.clone());
        self.hand(Item::Whole(manifest.clone()))?;
        *exported = Exported::Whole;
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut size = 0;
        for line in lines(BufReader::new(clear)) {
            let parsed = line.ok().and_then(|line| {
                let row: Value = serde_json::from_str(&line).ok()?;
                Some((row.get("table")?.as_str()?.to_owned(), row.get("row")?.to_string()))
            });
            let Some((table, row)) = parsed else {
                return self.skip(Reason::Damaged, "sealed.age");
            };
            let other = rows.last().is_some_and(|(last, _)| *last != table);
            if other || size > ROWS_SIZE || rows.len() >= ROWS {
                self.together(&mut rows)?;
                size = 0;
            }
            size += row.len();
            rows.push((table, row));
        }
        self.together(&mut rows)
    }

    /// Hands over rows of one table.
    fn together(&mut self, rows: &mut Vec<(String, String)>) -> Flow {
        let Some((table, _)) = rows.first() else {
            return Flow::Continue(());
        };
        let table = table.clone();
        let lines = rows.drain(..).map(|(_, row)| row).collect();
        self.hand(Item::Rows(table, lines))
    }

    /// A file of the export that fills this box.
    fn of_whole(&mut self, file: &str, content: &mut dyn BufRead) -> Flow {
        if let Some(id) = message_at(file) {
            let packed = bounded(content, MAX_MESSAGE * 2).ok().flatten().and_then(|raw| pack(&raw).ok());
            return match packed {
                Some(packed) => self.hand(Item::Octets(id, packed)),
                None => self.skip(Reason::Unreadable, file),
            };
        }
        let Some(table) = file.strip_prefix("rows/").and_then(|name| name.strip_suffix(".jsonl")) else {
            return Flow::Continue(());
        };
        let (mut rows, mut size) = (Vec::new(), 0);
        for line in lines(content) {
            let Ok(line) = line else { return self.skip(Reason::Damaged, file) };
            size += line.len();
            rows.push(line);
            if size > ROWS_SIZE || rows.len() >= ROWS {
                self.hand(Item::Rows(table.to_owned(), std::mem::take(&mut rows)))?;
                size = 0;
            }
        }
        if rows.is_empty() {
            Flow::Continue(())
        } else {
            self.hand(Item::Rows(table.to_owned(), rows))
        }
    }
}

/// What an archive is.
enum Exported {
    /// No export.
    No,
    /// One, of which nothing was decided yet.
    Found(Manifest),
    /// One that fills this box.
    Whole,
    /// One that does not.
    Other,
}

impl Exported {
    /// What a manifest says; `None` where it is another program's.
    fn of(content: &mut dyn BufRead) -> Option<Self> {
        let mut text = Vec::new();
        content.take(MAX_MANIFEST).read_to_end(&mut text).ok()?;
        let said: Value = serde_json::from_slice(&text).ok()?;
        if said.get("format")?.as_str()? != FORMAT {
            return None;
        }
        let counters = said.get("counters").and_then(Value::as_object).into_iter().flatten();
        let manifest = Manifest {
            id: said.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
            schema: said.get("schema").and_then(Value::as_u64).unwrap_or(u64::MAX),
            domain: said.get("domain").and_then(Value::as_str).unwrap_or_default().to_owned(),
            counters: counters.filter_map(|(name, last)| Some((name.clone(), last.as_u64()?))).collect(),
        };
        let fits = said.get("version").and_then(Value::as_u64) == Some(VERSION) && !manifest.id.is_empty();
        Some(if fits { Self::Found(manifest) } else { Self::Other })
    }
}

/// Lines of text without their ends, each of at most [`MAX_ROW`] octets.
fn lines(mut source: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        match source.by_ref().take(MAX_ROW).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) if line.pop_if(|end| *end == b'\n').is_none() => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Some(String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into())),
            Err(error) => Some(Err(error)),
        }
    })
}

/// All of a stream; `None` where there is more than this.
fn bounded(source: &mut dyn Read, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut octets = Vec::new();
    source.take(most as u64 + 1).read_to_end(&mut octets)?;
    Ok((octets.len() <= most).then_some(octets))
}

/// A name for the report, with nothing in it that could move a terminal's cursor.
pub fn calm(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '?' } else { c }).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_cannot_be_true_is_not_believed() {
        let mut take = |_| true;
        let context = Context {
            now: Time(1_778_052_600),
            room: Room::Taken,
            secret: None,
            schema: 1,
        };
        let finding = Finding::new(context, &mut take);
        let received = |head: &str, changed| {
            let beside = Beside {
                changed,
                ..Beside::default()
            };
            match finding.found(String::new(), format!("{head}\n\nx").into_bytes(), &beside) {
                Item::Message(found) => found.received.0,
                _ => panic!("{head}"),
            }
        };
        assert_eq!(received("Date: Tue, 5 May 2026 10:00:00 +0200", None), 1_777_968_000);
        assert_eq!(
            received("Date: Tue, 5 May 2099 10:00:00 +0200", Some(Time(1_700_000_000))),
            1_700_000_000
        );
        assert_eq!(received("Date: Thu, 1 Jan 1970 00:00:00 +0000", None), 1_778_052_600);
    }
}
