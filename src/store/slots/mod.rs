//! Key slots: one random master key, wrapped on its own by each secret that opens the box (the idea is
//! LUKS's). Changing a slot re-encrypts nothing.
//!
//! A passphrase is stretched by Argon2id (RFC 9106), its parameters beside the slot. What has 160 random
//! bits or more (the recovery code, the output of a passkey's PRF, a key file) needs no stretching:
//! HKDF-SHA256 (RFC 5869) with the slot's own salt does. All wrap with AES-256-GCM, the slot's kind as
//! associated data, so that no slot can pass for another. A slot's label and date are the owner's: they lie
//! in the slot sealed by the master key, and can be read only while the box is open.
//!
//! Absent on purpose: a new master key. Whoever had a secret *and* a copy of this file keeps what that copy
//! opens; only the file key (see `crypt`), which is new at every rewriting, helps against that.

mod cost;
pub mod recovery;
mod slot;

pub use cost::Cost;
pub use slot::{Kind, SlotId, SlotView};
pub(super) use slot::{SHUT, derive, shut, unshut};

use super::{Error, crypt::VaultKey, record::sha256};
use crate::domain::time::Time;
use serde::{Deserialize, Serialize};
use slot::Slot;
use std::{fs, path::Path};
use zeroize::Zeroizing;

/// The file's name in the data folder.
pub const FILE: &str = "slots.json";

/// What a key file begins with; 64 hex digits follow.
const KEY_FILE: &str = "caliopen-key-";

/// The largest slots file that is read.
const MAX_FILE: u64 = 256 * 1024;
/// Characters in a label.
const LABEL: usize = 120;

