//! What this box tells other domains of how encrypting the way to them went (RFC 8460): counted while mail is handed
//! over, and once a day said to each domain that asks for it in its DNS, by mail or to its web server.
//!
//! Counting is in memory until it is kept, so that a delivery costs no write more; a crash may lose a few sessions and
//! reports none twice: a day's counts go in the write that puts their report down, and a report that was being handed to
//! a web server when the power went is not handed over again. Reports that go by mail are handed over by the outbox like
//! any message, stand in no discussion, and are themselves not counted.
//!
//! Absent on purpose: addresses, subjects, and anything else of who wrote to whom.

use super::{
    Error, compose,
    happening::{Happening, Happenings},
    read,
};
use crate::{
    codec::{
        dkim, idna,
        tls_report::{self as written, About},
    },
    domain::{
        address::Address,
        outgoing::{Copy, Delivery, Submission},
        time::Time,
        tls_report::{Counted, Fate, Place, Session, day_of, due},
    },
    net::{
        clock::Clock,
        dns::{Dns, Kind},
        https::{Https, Unfetched},
    },
    store::{
        self, hex,
        mail::Snapshot,
        outbox,
        record::{TlsDay, TlsGiven, TlsPlace},
        slots::random,
        tls_reports::{self, Ready},
        vault::Vault,
    },
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

const HOUR: i64 = 3_600;
/// The longest that looking for what is due waits, in seconds; less while a report is on its way.
const NAP: i64 = HOUR;
const SHORT: i64 = 60;
/// Domains and days that are counted in memory.
const MOST: usize = 2_000;
/// Reports that are made in one go, and pages that are visited.
const SLICE: usize = 50;
const VISITS: usize = 10;
/// Seconds for which a report is tried (section 5.5 of the RFC).
const PATIENCE: i64 = 24 * HOUR;
/// Seconds to the second try at a page; doubled each time.
const AGAIN: i64 = 15 * 60;
/// Octets of a web server's answer that are read.
const ANSWER: usize = 16 * 1024;
/// Reports that the page lists.
const LISTED: usize = 30;

/// Counts and reports; cheap to clone, all clones count together.
#[derive(Clone)]
pub struct TlsReports(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    dns: Dns,
    https: Https,
    happenings: Happenings,
    /// The owner's domain.
    own: String,
    counted: Mutex<HashMap<(i64, String), Counted>>,
    next: AtomicI64,
}

/// A report that was given, for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The day that it is about, at its beginning.
    pub day: Time,
    /// The domain that it is about.
    pub domain: String,
    /// Sessions that were as they should be.
    pub good: u64,
    /// Those that were not.
    pub bad: u64,
    /// Where it went, and what became of it there.
    pub to: Vec<(String, Fate)>,
}

