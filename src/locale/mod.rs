//! Floor 1: every word that a human reads, in English and French. A missing one does not compile:
//! [`Words`] has no default, and each language fills every field.

pub mod account;
pub mod announcing;
pub mod appliance;
pub mod authentication;
pub mod awards;
pub mod backup;
pub mod certificates;
pub mod checks;
pub mod compose;
pub mod contacts;
pub mod custody;
pub mod danger;
pub mod devices;
mod en;
mod fr;
pub mod help;
pub mod keys;
pub mod living;
pub mod mailboxes;
pub mod moving;
pub mod networks;
pub mod notifications;
pub mod preferences;
pub mod privacy;
pub mod reports;
pub mod search;
pub mod security;
pub mod sending;
pub mod settings;
pub mod setup;
pub mod spam;
pub mod tags;
pub mod tls_reports;
pub mod updates;
pub mod welcome;
mod words;
pub mod world;

pub use words::{Plural, Words};

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// Its words.
    pub fn words(self) -> &'static Words {
        match self {
            Self::En => &en::WORDS,
            Self::Fr => &fr::WORDS,
        }
    }

    /// By the primary subtag of BCP 47, in any case.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.words().code.eq_ignore_ascii_case(code))
    }
}

/// The phrase of a language, where it stands beside the other rather than among the words of an area.
const fn say(lang: Lang, en: &'static str, fr: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Fr => fr,
    }
}
