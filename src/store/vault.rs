//! The vault: locked, or open over the encrypted file.

use super::{
    Error,
    crypt::{Encrypted, VaultKey},
    migrate,
    schema::META,
    seal,
    slots::Slots,
    writer::Writer,
};
use redb::{Database, ReadTransaction, ReadableDatabase};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use zeroize::Zeroizing;

/// The file's name in the data folder.
pub const FILE: &str = "vault.redb";

/// Octets of redb's page cache. The default is a gigabyte; a small board has half of one in all.
const CACHE: usize = 16 * 1024 * 1024;

/// The setting that holds the secret sealing key.
const SEALING: &str = "sealing";

/// The vault, open.
pub struct Open {
    db: Arc<Database>,
    /// The write side.
    pub writer: Writer,
}

impl Open {
    /// Opens (or makes) the encrypted file and brings its schema up to date. Only one process may.
    fn new(folder: &Path, key: &VaultKey) -> Result<Self, Error> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(FILE))
            .map_err(Error::io)?;
        file.try_lock().map_err(|_| Error::InUse)?;
        let backend = Encrypted::new(file, key).map_err(|_| Error::Damaged)?;
        let db = Arc::new(Database::builder().set_cache_size(CACHE).create_with_backend(backend)?);
        migrate::migrate(&db)?;
        let writer = Writer::start(db.clone())?;
        Ok(Self { db, writer })
    }

    /// A setting; `None` where it was never set.
    pub fn setting(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let value = self.db.begin_read()?.open_table(META)?.get(name)?;
        Ok(value.map(|value| Zeroizing::new(value.value().to_vec())))
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<(), Error> {
        let mut tx = self.db.begin_write()?;
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
    pub fn read(&self) -> Result<ReadTransaction, Error> {
        Ok(self.db.begin_read()?)
    }
}

/// The vault is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked;

/// What became of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// It opens the vault, which is open now.
    Right,
    /// It opens nothing.
    Wrong,
}

/// A vault that was just made. It is a box only once its slots are saved.
pub struct Created {
    /// The vault, open.
    pub vault: Vault,
    /// What opens it; to be saved last, because a folder with slots is a folder that was made whole.
    pub slots: Slots,
    /// The recovery code, kept nowhere.
    pub recovery: String,
    /// The public sealing key, for the front.
    pub sealing: String,
}

/// A handle on the vault; cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    open: RwLock<Option<Arc<Open>>>,
    /// One secret is tried at a time: each costs 64 MiB, and a crowd must not take the machine.
    trying: Mutex<()>,
}

impl Vault {
    /// The locked vault of a data folder.
    pub fn locked(folder: &Path) -> Self {
        Self(Arc::new(Inner {
            folder: folder.to_owned(),
            open: RwLock::new(None),
            trying: Mutex::new(()),
        }))
    }

    /// Makes the vault of a new data folder, with the secret sealing key in it.
    pub fn create(folder: &Path, passphrase: &str) -> Result<Created, Error> {
        let (slots, key, recovery) = Slots::create(passphrase)?;
        let vault = Self::locked(folder);
        let open = Open::new(folder, &key)?;
        let (sealing, secret) = seal::pair();
        open.set(SEALING, secret.as_bytes())?;
        vault.set(open);
        Ok(Created {
            vault,
            slots,
            recovery,
            sealing,
        })
    }

    fn set(&self, open: Open) {
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(open));
    }

    /// The open vault.
    pub fn open(&self) -> Result<Arc<Open>, Locked> {
        self.0.open.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Locked)
    }

    /// Tries a passphrase or recovery code, and unlocks with it. Blocks for the key derivation, about a
    /// fifth of a second; also checks the secret when the vault is already open.
    pub fn unlock(&self, secret: &str) -> Result<Secret, Error> {
        let _one = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(key) = Slots::load(&self.0.folder)?.open(secret)? else {
            return Ok(Secret::Wrong);
        };
        if self.open().is_err() {
            self.set(Open::new(&self.0.folder, &key)?);
        }
        Ok(Secret::Right)
    }

    /// Forgets the key. Whoever still holds the open vault finishes first; what waits is written.
    pub fn lock(&self) {
        self.0.open.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}
