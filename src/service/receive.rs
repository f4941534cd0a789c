//! A message arrives: read it, weigh it, keep it, and only then say so.
//!
//! Named steps, in order: too complex? → authenticate (`service::authenticate`) → refused? → stamp (our
//! `Authentication-Results` and `Received`) → read → what do we know → what may do harm → weigh (the index, the
//! importance, tags) → one write → announce. The slow ones run on the blocking pool, before the write.
//!
//! Absent so far: opening what is encrypted, spam. Their evidence is "not known" until then.

use super::excerpt::{excerpt, headline};
use super::{
    authenticate::Senders,
    danger::Dangers,
    happening::{Happening, Happenings},
    importance,
    nuisance::Nuisances,
    spam::{self, Case, Spam},
    strict,
};
use crate::{
    codec::{authentication_results, hosts, html, mime},
    domain::{
        address::Address,
        authentication::{Authentication, Outcome},
        contact::Contact,
        danger::Scan,
        discussion::DiscussionKey,
        fact::Fact,
        id::{ContactId, DiscussionId, MessageId},
        message::Reading,
        nuisance::Welcome,
        privacy::{
            evidence::{Direction, Evidence, Other, Travel},
            gather::{Hosts, Observed, gather, session},
            index::RULES_VERSION,
            message::evaluate,
        },
        time::Time,
        transport::Arrival,
    },
    net::{authenticate::Authenticate, clock::Clock, dns::Dns},
    store::{
        self,
        front::{Front, FrontFile},
        mail::{self, Keep, Snapshot},
        record::{self, sha256},
        seal,
        vault::{Open, Vault},
        writer::Coming,
    },
};
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

/// The most octets a message may have (25 MiB).
pub const MAX_MESSAGE: usize = 25 * 1024 * 1024;

