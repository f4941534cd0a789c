//! The vault: locked, or open over the encrypted file.

use super::{
    Error,
    crypt::{Sectors, VaultKey},
    erase, guarded, migrate,
    rewrite::{self, Failed, Flush},
    room,
    schema::META,
    seal,
    slots::{Cost, Kind, Opening, SlotError, SlotId, SlotView, Slots},
    writer::{Current, Writer, current},
};
use crate::domain::time::Time;
use redb::{Database, ReadTransaction, ReadableDatabase};
use std::{
    fs::File,
    io,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use zeroize::Zeroizing;

/// The file's name in the data folder.
pub const FILE: &str = "vault.redb";

/// Octets of redb's page cache. The default is a gigabyte; a small board has half of one in all.
pub(super) const CACHE: usize = 16 * 1024 * 1024;
/// The same for a command that goes through everything once, where a page that was read is hardly read again.
const CACHE_ONCE: usize = CACHE / 2;

/// The setting that holds the secret sealing key.
const SEALING: &str = "sealing";

/// The setting that says that something was deleted since the file was last written anew.
pub(super) const DELETED: &str = "deleted";

/// How long a vault that was locked may take to end what it does before the next one is refused.
const CLOSING: Duration = Duration::from_secs(30);

/// The vault, open.
pub struct Open {
    /// The write side. Dropped first: what waits is written while the rest is still there.
    pub writer: Writer,
    db: Current,
    folder: PathBuf,
    /// What the slots wrap; kept so that slots can be changed and the file written anew.
    key: VaultKey,
    /// Whether the file is being written anew.
    rewriting: AtomicBool,
    /// Whether its tables are being filled.
    filling: AtomicBool,
    /// Whether it is a file of the first version.
    untagged: AtomicBool,
    /// Whether the disk has failed since the file was opened.
    failed: Failed,
    counted: Arc<Counted>,
}

/// For as long as tables are filled. However that ends, what arrives is taken again.
pub struct Filling(Arc<Open>);

impl Drop for Filling {
    fn drop(&mut self) {
        self.0.filling.store(false, Ordering::Release);
    }
}

impl Open {
    /// Opens the encrypted file, or makes it, and brings its schema up to date. Only one process may.
    fn new(folder: &Path, key: VaultKey, counted: Counted, (fresh, cache): (bool, usize)) -> Result<Self, Error> {
        rewrite::tidy(folder, File::sync_all)?;
        let path = folder.join(FILE);
        let file = File::options().read(true).write(true).create(fresh).truncate(false).open(path);
        // A box whose slots are there and whose vault is not has lost it; an empty one would be a lie.
        let file = file.map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                Error::Damaged
            } else {
                Error::io(error)
            }
        })?;
        file.try_lock().map_err(|_| Error::InUse)?;
        let empty = file.metadata().map_err(Error::io)?.len() == 0;
        let backend = match (empty, fresh) {
            (true, true) => Sectors::create(file, &key)?,
            (true, false) => return Err(Error::Damaged),
            (false, _) => Sectors::open(file, &key)?,
        };
        Self::over(folder, backend, key, counted, cache)
    }

    fn over(folder: &Path, backend: Sectors, key: VaultKey, counted: Counted, cache: usize) -> Result<Self, Error> {
        let (untagged, failed) = (AtomicBool::new(backend.is_untagged()), backend.failed());
        let db = guarded(|| {
            let db = database(backend, cache)?;
            migrate::migrate(&db)?;
            Ok(Arc::new(RwLock::new(Arc::new(db))))
        })?;
        let writer = Writer::start(db.clone())?;
        Ok(Self {
            writer,
            db,
            folder: folder.to_owned(),
            key,
            rewriting: AtomicBool::new(false),
            filling: AtomicBool::new(false),
            untagged,
            failed: Arc::new(RwLock::new(failed)),
            counted: Arc::new(counted),
        })
    }

    /// Whether an error of the disk has brought it to a stand: nothing is written any more, and what is not in memory is not
    /// read.
    fn is_failing(&self) -> bool {
        self.writer.is_failing() || self.failed.read().unwrap_or_else(PoisonError::into_inner).load(Ordering::Acquire)
    }

    /// Writes the file anew, under a new key, with what is in it today and nothing of what was: what was
    /// deleted is gone from it, and what the disk keeps of the old file opens with no key that is left.
    /// Reading goes on meanwhile; writes wait. Blocks for as long as copying takes, and needs that room.
    /// `Ok(false)`: it is being done already.
    pub fn rewrite(&self) -> Result<bool, Error> {
        self.rewrite_with(File::sync_all)
    }

    /// The same, with what has the names of the files on the disk.
    pub(super) fn rewrite_with(&self, flush: Flush) -> Result<bool, Error> {
        if self.rewriting.swap(true, Ordering::AcqRel) {
            return Ok(false);
        }
        let (folder, key) = (self.folder.clone(), self.key.clone());
        let (db, failed) = (self.db.clone(), self.failed.clone());
        let done = self.writer.alone(move || rewrite::rewrite(&folder, &key, (&db, &failed), flush));
        self.rewriting.store(false, Ordering::Release);
        done?;
        self.untagged.store(false, Ordering::Release);
        Ok(true)
    }

    /// Whether the writing thread does its work: it has answered, or is writing the file anew, for which it takes as long as
    /// copying does. Blocks until it has done what it was handed.
    pub fn works(&self) -> bool {
        self.rewriting.load(Ordering::Acquire) || self.writer.answers().is_ok()
    }

    /// Its tables are being filled with those of another box: until this is dropped nothing that arrives is counted and named
    /// in rows that are about to be written over. One at a time.
    pub fn fill(self: &Arc<Self>) -> Filling {
        self.filling.store(true, Ordering::Release);
        Filling(self.clone())
    }

    /// Whether what arrives can be taken at once.
    fn takes(&self) -> bool {
        let busy = [&self.rewriting, &self.filling];
        !busy.iter().any(|busy| busy.load(Ordering::Acquire)) && !self.is_failing()
    }

    /// Whether something was deleted since the file was last written anew.
    pub fn remembers_deleted(&self) -> Result<bool, Error> {
        Ok(self.setting(DELETED)?.is_some())
    }

    /// Whether the file should be written anew: something was deleted, or it is of the first version.
    pub fn wants_rewriting(&self) -> Result<bool, Error> {
        Ok(self.untagged.load(Ordering::Acquire) || self.remembers_deleted()?)
    }

    /// A setting; `None` where it was never set.
    pub fn setting(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let value = current(&self.db).begin_read()?.open_table(META)?.get(name)?;
        Ok(value.map(|value| Zeroizing::new(value.value().to_vec())))
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<(), Error> {
        let mut tx = current(&self.db).begin_write()?;
        tx.set_quick_repair(true);
        tx.open_table(META)?.insert(name, value)?;
        Ok(tx.commit()?)
    }

    /// Opens a sealed arrival of at most `limit` octets.
    pub fn unseal(&self, sealed: &[u8], limit: u64) -> Result<Zeroizing<Vec<u8>>, Error> {
        let secret = self.setting(SEALING)?.ok_or(Error::Damaged)?;
        seal::open(std::str::from_utf8(&secret).map_err(|_| Error::Damaged)?, sealed, limit)
    }

    /// A snapshot to read from: nothing in it changes while it is held.
    pub fn read(&self) -> Result<Reading, Error> {
        let db = current(&self.db);
        Ok(Reading {
            tx: db.begin_read()?,
            _db: db,
            _counted: self.counted.clone(),
        })
    }
}

