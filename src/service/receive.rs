//! A message arrives: read it, weigh it, keep it, and only then say so.
//!
//! Named steps, in order: too complex? → authenticate (`service::authenticate`) → refused? → stamp (our
//! `Authentication-Results` and `Received`) → prepare (`prepare`: read, what do we know, what may do harm, does
//! anybody want it, weigh, file, pack) → one write → announce. The slow ones run on the blocking pool, before the
//! write. While the box is locked, the end of this waits in the `spool`.

mod prepare;

pub(super) use prepare::content;
mod spool;

use super::{
    authenticate::Senders,
    comers::{Comers, Door},
    danger::Dangers,
    happening::{Happening, Happenings},
    nuisance::Nuisances,
    returned, screener,
    spam::Spam,
};
use crate::{
    codec::{authentication_results, idna, mime},
    domain::{
        address::Address,
        authentication::{Authentication, Outcome},
        danger::Scan,
        id::{DiscussionId, MessageId},
        nuisance::Welcome,
        time::Time,
        transport::Arrival,
    },
    net::{authenticate::Authenticate, clock::Clock, dns::Dns},
    store::{
        self,
        filing::Wanted,
        front::{Front, FrontFile},
        mail,
        room::Room,
        vault::{Open, Vault},
        writer::Coming,
    },
};
use std::{collections::HashSet, net::IpAddr, sync::Arc};

/// The most octets a message may have (25 MiB).
pub const MAX_MESSAGE: usize = 25 * 1024 * 1024;
/// Seconds for which what was received is news.
const NEWS: u64 = 24 * 3600;
/// Messages that are prepared at once: as many as a Pi has cores. More would share those, and each takes a few times its size.
const PREPARED: usize = 4;

/// Takes messages in; cheap to clone.
#[derive(Clone)]
pub struct Receive(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    dangers: Dangers,
    nuisances: Nuisances,
    comers: Comers,
    spam: Spam,
    host: String,
    domain: String,
    owner: HashSet<Address>,
    senders: Senders,
    /// The owner's own address, the first of theirs.
    first: String,
    file: Arc<FrontFile>,
    /// The public key that arrivals are sealed to while the box is locked.
    sealing: String,
    /// One at a time takes from the spool, so that it is taken in order.
    draining: tokio::sync::Mutex<()>,
    /// Held while a message is prepared.
    preparing: tokio::sync::Semaphore,
}

/// What became of a message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in the vault.
    Kept(Kept),
    /// The box is locked: it is sealed, and waits in the spool.
    Sealed,
}

/// What was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The message.
    pub message: MessageId,
    /// The discussion that it joined.
    pub discussion: DiscussionId,
}

/// Whether a recipient is one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// It is: take it.
    Ours,
    /// It is not (550 5.1.1).
    Nobody,
    /// It is of another domain altogether (550 5.7.1: no relaying).
    Elsewhere,
}

/// Why a message was not kept. The sender must hear it: none of these may end in `250`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// The box is locked, and this cannot wait in front of the lock (451 4.3.0): try again later.
    Locked,
    /// The store could not write, or is full (452 4.3.1): try again later.
    Storage,
    /// Larger than [`MAX_MESSAGE`] (552 5.3.4).
    TooLarge,
    /// More MIME parts, deeper, or longer headers than will be read (554 5.6.0).
    TooComplex,
    /// The domain in From asks for it to be refused, and nothing explains it (550 5.7.26, RFC 7372).
    Refused,
    /// The owner refused its author, who can prove who they are (550 5.7.1).
    TurnedAway,
}

/// What the mailbox that a message was brought from says of it.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// When it was received there; `None` is now.
    pub received: Option<Time>,
    /// Whether it was read.
    pub read: bool,
    /// The tags that it had.
    pub tags: Vec<Wanted>,
    /// Whether it is the same as one that is here where `Message-ID`, `From`, `Date`, `Subject` and text are, whatever its way
    /// added to its head; else where every octet is.
    pub by_content: bool,
}

