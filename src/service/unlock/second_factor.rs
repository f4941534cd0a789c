//! The second factor: a code from an app after the right passphrase. A sign-in that waits for its code is a
//! *half*: it has no session, and the browser that began it is known by its door's cookie.
//!
//! The secret lies in the vault, so a locked box opens for the passphrase before it can ask; where no right
//! code follows it locks again.

use super::{Caller, Keeper, Method, Refused, Relock, SignedIn, Unlock, locked, tries::Trier};
use crate::{
    codec::{qr, totp},
    domain::{journal::Event, time::Time},
    store::{
        record::{Totp, sha256},
        sign_in,
        slots::random,
    },
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// Seconds in which the code must follow.
const PATIENCE: i64 = 300;
/// Wrong codes after which the passphrase is asked for again.
const CODES: u8 = 5;
/// Halves, and second factors being set up, at most; beyond it the oldest is forgotten.
const WAITING: usize = 64;

/// A sign-in that waits for its code.
pub(super) struct Half {
    since: Time,
    wrong: u8,
    /// Whether the box was locked before.
    unlocked: bool,
}

/// A second factor that is being set up: not in force before a code has shown that the app has it.
pub(super) struct Proposed {
    since: Time,
    secret: Zeroizing<Vec<u8>>,
}

#[cfg(test)]
impl Proposed {
    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }
}

/// What the page that sets it up shows.
pub struct Proposal {
    /// The secret, to be typed into an app.
    pub secret: String,
    /// The QR code, to be looked at by one.
    pub picture: Option<String>,
}

/// Forgets the oldest where there are too many; gives it.
fn make_room<T>(all: &mut HashMap<[u8; 32], T>, since: impl Fn(&T) -> Time) -> Option<T> {
    if all.len() < WAITING {
        return None;
    }
    let oldest = all.iter().min_by_key(|(_, one)| since(one)).map(|(key, _)| *key)?;
    all.remove(&oldest)
}

