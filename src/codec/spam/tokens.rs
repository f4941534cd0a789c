//! What can be learnt of a message: its words and pairs of words, its sender, its links, its make.
//!
//! Left out on purpose, because they say where a message was kept and not whether it was wanted: names
//! of lists and of servers on the way, dates, other filters' words, and the footer below a list's line.

use super::{Message, TEXT, cut};
use crate::{
    codec::{
        hosts::registrable,
        words::{hash, words},
    },
    domain::spam::{Kind, Token, model::TOKENS},
};
use std::collections::HashSet;

/// Words of a text, and of a subject, that are learnt.
const WORDS: usize = 600;
const SUBJECT: usize = 40;

struct Bag {
    tokens: Vec<Token>,
    seen: HashSet<u32>,
}

impl Bag {
    fn put(&mut self, kind: Kind, place: &str, parts: &[&str]) {
        if self.tokens.len() >= TOKENS {
            return;
        }
        let hash = hash(std::iter::once(&place).chain(parts).copied());
        if self.seen.insert(hash) {
            let text = parts.join(" ");
            self.tokens.push(Token { hash, kind, text });
        }
    }

    fn words(&mut self, single: &str, pair: &str, words: &[String]) {
        for word in words.iter().filter(|word| !is_year(word)) {
            self.put(Kind::Words, single, &[word]);
        }
        for two in words.windows(2) {
            if let [one, other] = two
                && !is_year(one)
                && !is_year(other)
            {
                self.put(Kind::Words, pair, &[one, other]);
            }
        }
        for three in words.windows(3) {
            if let [one, _, other] = three {
                self.put(Kind::Words, "skip", &[one, "…", other]);
            }
        }
    }
}

/// A year says when mail was collected.
fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.bytes().all(|octet| octet.is_ascii_digit())
}

/// The tokens of a message, each once, at most [`TOKENS`].
pub(super) fn tokens(message: &Message<'_>) -> Vec<Token> {
    let mut bag = Bag {
        tokens: Vec::with_capacity(TOKENS / 2),
        seen: HashSet::with_capacity(TOKENS / 2),
    };
    let reading = message.reading;
    sender(message, &mut bag);
    if !message.sealed {
        bag.words("s", "s2", &words(&reading.subject, SUBJECT));
    }
    links(message, &mut bag);
    make(message, &mut bag);
    bag.words("w", "w2", &words(above_footer(cut(message.text, TEXT)), WORDS));
    bag.tokens
}

/// The text above the line that a mailing list's program draws before its footer.
fn above_footer(text: &str) -> &str {
    let at = text.find("\n_____________________").filter(|at| *at > 20);
    at.and_then(|at| text.get(..at)).unwrap_or(text)
}

fn sender(message: &Message<'_>, bag: &mut Bag) {
    let Some(author) = message.reading.author() else { return };
    bag.put(Kind::Sender, "a", &[author.address.as_str()]);
    bag.put(Kind::Sender, "d", &[&message.home]);
    if let Some((_, ending)) = message.home.rsplit_once('.') {
        bag.put(Kind::Sender, "e", &[ending]);
    }
    for word in words(&author.name, 6) {
        bag.put(Kind::Sender, "n", &[&word]);
    }
}

fn links(message: &Message<'_>, bag: &mut Bag) {
    for link in message.links.iter().take(40) {
        let domain = registrable(&link.host);
        bag.put(Kind::Link, "l", &[&domain]);
        if let Some((_, ending)) = domain.rsplit_once('.') {
            bag.put(Kind::Link, "le", &[ending]);
        }
        for part in link
            .rest
            .split(['/', '?', '&', '=', '.', '#', '-', '_'])
            .filter(|part| (2..=20).contains(&part.len()))
            .take(6)
        {
            bag.put(Kind::Link, "lp", &[part]);
        }
    }
}

