//! The rows of the tables as JSON and back: what an export is made of, and what a new box is filled from.
//!
//! A row is an object: `key`, a number, a word or a list of them; and `value`, or for a record `stored`, the octets as
//! they lie in the table (base 64 of RFC 4648 section 5), with `record` beside it, which says the same for people and
//! for other programs. What is read back is `stored`: it carries its version and a hash over itself and its key, so
//! that a later version of this program reads it, and an octet that flipped is found.
//!
//! [`place`] says of each table what becomes of it. **A table that is not named there is sealed**: a new one is shown
//! to nobody by mistake. Absent on purpose: the octets of messages, which are files of their own, and everything that
//! is made anew from them.

use super::{Error, mail::Snapshot, record, schema::META, writer};
use crate::codec::base64url;
use redb::{ReadableTable as _, Value};
use serde_json::{Map, Value as Json, json};

/// The most octets of one value.
const LARGEST: usize = 32 * 1024 * 1024;

/// What becomes of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its rows are written as they are, and taken in again.
    Clear,
    /// The same, but nobody reads them without the passphrase: secrets, and what was opened with one.
    Sealed,
    /// Its rows are written, and belong to the box that they were written on.
    Shown,
    /// It is not written: it is made anew, or opens the box.
    Left,
}

/// What becomes of the table of this name.
pub fn place(table: &str) -> Place {
    match table {
        "messages" | "proofs" | "dangers" | "nuisances" | "reports" | "strict" | "discussion_of" | "discussed" | "timeline" | "unread"
        | "contacts" | "contact_of" | "exchanged" | "exchanged_of" | "standings" | "stale" | "imported" | "rechecks" | "tags"
        | "message_tags" | "tagged" | "tag_rows" | "filed" | "levels" | "tallies" | "weighed" | "card_tags" | "sent_ids" | "written_to"
        | "rules" | "lessons" | "examples" | "background" | "verdicts" | "taught" | "heard" | "outbox" | "outbox_of" | "copies"
        | "peer_keys" | "openings" | "sent" | "answered" | "order" | "ledger" | "returned" | "views" | "peer_boxes" => Place::Clear,
        "devices" | "journal" | "notices" | "outbox_due" => Place::Shown,
        "raw" | "told" | "fresh" | "words" | "postings" | "gone" | "drained" | "jobs" | "regroups" => Place::Left,
        _ => Place::Sealed,
    }
}

/// Settings that open this very box, or count what is made anew: in no export.
pub(super) fn stays(setting: &str) -> bool {
    matches!(
        setting,
        "schema" | "sealing" | "sign_in" | "deleted" | "search_generation" | "search_behind" | "backup"
    ) || setting == RESTORING
}

/// The counters of numbers that are given in the tables.
pub(super) const COUNTERS: &[&str] = &[
    "message",
    "discussion",
    "contact",
    "tag",
    "rule",
    "view",
    "delivery",
    "own_key",
    "mailbox",
    "upload",
    super::mail::EDITION,
];

/// The setting that names the export from which this box is being filled.
pub(super) const RESTORING: &str = "restoring";

/// A table's key or value, as JSON and back.
pub(super) trait Cell: Value {
    /// What is held while a row is put down.
    type Held;
    /// As JSON.
    fn out(value: &Self::SelfType<'_>) -> Json;
    /// From JSON.
    fn held(json: &Json) -> Option<Self::Held>;
    /// As redb takes it.
    fn lent(held: &Self::Held) -> Self::SelfType<'_>;
    /// Whether it is a record's octets.
    const STORED: bool = false;
}

macro_rules! numbers {
    ($($number:ty: $as:ident),*) => {
        $(impl Cell for $number {
            type Held = Self;
            fn out(value: &Self) -> Json {
                json!(*value)
            }
            fn held(json: &Json) -> Option<Self> {
                json.$as()?.try_into().ok()
            }
            fn lent(held: &Self) -> Self {
                *held
            }
        })*
    };
}

numbers!(u8: as_u64, u32: as_u64, u64: as_u64, i8: as_i64, i64: as_i64);

/// Too large for a number of JSON: its digits.
impl Cell for u128 {
    type Held = Self;
    fn out(value: &Self) -> Json {
        json!(value.to_string())
    }
    fn held(json: &Json) -> Option<Self> {
        json.as_str()?.parse().ok()
    }
    fn lent(held: &Self) -> Self {
        *held
    }
}

impl Cell for () {
    type Held = ();
    fn out((): &()) -> Json {
        Json::Null
    }
    fn held(_: &Json) -> Option<()> {
        Some(())
    }
    fn lent((): &()) {}
}

impl Cell for &'static str {
    type Held = String;
    fn out(value: &Self::SelfType<'_>) -> Json {
        json!(value)
    }
    fn held(json: &Json) -> Option<String> {
        json.as_str().map(str::to_owned)
    }
    fn lent(held: &String) -> Self::SelfType<'_> {
        held
    }
}

