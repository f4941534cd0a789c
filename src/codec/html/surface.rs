//! What a stranger's HTML shows and where it leads, for whoever asks whether anybody wants it: links with
//! their words, pictures, fields to fill in, and how much of the text cannot be seen.
//!
//! One linear pass over tokens, like `scan`, and bounded like it. Deliberately absent: layout. What is
//! hidden is what says so of itself (`display:none`, no size, no opacity), not what lies behind something.

use super::{bounded, links, scan::has_too_many_attributes};
use ammonia::Url;
use html5ever::{
    Attribute, TokenizerResult,
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind},
};
use std::cell::RefCell;

/// Octets of HTML that are looked at: what matters to a reader stands in front.
const MOST: usize = 256 * 1024;

/// Links that are kept, and octets of a link's words and of what follows its host.
const MAX_LINKS: usize = 200;
const MAX_WORDS: usize = 300;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// Links to places on the web, in order, at most 200.
    pub links: Vec<Place>,
    /// Pictures that can be seen.
    pub pictures: u32,
    /// Pictures that are links.
    pub linked_pictures: u32,
    /// Letters and digits that can be seen, and those that cannot.
    pub visible: usize,
    /// See `visible`.
    pub hidden: usize,
    /// Forms, or fields to fill in outside of one.
    pub forms: u32,
    /// Fields for a password.
    pub passwords: u32,
    /// Scripts.
    pub scripts: u32,
}

/// Where a link leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The host in lower case, as it is asked for (Punycode).
    pub host: String,
    /// A port that is not the scheme's own.
    pub port: Option<u16>,
    /// A name and password before the host.
    pub disguised: bool,
    /// Path, query and fragment, at most 300 octets.
    pub rest: String,
    /// The words of the link, at most 300 octets.
    pub words: String,
    /// It shows one host and opens another.
    pub deceives: bool,
}

/// Reads an address on the web; `None` for anything else.
pub fn place(href: &str, words: &str) -> Option<Place> {
    let url = Url::parse(href.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let mut rest = url.path().to_owned();
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if let Some(part) = part {
            rest.push(mark);
            rest.push_str(part);
        }
    }
    Some(Place {
        host: url.host_str()?.trim_end_matches('.').to_owned(),
        port: url.port(),
        disguised: !url.username().is_empty() || url.password().is_some(),
        rest: cut(&rest, MAX_WORDS).to_owned(),
        words: cut(words.trim(), MAX_WORDS).to_owned(),
        deceives: links::read(href).is_some_and(|link| links::deceives(&link, words)),
    })
}

/// The beginning of a text, at most so many octets.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Looks at HTML once.
pub fn surface(html: &str) -> Surface {
    let html = cut(bounded(html), MOST);
    if has_too_many_attributes(html.as_bytes()) {
        return Surface {
            scripts: 1,
            ..Surface::default()
        };
    }
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
    while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
    let mut state = tokenizer.sink.0.into_inner();
    state.close_link();
    state.surface
}

struct Sink(RefCell<State>);

#[derive(Default)]
struct State {
    surface: Surface,
    link: Option<(String, String)>,
    /// The element that hides what is in it, and how many of its name are open inside.
    veil: Option<(String, u32)>,
    muted: bool,
    in_form: bool,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return state.start(&tag),
            Token::TagToken(tag) => state.end(&tag.name),
            Token::CharacterTokens(text) => state.characters(&text),
            _ => (),
        }
        TokenSinkResult::Continue
    }
}

/// Elements that have no end.
const EMPTY: [&str; 12] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
];

