//! Everything of the owner's in one archive, as files that other programs read: mail octet for octet as a Maildir,
//! contacts as vCards, keys as OpenPGP writes them, and the rest as lines of JSON (docs/export.md). `caliopen import`
//! fills an empty box from it.
//!
//! It is read from one moment of the store and written as it goes: what is held is one message, and the names of the
//! files. Secrets, and what was opened with one, stand in `sealed.age`, under the passphrase that was given for it.
//! While one is being written, nobody else's begins. Absent on purpose: what opens this box (`slots`), which is not the
//! mail's, and a second copy of what is made anew from it (the index of words).

use super::{Error, contacts::book};
use crate::{
    codec::{
        base64url,
        pgp::{Certificate, SecretKey},
        zip::Archive,
    },
    domain::{padlock::Padlock, privacy::index::Letter, privacy::message::evaluate, time::Time},
    locale::{Lang, moving},
    net::clock::Clock,
    store::{
        self,
        mail::Snapshot,
        record::{Message, sha256},
        rows::{Place, tables},
        seal::Sealing,
        vault::Vault,
    },
};
use serde_json::{Map, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use subtle::ConstantTimeEq;
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::SendTimeoutError},
};
use zeroize::Zeroizing;

/// What an archive says that it is.
pub const FORMAT: &str = "caliopen export";
/// The version of its form.
pub const VERSION: u64 = 1;
/// Seconds that an archive waits to be fetched.
const WAIT: i64 = 10 * 60;
/// Octets that are handed on at a time, and how many such pieces may wait.
const PIECE: usize = 64 * 1024;
const PIECES: usize = 8;
/// How long a piece waits for whoever fetches to take one, and how often it is looked meanwhile whether the box was locked.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
const LOCKED: Duration = Duration::from_secs(1);
/// Messages that are listed at a time.
const SLICE: usize = 256;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Messages.
    pub messages: u64,
    /// Contacts.
    pub contacts: u64,
    /// Messages that the disk has damaged: they are missing.
    pub damaged: u64,
}

/// An archive that was asked for and not fetched yet.
struct Waiting {
    ticket: String,
    until: Time,
    secret: Zeroizing<String>,
}

/// Writes archives; cheap to clone.
#[derive(Clone)]
pub struct Export(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    domain: String,
    addresses: Vec<String>,
    waiting: Mutex<Option<Waiting>>,
    /// Held while one is being written.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Export {
    /// Over this vault, for this domain and its owner's addresses.
    pub fn new(vault: Vault, clock: Clock, domain: &str, addresses: &[String]) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            domain: domain.to_owned(),
            addresses: addresses.to_vec(),
            waiting: Mutex::default(),
            turn: Arc::default(),
        }))
    }

    /// Makes an archive ready to be fetched once, its secrets under this passphrase; gives the ticket for it.
    pub fn prepare(&self, secret: &str) -> Result<String, Error> {
        let ticket = base64url::encode(&store::slots::random::<16>()?);
        *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Waiting {
            ticket: ticket.clone(),
            until: Time(self.0.clock.now().0.saturating_add(WAIT)),
            secret: Zeroizing::new(secret.to_owned()),
        });
        Ok(ticket)
    }

    /// Whether an archive waits for this ticket.
    pub fn waits(&self, ticket: &str) -> bool {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_ref().is_some_and(|waiting| self.fits(waiting, ticket))
    }

    fn fits(&self, waiting: &Waiting, ticket: &str) -> bool {
        let right = bool::from(waiting.ticket.as_bytes().ct_eq(ticket.as_bytes()));
        right && self.0.clock.now() <= waiting.until && self.0.vault.open().is_ok()
    }

    /// Begins to write the archive of a ticket, once. `None` where none waits; an error where another one is being written.
    pub fn fetch(&self, ticket: &str, lang: Lang) -> Result<Option<Fetched>, Error> {
        // The ticket stays where another archive is on its way.
        let turn = self.0.turn.clone().try_lock_owned().map_err(|_| Error::Busy)?;
        let secret = {
            let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let fits = waiting.as_ref().is_some_and(|waiting| self.fits(waiting, ticket));
            match waiting.take_if(|_| fits) {
                Some(waiting) => waiting.secret,
                None => return Ok(None),
            }
        };
        let (give, pieces) = mpsc::channel(PIECES);
        let (export, whole) = (self.clone(), Arc::<AtomicBool>::default());
        let fetched = Fetched {
            pieces,
            whole: whole.clone(),
            over: false,
        };
        tokio::task::spawn_blocking(move || {
            // Nobody is told that the pieces end before it is known whether they are all.
            let out = Pipe {
                give: give.clone(),
                vault: export.0.vault.clone(),
                piece: Vec::with_capacity(PIECE),
            };
            match export.write(out, &secret, lang) {
                Ok(_) => whole.store(true, Ordering::Release),
                Err(error) => tracing::warn!(%error, "an export broke off"),
            }
            // Whoever has seen the end may begin another.
            drop(turn);
            drop(give);
        });
        Ok(Some(fetched))
    }

    /// Writes the archive, its secrets under this passphrase. Blocks.
    pub fn write(&self, out: impl Write, secret: &str, lang: Lang) -> Result<Written, Error> {
        let open = self.0.vault.open()?;
        let snapshot = Snapshot::of(&open)?;
        drop(open);
        let mut writing = Writing {
            inner: &self.0,
            snapshot,
            archive: Archive::new(out),
            written: Written::default(),
        };
        writing.head(lang)?;
        writing.sealed(secret)?;
        writing.rows()?;
        writing.mail()?;
        writing.people()?;
        writing.keys(secret)?;
        let Writing { archive, written, .. } = writing;
        archive.end().map_err(store::Error::io)?;
        Ok(written)
    }
}

