//! Discussions follow the address book: a discussion is a set of people, so when an address comes to stand on a card,
//! or leaves one, discussions are renamed, become one, or become several.
//!
//! What has to be looked at is noted in the write that changes the card ([`note`]) and struck off in the one that has
//! followed ([`follow`]), so that a crash between the two leaves nothing half done: the job finds the note. What the
//! rows say afterwards is worked out beforehand, by whoever can read messages.

use super::{
    Error, filing,
    mail::Snapshot,
    record::{Discussion, Message, Record},
    schema::{DISCUSSION_OF, REGROUPS},
    shelves,
    writer::Tables,
};
use crate::domain::shelf::Shelf;
use redb::ReadableTable;
use std::collections::HashSet;

/// Notes that discussions with this in their key are to be looked at: an address, or `#` and the number of a card.
pub fn note(tables: &mut Tables<'_>, token: &str) -> Result<(), Error> {
    tables.regroups.insert(token, ())?;
    Ok(())
}

/// Notes what in the name of a discussion is not as the address book has it now: a card that is gone, an address that stands
/// on one.
pub(super) fn note_moved(tables: &mut Tables<'_>, key: &str) -> Result<(), Error> {
    for token in key.strip_prefix("with:").unwrap_or_default().split(' ') {
        let moved = match token.strip_prefix('#').and_then(|number| number.parse::<u64>().ok()) {
            Some(card) => tables.contacts.get(&card)?.is_none(),
            None => tables.contact_of.get(token)?.is_some(),
        };
        if moved {
            note(tables, token)?;
        }
    }
    Ok(())
}

/// What becomes of one discussion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which; `None` for one that is made.
    pub id: Option<u64>,
    /// Its row as it was read; `None` for one that is made.
    pub before: Option<Discussion>,
    /// Its row as it will be; `None` where nothing is left in it.
    pub after: Option<Discussion>,
    /// Messages that come into it.
    pub joining: Vec<u64>,
    /// The discussions from which they come: what the owner gave those is given to this one too.
    pub from: Vec<u64>,
}

/// Carries out what was worked out, and strikes these notes off. `false` where something has changed since it was
/// read: nothing is done, look again. What was thrown away meanwhile stays where it is, and without a name.
pub fn follow(tables: &mut Tables<'_>, changes: &[Change], notes: &[String]) -> Result<bool, Error> {
    for change in changes {
        let now = match change.id {
            Some(id) => row(tables, id)?,
            None => None,
        };
        let holder = match &change.after {
            Some(after) => tables.discussion_of.get(after.key.as_str())?.map(|value| value.value()),
            None => None,
        };
        let taken = holder.is_some_and(|holder| changes.iter().all(|change| change.id != Some(holder)));
        if now != change.before || taken {
            return Ok(false);
        }
        // Taking out of the wastebasket empties what is in it into another one; cards move nothing out of it.
        if let Some(id) = change.id.filter(|_| change.after.is_some() || !notes.is_empty())
            && tables.filed_of(id)?.is_some_and(|filed| filed.shelf() == Shelf::Bin)
        {
            shelves::nameless(tables, id)?;
            return Ok(false);
        }
    }
    let mut given = Vec::new();
    for change in changes {
        for from in &change.from {
            let shelf = tables.filed_of(*from)?.unwrap_or_default().shelf();
            given.push((*from, filing::given(tables, *from)?, shelf));
        }
    }
    // The old names go first: one discussion may take another's.
    for before in changes.iter().filter_map(|change| change.before.as_ref()) {
        tables.discussion_of.remove(before.key.as_str())?;
    }
    let mut touched = Vec::new();
    for change in changes {
        let id = change.id.map_or_else(|| tables.next("discussion"), Ok)?;
        for message in &change.joining {
            join(tables, id, *message)?;
        }
        place(tables, id, change)?;
        let from = || given.iter().filter(|(from, ..)| change.from.contains(from));
        let tags: Vec<u64> = from().flat_map(|(_, tags, _)| tags.iter().copied()).collect();
        // What comes together stands where the part of it that is most in sight stood.
        let shelf = from().map(|(.., shelf)| *shelf).min();
        touched.push((id, tags, shelf));
    }
    for (id, tags, shelf) in touched {
        let shelf = shelf.unwrap_or_else(|| tables.filed_of(id).ok().flatten().unwrap_or_default().shelf());
        filing::refile(tables, id, &tags, shelf)?;
    }
    for note in notes {
        tables.regroups.remove(note.as_str())?;
    }
    Ok(true)
}

