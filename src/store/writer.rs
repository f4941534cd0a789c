//! One writer, many writes to a commit.
//!
//! A durable commit costs two flushes of the disk whatever is in it. One thread owns the write side:
//! it takes every job that waits, runs them in one transaction, commits, and then answers them all.
//! A job that fails is left out and the others are run again without it, so that jobs never see half
//! of each other.

use super::{Error, schema::*};
use redb::{Database, ReadableTable, Table, WriteTransaction};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// The most jobs in one commit.
const BATCH: usize = 128;
/// How long, and how often, a commit waits for a job that is known to be on its way.
const GATHER: Duration = Duration::from_micros(500);
const PATIENCE: u32 = 4;

/// Every table, open for writing in one transaction.
pub struct Tables<'t> {
    /// See [`META`].
    pub meta: Table<'t, &'static str, Octets>,
    /// See [`MESSAGES`].
    pub messages: Table<'t, u64, Octets>,
    /// See [`PROOFS`].
    pub proofs: Table<'t, u64, Octets>,
    /// See [`RAW`].
    pub raw: Table<'t, (u64, u32), Octets>,
    /// See [`DISCUSSIONS`].
    pub discussions: Table<'t, u64, Octets>,
    /// See [`DISCUSSION_OF`].
    pub discussion_of: Table<'t, &'static str, u64>,
    /// See [`DISCUSSED`].
    pub discussed: Table<'t, (u64, i64, u64), ()>,
    /// See [`TIMELINE`].
    pub timeline: Table<'t, (i64, u64), ()>,
    /// See [`UNREAD`].
    pub unread: Table<'t, u64, ()>,
    /// See [`CONTACTS`].
    pub contacts: Table<'t, u64, Octets>,
    /// See [`CONTACT_OF`].
    pub contact_of: Table<'t, &'static str, u64>,
    /// See [`DRAINED`].
    pub drained: Table<'t, u64, ()>,
    /// See [`JOBS`].
    pub jobs: Table<'t, &'static str, Octets>,
    /// See [`IMPORTED`].
    pub imported: Table<'t, Octets, u64>,
    /// See [`DEVICES`].
    pub devices: Table<'t, u64, Octets>,
    /// See [`JOURNAL`].
    pub journal: Table<'t, (i64, u64), Octets>,
    /// See [`NOTICES`].
    pub notices: Table<'t, u64, Octets>,
}

impl<'t> Tables<'t> {
    fn open(tx: &'t WriteTransaction) -> Result<Self, Error> {
        Ok(Self {
            meta: tx.open_table(META)?,
            messages: tx.open_table(MESSAGES)?,
            proofs: tx.open_table(PROOFS)?,
            raw: tx.open_table(RAW)?,
            discussions: tx.open_table(DISCUSSIONS)?,
            discussion_of: tx.open_table(DISCUSSION_OF)?,
            discussed: tx.open_table(DISCUSSED)?,
            timeline: tx.open_table(TIMELINE)?,
            unread: tx.open_table(UNREAD)?,
            contacts: tx.open_table(CONTACTS)?,
            contact_of: tx.open_table(CONTACT_OF)?,
            drained: tx.open_table(DRAINED)?,
            jobs: tx.open_table(JOBS)?,
            imported: tx.open_table(IMPORTED)?,
            devices: tx.open_table(DEVICES)?,
            journal: tx.open_table(JOURNAL)?,
            notices: tx.open_table(NOTICES)?,
        })
    }

    /// The next number of a kind, from 1; never given twice.
    pub fn next(&mut self, kind: &'static str) -> Result<u64, Error> {
        let last = self
            .meta
            .get(kind)?
            .map_or(Ok([0; 8]), |value| value.value().try_into())
            .map_err(|_| Error::Damaged)?;
        let next = u64::from_le_bytes(last) + 1;
        self.meta.insert(kind, next.to_le_bytes().as_slice())?;
        Ok(next)
    }
}

