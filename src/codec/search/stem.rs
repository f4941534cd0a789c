//! The other forms of a word: those that French or English take for the same (`réunion`, `réunions`).
//!
//! Nothing of this is kept. The forms of a word nearly all begin alike, and the words of the index stand in order,
//! so a family is found by looking at those with the same first letters. What is folded has lost its accents, which
//! French endings are told by; the few that matter are put back first.

use crate::domain::fold::fold;
use rust_stemmers::{Algorithm, Stemmer};
use std::borrow::Cow;

/// A word and the forms that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    word: String,
    english: String,
    french: String,
    start: String,
}

/// Letters with which the words of a family at least begin.
const LEAST: usize = 2;

impl Family {
    /// Of a folded word; `None` for one that has no other forms: short, with digits, or in another script.
    pub fn of(word: &str) -> Option<Self> {
        if word.len() < 3 || !is_plain(word) {
            return None;
        }
        let (english, french) = (english(word), french(word));
        let alike = [word, &english, &french]
            .into_iter()
            .map(|stem| word.bytes().zip(stem.bytes()).take_while(|(a, b)| a == b).count())
            .min()
            .unwrap_or(0);
        // The last letter of a stem may be another one in the word: happy and happi, heureux and heureuse.
        let shortest = english.len().min(french.len()).saturating_sub(1);
        let start = word.get(..alike.min(shortest).max(LEAST)).unwrap_or(word).to_owned();
        Some(Self {
            word: word.to_owned(),
            english,
            french,
            start,
        })
    }

    /// What every word of it begins with.
    pub fn start(&self) -> &str {
        &self.start
    }

    /// Whether a word is one of it.
    pub fn holds(&self, word: &str) -> bool {
        word == self.word
            || (word.len() >= 3
                && word.starts_with(&self.start)
                && is_plain(word)
                && (english(word) == self.english || french(word) == self.french))
    }
}

/// Letters of the Latin alphabet only, once folded: what the stemmers were made for.
fn is_plain(word: &str) -> bool {
    word.bytes().all(|octet| octet.is_ascii_lowercase())
}

fn english(word: &str) -> String {
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

fn french(word: &str) -> String {
    let accented = [("ees", "ées"), ("ee", "ée"), ("ieres", "ières"), ("iere", "ière")];
    let word = accented
        .into_iter()
        .find_map(|(plain, accented)| Some(Cow::Owned(format!("{}{accented}", word.strip_suffix(plain)?))))
        .unwrap_or(Cow::Borrowed(word));
    let mut stem = fold(&Stemmer::create(Algorithm::French).stem(&word));
    // `payer` is cut to `pai` and `paye` to `pay`.
    if stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one_family() {
        for (word, others) in [
            ("reunion", vec!["reunions"]),
            ("cheval", vec!["chevaux"]),
            ("chevaux", vec!["cheval"]),
            ("payer", vec!["paye", "payee", "payes", "payees"]),
            ("payee", vec!["payer", "paye"]),
            ("premier", vec!["premiere", "premieres", "premiers"]),
            ("heureux", vec!["heureuse", "heureuses"]),
            ("facture", vec!["factures"]),
            ("meeting", vec!["meetings"]),
            ("meetings", vec!["meeting"]),
            ("invoice", vec!["invoices", "invoiced"]),
            ("party", vec!["parties"]),
            ("parties", vec!["party"]),
            ("qualite", vec!["qualites"]),
        ] {
            let family = Family::of(word).unwrap();
            for other in others {
                assert!(family.holds(other), "{word}: {other} ({family:?})");
            }
            assert!(family.holds(word) && !family.holds("zebra") && !family.holds(""));
        }
        assert!(!Family::of("important").unwrap().holds("imprint"));
        for none in ["ab", "l8er", "работа", "", "2026"] {
            assert!(Family::of(none).is_none(), "{none}");
        }
    }
}
