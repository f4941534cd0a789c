//! Lines of a vCard: unfolding, a name with its parameters, a value with its escapes.

use crate::domain::contact::Label;

/// The most octets of one unfolded line: a picture may be long, and is only skipped.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// One field.
pub(super) struct Field {
    /// Upper case, without its group.
    pub(super) name: String,
    /// Parameters: name (upper case; `TYPE` where only a value stands, as in 2.1) and value.
    params: Vec<(String, String)>,
    /// As it stands there.
    pub(super) value: String,
}

/// The text of a file: UTF-8 or UTF-16 as its first octets say, else UTF-8, else one octet a character.
pub(super) fn text(octets: &[u8]) -> String {
    let wide = |octets: &[u8], of: fn([u8; 2]) -> u16| {
        let (pairs, _) = octets.as_chunks::<2>();
        let units = pairs.iter().map(|pair| of(*pair));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match octets {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        octets => match std::str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            // A file that was cut off in the middle of a character is UTF-8 all the same.
            Err(error) if error.error_len().is_none() => String::from_utf8_lossy(octets).into_owned(),
            Err(_) => octets.iter().map(|octet| char::from(*octet)).collect(),
        },
    }
}

/// Whole lines: one that begins with a blank goes on the one before (RFC 6350 section 3.2), and in quoted-printable
/// one that ends with `=` goes on in the next.
pub(super) fn unfolded(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r')).peekable();
    std::iter::from_fn(move || {
        let mut whole = lines.next()?.to_owned();
        // Each piece is looked at once, up to where the value begins: the value may be long, and come in many.
        let (mut quoted, mut in_head) = (is_quoted(&whole), !whole.contains(':'));
        loop {
            let soft = quoted && whole.ends_with('=');
            let Some(next) = lines.peek() else { break };
            let rest = match next.strip_prefix([' ', '\t']) {
                Some(rest) => rest,
                None if soft => next,
                None => break,
            };
            if soft {
                whole.pop();
            }
            if in_head {
                quoted |= is_quoted(rest);
                in_head = !rest.contains(':');
            }
            if whole.len() + rest.len() <= MAX_LINE {
                whole.push_str(rest);
            }
            lines.next();
        }
        Some(whole)
    })
}

/// Whether the head of a field, or a piece of one, says that its value is quoted-printable.
fn is_quoted(line: &str) -> bool {
    let (head, _) = line.split_once(':').unwrap_or((line, ""));
    head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

impl Field {
    /// The field of a line; `None` where it is none.
    pub(super) fn of(line: &str) -> Option<Self> {
        let (head, value) = split(line, ':')?;
        let mut parts = Vec::new();
        let mut rest = head;
        while let Some((part, more)) = split(rest, ';') {
            parts.push(part);
            rest = more;
        }
        parts.push(rest);
        let mut parts = parts.into_iter();
        let name = parts.next()?.trim();
        let name = name.rsplit_once('.').map_or(name, |(_, name)| name).to_ascii_uppercase();
        let param = |part: &str| match part.split_once('=') {
            Some((name, value)) => (name.trim().to_ascii_uppercase(), value.trim().replace('"', "")),
            None => ("TYPE".to_owned(), part.trim().to_owned()),
        };
        (!name.is_empty()).then(|| Self {
            name,
            params: parts.take(32).map(param).collect(),
            value: value.to_owned(),
        })
    }

    fn says(&self, name: &str, value: &str) -> bool {
        let said = |text: &str| text.split(',').any(|part| part.trim().eq_ignore_ascii_case(value));
        self.params.iter().any(|(known, text)| known == name && said(text))
    }

    /// A parameter that 2.1 also writes without its name.
    fn encoded(&self, how: &str) -> bool {
        self.says("ENCODING", how) || self.says("TYPE", how)
    }

    pub(super) fn is_base64(&self) -> bool {
        self.encoded("b") || self.encoded("base64")
    }

    /// What it is for.
    pub(super) fn label(&self) -> Label {
        let found = [("cell", Label::Mobile), ("home", Label::Home), ("work", Label::Work)];
        let named = found.into_iter().find(|(word, _)| self.says("TYPE", word));
        named.map_or(Label::Other, |(_, label)| label)
    }

    /// Which of several is meant first: 1 to 100, 101 where nothing is said.
    pub(super) fn preference(&self) -> u32 {
        if self.says("TYPE", "pref") {
            return 1;
        }
        let said = self.params.iter().find(|(name, _)| name == "PREF");
        said.and_then(|(_, value)| value.parse().ok()).unwrap_or(101)
    }

    /// The value, decoded where it says that it is quoted-printable.
    fn decoded(&self) -> String {
        if !self.encoded("quoted-printable") {
            return self.value.clone();
        }
        let octets = unquoted(&self.value);
        match String::from_utf8(octets) {
            Ok(text) => text,
            Err(error) => error.as_bytes().iter().map(|octet| char::from(*octet)).collect(),
        }
    }

    /// The value as text, its escapes undone.
    pub(super) fn text(&self) -> String {
        unescaped(&self.decoded())
    }

    /// The parts of the value between `;`, their escapes undone.
    pub(super) fn parts(&self) -> Vec<String> {
        let (mut parts, mut part, mut escaping) = (Vec::new(), String::new(), false);
        for c in self.decoded().chars() {
            match (escaping, c) {
                (false, ';') => parts.push(std::mem::take(&mut part)),
                (false, '\\') => {
                    escaping = true;
                    part.push(c);
                }
                _ => {
                    escaping = false;
                    part.push(c);
                }
            }
        }
        parts.push(part);
        parts.iter().map(|part| unescaped(part)).collect()
    }
}

/// What stands before and after the first of this character that is not between quotation marks.
fn split(text: &str, at: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    let found = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        !quoted && *c == at
    });
    // Without an end of the quotation there is none.
    let found = found.map(|(place, _)| place).or_else(|| text.find(at))?;
    text.split_at_checked(found)
        .map(|(before, after)| (before, after.get(1..).unwrap_or_default()))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

fn unquoted(text: &str) -> Vec<u8> {
    let nibble = |octet: Option<&u8>| octet.and_then(|octet| char::from(*octet).to_digit(16));
    let octets = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(octets.len()), 0);
    while let Some(octet) = octets.get(at) {
        match (octet, nibble(octets.get(at + 1)), nibble(octets.get(at + 2))) {
            (b'=', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            _ => {
                out.push(*octet);
                at += 1;
            }
        }
    }
    out
}

/// The octets of base64; what is no digit of it is passed over.
pub(super) fn octets_of(text: &str) -> Vec<u8> {
    let (mut out, mut bits, mut many) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for octet in text.bytes() {
        let digit = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(digit);
        many += 6;
        if many >= 8 {
            many -= 8;
            out.push((bits >> many) as u8);
            bits &= (1 << many) - 1;
        }
    }
    out
}
