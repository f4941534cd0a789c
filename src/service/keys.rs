//! The owner's OpenPGP keys: made by itself, kept young, published, saved and brought along.
//!
//! A key is made for each of the owner's addresses when the box is first unlocked. Its public half stands in front
//! of the lock too: whoever looks for it (Web Key Directory) is answered by a locked box, and it is public anyway.

use super::{Error, opening, read, search};
use crate::{
    codec::pgp::{Certificate, NoKey, SecretKey, directory},
    domain::{
        address::Address,
        fact::Fact,
        id::MessageId,
        openpgp::KeyFacts,
        privacy::{evidence::Authentic, gather::is_read_whole, message::evaluate},
        time::Time,
    },
    net::clock::Clock,
    store::{
        self,
        front::{Front, FrontFile},
        keys::{add_own, change_own, keep, set_signs},
        mail::Snapshot,
        recheck::{self, Found},
        record::{OwnKey, Proof},
        slots::random,
        vault::{Open, Vault},
    },
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};
use subtle::ConstantTimeEq;

/// Seconds between two looks at the age of the keys.
const LOOK: i64 = 3600;

/// Keys that the owner may have here.
const MOST: usize = 100;

/// Seconds that a file waits to be saved.
const WAIT: i64 = 120;

/// Messages that are tried again when a key was brought.
const REOPENED: usize = 1_000;

/// The owner's keys; cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    file: Arc<FrontFile>,
    addresses: Vec<Address>,
    looked: AtomicI64,
    /// What was asked for and not saved yet.
    waiting: Mutex<Option<Waiting>>,
}

/// A file that can be saved once.
struct Waiting {
    ticket: String,
    until: Time,
    name: String,
    text: String,
    /// The key that it saves.
    saves: Option<u64>,
}

/// One of the owner's keys, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnView {
    /// Which.
    pub id: u64,
    /// The address that it is for.
    pub address: Address,
    /// What may be said of it today.
    pub facts: KeyFacts,
    /// Whether it is in use.
    pub current: bool,
    /// Whether the box made it and keeps it young.
    pub made: bool,
    /// Whether it is of the newer kind (version 6, RFC 9580).
    pub modern: bool,
    /// When it came here.
    pub since: Time,
    /// When it was last saved as a file.
    pub saved: Option<Time>,
    /// Whether that file has its newest part, which is made once a year.
    pub saved_whole: bool,
    /// The public key, armored.
    pub armored: String,
    /// The name and the octets of its OPENPGPKEY record (RFC 7929), in the presentation of RFC 3597.
    pub record: (String, String),
}

/// What was brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Keys that are new, or of which there is more now than before.
    pub keys: usize,
    /// Messages that were opened with them.
    pub opened: usize,
    /// Keys that the passphrase did not open.
    pub closed: usize,
}

/// Why a key was not brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBrought {
    /// It could not be read.
    No(NoKey),
    /// There are too many.
    TooMany,
    /// All of them are here already.
    Here,
}

