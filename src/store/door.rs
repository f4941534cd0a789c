//! Who stands at the door, and what the owner said of whoever stood there.

use super::{
    Error,
    mail::Snapshot,
    record::{Caller, Record},
    schema::DOOR,
    writer::Tables,
};
use crate::domain::screener::Answer;
use redb::{ReadableTable, ReadableTableMetadata};
use std::collections::HashSet;

/// The key of a record's hash.
fn key(address: &str) -> u64 {
    let octets = super::record::sha256(address.as_bytes());
    octets.iter().take(8).fold(0, |key, octet| (key << 8) | u64::from(*octet))
}

/// Somebody comes to the door, where the owner has said nothing of them yet.
pub(super) fn waits(tables: &mut Tables<'_>, address: &str, at: i64) -> Result<(), Error> {
    if tables.door.get(address)?.is_none() {
        say(tables, address, Some(&Caller::new(Answer::Waiting, at)))?;
    }
    Ok(())
}

/// What the owner says of somebody; `None` forgets it.
pub fn say(tables: &mut Tables<'_>, address: &str, caller: Option<&Caller>) -> Result<(), Error> {
    match caller {
        Some(caller) => {
            tables.door.insert(address, caller.encode(key(address))?.as_slice())?;
        }
        None => {
            tables.door.remove(address)?;
        }
    }
    Ok(())
}

/// Forgets everybody who waits and of whom nothing is there any more; says whom.
pub fn tidy(tables: &mut Tables<'_>, there: &HashSet<String>) -> Result<Vec<String>, Error> {
    let mut gone = Vec::new();
    for row in tables.door.iter()? {
        let (address, value) = row?;
        let address = address.value();
        let waits = Caller::decode(key(address), value.value())?.answer() == Answer::Waiting;
        if waits && !there.contains(address) {
            gone.push(address.to_owned());
        }
    }
    for address in &gone {
        tables.door.remove(address.as_str())?;
    }
    Ok(gone)
}

impl Snapshot {
    /// What the owner said of somebody; `None` where they never stood at the door.
    pub fn caller(&self, address: &str) -> Result<Option<Caller>, Error> {
        let value = self.tx.open_table(DOOR)?.get(address)?;
        value.map(|value| Caller::decode(key(address), value.value())).transpose()
    }

    /// Whether anybody ever stood at the door.
    pub fn has_callers(&self) -> Result<bool, Error> {
        Ok(!self.tx.open_table(DOOR)?.is_empty()?)
    }

    /// Everybody who ever stood at the door, by address.
    pub fn callers(&self) -> Result<Vec<(String, Caller)>, Error> {
        let table = self.tx.open_table(DOOR)?;
        let rows = table.iter()?.map(|row| {
            let (address, value) = row?;
            let address = address.value().to_owned();
            let caller = Caller::decode(key(&address), value.value())?;
            Ok((address, caller))
        });
        rows.collect()
    }
}
