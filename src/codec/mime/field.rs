//! Header fields: cutting a block into fields, and the kinds of values that are read from them.
//!
//! Addresses and identifiers are read by `mail-parser`; what it would take long over is taken away first (its search
//! for the end of an encoded word is quadratic in words that never end), and what strangers put into
//! names to deceive the eye (line ends, overrides of the direction of writing) afterwards. Words, parameters,
//! character sets and dates are read beside this file, each of which says why.

use super::{charset, date, parameter, word};
use crate::domain::{address::Address, message::Mailbox, time::Time};
use mail_parser::{Addr, HeaderValue, parsers::MessageStream};
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

/// The octets of a value that are read, in UTF-8. Old software writes raw octets of its own character set: that of the
/// text, where it is known and they fit it, or else the commonest is the best guess.
fn in_utf8<'a>(value: &'a [u8], most: usize, set: Option<&str>) -> Cow<'a, [u8]> {
    let value = value.get(..most).unwrap_or(value).trim_ascii();
    if std::str::from_utf8(value).is_ok() {
        return value.into();
    }
    let holds_ascii = |set: &&str| charset::characters(b"Aa", Some(*set)).0 == "Aa";
    let read = set.filter(holds_ascii).map(|set| charset::characters(value, Some(set)));
    let fits = read.filter(|(_, odd)| !odd);
    fits.map_or_else(|| charset::windows_1252(value), |(text, _)| text)
        .into_bytes()
        .into()
}

/// A value as `mail-parser` may have it: bounded, in UTF-8, every encoded word whole, one line end behind.
fn prepared(value: &[u8], set: Option<&str>) -> Vec<u8> {
    let mut out = word::whole(&in_utf8(value, MAX_FIELD, set));
    // A NUL has no meaning anywhere; as a space it cannot join what stood apart.
    out.iter_mut().filter(|octet| **octet == 0).for_each(|octet| *octet = b' ');
    out.push(b'\n');
    out
}

/// The decoded text of an unstructured field on one line.
pub(super) fn text(value: &[u8]) -> String {
    text_in(value, None)
}

/// The same in a message whose text is of this character set.
pub(super) fn text_in(value: &[u8], set: Option<&str>) -> String {
    clean_line(&word::decoded(&in_utf8(value, MAX_FIELD, set)), MAX_SUBJECT)
}

/// The mailboxes of an address field; group names are left out, what is no address as well. The names may be in the
/// character set of the message's text: whom an address belongs to does not depend on that.
pub(super) fn mailboxes(value: &[u8], set: Option<&str>) -> Vec<Mailbox> {
    let plain = read_mailboxes(value, None);
    if set.is_none() || std::str::from_utf8(value).is_ok() {
        return plain;
    }
    let named = read_mailboxes(value, set);
    let same = |(one, other): (&Mailbox, &Mailbox)| one.address == other.address;
    if named.len() == plain.len() && named.iter().zip(&plain).all(same) {
        named
    } else {
        plain
    }
}

fn read_mailboxes(value: &[u8], set: Option<&str>) -> Vec<Mailbox> {
    let value = without_routes(prepared(value, set));
    let addresses = addresses(&value);
    // Two without a comma between them come out as one.
    if addresses.iter().any(|addr| {
        addr.address
            .as_deref()
            .is_some_and(|address| !address.contains('"') && address.matches('@').count() > 1)
    }) {
        let line = String::from_utf8_lossy(&value).replace(['\r', '\n', '\t'], " ");
        let apart = (line.replace("> ", ">, ") + "\n").into_bytes();
        return self::addresses(&apart).iter().filter_map(mailbox).take(MAX_ADDRESSES).collect();
    }
    addresses.iter().filter_map(mailbox).take(MAX_ADDRESSES).collect()
}

