//! Device Bound Session Credentials (W3C draft, as Chromium speaks it): the browser itself keeps a key in the
//! machine's secure hardware and shows it every ten minutes, without a script.
//!
//! At sign-in we offer it with a challenge; the browser brings its key, signed over that challenge, to the
//! registration address, and later asks the refresh address for a new proof. What it wins is the same short
//! proof as the key of our own script: whichever comes first serves.

use super::{Client, Unlock};
use crate::codec::jws;

/// A browser whose key was taken, or whose proof was believed.
pub struct Guarded {
    /// Names the session to the browser; no secret.
    pub id: String,
    /// The secret for the proof's cookie.
    pub proof: String,
    /// The challenge for the next time.
    pub challenge: String,
}

/// Why a refresh has no proof.
pub enum NoProof {
    /// Sign this first.
    Challenge(String),
    /// The session is over, or has no such key.
    Over,
}

impl Unlock {
    /// The browser's key, brought with its proof over the challenge of sign-in.
    pub fn guard(&self, secret: &str, token: &str, client: Client<'_>) -> Option<Guarded> {
        let brought = jws::proof(token)?;
        let key = brought.key.clone()?;
        if self.is_locked() || !brought.is_of(&key) {
            return None;
        }
        let now = self.now();
        let proof = self.0.sessions.guard(secret, &brought.challenge, key, client, now)?;
        let (_, challenge) = self.0.sessions.guarded(secret, now)?;
        Some(Guarded {
            id: self.guarded_id(secret),
            proof,
            challenge,
        })
    }

    /// A new proof for a browser whose key is known. Without a token, or with one over an old challenge, it is
    /// told what to sign.
    pub fn refresh(&self, secret: &str, token: &str, client: Client<'_>) -> Result<Guarded, NoProof> {
        let now = self.now();
        let (key, challenge) = self
            .0
            .sessions
            .guarded(secret, now)
            .filter(|_| !self.is_locked())
            .ok_or(NoProof::Over)?;
        let answered = jws::proof(token).filter(|brought| brought.is_of(&key));
        let refreshed = answered.and_then(|brought| self.0.sessions.refresh(secret, &brought.challenge, client, now));
        let (proof, next) = refreshed.ok_or(NoProof::Challenge(challenge))?;
        Ok(Guarded {
            id: self.guarded_id(secret),
            proof,
            challenge: next,
        })
    }

    /// The name by which the browser knows the session.
    pub fn guarded_id(&self, secret: &str) -> String {
        crate::store::hex(&crate::codec::mac::tag(&self.0.door, &[b"guarded", secret.as_bytes()]))
            .chars()
            .take(32)
            .collect()
    }
}
