//! Signing in, which unlocks. Sessions live in memory: a restart locks the box and ends them all.
//!
//! Absent so far: passkeys, second factors, devices (all of them stand on the sealed store's slots).

use super::happening::{Happening, Happenings};
use crate::{
    domain::time::Time,
    net::clock::Clock,
    store::{
        self, hex,
        record::sha256,
        slots::{Opening, random},
        vault::{Secret, Vault},
    },
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};
use subtle::ConstantTimeEq;

/// Seconds without a request after which a session ends.
const IDLE: i64 = 24 * 3600;
/// Seconds after which a session ends whatever happens.
const LIFETIME: i64 = 30 * 24 * 3600;
/// Sessions at most; beyond it the one idle longest ends.
const SESSIONS: usize = 64;
/// Wrong secrets from one network before it has to wait; from then on the wait doubles.
const FREE_TRIES: u32 = 3;
/// Seconds of the longest wait.
const LONGEST_WAIT: u32 = 3600;
/// Networks remembered for their wrong secrets; beyond it the oldest is forgotten.
const NETWORKS: usize = 10_000;
/// Octets in the longest secret that is looked at.
const MAX_SECRET: usize = 1024;

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The token that every form of this session carries, hex.
    pub form_token: String,
    /// The owner's address, for the page's head.
    pub owner: String,
}

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The passphrase is not the right one.
    Wrong,
    /// Too many wrong ones from this network; try again after so many seconds.
    Wait(u32),
    /// The store cannot be opened.
    Broken,
}

/// The door's keeper; cheap to clone.
#[derive(Clone)]
pub struct Unlock(Arc<Keeper>);

struct Keeper {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    owner: String,
    /// Keys the sign-in form's token; new at every start.
    door: [u8; 32],
    sessions: Mutex<HashMap<[u8; 32], Live>>,
    tries: Mutex<HashMap<IpAddr, Tries>>,
}

struct Live {
    form_token: String,
    since: Time,
    seen: Time,
}

#[derive(Clone, Copy)]
struct Tries {
    wrong: u32,
    next: Time,
}

