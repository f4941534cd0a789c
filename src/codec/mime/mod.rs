//! Reading a message (RFC 5322, RFC 2045 and what people really send). `mail-parser` lives here only.
//!
//! `tree` finds the parts, `field` and `body` read them, `hop` the way it came; here they become a
//! [`Reading`]. Reading never fails: whatever is odd is said in its defects, whatever is too much is cut.
//! Deliberately absent: uuencode inside of text and TNEF stay as they came (a text, a file), nested
//! messages are files. What is encrypted or signed is opened by `openpgp`, for whoever has the keys.

mod assembled;
mod body;
pub mod bounce;
pub mod carried;
mod charset;
mod date;
mod field;
mod hop;
pub mod notice;
pub mod openpgp;
mod parameter;
mod protected;
pub mod received;
pub mod revealed;
pub mod sealed;
#[cfg(test)]
mod tests;
mod tree;
mod word;
pub mod write;

use crate::{
    codec::{authentication_results, html},
    domain::{
        address::Address,
        message::{Attachment, Defect, Mailbox, OpenPgpClaim, Reading},
    },
};
use std::borrow::Cow;
use tree::{Limits, Part, Tree};

/// What is read of a message: parts and multiparts inside one another.
const READ: Limits = Limits { parts: 1_000, depth: 50 };

/// What is taken in at all. A digest of a busy list has some hundred parts; nobody nests by hand.
const TAKEN: Limits = Limits { parts: 5_000, depth: 100 };

/// Octets of headers that are taken in at all; [`tree::MAX_HEADERS`] of them are read.
const MAX_HEADERS_TAKEN: usize = 1024 * 1024;

/// Octets of text, and of HTML, that are kept.
const MAX_TEXT: usize = 1024 * 1024;

/// Files that are listed.
const MAX_ATTACHMENTS: usize = 500;

/// References that are kept.
const MAX_REFERENCES: usize = 50;

/// Whether a message has more than 5,000 parts, multiparts more than 100 deep, or more than 1 MiB of
/// headers: more than will be taken in. Linear in its octets.
pub fn is_too_complex(raw: &[u8]) -> bool {
    let raw = tree::with_lines(raw);
    let start = tree::header_start(&raw);
    let (end, _) = tree::header_end(&raw, start, |_| false);
    end - start > MAX_HEADERS_TAKEN || tree::walk(&raw, TAKEN).more
}

/// Reads the bytes of one message. Never fails and never panics; what was odd is in `defects`.
pub fn read(raw: &[u8]) -> Reading {
    let raw = tree::with_lines(raw);
    let message = Message {
        tree: tree::walk(&raw, READ),
        raw: &raw,
    };
    let mut reading = Reading::default();
    read_headers(&message, &mut reading);
    let shown = message.shown(0);
    read_text(&message, &shown, &mut reading);
    read_files(&message, &shown, &mut reading);
    reading.openpgp = claim(&message, &reading);
    if message.tree.more {
        note(&mut reading, Defect::TooManyParts);
    }
    // A message that is only a file is nothing odd.
    let empty = reading.text.trim().is_empty() && reading.html.is_none() && reading.attachments.is_empty();
    if empty && !reading.openpgp.encrypted {
        reading.defects.push(Defect::NoText);
    }
    reading
}

/// The decoded octets of one part by the number that [`read`] gave it. A text comes in its own
/// character set, as it was sent.
pub fn part(raw: &[u8], part: u32) -> Option<Vec<u8>> {
    let raw = tree::with_lines(raw);
    let message = Message {
        tree: tree::walk(&raw, READ),
        raw: &raw,
    };
    let part = message.tree.parts.get(usize::try_from(part).ok()?)?;
    Some(message.octets(part).0.into_owned())
}

/// Shows the decoded octets of each of these parts, in the order in which they stand, from one walk.
pub fn each_part(raw: &[u8], wanted: &[u32], mut show: impl FnMut(u32, &[u8])) {
    if wanted.is_empty() {
        return;
    }
    let raw = tree::with_lines(raw);
    let message = Message {
        tree: tree::walk(&raw, READ),
        raw: &raw,
    };
    for (part, id) in message.tree.parts.iter().zip(0_u32..) {
        if wanted.contains(&id) {
            show(id, &message.octets(part).0);
        }
    }
}

