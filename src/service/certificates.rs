//! The box's certificate: ordered from an authority once the owner has accepted its terms, renewed by itself, replaced in
//! both doors without dropping a connection. All of it works while the box is locked: the account's key and the
//! certificate's stand in front of the lock.
//!
//! Ordered for the mail host and for those of the domain's other names that lead to this box, as DNS says it; a name that
//! the authority refuses is left out for a day, so that it costs only itself. The key is kept over renewals, so that the
//! fingerprint in DNS (TLSA) stays true; another key is prepared first, published, and only then used.
//!
//! Absent on purpose: asking an authority anything before the owner has said so.

use super::{Error, blocking, checks::Checks, journal::Journal};
use crate::{
    codec::certificate::{self, Facts},
    domain::{
        certifying::{Stage, renewal, wait},
        journal::Event,
        time::Time,
    },
    net::{
        acme::{Acme, Answers, Meta, Refusal, Trial, Wish},
        clock::Clock,
        dns::{Dns, Kind},
        https::Https,
        tls::{self, Current, Identity},
    },
    store::{
        self,
        front::{Front, FrontFile},
        record::Authority,
        slots::random,
    },
};
use std::{net::IpAddr, sync::Arc};

pub use crate::net::tls::ACME_ALPN;

/// Names below the domain that this box answers under, besides the domain itself.
const BELOW: [&str; 2] = ["mta-sts", "openpgpkey"];
/// Seconds for which a name that was refused is left out.
const LEFT_OUT: i64 = 24 * 3600;
/// Seconds between two questions when to renew, and which names lead here.
const LOOK: i64 = 6 * 3600;
/// Seconds between two tries of the owner's.
const PAUSE: i64 = 60;
/// Seconds for which a prepared key was seen published before it may be used: others remember the old records that long.
const PUBLISHED: i64 = 24 * 3600;
/// Seconds between two looks whether something is due.
const NAP: u64 = 60;

/// What is given to certify with.
pub struct Parts {
    /// Whom to ask about names.
    pub dns: Dns,
    /// How the authority is reached.
    pub https: Https,
    /// The authority's directory.
    pub directory: String,
    /// The certificate in force.
    pub current: Arc<Current>,
    /// Where it is noted.
    pub journal: Journal,
    /// What knows whether a prepared key is published.
    pub checks: Checks,
}

/// The certificate; cheap to clone.
#[derive(Clone)]
pub struct Certificates(Arc<Inner>);

struct Inner {
    file: Arc<FrontFile>,
    domain: String,
    host: String,
    clock: Clock,
    parts: Parts,
    answers: Answers,
    /// One order at a time.
    working: tokio::sync::Mutex<()>,
    /// The owner has said something that is not to wait for the next look.
    wake: tokio::sync::Notify,
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The authority's directory.
    pub directory: String,
    /// The address of the terms that were accepted, and when; `None` where none were.
    pub accepted: Option<(String, Time)>,
    /// The certificate in force.
    pub facts: Facts,
    /// The fingerprint of its key, lower-case hex: what its TLSA record says.
    pub key: String,
    /// When the next order is due.
    pub due: Option<Time>,
    /// Why the last one failed: when, how far it came, the authority's words.
    pub failed: Option<(Time, Stage, String)>,
    /// A key that is prepared: its fingerprint, and since when.
    pub next: Option<(String, Time)>,
    /// Whether it may be used: it is published, and has been for a day.
    pub next_ready: bool,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotYet {
    /// The owner has not accepted the authority's terms.
    Terms,
    /// It was tried a moment ago.
    Pause,
    /// The prepared key is not published, or not long enough.
    NotPublished,
    /// The authority refused.
    Refused(Refusal),
}

impl Certificates {
    /// Over this front.
    pub fn new(file: Arc<FrontFile>, front: &Front, clock: Clock, parts: Parts) -> Self {
        Self(Arc::new(Inner {
            file,
            domain: front.domain.clone(),
            host: front.host.clone(),
            clock,
            parts,
            answers: Answers::default(),
            working: tokio::sync::Mutex::default(),
            wake: tokio::sync::Notify::new(),
        }))
    }

    /// The answer to an authority's trial of this token (http-01), while an order is open.
    pub fn answer(&self, token: &str) -> Option<String> {
        self.0.answers.of(token)
    }

    fn acme(&self) -> Acme {
        let parts = &self.0.parts;
        Acme::new(parts.https.clone(), &parts.directory, self.0.answers.clone(), parts.current.clone())
    }

    async fn authority(&self) -> Result<Authority, Error> {
        let inner = self.0.clone();
        blocking(move || Ok(inner.file.part::<Authority>()?.unwrap_or_default())).await
    }