/// A write that waits for its commit.
trait Job: Send {
    fn run(&mut self, tables: &mut Tables<'_>) -> Result<(), Error>;
    fn answer(self: Box<Self>, outcome: Result<(), Error>);
}

struct Typed<T, F> {
    run: F,
    result: Option<T>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<T: Send, F: FnMut(&mut Tables<'_>) -> Result<T, Error> + Send> Job for Typed<T, F> {
    fn run(&mut self, tables: &mut Tables<'_>) -> Result<(), Error> {
        self.result = Some((self.run)(tables)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { result, answer, .. } = *self;
        // Whoever asked may be gone; what was written stays written.
        let _ = answer.send(outcome.and_then(|()| result.ok_or(Error::Damaged)));
    }
}

/// The write side of the vault.
pub struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<thread::JoinHandle<()>>,
    coming: Arc<AtomicUsize>,
    commits: Arc<AtomicU64>,
}

/// A write that is announced: while this lives, a commit waits a moment for it to arrive. Dropped when
/// the write has been handed over, or will not come.
pub struct Coming(Arc<AtomicUsize>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    /// Starts the writing thread.
    pub fn start(db: Arc<Database>) -> Result<Self, Error> {
        let (jobs, waiting) = mpsc::channel();
        let (coming, commits) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let (gather, count) = (coming.clone(), commits.clone());
        let thread = thread::Builder::new()
            .name("writer".into())
            .spawn(move || write(&db, &waiting, &gather, &count))
            .map_err(Error::io)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            coming,
            commits,
        })
    }

    /// Says that a write is on its way, so that it may share the next commit.
    pub fn coming(&self) -> Coming {
        self.coming.fetch_add(1, Ordering::Relaxed);
        Coming(self.coming.clone())
    }

    /// How many commits there were.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Hands a job over, to be run in the next commit; waiting for it is the future's part. `Ok` means: on
    /// the disk. The job may be run more than once, each time in a transaction in which nothing of its
    /// earlier run is left.
    pub fn write<T: Send + 'static, F>(&self, job: F) -> impl Future<Output = Result<T, Error>> + Send + use<T, F>
    where
        F: FnMut(&mut Tables<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(Typed {
            run: job,
            result: None,
            answer,
        });
        // A thread that is gone drops the job, and with it the answer.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
        async {
            outcome
                .await
                .unwrap_or_else(|_| Err(Error::Database("the store was closed".into())))
        }
    }
}

impl Drop for Writer {
    /// Everything that waits is still written.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write(db: &Database, waiting: &mpsc::Receiver<Box<dyn Job>>, coming: &AtomicUsize, commits: &AtomicU64) {
    while let Ok(first) = waiting.recv() {
        let mut batch = VecDeque::from([first]);
        let mut patience = PATIENCE;
        while batch.len() < BATCH {
            match waiting.try_recv() {
                Ok(job) => batch.push_back(job),
                Err(_) if patience == 0 || coming.load(Ordering::Relaxed) == 0 => break,
                Err(_) => {
                    patience -= 1;
                    batch.extend(waiting.recv_timeout(GATHER));
                }
            }
        }
        commit(db, batch, commits);
    }
}

/// Runs a batch in one transaction, without those that fail, and answers everyone.
fn commit(db: &Database, mut batch: VecDeque<Box<dyn Job>>, commits: &AtomicU64) {
    while !batch.is_empty() {
        match attempt(db, &mut batch) {
            Ok(()) => {
                commits.fetch_add(1, Ordering::Relaxed);
                return batch.into_iter().for_each(|job| job.answer(Ok(())));
            }
            Err((Some(at), error)) => {
                if let Some(job) = batch.remove(at) {
                    job.answer(Err(error));
                }
            }
            Err((None, error)) => {
                tracing::error!(%error, writes = batch.len(), "a commit failed");
                let again = || {
                    if matches!(error, Error::Full) {
                        Error::Full
                    } else {
                        Error::Database(error.to_string())
                    }
                };
                return batch.into_iter().for_each(|job| job.answer(Err(again())));
            }
        }
    }
}

/// One try. An error says which job failed, or none where the commit itself did.
fn attempt(db: &Database, batch: &mut VecDeque<Box<dyn Job>>) -> Result<(), (Option<usize>, Error)> {
    let whole = |error: Error| (None, error);
    let mut tx = db.begin_write().map_err(|e| whole(e.into()))?;
    // A file that was not closed opens at once instead of being walked whole.
    tx.set_quick_repair(true);
    let mut tables = Tables::open(&tx).map_err(whole)?;
    for (at, job) in batch.iter_mut().enumerate() {
        job.run(&mut tables).map_err(|error| (Some(at), error))?;
    }
    drop(tables);
    tx.commit().map_err(|e| whole(e.into()))
}