impl Unlock {
    /// Begins a half for the browser behind this door; where it unlocked the box, the box locks again
    /// if nothing comes of it. That duty goes over from a half that it replaces or displaces.
    pub(super) fn begin_half(&self, door: &str, unlocked: bool) {
        let (key, since) = (sha256(door.as_bytes()), self.0.clock.now());
        let mut halves = locked(&self.0.halves);
        let before = [halves.remove(&key), make_room(&mut halves, |half| half.since)];
        let unlocked = unlocked || before.into_iter().flatten().any(|half| half.unlocked);
        halves.insert(key, Half { since, wrong: 0, unlocked });
        drop(halves);
        if unlocked {
            let keeper = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(PATIENCE.unsigned_abs())).await;
                if let Some(keeper) = keeper.upgrade() {
                    Self(keeper).end_half(&key, since);
                }
            });
        }
    }

    fn end_half(&self, key: &[u8; 32], since: Time) {
        let mut halves = locked(&self.0.halves);
        let ended = halves
            .get(key)
            .is_some_and(|half| half.since == since)
            .then(|| halves.remove(key))
            .flatten();
        drop(halves);
        if ended.is_some_and(|half| half.unlocked) {
            self.lock_if_nobody();
        }
    }

    /// Whether a code is awaited from the browser behind this door.
    pub fn awaits_code(&self, door: &str) -> bool {
        let now = self.0.clock.now();
        locked(&self.0.halves)
            .get(&sha256(door.as_bytes()))
            .is_some_and(|half| now.0.saturating_sub(half.since.0) <= PATIENCE)
    }

    /// The code that completes a half. A code that was used once is wrong.
    pub async fn complete(&self, typed: &str, door: &str, caller: Caller<'_>) -> Result<SignedIn, Refused> {
        let turn = self.0.turn.lock().await;
        let (key, now) = (sha256(door.as_bytes()), self.0.clock.now());
        if !self.awaits_code(door) {
            return Err(Refused::Stale);
        }
        let trier = self.trier(caller);
        self.0.tries.may(trier, now)?;
        // Whoever knows the passphrase may come from a thousand networks: their codes are counted together.
        let together = matches!(trier, Trier::Network(_)).then_some(Trier::Codes);
        together.map_or(Ok(()), |all| self.0.tries.may(all, now))?;
        if self.spend(typed).await? {
            drop(turn);
            together.into_iter().for_each(|all| self.0.tries.right(all));
            let unlocked = locked(&self.0.halves).remove(&key).is_some_and(|half| half.unlocked);
            let relock = Relock::of(self, unlocked);
            return self.finish(Method::PassphraseAndCode, relock, caller).await;
        }
        self.wrong(trier, caller, Event::FailedCode);
        together.map(|all| self.0.tries.wrong(all, now));
        let mut halves = locked(&self.0.halves);
        let spent = halves.get_mut(&key).is_none_or(|half| {
            half.wrong += 1;
            half.wrong >= CODES
        });
        let since = halves.get(&key).map(|half| half.since);
        drop(halves);
        match since {
            Some(since) if spent => {
                self.end_half(&key, since);
                Err(Refused::Stale)
            }
            _ => Err(Refused::Wrong),
        }
    }

    /// Whether this is a right code, which is used from now on.
    async fn spend(&self, typed: &str) -> Result<bool, Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let (typed, now) = (typed.to_owned(), self.0.clock.now());
        let spent = open.writer.write(move |tables| {
            sign_in::change(tables, |record| {
                let Some(known) = &mut record.totp else { return false };
                let step = totp::matching(&known.secret, &typed, now, known.used);
                step.inspect(|step| known.used = *step).is_some()
            })
        });
        spent.await.map_err(|_| Refused::Broken)
    }

    /// Begins setting up: a new secret for this session, or the one that it was already shown.
    pub fn propose_code(&self, session: &str) -> Result<(), Refused> {
        let secret = random::<{ totp::SECRET }>().map_err(|_| Refused::Broken)?;
        let (key, since) = (sha256(session.as_bytes()), self.0.clock.now());
        let mut proposed = locked(&self.0.proposed);
        make_room(&mut proposed, |one| one.since);
        let secret = Zeroizing::new(secret.to_vec());
        proposed.insert(key, Proposed { since, secret });
        Ok(())
    }

    fn proposed(&self, session: &str) -> Option<Zeroizing<Vec<u8>>> {
        let now = self.0.clock.now();
        locked(&self.0.proposed)
            .get(&sha256(session.as_bytes()))
            .filter(|one| now.0.saturating_sub(one.since.0) <= 2 * PATIENCE)
            .map(|one| one.secret.clone())
    }

    /// What is being set up by this session.
    pub fn proposal(&self, session: &str) -> Option<Proposal> {
        let secret = self.proposed(session)?;
        let text = totp::write_secret(&secret);
        let groups: Vec<String> = text
            .as_bytes()
            .chunks(4)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect();
        Some(Proposal {
            secret: groups.join(" "),
            picture: qr::svg(&totp::address(&secret, &self.0.owner)),
        })
    }

    /// Puts it in force, once the app's code shows that it has it. The first code is used by this.
    pub async fn accept_code(&self, session: &str, typed: &str) -> Result<(), Refused> {
        let secret = self.proposed(session).ok_or(Refused::Stale)?;
        let now = self.0.clock.now();
        let used = totp::matching(&secret, typed, now, i64::MIN).ok_or(Refused::Wrong)?;
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let done = open.writer.write(move |tables| {
            let (secret, since) = (secret.to_vec(), now.0);
            sign_in::change(tables, |record| record.totp = Some(Totp { secret, used, since }))
        });
        done.await.map_err(|_| Refused::Broken)?;
        locked(&self.0.proposed).remove(&sha256(session.as_bytes()));
        Ok(())
    }

    /// Turns it off; for whoever has just proven a secret.
    pub async fn drop_code(&self) -> Result<(), Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let done = open.writer.write(|tables| sign_in::change(tables, |record| record.totp = None));
        done.await.map_err(|_| Refused::Broken)
    }
}

/// What the keeper remembers for the second factor.
pub(super) type Halves = std::sync::Mutex<HashMap<[u8; 32], Half>>;
/// Likewise for what is being set up.
pub(super) type Proposals = std::sync::Mutex<HashMap<[u8; 32], Proposed>>;

impl Keeper {
    /// Forgets what waits for a code, and what is being set up.
    pub(super) fn forget_halves(&self) {
        locked(&self.halves).clear();
        locked(&self.proposed).clear();
    }
}