/// Where a message came from, as far as it matters for keeping it.
enum Source {
    Door {
        arrival: Arrival,
        found: Box<Authentication>,
        spooled: Option<u64>,
    },
    Import {
        received: Time,
        read: bool,
        tags: Vec<Wanted>,
        by_content: bool,
    },
    /// The box itself wrote it.
    Own { received: Time },
}

impl Source {
    /// Whether what comes from it now is news.
    fn is_news(&self, now: Time) -> bool {
        let (received, unread) = match self {
            Self::Door { arrival, .. } => (arrival.at, true),
            Self::Import { received, read, .. } => (*received, !read),
            Self::Own { received } => (*received, true),
        };
        unread && now.0.abs_diff(received.0) < NEWS
    }
}

impl Receive {
    /// Over this vault, for the addresses of this front, where nobody is to be asked about senders.
    pub fn new(vault: Vault, clock: Clock, happenings: Happenings, file: Arc<FrontFile>, front: &Front) -> Self {
        let senders = Senders::new(
            vault.clone(),
            clock.clone(),
            Authenticate::new(Dns::nobody(), &front.host),
            &front.host,
        );
        Self::over(vault, clock, happenings, file, front, senders)
    }

    /// Over this vault, for the addresses of this front, asking about senders.
    pub fn over(vault: Vault, clock: Clock, happenings: Happenings, file: Arc<FrontFile>, front: &Front, senders: Senders) -> Self {
        let owner: HashSet<Address> = front.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect();
        Self(Arc::new(Inner {
            dangers: Dangers::new(vault.clone(), &front.domain),
            nuisances: Nuisances::new(vault.clone()),
            comers: Comers::default(),
            spam: Spam::new(vault.clone(), owner.iter().cloned().collect()),
            vault,
            clock,
            happenings,
            host: front.host.clone(),
            domain: front.domain.to_lowercase(),
            owner,
            senders,
            first: front.addresses.first().cloned().unwrap_or_default(),
            file,
            sealing: front.sealing.clone(),
            draining: tokio::sync::Mutex::default(),
            preparing: tokio::sync::Semaphore::new(PREPARED),
        }))
    }

    /// What judges spam here, and learns.
    pub fn spam(&self) -> Spam {
        self.0.spam.clone()
    }

    /// Whether a recipient of the envelope is ours; `postmaster` always is, with our domain or without
    /// (RFC 5321 section 4.5.1). Answers while locked too.
    pub fn recipient(&self, address: &str) -> Recipient {
        if address.eq_ignore_ascii_case("postmaster") {
            return Recipient::Ours;
        }
        let Ok(address) = Address::parse(address).map(|address| idna::folded(&address)) else {
            return Recipient::Nobody;
        };
        let ours = address.domain() == self.0.domain;
        if self.0.is_owner(&address) || (ours && address.local() == "postmaster") {
            Recipient::Ours
        } else if ours {
            Recipient::Nobody
        } else {
            Recipient::Elsewhere
        }
    }

    /// What knows what may do harm.
    pub fn dangers(&self) -> Dangers {
        self.0.dangers.clone()
    }

    /// What knows which networks send much spam.
    pub fn nuisances(&self) -> Nuisances {
        self.0.nuisances.clone()
    }

    /// What knows when somebody last came in from outside.
    pub fn comers(&self) -> Comers {
        self.0.comers.clone()
    }

    /// How a peer is met, after what came from its network.
    pub fn welcome(&self, peer: IpAddr) -> Welcome {
        self.0.comers.came(Door::Mail, peer, self.now());
        self.0.nuisances.welcome(peer, self.now())
    }

    /// Our own name, for the greeting and the `Received` line.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// What time it is.
    pub fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// Whether the disk takes something of so many octets: below the reserve nothing more is kept, so that the store is
    /// never at risk. Where the system does not say, it does.
    pub fn has_room(&self, octets: usize) -> bool {
        Room::of(self.0.vault.folder()).is_none_or(|room| room.takes(octets))
    }

    /// Says that a message is on its way, so that it may share a commit with others. `None` while locked.
    pub fn coming(&self) -> Option<Coming> {
        Some(self.0.vault.taking().ok()?.writer.coming())
    }