/// An archive on its way to whoever fetches it.
pub struct Fetched {
    pieces: mpsc::Receiver<Vec<u8>>,
    /// Whether it was written to its end.
    whole: Arc<AtomicBool>,
    over: bool,
}

impl Fetched {
    /// Its octets in order. Where it broke off, an error stands behind the last of them: a download without it would be
    /// taken for complete.
    pub async fn recv(&mut self) -> Option<io::Result<Vec<u8>>> {
        let piece = self.pieces.recv().await.map(Ok);
        if piece.is_none() && !self.over && !self.whole.load(Ordering::Acquire) {
            self.over = true;
            return Some(Err(io::ErrorKind::Interrupted.into()));
        }
        piece
    }
}

/// Hands octets on in pieces to whoever fetches them. Somebody who takes none, because their machine sleeps, is waited for,
/// but not for ever, and not once the box is locked: until the store is let go, nobody can sign in again.
struct Pipe {
    give: mpsc::Sender<Vec<u8>>,
    vault: Vault,
    piece: Vec<u8>,
}

impl Pipe {
    fn hand(&mut self) -> io::Result<()> {
        let mut piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let end = Instant::now() + PATIENCE;
        loop {
            // Each time: somebody who takes their pieces slowly, but steadily, would hold a locked store for hours.
            self.vault.open().map_err(|_| io::ErrorKind::BrokenPipe)?;
            match Handle::current().block_on(self.give.send_timeout(piece, LOCKED)) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::Timeout(back)) if Instant::now() < end => piece = back,
                Err(_) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let room = PIECE.saturating_sub(self.piece.len()).max(1);
        let taken = octets.get(..room).unwrap_or(octets);
        self.piece.extend_from_slice(taken);
        if self.piece.len() >= PIECE {
            self.hand()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() { Ok(()) } else { self.hand() }
    }
}

/// Where a message lies in the archive: a Maildir tells by the folder and by the name whether it was read.
pub fn place_of(id: u64, message: &Message) -> String {
    let name = format!("{}.M{id}P0.caliopen", message.received);
    if message.unread {
        format!("mail/new/{name}")
    } else {
        format!("mail/cur/{name}:2,S")
    }
}

/// The number of the message that lies at this place.
pub fn message_at(place: &str) -> Option<u64> {
    let name = place.strip_prefix("mail/new/").or_else(|| place.strip_prefix("mail/cur/"))?;
    name.split('.').nth(1)?.strip_prefix('M')?.strip_suffix("P0")?.parse().ok()
}

struct Writing<'a, W: Write> {
    inner: &'a Inner,
    snapshot: Snapshot,
    archive: Archive<W>,
    written: Written,
}

fn io_error(error: io::Error) -> Error {
    store::Error::io(error).into()
}

