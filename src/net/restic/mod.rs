//! Backups in the format of restic (its design document, repository version 2): stock `restic` lists, checks and restores
//! them, without us. The home of `rustic_core`, which keeps the repository: its keys, its index, what is forgotten and
//! what is thrown away. Blobs are packed by ourselves (`pack`), because its archiver reads files of a disk and passes over
//! what it cannot read, and here nothing is ever put down in clear.
//!
//! A repository is opened with a *code*, restic's password. Beside it the key itself may be held, so that a backup goes on
//! while a new code is not known there yet. Where it lies is a `Shelf`: a folder, or a server.
//!
//! What was written is never written over, and a snapshot is put down last: whatever is cut short leaves the snapshots
//! before it whole. Absent on purpose: restic's locks. One box writes here, and it does one thing at a time; whoever runs
//! `restic prune` by hand must not do so while it does.

mod cache;
mod dav;
mod folder;
mod mend;
mod pack;
mod read;
mod remote;
mod rest;
mod s3;

pub use pack::{Writing, file, folder as folder_node};
pub use read::{Entry, Reading};
pub use remote::Account;
pub use s3::is_bucket;

use crate::{
    domain::{
        backup::{KEPT, LONGEST, Trouble},
        time::Time,
    },
    net::https::Https,
};
use bytes::Bytes;
use rustic_core::{
    BlobId, ConfigOptions, Credentials, ErrorKind, FileType, Id, KeepOptions, KeyOptions, LimitOption, OpenStatus, PruneOptions,
    ReadBackend, Repository, RepositoryBackends, RepositoryOptions, RusticError, RusticResult, WriteBackend,
    repofile::{KeyId, SnapshotFile},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// How many files a list that a server gives names, for the fuzzer: as WebDAV, restic's own protocol and S3 have it.
#[doc(hidden)]
pub fn probe(octets: &[u8]) -> [usize; 3] {
    let members = dav::members(&String::from_utf8_lossy(octets));
    let rows = rest::listed(octets).map_or(0, |rows| rows.len());
    [members.len(), rows, s3::probe(octets)]
}

/// What the snapshots of this program say as their host.
const HOST: &str = "caliopen";
/// How long one sleep of a slowed write is: an end is not waited for longer.
const NAP: Duration = Duration::from_millis(100);

/// Where a repository lies.
#[derive(Clone)]
pub enum Place {
    /// In a folder.
    Folder(PathBuf),
    /// On a server that speaks restic's protocol.
    Rest(Account, Https),
    /// On a WebDAV server (RFC 4918).
    WebDav(Account, Https),
    /// In a bucket of S3, in this region; none is the usual one.
    S3(Account, String, Https),
}

/// The files of a repository, wherever they lie. A file is written once and is whole or is not there.
trait Shelf: Send + Sync + 'static {
    /// Makes what must be there before the first file.
    fn create(&self) -> Result<(), Trouble>;
    /// Every file of a kind, and its octets.
    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, Trouble>;
    /// A file, or a part of it: from where, how many octets.
    fn read(&self, kind: FileType, id: &Id, part: Option<(u32, u32)>) -> Result<Bytes, Trouble>;
    /// Puts a file down; when this returns it is there to stay.
    fn write(&self, kind: FileType, id: &Id, octets: &Bytes) -> Result<(), Trouble>;
    /// Removes a file; one that is not there is removed.
    fn remove(&self, kind: FileType, id: &Id) -> Result<(), Trouble>;
}

/// What a write came to at a server. Where its answer was lost and it was asked once more, the server refuses what it has
/// already, or misses what it has moved: then the same octets are there.
fn unless_there(shelf: &impl Shelf, (kind, id, octets): (FileType, &Id, &Bytes), written: Result<(), Trouble>) -> Result<(), Trouble> {
    match written {
        Err(Trouble::Refused | Trouble::Missing) if shelf.read(kind, id, None).is_ok_and(|there| there == *octets) => Ok(()),
        written => written,
    }
}

/// What is common to what is done at a place: that it can be cut short, slowed, counted. Cheap to clone.
#[derive(Clone, Default)]
pub struct Control(Arc<Controlled>);

