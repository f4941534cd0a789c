//! Writing the vault's file anew: a new file under a new key with what is in the tables today, put in the
//! old one's place in one step.
//!
//! redb frees pages and does not wipe them, and its own compaction moves pages without looking inside; both
//! leave words of what was deleted where the owner's key can read them. A copy of the living rows cannot.
//! The old file's beginning, which holds its key, is overwritten before it is removed.
//!
//! A crash leaves the old file or the new one in place, and beside it a leftover that the next start destroys: which of the
//! two has which name must be on the disk before either is destroyed, or the wrong one may be.

use super::{
    Error,
    crypt::{self, Sectors, VaultKey},
    room::Room,
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
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// The file that is being written, and after the swap the one that was.
const NEXT: &str = "vault.new";

/// What the first error of the file of the moment sets.
pub(super) type Failed = Arc<RwLock<Arc<AtomicBool>>>;

/// Has the names in a folder on the disk; [`File::sync_all`] but in a test.
pub(super) type Flush = fn(&File) -> io::Result<()>;

/// Destroys what a rewriting that did not end has left behind, once it is on the disk which of the files that is.
pub(super) fn tidy(folder: &Path, flush: Flush) -> Result<(), Error> {
    File::open(folder).and_then(|names| flush(&names)).map_err(Error::io)?;
    let path = folder.join(NEXT);
    match File::options().read(true).write(true).open(&path) {
        Ok(file) => crypt::destroy(&file).and_then(|()| fs::remove_file(&path).map_err(Error::io)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(error)),
    }
}

/// Refuses where what is kept does not fit on the disk a second time: one that is filled to its end takes no mail meanwhile,
/// and the file would not be written anew either.
fn must_fit(room: Option<Room>, folder: &Path, db: &Database) -> Result<(), Error> {
    let Some(room) = room else { return Ok(()) };
    if room.spares(fs::metadata(folder.join(FILE)).map_err(Error::io)?.len()) {
        return Ok(());
    }
    // Much of the file may be pages that hold nothing any more.
    let tx = db.begin_write()?;
    let stats = tx.stats()?;
    tx.abort()?;
    let kept = stats.allocated_pages().saturating_mul(stats.page_size() as u64);
    if room.spares(kept) { Ok(()) } else { Err(Error::Full) }
}

/// Writes the file of this database anew, with nothing written meanwhile. From the moment in which the files change places the
/// database is the new one, and what its first error sets is in `failed`; where it cannot be had on the disk that they did,
/// that is set at once, and nothing is written into either before it is opened anew.
pub(super) fn rewrite(folder: &Path, key: &VaultKey, (db, failed): (&Current, &Failed), flush: Flush) -> Result<(), Error> {
    tidy(folder, flush)?;
    must_fit(Room::of(folder), folder, &current(db))?;
    let next = folder.join(NEXT);
    let copied = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&next)
        .map_err(Error::io)
        .and_then(|file| copy(file, key, &current(db)));
    let (new, fails) = match copied {
        Ok(copied) => copied,
        Err(error) => {
            // What stands in the way of removing it stands in the way of the next one as well, and is said then.
            let _ = tidy(folder, flush);
            return Err(error);
        }
    };
    let place = folder.join(FILE);
    let old = File::options().read(true).write(true).open(&place).map_err(Error::io)?;
    // Opened before, so that no lack of handles comes between the swap and its flush.
    let names = File::open(folder).map_err(Error::io)?;
    swap(&next, &place)?;
    *failed.write().unwrap_or_else(PoisonError::into_inner) = fails.clone();
    *db.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    if let Err(error) = flush(&names) {
        fails.store(true, Ordering::Release);
        return Err(Error::io(error));
    }
    crypt::destroy(&old)?;
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(error)),
        _ => flush(&names).map_err(Error::io),
    }
}

