//! One writer, many writes to a commit.
//!
//! A durable commit costs two flushes of the disk whatever is in it. One thread owns the write side:
//! it takes every job that waits, runs them in one transaction, commits, and then answers them all.
//! A job that fails is left out and the others are run again without it, so that jobs never see half
//! of each other.

use super::{
    Error, guarded,
    rows::{self, Cell},
    schema::*,
};
use redb::{
    Database, Key, ReadTransaction, ReadableTable, ReadableTableMetadata, Table, TableDefinition, TableError, TableHandle, Value,
    WriteTransaction,
};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
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

/// The list of tables: how each is called in a transaction, and what opens it. One list for all that has to
/// know every table, so that none can be forgotten where the file is written anew.
macro_rules! tables {
    ($($name:ident: $key:ty => $value:ty = $table:ident;)*) => {
        /// Every table, open for writing in one transaction.
        pub struct Tables<'t> {
            $(
                #[doc = concat!("See [`", stringify!($table), "`].")]
                pub $name: Table<'t, $key, $value>,
            )*
        }

        impl<'t> Tables<'t> {
            /// Opens, and so makes, them.
            pub(super) fn open(tx: &'t WriteTransaction) -> Result<Self, Error> {
                Ok(Self { $($name: tx.open_table($table)?,)* })
            }
        }

        /// Copies every table into an empty database but those that somebody else copies; gives the names of all.
        pub(super) fn copy_tables(from: &ReadTransaction, to: &WriteTransaction, apart: &[&str]) -> Result<Vec<&'static str>, Error> {
            let mut names = Vec::new();
            $(
                if !apart.contains(&$table.name()) {
                    copy_table::<$key, $value>(from, to, $table)?;
                }
                names.push($table.name());
            )*
            Ok(names)
        }

        /// The names of all tables.
        pub(super) fn names() -> Vec<&'static str> {
            vec![$($table.name()),*]
        }

        /// Shows every row of a table as JSON; none where there is no such table.
        pub(super) fn each_row<E: From<Error>>(
            from: &ReadTransaction,
            table: &str,
            mut give: impl FnMut(serde_json::Value) -> Result<(), E>,
        ) -> Result<(), E> {
            $(
                if table == $table.name() {
                    return show_table::<$key, $value, E>(from, $table, &mut give);
                }
            )*
            Ok(())
        }

        /// How many rows a table has.
        pub(super) fn row_count(from: &ReadTransaction, table: &str) -> Result<u64, Error> {
            $(
                if table == $table.name() {
                    return Ok(from.open_table($table)?.len()?);
                }
            )*
            Ok(0)
        }

        /// Takes every row out of a table.
        pub(super) fn clear_table(tables: &mut Tables<'_>, table: &str) -> Result<(), Error> {
            $(
                if table == $table.name() {
                    tables.$name.retain(|_, _| false)?;
                    return Ok(());
                }
            )*
            Ok(())
        }

        /// Puts a row of [`each_row`] down; says whether there is such a table.
        pub(super) fn put_row(tables: &mut Tables<'_>, table: &str, row: &serde_json::Value) -> Result<bool, Error> {
            $(
                if table == $table.name() {
                    let (key, value) = rows::cells::<$key, $value>(row).ok_or(Error::Damaged)?;
                    tables.$name.insert(<$key as Cell>::lent(&key), <$value as Cell>::lent(&value))?;
                    return Ok(true);
                }
            )*
            Ok(false)
        }
    };
}

