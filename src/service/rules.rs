//! The owner's rules: kept in an order, tried on messages, and run over what is there already.

use super::{
    Error,
    happening::{Happening, Happenings},
    read,
};
use crate::{
    codec::mime,
    domain::{
        id::{MessageId, RuleId, TagId},
        message::Reading,
        rule::{self, Rule},
        tag::By,
        time::Time,
    },
    net::clock::Clock,
    store::{
        self, filing,
        mail::{self, Snapshot},
        record::{self, Job},
        tags,
        vault::{Open, Vault},
    },
};

/// The name of the job that runs the rules over all mail.
pub(super) const JOB: &str = "rules";
/// Messages that one step of it reads.
const SLICE: usize = 100;
/// Seconds until a job that waits for a click would run by itself: a hundred years.
pub(super) const NEVER: i64 = 100 * 365 * 24 * 3600;
/// The newest messages that a rule is tried on.
pub const TRIED: usize = 100;

/// Keeps and runs rules; cheap to clone.
#[derive(Clone)]
pub struct Rules {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
}

/// A message that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which.
    pub id: MessageId,
    /// Its author as written: the name, or the address where there is none.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// When it was received.
    pub received: Time,
}

/// How far running the rules over all mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// It is not being done.
    Idle,
    /// It is: so many messages out of so many.
    Going {
        /// Done.
        done: u64,
        /// In all.
        all: u64,
    },
}

impl Rules {
    /// Over this vault.
    pub fn new(vault: Vault, clock: Clock, happenings: Happenings) -> Self {
        Self { vault, clock, happenings }
    }

    /// Every rule in its order.
    pub async fn list(&self) -> Result<Vec<(RuleId, Rule)>, Error> {
        read(&self.vault, |snapshot| {
            let rules = snapshot.rules()?.into_iter();
            Ok(rules
                .map(|(id, rule)| Ok((id, rule.rule()?)))
                .collect::<Result<_, store::Error>>()?)
        })
        .await
    }

    /// One rule.
    pub async fn rule(&self, id: RuleId) -> Result<Rule, Error> {
        let rules = self.list().await?;
        rules
            .into_iter()
            .find(|(known, _)| *known == id)
            .map(|(_, rule)| rule)
            .ok_or(Error::NotFound)
    }

    /// Keeps a checked rule, a new one behind the others. `None` where there are as many as there may be.
    pub async fn put(&self, id: Option<RuleId>, rule: &Rule) -> Result<Option<RuleId>, Error> {
        let record = record::Rule::of(rule, 0);
        let open = self.vault.open()?;
        Ok(open.writer.write(move |tables| tags::put_rule(tables, id, &record)).await?)
    }

    /// Moves a rule up or down by one.
    pub async fn shift(&self, id: RuleId, up: bool) -> Result<(), Error> {
        let open = self.vault.open()?;
        let found = open.writer.write(move |tables| tags::move_rule(tables, id, up)).await?;
        found.then_some(()).ok_or(Error::NotFound)
    }

    /// Puts a rule in force or out of it.
    pub async fn turn(&self, id: RuleId, on: bool) -> Result<(), Error> {
        let rule = self.rule(id).await?;
        self.put(Some(id), &Rule { on, ..rule }).await?.map(drop).ok_or(Error::NotFound)
    }

    /// Deletes a rule. What it did stays done.
    pub async fn delete(&self, id: RuleId) -> Result<(), Error> {
        let open = self.vault.open()?;
        let found = open.writer.write(move |tables| tags::delete_rule(tables, id)).await?;
        found.then_some(()).ok_or(Error::NotFound)
    }

    /// The newest messages that a rule is about, out of the newest [`TRIED`]; nothing is changed.
    pub async fn matches(&self, rule: Rule) -> Result<Vec<Match>, Error> {
        read(&self.vault, move |snapshot| {
            let mut found = Vec::new();
            for id in snapshot.newest_messages(TRIED)? {
                // A damaged one is left alone here too.
                let Ok(Some((record, reading))) = message(snapshot, id) else {
                    continue;
                };
                if rule.matches(&reading) {
                    found.push(Match {
                        id: MessageId(id),
                        from: reading.author().map_or_else(String::new, |author| {
                            if author.name.is_empty() {
                                author.address.to_string()
                            } else {
                                author.name.clone()
                            }
                        }),
                        subject: reading.subject,
                        received: Time(record.received),
                    });
                }
            }
            Ok(found)
        })
        .await
    }

    /// Which rules are about a message, in force or not; nothing is changed.
    pub async fn about(&self, id: MessageId) -> Result<Vec<RuleId>, Error> {
        read(&self.vault, move |snapshot| {
            let (_, reading) = message(snapshot, id.0)?.ok_or(Error::NotFound)?;
            let mut about = Vec::new();
            for (id, rule) in snapshot.rules()? {
                if rule.rule()?.matches(&reading) {
                    about.push(id);
                }
            }
            Ok(about)
        })
        .await
    }

    /// Runs the rules in force over all mail, in the background, from the first message on.
    pub async fn run(&self) -> Result<(), Error> {
        let due = self.clock.now().0;
        let job = Job {
            due,
            attempts: 0,
            cursor: 0,
        };
        let open = self.vault.open()?;
        open.writer.write(move |tables| mail::put_job(tables, JOB, &job)).await?;
        self.happenings.announce(Happening::Due);
        Ok(())
    }

    /// How far that is.
    pub async fn progress(&self) -> Result<Run, Error> {
        let now = self.clock.now();
        read(&self.vault, move |snapshot| {
            let soon = |job: &Job| job.due < now.0.saturating_add(NEVER / 2);
            Ok(match snapshot.job(JOB)?.filter(soon) {
                Some(job) => Run::Going {
                    done: snapshot.messages_up_to(job.cursor)?,
                    all: snapshot.messages()?,
                },
                None => Run::Idle,
            })
        })
        .await
    }
}

fn message(snapshot: &Snapshot, id: u64) -> Result<Option<(record::Message, Reading)>, store::Error> {
    let Some(record) = snapshot.message(id)? else { return Ok(None) };
    let reading = mime::read(&snapshot.shown(id, &record)?);
    Ok(Some((record, reading)))
}

/// One step of running the rules over all mail: the messages after the cursor. What a rule says counts from now
/// on; tags that it gave before and would not give today stay. A damaged message is left alone: the scrub says so.
pub(super) fn step(open: &Open, cursor: u64, _now: Time) -> Result<(i64, u64), store::Error> {
    let snapshot = Snapshot::of(open)?;
    let ids = snapshot.messages_after(cursor, SLICE)?;
    let Some(last) = ids.last().copied() else {
        return Ok((NEVER, 0));
    };
    let kept = snapshot.rules()?;
    let rules: Vec<Rule> = kept.iter().filter_map(|(_, rule)| rule.rule().ok()).collect();
    let mut effects = Vec::new();
    for id in ids {
        if let Ok(Some((_, reading))) = message(&snapshot, id) {
            effects.push((id, rule::apply(&rules, &reading)));
        }
    }
    drop(snapshot);
    let writing = open.writer.write(move |tables| {
        for (id, effect) in &effects {
            for tag in &effect.tags {
                filing::set(tables, *id, TagId(tag.0), By::Rule)?;
            }
            filing::reweigh(tables, *id, |facts| facts.rules = effect.importance)?;
        }
        Ok(())
    });
    // A step runs on the blocking pool.
    tokio::runtime::Handle::current().block_on(writing)?;
    Ok((0, last))
}