/// The header block of a message that has just come, as it is read once our own fields stand before it: whoever judges it
/// must read what will be shown, and a first line means something else than a later one. `host` is our name in those fields.
pub fn behind_ours(raw: &[u8], host: &str) -> Vec<u8> {
    let raw = authentication_results::without(raw, host);
    let lines = tree::with_lines(&raw);
    let (end, _) = tree::rest_of_header(&lines, 0, |_| false);
    [b"Received: from x\r\n", lines.get(..end).unwrap_or_default()].concat()
}

/// The addresses of every `From` field of such a block, as many as [`Reading::from`] has; `None` where there is none. A field
/// without an address hides no other one.
pub fn authors(block: &[u8]) -> Option<Vec<Address>> {
    let addresses = every_mailbox(block, "from", None).map(|mailbox| mailbox.address);
    Some(addresses.collect::<Vec<_>>()).filter(|addresses| !addresses.is_empty())
}

/// The `List-Id` of such a block as [`Reading::list_id`] has it, read without the rest.
pub fn list_id(block: &[u8]) -> Option<String> {
    list(field::first(block, "list-id")?).0
}

/// The header block of a message as it came, up to the empty line, as text (invalid UTF-8 replaced).
pub fn header_block(raw: &[u8]) -> String {
    let lines = tree::with_lines(raw);
    let start = tree::header_start(&lines);
    let (end, _) = tree::header_end(&lines, start, |_| false);
    let end = end.min(start + MAX_HEADERS_TAKEN);
    String::from_utf8_lossy(lines.get(start..end).unwrap_or_default()).into_owned()
}

/// A message and its parts.
struct Message<'a> {
    raw: &'a [u8],
    tree: Tree,
}

/// Leaves that are read as the message's text, and those that its HTML is made of.
#[derive(Clone, Debug, Default)]
struct Shown {
    text: Vec<usize>,
    html: Vec<usize>,
    /// Other forms of the same text, which are neither shown nor files.
    passed_over: Vec<usize>,
}

