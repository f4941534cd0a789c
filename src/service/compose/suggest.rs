//! Suggestions of people: who is on a card, whom the owner wrote to, and from whom honest mail came. Never more than
//! fits on a list, whatever the address book holds.

use super::Compose;
use crate::{
    domain::{draft::typed, fold::fold},
    service::{Error, read},
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
        let found = read(&self.0.vault, move |snapshot| Ok(found(snapshot, asked.trim())?)).await?;
        let others = found
            .into_iter()
            .filter(|(_, address)| owner.iter().all(|own| own.as_str() != address));
        Ok(others.map(|(name, address)| typed(&name, &address)).take(MOST).collect())
    }
}

fn found(snapshot: &Snapshot, asked: &str) -> Result<Vec<(String, String)>, crate::store::Error> {
    let begins = |text: &str| {
        let folded = fold(text);
        folded.starts_with(asked) || folded.split([' ', '-', '.', '@', '_']).any(|word| word.starts_with(asked))
    };
    // How often written to, and heard from; the name where there is a card.
    let mut known: HashMap<String, (u64, u64, String)> = HashMap::new();
    snapshot.each_written_to(|address, many| {
        known.insert(address.to_owned(), (many, 0, String::new()));
    })?;
    if !asked.is_empty() {
        snapshot.each_heard(|address, many| known.entry(address.to_owned()).or_default().1 = many)?;
    }
    let mut cards = Vec::new();
    snapshot.each_contact(|card| {
        for address in &card.addresses {
            let counts = known.remove(address).unwrap_or_default();
            cards.push((counts.0, counts.1, card.name.clone(), address.clone()));
        }
    })?;
    let others = known.into_iter().map(|(address, (to, from, name))| (to, from, name, address));
    let mut all: Vec<_> = cards
        .into_iter()
        .map(|card| (true, card))
        .chain(others.map(|other| (false, other)))
        .filter(|(_, (_, _, name, address))| asked.is_empty() || begins(name) || begins(address))
        .collect();
    let order = |(card, (to, from, name, address)): &(bool, (u64, u64, String, String))| {
        (std::cmp::Reverse((*to, *card, *from)), name.clone(), address.clone())
    };
    if all.len() > MOST * 2 {
        all.select_nth_unstable_by_key(MOST * 2, order);
        all.truncate(MOST * 2);
    }
    all.sort_by_cached_key(order);
    Ok(all.into_iter().map(|(_, (_, _, name, address))| (name, address)).collect())
}
