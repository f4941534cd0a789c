//! Other people's keys: which one is used for an address, what is said of each, comparing them, and asking for one.
//!
//! A key belongs to an address because the owner compared it, their domain publishes it, or a message that was
//! authenticated brought it. One that only the message itself brought is used where there is none of these: it takes
//! nobody's place, and wins nothing. Where the owner compared one, no other is ever used in its place without their word;
//! one that they found to differ is kept, so that it is known and not used whoever brings it again.
//! Deliberately absent: asking a key server without being told to, and asking anybody while the owner writes.

use super::{Error, read};
use crate::{
    codec::{
        mime,
        pgp::{Certificate, NoKey, directory},
    },
    domain::{
        address::Address,
        fact::Fact,
        id::MessageId,
        openpgp::{Fingerprint, KeyFacts},
        privacy::evidence::{Authentic, KeyState},
        time::Time,
    },
    net::{
        clock::Clock,
        dns::{self, Dns, Security},
        https::Https,
    },
    store::{
        self,
        keys::change_peer,
        mail::Snapshot,
        record::{Held, PeerKeys},
        vault::Vault,
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

mod choice;

pub use crate::store::record::Source;
pub use choice::Choice;
use choice::is_chosen;

/// People who are asked for at once, when a message leaves.
const ASKED_AT_ONCE: usize = 20;

/// Seconds until somebody's domain is asked again.
const ASK_AGAIN: i64 = 24 * 3600;

/// Keys of one message that are kept.
const CARRIED: usize = 4;

/// The longest that sending waits for keys.
const ASKING: std::time::Duration = std::time::Duration::from_secs(6);

/// Seconds after which the domain of somebody whose key is known is asked again, by itself.
const REFRESH: i64 = 7 * 24 * 3600;

/// Seconds over which people whose turn comes at the same time are spread.
const SPREAD: i64 = 2 * 24 * 3600;

/// Seconds between two people whose domains are asked by itself.
const PAUSE: i64 = 5 * 60;

/// Seconds until it is looked again whose turn it is, where it was nobody's.
const NOBODYS: i64 = 3600;

/// The longest that one domain is waited for when it is asked by itself.
const REFRESHING: std::time::Duration = std::time::Duration::from_secs(20);

/// Keys of a ring that are put down together.
const TOGETHER: usize = 200;

/// What became of a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rung {
    /// Keys that are new.
    pub keys: u64,
    /// Those without an address: nobody knows whose they are.
    pub nobodys: u64,
}

/// People that are listed.
const MOST: usize = 2_000;

/// What is known of the key of an address, as evidence: not known where nobody ever showed one that anybody speaks for.
pub fn state(snapshot: &Snapshot, address: &Address, now: Time) -> Result<Fact<KeyState>, store::Error> {
    let row = snapshot.peer_keys(address.as_str())?;
    Ok(row.map_or(Fact::Unknown, |row| Choice::of(&row, now).state()))
}

/// How well mail to an address can be closed, the better the greater; `None` where nothing says that it can. By this one of
/// several addresses of somebody is chosen.
pub fn closes(snapshot: &Snapshot, address: &Address, now: Time) -> Result<Option<KeyState>, store::Error> {
    Ok(state(snapshot, address, now)?.known().filter(|state| *state >= KeyState::Usable))
}

/// One key of somebody's, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// What may be said of it today.
    pub facts: KeyFacts,
    /// Where it came from, at best.
    pub source: Source,
    /// Whether somebody that can be believed says that it is theirs.
    pub vouched: bool,
    /// When it was first seen.
    pub since: Time,
    /// When the owner compared it.
    pub verified: Option<Time>,
    /// Whether the owner found that it differs, and is not theirs.
    pub refused: bool,
    /// Whether it is the one that would be used now.
    pub used: bool,
}

