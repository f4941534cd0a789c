//! The journal: what was done with the box, for the owner to read.
//!
//! Noting never waits and never fails: a line goes into a short queue in memory, and from there into the vault,
//! at once where it is open. While the box is locked the queue waits, so that nothing personal stands
//! in clear on the disk; a restart then loses what was noted since the last one. The queue is bounded, and what repeats is
//! counted, so that whoever knocks all night fills neither the memory nor the disk.

use super::{Error, read};
use crate::{
    domain::{
        device::{DeviceId, network},
        id::MessageId,
        journal::{ADDRESS_DAYS, Class, Entry, Event, KEPT, KEPT_AT_MOST},
        time::Time,
    },
    net::clock::Clock,
    store::{
        self,
        devices::{self, keep_for, note},
        record::{self, sha256},
        vault::{Open, Vault},
        writer::Tables,
    },
};
use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Lines on a page.
pub const LINES: u32 = 50;
/// Lines that wait for the vault.
const WAITING: usize = 500;
/// Seconds within which equal lines are one that counts.
const TOGETHER: i64 = 10 * 60;
const DAY: i64 = 24 * 3600;

/// Notes and shows; cheap to clone.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    vault: Vault,
    clock: Clock,
    waiting: Mutex<VecDeque<Waiting>>,
    /// One at a time empties the queue, so that lines stay in order.
    flushing: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Waiting {
    line: record::Entry,
    /// The hash of the key of the device that it came from, where it is not known yet which one that is.
    key: Option<[u8; 32]>,
}

impl Waiting {
    /// Whether a line says the same, but for when and how often.
    fn is_again(&self, line: &record::Entry, key: Option<[u8; 32]>) -> bool {
        let what = |line: &record::Entry| (line.event, line.address, line.device, line.other, line.message);
        self.key == key && what(&self.line) == what(line)
    }
}

/// One page of the journal, the newest line first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPage {
    /// At most [`LINES`] lines.
    pub lines: Vec<Entry>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages.
    pub pages: u32,
    /// How many lines in all.
    pub total: u64,
}

/// What the box holds and who was here last (P08).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Messages that are kept.
    pub messages: u64,
    /// Octets that they take, packed.
    pub octets: u64,
    /// The sign-in before the newest one, where the journal still knows of it.
    pub before: Option<Entry>,
    /// Days that the journal is kept.
    pub days: u16,
}

