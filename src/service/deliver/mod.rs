//! Messages leave: what is due is taken, grouped by where it goes, and handed over; and what came of it is written
//! down before anything else is said about it.
//!
//! A lane for each domain (or for the smarthost) has a queue and a few workers; a worker keeps its session for as long
//! as its lane has messages. A row is changed at two moments only: just before the first octet of the message is sent
//! (`Delivery::begin`), and when it is known what came of it (`written`). A row that the owner took back meanwhile is not
//! begun. A row with which something goes wrong here, such as one that the disk damaged, is left alone for a minute, and
//! holds up no other.
//!
//! Absent on purpose: sending again by itself what may have arrived already.

mod rests;
mod seen;
mod visit;
mod way;
mod written;

pub use rests::Rests;

use super::{Error, mailboxes::Providers, strict::Strict, tls_reports::TlsReports};
use crate::{
    domain::{
        mailbox::Server,
        outgoing::{Delivery, Kind, Outcome, Trouble, Via, is_due},
        sending::{Choice, Reach, Smarthost, Unreached},
        time::Time,
        transport::TlsFacts,
    },
    net::{clock::Clock, courier::SignIn, outward::Outward},
    store::{
        self,
        mail::Snapshot,
        outbox,
        record::Sending,
        sending,
        vault::{Open, Vault},
    },
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};

/// Sessions in all, and in one lane.
const SESSIONS: usize = 40;
const WORKERS: usize = 10;
/// Kibibytes that messages on their way may take in memory together: a small board has little.
const ROOM: u32 = 96 * 1024;
/// Rows that are looked at in one go.
const SLICE: usize = 5_000;
/// Rows of a lane for which one more worker comes.
const SHARE: usize = 4;
/// The longest that is waited before looking again, in seconds.
const NAP: u64 = 60;
/// Seconds for which a row is left alone with which something went wrong here.
const PAUSE: i64 = 60;

/// Hands messages over; cheap to clone.
#[derive(Clone)]
pub struct Deliver(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    strict: Strict,
    outward: Outward,
    /// The servers of the owner's mailboxes elsewhere.
    providers: Providers,
    /// What is seen of TLS is reported to those who ask for it.
    reports: TlsReports,
    /// Our own name.
    own: String,
    rests: Rests,
    lanes: Mutex<HashMap<Key, Lane>>,
    /// What a server answered and could not be written down: the box was locked, or the store failed.
    unwritten: Mutex<HashMap<u64, Outcome>>,
    /// Rows with which something went wrong here, and until when they are left alone.
    paused: Mutex<HashMap<u64, Time>>,
    reach: Mutex<Reach>,
    sessions: Semaphore,
    /// Kibibytes that messages on their way may take in memory together.
    room: Semaphore,
    /// The vault whose rows were looked through after it was opened.
    seen: Mutex<Weak<Open>>,
    stopping: AtomicBool,
    done: Notify,
}

/// Where a lane leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Domain(String),
    Smarthost(Via),
    /// The server of the mailbox elsewhere of this address.
    Provider(String),
}

