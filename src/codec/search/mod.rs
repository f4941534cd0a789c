//! What of a message is looked for, and how: its words, folded (`domain::fold`), each with the places where it
//! stands.
//!
//! A word is a run of letters and digits; whatever else stands between them cuts, so that an address is found
//! whole and in parts. Scripts that are written without blanks are cut into single characters, and a run of them is
//! found as a phrase. Unicode's own word boundaries (UAX 29) are deliberately absent: they keep `l’été` and
//! `example.org` whole, which would have to be undone, and what is left of them is this rule.
//!
//! Places are numbers. Those of the text begin at 0; those of the head have a range of their own for each region,
//! so that "in the subject" is a question about a number and no second index.

mod stem;

pub use stem::Family;

use super::words::{is_ideograph, is_unseen};
use crate::domain::{
    fold::fold_into,
    message::{Mailbox, Reading},
    query::Thing,
};
use std::{collections::HashMap, ops::Range};

/// The most characters of a word; what is longer is cut there.
pub const LONGEST: usize = 40;
/// The most places in the text of one message; what stands behind them is not found by its words.
pub const PLACES: u16 = 20_000;
/// The most octets of the text that are read.
pub const OCTETS: usize = 256 * 1024;
/// Places that a region of the head has, and those that its words may take.
const REGION: u16 = 256;
const FILLED: u16 = 200;

/// A part of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Region {
    /// The subject.
    Subject,
    /// The author.
    From,
    /// To and Cc.
    To,
    /// Names of files.
    File,
    /// The mailing list.
    List,
}

impl Region {
    /// Its places.
    pub fn places(self) -> Range<u16> {
        let first = self as u16 * REGION;
        first..first + REGION
    }
}

/// Where a word stands in a message, both in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Places {
    /// In the head, by region.
    pub head: Vec<u16>,
    /// In the text.
    pub body: Vec<u16>,
}

/// The words of a message and their places, in the order of the words.
pub type Terms = Vec<(String, Places)>;

/// What cannot be a word, so that it cannot be taken for one: the mark of a fact.
const FACT: char = '\u{1}';

/// The term of something that a message carries.
pub fn fact(thing: Thing) -> String {
    format!("{FACT}{}", thing.as_str())
}

/// Whether a term is a word.
pub fn is_word(term: &str) -> bool {
    !term.starts_with(FACT)
}

/// The words of a text with the octets where they stand.
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens {
        rest: text.char_indices().peekable(),
    }
}

/// See [`tokens`].
pub struct Tokens<'t> {
    rest: std::iter::Peekable<std::str::CharIndices<'t>>,
}

impl Iterator for Tokens<'_> {
    type Item = (Range<usize>, String);

    fn next(&mut self) -> Option<Self::Item> {
        let (start, first) = self.rest.find(|(_, c)| c.is_alphanumeric())?;
        let mut end = start + first.len_utf8();
        let mut word = String::new();
        fold_into(&mut word, first);
        if is_ideograph(first) {
            return Some((start..end, word));
        }
        let mut length = 1;
        while let Some((at, c)) = self.rest.peek().copied() {
            let mark = matches!(c, '\u{300}'..='\u{36f}');
            let goes_on = (c.is_alphanumeric() && !is_ideograph(c)) || mark || is_unseen(c);
            if !goes_on {
                break;
            }
            self.rest.next();
            end = at + c.len_utf8();
            if length < LONGEST && !is_unseen(c) {
                fold_into(&mut word, c);
            }
            length += usize::from(!mark);
        }
        Some((start..end, word))
    }
}

/// The words that a typed word is looked for as: several side by side where it is cut (`jean-pierre`), without the
/// article that French joins to one (`l’été`).
pub fn typed(text: &str) -> Vec<String> {
    const JOINED: [&str; 12] = ["l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu"];
    let all: Vec<_> = tokens(text).collect();
    let joined = all.first().zip(all.get(1)).is_some_and(|((first, word), (second, _))| {
        let between = text.get(first.end..second.start).unwrap_or_default();
        JOINED.contains(&word.as_str()) && matches!(between, "'" | "’" | "ʼ")
    });
    all.into_iter().skip(usize::from(joined)).map(|(_, word)| word).collect()
}

