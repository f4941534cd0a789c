//! The paths that a Rust source names, with their lines: `use a::{b, c::d}` gives `a::b` and `a::c::d`.
//!
//! A reader of its own, not a parser crate: it needs to know comments, literals and use-trees, nothing
//! else, and a checker that everybody must trust should fit on a screen. What macros write is not seen.

/// A path as written, `["crate", "store", "Error"]`, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub path: Vec<String>,
    /// Inside a `#[cfg(test)] mod … { }`.
    pub in_tests: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

struct Placed {
    line: usize,
    token: Token,
}

/// Every path of two or more names in this source.
pub fn named(source: &str) -> Vec<Named> {
    let tokens = tokens(source);
    let tests = test_modules(&tokens);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|before| &tokens[before].token);
        // A method (`a.b::<T>()`) and the middle of a path are no beginnings; `::a` and `..a` are.
        let begins = !matches!(before, Some(Token::Sign('.'))) || before_is_range(&tokens, at);
        if matches!(tokens[at].token, Token::Word(_)) && begins {
            let line = tokens[at].line;
            let in_tests = tests.iter().any(|(from, to)| (*from..*to).contains(&at));
            let mut paths = Vec::new();
            at = tree(&tokens, at, &[], line, &mut paths);
            found.extend(paths.into_iter().map(|(line, path)| Named { line, path, in_tests }));
        } else {
            at += 1;
        }
    }
    found.retain(|named| named.path.len() > 1);
    found
}

fn before_is_range(tokens: &[Placed], at: usize) -> bool {
    at >= 2 && tokens[at - 2].token == Token::Sign('.')
}

/// Reads one path or use-tree that begins at `at`; gives where it ends.
fn tree(tokens: &[Placed], mut at: usize, stem: &[String], line: usize, found: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut path = stem.to_vec();
    let mut line = line;
    loop {
        match tokens.get(at).map(|placed| &placed.token) {
            Some(Token::Word(word)) => {
                line = tokens[at].line;
                path.push(word.clone());
                at += 1;
            }
            Some(Token::Sign('*')) => at += 1,
            Some(Token::Sign('{')) => {
                at += 1;
                while !matches!(tokens.get(at).map(|placed| &placed.token), None | Some(Token::Sign('}'))) {
                    match &tokens[at].token {
                        Token::Word(_) => at = tree(tokens, at, &path, tokens[at].line, found),
                        _ => at += 1,
                    }
                }
                return at + 1;
            }
            _ => break,
        }
        if tokens.get(at).is_some_and(|placed| placed.token == Token::Colons) {
            at += 1;
        } else {
            break;
        }
    }
    found.push((line, path));
    at
}

/// Where the `#[cfg(test)] mod x { … }` blocks are, as ranges of tokens.
fn test_modules(tokens: &[Placed]) -> Vec<(usize, usize)> {
    let word = |at: usize, wanted: &str| matches!(tokens.get(at).map(|placed| &placed.token), Some(Token::Word(word)) if word == wanted);
    let sign = |at: usize, wanted: char| matches!(tokens.get(at).map(|placed| &placed.token), Some(Token::Sign(sign)) if *sign == wanted);
    let mut blocks = Vec::new();
    for at in 0..tokens.len() {
        if !(word(at, "cfg") && sign(at + 1, '(') && word(at + 2, "test") && sign(at + 3, ')') && sign(at + 4, ']')) {
            continue;
        }
        let Some(open) = (at + 5..tokens.len()).find(|next| sign(*next, '{') || sign(*next, ';')) else {
            continue;
        };
        if !sign(open, '{') || !(at + 5..open).any(|next| word(next, "mod")) {
            continue;
        }
        let mut depth = 0_usize;
        let close = (open..tokens.len()).find(|next| {
            depth += usize::from(sign(*next, '{'));
            depth -= usize::from(sign(*next, '}'));
            depth == 0
        });
        blocks.push((at, close.unwrap_or(tokens.len())));
    }
    blocks
}

/// Words, `::` and single signs; comments, strings, characters and lifetimes are gone.
fn tokens(source: &str) -> Vec<Placed> {
    let text: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let (here, next) = (text[at], text.get(at + 1).copied().unwrap_or(' '));
        let end = match (here, next) {
            ('/', '/') => (at..text.len()).find(|end| text[*end] == '\n').unwrap_or(text.len()),
            ('/', '*') => block_comment(&text, at),
            ('"', _) => quoted(&text, at),
            ('r' | 'b' | 'c', '"' | '#' | 'r' | '\'') if literal_prefix(&text, at) => prefixed(&text, at),
            ('\'', _) => character_or_lifetime(&text, at),
            (':', ':') => {
                tokens.push(Placed {
                    line,
                    token: Token::Colons,
                });
                at + 2
            }
            _ if here.is_alphanumeric() || here == '_' => {
                let end = (at..text.len())
                    .find(|end| !(text[*end].is_alphanumeric() || text[*end] == '_'))
                    .unwrap_or(text.len());
                tokens.push(Placed {
                    line,
                    token: Token::Word(text[at..end].iter().collect()),
                });
                end
            }
            _ if here.is_whitespace() => at + 1,
            _ => {
                tokens.push(Placed {
                    line,
                    token: Token::Sign(here),
                });
                at + 1
            }
        };
        line += text[at..end].iter().filter(|sign| **sign == '\n').count();
        at = end;
    }
    tokens
}

