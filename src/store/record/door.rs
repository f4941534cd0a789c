//! Somebody who came to the door, as a record.

use super::Record;
use crate::domain::screener::Answer;
use serde::{Deserialize, Serialize};

/// What the owner said of an address that wrote for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The owner's answer, by number.
    pub answer: u8,
    /// When they came, or when the owner answered.
    pub at: i64,
}

impl Caller {
    /// Somebody with this answer.
    pub fn new(answer: Answer, at: i64) -> Self {
        Self { answer: answer as u8, at }
    }

    /// The answer; one that is not known lets nobody in and keeps nobody out.
    pub fn answer(&self) -> Answer {
        Answer::of(self.answer).unwrap_or_default()
    }
}

impl Record for Caller {
    const TABLE: &'static str = "door";
    const VERSION: u8 = 1;
}
