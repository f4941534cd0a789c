//! Settings of signing in that need a secret first: the passphrase itself, how long a session idles, and
//! the proof that it is the owner who changes them.

use super::{Caller, IDLE_CHOICES, Refused, Unlock};
use crate::{
    codec::password::{Strength, strength},
    domain::{journal::Event, time::Time},
    store::{
        sign_in,
        slots::{Kind, Opening, SlotError},
        vault::Secret,
    },
};
use zeroize::Zeroizing;

/// How the owner signs in, for the page that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// How strong the passphrase was found when it was last set; `None` where it was set before anyone looked.
    pub strength: Option<Strength>,
    /// Since when a code is asked for.
    pub code: Option<Time>,
    /// Seconds without a request after which a session ends.
    pub idle: i64,
}

impl Unlock {
    /// How the owner signs in.
    pub fn ways(&self) -> Result<Ways, Refused> {
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let record = sign_in::read(&open).map_err(|_| Refused::Broken)?;
        Ok(Ways {
            strength: record.strength.map(Strength),
            code: record.totp.map(|known| Time(known.since)),
            idle: self.0.sessions.idle(),
        })
    }

    /// Whether this is the passphrase or the recovery code. What is wrong counts as at the door.
    pub async fn prove_secret(&self, typed: &str, caller: Caller<'_>) -> Result<(), Refused> {
        let _turn = self.0.turn.lock().await;
        let trier = self.trier(caller);
        self.0.tries.may(trier, self.now())?;
        match self.try_secret(typed, false).await?.0 {
            Secret::Right(_) => {
                self.0.tries.right(trier);
                Ok(())
            }
            Secret::Wrong => {
                self.wrong(trier, caller, Event::Failed);
                Err(Refused::Wrong)
            }
        }
    }

    /// Lets a session add a passkey for five minutes, for whoever has just proven a secret in it.
    pub fn allow(&self, session: &str) {
        self.0.sessions.allow(session, self.now());
    }

    /// How strong this would be as a passphrase.
    pub fn weigh(&self, passphrase: &str) -> Strength {
        strength(passphrase, &[&self.0.owner, "caliopen"])
    }

    /// Notes how strong the passphrase is that was just typed rightly, where nobody has looked yet (it was set on the
    /// command line). Nothing depends on it but what the owner is told.
    pub(super) async fn note_strength(&self, typed: &str) {
        let Ok(open) = self.0.vault.open() else { return };
        if sign_in::read(&open).is_ok_and(|record| record.strength.is_none()) {
            let strength = self.weigh(typed).0;
            let noted = open
                .writer
                .write(move |tables| sign_in::change(tables, |record| record.strength = Some(strength)));
            if let Err(error) = noted.await {
                tracing::error!(%error, "the strength of the passphrase could not be noted");
            }
        }
    }

    /// Puts a new passphrase in the old one's place, for whoever has just proven a secret: from then on the old
    /// one opens nothing. [`Refused::Weak`] below [`Strength::ENOUGH`].
    pub async fn set_passphrase(&self, new: &str) -> Result<Strength, Refused> {
        let strength = self.weigh(new);
        if strength < Strength::ENOUGH || new.len() > super::MAX_SECRET {
            return Err(Refused::Weak);
        }
        let (vault, new, now) = (self.0.vault.clone(), Zeroizing::new(new.to_owned()), self.now());
        let set = tokio::task::spawn_blocking(move || {
            let opening = Opening::Passphrase(&new);
            let old = vault.slots()?.into_iter().find(|slot| slot.kind == Kind::Passphrase);
            match old {
                Some(old) => vault.replace_slot(old.id, &opening, now),
                None => vault.add_slot(&opening, "", now),
            }
        });
        match set.await {
            Ok(Ok(_)) => {}
            Ok(Err(SlotError::Unfit)) => return Err(Refused::Weak),
            _ => return Err(Refused::Broken),
        }
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let noted = open
            .writer
            .write(move |tables| sign_in::change(tables, |record| record.strength = Some(strength.0)));
        noted.await.map_err(|_| Refused::Broken)?;
        Ok(strength)
    }

    /// Sets how long a session idles, in seconds: one of [`IDLE_CHOICES`]. It counts for every session at once.
    pub async fn set_idle(&self, seconds: i64) -> Result<(), Refused> {
        if !IDLE_CHOICES.contains(&seconds) {
            return Err(Refused::Wrong);
        }
        let open = self.0.vault.open().map_err(|_| Refused::Stale)?;
        let noted = open
            .writer
            .write(move |tables| sign_in::change(tables, |record| record.idle = seconds));
        noted.await.map_err(|_| Refused::Broken)?;
        self.0.sessions.set_idle(seconds);
        self.0.devices.set_idle(seconds);
        Ok(())
    }
}
