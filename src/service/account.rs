//! How private the account is: what this box knows of its owner's side becomes evidence, the domain makes the index
//! of it; and who watches, and how mail travelled in the last thirty days.
//!
//! The header of every page shows the index as it was last computed; the job computes it again, and so does the page
//! about it. Absent on purpose: anything that is not observed. What no part of this box has looked at is "not known".

use super::{
    Error,
    appliance::ServiceIndex,
    backup::is_tried,
    contacts::{KeyState, key_state},
    custody::Custody,
    devices::Devices,
    keys::Keys,
    read,
    unlock::Unlock,
    view::{People, Person},
    zone::Zone,
};
use crate::{
    domain::{
        award::{Award, Deeds},
        fact::Fact,
        padlock::Padlock,
        privacy::{
            account::{self, AccountIndex, CLOSEST, Closest, Evidence, MONTH, OwnKey, SignIn, Tip},
            contact::Share,
            evidence::Direction,
        },
        time::Time,
    },
    net::clock::Clock,
    store::{mail::Snapshot, preferences, record::Progress, slots::Kind, vault::Vault},
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Messages that are looked at: the newest.
const LOOKED: usize = 5_000;
/// Messages that are read at a time.
const SLICE: usize = 500;
/// Senders that are named as watching.
const WATCHERS: usize = 8;
/// Seconds after which the index is computed anew by itself.
const OLD: i64 = 600;
/// Seconds between two looks whether it is.
const NAP: u64 = 60;

/// The account's index; cheap to clone.
#[derive(Clone)]
pub struct Account {
    vault: Vault,
    clock: Clock,
    zone: Zone,
    people: People,
    devices: Devices,
    custody: Custody,
    unlock: Unlock,
    keys: Keys,
    appliance: ServiceIndex,
    last: Arc<RwLock<Option<Last>>>,
}

/// What was computed last.
struct Last {
    at: Time,
    points: Option<u8>,
    /// What would help, the most first; of what is known to be lacking.
    tips: Vec<Tip>,
}

/// How the index has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trend {
    /// By how many points.
    pub by: i16,
    /// Since which of the owner's days, by its number.
    pub since: i64,
}

/// Somebody who watches when their messages are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// Who.
    pub who: Person,
    /// Messages with trackers.
    pub messages: u64,
    /// Trackers in them.
    pub trackers: u64,
}

/// What the page about privacy shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    /// The index.
    pub index: AccountIndex,
    /// How many messages came or went with each padlock in thirty days, the weakest first.
    pub travelled: [u64; 4],
    /// Who watches, the one with most first.
    pub watchers: Vec<Watcher>,
    /// How many more there are.
    pub more_watchers: u64,
    /// Whether there were more messages than are looked at.
    pub cut: bool,
    /// The index day by day, the oldest first: by the numbers of the owner's days.
    pub daily: Vec<(i64, u8)>,
    /// How it has changed in a month, or since it is noted.
    pub trend: Option<Trend>,
    /// What was reached, once or now.
    pub reached: Vec<Award>,
    /// Of the people who are written to most, those of whom no key is known that can be used and that anybody vouches for,
    /// the closest first; each by the address that this is said of.
    pub keyless: Vec<Person>,
    /// Those of whom one is, and was never compared; each by the address of that key.
    pub uncompared: Vec<Person>,
}

/// The people who are written to most.
#[derive(Default)]
struct Close {
    index: Fact<Closest>,
    keyless: Vec<Person>,
    uncompared: Vec<Person>,
}

/// What the mail of thirty days tells.
#[derive(Default)]
struct Month {
    travelled: [u64; 4],
    sent: Share,
    watchers: HashMap<String, (u64, u64)>,
    cut: bool,
}

impl Account {
    /// Over this vault and what else knows of the owner's side.
    pub fn new(vault: Vault, (clock, zone): (Clock, Zone), people: People, own: (Devices, Custody, Unlock, Keys, ServiceIndex)) -> Self {
        let (devices, custody, unlock, keys, appliance) = own;
        Self {
            vault,
            clock,
            zone,
            people,
            devices,
            custody,
            unlock,
            keys,
            appliance,
            last: Arc::default(),
        }
    }

