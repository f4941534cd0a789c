//! A person or service in the owner's address book: what stands on a card, how cards are ordered, and what becomes
//! of the fields of two cards that are one person's.
//!
//! Absent on purpose: a picture. It says nothing about how private mail with somebody is, and it would be the
//! largest thing on the card.

use super::{address::Address, fact::Fact, fold::fold, id::ContactId};

/// The most characters of a name, and of an organisation.
pub const MAX_NAME: usize = 200;
/// The most addresses on a card.
pub const MAX_ADDRESSES: usize = 50;
/// The most telephone numbers on a card, and the most postal addresses: what a page's one form can bring back whole.
pub const MAX_FIELDS: usize = 12;
/// The most characters of a telephone number.
pub const MAX_PHONE: usize = 60;
/// The most characters of a postal address.
pub const MAX_PLACE: usize = 500;
/// The most characters of the notes.
pub const MAX_NOTE: usize = 10_000;
/// The most cards in a book.
pub const MAX_CARDS: usize = 10_000;

/// One card of the address book, as far as mail is concerned. An address stands on one card only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its number in the store.
    pub id: ContactId,
    /// What the owner calls them; never empty.
    pub name: String,
    /// Their addresses, the preferred one first.
    pub addresses: Vec<Address>,
    /// Their index as it was last computed, 0 to 100.
    pub index: Fact<u8>,
}

/// What a telephone or a postal address is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Label {
    /// Nobody said.
    #[default]
    Other,
    /// At home.
    Home,
    /// At work.
    Work,
    /// In the pocket.
    Mobile,
}

impl Label {
    /// All of them; their order is kept on the disk.
    pub const ALL: [Self; 4] = [Self::Other, Self::Home, Self::Work, Self::Mobile];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Home => "home",
            Self::Work => "work",
            Self::Mobile => "mobile",
        }
    }

    /// By its word.
    pub fn of_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|label| label.as_str() == word).unwrap_or_default()
    }
}

/// Everything on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// What the owner calls them.
    pub name: String,
    /// Their addresses, the preferred one first.
    pub addresses: Vec<Address>,
    /// Telephone numbers.
    pub phones: Vec<(Label, String)>,
    /// Postal addresses, one line a line.
    pub places: Vec<(Label, String)>,
    /// Where they work.
    pub organisation: String,
    /// What the owner notes of them.
    pub note: String,
}

impl Card {
    /// The card within its limits, without blanks at the ends, empty fields and repetitions. Where there is no
    /// name, the first address, the organisation or a number stands for it.
    pub fn tidy(mut self) -> Self {
        self.name = line(&self.name, MAX_NAME);
        self.organisation = line(&self.organisation, MAX_NAME);
        self.note = text(&self.note, MAX_NOTE);
        let mut addresses: Vec<Address> = Vec::new();
        for address in self.addresses {
            if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        self.addresses = addresses;
        self.phones = fields(self.phones, |number| line(number, MAX_PHONE), same_number);
        self.places = fields(self.places, |place| text(place, MAX_PLACE), |one, other| fold(one) == fold(other));
        if self.name.is_empty() {
            let address = self.addresses.first().map(ToString::to_string);
            let other = [
                Some(self.organisation.clone()),
                self.phones.first().map(|(_, number)| number.clone()),
            ];
            let name = address.into_iter().chain(other.into_iter().flatten()).find(|text| !text.is_empty());
            self.name = name.unwrap_or_default();
        }
        self
    }

    /// One card of two that are the same person's. What there can be several of is put together, this card's
    /// first; of a name and an organisation this card's stay where it has one; notes stand one under the other.
    pub fn merged(self, other: Self) -> Self {
        let or = |one: String, other: String| if one.is_empty() { other } else { one };
        let note = match (self.note.is_empty(), other.note.is_empty() || self.note == other.note) {
            (_, true) => self.note,
            (true, _) => other.note,
            _ => format!("{}\n\n{}", self.note, other.note),
        };
        Self {
            name: or(self.name, other.name),
            addresses: self.addresses.into_iter().chain(other.addresses).collect(),
            phones: self.phones.into_iter().chain(other.phones).collect(),
            places: self.places.into_iter().chain(other.places).collect(),
            organisation: or(self.organisation, other.organisation),
            note,
        }
        .tidy()
    }
}

/// The letter under which a name stands in the list: A to Z without accents and case, `#` for everything else.
pub fn initial(name: &str) -> char {
    let first = fold(name.trim()).chars().find(|c| c.is_alphanumeric());
    first
        .map(|c| c.to_ascii_uppercase())
        .filter(char::is_ascii_uppercase)
        .unwrap_or('#')
}

/// What names are ordered by: without accents and case and the signs before them, so that those under one letter stand together;
/// those that begin with no letter of A to Z last.
pub fn order(name: &str) -> (bool, String) {
    let folded = fold(name.trim());
    let begins = folded.find(char::is_alphanumeric).and_then(|at| folded.get(at..));
    (initial(name) == '#', begins.unwrap_or(&folded).to_owned())
}

/// Whether two ways of writing a telephone number are one number: the same digits and the same `+`.
pub fn same_number(one: &str, other: &str) -> bool {
    let dialled = |text: &str| -> String {
        let text = text.replace("(0)", "");
        text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '+').collect()
    };
    dialled(one) == dialled(other)
}

