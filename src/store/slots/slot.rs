//! One slot: the master key under one secret, and a note under the master key.

use super::{
    super::{Error, crypt::VaultKey, hex, unhex},
    Cost, random,
};
use crate::domain::time::Time;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// What kind of secret opens a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A passphrase.
    Passphrase,
    /// A passkey with the PRF extension (WebAuthn level 3, section 10.1.4).
    Passkey,
    /// The printed recovery code.
    Recovery,
    /// A file that opens the box by itself.
    KeyFile,
}

impl Kind {
    fn aad(self) -> &'static [u8] {
        match self {
            Self::Passphrase => b"caliopen slot 1 passphrase",
            Self::Passkey => b"caliopen slot 1 passkey",
            Self::Recovery => b"caliopen slot 1 recovery",
            Self::KeyFile => b"caliopen slot 1 keyfile",
        }
    }
}

/// A slot's name, for as long as its secret is the same: the beginning of its salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotId(u64);

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::str::FromStr for SlotId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() != 16 || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(Error::Damaged);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| Error::Damaged)
    }
}

/// What a slot says of itself while the box is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// Its name.
    pub id: SlotId,
    /// What opens it.
    pub kind: Kind,
    /// What the owner calls it; may be empty.
    pub label: String,
    /// When it was made; `Time(0)` where that is not known.
    pub since: Time,
    /// Whether the owner has shown to hold its secret (asked of the recovery sheet).
    pub proven: bool,
    /// SHA-256 of the passkey's credential id.
    pub credential: Option<[u8; 32]>,
}

/// What lies in a slot under the master key.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) label: String,
    pub(super) since: i64,
    pub(super) proven: bool,
    /// Hex; empty where it is no passkey's.
    pub(super) credential: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    argon2: Option<Cost>,
    salt: Hex,
    nonce: Hex,
    wrapped: Hex,
    /// The note: nonce, then sealed text. Slots of the first version have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Hex>,
}

/// Octets that stand as hex in the file.
struct Hex(Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        unhex(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not hex"))
    }
}

/// A key from what is random already.
pub(in super::super) fn derive<const N: usize>(secret: &[u8], salt: &[u8], purpose: &[u8]) -> Result<Zeroizing<[u8; N]>, Error> {
    struct Long(usize);
    impl hkdf::KeyType for Long {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = Zeroizing::new([0; N]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[purpose], Long(N))
        .and_then(|okm| okm.fill(&mut *out))
        .map_err(|_| Error::Damaged)?;
    Ok(out)
}

/// Octets by which [`shut`] makes a text longer: the nonce and the tag.
pub(in super::super) const SHUT: usize = NONCE_LEN + 16;

fn cipher(key: &[u8]) -> Result<LessSafeKey, Error> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| Error::Damaged)
}

/// Seals with AES-256-GCM under a random nonce: nonce, sealed text, tag.
pub(in super::super) fn shut(key: &[u8; 32], aad: &[u8], clear: &[u8]) -> Result<Vec<u8>, Error> {
    let nonce = random::<NONCE_LEN>()?;
    let mut sealed = clear.to_vec();
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed)
        .map_err(|_| Error::Damaged)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`shut`] sealed; `None` where the key, the purpose or an octet is another.
pub(in super::super) fn unshut(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(Error::Damaged)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Damaged)?;
    let mut clear = Zeroizing::new(sealed.to_vec());
    let Ok(length) = cipher(key)?
        .open_in_place(nonce, Aad::from(aad), &mut clear)
        .map(|clear| clear.len())
    else {
        return Ok(None);
    };
    clear.truncate(length);
    Ok(Some(clear))
}

impl Slot {
    pub(super) fn make(kind: Kind, argon2: Option<Cost>, secret: &[u8], key: &VaultKey, note: &Note) -> Result<Self, Error> {
        let salt = random::<16>()?.to_vec();
        let wrapped = shut(&*wrapping_key(argon2, secret, &salt)?, kind.aad(), &**key)?;
        let (nonce, wrapped) = wrapped.split_at_checked(NONCE_LEN).ok_or(Error::Damaged)?;
        let mut slot = Self {
            kind,
            argon2,
            salt: Hex(salt),
            nonce: Hex(nonce.to_vec()),
            wrapped: Hex(wrapped.to_vec()),
            note: None,
        };
        slot.set_note(key, note)?;
        Ok(slot)
    }

    pub(super) fn id(&self) -> SlotId {
        let first = self.salt.0.first_chunk::<8>().copied().unwrap_or_default();
        SlotId(u64::from_be_bytes(first))
    }

    /// The master key, or `None` where the secret is not this slot's.
    pub(super) fn open(&self, secret: &[u8]) -> Result<Option<VaultKey>, Error> {
        let key = wrapping_key(self.argon2, secret, &self.salt.0)?;
        let sealed = [self.nonce.0.as_slice(), &self.wrapped.0].concat();
        let Some(clear) = unshut(&key, self.kind.aad(), &sealed)? else {
            return Ok(None);
        };
        let mut key = VaultKey::new([0; 64]);
        if clear.len() != key.len() {
            return Err(Error::Damaged);
        }
        key.copy_from_slice(&clear);
        Ok(Some(key))
    }

    /// Costs what opening would, and opens nothing.
    pub(super) fn spend(&self, secret: &[u8]) -> Result<(), Error> {
        wrapping_key(self.argon2, secret, &self.salt.0).map(drop)
    }

    fn note_key(&self, key: &VaultKey) -> Result<Zeroizing<[u8; 32]>, Error> {
        derive(&**key, &self.salt.0, b"caliopen slot 2 note")
    }

    fn set_note(&mut self, key: &VaultKey, note: &Note) -> Result<(), Error> {
        let text = serde_json::to_vec(note).map(Zeroizing::new).map_err(|_| Error::Damaged)?;
        self.note = Some(Hex(shut(&*self.note_key(key)?, self.kind.aad(), &text)?));
        Ok(())
    }

    fn note(&self, key: &VaultKey) -> Result<Note, Error> {
        let Some(Hex(sealed)) = &self.note else {
            return Ok(Note::default());
        };
        let text = unshut(&*self.note_key(key)?, self.kind.aad(), sealed)?.ok_or(Error::Damaged)?;
        serde_json::from_slice(&text).map_err(|_| Error::Damaged)
    }

    pub(super) fn prove(&mut self, key: &VaultKey) -> Result<(), Error> {
        let note = self.note(key)?;
        self.set_note(key, &Note { proven: true, ..note })
    }

    pub(super) fn view(&self, key: &VaultKey) -> Result<SlotView, Error> {
        let note = self.note(key)?;
        Ok(SlotView {
            id: self.id(),
            kind: self.kind,
            label: note.label,
            since: Time(note.since),
            proven: note.proven,
            credential: unhex(&note.credential).and_then(|hash| hash.try_into().ok()),
        })
    }
}

fn wrapping_key(argon2: Option<Cost>, secret: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
    match argon2 {
        Some(cost) => cost.stretch(secret, salt),
        None => derive(secret, salt, b"caliopen slot 1"),
    }
}