    /// The index as it was last computed; `None` where it is not known, or was not computed yet.
    pub fn points(&self) -> Option<u8> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().and_then(|last| last.points)
    }

    /// What would help, the most first, as it was last computed; only what is known to be lacking.
    pub fn tips(&self) -> Vec<Tip> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|last| last.tips.clone()).unwrap_or_default()
    }

    /// Computes the index anew where it is old; says how many seconds from now to look again.
    pub async fn refresh(&self) -> u64 {
        let old = {
            let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
            let since = |last: &Last| self.clock.now().0.saturating_sub(last.at.0);
            last.as_ref().is_none_or(|last| !(0..OLD).contains(&since(last)))
        };
        if old
            && let Err(error) = self.note().await
            && !matches!(error, Error::Locked)
        {
            tracing::error!(%error, "the account's index could not be computed and will be later");
        }
        NAP
    }

    /// Computes the index, and notes it for the day, with what was reached: a day is worth what was known of it last.
    async fn note(&self) -> Result<(), Error> {
        let page = self.page().await?;
        let (now, day) = (self.clock.now().0, self.zone.number(self.clock.now()));
        let known = read(&self.vault, |snapshot| Ok(snapshot.progress()?)).await?;
        let reached: Vec<u8> = page.reached.iter().map(|award| award.number()).collect();
        let is_noted = |number: &u8| known.reached.iter().any(|(noted, _)| noted == number);
        let is_new = page.index.points.is_some_and(|points| is_news(&known, day, points));
        if is_new || !reached.iter().all(is_noted) {
            let points = page.index.points;
            let open = self.vault.open()?;
            let noting = open
                .writer
                .write(move |tables| preferences::note(tables, day, points, &reached, now));
            noting.await?;
        }
        Ok(())
    }

    /// Everything that the page about privacy shows, computed now.
    pub async fn page(&self) -> Result<AccountPage, Error> {
        let now = self.clock.now();
        let people = self.people.clone();
        let (month, close, watchers, progress, mut deeds) = read(&self.vault, move |snapshot| {
            let month = month(snapshot, now)?;
            let mut all: Vec<(&String, &(u64, u64))> = month.watchers.iter().collect();
            all.sort_by_key(|(address, (messages, trackers))| (std::cmp::Reverse((*trackers, *messages)), *address));
            let mut watchers = Vec::new();
            for (address, (messages, trackers)) in all.into_iter().take(WATCHERS) {
                watchers.extend(people.named(snapshot, "", address)?.map(|who| Watcher {
                    who,
                    messages: *messages,
                    trackers: *trackers,
                }));
            }
            let close = closest(snapshot, &people, now)?;
            Ok((month, close, watchers, snapshot.progress()?, deeds(snapshot)?))
        })
        .await?;
        let evidence = Evidence {
            contacts: close.index,
            mail: month.sent,
            ..self.own_side().await?
        };
        deeds.encrypted = month.sent.have > 0;
        deeds.guarded = evidence.sign_in.known().is_some_and(|way| way > SignIn::Passphrase);
        deeds.sheet = self.custody.sheet_state().await.is_ok_and(|sheet| sheet.proven);
        let index = account::evaluate(&evidence);
        let known = index.helps().into_iter().filter(|line| line.known);
        let last = Last {
            at: now,
            points: index.points,
            tips: known.filter_map(|line| line.tip).collect(),
        };
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(last);
        Ok(AccountPage {
            trend: index.points.and_then(|points| trend(&progress, points, self.zone.number(now))),
            reached: reached(&progress, deeds),
            daily: progress.daily,
            index,
            travelled: month.travelled,
            more_watchers: (month.watchers.len() as u64).saturating_sub(watchers.len() as u64),
            watchers,
            cut: month.cut,
            keyless: close.keyless,
            uncompared: close.uncompared,
        })
    }

    /// What is known of signing in, of the disk and of the devices.
    async fn own_side(&self) -> Result<Evidence, Error> {
        let ways = self.unlock.ways().ok();
        let passkeys = self.unlock.passkeys().map_or(0, |passkeys| passkeys.len());
        let sign_in = ways.map(|ways| match (passkeys, ways.code) {
            (1.., _) => SignIn::Passkey,
            (0, Some(_)) => SignIn::Code,
            (0, None) => SignIn::Passphrase,
        });
        let now = self.clock.now();
        // One whose time is over lets nobody write to its owner, wherever it is published and kept.
        let mut keys = self.keys.list().await?.into_iter();
        let key = keys.find(|key| key.current && key.facts.is_in_order()).map(|key| OwnKey {
            strength: key.facts.strength,
            // That it is served here does not say that anybody reaches it: it was fetched as others would.
            published: self.appliance.gives_key(),
            backed_up: Fact::Known(key.saved_whole),
            dated: Fact::Known(key.facts.expires.is_some_and(|end| end > now)),
        });
        let slots = self.custody.ways().await.ok();
        let backup = read(&self.vault, move |snapshot| {
            Ok(snapshot.backup()?.is_some_and(|kept| is_tried(&kept, now)))
        })
        .await?;
        Ok(Evidence {
            key: Fact::Known(key),
            sign_in: sign_in.into(),
            passphrase: ways.and_then(|ways| ways.strength).map(|strength| strength.0).into(),
            // There is no other vault than a sealed one.
            sealed: Fact::Known(true),
            backup: Fact::Known(backup),
            stays_locked: slots.map(|slots| !slots.iter().any(|slot| slot.kind == Kind::KeyFile)).into(),
            device: self.devices.lowest_verified()?.into(),
            service: self.appliance.index().await?.points.into(),
            ..Evidence::default()
        })
    }
}

