//! Which kind a stream is of, told by its first octets, and what mail programs note beside a message or in its head: that it
//! was read, that they have deleted it, the words that its owner put on it.
//!
//! Absent on purpose: reading what is a program's own (Outlook, GnuPG's keybox); it is known, so that it can be said.

use super::labels;
use crate::{domain::tag::System, store::filing::Wanted};

/// Octets of a message that are looked at for its date and its marks.
pub(super) const HEAD: usize = 64 * 1024;

/// What a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Archive,
    Mailbox,
    Message,
    /// A message of Apple Mail's: a line with its length, the message, and a list of what the program notes.
    Apple,
    Cards,
    /// The same in sixteen bits a character.
    WideCards,
    Keys,
    /// Packed, or made one file of many, in another way than a zip archive.
    Packed,
    /// A program's own form.
    Foreign,
    Other,
}

/// How begins what is packed otherwise: gzip, xz, bzip2, 7-Zip, RAR, Zstandard.
const PACKED: &[&[u8]] = &[
    b"\x1f\x8b",
    b"\xfd7zXZ\0",
    b"BZh",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
];

/// How begins what is a program's own: Outlook's stores, its single messages, and Outlook Express's.
const FOREIGN: &[&[u8]] = &[b"!BDN", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xcf\xad\x12\xfe"];

pub(super) fn kind(begin: &[u8]) -> Kind {
    let text = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let begins = |known: &[&[u8]]| known.iter().any(|first| begin.starts_with(first));
    let at = |place: usize, word: &[u8]| begin.get(place..).is_some_and(|rest| rest.starts_with(word));
    // A binary key begins with a public-key or secret-key packet (RFC 9580 section 4.2: tags 6 and 5, in either form).
    let binary = matches!(
        begin,
        [0x94 | 0x98, _, 3..=6, ..]
            | [0x95 | 0x99, _, _, 3..=6, ..]
            | [0xc5 | 0xc6, _, 3..=6, ..]
            | [0xc5 | 0xc6, 192..=223, _, 3..=6, ..]
            | [0xc5 | 0xc6, 255, _, _, _, _, 3..=6, ..]
    );
    let armored = [
        &b"-----begin pgp public key"[..],
        b"-----begin pgp private key",
        b"-----begin pgp secret key",
    ];
    if begin.starts_with(b"PK\x03\x04") {
        Kind::Archive
    } else if begin.starts_with(b"From ") && !is_field(begin) {
        Kind::Mailbox
    } else if starts(b"begin:vcard") {
        Kind::Cards
    } else if is_wide_card(begin) {
        Kind::WideCards
    } else if binary || armored.into_iter().any(starts) {
        Kind::Keys
    } else if begins(PACKED) || at(257, b"ustar") {
        Kind::Packed
    } else if begins(FOREIGN) || at(8, b"KBXf") {
        Kind::Foreign
    } else if is_field(behind_blanks(text)) {
        Kind::Message
    } else if apple(begin).is_some() {
        Kind::Apple
    } else {
        Kind::Other
    }
}

/// A text behind the empty lines that it begins with: some programs leave one.
fn behind_blanks(text: &[u8]) -> &[u8] {
    let lines = text.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
    text.get(lines..).unwrap_or_default()
}

fn is_wide_card(begin: &[u8]) -> bool {
    let Some(rest) = begin.strip_prefix(b"\xff\xfe").or_else(|| begin.strip_prefix(b"\xfe\xff")) else {
        return false;
    };
    let narrow: Vec<u8> = rest.iter().copied().filter(|octet| *octet != 0).take(11).collect();
    narrow.eq_ignore_ascii_case(b"begin:vcard")
}

/// How long the message is that Apple Mail's program keeps in this file, and how long the line that says so.
pub(super) fn apple(begin: &[u8]) -> Option<(u64, usize)> {
    let end = begin.iter().take(24).position(|octet| *octet == b'\n')?;
    let said = std::str::from_utf8(begin.get(..end)?).ok()?.trim();
    let is_number = !said.is_empty() && said.bytes().all(|octet| octet.is_ascii_digit());
    (is_number && is_field(begin.get(end + 1..)?)).then(|| Some((said.parse().ok()?, end + 1)))?
}

/// What stands behind such a message: the number under `flags`, of which bit 0 says that it was read, bit 1 that it was
/// deleted, and bit 4 that it was marked.
pub(super) fn apple_marks(behind: &str) -> Option<u64> {
    let (_, rest) = behind.split_once("<key>flags</key>")?;
    let (_, rest) = rest.split_once("<integer>")?;
    rest.split_once('<')?.0.trim().parse().ok()
}

/// Whether a text begins with a header field (RFC 5322 section 2.2), of the names that occur: a calendar (RFC 5545), an
/// address of the web and an object of JSON begin nearly like one.
fn is_field(text: &[u8]) -> bool {
    let (name, rest) = text.split_at(text.iter().position(|octet| *octet == b':').unwrap_or(text.len()));
    let fits = (1..=76).contains(&name.len()) && !rest.is_empty() && !rest.starts_with(b"://");
    let name = name.trim_ascii_end();
    let occurs = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    fits && name.iter().all(occurs) && !name.eq_ignore_ascii_case(b"begin")
}

/// What a Maildir says by where a file lies in it: whether it was read.
pub(super) fn of_maildir(file: &str) -> Option<bool> {
    let mut parts = file.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match folder {
        "new" => Some(false),
        "cur" => Some(is_seen(name)),
        _ => None,
    }
}

/// What stands behind `:2,` (a few programs write `;2,` or `!2,` where a colon cannot be in a name, and unpackers `_`).
fn flags(name: &str) -> &str {
    let behind = name.rsplit_once("2,");
    behind.map_or(
        "",
        |(before, flags)| if before.ends_with([':', ';', '!', '_']) { flags } else { "" },
    )
}

/// The star.
pub(super) fn starred() -> Wanted {
    Wanted::Known(System::Starred.id())
}

/// Whether the name of a message says that it was read.
pub fn is_seen(name: &str) -> bool {
    flags(name).contains('S')
}

/// The header block, or as much of it as is looked at.
pub(super) fn head(raw: &[u8]) -> &[u8] {
    let raw = raw.get(..HEAD).unwrap_or(raw);
    let ends = [b"\n\n".as_slice(), b"\n\r\n"];
    let end = ends
        .iter()
        .filter_map(|end| raw.windows(end.len()).position(|window| window == *end))
        .min();
    end.and_then(|end| raw.get(..=end)).unwrap_or(raw)
}

/// What the head of a message says of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Whether it was read. Without any mark, and without labels, a message is of an archive, and read.
    pub(super) read: bool,
    /// Whether its program has deleted it, and only not cleared it away yet.
    pub(super) gone: bool,
    /// Labels and words that its owner put on it.
    pub(super) tags: Vec<Wanted>,
}

