//! Finding things in a stream of octets: which kind it is of, and what a mail program noted beside each message.
//!
//! A stream is what its first octets say: `From ` begins an mbox, a header field a message, `PK` an archive of any of
//! them. Its name decides nothing, but where the folders of an archive say that it holds a Maildir. Whoever has folders
//! on a disk to look through does so with [`Finding::stream`] for each file. Absent on purpose: archives inside of
//! archives, other ways of packing, proprietary stores.

use super::{filling::Manifest, labels};
use crate::{
    codec::{
        mbox::{self, Entry},
        mime, vcard,
        zip::{self, Event},
    },
    domain::{moving::Reason, tag::Name, time::Time},
    service::{
        export::{FORMAT, VERSION, message_at},
        receive::MAX_MESSAGE,
    },
    store::{mail::pack, restore::Room, seal},
};
use serde_json::Value;
use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    ops::ControlFlow,
};
use zeroize::Zeroizing;

/// Octets of a message that are looked at for its date and its marks.
const HEAD: usize = 64 * 1024;
/// Octets that say what a stream is.
const BEGIN: usize = 512;
/// The seconds of a day: a clock may be in another zone, and a date a little ahead.
const DAY: i64 = 24 * 3600;
/// 1982-08-13, when RFC 822 was published: a date before it is a fault.
const FIRST: i64 = 398_044_800;
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
    pub tags: Vec<Name>,
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
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// When it was last changed.
    pub changed: Option<Time>,
    /// Whether a Maildir says that it was read; `None` where it lies in none.
    pub read: Option<bool>,
}

impl<'a> Finding<'a> {
    /// Hands everything to `take`.
    pub fn new(context: Context, take: &'a mut dyn FnMut(Item) -> bool) -> Self {
        Self { context, take }
    }

    /// Hands one thing over.
    pub fn hand(&mut self, item: Item) -> Flow {
        if (self.take)(item) { Flow::Continue(()) } else { Flow::Break(()) }
    }

    /// Says of something that it was passed over.
    pub fn skip(&mut self, reason: Reason, name: &str) -> Flow {
        self.hand(Item::Skipped(reason, calm(name)))
    }

    /// A stream of a kind that its first octets tell.
    pub fn stream(&mut self, name: &str, source: &mut dyn BufRead, beside: Beside) -> Flow {
        self.inside(name, source, beside, false)
    }

