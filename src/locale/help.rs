//! The help pages that are read rather than looked up: keys, a lost passphrase, a thief, limits, and the words of this
//! place. What every line of an index is for is in [`lines`].

mod en;
mod fr;
pub mod lines;

use super::Lang;

/// A page of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The last part of its address; the same in every language.
    pub slug: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is about, in one sentence: for the list, and under the title.
    pub lead: &'static str,
    /// Its sections: a heading, and paragraphs.
    pub parts: &'static [(&'static str, &'static [&'static str])],
    /// Where to go from here: address and name.
    pub see: &'static [(&'static str, &'static str)],
}

/// Words around them.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct HelpWords {
    pub more: &'static str,
    pub see: &'static str,
    pub lines: &'static str,
    pub lines_lead: &'static str,
    pub search: &'static str,
    pub search_lead: &'static str,
    pub of_message: &'static str,
    pub of_contact: &'static str,
    pub of_account: &'static str,
    pub of_appliance: &'static str,
    pub line: &'static str,
    pub points: &'static str,
    pub takes: &'static str,
    pub means: &'static str,
    pub ceilings: &'static str,
}

/// In a language.
pub const fn words(lang: Lang) -> &'static HelpWords {
    match lang {
        Lang::En => &en::WORDS,
        Lang::Fr => &fr::WORDS,
    }
}

/// Every topic, in the order of the list.
pub const fn topics(lang: Lang) -> &'static [Topic] {
    match lang {
        Lang::En => en::TOPICS,
        Lang::Fr => fr::TOPICS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_tell_the_same_in_their_own_words() {
        let (en, fr) = (topics(Lang::En), topics(Lang::Fr));
        assert_eq!(en.len(), fr.len());
        for (en, fr) in en.iter().zip(fr) {
            assert_eq!((en.slug, en.parts.len(), en.see.len()), (fr.slug, fr.parts.len(), fr.see.len()));
            for ((_, en), (_, fr)) in en.parts.iter().zip(fr.parts) {
                assert_eq!(en.len(), fr.len());
            }
            assert!(en.see.iter().zip(fr.see).all(|(en, fr)| en.0 == fr.0));
        }
    }

    #[test]
    fn french_has_its_spaces() {
        for source in [
            include_str!("help/fr.rs"),
            include_str!("help/lines.rs").split_once("#[cfg(test)]").unwrap().0,
        ] {
            for text in source.split('"').skip(1).step_by(2) {
                let text = text.replace("\\u{202f}", "\u{202f}");
                let spaced = [" ;", " :", " ?", " !", "« ", " »"].iter().all(|wrong| !text.contains(wrong));
                assert!(spaced && !text.contains('\''), "{text}");
            }
        }
    }
}
