//! Whether this box stands in the world as it should: its records, its names, its doors, its certificate. Looked at a few
//! times a day, kept in front of the lock, and told when two looks in a row agree that something changed.
//!
//! Nobody outside is asked to look back at this box: whether a port is open inward shows in who came in through it. What
//! only a third party could say is said to be unknown.
//!
//! Absent on purpose: changing anything at the owner's DNS provider, and a door for mail programs (IMAP, submission): what
//! is not there is not announced.

mod judge;
mod look;
mod own;

pub use super::comers::Door;
use super::{Error, blocking, comers::Comers, compose::Compose, journal::Journal, sending::Ways};
use crate::{
    codec::{
        certificate,
        mta_sts::{Mode, Policy},
        pgp::{Certificate, directory},
    },
    domain::{
        address::Address,
        check::{Check, Entry, Finding, HELD, Id, KINDS, Memory, Place, State, place, state},
        fact::Fact,
        journal::Event,
        time::Time,
    },
    net::{clock::Clock, dns::Dns, here, https::Https},
    store::{
        self,
        front::{Front, FrontFile},
        record::{Authority, Checked, NextSeen, OwnPolicy, Standing},
    },
};
use own::Own;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Seconds between two looks.
const EVERY: i64 = 6 * 3600;
/// Seconds to the second look where a first one saw something new.
const AGAIN: i64 = 15 * 60;
/// Seconds from the start to the first look: doors and names come first.
const FIRST: i64 = 120;
/// Seconds between two looks whether it is time.
const NAP: u64 = 60;
/// Seconds for which somebody who came in says that a port is open.
pub(super) const INWARD: i64 = 14 * 24 * 3600;
/// The ports inward, as the world knows them.
pub(super) const PORTS: [u16; 3] = [25, 80, 443];
/// Moments at which the address changed that are remembered.
const CHANGES: usize = 10;
/// Seconds for which others remember a policy that is tried out, and one that binds.
const MAX_AGE: [u64; 2] = [86_400, 30 * 86_400];

/// What is given to look with.
pub struct Parts {
    /// Whom to ask about names.
    pub dns: Dns,
    /// How this box's own pages are fetched as others would.
    pub https: Https,
    /// How other people's are fetched: their clocks are compared with ours.
    pub foreign: Https,
    /// By which way mail leaves.
    pub ways: Ways,
    /// What this box signs with.
    pub compose: Compose,
    /// Where changes are noted.
    pub journal: Journal,
    /// Who came in.
    pub comers: Comers,
}

/// Looks, remembers and tells; cheap to clone.
#[derive(Clone)]
pub struct Checks(Arc<Inner>);

type More = Box<dyn Fn() -> Vec<Check> + Send + Sync>;

struct Inner {
    file: Arc<FrontFile>,
    domain: String,
    host: String,
    owner: String,
    clock: Clock,
    started: Time,
    dns: Dns,
    https: Https,
    foreign: Https,
    ways: Ways,
    compose: Compose,
    journal: Journal,
    comers: Comers,
    /// One look at a time.
    looking: tokio::sync::Mutex<()>,
    /// What is known, as it stands in the front.
    known: RwLock<Option<Arc<Standing>>>,
    more: Mutex<Vec<More>>,
}

/// How everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stands {
    /// When it was looked at; `None` is never.
    pub at: Option<Time>,
    /// Every check, in the order in which it is shown. Before the first look all of them are not known.
    pub checks: Vec<Check>,
}

impl Stands {
    /// What was found of a check.
    pub fn of(&self, id: Id) -> Finding {
        self.checks
            .iter()
            .find(|check| check.id == id)
            .map_or(Finding::NotAsked, |check| check.finding)
    }

    /// Whether a check is as it should be, where that is known.
    pub fn is_right(&self, id: Id) -> Fact<bool> {
        match state(id, self.of(id)) {
            State::Unknown => Fact::Unknown,
            found => Fact::Known(found == State::Ok),
        }
    }

    /// How many are still to be done.
    pub fn todo(&self) -> usize {
        self.checks.iter().filter(|check| check.state() == State::Todo).count()
    }
}

impl Inner {
    fn more(&self) -> Vec<Check> {
        let more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        more.iter().flat_map(|look| look()).collect()
    }

