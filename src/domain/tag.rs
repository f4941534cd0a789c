//! Tags: words that the owner, a rule of theirs or this box put on messages, each with a colour and with a say
//! in how important a message is.
//!
//! A tag is known by its *slug*, which two spellings of one word share, so that `Maison d'été` and `maison
//! d'ete` cannot both be made. Some tags belong to the house and are neither renamed nor deleted.

use super::{fold::fold, id::TagId};

/// The most tags that there may be.
pub const MAX_TAGS: usize = 200;
/// The most characters of a tag's name.
pub const MAX_NAME: usize = 40;
/// The most tags on one message.
pub const MAX_ON_MESSAGE: usize = 32;
/// The most tags that addresses may make by themselves: whoever writes to `me+anything@` chooses the word.
pub const MAX_FROM_ADDRESSES: usize = 30;

/// The name of a tag, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    text: String,
    slug: String,
}

/// Why a text is no tag's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is no letter and no digit in it.
    Empty,
    /// Longer than [`MAX_NAME`].
    TooLong,
    /// A control character, or one that turns the direction of text around.
    Character,
}

impl Name {
    /// Reads a name; blanks at its ends and doubled ones are left out.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}')
        };
        if text.chars().count() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        if text.contains(hidden) {
            return Err(NameError::Character);
        }
        let slug = slug(&text);
        if !slug.contains(char::is_alphanumeric) {
            return Err(NameError::Empty);
        }
        Ok(Self { text, slug })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is known by.
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

/// What a name is known by: lower case, accents stripped, blanks as `_`.
pub fn slug(name: &str) -> String {
    fold(&name.split_whitespace().collect::<Vec<_>>().join("_"))
}

/// How a tag looks: one of a palette whose contrast was computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colour {
    /// Like the hairlines of a page.
    #[default]
    Grey,
    /// Paper blue.
    Blue,
    /// The blue of the deep.
    Navy,
    /// Green.
    Green,
    /// Ochre.
    Ochre,
    /// Brick.
    Red,
    /// Plum.
    Plum,
    /// Rose.
    Rose,
}

impl Colour {
    /// All of them, in the order in which they are offered and kept.
    pub const ALL: [Self; 8] = [
        Self::Grey,
        Self::Blue,
        Self::Navy,
        Self::Green,
        Self::Ochre,
        Self::Red,
        Self::Plum,
        Self::Rose,
    ];

    /// Its word in forms and style sheets; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Blue => "blue",
            Self::Navy => "navy",
            Self::Green => "green",
            Self::Ochre => "ochre",
            Self::Red => "red",
            Self::Plum => "plum",
            Self::Rose => "rose",
        }
    }

    /// By its word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.as_str() == word)
    }
}

/// The tags of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// Nobody wants it: hidden by default, never deleted.
    Spam,
    /// It comes from this very domain, and that was verified or it never left the box.
    Internal,
    /// Another mail service reports about the owner's domain: added up on a page of its own, and no letter.
    Report,
    /// The owner marked it with a star.
    Starred,
    /// The owner let its sender in as a newsletter.
    Newsletter,
}

impl System {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Spam, Self::Internal, Self::Report, Self::Starred, Self::Newsletter];

    /// Its number, the same in every box. The owner's own tags begin at [`TagId::FIRST`].
    pub fn id(self) -> TagId {
        TagId(match self {
            Self::Spam => 1,
            Self::Internal => 2,
            Self::Report => 3,
            Self::Starred => 4,
            Self::Newsletter => 5,
        })
    }

    /// By its number.
    pub fn of(id: TagId) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.id() == id)
    }

    /// Its slug; never translated.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Internal => "internal",
            Self::Report => "domain_report",
            Self::Starred => "starred",
            Self::Newsletter => "newsletter",
        }
    }

    /// Its share in the importance. That of `spam` is none: its probability has a line of its own.
    pub fn importance(self) -> i8 {
        match self {
            Self::Spam => 0,
            Self::Internal => 2,
            Self::Report => -5,
            Self::Starred => 3,
            Self::Newsletter => 0,
        }
    }
}

/// Who put a tag on a message. A hand weighs more: what the owner put there is learnt from, and what a rule,
/// a card or an address put there never takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The house itself, from what it observed.
    House,
    /// One of the owner's rules.
    Rule,
    /// The sender's card in the address book has it.
    Contact,
    /// The address that it was sent to: `me+shop@`.
    Address,
    /// Its discussion has it.
    Discussion,
    /// The owner's hand, or a suggestion that they accepted.
    Owner,
}

impl By {
    /// All of them, in the order of the numbers on the disk.
    pub const ALL: [Self; 6] = [Self::House, Self::Rule, Self::Contact, Self::Address, Self::Discussion, Self::Owner];
}

/// The tag of an address: `shop` of `me+shop@home.test`, where that may be one. Letters and digits, `-`, `_` and
/// `.`, at most 30 characters: the word is chosen by whoever writes.
pub fn of_detail(detail: &str) -> Option<Name> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if detail.chars().count() > 30 || !detail.chars().all(fits) {
        return None;
    }
    Name::parse(detail)
        .ok()
        .filter(|name| System::ALL.iter().all(|system| system.slug() != name.slug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_are_one_tag() {
        let name = Name::parse("  Maison   d'été ").unwrap();
        assert_eq!((name.as_str(), name.slug()), ("Maison d'été", "maison_d'ete"));
        for same in ["maison d'ete", "MAISON D’ÉTÉ", "Maison d'e\u{301}te\u{301}"] {
            assert_eq!(Name::parse(same).unwrap().slug(), "maison_d'ete", "{same}");
        }
        assert_eq!(Name::parse("Работа").unwrap().slug(), "работа");
    }

    #[test]
    fn what_is_no_name_is_said() {
        for (text, error) in [
            ("", NameError::Empty),
            ("  ", NameError::Empty),
            ("_-!", NameError::Empty),
            ("a\u{202e}b", NameError::Character),
            ("a\u{7}b", NameError::Character),
        ] {
            assert_eq!(Name::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(Name::parse(&"é".repeat(41)), Err(NameError::TooLong));
        assert!(Name::parse(&"é".repeat(40)).is_ok());
    }

    #[test]
    fn an_address_names_a_tag_but_none_of_the_house() {
        assert_eq!(of_detail("Shop").unwrap().slug(), "shop");
        assert_eq!(of_detail("a.b-c_1").unwrap().slug(), "a.b-c_1");
        for not in ["", "spam", "SPAM", "internal", "a b", "a/b", "<x>", "++", &"x".repeat(31)] {
            assert_eq!(of_detail(not), None, "{not}");
        }
    }

    #[test]
    fn system_tags_and_colours_have_words_of_their_own() {
        for system in System::ALL {
            assert_eq!(System::of(system.id()), Some(system));
            assert!(system.id() < TagId::FIRST);
            assert_eq!(slug(system.slug()), system.slug());
        }
        for colour in Colour::ALL {
            assert_eq!(Colour::of_word(colour.as_str()), Some(colour));
        }
    }
}
