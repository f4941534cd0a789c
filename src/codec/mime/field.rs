//! Header fields: cutting a block into fields, and the kinds of values that are read from them.
//!
//! The values are read by `mail-parser`; what it would take long over is taken away first (its search
//! for the end of an encoded word is quadratic in words that never end), and what strangers put into
//! names to deceive the eye (line ends, overrides of the direction of writing) afterwards.

use crate::domain::{address::Address, message::Mailbox, time::Time};
use mail_parser::{Addr, HeaderValue, decoders::charsets::map::charset_decoder, parsers::MessageStream};
use std::borrow::Cow;

/// Octets of one field that are read; what stands behind is cut.
const MAX_FIELD: usize = 64 * 1024;

/// Octets of a `Content-Type` or `Content-Disposition` that are read.
const MAX_PARAMETERS: usize = 4 * 1024;

/// Addresses of one header that are read.
pub(super) const MAX_ADDRESSES: usize = 500;

/// Characters of a display name, and of a subject, that are kept.
const MAX_NAME: usize = 256;
const MAX_SUBJECT: usize = 1000;

/// Octets in which an encoded word must end; RFC 2047 section 2 allows 75.
const MAX_WORD: usize = 1000;

/// Whether a line begins a field: a name without blanks, and a colon.
pub(super) fn is_field(line: &[u8]) -> bool {
    let name = memchr::memchr(b':', line)
        .and_then(|colon| line.get(..colon))
        .unwrap_or_default()
        .trim_ascii_end();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

/// The fields of a header block in order: name and value with its line end, folds kept.
pub(super) fn fields(block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = block;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let mut end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            while rest.get(end).is_some_and(|octet| matches!(octet, b' ' | b'\t')) {
                let more = rest.get(end..).unwrap_or_default();
                end += memchr::memchr(b'\n', more).map_or(more.len(), |end| end + 1);
            }
            let (field, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = after;
            if let Some((name, value)) = memchr::memchr(b':', field)
                .filter(|_| is_field(field))
                .and_then(|colon| field.split_at_checked(colon))
            {
                return Some((name.trim_ascii_end(), value.get(1..).unwrap_or_default()));
            }
        }
        None
    })
}

/// The first field of this name.
pub(super) fn first<'a>(block: &'a [u8], name: &str) -> Option<&'a [u8]> {
    all(block, name).next()
}

/// Every field of this name, in order.
pub(super) fn all<'a>(block: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    fields(block)
        .filter(move |(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(_, value)| value)
}

/// A value as `mail-parser` may have it: bounded, in UTF-8, every encoded word ended, one line end behind.
fn prepared(value: &[u8], most: usize) -> Vec<u8> {
    let value = value.get(..most).unwrap_or(value).trim_ascii();
    let value: Cow<[u8]> = match std::str::from_utf8(value) {
        Ok(_) => value.into(),
        // Old software writes raw octets of its own character set; the commonest reading is the best guess.
        Err(_) => charset_decoder(b"windows-1252").map_or(value.into(), |decode| decode(value).into_bytes().into()),
    };
    let mut out = tidy_words(&value);
    // A NUL has no meaning anywhere; as a space it cannot join what stood apart.
    out.iter_mut().filter(|octet| **octet == 0).for_each(|octet| *octet = b' ');
    out.push(b'\n');
    out
}

/// Makes encoded words (RFC 2047) whole: neighbours of one character set that were cut inside a
/// character are joined, and a beginning that has no end is no beginning.
fn tidy_words(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 2);
    let mut rest = value;
    let mut broken = 0;
    // The head ("utf-8", "q") of the word that `out` ends with, and where its text ends in `out`.
    let mut before: Option<(&[u8], &[u8])> = None;
    while let Some(start) = memchr::memmem::find(rest, b"=?") {
        let (between, word) = rest.split_at_checked(start).unwrap_or((rest, b""));
        let Some((charset, encoding, text, after)) = word_at(word) else {
            out.extend_from_slice(between);
            // A few are somebody's own `=?`; many are there to be searched for.
            broken += 1;
            out.extend_from_slice(if broken > 20 { b"= ?" } else { b"=?" });
            rest = word.get(2..).unwrap_or_default();
            before = None;
            continue;
        };
        let joins = before.is_some_and(|(set, how)| set.eq_ignore_ascii_case(charset) && how.eq_ignore_ascii_case(encoding))
            && between.trim_ascii().is_empty()
            && !out.ends_with(b"=?=");
        if joins {
            out.truncate(out.len() - 2);
        } else {
            out.extend_from_slice(between);
            out.extend_from_slice(b"=?");
            out.extend_from_slice(charset);
            out.push(b'?');
            out.extend_from_slice(encoding);
            out.push(b'?');
        }
        out.extend_from_slice(text);
        out.extend_from_slice(b"?=");
        before = Some((charset, encoding));
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

/// Character set, encoding and text of the encoded word that a text begins with, and what follows it.
fn word_at(word: &[u8]) -> Option<(&[u8], &[u8], &[u8], &[u8])> {
    let window = word.get(2..word.len().min(MAX_WORD))?;
    let set_end = memchr::memchr(b'?', window)?;
    let charset = window.get(..set_end)?;
    let encoding = window.get(set_end + 1..set_end + 2)?;
    let text_start = set_end + 3;
    if charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) || !b"bBqQ".contains(encoding.first()?) {
        return None;
    }
    (window.get(set_end + 2) == Some(&b'?')).then_some(())?;
    let text_end = text_start + memchr::memmem::find(window.get(text_start..)?, b"?=")?;
    Some((charset, encoding, window.get(text_start..text_end)?, word.get(text_end + 4..)?))
}

