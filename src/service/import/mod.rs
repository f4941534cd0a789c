//! Taking in what was kept elsewhere: mail, cards and keys from files, or a whole box from an export.
//!
//! A thread finds things in files or in an upload ([`finding`]), one at a time; messages are prepared several at once,
//! so that they share commits, and what is held of them all is bounded. Octets are kept exactly as they are. Begun again
//! after it was cut short it goes on where it was, because what was imported before is not taken in again. An export is
//! put into an empty box as it was ([`filling`]); into any other it is mail, cards and keys like any archive.
//!
//! Nothing is known of how imported mail travelled, and nobody asks whether it is spam: it is the owner's.

pub mod filling;
pub mod finding;
pub mod kind;
pub mod labels;

use super::{
    Error,
    contacts::Contacts,
    keyring::Keyring,
    keys::{Keys, NotBrought},
    read,
    receive::{Brought, NotKept, Receive},
};
use crate::{
    codec::pgp::{NoKey, Ring},
    domain::{
        moving::{Reason, Tally},
        time::Time,
    },
    net::clock::Clock,
    store::{migrate, vault::Vault},
};
use filling::Filling;
use finding::{Context, Found, Item};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, JoinSet},
};
use zeroize::Zeroizing;

/// Messages that are prepared at once.
const AT_ONCE: usize = 64;
/// Octets of everything that is held at once, waiting or being kept, in units: a message that is larger is held alone.
const UNIT: usize = 64 * 1024;
const UNITS: usize = 64;
/// Things that wait to be taken in.
const WAITING: usize = 16;

/// Why it could not go on. What was kept so far is safe, and importing again goes on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The box is locked, or was while it was going on.
    Locked,
    /// The store could not write.
    Storage,
    /// The export that the box is being filled from ends too early.
    Short,
}

/// How far an import is, or how the last one ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Octets of the file that were read.
    pub done: u64,
    /// Octets of all of it; 0 where that is not known.
    pub all: u64,
    /// When it began.
    pub since: Time,
    /// What became of everything so far.
    pub tally: Tally,
    /// Whether it has ended, and how.
    pub end: Option<Result<(), Stopped>>,
}

