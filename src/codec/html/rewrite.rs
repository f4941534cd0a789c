//! The second wall: what the sanitiser let through is written again, tag by tag and attribute by
//! attribute, from lists of what may stand there, with our own marks on links, quotations and pictures.
//!
//! A sanitised page has balanced tags and no surprises, so tokens are enough. Whatever should ever get
//! past the first wall, such as an attribute nobody expected, has no way through here: only what is in
//! the tables is ever written.

use super::{Embedded, css, escaped, inlined, is_raster_data, links};
use html5ever::{
    Attribute, TokenizerResult,
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind},
};
use std::cell::RefCell;

/// For whom it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// Inside of our own page: our marks, none of the sender's looks.
    Ours,
    /// Inside of the sandboxed frame: the sender's looks, unable to fetch.
    Frame,
}

/// Octets of pictures that are written into a page in all.
const MAX_PICTURES: usize = 24 * 1024 * 1024;

/// Elements that have no end.
const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

/// Writes a sanitised page again; and says which embedded pictures stand in it.
pub(super) fn rewrite(clean: &str, page: Page, tags: &[&str], embedded: &[Embedded]) -> (String, Vec<String>) {
    let state = State {
        page,
        tags,
        embedded,
        room: MAX_PICTURES,
        pictures: Vec::new(),
        pieces: vec![String::with_capacity(clean.len() + clean.len() / 8)],
        links: Vec::new(),
        hidden: None,
        in_style: false,
    };
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(clean));
    let tokenizer = Tokenizer::new(Sink(RefCell::new(state)), TokenizerOpts::default());
    while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    while !state.links.is_empty() {
        state.close_link();
    }
    (state.pieces.concat(), state.pictures)
}

struct Sink<'a>(RefCell<State<'a>>);

struct State<'a> {
    page: Page,
    tags: &'a [&'a str],
    embedded: &'a [Embedded],
    room: usize,
    pictures: Vec<String>,
    /// What is written, in pieces: a link's start tag is filled in at its end.
    pieces: Vec<String>,
    links: Vec<Open>,
    /// The element that is not shown, and how many of its name are open inside of it.
    hidden: Option<(String, u32)>,
    in_style: bool,
}

/// A link that has not ended.
struct Open {
    piece: usize,
    link: Option<links::Link>,
    text: String,
    /// A picture stands in it: its words may be in there.
    pictured: bool,
}

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                state.start(&tag);
                if state.in_style {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            Token::TagToken(tag) => state.end(&tag.name),
            Token::CharacterTokens(text) => state.text(&text),
            _ => (),
        }
        TokenSinkResult::Continue
    }
}

