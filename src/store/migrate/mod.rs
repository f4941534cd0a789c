//! Migrations: one file each, run in order, never edited after a release.

mod m0001_tables;
mod m0002_devices;
mod m0003_dangers;
mod m0004_filing;
mod m0005_rechecks;
mod m0006_nuisances;
mod m0007_spam;
mod m0008_outbox;
mod m0009_strict;
mod m0010_reports;
mod m0011_keys;
mod m0012_drafts;
mod m0013_search;
mod m0014_sending;
mod m0015_contacts;
mod m0016_views;
mod m0017_tls_reports;
mod m0018_living;
mod m0019_seen_ways;
mod m0020_pushes;
mod m0021_mailboxes;
mod m0022_peer_boxes;
mod m0023_told;
mod m0024_ratchets;

use super::{Error, schema, writer::Tables};
use redb::{Database, ReadableDatabase, TableError, WriteTransaction};

/// One step: what it changes, in the transaction that it is given.
type Step = fn(&WriteTransaction) -> Result<(), Error>;

/// The steps from an empty database to today's schema: step `n` makes version `n + 1`.
const STEPS: &[Step] = &[
    m0001_tables::run,
    m0002_devices::run,
    m0003_dangers::run,
    m0004_filing::run,
    m0005_rechecks::run,
    m0006_nuisances::run,
    m0007_spam::run,
    m0008_outbox::run,
    m0009_strict::run,
    m0010_reports::run,
    m0011_keys::run,
    m0012_drafts::run,
    m0013_search::run,
    m0014_sending::run,
    m0015_contacts::run,
    m0016_views::run,
    m0017_tls_reports::run,
    m0018_living::run,
    m0019_seen_ways::run,
    m0020_pushes::run,
    m0021_mailboxes::run,
    m0022_peer_boxes::run,
    m0023_told::run,
    m0024_ratchets::run,
];

/// The schema that this program writes.
pub const VERSION: u16 = STEPS.len() as u16;

/// Brings a database to today's schema, each step in a transaction of its own.
pub fn migrate(db: &Database) -> Result<(), Error> {
    let now = version(db)?;
    if now > VERSION {
        return Err(Error::Newer(now));
    }
    for (step, next) in STEPS.iter().zip(1_u16..).skip(usize::from(now)) {
        let mut tx = db.begin_write()?;
        tx.set_quick_repair(true);
        step(&tx)?;
        tx.open_table(schema::META)?.insert("schema", next.to_le_bytes().as_slice())?;
        tx.commit()?;
    }
    Ok(())
}

/// What rows of an older schema lack that is worked out of others, for tables that were filled with such rows. Those of this
/// schema stay as they are, octet for octet.
pub(super) fn fill(tables: &mut Tables<'_>, schema: u64) -> Result<(), Error> {
    if schema < 24 { m0024_ratchets::over(tables) } else { Ok(()) }
}

/// The schema that a database has; 0 is none yet.
pub fn version(db: &Database) -> Result<u16, Error> {
    let meta = match db.begin_read()?.open_table(schema::META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let Some(value) = meta.get("schema")? else { return Ok(0) };
    value.value().try_into().map(u16::from_le_bytes).map_err(|_| Error::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Database {
        Database::builder()
            .create_with_backend(redb::backends::InMemoryBackend::new())
            .unwrap()
    }

    #[test]
    fn an_empty_database_becomes_todays_and_stays_it() {
        let db = empty();
        assert_eq!(version(&db).unwrap(), 0);
        migrate(&db).unwrap();
        migrate(&db).unwrap();
        assert_eq!(version(&db).unwrap(), VERSION);
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let db = empty();
        migrate(&db).unwrap();
        let tx = db.begin_write().unwrap();
        tx.open_table(schema::META)
            .unwrap()
            .insert("schema", (VERSION + 1).to_le_bytes().as_slice())
            .unwrap();
        tx.commit().unwrap();
        assert!(matches!(migrate(&db), Err(Error::Newer(v)) if v == VERSION + 1));
    }
}
