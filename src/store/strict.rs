//! How other domains protect their mail servers, in the vault: whom the owner writes to is nobody's business.

use super::{
    Error,
    mail::Snapshot,
    record::{Record, Strictness},
    schema::STRICT,
    vault::Open,
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};

/// Domains that are kept.
const MOST: usize = 5_000;

/// Keeps what is known of a domain. Where there are too many, the one that was not written to for longest goes.
pub fn put(tables: &mut Tables<'_>, domain: &str, known: &Strictness) -> Result<(), Error> {
    if tables.strict.len()? >= MOST as u64 && tables.strict.get(domain)?.is_none() {
        let mut oldest: Option<(i64, String)> = None;
        for entry in tables.strict.iter()? {
            let (name, value) = entry?;
            // A row that cannot be read goes first.
            let used = Strictness::decode(0, value.value()).map_or(i64::MIN, |known| known.used);
            if oldest.as_ref().is_none_or(|(first, _)| used < *first) {
                oldest = Some((used, name.value().to_owned()));
            }
        }
        if let Some((_, name)) = oldest {
            tables.strict.remove(name.as_str())?;
        }
    }
    tables.strict.insert(domain, known.encode(0)?.as_slice())?;
    Ok(())
}

/// Forgets a domain.
pub fn forget(tables: &mut Tables<'_>, domain: &str) -> Result<(), Error> {
    tables.strict.remove(domain)?;
    Ok(())
}

/// All that are kept; what cannot be read is left out.
pub fn all(open: &Open) -> Result<Vec<(String, Strictness)>, Error> {
    let table = open.read()?.open_table(STRICT)?;
    let mut found = Vec::new();
    for entry in table.iter()?.take(MOST) {
        let (domain, value) = entry?;
        if let Ok(known) = Strictness::decode(0, value.value()) {
            found.push((domain.value().to_owned(), known));
        }
    }
    Ok(found)
}

impl Snapshot {
    /// What is known of a domain, lower case.
    pub fn strict(&self, domain: &str) -> Result<Option<Strictness>, Error> {
        let value = self.tx.open_table(STRICT)?.get(domain)?;
        value.map(|value| Strictness::decode(0, value.value())).transpose()
    }
}