/// The decoded text of an unstructured field on one line.
pub(super) fn text(value: &[u8]) -> String {
    let value = prepared(value, MAX_FIELD);
    match MessageStream::new(&value).parse_unstructured() {
        HeaderValue::Text(text) => clean_line(&text, MAX_SUBJECT),
        _ => String::new(),
    }
}

/// The mailboxes of an address field; group names are left out, what is no address as well.
pub(super) fn mailboxes(value: &[u8]) -> Vec<Mailbox> {
    let value = prepared(value, MAX_FIELD);
    let addresses = addresses(&value);
    // Two without a comma between them come out as one.
    if addresses.iter().any(|addr| {
        addr.address
            .as_deref()
            .is_some_and(|address| !address.contains('"') && address.matches('@').count() > 1)
    }) {
        let apart = String::from_utf8_lossy(&value).replace("> ", ">, ").into_bytes();
        return self::addresses(&apart).iter().filter_map(mailbox).take(MAX_ADDRESSES).collect();
    }
    addresses.iter().filter_map(mailbox).take(MAX_ADDRESSES).collect()
}

fn addresses(line: &[u8]) -> Vec<Addr<'_>> {
    match MessageStream::new(line).parse_address() {
        HeaderValue::Address(mail_parser::Address::List(list)) => list,
        HeaderValue::Address(mail_parser::Address::Group(groups)) => groups.into_iter().flat_map(|group| group.addresses).collect(),
        _ => Vec::new(),
    }
}

fn mailbox(addr: &Addr<'_>) -> Option<Mailbox> {
    let name = addr.name.as_deref().unwrap_or_default();
    // `<"a b"@x>` and `<a@x (comment)>` come apart; a name alone may be an address in quotes.
    let written = addr.address.as_deref().unwrap_or(name);
    let address = Address::parse(written.trim().trim_matches(['<', '>', '\'']).trim()).ok()?;
    let name = clean_line(name, MAX_NAME);
    let name = if addr.address.is_none() { String::new() } else { name };
    Some(Mailbox { name, address })
}

/// The message identifiers of a field, without brackets, at most so many.
pub(super) fn identifiers(value: &[u8], most: usize) -> Vec<String> {
    let value = prepared(value, MAX_FIELD);
    let found: Vec<Cow<str>> = match MessageStream::new(&value).parse_id() {
        HeaderValue::Text(id) => vec![id],
        HeaderValue::TextList(ids) => ids,
        _ => Vec::new(),
    };
    let cleaned = found
        .iter()
        .map(|id| clean_line(id, 998))
        .filter(|id| !id.is_empty() && !id.contains(' '));
    // The newest are the last: they are the ones a reply hangs on.
    let all: Vec<String> = cleaned.collect();
    let skip = all.len().saturating_sub(most);
    all.into_iter().skip(skip).collect()
}

/// The moment of a date field (RFC 5322 section 3.3 with the obsolete forms), if it is a possible one. One
/// without seconds or without a zone, as old software writes it, is read as the whole minute and as UTC.
pub(super) fn date(value: &[u8]) -> Option<Time> {
    let value = prepared(value, MAX_PARAMETERS);
    written_date(&value).or_else(|| {
        let text = String::from_utf8_lossy(&value);
        let mut words: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        let time = words.iter().position(|word| word.contains(':'))?;
        let is_last = time + 1 == words.len();
        let time = words.get_mut(time)?;
        if time.matches(':').count() == 1 {
            time.push_str(":00");
        }
        words.extend(is_last.then(|| "+0000".to_owned()));
        written_date(format!("{}\n", words.join(" ")).as_bytes())
    })
}

fn written_date(line: &[u8]) -> Option<Time> {
    match MessageStream::new(line).parse_date() {
        HeaderValue::DateTime(mut date) => {
            // A leap second is a moment too, and the parser knows none.
            date.second = date.second.min(59);
            date.is_valid().then(|| Time(date.to_timestamp()))
        }
        _ => None,
    }
}

/// What a `Content-Type` says, as far as it is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContentType {
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// `boundary`.
    pub boundary: Option<String>,
    /// `charset`.
    pub charset: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `protocol` (RFC 1847) in lower case.
    pub protocol: Option<String>,
    /// `start` (RFC 2387) without brackets.
    pub start: Option<String>,
    /// `format=flowed` (RFC 3676).
    pub flowed: bool,
    /// `delsp=yes` (RFC 3676).
    pub delsp: bool,
    /// The part's headers are those of the message: `hp` (RFC 9788 section 2.1.1), or the older
    /// `protected-headers`.
    pub protected: bool,
    /// All of the message's fields are there: `hp`.
    pub complete: bool,
    /// The text begins with some of them once more, for programs that do not know this (`hp-legacy-display`).
    pub repeats: bool,
    /// It is a whole message that stands for the one around it (`forwarded=no`, RFC 8551 section 3.1).
    pub whole: bool,
}