/// redb over sectors, with a cache of so many octets.
pub(super) fn database(backend: Sectors, cache: usize) -> Result<Database, Error> {
    Ok(Database::builder().set_cache_size(cache).create_with_backend(backend)?)
}

/// A snapshot, which keeps the file open for as long as it is held.
pub struct Reading {
    tx: ReadTransaction,
    _db: Arc<Database>,
    _counted: Arc<Counted>,
}

impl Deref for Reading {
    type Target = ReadTransaction;

    fn deref(&self) -> &ReadTransaction {
        &self.tx
    }
}

/// The vault is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked;

/// What became of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// It opens the vault; this is what it is.
    Right(Kind),
    /// It opens nothing.
    Wrong,
}

/// What [`Vault::found`] made. It is a box only once the slots are saved.
pub struct Founded {
    /// What opens it.
    pub slots: Slots,
    /// The recovery code, kept nowhere.
    pub recovery: Zeroizing<String>,
    /// The public sealing key, for the front.
    pub sealing: String,
}

/// A vault that was just made. It is a box only once its slots are saved.
pub struct Created {
    /// The vault, open.
    pub vault: Vault,
    /// What opens it; to be saved last, because a folder with slots is a folder that was made whole.
    pub slots: Slots,
    /// The recovery code, kept nowhere.
    pub recovery: Zeroizing<String>,
    /// The public sealing key, for the front.
    pub sealing: String,
}