impl Message<'_> {
    fn part(&self, id: usize) -> Option<&Part> {
        self.tree.parts.get(id)
    }

    fn headers(&self, part: &Part) -> &[u8] {
        self.raw.get(part.headers.clone()).unwrap_or_default()
    }

    fn body(&self, part: &Part) -> &[u8] {
        self.raw.get(part.body.clone()).unwrap_or_default()
    }

    fn octets(&self, part: &Part) -> (Cow<'_, [u8]>, bool) {
        body::octets(self.headers(part), self.body(part))
    }

    /// The kind of text that a leaf is, if it is one that is shown and not a file.
    fn text_kind(&self, id: usize, part: &Part) -> Option<bool> {
        // Texts for programs; every other one that nobody knows is for people (RFC 2046 section 4.1.4).
        const DATA: [&str; 9] = [
            "calendar",
            "vcard",
            "x-vcard",
            "directory",
            "csv",
            "xml",
            "css",
            "rtf",
            "rfc822-headers",
        ];
        let html = part.content_type.is("text", "html");
        let other = || part.content_type.is("text", "") && !DATA.iter().any(|kind| part.content_type.is("text", kind));
        // A multipart without a single part is the text of whoever wrote it by hand.
        let plain = part.content_type.is("text", "plain")
            || part.content_type.is("text", "enriched")
            || part.content_type.is("multipart", "")
            || (id == 0 && other());
        let disposition = field::disposition(self.headers(part));
        // Some senders give their text a name; further on, what has a name is a file.
        let first = part
            .parent
            .is_none_or(|parent| self.part(parent).is_some_and(|parent| parent.children.first() == Some(&id)));
        let named = disposition.filename.is_some() || (part.content_type.name.is_some() && !(first || (disposition.inline && plain)));
        let file = disposition.attachment || (named && id != 0);
        ((html || plain) && !file).then_some(html)
    }

    /// Which leaves under a part are its text. Bounded: a walk goes [`READ`] deep.
    fn shown(&self, id: usize) -> Shown {
        let Some(part) = self.part(id) else { return Shown::default() };
        if !part.is_multipart() {
            return match self.text_kind(id, part) {
                Some(_) => Shown {
                    text: vec![id],
                    html: vec![id],
                    passed_over: Vec::new(),
                },
                None => Shown::default(),
            };
        }
        if part.content_type.is("multipart", "encrypted") {
            return Shown::default();
        }
        let children: Vec<Shown> = part.children.iter().map(|child| self.shown(*child)).collect();
        if part.content_type.is("multipart", "alternative") {
            let mut best = self.best(children);
            if !best.text.is_empty() {
                // A third form of the same text (AMP, enriched) is no file; an invitation is one.
                let form = |id: &&usize| {
                    self.part(**id)
                        .is_some_and(|part| part.content_type.is("text", "") && !part.content_type.is("text", "calendar"))
                };
                best.passed_over.extend(part.children.iter().filter(form));
            }
            return best;
        }
        let mut shown = Shown::default();
        let related = part.content_type.is("multipart", "related");
        let root = related.then(|| self.named_root(part)).flatten();
        for (child, inside) in part.children.iter().zip(children) {
            // Of a multipart/related only its root is text; the rest is what the root shows (RFC 2387).
            if related && !(shown.text.is_empty() && root.is_none_or(|root| root == *child)) {
                continue;
            }
            shown.text.extend(inside.text);
            shown.html.extend(inside.html);
            shown.passed_over.extend(inside.passed_over);
        }
        shown
    }

    /// The part of a multipart/related that its `start` names; `None` where any may be the root.
    fn named_root(&self, related: &Part) -> Option<usize> {
        let start = related.content_type.start.as_deref()?;
        let id_of = |id: usize| self.part(id).and_then(|part| content_id(self.headers(part)));
        related.children.iter().copied().find(|id| id_of(*id).as_deref() == Some(start))
    }

    /// Of several forms of one text: the plain one to read, the last with HTML to show.
    fn best(&self, children: Vec<Shown>) -> Shown {
        let is_html = |id: &usize| self.part(*id).is_some_and(|part| part.content_type.is("text", "html"));
        let is_blank = |id: &usize| self.part(*id).is_none_or(|part| self.body(part).trim_ascii().is_empty());
        let plain = |shown: &&Shown| !shown.text.is_empty() && !shown.text.iter().any(is_html) && !shown.text.iter().all(is_blank);
        let text = children
            .iter()
            .rev()
            .find(plain)
            .or_else(|| children.iter().rev().find(|shown| !shown.text.is_empty()))
            .map(|shown| shown.text.clone())
            .unwrap_or_default();
        let html = children
            .iter()
            .rev()
            .find(|shown| shown.html.iter().any(is_html))
            .map_or_else(|| text.clone(), |shown| shown.html.clone());
        let passed_over = children
            .into_iter()
            .flat_map(|shown| shown.text.into_iter().chain(shown.html).chain(shown.passed_over))
            .collect();
        Shown { text, html, passed_over }
    }
}

/// Fields of the server that puts a message into a mailbox.
const DELIVERED: [&[u8]; 7] = [
    b"delivered-to",
    b"x-delivered-to",
    b"x-original-to",
    b"envelope-to",
    b"x-envelope-to",
    b"original-recipient",
    b"received-spf",
];

/// The mailboxes of every field of this name.
fn every_mailbox<'a>(block: &'a [u8], name: &'a str, set: Option<&'a str>) -> impl Iterator<Item = Mailbox> + 'a {
    field::all(block, name)
        .flat_map(move |value| field::mailboxes(value, set))
        .take(field::MAX_ADDRESSES)
}

