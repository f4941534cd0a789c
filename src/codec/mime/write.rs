//! Writing a message that leaves the box (RFC 5322, RFC 2045, RFC 2047). `mail-builder` lives here only.
//!
//! What is written is seven bits wide whatever was typed, so that no server on the way has to rewrite it and break
//! its signatures; only an address beyond ASCII cannot be (RFC 6532), and needs SMTPUTF8. Absent on purpose: a
//! program's name, a host, a zone (`Date` is in UTC), `Bcc`, and boundaries that tell a clock, as the crate's own do.
//!
//! Two steps, so that what is between them can be protected: [`entity`] is the text and its files with the header
//! fields that describe them; [`assemble`] puts the fields of the envelope before it.

use crate::{
    codec::idna,
    domain::{message::Mailbox, time::Time},
};
use mail_builder::{
    MessageBuilder,
    headers::{address::Address, content_type::ContentType, date::Date, message_id::MessageId, raw::Raw},
    mime::{BodyPart, MimePart},
};

/// Identifiers in `References`: the first and the newest ones, so that the line does not grow without end.
const MAX_REFERENCES: usize = 20;

/// What a message is made of.
#[derive(Clone, Debug, Default)]
pub struct Writing<'a> {
    /// The author, and so whose the message is.
    pub from: Option<Mailbox>,
    /// `To`.
    pub to: Vec<Mailbox>,
    /// `Cc`.
    pub cc: Vec<Mailbox>,
    /// `Reply-To`.
    pub reply_to: Vec<Mailbox>,
    /// The subject; line ends in it become blanks.
    pub subject: &'a str,
    /// `Message-ID` without brackets.
    pub id: &'a str,
    /// When it was sent.
    pub at: Time,
    /// The message that it answers, by its identifier without brackets.
    pub in_reply_to: Option<&'a str>,
    /// The identifiers of those before, oldest first.
    pub references: Vec<&'a str>,
    /// More header fields that are nobody's typing: name and value, ASCII.
    pub more: Vec<(&'a str, String)>,
}

/// A file that goes along.
#[derive(Clone, Debug)]
pub struct Attached<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its media type as the browser gave it; what is none becomes `application/octet-stream`.
    pub media_type: &'a str,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// The text and the files as a MIME entity: its header fields, an empty line, its body. `boundary` is random, of
/// letters and digits.
pub fn entity(text: &str, files: Vec<Attached<'_>>, boundary: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let text = MimePart::new("text/plain", crlf(text));
    if files.is_empty() {
        text.write_part(&mut out);
        return out;
    }
    let mut parts = vec![text];
    parts.extend(files.into_iter().map(file));
    let kind = ContentType::new("multipart/mixed").attribute("boundary", boundary.to_owned());
    MimePart::new(kind, parts).write_part(&mut out);
    out
}

/// A message: its fields, and an entity of [`entity`]'s, which is not copied: with its files it may be large.
pub fn assemble(writing: &Writing<'_>, mut entity: Vec<u8>) -> Vec<u8> {
    let mut message = MessageBuilder::new()
        .date(Date::new(writing.at.0))
        .message_id(identifier(writing.id));
    if let Some(from) = &writing.from {
        message = message.from(mailbox(from));
    }
    for (name, people) in [("Reply-To", &writing.reply_to), ("To", &writing.to), ("Cc", &writing.cc)] {
        if !people.is_empty() {
            message = message.header(name, Address::new_list(people.iter().map(mailbox).collect()));
        }
    }
    if writing.to.is_empty() && writing.cc.is_empty() {
        // RFC 5322 section 3.6.3 asks for no recipient at all; old servers do.
        message = message.header("To", Raw::new("undisclosed-recipients:;"));
    }
    message = message.subject(line(writing.subject));
    if let Some(id) = writing.in_reply_to {
        message = message.in_reply_to(identifier(id));
    }
    let references = shortened(&writing.references);
    if !references.is_empty() {
        message = message.header("References", MessageId::new_list(references.into_iter().map(identifier)));
    }
    for (name, value) in &writing.more {
        message = message.header((*name).to_owned(), Raw::new(line(value)));
    }
    // Writing to memory cannot fail.
    let head = message.body(MimePart::raw(b"".as_slice())).write_to_vec().unwrap_or_default();
    entity.splice(0..0, head);
    entity
}

fn mailbox(person: &Mailbox) -> Address<'static> {
    let name = line(&person.name);
    Address::new_address((!name.is_empty()).then_some(name), idna::address(&person.address))
}