tables! {
    meta: &'static str => Octets = META;
    messages: u64 => Octets = MESSAGES;
    proofs: u64 => Octets = PROOFS;
    dangers: u64 => Octets = DANGERS;
    raw: (u64, u32) => Octets = RAW;
    discussions: u64 => Octets = DISCUSSIONS;
    discussion_of: &'static str => u64 = DISCUSSION_OF;
    discussed: (u64, i64, u64) => () = DISCUSSED;
    timeline: (i64, u64) => () = TIMELINE;
    unread: u64 => () = UNREAD;
    contacts: u64 => Octets = CONTACTS;
    contact_of: &'static str => u64 = CONTACT_OF;
    exchanged: (&'static str, i64, u64) => u32 = EXCHANGED;
    exchanged_of: (u64, &'static str) => () = EXCHANGED_OF;
    standings: u64 => Octets = STANDINGS;
    stale: u64 => () = STALE;
    regroups: &'static str => () = REGROUPS;
    drained: u64 => () = DRAINED;
    jobs: &'static str => Octets = JOBS;
    imported: Octets => u64 = IMPORTED;
    told: u64 => Octets = TOLD;
    rechecks: (i64, u64) => () = RECHECKS;
    nuisances: &'static str => Octets = NUISANCES;
    devices: u64 => Octets = DEVICES;
    journal: (i64, u64) => Octets = JOURNAL;
    notices: u64 => Octets = NOTICES;
    tags: u64 => Octets = TAGS;
    message_tags: (u64, u64) => u8 = MESSAGE_TAGS;
    tagged: (u64, i64, u64) => () = TAGGED;
    tag_rows: (u64, i64, u64) => () = TAG_ROWS;
    filed: u64 => Octets = FILED;
    levels: (i8, i64, u64) => () = LEVELS;
    shelves: (u8, i64, u64) => () = SHELVES;
    door: &'static str => Octets = DOOR;
    tallies: (u8, i64) => u64 = TALLIES;
    weighed: u64 => Octets = WEIGHED;
    card_tags: (u64, u64) => () = CARD_TAGS;
    sent_ids: u128 => u64 = SENT_IDS;
    written_to: &'static str => u64 = WRITTEN_TO;
    rules: u64 => Octets = RULES;
    lessons: u32 => Octets = LESSONS;
    examples: (u64, u64) => Octets = EXAMPLES;
    background: u64 => Octets = BACKGROUND;
    verdicts: u64 => Octets = VERDICTS;
    taught: u64 => Octets = TAUGHT;
    heard: &'static str => u64 = HEARD;
    own_keys: u64 => Octets = OWN_KEYS;
    peer_keys: &'static str => Octets = PEER_KEYS;
    openings: u64 => Octets = OPENINGS;
    opened: (u64, u32) => Octets = OPENED;
    outbox: u64 => Octets = OUTBOX;
    outbox_of: (u64, u64) => () = OUTBOX_OF;
    outbox_due: (i64, u64) => () = OUTBOX_DUE;
    copies: (u64, u32, u32) => Octets = COPIES;
    returned: (u64, u32) => Octets = RETURNED;
    ledger: (i64, u8, &'static str) => u64 = LEDGER;
    strict: &'static str => Octets = STRICT;
    reports: u64 => Octets = REPORTS;
    drafts: u64 => Octets = DRAFTS;
    uploads: (u64, u64) => Octets = UPLOADS;
    uploaded: (u64, u32) => Octets = UPLOADED;
    sent: u64 => Octets = SENT;
    answered: u64 => u64 = ANSWERED;
    fresh: u64 => Octets = FRESH;
    words: &'static str => Octets = WORDS;
    postings: (&'static str, u64) => Octets = POSTINGS;
    order: (i64, u64) => () = ORDER;
    gone: u64 => () = GONE;
    views: u64 => Octets = VIEWS;
    seen_ways: &'static str => Octets = SEEN_WAYS;
    mailboxes: u64 => Octets = MAILBOXES;
    elsewhere: &'static str => u64 = ELSEWHERE;
    tls_days: (i64, &'static str) => Octets = TLS_DAYS;
    tls_given: (i64, &'static str) => Octets = TLS_GIVEN;
    pushes: u64 => Octets = PUSHES;
    peer_boxes: &'static str => Octets = PEER_BOXES;
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<(), Error> {
    let old = match from.open_table(table) {
        Ok(old) => old,
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut new = to.open_table(table)?;
    for entry in old.iter()? {
        let (key, value) = entry?;
        new.insert(key.value(), value.value())?;
    }
    Ok(())
}

fn show_table<K: Key + Cell + 'static, V: Cell + 'static, E: From<Error>>(
    from: &ReadTransaction,
    table: TableDefinition<'static, K, V>,
    give: &mut impl FnMut(serde_json::Value) -> Result<(), E>,
) -> Result<(), E> {
    let rows = match from.open_table(table) {
        Ok(rows) => rows,
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(Error::from(error).into()),
    };
    for entry in rows.iter().map_err(Error::from)? {
        let (key, value) = entry.map_err(Error::from)?;
        give(rows::row::<K, V>(table.name(), &key.value(), &value.value()))?;
    }
    Ok(())
}

impl Tables<'_> {
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

/// The database of the moment: a rewriting puts another in its place.
pub(super) type Current = Arc<RwLock<Arc<Database>>>;

/// The database of this moment.
pub(super) fn current(db: &Current) -> Arc<Database> {
    db.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// What the writing thread is handed.
enum Order {
    Write(Box<dyn Job>),
    /// Work during which nothing is written.
    Alone(Box<dyn FnOnce() + Send>),
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
    jobs: Option<mpsc::Sender<Order>>,
    thread: Option<thread::JoinHandle<()>>,
    coming: Arc<AtomicUsize>,
    commits: Arc<Commits>,
}

/// What became of the commits so far.
#[derive(Default)]
struct Commits {
    done: AtomicU64,
    failing: AtomicBool,
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
    pub(super) fn start(db: Current) -> Result<Self, Error> {
        let (jobs, waiting) = mpsc::channel();
        let (coming, commits) = (Arc::new(AtomicUsize::new(0)), Arc::<Commits>::default());
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
        self.commits.done.load(Ordering::Relaxed)
    }

    /// Whether the last commit failed.
    pub fn is_failing(&self) -> bool {
        self.commits.failing.load(Ordering::Relaxed)
    }

    /// Waits until the writing thread has done what was handed over so far. An error: it is gone.
    pub fn answers(&self) -> Result<(), Error> {
        self.alone(|| Ok(()))
    }

    /// Runs something between two commits, with nothing written meanwhile, and waits for it; blocks.
    pub(super) fn alone<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
        let (answer, outcome) = mpsc::channel();
        let order = Order::Alone(Box::new(move || {
            let _ = answer.send(guarded(work));
        }));
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(order));
        outcome
            .recv()
            .unwrap_or_else(|_| Err(Error::Database("the store was closed".into())))
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
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(Order::Write(job)));
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

fn write(db: &Current, waiting: &mpsc::Receiver<Order>, coming: &AtomicUsize, commits: &Commits) {
    while let Ok(first) = waiting.recv() {
        let first = match first {
            Order::Write(job) => job,
            Order::Alone(work) => {
                work();
                continue;
            }
        };
        let mut batch = VecDeque::from([first]);
        let mut patience = PATIENCE;
        let mut alone = None;
        while batch.len() < BATCH && alone.is_none() {
            match waiting.try_recv() {
                Ok(Order::Write(job)) => batch.push_back(job),
                Ok(Order::Alone(work)) => alone = Some(work),
                Err(_) if patience == 0 || coming.load(Ordering::Relaxed) == 0 => break,
                Err(_) => {
                    patience -= 1;
                    match waiting.recv_timeout(GATHER) {
                        Ok(Order::Write(job)) => batch.push_back(job),
                        Ok(Order::Alone(work)) => alone = Some(work),
                        Err(_) => {}
                    }
                }
            }
        }
        commit(&current(db), batch, commits);
        if let Some(work) = alone {
            work();
        }
    }
}

/// Runs a batch in one transaction, without those that fail, and answers everyone.
fn commit(db: &Database, mut batch: VecDeque<Box<dyn Job>>, commits: &Commits) {
    while !batch.is_empty() {
        match catch_unwind(AssertUnwindSafe(|| attempt(db, &mut batch))).unwrap_or(Err((None, Error::Damaged))) {
            Ok(()) => {
                commits.done.fetch_add(1, Ordering::Relaxed);
                commits.failing.store(false, Ordering::Relaxed);
                return batch.into_iter().for_each(|job| job.answer(Ok(())));
            }
            Err((Some(at), error)) => {
                if let Some(job) = batch.remove(at) {
                    job.answer(Err(error));
                }
            }
            Err((None, error)) => {
                commits.failing.store(true, Ordering::Relaxed);
                tracing::error!(%error, writes = batch.len(), "a commit failed");
                let again = || match error {
                    Error::Full => Error::Full,
                    Error::Damaged => Error::Damaged,
                    _ => Error::Database(error.to_string()),
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