    fn standing(&self) -> Arc<Standing> {
        if let Some(known) = &*self.known.read().unwrap_or_else(PoisonError::into_inner) {
            return known.clone();
        }
        let read = self.file.part::<Standing>().ok().flatten().unwrap_or_default();
        self.keep(read)
    }

    fn keep(&self, standing: Standing) -> Arc<Standing> {
        let kept = Arc::new(standing);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(kept.clone());
        kept
    }
}

impl Checks {
    /// Over this front.
    pub fn new(file: Arc<FrontFile>, front: &Front, clock: Clock, parts: Parts) -> Self {
        let Parts {
            dns,
            https,
            foreign,
            ways,
            compose,
            journal,
            comers,
        } = parts;
        Self(Arc::new(Inner {
            file,
            domain: front.domain.clone(),
            host: front.host.clone(),
            owner: front.addresses.first().cloned().unwrap_or_default(),
            started: clock.now(),
            clock,
            dns,
            https,
            foreign,
            ways,
            compose,
            journal,
            comers,
            looking: tokio::sync::Mutex::default(),
            known: RwLock::default(),
            more: Mutex::default(),
        }))
    }

    /// Looks at something more at each look, such as the disk. Quick: it is waited for.
    pub fn add(&self, more: impl Fn() -> Vec<Check> + Send + Sync + 'static) {
        self.0.more.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(more));
    }

    /// Somebody came in by this door.
    pub fn came_in(&self, door: Door, peer: IpAddr) {
        self.0.comers.came(door, peer, self.0.clock.now());
    }

    /// How everything stood at the last look. Works while the box is locked.
    pub fn last(&self) -> Stands {
        let standing = self.0.standing();
        let check = |id: &Id| {
            let kept = standing.checks.iter().find(|kept| kept.id == id.as_str());
            kept.map_or_else(|| Check::plain(*id, Finding::NotAsked), |kept| read(*id, kept))
        };
        Stands {
            at: (standing.at > 0).then_some(Time(standing.at)),
            checks: Id::ALL.iter().filter(|id| self.is_looked_at(&standing, **id)).map(check).collect(),
        }
    }

    /// What nobody looks at here is not shown as unknown.
    fn is_looked_at(&self, standing: &Standing, id: Id) -> bool {
        !matches!(id, Id::Disk | Id::Backup) || standing.checks.iter().any(|kept| kept.id == id.as_str())
    }

    /// What changed, and the owner has not acknowledged.
    pub fn news(&self) -> Vec<Id> {
        self.0.standing().news.iter().filter_map(|id| Id::of(id)).collect()
    }

    /// The owner has seen what changed.
    pub async fn acknowledge(&self) -> Result<(), Error> {
        self.change(|standing| standing.news.clear()).await
    }

    /// Since when a key that is to come is published, as the looks saw it; `None` is not now.
    pub async fn published_since(&self, key: [u8; 32]) -> Result<Option<Time>, Error> {
        let inner = self.0.clone();
        let seen = blocking(move || Ok(inner.file.part::<NextSeen>()?.unwrap_or_default())).await?;
        Ok((seen.key == key).then_some(Time(seen.since)))
    }

    async fn change(&self, change: impl FnOnce(&mut Standing) + Send + 'static) -> Result<(), Error> {
        let inner = self.0.clone();
        blocking(move || {
            let now = inner.file.change_part(|standing: &mut Standing| {
                change(standing);
                standing.clone()
            })?;
            inner.keep(now);
            Ok(())
        })
        .await
    }

    /// Looks where it is time; says how many seconds from now to come again.
    pub async fn step(&self) -> u64 {
        let now = self.0.clock.now();
        let standing = self.0.standing();
        let unsure = standing.checks.iter().any(|kept| kept.told != kept.finding);
        let due = standing.at + if unsure { AGAIN } else { EVERY };
        let due = due.max(self.0.started.0 + FIRST);
        // A clock that was set back must not make the box blind for years.
        if (now.0 >= due || standing.at > now.0)
            && let Err(error) = self.look().await
        {
            tracing::error!(%error, "what the checks found could not be kept and will be looked at again");
        }
        NAP
    }

    /// Looks at everything now. Also while the box is locked, as far as can be.
    pub async fn look(&self) -> Result<(), Error> {
        let _alone = self.0.looking.lock().await;
        let now = self.0.clock.now();
        self.0.dns.forget();
        let own = self.own().await?;
        let standing = self.0.standing();
        let looked = look::look(&self.0, &own, &standing, now).await;
        let (checks, addresses, dkim) = (looked.checks, own.addresses, own.dkim);
        let published = looked
            .next_published
            .map(|published| own.keys.get(1).filter(|_| published).copied());
        let inner = self.0.clone();
        let (told, binds) = blocking(move || {
            let told = inner.file.change_part(|standing: &mut Standing| {
                let told = take_in(standing, checks, now);
                came(standing, inner.comers.last(), now);
                moved(standing, &addresses, now);
                standing.dkim = dkim;
                let kept = standing.clone();
                inner.keep(kept);
                told
            })?;
            if let Some(key) = published {
                inner.file.change_part(|seen: &mut NextSeen| saw(seen, key, now))?;
            }
            let held = inner.standing().held;
            let binds = held > 0 && now.0.saturating_sub(held) >= HELD;
            let binds = inner.file.change_part(|policy: &mut OwnPolicy| {
                let turns = binds && !policy.enforced && !policy.owners_word;
                policy.enforced |= turns;
                turns
            })?;
            Ok((told, binds))
        })
        .await?;
        // What is written is weighed by the same records. A locked box writes nothing.
        match self.0.compose.check_own().await {
            Ok(()) | Err(Error::Locked) => {}
            Err(error) => tracing::error!(%error, "what DNS says of the own domain could not be kept"),
        }
        for better in told {
            let event = if better { Event::ServiceBetter } else { Event::ServiceWorse };
            self.0.journal.note_own(event);
        }
        if binds {
            self.0.journal.note_own(Event::PolicyBinds);
            self.change(|standing| standing.news.push(Id::MtaSts.as_str().to_owned())).await?;
        }
        Ok(())
    }

    /// The records to publish, as a zone file.
    pub async fn zone_file(&self) -> Result<String, Error> {
        Ok(self.own().await?.zone_file())
    }

    /// The domain.
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The policy about encryption as it is served now. Works while the box is locked.
    pub async fn policy(&self) -> Result<Policy, Error> {
        let inner = self.0.clone();
        blocking(move || Ok(policy(&inner.host, &inner.file.part::<OwnPolicy>()?.unwrap_or_default()))).await
    }

    /// Makes the policy bind, or be tried out only, on the owner's word.
    pub async fn set_policy(&self, enforced: bool) -> Result<(), Error> {
        let inner = self.0.clone();
        blocking(move || {
            inner.file.change_part(|policy: &mut OwnPolicy| {
                policy.enforced = enforced;
                policy.owners_word = true;
            })
        })
        .await
    }

    /// What is to be published about this box as it is now.
    async fn own(&self) -> Result<Own, Error> {
        let standing = self.0.standing();
        // A locked box cannot read its keys, and knows what it published of them.
        let dkim = self.0.compose.records().await.unwrap_or_else(|_| standing.dkim.clone());
        let inner = self.0.clone();
        blocking(move || own(&inner, dkim)).await
    }
}