/// Takes things in; cheap to clone.
#[derive(Clone)]
pub struct Import(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    receive: Receive,
    contacts: Contacts,
    keys: Keys,
    keyring: Keyring,
    domain: String,
    progress: Mutex<Option<Progress>>,
    /// Held while one is going on.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// The right to import, alone.
pub struct Turn(#[allow(dead_code, reason = "held, not read")] tokio::sync::OwnedMutexGuard<()>);

impl Import {
    /// Over this vault, with whoever takes each kind of thing.
    pub fn new(room: (Vault, Clock), receive: Receive, contacts: Contacts, keys: (Keys, Keyring), domain: &str) -> Self {
        Self(Arc::new(Inner {
            vault: room.0,
            clock: room.1,
            receive,
            contacts,
            keys: keys.0,
            keyring: keys.1,
            domain: domain.to_owned(),
            progress: Mutex::default(),
            turn: Arc::default(),
        }))
    }

    /// How far it is; `None` where nothing was imported since the box was started.
    pub fn progress(&self) -> Option<Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The right to import; `None` while somebody else does.
    pub fn turn(&self) -> Option<Turn> {
        self.0.turn.clone().try_lock_owned().ok().map(Turn)
    }

    /// So many octets of the file were read.
    pub fn read_so_far(&self, done: u64, all: u64) {
        if let Some(progress) = self.0.progress.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            (progress.done, progress.all) = (done, all.max(progress.all));
        }
    }

    /// Takes everything in that `find` hands over, until it ends; what is sealed is opened with this passphrase.
    pub async fn take_in<F>(&self, _turn: &Turn, secret: Option<Zeroizing<String>>, find: F) -> Result<Tally, Stopped>
    where
        F: FnOnce(Context, &mut dyn FnMut(Item) -> bool) + Send + 'static,
    {
        let now = self.0.clock.now();
        self.note(|progress| {
            *progress = Progress {
                since: now,
                ..Progress::default()
            };
        });
        let outcome = self.all(secret, find, now).await;
        let end = outcome.as_ref().map(drop).map_err(|stopped| *stopped);
        self.note(|progress| progress.end = Some(end));
        outcome
    }

    fn note(&self, note: impl FnOnce(&mut Progress)) {
        note(
            self.0
                .progress
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_default(),
        );
    }

    async fn all<F>(&self, secret: Option<Zeroizing<String>>, find: F, now: Time) -> Result<Tally, Stopped>
    where
        F: FnOnce(Context, &mut dyn FnMut(Item) -> bool) + Send + 'static,
    {
        let room = read(&self.0.vault, |snapshot| Ok(snapshot.room()?)).await.map_err(stopped)?;
        let context = Context {
            now,
            room,
            secret: secret.clone(),
            schema: migrate::VERSION,
        };
        let (found, mut coming) = mpsc::channel(WAITING);
        let (room, runtime) = (Arc::new(Semaphore::new(UNITS)), Handle::current());
        let finder = tokio::task::spawn_blocking(move || {
            find(context, &mut |item| {
                let held = runtime.block_on(room.clone().acquire_many_owned(units(&item)));
                let is_wanted = held.is_ok_and(|held| found.blocking_send((item, held)).is_ok());
                // Nothing more is read while half of the room is taken: how large the next one is is not known before.
                is_wanted && runtime.block_on(room.acquire_many(UNITS as u32 / 2)).is_ok()
            });
        });
        let mut taking = Taking {
            import: self,
            secret: secret.unwrap_or_default(),
            tally: Tally::default(),
            under_way: JoinSet::new(),
            filling: None,
            complete: false,
        };
        while let Some((item, held)) = coming.recv().await {
            taking.take(item, held).await?;
        }
        let tally = taking.end().await?;
        finder.await.map_err(|_| Stopped::Storage)?;
        Ok(tally)
    }
}

fn stopped(error: Error) -> Stopped {
    match error {
        Error::Locked => Stopped::Locked,
        error => {
            tracing::error!(%error, "an import could not go on");
            Stopped::Storage
        }
    }
}

/// The units of what was found.
fn units(item: &Item) -> u32 {
    let octets = match item {
        Item::Message(message) => message.raw.len(),
        Item::Cards(_, octets) | Item::Keys(_, octets) | Item::Octets(_, octets) => octets.len(),
        Item::Rows(_, lines) => lines.iter().map(String::len).sum(),
        Item::Mailbox | Item::Skipped(..) | Item::Whole(_) | Item::Complete => 0,
    };
    octets.div_ceil(UNIT).min(UNITS) as u32
}

/// Room for something that is held; free again when this is dropped.
type Held = OwnedSemaphorePermit;

type Outcome = (String, Result<bool, NotKept>);

struct Taking<'a> {
    import: &'a Import,
    secret: Zeroizing<String>,
    tally: Tally,
    under_way: JoinSet<Outcome>,
    filling: Option<Filling>,
    /// Whether all of the export came that the box is filled from.
    complete: bool,
}

