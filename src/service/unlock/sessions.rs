//! Sessions: who is signed in, from which browser, for how long, and whether the browser has to show that it
//! is still itself.
//!
//! They live in memory: a restart ends them all. Of every secret only the hash is kept and looked up, so
//! that the time of a search tells nothing. A session is *bound* where its browser brought a key at
//! sign-in (or, with DBSC, right after it): then its cookie alone is worth nothing ten minutes later, nor
//! at once from a browser that calls itself otherwise or comes over the other family of addresses. A key
//! cannot be brought later: whoever stole a cookie could bring his own.

use super::{Refused, locked};
use crate::{
    codec::es256,
    domain::{
        device::{Credential, DeviceId},
        time::Time,
    },
    store::{hex, record::sha256, slots::random},
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};
use subtle::ConstantTimeEq;

/// Seconds without a request after which a session ends, until the owner chooses.
pub const IDLE: i64 = 24 * 3600;
/// What the owner may choose: half an hour, a day, a week.
pub const IDLE_CHOICES: [i64; 3] = [30 * 60, 24 * 3600, 7 * 24 * 3600];
/// Seconds after which a session ends whatever happens.
pub const LIFETIME: i64 = 30 * 24 * 3600;
/// Seconds for which a proof is good.
pub const PROOF: i64 = 600;
/// Seconds in which a browser with DBSC may bring its key after sign-in.
const REGISTRATION: i64 = 120;
/// Seconds for which a secret that was proven in a session lets it add a way to sign in.
const ALLOWED: i64 = 300;
/// Sessions at most; beyond it the one idle longest ends.
const SESSIONS: usize = 64;

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The passphrase alone.
    Passphrase,
    /// The passphrase and a code from an app.
    PassphraseAndCode,
    /// The recovery sheet.
    Recovery,
    /// A passkey, which verified its user.
    Passkey,
}

impl Method {
    /// As the index of the device weighs it: our passkeys always verify their user.
    pub(super) fn credential(self) -> Credential {
        match self {
            Self::Passphrase => Credential::Password,
            Self::PassphraseAndCode => Credential::PasswordTotp,
            Self::Recovery => Credential::Recovery,
            Self::Passkey => Credential::PasskeyVerified,
        }
    }
}

/// How a session is tied to its browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// By its cookie only.
    Cookie,
    /// By a key that the browser's storage does not give away.
    Key,
    /// By a key that the browser itself guards (DBSC).
    Browser,
}

/// A signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The token that every form of this session carries, hex.
    pub form_token: String,
    /// The owner's address, for the page's head.
    pub owner: String,
    /// The device that it is on.
    pub device: DeviceId,
    /// Since when.
    pub since: Time,
    /// How it was opened.
    pub method: Method,
}

/// Who asks, as far as the connection and the request tell.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The address.
    pub peer: IpAddr,
    /// The `User-Agent`; only its hash is kept here.
    pub agent: &'a str,
}

impl Client<'_> {
    fn print(self) -> ([u8; 32], bool) {
        (sha256(self.agent.as_bytes()), self.peer.to_canonical().is_ipv6())
    }
}

/// What a cookie is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nobody,
    /// Nothing here: it is the cookie of another browser.
    Elsewhere,
    /// A session whose browser must first show that it is still itself.
    Prove(Session),
    /// A session.
    Here(Session),
}

/// A session that just began.
pub struct Begun {
    /// The secret for the session's cookie, 64 hex digits.
    pub secret: String,
    /// The secret for the cookie of the proof, where the browser brought a key.
    pub proof: Option<String>,
    /// The challenge that a browser with DBSC answers with its key.
    pub registration: String,
}

/// One row of the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Names the session in forms: no secret opens with it.
    pub id: String,
    /// Whether it is the one that asks.
    pub own: bool,
    /// Its device.
    pub device: DeviceId,
    /// How it was opened.
    pub method: Method,
    /// Since when.
    pub since: Time,
    /// When it last asked for something.
    pub seen: Time,
    /// How it is tied to its browser.
    pub binding: Binding,
}

struct Live {
    form_token: String,
    since: Time,
    seen: Time,
    device: DeviceId,
    method: Method,
    print: ([u8; 32], bool),
    /// The browser's own key, from sign-in.
    key: Option<Vec<u8>>,
    /// What the next proof by it must sign.
    challenge: String,
    /// The browser's guarded key, from DBSC, and what the next proof by that must sign: a challenge of its own,
    /// because the browser keeps it for later.
    guarded: Option<(Vec<u8>, String)>,
    /// Until when it may add a way to sign in, because a secret was just proven in it.
    allowed: Time,
    /// Until when a guarded key may be brought, for whoever knows this challenge.
    registration: Option<(String, Time)>,
    /// Hashes of the two last proofs, with their ends: a request may be under way with the older one.
    proofs: [([u8; 32], i64); 2],
}

impl Live {
    fn binding(&self) -> Binding {
        match (&self.guarded, &self.key) {
            (Some(_), _) => Binding::Browser,
            (None, Some(_)) => Binding::Key,
            (None, None) => Binding::Cookie,
        }
    }