fn policy(host: &str, kept: &OwnPolicy) -> Policy {
    let [tried, bound] = MAX_AGE;
    Policy {
        mode: if kept.enforced { Mode::Enforce } else { Mode::Testing },
        max_age: if kept.enforced { bound } else { tried },
        hosts: vec![host.to_owned()],
    }
}

fn own(inner: &Inner, dkim: Vec<(String, String)>) -> Result<Own, store::Error> {
    let front = inner.file.read()?.ok_or(store::Error::Damaged)?;
    let authority = inner.file.part::<Authority>()?.unwrap_or_default();
    let certificate = front.chain.into_iter().next().unwrap_or_default();
    let mut keys: Vec<[u8; 32]> = certificate::facts(&certificate).map(|facts| facts.key_hash).into_iter().collect();
    if !authority.next_key.is_empty() {
        keys.extend(crate::net::tls::key_hash(&authority.next_key));
    }
    let key = Address::parse(&inner.owner).ok().and_then(|owner| {
        let name = directory::wkd_name(owner.local());
        let published = inner.file.keys().ok()?;
        let (_, octets) = published.into_iter().find(|(known, _)| *known == name)?;
        // One of the newer kind may stand behind it; a record holds one key.
        let first = Certificate::read(&octets).map_or(octets, |key| key.octets());
        Some((directory::dane_name(&owner), first))
    });
    Ok(Own {
        domain: inner.domain.clone(),
        host: inner.host.clone(),
        owner: inner.owner.clone(),
        addresses: here::addresses()
            .into_iter()
            .filter(|address| place(*address) == Place::Public)
            .collect(),
        dkim,
        certificate,
        keys,
        policy: policy(&inner.host, &inner.file.part::<OwnPolicy>()?.unwrap_or_default()),
        caa: authority.caa,
        key,
    })
}