#[derive(Default)]
struct Controlled {
    stop: AtomicBool,
    /// Octets a second; 0 is as quick as it goes.
    limit: AtomicU64,
    sent: AtomicU64,
}

impl Control {
    /// Slows what is written to so many octets a second; 0 is as quick as it goes.
    pub fn slow_to(&self, octets: u64) {
        self.0.limit.store(octets, Ordering::Relaxed);
    }

    /// Cuts short what is being done.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Release);
    }

    /// Whether it was cut short.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Acquire)
    }

    /// Waits until it is cut short.
    async fn stopped(&self) {
        while !self.is_stopped() {
            tokio::time::sleep(NAP).await;
        }
    }

    /// Octets that were written.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    fn go_on(&self) -> Result<(), Trouble> {
        if self.is_stopped() { Err(Trouble::CutShort) } else { Ok(()) }
    }

    /// Waits for as long as so many octets take.
    fn pace(&self, octets: usize) -> Result<(), Trouble> {
        self.0.sent.fetch_add(octets as u64, Ordering::Relaxed);
        let limit = self.0.limit.load(Ordering::Relaxed);
        if limit == 0 {
            return Ok(());
        }
        let mut left = Duration::from_millis((octets as u64).saturating_mul(1000) / limit);
        while !left.is_zero() {
            self.go_on()?;
            let nap = left.min(NAP);
            thread::sleep(nap);
            left = left.saturating_sub(nap);
        }
        Ok(())
    }
}

/// A shelf as `rustic_core` asks for it. Its errors are one type for all; why something failed is kept here beside.
struct Backend {
    shelf: Box<dyn Shelf>,
    control: Control,
    why: Mutex<Option<Trouble>>,
}

impl Backend {
    fn done<T>(&self, outcome: Result<T, Trouble>) -> RusticResult<T> {
        outcome.map_err(|trouble| {
            *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
            RusticError::new(ErrorKind::Backend, "the place of the backup refuses")
        })
    }

    /// What the shelf said last.
    fn said(&self) -> Option<Trouble> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What an error means: what the shelf said last, or else what the repository found.
    fn why(&self, error: &RusticError) -> Trouble {
        self.said().unwrap_or_else(|| {
            if error.is_incorrect_password() {
                Trouble::Code
            } else {
                Trouble::Damaged
            }
        })
    }
}

impl ReadBackend for Backend {
    fn location(&self) -> String {
        "backup".to_owned()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.done(self.control.go_on().and_then(|()| self.shelf.list(kind)))
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        self.done(self.control.go_on().and_then(|()| self.shelf.read(kind, id, None)))
    }

    fn read_partial(&self, kind: FileType, id: &Id, _: bool, offset: u32, length: u32) -> RusticResult<Bytes> {
        let read = self
            .control
            .go_on()
            .and_then(|()| self.shelf.read(kind, id, Some((offset, length))));
        // What ends too early was cut.
        self.done(read.and_then(|octets| {
            if octets.len() == length as usize {
                Ok(octets)
            } else {
                Err(Trouble::Damaged)
            }
        }))
    }

    fn warmup_path(&self, _: FileType, id: &Id) -> String {
        id.to_hex().to_string()
    }
}

impl WriteBackend for Backend {
    fn create(&self) -> RusticResult<()> {
        self.done(self.shelf.create())
    }

    fn write_bytes(&self, kind: FileType, id: &Id, _: bool, octets: Bytes) -> RusticResult<()> {
        self.done(self.write(kind, id, &octets))
    }

    fn remove(&self, kind: FileType, id: &Id, _: bool) -> RusticResult<()> {
        self.done(self.control.go_on().and_then(|()| self.shelf.remove(kind, id)))
    }
}

impl Backend {
    fn write(&self, kind: FileType, id: &Id, octets: &Bytes) -> Result<(), Trouble> {
        self.control.go_on()?;
        self.shelf.write(kind, id, octets)?;
        self.control.pace(octets.len())
    }
}

/// A backup that is kept in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name: the hash of the snapshot.
    pub id: [u8; 32],
    /// When it was made.
    pub made: Time,
    /// Its root.
    pub tree: [u8; 32],
}