/// The network that a wrong secret counts against: a household's, not one machine's (RFC 6177: /64).
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & 0xffff_ff00).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unlock {
    /// Over this vault; `owner` is the address that the pages show.
    pub fn new(vault: Vault, clock: Clock, happenings: Happenings, owner: String) -> Result<Self, store::Error> {
        let keeper = Keeper {
            vault,
            clock,
            happenings,
            owner,
            door: random()?,
            sessions: Mutex::default(),
            tries: Mutex::default(),
        };
        Ok(Self(Arc::new(keeper)))
    }

    /// Checks a passphrase or recovery code (Argon2id, on the blocking pool), unlocks the vault where it
    /// is locked, and gives the secret of a new session: 64 hex digits for the cookie.
    pub async fn sign_in(&self, passphrase: &str, peer: IpAddr) -> Result<String, Refused> {
        let network = network(peer);
        self.may_try(network)?;
        let was_locked = self.is_locked();
        let (vault, secret) = (self.0.vault.clone(), zeroize::Zeroizing::new(passphrase.to_owned()));
        let outcome = if secret.len() > MAX_SECRET {
            Ok(Secret::Wrong)
        } else {
            tokio::task::spawn_blocking(move || vault.unlock(&Opening::Typed(&secret)))
                .await
                .map_err(|_| Refused::Broken)?
        };
        match outcome {
            Ok(Secret::Right(_)) => {
                if was_locked {
                    self.0.happenings.announce(Happening::Unlocked);
                }
                locked(&self.0.tries).remove(&network);
                self.begin()
            }
            Ok(Secret::Wrong) => {
                tracing::warn!("a sign-in was refused");
                self.count_wrong(network);
                Err(Refused::Wrong)
            }
            Err(error) => {
                tracing::error!(%error, "the vault cannot be opened");
                Err(Refused::Broken)
            }
        }
    }

    fn may_try(&self, network: IpAddr) -> Result<(), Refused> {
        let next = locked(&self.0.tries).get(&network).map_or(i64::MIN, |tries| tries.next.0);
        match next.saturating_sub(self.0.clock.now().0) {
            wait @ 1.. => Err(Refused::Wait(u32::try_from(wait).unwrap_or(LONGEST_WAIT))),
            _ => Ok(()),
        }
    }

    fn count_wrong(&self, network: IpAddr) {
        let now = self.0.clock.now();
        let mut all = locked(&self.0.tries);
        if all.len() >= NETWORKS
            && let Some(oldest) = all.iter().min_by_key(|(_, tries)| tries.next).map(|(network, _)| *network)
        {
            all.remove(&oldest);
        }
        let tries = all.entry(network).or_insert(Tries { wrong: 0, next: now });
        tries.wrong = tries.wrong.saturating_add(1);
        let wait = tries
            .wrong
            .checked_sub(FREE_TRIES)
            .map_or(0, |more| 1_u32.checked_shl(more).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
        tries.next = Time(now.0 + i64::from(wait));
    }

    fn begin(&self) -> Result<String, Refused> {
        let secret = hex(&random::<32>().map_err(|_| Refused::Broken)?);
        let form_token = hex(&random::<32>().map_err(|_| Refused::Broken)?);
        let now = self.0.clock.now();
        let mut sessions = locked(&self.0.sessions);
        if sessions.len() >= SESSIONS
            && let Some(idle) = sessions.iter().min_by_key(|(_, live)| live.seen).map(|(key, _)| *key)
        {
            sessions.remove(&idle);
        }
        sessions.insert(
            sha256(secret.as_bytes()),
            Live {
                form_token,
                since: now,
                seen: now,
            },
        );
        Ok(secret)
    }

    /// The session of a cookie, if it is one of ours and still good. Extends its idle time. Only the
    /// hash of the secret is kept and looked up, so that the time of the search tells nothing of it.
    pub fn session(&self, secret: &str) -> Option<Session> {
        let key = sha256(secret.as_bytes());
        let now = self.0.clock.now();
        let mut sessions = locked(&self.0.sessions);
        let live = sessions.get_mut(&key)?;
        if now.0 - live.seen.0 > IDLE || now.0 - live.since.0 > LIFETIME || self.is_locked() {
            sessions.remove(&key);
            return None;
        }
        live.seen = now;
        Some(Session {
            form_token: live.form_token.clone(),
            owner: self.0.owner.clone(),
        })
    }

    /// Ends a session; ending one that is not there is no error.
    pub fn sign_out(&self, secret: &str) {
        locked(&self.0.sessions).remove(&sha256(secret.as_bytes()));
    }

    /// A token for the sign-in form, bound to a random value that the browser keeps in a cookie:
    /// an attacker's page can neither read nor set it.
    pub fn door_token(&self, cookie: &str) -> String {
        let mut text = self.0.door.to_vec();
        text.extend_from_slice(&sha256(cookie.as_bytes()));
        hex(&sha256(&text))
    }

    /// A random value for that cookie.
    pub fn door_cookie(&self) -> Option<String> {
        random::<16>().ok().map(|octets| hex(&octets))
    }

    /// Whether the vault is locked.
    pub fn is_locked(&self) -> bool {
        self.0.vault.open().is_err()
    }
}

/// Whether two tokens are the same, in a time that does not depend on where they differ.
pub fn same_token(one: &str, other: &str) -> bool {
    one.len() == other.len() && bool::from(one.as_bytes().ct_eq(other.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper() -> (tempfile::TempDir, Unlock, Clock) {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Vault::create(folder.path(), "open sesame").unwrap();
        made.slots.save(folder.path()).unwrap();
        let vault = made.vault;
        let clock = Clock::fixed(Time(1_000_000));
        let unlock = Unlock::new(vault, clock.clone(), Happenings::default(), "me@home.test".into()).unwrap();
        (folder, unlock, clock)
    }

    #[tokio::test]
    async fn a_session_lives_until_it_idles_or_ends() {
        let (_folder, unlock, clock) = keeper();
        let peer = IpAddr::from([192, 0, 2, 9]);
        let secret = unlock.sign_in("open sesame", peer).await.unwrap();
        assert_eq!(unlock.session(&secret).unwrap().owner, "me@home.test");
        assert!(unlock.session(&secret.replace(['0', '1', '2'], "f")).is_none());
        clock.set(Time(1_000_000 + IDLE));
        assert!(unlock.session(&secret).is_some(), "still good, and idle from here");
        clock.set(Time(1_000_000 + 2 * IDLE + 1));
        assert!(unlock.session(&secret).is_none());
        let secret = unlock.sign_in("open sesame", peer).await.unwrap();
        unlock.sign_out(&secret);
        assert!(unlock.session(&secret).is_none());
    }

    #[tokio::test]
    async fn wrong_words_make_their_network_wait_and_nobody_else() {
        let (_folder, unlock, clock) = keeper();
        let (thief, owner) = (IpAddr::from([203, 0, 113, 5]), IpAddr::from([192, 0, 2, 9]));
        for _ in 0..3 {
            assert_eq!(unlock.sign_in("guess", thief).await, Err(Refused::Wrong));
        }
        assert_eq!(
            unlock.sign_in("open sesame", IpAddr::from([203, 0, 113, 77])).await,
            Err(Refused::Wait(1)),
            "his whole network"
        );
        assert!(unlock.sign_in("open sesame", owner).await.is_ok());
        clock.set(Time(1_000_001));
        assert_eq!(unlock.sign_in("guess", thief).await, Err(Refused::Wrong));
        assert_eq!(unlock.sign_in("guess", thief).await, Err(Refused::Wait(2)));
    }
}
