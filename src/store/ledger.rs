//! The ledger of this box's connections in the vault: whom it talks to says whom its owner writes to.

use super::{Error, mail::Snapshot, schema::LEDGER, writer::Tables};
use crate::domain::ledger::{Counted, Purpose};
use redb::ReadableTable;

/// Lines that are read.
const MOST: usize = 20_000;

/// Adds what was counted on a day, by its number, and lets go of what is too old by then.
pub fn add(tables: &mut Tables<'_>, counted: &[(Purpose, String, u64)], day: i64) -> Result<(), Error> {
    for (purpose, party, times) in counted {
        let key = (day, purpose.number(), party.as_str());
        let before = tables.ledger.get(key)?.map_or(0, |value| value.value());
        tables.ledger.insert(key, before.saturating_add(*times))?;
    }
    tidy(tables, day)
}

/// Lets go of what is older on a day than the owner wants it kept.
pub fn tidy(tables: &mut Tables<'_>, today: i64) -> Result<(), Error> {
    let days = super::preferences::preferred(tables)?.ledger_days;
    let first = today.saturating_sub(days.into());
    tables.ledger.retain_in(..(first, 0, ""), |_, _| false)?;
    Ok(())
}

impl Snapshot {
    /// What was counted, the newest day first, and in a day by purpose.
    pub fn ledger(&self) -> Result<Vec<Counted>, Error> {
        let table = self.tx.open_table(LEDGER)?;
        let mut found = Vec::new();
        for entry in table.iter()?.rev().take(MOST) {
            let (key, times) = entry?;
            let (day, purpose, party) = key.value();
            found.extend(Purpose::of(purpose).map(|purpose| Counted {
                day,
                purpose,
                party: party.to_owned(),
                times: times.value(),
            }));
        }
        found.sort_by(|a, b| (b.day, a.purpose, &a.party).cmp(&(a.day, b.purpose, &b.party)));
        Ok(found)
    }
}