impl State<'_> {
    fn write(&mut self, text: &str) {
        if let Some(piece) = self.pieces.last_mut() {
            piece.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth += u32::from(name == hidden);
            return;
        }
        if !self.tags.contains(&name) {
            return;
        }
        if self.page == Page::Ours && !VOID.contains(&name) && value_of(&tag.attrs, "style").is_some_and(is_hidden) {
            self.hidden = Some((name.to_owned(), 1));
            return;
        }
        match name {
            "a" => self.open_link(tag),
            "img" => self.picture(&tag.attrs),
            _ => {
                let attributes = self.attributes(name, &tag.attrs);
                self.write(&format!("<{name}{attributes}>"));
                self.in_style = name == "style";
            }
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth -= u32::from(name == hidden);
            if *depth == 0 {
                self.hidden = None;
            }
            return;
        }
        self.in_style = false;
        if !self.tags.contains(&name) || VOID.contains(&name) {
            return;
        }
        match name {
            "a" => self.close_link(),
            _ => self.write(&format!("</{name}>")),
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        if self.in_style {
            let style = css::disarmed(text);
            self.write(&style);
            return;
        }
        for open in &mut self.links {
            if open.text.len() < 2000 {
                open.text.push_str(text);
            }
        }
        self.write(&escaped(text));
    }

    fn open_link(&mut self, tag: &Tag) {
        let link = value_of(&tag.attrs, "href").and_then(links::read);
        let looks = self.attributes("a", &tag.attrs);
        self.pieces.push(looks);
        self.links.push(Open {
            piece: self.pieces.len() - 1,
            link,
            text: String::new(),
            pictured: false,
        });
        self.pieces.push(String::new());
    }

    fn close_link(&mut self) {
        let Some(open) = self.links.pop() else { return };
        let Some(piece) = self.pieces.get_mut(open.piece) else { return };
        let Some(link) = open.link else {
            piece.clear();
            return;
        };
        let deceives = links::deceives(&link, &open.text);
        let class = if deceives && self.page == Page::Ours {
            " class=\"deceptive\""
        } else {
            ""
        };
        *piece = format!(
            "<a href=\"{}\" target=\"_blank\" rel=\"noreferrer noopener nofollow\"{class}{piece}>",
            escaped(&link.href)
        );
        self.write("</a>");
        let empty = open.text.trim().is_empty() && !open.pictured;
        if self.page == Page::Ours && (deceives || !(empty || links::shows_target(&link, &open.text))) {
            let target: String = link.target.chars().take(100).collect();
            self.write(&format!(" <span class=\"host\">{}</span>", escaped(&target)));
        }
    }

    fn picture(&mut self, attrs: &[Attribute]) {
        let source = value_of(attrs, "src").unwrap_or_default();
        let embedded = inlined(source, self.embedded, self.room);
        let id = embedded.as_ref().map(|(picture, _)| &picture.content_id);
        if let Some(id) = id.filter(|id| !self.pictures.contains(id)) {
            self.pictures.push(id.clone());
        }
        let data = embedded
            .map(|(_, data)| data)
            .or_else(|| is_raster_data(source).then(|| source.to_owned()));
        let alt = value_of(attrs, "alt").unwrap_or_default().trim();
        for open in &mut self.links {
            open.pictured = true;
            open.text.push_str(alt);
        }
        match data.filter(|data| data.len() <= self.room) {
            Some(data) => {
                self.room -= data.len();
                let rest = self.attributes("img", attrs);
                self.write(&format!("<img src=\"{}\" alt=\"{}\"{rest}>", escaped(&data), escaped(alt)));
            }
            None if alt.is_empty() => (),
            None => {
                let class = if self.page == Page::Ours { " class=\"removed-image\"" } else { "" };
                self.write(&format!("<span{class}>{}</span>", escaped(alt)));
            }
        }
    }

    /// The attributes that may stand, each by its own rule.
    fn attributes(&self, name: &str, attrs: &[Attribute]) -> String {
        let mut out = String::new();
        if name == "blockquote" && self.page == Page::Ours {
            out.push_str(" class=\"quote\"");
        }
        for attr in attrs {
            let (key, value): (&str, &str) = (&attr.name.local, attr.value.trim());
            let kept = match self.page {
                Page::Ours => plain_attribute(name, key, value),
                Page::Frame => plain_attribute(name, key, value).or_else(|| looks(key, value)),
            };
            if let Some(value) = kept {
                out.push_str(&format!(" {key}=\"{}\"", escaped(&value)));
            }
        }
        out
    }
}

fn value_of<'a>(attrs: &'a [Attribute], name: &str) -> Option<&'a str> {
    attrs.iter().find(|attr| &*attr.name.local == name).map(|attr| &*attr.value)
}

/// Whether a sender hides an element from every reader: words for the list of messages, or a second
/// form of the page for another width.
fn is_hidden(style: &str) -> bool {
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    style.split(';').any(|declaration| declaration.starts_with("display:none"))
}

/// Attributes that say what something is and not how it looks, with values of their own kind.
fn plain_attribute(name: &str, key: &str, value: &str) -> Option<String> {
    let number = |most: u32| value.parse::<u32>().ok().map(|number| number.min(most).to_string());
    let one_of = |words: &[&str]| words.iter().find(|word| word.eq_ignore_ascii_case(value)).map(ToString::to_string);
    match (name, key) {
        (_, "dir") => one_of(&["ltr", "rtl", "auto"]),
        (_, "lang") => {
            (!value.is_empty() && value.len() <= 35 && value.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-'))
                .then(|| value.to_owned())
        }
        ("td" | "th", "colspan") | ("col" | "colgroup", "span") => number(100),
        ("td" | "th", "rowspan") => number(1000),
        ("td" | "th" | "tr", "align") => one_of(&["left", "right", "center", "justify"]),
        ("td" | "th" | "tr", "valign") => one_of(&["top", "middle", "bottom", "baseline"]),
        ("img", "width" | "height") => number(4000),
        ("ol", "start") | ("li", "value") => value.parse::<i32>().ok().map(|number| number.to_string()),
        ("ol", "type") => ["1", "a", "A", "i", "I"].contains(&value).then(|| value.to_owned()),
        _ => None,
    }
}

/// Attributes of looks, for the frame: no value of them can name a place to fetch from.
fn looks(key: &str, value: &str) -> Option<String> {
    const LOOKS: [&str; 16] = [
        "align",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "class",
        "color",
        "face",
        "height",
        "id",
        "noshade",
        "nowrap",
        "role",
        "size",
        "valign",
        "width",
    ];
    match key {
        "style" => Some(css::disarmed(value)),
        _ if LOOKS.contains(&key) => Some(value.chars().take(500).collect()),
        _ => None,
    }
}
