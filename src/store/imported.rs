//! By what a message that is here is known, so that it is not taken in twice: the hash of its octets, and that of its text
//! where it has an identifier and is known to be what it says that it is (`service::receive`).
//!
//! Deleting lets go of both by their keys, whatever else there is: the first begins with the hash that the message's own
//! row has, the second stands in [`super::schema::TOLD`].

use super::{
    Error,
    record::Message,
    schema::{IMPORTED, Octets, TOLD},
    writer::Tables,
};
use redb::{ReadableTable, Table, WriteTransaction};

/// What the key of a text begins with, so that it is not taken for one of octets.
const TEXT: u8 = b'=';

/// The hash of a message's text, with what tells it from one of its octets. Before there were messages that share a text, all
/// of a key; those still let go of theirs.
type Text = [u8; 33];

/// That and the message's number: of those that share a text each lets go of its own.
type Key = [u8; 41];

fn text(hash: &[u8; 32]) -> Text {
    let mut text = [TEXT; 33];
    text.iter_mut().skip(1).zip(hash).for_each(|(to, from)| *to = *from);
    text
}

fn key(hash: &[u8; 32], id: [u8; 8]) -> Key {
    let mut key = [0; 41];
    key.iter_mut().zip(text(hash).iter().chain(&id)).for_each(|(to, from)| *to = *from);
    key
}

/// Whether a message with these octets is here.
pub(super) fn knows(tables: &Tables<'_>, octets: &[u8; 32]) -> Result<bool, Error> {
    Ok(tables.imported.get(octets.as_slice())?.is_some())
}

/// Whether one with this text is here.
pub(super) fn knows_text(tables: &Tables<'_>, text: &[u8; 32]) -> Result<bool, Error> {
    let (first, last) = (self::text(text), key(text, [u8::MAX; 8]));
    Ok(tables
        .imported
        .range(first.as_slice()..=last.as_slice())?
        .next()
        .transpose()?
        .is_some())
}

/// A message is known by its octets from now on, where none is yet, and by its text where that is given.
pub(super) fn keep(tables: &mut Tables<'_>, id: u64, octets: &[u8; 32], text: Option<&[u8; 32]>) -> Result<(), Error> {
    if !knows(tables, octets)? {
        tables.imported.insert(octets.as_slice(), id)?;
    }
    if let Some(text) = text {
        let key = key(text, id.to_be_bytes());
        tables.imported.insert(key.as_slice(), id)?;
        tables.told.insert(id, key.as_slice())?;
    }
    Ok(())
}

/// A message that goes may be taken in again.
pub(super) fn forget(tables: &mut Tables<'_>, id: u64, message: &Message) -> Result<(), Error> {
    let (first, mut last) = (message.hash.as_slice(), [u8::MAX; 33]);
    last.iter_mut().zip(first).for_each(|(to, from)| *to = *from);
    tables.imported.retain_in(first..=last.as_slice(), |_, of| of != id)?;
    let key = tables.told.remove(id)?.map(|key| key.value().to_vec());
    if let Some(key) = key {
        // One without a number is of the last that came with it.
        let is_its_own = tables.imported.get(key.as_slice())?.is_some_and(|of| of.value() == id);
        if is_its_own {
            tables.imported.remove(key.as_slice())?;
        }
    }
    Ok(())
}

/// Which message is known by which text, found again from the keys: for tables that have been filled without it.
pub(super) fn find_again(tables: &mut Tables<'_>) -> Result<(), Error> {
    fill(&tables.imported, &mut tables.told)
}

/// The same in a transaction of its own.
pub(super) fn find_first(tx: &WriteTransaction) -> Result<(), Error> {
    fill(&tx.open_table(IMPORTED)?, &mut tx.open_table(TOLD)?)
}

fn fill(known: &impl ReadableTable<Octets, u64>, told: &mut Table<'_, u64, Octets>) -> Result<(), Error> {
    let (first, last) = (text(&[0; 32]), key(&[u8::MAX; 32], [u8::MAX; 8]));
    for entry in known.range(first.as_slice()..=last.as_slice())? {
        let (key, id) = entry?;
        // A hash of octets may begin like one of a text, and is shorter.
        if key.value().len() >= first.len() {
            told.insert(id.value(), key.value())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::{Database, ReadableDatabase, ReadableTableMetadata};

    #[test]
    fn texts_are_found_again_from_their_keys() {
        let db = Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .unwrap();
        let tx = db.begin_write().unwrap();
        {
            let mut known = tx.open_table(IMPORTED).unwrap();
            known.insert([TEXT; 32].as_slice(), 1).unwrap();
            known.insert([7; 32].as_slice(), 2).unwrap();
            known.insert(text(&[0; 32]).as_slice(), 2).unwrap();
            known.insert(key(&[u8::MAX; 32], 3_u64.to_be_bytes()).as_slice(), 3).unwrap();
        }
        find_first(&tx).unwrap();
        tx.commit().unwrap();
        let told = db.begin_read().unwrap().open_table(TOLD).unwrap();
        assert_eq!(told.len().unwrap(), 2);
        assert_eq!(told.get(2).unwrap().unwrap().value(), text(&[0; 32]));
        assert_eq!(told.get(3).unwrap().unwrap().value(), key(&[u8::MAX; 32], 3_u64.to_be_bytes()));
    }
}