    /// Keeps a message, once, on the disk. `raw` is the message as received, line ends CRLF, without
    /// our `Received` line, which is put before it here. When this returns `Ok`, it is safe to answer `250`.
    /// A locked box seals it into the spool, which is on the same disk.
    pub async fn keep(&self, arrival: Arrival, raw: Vec<u8>) -> Result<Taken, NotKept> {
        if raw.len() > MAX_MESSAGE {
            return Err(NotKept::TooLarge);
        }
        if !self.has_room(raw.len()) {
            return Err(NotKept::Storage);
        }
        let raw = Arc::new(raw);
        sound(raw.clone()).await?;
        let found = self.0.senders.of(&arrival, &raw).await;
        if found.refused {
            return Err(NotKept::Refused);
        }
        let found = found.found;
        if self.turns_away(&raw, &found).await {
            return Err(NotKept::TurnedAway);
        }
        let coming = self.coming();
        let stamped = self.0.stamped(&arrival, &found, &raw);
        // As it came it is not needed any more, and it may be large.
        drop(raw);
        let raw = stamped;
        if self.0.vault.is_erased() {
            return Err(NotKept::Storage);
        }
        let Ok(open) = self.0.vault.taking() else {
            return self.spool(arrival, found, raw).await;
        };
        let (found, spooled) = (Box::new(found), None);
        match self.take(&open, raw, Source::Door { arrival, found, spooled }, coming).await? {
            Some(kept) => Ok(Taken::Kept(kept)),
            None => Err(NotKept::Storage),
        }
    }

    /// Whether its author was refused by the owner. A locked box does not know, and what cannot be told is taken.
    async fn turns_away(&self, raw: &Arc<Vec<u8>>, found: &Authentication) -> bool {
        let Ok(open) = self.0.vault.taking() else { return false };
        let (inner, raw, found) = (self.0.clone(), raw.clone(), found.clone());
        let asked = tokio::task::spawn_blocking(move || screener::turns_away(&open, (&raw, &inner.host), &found));
        matches!(asked.await, Ok(Ok(true)))
    }

    /// Keeps a message from a file exactly as it is; `Ok(None)` says that the very same octets were
    /// imported before. Nothing is known of its way.
    pub async fn import(&self, raw: Vec<u8>, received: Option<Time>, read: bool) -> Result<Option<Kept>, NotKept> {
        let brought = Brought {
            received,
            read,
            ..Brought::default()
        };
        self.bring(raw, brought).await
    }

    /// The same with what its mailbox says of it.
    pub async fn bring(&self, raw: Vec<u8>, brought: Brought) -> Result<Option<Kept>, NotKept> {
        if raw.len() > MAX_MESSAGE {
            return Err(NotKept::TooLarge);
        }
        if !self.has_room(raw.len()) {
            return Err(NotKept::Storage);
        }
        let received = brought.received.unwrap_or_else(|| self.now());
        if mime::is_too_complex(&raw) {
            return Err(NotKept::TooComplex);
        }
        let open = self.0.vault.open().map_err(|_| NotKept::Locked)?;
        let Brought {
            read, tags, by_content, ..
        } = brought;
        let source = Source::Import {
            received,
            read,
            tags,
            by_content,
        };
        self.take(&open, raw, source, None).await
    }

    /// Keeps a message that the box itself wrote to its owner. It never left this box.
    pub(super) async fn own(&self, raw: Vec<u8>) -> Result<Option<Kept>, NotKept> {
        let received = self.now();
        let open = self.0.vault.open().map_err(|_| NotKept::Locked)?;
        self.take(&open, raw, Source::Own { received }, None).await
    }

    /// The address that the box writes from, and the owner's that it writes to.
    pub(super) fn own_addresses(&self) -> (String, String) {
        (self.0.box_address(), self.0.first.clone())
    }

