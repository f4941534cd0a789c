//! What is in a page, drawing or PDF that a program would run.
//!
//! Pages are searched as text and not read as HTML: what hides behind tricks of a parser is still written
//! down somewhere, and a false alarm here costs one sentence.

use super::octets::{holds, slice};
use crate::domain::danger::Threat;
use flate2::read::ZlibDecoder;
use std::io::Read;

/// Octets of a page that are searched.
const MOST: usize = 4 * 1024 * 1024;
/// Packed streams of a PDF that are looked into, and octets of each.
const STREAMS: usize = 64;
const STREAM: usize = 1024 * 1024;

/// Whether these octets begin like a web page.
pub(super) fn is_page(bytes: &[u8]) -> bool {
    let start = beginning(bytes);
    ["<!doctype html", "<html", "<head", "<body", "<script"]
        .iter()
        .any(|tag| start.starts_with(tag))
}

/// Whether these octets begin like an SVG drawing.
pub(super) fn is_drawing(bytes: &[u8]) -> bool {
    let start = beginning(bytes);
    start.starts_with("<svg")
        || ((start.starts_with("<?xml") || start.starts_with("<!--") || start.starts_with("<!doctype svg")) && start.contains("<svg"))
}

fn beginning(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..1_024).unwrap_or(bytes)).to_lowercase();
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}

/// Whether a page puts a file together on the reader's machine: a script that decodes octets and hands them
/// over as a download, or a link or frame that carries a whole file in its address.
pub(crate) fn assembles(page: &str) -> bool {
    let mut end = page.len().min(MOST);
    while !page.is_char_boundary(end) {
        end -= 1;
    }
    let lower = page.get(..end).unwrap_or_default().to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let script = lower.contains("<script") || any(&[" onload=", " onerror=", "javascript:"]);
    let made = any(&["atob(", "fromcharcode", "unescape(", "uint8array", "charcodeat", "base64"]);
    let handed = any(&[
        "blob(",
        "mssaveoropenblob",
        "mssaveblob",
        "createobjecturl",
        ".download",
        "document.write(",
    ]);
    let carried = any(&[
        "data:application/",
        "data:text/html;base64",
        "data:binary/",
        "data:image/svg+xml;base64",
        "data:;base64",
    ]) && any(&[" download", "<iframe", "<embed", "<object", "http-equiv=\"refresh", "location"]);
    script && made && handed || carried
}

/// What is the matter with a page as a file, beside being one.
pub(super) fn page(bytes: &[u8]) -> Vec<Threat> {
    let text = text(bytes);
    let mut found = Vec::new();
    if assembles(&text) {
        found.push(Threat::Assembles);
    }
    let lower = text.to_ascii_lowercase();
    if lower.contains("<input")
        && ["type=password", "type=\"password", "type='password"]
            .iter()
            .any(|field| lower.contains(field))
    {
        found.push(Threat::AsksPassword);
    }
    found
}

/// What is the matter with a drawing.
pub(super) fn drawing(bytes: &[u8]) -> Vec<Threat> {
    let mut found = page(bytes);
    let lower = text(bytes).to_ascii_lowercase();
    let handler = |at: usize| {
        let rest = lower.get(at + 3..).unwrap_or_default();
        let name = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        name > 2 && rest.get(name..).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    if lower.contains("<script") || lower.contains("javascript:") || lower.match_indices(" on").any(|(at, _)| handler(at)) {
        found.push(Threat::ActiveDrawing);
    }
    found
}

/// As text, whatever its characters are: UTF-16 loses its zeros.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.get(..MOST).unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let octets: Vec<u8> = bytes.iter().copied().filter(|octet| *octet != 0).collect();
        return String::from_utf8_lossy(&octets).into_owned();
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether these octets are a PDF: readers look for its mark in the first 1,024.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    holds(bytes.get(..1_024).unwrap_or(bytes), b"%PDF-")
}

/// What is the matter with a PDF (ISO 32000-1): names of actions, in the open and in packed object streams.
pub(super) fn pdf(bytes: &[u8]) -> Vec<Threat> {
    let mut found = actions(bytes);
    let mut left = STREAMS;
    for at in memchr::memmem::find_iter(bytes, b"/ObjStm") {
        if left == 0 {
            break;
        }
        left -= 1;
        let Some(rest) = bytes.get(at..) else { break };
        let Some(start) = memchr::memmem::find(rest.get(..2_048).unwrap_or(rest), b"stream") else {
            continue;
        };
        let data = rest.get(start + 6..).unwrap_or_default();
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        let mut out = Vec::new();
        // A stream that ends early is searched as far as it goes.
        let _ = ZlibDecoder::new(data).take(STREAM as u64).read_to_end(&mut out);
        for threat in actions(&out) {
            if !found.contains(&threat) {
                found.push(threat);
            }
        }
    }
    found
}

