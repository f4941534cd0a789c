//! Records of the address book: cards, and how each of them stands.

use super::{super::Error, Record};
use crate::domain::{
    address::Address,
    contact::{Card, Label},
};
use serde::{Deserialize, Serialize};

/// A card of the address book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What the owner calls them.
    pub name: String,
    /// Their addresses, the preferred one first.
    pub addresses: Vec<String>,
    /// Telephone numbers with what they are for, by its place in [`Label::ALL`].
    pub phones: Vec<(u8, String)>,
    /// Postal addresses, likewise.
    pub places: Vec<(u8, String)>,
    /// Where they work.
    pub organisation: String,
    /// What the owner notes of them.
    pub note: String,
}

/// A card as the first version kept it.
#[derive(Deserialize)]
struct Named {
    name: String,
    addresses: Vec<String>,
}

impl Record for Contact {
    const TABLE: &'static str = "contacts";
    const VERSION: u8 = 2;

    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        if version != 1 {
            return Err(Error::Damaged);
        }
        let Named { name, addresses } = postcard::from_bytes(body).map_err(|_| Error::Damaged)?;
        Ok(Self {
            name,
            addresses,
            ..Self::default()
        })
    }
}

impl Contact {
    /// The record of a card.
    pub fn of(card: &Card) -> Self {
        let labelled = |all: &[(Label, String)]| all.iter().map(|(label, text)| (*label as u8, text.clone())).collect();
        Self {
            name: card.name.clone(),
            addresses: card.addresses.iter().map(ToString::to_string).collect(),
            phones: labelled(&card.phones),
            places: labelled(&card.places),
            organisation: card.organisation.clone(),
            note: card.note.clone(),
        }
    }

    /// The card in it.
    pub fn card(&self) -> Card {
        let labelled = |all: &[(u8, String)]| {
            let one = |(label, text): &(u8, String)| (Label::ALL.get(usize::from(*label)).copied().unwrap_or_default(), text.clone());
            all.iter().map(one).collect()
        };
        Card {
            name: self.name.clone(),
            addresses: self.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect(),
            phones: labelled(&self.phones),
            places: labelled(&self.places),
            organisation: self.organisation.clone(),
            note: self.note.clone(),
        }
    }
}

/// How a contact stands: their index and what was exchanged, as they were last computed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stands {
    /// When that was.
    pub at: i64,
    /// The version of the rules that said so.
    pub rules: u16,
    /// The index; `None` is unknown.
    pub points: Option<u8>,
    /// Messages from them.
    pub from: u64,
    /// Messages to them.
    pub to: u64,
    /// When the last one was exchanged.
    pub last: Option<i64>,
}

impl Record for Stands {
    const TABLE: &'static str = "standings";
    const VERSION: u8 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_comes_back_as_it_was_and_an_old_one_is_read() {
        let card = Card {
            name: "Ann".into(),
            addresses: vec![Address::parse("a@x.test").unwrap()],
            phones: vec![(Label::Mobile, "1".into())],
            places: vec![(Label::Home, "x\ny".into())],
            organisation: "Lee".into(),
            note: "n".into(),
        };
        let octets = Contact::of(&card).encode(7).unwrap();
        assert_eq!(Contact::decode(7, &octets).unwrap().card(), card);
        let old = postcard::to_stdvec(&("Bob", vec!["b@x.test"])).unwrap();
        let read = Contact::read_older(1, &old).unwrap();
        assert_eq!((read.name.as_str(), read.addresses), ("Bob", vec!["b@x.test".to_owned()]));
        assert!(Contact::read_older(9, &old).is_err());
    }
}