/// The value without the routes of RFC 5322 section 4.4 (`<@a.test,@b.test:c@d.test>`), which say nothing any more.
fn without_routes(value: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_slice();
    while let Some(at) = memchr::memmem::find(rest, b"<@") {
        let (before, route) = rest.split_at_checked(at + 1).unwrap_or((rest, b""));
        out.extend_from_slice(before);
        let end = route.iter().position(|octet| b":<>\"".contains(octet));
        let end = end.filter(|end| route.get(*end) == Some(&b':')).map_or(0, |end| end + 1);
        rest = route.get(end..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
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
    let named = addr.address.is_some();
    // `<"a b"@x>` and `<a@x (comment)>` come apart; a name alone may be an address in quotes.
    let written = addr.address.as_deref().unwrap_or(name);
    let written = written.trim().trim_matches(['<', '>', '\'']).trim();
    // A mailbox in quotation marks that stands in no brackets, `"a b"@x.test`, comes apart too.
    if written.starts_with('@') {
        let address = Address::parse(&format!("{}{written}", quoted(name)?)).ok()?;
        return Some(Mailbox {
            name: String::new(),
            address,
        });
    }
    let address = Address::parse(written).or_else(|_| Address::parse(&without_blanks(written))).ok()?;
    let name = if named {
        clean_line(&word::decoded(name.as_bytes()), MAX_NAME)
    } else {
        String::new()
    };
    Some(Mailbox { name, address })
}

/// What stood in quotation marks before an `@`, as a local part. A comment that stood there as well cannot be told from it.
fn quoted(name: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    if name.is_empty() || name.ends_with(')') || name.contains(['"', '\\']) {
        return None;
    }
    let is_plain = name.split('.').all(|word| !word.is_empty() && word.chars().all(plain));
    Some(if is_plain { name.to_owned() } else { format!("\"{name}\"") })
}

/// An address without the blanks that RFC 5322 section 4.4 lets stand around its `@` and the dots behind it.
fn without_blanks(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let labels: Vec<&str> = domain.split('.').map(str::trim).collect();
    format!("{}@{}", local.trim(), labels.join("."))
}

/// The message identifiers of a field, without brackets, at most so many.
pub(super) fn identifiers(value: &[u8], most: usize) -> Vec<String> {
    let value = prepared(value, None);
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

/// The moment of a date field, if it is a possible one.
pub(super) fn date(value: &[u8]) -> Option<Time> {
    date::read(&word::decoded(&in_utf8(value, MAX_PARAMETERS, None)))
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
    let parsed = parameter::read(&String::from_utf8_lossy(&in_utf8(value, MAX_PARAMETERS, None)));
    let token = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_ascii_graphic())
            .take(64)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let get = |name: &str| parsed.get(name).map(str::to_owned);
    let is = |name: &str, value: &str| parsed.get(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
    let media_type = match parsed.word.split_once('/').map(|(kind, subtype)| (token(kind), token(subtype))) {
        Some((kind, subtype)) if !kind.is_empty() && !subtype.is_empty() => format!("{kind}/{subtype}"),
        _ => default.to_owned(),
    };
    ContentType {
        media_type,
        boundary: get("boundary"),
        charset: get("charset"),
        name: parsed.words("name"),
        protocol: get("protocol").map(|text| text.to_ascii_lowercase()),
        start: get("start").map(|text| text.trim_matches(['<', '>']).to_owned()),
        flowed: is("format", "flowed"),
        delsp: is("delsp", "yes"),
        protected: parsed.get("hp").is_some() || parsed.get("protected-headers").is_some(),
        complete: parsed.get("hp").is_some(),
        repeats: parsed.get("hp-legacy-display") == Some("1"),
        whole: is("forwarded", "no"),
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
    let parsed = parameter::read(&String::from_utf8_lossy(&in_utf8(value, MAX_PARAMETERS, None)));
    Disposition {
        // Any other word than `inline` is a file (RFC 2183 section 2.8).
        attachment: !parsed.word.is_empty() && !parsed.word.eq_ignore_ascii_case("inline"),
        inline: parsed.word.eq_ignore_ascii_case("inline"),
        filename: parsed.words("filename"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_the_forms_that_it_may_have() {
        for (value, expected) in [
            ("Anna <anna@x.test>", "Anna <anna@x.test>"),
            // RFC 5322 appendix A: routes, blanks, a name in quotation marks.
            (
                "Mary <@node.test,@b.test:mary@x.test>, , jdoe@test  . example",
                "Mary <mary@x.test>,  <jdoe@test.example>",
            ),
            ("\"anna b\"@x.test, \"anna\"@x.test", " <\"anna b\"@x.test>,  <anna@x.test>"),
            ("\"a@b\"@x.test", " <\"a@b\"@x.test>"),
            ("<\"john..doe\"@x.test>", " <\"john..doe\"@x.test>"),
            ("anna @ x . test", " <anna@x.test>"),
            (
                "Friends: anna@x.test, =?utf-8?Q?B,_Anna?= <b@x.test>;",
                " <anna@x.test>, B, Anna <b@x.test>",
            ),
            ("\"=?utf-8?Q?=C3=9Cnal?=\" <u@x.test>", "Ünal <u@x.test>"),
            ("=?utf-8?B?5pel5g==?= =?utf-8?B?nKw=?= <n@x.test>", "日本 <n@x.test>"),
            ("An=?utf-8?Q?n=C3=A9?= <n@x.test>", "Anné <n@x.test>"),
            // None.
            ("\"anna\" (b)@x.test, Mr. anna b@x.test, <@x.test>, <@a.test:>", ""),
        ] {
            let read: Vec<String> = mailboxes(value.as_bytes(), None)
                .iter()
                .map(|mailbox| format!("{} <{}>", mailbox.name, mailbox.address))
                .collect();
            assert_eq!(read.join(", "), expected, "{value}");
        }
    }
}