impl<W: Write> Writing<'_, W> {
    fn add(&mut self, name: &str, octets: &[u8]) -> Result<(), Error> {
        self.archive.add(name, octets).map_err(io_error)
    }

    /// What this is, for programs and for people.
    fn head(&mut self, lang: Lang) -> Result<(), Error> {
        let snapshot = &self.snapshot;
        let counters: Map<_, _> = snapshot.counters()?.into_iter().map(|(name, last)| (name, json!(last))).collect();
        let mut counts = Map::new();
        for table in ["messages", "discussions", "contacts", "tags", "rules", "views"] {
            counts.insert(table.to_owned(), json!(snapshot.row_count(table)?));
        }
        self.written.contacts = snapshot.row_count("contacts")?;
        let manifest = json!({
            "format": FORMAT,
            "version": VERSION,
            "id": base64url::encode(&store::slots::random::<12>()?),
            "schema": snapshot.schema()?,
            "made": self.inner.clock.now().0,
            "domain": self.inner.domain,
            "addresses": self.inner.addresses,
            "counters": counters,
            "counts": counts,
        });
        let settings = snapshot.open_settings()?;
        self.add("manifest.json", format!("{manifest:#}\n").as_bytes())?;
        self.add("README.txt", moving::words(lang).read_me.as_bytes())?;
        self.add("settings.json", settings.as_bytes())
    }

    /// What nobody reads without the passphrase.
    fn sealed(&mut self, secret: &str) -> Result<(), Error> {
        let part = self.archive.stream("sealed.age").map_err(io_error)?;
        let mut sealing = Sealing::under(secret, part)?;
        for table in tables(Place::Sealed) {
            self.snapshot.each_row::<Error>(table, |row| {
                writeln!(sealing, "{{\"table\":\"{table}\",\"row\":{row}}}").map_err(io_error)
            })?;
        }
        let part = sealing.end().map_err(io_error)?;
        part.end().map_err(io_error)
    }

    fn rows(&mut self) -> Result<(), Error> {
        for (folder, place) in [("rows", Place::Clear), ("history", Place::Shown)] {
            for table in tables(place) {
                let mut part = self.archive.stream(&format!("{folder}/{table}.jsonl")).map_err(io_error)?;
                self.snapshot
                    .each_row::<Error>(table, |row| writeln!(part, "{row}").map_err(io_error))?;
                part.end().map_err(io_error)?;
            }
        }
        Ok(())
    }

    /// Every message, and a list of them with what is thought of each.
    fn mail(&mut self) -> Result<(), Error> {
        for folder in ["mail/", "mail/cur/", "mail/new/", "mail/tmp/"] {
            self.add(folder, b"")?;
        }
        let tags: BTreeMap<u64, String> = self.snapshot.tags()?.into_iter().map(|(id, tag)| (id, tag.slug)).collect();
        let mut after = 0;
        loop {
            self.inner.vault.open()?;
            let ids = self.snapshot.messages_after(after, SLICE)?;
            let Some(last) = ids.last() else { break };
            after = *last;
            let mut list = String::new();
            for id in &ids {
                let message = self.snapshot.message(*id)?.ok_or(store::Error::Damaged)?;
                let place = place_of(*id, &message);
                match self.snapshot.raw(*id, &message) {
                    Ok(raw) => {
                        self.add(&place, &raw)?;
                        self.written.messages += 1;
                        list.push_str(&self.line(*id, &message, &place, &raw, &tags)?);
                    }
                    // One that the disk has damaged does not keep the others back; it is missing, and said to be.
                    Err(_) => {
                        list.push_str(&json!({"message": id, "damaged": true}).to_string());
                        self.written.damaged += 1;
                    }
                }
                list.push('\n');
            }
            self.add(&format!("messages/{after:012}.jsonl"), list.as_bytes())?;
        }
        Ok(())
    }

    fn line(&self, id: u64, message: &Message, file: &str, raw: &[u8], tags: &BTreeMap<u64, String>) -> Result<String, Error> {
        let proof = self.snapshot.proof(id)?.unwrap_or_default();
        let index = evaluate(&proof.evidence());
        let lines: Vec<_> = index
            .lines
            .iter()
            .map(|line| {
                json!({"id": line.id.as_str(), "won": line.won, "possible": line.possible, "kind": line.kind.as_str(), "known": line.known})
            })
            .collect();
        let of_it = self.snapshot.tags_of(id)?;
        let of_it: Vec<_> = of_it.iter().filter_map(|(tag, _)| tags.get(tag)).collect();
        let padlock = Padlock::ALL.get(usize::from(message.padlock)).map(|padlock| padlock.as_str());
        Ok(json!({
            "message": id,
            "file": file,
            "sha256": store::hex(&sha256(raw)),
            "received": message.received,
            "unread": message.unread,
            "discussion": message.discussion,
            "index": message.index,
            "letter": message.index.map(|points| Letter::of(points).as_str()),
            "padlock": padlock,
            "rules": message.rules,
            "tags": of_it,
            "lines": lines,
        })
        .to_string())
    }

    fn people(&mut self) -> Result<(), Error> {
        let cards = book::written(&self.snapshot, None, self.inner.clock.now())?;
        self.add("contacts.vcf", cards.as_bytes())
    }

    /// The owner's keys, each public and under the passphrase, and everybody else's, but for those that the owner found to
    /// differ: no other program would know that.
    fn keys(&mut self, secret: &str) -> Result<(), Error> {
        for (id, own) in self.snapshot.own_keys()? {
            let Ok(key) = SecretKey::read(&own.secret) else { continue };
            self.add(&format!("keys/own-{id}.asc"), key.certificate().armored().as_bytes())?;
            let armored = key.armored(Some(secret)).map(Zeroizing::new);
            let armored = armored.ok_or(store::Error::Damaged)?;
            self.add(&format!("keys/own-{id}.secret.asc"), armored.as_bytes())?;
        }
        let mut part = self.archive.stream("keys/people.asc").map_err(io_error)?;
        let mut outcome = Ok(());
        self.snapshot.each_peer(|_, row| {
            for held in row.keys.iter().filter(|held| !held.is_refused()) {
                if let Ok(key) = Certificate::read(&held.octets) {
                    outcome = part.write_all(key.armored().as_bytes());
                }
            }
            outcome.is_ok()
        })?;
        outcome.map_err(io_error)?;
        part.end().map_err(io_error)
    }
}
