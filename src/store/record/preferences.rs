//! What the owner prefers, and what was noted of the account's index day by day, as records of the settings.

use super::Record;
use serde::{Deserialize, Serialize};

/// Days that the ledger is kept when nothing else was chosen.
pub const KEPT: u16 = 30;
/// Days that it may be kept at most.
pub const KEPT_AT_MOST: u16 = 365;

/// What the owner prefers. An empty text is "as each browser says", or "as this machine says" for the zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferred {
    /// The code of a language.
    pub lang: String,
    /// The word of a theme.
    pub theme: String,
    /// The name of a time zone, as IANA has it.
    pub zone: String,
    /// Whether the plain text of a message is shown where it has one, rather than the reader's view of its HTML.
    pub plain: bool,
    /// Whether no key does anything by itself.
    pub no_keys: bool,
    /// Whether a page that is open says nothing of new mail.
    pub no_live: bool,
    /// Whether no tip is shown by itself.
    pub no_tips: bool,
    /// Whether achievements are hidden.
    pub no_awards: bool,
    /// The tips that were answered, by their names.
    pub answered: Vec<String>,
    /// Days that the ledger is kept.
    pub ledger_days: u16,
}

impl Default for Preferred {
    fn default() -> Self {
        Self {
            lang: String::new(),
            theme: String::new(),
            zone: String::new(),
            plain: false,
            no_keys: false,
            no_live: false,
            no_tips: false,
            no_awards: false,
            answered: Vec::new(),
            ledger_days: KEPT,
        }
    }
}

impl Record for Preferred {
    const TABLE: &'static str = "preferences";
    const VERSION: u8 = 1;
}

/// The account's index day by day, and what was reached once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Day (the owner's, from 1970) and index, the oldest first.
    pub daily: Vec<(i64, u8)>,
    /// Number of an achievement, and when it was first seen.
    pub reached: Vec<(u8, i64)>,
}

impl Record for Progress {
    const TABLE: &'static str = "progress";
    const VERSION: u8 = 1;
}
