//! One pass over the tokens of a stranger's HTML: what it would fetch, who watches, what is active, where
//! links lie, what its text is, and whether it may be given to a tree builder at all.
//!
//! Tokens and no tree: a pass is linear whatever the HTML does, and cheap enough for every message that
//! arrives. The tree builder's own time and memory are bounded by what is counted here, because it is
//! quadratic in how deep elements lie and makes a copy of every unclosed `<font>` in every paragraph.

use super::{MAX_TRACKERS, css, links, trackers};
use crate::domain::privacy::evidence::HtmlFindings;
use html5ever::{
    Attribute, TokenizerResult,
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind},
};
use std::cell::RefCell;

/// Elements that may be open at once, tags in all, and copies of unclosed formatting elements.
const MAX_OPEN: u32 = 256;
const MAX_TAGS: u32 = 100_000;
const MAX_COPIES: u64 = 200_000;

/// Attributes of one tag: the tokenizer compares each with all before it.
const MAX_ATTRIBUTES: u32 = 1_000;

/// Octets of a link's text that are compared with where it goes.
const MAX_LINK_TEXT: usize = 2_000;

/// Links that deceive whose words are kept, and characters of those words.
const MAX_DECEPTIVE: usize = 20;
const MAX_SHOWN: usize = 100;

/// Addresses that are looked for among those who watch: more of them only count.
const MAX_LOOKED_UP: u32 = 2_000;

/// What a pass found.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    pub findings: HtmlFindings,
    pub trackers: Vec<String>,
    /// What links that deceive show, and whom they open; the first few.
    pub deceptive: Vec<(String, String)>,
    /// The text of the page; empty where it was not asked for.
    pub text: String,
    /// Too deep, too many, too dense for a tree.
    pub too_much: bool,
}

/// Reads HTML once.
pub(super) fn scan(html: &str, with_text: bool) -> Scan {
    if has_too_many_attributes(html.as_bytes()) {
        // What cannot be read is not read as harmless.
        let findings = HtmlFindings {
            active: 1,
            ..HtmlFindings::default()
        };
        return Scan {
            findings,
            text: if with_text { without_tags(html) } else { String::new() },
            too_much: true,
            ..Scan::default()
        };
    }
    let sink = Sink(RefCell::new(State {
        with_text,
        line: Line::Start,
        ..State::default()
    }));
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    state.close_link();
    // A browser closes a style that nothing closes.
    state.close_style();
    let text = state.scan.text.trim_end().len();
    state.scan.text.truncate(text);
    state.scan
}

/// Where inside of a tag a tokenizer is (WHATWG HTML section 13.2.5.8 and the ones that follow it).
#[derive(Clone, Copy)]
enum Place {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Double,
    Single,
    Bare,
}

impl Place {
    /// Where it is behind one more octet, and whether an attribute began with it; `None` behind the tag.
    fn after(self, octet: u8) -> Option<(Self, bool)> {
        let blank = matches!(octet, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
        let stay = |place| Some((place, false));
        match (self, octet) {
            (Self::Double, b'"') | (Self::Single, b'\'') => stay(Self::BeforeName),
            (Self::Double | Self::Single, _) => stay(self),
            (_, b'>') => None,
            (Self::TagName | Self::Bare, _) if blank => stay(Self::BeforeName),
            (Self::Bare, _) => stay(self),
            (Self::BeforeValue, b'"') => stay(Self::Double),
            (Self::BeforeValue, b'\'') => stay(Self::Single),
            (Self::BeforeValue, _) if blank => stay(self),
            (Self::BeforeValue, _) => stay(Self::Bare),
            (_, b'/') => stay(Self::BeforeName),
            (Self::TagName, _) => stay(self),
            (Self::BeforeName, _) if blank => stay(self),
            (Self::Name | Self::AfterName, _) if blank => stay(Self::AfterName),
            (Self::Name | Self::AfterName, b'=') => stay(Self::BeforeValue),
            (Self::Name, _) => stay(self),
            (Self::BeforeName | Self::AfterName, _) => Some((Self::Name, true)),
        }
    }
}

/// Whether any tag could have more than [`MAX_ATTRIBUTES`] attributes, wherever a tag may begin: inside
/// of a comment or a quotation as well, for only the tokenizer knows what is one. Linear: all tags that
/// may be open are followed at once, and of those in the same place only the longest.
pub(super) fn has_too_many_attributes(html: &[u8]) -> bool {
    use Place::{AfterName, Bare, BeforeName, BeforeValue, Double, Name, Single, TagName};
    const PLACES: [Place; 8] = [TagName, BeforeName, Name, AfterName, BeforeValue, Double, Single, Bare];
    let mut open: [Option<u32>; 8] = [None; 8];
    let mut before = b' ';
    for octet in html.iter().copied() {
        let mut next: [Option<u32>; 8] = [None; 8];
        for (place, attributes) in PLACES.into_iter().zip(open) {
            let Some((attributes, (place, began))) = attributes.zip(place.after(octet)) else {
                continue;
            };
            let attributes = attributes + u32::from(began);
            if attributes > MAX_ATTRIBUTES {
                return true;
            }
            if let Some(slot) = next.get_mut(place as usize) {
                *slot = (*slot).max(Some(attributes));
            }
        }
        let began = before == b'<' && octet.is_ascii_alphabetic();
        if let Some(slot) = next.get_mut(TagName as usize).filter(|_| began) {
            *slot = (*slot).max(Some(0));
        }
        open = next;
        before = octet;
    }
    false
}

/// The text between tags, for HTML that nothing finer may touch.
fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    for piece in html.split('<') {
        let text = piece.split_once('>').map_or(piece, |(_, text)| text);
        if !text.trim().is_empty() {
            out.push_str(text.trim());
            out.push('\n');
        }
    }
    out
}