/// Whether a day's index is to be noted. Where the clock was set back, the day that was noted last is still to come, and
/// nothing is noted before it.
fn is_news(known: &Progress, day: i64, points: u8) -> bool {
    known.daily.last().is_none_or(|last| last.0 <= day && *last != (day, points))
}

/// How the index has changed since a month ago, or since the first day that is noted; `None` where that is today.
fn trend(progress: &Progress, points: u8, today: i64) -> Option<Trend> {
    let month_ago = today - MONTH / (24 * 3600);
    let before = progress.daily.iter().rev().find(|(day, _)| *day <= month_ago);
    let (day, then) = *before.or(progress.daily.first())?;
    (day < today).then(|| Trend {
        by: i16::from(points) - i16::from(then),
        since: day,
    })
}

/// What was reached once, or is now.
fn reached(progress: &Progress, deeds: Deeds) -> Vec<Award> {
    let noted = |award: Award| progress.reached.iter().any(|(number, _)| *number == award.number());
    Award::ALL
        .into_iter()
        .filter(|award| noted(*award) || award.is_reached(deeds))
        .collect()
}

/// What the vault knows of the owner's deeds.
fn deeds(snapshot: &Snapshot) -> Result<Deeds, Error> {
    let mut compared = false;
    snapshot.each_peer(|_, peer| {
        compared |= peer.keys.iter().any(|key| key.verified > 0);
        !compared
    })?;
    let records = snapshot.own_records()?;
    Ok(Deeds {
        key: !snapshot.own_keys()?.is_empty(),
        compared,
        postmark: records.signs == Some(true) && records.polices == Some(true),
        ..Deeds::default()
    })
}

