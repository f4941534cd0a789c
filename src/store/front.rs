//! `front.redb`, in clear: what the box needs while it is locked, and nothing that is the owner's.
//!
//! The domain, the addresses that it takes mail for, its TLS certificate, the public sealing key, and
//! the *spool*: what arrived while the box was locked, sealed so that only the vault's key opens it.
//!
//! Its sectors carry tags as the vault's do, keyed by nothing secret: they tell of damage, not of malice.
//!
//! After an error of the disk redb reads on and writes nothing more until its file is opened again: the next write does that.
//!
//! Absent on purpose: the rate counters, which live in memory and cost a thief the power plug.

use super::{
    Error,
    crypt::Sectors,
    guarded,
    mail::pieces,
    record::{self, Record, sha256},
    slots::random,
};
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// The file's name in the data folder.
pub const FILE: &str = "front.redb";

/// The file in the data folder that tells the claim code to whoever stands before the box, while it has no owner.
pub const CLAIM: &str = "claim";

const FRONT: TableDefinition<&str, &[u8]> = TableDefinition::new("front");
/// The part that says how far the first run is.
const FIRST_RUN: &str = "first run";
/// (Arrival, piece) → sealed octets. Arrivals are numbered in order, and no number is given twice.
const SPOOL: TableDefinition<(u64, u32), &[u8]> = TableDefinition::new("spool");
/// The last number given.
const LAST: TableDefinition<(), u64> = TableDefinition::new("last");

/// What stands in front of the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    /// The mail domain.
    pub domain: String,
    /// The host's own name: what EHLO, the greeting and `Received` say.
    pub host: String,
    /// The owner's addresses, the first one their own.
    pub addresses: Vec<String>,
    /// The certificate chain, DER, the end entity first.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, PKCS#8: in clear, because a locked box must be able to answer with TLS.
    pub key: Vec<u8>,
    /// The public key that arrivals are sealed to (age).
    pub sealing: String,
}

/// The open file.
pub struct FrontFile {
    path: PathBuf,
    /// `None` where it could not be opened again.
    db: RwLock<Option<Database>>,
    failing: AtomicBool,
}

