//! Passkeys: challenges, registration, signing in, and what a passkey does for a locked box.
//!
//! While the box is locked no public key can be read, so nothing can be verified. What can be done is to
//! try the output of the passkey's PRF (WebAuthn Level 3, section 10.1.4) on the vault's slots: it has 256
//! bits, and the one salt of the box is asked for, so that no credential need be named. Only when the
//! vault is open is the signature verified, and where that fails the vault is locked again.
//!
//! A challenge is not remembered: it carries its end and a tag over it and over the browser it was set to.
//! It serves once: one that was answered rightly is remembered until it ends.

use super::{Caller, Method, Refused, Relock, SignedIn, Unlock, locked};
use crate::{
    codec::{
        base64url,
        mac::tag,
        webauthn::{self, Asked, Key, Known},
    },
    domain::{device::DeviceId, journal::Event, time::Time},
    store::{
        record::{Passkey, sha256},
        sign_in,
        slots::{Kind, Opening, SlotError, random},
        vault::Secret,
    },
};
use std::collections::HashMap;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Seconds in which a challenge must be answered.
const PATIENCE: i64 = 300;
/// Passkeys at most.
pub const PASSKEYS: usize = 24;
/// Characters in a passkey's name.
pub const LABEL: usize = 60;
/// Answered challenges that are remembered at most; only right answers are, so a stranger cannot fill it.
const ANSWERED: usize = 1024;

/// What a browser brings, read from the fields of a form.
pub struct Answer {
    challenge: String,
    credential: Vec<u8>,
    client: Vec<u8>,
    authenticator: Vec<u8>,
    signature: Vec<u8>,
    user: Vec<u8>,
    prf: Option<Zeroizing<[u8; 32]>>,
}

impl Answer {
    /// Reads the fields, base 64 each; `field` gives a field's text, empty where there is none. `None` where one
    /// is too long or not written as it must be.
    pub fn read<'a>(field: impl Fn(&str) -> &'a str) -> Option<Self> {
        let octets = |name: &str, limit| base64url::decode(field(name), limit);
        let prf = Zeroizing::new(octets("prf", 32)?);
        Some(Self {
            challenge: Some(field("challenge")).filter(|text| text.len() <= 128)?.to_owned(),
            credential: octets("credential", webauthn::CREDENTIAL)?,
            client: octets("client", webauthn::CLIENT_DATA)?,
            authenticator: octets("authenticator", webauthn::AUTHENTICATOR_DATA)?,
            signature: octets("signature", webauthn::SIGNATURE)?,
            user: octets("user", 64)?,
            prf: prf.as_slice().try_into().ok().map(Zeroizing::new),
        })
    }
}

/// Where the browser believes itself to be.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Scheme, host and port, as a page's origin is written.
    pub origin: &'a str,
    /// The host name.
    pub host: &'a str,
}

/// A passkey as its row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyView {
    /// Names it in forms.
    pub id: String,
    /// The owner's name for it.
    pub label: String,
    /// The host name that it is for.
    pub host: String,
    /// When it was added.
    pub since: Time,
    /// When it last signed in.
    pub used: Option<Time>,
    /// Whether it opens a locked box.
    pub opens: bool,
    /// Whether it is copied to other devices of its user.
    pub backed_up: bool,
}

/// What a page must tell the browser before it can make a passkey.
pub struct Invitation {
    /// The challenge.
    pub challenge: String,
    /// The salt for the PRF.
    pub salt: String,
    /// The owner's handle.
    pub user: String,
    /// The credentials for this host that are known already, between spaces.
    pub known: String,
}

/// Challenges that were answered rightly, with their ends.
pub(super) type AnsweredOnes = std::sync::Mutex<HashMap<[u8; 32], i64>>;

fn name_of(credential: &[u8]) -> String {
    base64url::encode(sha256(credential).get(..12).unwrap_or_default())
}

fn label_of(given: &str) -> String {
    let calm: String = given.chars().filter(|c| !c.is_control()).take(LABEL).collect();
    calm.trim().to_owned()
}

