//! The address book's tables: cards, what was exchanged with each address, and how each contact stands.
//!
//! An address stands on one card only: every function that writes a card sees to that, and says which other card
//! it stands on where it cannot be had. Whoever changes something that a contact's index rests on calls [`stale`]
//! in the same write; the index is computed anew by whoever takes the stale ones ([`Snapshot::stale`]).

use super::{
    Error,
    mail::{EDITION, Snapshot},
    record::{Contact, Record, Stands},
    regroup,
    schema::{EXCHANGED, EXCHANGED_OF, STALE, STANDINGS},
    writer::Tables,
};
use crate::domain::contact::MAX_CARDS;
use redb::{ReadableTable, ReadableTableMetadata};

/// The owner wrote it: a bit of what [`EXCHANGED`] holds; the others count the trackers in it.
const TO: u32 = 1 << 31;

/// What became of a card that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is kept under this number.
    Done(u64),
    /// An address of it stands on another card.
    Taken {
        /// The address.
        address: String,
        /// The other card.
        card: u64,
        /// What that one is called.
        name: String,
    },
    /// There are as many cards as there may be.
    TooMany,
    /// There is no such card any more.
    Missing,
}

/// One message between the owner and an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Which.
    pub message: u64,
    /// When it was received.
    pub received: i64,
    /// Whether the owner wrote it.
    pub to: bool,
    /// How many trackers were in it.
    pub trackers: u32,
}

/// What [`EXCHANGED`] holds of a message.
pub fn exchange(to: bool, trackers: u32) -> u32 {
    trackers.min(TO - 1) | if to { TO } else { 0 }
}

/// Keeps what was exchanged by a message that has just been kept, and with whom.
pub(super) fn arrived(tables: &mut Tables<'_>, message: u64, received: i64, exchanged: &[(String, u32)]) -> Result<(), Error> {
    for (address, what) in exchanged {
        tables.exchanged.insert((address.as_str(), received, message), what)?;
        tables.exchanged_of.insert((message, address.as_str()), ())?;
        stale(tables, address)?;
    }
    Ok(())
}

/// Forgets what was exchanged by a message that is being deleted.
pub(super) fn forget(tables: &mut Tables<'_>, message: u64, received: i64) -> Result<(), Error> {
    let rows = tables.exchanged_of.range((message, "")..(message.saturating_add(1), ""))?;
    let addresses: Vec<String> = rows.map(|row| Ok(row?.0.value().1.to_owned())).collect::<Result<_, Error>>()?;
    for address in addresses {
        tables.exchanged.remove((address.as_str(), received, message))?;
        tables.exchanged_of.remove((message, address.as_str()))?;
        stale(tables, &address)?;
    }
    Ok(())
}

/// Something about a message changed on which the index of its people may rest.
pub fn stale_of_message(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    let rows = tables.exchanged_of.range((message, "")..(message.saturating_add(1), ""))?;
    let addresses: Vec<String> = rows.map(|row| Ok(row?.0.value().1.to_owned())).collect::<Result<_, Error>>()?;
    addresses.iter().try_for_each(|address| stale(tables, address))
}

/// Something about an address changed on which a contact's index may rest.
pub fn stale(tables: &mut Tables<'_>, address: &str) -> Result<(), Error> {
    if let Some(card) = tables.contact_of.get(address)?.map(|value| value.value()) {
        tables.stale.insert(card, ())?;
    }
    Ok(())
}

/// Something about a contact changed on which their index may rest.
pub fn stale_card(tables: &mut Tables<'_>, card: u64) -> Result<(), Error> {
    if tables.has_contact(card)? {
        tables.stale.insert(card, ())?;
    }
    Ok(())
}

/// Time has passed: every contact's index is computed anew.
pub fn stale_all(tables: &mut Tables<'_>) -> Result<(), Error> {
    let cards = tables.contacts.iter()?.map(|row| Ok(row?.0.value()));
    for card in cards.collect::<Result<Vec<u64>, Error>>()? {
        tables.stale.insert(card, ())?;
    }
    Ok(())
}