    /// A notice about a message that was sent from here is told on that message, and is none of its own. One that was told
    /// and is in the spool still, as after a crash between the two, is no news here and known where messages are kept.
    async fn returned(&self, open: &Arc<Open>, raw: &[u8], source: &Source) -> Result<Option<Kept>, NotKept> {
        let Source::Door { arrival, spooled, .. } = source else {
            return Ok(None);
        };
        if arrival.mail_from.as_ref().is_some_and(|from| !from.is_empty()) {
            return Ok(None);
        }
        let (reader, raw, arrival, spooled) = (open.clone(), raw.to_vec(), arrival.clone(), *spooled);
        let looked = tokio::task::spawn_blocking(move || returned::about_ours(&reader, &raw, &arrival, spooled));
        let Some(change) = looked.await.map_err(|_| NotKept::Storage)?.map_err(not_kept)? else {
            return Ok(None);
        };
        let (message, now) = (MessageId(change.message), self.now());
        let writing = open.writer.write(move |tables| store::returned::keep(tables, &change, now));
        let discussion = writing.await.map_err(not_kept)?.map(DiscussionId);
        Ok(discussion.map(|discussion| self.announced(message, discussion, source.is_news(now))))
    }

    async fn take(&self, open: &Arc<Open>, raw: Vec<u8>, source: Source, coming: Option<Coming>) -> Result<Option<Kept>, NotKept> {
        if let Some(kept) = self.returned(open, &raw, &source).await? {
            return Ok(Some(kept));
        }
        let news = source.is_news(self.now());
        let scanned = match source {
            Source::Door { .. } => self.0.dangers.scan(&raw).await,
            Source::Import { .. } | Source::Own { .. } => (Scan::NotAsked, None),
        };
        let inner = self.0.clone();
        let turn = self.0.preparing.acquire().await.map_err(|_| NotKept::Storage)?;
        let prepared = tokio::task::spawn_blocking({
            let open = open.clone();
            move || inner.prepare(&open, &raw, source, scanned)
        });
        let keep = prepared.await.map_err(|_| NotKept::Storage)??;
        drop(turn);
        let writing = open.writer.write(move |tables| mail::keep(tables, &keep));
        drop(coming);
        match writing.await.map_err(not_kept)? {
            mail::Kept::Before => Ok(None),
            mail::Kept::New { message, discussion } => Ok(Some(self.announced(MessageId(message), DiscussionId(discussion), news))),
        }
    }

    /// Says that a message was kept.
    fn announced(&self, message: MessageId, discussion: DiscussionId, news: bool) -> Kept {
        self.0.happenings.announce(Happening::Arrived { message, discussion, news });
        Kept { message, discussion }
    }
}

/// Whether a message may be read at all; looked at first, on the blocking pool.
async fn sound(raw: Arc<Vec<u8>>) -> Result<(), NotKept> {
    match tokio::task::spawn_blocking(move || mime::is_too_complex(&raw)).await {
        Ok(false) => Ok(()),
        Ok(true) => Err(NotKept::TooComplex),
        Err(_) => Err(NotKept::Storage),
    }
}

fn not_kept(error: store::Error) -> NotKept {
    tracing::error!(%error, "a message could not be kept");
    NotKept::Storage
}

impl Inner {
    /// What the box writes from: its postmaster, who is the owner too (RFC 5321 section 4.5.1).
    fn box_address(&self) -> String {
        format!("postmaster@{}", self.domain)
    }

    /// The message as it is kept: what pretends to be our finding goes, our own comes, and our `Received`.
    fn stamped(&self, arrival: &Arrival, found: &Authentication, raw: &[u8]) -> Vec<u8> {
        // Every arrival has an address whose name is asked for: where that is not known, nobody could be asked,
        // and a field that says so helps nobody.
        let ours = if found.reverse.outcome == Outcome::NotKnown {
            String::new()
        } else {
            authentication_results::line(found, &self.host, Some(arrival.peer))
        };
        let received = mime::received::line(arrival, &self.host);
        [
            ours.as_bytes(),
            received.as_bytes(),
            &authentication_results::without(raw, &self.host),
        ]
        .concat()
    }

    /// Whether an address is the owner's, with a detail (`me+shop@`) or without.
    fn is_owner(&self, address: &Address) -> bool {
        address.is_one_of(self.owner.iter())
    }
}