/// Everything of a message that is looked for. `tracker`: whether it tells when it is read.
pub fn index(reading: &Reading, tracker: bool) -> Terms {
    let mut terms = Builder::default();
    terms.head(Region::Subject, [reading.subject.as_str()]);
    let people = |list: &[Mailbox]| -> Vec<String> {
        let both = |mailbox: &Mailbox| format!("{} {}", mailbox.name, mailbox.address);
        list.iter().map(both).collect()
    };
    terms.head(Region::From, people(&reading.from).iter().map(String::as_str));
    let to = [people(&reading.to), people(&reading.cc)].concat();
    terms.head(Region::To, to.iter().map(String::as_str));
    let files = || reading.attachments.iter().filter(|file| !file.inline);
    terms.head(Region::File, files().map(|file| file.name.as_str()));
    let list = reading.list_id.iter().map(String::as_str).chain([reading.list_name.as_str()]);
    terms.head(Region::List, list);
    let carries = [
        (Thing::Attachment, files().next().is_some()),
        (Thing::Tracker, tracker),
        (Thing::Link, has_link(reading)),
    ];
    for (thing, _) in carries.into_iter().filter(|(_, carries)| *carries) {
        terms.at(fact(thing), 0, true);
    }
    let text = reading.text.get(..floor(&reading.text, OCTETS)).unwrap_or_default();
    for ((_, word), place) in tokens(text).zip(0..PLACES) {
        terms.at(word, place, false);
    }
    let mut terms: Terms = terms.0.into_iter().collect();
    terms.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    terms
}

#[derive(Default)]
struct Builder(HashMap<String, Places>);

impl Builder {
    fn at(&mut self, word: String, place: u16, head: bool) {
        let places = self.0.entry(word).or_default();
        if head { &mut places.head } else { &mut places.body }.push(place);
    }

    /// Texts of a region, with a gap between them that no phrase spans.
    fn head<'t>(&mut self, region: Region, texts: impl IntoIterator<Item = &'t str>) {
        let Range { start, .. } = region.places();
        let mut place = start;
        for text in texts {
            for (_, word) in tokens(text) {
                if place >= start + FILLED {
                    return;
                }
                self.at(word, place, true);
                place += 1;
            }
            place += 1;
        }
    }
}

/// The last place at or before this octet where a text can be cut.
pub fn floor(text: &str, octet: usize) -> usize {
    let octet = octet.min(text.len());
    (0..=octet).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn has_link(reading: &Reading) -> bool {
    let inside = |text: &str| {
        let text = text.get(..floor(text, OCTETS)).unwrap_or_default().as_bytes();
        memchr::memmem::find(text, b"http://").is_some() || memchr::memmem::find(text, b"https://").is_some()
    };
    let linked = |html: &str| {
        let html = html.get(..floor(html, OCTETS)).unwrap_or_default().as_bytes();
        let follows = |at: usize| {
            let rest = html.get(at + 4..).unwrap_or_default().trim_ascii_start();
            let rest = rest.strip_prefix(b"=").unwrap_or_default().trim_ascii_start();
            let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
            rest.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"http"))
        };
        memchr::memmem::find_iter(html, b"href").take(1_000).any(follows)
    };
    inside(&reading.text) || reading.html.as_deref().is_some_and(linked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).map(|(_, word)| word).collect()
    }

    #[test]
    fn words_are_cut_where_no_letter_stands() {
        for (text, expected) in [
            ("L’Été, déjà!", vec!["l", "ete", "deja"]),
            ("ann.lee@example.org", vec!["ann", "lee", "example", "org"]),
            ("e\u{301}te\u{301} so\u{ad}ft", vec!["ete", "soft"]),
            ("中文字 x", vec!["中", "文", "字", "x"]),
            ("Œuvre nº7", vec!["oeuvre", "nº7"]),
            ("", vec![]),
            ("-- !", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(words(&"é".repeat(100)), ["e".repeat(LONGEST)]);
        let text = "a «bien» b";
        let found: Vec<&str> = tokens(text).filter_map(|(range, _)| text.get(range)).collect();
        assert_eq!(found, ["a", "bien", "b"]);
    }

    #[test]
    fn what_is_typed_becomes_words_side_by_side() {
        assert_eq!(typed("l'été"), ["ete"]);
        assert_eq!(typed("Jean-Pierre"), ["jean", "pierre"]);
        assert_eq!(typed("aujourd’hui"), ["aujourd", "hui"]);
        assert_eq!(typed("l'"), ["l"]);
        assert_eq!(typed("!"), [""; 0]);
    }

    #[test]
    fn a_message_is_its_words_and_where_they_stand() {
        let reading = Reading {
            subject: "Été".into(),
            text: "un été http://x.test".into(),
            ..Reading::default()
        };
        let terms = index(&reading, true);
        let places = |term: &str| terms.iter().find(|(known, _)| known == term).map(|(_, places)| places.clone());
        assert_eq!(
            places("ete").unwrap(),
            Places {
                head: vec![0],
                body: vec![1]
            }
        );
        assert_eq!(places(&fact(Thing::Tracker)).unwrap().head, [0]);
        assert!(places(&fact(Thing::Link)).is_some() && places(&fact(Thing::Attachment)).is_none());
        assert!(terms.is_sorted());
        let long = Reading {
            text: "word ".repeat(30_000),
            ..Reading::default()
        };
        assert_eq!(index(&long, false)[0].1.body.len(), usize::from(PLACES));
    }
}