impl Taking<'_> {
    async fn take(&mut self, item: Item, held: Held) -> Result<(), Stopped> {
        match item {
            Item::Mailbox => self.tally.recognised = true,
            Item::Skipped(reason, name) => self.tally.skip(reason, name),
            Item::Message(message) => self.message(*message, held).await?,
            Item::Cards(name, octets) => self.cards(name, octets).await?,
            Item::Keys(name, octets) => self.keys(name, octets).await?,
            Item::Whole(manifest) => {
                let filling = Filling::begin(&self.import.0.vault, manifest, &self.import.0.domain).await;
                (self.filling, self.complete) = (Some(filling.map_err(stopped)?), false);
            }
            Item::Complete => self.complete = true,
            Item::Rows(table, lines) => {
                if let Some(filling) = &mut self.filling {
                    filling.rows(table, lines, held).await.map_err(stopped)?;
                }
            }
            Item::Octets(message, packed) => {
                if let Some(filling) = &mut self.filling {
                    self.tally.read += 1;
                    filling.octets(message, packed, held).await.map_err(stopped)?;
                }
            }
        }
        if self.tally.read.is_multiple_of(16) {
            self.show();
        }
        Ok(())
    }

    /// Lets the page see how far it is.
    fn show(&self) {
        let tally = self.tally.clone();
        self.import.note(|progress| progress.tally = tally);
    }

    async fn message(&mut self, message: Found, held: Held) -> Result<(), Stopped> {
        self.tally.read += 1;
        let receive = self.import.0.receive.clone();
        self.under_way.spawn(async move {
            let _held = held;
            let Found {
                name,
                raw,
                received,
                read,
                tags,
            } = message;
            let brought = Brought {
                received: Some(received),
                read,
                tags,
                // A program that notes something new in a head, or keeps what it moved elsewhere, has not made another message.
                by_content: true,
            };
            let kept = receive.bring(raw, brought).await;
            (name, kept.map(|kept| kept.is_some()))
        });
        while self.under_way.len() >= AT_ONCE
            && let Some(kept) = self.under_way.join_next().await
        {
            self.note(kept)?;
        }
        while let Some(kept) = self.under_way.try_join_next() {
            self.note(kept)?;
        }
        Ok(())
    }

    fn note(&mut self, outcome: Result<Outcome, JoinError>) -> Result<(), Stopped> {
        let (name, kept) = outcome.map_err(|_| Stopped::Storage)?;
        match kept {
            Ok(true) => self.tally.kept += 1,
            Ok(false) => self.tally.before += 1,
            Err(NotKept::TooLarge) => self.tally.skip(Reason::TooLarge, name),
            Err(NotKept::TooComplex) => self.tally.skip(Reason::TooComplex, name),
            Err(NotKept::Locked) => return Err(Stopped::Locked),
            Err(NotKept::Storage | NotKept::Refused | NotKept::TurnedAway) => return Err(Stopped::Storage),
        }
        Ok(())
    }

    async fn cards(&mut self, name: String, octets: Vec<u8>) -> Result<(), Stopped> {
        let contacts = &self.import.0.contacts;
        let report = contacts.look(octets).await.map_err(stopped)?;
        for card in &report.odd {
            self.tally
                .skip(Reason::OddCards, finding::calm(if card.is_empty() { &name } else { card }));
        }
        let taken = contacts.take(report.id).await.map_err(stopped)?.unwrap_or_default();
        self.tally.cards += taken.new;
        self.tally.richer += taken.more;
        self.tally.recognised |= !report.same.is_empty() || !report.odd.is_empty();
        Ok(())
    }

    /// A file may hold secret keys, and other people's beside them.
    async fn keys(&mut self, name: String, octets: Vec<u8>) -> Result<(), Stopped> {
        self.tally.recognised = true;
        let reading = tokio::task::spawn_blocking(move || Ring::of(&octets));
        match reading.await.map_err(|_| Stopped::Storage)? {
            Err(NoKey::TooLarge) => self.tally.skip(Reason::TooLarge, name),
            Err(_) => self.tally.skip(Reason::Unreadable, name),
            Ok(ring) if ring.others.is_empty() && ring.secret.is_empty() => self.tally.skip(Reason::Unreadable, name),
            Ok(ring) => {
                if !ring.others.is_empty() {
                    let brought = self.import.0.keyring.bring_ring(ring.others).await.map_err(stopped)?;
                    self.tally.keys += brought.keys;
                    for _ in 0..brought.nobodys {
                        self.tally.skip(Reason::NobodysKey, name.clone());
                    }
                }
                if !ring.secret.is_empty() {
                    self.secret_keys(name, ring.secret).await?;
                }
            }
        }
        Ok(())
    }

    async fn secret_keys(&mut self, name: String, octets: Vec<u8>) -> Result<(), Stopped> {
        let passphrase = self.secret.as_str().to_owned();
        match self.import.0.keys.bring(octets, passphrase).await.map_err(stopped)? {
            Ok(brought) => {
                self.tally.keys += brought.keys as u64;
                for _ in 0..brought.closed {
                    self.tally.skip(Reason::ForeignKey, name.clone());
                }
            }
            Err(NotBrought::Here) => {}
            Err(NotBrought::No(NoKey::Unreadable)) => self.tally.skip(Reason::Unreadable, name),
            Err(NotBrought::No(NoKey::TooLarge)) => self.tally.skip(Reason::TooLarge, name),
            Err(NotBrought::TooMany) => self.tally.skip(Reason::TooComplex, name),
            Err(NotBrought::No(NoKey::Passphrase)) => self.tally.skip(Reason::ForeignKey, name),
        }
        Ok(())
    }

    /// Waits for what is under way, and ends the filling of a box.
    async fn end(mut self) -> Result<Tally, Stopped> {
        while let Some(kept) = self.under_way.join_next().await {
            self.note(kept)?;
        }
        if let Some(mut filling) = self.filling.take() {
            if !self.complete {
                // Not ended: it stays noted that the box was begun, so that the same export can fill it.
                filling.pause().await.map_err(stopped)?;
                self.show();
                return Err(Stopped::Short);
            }
            let (kept, damaged) = filling.end(self.import.0.clock.now()).await.map_err(stopped)?;
            self.tally.kept = kept;
            for id in damaged {
                self.tally.skip(Reason::Damaged, id.to_string());
            }
            // What could not be read is not as it was.
            self.tally.whole = self.tally.skipped() == 0;
        }
        self.show();
        Ok(self.tally)
    }
}
