//! Files of cards: looked at before anything is taken in, and written for another program.
//!
//! What was looked at waits in memory, one file at a time, until the owner says "take it in", chooses another or locks
//! the box. It is compared with the book once more then: the book may have changed.

use super::{Contacts, Error};
use crate::{
    codec::{
        pgp::Certificate,
        vcard::{self, Found},
    },
    domain::{
        address::Address,
        contact::{Card, MAX_CARDS, order},
        fold::fold,
        id::ContactId,
        time::Time,
    },
    service::{
        keyring::{Choice, Source},
        read,
    },
    store::{
        contacts::{self, Put},
        keys::change_peer,
        mail::Snapshot,
        record,
    },
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is said to be added to a card with a key: its name in every language.
const KEY: &str = "OpenPGP";

/// The most keys of one field.
const MAX_KEYS: usize = 4;

/// A file that was looked at.
pub(super) struct Waiting {
    /// Which, so that an older page does not take in a newer file.
    id: u64,
    found: Vec<Found>,
}

/// What is in a file, compared with the book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Which file.
    pub id: u64,
    /// Names of those that are new.
    pub new: Vec<String>,
    /// Those that are there, with what would be added to them.
    pub more: Vec<(ContactId, String, Vec<String>)>,
    /// Names of those that are there just so.
    pub same: Vec<String>,
    /// Names of those that cannot be taken in.
    pub odd: Vec<String>,
}

/// What was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Cards that were made.
    pub new: u64,
    /// Cards to which something was added.
    pub more: u64,
}

/// What is done with the cards of a file: which card of the book it is, where it is one, and what it will say.
#[derive(Default)]
struct Plan {
    writes: Vec<(Option<u64>, Card)>,
    /// Keys on cards of the file, by the place in `writes`.
    keys: Vec<(usize, Vec<u8>)>,
    report: Report,
}

impl Contacts {
    /// Looks at a file; nothing is changed.
    pub async fn look(&self, octets: Vec<u8>) -> Result<Report, Error> {
        let (owner, now) = (self.owner.clone(), self.clock.now());
        let (found, report) = read(&self.vault, move |snapshot| {
            let vcard::Read { cards, left_out } = vcard::read(&octets);
            let mut report = plan(snapshot, &cards, &owner, now)?.report;
            report.odd.extend(std::iter::repeat_n(String::new(), left_out));
            Ok((cards, report))
        })
        .await?;
        let mut waiting = self.waiting.lock().await;
        let id = waiting.as_ref().map_or(1, |waiting| waiting.id + 1);
        *waiting = Some(Waiting { id, found });
        Ok(Report { id, ..report })
    }

    /// Takes in what was looked at; `None` where that file is no longer here.
    pub async fn take(&self, id: u64) -> Result<Option<Taken>, Error> {
        let waiting = self.waiting.lock().await.take_if(|waiting| waiting.id == id);
        let Some(Waiting { found, .. }) = waiting else { return Ok(None) };
        let (owner, now) = (self.owner.clone(), self.clock.now());
        let plan = read(&self.vault, move |snapshot| plan(snapshot, &found, &owner, now)).await?;
        let writes: Vec<(Option<u64>, record::Contact)> = plan.writes.iter().map(|(id, card)| (*id, record::Contact::of(card))).collect();
        let keys = held(&plan, now);
        let open = self.vault.open()?;
        let taken = open.writer.write(move |tables| {
            let mut taken = Taken::default();
            for (id, contact) in &writes {
                // A card that has gone, or an address that has been taken meanwhile, is left alone.
                if let Put::Done(_) = contacts::put(tables, *id, contact, None)? {
                    *(if id.is_some() { &mut taken.more } else { &mut taken.new }) += 1;
                    for (address, source, key) in keys.iter().filter(|(address, ..)| contact.addresses.contains(address)) {
                        change_peer(tables, address, |row| row.hold(key, *source, false, now))?;
                    }
                }
            }
            Ok(taken)
        });
        let taken = taken.await?;
        self.follow().await?;
        Ok(Some(taken))
    }

    /// Forgets a file that was looked at.
    pub(super) async fn forget_waiting(&self) {
        *self.waiting.lock().await = None;
    }

    /// The whole book as a file, or one card of it.
    pub async fn export(&self, id: Option<ContactId>) -> Result<String, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| written(snapshot, id, now)).await
    }
}

/// The whole book as a file, or one card of it.
pub(in crate::service) fn written(snapshot: &Snapshot, id: Option<ContactId>, now: Time) -> Result<String, Error> {
    let mut cards = match id {
        Some(id) => vec![(id.0, snapshot.contact(id.0)?.ok_or(Error::NotFound)?)],
        None => snapshot.contacts()?,
    };
    cards.sort_by_cached_key(|(id, card)| (order(&card.name), *id));
    let mut written = Vec::with_capacity(cards.len());
    for (_, contact) in &cards {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for address in &contact.addresses {
            let row = snapshot.peer_keys(address)?;
            let key = row.and_then(|row| Choice::of(&row, now).key).map(|key| key.octets());
            keys.extend(key.filter(|key| !keys.contains(key)));
        }
        written.push((contact.card(), keys));
    }
    Ok(vcard::write(written.iter().map(|(card, keys)| (card, keys.as_slice()))))
}