    async fn change<T: Send + 'static>(&self, change: impl FnOnce(&mut Authority) -> T + Send + 'static) -> Result<T, Error> {
        let inner = self.0.clone();
        blocking(move || inner.file.change_part(change)).await
    }

    async fn front(&self) -> Result<Front, Error> {
        let inner = self.0.clone();
        blocking(move || inner.file.read()?.ok_or(store::Error::Damaged)).await
    }

    /// How it stands. Asks nobody.
    pub async fn view(&self) -> Result<View, Error> {
        let (kept, front) = (self.authority().await?, self.front().await?);
        let now = self.0.clock.now();
        let facts = front.chain.first().and_then(|first| certificate::facts(first)).unwrap_or_default();
        let next = (!kept.next_key.is_empty()).then(|| tls::key_hash(&kept.next_key)).flatten();
        Ok(View {
            directory: self.0.parts.directory.clone(),
            accepted: (kept.accepted > 0).then(|| (kept.terms.clone(), Time(kept.accepted))),
            key: store::hex(&facts.key_hash),
            due: (kept.accepted > 0).then_some(Time(kept.due)),
            failed: kept
                .failed
                .as_ref()
                .map(|(at, stage, words)| (Time(*at), Stage::of(*stage), words.clone())),
            next: next.map(|hash| (store::hex(&hash), Time(kept.next_since))),
            next_ready: self.may_change(&kept, now).await?,
            facts,
        })
    }

    /// Whether the prepared key has been published for long enough, as this box saw it.
    async fn may_change(&self, kept: &Authority, now: Time) -> Result<bool, Error> {
        let Some(key) = (!kept.next_key.is_empty()).then(|| tls::key_hash(&kept.next_key)).flatten() else {
            return Ok(false);
        };
        let since = self.0.parts.checks.published_since(key).await?;
        Ok(since.is_some_and(|since| now.0.saturating_sub(since.0) >= PUBLISHED))
    }

    /// Asks the authority for the address of its terms; empty where it has none.
    pub async fn terms(&self) -> Result<String, Refusal> {
        Ok(self.acme().meta().await?.terms)
    }

    /// The owner accepts these terms: from now on certificates are ordered.
    pub async fn accept(&self, terms: &str) -> Result<(), Error> {
        let (now, terms) = (self.0.clock.now(), terms.to_owned());
        self.change(move |kept| {
            kept.accepted = now.0;
            kept.terms = terms;
            kept.due = now.0;
            kept.attempts = 0;
            kept.failed = None;
        })
        .await?;
        self.0.wake.notify_one();
        Ok(())
    }

    /// Orders at once, because the owner says so; waits until it is done.
    pub async fn order_now(&self) -> Result<Result<(), NotYet>, Error> {
        let (kept, now) = (self.authority().await?, self.0.clock.now());
        if kept.accepted == 0 {
            return Ok(Err(NotYet::Terms));
        }
        if kept.failed.as_ref().is_some_and(|(at, ..)| (0..PAUSE).contains(&(now.0 - at))) {
            return Ok(Err(NotYet::Pause));
        }
        self.order(false).await
    }

    /// Prepares another key, so that its fingerprint can be published; where there is one already it stays.
    pub async fn prepare_key(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        let key = tls::new_key().map_err(|_| store::Error::Damaged)?;
        self.change(move |kept| {
            if kept.next_key.is_empty() {
                kept.next_key = key.to_vec();
                kept.next_since = now.0;
            }
        })
        .await
    }

    /// Lets the prepared key go.
    pub async fn drop_key(&self) -> Result<(), Error> {
        self.change(|kept| {
            kept.next_key.clear();
            kept.next_since = 0;
        })
        .await
    }

    /// Changes over to the prepared key: a certificate for it is ordered, and only with that it is used.
    pub async fn use_key(&self) -> Result<Result<(), NotYet>, Error> {
        let kept = self.authority().await?;
        if kept.accepted == 0 {
            return Ok(Err(NotYet::Terms));
        }
        if !self.may_change(&kept, self.0.clock.now()).await? {
            return Ok(Err(NotYet::NotPublished));
        }
        self.order(true).await
    }

    /// Waits until the owner has said something.
    pub async fn woken(&self) {
        self.0.wake.notified().await;
    }

    /// Does what is due; says how many seconds from now to come again.
    pub async fn step(&self) -> u64 {
        if let Err(error) = self.tend().await {
            tracing::error!(%error, "the certificate could not be looked after and will be later");
        }
        NAP
    }