/// A secret that may open the box.
#[derive(Clone, Copy)]
pub enum Opening<'a> {
    /// What somebody typed where either would do: the passphrase, or the recovery code.
    Typed(&'a str),
    /// The passphrase.
    Passphrase(&'a str),
    /// The recovery code, as it was typed.
    Recovery(&'a str),
    /// What a passkey gave.
    Passkey {
        /// Its credential's id.
        credential: &'a [u8],
        /// The output of its PRF for this box's salt.
        prf: &'a [u8; 32],
    },
    /// The octets of a key file.
    KeyFile(&'a [u8]),
}

/// Why a slot was not added, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The box is locked.
    #[error("the box is locked")]
    Locked,
    /// It is the last one with which a person can open the box.
    #[error("the last way to open the box cannot be removed")]
    Last,
    /// There is no such slot.
    #[error("there is no such slot")]
    Unknown,
    /// There are as many of that kind as there may be.
    #[error("there are as many of that kind as there may be")]
    Full,
    /// It has not the form of such a secret (an empty passphrase, half a code).
    #[error("that has not the form of such a secret")]
    Unfit,
    /// The store refuses; nothing was changed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The slots of one box.
#[derive(Serialize, Deserialize)]
pub struct Slots {
    version: u8,
    /// What a wrong secret costs, also where no passphrase is there to cost it.
    #[serde(default = "least")]
    cost: Cost,
    /// SHA-256 of the slots: an octet that flipped is an error and not a wrong passphrase.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    check: String,
    slots: Vec<Slot>,
}

fn least() -> Cost {
    Cost::LEAST
}

/// Random octets from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|e| Error::Database(format!("no randomness: {e}")))?;
    Ok(octets)
}

/// A new recovery code, to be printed.
pub fn new_code() -> Result<Zeroizing<String>, Error> {
    let code = Zeroizing::new(random::<20>()?);
    Ok(Zeroizing::new(recovery::write(&code)))
}

/// What a new key file holds.
pub fn new_key_file() -> Result<Zeroizing<String>, Error> {
    let key = Zeroizing::new(random::<32>()?);
    Ok(Zeroizing::new(format!("{KEY_FILE}{}\n", super::hex(&*key))))
}

/// The secret of a key file; `None` where it is no such file.
fn read_key_file(content: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(content).ok()?.trim_end();
    let key = super::unhex(text.strip_prefix(KEY_FILE)?).map(Zeroizing::new)?;
    (key.len() == 32).then_some(key)
}

impl<'a> Opening<'a> {
    /// Of a secret that lies in a file: a key file's, or else what a person would type.
    pub fn of_file(secret: &'a str) -> Self {
        if secret.starts_with(KEY_FILE) && read_key_file(secret.as_bytes()).is_some() {
            Self::KeyFile(secret.as_bytes())
        } else {
            Self::Typed(secret)
        }
    }
}

impl Opening<'_> {
    /// The kind of slot that it is for.
    fn kind(&self) -> Kind {
        match self {
            Self::Typed(_) | Self::Passphrase(_) => Kind::Passphrase,
            Self::Recovery(_) => Kind::Recovery,
            Self::Passkey { .. } => Kind::Passkey,
            Self::KeyFile(_) => Kind::KeyFile,
        }
    }

    /// The octets that open a slot of this kind; `None` where this can be none of them.
    fn secret(&self, kind: Kind) -> Option<Zeroizing<Vec<u8>>> {
        match (self, kind) {
            (Self::Typed(text) | Self::Passphrase(text), Kind::Passphrase) => Some(Zeroizing::new(text.as_bytes().to_vec())),
            (Self::Typed(text) | Self::Recovery(text), Kind::Recovery) => recovery::read(text),
            (Self::Passkey { prf, .. }, Kind::Passkey) => Some(Zeroizing::new(prf.to_vec())),
            (Self::KeyFile(content), Kind::KeyFile) => read_key_file(content),
            _ => None,
        }
    }

    /// What a person typed: whatever it turns out to be, trying it costs the same.
    fn typed(&self) -> Option<&[u8]> {
        match self {
            Self::Typed(text) | Self::Passphrase(text) | Self::Recovery(text) => Some(text.as_bytes()),
            Self::Passkey { .. } | Self::KeyFile(_) => None,
        }
    }
}

/// How many slots of a kind there may be. Each passphrase would cost a second of its own.
fn most(kind: Kind) -> usize {
    match kind {
        Kind::Passphrase | Kind::Recovery => 1,
        Kind::Passkey => 24,
        Kind::KeyFile => 4,
    }
}

impl Slots {
    /// Slots for a new box: its key, opened by the passphrase and by a recovery code that is given back
    /// once, to be printed.
    pub fn create(passphrase: &str, cost: Cost, now: Time) -> Result<(Self, VaultKey, Zeroizing<String>), Error> {
        let key = VaultKey::new(random()?);
        let code = new_code()?;
        let mut slots = Self {
            version: 2,
            cost,
            check: String::new(),
            slots: Vec::new(),
        };
        for opening in [Opening::Passphrase(passphrase), Opening::Recovery(&code)] {
            match slots.add(&key, &opening, "", now) {
                Ok(_) => {}
                Err(SlotError::Store(error)) => return Err(error),
                Err(_) => return Err(Error::Damaged),
            }
        }
        Ok((slots, key, code))
    }

    /// Tries a secret. `None`: it opens nothing. What a person typed costs the same whatever there is and
    /// whether it is right: every passphrase slot is tried, or as much is spent where there is none.
    pub fn open(&self, opening: &Opening<'_>) -> Result<Option<(SlotId, Kind, VaultKey)>, Error> {
        let mut found = None;
        let mut stretched = false;
        for slot in &self.slots {
            let costs = slot.kind == Kind::Passphrase;
            let secret = match (opening.secret(slot.kind), opening.typed()) {
                (Some(secret), _) => secret,
                (None, Some(typed)) if costs => {
                    slot.spend(typed)?;
                    stretched = true;
                    continue;
                }
                (None, _) => continue,
            };
            stretched |= costs;
            if let Some(key) = slot.open(&secret)? {
                found = Some((slot.id(), slot.kind, key));
            }
        }
        if let (Some(typed), false) = (opening.typed(), stretched) {
            self.cost.stretch(typed, &[0; 16])?;
        }
        Ok(found)
    }

    /// Adds a slot for a secret.
    pub fn add(&mut self, key: &VaultKey, opening: &Opening<'_>, label: &str, now: Time) -> Result<SlotId, SlotError> {
        let kind = opening.kind();
        if self.slots.iter().filter(|slot| slot.kind == kind).count() >= most(kind) {
            return Err(SlotError::Full);
        }
        let slot = self.make(key, opening, label, now)?;
        let id = slot.id();
        self.slots.push(slot);
        Ok(id)
    }

    fn make(&self, key: &VaultKey, opening: &Opening<'_>, label: &str, now: Time) -> Result<Slot, SlotError> {
        let kind = opening.kind();
        let secret = opening.secret(kind).filter(|secret| !secret.is_empty()).ok_or(SlotError::Unfit)?;
        let note = slot::Note {
            label: label.chars().filter(|c| !c.is_control()).take(LABEL).collect(),
            since: now.0,
            proven: false,
            credential: match opening {
                Opening::Passkey { credential, .. } => super::hex(&sha256(credential)),
                _ => String::new(),
            },
        };
        let cost = (kind == Kind::Passphrase).then_some(self.cost);
        Ok(Slot::make(kind, cost, &secret, key, &note)?)
    }

    /// Puts a new secret in the place of a slot of the same kind, whose label it keeps.
    pub fn replace(&mut self, key: &VaultKey, id: SlotId, opening: &Opening<'_>, now: Time) -> Result<SlotId, SlotError> {
        let old = self.slots.iter().find(|slot| slot.id() == id).ok_or(SlotError::Unknown)?;
        if old.kind != opening.kind() {
            return Err(SlotError::Unfit);
        }
        let slot = self.make(key, opening, &old.view(key)?.label, now)?;
        let new = slot.id();
        let place = self.slots.iter_mut().find(|slot| slot.id() == id).ok_or(SlotError::Unknown)?;
        *place = slot;
        Ok(new)
    }

    /// Removes a slot. One with which a person can open the box always stays.
    pub fn remove(&mut self, id: SlotId) -> Result<(), SlotError> {
        if self.slots.iter().all(|slot| slot.id() != id) {
            return Err(SlotError::Unknown);
        }
        let mut rest = self.slots.iter().filter(|slot| slot.id() != id);
        if !rest.any(|slot| slot.kind != Kind::KeyFile) {
            return Err(SlotError::Last);
        }
        self.slots.retain(|slot| slot.id() != id);
        Ok(())
    }

    /// Notes that the owner has shown to hold this slot's secret.
    pub fn prove(&mut self, key: &VaultKey, id: SlotId) -> Result<(), SlotError> {
        let slot = self.slots.iter_mut().find(|slot| slot.id() == id).ok_or(SlotError::Unknown)?;
        Ok(slot.prove(key)?)
    }

    /// What passphrases cost from now on.
    pub fn set_cost(&mut self, cost: Cost) {
        self.cost = cost;
    }

    /// What the slots say of themselves, in the order in which they were made.
    pub fn view(&self, key: &VaultKey) -> Result<Vec<SlotView>, Error> {
        self.slots.iter().map(|slot| slot.view(key)).collect()
    }

    /// The hash of what is in the file besides the hash.
    fn check(&self) -> Result<String, Error> {
        let text = serde_json::to_vec(&(self.version, &self.cost, &self.slots)).map_err(|_| Error::Damaged)?;
        Ok(super::hex(&sha256(&text)))
    }

    /// From the octets of a file. Version 1, which had neither labels nor a hash, is read as well.
    pub fn read(text: &[u8]) -> Result<Self, Error> {
        let mut slots: Self = serde_json::from_slice(text).map_err(|_| Error::Damaged)?;
        match slots.version {
            1 => slots.version = 2,
            2 if slots.check == slots.check()? => {}
            newer @ 3.. => return Err(Error::Newer(newer.into())),
            _ => return Err(Error::Damaged),
        }
        Ok(slots)
    }

    /// Reads the slots of a data folder.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        if fs::metadata(&path).map_err(Error::io)?.len() > MAX_FILE {
            return Err(Error::Damaged);
        }
        Self::read(&fs::read(path).map_err(Error::io)?)
    }

    /// Writes them: to a new file first, so that a crash leaves the old one or the new one.
    pub fn save(&mut self, folder: &Path) -> Result<(), Error> {
        self.check = self.check()?;
        let text = serde_json::to_vec_pretty(self).map_err(|_| Error::Damaged)?;
        super::write_whole(&folder.join(FILE), &text)
    }
}

#[cfg(test)]
mod tests;
