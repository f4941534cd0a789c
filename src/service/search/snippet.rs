//! A piece of a message around what was looked for, with that marked.

use super::super::excerpt::excerpt;
use crate::{
    codec::search::{OCTETS, floor, tokens},
    store::search::Matcher,
};
use std::ops::Range;

/// Characters of a snippet, and how many of them may stand before what was found.
const LONG: usize = 200;
const BEFORE: usize = 60;
/// Places that are looked at to find the best one.
const PLACES: usize = 200;

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text, without line breaks.
    pub text: String,
    /// Whether it was looked for.
    pub marked: bool,
}

/// Where something was found, and which.
type Place = (Range<usize>, usize);

fn places(text: &str, wanted: &[&Matcher]) -> Vec<Place> {
    let found = tokens(text).filter_map(|(at, word)| Some((at, wanted.iter().position(|wanted| wanted.holds(&word))?)));
    found.take(PLACES).collect()
}

/// All of a short text.
pub(super) fn all(text: &str, wanted: &[&Matcher]) -> Vec<Piece> {
    pieces(text, 0..text.len(), &places(text, wanted))
}

/// The part of a text where most of what was looked for stands together; its first words where nothing does.
pub(super) fn around(text: &str, wanted: &[&Matcher]) -> Vec<Piece> {
    let read = text.get(..floor(text, OCTETS)).unwrap_or_default();
    let found = places(read, wanted);
    let together = |at: usize| {
        let rest = found.get(at..).unwrap_or_default();
        let end = rest.first().map_or(0, |(first, _)| first.start + LONG - BEFORE);
        let mut seen: Vec<usize> = rest.iter().take_while(|(at, _)| at.end <= end).map(|(_, which)| *which).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    let best = (0..found.len()).max_by_key(|at| (together(*at), std::cmp::Reverse(*at)));
    let Some((first, _)) = best.and_then(|at| found.get(at)) else {
        let text = excerpt(text);
        return if text.is_empty() {
            Vec::new()
        } else {
            vec![Piece { text, marked: false }]
        };
    };
    let early = floor(read, first.start.saturating_sub(BEFORE));
    let start = if early == 0 {
        0
    } else {
        // From a whole word on.
        let blank = read.get(early..first.start).and_then(|before| before.find(char::is_whitespace));
        blank.map_or(first.start, |at| early + at)
    };
    let tail = read.get(start..).unwrap_or_default();
    let end = start + tail.char_indices().nth(LONG).map_or(tail.len(), |(at, _)| at);
    let end = found.iter().find(|(at, _)| at.contains(&end)).map_or(end, |(at, _)| at.start);
    let mut pieces = pieces(read, start..end, &found);
    if start > 0 {
        lead(&mut pieces);
    }
    if end < read.len() {
        match pieces.last_mut() {
            Some(Piece { text, marked: false }) => {
                let whole = text.trim_end().rfind(' ').filter(|at| text.len() - at < 30);
                text.truncate(whole.unwrap_or(text.len()));
                text.push('…');
            }
            _ => pieces.push(Piece {
                text: "…".into(),
                marked: false,
            }),
        }
    }
    pieces
}

fn lead(pieces: &mut Vec<Piece>) {
    match pieces.first_mut() {
        Some(Piece { text, marked: false }) => *text = format!("…{}", text.trim_start()),
        _ => pieces.insert(
            0,
            Piece {
                text: "…".into(),
                marked: false,
            },
        ),
    }
}

/// A part of a text on one line, cut where something was found.
fn pieces(text: &str, part: Range<usize>, found: &[Place]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = part.start;
    let mut put = |range: Range<usize>, marked: bool| {
        let text = one_line(text.get(range).unwrap_or_default());
        if !text.is_empty() {
            pieces.push(Piece { text, marked });
        }
    };
    for (found, _) in found.iter().filter(|(found, _)| found.start >= part.start && found.end <= part.end) {
        put(at..found.start, false);
        put(found.clone(), true);
        at = found.end;
    }
    put(at..part.end, false);
    pieces
}

/// Every run of blanks as one.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pieces: &[Piece]) -> String {
        let say = |piece: &Piece| {
            if piece.marked {
                format!("[{}]", piece.text)
            } else {
                piece.text.clone()
            }
        };
        pieces.iter().map(say).collect()
    }

    fn is(word: &str) -> Matcher {
        Matcher::Is(word.into())
    }

    #[test]
    fn what_was_looked_for_is_marked_where_it_stands_together() {
        let (ete, mer) = (is("ete"), is("mer"));
        assert_eq!(said(&all("L’Été", &[&ete])), "L’[Été]");
        let text = format!("un été\n{}\nla  mer, l’été", "mot ".repeat(100));
        let found = said(&around(&text, &[&ete, &mer]));
        assert!(found.starts_with("…mot mot") && found.ends_with("la [mer], l’[été]"), "{found}");
        let found = said(&around(&text, &[&ete]));
        assert!(found.starts_with("un [été] mot") && found.ends_with("mot…"), "{found}");
        assert_eq!(said(&around("nothing here\n> quoted", &[&ete])), "nothing here");
        assert_eq!(around("", &[&ete]), []);
    }

    #[test]
    fn long_words_and_odd_characters_are_cut_between_characters() {
        let text = format!("{} été {}", "é".repeat(500), "中".repeat(500));
        let found = around(&text, &[&is("ete")]);
        assert!(found.iter().any(|piece| piece.marked) && said(&found).chars().count() < LONG + BEFORE);
        assert_eq!(said(&around(&"x".repeat(5_000), &[])).chars().count(), 141);
    }
}