    /// Where the clock was set back, everything that counts by it goes back too: no session, proof or permission grows
    /// longer by it, and none ends.
    fn follow(&mut self, now: Time) {
        let back = self.seen.0.saturating_sub(now.0);
        if back <= 0 {
            return;
        }
        let earlier = |time: &mut Time| time.0 = time.0.saturating_sub(back);
        earlier(&mut self.since);
        earlier(&mut self.seen);
        earlier(&mut self.allowed);
        if let Some((_, until)) = &mut self.registration {
            earlier(until);
        }
        for (_, until) in &mut self.proofs {
            *until = until.saturating_sub(back);
        }
    }

    fn proven(&self, proof: Option<&str>, now: Time) -> bool {
        let Some(hash) = proof.map(|proof| sha256(proof.as_bytes())) else {
            return false;
        };
        let good = |(known, until): &([u8; 32], i64)| *until >= now.0 && bool::from(known.ct_eq(&hash));
        self.proofs.iter().fold(false, |found, known| found | good(known))
    }

    /// A new proof.
    fn prove(&mut self, client: Client<'_>, now: Time) -> Result<String, Refused> {
        let proof = secret()?;
        self.print = client.print();
        let [latest, _] = self.proofs;
        self.proofs = [(sha256(proof.as_bytes()), now.0.saturating_add(PROOF)), latest];
        Ok(proof)
    }
}

/// 256 random bits, hex.
pub(super) fn secret() -> Result<String, Refused> {
    random::<32>().map(|octets| hex(&octets)).map_err(|_| Refused::Broken)
}

/// All sessions of the box.
pub(super) struct Sessions {
    live: Mutex<HashMap<[u8; 32], Live>>,
    idle: AtomicI64,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            live: Mutex::default(),
            idle: AtomicI64::new(IDLE),
        }
    }
}

impl Sessions {
    /// Begins one. `key` is the browser's own key, already shown to be its.
    pub(super) fn begin(
        &self,
        device: DeviceId,
        method: Method,
        key: Option<Vec<u8>>,
        client: Client<'_>,
        now: Time,
    ) -> Result<Begun, Refused> {
        let (secret, registration) = (secret()?, self::secret()?);
        let mut live = Live {
            form_token: self::secret()?,
            since: now,
            seen: now,
            device,
            method,
            print: client.print(),
            key,
            challenge: self::secret()?,
            guarded: None,
            allowed: Time(i64::MIN),
            registration: Some((registration.clone(), Time(now.0.saturating_add(REGISTRATION)))),
            proofs: [([0; 32], i64::MIN); 2],
        };
        let proof = live.key.is_some().then(|| live.prove(client, now)).transpose()?;
        let mut all = locked(&self.live);
        if all.len() >= SESSIONS
            && let Some(idle) = all.iter().min_by_key(|(_, live)| live.seen).map(|(key, _)| *key)
        {
            all.remove(&idle);
        }
        all.insert(sha256(secret.as_bytes()), live);
        Ok(Begun {
            secret,
            proof,
            registration,
        })
    }

    /// Runs `with` on a session that has not ended.
    fn with<T>(&self, secret: &str, now: Time, with: impl FnOnce(&mut Live) -> T) -> Option<T> {
        let key = sha256(secret.as_bytes());
        let mut all = locked(&self.live);
        let live = all.get_mut(&key)?;
        live.follow(now);
        let idle = now.0.saturating_sub(live.seen.0) > self.idle.load(Ordering::Relaxed);
        if idle || now.0.saturating_sub(live.since.0) > LIFETIME {
            all.remove(&key);
            return None;
        }
        Some(with(live))
    }

    /// What a cookie is worth now. Only a session that stands is no longer idle.
    pub(super) fn stand(&self, secret: &str, proof: Option<&str>, client: Client<'_>, owner: &str, now: Time) -> Standing {
        self.with(secret, now, |live| {
            let session = Session {
                form_token: live.form_token.clone(),
                owner: owner.to_owned(),
                device: live.device,
                since: live.since,
                method: live.method,
            };
            let same = live.print == client.print();
            match live.binding() {
                Binding::Cookie if !same => return Standing::Elsewhere,
                Binding::Key | Binding::Browser if !same || !live.proven(proof, now) => return Standing::Prove(session),
                _ => {}
            }
            live.seen = now;
            Standing::Here(session)
        })
        .unwrap_or(Standing::Nobody)
    }

    /// A proof by the browser's own key: its signature over the challenge that is in force. `Ok` has the secret
    /// for the proof's cookie; both ways the challenge that is in force afterwards. A challenge serves once.
    pub(super) fn prove(
        &self,
        secret: &str,
        challenge: &str,
        signature: &[u8],
        client: Client<'_>,
        now: Time,
    ) -> Option<(Option<String>, String)> {
        self.with(secret, now, |live| {
            let Some(key) = live.key.clone() else {
                return (None, String::new());
            };
            let asked = bool::from(challenge.as_bytes().ct_eq(live.challenge.as_bytes())) && !challenge.is_empty();
            let proof = (asked && es256::verify(&key, &proof_text(challenge), signature))
                .then(|| live.prove(client, now).ok())
                .flatten();
            if proof.is_some()
                && let Ok(next) = self::secret()
            {
                live.challenge = next;
            }
            (proof, live.challenge.clone())
        })
    }