impl FrontFile {
    /// Opens it, making it where it is not there yet.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let db = Self::begin(&path, true)?;
        Ok(Self {
            path,
            db: RwLock::new(Some(db)),
            failing: AtomicBool::new(false),
        })
    }

    fn begin(path: &Path, make: bool) -> Result<Database, Error> {
        let file = File::options().read(true).write(true).create(make).truncate(false).open(path);
        let file = file.map_err(Error::io)?;
        file.try_lock().map_err(|_| Error::InUse)?;
        guarded(|| Self::over(Sectors::clear(file)?))
    }

    fn over(backend: Sectors) -> Result<Database, Error> {
        let mut builder = Database::builder();
        builder.set_cache_size(1024 * 1024);
        let db = builder.create_with_backend(backend)?;
        let mut tx = db.begin_write()?;
        tx.set_quick_repair(true);
        tx.open_table(SPOOL)?;
        tx.open_table(LAST)?;
        {
            let mut front = tx.open_table(FRONT)?;
            if front.get("prf")?.is_none() {
                front.insert("prf", random::<32>()?.as_slice())?;
            }
        }
        tx.commit()?;
        Ok(db)
    }

    /// Whether the last write failed because of the disk.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Opens the file again where the last write failed; an error where the disk still refuses.
    pub fn mend(&self) -> Result<(), Error> {
        if self.is_failing() { self.writing(|_| Ok(())) } else { Ok(()) }
    }

    fn reading(&self) -> Result<ReadTransaction, Error> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = db
            .as_ref()
            .ok_or_else(|| Error::Database("closed by an error of the disk".into()))?;
        Ok(db.begin_read()?)
    }

    /// One write, which is on the disk when this returns. After one that failed because of the disk the file is opened again
    /// first, as soon as it may be written: until then it can be read.
    fn writing<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, Error>) -> Result<T, Error> {
        if self.is_failing() {
            File::options().write(true).open(&self.path).map_err(Error::io)?;
            let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
            *db = None;
            *db = Some(Self::begin(&self.path, false)?);
            self.failing.store(false, Ordering::Relaxed);
        }
        let write = || {
            let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
            let db = db
                .as_ref()
                .ok_or_else(|| Error::Database("closed by an error of the disk".into()))?;
            let mut tx = db.begin_write()?;
            tx.set_quick_repair(true);
            let given = work(&tx)?;
            tx.commit()?;
            Ok(given)
        };
        write().inspect_err(|error| {
            if matches!(error, Error::Database(_) | Error::Full) {
                self.failing.store(true, Ordering::Relaxed);
            }
        })
    }

    /// Keeps a sealed arrival: when this returns, it is on the disk.
    pub fn spool(&self, sealed: &[u8]) -> Result<u64, Error> {
        self.writing(|tx| {
            let mut last = tx.open_table(LAST)?;
            let number = last.get(())?.map_or(0, |value| value.value()) + 1;
            last.insert((), number)?;
            let mut spool = tx.open_table(SPOOL)?;
            for (piece, at) in pieces(sealed).zip(0_u32..) {
                spool.insert((number, at), piece)?;
            }
            Ok(number)
        })
    }

    /// The first arrival after this number, whole.
    pub fn spooled(&self, after: u64) -> Result<Option<(u64, Vec<u8>)>, Error> {
        let table = self.reading()?.open_table(SPOOL)?;
        let mut found: Option<(u64, Vec<u8>)> = None;
        for entry in table.range((after.saturating_add(1), 0)..)? {
            let (key, piece) = entry?;
            let (number, octets) = found.get_or_insert_with(|| (key.value().0, Vec::new()));
            if *number != key.value().0 {
                break;
            }
            octets.extend_from_slice(piece.value());
        }
        Ok(found)
    }

    /// Takes an arrival out of the spool: the vault has it.
    pub fn unspool(&self, number: u64) -> Result<(), Error> {
        self.writing(|tx| Ok(tx.open_table(SPOOL)?.retain_in((number, 0)..=(number, u32::MAX), |_, _| false)?))
    }

    /// How many arrivals wait.
    pub fn waiting(&self) -> Result<u64, Error> {
        let table = self.reading()?.open_table(SPOOL)?;
        let (mut count, mut last) = (0, 0);
        for entry in table.iter()? {
            let number = entry?.0.value().0;
            count += u64::from(number != last);
            last = number;
        }
        Ok(count)
    }

    /// What is in it; `None` for a new file.
    pub fn read(&self) -> Result<Option<Front>, Error> {
        let table = match self.reading()?.open_table(FRONT) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(value) = table.get("front")? else { return Ok(None) };
        let (hash, body) = value.value().split_at_checked(32).ok_or(Error::Damaged)?;
        if hash != sha256(body) {
            return Err(Error::Damaged);
        }
        postcard::from_bytes(body).map(Some).map_err(|_| Error::Damaged)
    }

    /// The random salt that every passkey's PRF is asked with (WebAuthn level 3, section 10.1.4): one for the
    /// box, so that the sign-in page need not know the credential before it asks. No secret; made with the front.
    pub fn prf_salt(&self) -> Result<[u8; 32], Error> {
        let table = self.reading()?.open_table(FRONT)?;
        let salt = table.get("prf")?.and_then(|value| value.value().try_into().ok());
        salt.ok_or(Error::Damaged)
    }

    /// The devices that the owner verified, by number, with the hashes of their keys: random numbers' hashes, which
    /// say nothing but how many there are. A locked box must know them, so that the owner is not kept out
    /// by the delay that somebody else's wrong guesses earn.
    pub fn devices(&self) -> Result<Vec<(u64, [u8; 32])>, Error> {
        let table = self.reading()?.open_table(FRONT)?;
        let Some(value) = table.get("devices")? else {
            return Ok(Vec::new());
        };
        postcard::from_bytes(value.value()).map_err(|_| Error::Damaged)
    }

    /// Replaces them.
    pub fn set_devices(&self, devices: &[(u64, [u8; 32])]) -> Result<(), Error> {
        let body = postcard::to_stdvec(devices).map_err(|_| Error::Damaged)?;
        self.put("devices", &body)
    }

    /// The owner's public keys by their name in the Web Key Directory: public by nature, and asked for also while the
    /// box is locked.
    pub fn keys(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let table = self.reading()?.open_table(FRONT)?;
        let Some(value) = table.get("keys")? else {
            return Ok(Vec::new());
        };
        postcard::from_bytes(value.value()).map_err(|_| Error::Damaged)
    }

    /// Replaces them.
    pub fn set_keys(&self, keys: &[(String, Vec<u8>)]) -> Result<(), Error> {
        let body = postcard::to_stdvec(keys).map_err(|_| Error::Damaged)?;
        self.put("keys", &body)
    }

    /// How far the first run is; `None` where there is none, or it has ended.
    pub fn first_run(&self) -> Result<Option<record::FirstRun>, Error> {
        let table = self.reading()?.open_table(FRONT)?;
        let value = table.get(FIRST_RUN)?;
        value.map(|value| record::FirstRun::decode(value.value())).transpose()
    }

    /// Notes how far it is, or that it has ended.
    pub fn set_first_run(&self, run: Option<&record::FirstRun>) -> Result<(), Error> {
        let body = run.map(record::FirstRun::encode).transpose()?;
        self.writing(|tx| {
            let mut front = tx.open_table(FRONT)?;
            match &body {
                Some(body) => front.insert(FIRST_RUN, body.as_slice())?,
                None => front.remove(FIRST_RUN)?,
            };
            Ok(())
        })
    }

    /// Every part but what is noted of a first run, by name.
    pub(super) fn parts(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let table = self.reading()?.open_table(FRONT)?;
        let mut parts = Vec::new();
        for entry in table.iter()? {
            let (name, value) = entry?;
            if name.value() != FIRST_RUN {
                parts.push((name.value().to_owned(), value.value().to_vec()));
            }
        }
        Ok(parts)
    }

    /// Replaces every part but what is noted of a first run: it is the front of a box that is being restored, which is over
    /// only when there is what opens it.
    pub(super) fn set_parts(&self, parts: &[(String, Vec<u8>)]) -> Result<(), Error> {
        self.writing(|tx| {
            let mut front = tx.open_table(FRONT)?;
            front.retain(|name, _| name == FIRST_RUN)?;
            for (name, value) in parts {
                front.insert(name.as_str(), value.as_slice())?;
            }
            Ok(())
        })
    }

    /// A part of its own: how the box's service stands, which a locked box must know too.
    pub fn part<R: Record>(&self) -> Result<Option<R>, Error> {
        let table = self.reading()?.open_table(FRONT)?;
        let value = table.get(R::TABLE)?;
        value.map(|value| R::decode(0, value.value())).transpose()
    }

    /// Changes a part of its own; gives what the change gives. One that was never there begins as its default.
    pub fn change_part<R: Record + Default, T>(&self, change: impl FnOnce(&mut R) -> T) -> Result<T, Error> {
        self.writing(|tx| change_in(tx, change))
    }

    /// Replaces the certificate and its key, and changes a part with them: both or neither.
    pub fn set_certificate<R: Record + Default>(
        &self,
        chain: Vec<Vec<u8>>,
        key: Vec<u8>,
        change: impl FnOnce(&mut R),
    ) -> Result<(), Error> {
        let front = self.read()?.ok_or(Error::Damaged)?;
        self.writing(|tx| {
            write_in(tx, &Front { chain, key, ..front })?;
            change_in(tx, change)
        })
    }

    /// Replaces what is in it.
    pub fn write(&self, front: &Front) -> Result<(), Error> {
        self.writing(|tx| write_in(tx, front))
    }

    fn put(&self, name: &str, body: &[u8]) -> Result<(), Error> {
        self.writing(|tx| {
            tx.open_table(FRONT)?.insert(name, body)?;
            Ok(())
        })
    }
}

fn write_in(tx: &WriteTransaction, front: &Front) -> Result<(), Error> {
    let body = postcard::to_stdvec(front).map_err(|_| Error::Damaged)?;
    let mut record = sha256(&body).to_vec();
    record.extend_from_slice(&body);
    tx.open_table(FRONT)?.insert("front", record.as_slice())?;
    Ok(())
}

fn change_in<R: Record + Default, T>(tx: &WriteTransaction, change: impl FnOnce(&mut R) -> T) -> Result<T, Error> {
    let mut table = tx.open_table(FRONT)?;
    let old = table.get(R::TABLE)?.map(|value| R::decode(0, value.value())).transpose()?;
    let mut part = old.unwrap_or_default();
    let given = change(&mut part);
    table.insert(R::TABLE, part.encode(0)?.as_slice())?;
    Ok(given)
}