    async fn tend(&self) -> Result<(), Error> {
        let (mut kept, now) = (self.authority().await?, self.0.clock.now());
        if kept.accepted == 0 {
            return Ok(());
        }
        if kept.due > now.0 && kept.attempts == 0 && !(0..LOOK).contains(&now.0.saturating_sub(kept.looked)) {
            self.look(&kept, now).await?;
            kept = self.authority().await?;
        }
        // A failure that is yet to come was noted by a clock that was ahead, and so was when to try again.
        let ahead = kept.failed.as_ref().is_some_and(|(at, ..)| *at > now.0);
        if kept.due <= now.0 || ahead {
            self.order(false).await?.ok();
        }
        Ok(())
    }

    /// Whether something calls for an earlier renewal: the authority, or a name that leads here by now.
    async fn look(&self, kept: &Authority, now: Time) -> Result<(), Error> {
        let front = self.front().await?;
        let Some(first) = front.chain.first() else { return Ok(()) };
        let Some(facts) = certificate::facts(first) else { return Ok(()) };
        let names = self.names(kept, &facts, now).await.unwrap_or_default();
        let more = names.iter().any(|name| !facts.is_for(name));
        let suggested = match kept.renewal_info.as_str() {
            "" => None,
            url => self.acme().suggests(url, first).await,
        };
        let draw = drawn()?;
        self.change(move |kept| {
            kept.looked = now.0;
            // No name that leads here is refused any more.
            if !more && !kept.refused.iter().any(|(_, at)| is_left_out(*at, now)) {
                kept.failed = None;
            }
            if more {
                kept.due = now.0;
            } else if let Some((_, end)) = suggested
                && end.0 < kept.due
            {
                kept.due = renewal(Time(facts.begins), Time(facts.ends), suggested, draw).0;
            }
        })
        .await
    }

