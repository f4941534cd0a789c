//! Messages leave: what is due is taken, grouped by where it goes, and handed over; and what came of it is written
//! down before anything else is said about it.
//!
//! A lane for each domain (or for the smarthost) has a queue and a few workers; a worker keeps its session for as long
//! as its lane has messages. A row is changed at two moments only: just before the first octet of the message is sent
//! (`Delivery::begin`), and when it is known what came of it. A row that the owner took back meanwhile is not begun. What
//! a server answered while the box was locked under the worker's feet is kept in memory until it is unlocked.
//!
//! Absent on purpose: sending again by itself what may have arrived already.

mod rests;
mod seen;
mod visit;
mod way;

pub use rests::Rests;

use super::{Error, mailboxes::Providers, strict::Strict, tls_reports::TlsReports};
use crate::{
    codec::idna,
    domain::{
        mailbox::Server,
        outgoing::{Delivery, Kind, Outcome, State, Trouble, Via, is_due},
        privacy::gather::session,
        sending::{Choice, Reach, Smarthost, Unreached},
        time::Time,
        transport::TlsFacts,
    },
    net::{clock::Clock, courier::SignIn, outward::Outward},
    store::{
        self,
        mail::Snapshot,
        outbox,
        record::{SeenWay, Sending},
        seen_ways, sending, sent,
        vault::{Open, Vault},
    },
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
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
    /// What a server answered and could not be written down: the box was locked.
    unwritten: Mutex<HashMap<u64, Outcome>>,
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
        self.0.write_down(&open).await?;
        self.0.reports.keep().await?;
        let now = self.0.clock.now();
        let reading = open.clone();
        let look = move || {
            let snapshot = Snapshot::of(&reading)?;
            let mut rows = Vec::new();
            let mut due = snapshot.due(now, SLICE)?;
            let next = snapshot.next_due(now)?;
            if let Some(next) = next.filter(|next| is_due(*next, now)) {
                // Nothing is put off for so long: the clock was set back.
                due.extend(snapshot.due(next, SLICE)?);
            }
            for (_, id) in due {
                rows.extend(snapshot.delivery(id)?.map(|delivery| (id, leads(delivery))));
            }
            Ok::<_, store::Error>((rows, next, snapshot.sending()?))
        };
        let (rows, next, sending) = super::blocking(look).await?;
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
            let key = match key {
                Key::Domain(_) if via != Via::Direct => Key::Smarthost(via),
                key => key,
            };
            let lane = lanes.entry(key).or_default();
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
                tracing::error!(%error, "a delivery could not be written down and will be tried again");
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

    /// Once for each time that the vault is opened: what was being sent when the power went may have arrived.
    async fn look_through(&self, open: &Arc<Open>) -> Result<(), Error> {
        if std::ptr::eq(held(&self.seen).as_ptr(), Arc::as_ptr(open)) {
            return Ok(());
        }
        let reading = open.clone();
        let look = move || {
            let snapshot = Snapshot::of(&reading)?;
            let mut begun = Vec::new();
            for (_, id) in snapshot.due(Time(i64::MAX), usize::MAX)? {
                begun.extend(snapshot.delivery(id)?.filter(|delivery| delivery.begun.is_some()).map(|_| id));
            }
            Ok::<_, store::Error>((begun, snapshot.reach()?))
        };
        let (begun, reach) = super::blocking(look).await?;
        *held(&self.reach) = reach;
        let now = self.clock.now();
        let ours: HashSet<u64> = held(&self.lanes).values().flat_map(|lane| lane.flying.iter().copied()).collect();
        let lost: Vec<u64> = {
            let unwritten = held(&self.unwritten);
            begun
                .into_iter()
                .filter(|id| !ours.contains(id) && !unwritten.contains_key(id))
                .collect()
        };
        if !lost.is_empty() {
            tracing::warn!(
                deliveries = lost.len(),
                "nobody knows whether these arrived: the box went down while sending them"
            );
            let writing = open.writer.write(move |tables| {
                for id in &lost {
                    if let Some((true, delivery)) = outbox::change(tables, *id, |delivery| delivery.recover(now))? {
                        sent::weigh(tables, delivery.message.0)?;
                        sent::attention(tables, delivery.message.0)?;
                    }
                }
                Ok(())
            });
            writing.await?;
        }
        *held(&self.seen) = Arc::downgrade(open);
        Ok(())
    }

    /// Writes down what could not be while the box was locked.
    async fn write_down(&self, open: &Arc<Open>) -> Result<(), Error> {
        let outcomes: Vec<(u64, Outcome)> = held(&self.unwritten).iter().map(|(id, outcome)| (*id, outcome.clone())).collect();
        for (id, outcome) in outcomes {
            self.settle(open, id, outcome).await?;
            held(&self.unwritten).remove(&id);
        }
        Ok(())
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
            let raw = snapshot.sent_octets(id)?.ok_or(store::Error::Damaged)?;
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
        let outcome = match self.attempt(key, &delivery, &raw, &sending, session).await {
            visit::Attempt::Came(outcome) => outcome,
            visit::Attempt::Gone => return Ok(()),
        };
        let outcome = self.hurried(key, &sending, outcome);
        match self.vault.open() {
            Ok(open) => self.settle(&open, id, outcome).await,
            Err(locked) => {
                held(&self.unwritten).insert(id, outcome);
                Err(locked.into())
            }
        }
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

    /// Writes down what came of a try: the row, what was seen of the way, and whether the owner must look at it.
    async fn settle(&self, open: &Arc<Open>, id: u64, outcome: Outcome) -> Result<(), Error> {
        let now = self.clock.now();
        let dice = RandomState::new().hash_one(id);
        let writing = open.writer.write(move |tables| {
            let settle = |delivery: &mut Delivery| {
                let before = delivery.state();
                delivery.settle(&outcome, now, dice);
                let late = delivery.is_late(now);
                delivery.told_late |= late;
                late || (before != delivery.state() && delivery.state() >= State::NobodyKnows)
            };
            let Some((look, delivery)) = outbox::change(tables, id, settle)? else {
                return Ok(());
            };
            let message = delivery.message.0;
            if !matches!(outcome, Outcome::Rest(..)) {
                sent::weigh(tables, message)?;
            }
            if let Some(seen) = seen_in(&outcome, now) {
                seen_ways::put(tables, &idna::plain(&delivery.domain), &seen)?;
            }
            if look {
                sent::attention(tables, message)?;
            }
            Ok(())
        });
        writing.await?;
        Ok(())
    }

    /// Says what was met at port 25, and keeps it where that is news.
    async fn met(&self, host: &str, how: Option<Unreached>) -> Result<(), Error> {
        let now = self.clock.now();
        let (news, reach) = {
            let mut reach = held(&self.reach);
            let news = match how {
                None => reach.reached(now),
                Some(how) => {
                    reach.unreached(host, how, now);
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
fn leads(delivery: Delivery) -> Key {
    if delivery.via == Via::Provider {
        Key::Provider(delivery.from.to_string())
    } else {
        Key::Domain(delivery.domain)
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

/// What the session was like in which something was handed to a domain's own server.
fn seen_in(outcome: &Outcome, now: Time) -> Option<SeenWay> {
    let Outcome::Answered(answers) = outcome else { return None };
    let handed = answers.iter().find_map(|answer| answer.as_ref().ok())?;
    (handed.via == Via::Direct).then(|| SeenWay::of(now.0, session(handed.tls.as_ref())))
}

/// Trouble that a server is not visited at all.
fn resting(until: Time) -> (Trouble, Time) {
    (Trouble::of(Kind::Resting), until)
}
