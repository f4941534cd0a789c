//! Hostile HTML becomes reader HTML, and what it tried is counted. `ammonia` lives here only.
//!
//! `scan` counts and bounds, `reader` makes the view for our own page, `original` the one for the
//! sandboxed frame; `links`, `trackers` and `css` know what they need to know.
//!
//! The classes in reader HTML are ours alone, a sender's are dropped with its ids and styles:
//! - `a.deceptive`: a link that shows one host and opens another;
//! - `span.host`, right behind a link: the host (or mail address) it opens, where its text does not say;
//! - `blockquote.quote`: a quotation;
//! - `span.removed-image`: the words that stood for a picture that was not loaded;
//! - `div.plain`: text whose line ends count.
//!
//! Deliberately absent: colours, fonts and sizes of the sender. Whoever wants them opens "Original".

mod css;
mod links;
mod original;
mod reader;
mod rewrite;
mod scan;
mod trackers;

use crate::domain::privacy::evidence::HtmlFindings;

/// Octets of HTML that are read.
const MAX_HTML: usize = 1024 * 1024;

/// Names of those who watch that are kept.
const MAX_TRACKERS: usize = 50;

/// A picture embedded in the message itself, to stand where the HTML says `cid:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// `Content-ID` without brackets.
    pub content_id: String,
    /// Its media type.
    pub media_type: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

/// The HTML of a message made safe to show inside our own page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderView {
    /// Allow-listed HTML without remote content, scripts, styles, forms or ids.
    pub html: String,
    /// What was found while reading.
    pub findings: HtmlFindings,
    /// Who watches, by name where known (`Mailchimp`), else by host; each once, in order.
    pub trackers: Vec<String>,
}

/// Reads hostile HTML into reader HTML. Bounded in input size (1 MiB) and nesting; beyond that the
/// text alone is shown.
pub fn reader(html: &str, embedded: &[Embedded]) -> ReaderView {
    let html = bounded(html);
    let scan = scan::scan(html, false);
    ReaderView {
        html: if scan.too_much {
            of_text(&text(html))
        } else {
            reader::view(html, embedded)
        },
        findings: scan.findings,
        trackers: scan.trackers,
    }
}

/// Counts what a message's HTML would do, without building the reader view. One linear pass.
pub fn findings(html: &str) -> (HtmlFindings, Vec<String>) {
    let scan = scan::scan(bounded(html), false);
    (scan.findings, scan.trackers)
}

/// The text of HTML: paragraphs on lines of their own, links and pictures by their words. One linear pass.
pub fn text(html: &str) -> String {
    scan::scan(bounded(html), true).text
}

/// Plain text as reader HTML.
pub fn of_text(text: &str) -> String {
    format!("<div class=\"plain\">{}</div>", escaped(text).replace('\n', "<br>\n"))
}

/// The sender's HTML for the sandboxed frame of "Original": remote content still gone, `cid:`
/// pictures inlined, links opening in a window of their own. A whole document that loads nothing even
/// where the policy it is served with (`default-src 'none'; img-src data:; style-src 'unsafe-inline';
/// sandbox allow-popups allow-popups-to-escape-sandbox`) is not enforced.
pub fn original(html: &str, embedded: &[Embedded]) -> String {
    let html = bounded(html);
    let scan = scan::scan(html, false);
    original::document(&if scan.too_much {
        of_text(&text(html))
    } else {
        original::body(html, embedded)
    })
}

/// The part of a text that is read.
fn bounded(html: &str) -> &str {
    let mut end = MAX_HTML.min(html.len());
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    html.get(..end).unwrap_or_default()
}

/// A text with the five characters that mean something in HTML written as references.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => (),
            c => out.push(c),
        }
    }
    out
}

/// The `data:` address of an embedded picture, if it is of a kind that cannot run anything.
fn inlined(address: &str, embedded: &[Embedded]) -> Option<String> {
    // 2 MiB a picture: it stands in the page three quarters again as large.
    const MOST: usize = 2 * 1024 * 1024;
    let scheme = address.trim().get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:"))?;
    let id = address.trim().get(scheme.len()..)?;
    let found = embedded.iter().find(|picture| picture.content_id == id).or_else(|| {
        let decoded = percent_decoded(id);
        embedded.iter().find(|picture| picture.content_id == decoded)
    })?;
    let kind = raster(&found.bytes).filter(|_| found.bytes.len() <= MOST)?;
    Some(format!("data:{kind};base64,{}", base64(&found.bytes)))
}

/// A `data:` picture that the sender wrote into the HTML itself, if it is a raster one.
fn is_raster_data(address: &str) -> bool {
    let lower: String = address.chars().take(30).collect::<String>().to_ascii_lowercase();
    ["png", "jpeg", "jpg", "gif", "webp"]
        .iter()
        .any(|kind| lower.starts_with(&format!("data:image/{kind};base64,")))
        && address.split_once(',').is_some_and(|(_, data)| {
            data.bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet) || octet.is_ascii_whitespace())
        })
}

/// The media type of a picture by its first octets: what the sender says it is does not matter.
fn raster(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [octet, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let escaped = digit(0)
            .zip(digit(1))
            .filter(|_| *octet == b'%')
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(escaped.unwrap_or(*octet));
        rest = after.get(if escaped.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// RFC 4648 section 4. The one encoder that is needed here is shorter than a dependency.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let octet = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let word = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            let letter = ALPHABET.get((word >> (18 - 6 * place)) as usize & 63).copied().unwrap_or(b'=');
            out.push(char::from(if place <= chunk.len() { letter } else { b'=' }));
        }
    }
    out
}