struct Sink(RefCell<State>);

#[derive(Default)]
struct State {
    scan: Scan,
    with_text: bool,
    tags: u32,
    open: u32,
    open_by_name: std::collections::HashMap<String, u32>,
    formatting: u32,
    copies: u64,
    /// The element whose text is no text of the page.
    muted: Option<Muted>,
    in_style: bool,
    style: String,
    /// Where the page says that it lies (`<base>`): addresses without a scheme leave for it.
    base: Option<String>,
    link: Option<(String, String)>,
    pre: u32,
    line: Line,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Muted {
    Script,
    Style,
    Other,
}

/// What the last thing written was.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Start,
    Word,
    Blank,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return state.start(&tag),
            Token::TagToken(tag) => state.end(&tag),
            Token::CharacterTokens(text) => state.characters(&text),
            _ => (),
        }
        TokenSinkResult::Continue
    }
}

/// Elements whose end tag may be left out, or that have none: they do not pile up.
const CLOSES_ITSELF: [&str; 33] = [
    "area", "base", "basefont", "bgsound", "br", "col", "colgroup", "dd", "dt", "embed", "frame", "hr", "html", "head", "body", "img",
    "input", "keygen", "li", "link", "meta", "optgroup", "option", "p", "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr",
    "track",
];

/// Elements that a tree builder opens again in the next paragraph when they were not closed.
const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Elements that stand on lines of their own.
const BLOCK: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// Elements that are active by being there.
const ACTIVE: [&str; 11] = [
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "form",
    "portal",
    "fencedframe",
    "keygen",
    "frameset",
];

