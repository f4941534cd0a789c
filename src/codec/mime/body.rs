//! The body of a part: transfer encoding and paragraphs.
//!
//! `mail-parser` decodes; what it refuses is mended first where the meaning is plain (a footer behind
//! base64, an equals sign that escapes nothing), because a reader wants the text and not the reason.

use super::field::{self, ContentType};
use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};
use std::borrow::Cow;

/// Decodes the transfer encoding (RFC 2045 section 6) that a header block names. The flag says that the
/// body did not keep to it.
pub(super) fn octets<'a>(headers: &[u8], body: &'a [u8]) -> (Cow<'a, [u8]>, bool) {
    let encoding = field::first(headers, "content-transfer-encoding").unwrap_or_default();
    // Some write a comment or a second word behind it, or put it into quotation marks.
    let encoding = encoding
        .split(|octet| octet.is_ascii_whitespace() || b";(\"".contains(octet))
        .find(|word| !word.is_empty());
    match encoding.unwrap_or_default().to_ascii_lowercase().as_slice() {
        b"base64" => match base64_decode(body) {
            Some(decoded) => (decoded.into(), false),
            None => (mended_base64(body).into(), true),
        },
        b"quoted-printable" => match quoted_printable_decode(body) {
            Some(decoded) => (decoded.into(), false),
            None => (mended_quoted_printable(body).into(), true),
        },
        b"" | b"7bit" | b"8bit" | b"binary" | b"7-bit" | b"8-bit" | b"8bits" => (body.into(), false),
        // An encoding that nobody knows, uuencode by header among them: as it came.
        _ => (body.into(), true),
    }
}

/// Base64 with everything that is none left out (RFC 2045 section 6.8); behind the padding it ends.
fn mended_base64(body: &[u8]) -> Vec<u8> {
    let end = body.iter().position(|octet| *octet == b'=').map_or(body.len(), |at| {
        body.iter().skip(at).take_while(|octet| **octet == b'=').count() + at
    });
    let kept: Vec<u8> = body
        .iter()
        .take(end)
        .copied()
        .filter(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet))
        .collect();
    base64_decode(&kept).unwrap_or_default()
}

/// Quoted-printable where an equals sign that escapes nothing stands for itself.
fn mended_quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut fixed = Vec::with_capacity(body.len() + body.len() / 8);
    for (at, octet) in body.iter().enumerate() {
        fixed.push(*octet);
        if *octet != b'=' {
            continue;
        }
        let next = body.get(at + 1..).unwrap_or_default();
        let escapes = match next {
            [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
            _ => next
                .iter()
                .find(|octet| !matches!(octet, b' ' | b'\t' | b'\r'))
                .is_none_or(|octet| *octet == b'\n'),
        };
        if !escapes {
            fixed.extend_from_slice(b"3D");
        }
    }
    // What still fails keeps its escapes: better to read than nothing.
    quoted_printable_decode(&fixed).unwrap_or_else(|| body.to_vec())
}

/// Plain text as it is kept: `\n` line ends, no control characters, paragraphs of `format=flowed`
/// (RFC 3676) put together again, at most so many octets.
pub(super) fn plain(text: &str, content_type: &ContentType, most: usize) -> String {
    let text = cut(text, most);
    let mut lines = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' => {
                rest.next_if_eq(&'\n');
                lines.push('\n');
            }
            '\n' | '\t' => lines.push(c),
            '\u{0c}' => lines.push('\n'),
            c if c.is_control() || c == '\u{feff}' => (),
            c => lines.push(c),
        }
    }
    if content_type.flowed {
        unflow(&lines, content_type.delsp)
    } else {
        lines
    }
}

/// A text cut at a character's boundary.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// RFC 3676 section 4: a line that ends in a blank goes on in the next one of the same quote depth.
fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of the paragraph that goes on.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if open != Some(depth) || signature {
            if !out.is_empty() {
                out.push('\n');
            }
            out.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !signature;
        out.push_str(if flows && delsp {
            content.strip_suffix(' ').unwrap_or(content)
        } else {
            content
        });
        open = flows.then_some(depth);
    }
    if text.ends_with('\n') {
        out.push('\n');
    }
    out
}