fn make(message: &Message<'_>, bag: &mut Bag) {
    let reading = message.reading;
    for file in reading.attachments.iter().take(10) {
        bag.put(Kind::Make, "m", &[&file.media_type]);
        if let Some((_, ending)) = file.name.rsplit_once('.') {
            bag.put(Kind::Make, "x", &[&ending.to_ascii_lowercase()]);
        }
    }
    let kind = message.field("content-type").unwrap_or_default();
    let lower = kind.to_ascii_lowercase();
    let media = lower.split(';').next().unwrap_or_default().trim();
    bag.put(Kind::Make, "t", &[media]);
    if let Some(charset) = lower.split("charset=").nth(1) {
        let charset = charset.trim_matches('"').split(['"', ';', ' ']).next().unwrap_or_default();
        bag.put(Kind::Make, "c", &[charset]);
    }
    if let Some((_, boundary)) = kind.split_once("boundary=") {
        bag.put(Kind::Make, "boundary", &[&shape(boundary)]);
    }
    for (place, name) in [
        ("b", "content-transfer-encoding"),
        ("v", "mime-version"),
        ("i", "importance"),
        ("y", "x-priority"),
    ] {
        if let Some(value) = message.field(name) {
            bag.put(Kind::Make, place, &[&value.to_ascii_lowercase()]);
        }
    }
    program(message, bag);
    for (place, name) in [
        ("number", "message-id"),
        ("date", "date"),
        ("to", "to"),
        ("from", "from"),
        ("reply", "reply-to"),
    ] {
        let value = message.field(name).map(|value| shape(&value)).unwrap_or_else(|| "-".to_owned());
        bag.put(Kind::Make, place, &[&value]);
    }
    if let Some(zone) = message.field("date").and_then(|date| {
        date.split_whitespace()
            .find(|word| word.len() == 5 && word.starts_with(['+', '-']))
            .map(str::to_owned)
    }) {
        bag.put(Kind::Make, "zone", &[&zone]);
    }
    sizes(message, bag);
}

/// The program that wrote it, and the fields that it wrote, in the case that it wrote them in. Fields of
/// servers and lists on the way are left out.
fn program(message: &Message<'_>, bag: &mut Bag) {
    const WRITTEN: [&str; 22] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "reply-to",
        "in-reply-to",
        "references",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-language",
        "organization",
        "importance",
        "priority",
        "x-priority",
        "x-mailer",
        "user-agent",
        "x-msmail-priority",
        "x-mimeole",
    ];
    let program = ["x-mailer", "user-agent"].into_iter().find_map(|name| message.field(name));
    match program {
        Some(program) => {
            for word in words(&program, 3) {
                bag.put(Kind::Make, "p", &[&word]);
            }
        }
        None => bag.put(Kind::Make, "p", &["-"]),
    }
    let names = message
        .head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split_once(':'));
    let written: Vec<&str> = names
        .map(|(name, _)| name)
        .filter(|name| WRITTEN.contains(&name.to_ascii_lowercase().as_str()))
        .take(40)
        .collect();
    for name in &written {
        bag.put(Kind::Make, "h", &[name]);
    }
    for two in written.windows(2) {
        if let [one, other] = two {
            bag.put(Kind::Make, "h2", &[one, other]);
        }
    }
}

fn sizes(message: &Message<'_>, bag: &mut Bag) {
    let (reading, surface) = (message.reading, &message.surface);
    for (name, count) in [
        ("pictures", surface.pictures as usize),
        ("links", message.links.len()),
        ("recipients", reading.to.len()),
        ("length", reading.text.len() / 100),
        ("loud", reading.subject.matches('!').count()),
    ] {
        let size = (count as f32 + 1.0).log2() as u32;
        bag.put(Kind::Make, name, &[&size.to_string()]);
    }
    let Some(html) = reading.html.as_deref().filter(|_| !message.sealed) else {
        return bag.put(Kind::Make, "f", &["plain"]);
    };
    bag.put(Kind::Make, "f", &["html"]);
    for tag in html.split('<').skip(1).take(200) {
        let inside = tag.split('>').next().unwrap_or_default();
        let name: String = inside.chars().take_while(|c| c.is_ascii_alphanumeric()).take(12).collect();
        if !name.is_empty() {
            bag.put(Kind::Make, "tag", &[&name]);
        }
        for attribute in inside.split_whitespace().skip(1).take(6) {
            let plain = attribute.trim_matches(['"', '\'']).to_ascii_lowercase();
            let plain = plain.replace(['"', '\''], "");
            if (4..=24).contains(&plain.len()) && plain.contains('=') && !plain.contains("//") {
                bag.put(Kind::Make, "at", &[&plain]);
            }
        }
    }
}

/// The shape of a value: runs of digits, small and capital letters each become one character.
fn shape(value: &str) -> String {
    let mut out = String::new();
    for c in value.chars().take(120) {
        let class = match c {
            '0'..='9' => '9',
            c if c.is_lowercase() => 'a',
            c if c.is_uppercase() => 'A',
            c => c,
        };
        if !(out.ends_with(class) && class.is_alphanumeric()) {
            out.push(class);
        }
        if out.len() >= 40 {
            break;
        }
    }
    out
}