impl Cell for &'static [u8] {
    type Held = Vec<u8>;
    fn out(value: &Self::SelfType<'_>) -> Json {
        json!(base64url::encode(value))
    }
    fn held(json: &Json) -> Option<Vec<u8>> {
        base64url::decode(json.as_str()?, LARGEST)
    }
    fn lent(held: &Vec<u8>) -> Self::SelfType<'_> {
        held
    }
    const STORED: bool = true;
}

macro_rules! lists {
    ($($($name:ident $at:tt),+;)*) => {
        $(impl<$($name: Cell + 'static),+> Cell for ($($name,)+) {
            type Held = ($($name::Held,)+);
            fn out(value: &Self::SelfType<'_>) -> Json {
                json!([$($name::out(&value.$at)),+])
            }
            fn held(json: &Json) -> Option<Self::Held> {
                Some(($($name::held(json.get($at)?)?,)+))
            }
            fn lent(held: &Self::Held) -> Self::SelfType<'_> {
                ($($name::lent(&held.$at),)+)
            }
        })*
    };
}

lists! {
    A 0, B 1;
    A 0, B 1, C 2;
}

/// A row as JSON.
pub(super) fn row<K: Cell, V: Cell>(table: &str, key: &K::SelfType<'_>, value: &V::SelfType<'_>) -> Json {
    let mut row = Map::new();
    row.insert("key".to_owned(), K::out(key));
    if V::STORED {
        let octets = V::as_bytes(value);
        if let Some(record) = record::readable(table, octets.as_ref()) {
            row.insert("record".to_owned(), record);
        }
        row.insert("stored".to_owned(), V::out(value));
    } else {
        row.insert("value".to_owned(), V::out(value));
    }
    Json::Object(row)
}

/// A key and a value of a row, as they are held.
pub(super) fn cells<K: Cell, V: Cell>(row: &Json) -> Option<(K::Held, V::Held)> {
    let value = row.get(if V::STORED { "stored" } else { "value" }).unwrap_or(&Json::Null);
    Some((K::held(row.get("key")?)?, V::held(value)?))
}

/// Reads a row of somebody's as rows of some forms, for the fuzzer: says as how many it can be read, and as how many of them
/// it is written and read again as the same.
#[doc(hidden)]
pub fn probe(given: &Json) -> (usize, usize) {
    fn reads<K: Cell + 'static, V: Cell + 'static>(given: &Json) -> (usize, usize) {
        let Some((key, value)) = cells::<K, V>(given) else { return (0, 0) };
        let once = row::<K, V>("", &K::lent(&key), &V::lent(&value));
        let again = cells::<K, V>(&once).map(|(key, value)| row::<K, V>("", &K::lent(&key), &V::lent(&value)));
        (1, usize::from(again.as_ref() == Some(&once)))
    }
    [
        reads::<u64, &'static [u8]>(given),
        reads::<&'static str, u64>(given),
        reads::<(i64, u64), ()>(given),
        reads::<(u64, u32, u32), &'static [u8]>(given),
        reads::<(&'static str, i64, u64), u32>(given),
        reads::<u128, u64>(given),
    ]
    .into_iter()
    .fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1))
}

/// The names of the tables of a place.
pub fn tables(of: Place) -> Vec<&'static str> {
    writer::names().into_iter().filter(|table| place(table) == of).collect()
}

impl Snapshot {
    /// Every row of a table as a line of JSON, until `give` fails. The settings that open this very box are left out.
    pub fn each_row<E: From<Error>>(&self, table: &str, mut give: impl FnMut(String) -> Result<(), E>) -> Result<(), E> {
        writer::each_row(&self.tx, table, |row| {
            let setting = row.get("key").and_then(Json::as_str).unwrap_or_default();
            if table == "meta" && stays(setting) {
                return Ok(());
            }
            give(row.to_string())
        })
    }

    /// How many rows a table has; none where there is no such table.
    pub fn row_count(&self, table: &str) -> Result<u64, Error> {
        writer::row_count(&self.tx, table)
    }

    /// The last number that was given of each kind.
    pub fn counters(&self) -> Result<Vec<(String, u64)>, Error> {
        let meta = self.tx.open_table(META)?;
        let mut counters = Vec::new();
        for name in COUNTERS {
            if let Some(value) = meta.get(*name)? {
                let last = value.value().try_into().map(u64::from_le_bytes).map_err(|_| Error::Damaged)?;
                counters.push(((*name).to_owned(), last));
            }
        }
        Ok(counters)
    }

    /// The settings that are no secret, by name, as JSON.
    pub fn open_settings(&self) -> Result<String, Error> {
        let mut settings = Map::new();
        for entry in self.tx.open_table(META)?.iter()? {
            let (name, value) = entry?;
            if let Some(readable) = record::readable(name.value(), value.value()) {
                settings.insert(name.value().to_owned(), readable);
            }
        }
        Ok(Json::Object(settings).to_string())
    }

    /// Of which schema the tables are.
    pub fn schema(&self) -> Result<u16, Error> {
        let value = self.tx.open_table(META)?.get("schema")?;
        let value = value.ok_or(Error::Damaged)?;
        value.value().try_into().map(u16::from_le_bytes).map_err(|_| Error::Damaged)
    }
}
