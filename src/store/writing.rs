//! How the owner writes, with which keys their domain signs, and what was found of its own records: settings of the
//! vault.

use super::{Error, mail::Snapshot, record::Record, schema::META, writer::Tables};
use redb::ReadableTable;
use serde::{Deserialize, Serialize};

const HABITS: &str = "writing";
const KEYS: &str = "dkim";
const OWN: &str = "own_records";

/// Seconds for which it counts what DNS said of the owner's own domain: a week, as for those of others.
const FRESH: i64 = 7 * 24 * 3600;

/// How the owner writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// The name that stands before their address; empty for none.
    pub name: String,
    /// What stands under each new message.
    pub signature: String,
}

/// The keys that the owner's domain signs with: selector and PKCS #8.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DkimKeys {
    /// RSA.
    pub rsa: (String, Vec<u8>),
    /// Ed25519.
    pub ed25519: (String, Vec<u8>),
}

/// What DNS said of the owner's own domain when it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRecords {
    /// When.
    pub at: i64,
    /// Whether a key that signs is published; `None` where that could not be told.
    pub signs: Option<bool>,
    /// Whether its policy asks for forgeries to be put aside; `None` where that could not be told.
    pub polices: Option<bool>,
}

impl OwnRecords {
    /// The same as of now: what was asked long ago is not known any more.
    pub fn lately(self, now: i64) -> Self {
        if self.at > now.saturating_sub(FRESH) {
            self
        } else {
            Self::default()
        }
    }
}

macro_rules! settings {
    ($($shape:ty => $name:ident)*) => {
        $(impl Record for $shape {
            const TABLE: &'static str = $name;
            const VERSION: u8 = 1;
        })*
    };
}

settings! { Habits => HABITS DkimKeys => KEYS OwnRecords => OWN }

fn put<R: Record>(tables: &mut Tables<'_>, record: &R) -> Result<(), Error> {
    tables.meta.insert(R::TABLE, record.encode(0)?.as_slice())?;
    Ok(())
}

/// Changes how the owner writes.
pub fn set_habits(tables: &mut Tables<'_>, habits: &Habits) -> Result<(), Error> {
    put(tables, habits)
}

/// Keeps what DNS said of the owner's own domain.
pub fn set_own_records(tables: &mut Tables<'_>, found: &OwnRecords) -> Result<(), Error> {
    put(tables, found)
}

/// Keeps keys, where there are none yet; gives those that are kept.
pub fn keep_keys(tables: &mut Tables<'_>, keys: &DkimKeys) -> Result<DkimKeys, Error> {
    if let Some(value) = tables.meta.get(KEYS)? {
        return DkimKeys::decode(0, value.value());
    }
    put(tables, keys)?;
    Ok(keys.clone())
}

impl Snapshot {
    fn set<R: Record>(&self) -> Result<Option<R>, Error> {
        let value = self.tx.open_table(META)?.get(R::TABLE)?;
        value.map(|value| R::decode(0, value.value())).transpose()
    }

    /// How the owner writes.
    pub fn habits(&self) -> Result<Habits, Error> {
        Ok(self.set()?.unwrap_or_default())
    }

    /// The keys that the owner's domain signs with.
    pub fn dkim_keys(&self) -> Result<Option<DkimKeys>, Error> {
        self.set()
    }

    /// What DNS said of the owner's own domain when it was asked last.
    pub fn own_records(&self) -> Result<OwnRecords, Error> {
        Ok(self.set()?.unwrap_or_default())
    }
}
