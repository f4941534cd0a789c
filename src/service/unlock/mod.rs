//! The door's keeper: signing in, which unlocks, and who is signed in.
//!
//! A secret is tried (`tries` makes a guesser wait) → the vault opens → where a second factor is on, a code
//! follows (`second_factor`) → the device is known or new → a session begins (`sessions`), tied to a key
//! of the browser where it brought one. `passkeys` do it in one step; `guarded` is what browsers with
//! DBSC add. Sessions live in memory: a restart locks the box and ends them all.
//!
//! Nothing here tells which secrets exist, or which half of an answer was wrong.

pub mod guarded;
mod passkeys;
mod relock;
mod second_factor;
mod secrets;
mod sessions;
pub(in crate::service) mod tries;

pub use passkeys::{Answer, Invitation, LABEL, PASSKEYS, PasskeyView, Place};
pub use second_factor::Proposal;
pub use secrets::Ways;
pub use sessions::{Binding, Client, IDLE_CHOICES, Listed, Method, PROOF, Session, Standing};

use super::{
    devices::{Arrival, Devices},
    happening::{Happening, Happenings},
    journal::Journal,
};
use crate::{
    codec::mac::tag,
    domain::{
        device::{
            DeviceId, Link,
            agent::{Agent, Hints},
        },
        journal::Event,
        time::Time,
    },
    locale::Lang,
    net::clock::Clock,
    store::{
        self,
        front::FrontFile,
        hex,
        record::sha256,
        sign_in,
        slots::{Kind, Opening, random},
        vault::{Secret, Vault},
    },
};
use passkeys::AnsweredOnes;
use relock::Relock;
use second_factor::{Halves, Proposals};
use sessions::Sessions;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use subtle::ConstantTimeEq;
use tries::{Trier, Tries};

/// Verified devices that the front remembers at most.
const VERIFIED: usize = 64;
/// Octets in the longest secret that is looked at.
const MAX_SECRET: usize = 1024;
/// Guesses of strangers that wait for their turn at most, a second or so each: a thousand networks with three free ones
/// each would keep everybody waiting for an hour.
const LINE: usize = 8;

/// Why something at the door was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not the right one.
    Wrong,
    /// Too many wrong ones; try again after so many seconds.
    Wait(u32),
    /// It was asked for too long ago, or elsewhere: begin again.
    Stale,
    /// The box is locked, and this passkey cannot unlock.
    NoPrf,
    /// There are as many as there may be, or this one is there already.
    Full,
    /// It is the last way to open the box.
    Last,
    /// It would be guessed too soon.
    Weak,
    /// The store cannot be opened.
    Broken,
}

/// Who stands at the door.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Address and browser.
    pub client: Client<'a>,
    /// The secret that makes it a known device; `None` where it keeps none.
    pub device: Option<&'a str>,
    /// What the browser hints at of itself.
    pub hints: Hints<'a>,
    /// How its connection is protected.
    pub link: Link,
    /// The language of its page.
    pub lang: Lang,
    /// The key that the browser brought, as its form has it; empty where it brought none.
    pub key: &'a str,
    /// The token of the form that brought the key.
    pub token: &'a str,
}

impl Caller<'_> {
    /// Somebody of whom only the address is known.
    pub fn from_address(peer: std::net::IpAddr) -> Self {
        Self {
            client: Client { peer, agent: "" },
            device: None,
            hints: Hints {
                brands: "",
                platform: "",
                platform_version: "",
            },
            link: Link::Plain,
            lang: Lang::En,
            key: "",
            token: "",
        }
    }
}

/// Somebody who just signed in.
pub struct SignedIn {
    /// The secret for the session's cookie.
    pub secret: String,
    /// The secret for the cookie of the proof, where the browser brought a key.
    pub proof: Option<String>,
    /// The challenge for a browser with DBSC.
    pub registration: String,
    /// The secret that makes the browser a known device.
    pub device: String,
    /// Which device that is.
    pub known_as: DeviceId,
    /// How.
    pub method: Method,
}

/// What became of a right secret.
pub enum Entered {
    /// A session began.
    In(SignedIn),
    /// A code must follow.
    CodeAwaited,
}

/// The door's keeper; cheap to clone.
#[derive(Clone)]
pub struct Unlock(Arc<Keeper>);

