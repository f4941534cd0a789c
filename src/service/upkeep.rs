//! Upkeep: jobs are rows with a due time; a step of each is short, can be repeated, and says where it
//! got to, so that a restart goes on where it was.
//!
//! *scrub* reads every message once a week and compares it with its hash, because a small board's SD card
//! forgets octets and nobody notices until the day the message is needed. *journal* takes away what the
//! journal and the ledger have kept long enough, every day. *contacts*
//! has every contact's index computed anew, once a day. *wipe* writes the vault's file anew on the day after something was
//! deleted, so that nothing is left of it, and a file of the first version once. *rules* runs
//! the owner's rules over all mail when they ask for it. *search* merges what is new into the index of words, once a
//! day and whenever much has come. *wastebasket* deletes for good, every day, what has been in it long enough.

use super::{Error, acts, journal::tidy_now, rules, search};
use crate::{
    domain::time::Time,
    net::clock::Clock,
    store::{
        self,
        mail::{self, Snapshot},
        record::Job,
        vault::{Open, Vault},
    },
};

const DAY: i64 = 24 * 3600;
/// Messages that one step of the scrub reads.
const SLICE: usize = 50;
/// Seconds between two of its steps: it must not be felt.
const PAUSE: i64 = 5;

/// Does a little from a cursor on; gives the seconds until the next step and its cursor.
type Step = fn(&Open, u64, Time) -> Result<(i64, u64), store::Error>;

/// One job: its name in the table, the seconds from a fresh box to its first run, and its step.
struct Kind {
    name: &'static str,
    first: i64,
    step: Step,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "scrub",
        first: DAY,
        step: scrub,
    },
    Kind {
        name: "journal",
        first: DAY,
        step: journal,
    },
    Kind {
        name: "wipe",
        first: DAY,
        step: wipe,
    },
    Kind {
        name: "drafts",
        first: DAY,
        step: drafts,
    },
    Kind {
        name: acts::JOB,
        first: DAY,
        step: acts::step,
    },
    Kind {
        name: "contacts",
        first: DAY,
        step: contacts,
    },
    Kind {
        name: rules::JOB,
        first: rules::NEVER,
        step: rules::step,
    },
    Kind {
        name: search::JOB,
        first: DAY,
        step: search::step,
    },
];

/// Lets the allocator give the memory of a tried passphrase back to the system: 64 MiB or more of it that
/// nobody needs again before somebody signs in. mimalloc looks for what it can give back when a large block is
/// freed a second later, so one that was never touched is.
pub fn settle() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(24 * 1024 * 1024)));
}

/// Runs what is due; cheap to clone.
#[derive(Clone)]
pub struct Upkeep {
    vault: Vault,
    clock: Clock,
}

impl Upkeep {
    /// Over this vault.
    pub fn new(vault: Vault, clock: Clock) -> Self {
        Self { vault, clock }
    }

    /// Runs one step of every job that is due; says how many seconds from now the next one is.
    pub async fn step(&self) -> Result<u64, Error> {
        let open = self.vault.open()?;
        let now = self.clock.now();
        let mut next = i64::MAX;
        for kind in KINDS {
            let reading = open.clone();
            let look = move || -> Result<(Job, bool), store::Error> {
                match Snapshot::of(&reading)?.job(kind.name)? {
                    None => Ok((
                        Job {
                            due: now.0 + kind.first,
                            ..Job::default()
                        },
                        true,
                    )),
                    Some(job) if is_ahead(&job, now) => Ok((job, false)),
                    Some(job) => Ok((run(kind, &reading, job, now), true)),
                }
            };
            let (job, changed) = tokio::task::spawn_blocking(look)
                .await
                .map_err(|_| store::Error::Database("a job was cut short".into()))??;
            next = next.min(job.due);
            if changed {
                open.writer.write(move |tables| mail::put_job(tables, kind.name, &job)).await?;
            }
        }
        Ok(u64::try_from(next.saturating_sub(now.0)).unwrap_or(0))
    }
}

/// Whether a job waits. None ever waits for more than a week but one that nobody asked for: what seems to was put down by a
/// clock that has been set back since.
fn is_ahead(job: &Job, now: Time) -> bool {
    let wait = job.due.saturating_sub(now.0);
    (1..=8 * DAY).contains(&wait) || wait >= rules::NEVER / 2
}