impl ContentType {
    /// Whether the type is this one; an empty subtype fits any.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.media_type
            .split_once('/')
            .is_some_and(|(own, own_sub)| own == kind && (subtype.is_empty() || own_sub == subtype))
    }
}

/// Reads the `Content-Type` of a header block. What has none, or one that makes no sense, is plain text
/// (RFC 2045 section 5.2), or a message inside a digest (RFC 2046 section 5.1.5).
pub(super) fn content_type(block: &[u8], in_digest: bool) -> ContentType {
    let default = if in_digest { "message/rfc822" } else { "text/plain" };
    let Some(value) = first(block, "content-type") else {
        return ContentType {
            media_type: default.to_owned(),
            ..ContentType::default()
        };
    };
    let value = prepared(value, MAX_PARAMETERS);
    let HeaderValue::ContentType(parsed) = MessageStream::new(&value).parse_content_type() else {
        return ContentType {
            media_type: default.to_owned(),
            ..ContentType::default()
        };
    };
    let token = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_ascii_graphic())
            .take(64)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let get = |name: &str| parsed.attribute(name).map(str::to_owned);
    let media_type = match (token(parsed.ctype()), parsed.subtype().map(token)) {
        (kind, Some(subtype)) if !kind.is_empty() && !subtype.is_empty() => format!("{kind}/{subtype}"),
        _ => default.to_owned(),
    };
    ContentType {
        media_type,
        boundary: get("boundary"),
        charset: get("charset"),
        name: get("name"),
        protocol: get("protocol").map(|text| text.to_ascii_lowercase()),
        start: get("start").map(|text| text.trim_matches(['<', '>']).to_owned()),
        flowed: parsed.attribute("format").is_some_and(|text| text.eq_ignore_ascii_case("flowed")),
        delsp: parsed.attribute("delsp").is_some_and(|text| text.eq_ignore_ascii_case("yes")),
        protected: parsed.attribute("hp").is_some() || parsed.attribute("protected-headers").is_some(),
        complete: parsed.attribute("hp").is_some(),
        repeats: parsed.attribute("hp-legacy-display") == Some("1"),
        whole: parsed.attribute("forwarded").is_some_and(|text| text.eq_ignore_ascii_case("no")),
    }
}

/// What a `Content-Disposition` (RFC 2183) says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Disposition {
    /// It is a file beside the text.
    pub attachment: bool,
    /// It is shown inside the text.
    pub inline: bool,
    /// Its name.
    pub filename: Option<String>,
}

/// Reads the `Content-Disposition` of a header block.
pub(super) fn disposition(block: &[u8]) -> Disposition {
    let Some(value) = first(block, "content-disposition") else {
        return Disposition::default();
    };
    let value = prepared(value, MAX_PARAMETERS);
    match MessageStream::new(&value).parse_content_type() {
        HeaderValue::ContentType(parsed) => Disposition {
            // Any other word than `inline` is a file (RFC 2183 section 2.8).
            attachment: !parsed.ctype().is_empty() && !parsed.ctype().eq_ignore_ascii_case("inline"),
            inline: parsed.ctype().eq_ignore_ascii_case("inline"),
            filename: parsed.attribute("filename").map(str::to_owned),
        },
        _ => Disposition::default(),
    }
}

/// Whether a character is there to deceive the eye or does nothing to see: overrides and isolates of the
/// writing direction (UTS #55 and CVE-2021-42574), zero-width blanks, invisible tags.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
        | '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A stranger's words on one line: no control characters, no deceptive ones, blanks folded, at most so
/// many characters.
pub(super) fn clean_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most * 4));
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let kept = word.chars().filter(|c| !is_deceptive(*c));
        let before = line.len();
        if !line.is_empty() {
            line.push(' ');
        }
        let start = line.len();
        line.extend(kept);
        if line.len() == start {
            line.truncate(before);
        }
    }
    match line.char_indices().nth(most) {
        Some((cut, _)) => line.get(..cut).unwrap_or_default().trim_end().to_owned(),
        None => line,
    }
}

/// A file name without folders, control characters and what else could harm whoever saves it; empty
/// where nothing is left.
pub(super) fn clean_file_name(name: &str) -> String {
    const MOST: usize = 120;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = clean_line(name, 1000);
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace()).trim_end();
    let name: String = name
        .chars()
        .map(|c| {
            if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
                '_'
            } else {
                c
            }
        })
        .collect();
    if name.chars().count() <= MOST {
        return name;
    }
    // The ending says what it is: a cut keeps it.
    let (stem, ending) = name
        .rsplit_once('.')
        .filter(|(_, ending)| ending.chars().count() <= 10)
        .unwrap_or((&name, ""));
    let stem: String = stem.chars().take(MOST - ending.chars().count() - 1).collect();
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}