fn block_comment(text: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0_usize);
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn quoted(text: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// Whether `r`, `b`, `br`, `c` or `cr` here belongs to a literal and is not the beginning of a word.
fn literal_prefix(text: &[char], at: usize) -> bool {
    let mut end = at;
    while text.get(end).is_some_and(|sign| matches!(sign, 'r' | 'b' | 'c')) {
        end += 1;
    }
    let raw = text[at..end].contains(&'r');
    while raw && text.get(end) == Some(&'#') {
        end += 1;
    }
    match text.get(end) {
        Some('"') => true,
        Some('\'') => text[at] == 'b' && end == at + 1,
        _ => false,
    }
}

fn prefixed(text: &[char], from: usize) -> usize {
    let mut at = from;
    let mut raw = false;
    while matches!(text[at], 'r' | 'b' | 'c') {
        raw |= text[at] == 'r';
        at += 1;
    }
    if text[at] == '\'' {
        return character_or_lifetime(text, at);
    }
    if !raw {
        return quoted(text, at);
    }
    let hashes = text[at..].iter().take_while(|sign| **sign == '#').count();
    let close = |end: usize| text[end] == '"' && text[end + 1..].iter().take_while(|sign| **sign == '#').count() >= hashes;
    (at + hashes + 1..text.len())
        .find(|end| close(*end))
        .map_or(text.len(), |end| end + 1 + hashes)
}

fn character_or_lifetime(text: &[char], from: usize) -> usize {
    match (text.get(from + 1), text.get(from + 2)) {
        (Some('\\'), _) => (from + 3..text.len())
            .find(|end| text[*end] == '\'')
            .map_or(text.len(), |end| end + 1),
        (Some(_), Some('\'')) => from + 3,
        _ => from + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    fn paths(source: &str) -> Vec<String> {
        named(source)
            .iter()
            .map(|named| format!("{} {}", named.line, named.path.join("::")))
            .collect()
    }

    #[test]
    fn a_use_tree_is_taken_apart_and_each_branch_has_its_own_line() {
        assert_eq!(
            paths("use crate::{\n    store::{Error, mail::*},\n    net,\n};"),
            ["2 crate::store::Error", "2 crate::store::mail", "3 crate::net"]
        );
    }

    #[test]
    fn a_path_in_the_middle_of_the_code_counts_like_one_in_a_use() {
        assert_eq!(
            paths("fn a() -> redb::Error {\n  b.c::<D>(); tokio::spawn(e)\n}"),
            ["1 redb::Error", "2 tokio::spawn"]
        );
        assert_eq!(paths("#[derive(Debug, serde::Serialize)] struct A;"), ["1 serde::Serialize"]);
        assert_eq!(paths("f(..redb::A)"), ["1 redb::A"]);
    }

    #[test]
    fn what_is_only_said_is_not_named() {
        assert_eq!(
            paths("// a::b\n/* c::d /* e::f */ g::h */ \"i::j \\\" k::l\" b\"m::n\" 'x' '\\'' o::p"),
            ["2 o::p"]
        );
        assert_eq!(paths("r#\"a::b \" c::d\"# br\"e::f\" b'\\n' g::h"), ["1 g::h"]);
        assert_eq!(paths("fn a<'r>(b: &'r str) { raw::c(); r#\"\"#; }"), ["1 raw::c"]);
    }

    #[test]
    fn the_tests_of_a_file_are_known_as_such() {
        let found = named("a::b();\n#[cfg(test)]\nmod tests {\n  fn x() { c::d() }\n}\ne::f();");
        let tests: Vec<_> = found.iter().map(|named| (named.path[0].as_str(), named.in_tests)).collect();
        assert_eq!(tests, [("a", false), ("c", true), ("e", false)]);
    }

    #[test]
    fn a_torn_source_ends() {
        for torn in ["use a::{b, c", "\"", "/*", "r#\"", "'", "a::", "#[cfg(test)] mod x {", "b'"] {
            let _ = named(torn);
        }
    }
}