struct Keeper {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    devices: Devices,
    journal: Journal,
    owner: String,
    /// The salt of passkeys.
    salt: [u8; 32],
    /// Keys the sign-in form's token and the challenges; new at every start.
    door: [u8; 32],
    sessions: Sessions,
    tries: Tries,
    /// One guess at a time, from looking whether it may be made to counting it: a hundred at once would all be
    /// the first.
    turn: tokio::sync::Mutex<()>,
    /// Who may wait for it without being known.
    line: tokio::sync::Semaphore,
    halves: Halves,
    proposed: Proposals,
    answered: AnsweredOnes,
    /// Devices that the owner verified and that signed in, with the hashes of their keys, as the front has
    /// them: readable while locked.
    verified: Mutex<HashMap<u64, [u8; 32]>>,
    front: Arc<FrontFile>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unlock {
    /// Over this vault; `owner` is the address that the pages show.
    pub fn new(
        vault: Vault,
        clock: Clock,
        happenings: Happenings,
        known: (Devices, Journal),
        owner: String,
        front: Arc<FrontFile>,
    ) -> Result<Self, store::Error> {
        let (devices, journal) = known;
        Ok(Self(Arc::new(Keeper {
            vault,
            clock,
            happenings,
            devices,
            journal,
            owner,
            salt: front.prf_salt()?,
            door: random()?,
            sessions: Sessions::default(),
            tries: Tries::default(),
            turn: tokio::sync::Mutex::default(),
            line: tokio::sync::Semaphore::new(LINE),
            halves: Halves::default(),
            proposed: Proposals::default(),
            answered: AnsweredOnes::default(),
            verified: Mutex::new(front.devices()?.into_iter().collect()),
            front,
        })))
    }

    /// Checks a passphrase or recovery code (Argon2id, on the blocking pool) and unlocks the vault where it is
    /// locked. With a second factor in force no session begins before its code; the recovery sheet needs none.
    pub async fn sign_in(&self, typed: &str, door: &str, caller: Caller<'_>) -> Result<Entered, Refused> {
        // Whoever has to wait anyhow takes nobody's place, and a browser that the owner verified needs none.
        let trier = self.trier(caller);
        self.0.tries.may(trier, self.0.clock.now())?;
        let _place = match trier {
            Trier::Verified(_) => None,
            _ => Some(self.0.line.try_acquire().map_err(|_| Refused::Wait(LINE as u32))?),
        };
        let turn = self.0.turn.lock().await;
        let trier = self.trier(caller);
        self.0.tries.may(trier, self.0.clock.now())?;
        let (outcome, relock) = self.try_secret(typed, true).await?;
        if outcome == Secret::Right(Kind::Passphrase) {
            self.note_strength(typed).await;
        }
        match outcome {
            // What was wrong before is not forgotten yet: the codes of somebody who has the passphrase count on.
            Secret::Right(Kind::Passphrase) if self.has_code()? => {
                self.begin_half(door, relock.settle());
                Ok(Entered::CodeAwaited)
            }
            Secret::Right(kind) => {
                drop(turn);
                let method = if kind == Kind::Recovery {
                    Method::Recovery
                } else {
                    Method::Passphrase
                };
                self.finish(method, relock, caller).await.map(Entered::In)
            }
            Secret::Wrong => {
                self.wrong(trier, caller, Event::Failed);
                Err(Refused::Wrong)
            }
        }
    }

    /// Tries what somebody typed; unlocks with it, or only proves it.
    async fn try_secret(&self, typed: &str, unlocks: bool) -> Result<(Secret, Relock), Refused> {
        if typed.len() > MAX_SECRET {
            return Ok((Secret::Wrong, Relock::default()));
        }
        let typed = zeroize::Zeroizing::new(typed.to_owned());
        self.trying(move |vault| {
            let opening = Opening::Typed(&typed);
            if unlocks { vault.unlock(&opening) } else { vault.prove(&opening) }
        })
        .await
    }

    /// Tries a secret on the vault, on the blocking pool. What it unlocks locks again with what is given, also where
    /// whoever asked has gone away meanwhile.
    async fn trying(
        &self,
        attempt: impl FnOnce(&Vault) -> Result<Secret, store::Error> + Send + 'static,
    ) -> Result<(Secret, Relock), Refused> {
        let unlock = self.clone();
        let tried = tokio::task::spawn_blocking(move || {
            let was_locked = unlock.is_locked();
            let outcome = attempt(&unlock.0.vault)?;
            Ok::<_, store::Error>((outcome, Relock::of(&unlock, was_locked && !unlock.is_locked())))
        });
        match tried.await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(error)) => {
                tracing::error!(%error, "the vault cannot be opened");
                Err(Refused::Broken)
            }
            Err(_) => Err(Refused::Broken),
        }
    }

    /// Begins the session of somebody who has shown all that was asked.
    async fn finish(&self, method: Method, relock: Relock, caller: Caller<'_>) -> Result<SignedIn, Refused> {
        let arrived = self.0.devices.arrive(Arrival {
            key: caller.device,
            peer: caller.client.peer,
            agent: Agent::read(caller.client.agent, caller.hints),
            link: caller.link,
            credential: method.credential(),
            lang: caller.lang,
        });
        let arrived = arrived.await.map_err(|_| Refused::Broken)?;
        self.0.tries.right(self.trier(caller));
        self.remember(arrived.device, arrived.verified.then(|| sha256(arrived.key.as_bytes())));
        self.read_idle();
        let key = sessions::brought_key(caller.key, caller.token);
        let begun = self
            .0
            .sessions
            .begin(arrived.device, method, key, caller.client, self.0.clock.now())?;
        let peer = caller.client.peer;
        if relock.settle() {
            self.0.happenings.announce(Happening::Unlocked);
            self.0.journal.note(Event::Unlocked, peer, Some(arrived.device));
        }
        self.0.journal.note(Event::SignedIn, peer, Some(arrived.device));
        Ok(SignedIn {
            secret: begun.secret,
            proof: begun.proof,
            registration: begun.registration,
            device: arrived.key,
            known_as: arrived.device,
            method,
        })
    }

    /// Whom a wrong secret counts against.
    fn trier(&self, caller: Caller<'_>) -> Trier {
        let Some(key) = caller.device else {
            return Trier::network(caller.client.peer);
        };
        let hash = sha256(key.as_bytes());
        // While locked nothing is readable of the devices but what the front has.
        let verified = match self.0.devices.by_key(key) {
            Some((_, verified)) => verified,
            None => self.is_locked() && locked(&self.0.verified).values().any(|known| *known == hash),
        };
        if verified {
            Trier::Verified(hash)
        } else {
            Trier::network(caller.client.peer)
        }
    }

    /// Remembers in the front that a device is verified, or that it is no longer.
    fn remember(&self, device: DeviceId, verified: Option<[u8; 32]>) {
        let mut all = locked(&self.0.verified);
        let changed = match verified {
            Some(hash) => all.len() < VERIFIED && all.insert(device.0, hash) != Some(hash),
            None => all.remove(&device.0).is_some(),
        };
        if !changed {
            return;
        }
        let list: Vec<(u64, [u8; 32])> = all.iter().map(|(id, hash)| (*id, *hash)).collect();
        drop(all);
        let front = self.0.front.clone();
        // Nobody waits for it: at worst a locked box does not know a device that it will know the next time.
        tokio::task::spawn_blocking(move || {
            if let Err(error) = front.set_devices(&list) {
                tracing::error!(%error, "the front could not keep which devices are verified");
            }
        });
    }

    /// Counts something wrong.
    fn wrong(&self, trier: Trier, caller: Caller<'_>, event: Event) {
        let times = self.0.tries.wrong(trier, self.0.clock.now());
        self.0.journal.failed(event, caller.client.peer, caller.device);
        tracing::warn!(times, "a sign-in was refused");
    }

    fn has_code(&self) -> Result<bool, Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Broken)?;
        let record = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        Ok(record.totp.is_some())
    }

    /// Takes the idle time that the owner chose from the vault.
    fn read_idle(&self) {
        if let Ok(open) = self.0.vault.open()
            && let Ok(record) = sign_in::read(&open)
            && IDLE_CHOICES.contains(&record.idle)
        {
            self.0.sessions.set_idle(record.idle);
        }
        self.0.devices.set_idle(self.0.sessions.idle());
    }

    /// What a session's cookie is worth, beside the cookie of its proof.
    pub fn stand(&self, secret: &str, proof: Option<&str>, client: Client<'_>) -> Standing {
        // One that an error of the disk shut opens again by itself, and whoever was signed in is so then.
        let stands_still = self.0.vault.stands_still();
        if self.is_locked() {
            if !stands_still {
                self.0.sessions.end_all();
            }
            return Standing::Nobody;
        }
        let standing = self.0.sessions.stand(secret, proof, client, &self.0.owner, self.0.clock.now());
        let (Standing::Here(session) | Standing::Prove(session)) = &standing else {
            if standing == Standing::Elsewhere {
                self.0.journal.failed(Event::FailedSession, client.peer, None);
            }
            return Standing::Nobody;
        };
        match self.0.devices.is_live(session.device) {
            Ok(true) => {}
            Ok(false) => {
                self.0.sessions.end(secret);
                return Standing::Nobody;
            }
            Err(_) => return Standing::Nobody,
        }
        if let Standing::Here(session) = &standing {
            self.0.devices.seen(session.device, client.peer);
        }
        standing
    }

    /// A proof by the browser's own key. The first is the secret for the proof's cookie, the second the
    /// challenge for the next proof; `None` where there is no such session.
    pub fn prove(&self, secret: &str, challenge: &str, signature: &str, client: Client<'_>) -> Option<(Option<String>, String)> {
        let signature = crate::codec::base64url::decode(signature, 64).unwrap_or_default();
        let outcome = self.0.sessions.prove(secret, challenge, &signature, client, self.0.clock.now());
        if !signature.is_empty()
            && let Some((None, _)) = &outcome
        {
            self.0.journal.failed(Event::FailedSession, client.peer, None);
        }
        outcome
    }

    /// Ends a session; ending one that is not there is no error.
    pub fn sign_out(&self, secret: &str, peer: std::net::IpAddr) {
        if let Some(device) = self.0.sessions.end(secret) {
            self.0.journal.note(Event::SignedOut, peer, Some(device));
        }
    }

    /// Ends the session of a row of the list.
    pub fn end_session(&self, id: &str) {
        self.0.sessions.end_id(id);
    }

    /// Ends all sessions but this one; says how many there were.
    pub fn end_others(&self, keep: &str) -> usize {
        self.0.sessions.end_others(keep)
    }

    /// Ends all sessions, and whatever waits for a code.
    pub fn end_all(&self) {
        self.0.sessions.end_all();
        self.0.forget_halves();
    }

    /// Ends the sessions of a device; it may sign in again.
    pub fn end_sessions_of(&self, device: DeviceId) {
        self.0.sessions.end_device(device);
    }

    /// Ends the sessions of a device and removes the passkeys that were added on it: it was taken off the list.
    /// [`Refused::Last`] where one of them is the last way to open the box; the sessions are ended all the same.
    pub async fn end_device(&self, device: DeviceId) -> Result<(), Refused> {
        self.0.sessions.end_device(device);
        self.remember(device, None);
        self.remove_passkeys_of(device.0).await
    }

    /// The sessions, the one of `own` first.
    pub fn sessions(&self, own: &str) -> Vec<Listed> {
        self.0.sessions.list(own)
    }

    /// Locks again what was unlocked for somebody who then could not come in.
    fn lock_if_nobody(&self) {
        if !self.0.sessions.any() {
            self.0.vault.lock();
        }
    }

    /// A token for the forms before signing in, bound to a random value that the browser keeps in a cookie:
    /// an attacker's page can neither read nor set it.
    pub fn door_token(&self, cookie: &str) -> String {
        hex(&tag(&self.0.door, &[b"door", cookie.as_bytes()]))
    }

    /// A random value for that cookie.
    pub fn door_cookie(&self) -> Option<String> {
        random::<16>().ok().map(|octets| hex(&octets))
    }

    /// Whether the vault is locked.
    pub fn is_locked(&self) -> bool {
        self.0.vault.open().is_err()
    }

    /// What time it is.
    fn now(&self) -> Time {
        self.0.clock.now()
    }
}

/// Whether two tokens are the same, in a time that does not depend on where they differ.
pub fn same_token(one: &str, other: &str) -> bool {
    one.len() == other.len() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

#[cfg(test)]
mod tests;
