//! A new box is filled from an export (`rows`): its tables as they were, so that counts, hashes and letters are the same.
//!
//! Only an empty box is filled. A note in the settings says from which export, so that one that broke off can be begun
//! again, and only with the same. What comes in meanwhile waits in the spool ([`super::vault::Open::fill`]), and what comes in
//! between two tries has higher numbers, because the counters were put first. What opens this very box stays its own. Absent
//! on purpose: judging what the rows say; they carry their own hashes, and [`Snapshot::scrub`] compares every message with
//! its octets at the end.

use super::{
    Error, imported,
    mail::{Snapshot, pieces},
    migrate, outbox,
    rows::{COUNTERS, Place, RESTORING, place, stays},
    schema::{CONTACTS, DISCUSSIONS, META},
    search,
    writer::{self, Tables},
};
use crate::domain::time::Time;
use redb::{ReadableTable, ReadableTableMetadata};
use serde_json::Value as Json;

/// Whether a box can be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is nothing in it.
    Empty,
    /// It was begun from the export of this name.
    Begun(String),
    /// Something is in it.
    Taken,
}

impl Snapshot {
    /// Whether this box can be filled from an export.
    pub fn room(&self) -> Result<Room, Error> {
        if let Some(value) = self.tx.open_table(META)?.get(RESTORING)? {
            return Ok(Room::Begun(String::from_utf8_lossy(value.value()).into_owned()));
        }
        let empty = self.messages()? == 0 && self.tx.open_table(DISCUSSIONS)?.is_empty()? && self.tx.open_table(CONTACTS)?.is_empty()?;
        Ok(if empty { Room::Empty } else { Room::Taken })
    }
}

/// Begins to fill a box: notes from what, and lets what comes in meanwhile have numbers beyond those of the export.
pub fn begin(tables: &mut Tables<'_>, export: &str, counters: &[(String, u64)]) -> Result<(), Error> {
    tables.meta.insert(RESTORING, export.as_bytes())?;
    // What a new box makes by itself, which the export has as well.
    tables.own_keys.retain(|_, _| false)?;
    for (name, last) in counters {
        let now = tables.meta.get(name.as_str())?.map(|value| value.value().to_vec());
        let now = now.and_then(|octets| octets.try_into().ok()).map_or(0, u64::from_le_bytes);
        tables.meta.insert(name.as_str(), now.max(*last).to_le_bytes().as_slice())?;
    }
    Ok(())
}

/// Puts rows of a table down, each a line of JSON; says how many. Those of a table that is not taken in are passed over,
/// and so are those of one that this version does not know, and of settings `but` these.
pub fn rows(tables: &mut Tables<'_>, table: &str, lines: &[String], but: &[&str]) -> Result<u64, Error> {
    if !matches!(place(table), Place::Clear | Place::Sealed) {
        return Ok(0);
    }
    let mut put = 0;
    for line in lines {
        let row: Json = serde_json::from_str(line).map_err(|_| Error::Damaged)?;
        let setting = row.get("key").and_then(Json::as_str).unwrap_or_default();
        if table == "meta" && (stays(setting) || COUNTERS.contains(&setting) || but.contains(&setting)) {
            continue;
        }
        put += u64::from(writer::put_row(tables, table, &row)?);
    }
    Ok(put)
}

/// Puts a message's octets down, packed by [`super::mail::pack`].
pub fn octets(tables: &mut Tables<'_>, message: u64, packed: &[u8]) -> Result<(), Error> {
    for (piece, number) in pieces(packed).zip(0_u32..) {
        tables.raw.insert((message, number), piece)?;
    }
    Ok(())
}

/// Ends it: what rows of an older schema lack is worked out, what messages are known by is noted with them, they are to be
/// indexed, contacts weighed anew, and what waited to be sent has left from the other box, or has not: nobody knows.
pub fn end(tables: &mut Tables<'_>, schema: u64, now: Time) -> Result<(), Error> {
    tables.meta.remove(RESTORING)?;
    migrate::fill(tables, schema)?;
    outbox::brought_back(tables, now)?;
    imported::find_again(tables)?;
    search::adopt(tables)?;
    super::contacts::stale_all(tables)
}
