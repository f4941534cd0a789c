//! The index in a file that is written anew: without the messages that were deleted, and without the words that only
//! they had. A word may be the key of a block, and a message that of a piece, so keys are made again too.

use super::{
    super::{
        Error,
        schema::{GONE, META, POSTINGS, WORDS},
    },
    GENERATION,
    block::{self, Lies, Maker, Words},
    number,
};
use redb::{ReadTransaction, ReadableTable, Table, TableError, TableHandle, WriteTransaction};
use std::collections::HashSet;

/// The names of the tables that [`copy`] copies.
pub fn apart() -> [&'static str; 3] {
    [WORDS.name(), POSTINGS.name(), GONE.name()]
}

/// Copies them into an empty database, where `META` is already.
pub fn copy(from: &ReadTransaction, to: &WriteTransaction) -> Result<(), Error> {
    let gone = match from.open_table(GONE) {
        Ok(table) => table
            .iter()?
            .map(|row| Ok(row?.0.value()))
            .collect::<Result<HashSet<u64>, Error>>()?,
        // From before the index.
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    to.open_table(GONE)?;
    let (mut words, mut postings) = (to.open_table(WORDS)?, to.open_table(POSTINGS)?);
    for row in from.open_table(POSTINGS)?.iter()? {
        let (key, piece) = row?;
        let (word, first) = key.value();
        if let Some((first, piece)) = without(first, piece.value(), &gone)? {
            postings.insert((word, first), piece.as_slice())?;
        }
    }
    for row in from.open_table(WORDS)?.iter()? {
        let (key, block) = row?;
        if gone.is_empty() {
            words.insert(key.value(), block.value())?;
        } else if let Some((first, block)) = left(block.value(), &postings, &gone)? {
            let key = if key.value().is_empty() { "" } else { first.as_str() };
            words.insert(key, block.as_slice())?;
        }
    }
    let mut meta = to.open_table(META)?;
    let generation = meta.get(GENERATION)?.map_or(Ok(0), |value| number(value.value()))?;
    meta.insert(GENERATION, (generation + 1).to_le_bytes().as_slice())?;
    Ok(())
}

/// A list without some messages, and its first; `None` where none is left.
fn without(first: u64, octets: &[u8], gone: &HashSet<u64>) -> Result<Option<(u64, Vec<u8>)>, Error> {
    let mut any = false;
    block::ids(octets, |id| any |= gone.contains(&id))?;
    if !any {
        return Ok(Some((first, octets.to_vec())));
    }
    let mut list = block::list(octets)?;
    list.retain(|(id, _)| !gone.contains(id));
    let mut octets = Vec::new();
    block::put_list(&mut octets, &list);
    Ok(list.first().map(|(id, _)| (*id, octets)))
}

/// A block with what is left of its words, and the first of them; `None` where none is.
fn left(
    octets: &[u8],
    postings: &Table<'_, (&'static str, u64), &'static [u8]>,
    gone: &HashSet<u64>,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    let (mut words, mut maker, mut first) = (Words::new(octets)?, Maker::default(), None);
    while let Some((word, lies)) = words.word()? {
        let list = match lies {
            Lies::Here(list) => without(0, list, gone)?.map(|(_, list)| list),
            Lies::Elsewhere => {
                let mut pieces = postings.range((word, 0)..=(word, u64::MAX))?;
                pieces.next().transpose()?.map(|_| Vec::new())
            }
        };
        if let Some(list) = list {
            first.get_or_insert_with(|| word.to_owned());
            maker.put(word, &list);
        }
    }
    Ok(first.map(|first| (first, maker.take())))
}
