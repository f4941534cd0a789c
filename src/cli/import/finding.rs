//! Finding messages in files: which kind a path is of, and what a mail program noted beside each message.
//!
//! A folder with `cur` or `new` in it is a Maildir (<https://cr.yp.to/proto/maildir.html>); any other is
//! looked through for mailboxes, Maildirs and message files. A file is what its first line says: `From `
//! begins an mbox, a header field a message. Its name decides nothing. Symbolic links inside folders are
//! not followed. Absent on purpose: compressed files, proprietary stores.

use super::Reason;
use crate::{
    codec::{
        mbox::{self, Entry},
        mime,
    },
    domain::time::Time,
    service::receive::MAX_MESSAGE,
};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Folders inside folders, at most.
const DEPTH: usize = 16;
/// Octets of a message that are looked at for its date and its marks.
const HEAD: usize = 64 * 1024;
/// The seconds of a day: a clock may be in another zone, and a date a little ahead.
const DAY: i64 = 24 * 3600;
/// 1982-08-13, when RFC 822 was published: a date before it is a fault.
const FIRST: i64 = 398_044_800;

/// A message that was found.
pub(super) struct Found {
    /// Where, for the report.
    pub(super) name: String,
    /// Its octets.
    pub(super) raw: Vec<u8>,
    /// When it was received, as well as can be told.
    pub(super) received: Time,
    /// Whether it has been read.
    pub(super) read: bool,
}

/// Something that was found.
pub(super) enum Item {
    /// A mailbox, of which messages may follow.
    Mailbox,
    /// A message.
    Message(Found),
    /// Something passed over.
    Skipped(Reason, String),
}

/// Walks through the paths in order and hands over each thing, until `take` says that it wants no more.
pub(super) fn walk(paths: &[PathBuf], now: Time, take: impl FnMut(Item) -> bool) {
    let mut walk = Walk { now, take };
    for path in paths {
        if walk.path(path, 0).is_break() {
            return;
        }
    }
}

type Flow = std::ops::ControlFlow<()>;

struct Walk<F> {
    now: Time,
    take: F,
}

impl<F: FnMut(Item) -> bool> Walk<F> {
    fn hand(&mut self, item: Item) -> Flow {
        if (self.take)(item) { Flow::Continue(()) } else { Flow::Break(()) }
    }

    fn skip(&mut self, reason: Reason, path: &Path) -> Flow {
        self.hand(Item::Skipped(reason, name_of(path)))
    }

    fn path(&mut self, path: &Path, depth: usize) -> Flow {
        if !path.is_dir() {
            return self.file(path);
        }
        if depth >= DEPTH {
            return self.skip(Reason::TooDeep, path);
        }
        let Ok(mut inside) = entries(path) else {
            return self.skip(Reason::Unreadable, path);
        };
        let holds = |name: &str| path.join(name).is_dir();
        if holds("cur") || holds("new") {
            self.maildir(path)?;
            // Beside them there are only the program's own files and, in Maildir++, further Maildirs.
            inside.retain(|(entry, is_folder)| *is_folder && !["cur", "new", "tmp"].iter().any(|name| entry.ends_with(name)));
        }
        for (entry, is_folder) in inside {
            if is_folder || !is_hidden(&entry) {
                self.path(&entry, depth + 1)?;
            }
        }
        Flow::Continue(())
    }

    fn maildir(&mut self, path: &Path) -> Flow {
        self.hand(Item::Mailbox)?;
        for (folder, is_new) in [("new", true), ("cur", false)] {
            let folder = path.join(folder);
            if !folder.is_dir() {
                continue;
            }
            let Ok(inside) = entries(&folder) else {
                self.skip(Reason::Unreadable, &folder)?;
                continue;
            };
            for (file, _) in inside.into_iter().filter(|(file, is_folder)| !is_folder && !is_hidden(file)) {
                self.message(&file, Some(!is_new && is_seen(&file)))?;
            }
        }
        Flow::Continue(())
    }

    /// A file of a kind that its first line tells.
    fn file(&mut self, path: &Path) -> Flow {
        let opened = File::open(path).map(|file| BufReader::with_capacity(HEAD, file));
        let Ok(mut reader) = opened else {
            return self.skip(Reason::Unreadable, path);
        };
        match reader.fill_buf() {
            Err(_) => self.skip(Reason::Unreadable, path),
            Ok(begin) if begin.starts_with(b"From ") => self.mailbox(path, reader),
            Ok(begin) if is_field(begin) => self.message(path, None),
            Ok(_) => self.skip(Reason::NoMail, path),
        }
    }

