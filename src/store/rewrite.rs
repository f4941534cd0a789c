//! Writing the vault's file anew: a new file under a new key with what is in the tables today, put in the
//! old one's place in one step.
//!
//! redb frees pages and does not wipe them, and its own compaction moves pages without looking inside; both
//! leave words of what was deleted where the owner's key can read them. A copy of the living rows cannot.
//! The old file's beginning, which holds its key, is overwritten before it is removed.
//!
//! A crash leaves the old file or the new one in place, and beside it a leftover that the next start destroys.

use super::{
    Error,
    crypt::{self, Sectors, VaultKey},
    schema::META,
    search,
    vault::{self, DELETED, FILE},
    writer::{Current, copy_tables, current},
};
use redb::{Database, ReadableDatabase, TableHandle};
use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::{Arc, PoisonError, atomic::AtomicBool},
};

/// The file that is being written, and after the swap the one that was.
const NEXT: &str = "vault.new";

/// Destroys what a rewriting that did not end has left behind.
pub(super) fn tidy(folder: &Path) -> Result<(), Error> {
    let path = folder.join(NEXT);
    match File::options().read(true).write(true).open(&path) {
        Ok(file) => crypt::destroy(&file).and_then(|()| fs::remove_file(&path).map_err(Error::io)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(error)),
    }
}

/// Writes the file of this database anew, with nothing written meanwhile; gives what the first error of the new one sets.
pub(super) fn rewrite(folder: &Path, key: &VaultKey, db: &Current) -> Result<Arc<AtomicBool>, Error> {
    tidy(folder)?;
    let next = folder.join(NEXT);
    let copied = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&next)
        .map_err(Error::io)
        .and_then(|file| copy(file, key, &current(db)));
    let (new, failed) = match copied {
        Ok(copied) => copied,
        Err(error) => {
            // What stands in the way of removing it stands in the way of the next one as well, and is said then.
            let _ = tidy(folder);
            return Err(error);
        }
    };
    let place = folder.join(FILE);
    let old = File::options().read(true).write(true).open(&place).map_err(Error::io)?;
    swap(&next, &place)?;
    sync(folder)?;
    *db.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    crypt::destroy(&old)?;
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(error)),
        _ => sync(folder).map(|()| failed),
    }
}

/// A new database in this file with everything that is in the old one. A table that is not on the list is a
/// reason to refuse: it would be lost.
fn copy(file: File, key: &VaultKey, old: &Database) -> Result<(Database, Arc<AtomicBool>), Error> {
    file.try_lock().map_err(|_| Error::InUse)?;
    let backend = Sectors::create(file, key)?;
    let failed = backend.failed();
    let new = vault::database(backend)?;
    let from = old.begin_read()?;
    let mut to = new.begin_write()?;
    to.set_quick_repair(true);
    let names = copy_tables(&from, &to, &search::apart())?;
    search::copy(&from, &to)?;
    if from.list_tables()?.any(|table| !names.contains(&table.name())) {
        return Err(Error::Database("there is a table that this version does not know".into()));
    }
    to.open_table(META)?.remove(DELETED)?;
    to.commit()?;
    Ok((new, failed))
}

/// Both files change places, in one step where the file system can.
fn swap(next: &Path, place: &Path) -> Result<(), Error> {
    let here = rustix::fs::CWD;
    rustix::fs::renameat_with(here, next, here, place, rustix::fs::RenameFlags::EXCHANGE)
        .map_err(io::Error::from)
        .or_else(|_| fs::rename(next, place))
        .map_err(Error::io)
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io)
}