/// Keeps how contacts stand. One whose card is gone is left out.
pub fn stand(tables: &mut Tables<'_>, computed: &[(u64, Stands)]) -> Result<(), Error> {
    for (card, stands) in computed {
        tables.stale.remove(card)?;
        if tables.contacts.get(card)?.is_some() {
            tables.standings.insert(card, stands.encode(*card)?.as_slice())?;
        }
    }
    Ok(())
}

fn card(tables: &Tables<'_>, id: u64) -> Result<Option<Contact>, Error> {
    let value = tables.contacts.get(id)?;
    value.map(|value| Contact::decode(id, value.value())).transpose()
}

/// Keeps a card, a new one where no number is given. `but` is a card whose addresses may be taken from it: the
/// other one of two that become one.
pub fn put(tables: &mut Tables<'_>, id: Option<u64>, contact: &Contact, but: Option<u64>) -> Result<Put, Error> {
    let before = match id {
        Some(id) => match card(tables, id)? {
            Some(before) => before,
            None => return Ok(Put::Missing),
        },
        None if tables.contacts.len()? >= MAX_CARDS as u64 => return Ok(Put::TooMany),
        None => Contact::default(),
    };
    for address in &contact.addresses {
        let owner = tables.contact_of.get(address.as_str())?.map(|value| value.value());
        if let Some(other) = owner.filter(|owner| Some(*owner) != id && Some(*owner) != but) {
            return Ok(Put::Taken {
                address: address.clone(),
                card: other,
                name: card(tables, other)?.map(|other| other.name).unwrap_or_default(),
            });
        }
    }
    let id = id.map_or_else(|| tables.next("contact"), Ok)?;
    for address in before.addresses.iter().filter(|address| !contact.addresses.contains(address)) {
        tables.contact_of.remove(address.as_str())?;
        regroup::note(tables, &format!("#{id}"))?;
    }
    for address in &contact.addresses {
        if tables
            .contact_of
            .insert(address.as_str(), id)?
            .is_none_or(|owner| owner.value() != id)
        {
            regroup::note(tables, address)?;
        }
    }
    if let Some(other) = but {
        regroup::note(tables, &format!("#{other}"))?;
    }
    tables.contacts.insert(id, contact.encode(id)?.as_slice())?;
    tables.stale.insert(id, ())?;
    tables.next(EDITION)?;
    Ok(Put::Done(id))
}

/// Takes a card out of the book, and has the file written anew; says whether there was one.
pub fn remove(tables: &mut Tables<'_>, id: u64) -> Result<bool, Error> {
    let Some(gone) = card(tables, id)? else { return Ok(false) };
    tables.contacts.remove(id)?;
    for address in &gone.addresses {
        if tables.contact_of.get(address.as_str())?.is_some_and(|value| value.value() == id) {
            tables.contact_of.remove(address.as_str())?;
        }
    }
    if !gone.addresses.is_empty() {
        regroup::note(tables, &format!("#{id}"))?;
    }
    tables.card_tags.retain_in((id, 0)..=(id, u64::MAX), |_, ()| false)?;
    tables.standings.remove(id)?;
    tables.stale.remove(id)?;
    tables.meta.insert(super::vault::DELETED, [1].as_slice())?;
    tables.next(EDITION)?;
    Ok(true)
}

/// Puts two cards together: this one becomes `merged`, the other one goes, its tags come along.
pub fn merge(tables: &mut Tables<'_>, id: u64, other: u64, merged: &Contact) -> Result<Put, Error> {
    if id == other || card(tables, other)?.is_none() {
        return Ok(Put::Missing);
    }
    let put = put(tables, Some(id), merged, Some(other))?;
    if let Put::Done(_) = put {
        let tags = tables.card_tags.range((other, 0)..=(other, u64::MAX))?;
        let tags: Vec<u64> = tags.map(|row| Ok(row?.0.value().1)).collect::<Result<_, Error>>()?;
        for tag in tags {
            tables.card_tags.insert((id, tag), ())?;
        }
        remove(tables, other)?;
    }
    Ok(put)
}