    fn inside(&mut self, name: &str, source: &mut dyn BufRead, beside: Beside, packed: bool) -> Flow {
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
            Kind::Cards => self.whole(name, &mut source, vcard::MAX_FILE, Item::Cards),
            Kind::Keys => self.whole(name, &mut source, MAX_KEYS, Item::Keys),
            Kind::Other => self.skip(Reason::NoMail, name),
        }
    }

    fn mailbox(&mut self, name: &str, reader: impl BufRead, beside: Beside) -> Flow {
        self.hand(Item::Mailbox)?;
        for (entry, number) in mbox::messages(reader, MAX_MESSAGE).zip(1_u64..) {
            let name = format!("{} message {number}", calm(name));
            let item = match entry {
                Ok(Entry::Message(raw)) if raw.is_empty() => Item::Skipped(Reason::NoMail, name),
                Ok(Entry::Message(raw)) => Item::Message(Box::new(self.found(name, raw, beside))),
                Ok(Entry::TooLarge(_)) => Item::Skipped(Reason::TooLarge, name),
                Err(_) => Item::Skipped(Reason::Unreadable, name),
            };
            self.hand(item)?;
        }
        Flow::Continue(())
    }

    fn message(&mut self, name: &str, source: &mut dyn Read, beside: Beside) -> Flow {
        match bounded(source, MAX_MESSAGE) {
            Err(_) => self.skip(Reason::Unreadable, name),
            Ok(None) => self.skip(Reason::TooLarge, name),
            Ok(Some(raw)) if raw.is_empty() => self.skip(Reason::NoMail, name),
            Ok(Some(raw)) => {
                let found = self.found(calm(name), raw, beside);
                self.hand(Item::Message(Box::new(found)))
            }
        }
    }

    fn whole(&mut self, name: &str, source: &mut dyn Read, most: usize, item: fn(String, Vec<u8>) -> Item) -> Flow {
        match bounded(source, most) {
            Err(_) => self.skip(Reason::Unreadable, name),
            Ok(None) => self.skip(Reason::TooLarge, name),
            Ok(Some(octets)) => self.hand(item(calm(name), octets)),
        }
    }

    /// The sender's date where it can be true, else the last server's, else the file's, else now.
    fn found(&self, name: String, raw: Vec<u8>, beside: Beside) -> Found {
        let head = head(&raw);
        let reading = mime::read(head);
        let sensible = |time: &Time| (FIRST..=self.context.now.0 + DAY).contains(&time.0);
        let arrived = reading.hops.first().and_then(|hop| hop.at);
        let received = [reading.date, arrived, beside.changed].into_iter().flatten().find(sensible);
        Found {
            name,
            received: received.unwrap_or(self.context.now),
            read: beside.read.unwrap_or_else(|| was_read(head)),
            tags: labels::tags(head),
            raw,
        }
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
            Exported::No => self.inside(file, content, of_maildir(file), true),
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
            self.inside(file, content, of_maildir(file), true)
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

/// What a Maildir says by where a file lies in it.
fn of_maildir(file: &str) -> Beside {
    let mut parts = file.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Beside {
        changed: None,
        read: match folder {
            "new" => Some(false),
            "cur" => Some(is_seen(name)),
            _ => None,
        },
    }
}

/// The flag S behind `:2,` (a few programs write `;2,` or `!2,` where a colon cannot be in a name, and unpackers `_`).
pub fn is_seen(name: &str) -> bool {
    name.rsplit_once("2,")
        .is_some_and(|(before, flags)| before.ends_with([':', ';', '!', '_']) && flags.contains('S'))
}

/// What a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Archive,
    Mailbox,
    Message,
    Cards,
    Keys,
    Other,
}

fn kind(begin: &[u8]) -> Kind {
    let text = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    // A binary key begins with a public-key or secret-key packet (RFC 9580 section 4.2: tags 6 and 5, in either form).
    let binary = matches!(
        begin,
        [0x94 | 0x98, _, 3..=6, ..] | [0x95 | 0x99, _, _, 3..=6, ..] | [0xc5 | 0xc6, _, 3..=6, ..] | [0xc5 | 0xc6, 192..=223, _, 3..=6, ..]
    );
    if begin.starts_with(b"PK\x03\x04") {
        Kind::Archive
    } else if begin.starts_with(b"From ") {
        Kind::Mailbox
    } else if starts(b"begin:vcard") {
        Kind::Cards
    } else if starts(b"-----begin pgp public key") || starts(b"-----begin pgp private key") || binary {
        Kind::Keys
    } else if is_field(text) {
        Kind::Message
    } else {
        Kind::Other
    }
}

/// Whether a file of keys holds secret ones.
pub fn holds_secret(octets: &[u8]) -> bool {
    let armored = octets.trim_ascii_start().starts_with(b"-----BEGIN PGP PRIVATE KEY");
    armored || matches!(octets.first(), Some(0x94..=0x97 | 0xc5))
}

/// Whether a text begins with a header field (RFC 5322 section 2.2), of the names that occur: a calendar (RFC 5545) and an
/// object of JSON begin nearly like one.
fn is_field(text: &[u8]) -> bool {
    let name = text.split(|octet| *octet == b':').next().unwrap_or_default();
    let fits = (1..=76).contains(&name.len()) && name.len() < text.len();
    let name = name.trim_ascii_end();
    let occurs = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    fits && name.iter().all(occurs) && !name.eq_ignore_ascii_case(b"begin")
}

/// The header block, or as much of it as is looked at.
fn head(raw: &[u8]) -> &[u8] {
    let raw = raw.get(..HEAD).unwrap_or(raw);
    let ends = [b"\n\n".as_slice(), b"\n\r\n"];
    let end = ends
        .iter()
        .filter_map(|end| raw.windows(end.len()).position(|window| window == *end))
        .min();
    end.and_then(|end| raw.get(..=end)).unwrap_or(raw)
}