/// The mail of thirty days, as far as it is looked at.
fn month(snapshot: &Snapshot, now: Time) -> Result<Month, Error> {
    let mut month = Month::default();
    let ids = snapshot.newest_messages(LOOKED)?;
    month.cut = ids.len() == LOOKED;
    for slice in ids.chunks(SLICE) {
        let mut recent = 0;
        for id in slice {
            let Some(message) = snapshot.message(*id)?.filter(|message| message.received > now.0 - MONTH) else {
                continue;
            };
            recent += 1;
            let Some(proof) = snapshot.proof(*id)? else { continue };
            let evidence = proof.evidence();
            if let Some(many) = month.travelled.get_mut(Padlock::from_rung(message.padlock) as usize)
                && evidence.direction != Direction::Local
            {
                *many += 1;
            }
            if evidence.direction == Direction::Out {
                month.sent.add(evidence.content.is_end_to_end());
            }
            let trackers = evidence.content.html.known().map_or(0, |html| html.trackers);
            // Nobody is said to watch who is only named in it.
            if trackers > 0
                && let Some(author) = snapshot.writer_of(*id, message.received)?
            {
                let (messages, all) = month.watchers.entry(author).or_default();
                *messages += 1;
                *all += u64::from(trackers);
            }
        }
        // Messages are numbered as they come: a whole slice of old ones has nothing new behind it, but for imports.
        if recent == 0 {
            month.cut = false;
            break;
        }
    }
    Ok(month)
}

/// The contacts that are written to most, of those whose index is known: their mean, and who of them lacks what.
fn closest(snapshot: &Snapshot, people: &People, now: Time) -> Result<Close, Error> {
    let mut written = Vec::new();
    for (id, contact) in snapshot.contacts()? {
        if let Some(stands) = snapshot.stands(id)?.filter(|stands| stands.to > 0) {
            written.push((stands.to, id, contact, stands.points));
        }
    }
    written.sort_unstable_by_key(|(to, id, ..)| (std::cmp::Reverse(*to), *id));
    let (mut close, mut index, mut sum) = (Close::default(), Closest::default(), 0);
    for (_, _, contact, points) in written.iter().take(CLOSEST) {
        let Some(points) = *points else { continue };
        (index.of, sum) = (index.of + 1, sum + u32::from(points));
        let (state, address) = key_state(snapshot, contact, now)?;
        let (lack, named) = match state {
            KeyState::None => (&mut index.keyless, &mut close.keyless),
            KeyState::NotCompared => (&mut index.uncompared, &mut close.uncompared),
            KeyState::Compared => continue,
        };
        // Somebody of whom only a number is known cannot be asked here.
        if let Some(person) = people.named(snapshot, "", address.unwrap_or_default())? {
            lack.add(points);
            named.push(person);
        }
    }
    let mean = (sum + index.of / 2).checked_div(index.of).and_then(|mean| u8::try_from(mean).ok());
    close.index = mean.map(|mean| Closest { mean, ..index }).into();
    Ok(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trend_is_of_a_month_and_of_less_while_there_is_less() {
        let mut progress = Progress::default();
        assert_eq!(trend(&progress, 50, 100), None);
        progress.daily = vec![(100, 40)];
        assert_eq!(trend(&progress, 50, 100), None, "today says nothing of a change");
        let since = |at: i64| trend(&progress, 50, at).map(|trend| (trend.by, trend.since));
        assert_eq!(since(101), Some((10, 100)));
        progress.daily = vec![(100, 40), (101, 52), (140, 60)];
        let since = |at: i64| trend(&progress, 50, at).map(|trend| (trend.by, trend.since));
        assert_eq!((since(131), since(141)), (Some((-2, 101)), Some((-2, 101))));
    }

    #[test]
    fn a_day_is_noted_once_and_no_earlier_one_after_it() {
        let mut progress = Progress::default();
        assert!(is_news(&progress, 7, 50));
        progress.daily = vec![(6, 50), (7, 50)];
        assert!(!is_news(&progress, 7, 50) && is_news(&progress, 7, 51) && is_news(&progress, 8, 50));
        assert!(!is_news(&progress, 6, 51), "the clock was set back");
    }

    #[test]
    fn what_was_reached_stays_reached() {
        let progress = Progress {
            reached: vec![(Award::Handshake.number(), 7)],
            ..Progress::default()
        };
        let deeds = Deeds {
            key: true,
            ..Deeds::default()
        };
        assert_eq!(reached(&progress, deeds), [Award::MasterKey, Award::Handshake]);
    }
}
