//! Plain text as people wrote it: paragraphs, quotations that can be folded away, and addresses that can
//! be followed. Everything stays text; the template escapes it.

use crate::locale::Words;

/// A run of lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Lines of the author.
    Said(Vec<Piece>),
    /// Lines that quote somebody (`>`), and how many.
    Quoted(Vec<Piece>, usize),
    /// What stands below `-- `.
    Signature(Vec<Piece>),
}

impl Block {
    /// What stands on the fold.
    pub(super) fn folded(&self, w: &Words) -> String {
        match self {
            Self::Quoted(_, lines) => w.count(&w.quoted, *lines as u64),
            _ => String::new(),
        }
    }
}

/// A piece of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text.
    Text(String),
    /// A web address, shown whole: what one reads is where one goes.
    Link(String),
}

/// What no address goes on behind, be it written without blanks as Chinese and Japanese are.
const ENDS: [char; 14] = ['<', '>', '"', '“', '”', '«', '»', '。', '，', '、', '；', '）', '」', '》'];

/// Links that are made in one message; beyond it they stay text.
const LINKS: usize = 500;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Said,
    Quoted,
    Signature,
}

/// Reads plain text into blocks.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut runs: Vec<(Kind, Vec<&str>)> = Vec::new();
    for line in text.trim_end().lines() {
        let last = runs.last().map(|(kind, _)| *kind);
        let kind = match line {
            _ if last == Some(Kind::Signature) => Kind::Signature,
            "-- " => Kind::Signature,
            _ if line.starts_with('>') => Kind::Quoted,
            _ => Kind::Said,
        };
        match runs.last_mut() {
            Some((same, lines)) if *same == kind => lines.push(line),
            _ => runs.push((kind, vec![line])),
        }
    }
    let mut links = LINKS;
    let mut blocks = Vec::new();
    for (kind, lines) in runs {
        let joined = lines.join("\n");
        let trimmed = joined.trim_matches('\n');
        if trimmed.is_empty() {
            continue;
        }
        let pieces = pieces(trimmed, &mut links);
        blocks.push(match kind {
            Kind::Said => Block::Said(pieces),
            Kind::Quoted => Block::Quoted(pieces, lines.len()),
            Kind::Signature => Block::Signature(pieces),
        });
    }
    blocks
}

fn pieces(text: &str, links: &mut usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = next_link(rest).filter(|_| *links > 0) {
        let (before, after) = rest.split_at(at);
        let end = after
            .find(|c: char| c.is_whitespace() || c.is_control() || ENDS.contains(&c))
            .unwrap_or(after.len());
        let link = without_end(after.get(..end).unwrap_or_default());
        let (link, tail) = after.split_at(link.len());
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Link(link.to_owned()));
        *links -= 1;
        rest = tail;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

/// An address without what belongs to the sentence around it. A bracket that the address itself opens is its own.
fn without_end(mut link: &str) -> &str {
    let more = |close: char, open: char| link.matches(close).count().saturating_sub(link.matches(open).count());
    let (mut round, mut square) = (more(')', '('), more(']', '['));
    while let Some(last) = link.chars().next_back() {
        match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '…' => {}
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            _ => break,
        }
        link = link.strip_suffix(last).unwrap_or_default();
    }
    link
}

fn next_link(text: &str) -> Option<usize> {
    text.match_indices("http").map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + "http".len()..).unwrap_or_default();
        let behind = behind.strip_prefix('s').unwrap_or(behind).strip_prefix("://");
        let after = behind.and_then(|behind| behind.chars().next());
        !before.is_some_and(|c| c.is_ascii_alphanumeric()) && after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    #[test]
    fn quotations_and_signatures_stand_apart() {
        assert_eq!(
            blocks("Yes.\n\n> Coming?\n> Really?\n\nSee you\n-- \nAlice\n> not a quote\n\n"),
            [
                Block::Said(vec![text("Yes.")]),
                Block::Quoted(vec![text("> Coming?\n> Really?")], 2),
                Block::Said(vec![text("See you")]),
                Block::Signature(vec![text("-- \nAlice\n> not a quote")]),
            ]
        );
        assert_eq!(blocks("\n \n"), []);
    }

    #[test]
    fn an_address_ends_where_the_sentence_begins() {
        let link = |text: &str| Piece::Link(text.into());
        assert_eq!(
            blocks("See https://a.test/x?y=(1), (http://b.test). xhttps://no https:// <https://c.test>"),
            [Block::Said(vec![
                text("See "),
                link("https://a.test/x?y=(1)"),
                text(", ("),
                link("http://b.test"),
                text("). xhttps://no https:// <"),
                link("https://c.test"),
                text(">"),
            ])]
        );
        for (written, address) in [
            (
                "(https://fr.test/wiki/Paris_(mythologie))",
                "https://fr.test/wiki/Paris_(mythologie)",
            ),
            ("请看https://a.test/été。谢谢", "https://a.test/été"),
            ("«https://a.test/x»", "https://a.test/x"),
            ("https://a.test/x...", "https://a.test/x"),
        ] {
            let [Block::Said(pieces)] = &blocks(written)[..] else { panic!() };
            assert!(pieces.contains(&link(address)), "{written}: {pieces:?}");
        }
        let many = "https://a.test/ ".repeat(2 * LINKS);
        let [Block::Said(pieces)] = &blocks(&many)[..] else { panic!() };
        assert_eq!(pieces.iter().filter(|piece| matches!(piece, Piece::Link(_))).count(), LINKS);
    }
}