/// Somebody's keys, as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonKeys {
    /// Whose.
    pub address: Address,
    /// Their name in the address book.
    pub name: Option<String>,
    /// The keys, the one in use first.
    pub keys: Vec<KeyView>,
    /// Whether they like encrypted mail.
    pub mutual: bool,
    /// Whether there is another key than the one that the owner compared.
    pub changed: bool,
    /// Since when another key than before is in use, where none was compared.
    pub replaced: Option<Time>,
    /// Who passed a key on, where that is all that is known.
    pub introduced_by: Option<Address>,
    /// When their domain was last asked.
    pub asked: Option<Time>,
}

fn person(snapshot: &Snapshot, address: Address, row: &PeerKeys, now: Time) -> Result<PersonKeys, Error> {
    let choice = Choice::of(row, now);
    let used = choice.key.as_ref().map(Certificate::fingerprint);
    let view = |held: &Held| {
        let facts = Certificate::read(&held.octets).ok()?.facts(now);
        Some(KeyView {
            used: used.as_ref() == Some(&facts.fingerprint),
            facts,
            source: held.source(),
            vouched: held.vouched,
            since: Time(held.since),
            verified: (held.verified > 0).then_some(Time(held.verified)),
            refused: held.is_refused(),
        })
    };
    let mut keys: Vec<KeyView> = row.keys.iter().filter_map(view).collect();
    keys.sort_by_key(|key| (!key.used, key.refused, key.verified.is_none(), std::cmp::Reverse(key.since)));
    let passed_on = keys.iter().all(|key| key.source == Source::Gossip);
    Ok(PersonKeys {
        name: snapshot.contact_of(address.as_str())?.map(|(_, card)| card.name),
        address,
        keys,
        mutual: row.mutual,
        changed: choice.changed,
        replaced: choice.replaced,
        introduced_by: Address::parse(&row.gossip_by).ok().filter(|_| passed_on),
        asked: (row.asked > 0).then_some(Time(row.asked)),
    })
}

/// What came of asking a domain for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It has one that is new here.
    Found,
    /// It has one that was known.
    Known,
    /// It has none, or none that could be read.
    None,
    /// It could not be asked.
    Unreachable,
}

/// Other people's keys; cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) https: Https,
    dns: Dns,
    /// From when on it is looked again whose turn it is.
    turn: Arc<AtomicI64>,
}

impl Keyring {
    /// Over this vault, asking the web servers of domains through this client.
    pub fn new(vault: Vault, clock: Clock, https: Https) -> Self {
        Self {
            vault,
            clock,
            https,
            dns: Dns::nobody(),
            turn: Arc::new(AtomicI64::new(i64::MIN)),
        }
    }

    /// Asking this DNS too.
    #[must_use]
    pub fn asking(self, dns: Dns) -> Self {
        Self { dns, ..self }
    }

