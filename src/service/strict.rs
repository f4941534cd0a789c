//! How other domains protect their mail servers: DANE as DNS says it now, MTA-STS (RFC 8461) as it was fetched and is
//! remembered, so that somebody who can forge DNS today cannot undo what a domain promised yesterday.
//!
//! A policy that was fetched counts until its time is over, whatever fails meanwhile; a new one replaces it when
//! the domain announces another id, and `mode: none` takes it away (section 2.6 of the RFC has no other way). Policies of
//! domains that the owner writes to are fetched again before they are a day old (section 10.2); of those not
//! written to for a month they are not: asking would tell that the domain is remembered.
//!
//! Absent on purpose: asking about a domain because its mail came in, or while the owner types.

use super::{Error, read};
use crate::{
    codec::{
        idna,
        mta_sts::{Mode, Policy},
    },
    domain::{fact::Fact, time::Time},
    net::{
        clock::Clock,
        dns::{Dns, Security},
        https::Https,
        mta_sts::{self, Unusable},
        route::{Dane, NoRoute, Route, route},
    },
    store::{
        self,
        mail::Snapshot,
        record::{Failed, Remembered, Strictness},
        strict,
        vault::{Open, Vault},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Seconds in which a policy that could not be fetched is not fetched again (section 3.3).
pub const PAUSE: i64 = 300;
/// Seconds after which a domain that is not written to is let go of.
const LET_GO: i64 = 30 * DAY;
/// Domains that are asked about in one go.
const SLICE: usize = 20;
/// The longest that looking for what is due waits, in seconds.
const NAP: i64 = 60;

/// Knows how domains protect their mail servers; cheap to clone.
#[derive(Clone)]
pub struct Strict(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    dns: Dns,
    https: Https,
    /// The owner's domain.
    own: String,
    /// Our own name.
    host: String,
    /// When to look again for what is due.
    next: AtomicI64,
}

/// What is known of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// When DNS was asked; `None` where only its policy is known.
    pub asked: Option<Time>,
    /// Whether its list of mail servers is signed (DNSSEC) and was validated here; this and the next are not known where
    /// that was more than a week ago.
    pub dnssec: Fact<bool>,
    /// Whether each of its mail servers has a certificate named in DNS (DANE).
    pub dane: Fact<bool>,
    /// The policy that counts now.
    pub policy: Option<Policy>,
    /// Why the policy that it announces could not be fetched, the last time it could not.
    pub trouble: Option<Unusable>,
}

impl Known {
    fn of(record: &Strictness, now: Time) -> Self {
        let trouble = record.failed.as_ref();
        Self {
            asked: (record.asked > 0).then_some(Time(record.asked)),
            dnssec: record.dnssec(now.0),
            dane: record.dane(now.0),
            policy: record.valid(now.0).map(Remembered::policy),
            trouble: trouble.and_then(|failed| Unusable::ALL.get(usize::from(failed.why)).copied()),
        }
    }

    /// Whether it enforces a policy.
    pub fn is_enforced(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| policy.mode == Mode::Enforce)
    }

    /// Whether mail to it cannot be stripped of its encryption on the last hop: DANE, or a policy that it enforces.
    pub fn is_strict(&self) -> Fact<bool> {
        if self.is_enforced() { Fact::Known(true) } else { self.dane }
    }
}

