//! Suggestions of people: groups, who is on a card, whom the owner wrote to, and from whom honest mail came. Never more than
//! fits on a list, whatever the address book holds.

use super::Compose;
use crate::{
    domain::{address::Address, draft::typed, fold::fold, time::Time},
    service::{Error, keyring, read},
    store::mail::Snapshot,
};
use std::collections::HashMap;

/// Most suggestions at a time.
const MOST: usize = 20;
/// Characters of what is looked for.
const ASKED: usize = 60;

impl Compose {
    /// People whose name or address has a word that begins so, as they would be typed; those whom the owner writes to
    /// most first. For nothing asked: just those.
    pub async fn suggest(&self, asked: &str) -> Result<Vec<String>, Error> {
        let asked = fold(&asked.chars().take(ASKED).collect::<String>());
        let owner = self.0.owner.clone();
        let now = self.0.clock.now();
        let found = read(&self.0.vault, move |snapshot| {
            let asked = asked.trim();
            let mut people = found(snapshot, asked)?;
            closed_first(snapshot, &mut people, now)?;
            Ok((super::groups::suggested(snapshot, asked)?, people))
        });
        let (groups, found) = found.await?;
        let others = found
            .into_iter()
            .filter(|(_, address)| owner.iter().all(|own| own.as_str() != address));
        let people = others.map(|(name, address)| typed(&name, &address)).take(MOST);
        Ok(groups.into_iter().chain(people).collect())
    }
}

/// Of the addresses of one name, those with a key that is used come first: the others stay where they were. Whoever is chosen
/// by their name is so written to where it can be closed.
fn closed_first(snapshot: &Snapshot, people: &mut [(String, String)], now: Time) -> Result<(), crate::store::Error> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, (name, _)) in people.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
        places.entry(name.clone()).or_default().push(place);
    }
    for places in places.into_values().filter(|places| places.len() > 1) {
        let mut ranked = Vec::with_capacity(places.len());
        for (_, address) in places.iter().filter_map(|place| people.get(*place)) {
            let closes = match Address::parse(address) {
                Ok(parsed) => keyring::closes(snapshot, &parsed, now)?,
                Err(_) => None,
            };
            ranked.push((std::cmp::Reverse(closes), address.clone()));
        }
        // A stable order: among equals the one that is written to most stays first.
        ranked.sort_by_key(|(rank, _)| *rank);
        for (place, (_, address)) in places.into_iter().zip(ranked) {
            if let Some(person) = people.get_mut(place) {
                person.1 = address;
            }
        }
    }
    Ok(())
}

/// Those whom the owner writes to most, by the names of their cards.
fn most_written_to(snapshot: &Snapshot) -> Result<Vec<(String, String)>, crate::store::Error> {
    let mut most: Vec<(u64, String)> = Vec::with_capacity(4 * MOST);
    let order = |(many, address): &(u64, String)| (std::cmp::Reverse(*many), address.clone());
    snapshot.each_written_to(|address, many| {
        most.push((many, address.to_owned()));
        if most.len() == 4 * MOST {
            most.sort_by_cached_key(order);
            most.truncate(2 * MOST);
        }
    })?;
    most.sort_by_cached_key(order);
    let named = most.into_iter().take(2 * MOST).map(|(_, address)| {
        let card = snapshot.contact_of(&address)?;
        Ok((card.map_or_else(String::new, |(_, card)| card.name), address))
    });
    let mut named = named.collect::<Result<Vec<_>, crate::store::Error>>()?;
    if named.len() < MOST {
        for card in snapshot.first_contacts(MOST)? {
            let new = card
                .addresses
                .first()
                .filter(|address| named.iter().all(|(_, known)| known != *address));
            named.extend(new.map(|address| (card.name.clone(), address.clone())));
        }
    }
    Ok(named)
}

/// Somebody who was found: how often they were written to, whether they have a card, how often they were heard from.
type Found = (u64, bool, u64, String, String);

fn found(snapshot: &Snapshot, asked: &str) -> Result<Vec<(String, String)>, crate::store::Error> {
    if asked.is_empty() {
        return most_written_to(snapshot);
    }
    let begins = |text: &str| {
        let folded = if text.is_ascii() { text.to_ascii_lowercase() } else { fold(text) };
        folded.starts_with(asked) || folded.split([' ', '-', '.', '@', '_']).any(|word| word.starts_with(asked))
    };
    let mut cards = Vec::new();
    snapshot.each_contact(|card| {
        let named = begins(&card.name);
        let addresses = card.addresses.iter().filter(|address| named || begins(address));
        cards.extend(addresses.map(|address| (card.name.clone(), address.clone())));
    })?;
    let mut others: HashMap<String, (u64, u64)> = HashMap::new();
    snapshot.each_written_to(|address, many| {
        if begins(address) {
            others.entry(address.to_owned()).or_default().0 = many;
        }
    })?;
    snapshot.each_heard(|address, many| {
        if begins(address) {
            others.entry(address.to_owned()).or_default().1 = many;
        }
    })?;
    let mut all: Vec<Found> = Vec::with_capacity(cards.len() + others.len());
    for (name, address) in cards {
        let (_, from) = others.remove(&address).unwrap_or_default();
        all.push((snapshot.written_to(&address)?, true, from, name, address));
    }
    // Those on a card were found with it.
    all.extend(
        others
            .into_iter()
            .map(|(address, (to, from))| (to, false, from, String::new(), address)),
    );
    let order = |(to, card, from, name, address): &Found| (std::cmp::Reverse((*to, *card, *from)), name.clone(), address.clone());
    if all.len() > MOST * 2 {
        all.select_nth_unstable_by_key(MOST * 2, |(to, card, from, ..)| std::cmp::Reverse((*to, *card, *from)));
        all.truncate(MOST * 2);
    }
    all.sort_by_cached_key(order);
    Ok(all.into_iter().map(|(_, _, _, name, address)| (name, address)).collect())
}