/// A check as it is kept.
fn read(id: Id, kept: &Checked) -> Check {
    let entry = |(name, kind, value): &(String, String, String)| {
        Some(Entry {
            name: name.clone(),
            kind: KINDS.into_iter().find(|known| known == kind)?,
            value: value.clone(),
        })
    };
    Check {
        id,
        finding: Finding::of_number(kept.finding).unwrap_or(Finding::NotAsked),
        seen: kept.seen.clone(),
        wanted: kept.wanted.iter().filter_map(entry).collect(),
    }
}

/// Takes a look in; gives of each change that is to be told whether it is for the better.
fn take_in(standing: &mut Standing, checks: Vec<Check>, now: Time) -> Vec<bool> {
    let mut told = Vec::new();
    let mut kept = Vec::with_capacity(checks.len());
    for check in checks {
        let of = |number: u8| state(check.id, Finding::of_number(number).unwrap_or(Finding::NotAsked));
        let before = standing.checks.iter().find(|kept| kept.id == check.id.as_str());
        let was = before.map_or(Memory::new(State::Unknown), |before| Memory {
            told: of(before.told),
            last: of(before.last),
        });
        let (is, tells) = was.after(check.state());
        if tells {
            told.push(is.told == State::Ok);
            if !standing.news.iter().any(|news| news == check.id.as_str()) {
                standing.news.push(check.id.as_str().to_owned());
            }
        }
        let number = check.finding.number();
        let known = check.state() != State::Unknown;
        kept.push(Checked {
            id: check.id.as_str().to_owned(),
            finding: number,
            told: match before {
                Some(before) if is.told == was.told => before.told,
                _ => number,
            },
            last: match before {
                Some(before) if !known => before.last,
                _ => number,
            },
            seen: check.seen,
            wanted: check
                .wanted
                .into_iter()
                .map(|entry| (entry.name, entry.kind.to_owned(), entry.value))
                .collect(),
        });
    }
    standing.checks = kept;
    standing.at = now.0;
    let holds = |id: Id, good: &[Finding]| {
        let found = standing.checks.iter().find(|kept| kept.id == id.as_str());
        found.is_some_and(|kept| good.iter().any(|good| good.number() == kept.finding))
    };
    let all = holds(Id::Mx, &[Finding::Right])
        && holds(Id::Certificate, &[Finding::Right])
        && holds(Id::MtaSts, &[Finding::Right])
        && holds(Id::MtaStsPolicy, &[Finding::Right, Finding::Testing]);
    standing.held = match (all, standing.held) {
        (true, 0) => now.0,
        (true, since) => since,
        (false, _) => 0,
    };
    told
}

/// What the doors saw since. What is kept of a moment to come was seen by a clock that was ahead, and by now at the latest.
fn came(standing: &mut Standing, doors: [i64; 3], now: Time) {
    for (kept, seen) in standing.inward.iter_mut().zip(doors) {
        *kept = (*kept).max(seen).min(now.0);
    }
}

/// The key to come that is published, or none.
fn saw(seen: &mut NextSeen, key: Option<[u8; 32]>, now: Time) {
    let key = key.map(Vec::from).unwrap_or_default();
    // Seen by a clock that was ahead, it was seen by now at the latest.
    if seen.key != key || seen.since > now.0 {
        *seen = NextSeen { key, since: now.0 };
    }
}

/// The addresses, and whether they are others than before.
fn moved(standing: &mut Standing, addresses: &[IpAddr], now: Time) {
    let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    if addresses.is_empty() || addresses == standing.addresses {
        return;
    }
    if !standing.addresses.is_empty() {
        standing.changed.push(now.0);
        let surplus = standing.changed.len().saturating_sub(CHANGES);
        standing.changed.drain(..surplus);
    }
    standing.addresses = addresses;
}