impl Strict {
    /// Over this vault, for the owner of this domain at this host.
    pub fn new(vault: Vault, clock: Clock, dns: Dns, https: Https, own: &str, host: &str) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            dns,
            https,
            own: own.to_lowercase(),
            host: host.to_lowercase(),
            next: AtomicI64::new(i64::MIN),
        }))
    }

    /// What is known of a domain. Nobody is asked.
    pub async fn known(&self, domain: &str) -> Result<Option<Known>, Error> {
        let now = self.0.clock.now();
        Ok(self.0.kept(plain(domain)).await?.map(|record| Known::of(&record, now)))
    }

    /// The policy to obey when something is delivered now; `None` where there is none. Asks DNS for its id, and
    /// the domain's web server where the id is a new one. An error means that it cannot be told (the box is
    /// locked): then nothing may be delivered.
    pub async fn policy_of(&self, domain: &str) -> Result<Option<Policy>, Error> {
        let domain = plain(domain);
        if is_literal(&domain) {
            return Ok(None);
        }
        let now = self.0.clock.now().0;
        let kept = self.0.kept(domain.clone()).await?;
        let mut record = kept.clone().unwrap_or_default();
        let fetched = self.0.renew(&domain, &mut record, now, false).await;
        // One who writes twice a day is not written down twice.
        if record.used < now - DAY {
            record.used = now;
        }
        let policy = fetched.or_else(|| record.valid(now).map(Remembered::policy));
        let worth_keeping = kept.is_some() || record.policy.is_some() || record.failed.is_some();
        if worth_keeping && kept.as_ref() != Some(&record) {
            self.0.keep(domain, record).await?;
        }
        Ok(policy.filter(|policy| policy.mode != Mode::None))
    }

    /// Why the policy that a domain announces could not be fetched, where none that was fetched before counts.
    pub async fn not_fetched(&self, domain: &str) -> Result<Option<Unusable>, Error> {
        let known = self.known(domain).await?;
        Ok(known.filter(|known| known.policy.is_none()).and_then(|known| known.trouble))
    }

    /// Asks about a domain on purpose: its mail servers, their certificates in DNS, its policy. Keeps what it
    /// hears, with the time. Where DNS cannot be asked, what was known stays.
    pub async fn learn(&self, domain: &str) -> Result<Known, Error> {
        let domain = plain(domain);
        if is_literal(&domain) {
            return Ok(Known::default());
        }
        let now = self.0.clock.now();
        let mut record = self.0.kept(domain.clone()).await?.unwrap_or_default();
        record.used = now.0;
        self.0.look(&domain, &mut record, now.0).await;
        let known = Known::of(&record, now);
        self.0.keep(domain, record).await?;
        Ok(known)
    }

    /// Asks again about what is due, and lets go of what is not needed any more; says how many seconds from now
    /// to look again.
    pub async fn refresh(&self) -> u64 {
        let now = self.0.clock.now().0;
        let next = self.0.next.load(Ordering::Relaxed);
        let wait = if now < next && next - now <= DAY {
            next - now
        } else {
            match self.0.refresh_slice(now).await {
                Ok(wait) => {
                    self.0.next.store(now + wait, Ordering::Relaxed);
                    wait
                }
                Err(Error::Locked) => NAP,
                Err(error) => {
                    tracing::error!(%error, "policies of other domains could not be looked at and will be later");
                    NAP
                }
            }
        };
        u64::try_from(wait).unwrap_or(0)
    }
}

impl Inner {
    async fn kept(&self, domain: String) -> Result<Option<Strictness>, Error> {
        read(&self.vault, move |snapshot| Ok(snapshot.strict(&domain)?)).await
    }

    async fn keep(&self, domain: String, record: Strictness) -> Result<(), Error> {
        let open = self.vault.open()?;
        Ok(open.writer.write(move |tables| strict::put(tables, &domain, &record)).await?)
    }

    /// Brings a policy up to date (section 5.1); gives the one that was fetched now, which counts for what is being
    /// done even where it may not be remembered. With `early` also one that still counts.
    async fn renew(&self, domain: &str, record: &mut Strictness, now: i64, early: bool) -> Option<Policy> {
        // That nothing is announced, or nobody can be asked, changes nothing: it may be somebody's doing.
        let id = mta_sts::announced(&self.dns, domain).await.ok()??;
        let known = record.valid(now).is_some_and(|policy| policy.id == id);
        let stale = record.policy.as_ref().is_some_and(|policy| due(policy) <= now);
        if known && !(early && stale) {
            return None;
        }
        // What failed at a moment to come failed by a clock that was ahead, and holds nothing up.
        let rests = |failed: &Failed| failed.id == id && (0..PAUSE).contains(&now.saturating_sub(failed.at));
        if record.failed.as_ref().is_some_and(rests) {
            return None;
        }
        match mta_sts::fetch(&self.https, domain).await {
            Ok(policy) => {
                record.policy = Some(Remembered::of(&id, &policy, now));
                record.failed = None;
                Some(policy)
            }
            Err(why) => {
                let why = Unusable::ALL.iter().position(|known| *known == why).unwrap_or_default();
                record.failed = Some(Failed {
                    id,
                    at: now,
                    why: why as u8,
                });
                None
            }
        }
    }