impl State {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        match &mut self.veil {
            Some((veil, depth)) if veil == name => *depth += 1,
            None if !EMPTY.contains(&name) && is_hidden(&tag.attrs) => self.veil = Some((name.to_owned(), 1)),
            _ => (),
        }
        let surface = &mut self.surface;
        match name {
            "a" | "area" => {
                self.close_link();
                self.link = attribute(&tag.attrs, "href").map(|href| (href.to_owned(), String::new()));
            }
            "img" if self.veil.is_none() && !is_point(&tag.attrs) => {
                surface.pictures += 1;
                surface.linked_pictures += u32::from(self.link.is_some());
                if let (Some((_, words)), Some(alt)) = (&mut self.link, attribute(&tag.attrs, "alt")) {
                    words.push_str(cut(alt, MAX_WORDS));
                }
            }
            "form" => {
                surface.forms += 1;
                self.in_form = true;
            }
            "input" | "textarea" | "select" => {
                let kind = attribute(&tag.attrs, "type").unwrap_or_default().to_ascii_lowercase();
                surface.forms += u32::from(!self.in_form && kind != "hidden");
                surface.passwords += u32::from(kind == "password");
            }
            "script" => surface.scripts += 1,
            _ => (),
        }
        if tag.self_closing {
            return TokenSinkResult::Continue;
        }
        let raw = match name {
            "script" => RawKind::ScriptData,
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => RawKind::Rawtext,
            "title" | "textarea" => RawKind::Rcdata,
            _ => return TokenSinkResult::Continue,
        };
        self.muted = true;
        TokenSinkResult::RawData(raw)
    }

    fn end(&mut self, name: &str) {
        self.muted = false;
        match name {
            "a" => self.close_link(),
            "form" => self.in_form = false,
            _ => (),
        }
        if let Some((veil, depth)) = &mut self.veil
            && veil == name
        {
            *depth -= 1;
            if *depth == 0 {
                self.veil = None;
            }
        }
    }

    fn characters(&mut self, text: &str) {
        if self.muted {
            return;
        }
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        if self.veil.is_some() {
            self.surface.hidden += letters;
            return;
        }
        self.surface.visible += letters;
        if let Some((_, words)) = self.link.as_mut().filter(|(_, words)| words.len() < MAX_WORDS) {
            words.push_str(text);
        }
    }

    fn close_link(&mut self) {
        if let Some((href, words)) = self.link.take()
            && self.surface.links.len() < MAX_LINKS
        {
            self.surface.links.extend(place(&href, &words));
        }
    }
}

fn attribute<'a>(attrs: &'a [Attribute], name: &str) -> Option<&'a str> {
    attrs.iter().find(|attr| &*attr.name.local == name).map(|attr| &*attr.value)
}

/// Whether an element hides what is in it.
fn is_hidden(attrs: &[Attribute]) -> bool {
    if attribute(attrs, "hidden").is_some() {
        return true;
    }
    let Some(style) = attribute(attrs, "style") else { return false };
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(2_000)
        .collect::<String>()
        .to_ascii_lowercase();
    style.split(';').any(|declaration| {
        let Some((name, value)) = declaration.split_once(':') else {
            return false;
        };
        let value = value.trim_end_matches("!important");
        match name {
            "display" => value == "none",
            "visibility" => value == "hidden",
            "mso-hide" => value == "all",
            "opacity" => value.parse::<f32>().is_ok_and(|opacity| opacity < 0.05),
            "font-size" | "max-height" | "height" | "width" | "max-width" => is_nothing(value) || (name == "font-size" && value == "1px"),
            _ => false,
        }
    })
}

/// A size of nothing at all, in whatever unit.
fn is_nothing(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.parse::<f32>().is_ok_and(|number| number < 0.01)
}

/// A picture of a single point or none, which nobody sees.
fn is_point(attrs: &[Attribute]) -> bool {
    let small = |name| attribute(attrs, name).is_some_and(|value| matches!(value.trim().trim_end_matches("px"), "0" | "1"));
    small("width") || small("height") || is_hidden(attrs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_and_what_is_hidden_are_told_apart() {
        let seen = surface(
            "<div style='display: none'>three <div>words</div> here</div><p>see <a href=http://A.example:8080/x?y#z>the <b>page</b></a>\
             <span style='font-size:0px'>zero</span><img src=x width=1><a href=https://b.example><img alt=Shop src=y></a>\
             <form><input type=password><input></form><input><script>x</script><style>y</style>",
        );
        let link = |host: &str, port, rest: &str, words: &str| Place {
            host: host.into(),
            port,
            rest: rest.into(),
            words: words.into(),
            ..Place::default()
        };
        assert_eq!(
            seen.links,
            [
                link("a.example", Some(8080), "/x?y#z", "the page"),
                link("b.example", None, "/", "Shop")
            ]
        );
        assert_eq!((seen.visible, seen.hidden), (10, 18));
        assert_eq!((seen.pictures, seen.linked_pictures), (1, 1));
        assert_eq!((seen.forms, seen.passwords, seen.scripts), (2, 1, 1));
    }

    #[test]
    fn nothing_in_html_is_too_much() {
        let link = "<a href=https://a.example>x</a>".repeat(1_000);
        assert_eq!(surface(&link).links.len(), MAX_LINKS);
        surface(&"<div hidden>".repeat(100_000));
        surface(&format!("<a {}>", (0..5_000).map(|n| format!("a{n} ")).collect::<String>()));
        assert_eq!(surface(""), Surface::default());
    }
}