/// An open repository.
pub struct Repo {
    backend: Arc<Backend>,
    repository: Repository<OpenStatus>,
}

/// Runs something of `rustic_core`, whose code for what the disk holds is not ours: a panic is damage.
fn guarded<T>(backend: &Backend, work: impl FnOnce() -> RusticResult<T>) -> Result<T, Trouble> {
    // What was passed over before is no reason for what comes now.
    let _ = backend.said();
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| backend.why(&error)),
        Err(_) => Err(Trouble::Damaged),
    }
}

/// What lies there, not yet opened.
fn unopened(backend: &Arc<Backend>) -> RusticResult<Repository<()>> {
    // A cache beside the box would be a second copy of what is sealed here.
    let options = RepositoryOptions::default().no_cache(true);
    Repository::new(&options, &RepositoryBackends::new(backend.clone(), None))
}

impl Repo {
    fn at(place: &Place, control: &Control) -> Result<(Arc<Backend>, Repository<()>), Trouble> {
        let shelf: Box<dyn Shelf> = match place {
            Place::Folder(folder) => Box::new(folder::Folder::new(folder)),
            Place::Rest(account, https) => Box::new(cache::Cached::new(rest::Rest::new(account, https, control)?)),
            Place::WebDav(account, https) => Box::new(cache::Cached::new(dav::Dav::new(account, https, control)?)),
            Place::S3(account, region, https) => Box::new(cache::Cached::new(s3::S3::new(account, region, https, control)?)),
        };
        let backend = Arc::new(Backend {
            shelf,
            control: control.clone(),
            why: Mutex::default(),
        });
        let repository = guarded(&backend, || unopened(&backend))?;
        Ok((backend, repository))
    }

    /// Whether there is a repository at this place.
    pub fn is_at(place: &Place) -> Result<bool, Trouble> {
        let (backend, repository) = Self::at(place, &Control::default())?;
        guarded(&backend, || repository.config_id()).map(|id| id.is_some())
    }

    /// Opens the repository with this code, or with the key that [`Repo::key`] gave.
    pub fn open(place: &Place, secret: &Secret<'_>, control: &Control) -> Result<Self, Trouble> {
        let (backend, repository) = Self::at(place, control)?;
        if guarded(&backend, || repository.config_id())?.is_none() {
            return Err(Trouble::Nothing);
        }
        let credentials = match secret {
            Secret::Code(code) => Credentials::password(code),
            Secret::Key(key) => Credentials::Masterkey(serde_json::from_slice(key).map_err(|_| Trouble::Damaged)?),
        };
        let repository = guarded(&backend, || repository.open(&credentials))?;
        Ok(Self { backend, repository })
    }

    /// Makes a repository where there is none.
    pub fn make(place: &Place, code: &str, control: &Control) -> Result<Self, Trouble> {
        let (backend, repository) = Self::at(place, control)?;
        let credentials = Credentials::password(code);
        let key = KeyOptions::default().hostname(HOST.to_owned());
        let repository = guarded(&backend, || repository.init(&credentials, &key, &ConfigOptions::default()))?;
        Ok(Self { backend, repository })
    }

    /// The key itself, to open the repository with without a code.
    pub fn key(&self) -> Result<Vec<u8>, Trouble> {
        serde_json::to_vec(&self.repository.key()).map_err(|_| Trouble::Damaged)
    }