/// A handle on the vault; cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Octets of the page cache once it is open.
    cache: usize,
    open: RwLock<Option<Arc<Open>>>,
    /// One secret is tried at a time: each costs 64 MiB or more, and a crowd must not take the machine.
    trying: Mutex<()>,
    /// How many open vaults there are: one, or for a moment two while one that was locked ends its work.
    alive: Arc<Alive>,
    /// Whether the recovery sheet still waits for its proof.
    unproven: AtomicBool,
    /// Whether the box was erased.
    erased: AtomicBool,
    /// The key of a file that an error of the disk has shut, and whether its sheet waits, until it opens again.
    shut: Mutex<Option<(VaultKey, bool)>>,
}

#[derive(Default)]
struct Alive {
    count: Mutex<usize>,
    changed: Condvar,
}

/// Counts an open vault for as long as anybody holds it.
struct Counted(Arc<Alive>);

impl Counted {
    fn new(alive: &Arc<Alive>) -> Self {
        *alive.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.changed.notify_all();
    }
}

impl Vault {
    /// The locked vault of a data folder.
    pub fn locked(folder: &Path) -> Self {
        Self::with_cache(folder, CACHE)
    }

    /// The same for a command that goes through everything once: it needs less memory.
    pub fn locked_for_once(folder: &Path) -> Self {
        Self::with_cache(folder, CACHE_ONCE)
    }

    fn with_cache(folder: &Path, cache: usize) -> Self {
        Self(Arc::new(Inner {
            folder: folder.to_owned(),
            cache,
            open: RwLock::new(None),
            trying: Mutex::new(()),
            alive: Arc::default(),
            unproven: AtomicBool::new(false),
            erased: AtomicBool::new(false),
            shut: Mutex::default(),
        }))
    }

    /// Makes the vault of a new data folder, with the secret sealing key in it. Trying its passphrase costs
    /// the least that any box asks; [`Vault::create_with`] is told what.
    pub fn create(folder: &Path, passphrase: &str) -> Result<Created, Error> {
        Self::create_with(folder, passphrase, Cost::LEAST, Time::default())
    }

    /// The same, at this cost of trying the passphrase and this hour.
    pub fn create_with(folder: &Path, passphrase: &str, cost: Cost, now: Time) -> Result<Created, Error> {
        let vault = Self::locked(folder);
        let Founded { slots, recovery, sealing } = vault.found(passphrase, cost, now)?;
        Ok(Created {
            vault,
            slots,
            recovery,
            sealing,
        })
    }

    /// Makes the vault of this folder, where there is none yet; from then on it is open. Blocks for the key derivation.
    pub fn found(&self, passphrase: &str, cost: Cost, now: Time) -> Result<Founded, Error> {
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let (slots, key, recovery) = Slots::create(passphrase, cost, now)?;
        let (sealing, secret) = seal::pair();
        let open = self.begin(key, true)?;
        open.set(SEALING, secret.as_bytes())?;
        self.set(open, true);
        Ok(Founded { slots, recovery, sealing })
    }

