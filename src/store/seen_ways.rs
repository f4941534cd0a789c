//! What the last session with the mail servers of each domain was like: what is expected of the next one before
//! anything leaves.

use super::{
    Error,
    mail::Snapshot,
    record::{Record, SeenWay},
    schema::SEEN_WAYS,
    writer::Tables,
};
use redb::ReadableTableMetadata;

/// Domains that are remembered.
const MOST: u64 = 5_000;

/// Remembers a session. Where there are too many domains, those that sort first make room: what is forgotten is only
/// not known.
pub fn put(tables: &mut Tables<'_>, domain: &str, seen: &SeenWay) -> Result<(), Error> {
    tables.seen_ways.insert(domain, seen.encode(0)?.as_slice())?;
    while tables.seen_ways.len()? > MOST {
        tables.seen_ways.pop_first()?;
    }
    Ok(())
}

impl Snapshot {
    /// The last session with a domain's servers.
    pub fn seen_way(&self, domain: &str) -> Result<Option<SeenWay>, Error> {
        let value = self.tx.open_table(SEEN_WAYS)?.get(domain)?;
        value.map(|value| SeenWay::decode(0, value.value())).transpose()
    }
}
