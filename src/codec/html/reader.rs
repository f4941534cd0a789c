//! The reader view: an allow-list of what carries meaning, and nothing of what carries looks.

use super::{
    Embedded,
    rewrite::{Page, rewrite},
};
use ammonia::{Builder, UrlRelative};
use std::collections::{HashMap, HashSet};

/// Elements of meaning.
const TAGS: [&str; 60] = [
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "bdi",
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
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
];

/// Elements that go with all that is in them.
pub(super) const GONE: [&str; 16] = [
    "script", "style", "title", "textarea", "select", "datalist", "iframe", "noframes", "noembed", "template", "svg", "math", "audio",
    "video", "canvas", "xmp",
];

/// Attributes that the second wall looks at; it writes fewer.
const ATTRIBUTES: [(&str, &[&str]); 9] = [
    ("a", &["href"]),
    ("img", &["src", "alt", "width", "height"]),
    ("td", &["colspan", "rowspan", "align", "valign"]),
    ("th", &["colspan", "rowspan", "align", "valign"]),
    ("tr", &["align", "valign"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("ol", &["start", "type"]),
    ("li", &["value"]),
];

/// The reader view of HTML that `scan` found fit for a tree.
pub(super) fn view(html: &str, embedded: &[Embedded]) -> (String, Vec<String>) {
    let mut sanitiser = sanitiser(&GONE);
    sanitiser
        .tags(HashSet::from(TAGS))
        .tag_attributes(
            ATTRIBUTES
                .iter()
                .map(|(tag, names)| (*tag, names.iter().copied().collect()))
                .collect::<HashMap<_, _>>(),
        )
        // `style` only tells the second wall what is hidden; it is never written.
        .generic_attributes(HashSet::from(["dir", "lang", "style"]));
    rewrite(&sanitiser.clean(html).to_string(), Page::Ours, &TAGS, embedded)
}

/// What both views have in common: no address but the few kinds that mean something in a message.
pub(super) fn sanitiser<'a>(gone: &[&'a str]) -> Builder<'a> {
    let mut sanitiser = Builder::empty();
    sanitiser
        .clean_content_tags(gone.iter().copied().collect())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid", "data"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .strip_comments(true);
    sanitiser
}