fn row(tables: &Tables<'_>, discussion: u64) -> Result<Option<Discussion>, Error> {
    let value = tables.discussions.get(discussion)?;
    value.map(|value| Discussion::decode(discussion, value.value())).transpose()
}

/// A message comes into a discussion.
pub(super) fn join(tables: &mut Tables<'_>, discussion: u64, id: u64) -> Result<(), Error> {
    let octets = tables.messages.get(id)?.ok_or(Error::Damaged)?.value().to_vec();
    let message = Message::decode(id, &octets)?;
    tables.discussed.remove((message.discussion, message.received, id))?;
    tables.discussed.insert((discussion, message.received, id), ())?;
    tables
        .messages
        .insert(id, Message { discussion, ..message }.encode(id)?.as_slice())?;
    Ok(())
}

/// A discussion's row, its name, and its place on the timeline.
pub(super) fn place(tables: &mut Tables<'_>, id: u64, change: &Change) -> Result<(), Error> {
    if let Some(before) = &change.before {
        tables.timeline.remove((before.last, id))?;
        tables.unread.remove(id)?;
    }
    match &change.after {
        Some(after) => {
            tables.discussion_of.insert(after.key.as_str(), id)?;
            tables.timeline.insert((after.last, id), ())?;
            if after.unread > 0 {
                tables.unread.insert(id, ())?;
            }
            tables.discussions.insert(id, after.encode(id)?.as_slice())?;
        }
        None => {
            tables.discussions.remove(id)?;
        }
    }
    Ok(())
}

impl Snapshot {
    /// What was noted and not followed yet, at most so much of it.
    pub fn regroups(&self, take: usize) -> Result<Vec<String>, Error> {
        let table = self.tx.open_table(REGROUPS)?;
        table.iter()?.take(take).map(|row| Ok(row?.0.value().to_owned())).collect()
    }

    /// The discussions of people in whose key one of these stands, with what is asked of each part of the key.
    pub fn discussions_with(&self, tokens: &[String]) -> Result<Vec<(u64, String)>, Error> {
        let table = self.tx.open_table(DISCUSSION_OF)?;
        let tokens: HashSet<&str> = tokens.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        for entry in table.range("with:".."with;")? {
            let (key, id) = entry?;
            let people = key.value().strip_prefix("with:").unwrap_or_default();
            if people.split(' ').any(|part| tokens.contains(part)) {
                found.push((id.value(), key.value().to_owned()));
            }
        }
        Ok(found)
    }

    /// The number of the discussion of a key.
    pub fn discussion_id(&self, key: &str) -> Result<Option<u64>, Error> {
        Ok(self.tx.open_table(DISCUSSION_OF)?.get(key)?.map(|value| value.value()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::Database;

    #[test]
    fn what_moved_since_a_name_was_worked_out_is_noted() {
        let db = Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .unwrap();
        super::super::migrate::migrate(&db).unwrap();
        let tx = db.begin_write().unwrap();
        let mut tables = Tables::open(&tx).unwrap();
        tables.contact_of.insert("ann@x.test", 4).unwrap();
        tables.contacts.insert(4, [1].as_slice()).unwrap();
        for key in ["with:#4 bob@x.test", "list:ann@x.test"] {
            note_moved(&mut tables, key).unwrap();
        }
        assert_eq!(tables.regroups.iter().unwrap().count(), 0);
        note_moved(&mut tables, "with:#3 #4 ann@x.test bob@x.test").unwrap();
        let noted: Vec<String> = tables
            .regroups
            .iter()
            .unwrap()
            .map(|row| row.unwrap().0.value().to_owned())
            .collect();
        assert_eq!(noted, ["#3", "ann@x.test"]);
    }
}