fn read_headers(message: &Message<'_>, reading: &mut Reading) {
    let all = message.part(0).map(|part| message.headers(part)).unwrap_or_default();
    let block = tree::read_of(all);
    if all.len() > block.len() {
        reading.defects.push(Defect::LongHeaders);
    }
    if memchr::memchr(0, block).is_some() {
        reading.defects.push(Defect::Binary);
    }
    let mut texts = message.tree.parts.iter().map(|part| &part.content_type);
    let set = texts.find(|kind| kind.is("text", "")).and_then(|kind| kind.charset.as_deref());
    let mailboxes = |name: &'static str| every_mailbox(block, name, set).collect::<Vec<_>>();
    reading.from = mailboxes("from");
    reading.reply_to = mailboxes("reply-to");
    reading.to = mailboxes("to");
    reading.cc = mailboxes("cc");
    if reading.from.is_empty() {
        reading.defects.push(Defect::NoFrom);
    }
    if field::all(block, "from").nth(1).is_some() {
        reading.defects.push(Defect::ManyFrom);
    }
    let subject = field::first(block, "subject");
    reading.subject = subject.map(|value| field::text_in(value, set)).unwrap_or_default();
    reading.date = field::first(block, "date").and_then(field::date);
    if reading.date.is_none() {
        reading.defects.push(Defect::NoDate);
    }
    reading.message_id = field::first(block, "message-id").and_then(|value| field::identifiers(value, 1).pop());
    reading.references = references(block);
    (reading.list_id, reading.list_name) = field::first(block, "list-id").map(list).unwrap_or_default();
    reading.list_post = field::first(block, "list-post").and_then(list_post);
    reading.bulk = is_bulk(block);
    reading.delivered = field::fields(block).any(|(name, _)| DELIVERED.iter().any(|known| name.eq_ignore_ascii_case(known)));
    reading.hops = hop::hops(block);
}

/// `References`, and the one of `In-Reply-To` that is not among them.
fn references(block: &[u8]) -> Vec<String> {
    let mut references = field::first(block, "references")
        .map(|value| field::identifiers(value, MAX_REFERENCES))
        .unwrap_or_default();
    // Old mail says "your message of Tuesday" there: only what has the shape of an identifier counts.
    for id in field::first(block, "in-reply-to")
        .map(|value| field::identifiers(value, 5))
        .unwrap_or_default()
    {
        if id.contains('@') && !references.contains(&id) {
            references.push(id);
        }
    }
    let skip = references.len().saturating_sub(MAX_REFERENCES);
    references.into_iter().skip(skip).collect()
}

/// The identifier and the words of a `List-Id` (RFC 2919).
fn list(value: &[u8]) -> (Option<String>, String) {
    let text = field::text(value);
    let (words, id) = match text.rsplit_once('<') {
        Some((words, id)) => (words, id.split('>').next().unwrap_or_default()),
        None => ("", text.as_str()),
    };
    let id = id.trim().to_lowercase();
    let id = (!id.is_empty() && !id.contains(' ')).then_some(id);
    (id, field::clean_line(words.trim().trim_matches('"'), 256))
}

/// The mailbox of a `List-Post`; `None` also for a list that only its owner writes to (`NO`).
fn list_post(value: &[u8]) -> Option<Address> {
    let text = field::text(value);
    let mut places = text.split('<').skip(1).filter_map(|place| place.split('>').next());
    let mail = places.find_map(|place| {
        let (scheme, rest) = place.trim().split_once(':')?;
        scheme.eq_ignore_ascii_case("mailto").then_some(rest)
    })?;
    Address::parse(mail.split('?').next()?).ok()
}

fn is_bulk(block: &[u8]) -> bool {
    let word = |name: &str| field::first(block, name).map(|value| field::text(value).to_lowercase());
    field::first(block, "list-unsubscribe").is_some()
        || word("precedence").is_some_and(|word| matches!(word.as_str(), "bulk" | "list" | "junk"))
        || word("auto-submitted").is_some_and(|word| !word.is_empty() && !word.starts_with("no"))
}

