//! Discussions follow the address book. The slow part, reading again who takes part in a message, is done from a
//! snapshot; then one write carries it out where nothing has changed since (`store::regroup`).

use super::{Contacts, Error};
use crate::{
    codec::mime,
    domain::{address::Address, discussion::DiscussionKey, id::ContactId, message::Reading},
    service::{delete::without, read},
    store::{
        self,
        mail::Snapshot,
        record::{Discussion, Message},
        regroup::{self, Change},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How often it is worked out anew because something arrived in between.
const TRIES: usize = 8;
/// Notes that are followed in one write: what is worked out waits in memory for it.
const NOTES: usize = 50;

/// The messages that come together under a key, and from which discussions.
#[derive(Default)]
struct Group {
    messages: Vec<u64>,
    from: BTreeSet<u64>,
}

impl Contacts {
    /// Lets discussions follow what was noted about cards.
    pub(in crate::service) async fn follow(&self) -> Result<(), Error> {
        let mut tries = 0;
        while tries < TRIES {
            let owner = self.owner.clone();
            let worked_out = read(&self.vault, move |snapshot| {
                let (notes, owner) = (snapshot.regroups(NOTES)?, snapshot.owners(owner.iter())?);
                let changes = if notes.is_empty() {
                    Vec::new()
                } else {
                    plan(snapshot, &notes, &owner)?
                };
                Ok((notes, changes))
            });
            let (notes, changes) = worked_out.await?;
            if notes.is_empty() {
                return Ok(());
            }
            let open = self.vault.open()?;
            if !open.writer.write(move |tables| regroup::follow(tables, &changes, &notes)).await? {
                tries += 1;
            }
        }
        // The notes are still there: the job comes back to them.
        Ok(())
    }
}

/// What has to change so that every discussion in whose key one of these stands has the key of its people.
fn plan(snapshot: &Snapshot, notes: &[String], owner: &HashSet<Address>) -> Result<Vec<Change>, Error> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut touched: BTreeMap<u64, String> = BTreeMap::new();
    for (id, key) in snapshot.discussions_with(notes)? {
        let left_a_card = key
            .split([' ', ':'])
            .any(|part| part.starts_with('#') && notes.iter().any(|note| note == part));
        let messages = snapshot.discussed(id, 0, usize::MAX)?;
        let renamed = if left_a_card { None } else { Some(renamed(snapshot, &key, owner)?) };
        for (message, record) in &messages {
            let key = match &renamed {
                Some(key) => key.clone(),
                None => key_of(snapshot, *message, record, owner)?.unwrap_or_else(|| key.clone()),
            };
            let group = groups.entry(key).or_default();
            group.messages.push(*message);
            group.from.insert(id);
        }
        touched.insert(id, key);
    }
    changes(snapshot, groups, &touched, owner)
}

/// The key with the addresses in it that stand on cards now, and without those that have become the owner's.
fn renamed(snapshot: &Snapshot, key: &str, owner: &HashSet<Address>) -> Result<String, Error> {
    let mut parts = BTreeSet::new();
    for part in key.strip_prefix("with:").unwrap_or_default().split(' ') {
        if Address::parse(part).is_ok_and(|address| address.is_one_of(owner.iter())) {
            continue;
        }
        let card = if part.starts_with('#') { None } else { snapshot.contact_of(part)? };
        parts.insert(card.map_or_else(|| part.to_owned(), |(id, _)| format!("#{id}")));
    }
    Ok(format!("with:{}", parts.into_iter().collect::<Vec<_>>().join(" ")))
}

/// The key of a message by who takes part in it; `None` where it cannot be read any more.
fn key_of(snapshot: &Snapshot, id: u64, message: &Message, owner: &HashSet<Address>) -> Result<Option<String>, Error> {
    let reading: Reading = match snapshot.shown(id, message) {
        Ok(raw) => mime::read(&raw),
        Err(store::Error::Damaged) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut cards = BTreeMap::new();
    for mailbox in reading.participants() {
        if let Some((card, _)) = snapshot.contact_of(mailbox.address.as_str())? {
            cards.insert(mailbox.address.clone(), ContactId(card));
        }
    }
    let is_owner = |address: &Address| address.is_one_of(owner.iter());
    let key = DiscussionKey::of(&reading, is_owner, |address| cards.get(address).copied());
    // A message whose people stand in none of its fields (all of them unseen) stays where it is.
    Ok(Some(key).filter(|key| !key.is_note()).map(|key| key.as_str().to_owned()))
}

fn changes(
    snapshot: &Snapshot,
    groups: BTreeMap<String, Group>,
    touched: &BTreeMap<u64, String>,
    owner: &HashSet<Address>,
) -> Result<Vec<Change>, Error> {
    // Who keeps its number: the discussion that has the key already, else the first that comes to it whole or in
    // part and is not kept by another key.
    let mut kept: BTreeMap<u64, String> = BTreeMap::new();
    for key in groups.keys() {
        if let Some(id) = snapshot.discussion_id(key)? {
            kept.insert(id, key.clone());
        }
    }
    let mut homes: BTreeMap<String, Option<u64>> = BTreeMap::new();
    for (key, group) in &groups {
        let home = match snapshot.discussion_id(key)? {
            Some(id) => Some(id),
            None => group.from.iter().copied().find(|id| !kept.contains_key(id)),
        };
        if let Some(id) = home {
            kept.insert(id, key.clone());
        }
        homes.insert(key.clone(), home);
    }
    let mut all = Vec::new();
    for (key, group) in &groups {
        all.extend(change(snapshot, key, group, homes.get(key).copied().flatten(), touched, owner)?);
    }
    for (id, _) in touched.iter().filter(|(id, _)| !kept.contains_key(id)) {
        all.push(Change {
            id: Some(*id),
            before: snapshot.discussion(*id)?,
            after: None,
            joining: Vec::new(),
            from: Vec::new(),
        });
    }
    Ok(all)
}

/// Whether one of these stands among the people of a row.
fn names(row: &Discussion, owner: &HashSet<Address>) -> bool {
    let theirs = |text: &str| Address::parse(text).is_ok_and(|address| address.is_one_of(owner.iter()));
    row.people.iter().any(|person| theirs(&person.address))
}

/// What becomes of the discussion of one key; `None` where it stays what it is.
fn change(
    snapshot: &Snapshot,
    key: &str,
    group: &Group,
    home: Option<u64>,
    touched: &BTreeMap<u64, String>,
    owner: &HashSet<Address>,
) -> Result<Option<Change>, Error> {
    let here = home
        .map(|id| snapshot.discussed(id, 0, usize::MAX))
        .transpose()?
        .unwrap_or_default();
    // Somebody may have written for decades.
    let there: HashSet<u64> = here.iter().map(|(id, _)| *id).collect();
    let found: HashSet<u64> = group.messages.iter().copied().collect();
    // A discussion that was looked at holds what was found to be its own; another one keeps all that it has.
    let stays = |id: u64| home.is_some_and(|home| !touched.contains_key(&home)) || found.contains(&id);
    let mut left: Vec<(u64, Message)> = here.iter().filter(|(id, _)| stays(*id)).cloned().collect();
    let joining: Vec<u64> = group.messages.iter().copied().filter(|id| !there.contains(id)).collect();
    for id in &joining {
        left.extend(snapshot.message(*id)?.map(|message| (*id, message)));
    }
    left.sort_unstable_by_key(|(id, message)| std::cmp::Reverse((message.received, *id)));
    let before = home.map(|id| snapshot.discussion(id)).transpose()?.flatten();
    let same = joining.is_empty() && left.len() == here.len();
    let after = match &before {
        Some(row) if same && row.key == key => return Ok(None),
        Some(row) if same && !names(row, owner) => Discussion {
            key: key.to_owned(),
            ..row.clone()
        },
        _ => {
            let base = Discussion {
                key: key.to_owned(),
                ..before.clone().unwrap_or_default()
            };
            without(snapshot, &base, &left, owner)?
        }
    };
    Ok(Some(Change {
        id: home,
        before,
        after: Some(after),
        joining,
        from: group.from.iter().copied().filter(|id| Some(*id) != home).collect(),
    }))
}