    fn mailbox(&mut self, path: &Path, reader: impl BufRead) -> Flow {
        self.hand(Item::Mailbox)?;
        let changed = changed(path);
        for (entry, number) in mbox::messages(reader, MAX_MESSAGE).zip(1_u64..) {
            let name = format!("{} message {number}", name_of(path));
            let item = match entry {
                Ok(Entry::Message(raw)) => Item::Message(self.found(name, raw, changed, None)),
                Ok(Entry::TooLarge(_)) => Item::Skipped(Reason::TooLarge, name),
                Err(_) => Item::Skipped(Reason::Unreadable, name),
            };
            self.hand(item)?;
        }
        Flow::Continue(())
    }

    fn message(&mut self, path: &Path, read: Option<bool>) -> Flow {
        match whole(path) {
            Err(_) => self.skip(Reason::Unreadable, path),
            Ok(None) => self.skip(Reason::TooLarge, path),
            Ok(Some(raw)) if raw.is_empty() => self.skip(Reason::NoMail, path),
            Ok(Some(raw)) => {
                let found = self.found(name_of(path), raw, changed(path), read);
                self.hand(Item::Message(found))
            }
        }
    }

    /// The sender's date where it can be true, else the last server's, else the file's, else now.
    fn found(&self, name: String, raw: Vec<u8>, changed: Option<Time>, read: Option<bool>) -> Found {
        let head = head(&raw);
        let reading = mime::read(head);
        let sensible = |time: &Time| (FIRST..=self.now.0 + DAY).contains(&time.0);
        let arrived = reading.hops.first().and_then(|hop| hop.at);
        let received = [reading.date, arrived, changed].into_iter().flatten().find(sensible);
        Found {
            name,
            received: received.unwrap_or(self.now),
            read: read.unwrap_or_else(|| was_read(head)),
            raw,
        }
    }
}

/// What is in a folder, by name, and whether each is a folder. Symbolic links are left out.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() || kind.is_file() {
            found.push((entry.path(), kind.is_dir()));
        }
    }
    found.sort();
    Ok(found)
}

/// All of a file; `None` where it is larger than a message may be.
fn whole(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut raw = Vec::new();
    File::open(path)?.take(MAX_MESSAGE as u64 + 1).read_to_end(&mut raw)?;
    Ok((raw.len() <= MAX_MESSAGE).then_some(raw))
}

/// When a file was last changed: for a message that is a file, mostly when it was received.
fn changed(path: &Path) -> Option<Time> {
    fs::metadata(path).ok().map(|metadata| Time(metadata.mtime()))
}

/// A name for the report: the end of the path, with nothing in it that could move a terminal's cursor.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    name.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The flag S behind `:2,` (a few programs write `;2,` or `!2,` where a colon cannot be in a name).
fn is_seen(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.rsplit_once("2,")
        .is_some_and(|(before, flags)| before.ends_with([':', ';', '!']) && flags.contains('S'))
}

/// Whether a text begins with a header field (RFC 5322 section 2.2), be it behind a byte order mark.
fn is_field(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let name = text.split(|octet| *octet == b':').next().unwrap_or_default();
    let fits = (1..=76).contains(&name.len()) && name.len() < text.len();
    fits && name.trim_ascii_end().iter().all(u8::is_ascii_graphic)
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

/// The fields in which mail programs note that a message was read: those of the mbox family (R: read),
/// Thunderbird's (bit 0: read), Google's archives ("Unread" in the owner's language). Without any a message
/// is of an archive, and read.
const MARKS: &[(&str, Mark)] = &[
    ("status", |value| value.contains('R')),
    ("x-mozilla-status", |value| {
        u16::from_str_radix(value, 16).is_ok_and(|bits| bits & 1 == 1)
    }),
    ("x-gmail-labels", |value| {
        !["Unread", "Non lus"].iter().any(|label| value.contains(label))
    }),
];

fn was_read(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let noted = fields.find_map(|(name, value)| {
        let (_, mark) = MARKS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        Some(mark(value.trim()))
    });
    noted.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_line_says() {
        for text in ["Received: from x", "\u{feff}Subject: x", "X-A :x", "a:"] {
            assert!(is_field(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            ":",
            "no field",
            "two words: x",
            "\u{89}PNG\r\n: ",
            &format!("{}: x", "a".repeat(77)),
        ] {
            assert!(!is_field(text.as_bytes()), "{text}");
        }
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
            assert_eq!(is_seen(Path::new(name)), seen, "{name}");
        }
    }

    #[test]
    fn a_date_that_cannot_be_true_is_not_believed() {
        let walk = Walk {
            now: Time(1_778_052_600),
            take: |_| true,
        };
        let received = |head: &str, changed| {
            walk.found(String::new(), format!("{head}\n\nx").into_bytes(), changed, None)
                .received
                .0
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