fn into_parts(key: Key) -> (i32, (Vec<u8>, Vec<u8>)) {
    match key {
        Key::Es256(x, y) => (-7, (x.to_vec(), y.to_vec())),
        Key::EdDsa(key) => (-8, (key.to_vec(), Vec::new())),
        Key::Rs256(n, e) => (-257, (n, e)),
    }
}

fn of_parts(passkey: &Passkey) -> Option<Key> {
    let (first, second) = &passkey.key;
    Some(match passkey.algorithm {
        -7 => Key::Es256(first.as_slice().try_into().ok()?, second.as_slice().try_into().ok()?),
        -8 => Key::EdDsa(first.as_slice().try_into().ok()?),
        -257 => Key::Rs256(first.clone(), second.clone()),
        _ => return None,
    })
}

impl Unlock {
    /// A challenge for the browser of this cookie (its door's before signing in, its session's after it).
    pub fn challenge(&self, cookie: &str) -> Result<String, Refused> {
        let end = self.0.clock.now().0.saturating_add(PATIENCE).to_le_bytes();
        let chance = random::<16>().map_err(|_| Refused::Broken)?;
        let sealed = tag(&self.0.door, &[b"passkey", &end, &chance, cookie.as_bytes()]);
        Ok(base64url::encode(&[&end[..], &chance, &sealed].concat()))
    }

    /// When a challenge that was set to this browser ends; `None` where it was not, or is over, or was
    /// answered.
    fn challenge_end(&self, challenge: &str, cookie: &str) -> Option<i64> {
        let octets = base64url::decode(challenge, 56)?;
        let (end, rest) = octets.split_first_chunk::<8>()?;
        let (chance, sealed) = rest.split_first_chunk::<16>()?;
        let right = tag(&self.0.door, &[b"passkey", end, chance, cookie.as_bytes()]);
        let end = i64::from_le_bytes(*end);
        let good = bool::from(right.as_slice().ct_eq(sealed)) && end >= self.0.clock.now().0;
        let fresh = !locked(&self.0.answered).contains_key(&sha256(challenge.as_bytes()));
        (good && fresh).then_some(end)
    }

    /// Takes a challenge that was answered rightly out of use; `false` where somebody was quicker.
    fn spend_challenge(&self, challenge: &str, end: i64) -> bool {
        let now = self.0.clock.now().0;
        let mut answered = locked(&self.0.answered);
        answered.retain(|_, end| *end >= now);
        answered.len() < ANSWERED && answered.insert(sha256(challenge.as_bytes()), end).is_none()
    }

    /// The salt that every passkey's PRF is asked for.
    pub fn salt(&self) -> String {
        base64url::encode(&self.0.salt)
    }

    /// Signs in with a passkey, which unlocks where its PRF opens a slot. Whether a credential is known is
    /// never told: unknown and wrong are one answer.
    pub async fn sign_in_with_passkey(
        &self,
        answer: Answer,
        door: &str,
        place: Place<'_>,
        caller: Caller<'_>,
    ) -> Result<SignedIn, Refused> {
        // No guesser of passphrases keeps a passkey out, and a passkey is not guessed.
        let trier = self.trier(caller).with_passkey();
        self.0.tries.may(trier, self.0.clock.now())?;
        let Some(end) = self.challenge_end(&answer.challenge, door) else {
            return Err(Refused::Stale);
        };
        let mut relock = Relock::default();
        if self.is_locked() {
            let (outcome, unlocked) = self.open_with(&answer).await?;
            if outcome == Secret::Wrong {
                self.wrong(trier, caller, Event::Failed);
                return Err(Refused::Wrong);
            }
            relock = unlocked;
        }
        match self.verify(&answer, place).await {
            Ok(true) if self.spend_challenge(&answer.challenge, end) => self.finish(Method::Passkey, relock, caller).await,
            outcome => {
                drop(relock);
                outcome?;
                self.wrong(trier, caller, Event::Failed);
                Err(Refused::Wrong)
            }
        }
    }

    /// Tries a passkey's PRF on the vault.
    async fn open_with(&self, answer: &Answer) -> Result<(Secret, Relock), Refused> {
        let prf = answer.prf.clone().ok_or(Refused::NoPrf)?;
        let credential = answer.credential.clone();
        self.trying(move |vault| {
            vault.unlock(&Opening::Passkey {
                credential: &credential,
                prf: &prf,
            })
        })
        .await
    }