/// The fields of the mbox family (`Status`: R is read; `X-Status`: F is marked; `X-Keywords`), of Thunderbird
/// (`X-Mozilla-Status`: bit 0 is read, bit 2 marked, bit 3 deleted; `X-Mozilla-Keys`), and Google's labels.
///
/// That it was deleted is believed only above everything that came with the message, where both programs write it: whoever
/// sends one could say so too, and it would be left behind.
pub(super) fn marks(head: &[u8]) -> Marks {
    let text = String::from_utf8_lossy(head);
    let (mut read, mut marks) = (None, Marks::default());
    let (labels, mut above, mut labelled) = (labels::of(head), true, false);
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "status" => read = read.or(Some(value.contains('R'))),
            "x-mozilla-status" => {
                let bits = u16::from_str_radix(value, 16).unwrap_or(0);
                read = read.or(Some(bits & 1 != 0));
                marks.gone |= above && bits & 8 != 0;
                labels::add(&mut marks.tags, (bits & 4 != 0).then(starred));
            }
            "x-gmail-labels" => labelled |= above,
            "received" | "return-path" | "delivered-to" => above = false,
            "x-status" => labels::add(&mut marks.tags, value.contains('F').then(starred)),
            "x-mozilla-keys" | "x-keywords" => {
                labels::add(&mut marks.tags, value.split([' ', '\t', ',']).filter_map(labels::keyword));
            }
            _ => {}
        }
    }
    marks.read = read.unwrap_or(labels.as_ref().is_none_or(|labels| !labels.unread));
    if let Some(labels) = labels {
        marks.gone |= labelled && labels.gone;
        labels::add(&mut marks.tags, labels.tags);
    }
    marks
}