/// The decoded text of a leaf; a body that does not keep to what it claims is a defect, told once.
fn text_of(message: &Message<'_>, id: usize, reading: &mut Reading) -> Option<String> {
    let part = message.part(id)?;
    let (octets, broken) = message.octets(part);
    // Four octets make a character at most, and everything beyond is cut anyway.
    let read = octets.get(..MAX_TEXT * 4).unwrap_or(&octets);
    let is_html = part.content_type.is("text", "html");
    let given = part
        .content_type
        .charset
        .as_deref()
        .filter(|name| !name.eq_ignore_ascii_case("us-ascii"));
    let own = || is_html.then(|| charset::named_in_html(read)).flatten();
    let (text, odd) = charset::characters(read, given.map(str::to_owned).or_else(own).as_deref());
    if broken || odd {
        note(reading, Defect::Encoding);
    }
    if read.len() < octets.len() {
        note(reading, Defect::LongText);
    }
    let protected = || message.tree.parts.iter().take(3).any(|part| part.content_type.complete);
    if part.content_type.repeats && protected() {
        return Some(protected::without_legacy_display(&text, is_html));
    }
    Some(text)
}

/// Notes a defect, once.
fn note(reading: &mut Reading, defect: Defect) {
    if !reading.defects.contains(&defect) {
        reading.defects.push(defect);
    }
}

/// What there is room for of a text.
fn kept<'t>(text: &'t str, room: usize, reading: &mut Reading) -> &'t str {
    if text.len() > room {
        note(reading, Defect::LongText);
    }
    body::cut(text, room)
}

fn read_text(message: &Message<'_>, shown: &Shown, reading: &mut Reading) {
    let is_html = |id: usize| message.part(id).is_some_and(|part| part.content_type.is("text", "html"));
    for id in &shown.text {
        let room = MAX_TEXT.saturating_sub(reading.text.len());
        let (Some(part), Some(text), true) = (message.part(*id), text_of(message, *id, reading), room > 0) else {
            continue;
        };
        let text = if is_html(*id) {
            html::text(body::cut(&text, MAX_TEXT))
        } else {
            text
        };
        if !reading.text.is_empty() && !reading.text.ends_with('\n') {
            reading.text.push('\n');
        }
        let text = body::plain(kept(&text, room, reading), &part.content_type, room);
        reading.text.push_str(&text);
    }
    if !shown.html.iter().any(|id| is_html(*id)) {
        return;
    }
    let mut whole = String::new();
    for id in &shown.html {
        let Some(text) = text_of(message, *id, reading) else { continue };
        let text = if is_html(*id) { text } else { html::of_text(&text) };
        whole.push_str(kept(&text, MAX_TEXT.saturating_sub(whole.len()), reading));
    }
    reading.html = Some(whole);
}

fn content_id(headers: &[u8]) -> Option<String> {
    field::first(headers, "content-id").and_then(|value| field::identifiers(value, 1).pop())
}

fn read_files(message: &Message<'_>, shown: &Shown, reading: &mut Reading) {
    let leaves = message.tree.parts.iter().enumerate().filter(|(_, part)| !part.is_multipart());
    for (id, part) in leaves {
        if shown.text.contains(&id) || shown.html.contains(&id) || shown.passed_over.contains(&id) || is_machinery(message, part) {
            continue;
        }
        if reading.attachments.len() >= MAX_ATTACHMENTS {
            note(reading, Defect::TooManyParts);
            break;
        }
        let file = file(message, id, part, reading.html.as_deref());
        reading.attachments.push(file);
    }
}

/// A part that is no file of the sender's but holds a signature or says how the next part is encrypted
/// (RFC 3156, RFC 8551).
fn is_machinery(message: &Message<'_>, part: &Part) -> bool {
    let parent = part.parent.and_then(|parent| message.part(parent));
    let inside = |kind: &str| parent.is_some_and(|parent| parent.content_type.is("multipart", kind));
    let own = part.content_type.media_type.as_str();
    (inside("signed")
        && matches!(
            own,
            "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature"
        ))
        || (inside("encrypted") && own == "application/pgp-encrypted")
}