/// Seconds after which the DNS is asked once more where it did not tell all.
const AGAIN: i64 = 30 * 60;
/// Takes messages in; cheap to clone.
#[derive(Clone)]
pub struct Receive(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    dangers: Dangers,
    nuisances: Nuisances,
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
    },
    /// The box itself wrote it.
    Own {
        received: Time,
    },
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
        let Ok(address) = Address::parse(address) else {
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

    /// How a peer is met, after what came from its network.
    pub fn welcome(&self, peer: IpAddr) -> Welcome {
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
        let raw = Arc::new(raw);
        sound(raw.clone()).await?;
        let found = self.0.senders.of(&arrival, &raw).await;
        if found.refused {
            return Err(NotKept::Refused);
        }
        let found = found.found;
        let coming = self.coming();
        let raw = self.0.stamped(&arrival, &found, &raw);
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

    async fn spool(&self, arrival: Arrival, found: Authentication, raw: Vec<u8>) -> Result<Taken, NotKept> {
        let inner = self.0.clone();
        let spooled = tokio::task::spawn_blocking(move || {
            let clear = record::Spooled::encode(&arrival, &found, &raw).map_err(not_kept)?;
            let sealed = seal::seal(&inner.sealing, &clear).map_err(not_kept)?;
            inner.file.spool(&sealed).map_err(not_kept)
        });
        spooled.await.map_err(|_| NotKept::Storage)??;
        // The box may have been unlocked, and the spool emptied, while this one was being sealed.
        if self.0.vault.taking().is_ok() {
            let _ = self.drain().await;
        }
        Ok(Taken::Sealed)
    }

    /// Takes everything from the spool into the vault, in order, each once; says how many. What cannot be
    /// opened stays where it is and is said in the log: it may be the disk, and a backup may have it whole.
    pub async fn drain(&self) -> Result<u64, NotKept> {
        let _one = self.0.draining.lock().await;
        let open = self.0.vault.taking().map_err(|_| {
            self.0.dangers.forget();
            self.0.nuisances.forget();
            NotKept::Locked
        })?;
        self.0.nuisances.load(&open).map_err(not_kept)?;
        let (mut after, mut drained) = (0, 0);
        loop {
            // Locked, or about to be written anew: what is left waits where it is.
            if !self.0.vault.taking().is_ok_and(|now| Arc::ptr_eq(&now, &open)) {
                return Ok(drained);
            }
            let (inner, reader) = (self.0.clone(), open.clone());
            let next = tokio::task::spawn_blocking(move || inner.unseal_after(&reader, after));
            let Some((number, opened)) = next.await.map_err(|_| NotKept::Storage)?.map_err(not_kept)? else {
                return Ok(drained);
            };
            after = number;
            let Some((arrival, found, raw)) = opened else { continue };
            let mut found = found.unwrap_or_default();
            // What only the owner's own lists can explain had to wait for them.
            self.0.senders.explain(&mut found, &raw).await;
            let (found, spooled) = (Box::new(found), Some(number));
            let source = Source::Door { arrival, found, spooled };
            drained += u64::from(self.take(&open, raw, source, None).await?.is_some());
            let inner = self.0.clone();
            let gone = tokio::task::spawn_blocking(move || inner.file.unspool(number));
            gone.await.map_err(|_| NotKept::Storage)?.map_err(not_kept)?;
        }
    }

    /// Keeps a message from a file exactly as it is; `Ok(None)` says that the very same octets were
    /// imported before. Nothing is known of its way.
    pub async fn import(&self, raw: Vec<u8>, received: Option<Time>, read: bool) -> Result<Option<Kept>, NotKept> {
        if raw.len() > MAX_MESSAGE {
            return Err(NotKept::TooLarge);
        }
        let received = received.unwrap_or_else(|| self.now());
        if mime::is_too_complex(&raw) {
            return Err(NotKept::TooComplex);
        }
        let open = self.0.vault.open().map_err(|_| NotKept::Locked)?;
        self.take(&open, raw, Source::Import { received, read }, None).await
    }

    /// Keeps a message that the box itself wrote to its owner. It never left this appliance.
    pub(super) async fn own(&self, raw: Vec<u8>) -> Result<Option<Kept>, NotKept> {
        let received = self.now();
        let open = self.0.vault.open().map_err(|_| NotKept::Locked)?;
        self.take(&open, raw, Source::Own { received }, None).await
    }

    /// The address that the box writes from, and the owner's that it writes to.
    pub(super) fn own_addresses(&self) -> (String, String) {
        (self.0.box_address(), self.0.first.clone())
    }

    async fn take(&self, open: &Arc<Open>, raw: Vec<u8>, source: Source, coming: Option<Coming>) -> Result<Option<Kept>, NotKept> {
        let scanned = match source {
            Source::Door { .. } => self.0.dangers.scan(&raw).await,
            Source::Import { .. } | Source::Own { .. } => (Scan::NotAsked, None),
        };
        let inner = self.0.clone();
        let prepared = tokio::task::spawn_blocking({
            let open = open.clone();
            move || inner.prepare(&open, &raw, source, scanned)
        });
        let keep = prepared.await.map_err(|_| NotKept::Storage)??;
        let writing = open.writer.write(move |tables| mail::keep(tables, &keep));
        drop(coming);
        match writing.await.map_err(not_kept)? {
            mail::Kept::Before => Ok(None),
            mail::Kept::New { message, discussion } => {
                let (message, discussion) = (MessageId(message), DiscussionId(discussion));
                self.0.happenings.announce(Happening::Arrived { message, discussion });
                Ok(Some(Kept { message, discussion }))
            }
        }
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
    /// The first arrival of the spool after this number: `None` in its place where it cannot be opened.
    fn unseal_after(&self, open: &Open, after: u64) -> Result<Option<(u64, Option<record::Unspooled>)>, store::Error> {
        let Some((number, sealed)) = self.file.spooled(after)? else {
            return Ok(None);
        };
        let limit = 2 * MAX_MESSAGE as u64;
        let opened = open.unseal(&sealed, limit).and_then(|clear| record::Spooled::decode(&clear));
        Ok(Some((
            number,
            opened
                .inspect_err(|_| tracing::error!(number, "an arrival in the spool is damaged"))
                .ok(),
        )))
    }

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

    /// Everything slow: reading, weighing, packing.
    fn prepare(&self, open: &Open, raw: &[u8], source: Source, scanned: (Scan, Option<String>)) -> Result<Keep, NotKept> {
        let reading = mime::read(raw);
        let known = self.known(open, &reading).map_err(not_kept)?;
        let (own, once) = (matches!(source, Source::Own { .. }), matches!(source, Source::Import { .. }));
        let is_owner = |address: &Address| self.is_owner(address);
        let look = self.dangers.look(open, raw, &reading, is_owner, scanned).map_err(not_kept)?;
        let (received, unread, arrival, found, spooled) = match source {
            Source::Door { arrival, found, spooled } => (arrival.at, true, Some(arrival), Some(found), spooled),
            Source::Import { received, read } => (received, !read, None, None, None),
            Source::Own { received } => (received, true, None, None, None),
        };
        let checks = found.as_deref().map(spam::checks).unwrap_or_default();
        let case = Case {
            raw,
            reading: &reading,
            arrival: arrival.as_ref(),
            checks,
        };
        let judged = self.spam.on_arrival(open, &case, own, once).map_err(not_kept)?;
        let mut evidence = self.weigh(&reading, arrival.as_ref(), own, &known);
        if let Some(found) = &found {
            vouched(&mut evidence, found);
            evidence.travel.strict = strict::of_our_door(open, &self.domain, received).map_err(not_kept)?;
        }
        let index = evaluate(&evidence);
        let key = if own {
            DiscussionKey::of_the_box()
        } else {
            let contact = |address: &Address| known.get(address).map(|card| card.id);
            DiscussionKey::of(&reading, is_owner, contact)
        };
        let asked = importance::Asked {
            reading: &reading,
            arrival: arrival.as_ref(),
            evidence: &evidence,
            index: index.points,
            known: &known,
            owner: &self.owner,
            domain: &self.domain,
            key: key.as_str(),
        };
        let mut filling = importance::fill(open, &asked).map_err(not_kept)?;
        if let Some((_, judged)) = judged.as_ref().filter(|_| arrival.is_some()) {
            spam::file(&mut filling, judged);
        }
        let packed = mail::pack(raw).map_err(not_kept)?;
        let spam = judged.as_ref().is_some_and(|(_, judged)| judged.is_spam());
        let nuisance = arrival
            .as_ref()
            .and_then(|arrival| self.nuisances.judge(arrival.peer, spam, arrival.at));
        Ok(Keep {
            filling,
            key: key.as_str().to_owned(),
            list: reading
                .list_id
                .as_ref()
                .map(|id| headline(if reading.list_name.is_empty() { id } else { &reading.list_name })),
            people: self.people(&reading),
            subject: headline(&reading.subject),
            excerpt: excerpt(&reading.text),
            trackers: evidence.content.html.known().map_or(0, |html| html.trackers),
            attachments: reading.attachments.iter().filter(|file| !file.inline).count() as u32,
            message: record::Message {
                discussion: 0,
                received: received.0,
                unread,
                size: raw.len() as u64,
                packed: packed.len() as u64,
                hash: mail::short_hash(raw),
                index: index.points,
                rules: RULES_VERSION,
                padlock: index.padlock as u8,
            },
            spooled,
            once: once.then(|| sha256(raw)),
            proof: record::Proof::of(&evidence, arrival.as_ref()).with(found.as_deref()),
            recheck: found.filter(|found| found.is_open()).map(|_| received.0.saturating_add(AGAIN)),
            looked: record::Looked::of(&look),
            nuisance,
            judged,
            packed,
        })
    }

    /// Whether an address is the owner's, with a detail (`me+shop@`) or without.
    fn is_owner(&self, address: &Address) -> bool {
        address.is_one_of(self.owner.iter())
    }

    /// The cards of those who take part, from one snapshot.
    fn known(&self, open: &Open, reading: &Reading) -> Result<HashMap<Address, Contact>, store::Error> {
        let snapshot = Snapshot::of(open)?;
        let mut known = HashMap::new();
        for mailbox in reading.participants() {
            if let Some((id, card)) = snapshot.contact_of(mailbox.address.as_str())? {
                let addresses = card.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect();
                known.insert(
                    mailbox.address.clone(),
                    Contact {
                        id: ContactId(id),
                        name: card.name,
                        addresses,
                    },
                );
            }
        }
        Ok(known)
    }

    fn people(&self, reading: &Reading) -> Vec<record::Person> {
        let others = reading.participants().filter(|mailbox| !self.is_owner(&mailbox.address));
        let person = |m: &crate::domain::message::Mailbox| record::Person {
            name: headline(&m.name),
            address: m.address.to_string(),
        };
        others.take(record::Discussion::PEOPLE).map(person).collect()
    }

    /// The evidence. What only authentication and opening could tell is left "not known".
    fn weigh(&self, reading: &Reading, arrival: Option<&Arrival>, own: bool, known: &HashMap<Address, Contact>) -> Evidence {
        let html = reading.html.as_deref().map(|source| html::findings(source).0).unwrap_or_default();
        let seen = Observed {
            direction: if own { Direction::Local } else { Direction::In },
            received: arrival.is_some(),
            travel: arrival.map(travel).unwrap_or_default(),
            ..Observed::default()
        };
        let hosts = Hosts {
            home: &self.host,
            registrable: &hosts::registrable,
        };
        let about = |address: &Address| Other {
            address: address.clone(),
            known: Fact::Known(known.contains_key(address)),
            key: Fact::Unknown,
            index: Fact::Unknown,
        };
        // What the box writes to its owner has nobody else in it.
        let is_owner = |address: &Address| self.is_owner(address) || (own && address.as_str() == self.box_address());
        gather(reading, html, &seen, hosts, is_owner, about)
    }
}

/// What the door saw of the last hop. Whether it could have been stripped is not known until this
/// domain's own records are.
fn travel(arrival: &Arrival) -> Travel {
    let (tls, quantum) = session(arrival.tls.as_ref());
    Travel {
        tls: Fact::Known(tls),
        quantum: Fact::Known(quantum),
        ..Travel::default()
    }
}

/// Who vouches for the sender becomes evidence.
pub(super) fn vouched(evidence: &mut Evidence, found: &Authentication) {
    evidence.travel.authentic = found.authentic();
    evidence.travel.dmarc = found.met();
}
