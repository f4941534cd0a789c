//! Signing in, which unlocks. Sessions live in memory: a restart locks the box and ends them all.

use std::net::IpAddr;

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
pub struct Unlock {}

impl Unlock {
    /// Checks a passphrase (Argon2id, on the blocking pool), unlocks the vault where it is locked, and
    /// gives the secret of a new session: 64 hex digits for the cookie.
    pub async fn sign_in(&self, _passphrase: &str, _peer: IpAddr) -> Result<String, Refused> {
        Err(Refused::Broken)
    }

    /// The session of a cookie, if it is one of ours and still good. Extends its idle time.
    pub fn session(&self, _secret: &str) -> Option<Session> {
        None
    }

    /// Ends a session; ending one that is not there is no error.
    pub fn sign_out(&self, _secret: &str) {}

    /// A token for the sign-in form, bound to a random value that the browser keeps in a cookie:
    /// an attacker's page can neither read nor set it.
    pub fn door_token(&self, _cookie: &str) -> String {
        String::new()
    }

    /// Whether the vault is locked.
    pub fn is_locked(&self) -> bool {
        true
    }
}