#[derive(Default)]
struct Lane {
    queue: VecDeque<u64>,
    flying: HashSet<u64>,
    workers: usize,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deliver {
    /// Over this vault, as this host; `rests` are shared with whoever may end them.
    pub fn new(
        (vault, clock): (Vault, Clock),
        (strict, reports): (Strict, TlsReports),
        (outward, providers): (Outward, Providers),
        own: &str,
        rests: Rests,
    ) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            strict,
            outward,
            providers,
            reports,
            own: own.to_owned(),
            rests,
            lanes: Mutex::default(),
            unwritten: Mutex::default(),
            paused: Mutex::default(),
            reach: Mutex::default(),
            sessions: Semaphore::new(SESSIONS),
            room: Semaphore::new(ROOM as usize),
            seen: Mutex::default(),
            stopping: AtomicBool::new(false),
            done: Notify::new(),
        }))
    }

    /// Takes what is due and has it handed over by workers of this set; says how many seconds from now it should be
    /// called again. A locked box has nothing due.
    pub async fn step(&self, workers: &mut JoinSet<()>) -> Result<u64, Error> {
        while workers.try_join_next().is_some() {}
        let open = self.0.vault.open()?;
        self.0.look_through(&open).await?;
        self.0.write_down(&open).await;
        self.0.reports.keep().await?;
        let now = self.0.clock.now();
        let (reading, mut left_alone) = (open.clone(), self.0.paused_at(now));
        left_alone.extend(held(&self.0.unwritten).keys());
        let look = move || {
            let snapshot = Snapshot::of(&reading)?;
            let (mut rows, mut damaged) = (Vec::new(), Vec::new());
            let mut due = snapshot.due(now, SLICE)?;
            let next = snapshot.next_due(now)?;
            if let Some(next) = next.filter(|next| is_due(*next, now)) {
                // Nothing is put off for so long: the clock was set back.
                due.extend(snapshot.due(next, SLICE)?);
            }
            for (_, id) in due.into_iter().filter(|(_, id)| !left_alone.contains(id)) {
                match snapshot.delivery(id) {
                    Ok(row) => rows.extend(row.filter(|row| row.begun.is_none()).map(|row| (id, leads(&row)))),
                    Err(store::Error::Damaged) => damaged.push(id),
                    Err(error) => return Err(error),
                }
            }
            Ok::<_, store::Error>((rows, damaged, next, snapshot.sending()?))
        };
        let (rows, damaged, next, sending) = super::blocking(look).await?;
        if !damaged.is_empty() {
            tracing::error!(rows = damaged.len(), "rows of the outbox are damaged and are passed over");
            damaged.into_iter().for_each(|id| self.0.pause(id));
        }
        self.assign(rows, &sending, workers);
        let wait = next.map_or(NAP, |next| u64::try_from(next.0.saturating_sub(now.0)).unwrap_or(0));
        Ok(wait.clamp(1, NAP))
    }

    /// Puts rows into their lanes and sees that these have workers.
    fn assign(&self, rows: Vec<(u64, Key)>, sending: &Sending, workers: &mut JoinSet<()>) {
        let via = self.0.via(sending);
        let mut lanes = held(&self.0.lanes);
        for (id, key) in rows {
            if lanes.values().any(|lane| lane.flying.contains(&id)) {
                continue;
            }
            let lane = lanes.entry(key.by(via)).or_default();
            lane.flying.insert(id);
            lane.queue.push_back(id);
        }
        for (key, lane) in lanes.iter_mut() {
            let wanted = lane.queue.len().div_ceil(SHARE).min(WORKERS);
            while lane.workers < wanted {
                lane.workers += 1;
                let (this, key) = (self.clone(), key.clone());
                workers.spawn(async move { this.work(key).await });
            }
        }
    }

    /// Waits until a worker has ended.
    pub async fn done(&self) {
        self.0.done.notified().await;
    }

    /// No worker begins another message from now on.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
    }

    /// Since when port 25 is shut, and how that shows.
    pub fn shut(&self) -> Option<(Time, Unreached)> {
        held(&self.0.reach).shut(self.0.clock.now())
    }

    /// One worker of a lane, until its queue is empty.
    async fn work(self, key: Key) {
        let permit = self.0.sessions.acquire().await;
        let mut session = None;
        while let Some(id) = self.0.next(&key) {
            if let Err(error) = self.0.deliver(&key, id, &mut session).await
                && !matches!(error, Error::Locked)
            {
                tracing::error!(%error, "something went wrong here with a delivery, which is looked at again in a minute");
                self.0.pause(id);
            }
            if let Some(lane) = held(&self.0.lanes).get_mut(&key) {
                lane.flying.remove(&id);
            }
        }
        drop(permit);
        self.0.done.notify_one();
        if let Some(session) = session {
            session.leave().await;
        }
    }
}

impl Inner {
    /// The next row of a lane; a worker that is given none is no longer counted.
    fn next(&self, key: &Key) -> Option<u64> {
        let mut lanes = held(&self.lanes);
        let lane = lanes.get_mut(key)?;
        let stopping = self.stopping.load(Ordering::Acquire);
        let next = if stopping { None } else { lane.queue.pop_front() };
        if next.is_none() {
            lane.workers = lane.workers.saturating_sub(1);
            if lane.workers == 0 && lane.flying.is_empty() {
                lanes.remove(key);
            }
        }
        next
    }

    /// By which way mail leaves now.
    fn via(&self, sending: &Sending) -> Via {
        match sending.choice() {
            _ if sending.smarthost().is_none() => Via::Direct,
            Choice::Never => Via::Direct,
            Choice::Always => Via::Smarthost,
            Choice::WhenShut if held(&self.reach).shut(self.clock.now()).is_some() => Via::SmarthostForShut,
            Choice::WhenShut => Via::Direct,
        }
    }

    /// Leaves a row alone for a while.
    fn pause(&self, id: u64) {
        let until = Time(self.clock.now().0.saturating_add(PAUSE));
        held(&self.paused).insert(id, until);
    }

    /// The rows that are left alone now.
    fn paused_at(&self, now: Time) -> HashSet<u64> {
        let mut paused = held(&self.paused);
        // A pause that seems to be longer was put down by a clock that has been set back since.
        paused.retain(|_, until| (1..=PAUSE).contains(&until.0.saturating_sub(now.0)));
        paused.keys().copied().collect()
    }

