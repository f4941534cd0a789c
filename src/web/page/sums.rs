//! The lines of an index of something other than a message, set out for a page: by axis, each with its sum.

use super::lines::points;
use crate::locale::Words;

/// One axis with its lines.
pub(super) struct Sum {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// "12 of 40".
    pub(super) sum: String,
    /// The share won, in hundredths.
    pub(super) share: i16,
    pub(super) lines: Vec<Item>,
}

/// One line.
pub(super) struct Item {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) points: String,
    /// For the eye: `won`, `part`, `lost` or `unknown`.
    pub(super) state: &'static str,
    pub(super) reason: String,
    pub(super) tip: Option<String>,
    /// Where it is done, where a page of ours can.
    pub(super) tip_at: Option<String>,
}

impl Sum {
    /// An axis of these lines, each with what it won and could win.
    pub(super) fn of(w: &Words, id: &'static str, name: &'static str, lines: Vec<(Item, i16, i16)>) -> Self {
        let won: i16 = lines.iter().map(|(_, won, _)| won).sum();
        let possible: i16 = lines.iter().map(|(_, _, possible)| possible).sum();
        Self {
            id,
            name,
            sum: points(w, won, possible),
            share: if possible > 0 { (won.max(0) * 100) / possible } else { 0 },
            lines: lines.into_iter().map(|(item, ..)| item).collect(),
        }
    }
}

/// For the eye: how a line stands.
pub(super) fn state(known: bool, won: i16, possible: i16) -> &'static str {
    match (known, won) {
        (false, _) => "unknown",
        (true, won) if won == possible => "won",
        (true, 0) => "lost",
        (true, _) => "part",
    }
}

/// "7 of 9", or that it is not known.
pub(super) fn score(w: &Words, known: bool, won: i16, possible: i16) -> String {
    if known {
        points(w, won, possible)
    } else {
        format!("{} · {}", w.line_unknown, points(w, 0, possible))
    }
}
