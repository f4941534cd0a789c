//! The lines of a message's index.

use super::{evidence::Evidence, index::Index};
use crate::domain::padlock::Padlock;

/// A line of a message's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineId {
    /// `content.encrypted`
    ContentEncrypted,
}

/// Why a line won what it won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody looked.
    NotKnown,
}

/// What would win more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Points to win.
    pub wins: u8,
}

/// The index of a message: a pure function of the evidence, the same before sending and after.
pub fn evaluate(_evidence: &Evidence) -> Index {
    Index {
        points: None,
        lines: Vec::new(),
        padlock: Padlock::Postcard,
    }
}
