//! Records of what stands beside messages and discussions so that they can be found and ordered: tags,
//! importance, rules, and what was learnt from the owner's tags.

use super::{super::Error, Record};
use crate::domain::{
    fact::Fact,
    id::TagId,
    importance::{Facts, Spam},
    rule,
    shelf::Shelf,
    tag::{Colour, Name, System},
};
use serde::{Deserialize, Serialize};

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// As it was written; for a tag of the house its slug, because the page has a word for it.
    pub name: String,
    /// What it is known by.
    pub slug: String,
    /// Its colour, by its place in [`Colour::ALL`].
    pub colour: u8,
    /// Its own importance.
    pub importance: i8,
    /// Whether an address made it (`me+shop@`) and no hand has touched it since.
    pub from_address: bool,
}

impl Tag {
    /// A new one.
    pub fn new(name: &Name, colour: Colour, importance: i8) -> Self {
        Self {
            name: name.as_str().to_owned(),
            slug: name.slug().to_owned(),
            colour: colour as u8,
            importance,
            from_address: false,
        }
    }

    /// One of the house.
    pub fn of_house(system: System) -> Self {
        Self {
            name: system.slug().to_owned(),
            slug: system.slug().to_owned(),
            colour: match system {
                System::Spam => Colour::Red,
                System::Internal => Colour::Navy,
                System::Report => Colour::Grey,
                System::Starred => Colour::Ochre,
                System::Newsletter => Colour::Blue,
            } as u8,
            importance: system.importance(),
            from_address: false,
        }
    }

    /// Its colour.
    pub fn colour(&self) -> Colour {
        Colour::ALL.get(usize::from(self.colour)).copied().unwrap_or_default()
    }
}

/// Where a discussion stands: its shelf, its level, its tags, and what the level was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Its level.
    pub level: i8,
    /// When its newest message was received.
    pub last: i64,
    /// Whether something in it is unread.
    pub unread: bool,
    /// The newest ten: received, message, level; oldest first.
    pub newest: Vec<(i64, u64, i8)>,
    /// Its tags: which, on how many of its messages, and whether the discussion itself was given it.
    pub tags: Vec<(u64, u32, bool)>,
    /// Its shelf, by number.
    pub shelf: u8,
    /// In the wastebasket: on which shelf it stood before, and when it was put there.
    pub binned: (u8, i64),
}

/// As it was before there were shelves.
#[derive(Deserialize)]
struct Filed1 {
    level: i8,
    last: i64,
    unread: bool,
    newest: Vec<(i64, u64, i8)>,
    tags: Vec<(u64, u32, bool)>,
}

impl Filed {
    /// Its shelf; one that is not known is the timeline, where nothing is overlooked.
    pub fn shelf(&self) -> Shelf {
        Shelf::of(self.shelf).unwrap_or_default()
    }

    /// What its shelf is ordered by.
    pub fn at(&self) -> i64 {
        if self.shelf() == Shelf::Bin { self.binned.1 } else { self.last }
    }
}

impl Record for Filed {
    const TABLE: &'static str = "filed";
    const VERSION: u8 = 2;

    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        if version != 1 {
            return Err(Error::Damaged);
        }
        let old: Filed1 = postcard::from_bytes(body).map_err(|_| Error::Damaged)?;
        Ok(Self {
            level: old.level,
            last: old.last,
            unread: old.unread,
            newest: old.newest,
            tags: old.tags,
            ..Self::default()
        })
    }
}

/// What a message's importance was made from, its tags left out: they have rows of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// The level that came out.
    pub level: i8,
    /// Spam: 0 not judged, 1 judged, 2 put aside by its domain's wish, 3 unwanted, 4 wanted; and the
    /// probability in ten-thousandths for 1 and 2.
    pub spam: (u8, u16),
    /// An answer to the owner.
    pub answers: bool,
    /// The index of the message.
    pub index: Option<u8>,
    /// The index of the contact.
    pub contact: Option<u8>,
    /// From somebody who was written to.
    pub written_to: bool,
    /// Bulk mail that nobody asked for.
    pub unasked: bool,
    /// What the rules add.
    pub rules: i8,
    /// Where the owner wrote it: the hash of its identifier, and whom it was written to, so that both can be
    /// forgotten with it.
    pub own: Option<(Option<[u8; 16]>, Vec<String>)>,
}

impl Weighed {
    /// From facts; the level is still to be made.
    pub fn of(facts: &Facts) -> Self {
        Self {
            level: 0,
            spam: match facts.spam {
                Spam::Unknown => (0, 0),
                Spam::Judged(p) => (1, p),
                Spam::Quarantined(p) => (2, p),
                Spam::Unwanted => (3, 0),
                Spam::Wanted => (4, 0),
            },
            answers: facts.answers,
            index: facts.index.known(),
            contact: facts.contact.known(),
            written_to: facts.written_to,
            unasked: facts.unasked,
            rules: facts.rules,
            own: None,
        }
    }