impl Keys {
    /// Over this vault, for the addresses of this front.
    pub fn new(vault: Vault, clock: Clock, file: Arc<FrontFile>, front: &Front) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            file,
            addresses: front.addresses.iter().filter_map(|address| Address::parse(address).ok()).collect(),
            looked: AtomicI64::new(i64::MIN),
            waiting: Mutex::default(),
        }))
    }

    /// Makes what is missing, and extends and renews what is due. Cheap where nothing is; a locked box waits.
    pub async fn tend(&self) {
        let Ok(open) = self.0.vault.open() else {
            self.0.looked.store(i64::MIN, Ordering::Relaxed);
            return;
        };
        let now = self.0.clock.now();
        let looked = self.0.looked.swap(now.0, Ordering::Relaxed);
        if looked != i64::MIN && (0..LOOK).contains(&now.0.saturating_sub(looked)) {
            self.0.looked.store(looked, Ordering::Relaxed);
            return;
        }
        if let Err(error) = self.tend_now(&open, now).await {
            tracing::error!(%error, "the keys could not be looked after and will be later");
        }
    }

    async fn tend_now(&self, open: &Arc<Open>, now: Time) -> Result<(), Error> {
        let addresses = self.0.addresses.clone();
        let (fresh, young) = read(&self.0.vault, move |snapshot| {
            let keys = snapshot.own_keys()?;
            let missing = |address: &&Address| {
                let is_theirs = |key: &OwnKey| key.current && key.address == address.as_str() && !is_modern(key);
                !keys.iter().any(|(_, key)| is_theirs(key))
            };
            let fresh: Vec<OwnKey> = addresses
                .iter()
                .filter(missing)
                .filter_map(|address| {
                    Some(OwnKey {
                        address: address.to_string(),
                        secret: SecretKey::make(address, now)?.octets(),
                        current: true,
                        made: true,
                        since: now.0,
                        saved: 0,
                    })
                })
                .collect();
            let mut young = Vec::new();
            for (id, key) in keys.into_iter().filter(|(_, key)| key.made && key.current) {
                let Ok(mut secret) = SecretKey::read(&key.secret) else { continue };
                if secret.is_due(now) && secret.keep_young(now) {
                    young.push((id, secret.octets()));
                }
            }
            Ok((fresh, young))
        })
        .await?;
        if !fresh.is_empty() || !young.is_empty() {
            let writing = open.writer.write(move |tables| {
                for key in &fresh {
                    add_own(tables, key)?;
                }
                for (id, octets) in &young {
                    change_own(tables, *id, |key| key.secret.clone_from(octets))?;
                }
                Ok(())
            });
            writing.await?;
        }
        self.publish(now).await
    }

    /// Puts the public halves in front of the lock, where they are not there as they are.
    async fn publish(&self, now: Time) -> Result<(), Error> {
        let file = self.0.file.clone();
        read(&self.0.vault, move |snapshot| {
            let mut published: Vec<(String, Vec<u8>)> = Vec::new();
            // One of the newer kind beside it would make GnuPG 2.2 refuse the whole answer ("Invalid packet") and Sequoia of
            // that time say that it is a keyring: it stands in the DNS, where each key is a record of its own.
            let current = snapshot.own_keys()?.into_iter().map(|(_, key)| key);
            for key in current.filter(|key| key.current && !is_modern(key)) {
                let (Ok(secret), Ok(address)) = (SecretKey::read(&key.secret), Address::parse(&key.address)) else {
                    continue;
                };
                let (name, octets) = (
                    directory::wkd_name(address.local()),
                    secret.certificate().minimal(&address, now).octets(),
                );
                match published.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, before)) => before.extend(octets),
                    None => published.push((name, octets)),
                }
            }
            if file.keys()? != published {
                file.set_keys(&published)?;
            }
            Ok(())
        })
        .await
    }

    /// The public key of this name in the directory (`codec::pgp::directory::wkd_name`); also while locked.
    pub async fn published(&self, name: &str) -> Option<Vec<u8>> {
        let (file, name) = (self.0.file.clone(), name.to_owned());
        let found = tokio::task::spawn_blocking(move || file.keys()).await.ok()?.ok()?;
        found.into_iter().find(|(known, _)| *known == name).map(|(_, octets)| octets)
    }

    /// The owner's keys, those in use first.
    pub async fn list(&self) -> Result<Vec<OwnView>, Error> {
        let now = self.0.clock.now();
        read(&self.0.vault, move |snapshot| {
            let mut keys: Vec<OwnView> = snapshot.own_keys()?.iter().filter_map(|(id, key)| view(*id, key, now)).collect();
            keys.sort_by_key(|key| (!key.current, std::cmp::Reverse(key.since)));
            Ok(keys)
        })
        .await
    }

    /// One of them with its secret, and the address that it is for.
    async fn secret(&self, id: u64) -> Result<(SecretKey, Address), Error> {
        read(&self.0.vault, move |snapshot| {
            let (_, key) = snapshot
                .own_keys()?
                .into_iter()
                .find(|(known, _)| *known == id)
                .ok_or(Error::NotFound)?;
            let secret = SecretKey::read(&key.secret).map_err(|_| store::Error::Damaged)?;
            Ok((secret, Address::parse(&key.address).map_err(|_| store::Error::Damaged)?))
        })
        .await
    }

    /// Makes ready the secret key as a file under a passphrase: what to keep elsewhere. Gives the ticket for it; that it
    /// was saved is noted when it is fetched.
    pub async fn save(&self, id: u64, passphrase: String) -> Result<String, Error> {
        let (secret, address) = self.secret(id).await?;
        let armored = tokio::task::spawn_blocking(move || secret.armored(Some(&passphrase)));
        let armored = armored.await.ok().flatten().ok_or(store::Error::Damaged)?;
        self.wait(format!("{address}.secret.asc"), armored, Some(id))
    }

    /// Makes ready the certificate that takes a key back; gives the ticket for it.
    pub async fn revocation(&self, id: u64) -> Result<String, Error> {
        let (secret, address) = self.secret(id).await?;
        let text = secret.revocation(self.0.clock.now()).ok_or(store::Error::Damaged)?;
        self.wait(format!("{address}.revocation.asc"), text, None)
    }

    fn wait(&self, name: String, text: String, saves: Option<u64>) -> Result<String, Error> {
        let ticket: String = random::<16>()?.iter().map(|octet| format!("{octet:02x}")).collect();
        *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Waiting {
            ticket: ticket.clone(),
            until: Time(self.0.clock.now().0.saturating_add(WAIT)),
            name,
            text,
            saves,
        });
        Ok(ticket)
    }

    /// Whether a file waits for this ticket.
    pub fn waits(&self, ticket: &str) -> bool {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_ref().is_some_and(|waiting| self.fits(waiting, ticket))
    }

    /// Gives the file of a ticket, its name first, once; a secret key is noted as saved.
    pub async fn redeem(&self, ticket: &str) -> Result<Option<(String, String)>, Error> {
        let Some(Waiting { name, text, saves, .. }) = self.taken(ticket) else {
            return Ok(None);
        };
        if let Some(id) = saves {
            let (open, now) = (self.0.vault.open()?, self.0.clock.now().0);
            open.writer
                .write(move |tables| change_own(tables, id, |key| key.saved = now))
                .await?;
        }
        Ok(Some((name, text)))
    }

    fn taken(&self, ticket: &str) -> Option<Waiting> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.as_ref().is_some_and(|waiting| self.fits(waiting, ticket)) {
            return None;
        }
        waiting.take()
    }

    fn fits(&self, waiting: &Waiting, ticket: &str) -> bool {
        self.0.clock.now() <= waiting.until && self.0.vault.open().is_ok() && bool::from(waiting.ticket.as_bytes().ct_eq(ticket.as_bytes()))
    }

    /// The certificates that take back the keys in use, for the recovery sheet: address, fingerprint, text.
    pub async fn revocations(&self) -> Result<Vec<(Address, String, String)>, Error> {
        let now = self.0.clock.now();
        read(&self.0.vault, move |snapshot| {
            let keys = snapshot.own_keys()?;
            let current = keys.iter().filter(|(_, key)| key.current);
            let told = |(_, key): &(u64, OwnKey)| {
                let secret = SecretKey::read(&key.secret).ok()?;
                let address = Address::parse(&key.address).ok()?;
                Some((address, secret.fingerprint().to_string(), secret.revocation(now)?))
            };
            Ok(current.filter_map(told).collect())
        })
        .await
    }

    /// Whether what is not encrypted is signed.
    pub async fn signs(&self) -> Result<bool, Error> {
        read(&self.0.vault, |snapshot| Ok(snapshot.signs()?)).await
    }

    /// Signs what is not encrypted from now on, or no longer.
    pub async fn set_signs(&self, signs: bool) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        Ok(open.writer.write(move |tables| set_signs(tables, signs)).await?)
    }

    /// Uses a key from now on for its address; one that cannot be used is not there for that.
    pub async fn use_from_now_on(&self, id: u64) -> Result<(), Error> {
        let (key, _) = self.secret(id).await?;
        if !key.certificate().facts(self.0.clock.now()).is_in_order() {
            return Err(Error::NotFound);
        }
        let open = self.0.vault.open()?;
        let there = open
            .writer
            .write(move |tables| change_own(tables, id, |key| key.current = true))
            .await?;
        if !there {
            return Err(Error::NotFound);
        }
        self.publish(self.0.clock.now()).await
    }

    /// Makes a new key for the address of another, which from then on only opens old mail.
    pub async fn renew(&self, id: u64) -> Result<(), Error> {
        let (before, address) = self.secret(id).await?;
        self.begin(address, before.is_modern()).await
    }

    /// Makes a key of the newer kind (RFC 9580) beside the one of this address, where there is none yet.
    pub async fn make_modern(&self, address: Address) -> Result<(), Error> {
        if !address.is_one_of(self.0.addresses.iter()) {
            return Err(Error::NotFound);
        }
        let there = self.list().await?;
        if there.iter().any(|key| key.current && key.modern && key.address == address) {
            return Ok(());
        }
        self.begin(address, true).await
    }

    /// Makes a key for an address and uses it.
    async fn begin(&self, address: Address, modern: bool) -> Result<(), Error> {
        let (open, now) = (self.0.vault.open()?, self.0.clock.now());
        let make = if modern { SecretKey::make_modern } else { SecretKey::make };
        let secret = make(&address, now).ok_or(store::Error::Damaged)?.octets();
        let key = OwnKey {
            address: address.to_string(),
            secret,
            current: true,
            made: true,
            since: now.0,
            saved: 0,
        };
        open.writer.write(move |tables| add_own(tables, &key)).await?;
        self.publish(now).await
    }

    /// Brings keys along, with the passphrase that protects them; they open old mail, and one of them is used
    /// only when the owner says so. One that was brought before may have been extended or renewed elsewhere since.
    pub async fn bring(&self, octets: Vec<u8>, passphrase: String) -> Result<Result<Brought, NotBrought>, Error> {
        let reading = tokio::task::spawn_blocking(move || SecretKey::read_ring(&octets, &passphrase));
        let (keys, closed) = match reading.await.map_err(|_| store::Error::Damaged)? {
            Ok(keys) => keys,
            Err(why) => return Ok(Err(NotBrought::No(why))),
        };
        let (this, now) = (self.clone(), self.0.clock.now());
        let (known, fresh, grown) = read(&self.0.vault, move |snapshot| {
            let rows = snapshot.own_keys()?;
            let (mut fresh, mut grown) = (Vec::new(), Vec::new());
            for key in &keys {
                let mut known = rows
                    .iter()
                    .filter_map(|(id, row)| Some((*id, row.made, SecretKey::read(&row.secret).ok()?)));
                match known.find(|(_, _, secret)| secret.fingerprint() == key.fingerprint()) {
                    None => fresh.extend(this.row(key, now)),
                    // What this box made is looked after here.
                    Some((_, true, _)) => {}
                    Some((id, false, secret)) => {
                        let merged = secret.clone().merged(key).octets();
                        if merged != secret.octets() {
                            grown.push((id, merged));
                        }
                    }
                }
            }
            Ok((rows.len(), fresh, grown))
        })
        .await?;
        if fresh.is_empty() && grown.is_empty() && closed == 0 {
            return Ok(Err(NotBrought::Here));
        }
        if known + fresh.len() > MOST {
            return Ok(Err(NotBrought::TooMany));
        }
        let (keys, open) = (fresh.len() + grown.len(), self.0.vault.open()?);
        let writing = open.writer.write(move |tables| {
            for key in &fresh {
                add_own(tables, key)?;
            }
            for (id, octets) in &grown {
                change_own(tables, *id, |key| {
                    key.secret.clone_from(octets);
                    key.saved = now.0;
                })?;
            }
            Ok(())
        });
        writing.await?;
        self.publish(now).await?;
        let opened = self.reopen().await?;
        Ok(Ok(Brought { keys, opened, closed }))
    }

    fn row(&self, key: &SecretKey, now: Time) -> Option<OwnKey> {
        let names = key.certificate().facts(now).addresses;
        let own = names.iter().find(|address| address.is_one_of(self.0.addresses.iter()));
        let address = own.or(self.0.addresses.first())?;
        Some(OwnKey {
            address: address.to_string(),
            secret: key.octets(),
            current: false,
            made: false,
            since: now.0,
            saved: now.0,
        })
    }

    /// Tries messages again that could not be opened; says how many could be now.
    async fn reopen(&self) -> Result<usize, Error> {
        let closed = read(&self.0.vault, |snapshot| Ok(snapshot.closed(REOPENED)?)).await?;
        let mut opened = 0;
        for id in closed {
            let (addresses, now) = (self.0.addresses.clone(), self.0.clock.now());
            let again = read(&self.0.vault, move |snapshot| {
                Ok(open_again(snapshot, MessageId(id), &addresses, now)?)
            })
            .await?;
            let Some((found, record, packed)) = again else { continue };
            let open = self.0.vault.open()?;
            let writing = open.writer.write(move |tables| {
                keep(tables, found.message, &record, &packed)?;
                recheck::found(tables, 0, &found)
            });
            writing.await?;
            search::again(&self.0.vault, MessageId(id)).await?;
            opened += 1;
        }
        Ok(opened)
    }
}

