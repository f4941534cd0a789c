//! Networks that sent spam, in the vault.

use super::{
    Error,
    record::{Record, Troubled},
    schema::NUISANCES,
    vault::Open,
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};

/// Networks that are kept.
const MOST: usize = 10_000;
/// Seconds after which nothing of a network counts any more.
const STALE: i64 = 3 * 24 * 3600;

/// What a judged message changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The network, as `192.0.2.0/24`.
    pub network: String,
    /// What is known of it now.
    pub record: Troubled,
}

/// Keeps a change. Where there are too many, what no longer counts goes first; a row that cannot be read goes
/// with it.
pub fn keep(tables: &mut Tables<'_>, change: &Change) -> Result<(), Error> {
    if tables.nuisances.len()? >= MOST as u64 {
        let since = change.record.at.saturating_sub(STALE);
        let counts = |value: &[u8]| Troubled::decode(0, value).is_ok_and(|record| record.at >= since);
        tables.nuisances.retain(|_, value| counts(value))?;
    }
    tables
        .nuisances
        .insert(change.network.as_str(), change.record.encode(0)?.as_slice())?;
    Ok(())
}

/// Forgets a network.
pub fn forgive(tables: &mut Tables<'_>, network: &str) -> Result<(), Error> {
    tables.nuisances.remove(network)?;
    Ok(())
}

/// All that are kept.
pub fn all(open: &Open) -> Result<Vec<(String, Troubled)>, Error> {
    let table = open.read()?.open_table(NUISANCES)?;
    let entry = |entry: Result<(redb::AccessGuard<'_, &str>, redb::AccessGuard<'_, &[u8]>), redb::StorageError>| {
        let (network, value) = entry?;
        Ok((network.value().to_owned(), Troubled::decode(0, value.value())?))
    };
    table.iter()?.take(MOST).map(entry).collect()
}