    /// The key's file that this code opens; `None` where it opens none that can be read.
    fn opened_by(&self, code: &str) -> Result<Option<KeyId>, Trouble> {
        let opened = guarded(&self.backend, || {
            let repository = unopened(&self.backend)?;
            repository.open(&Credentials::password(code))
        });
        match opened {
            Ok(repository) => Ok(*repository.key_id()),
            Err(Trouble::Code | Trouble::Damaged) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Has the repository open with this code as well. Where it does, nothing is written: a place that lets nothing be removed
    /// would gather keys.
    pub fn add_code(&self, code: &str) -> Result<(), Trouble> {
        self.key_for(code).map(drop)
    }

    fn key_for(&self, code: &str) -> Result<KeyId, Trouble> {
        if let Some(id) = self.opened_by(code)? {
            return Ok(id);
        }
        let options = KeyOptions::default().hostname(HOST.to_owned());
        guarded(&self.backend, || self.repository.add_key(code, &options))
    }

    /// Has the repository open with this code, and with no other one.
    pub fn set_code(&self, code: &str) -> Result<(), Trouble> {
        let own = self.key_for(code)?;
        let keys: Vec<KeyId> = guarded(&self.backend, || Ok(self.repository.list::<KeyId>()?.collect()))?;
        for id in keys.into_iter().filter(|id| *id != own) {
            guarded(&self.backend, || self.repository.delete_key(&id))?;
        }
        Ok(())
    }

    /// Begins to write what a backup holds.
    pub fn begin(&self) -> Result<Writing<'_>, Trouble> {
        Writing::begin(self)
    }

    /// What this program has made here; and which snapshots cannot be read, whoever made them. What somebody else put here
    /// with restic is none of ours.
    fn snapshots(&self) -> Result<(Vec<SnapshotFile>, Vec<Id>), Trouble> {
        let listed = guarded(&self.backend, || self.backend.list_with_size(FileType::Snapshot))?;
        let listed: Vec<Id> = listed.into_iter().map(|(id, _)| id).collect();
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        match self.snapshots_of(&listed) {
            Ok(all) => found = all,
            // One that is spoilt, or gone since it was listed, takes no other with it.
            Err(Trouble::Damaged | Trouble::Missing) => {
                for id in listed {
                    match self.snapshots_of(&[id]) {
                        Ok(one) => found.extend(one),
                        Err(Trouble::Damaged) => unread.push(id),
                        Err(Trouble::Missing) => {}
                        Err(trouble) => return Err(trouble),
                    }
                }
            }
            Err(trouble) => return Err(trouble),
        }
        found.retain(|snapshot| snapshot.hostname == HOST);
        Ok((found, unread))
    }

    fn snapshots_of(&self, ids: &[Id]) -> Result<Vec<SnapshotFile>, Trouble> {
        guarded(&self.backend, || {
            let ids = ids.iter().map(|id| (*id).into()).collect();
            let files = self.repository.stream_files_list::<SnapshotFile>(ids)?;
            let named = files.map(|file| {
                file.map(|(id, mut snapshot)| {
                    snapshot.id = id;
                    snapshot
                })
            });
            named.collect()
        })
    }

    /// Every backup that can be read, the newest first.
    pub fn backups(&self) -> Result<Vec<Kept>, Trouble> {
        Ok(self.backups_and_unread()?.0)
    }

    /// The same, and how many cannot be read.
    pub fn backups_and_unread(&self) -> Result<(Vec<Kept>, usize), Trouble> {
        let (snapshots, unread) = self.snapshots()?;
        let mut kept: Vec<Kept> = snapshots.iter().map(kept).collect();
        kept.sort_by_key(|kept| std::cmp::Reverse((kept.made, kept.id)));
        Ok((kept, unread.len()))
    }

    /// Looks through what a backup holds. Packs that the index lacks, because what put it right was cut short, are looked into;
    /// where one of those tells nothing the index is all there is.
    pub fn read(self) -> Result<Reading, Trouble> {
        let opened = || {
            let key = Credentials::Masterkey(self.repository.key());
            unopened(&self.backend)?.open(&key)
        };
        let mut indexed = guarded(&self.backend, || opened()?.to_indexed_checked());
        if matches!(indexed, Err(Trouble::Damaged | Trouble::Missing)) {
            indexed = guarded(&self.backend, || opened()?.to_indexed());
        }
        let repository = match indexed {
            // An index that cannot be read is made again of what it names.
            Err(Trouble::Damaged) => {
                self.mend_index()?;
                guarded(&self.backend, || self.repository.to_indexed())?
            }
            indexed => indexed?,
        };
        Ok(Reading::over(self.backend, repository))
    }

    /// Lets go of backups that need not be kept (see [`KEPT`] and [`LONGEST`]) beside this one, which was just made, and beside
    /// the last that there was when one was seen to be restored: of this one nobody knows yet. Says of how many. What a clock
    /// that was ahead has made later than that is left alone, and pushes out none of the others. A snapshot that is spoilt
    /// restores nothing, and would keep everything else from being looked through: it goes too.
    pub fn forget(&self, made: &Kept, proven: Option<Time>) -> Result<usize, Trouble> {
        let [days, weeks, months] = KEPT;
        let keep = KeepOptions::default()
            .keep_last(1)
            .keep_daily(days)
            .keep_weekly(weeks)
            .keep_monthly(months);
        let (mut snapshots, unread) = self.snapshots()?;
        for id in &unread {
            if self.is_spoilt(FileType::Snapshot, id)? {
                guarded(&self.backend, || self.backend.remove(FileType::Snapshot, id, false))?;
            }
        }
        snapshots.retain(|snapshot| kept(snapshot).made <= made.made);
        let Some(newest) = snapshots.iter().map(|snapshot| &snapshot.time).max().cloned() else {
            return Ok(0);
        };
        let judged = guarded(&self.backend, || keep.apply(snapshots, &newest))?;
        let old = |other: Time| made.made.0.saturating_sub(other.0) > LONGEST;
        let judged = judged.iter().map(|judged| (kept(&judged.snapshot), judged));
        // Where all others are, the place was away for as long, or the clock is wrong: they stay until one more was made.
        let alone = judged.clone().all(|(kept, _)| kept.id == made.id || old(kept.made));
        let good = judged.clone().map(|(kept, _)| kept.made).filter(|at| Some(*at) <= proven).max();
        let gone: Vec<_> = judged
            .filter(|(kept, judged)| kept.id != made.id && (old(kept.made) && !alone || !(judged.keep || Some(kept.made) == good)))
            .map(|(_, judged)| judged.snapshot.id)
            .collect();
        guarded(&self.backend, || self.repository.delete_snapshots(&gone))?;
        Ok(gone.len())
    }

    /// Throws away what no backup needs any more. What is unneeded is marked first, and thrown away by the first time that
    /// comes a day later.
    pub fn tidy(&self) -> Result<(), Trouble> {
        // Packs of ours are smaller than those of others; that alone is no reason to write them anew. What is left over in a
        // pack that is needed for something else is: what was deleted would stay in it.
        let options = PruneOptions::default()
            .no_resize(true)
            .max_unused(LimitOption::Percentage(0))
            .max_repack(LimitOption::Unlimited);
        guarded(&self.backend, || {
            let plan = self.repository.prune_plan(&options)?;
            self.repository.prune(&options, plan)
        })
    }

    /// Octets that the repository takes up.
    pub fn size(&self) -> Result<u64, Trouble> {
        let mut size = 0_u64;
        for kind in [FileType::Pack, FileType::Index, FileType::Snapshot, FileType::Key] {
            let files = guarded(&self.backend, || self.backend.list_with_size(kind))?;
            size += files.iter().map(|(_, octets)| u64::from(*octets)).sum::<u64>();
        }
        Ok(size)
    }
}

/// What opens a repository.
#[derive(Clone, Copy)]
pub enum Secret<'a> {
    /// The code on the recovery sheet.
    Code(&'a str),
    /// The key itself, as [`Repo::key`] gave it.
    Key(&'a [u8]),
}

fn kept(snapshot: &SnapshotFile) -> Kept {
    Kept {
        id: octets(&snapshot.id.into_inner()),
        made: Time(snapshot.time.timestamp().as_second()),
        tree: octets(&BlobId::from(snapshot.tree)),
    }
}

/// The octets of a name. It shows them as hex only.
fn octets(id: &Id) -> [u8; 32] {
    let mut out = [0; 32];
    let hex = id.to_hex();
    for (to, pair) in out.iter_mut().zip(hex.as_str().as_bytes().as_chunks::<2>().0) {
        let digit = |octet: u8| char::from(octet).to_digit(16).unwrap_or(0) as u8;
        let [high, low] = pair;
        *to = digit(*high) * 16 + digit(*low);
    }
    out
}
