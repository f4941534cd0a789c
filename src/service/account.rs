//! How private the account is: what this box knows of its owner's side becomes evidence, the domain makes the index
//! of it; and who watches, and how mail travelled in the last thirty days.
//!
//! The header of every page shows the index as it was last computed; the job computes it again, and so does the page
//! about it. Absent on purpose: anything that is not observed. What no part of this box has looked at is "not known".

use super::{
    Error,
    appliance::ServiceIndex,
    custody::Custody,
    devices::Devices,
    keys::Keys,
    read,
    unlock::Unlock,
    view::{People, Person},
};
use crate::{
    domain::{
        fact::Fact,
        padlock::Padlock,
        privacy::{
            account::{self, AccountIndex, CLOSEST, Evidence, MONTH, OwnKey, SignIn},
            contact::Share,
            evidence::Direction,
        },
        time::Time,
    },
    net::clock::Clock,
    store::{mail::Snapshot, slots::Kind, vault::Vault},
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
    people: People,
    devices: Devices,
    custody: Custody,
    unlock: Unlock,
    keys: Keys,
    appliance: ServiceIndex,
    last: Arc<RwLock<Option<(Time, Option<u8>)>>>,
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
    pub fn new(vault: Vault, clock: Clock, people: People, own: (Devices, Custody, Unlock, Keys, ServiceIndex)) -> Self {
        let (devices, custody, unlock, keys, appliance) = own;
        Self {
            vault,
            clock,
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
        last.and_then(|(_, points)| points)
    }

    /// Computes the index anew where it is old; says how many seconds from now to look again.
    pub async fn refresh(&self) -> u64 {
        let old = {
            let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
            last.is_none_or(|(at, _)| self.clock.now().0.saturating_sub(at.0) >= OLD)
        };
        if old
            && let Err(error) = self.page().await
            && !matches!(error, Error::Locked)
        {
            tracing::error!(%error, "the account's index could not be computed and will be later");
        }
        NAP
    }

    /// Everything that the page about privacy shows, computed now.
    pub async fn page(&self) -> Result<AccountPage, Error> {
        let now = self.clock.now();
        let people = self.people.clone();
        let (month, contacts, watchers) = read(&self.vault, move |snapshot| {
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
            Ok((month, closest(snapshot)?, watchers))
        })
        .await?;
        let index = account::evaluate(&Evidence {
            contacts,
            mail: month.sent,
            ..self.own_side().await?
        });
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some((now, index.points));
        Ok(AccountPage {
            index,
            travelled: month.travelled,
            more_watchers: (month.watchers.len() as u64).saturating_sub(watchers.len() as u64),
            watchers,
            cut: month.cut,
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
        let key = self.keys.list().await?.into_iter().find(|key| key.current).map(|key| OwnKey {
            strength: key.facts.strength,
            // That it is served here does not say that anybody reaches it: it was fetched as others would.
            published: self.appliance.gives_key(),
            backed_up: Fact::Known(key.saved.is_some()),
            dated: Fact::Known(key.facts.expires.is_some_and(|end| end > now)),
        });
        let slots = self.custody.ways().await.ok();
        Ok(Evidence {
            key: Fact::Known(key),
            sign_in: sign_in.into(),
            passphrase: ways.and_then(|ways| ways.strength).map(|strength| strength.0).into(),
            // There is no other vault than a sealed one.
            sealed: Fact::Known(true),
            stays_locked: slots.map(|slots| !slots.iter().any(|slot| slot.kind == Kind::KeyFile)).into(),
            device: self.devices.lowest_verified()?.into(),
            service: self.appliance.index().points.into(),
            ..Evidence::default()
        })
    }
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
            if let Some(author) = evidence
                .social
                .others
                .first()
                .filter(|_| trackers > 0 && evidence.direction == Direction::In)
            {
                let (messages, all) = month.watchers.entry(author.address.to_string()).or_default();
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

/// The mean index of the contacts that are written to most, of those of whom it is known.
fn closest(snapshot: &Snapshot) -> Result<Fact<(u8, u32)>, Error> {
    let mut written = Vec::new();
    for (id, _) in snapshot.contacts()? {
        if let Some(stands) = snapshot.stands(id)?.filter(|stands| stands.to > 0) {
            written.push((stands.to, id, stands.points));
        }
    }
    written.sort_unstable_by_key(|(to, id, _)| (std::cmp::Reverse(*to), *id));
    let known: Vec<u32> = written
        .iter()
        .take(CLOSEST)
        .filter_map(|(.., points)| points.map(u32::from))
        .collect();
    let many = u32::try_from(known.len()).unwrap_or(u32::MAX);
    let mean = (known.iter().sum::<u32>() + many / 2).checked_div(many);
    Ok(mean.and_then(|mean| Some((u8::try_from(mean).ok()?, many))).into())
}
