//! Encoded words (RFC 2047), as the standard has them and as people send them.
//!
//! Decoded here and not by `mail-parser`: words of one character set that were cut inside a character belong
//! together, which can only be seen once each is decoded; a word may lack its padding, or stand beside a bracket
//! without a blank; and its search for the end of a word is quadratic in words that never end.

use super::charset;
use mail_parser::decoders::base64::base64_decode;

/// Octets in which an encoded word must end. RFC 2047 section 2 allows 75; some write a whole subject as one.
const MAX_WORD: usize = 4000;

/// What a value is made of.
enum Piece<'a> {
    /// As it stands.
    Plain(&'a [u8]),
    /// A word, or several that belong together, decoded.
    Word(String),
}

/// The text of a value in UTF-8 with its words decoded, folds and controls as they are.
pub(super) fn decoded(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    for piece in pieces(value) {
        match piece {
            Piece::Plain(octets) => out.push_str(&String::from_utf8_lossy(octets)),
            Piece::Word(text) => out.push_str(&text),
        }
    }
    out
}

/// The value with each word in UTF-8 and whole, for a parser that takes it apart before it decodes: a comma
/// inside a word divides nothing. A beginning that has no end is no beginning.
pub(super) fn whole(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 2);
    let mut broken = 0;
    for piece in pieces(value) {
        match piece {
            Piece::Plain(octets) => {
                let mut rest = octets;
                while let Some(start) = memchr::memmem::find(rest, b"=?") {
                    let (before, after) = rest.split_at_checked(start).unwrap_or((rest, b""));
                    out.extend_from_slice(before);
                    // A few are somebody's own `=?`; many are there to be searched for.
                    broken += 1;
                    out.extend_from_slice(if broken > 20 { b"= ?" } else { b"=?" });
                    rest = after.get(2..).unwrap_or_default();
                }
                out.extend_from_slice(rest);
            }
            Piece::Word(text) => {
                out.extend_from_slice(b"=?utf-8?q?");
                for octet in text.bytes() {
                    out.extend_from_slice(format!("={octet:02X}").as_bytes());
                }
                out.extend_from_slice(b"?=");
            }
        }
    }
    out
}

/// Words that are being put together: the octets of the last ones are not yet read.
#[derive(Default)]
struct Run<'a> {
    text: String,
    charset: &'a [u8],
    octets: Vec<u8>,
}

impl<'a> Run<'a> {
    /// One more word. What was cut inside a character is of one character set; those that shift begin anew in each word.
    fn push(&mut self, charset: &'a [u8], octets: &[u8]) {
        let shifts = charset.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"iso-2022"));
        if shifts || !self.charset.eq_ignore_ascii_case(charset) {
            self.read();
            self.charset = charset;
        }
        self.octets.extend_from_slice(octets);
    }

    fn read(&mut self) {
        let octets = std::mem::take(&mut self.octets);
        self.text
            .push_str(&charset::characters(&octets, std::str::from_utf8(self.charset).ok()).0);
    }
}

/// Takes a value apart. Between two words that stand beside each other blanks mean nothing (RFC 2047 section 6.2).
fn pieces(value: &[u8]) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut run: Option<Run<'_>> = None;
    // Where what is not yet in `out` begins, and where a word is looked for.
    let (mut plain, mut at) = (0, 0);
    while let Some(found) = value.get(at..).and_then(|rest| memchr::memmem::find(rest, b"=?")) {
        let start = at + found;
        let Some((charset, octets, length)) = value.get(start..).and_then(word_at) else {
            at = start + 2;
            continue;
        };
        let between = value.get(plain..start).unwrap_or_default();
        if !(run.is_some() && between.trim_ascii().is_empty()) {
            out.extend(run.take().map(ended));
            if !between.is_empty() {
                out.push(Piece::Plain(between));
            }
        }
        run.get_or_insert_default().push(charset, &octets);
        at = start + length;
        plain = at;
    }
    out.extend(run.map(ended));
    if let Some(rest) = value.get(plain..).filter(|rest| !rest.is_empty()) {
        out.push(Piece::Plain(rest));
    }
    out
}