    /// The key of a browser with DBSC, for whoever answers the challenge of sign-in in time; gives the
    /// secret for the proof's cookie.
    pub(super) fn guard(&self, secret: &str, challenge: &str, key: Vec<u8>, client: Client<'_>, now: Time) -> Option<String> {
        self.with(secret, now, |live| {
            let (asked, until) = live.registration.take()?;
            if until < now || !bool::from(asked.as_bytes().ct_eq(challenge.as_bytes())) || live.print != client.print() {
                return None;
            }
            live.guarded = Some((key, self::secret().ok()?));
            live.prove(client, now).ok()
        })
        .flatten()
    }

    /// The guarded key of a session and the challenge that is in force.
    pub(super) fn guarded(&self, secret: &str, now: Time) -> Option<(Vec<u8>, String)> {
        self.with(secret, now, |live| live.guarded.clone()).flatten()
    }

    /// A proof by the guarded key over `challenge`, whose signature the caller has verified.
    pub(super) fn refresh(&self, secret: &str, challenge: &str, client: Client<'_>, now: Time) -> Option<(String, String)> {
        self.with(secret, now, |live| {
            let (key, asked) = live.guarded.take()?;
            let right = bool::from(challenge.as_bytes().ct_eq(asked.as_bytes()));
            let next = if right { self::secret().ok()? } else { asked };
            live.guarded = Some((key, next.clone()));
            right.then(|| live.prove(client, now).ok()).flatten().map(|proof| (proof, next))
        })
        .flatten()
    }

    /// Lets a session add a way to sign in for a while: a secret was just proven in it.
    pub(super) fn allow(&self, secret: &str, now: Time) {
        self.with(secret, now, |live| live.allowed = Time(now.0.saturating_add(ALLOWED)));
    }

    /// Whether it still may.
    pub(super) fn is_allowed(&self, secret: &str, now: Time) -> bool {
        self.with(secret, now, |live| now <= live.allowed).unwrap_or(false)
    }

    /// All of them, the latest first; `own` is the secret of the one that asks.
    pub(super) fn list(&self, own: &str) -> Vec<Listed> {
        let own = sha256(own.as_bytes());
        let mut rows: Vec<Listed> = locked(&self.live)
            .iter()
            .map(|(key, live)| Listed {
                id: id(key),
                own: *key == own,
                device: live.device,
                method: live.method,
                since: live.since,
                seen: live.seen,
                binding: live.binding(),
            })
            .collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.own), std::cmp::Reverse(row.seen), row.id.clone()));
        rows
    }

    /// Ends the session of a secret; its device, where there was one.
    pub(super) fn end(&self, secret: &str) -> Option<DeviceId> {
        locked(&self.live).remove(&sha256(secret.as_bytes())).map(|live| live.device)
    }

    /// Ends the session of an id of the list.
    pub(super) fn end_id(&self, asked: &str) {
        locked(&self.live).retain(|key, _| id(key) != asked);
    }

    /// Ends all but the one of this secret; how many.
    pub(super) fn end_others(&self, keep: &str) -> usize {
        let keep = sha256(keep.as_bytes());
        let mut all = locked(&self.live);
        let before = all.len();
        all.retain(|key, _| *key == keep);
        before - all.len()
    }

    /// Ends all of a device.
    pub(super) fn end_device(&self, device: DeviceId) {
        locked(&self.live).retain(|_, live| live.device != device);
    }

    /// Ends all.
    pub(super) fn end_all(&self) {
        locked(&self.live).clear();
    }

    /// Whether anybody is signed in.
    pub(super) fn any(&self) -> bool {
        !locked(&self.live).is_empty()
    }

    /// Sets the seconds without a request after which a session ends.
    pub(super) fn set_idle(&self, seconds: i64) {
        self.idle.store(seconds, Ordering::Relaxed);
    }

    /// Those seconds.
    pub(super) fn idle(&self) -> i64 {
        self.idle.load(Ordering::Relaxed)
    }
}

/// A name for a session that says nothing of its secret: half the hash of the hash.
fn id(key: &[u8; 32]) -> String {
    let hash = sha256(key);
    hex(hash.get(..16).unwrap_or_default())
}

/// What a browser's own key signs to show that it is still itself.
fn proof_text(challenge: &str) -> Vec<u8> {
    format!("caliopen proof\n{challenge}").into_bytes()
}

/// Reads the key that a browser brings with a form before signing in: the point and its signature over the
/// form's token, in base 64, a dot between. A key that does not sign is none.
pub(super) fn brought_key(brought: &str, door_token: &str) -> Option<Vec<u8>> {
    use crate::codec::base64url::decode;
    let (point, signature) = brought.split_once('.')?;
    let (point, signature) = (decode(point, es256::POINT)?, decode(signature, 64)?);
    let text = format!("caliopen key\n{door_token}");
    (!door_token.is_empty() && es256::verify(&point, text.as_bytes(), &signature)).then_some(point)
}