fn file(file: Attached<'_>) -> MimePart<'static> {
    let name = Some(line(file.name))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "file".to_owned());
    let whole = file.media_type.eq_ignore_ascii_case("message/rfc822");
    // A message must not be encoded (RFC 2046 section 5.2.1); one that is wider than seven bits goes as a file.
    let plain = whole && is_plain(&file.octets);
    let kind = match media_type(file.media_type) {
        _ if whole && !plain => "application/octet-stream".to_owned(),
        kind => kind,
    };
    let part = MimePart::new(kind, BodyPart::Binary(file.octets.into())).attachment(name);
    if plain { part.transfer_encoding("7bit") } else { part }
}

fn is_plain(octets: &[u8]) -> bool {
    octets
        .split(|octet| *octet == b'\n')
        .all(|line| line.len() < 998 && line.is_ascii() && line.iter().all(|octet| *octet != 0))
        // Nor one at its beginning or its end that stands alone: on the line it would be half of another's.
        && !octets.starts_with(b"\n")
        && !octets.ends_with(b"\r")
        && octets
            .windows(2)
            .all(|pair| (pair == b"\r\n") || !pair.ends_with(b"\n") && !pair.starts_with(b"\r"))
}

/// A media type as it may stand in a field (RFC 2045 section 5.1), without its parameters.
fn media_type(text: &str) -> String {
    let bare = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |part: &str| {
        let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
        !part.is_empty() && part.len() <= 80 && part.chars().all(sign)
    };
    match bare.split_once('/') {
        Some((kind, subtype)) if token(kind) && token(subtype) && kind != "multipart" => bare,
        _ => "application/octet-stream".to_owned(),
    }
}

/// One line: what ends lines, or is no text at all, becomes a blank.
fn line(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    spaced.trim().to_owned()
}

/// An identifier without what would end it.
fn identifier(id: &str) -> String {
    id.chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'))
        .take(900)
        .collect()
}