    /// Whether the signature is of a known passkey, whose counter is kept.
    async fn verify(&self, answer: &Answer, place: Place<'_>) -> Result<bool, Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Broken)?;
        let record = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        let known = record.passkeys.iter().find(|passkey| passkey.credential == answer.credential);
        let Some((known, key)) = known.and_then(|known| Some((known, of_parts(known)?))) else {
            return Ok(false);
        };
        let asked = Asked {
            challenge: &answer.challenge,
            origin: place.origin,
            host: place.host,
        };
        let kept = Known {
            key: &key,
            count: known.count,
            backup_eligible: known.backup.0,
        };
        // A passkey that was added on a device that is off the list is off with it.
        if known.device != 0 && !self.0.devices.is_live(DeviceId(known.device)).is_ok_and(|live| live) {
            return Ok(false);
        }
        let of_owner = answer.user.is_empty() || answer.user == record.handle;
        let outcome = webauthn::assertion(asked, kept, &answer.client, &answer.authenticator, &answer.signature);
        let asserted = match outcome {
            Ok(asserted) if of_owner => asserted,
            Ok(_) => return Ok(false),
            Err(refusal) => {
                tracing::warn!(?refusal, "a passkey was not believed");
                return Ok(false);
            }
        };
        let (credential, now) = (answer.credential.clone(), self.0.clock.now().0);
        let kept = open.writer.write(move |tables| {
            sign_in::change(tables, |record| {
                let known = record.passkeys.iter_mut().find(|passkey| passkey.credential == credential);
                // Of two answers at a time with one counter, the second is the other one's.
                let Some(known) = known.filter(|known| (asserted.count, known.count) == (0, 0) || asserted.count > known.count) else {
                    return false;
                };
                known.count = asserted.count;
                known.backup.1 = asserted.backed_up;
                known.used = now;
                true
            })
        });
        kept.await.map_err(|_| Refused::Broken)
    }

    /// What the page that adds a passkey tells the browser; `session` is its session's secret.
    /// [`Refused::Stale`] unless a secret was proven in that session a moment ago.
    pub async fn invite(&self, session: &str, host: &str) -> Result<Invitation, Refused> {
        if !self.0.sessions.is_allowed(session, self.now()) {
            return Err(Refused::Stale);
        }
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        // Makes the owner's handle where there is none yet; writes the same otherwise.
        let known = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        let record = if known.handle == [0; 16] {
            let made = open.writer.write(|tables| sign_in::change(tables, |record| record.clone()));
            made.await.map_err(|_| Refused::Broken)?
        } else {
            known
        };
        let names: Vec<String> = record
            .passkeys
            .iter()
            .filter(|passkey| passkey.host == host)
            .map(|passkey| base64url::encode(&passkey.credential))
            .collect();
        Ok(Invitation {
            challenge: self.challenge(session)?,
            salt: self.salt(),
            user: base64url::encode(&record.handle),
            known: names.join(" "),
        })
    }

    /// Adds a passkey; with a PRF it also gets a slot in the vault. Says whether it opens a locked box.
    pub async fn add_passkey(
        &self,
        answer: Answer,
        session: &str,
        label: &str,
        device: DeviceId,
        place: Place<'_>,
    ) -> Result<bool, Refused> {
        let end = self.challenge_end(&answer.challenge, session).ok_or(Refused::Stale)?;
        if !self.0.sessions.is_allowed(session, self.now()) {
            return Err(Refused::Stale);
        }
        let asked = Asked {
            challenge: &answer.challenge,
            origin: place.origin,
            host: place.host,
        };
        let made = webauthn::registration(asked, &answer.client, &answer.authenticator).map_err(|refusal| {
            tracing::warn!(?refusal, "a new passkey was not believed");
            Refused::Wrong
        })?;
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let known = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        let twice = known.passkeys.iter().any(|passkey| passkey.credential == made.credential);
        if twice || known.passkeys.len() >= PASSKEYS || !self.spend_challenge(&answer.challenge, end) {
            return Err(Refused::Full);
        }
        let label = label_of(label);
        let opens = match answer.prf {
            Some(prf) => self.add_slot(made.credential.clone(), prf, label.clone()).await?,
            None => false,
        };
        let (algorithm, key) = into_parts(made.key);
        let passkey = Passkey {
            credential: made.credential,
            host: place.host.to_owned(),
            algorithm,
            key,
            count: made.count,
            backup: (made.backup_eligible, made.backed_up),
            label,
            since: self.0.clock.now().0,
            used: 0,
            device: device.0,
            opens,
        };
        let added = open
            .writer
            .write(move |tables| sign_in::change(tables, |record| record.passkeys.push(passkey.clone())));
        added.await.map_err(|_| Refused::Broken)?;
        Ok(opens)
    }