/// Says of a field's value whether the message was read.
type Mark = fn(&str) -> bool;

/// The fields in which mail programs note that a message was read: those of the mbox family (R: read), and
/// Thunderbird's (bit 0: read). Without any, and without labels, a message is of an archive, and read.
const MARKS: &[(&str, Mark)] = &[
    ("status", |value| value.contains('R')),
    ("x-mozilla-status", |value| {
        u16::from_str_radix(value, 16).is_ok_and(|bits| bits & 1 == 1)
    }),
];

fn was_read(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let noted = fields.find_map(|(name, value)| {
        let (_, mark) = MARKS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        Some(mark(value.trim()))
    });
    noted.or_else(|| labels::is_unread(head).map(|unread| !unread)).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_octets_say() {
        for (begin, expected) in [
            (b"Received: from x".as_slice(), Kind::Message),
            (b"\xef\xbb\xbfSubject: x", Kind::Message),
            (b"X-A :x", Kind::Message),
            (b"From a Thu", Kind::Mailbox),
            (b"PK\x03\x04", Kind::Archive),
            (b"BEGIN:VCARD\r\n", Kind::Cards),
            (b"begin:vcard", Kind::Cards),
            (b"-----BEGIN PGP PUBLIC KEY BLOCK-----", Kind::Keys),
            (&[0x98, 0x33, 4, 4], Kind::Keys),
            (&[0x98, 0x33, 9, 9], Kind::Other),
            (&[0x99, 1, 13, 4, 9], Kind::Keys),
            (&[0xc6, 0x33, 4, 4], Kind::Keys),
            (b"", Kind::Other),
            (b":", Kind::Other),
            (b"BEGIN:VCALENDAR\r\nVERSION:2.0", Kind::Other),
            (b"{\"subject\": 1}", Kind::Other),
            (b"no field", Kind::Other),
            (b"two words: x", Kind::Other),
            (b"\x89PNG\r\n: ", Kind::Other),
        ] {
            assert_eq!(kind(begin), expected, "{begin:?}");
        }
        assert_eq!(kind(format!("{}: x", "a".repeat(77)).as_bytes()), Kind::Other);
    }

    #[test]
    fn what_a_program_noted_is_believed() {
        for (fields, read) in [
            ("Subject: x\n", true),
            ("Status: RO\n", true),
            ("Status: O\n", false),
            ("Status: \n", false),
            ("X-Mozilla-Status: 0001\n", true),
            ("X-Mozilla-Status: 0010\n", false),
            ("X-Gmail-Labels: Inbox,Unread\n", false),
            ("X-Gmail-Labels: Inbox,Opened\n", true),
        ] {
            assert_eq!(was_read(fields.as_bytes()), read, "{fields}");
        }
        for (name, seen) in [
            ("1.a.b:2,S", true),
            ("1.a.b:2,RS", true),
            ("1.a.b:2,R", false),
            ("1.a.S", false),
            ("1;2,FS", true),
        ] {
            assert_eq!(is_seen(name), seen, "{name}");
        }
    }

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
            let beside = Beside { changed, read: None };
            finding.found(String::new(), format!("{head}\n\nx").into_bytes(), beside).received.0
        };
        assert_eq!(received("Date: Tue, 5 May 2026 10:00:00 +0200", None), 1_777_968_000);
        assert_eq!(
            received("Date: Tue, 5 May 2099 10:00:00 +0200", Some(Time(1_700_000_000))),
            1_700_000_000
        );
        assert_eq!(received("Date: Thu, 1 Jan 1970 00:00:00 +0000", None), 1_778_052_600);
    }

    #[test]
    fn the_head_ends_at_the_first_empty_line() {
        assert_eq!(head(b"a: b\n\nc\n\nd"), b"a: b\n");
        assert_eq!(head(b"a: b\r\n\r\nc\n\nd"), b"a: b\r\n");
        assert_eq!(head(b"a: b"), b"a: b");
    }
}
