//! Hostile HTML becomes reader HTML, and what it tried is counted. `ammonia` lives here only.

use crate::domain::privacy::evidence::HtmlFindings;

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
pub fn reader(_html: &str, _embedded: &[Embedded]) -> ReaderView {
    ReaderView::default()
}

/// Counts what a message's HTML would do, without building the reader view.
pub fn findings(html: &str) -> (HtmlFindings, Vec<String>) {
    let view = reader(html, &[]);
    (view.findings, view.trackers)
}

/// The sender's HTML for the sandboxed frame of "Original": remote content still gone, `cid:`
/// pictures inlined, links opening in a window of their own.
pub fn original(_html: &str, _embedded: &[Embedded]) -> String {
    String::new()
}