impl State {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        self.count_open(name);
        self.find(name, &tag.attrs);
        match name {
            "a" => {
                self.close_link();
                let href = attribute(&tag.attrs, "href").unwrap_or_default();
                self.link = Some((href.to_owned(), String::new()));
            }
            "pre" => self.pre += 1,
            "br" => self.newline(),
            "td" | "th" => self.blank(),
            "img" => {
                if let Some(alt) = attribute(&tag.attrs, "alt").filter(|alt| alt.len() < 500) {
                    let alt = alt.to_owned();
                    self.characters(&alt);
                }
            }
            _ => (),
        }
        if BLOCK.contains(&name) {
            self.paragraph(matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "blockquote"));
            match name {
                "li" => self.write("- "),
                "hr" => self.write("----\n"),
                _ => (),
            }
        }
        let (muted, raw) = match name {
            "script" => (Muted::Script, RawKind::ScriptData),
            "style" => (Muted::Style, RawKind::Rawtext),
            "title" | "textarea" => (Muted::Other, RawKind::Rcdata),
            "xmp" | "iframe" | "noembed" | "noframes" => (Muted::Other, RawKind::Rawtext),
            _ => return TokenSinkResult::Continue,
        };
        // Only in a drawing does such an element end itself. Elsewhere it takes in what follows, as in a browser; but
        // whoever wants the text wants it all the same.
        if tag.self_closing && (self.with_text || self.in_drawing()) {
            self.odd();
            return TokenSinkResult::Continue;
        }
        self.muted = Some(muted);
        self.in_style = muted == Muted::Style;
        TokenSinkResult::RawData(raw)
    }

    fn end(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        self.close_style();
        self.muted = None;
        if let Some(open) = self.open_by_name.get_mut(name).filter(|open| **open > 0) {
            *open -= 1;
            self.open -= 1;
            self.formatting -= u32::from(FORMATTING.contains(&name));
        }
        match name {
            "a" => self.close_link(),
            "pre" => self.pre = self.pre.saturating_sub(1),
            _ => (),
        }
        if BLOCK.contains(&name) {
            self.paragraph(matches!(name, "p" | "h1" | "h2" | "h3" | "h4" | "blockquote"));
        }
    }

    fn count_open(&mut self, name: &str) {
        self.tags += 1;
        self.copies += u64::from(self.formatting);
        if !CLOSES_ITSELF.contains(&name) {
            self.open += 1;
            self.formatting += u32::from(FORMATTING.contains(&name));
            *self.open_by_name.entry(name.to_owned()).or_default() += 1;
        }
        self.scan.too_much |= self.tags > MAX_TAGS || self.open > MAX_OPEN || self.copies > MAX_COPIES;
    }

    fn close_style(&mut self) {
        if std::mem::take(&mut self.in_style) {
            let style = std::mem::take(&mut self.style);
            self.style_fetches(&style);
        }
    }

    /// Whether an `svg` or `math` may be open: a browser reads the text of a style or title in it as tags.
    fn in_drawing(&self) -> bool {
        ["svg", "math"]
            .iter()
            .any(|name| self.open_by_name.get(*name).is_some_and(|open| *open > 0))
    }

    /// What cannot be read is not read as harmless.
    fn odd(&mut self) {
        self.scan.findings.active = self.scan.findings.active.saturating_add(1);
    }

    fn characters(&mut self, text: &str) {
        if matches!(self.muted, Some(Muted::Style | Muted::Other)) && text.contains('<') && self.in_drawing() {
            self.odd();
        }
        if self.in_style {
            self.style.push_str(text);
        }
        if self.muted.is_some() {
            return;
        }
        if let Some((_, shown)) = self.link.as_mut().filter(|(_, shown)| shown.len() < MAX_LINK_TEXT) {
            shown.push_str(text);
        }
        if !self.with_text {
            return;
        }
        if self.pre > 0 {
            self.write(text);
            return;
        }
        for (at, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            if at > 0 {
                self.blank();
            }
            self.write(word);
        }
    }

    fn write(&mut self, text: &str) {
        if self.with_text && !text.is_empty() {
            self.scan.text.push_str(text);
            self.line = Line::Word;
        }
    }

    fn blank(&mut self) {
        if self.with_text && self.line == Line::Word {
            self.scan.text.push(' ');
            self.line = Line::Blank;
        }
    }

    fn newline(&mut self) {
        if self.with_text {
            let end = self.scan.text.trim_end_matches(' ').len();
            self.scan.text.truncate(end);
            if !self.scan.text.ends_with("\n\n") && !self.scan.text.is_empty() {
                self.scan.text.push('\n');
            }
            self.line = Line::Start;
        }
    }

    /// A new line, and an empty one before it where a paragraph asks for one.
    fn paragraph(&mut self, apart: bool) {
        if self.line != Line::Start || !self.scan.text.ends_with('\n') {
            self.newline();
        }
        if apart && !self.scan.text.ends_with("\n\n") {
            self.newline();
        }
    }

    fn find(&mut self, name: &str, attrs: &[Attribute]) {
        let active = &mut self.scan.findings.active;
        if ACTIVE.contains(&name)
            || (name == "meta" && attribute(attrs, "http-equiv").is_some_and(|what| what.eq_ignore_ascii_case("refresh")))
        {
            *active = active.saturating_add(1);
        }
        for attr in attrs {
            let attribute: &str = &attr.name.local;
            let value: &str = &attr.value;
            if attribute.starts_with("on") && attribute.len() > 2 || is_program(value) || attribute == "formaction" || attribute == "srcdoc"
            {
                self.scan.findings.active = self.scan.findings.active.saturating_add(1);
            }
            if attribute == "style" {
                self.style_fetches(value);
            }
        }
        if name == "base" && self.base.is_none() {
            self.base = attribute(attrs, "href").and_then(css::root);
        }
        let hidden = name == "img" && is_unseen(attrs);
        for address in fetched(name, attrs, self.base.as_deref()) {
            self.remote(&address, hidden);
        }
    }

    fn style_fetches(&mut self, style: &str) {
        for address in css::fetches(style, self.base.as_deref()) {
            self.remote(&address, false);
        }
        if css::runs(style) {
            self.scan.findings.active = self.scan.findings.active.saturating_add(1);
        }
    }

    /// Notes an address that would be fetched, and who would learn of it.
    fn remote(&mut self, address: &str, unseen: bool) {
        self.scan.findings.remote = self.scan.findings.remote.saturating_add(1);
        let lower = address.trim().to_ascii_lowercase();
        let rest = lower.split_once("//").map_or(lower.as_str(), |(_, rest)| rest);
        let (authority, path) = rest
            .split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host.split(':').next().unwrap_or_default();
        let looked_at = self.scan.findings.remote <= MAX_LOOKED_UP;
        let known = looked_at.then(|| trackers::name_of(host, path)).flatten();
        if known.is_none() && !unseen {
            return;
        }
        self.scan.findings.trackers = self.scan.findings.trackers.saturating_add(1);
        let name = known.map_or_else(|| host.chars().filter(|c| c.is_ascii_graphic()).take(100).collect(), str::to_owned);
        if !name.is_empty() && self.scan.trackers.len() < MAX_TRACKERS && !self.scan.trackers.contains(&name) {
            self.scan.trackers.push(name);
        }
    }

    fn close_link(&mut self) {
        let Some((href, text)) = self.link.take() else { return };
        let Some(link) = links::read(&href).filter(|link| links::deceives(link, &text)) else {
            return;
        };
        self.scan.findings.deceptive = self.scan.findings.deceptive.saturating_add(1);
        if self.scan.deceptive.len() < MAX_DECEPTIVE {
            let shown = text.trim().chars().take(MAX_SHOWN).collect();
            self.scan.deceptive.push((shown, link.target));
        }
    }
}