fn actions(bytes: &[u8]) -> Vec<Threat> {
    let mut found = Vec::new();
    for at in memchr::memchr_iter(b'/', bytes) {
        let threat = match name(bytes, at).as_slice() {
            b"JavaScript" | b"JS" => Threat::PdfScript,
            b"Launch" => Threat::PdfLaunch,
            b"EmbeddedFile" | b"EmbeddedFiles" => Threat::Embedded,
            _ => continue,
        };
        if !found.contains(&threat) {
            found.push(threat);
        }
        if found.len() == 3 {
            break;
        }
    }
    found
}

/// The name that begins at a slash, its `#xx` written out (ISO 32000-1 section 7.3.5), at most so long as ours.
fn name(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = slice(bytes, at + 1, 48).unwrap_or_else(|| bytes.get(at + 1..).unwrap_or_default());
    while let [octet, after @ ..] = rest {
        if out.len() > 16 || !(octet.is_ascii_alphanumeric() || *octet == b'#') {
            break;
        }
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let escaped = digit(0)
            .zip(digit(1))
            .filter(|_| *octet == b'#')
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(escaped.unwrap_or(*octet));
        rest = after.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_page_that_makes_a_file_is_told_from_one_that_is_read() {
        for (html, expected) in [
            (
                "<script>var b=new Blob([Uint8Array.from(atob(x))]);a.href=URL.createObjectURL(b);a.click()</script>",
                true,
            ),
            (
                "<a href=\"data:application/zip;base64,UEsDB\" download=\"invoice.zip\">open</a>",
                true,
            ),
            ("<iframe src='data:text/html;base64,PHNjcmlwdD4='></iframe>", true),
            ("<script>document.write(unescape('%3Cform'))</script>", true),
            ("<p>Blob and atob( are words</p>", false),
            ("<img src=\"data:image/png;base64,iVBO\"> download", false),
            ("<a href=https://example.org/a.zip download>x</a>", false),
        ] {
            assert_eq!(assembles(html), expected, "{html}");
        }
        assert_eq!(page(b"<form><input name=p type='password'></form>"), [Threat::AsksPassword]);
        assert_eq!(page("\u{feff}<p>x".as_bytes()), []);
    }

    #[test]
    fn a_drawing_with_a_program_is_none_without() {
        for active in [
            &b"<svg><script>alert(1)</script></svg>"[..],
            b"<svg onload = 'x()'>",
            b"<svg><a href='JavaScript:x'>",
            b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0",
        ] {
            assert_eq!(drawing(active), [Threat::ActiveDrawing]);
        }
        assert_eq!(drawing(b"<svg><text>one on one = two</text></svg>"), []);
        assert!(is_drawing(b"<?xml version='1.0'?><!-- x --><svg>") && !is_drawing(b"<?xml version='1.0'?><rss>"));
    }

    #[test]
    fn a_pdf_is_searched_inside_too() {
        assert_eq!(pdf(b"%PDF-1.7 << /OpenAction << /S /JavaScript /JS (x) >> >>"), [Threat::PdfScript]);
        assert_eq!(pdf(b"%PDF-1.7 << /S /#4aava#53cript >>"), [Threat::PdfScript]);
        assert_eq!(pdf(b"%PDF-1.7 << /S /Launch >> /JSON /Lau"), [Threat::PdfLaunch]);
        assert_eq!(pdf(b"%PDF-1.7 << /URI (http://example.org/JS) >>").len(), 1);
        assert_eq!(pdf(b"%PDF-1.7 plain"), []);
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"1 0 << /S /JavaScript >>").unwrap();
        let stream = [
            b"%PDF-1.7 1 0 obj << /Type /ObjStm >> stream\r\n",
            packed.finish().unwrap().as_slice(),
        ]
        .concat();
        assert_eq!(pdf(&stream), [Threat::PdfScript]);
        for len in 0..stream.len() {
            let _ = pdf(&stream[..len]);
        }
    }
}