    /// Asks about everything.
    async fn look(&self, domain: &str, record: &mut Strictness, now: i64) {
        // For our own domain we are one of its servers, not the end of the search.
        let own = if domain == self.own { "" } else { &self.host };
        let (route, _) = tokio::join!(route(&self.dns, domain, own), self.renew(domain, record, now, true));
        match route {
            Ok(route) => {
                let (dnssec, dane) = told(&route);
                record.say(dnssec, dane);
                record.asked = now;
            }
            Err(NoRoute::NotNow(_)) => {}
            Err(_) => {
                record.say(Fact::Unknown, Fact::Unknown);
                record.asked = now;
            }
        }
    }

    /// One go; gives the seconds until the next.
    async fn refresh_slice(&self, now: i64) -> Result<i64, Error> {
        let reading = self.vault.open()?;
        let all = tokio::task::spawn_blocking(move || strict::all(&reading));
        let all = all.await.unwrap_or(Err(store::Error::Damaged))?;
        let (mut next, mut done) = (now + HOUR, 0);
        let lately = |record: &Strictness| (0..=DAY).contains(&now.saturating_sub(record.asked));
        if all.iter().all(|(domain, record)| *domain != self.own || !lately(record)) {
            self.learn_own(now, &all).await?;
        }
        for (domain, mut record) in all {
            let used = record.used > now - LET_GO;
            if domain == self.own {
                continue;
            }
            if !used && record.valid(now).is_none() {
                let writing = self.vault.open()?.writer.write(move |tables| strict::forget(tables, &domain));
                writing.await?;
                continue;
            }
            let Some(policy) = record.valid(now).filter(|_| used) else {
                continue;
            };
            let tried = record.failed.as_ref().map(|failed| failed.at).filter(|at| *at <= now);
            let due = due(policy).max(tried.map_or(i64::MIN, |at| at + HOUR));
            if due > now {
                next = next.min(due);
            } else if done == SLICE {
                next = now;
            } else {
                done += 1;
                self.renew(&domain, &mut record, now, true).await;
                self.keep(domain, record).await?;
            }
        }
        Ok((next - now).clamp(NAP, HOUR))
    }

    async fn learn_own(&self, now: i64, all: &[(String, Strictness)]) -> Result<(), Error> {
        let kept = all.iter().find(|(domain, _)| *domain == self.own);
        let before = kept.map(|(_, record)| record.clone()).unwrap_or_default();
        let mut record = before.clone();
        self.look(&self.own, &mut record, now).await;
        if record != before {
            record.used = now;
            self.keep(self.own.clone(), record).await?;
        }
        Ok(())
    }
}

/// Whether mail to the owner could have been stripped of its encryption on its last hop, as far as DNS and the
/// policy of the owner's own domain were seen to forbid it within the last week.
pub fn of_our_door(open: &Open, domain: &str, now: Time) -> Result<Fact<bool>, store::Error> {
    let record = Snapshot::of(open)?.strict(domain)?;
    let record = record.filter(|record| record.is_fresh(now.0));
    Ok(record.map_or(Fact::Unknown, |record| Known::of(&record, now).is_strict()))
}

/// When a policy is fetched again: once a day, and at half its time where that is shorter.
fn due(policy: &Remembered) -> i64 {
    let half = i64::try_from(policy.max_age / 2).unwrap_or(DAY);
    policy.fetched.saturating_add(half.min(DAY))
}

/// Whether a domain's list of servers was validated, and whether each of them is bound to its certificate.
fn told(route: &Route) -> (Fact<bool>, Fact<bool>) {
    let dnssec = match route.security {
        Security::Secure => Fact::Known(true),
        Security::Insecure => Fact::Known(false),
        Security::NotKnown => Fact::Unknown,
    };
    let dane = match dnssec {
        Fact::Known(true) if route.hosts.iter().any(|host| host.dane == Dane::Withheld) => Fact::Unknown,
        Fact::Known(true) => Fact::Known(route.hosts.iter().all(|host| matches!(host.dane, Dane::Must(_)))),
        other => other,
    };
    (dnssec, dane)
}

fn plain(domain: &str) -> String {
    idna::plain(domain).to_lowercase()
}

/// `[192.0.2.1]` has neither a policy nor a zone of its own.
fn is_literal(domain: &str) -> bool {
    domain.starts_with('[')
}