    /// The facts, with the most important tag of today.
    pub fn facts(&self, tag: Option<(u64, i8)>) -> Facts {
        Facts {
            spam: match self.spam {
                (1, p) => Spam::Judged(p),
                (2, p) => Spam::Quarantined(p),
                (3, _) => Spam::Unwanted,
                (4, _) => Spam::Wanted,
                _ => Spam::Unknown,
            },
            tag: tag.map(|(id, own)| (TagId(id), own)),
            answers: self.answers,
            index: Fact::from(self.index),
            contact: Fact::from(self.contact),
            written_to: self.written_to,
            unasked: self.unasked,
            rules: self.rules,
        }
    }
}

/// A rule of the owner's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its place among the others.
    pub place: u32,
    /// What the owner calls it.
    pub name: String,
    /// In force.
    pub on: bool,
    /// All conditions, or one of them.
    pub all: bool,
    /// Field and comparison by their places in the domain's lists, and the text.
    pub conditions: Vec<(u8, u8, String)>,
    /// The tags.
    pub tags: Vec<u64>,
    /// The importance.
    pub importance: i8,
}

impl Rule {
    /// A rule at a place.
    pub fn of(rule: &rule::Rule, place: u32) -> Self {
        let conditions = rule
            .conditions
            .iter()
            .map(|condition| (condition.field as u8, condition.how as u8, condition.text.clone()));
        Self {
            place,
            name: rule.name.clone(),
            on: rule.on,
            all: rule.all,
            conditions: conditions.collect(),
            tags: rule.tags.iter().map(|tag| tag.0).collect(),
            importance: rule.importance,
        }
    }

    /// The rule.
    pub fn rule(&self) -> Result<rule::Rule, Error> {
        let conditions = self.conditions.iter().map(|(field, how, text)| {
            Ok(rule::Condition {
                field: rule::Field::ALL.get(usize::from(*field)).copied().ok_or(Error::Damaged)?,
                how: rule::How::ALL.get(usize::from(*how)).copied().ok_or(Error::Damaged)?,
                text: text.clone(),
            })
        });
        Ok(rule::Rule {
            name: self.name.clone(),
            on: self.on,
            all: self.all,
            conditions: conditions.collect::<Result<_, Error>>()?,
            tags: self.tags.iter().map(|tag| TagId(*tag)).collect(),
            importance: self.importance,
        })
    }
}

/// What is known of one word: on how many messages of the background it stands, and for each tag on how many
/// examples for and against it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Messages of the background.
    pub background: u32,
    /// Tag, examples for, examples against.
    pub tags: Vec<(u64, u32, u32)>,
}

/// The words of an example, so that it can be forgotten exactly as it was learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The owner refused the tag for this message.
    pub against: bool,
    /// Its words, hashed.
    pub words: Vec<u32>,
}

macro_rules! records {
    ($($shape:ty => $table:literal),* $(,)?) => {
        $(impl Record for $shape { const TABLE: &'static str = $table; const VERSION: u8 = 1; })*
    };
}

records! {
    Tag => "tags",
    Weighed => "weighed",
    Rule => "rules",
    Word => "lessons",
    Example => "examples",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_weighed_comes_back_as_it_was() {
        for spam in [
            Spam::Unknown,
            Spam::Judged(1),
            Spam::Quarantined(9_999),
            Spam::Unwanted,
            Spam::Wanted,
        ] {
            let facts = Facts {
                spam,
                tag: Some((TagId(7), -3)),
                answers: true,
                index: Fact::Known(80),
                contact: Fact::Unknown,
                written_to: true,
                unasked: false,
                rules: -2,
            };
            assert_eq!(Weighed::of(&facts).facts(Some((7, -3))), facts);
        }
    }

    #[test]
    fn what_was_filed_before_there_were_shelves_is_on_the_timeline() {
        #[derive(Serialize)]
        struct Old(i8, i64, bool, Vec<(i64, u64, i8)>, Vec<(u64, u32, bool)>);
        let old = Old(3, 7, true, vec![(7, 1, 3)], vec![(101, 1, false)]);
        let filed = Filed::read_older(1, &postcard::to_stdvec(&old).unwrap()).unwrap();
        assert_eq!((filed.level, filed.last, filed.shelf()), (3, 7, Shelf::Timeline));
        assert!(Filed::read_older(7, &[]).is_err());
    }

    #[test]
    fn a_rule_comes_back_as_it_was() {
        let rule = rule::Rule {
            name: "Bank".into(),
            on: true,
            all: true,
            conditions: vec![rule::Condition {
                field: rule::Field::List,
                how: rule::How::Equals,
                text: "x".into(),
            }],
            tags: vec![TagId(101)],
            importance: -4,
        };
        assert_eq!(Rule::of(&rule, 3).rule().unwrap(), rule);
        let odd = Rule {
            conditions: vec![(9, 0, String::new())],
            ..Rule::default()
        };
        assert!(odd.rule().is_err());
    }
}