impl Journal {
    /// Over this vault.
    pub fn new(vault: Vault, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            vault,
            clock,
            waiting: Mutex::default(),
            flushing: tokio::sync::Mutex::default(),
        }))
    }

    /// Notes an event: from which address, and by which device where that is known.
    pub fn note(&self, event: Event, peer: IpAddr, device: Option<DeviceId>) {
        self.push(event, Some(peer), |line| line.device = number(device), None);
    }

    /// Notes what nobody at the other end did, such as unlocking by a key file.
    pub fn note_own(&self, event: Event) {
        self.push(event, None, |_| {}, None);
    }

    /// Notes what was done to a device.
    pub fn note_device(&self, event: Event, peer: IpAddr, by: Option<DeviceId>, other: DeviceId) {
        let done = |line: &mut record::Entry| {
            line.device = number(by);
            line.other = other.0;
        };
        self.push(event, Some(peer), done, None);
    }

    /// Notes what was done to a message.
    pub fn note_message(&self, event: Event, peer: IpAddr, by: Option<DeviceId>, message: MessageId) {
        let done = |line: &mut record::Entry| {
            line.device = number(by);
            line.message = message.0;
        };
        self.push(event, Some(peer), done, None);
    }

    /// Notes a failure to sign in. `key` is the device's cookie, where it sent one: whose it is can only be told
    /// once the vault is open, and the device then remembers that it failed.
    pub fn failed(&self, event: Event, peer: IpAddr, key: Option<&str>) {
        let key = key.map(|key| sha256(key.as_bytes()));
        self.push(event, Some(peer), |_| {}, key);
    }

    fn push(&self, event: Event, address: Option<IpAddr>, done: impl FnOnce(&mut record::Entry), key: Option<[u8; 32]>) {
        let mut line = record::Entry {
            at: self.0.clock.now().0,
            event: event.number(),
            times: 1,
            address: address.map(|address| address.to_canonical()),
            shortened: false,
            device: 0,
            other: 0,
            message: 0,
        };
        done(&mut line);
        {
            let mut waiting = self.waiting();
            let again = |known: &&mut Waiting| known.is_again(&line, key);
            let known = waiting.iter_mut().rev().take(8).find(again);
            match known.filter(|_| event.class() == Class::Failure) {
                Some(known) => {
                    known.line.at = line.at;
                    known.line.times = known.line.times.saturating_add(1);
                }
                None => {
                    if waiting.len() >= WAITING {
                        waiting.pop_front();
                    }
                    waiting.push_back(Waiting { line, key });
                }
            }
        }
        if self.0.vault.open().is_ok()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let journal = self.clone();
            runtime.spawn(async move { journal.flush().await });
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits, where the vault is open. What cannot be written is said in the log and lost.
    pub async fn flush(&self) {
        let _one = self.0.flushing.lock().await;
        let Ok(open) = self.0.vault.open() else { return };
        let lines: Vec<Waiting> = self.waiting().drain(..).collect();
        if lines.is_empty() {
            return;
        }
        let writing = open
            .writer
            .write(move |tables| lines.iter().try_for_each(|line| write(tables, line)));
        if let Err(error) = writing.await {
            tracing::error!(%error, "lines of the journal could not be written");
        }
    }

    /// One page, counted from 1, of the lines of one class, or of all; a page past the end is the last.
    pub async fn page(&self, class: Option<Class>, page: u32) -> Result<JournalPage, Error> {
        self.flush().await;
        read(&self.0.vault, move |snapshot| {
            let pass =
                |line: &record::Entry| class.is_none_or(|class| Event::of_number(line.event).is_some_and(|event| event.class() == class));
            let (_, total) = snapshot.journal(pass, 0, 0)?;
            let pages = u32::try_from(total.div_ceil(LINES as usize)).unwrap_or(u32::MAX).max(1);
            let page = page.clamp(1, pages);
            let (lines, _) = snapshot.journal(pass, (page as usize - 1) * LINES as usize, LINES as usize)?;
            Ok(JournalPage {
                lines: entries(&lines)?,
                page,
                pages,
                total: total as u64,
            })
        })
        .await
    }

    /// The newest lines about a device: what it did and what was done to it.
    pub async fn of_device(&self, device: DeviceId, take: usize) -> Result<Vec<Entry>, Error> {
        self.flush().await;
        read(&self.0.vault, move |snapshot| {
            let (lines, _) = snapshot.journal(|line| line.device == device.0 || line.other == device.0, 0, take)?;
            entries(&lines)
        })
        .await
    }

    /// What the box holds and who was here last.
    pub async fn activity(&self) -> Result<Activity, Error> {
        self.flush().await;
        read(&self.0.vault, |snapshot| {
            let signed_in = Event::SignedIn.number();
            let (before, _) = snapshot.journal(|line| line.event == signed_in, 1, 1)?;
            Ok(Activity {
                messages: snapshot.messages()?,
                octets: snapshot.octets()?,
                before: entries(&before)?.pop(),
                days: snapshot.journal_days()?.unwrap_or(KEPT),
            })
        })
        .await
    }

    /// Keeps the journal for so many days from now on, at least one and at most a year, and takes what is
    /// older away at once. Gives the days as they were set.
    pub async fn keep_for(&self, days: u16) -> Result<u16, Error> {
        let days = days.clamp(1, KEPT_AT_MOST);
        let open = self.0.vault.open()?;
        let now = self.0.clock.now();
        let writing = open.writer.write(move |tables| {
            keep_for(tables, days)?;
            tidy(tables, days, now)
        });
        writing.await?;
        Ok(days)
    }
}

fn number(device: Option<DeviceId>) -> u64 {
    device.map_or(0, |id| id.0)
}

fn entries(lines: &[record::Entry]) -> Result<Vec<Entry>, Error> {
    Ok(lines.iter().map(record::Entry::entry).collect::<Result<_, _>>()?)
}

