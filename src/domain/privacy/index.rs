//! What an index is made of: lines, their sum, a letter.

use super::message::{LineId, Reason, Tip};
use crate::domain::padlock::Padlock;

/// The version of the rules in privacy-index.md that this code follows. Kept beside each stored index.
pub const RULES_VERSION: u16 = 1;

/// A Privacy Index with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// 0 to 100, the plain sum of `lines`; `None` is unknown, which is neither good nor bad.
    pub points: Option<u8>,
    /// Every line, those not known included, a ceiling last.
    pub lines: Vec<Line>,
    /// The padlock that stands beside it.
    pub padlock: Padlock,
}

impl Index {
    /// The letter of the points.
    pub fn letter(&self) -> Option<Letter> {
        self.points.map(Letter::of)
    }
}

/// One visible line of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which line.
    pub id: LineId,
    /// Points won; negative where the line takes points away.
    pub won: i16,
    /// Points that could be won; 0 for lines that only take away.
    pub possible: i16,
    /// What kind of evidence it rests on.
    pub kind: Kind,
    /// Whether there was evidence at all.
    pub known: bool,
    /// Why; `locale` says it in words.
    pub reason: Reason,
    /// What would win more, where something would.
    pub tip: Option<Tip>,
}

/// The three kinds of evidence (rule 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// This appliance saw it.
    Observed,
    /// The owner compared it.
    Verified,
    /// Somebody else's word: it can take points away and never wins any.
    Claimed,
}

impl Kind {
    /// The word of the command line's JSON; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Verified => "verified",
            Self::Claimed => "claimed",
        }
    }
}

/// The letters, worst first so that they order like their points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Letter {
    /// 0 to 20.
    E,
    /// 21 to 40.
    D,
    /// 41 to 60.
    C,
    /// 61 to 80.
    B,
    /// 81 to 100.
    A,
}

impl Letter {
    /// All of them in reading order, A first.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// The letter of a number of points.
    pub fn of(points: u8) -> Self {
        match points {
            0..=20 => Self::E,
            21..=40 => Self::D,
            41..=60 => Self::C,
            61..=80 => Self::B,
            _ => Self::A,
        }
    }

    /// The letter itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }
}