    /// The names to order for: the mail host, and what else leads to where it leads.
    async fn names(&self, kept: &Authority, facts: &Facts, now: Time) -> Result<Vec<String>, Refusal> {
        let (host, domain) = (&self.0.host, &self.0.domain);
        let own = self.addresses(host).await.unwrap_or_default();
        if own.is_empty() {
            return Err(Refusal::of(Stage::Names, host.as_str()));
        }
        let mut names = vec![host.clone()];
        let others = std::iter::once(domain.clone()).chain(BELOW.iter().map(|label| format!("{label}.{domain}")));
        for name in others {
            let refused = kept.refused.iter().any(|(known, at)| *known == name && is_left_out(*at, now));
            if refused || name == *host {
                continue;
            }
            let leads_here = match self.addresses(&name).await {
                Some(found) => !found.is_empty() && found.iter().all(|address| own.contains(address)),
                // Nobody could be asked: a renewal keeps what it has.
                None => !facts.is_own && facts.is_for(&name),
            };
            if leads_here {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The addresses of a name; `None` where nobody could be asked.
    async fn addresses(&self, name: &str) -> Option<Vec<IpAddr>> {
        let dns = &self.0.parts.dns;
        let (six, four) = tokio::join!(dns.look(name, Kind::Aaaa), dns.look(name, Kind::A));
        if six.is_err() && four.is_err() {
            return None;
        }
        Some(
            [six, four]
                .into_iter()
                .flatten()
                .flat_map(|answer| answer.addresses().collect::<Vec<_>>())
                .collect(),
        )
    }

    /// One order, whatever is due; with `over` for the prepared key.
    async fn order(&self, over: bool) -> Result<Result<(), NotYet>, Error> {
        let _alone = self.0.working.lock().await;
        let (kept, front, now) = (self.authority().await?, self.front().await?, self.0.clock.now());
        let key = if over && !kept.next_key.is_empty() {
            kept.next_key.clone()
        } else {
            front.key.clone()
        };
        let facts = front.chain.first().and_then(|first| certificate::facts(first)).unwrap_or_default();
        let names = self.names(&kept, &facts, now).await;
        let done = match &names {
            Err(refusal) => Err(refusal.clone()),
            Ok(names) => {
                let old = front.chain.first().filter(|_| !facts.is_own);
                self.ask(&kept, names, &key, old.map(Vec::as_slice)).await
            }
        };
        match done {
            Ok((meta, chain)) => {
                self.put_in_force(meta, chain, key, over, now).await?;
                self.0.parts.journal.note_own(Event::CertificateNew);
                Ok(Ok(()))
            }
            Err(refusal) => {
                let left = names.iter().flatten().filter(|name| !refusal.names.contains(name));
                // What could be certified is: there is nothing to order before its time.
                let enough = !facts.is_own && facts.is_for(&self.0.host) && left.into_iter().all(|name| facts.is_for(name));
                self.keep_refusal(&refusal, enough.then_some(&facts), now).await?;
                self.0.parts.journal.note_own(Event::CertificateFailed);
                Ok(Err(NotYet::Refused(refusal)))
            }
        }
    }

    /// Asks the authority: by port 80 first, and by port 443 where that cannot be seen.
    async fn ask(&self, kept: &Authority, names: &[String], key: &[u8], old: Option<&[u8]>) -> Result<(Meta, Vec<Vec<u8>>), Refusal> {
        let acme = self.acme();
        let meta = acme.meta().await?;
        // An account is with one authority.
        let same = kept.account_at == self.0.parts.directory;
        let mut account = if same { kept.account.clone() } else { String::new() };
        let mut said: Option<Refusal> = None;
        for trial in [Trial::Web, Trial::Tls] {
            let issued = acme
                .order(Wish {
                    account: &account,
                    names,
                    key,
                    trial,
                    replaces: old.filter(|_| same),
                })
                .await;
            if let Some(made) = issued.account {
                account.clone_from(&made);
                let at = self.0.parts.directory.clone();
                let keeping = self.change(move |kept| {
                    kept.account = made;
                    kept.account_at = at;
                });
                keeping.await.map_err(|error| Refusal::of(Stage::Account, error.to_string()))?;
            }
            match issued.chain {
                Ok(chain) => return Ok((meta, chain)),
                Err(refusal) if refusal.stage == Stage::Proving && trial == Trial::Web => said = Some(refusal),
                Err(refusal) => {
                    // Both ways were tried, and both are told: the owner can mend either.
                    return Err(match said {
                        Some(first) => Refusal {
                            words: format!("{} · {}", first.words, refusal.words),
                            ..refusal
                        },
                        None => refusal,
                    });
                }
            }
        }
        Err(said.unwrap_or_else(|| Refusal::of(Stage::Proving, "")))
    }

    /// Keeps a certificate, then has both doors show it.
    async fn put_in_force(&self, meta: Meta, chain: Vec<Vec<u8>>, key: Vec<u8>, over: bool, now: Time) -> Result<(), Error> {
        let facts = chain.first().and_then(|first| certificate::facts(first)).unwrap_or_default();
        let suggested = match (meta.renewal_info.as_str(), chain.first()) {
            ("", _) | (_, None) => None,
            (url, Some(first)) => self.acme().suggests(url, first).await,
        };
        // What has just come is not ordered again at once, whatever is said of it.
        let due = renewal(Time(facts.begins), Time(facts.ends), suggested, drawn()?)
            .0
            .max(now.0 + LOOK);
        let inner = self.0.clone();
        blocking(move || {
            let identity = Identity {
                chain: chain.clone(),
                key: key.clone().into(),
            };
            // Made before it is kept: what no door could show must not be what a restart finds.
            let shown = Current::new(&identity).map_err(|_| store::Error::Damaged)?;
            inner.file.set_certificate(chain, key, |kept: &mut Authority| {
                kept.caa = meta.caa;
                kept.renewal_info = meta.renewal_info;
                kept.due = due;
                kept.looked = now.0;
                kept.ordered = now.0;
                kept.attempts = 0;
                kept.failed = None;
                kept.refused.retain(|(_, at)| is_left_out(*at, now));
                if over {
                    kept.next_key.clear();
                    kept.next_since = 0;
                }
            })?;
            inner.parts.current.take_over(&shown);
            Ok(())
        })
        .await
    }

    /// Keeps why an order failed; with the facts of a certificate that is enough without the names that were refused.
    async fn keep_refusal(&self, refusal: &Refusal, enough: Option<&Facts>, now: Time) -> Result<(), Error> {
        let (refusal, host, draw) = (refusal.clone(), self.0.host.clone(), drawn()?);
        let due = enough.map(|facts| renewal(Time(facts.begins), Time(facts.ends), None, draw).0);
        self.change(move |kept| {
            kept.attempts = kept.attempts.saturating_add(1);
            kept.due = now.0 + wait(kept.attempts, draw);
            kept.failed = Some((now.0, refusal.stage.number(), refusal.words));
            if refusal.account_gone {
                kept.account.clear();
            }
            kept.refused.retain(|(_, at)| is_left_out(*at, now));
            let others: Vec<String> = refusal.names.into_iter().filter(|name| *name != host).collect();
            if !others.is_empty() {
                kept.refused.extend(others.into_iter().map(|name| (name, now.0)));
                if let Some(due) = due.filter(|due| *due > now.0) {
                    kept.due = due;
                    kept.attempts = 0;
                } else {
                    // The names that are left may well be certified at once.
                    kept.due = now.0 + PAUSE;
                }
            }
        })
        .await
    }
}

/// Whether a name that was refused then is not asked for yet. A moment to come is one of a clock that was ahead.
fn is_left_out(refused: i64, now: Time) -> bool {
    (0..LEFT_OUT).contains(&now.0.saturating_sub(refused))
}

fn drawn() -> Result<u16, Error> {
    Ok(u16::from_le_bytes(random::<2>()?))
}
