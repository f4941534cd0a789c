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
mod surface;
mod trackers;

pub use surface::{Place, Surface, place, surface};

use super::base64url;
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
    /// `Content-ID` of the embedded pictures that stand in it, each once. One that is too large, or of another kind, does not.
    pub pictures: Vec<String>,
}

/// Reads hostile HTML into reader HTML. Bounded in input size (1 MiB) and nesting; beyond that the
/// text alone is shown.
pub fn reader(html: &str, embedded: &[Embedded]) -> ReaderView {
    let html = bounded(html);
    let scan = scan::scan(html, false);
    let (html, pictures) = if scan.too_much {
        (of_text(&text(html)), Vec::new())
    } else {
        reader::view(html, embedded)
    };
    ReaderView {
        html,
        findings: scan.findings,
        trackers: scan.trackers,
        pictures,
    }
}

/// Counts what a message's HTML would do, without building the reader view. One linear pass.
pub fn findings(html: &str) -> (HtmlFindings, Vec<String>) {
    let scan = scan::scan(bounded(html), false);
    (scan.findings, scan.trackers)
}

/// What each link that deceives shows, and the host that it opens; as many as are kept, in order. One linear pass.
pub fn deceptive_links(html: &str) -> Vec<(String, String)> {
    scan::scan(bounded(html), false).deceptive
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

/// The embedded picture of a `cid:` address and its `data:` address, if it is of a kind that cannot run anything and that takes
/// no more octets than `room`: the same one may be named ten thousand times.
fn inlined<'a>(address: &str, embedded: &'a [Embedded], room: usize) -> Option<(&'a Embedded, String)> {
    // 2 MiB a picture: it stands in the page a third again as large.
    const MOST: usize = 2 * 1024 * 1024;
    let scheme = address.trim().get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:"))?;
    let id = address.trim().get(scheme.len()..)?;
    let found = embedded.iter().find(|picture| picture.content_id == id).or_else(|| {
        let decoded = percent_decoded(id);
        embedded.iter().find(|picture| picture.content_id == decoded)
    })?;
    let kind = raster(&found.bytes).filter(|_| found.bytes.len() <= MOST)?;
    let head = format!("data:{kind};base64,");
    let fits = head.len() + found.bytes.len().div_ceil(3) * 4 <= room;
    fits.then(|| (found, head + &base64url::plain(&found.bytes)))
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

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = &[0x89, b'P', b'N', b'G', 13, 10, 26, 10];

    fn picture(content_id: &str, bytes: &[u8]) -> Embedded {
        Embedded {
            content_id: content_id.to_owned(),
            media_type: "image/png".to_owned(),
            bytes: bytes.to_vec(),
        }
    }

    fn view(html: &str) -> String {
        reader(html, &[]).html
    }

    #[test]
    fn a_link_says_whom_it_opens_and_carries_nothing() {
        const REL: &str = "target=\"_blank\" rel=\"noreferrer noopener nofollow\"";
        for (html, expected) in [
            (
                "<a href='https://example.org/a?utm_source=x&id=1' class=host id=x onclick=y>read</a>",
                format!("<a href=\"https://example.org/a?id=1\" {REL}>read</a> <span class=\"host\">example.org</span>"),
            ),
            (
                "<a href=https://example.org/>Example.org</a>",
                format!("<a href=\"https://example.org/\" {REL}>Example.org</a>"),
            ),
            (
                "<a href=https://evil.example/>bank.org</a>",
                format!(
                    "<a href=\"https://evil.example/\" {REL} class=\"deceptive\">bank.org</a> <span class=\"host\">evil.example</span>"
                ),
            ),
            ("<p><a href=javascript:alert(1)>x</a>y", "<p>xy</p>".to_owned()),
            ("<a name=top>here</a>", "here".to_owned()),
        ] {
            assert_eq!(view(html), expected);
        }
    }

    #[test]
    fn only_pictures_that_came_along_are_shown() {
        let pictures = [picture("a@x", PNG), picture("svg", b"<svg onload=alert(1)>")];
        let shown = |html: &str| reader(html, &pictures).html;
        let inline = |rest: &str| format!("<img src=\"data:image/png;base64,iVBORw0KGgo=\" {rest}>");
        assert_eq!(shown("<img src=cid:a@x alt=A width=9>"), inline("alt=\"A\" width=\"9\""));
        assert_eq!(shown("<img src=CID:a%40x>"), inline("alt=\"\""));
        assert_eq!(
            shown("<img src=cid:svg alt=drawing>"),
            "<span class=\"removed-image\">drawing</span>"
        );
        assert_eq!(
            shown("<img src=https://example.org/x.png alt='Spring <sale>'>"),
            "<span class=\"removed-image\">Spring &lt;sale&gt;</span>"
        );
        assert_eq!(shown("<img src=https://example.org/x.png>"), "");
        assert!(original("<img src=cid:a@x>", &pictures).contains("data:image/png;base64,iVBORw0KGgo="));
    }

    #[test]
    fn what_html_tries_is_counted() {
        let (found, who) = findings(
            "<img src=https://a.example/1.png width=200><img src=//b.example/t.gif width=1 height=1>\
             <img src=https://c.example/x style='display:none'><p style='background:url(https://d.example/bg.png)'>\
             <script>x()</script><form></form><a href='javascript:x' onclick=x>y</a>\
             <img src=https://u1.ct.sendgrid.net/wf/open?upn=1><a href=https://evil.example>https://bank.org/</a><img src=cid:x width=1>",
        );
        let expected = HtmlFindings {
            remote: 5,
            trackers: 3,
            active: 4,
            deceptive: 1,
        };
        assert_eq!(found, expected);
        assert_eq!(who, ["b.example", "c.example", "SendGrid"]);
        let plain = "<p>Plain <b>words</b> and <a href=https://example.org>a link</a>";
        assert_eq!(findings(plain), (HtmlFindings::default(), Vec::new()));
    }

    #[test]
    fn what_a_browser_would_fetch_is_counted_however_it_is_written() {
        for (html, remote) in [
            ("<base href=https://t.example/a/><img src=x.gif><img src=cid:y><a href=z>z</a>", 1),
            ("<base href=//t.example><p style='background:url(x.gif)'>", 1),
            ("<base target=_blank><img src=x.gif>", 0),
            ("<img src=x.gif><img src=#y:z>", 0),
            ("<img src=\"ht&#10;tps://t.example/x.gif\">", 1),
            ("<img src=\"&#9;/&#9;/t.example/x.gif\">", 1),
            ("<img src='https:\\\\t.example/x.gif'>", 1),
            ("<p>x<style>p{background:url(https://t.example/x.gif)}", 1),
            ("<style/>@import 'https://t.example/x.css';</style>", 1),
            ("<title/><!--</title><img src=https://t.example/x.gif>-->", 1),
        ] {
            let expected = HtmlFindings {
                remote,
                ..HtmlFindings::default()
            };
            assert_eq!(findings(html).0, expected, "{html}");
        }
        assert_eq!(
            findings("<base href=https://t.example/><img src=x.gif width=1 height=1>").1,
            ["t.example"]
        );
        // What is read otherwise in a drawing, and what is none.
        for html in [
            "<svg><style><img src=https://t.example/x.gif></style></svg>",
            "<svg><title/><!--</title><img src=https://t.example/x.gif>--></svg>",
        ] {
            assert!(!findings(html).0.is_clean(), "{html}");
        }
        for html in ["<svg><title>Logo</title></svg>", "<title/><p>x", "<style>a>b{color:red}"] {
            assert!(findings(html).0.is_clean(), "{html}");
        }
        assert_eq!(text("<title/><p>x"), "x");
    }

    #[test]
    fn what_would_be_quadratic_is_bounded() {
        let many = |piece: &str| piece.repeat(MAX_HTML / piece.len());
        for html in [
            format!("<p style=\"{}", many("url(")),
            format!("<p style=\"{}", many("url(//a ")),
            format!("<style>{}", many("url(")),
            format!("<style>{}", many("@import //a")),
            format!("<style>{}", many("url(image-set(")),
            many("<img src=//a>"),
            format!("<base href=https://{}><img src=x>", "a".repeat(MAX_HTML / 2)),
            format!("<base href=https://{}>{}", "a".repeat(MAX_HTML / 2), "<img src=x>".repeat(40_000)),
        ] {
            // A quadratic reader would not come to the end of this test.
            findings(&html);
        }
    }

    #[test]
    fn a_picture_is_written_where_there_is_room_and_said_to_stand_there() {
        let picture = [Embedded {
            content_id: "a".into(),
            media_type: "image/png".into(),
            bytes: [&[0x89, b'P', b'N', b'G'][..], &[0; 296]].concat(),
        }];
        let long = "data:image/png;base64,".len() + 400;
        assert_eq!(inlined("cid:a", &picture, long).unwrap().1.len(), long);
        // The same one may be named ten thousand times: what has no room is not encoded first.
        assert_eq!(inlined("cid:a", &picture, long - 1), None);
        let view = reader("<img src=cid:a><img src=cid:a><img src=cid:b alt=b>", &picture);
        assert_eq!((view.html.matches("data:").count(), view.pictures), (2, vec!["a".to_owned()]));
    }

    #[test]
    fn what_is_too_much_for_a_tree_is_shown_as_text() {
        let many = |word: &str| (0..5_000).map(|n| format!("{word}{n} ")).collect::<String>();
        let fonts: String = (0..200).map(|n| format!("<font color={n}>")).collect();
        let cases = [
            ("deep", format!("{}core", "<div>".repeat(5_000))),
            ("copies", format!("<p>{fonts}{}", "<p>x".repeat(50_000))),
            ("attributes", format!("<a {}>core</a>", many("a=1 b"))),
            ("behind a comment", format!("<!-- <a x=\" --><b {}>core</b>", many("a"))),
            ("behind a quote that is none", format!("<a a=x=\"y {}>core</a>", many("a"))),
        ];
        for (name, html) in cases {
            let view = view(&html);
            assert!(
                view.starts_with("<div class=\"plain\">"),
                "{name}: {}",
                view.get(..200).unwrap_or(&view)
            );
            assert!(original(&html, &[]).contains("<div class=\"plain\">"), "{name}");
        }
        // A picture written into the page is long, and no reason at all.
        let picture = format!("<img alt=x src=\"data:image/png;base64,{}\">", "ab/+".repeat(50_000));
        assert!(view(&picture).starts_with("<img src=\"data:"));
    }

    #[test]
    fn layout_that_means_something_stays() {
        let html = "<table><tr><th align=right colspan=2>a</th></tr></table><ol start=3 type=i><li value=4>b</ol>\
                    <blockquote cite=x>c</blockquote><p dir=rtl>d";
        let seen = view(html);
        for kept in [
            "<table><tbody><tr><th",
            "align=\"right\"",
            "colspan=\"2\"",
            "start=\"3\"",
            "type=\"i\"",
            "<li value=\"4\">b</li>",
            "<blockquote class=\"quote\">c</blockquote>",
            "<p dir=\"rtl\">d</p>",
        ] {
            assert!(seen.contains(kept), "{kept} in {seen}");
        }
        assert_eq!(
            view("<p>shown<span style='display: none'>hidden <b>too</b></span></p>"),
            "<p>shown</p>"
        );
    }
}