    async fn add_slot(&self, credential: Vec<u8>, prf: Zeroizing<[u8; 32]>, label: String) -> Result<bool, Refused> {
        let (vault, now) = (self.0.vault.clone(), self.0.clock.now());
        let added = tokio::task::spawn_blocking(move || {
            let opening = Opening::Passkey {
                credential: &credential,
                prf: &prf,
            };
            vault.add_slot(&opening, &label, now)
        });
        match added.await {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(SlotError::Full)) => Err(Refused::Full),
            _ => Err(Refused::Broken),
        }
    }

    /// The passkeys, in the order in which they were added.
    pub fn passkeys(&self) -> Result<Vec<PasskeyView>, Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let record = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        let view = |passkey: &Passkey| PasskeyView {
            id: name_of(&passkey.credential),
            label: passkey.label.clone(),
            host: passkey.host.clone(),
            since: Time(passkey.since),
            used: (passkey.used != 0).then_some(Time(passkey.used)),
            opens: passkey.opens,
            backed_up: passkey.backup.1,
        };
        Ok(record.passkeys.iter().map(view).collect())
    }

    /// Gives a passkey another name.
    pub async fn rename_passkey(&self, id: &str, label: &str) -> Result<(), Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let (id, label) = (id.to_owned(), label_of(label));
        let renamed = open.writer.write(move |tables| {
            sign_in::change(tables, |record| {
                let known = record.passkeys.iter_mut().find(|passkey| name_of(&passkey.credential) == id);
                known.map(|known| known.label.clone_from(&label)).is_some()
            })
        });
        if renamed.await.map_err(|_| Refused::Broken)? {
            Ok(())
        } else {
            Err(Refused::Stale)
        }
    }

    /// Removes a passkey and its slot; [`Refused::Last`] where nothing else would open the box.
    pub async fn remove_passkey(&self, id: &str) -> Result<(), Refused> {
        let id = id.to_owned();
        self.remove_passkeys(move |passkey| name_of(&passkey.credential) == id).await
    }

    /// Removes the passkeys that were added on a device, with their slots.
    pub(super) async fn remove_passkeys_of(&self, device: u64) -> Result<(), Refused> {
        self.remove_passkeys(move |passkey| device != 0 && passkey.device == device).await
    }

    async fn remove_passkeys(&self, which: impl Fn(&Passkey) -> bool + Send + 'static) -> Result<(), Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let record = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        let gone: Vec<[u8; 32]> = record
            .passkeys
            .iter()
            .filter(|one| which(one))
            .map(|one| sha256(&one.credential))
            .collect();
        let (vault, hashes) = (self.0.vault.clone(), gone.clone());
        let removed = tokio::task::spawn_blocking(move || {
            let slots = vault.slots()?;
            let of_it = |slot: &&_| slot_is_of(slot, &hashes);
            slots.iter().filter(of_it).try_for_each(|slot| vault.remove_slot(slot.id))
        });
        match removed.await {
            Ok(Ok(())) => {}
            Ok(Err(SlotError::Last)) => return Err(Refused::Last),
            _ => return Err(Refused::Broken),
        }
        let done = open.writer.write(move |tables| {
            sign_in::change(tables, |record| {
                record.passkeys.retain(|one| !gone.contains(&sha256(&one.credential)))
            })
        });
        done.await.map_err(|_| Refused::Broken)
    }
}

fn slot_is_of(slot: &crate::store::slots::SlotView, hashes: &[[u8; 32]]) -> bool {
    slot.kind == Kind::Passkey && slot.credential.is_some_and(|hash| hashes.contains(&hash))
}
