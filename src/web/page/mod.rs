//! The pages, one file each: read the visit, call one service, show or lead on. The small views that
//! several of them share are here.

pub(super) mod account;
pub(super) mod acts;
pub(super) mod address;
pub(super) mod appliance;
pub(super) mod backup;
pub(super) mod certificate;
pub(super) mod contact;
pub(super) mod contact_files;
pub(super) mod contact_pair;
pub(super) mod contacts;
pub(super) mod danger;
pub(super) mod delete;
pub(super) mod device;
pub(super) mod devices;
pub(super) mod discussion;
pub(super) mod dns;
pub(super) mod door;
pub(super) mod drafts;
pub(super) mod erase;
mod fate;
pub(super) mod file;
pub(super) mod health;
pub(super) mod help;
pub(super) mod help_topics;
pub(super) mod importance;
pub(super) mod journal;
pub(super) mod key_card;
pub(super) mod keys;
pub(super) mod ledger;
pub(super) mod letting_in;
mod lines;
pub(super) mod locks;
pub(super) mod mailboxes;
pub(super) mod message;
pub(super) mod moving;
pub(super) mod networks;
pub(super) mod notifications;
pub(super) mod original;
pub(super) mod outbox;
pub(super) mod passkeys;
pub(super) mod people_keys;
pub(super) mod preferences;
pub(super) mod proof;
pub(super) mod receipt;
pub(super) mod recovery;
pub(super) mod reports;
pub(super) mod rules;
pub(super) mod search;
pub(super) mod security;
pub(super) mod setting;
pub(super) mod settings;
pub(super) mod setup;
pub(super) mod setup_after;
pub(super) mod setup_back;
pub(super) mod setup_world;
pub(super) mod shelf;
pub(super) mod sign_in;
pub(super) mod spam;
pub(super) mod tagging;
pub(super) mod tags;
pub(super) mod timeline;
mod told;
pub(super) mod updates;
pub(super) mod views;
pub(super) mod way;
pub(super) mod welcome;
pub(super) mod world;
pub(super) mod write;
pub(super) mod writing;

use crate::{
    domain::{padlock::Padlock, privacy::index::Letter},
    locale::{Words, privacy},
    service::view::Person,
};
/// The sign of the Privacy Index: a row of five letters, the one in force raised, and the number.
struct Badge {
    points: Option<u8>,
}

impl Badge {
    fn of(points: Option<u8>) -> Self {
        Self { points }
    }

    fn letter(&self) -> Option<Letter> {
        self.points.map(Letter::of)
    }

    fn scale(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let mine = self.letter();
        Letter::ALL.into_iter().map(move |letter| (letter.as_str(), mine == Some(letter)))
    }

    fn number(&self) -> String {
        self.points.map_or_else(|| "?".to_owned(), |points| points.to_string())
    }

    /// "C 55", or what stands for not knowing.
    fn short(&self, w: &Words) -> String {
        match (self.letter(), self.points) {
            (Some(letter), Some(points)) => format!("{} {points}", letter.as_str()),
            _ => w.index_unknown.to_owned(),
        }
    }

    fn label(&self, w: &Words) -> String {
        format!("{} {}", privacy::title(w.lang), self.short(w))
    }

    fn meaning(&self, w: &Words) -> &'static str {
        self.letter()
            .map_or_else(|| privacy::unknown(w.lang), |letter| privacy::letter(w.lang, letter))
    }
}

/// The sign of the padlock: a shape and a word.
struct Lock {
    shape: &'static str,
    word: &'static str,
    meaning: &'static str,
}

impl Lock {
    fn of(w: &Words, padlock: Padlock) -> Self {
        Self {
            shape: padlock.as_str(),
            word: privacy::padlock(w.lang, padlock),
            meaning: privacy::padlock_meaning(w.lang, padlock),
        }
    }
}

/// A sender's words for a line of ours: characters that turn the direction of text around, or that are not
/// seen at all, are left out, so that what is read is what was written.
fn calm(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}');
    text.chars().filter(|c| !c.is_control() && !turns(*c)).collect()
}

/// Somebody by name; with the address where the name is only the sender's word.
struct Named {
    name: String,
    address: Option<String>,
    /// Their card, or a new one for them; `None` for the owner.
    card: Option<Card>,
}

