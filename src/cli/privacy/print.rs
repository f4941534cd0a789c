//! How an explained index is written: JSON for programs, a page for a terminal.
//!
//! The shape of the JSON is stable; its words are not. No colours: letter, number and words say it all.

use super::Explained;
use crate::{
    domain::privacy::{
        index::{Index, Letter, Line},
        message::Axis,
    },
    locale::{Lang, privacy as words},
};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Json<'a> {
    index: Option<u8>,
    letter: Option<&'static str>,
    padlock: &'static str,
    lines: Vec<JsonLine<'a>>,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    id: &'a str,
    axis: &'a str,
    won: i16,
    possible: i16,
    kind: &'a str,
    known: bool,
    reason: String,
    tip: Option<String>,
}

/// Writes the index as JSON.
pub(super) fn json(explained: &Explained, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let index = &explained.index;
    let line = |line: &Line| JsonLine {
        id: line.id.as_str(),
        axis: line.id.axis().as_str(),
        won: line.won,
        possible: line.possible,
        kind: line.kind.as_str(),
        known: line.known,
        reason: words::reason(lang, line),
        tip: line.tip.as_ref().map(|tip| words::tip(lang, tip)),
    };
    let shape = Json {
        index: index.points,
        letter: index.letter().map(Letter::as_str),
        padlock: index.padlock.as_str(),
        lines: index.lines.iter().map(line).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &shape)?;
    writeln!(out)
}

/// Columns of a page of text.
const WIDTH: usize = 96;
/// Where the sentences of a line begin.
const INDENT: usize = 10;

/// Writes the index for a person.
pub(super) fn text(explained: &Explained, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let index = &explained.index;
    head(index, lang, out)?;
    for axis in Axis::ALL {
        let lines: Vec<&Line> = index.lines.iter().filter(|line| line.id.axis() == axis).collect();
        if !lines.is_empty() {
            section(axis, &lines, lang, out)?;
        }
    }
    if let Some(points) = index.points {
        writeln!(out, "\n{:>6}  {}", points, words::sum(lang))?;
    }
    if let Some(address) = &explained.assumed {
        writeln!(out)?;
        wrap(&words::assumed_owner(lang, address), 0, out)?;
    }
    Ok(())
}

fn head(index: &Index, lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let row: Vec<String> = Letter::ALL
        .into_iter()
        .map(|letter| {
            if index.letter() == Some(letter) {
                format!("[{}]", letter.as_str())
            } else {
                format!(" {} ", letter.as_str())
            }
        })
        .collect();
    match (index.points, index.letter()) {
        (Some(points), Some(letter)) => {
            writeln!(out, "{}  {} {points}/100   {}", words::title(lang), letter.as_str(), row.concat())?;
            // What E means in general is not true of a message that is E because little is known of it.
            if let Some(ceiling) = index.lines.iter().find(|line| line.id.axis() == Axis::Ceiling) {
                wrap(&words::reason(lang, ceiling), 0, out)?;
            }
        }
        _ => {
            writeln!(out, "{}  ?", words::title(lang))?;
            wrap(words::unknown(lang), 0, out)?;
        }
    }
    let padlock = format!(
        "{}. {}",
        words::padlock(lang, index.padlock),
        words::padlock_meaning(lang, index.padlock)
    );
    wrap(&padlock, 0, out)
}

fn section(axis: Axis, lines: &[&Line], lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let won: i16 = lines.iter().map(|line| line.won).sum();
    let possible: i16 = lines.iter().map(|line| line.possible).sum();
    let score = if possible > 0 {
        format!("{won}/{possible}")
    } else {
        won.to_string()
    };
    writeln!(out, "\n{}  {score}", words::axis(lang, axis))?;
    for line in lines {
        let score = match (line.known, line.possible) {
            (false, 0) => "?".into(),
            (false, possible) => format!("?/{possible}"),
            (true, 0) => line.won.to_string(),
            (true, possible) => format!("{}/{possible}", line.won),
        };
        let kind = if line.known {
            words::kind(lang, line.kind)
        } else {
            words::not_known(lang)
        };
        writeln!(out, "{score:>7}   {}  ({kind})", words::line(lang, line.id))?;
        wrap(&words::reason(lang, line), INDENT, out)?;
        if let Some(tip) = &line.tip {
            wrap(&format!("→ {}", words::tip(lang, tip)), INDENT, out)?;
        }
    }
    Ok(())
}

/// Writes a sentence in lines of at most [`WIDTH`] columns. Only ordinary spaces break.
fn wrap(sentence: &str, indent: usize, out: &mut impl Write) -> io::Result<()> {
    let mut column = indent;
    write!(out, "{:indent$}", "")?;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            write!(out, "\n{:indent$}", "")?;
            column = indent;
        }
        let gap = usize::from(column > indent);
        write!(out, "{:gap$}{word}", "")?;
        column += gap + length;
    }
    writeln!(out)
}