/// Moves addresses to a card of their own, with the same tags: a card that two people shared becomes two. Says the
/// new one's number; [`Put::Missing`] where not all of them stand on the card, or none would be left on either.
pub fn split(tables: &mut Tables<'_>, id: u64, name: &str, addresses: &[String]) -> Result<Put, Error> {
    let Some(mut stays) = card(tables, id)? else {
        return Ok(Put::Missing);
    };
    let moved = addresses.iter().all(|address| stays.addresses.contains(address));
    stays.addresses.retain(|address| !addresses.contains(address));
    if !moved || addresses.is_empty() || stays.addresses.is_empty() {
        return Ok(Put::Missing);
    }
    // Asked before anything is taken off the card.
    if tables.contacts.len()? >= MAX_CARDS as u64 {
        return Ok(Put::TooMany);
    }
    put(tables, Some(id), &stays, None)?;
    let leaves = Contact {
        name: name.to_owned(),
        addresses: addresses.to_vec(),
        organisation: stays.organisation,
        ..Contact::default()
    };
    let put = put(tables, None, &leaves, None)?;
    if let Put::Done(new) = put {
        let tags = tables.card_tags.range((id, 0)..=(id, u64::MAX))?;
        let tags: Vec<u64> = tags.map(|row| Ok(row?.0.value().1)).collect::<Result<_, Error>>()?;
        for tag in tags {
            tables.card_tags.insert((new, tag), ())?;
        }
    }
    Ok(put)
}

impl Tables<'_> {
    /// Whether there is such a card.
    pub fn has_contact(&self, id: u64) -> Result<bool, Error> {
        Ok(self.contacts.get(id)?.is_some())
    }
}

impl Snapshot {
    /// Every card with its number.
    pub fn contacts(&self) -> Result<Vec<(u64, Contact)>, Error> {
        let mut all = Vec::new();
        for entry in self.contacts.iter()? {
            let (id, value) = entry?;
            all.push((id.value(), Contact::decode(id.value(), value.value())?));
        }
        Ok(all)
    }

    /// How a contact stands, as it was last computed.
    pub fn stands(&self, card: u64) -> Result<Option<Stands>, Error> {
        self.record(STANDINGS, card)
    }

    /// Contacts whose index is to be computed anew.
    pub fn stale(&self, take: usize) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(STALE)?;
        table.iter()?.take(take).map(|row| Ok(row?.0.value())).collect()
    }

    /// Who wrote a message to the owner; `None` where the owner did, or where only the message itself says who.
    pub fn writer_of(&self, message: u64, received: i64) -> Result<Option<String>, Error> {
        let (of, exchanged) = (self.tx.open_table(EXCHANGED_OF)?, self.tx.open_table(EXCHANGED)?);
        for row in of.range((message, "")..(message.saturating_add(1), ""))? {
            let key = row?.0;
            let (_, address) = key.value();
            let what = exchanged.get((address, received, message))?.map(|what| what.value());
            if what.is_some_and(|what| what & TO == 0) {
                return Ok(Some(address.to_owned()));
            }
        }
        Ok(None)
    }

    /// What was exchanged with an address, the newest first.
    pub fn exchanged(&self, address: &str, take: usize) -> Result<Vec<Exchange>, Error> {
        let table = self.tx.open_table(EXCHANGED)?;
        let rows = table.range((address, i64::MIN, 0)..=(address, i64::MAX, u64::MAX))?;
        let rows = rows.rev().take(take).map(|row| {
            let (key, what) = row?;
            let (_, received, message) = key.value();
            Ok(Exchange {
                message,
                received,
                to: what.value() & TO != 0,
                trackers: what.value() & !TO,
            })
        });
        rows.collect()
    }
}