impl Named {
    /// As they stand in a message's head.
    fn of(w: &Words, person: &Person) -> Self {
        if person.owner {
            return Self {
                name: w.you.to_owned(),
                address: None,
                card: None,
            };
        }
        let address = person.address.to_string();
        Self {
            card: Some(Card::of(w, person)),
            address: (!person.known && person.name != address).then_some(address),
            name: Some(calm(&person.name))
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| person.address.to_string()),
        }
    }

    /// The same after a word, as those whom a message is to: the owner is no name at the beginning of a line there.
    fn among(w: &Words, person: &Person) -> Self {
        Self {
            name: if person.owner {
                w.you_among.to_owned()
            } else {
                Self::of(w, person).name
            },
            ..Self::of(w, person)
        }
    }

    /// Nobody who could be named.
    fn unknown(w: &Words) -> Self {
        Self {
            name: w.somebody_unknown.to_owned(),
            address: None,
            card: None,
        }
    }

    /// Several in a row: an unknown person who is not the first stands there by address alone.
    fn row(w: &Words, people: &[Person]) -> Vec<Self> {
        let brief = |person: &Person| match Self::of(w, person) {
            Self {
                address: Some(address),
                card,
                ..
            } => Self {
                name: address,
                address: None,
                card,
            },
            known => known,
        };
        let first = people.iter().take(1).map(|person| Self::of(w, person));
        first.chain(people.iter().skip(1).map(brief)).collect()
    }
}

/// A link to somebody's card, or to a new one with what a message says of them.
struct Card {
    href: String,
    word: &'static str,
}

impl Card {
    fn of(w: &Words, person: &Person) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("address", person.address.as_str());
        if !person.known {
            query.append_pair("name", &calm(&person.name));
        }
        Self {
            href: format!("/contacts/new?{}", query.finish()),
            word: if person.known { w.contacts.in_book } else { w.contacts.add_this },
        }
    }
}

/// Where the pages before and after this one are.
struct Pager {
    newer: Option<String>,
    older: Option<String>,
    span: String,
}

impl Pager {
    /// `step` things on a page, page 1 the newest.
    fn of(w: &Words, path: &str, page: u32, pages: u32, step: u32, total: u64) -> Self {
        let address = |page: u32| {
            if page == 1 {
                path.to_owned()
            } else {
                format!("{path}{}page={page}", if path.contains('?') { '&' } else { '?' })
            }
        };
        let first = u64::from(page - 1) * u64::from(step) + 1;
        let last = (first + u64::from(step) - 1).min(total);
        Self {
            newer: (page > 1).then(|| address(page - 1)),
            older: (page < pages).then(|| address(page + 1)),
            span: w.span(first, last, total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::address::Address, locale::Lang};

    fn person(name: &str, known: bool) -> Person {
        Person {
            name: name.into(),
            address: Address::parse("eve@x.test").unwrap(),
            owner: false,
            known,
        }
    }

    #[test]
    fn a_name_that_is_only_claimed_never_stands_alone() {
        let w = Lang::En.words();
        assert_eq!(Named::of(w, &person("Alice", false)).address.as_deref(), Some("eve@x.test"));
        assert_eq!(
            Named::of(w, &person("alice@bank.test", false)).address.as_deref(),
            Some("eve@x.test")
        );
        assert_eq!(Named::of(w, &person("eve@x.test", false)).address, None);
        assert_eq!(Named::of(w, &person("Alice", true)).address, None);
        assert_eq!(Named::of(w, &person("\u{202e}tset.knab@ecila", true)).name, "tset.knab@ecila");
        assert_eq!(Named::of(w, &person("\u{200b}", false)).name, "eve@x.test");
        let row = Named::row(w, &[person("A", true), person("Alice", false)]);
        assert_eq!(row[1].name, "eve@x.test");
    }

    #[test]
    fn an_unknown_index_is_a_question_mark_and_no_letter() {
        let badge = Badge::of(None);
        assert_eq!((badge.number().as_str(), badge.scale().any(|(_, on)| on)), ("?", false));
        assert_eq!(Badge::of(Some(55)).label(Lang::Fr.words()), "Indice de confidentialité C 55");
        assert_eq!(Badge::of(Some(0)).scale().filter(|(_, on)| *on).collect::<Vec<_>>(), [("E", true)]);
    }

    #[test]
    fn a_pager_knows_both_ends() {
        let w = Lang::En.words();
        let pager = Pager::of(w, "/", 2, 3, 50, 120);
        assert_eq!(
            (pager.newer.as_deref(), pager.older.as_deref(), pager.span.as_str()),
            (Some("/"), Some("/?page=3"), "51–100 of 120")
        );
        let last = Pager::of(w, "/", 3, 3, 50, 120);
        assert_eq!((last.older, last.span.as_str()), (None, "101–120 of 120"));
    }
}