fn attribute<'a>(attrs: &'a [Attribute], name: &str) -> Option<&'a str> {
    attrs.iter().find(|attr| &*attr.name.local == name).map(|attr| &*attr.value)
}

/// Whether an attribute's value is a program: blanks and control characters inside of a scheme are
/// passed over by browsers (WHATWG URL, "remove all ASCII tab or newline").
fn is_program(value: &str) -> bool {
    let start: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .take(20)
        .collect::<String>()
        .to_ascii_lowercase();
    ["javascript:", "vbscript:", "livescript:", "data:text/html", "data:text/xml"]
        .iter()
        .any(|scheme| start.starts_with(scheme))
}

/// The addresses outside of the message that an element would fetch by being shown, on a page that lies at `base`.
fn fetched(name: &str, attrs: &[Attribute], base: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |value: &str| found.extend(css::elsewhere(value, base));
    for attr in attrs {
        let value: &str = &attr.value;
        match (name, &*attr.name.local) {
            (_, "background" | "poster" | "dynsrc" | "lowsrc" | "manifest" | "codebase" | "classid") => take(value),
            ("a" | "area" | "base", "href") => (),
            ("link", "href") => take(value),
            ("image" | "use" | "feimage" | "script", "href" | "xlink:href") => take(value),
            ("object", "data") => take(value),
            (_, "src") => take(value),
            (_, "srcset" | "imagesrcset") => {
                let first = value.split(',').filter_map(|candidate| candidate.split_whitespace().next());
                first.for_each(&mut take);
            }
            _ => (),
        }
    }
    found
}

/// Whether a picture is there to be fetched and not to be seen: hidden, of no size, or a single point.
fn is_unseen(attrs: &[Attribute]) -> bool {
    let style = attribute(attrs, "style")
        .unwrap_or_default()
        .to_ascii_lowercase()
        .replace(|c: char| c.is_whitespace(), "");
    let declared = |what: &str| {
        let find = |declaration: &&str| declaration.split_once(':').is_some_and(|(name, _)| name == what);
        style
            .split(';')
            .find(find)
            .and_then(|declaration| declaration.split_once(':'))
            .and_then(|(_, value)| size(value))
    };
    let side = |what: &str| declared(what).or_else(|| attribute(attrs, what).and_then(size));
    let (width, height) = (side("width"), side("height"));
    let point = |side: Option<u32>| side.is_some_and(|side| side <= 1);
    attribute(attrs, "hidden").is_some()
        || ["display:none", "visibility:hidden", "opacity:0;", "mso-hide:all"]
            .iter()
            .any(|word| format!("{style};").contains(word))
        || width == Some(0)
        || height == Some(0)
        || declared("max-height") == Some(0)
        || declared("max-width") == Some(0)
        || (point(width) && (height.is_none() || point(height)))
        || (point(height) && width.is_none())
}

/// A size in pixels; a percentage is none.
fn size(value: &str) -> Option<u32> {
    let value = value.trim();
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = value.split_at_checked(digits)?;
    let unit = unit.trim_start_matches(['.', '0']).trim_end_matches("!important");
    matches!(unit, "" | "px" | "pt" | "em").then(|| number.parse().ok())?
}
