//! The code with which a box that has no owner is claimed: whoever reads it on the console stands before the box. It lives
//! as long as the process. A network that guesses waits longer and longer, as at the lock.

use crate::{
    domain::time::Time,
    service::unlock::{
        Refused, same_token,
        tries::{Trier, Tries},
    },
    store::{self, record::sha256, slots::random},
};
use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};
use zeroize::Zeroizing;

/// What the code is written with (Crockford's base 32: nothing in it is mistaken for something else).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of the code: 60 bits.
const CODE: usize = 12;
/// Browsers remembered that showed the right one.
const REMEMBERED: usize = 1_000;
/// Octets in a code that is looked at.
const TYPED: usize = 64;

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// It is not the code.
    Wrong,
    /// Too many wrong ones from that network; again after so many seconds.
    Wait(u32),
}

/// The code, and who has shown it. The default one is of a box that has an owner: nothing claims it.
#[derive(Default)]
pub(super) struct Claims {
    code: Zeroizing<String>,
    shown: Mutex<HashSet<[u8; 32]>>,
    tries: Tries,
}

impl Claims {
    /// A new code, in groups of four.
    pub(super) fn begin() -> Result<Self, store::Error> {
        let octets = Zeroizing::new(random::<CODE>()?);
        let mut code = Zeroizing::new(String::with_capacity(CODE + CODE / 4));
        for (at, octet) in octets.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                code.push('-');
            }
            let letter = LETTERS.get(usize::from(octet & 31)).copied().unwrap_or(b'0');
            code.push(char::from(letter));
        }
        Ok(Self { code, ..Self::default() })
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    fn shown(&self) -> MutexGuard<'_, HashSet<[u8; 32]>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the browser of this door's cookie has shown the code.
    pub(super) fn knows(&self, door: &str) -> bool {
        !door.is_empty() && self.shown().contains(&sha256(door.as_bytes()))
    }

    /// Tries a code, for the browser of this door's cookie. Takes the same time wherever it differs.
    pub(super) fn claim(&self, typed: &str, door: &str, peer: IpAddr, now: Time) -> Result<(), NotClaimed> {
        let trier = Trier::claiming(peer);
        if let Err(Refused::Wait(seconds)) = self.tries.may(trier, now) {
            return Err(NotClaimed::Wait(seconds));
        }
        if !same_token(&tidy(typed), &tidy(&self.code)) || self.code.is_empty() || door.is_empty() {
            let times = self.tries.wrong(trier, now);
            tracing::warn!(times, "a wrong claim code was given");
            return Err(NotClaimed::Wrong);
        }
        self.tries.right(trier);
        let mut shown = self.shown();
        if shown.len() >= REMEMBERED {
            shown.clear();
        }
        shown.insert(sha256(door.as_bytes()));
        Ok(())
    }
}

/// The letters of a code as somebody typed it: case, spaces and hyphens do not count, nor what looks like another letter.
fn tidy(typed: &str) -> String {
    let upper = typed.chars().take(TYPED).filter(|c| c.is_ascii_alphanumeric());
    upper
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}