/// What becomes of each card of a file. Who is the same person is told by address; without one, by a name that is the
/// same and a number that is.
fn plan(snapshot: &Snapshot, found: &[Found], owner: &HashSet<Address>, now: Time) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let book = snapshot.contacts()?;
    let room = MAX_CARDS.saturating_sub(book.len());
    let mut nameless: HashMap<String, Vec<(u64, Card)>> = HashMap::new();
    for (id, contact) in &book {
        nameless.entry(fold(&contact.name)).or_default().push((*id, contact.card()));
    }
    // Cards of the book and of the file that have an address, by the place in `writes` where they will be written.
    let mut placed: HashMap<Address, usize> = HashMap::new();
    let mut made = 0;
    for Found { card, keys } in found {
        let (mut old, mut written) = (BTreeSet::new(), BTreeSet::new());
        for address in &card.addresses {
            match placed.get(address) {
                Some(place) => written.extend([*place]),
                None => old.extend(snapshot.contact_of(address.as_str())?.map(|(id, _)| id)),
            }
        }
        let of_written = |place: &usize| plan.writes.get(*place).and_then(|(id, _)| *id);
        old.retain(|id| !written.iter().any(|place| of_written(place) == Some(*id)));
        if card.addresses.is_empty() {
            let alike = nameless.get(&fold(&card.name)).into_iter().flatten();
            let same = |other: &Card| {
                card.phones.iter().all(|(_, number)| {
                    other
                        .phones
                        .iter()
                        .any(|(_, known)| crate::domain::contact::same_number(known, number))
                })
            };
            old.extend(alike.filter(|(_, other)| same(other)).map(|(id, _)| *id).next());
        }
        let own = card.addresses.iter().any(|address| address.is_one_of(owner.iter()));
        if card.name.is_empty() || own || old.len() + written.len() > 1 || (old.is_empty() && written.is_empty() && made >= room) {
            plan.report.odd.push(card.name.clone());
            continue;
        }
        let place = match (old.first(), written.first()) {
            (Some(id), _) => {
                let before = snapshot.contact(*id)?.ok_or(Error::NotFound)?.card();
                let merged = before.clone().merged(card.clone());
                let mut more = added(&before, &merged);
                if brings_key(snapshot, &merged, keys, now)? {
                    more.push(KEY.to_owned());
                } else if merged == before {
                    plan.report.same.push(before.name);
                    continue;
                }
                plan.report.more.push((ContactId(*id), before.name.clone(), more));
                plan.writes.push((Some(*id), merged));
                plan.writes.len() - 1
            }
            (None, Some(place)) => {
                if let Some((_, kept)) = plan.writes.get_mut(*place) {
                    *kept = std::mem::take(kept).merged(card.clone());
                }
                plan.report.same.push(card.name.clone());
                *place
            }
            (None, None) => {
                made += 1;
                plan.report.new.push(card.name.clone());
                plan.writes.push((None, card.clone()));
                plan.writes.len() - 1
            }
        };
        plan.keys.extend(keys.iter().map(|key| (place, key.clone())));
        if let Some((_, kept)) = plan.writes.get(place) {
            placed.extend(kept.addresses.iter().map(|address| (address.clone(), place)));
        }
    }
    Ok(plan)
}

/// The keys of a file, each for the addresses that stand on its card and in the key itself. For somebody new it is what
/// the owner brought; for somebody who is there already it is used only where no other key of theirs is known.
fn held(plan: &Plan, now: Time) -> Vec<(String, Source, Certificate)> {
    let mut held = Vec::new();
    for (place, octets) in &plan.keys {
        let Some((id, card)) = plan.writes.get(*place) else { continue };
        let source = if id.is_some() { Source::Attached } else { Source::Owner };
        for key in Certificate::read_all(octets).unwrap_or_default().into_iter().take(MAX_KEYS) {
            let named = key.facts(now).addresses;
            let theirs = card.addresses.iter().filter(|address| named.contains(address));
            held.extend(theirs.map(|address| (address.to_string(), source, key.clone())));
        }
    }
    held
}

/// Whether one of the keys on a card is for one of its addresses and not known yet.
fn brings_key(snapshot: &Snapshot, card: &Card, keys: &[Vec<u8>], now: Time) -> Result<bool, Error> {
    let keys = keys.iter().flat_map(|octets| Certificate::read_all(octets).unwrap_or_default());
    for key in keys.take(MAX_KEYS) {
        let named = key.facts(now).addresses;
        for address in card.addresses.iter().filter(|address| named.contains(address)) {
            let row = snapshot.peer_keys(address.as_str())?;
            if row.is_none_or(|row| row.held(key.fingerprint().octets()).is_none()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// What one card says that the other did not.
fn added(before: &Card, after: &Card) -> Vec<String> {
    let mut added: Vec<String> = after
        .addresses
        .iter()
        .filter(|address| !before.addresses.contains(address))
        .map(ToString::to_string)
        .collect();
    let fields = |card: &Card| {
        card.phones
            .iter()
            .chain(&card.places)
            .map(|(_, text)| text.replace('\n', ", "))
            .collect::<Vec<_>>()
    };
    let known = fields(before);
    added.extend(fields(after).into_iter().filter(|text| !known.contains(text)));
    if before.organisation != after.organisation {
        added.push(after.organisation.clone());
    }
    if before.note != after.note {
        added.push("…".to_owned());
    }
    added
}