impl TlsReports {
    /// Over this vault, for the owner of this domain.
    pub fn new((vault, clock): (Vault, Clock), (dns, https): (Dns, Https), happenings: Happenings, own: &str) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            dns,
            https,
            happenings,
            own: idna::plain(own),
            counted: Mutex::default(),
            next: AtomicI64::new(i64::MIN),
        }))
    }

    /// Counts a session with a server of this domain.
    pub fn note(&self, domain: &str, session: &Session) {
        let key = (day_of(self.0.clock.now()), idna::plain(domain));
        let mut counted = self.0.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() < MOST || counted.contains_key(&key) {
            counted.entry(key).or_default().add(session);
        }
    }

    /// Keeps what was counted since; where the owner wants no reports it is let go. While the box is locked it is
    /// counted on.
    pub async fn keep(&self) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        let counted = std::mem::take(&mut *self.0.counted.lock().unwrap_or_else(PoisonError::into_inner));
        if counted.is_empty() || !self.is_on().await? {
            return Ok(());
        }
        let dice = RandomState::new();
        let writing = open.writer.write(move |tables| {
            for ((day, domain), counted) in &counted {
                let dice = dice.hash_one((day, domain)) as u32;
                tls_reports::count(tables, *day, domain, counted, dice)?;
            }
            Ok(())
        });
        Ok(writing.await?)
    }

    /// Whether reports are given.
    pub async fn is_on(&self) -> Result<bool, Error> {
        read(&self.0.vault, |snapshot| Ok(snapshot.gives_tls_reports()?)).await
    }

    /// Keeps whether they are.
    pub async fn choose(&self, on: bool) -> Result<(), Error> {
        let open = self.0.vault.open()?;
        Ok(open.writer.write(move |tables| tls_reports::choose(tables, on)).await?)
    }

    /// The newest reports that were given.
    pub async fn given(&self) -> Result<Vec<Given>, Error> {
        read(&self.0.vault, |snapshot| {
            let given = snapshot.tls_given(LISTED)?.into_iter().map(|(day, domain, given)| Given {
                day: Time(day * crate::domain::tls_report::DAY),
                domain,
                good: given.good,
                bad: given.bad,
                to: given.to.iter().map(|place| (place.place.clone(), place.fate())).collect(),
            });
            Ok(given.collect())
        })
        .await
    }

    /// Reports what is due, and looks after what is on its way; says how many seconds from now to look again.
    pub async fn tend(&self) -> u64 {
        let now = self.0.clock.now().0;
        let next = self.0.next.load(Ordering::Relaxed);
        let wait = if now < next && next - now <= NAP {
            next - now
        } else {
            match self.step(Time(now)).await {
                Ok(wait) => {
                    self.0.next.store(now + wait, Ordering::Relaxed);
                    wait
                }
                Err(Error::Locked) => SHORT,
                Err(error) => {
                    tracing::error!(%error, "reports about TLS could not be made and will be later");
                    SHORT
                }
            }
        };
        u64::try_from(wait).unwrap_or(0)
    }

    /// One go; gives the seconds until the next.
    async fn step(&self, now: Time) -> Result<i64, Error> {
        self.keep().await?;
        self.settle(now).await?;
        let days = read(&self.0.vault, move |snapshot| Ok(snapshot.tls_days(day_of(now), SLICE)?)).await?;
        let mut wait = NAP;
        for (day, domain, counted) in days {
            let due = due(day, counted.dice);
            if due > now.0 {
                wait = wait.min(due - now.0);
            } else {
                self.report(day, domain, &counted, now).await?;
            }
        }
        Ok(if self.visit_pages(now).await? { SHORT } else { wait })
    }

    /// Writes down what became of those on their way.
    async fn settle(&self, now: Time) -> Result<(), Error> {
        let ended = read(&self.0.vault, move |snapshot| {
            for (_, _, given) in snapshot.tls_open(now)? {
                for place in given.to.iter().filter(|place| place.is_open()) {
                    let begun = place.fate() == Fate::Begun;
                    let sent = place.message > 0 && !snapshot.deliveries(place.message)?.iter().any(Delivery::is_waiting);
                    if begun || sent {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        });
        if !ended.await? {
            return Ok(());
        }
        let open = self.0.vault.open()?;
        let reading = open.clone();
        let lost = move || {
            let open = Snapshot::of(&reading)?.tls_open(now)?.into_iter();
            let begun = |given: &TlsGiven| given.to.iter().any(|place| place.fate() == Fate::Begun);
            Ok::<_, store::Error>(open.filter(|(_, _, given)| begun(given)).collect::<Vec<_>>())
        };
        let lost = super::blocking(lost).await?;
        let writing = open.writer.write(move |tables| {
            for (day, domain, _) in &lost {
                tls_reports::change(tables, *day, domain, |given| {
                    let begun = given.to.iter_mut().filter(|place| place.fate() == Fate::Begun);
                    begun.for_each(|place| place.end(Fate::NobodyKnows));
                })?;
            }
            tls_reports::settle(tables, now)
        });
        Ok(writing.await?)
    }

    /// Reports a day to a domain, if it wants that.
    async fn report(&self, day: i64, domain: String, counted: &TlsDay, now: Time) -> Result<(), Error> {
        let on = self.is_on().await?;
        let places = match self.0.dns.look(&format!("_smtp._tls.{domain}"), Kind::Txt).await {
            Ok(answer) if on => written::places(answer.texts()),
            // Later it may say; after a day it is no longer worth saying.
            Err(_) if on && now.0 < due(day, counted.dice) + PATIENCE => return Ok(()),
            _ => Vec::new(),
        };
        let ready = if places.is_empty() {
            None
        } else {
            self.ready(day, &domain, counted, places, now).await?
        };
        let Some(ready) = ready else {
            let writing = self
                .0
                .vault
                .open()?
                .writer
                .write(move |tables| tls_reports::forget(tables, day, &domain));
            return Ok(writing.await?);
        };
        let given = self
            .0
            .vault
            .open()?
            .writer
            .write(move |tables| tls_reports::give(tables, &ready, now))
            .await?;
        if given {
            self.0.happenings.announce(Happening::Due);
        }
        Ok(())
    }

    /// Writes, packs and signs a report; `None` where nobody is left who can be told.
    async fn ready(&self, day: i64, domain: &str, counted: &TlsDay, places: Vec<Place>, now: Time) -> Result<Option<Ready>, Error> {
        let inner = &self.0;
        let signers = compose::signers(&inner.vault).await?;
        let counted = counted.counted();
        let (good, bad) = counted.sums();
        let id = format!("{}@{}", hex(&random::<16>()?), inner.own);
        let about = About {
            domain,
            own: &inner.own,
            day,
            id: &id,
        };
        let from = Address::parse(&about.contact()).map_err(|_| store::Error::Damaged)?;
        let packed = written::packed(&written::json(&about, &counted));
        let (mut mail, mut web) = (Vec::new(), Vec::new());
        for place in places {
            match place {
                Place::Web(page) => web.push(page),
                Place::Mail(address) => {
                    let Ok(to) = Address::parse(&address) else { continue };
                    if idna::plain(to.domain()) == inner.own {
                        continue;
                    }
                    let raw = written::message(&about, to.as_str(), now, &hex(&random::<16>()?), &packed);
                    let head = dkim::sign(&raw, &inner.own, &signers).ok_or(store::Error::Damaged)?;
                    let submission = Submission {
                        from: from.clone(),
                        copies: vec![Copy {
                            raw: [head, raw].concat(),
                            recipients: vec![to],
                        }],
                        not_before: now,
                        confidential: false,
                        by_provider: false,
                    };
                    mail.push((address, outbox::prepare(submission)?));
                }
            }
        }
        let some = !mail.is_empty() || !web.is_empty();
        Ok(some.then(|| Ready {
            day,
            domain: domain.to_owned(),
            given: TlsGiven {
                at: now.0,
                good,
                bad,
                to: Vec::new(),
                packed,
            },
            mail,
            web,
        }))
    }

    /// Hands reports to the pages that are due; says whether something is on its way.
    async fn visit_pages(&self, now: Time) -> Result<bool, Error> {
        let waiting = read(&self.0.vault, move |snapshot| Ok(snapshot.tls_open(now)?)).await?;
        let under_way = !waiting.is_empty();
        let mut visits = 0;
        for (day, domain, given) in waiting {
            let is_due = |place: &&TlsPlace| place.message == 0 && place.fate() == Fate::Waiting && place.due <= now.0;
            for place in given.to.iter().filter(is_due) {
                visits += 1;
                if visits > VISITS {
                    return Ok(true);
                }
                self.visit(day, &domain, &given, place).await?;
            }
        }
        Ok(under_way)
    }

    async fn visit(&self, day: i64, domain: &str, given: &TlsGiven, place: &TlsPlace) -> Result<(), Error> {
        let page = place.place.clone();
        self.end((day, domain), &page, |place, _| place.end(Fate::Begun)).await?;
        let octets = given.packed.clone();
        let answer = self.0.https.post(&page, "application/tlsrpt+gzip", octets, ANSWER).await;
        let fate = match answer {
            Ok(page) if (200..300).contains(&page.status) => Fate::Given,
            Ok(page) if page.status >= 500 || matches!(page.status, 408 | 429) => Fate::Waiting,
            Ok(_) | Err(Unfetched::NoAddress) => Fate::Refused,
            Err(Unfetched::Unreachable | Unfetched::Certificate) => Fate::Waiting,
            Err(Unfetched::Silent | Unfetched::TooLarge | Unfetched::Garbled) => Fate::NobodyKnows,
        };
        let now = self.0.clock.now().0;
        self.end((day, domain), &page, move |place, at| {
            place.tries = place.tries.saturating_add(1);
            place.due = now.saturating_add(AGAIN << place.tries.saturating_sub(1).min(5));
            let over = fate == Fate::Waiting && place.due > at.saturating_add(PATIENCE);
            place.end(if over { Fate::Refused } else { fate });
        })
        .await
    }

    /// Changes one place of a report; `change` is also told when the report was made.
    async fn end(&self, (day, domain): (i64, &str), page: &str, change: impl Fn(&mut TlsPlace, i64) + Send + 'static) -> Result<(), Error> {
        let (domain, page) = (domain.to_owned(), page.to_owned());
        let writing = self.0.vault.open()?.writer.write(move |tables| {
            tls_reports::change(tables, day, &domain, |given| {
                let at = given.at;
                let places = given.to.iter_mut().filter(|place| place.message == 0 && place.place == page);
                places.for_each(|place| change(place, at));
            })
        });
        Ok(writing.await?)
    }
}