    /// One row: read, handed over, written down. The session is for the next one of its lane.
    async fn deliver(&self, key: &Key, id: u64, session: &mut Option<visit::Session>) -> Result<(), Error> {
        let reading = self.vault.open()?;
        let size = super::blocking(move || Snapshot::of(&reading)?.sent_size(id)).await?;
        // As it was read, and as it goes over the line.
        let wanted = u32::try_from(size / 512).unwrap_or(ROOM).clamp(1, ROOM);
        let _room = self.room.acquire_many(wanted).await;
        let open = self.vault.open()?;
        let reading = open.clone();
        let read = move || {
            let snapshot = Snapshot::of(&reading)?;
            let Some(delivery) = snapshot.delivery(id)? else { return Ok(None) };
            let raw = match snapshot.sent_octets(id) {
                Err(store::Error::Damaged) => None,
                read => read?,
            };
            Ok::<_, store::Error>(Some((delivery, raw, snapshot.sending()?)))
        };
        let Some((delivery, raw, sending)) = super::blocking(read).await? else {
            return Ok(());
        };
        // A vault that is held cannot be locked; what follows may take minutes.
        drop(open);
        let now = self.clock.now();
        if delivery.begun.is_some() || !delivery.due.is_some_and(|due| is_due(due, now)) {
            return Ok(());
        }
        // The owner chose another way, or the port turned out to be shut, while it stood in this lane: the next step puts
        // it into the right one.
        if leads(&delivery).by(self.via(&sending)) != *key {
            return Ok(());
        }
        let outcome = match raw {
            None => Outcome::Trouble(Trouble::of(Kind::Unreadable)),
            Some(raw) => match self.attempt(key, &delivery, &raw, &sending, session).await? {
                visit::Attempt::Came(outcome) => self.hurried(key, &sending, outcome),
                visit::Attempt::Gone => return Ok(()),
            },
        };
        self.write(id, outcome).await
    }

    /// Where it has just become plain that port 25 is shut and the smarthost is for that, it is tried by it at once.
    fn hurried(&self, key: &Key, sending: &Sending, outcome: Outcome) -> Outcome {
        let other = matches!(key, Key::Domain(_)) && self.via(sending) != Via::Direct;
        match outcome {
            Outcome::Trouble(trouble) | Outcome::Rest(trouble, _)
                if other && matches!(trouble.kind, Kind::Unreachable | Kind::Resting | Kind::Silent) =>
            {
                Outcome::Rest(trouble, self.clock.now())
            }
            outcome => outcome,
        }
    }

    /// Says what was met at port 25, and keeps it where that is news.
    async fn met(&self, (domain, host): (&str, &str), how: Option<Unreached>) -> Result<(), Error> {
        let now = self.clock.now();
        let (news, reach) = {
            let mut reach = held(&self.reach);
            let news = match how {
                None => reach.reached(now),
                Some(how) => {
                    reach.unreached((domain, host), how, now);
                    true
                }
            };
            (news, reach.clone())
        };
        if news {
            let open = self.vault.open()?;
            open.writer.write(move |tables| sending::met(tables, &reach)).await?;
        }
        Ok(())
    }

    /// Says just before the message is sent that it is; false where the row is gone, or no longer what was announced.
    async fn begin(&self, announced: &Delivery, via: Via) -> Result<bool, Error> {
        let open = self.vault.open()?;
        let (now, announced) = (self.clock.now(), announced.clone());
        let writing = open.writer.write(move |tables| {
            let begin = |delivery: &mut Delivery| *delivery == announced && delivery.begin(via, now);
            Ok(outbox::change(tables, announced.id, begin)?.is_some_and(|(begun, _)| begun))
        });
        Ok(writing.await?)
    }
}

/// Where a row leads unless all mail goes by the smarthost.
fn leads(delivery: &Delivery) -> Key {
    if delivery.via == Via::Provider {
        Key::Provider(delivery.from.to_string())
    } else {
        Key::Domain(delivery.domain.clone())
    }
}

impl Key {
    /// Where it leads while mail leaves by this way.
    fn by(self, via: Via) -> Self {
        match self {
            Self::Domain(_) if via != Via::Direct => Self::Smarthost(via),
            key => key,
        }
    }
}

/// Connects to a smarthost and signs in, as a delivery would; sends nothing. Says what was negotiated.
pub async fn try_smarthost(outward: &Outward, own: &str, smarthost: &Smarthost, secret: &str) -> Result<TlsFacts, Trouble> {
    let stops = way::smarthost_stops(outward, smarthost, secret, Via::Smarthost).await?;
    try_stops(outward, own, &stops).await
}

/// The same with the server of a mailbox elsewhere.
pub(super) async fn try_provider(outward: &Outward, own: &str, server: &Server, sign_in: SignIn) -> Result<TlsFacts, Trouble> {
    let way = (server.host.as_str(), server.port, server.implicit);
    let stops = way::passed_on(outward, way, Some(sign_in), Via::Provider).await?;
    try_stops(outward, own, &stops).await
}

async fn try_stops(outward: &Outward, own: &str, stops: &[way::Stop]) -> Result<TlsFacts, Trouble> {
    let mut last = Trouble::of(Kind::NoNames);
    for stop in stops {
        match visit::try_stop(outward, own, stop).await {
            Ok(tls) => return Ok(tls),
            Err(trouble) => last = trouble,
        }
    }
    Err(last)
}

/// Trouble that a server is not visited at all.
fn resting(until: Time) -> (Trouble, Time) {
    (Trouble::of(Kind::Resting), until)
}
