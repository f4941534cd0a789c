//! What the owner prefers, and the account's index day by day: settings of the vault.

use super::{
    Error,
    mail::Snapshot,
    record::{Preferred, Progress, Record},
    schema::META,
    writer::Tables,
};
use redb::ReadableTable;

/// Days of which the index is kept: a year and a month, so that a year can be looked back on.
const DAYS: usize = 396;

fn get<R: Record + Default>(tables: &Tables<'_>) -> Result<R, Error> {
    let value = tables.meta.get(R::TABLE)?;
    Ok(value.map(|value| R::decode(0, value.value())).transpose()?.unwrap_or_default())
}

fn put<R: Record>(tables: &mut Tables<'_>, record: &R) -> Result<(), Error> {
    tables.meta.insert(R::TABLE, record.encode(0)?.as_slice())?;
    Ok(())
}

/// Changes what the owner prefers.
pub fn prefer(tables: &mut Tables<'_>, change: impl FnOnce(&mut Preferred)) -> Result<(), Error> {
    let mut preferred: Preferred = get(tables)?;
    change(&mut preferred);
    put(tables, &preferred)
}

/// What the owner prefers, as it stands in this write.
pub fn preferred(tables: &Tables<'_>) -> Result<Preferred, Error> {
    get(tables)
}

/// Notes the index of a day, over what was noted of that day before, and what was reached for the first time.
pub fn note(tables: &mut Tables<'_>, day: i64, index: Option<u8>, reached: &[u8], now: i64) -> Result<(), Error> {
    let mut progress: Progress = get(tables)?;
    if let Some(index) = index
        && progress.daily.last().is_none_or(|(last, _)| *last <= day)
    {
        progress.daily.pop_if(|(last, _)| *last == day);
        progress.daily.push((day, index));
        let old = progress.daily.len().saturating_sub(DAYS);
        progress.daily.drain(..old);
    }
    for number in reached {
        if !progress.reached.iter().any(|(known, _)| known == number) {
            progress.reached.push((*number, now));
        }
    }
    put(tables, &progress)
}

impl Snapshot {
    fn setting<R: Record + Default>(&self) -> Result<R, Error> {
        let value = self.tx.open_table(META)?.get(R::TABLE)?;
        Ok(value.map(|value| R::decode(0, value.value())).transpose()?.unwrap_or_default())
    }

    /// What the owner prefers.
    pub fn preferred(&self) -> Result<Preferred, Error> {
        self.setting()
    }

    /// The account's index day by day, and what was reached.
    pub fn progress(&self) -> Result<Progress, Error> {
        self.setting()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::vault::Vault;

    #[tokio::test]
    async fn a_day_is_worth_what_was_noted_last_and_a_year_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let open = Vault::create(folder.path(), "word").unwrap().vault.open().unwrap();
        let writing = open.writer.write(|tables| {
            for day in 0..500 {
                note(tables, day, Some(7), &[], day)?;
                note(tables, day, Some((day % 100) as u8), &[1], day)?;
                note(tables, day - 1, Some(8), &[], day)?;
                note(tables, day, None, &[2, 1], day)?;
            }
            Ok(())
        });
        writing.await.unwrap();
        let progress = Snapshot::of(&open).unwrap().progress().unwrap();
        assert_eq!(
            (progress.daily.len(), progress.daily.first(), progress.daily.last()),
            (DAYS, Some(&(104, 4)), Some(&(499, 99)))
        );
        assert_eq!(progress.reached, [(1, 0), (2, 0)]);
    }
}