/// The words that the letters `a` to `z` stand for in the names of a folder's messages, as Dovecot lists them there.
pub fn keywords(list: &str) -> Vec<(u8, Wanted)> {
    let word = |line: &str| {
        let (number, word) = line.split_once(' ')?;
        let letter = number.parse::<u8>().ok().filter(|number| *number < 26)?;
        Some((b'a' + letter, labels::keyword(word.trim())?))
    };
    list.lines().filter_map(word).collect()
}

/// Those that the name of a message has, and the star.
pub fn keywords_of(name: &str, known: &[(u8, Wanted)]) -> Vec<Wanted> {
    let has = |letter: u8| flags(name).bytes().any(|flag| flag == letter);
    let words = known.iter().filter(|(letter, _)| has(*letter)).map(|(_, word)| word.clone());
    words.chain(has(b'F').then(starred)).collect()
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
            (b"\r\n\nSubject: x", Kind::Message),
            (b"From a Thu", Kind::Mailbox),
            (b"From a@x.test Thu Nov 26 10:00:00 2026", Kind::Mailbox),
            // A field, with the blanks that RFC 5322 section 4.5 lets stand there.
            (b"From : a@x.test\r\n", Kind::Message),
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
            (b"https://x.test/ is a page", Kind::Other),
            (b"-----BEGIN PGP SECRET KEY BLOCK-----", Kind::Keys),
            (&[0xc5, 255, 0, 0, 2, 9, 6, 1], Kind::Keys),
            (b"\xff\xfeB\0E\0G\0I\0N\0:\0V\0C\0A\0R\0D\0\r\0\n\0", Kind::WideCards),
            (b"2391      \nReceived: from x", Kind::Apple),
            (b"2391\nno field", Kind::Other),
            (b"!BDN\x12\x34", Kind::Foreign),
            (b"\0\0\0\x20\x01\x01\0\x02KBXf", Kind::Foreign),
            (b"\x1f\x8b\x08", Kind::Packed),
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
            assert_eq!(marks(fields.as_bytes()).read, read, "{fields}");
        }
        let of = |head: &str| labels::names(&marks(head.as_bytes()).tags);
        let said = marks("X-Mozilla-Status: 0009\nX-Mozilla-Keys: $label1 NonJunk work  \nX-Keywords: Work, été\n".as_bytes());
        assert!(said.read && said.gone && !marks(b"X-Mozilla-Status: 0001\n").gone);
        assert_eq!(labels::names(&said.tags), ["label1", "work", "été"]);
        assert_eq!(of("X-Mozilla-Status: 0005\nX-Mozilla-Keys: Junk\n"), ["starred", "spam"]);
        assert_eq!(of("Status: RO\nX-Status: AF\n"), ["starred"]);
        assert!(marks(b"X-GM-THRID: 1\nX-Gmail-Labels: Trash,Opened\nReceived: x\n").gone);
        for theirs in ["X-Gmail-Labels: Trash\n", "X-Mozilla-Status: 0008\n"] {
            assert!(
                !marks(format!("Received: x\n{theirs}").as_bytes()).gone,
                "whoever sent it says so: {theirs}"
            );
        }
        assert_eq!(
            apple_marks("<key>flags</key>\n\t<integer>8590195713</integer>"),
            Some(8_590_195_713)
        );
        let known = keywords("0 Work\n1 $Forwarded\n3 \u{e9}t\u{e9}\n99 x\n");
        let on = |name: &str| labels::names(&keywords_of(name, &known));
        assert_eq!(
            (on("1.a:2,FSabd"), on("1.a:2,S"), on("1.M2,a")),
            (vec!["Work".into(), "été".into(), "starred".into()], vec![], vec![])
        );
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
    fn the_head_ends_at_the_first_empty_line() {
        assert_eq!(head(b"a: b\n\nc\n\nd"), b"a: b\n");
        assert_eq!(head(b"a: b\r\n\r\nc\n\nd"), b"a: b\r\n");
        assert_eq!(head(b"a: b"), b"a: b");
    }
}