/// One line: blanks and control characters become single blanks.
fn line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(most).collect::<String>().trim_end().to_owned()
}

/// Several lines: line ends are `\n`, no other control characters, no blanks at the ends.
fn text(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .take(most)
        .collect();
    kept.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn fields(all: Vec<(Label, String)>, clean: impl Fn(&str) -> String, same: impl Fn(&str, &str) -> bool) -> Vec<(Label, String)> {
    let mut kept: Vec<(Label, String)> = Vec::new();
    for (label, text) in all {
        let text = clean(&text);
        if !text.is_empty() && kept.len() < MAX_FIELDS && !kept.iter().any(|(_, known)| same(known, &text)) {
            kept.push((label, text));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn names_stand_under_their_letter_whatever_their_accents() {
        for (name, letter) in [
            ("Éric", 'E'),
            ("  øyvind", 'O'),
            ("“Zoé”", 'Z'),
            ("Ægir", 'A'),
            ("3M", '#'),
            ("Работа", '#'),
            ("", '#'),
        ] {
            assert_eq!(initial(name), letter, "{name}");
        }
        let mut names = ["Zoé", "éric", "3M", "“Eva”", "Ève", "😀 Emil", "Работа", "Anne"];
        names.sort_by_key(|name| order(name));
        assert_eq!(names, ["Anne", "😀 Emil", "éric", "“Eva”", "Ève", "Zoé", "3M", "Работа"]);
    }

    #[test]
    fn a_card_is_kept_within_its_limits() {
        let card = Card {
            name: " Ann \r\n\u{7} Lee ".into(),
            addresses: vec![address("a@x.test"), address("A@X.test")],
            phones: vec![
                (Label::Home, "+33 (0)1 02".into()),
                (Label::Work, "+33102".into()),
                (Label::Other, " ".into()),
            ],
            places: vec![(Label::Home, "1 rue\r\nParis  \r\n".into())],
            note: "\n a\u{0}b \n".into(),
            ..Card::default()
        }
        .tidy();
        assert_eq!((card.name.as_str(), card.addresses.len(), card.phones.len()), ("Ann Lee", 1, 1));
        assert_eq!((card.places[0].1.as_str(), card.note.as_str()), ("1 rue\nParis", "ab"));
        let nameless = Card {
            addresses: vec![address("b@x.test")],
            ..Card::default()
        };
        assert_eq!(nameless.tidy().name, "b@x.test");
        assert_eq!(Card::default().tidy(), Card::default());
        let long = Card {
            name: "é".repeat(MAX_NAME + 5),
            phones: (0..40).map(|n| (Label::Other, n.to_string())).collect(),
            ..Card::default()
        };
        assert_eq!(
            (long.clone().tidy().name.chars().count(), long.tidy().phones.len()),
            (MAX_NAME, MAX_FIELDS)
        );
    }

    #[test]
    fn two_cards_become_one_and_nothing_is_lost() {
        let one = Card {
            name: "Ann".into(),
            addresses: vec![address("a@x.test")],
            phones: vec![(Label::Home, "1".into())],
            note: "one".into(),
            ..Card::default()
        };
        let other = Card {
            name: "Ann Lee".into(),
            addresses: vec![address("b@x.test"), address("a@x.test")],
            phones: vec![(Label::Work, "1".into()), (Label::Work, "2".into())],
            organisation: "Lee Ltd".into(),
            note: "two".into(),
            ..Card::default()
        };
        let both = one.clone().merged(other);
        assert_eq!(
            (both.name.as_str(), both.organisation.as_str(), both.note.as_str()),
            ("Ann", "Lee Ltd", "one\n\ntwo")
        );
        assert_eq!(both.addresses, [address("a@x.test"), address("b@x.test")]);
        assert_eq!(both.phones, [(Label::Home, "1".into()), (Label::Work, "2".into())]);
        assert_eq!(one.clone().merged(one.clone()), one, "with itself it stays what it was");
    }
}
