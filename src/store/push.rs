//! Whom to tell of new mail while no page is open: one row a device.

use super::{
    Error,
    mail::Snapshot,
    record::{PushKey, Record, Subscription},
    schema::{META, PUSHES},
    writer::Tables,
};
use redb::ReadableTable;

/// Keeps what a device gave; what it gave before goes.
pub fn put(tables: &mut Tables<'_>, device: u64, subscription: &Subscription) -> Result<(), Error> {
    tables.pushes.insert(device, subscription.encode(device)?.as_slice())?;
    Ok(())
}

/// Keeps how often in a row telling a device failed, or tells it no more where that is `None`; changes nothing where it
/// gave another address since, or switched it off.
pub fn note(tables: &mut Tables<'_>, device: u64, endpoint: &str, failed: Option<u8>) -> Result<(), Error> {
    let kept = match tables.pushes.get(device)? {
        Some(value) => Subscription::decode(device, value.value())?,
        None => return Ok(()),
    };
    match failed {
        _ if kept.endpoint != endpoint => Ok(()),
        Some(failed) => put(tables, device, &Subscription { failed, ..kept }),
        None => remove(tables, device).map(|_| ()),
    }
}

/// Tells a device no more; says whether it was told.
pub fn remove(tables: &mut Tables<'_>, device: u64) -> Result<bool, Error> {
    Ok(tables.pushes.remove(device)?.is_some())
}

/// Keeps a key, where there is none yet; gives the one that is kept.
pub fn keep_key(tables: &mut Tables<'_>, key: &PushKey) -> Result<PushKey, Error> {
    if let Some(value) = tables.meta.get(PushKey::TABLE)? {
        return PushKey::decode(0, value.value());
    }
    tables.meta.insert(PushKey::TABLE, key.encode(0)?.as_slice())?;
    Ok(key.clone())
}

impl Snapshot {
    /// Every device that is told, with what it gave.
    pub fn pushes(&self) -> Result<Vec<(u64, Subscription)>, Error> {
        let mut all = Vec::new();
        for row in self.tx.open_table(PUSHES)?.iter()? {
            let (device, value) = row?;
            all.push((device.value(), Subscription::decode(device.value(), value.value())?));
        }
        Ok(all)
    }

    /// The key that push services know this box by, where there is one.
    pub fn push_key(&self) -> Result<Option<PushKey>, Error> {
        let value = self.tx.open_table(META)?.get(PushKey::TABLE)?;
        value.map(|value| PushKey::decode(0, value.value())).transpose()
    }
}