    /// Makes the vault of a box that is restored here, new and empty, under the key that its slots gave; from then on it is
    /// open.
    pub(super) fn revive(&self, key: VaultKey) -> Result<(), Error> {
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.begin(key, true)?;
        self.set(open, false);
        Ok(())
    }

    /// A vault whose file is not encrypted at all: what the encrypted one is measured against (`bench/sealed.rs`).
    #[doc(hidden)]
    pub fn bare(folder: &Path) -> Result<Self, Error> {
        let vault = Self::locked(folder);
        let path = folder.join("bare.redb");
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
        let backend = Sectors::bare(file.map_err(Error::io)?)?;
        let open = Open::over(folder, backend, VaultKey::new([0; 64]), Counted::new(&vault.0.alive), CACHE)?;
        open.set(SEALING, seal::pair().1.as_bytes())?;
        vault.set(open, false);
        Ok(vault)
    }

    fn begin(&self, key: VaultKey, fresh: bool) -> Result<Open, Error> {
        Open::new(&self.0.folder, key, Counted::new(&self.0.alive), (fresh, self.0.cache))
    }

    fn set(&self, open: Open, unproven: bool) {
        *self.shut() = None;
        self.put(open, unproven);
    }

    fn put(&self, open: Open, unproven: bool) {
        self.0.unproven.store(unproven, Ordering::Release);
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(open));
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The open vault.
    pub fn open(&self) -> Result<Arc<Open>, Locked> {
        self.0.open.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Locked)
    }

    /// The open vault, where it can take something at once; one that is being written anew or filled cannot, nor one whose
    /// last commit failed, and what arrives goes the way that it goes while the box is locked.
    pub fn taking(&self) -> Result<Arc<Open>, Locked> {
        self.open().ok().filter(|open| open.takes()).ok_or(Locked)
    }

    /// Erases the box: see [`erase`]. From then on nothing opens it and nothing is taken.
    pub fn erase(&self) -> Result<(), Error> {
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.erased.store(true, Ordering::Release);
        erase::begin(&self.0.folder)?;
        self.lock();
        Ok(())
    }

    /// Whether the box was erased.
    pub fn is_erased(&self) -> bool {
        self.0.erased.load(Ordering::Acquire)
    }

    /// Tries a secret, and unlocks with it. Blocks for the key derivation, about a second where somebody
    /// typed it; also checks the secret when the vault is already open.
    pub fn unlock(&self, opening: &Opening<'_>) -> Result<Secret, Error> {
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = Slots::load(&self.0.folder)?;
        let Some((_, kind, key)) = slots.open(opening)? else {
            return Ok(Secret::Wrong);
        };
        if self.open().is_err() {
            self.wait_until_closed()?;
            let unproven = is_unproven(&slots.view(&key)?);
            self.set(self.begin(key, false)?, unproven);
        }
        Ok(Secret::Right(kind))
    }

    fn shut(&self) -> MutexGuard<'_, Option<(VaultKey, bool)>> {
        self.0.shut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an error of the disk has brought the file to a stand: what arrives waits in front of it.
    pub fn stands_still(&self) -> bool {
        self.open().map_or_else(|Locked| self.shut().is_some(), |open| open.is_failing())
    }

    /// Opens the file again where an error of the disk has brought it to a stand and is over; says whether it did so. Where
    /// it does not open the box is locked until the next call, or the owner's secret, opens it. Tells `closed` when the old one
    /// is to be let go, and blocks until nobody holds it.
    pub fn mend(&self, closed: impl FnOnce()) -> Result<bool, Error> {
        if !self.stands_still() || !room::takes_writes(&self.0.folder) {
            return Ok(false);
        }
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        // Another may have done it while this one waited for its turn.
        if !self.stands_still() {
            return Ok(false);
        }
        if let Some(open) = self.open().ok().filter(|open| open.is_failing()) {
            *self.shut() = Some((open.key.clone(), self.is_unproven()));
            drop(open);
            self.close();
            closed();
        }
        self.wait_until_closed()?;
        // What was locked meanwhile by its owner has no key here any more, and stays so.
        let Some((key, unproven)) = self.shut().clone() else {
            return Ok(false);
        };
        let open = self.begin(key, false)?;
        let mut shut = self.shut();
        Ok(shut.take().map(|_| self.put(open, unproven)).is_some())
    }

    /// Tries a secret, and does no more: what was locked stays locked. Blocks as [`Vault::unlock`] does.
    pub fn prove(&self, opening: &Opening<'_>) -> Result<Secret, Error> {
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let found = Slots::load(&self.0.folder)?.open(opening)?;
        Ok(found.map_or(Secret::Wrong, |(_, kind, _)| Secret::Right(kind)))
    }

    /// What opens the box, in the order in which it was made.
    pub fn slots(&self) -> Result<Vec<SlotView>, SlotError> {
        let open = self.open().map_err(|Locked| SlotError::Locked)?;
        Ok(Slots::load(&self.0.folder)?.view(&open.key)?)
    }

    /// Adds a slot for a secret, under a label of the owner's. Blocks for the key derivation.
    pub fn add_slot(&self, opening: &Opening<'_>, label: &str, now: Time) -> Result<SlotId, SlotError> {
        self.change(|slots, key| slots.add(key, opening, label, now))
    }

    /// Puts a new secret in a slot's place; from then on the old one opens nothing. Blocks for the key
    /// derivation.
    pub fn replace_slot(&self, id: SlotId, opening: &Opening<'_>, now: Time) -> Result<SlotId, SlotError> {
        self.change(|slots, key| slots.replace(key, id, opening, now))
    }

    /// Removes a slot: [`SlotError::Last`] for the last with which a person can open the box.
    pub fn remove_slot(&self, id: SlotId) -> Result<(), SlotError> {
        self.change(|slots, _| slots.remove(id))
    }

    /// Notes that the owner has shown to hold this slot's secret.
    pub fn prove_slot(&self, id: SlotId) -> Result<(), SlotError> {
        self.change(|slots, key| slots.prove(key, id))
    }

    /// Whether the box is open and its recovery sheet still waits for its proof.
    pub fn is_unproven(&self) -> bool {
        self.0.unproven.load(Ordering::Acquire) && self.open().is_ok()
    }

    /// One change of the slots at a time, of all processes; the file is replaced whole.
    fn change<T>(&self, change: impl FnOnce(&mut Slots, &VaultKey) -> Result<T, SlotError>) -> Result<T, SlotError> {
        let open = self.open().map_err(|Locked| SlotError::Locked)?;
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = File::open(&self.0.folder).map_err(Error::io)?;
        folder.lock().map_err(Error::io)?;
        let mut slots = Slots::load(&self.0.folder)?;
        let done = change(&mut slots, &open.key)?;
        slots.save(&self.0.folder)?;
        self.0.unproven.store(is_unproven(&slots.view(&open.key)?), Ordering::Release);
        Ok(done)
    }

    /// Forgets the key. Whoever still holds the open vault finishes first; what waits is written.
    pub fn lock(&self) {
        *self.shut() = None;
        self.close();
    }

    fn close(&self) {
        self.0.open.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Blocks until nobody holds a vault that was locked: its writes are on the disk and its key is gone.
    /// An error after a long while: somebody is in the middle of something.
    pub fn wait_until_closed(&self) -> Result<(), Error> {
        let alive = &self.0.alive;
        let count = alive.count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = alive.changed.wait_timeout_while(count, CLOSING, |count| *count > 0);
        let (count, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *count == 0 { Ok(()) } else { Err(Error::InUse) }
    }
}

fn is_unproven(slots: &[SlotView]) -> bool {
    slots.iter().any(|slot| slot.kind == Kind::Recovery && !slot.proven)
}
