//! The sender's own looks for the sandboxed frame: styles stay, unable to fetch; everything that is
//! fetched, sent or run is gone before the frame's policy would stop it.

use super::{
    Embedded,
    reader::{GONE, sanitiser},
    rewrite::{Page, rewrite},
};
use std::collections::{HashMap, HashSet};

/// The policy of the frame, written into the document as well as sent with it.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const TAGS: [&str; 72] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
    "nobr",
];

/// The body of the document, from HTML that `scan` found fit for a tree.
pub(super) fn body(html: &str, embedded: &[Embedded]) -> String {
    let gone: Vec<&str> = GONE.iter().copied().filter(|tag| *tag != "style").collect();
    let mut sanitiser = sanitiser(&gone);
    sanitiser
        .tags(HashSet::from(TAGS))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt"])),
            ("ol", HashSet::from(["start", "type"])),
            ("li", HashSet::from(["value"])),
            ("col", HashSet::from(["span"])),
            ("colgroup", HashSet::from(["span"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan"])),
        ]))
        .generic_attributes(HashSet::from([
            "align",
            "bgcolor",
            "border",
            "cellpadding",
            "cellspacing",
            "class",
            "color",
            "dir",
            "face",
            "height",
            "id",
            "lang",
            "noshade",
            "nowrap",
            "role",
            "size",
            "style",
            "valign",
            "width",
        ]));
    rewrite(&sanitiser.clean(html).to_string(), Page::Frame, &TAGS, embedded).0
}

/// A whole document around a body.
pub(super) fn document(body: &str) -> String {
    format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <meta name=\"viewport\" content=\"width=device-width\"></head>\n<body>{body}</body></html>\n"
    )
}