/// A step that fails is tried again, later each time.
fn run(kind: &Kind, open: &Open, job: Job, now: Time) -> Job {
    match (kind.step)(open, job.cursor, now) {
        Ok((wait, cursor)) => Job {
            due: now.0 + wait,
            attempts: 0,
            cursor,
        },
        Err(error) => {
            tracing::error!(job = kind.name, %error, "a job failed and will be tried again");
            let attempts = job.attempts.saturating_add(1);
            Job {
                due: now.0 + 60_i64.saturating_mul(1 << attempts.min(10)),
                attempts,
                ..job
            }
        }
    }
}

fn journal(open: &Open, _cursor: u64, now: Time) -> Result<(i64, u64), store::Error> {
    tidy_now(open, now)?;
    // A box that connects to nobody adds no day to its ledger, and forgets all the same.
    // In some zone it is yesterday still.
    let yesterday = now.0.div_euclid(DAY) - 1;
    let writing = open.writer.write(move |tables| store::ledger::tidy(tables, yesterday));
    tokio::runtime::Handle::current().block_on(writing)?;
    Ok((DAY, 0))
}

/// What was sent is not kept a second time as its draft, nor what broke off while it was uploaded.
fn drafts(open: &Open, _cursor: u64, now: Time) -> Result<(i64, u64), store::Error> {
    let writing = open.writer.write(move |tables| store::drafts::tidy(tables, now.0));
    tokio::runtime::Handle::current().block_on(writing)?;
    Ok((DAY, 0))
}

fn wipe(open: &Open, _cursor: u64, _now: Time) -> Result<(i64, u64), store::Error> {
    if open.wants_rewriting()? {
        match open.rewrite() {
            Err(store::Error::Full) => tracing::warn!("no room on the disk to write the store anew; tomorrow again"),
            outcome => drop(outcome?),
        }
    }
    Ok((DAY, 0))
}

/// What a contact's index says of time, and of a provider, changes by itself.
fn contacts(open: &Open, _cursor: u64, _now: Time) -> Result<(i64, u64), store::Error> {
    // A step runs on the blocking pool.
    tokio::runtime::Handle::current().block_on(open.writer.write(store::contacts::stale_all))?;
    Ok((DAY, 0))
}

fn scrub(open: &Open, cursor: u64, _now: Time) -> Result<(i64, u64), store::Error> {
    let (seen, damaged, last) = Snapshot::of(open)?.scrub(cursor, SLICE)?;
    if damaged > 0 {
        tracing::error!(
            damaged,
            after = cursor,
            "the store holds messages that were damaged; restore them from a backup"
        );
    }
    Ok(if seen == SLICE { (PAUSE, last) } else { (7 * DAY, 0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_puts_no_job_off_for_years() {
        let job = |due| Job { due, ..Job::default() };
        assert!(is_ahead(&job(1_000 + 7 * DAY), Time(1_000)) && !is_ahead(&job(1_000), Time(1_000)));
        assert!(!is_ahead(&job(1_000 + 365 * DAY), Time(1_000)));
        assert!(is_ahead(&job(1_000 + rules::NEVER), Time(1_000)), "nobody asked for it");
    }

    #[tokio::test]
    async fn the_scrub_is_a_row_that_waits_for_its_day() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::create(folder.path(), "word").unwrap().vault;
        let clock = Clock::fixed(Time(1_000));
        let upkeep = Upkeep::new(vault.clone(), clock.clone());
        assert_eq!(upkeep.step().await.unwrap(), DAY as u64, "made, not run");
        let commits = vault.open().unwrap().writer.commits();
        clock.set(Time(1_000 + DAY - 60));
        assert_eq!(upkeep.step().await.unwrap(), 60);
        assert_eq!(vault.open().unwrap().writer.commits(), commits, "an idle job writes nothing");
        clock.set(Time(1_000 + DAY));
        assert_eq!(
            upkeep.step().await.unwrap(),
            DAY as u64,
            "an empty box is read at once, the rest waits for tomorrow"
        );
    }
}