fn ended<'a>(mut run: Run<'_>) -> Piece<'a> {
    run.read();
    Piece::Word(run.text)
}

/// Character set, octets and length of the encoded word that a text begins with.
fn word_at(text: &[u8]) -> Option<(&[u8], Vec<u8>, usize)> {
    let window = text.get(2..text.len().min(MAX_WORD))?;
    let set_end = memchr::memchr(b'?', window)?;
    let charset = window.get(..set_end)?;
    // RFC 2231 section 5 lets a language follow.
    let named = charset.split(|octet| *octet == b'*').next().unwrap_or(charset);
    if named.is_empty() || !charset.iter().all(u8::is_ascii_graphic) || window.get(set_end + 2) != Some(&b'?') {
        return None;
    }
    let encoding = window.get(set_end + 1)?.to_ascii_lowercase();
    let begin = set_end + 3;
    let end = begin + memchr::memmem::find(window.get(begin..)?, b"?=")?;
    let written = window.get(begin..end)?;
    let octets = match encoding {
        b'q' => of_q(written),
        b'b' => of_b(written),
        _ => return None,
    };
    Some((named, octets, end + 4))
}

/// The `Q` encoding (RFC 2047 section 4.2). An equals sign that escapes nothing stands for itself, and at the end for nothing.
fn of_q(written: &[u8]) -> Vec<u8> {
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(written.len());
    let mut rest = written;
    while let [octet, after @ ..] = rest {
        rest = after;
        match (octet, after) {
            (b'_', _) => out.push(b' '),
            (b'=', [high, low, behind @ ..]) => match digit(high).zip(digit(low)) {
                Some((high, low)) => {
                    out.push(high * 16 + low);
                    rest = behind;
                }
                None => out.push(b'='),
            },
            (b'=', []) => (),
            (octet, _) => out.push(*octet),
        }
    }
    out
}

/// The `B` encoding (RFC 2045 section 6.8): what is no base64 is passed over, and the padding may be missing.
fn of_b(written: &[u8]) -> Vec<u8> {
    let mut kept: Vec<u8> = written
        .iter()
        .copied()
        .take_while(|octet| *octet != b'=')
        .filter(|octet| octet.is_ascii_alphanumeric() || b"+/".contains(octet))
        .collect();
    if kept.len() % 4 == 1 {
        kept.pop();
    }
    kept.resize(kept.len().next_multiple_of(4), b'=');
    base64_decode(&kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_were_meant() {
        for (value, expected) in [
            ("=?utf-8?Q?a_b?= =?iso-8859-1?B?6Q==?= c", "a bé c"),
            // Cut inside a character, with the padding of each, and by one encoding and the other.
            ("=?UTF-8?B?5pel5g==?=\r\n =?utf-8?B?nKw=?=", "日本"),
            ("=?utf-8?Q?caf=C3?= =?utf-8?B?qQ==?=", "café"),
            // Each begins and ends in ASCII: an escape at once behind another is none of the text.
            ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCOGwbKEI=?=", "日本語"),
            // No padding, and something that is no base64.
            ("=?utf-8?B?w6nDqQ?=", "éé"),
            ("=?utf-8?B?w6n!DqQ=?=", "éé"),
            // Beside other characters without a blank.
            ("(=?utf-8?Q?caf=C3=A9?=)", "(café)"),
            ("\"=?utf-8?Q?a?=\", [=?utf-8?Q?b?=]x", "\"a\", [b]x"),
            ("=?utf-8*fr?Q?=C3=A9?=", "é"),
            ("=?us-ascii?Q?caf=E9?=", "café"),
            ("=?utf-8?Q??=", ""),
            ("=?utf-8?Q?=3D=3F=?=", "=?"),
            // None.
            ("=?utf-8?X?abc?= =?utf-8?Q?abc", "=?utf-8?X?abc?= =?utf-8?Q?abc"),
            ("a =? b ?= c", "a =? b ?= c"),
        ] {
            assert_eq!(decoded(value.as_bytes()), expected, "{value}");
            // What is written anew says the same.
            assert_eq!(decoded(&whole(value.as_bytes())), expected, "{value}");
        }
    }
}