type Again = Option<(Found, store::record::Opening, Vec<u8>)>;

/// A message that was closed, tried again with today's keys; `None` where it stays closed.
fn open_again(snapshot: &Snapshot, id: MessageId, owner: &[Address], now: Time) -> Result<Again, store::Error> {
    let (Some(message), Some(proof)) = (snapshot.message(id.0)?, snapshot.proof(id.0)?) else {
        return Ok(None);
    };
    let Ok(raw) = snapshot.raw(id.0, &message) else { return Ok(None) };
    let reading = crate::codec::mime::read(&raw);
    let asked = opening::Asked {
        raw: &raw,
        reading: &reading,
        vouched: matches!(proof.authentication().authentic(), Fact::Known(Authentic::Spf | Authentic::Dkim)),
        received: Time(message.received),
        now,
    };
    let step = opening::step(snapshot, &asked, |address| address.is_one_of(owner.iter()))?;
    let Some((record, packed)) = step.opened.filter(|(record, _)| record.failed().is_none()) else {
        return Ok(None);
    };
    let mut evidence = proof.evidence();
    let html = evidence.content.html;
    evidence.content = step.content;
    evidence.content.html = match &step.shown {
        Some(shown) => {
            let reading = crate::codec::mime::read(shown);
            let found = reading.html.as_deref().map(|source| crate::codec::html::findings(source).0);
            if is_read_whole(&reading) {
                Fact::Known(found.unwrap_or_default())
            } else {
                Fact::Unknown
            }
        }
        None => html,
    };
    let index = evaluate(&evidence);
    let found = Found {
        message: id.0,
        proof: Proof {
            arrival: proof.arrival.clone(),
            authenticated: proof.authenticated.clone(),
            ..Proof::of(&evidence, None)
        },
        index: index.points,
        padlock: index.padlock as u8,
    };
    Ok(Some((found, record, packed)))
}

fn is_modern(key: &OwnKey) -> bool {
    SecretKey::read(&key.secret).is_ok_and(|key| key.is_modern())
}

fn view(id: u64, key: &OwnKey, now: Time) -> Option<OwnView> {
    let secret = SecretKey::read(&key.secret).ok()?;
    let certificate = secret.certificate();
    let address = Address::parse(&key.address).ok()?;
    let small = certificate.minimal(&address, now);
    Some(OwnView {
        id,
        facts: certificate.facts(now),
        record: dns_record(&address, &small),
        armored: small.armored(),
        address,
        current: key.current,
        made: key.made,
        modern: certificate.is_modern(),
        since: Time(key.since),
        saved: (key.saved > 0).then_some(Time(key.saved)),
        saved_whole: Time(key.saved) >= secret.renewed(),
    })
}

fn dns_record(address: &Address, key: &Certificate) -> (String, String) {
    let octets = key.octets();
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    (
        format!("{}.", directory::dane_name(address)),
        format!("TYPE61 \\# {} {hex}", octets.len()),
    )
}