    /// Everybody of whom a key is known.
    pub async fn people(&self) -> Result<Vec<PersonKeys>, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| {
            let mut rows = Vec::new();
            snapshot.each_peer(|address, row| {
                if let Ok(address) = Address::parse(address)
                    && !row.keys.is_empty()
                {
                    rows.push((address, row));
                }
                rows.len() < MOST
            })?;
            rows.into_iter()
                .map(|(address, row)| person(snapshot, address, &row, now))
                .collect()
        })
        .await
    }

    /// Somebody's keys; with nothing in it where none is known.
    pub async fn person(&self, address: Address) -> Result<PersonKeys, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| {
            let row = snapshot.peer_keys(address.as_str())?.unwrap_or_default();
            person(snapshot, address, &row, now)
        })
        .await
    }

    /// Whose a key is, of those that are known.
    pub async fn of_print(&self, print: Fingerprint) -> Result<Option<Address>, Error> {
        read(&self.vault, move |snapshot| {
            let mut whose = None;
            snapshot.each_peer(|address, row| {
                if row.held(print.octets()).is_some() {
                    whose = Address::parse(address).ok();
                }
                whose.is_none()
            })?;
            Ok(whose)
        })
        .await
    }

    /// Notes that the owner compared a key, or no longer trusts that they did.
    pub async fn verify(&self, address: &Address, print: Fingerprint, verified: bool) -> Result<(), Error> {
        self.judge(address, print, if verified { self.clock.now().0.max(1) } else { 0 })
            .await
    }

    /// Notes that the owner compared a key and found that it differs: it is not used any more, whoever brings it again.
    pub async fn refuse(&self, address: &Address, print: Fingerprint) -> Result<(), Error> {
        self.judge(address, print, self.clock.now().0.max(1).saturating_neg()).await
    }

    async fn judge(&self, address: &Address, print: Fingerprint, verified: i64) -> Result<(), Error> {
        self.change(address, move |row| {
            let held = row.keys.iter_mut().find(|held| held.print == print.octets());
            held.map(|held| held.verified = verified).is_some()
        })
        .await
    }

    /// Forgets a key.
    pub async fn forget(&self, address: &Address, print: Fingerprint) -> Result<(), Error> {
        self.change(address, move |row| {
            let before = row.keys.len();
            row.keys.retain(|held| held.print != print.octets());
            for named in [&mut row.key, &mut row.gossip] {
                if named.as_deref() == Some(print.octets()) {
                    *named = None;
                }
            }
            row.keys.len() < before
        })
        .await
    }

    async fn change(&self, address: &Address, change: impl Fn(&mut PeerKeys) -> bool + Send + 'static) -> Result<(), Error> {
        let open = self.vault.open()?;
        let address = address.to_string();
        let done = open.writer.write(move |tables| change_peer(tables, &address, &change)).await?;
        if done { Ok(()) } else { Err(Error::NotFound) }
    }

    /// Takes keys that the owner brought, each for the addresses in its names; says for whom.
    pub async fn bring(&self, octets: Vec<u8>) -> Result<Result<Vec<Address>, NoKey>, Error> {
        match Certificate::read_all(&octets) {
            Ok(keys) => Ok(Ok(self.hold(keys, None, Source::Owner, true).await?)),
            Err(why) => Ok(Err(why)),
        }
    }

    /// Takes a whole ring of other people's keys, each for the addresses in its names.
    pub async fn bring_ring(&self, keys: Vec<Certificate>) -> Result<Rung, Error> {
        let (open, now) = (self.vault.open()?, self.clock.now());
        let mut rung = Rung::default();
        let mut keys = keys.into_iter().peekable();
        while keys.peek().is_some() {
            let some: Vec<Certificate> = keys.by_ref().take(TOGETHER).collect();
            let named = tokio::task::spawn_blocking(move || {
                let named = some.into_iter().map(|key| (key.facts(now).addresses, key));
                named.collect::<Vec<_>>()
            });
            let mut named = named.await.map_err(|_| store::Error::Damaged)?;
            rung.nobodys += named.extract_if(.., |(addresses, _)| addresses.is_empty()).count() as u64;
            let writing = open.writer.write(move |tables| {
                let mut fresh = 0;
                for (addresses, key) in &named {
                    let mut is_new = false;
                    for address in addresses {
                        is_new |= change_peer(tables, address.as_str(), |row| {
                            let before = row.held(key.fingerprint().octets()).is_none();
                            row.hold(key, Source::Owner, true, now);
                            before
                        })?;
                    }
                    fresh += u64::from(is_new);
                }
                Ok(fresh)
            });
            rung.keys += writing.await?;
        }
        Ok(rung)
    }

    /// Takes the keys that a message carries as files, for its author alone; says who that is, and whether there was one.
    /// Where the message was authenticated, it vouches for them.
    pub async fn take_from(&self, message: MessageId) -> Result<Option<(Address, bool)>, Error> {
        let (author, keys, vouched) = read(&self.vault, move |snapshot| {
            let record = snapshot.message(message.0)?.ok_or(Error::NotFound)?;
            let raw = snapshot.shown(message.0, &record)?;
            let author = mime::read(&raw).author().map(|author| author.address.clone());
            let keys = mime::carried::carried_keys(&raw);
            let keys = keys.iter().flat_map(|octets| Certificate::read_all(octets).unwrap_or_default());
            let authentic = snapshot.proof(message.0)?.map(|proof| proof.authentication().authentic());
            let vouched = matches!(authentic, Some(Fact::Known(Authentic::Spf | Authentic::Dkim)));
            Ok((author, keys.take(CARRIED).collect::<Vec<_>>(), vouched))
        })
        .await?;
        let Some(author) = author else { return Ok(None) };
        let now = self.clock.now();
        let theirs = keys.into_iter().filter(|key| key.facts(now).addresses.contains(&author)).collect();
        let held = self.hold(theirs, Some(author.clone()), Source::Attached, vouched).await?;
        Ok(Some((author, !held.is_empty())))
    }

    async fn hold(&self, keys: Vec<Certificate>, only: Option<Address>, source: Source, vouched: bool) -> Result<Vec<Address>, Error> {
        let (open, now) = (self.vault.open()?, self.clock.now());
        let writing = open.writer.write(move |tables| {
            let mut whose = Vec::new();
            for key in &keys {
                let addresses = only.clone().map_or_else(|| key.facts(now).addresses, |only| vec![only]);
                for address in addresses {
                    change_peer(tables, address.as_str(), |row| row.hold(key, source, vouched, now))?;
                    if !whose.contains(&address) {
                        whose.push(address);
                    }
                }
            }
            Ok(whose)
        });
        Ok(writing.await?)
    }

    /// Asks somebody's domain for their key now: the Web Key Directory, the direct place only where the advanced one is
    /// not there (section 3.1 of the draft), and the DNS (RFC 7929), which counts only signed; where the directory has one,
    /// only a key of the newer kind is taken from there, which cannot stand in a directory that older programs read.
    pub async fn ask(&self, address: &Address) -> Result<Asked, Error> {
        let (open, now, name) = (self.vault.open()?, self.clock.now().0, address.to_string());
        // Noted before: a server that never answers is not asked again and again.
        open.writer
            .write(move |tables| change_peer(tables, &name, |row| row.asked = now))
            .await?;
        let mut outcome = Asked::Unreachable;
        for url in directory::wkd_urls(address) {
            match self.https.get(&url, directory::MAX_FETCHED).await {
                Ok(page) if page.status == 200 => {
                    outcome = self.fetched(address, &page.body, Source::Wkd).await?;
                    break;
                }
                Ok(_) => {
                    outcome = Asked::None;
                    break;
                }
                Err(_) => {}
            }
        }
        let has_one = matches!(outcome, Asked::Found | Asked::Known);
        Ok(match self.dns.look(&directory::dane_name(address), dns::Kind::OpenPgpKey).await {
            Ok(answer) if answer.security == Security::Secure => {
                let counts = |octets: &&[u8]| !has_one || Certificate::read(octets).is_ok_and(|key| key.is_modern());
                let keys = answer.records.iter().filter_map(|record| match record {
                    dns::Record::OpenPgpKey(octets) => Some(octets.as_slice()).filter(counts),
                    _ => None,
                });
                match (
                    outcome,
                    self.fetched(address, &keys.collect::<Vec<_>>().concat(), Source::Dns).await?,
                ) {
                    (found, Asked::None) | (found @ Asked::Found, _) | (found @ Asked::Known, Asked::Known) => found,
                    (_, found) => found,
                }
            }
            _ => outcome,
        })
    }

    /// Takes the key that a key server gave for an address.
    pub(super) async fn served(&self, address: &Address, octets: &[u8]) -> Result<Asked, Error> {
        self.fetched(address, octets, Source::Server).await
    }

    /// Asks the domain of one person whose key is known and was not looked for in a week, whoever has waited longest, so
    /// that a key that was taken back or renewed is heard of. Only people that the owner has to do with; says how many
    /// seconds from now the next one may be.
    pub async fn refresh(&self) -> u64 {
        let now = self.clock.now();
        let turn = self.turn.load(Ordering::Relaxed);
        let left = turn.saturating_sub(now.0);
        if (1..=NOBODYS).contains(&left) {
            return left.unsigned_abs();
        }
        let Ok(due) = read(&self.vault, move |snapshot| Ok(longest_waiting(snapshot, now)?)).await else {
            // A locked box asks nobody.
            return NOBODYS.unsigned_abs();
        };
        let wait = if let Some(address) = due {
            // Who does not answer has the same key as before, and another turn in a week.
            let _ = tokio::time::timeout(REFRESHING, self.ask(&address)).await;
            PAUSE
        } else {
            NOBODYS
        };
        self.turn.store(self.clock.now().0.saturating_add(wait), Ordering::Relaxed);
        wait.unsigned_abs()
    }

    /// Asks for the keys of people who are written to now and of whom none can be used: their domains learn of them
    /// from the delivery anyway. Those that were asked lately are not asked again. Waits a few seconds at most;
    /// whoever does not answer by then has no key for this time.
    pub async fn ask_for(&self, people: &[Address]) {
        let (people, now) = (people.to_vec(), self.clock.now());
        let due = read(&self.vault, move |snapshot| {
            let mut due = Vec::new();
            for person in people.into_iter().take(ASKED_AT_ONCE) {
                let row = snapshot.peer_keys(person.as_str())?.unwrap_or_default();
                let lately = row.asked > 0 && (0..ASK_AGAIN).contains(&now.0.saturating_sub(row.asked));
                if !lately && Choice::of(&row, now).key.is_none() {
                    due.push(person);
                }
            }
            Ok(due)
        })
        .await;
        let mut asking = tokio::task::JoinSet::new();
        for person in due.unwrap_or_default() {
            let ring = self.clone();
            asking.spawn(async move { ring.ask(&person).await });
        }
        let all = async { while asking.join_next().await.is_some() {} };
        // Who is late is not waited for; what they answer is not kept either.
        let _ = tokio::time::timeout(ASKING, all).await;
    }

    async fn fetched(&self, address: &Address, octets: &[u8], source: Source) -> Result<Asked, Error> {
        let now = self.clock.now();
        // The directory gives octets, not armor; a key counts only with a name of this address (section 3.1).
        let keys: Vec<Certificate> = Certificate::read_all(octets)
            .unwrap_or_default()
            .into_iter()
            .filter(|key| key.facts(now).addresses.contains(address))
            .take(4)
            .map(|key| key.minimal(address, now))
            .collect();
        if keys.is_empty() {
            return Ok(Asked::None);
        }
        let prints: Vec<Fingerprint> = keys.iter().map(Certificate::fingerprint).collect();
        let name = address.to_string();
        let known = read(&self.vault, move |snapshot| {
            let row = snapshot.peer_keys(&name)?.unwrap_or_default();
            Ok(prints.iter().all(|print| row.held(print.octets()).is_some()))
        })
        .await?;
        let vouched = matches!(source, Source::Wkd | Source::Dns);
        self.hold(keys, Some(address.clone()), source, vouched).await?;
        Ok(if known { Asked::Known } else { Asked::Found })
    }
}

/// Whose domain is to be asked next; nobody's where everybody's turn is still to come. The turns of people are spread by
/// their addresses, so that a domain does not see them all in a row and learn who is in one address book.
fn longest_waiting(snapshot: &Snapshot, now: Time) -> Result<Option<Address>, store::Error> {
    let mut rows = Vec::new();
    snapshot.each_peer(|address, row| {
        let asked = row.keys.iter().map(|held| held.since).chain([row.asked]).max().unwrap_or_default();
        let spread = address.bytes().fold(7_i64, |sum, octet| (sum * 31 + i64::from(octet)) % SPREAD);
        let turn = asked.saturating_add(REFRESH).saturating_add(spread);
        if !row.keys.is_empty() && turn <= now.0 {
            let dealt_with = row.keys.iter().any(|held| held.verified != 0 || is_chosen(held));
            rows.push((turn, address.to_owned(), dealt_with));
        }
        true
    })?;
    rows.sort_unstable();
    for (_, address, dealt_with) in rows {
        if (dealt_with || snapshot.contact_of(&address)?.is_some())
            && let Ok(address) = Address::parse(&address)
        {
            return Ok(Some(address));
        }
    }
    Ok(None)
}
