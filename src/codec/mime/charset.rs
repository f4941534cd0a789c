//! Character sets: octets to text, whatever they are called.
//!
//! `mail-parser` decodes; here are the names that it does not know, and three sets whose escapes it does not take as
//! people send them.

use mail_parser::decoders::charsets::map::charset_decoder;
use std::borrow::Cow;

/// Names that occur, and the set that was meant.
const NAMES: [(&str, &str); 15] = [
    ("cp932", "shift_jis"),
    ("x-ms-cp932", "shift_jis"),
    ("cp949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("x-windows-949", "euc-kr"),
    ("cp50220", "iso-2022-jp"),
    ("cp50221", "iso-2022-jp"),
    ("iso-2022-jp-1", "iso-2022-jp"),
    ("iso-2022-jp-2", "iso-2022-jp"),
    ("iso-2022-jp-3", "iso-2022-jp"),
    ("iso-2022-jp-ms", "iso-2022-jp"),
    ("csiso2022kr", "iso-2022-kr"),
    ("win-1251", "windows-1251"),
    ("mac-cyrillic", "x-mac-cyrillic"),
    ("unicode-1-1-utf-7", "utf-7"),
];

/// Octets of HTML in which it may name its character set (WHATWG HTML section 13.2.3.2).
const NAMED_WITHIN: usize = 1024;

/// The characters of a text part. The flag says that octets did not fit the character set, or nobody
/// knows it.
pub(super) fn characters(octets: &[u8], charset: Option<&str>) -> (String, bool) {
    let name = charset
        .unwrap_or("us-ascii")
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';'));
    let name = name.to_ascii_lowercase();
    let name = NAMES
        .iter()
        .find(|(own, _)| *own == name)
        .map_or(name.as_str(), |(_, meant)| *meant);
    let unicode = matches!(name, "utf-8" | "utf8" | "us-ascii" | "ascii" | "unknown-8bit" | "");
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").filter(|_| unicode).unwrap_or(octets);
    if unicode {
        return match std::str::from_utf8(octets) {
            Ok(text) => (text.to_owned(), false),
            // Unlabelled octets: windows-1252 is what browsers read them as (WHATWG Encoding). Labelled
            // UTF-8 that is none keeps what is.
            Err(_) if name.starts_with("utf") => (String::from_utf8_lossy(octets).into_owned(), true),
            Err(_) => (windows_1252(octets), true),
        };
    }
    let (name, octets) = shifted(name, octets);
    match charset_decoder(name.as_bytes()) {
        Some(decode) => {
            let text = decode(&octets);
            let odd = text.contains('\u{fffd}');
            (text, odd)
        }
        None => match std::str::from_utf8(&octets) {
            Ok(text) => (text.to_owned(), !text.is_ascii()),
            Err(_) => (windows_1252(&octets), true),
        },
    }
}

pub(super) fn windows_1252(octets: &[u8]) -> String {
    charset_decoder(b"windows-1252").map_or_else(|| String::from_utf8_lossy(octets).into_owned(), |decode| decode(octets))
}

/// The sets that shift between two tables: what the decoder understands of them, and as which set.
fn shifted<'a>(name: &'a str, octets: &'a [u8]) -> (&'a str, Cow<'a, [u8]>) {
    match name {
        // An escape at once behind another is none of the text; to the decoder it is a fault (WHATWG Encoding).
        "iso-2022-jp" => (name, without_idle_escapes(octets).into()),
        // RFC 1557: shift out, shift in, and a line that says so.
        "iso-2022-kr" => ("euc-kr", high(octets, b"\x0e", b"\x0f", b"\x1b$)C").into()),
        // RFC 1843.
        "hz-gb-2312" => ("gb18030", high(octets, b"~{", b"~}", b"~\n").into()),
        _ => (name, octets.into()),
    }
}

fn without_idle_escapes(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let [octet, after @ ..] = rest {
        let idle = matches!(rest, [0x1b, b'(' | b'$', _, 0x1b, ..]);
        if idle {
            rest = rest.get(3..).unwrap_or_default();
        } else {
            out.push(*octet);
            rest = after;
        }
    }
    out
}

/// The octets between `begin` and `end`, or the end of the line, with their highest bit; `idle` means nothing.
fn high(octets: &[u8], begin: &[u8], end: &[u8], idle: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let (mut rest, mut is_high) = (octets, false);
    while let [octet, after @ ..] = rest {
        let mark = [begin, end, idle].into_iter().find(|mark| rest.starts_with(mark));
        if let Some(mark) = mark {
            is_high = mark == begin || (is_high && mark == idle);
            rest = rest.get(mark.len()..).unwrap_or_default();
            continue;
        }
        is_high &= *octet != b'\n';
        out.push(if is_high && (0x21..0x7f).contains(octet) {
            octet | 0x80
        } else {
            *octet
        });
        // `~~` is a tilde; between the marks it ends a character, and another mark may follow.
        let tilde = rest.strip_prefix(b"~~").filter(|_| begin == b"~{" && !is_high);
        rest = tilde.unwrap_or(after);
    }
    out
}

/// The character set that HTML names itself, where nobody else does.
pub(super) fn named_in_html(octets: &[u8]) -> Option<String> {
    let begin = String::from_utf8_lossy(octets.get(..NAMED_WITHIN).unwrap_or(octets)).to_ascii_lowercase();
    let (_, meta) = begin.split_once("<meta")?;
    let (_, named) = meta.split_once("charset")?;
    let named = named.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = named.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)))?;
    // In sixteen bits nobody could have read that, and what UTF-7 hides no browser shows.
    let name = named.get(..end).filter(|name| !name.is_empty() && !name.starts_with("utf"))?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_the_set_that_was_meant() {
        for (octets, name, expected) in [
            (&b"\x87\x40\x93\xfa"[..], "cp932", "①日"),
            (b"\xcf", "'Win-1251'", "П"),
            (b"\x1b$BF|\x1b(B\x1b$BK\\\x1b(B.", "iso-2022-jp-ms", "日本."),
            (b"\x1b$)C\n\x0e>H3g\x0f ok\n\x0e>H\nHi", "iso-2022-kr", "\n안녕 ok\n안\nHi"),
            (b"a ~{VPND~} b~~ ~\nc", "HZ-GB-2312", "a 中文 b~ c"),
            (b"\xe9", "x-foo", "é"),
            (b"\xc3\xa9", "utf-8;", "é"),
        ] {
            assert_eq!(characters(octets, Some(name)).0, expected, "{name}");
        }
    }

    #[test]
    fn html_names_its_set() {
        for (html, expected) in [
            ("<html><META http-equiv=x content='text/html; charset=KOI8-R'>", Some("koi8-r")),
            ("<meta charset = \"windows-1251\"/>", Some("windows-1251")),
            ("<meta charset=utf-16>", None),
            ("<meta charset=utf-7>", None),
            ("<meta charset>charset=x", None),
            ("<p>charset=koi8-r</p>", None),
        ] {
            assert_eq!(named_in_html(html.as_bytes()).as_deref(), expected, "{html}");
        }
        assert_eq!(
            named_in_html(format!("{}<meta charset=koi8-r>", " ".repeat(2_000)).as_bytes()),
            None
        );
    }
}