fn file(message: &Message<'_>, id: usize, part: &Part, html: Option<&str>) -> Attachment {
    let headers = message.headers(part);
    let disposition = field::disposition(headers);
    let (octets, _) = message.octets(part);
    let content_id = content_id(headers);
    let media_type = match part.content_type.media_type.as_str() {
        // `multipart` without parts, as a file: nobody knows what it is.
        kind if kind.starts_with("multipart/") => "application/octet-stream".to_owned(),
        kind => kind.to_owned(),
    };
    let given = disposition
        .filename
        .as_deref()
        .or(part.content_type.name.as_deref())
        .unwrap_or_default();
    let mut name = field::clean_file_name(given);
    if name.is_empty() && media_type == "message/rfc822" {
        let (end, _) = tree::header_end(&octets, tree::header_start(&octets), |_| false);
        let block = tree::read_of(octets.get(..end).unwrap_or_default());
        let subject = field::first(block, "subject").map(field::text).unwrap_or_default();
        let subject = field::clean_file_name(&subject.replace(['/', '\\'], "_"));
        name = if subject.is_empty() {
            String::new()
        } else {
            field::clean_file_name(&format!("{subject}.eml"))
        };
    }
    if name.is_empty() {
        name = format!("part-{id}.{}", ending(&media_type));
    }
    // A picture that the text shows is no file beside it, unless it asks to be one.
    let shown = |id: &String| html.is_some_and(|html| html.contains(id.as_str()));
    let inline = part.content_type.is("image", "") && !disposition.attachment && content_id.as_ref().is_some_and(shown);
    Attachment {
        part: u32::try_from(id).unwrap_or(u32::MAX),
        name,
        media_type,
        size: octets.len() as u64,
        content_id,
        inline,
    }
}

/// The usual ending of a media type's files.
fn ending(media_type: &str) -> &'static str {
    const ENDINGS: [(&str, &str); 19] = [
        ("text/plain", "txt"),
        ("text/html", "html"),
        ("text/calendar", "ics"),
        ("text/rfc822-headers", "txt"),
        ("text/csv", "csv"),
        ("text/vcard", "vcf"),
        ("text/x-patch", "patch"),
        ("image/png", "png"),
        ("image/jpeg", "jpg"),
        ("image/jpg", "jpg"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
        ("image/svg+xml", "svg"),
        ("application/pdf", "pdf"),
        ("application/zip", "zip"),
        ("application/pgp-keys", "asc"),
        ("application/pgp-signature", "asc"),
        ("message/rfc822", "eml"),
        ("message/delivery-status", "txt"),
    ];
    ENDINGS
        .iter()
        .find(|(kind, _)| *kind == media_type)
        .map_or("bin", |(_, ending)| ending)
}

/// What the structure claims about OpenPGP (RFC 3156, and inline armour).
fn claim(message: &Message<'_>, reading: &Reading) -> OpenPgpClaim {
    let protocol = |part: &Part, what: &str| part.content_type.protocol.as_deref().is_some_and(|protocol| protocol == what);
    let holds = |part: &Part, what: &str| {
        let mut children = part.children.iter().filter_map(|id| message.part(*id));
        children.any(|child| child.content_type.media_type == what)
    };
    let encrypted = |part: &Part| {
        part.content_type.is("multipart", "encrypted")
            && (protocol(part, "application/pgp-encrypted") || holds(part, "application/pgp-encrypted"))
    };
    let signed = |part: &Part| {
        part.content_type.is("multipart", "signed")
            && (protocol(part, "application/pgp-signature") || holds(part, "application/pgp-signature"))
    };
    let root = message.part(0);
    // Some servers take the outer type away and leave the two parts (known as "Exchange mangled").
    let mangled = root.is_some_and(|root| holds(root, "application/pgp-encrypted") && reading.text.trim().is_empty());
    let whole = root.is_some_and(encrypted) || mangled;
    let line = |wanted: &str| reading.text.lines().any(|line| line.trim_end() == wanted);
    let file = |file: &Attachment| {
        let name = file.name.to_ascii_lowercase();
        file.media_type == "application/pgp-encrypted" || name.ends_with(".pgp") || name.ends_with(".gpg")
    };
    OpenPgpClaim {
        encrypted: whole,
        encrypted_part: !whole
            && (message.tree.parts.iter().any(encrypted) || line("-----BEGIN PGP MESSAGE-----") || reading.attachments.iter().any(file)),
        signed: message.tree.parts.iter().any(signed) || line("-----BEGIN PGP SIGNED MESSAGE-----"),
    }
}