/// A new database in this file with everything that is in the old one. A table that is not on the list is a
/// reason to refuse: it would be lost.
fn copy(file: File, key: &VaultKey, old: &Database) -> Result<(Database, Arc<AtomicBool>), Error> {
    file.try_lock().map_err(|_| Error::InUse)?;
    let backend = Sectors::create(file, key)?;
    let failed = backend.failed();
    let new = vault::database(backend, vault::CACHE)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        slots::Opening,
        vault::{Open, Vault},
        writer::Tables,
    };
    use std::{os::fd::AsRawFd, sync::mpsc, thread, time::Duration};

    /// Has the names on the disk until the new file is in its place; then the disk fails.
    fn fails_after_the_swap(names: &File) -> io::Result<()> {
        let folder = fs::read_link(format!("/proc/self/fd/{}", names.as_raw_fd()))?;
        if folder.join(NEXT).exists() {
            return Err(io::Error::other("the disk"));
        }
        names.sync_all()
    }

    /// Has the names on the disk; between the swap and the end of the old file once [`GO`] says so.
    fn when_told(names: &File) -> io::Result<()> {
        let folder = fs::read_link(format!("/proc/self/fd/{}", names.as_raw_fd()))?;
        while folder.join(NEXT).exists() && !GO.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(5));
        }
        names.sync_all()
    }

    #[test]
    fn what_does_not_fit_a_second_time_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(FILE);
        let file = File::options().read(true).write(true).create_new(true).open(&place).unwrap();
        let db = vault::database(Sectors::create(file, &VaultKey::new([1; 64])).unwrap(), vault::CACHE).unwrap();
        let tx = db.begin_write().unwrap();
        tx.open_table(META).unwrap().insert("word", [7; 10_000].as_slice()).unwrap();
        tx.commit().unwrap();
        let file = fs::metadata(&place).unwrap().len();
        let room = |free| {
            let whole = Room {
                free: 0,
                total: 1 << 40,
                read_only: false,
            };
            Some(Room {
                free: whole.reserve() + free,
                ..whole
            })
        };
        let fits = |room| must_fit(room, folder.path(), &db);
        assert!(fits(None).is_ok() && fits(room(file)).is_ok());
        // The file of a new box has more pages than it uses.
        assert!(fits(room(file - 4096)).is_ok());
        assert!(matches!(fits(room(0)), Err(Error::Full)));
    }

    static GO: AtomicBool = AtomicBool::new(false);

    #[test]
    fn a_thread_that_writes_the_file_anew_does_its_work_however_long_that_takes() {
        let folder = tempfile::tempdir().unwrap();
        let open = Vault::create(folder.path(), "word").unwrap().vault.open().unwrap();
        let (writes, asks) = (open.clone(), open.clone());
        let rewriting = thread::spawn(move || writes.rewrite_with(when_told));
        while !folder.path().join(NEXT).exists() {
            thread::sleep(Duration::from_millis(5));
        }
        // Whoever waited for an answer now would wait until it is told to go on.
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(asks.works()));
        let works = told.recv_timeout(Duration::from_secs(20));
        GO.store(true, Ordering::Release);
        assert_eq!(works, Ok(true));
        assert!(rewriting.join().unwrap().unwrap() && open.works());
    }

    async fn note(open: &Open, word: &'static str) -> Result<(), Error> {
        let job = move |tables: &mut Tables<'_>| {
            tables.meta.insert(word, [1].as_slice())?;
            Ok(())
        };
        open.writer.write(job).await
    }

    #[tokio::test]
    async fn what_was_taken_after_a_swap_that_is_not_on_the_disk_is_never_destroyed() {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Vault::create(folder.path(), "word").unwrap();
        made.slots.save(folder.path()).unwrap();
        let vault = made.vault;
        let open = vault.open().unwrap();
        note(&open, "before").await.unwrap();
        assert!(open.rewrite_with(fails_after_the_swap).is_err());

        // What is there is read; nothing is taken, and nobody is told that it was.
        assert!(open.setting("before").unwrap().is_some());
        assert!(vault.taking().is_err() && vault.stands_still());
        assert!(note(&open, "meanwhile").await.is_err());
        // Once more, while the disk still does not answer: what lies there is left alone.
        assert!(open.rewrite_with(fails_after_the_swap).is_err());
        assert!(folder.path().join(NEXT).exists());
        drop(open);

        // The disk is well again: it opens, takes, and keeps.
        assert!(vault.mend(|| ()).unwrap());
        let open = vault.taking().unwrap();
        assert!(!folder.path().join(NEXT).exists());
        note(&open, "after").await.unwrap();
        drop(open);
        vault.lock();
        vault.wait_until_closed().unwrap();
        vault.unlock(&Opening::Typed("word")).unwrap();
        let open = vault.open().unwrap();
        let there = ["before", "meanwhile", "after"].map(|word| open.setting(word).unwrap().is_some());
        assert_eq!(there, [true, false, true]);
    }
}