/// Writes a line; a device that failed remembers it.
fn write(tables: &mut Tables<'_>, waiting: &Waiting) -> Result<(), store::Error> {
    let mut line = waiting.line.clone();
    if let Some(key) = &waiting.key
        && let Some(id) = devices::by_key(tables, key)?
    {
        line.device = id;
    }
    let event = Event::of_number(line.event);
    let failure = event.is_some_and(|event| event.class() == Class::Failure);
    if failure && line.device != 0 {
        devices::change(tables, line.device, |device| device.failed = Some(line.at))?;
    }
    let within = if failure || event == Some(Event::Exported) { TOGETHER } else { 0 };
    note(tables, &line, within)
}

/// Takes away what is too old, and shortens the addresses of what is old.
fn tidy(tables: &mut Tables<'_>, days: u16, now: Time) -> Result<(), store::Error> {
    let ago = |days: i64| now.0.saturating_sub(days * DAY);
    devices::tidy(tables, ago(days.into()), ago(ADDRESS_DAYS), network).map(|_| ())
}

/// The daily job: blocks until it is written; for the blocking pool.
pub(super) fn tidy_now(open: &Open, now: Time) -> Result<(), store::Error> {
    let days = store::mail::Snapshot::of(open)?.journal_days()?.unwrap_or(KEPT);
    let writing = open.writer.write(move |tables| tidy(tables, days, now));
    tokio::runtime::Handle::current().block_on(writing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> (tempfile::TempDir, Vault, Clock, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Vault::create(folder.path(), "open sesame").unwrap();
        made.slots.save(folder.path()).unwrap();
        let clock = Clock::fixed(Time(100 * DAY));
        (folder, made.vault.clone(), clock.clone(), Journal::new(made.vault, clock))
    }

    const THIEF: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 5));

    #[tokio::test]
    async fn what_failed_while_locked_is_read_after_unlocking() {
        let (_folder, vault, clock, journal) = journal();
        vault.lock();
        for n in 0..2_000 {
            clock.set(Time(100 * DAY + n));
            journal.failed(Event::Failed, THIEF, None);
        }
        journal.note(Event::Unlocked, [192, 0, 2, 1].into(), None);
        assert!(matches!(journal.page(None, 1).await, Err(Error::Locked)));
        vault.unlock(&store::slots::Opening::Passphrase("open sesame")).unwrap();
        let page = journal.page(None, 9).await.unwrap();
        assert_eq!((page.page, page.pages, page.total), (1, 1, 2));
        assert_eq!((page.lines[1].event, page.lines[1].times), (Event::Failed, 2_000));
        assert_eq!(journal.page(Some(Class::Lock), 1).await.unwrap().total, 1);
    }

    #[tokio::test]
    async fn a_line_goes_after_its_days_and_its_address_before() {
        let (_folder, vault, clock, journal) = journal();
        journal.note(Event::SignedIn, THIEF, Some(DeviceId(3)));
        journal.flush().await;
        let open = vault.open().unwrap();
        let tidy = async |days: i64| {
            let now = Time((100 + days) * DAY);
            clock.set(now);
            let open = open.clone();
            tokio::task::spawn_blocking(move || tidy_now(&open, now)).await.unwrap().unwrap();
            journal.page(None, 1).await.unwrap().lines
        };
        assert_eq!(tidy(7).await[0].address, Some(THIEF));
        let line = tidy(8).await.remove(0);
        assert_eq!((line.address, line.shortened), (Some(IpAddr::from([203, 0, 113, 0])), true));
        assert_eq!(tidy(30).await.len(), 1);
        assert_eq!(tidy(31).await, []);
        assert_eq!(journal.keep_for(9_999).await.unwrap(), 365);
        journal.note(Event::SignedIn, THIEF, None);
        assert_eq!(tidy(300).await.len(), 1);
        assert_eq!(journal.keep_for(0).await.unwrap(), 1);
        assert_eq!(journal.page(None, 1).await.unwrap().total, 0, "at once");
    }

    #[tokio::test]
    async fn the_sign_in_before_this_one_is_told() {
        let (_folder, _vault, clock, journal) = journal();
        assert_eq!(journal.activity().await.unwrap().before, None);
        for (at, device) in [(1, 7), (2, 8)] {
            clock.set(Time(100 * DAY + at));
            journal.note(Event::SignedIn, THIEF, Some(DeviceId(device)));
        }
        let before = journal.activity().await.unwrap().before.unwrap();
        assert_eq!((before.at, before.device), (Time(100 * DAY + 1), Some(DeviceId(7))));
    }
}