/// Line ends as mail has them; other control characters but the tab are left out.
fn crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for c in text.trim_end().chars() {
        match c {
            '\n' => out.push_str("\r\n"),
            '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push_str("\r\n");
    out
}

fn shortened<'a>(references: &[&'a str]) -> Vec<&'a str> {
    let surplus = references.len().saturating_sub(MAX_REFERENCES);
    let newest = references.iter().skip(surplus.max(1));
    references.iter().take(1).chain(newest).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address;
    use proptest::prelude::*;

    fn person(name: &str, address: &str) -> Mailbox {
        Mailbox {
            name: name.into(),
            address: address::Address::parse(address).unwrap(),
        }
    }

    fn full<'a>(subject: &'a str, id: &'a str) -> Writing<'a> {
        Writing {
            from: Some(person("Zoé Martin", "me@home.test")),
            to: vec![person("Alice, née Durand", "alice@x.test"), person("", "bob@y.test")],
            cc: vec![person("Carol", "carol@z.test")],
            reply_to: vec![person("", "other@home.test")],
            subject,
            id,
            at: Time(1_795_000_000),
            in_reply_to: Some("before@x.test"),
            references: vec!["first@x.test", "before@x.test"],
            more: Vec::new(),
        }
    }

    #[test]
    fn it_reads_as_it_was_written_and_tells_nothing_else() {
        let text = "Ça va ?\nA line = of text\n\n> quoted\n-- \nZoé";
        let raw = assemble(
            &full("Des vacances à Oléron, été 2027", "a1b2@home.test"),
            entity(text, Vec::new(), "b"),
        );
        assert!(raw.is_ascii());
        let reading = super::super::read(&raw);
        assert_eq!(reading.subject, "Des vacances à Oléron, été 2027");
        assert_eq!(reading.to, full("", "").to);
        assert_eq!((reading.cc, reading.reply_to), (full("", "").cc, full("", "").reply_to));
        assert_eq!(reading.message_id.as_deref(), Some("a1b2@home.test"));
        assert_eq!(reading.references, ["first@x.test", "before@x.test"]);
        assert_eq!(reading.date, Some(Time(1_795_000_000)));
        assert_eq!(reading.text.trim_end(), text);
        assert_eq!(reading.defects, []);
        let head = super::super::header_block(&raw);
        let names: Vec<&str> = head
            .lines()
            .filter(|l| !l.starts_with([' ', '\t']))
            .filter_map(|l| Some(l.split_once(':')?.0))
            .collect();
        assert_eq!(
            names,
            [
                "Date",
                "Message-ID",
                "From",
                "Reply-To",
                "To",
                "Cc",
                "Subject",
                "In-Reply-To",
                "References",
                "MIME-Version",
                "Content-Type",
                "Content-Transfer-Encoding"
            ]
        );
        assert!(head.contains("Date: Wed, 18 Nov 2026 11:06:40 +0000"), "{head}");
    }

    #[test]
    fn files_come_back_octet_by_octet() {
        let octets: Vec<u8> = (0..20_000_u32).map(|n| ((n * n) >> 3) as u8).collect();
        let given = [
            ("été.bin", "application/x-thing", octets),
            ("notes.txt", "text/plain", b"one\ntwo\r\nthree \xff\n".to_vec()),
            ("x.eml", "message/rfc822", b"Subject: x\r\n\r\nhello\r\n".to_vec()),
            ("y.eml", "message/rfc822", "Subject: x\r\n\r\nhé\r\n".as_bytes().to_vec()),
            ("evil", "text/html\r\nX-Evil: 1", b"<p>".to_vec()),
            ("m", "multipart/mixed", b"--".to_vec()),
        ];
        let files = given.iter().map(|(name, media_type, octets)| Attached {
            name,
            media_type,
            octets: octets.clone(),
        });
        let raw = assemble(&full("files", "i@home.test"), entity("here", files.collect(), "0a1b"));
        assert!(raw.is_ascii() && raw.split(|octet| *octet == b'\n').all(|line| line.len() < 999));
        let reading = super::super::read(&raw);
        assert_eq!(reading.text.trim(), "here");
        assert_eq!(reading.attachments.len(), given.len());
        for (file, (name, _, octets)) in reading.attachments.iter().zip(&given) {
            assert_eq!(file.name, *name);
            assert_eq!(&super::super::part(&raw, file.part).unwrap(), octets, "{name}");
        }
        let kinds: Vec<&str> = reading.attachments.iter().map(|file| file.media_type.as_str()).collect();
        let bare = "application/octet-stream";
        assert_eq!(kinds, ["application/x-thing", "text/plain", "message/rfc822", bare, bare, bare]);
    }

    #[test]
    fn no_file_ends_a_line_that_is_not_its_own() {
        // A message within a message comes with octets of its sender's choice, and is passed on as it is.
        for octets in [&b"\n.\r\nMAIL FROM:<a@x.test>\r\n"[..], b"\n", b"Subject: x\r\n\r\nx\r", b"\r"] {
            let file = Attached {
                name: "x.eml",
                media_type: "message/rfc822",
                octets: octets.to_vec(),
            };
            let raw = assemble(&full("x", "i@home.test"), entity("here", vec![file], "0a1b"));
            let alone = raw.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n'));
            assert!(!alone && raw.ends_with(b"\r\n"), "{octets:?}");
            let reading = super::super::read(&raw);
            assert_eq!(super::super::part(&raw, reading.attachments[0].part).unwrap(), octets);
        }
    }

    #[test]
    fn nobody_to_see_is_written_as_such() {
        let raw = assemble(
            &Writing {
                to: Vec::new(),
                cc: Vec::new(),
                ..full("x", "y@z")
            },
            entity("", Vec::new(), "b"),
        );
        assert!(String::from_utf8(raw).unwrap().contains("To: undisclosed-recipients:;\r\n"));
        let many: Vec<String> = (0..60).map(|n| format!("{n}@x")).collect();
        let short = shortened(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((short.len(), short[0], short[20]), (21, "0@x", "59@x"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        /// No octet typed in any field makes a header field, or a part, that was not asked for.
        #[test]
        fn nothing_typed_makes_a_header(
            typed in proptest::collection::vec("[a-zA-Z:<>@,;\"\\\\(){}=? \r\n\t\u{0}é\u{2028}\u{202e}漢-]{0,60}", 8),
            long in "\\PC{0,300}",
        ) {
            let [name, subject, id, answers, reference, file_name, kind, text] = [0, 1, 2, 3, 4, 5, 6, 7].map(|n| typed[n].as_str());
            let writing = Writing {
                from: Some(person(name, "me@home.test")),
                to: vec![person(&long, "a@x.test")],
                cc: vec![person(subject, "b@x.test")],
                reply_to: Vec::new(),
                subject,
                id,
                at: Time(0),
                in_reply_to: Some(answers),
                references: vec![reference, answers],
                more: Vec::new(),
            };
            let file = Attached { name: file_name, media_type: kind, octets: long.clone().into_bytes() };
            let raw = assemble(&writing, entity(text, vec![file], "0123456789abcdef"));
            prop_assert!(raw.is_ascii());
            prop_assert!(raw.iter().zip(raw.iter().skip(1)).all(|(a, b)| (*a == b'\r') == (*b == b'\n')));
            let head = super::super::header_block(&raw);
            for line in head.lines().filter(|line| !line.is_empty() && !line.starts_with([' ', '\t'])) {
                let name = line.split_once(':').map_or("", |(name, _)| name);
                let ours = ["Date", "Message-ID", "From", "To", "Cc", "Subject", "In-Reply-To", "References", "MIME-Version", "Content-Type"];
                prop_assert!(ours.contains(&name), "{line:?}");
            }
            let reading = super::super::read(&raw);
            prop_assert_eq!(reading.attachments.len(), 1);
            prop_assert_eq!(reading.from.len(), 1);
            prop_assert_eq!(reading.to.len() + reading.cc.len(), 2);
        }
    }
}
