//! The record of how the owner signs in, read and changed whole.

use super::{
    Error,
    record::{Record, SignIn},
    slots::random,
    vault::Open,
    writer::Tables,
};
use redb::ReadableTable;

/// The setting that holds it.
const SETTING: &str = "sign_in";

/// The record as it is; an empty one where nothing was ever set.
pub fn read(open: &Open) -> Result<SignIn, Error> {
    match open.setting(SETTING)? {
        Some(octets) => SignIn::decode(0, &octets),
        None => Ok(SignIn::default()),
    }
}

/// Changes it in one write; what `change` gives is given back. The owner's handle is made with the first change.
pub fn change<T>(tables: &mut Tables<'_>, change: impl FnOnce(&mut SignIn) -> T) -> Result<T, Error> {
    let known = tables
        .meta
        .get(SETTING)?
        .map(|value| SignIn::decode(0, value.value()))
        .transpose()?;
    let mut record = known.unwrap_or_default();
    if record.handle == [0; 16] {
        record.handle = random()?;
    }
    let result = change(&mut record);
    tables.meta.insert(SETTING, record.encode(0)?.as_slice())?;
    Ok(result)
}
