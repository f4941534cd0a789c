//! Key slots: one random vault key, wrapped on its own by each secret that opens the box (the idea is
//! LUKS's). Changing a slot re-encrypts nothing.
//!
//! A passphrase is stretched by Argon2id (RFC 9106), its parameters beside the slot; a recovery code
//! has 160 random bits and needs no stretching, so HKDF-SHA256 (RFC 5869) does. Both wrap with
//! AES-256-GCM, the slot's kind as associated data, so that no slot can pass for another.
//!
//! Absent so far: passkeys, key files, adding and removing slots.

use super::{Error, crypt::VaultKey};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

/// The file's name in the data folder.
pub const FILE: &str = "slots.json";

/// What Argon2id is asked for: 64 MiB, three passes, one lane (RFC 9106 section 4, second choice, in
/// one lane because a small board has no core to spare while it receives).
const ARGON2: Argon2 = Argon2 {
    memory_kib: 64 * 1024,
    passes: 3,
    lanes: 1,
};

/// The slots of one box.
#[derive(Serialize, Deserialize)]
pub struct Slots {
    version: u8,
    slots: Vec<Slot>,
}

#[derive(Serialize, Deserialize)]
struct Slot {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    argon2: Option<Argon2>,
    salt: Hex,
    nonce: Hex,
    wrapped: Hex,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Passphrase,
    Recovery,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Argon2 {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Octets that stand as hex in the file.
struct Hex(Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        super::unhex(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not hex"))
    }
}

/// Random octets from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|e| Error::Database(format!("no randomness: {e}")))?;
    Ok(octets)
}

impl Kind {
    fn aad(self) -> &'static [u8] {
        match self {
            Self::Passphrase => b"caliopen slot 1 passphrase",
            Self::Recovery => b"caliopen slot 1 recovery",
        }
    }
}

impl Slot {
    fn make(kind: Kind, secret: &[u8], key: &VaultKey) -> Result<Self, Error> {
        let argon2 = (kind == Kind::Passphrase).then_some(ARGON2);
        let (salt, nonce) = (random::<16>()?.to_vec(), random::<NONCE_LEN>()?);
        let mut wrapped = key.to_vec();
        cipher(&*stretch(argon2, secret, &salt)?)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(kind.aad()), &mut wrapped)
            .map_err(|_| Error::Damaged)?;
        Ok(Self {
            kind,
            argon2,
            salt: Hex(salt),
            nonce: Hex(nonce.to_vec()),
            wrapped: Hex(wrapped),
        })
    }

    /// The vault key, or `None` where the secret is not this slot's.
    fn open(&self, secret: &[u8]) -> Result<Option<VaultKey>, Error> {
        let nonce = Nonce::try_assume_unique_for_key(&self.nonce.0).map_err(|_| Error::Damaged)?;
        let mut wrapped = Zeroizing::new(self.wrapped.0.clone());
        let cipher = cipher(&*stretch(self.argon2, secret, &self.salt.0)?)?;
        let Ok(clear) = cipher.open_in_place(nonce, Aad::from(self.kind.aad()), &mut wrapped) else {
            return Ok(None);
        };
        let mut key = VaultKey::new([0; 64]);
        if clear.len() != key.len() {
            return Err(Error::Damaged);
        }
        key.copy_from_slice(clear);
        Ok(Some(key))
    }
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, Error> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| Error::Damaged)
}

/// A secret becomes a wrapping key. The parameters come from a file that a thief may have changed:
/// they are bounded, so that opening cannot be made to eat the machine.
fn stretch(argon2: Option<Argon2>, secret: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut out = Zeroizing::new([0; 32]);
    match argon2 {
        Some(cost) => {
            if cost.memory_kib > 1024 * 1024 || cost.passes > 64 || cost.lanes > 16 {
                return Err(Error::Damaged);
            }
            let params = argon2::Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| Error::Damaged)?;
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
                .hash_password_into(secret, salt, &mut *out)
                .map_err(|_| Error::Damaged)?;
        }
        None => {
            hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
                .extract(secret)
                .expand(&[b"caliopen slot 1"], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(&mut *out))
                .map_err(|_| Error::Damaged)?;
        }
    }
    Ok(out)
}

impl Slots {
    /// Slots for a new box: its key, opened by the passphrase and by a recovery code that is given back
    /// once, to be printed.
    pub fn create(passphrase: &str) -> Result<(Self, VaultKey, String), Error> {
        let key = VaultKey::new(random()?);
        let code = Zeroizing::new(random::<20>()?);
        let slots = vec![
            Slot::make(Kind::Passphrase, passphrase.as_bytes(), &key)?,
            Slot::make(Kind::Recovery, &*code, &key)?,
        ];
        Ok((Self { version: 1, slots }, key, recovery::write(&code)))
    }

    /// Tries a secret, as passphrase and, where it has that form, as recovery code.
    /// `None`: it opens nothing. Every passphrase slot costs about a fifth of a second and 64 MiB.
    pub fn open(&self, secret: &str) -> Result<Option<VaultKey>, Error> {
        let code = recovery::read(secret).map(Zeroizing::new);
        for slot in &self.slots {
            let secret = match (slot.kind, &code) {
                (Kind::Passphrase, _) => secret.as_bytes(),
                (Kind::Recovery, Some(code)) => code.as_slice(),
                (Kind::Recovery, None) => continue,
            };
            if let Some(key) = slot.open(secret)? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Reads the slots of a data folder.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let text = std::fs::read(folder.join(FILE)).map_err(Error::io)?;
        let slots: Self = serde_json::from_slice(&text).map_err(|_| Error::Damaged)?;
        if slots.version == 1 { Ok(slots) } else { Err(Error::Damaged) }
    }

    /// Writes them: to a new file first, so that a crash leaves the old one or the new one.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| Error::Damaged)?;
        super::write_whole(&folder.join(FILE), &text)
    }
}

/// The recovery code as a person copies it: Crockford's base 32 (no I, L, O, U), eight groups of four.
mod recovery {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    pub fn write(code: &[u8; 20]) -> String {
        let mut out = String::with_capacity(39);
        let (mut bits, mut held) = (0_u32, 0_u32);
        let mut digits = 0;
        for octet in code {
            bits = (bits << 8) | u32::from(*octet);
            held += 8;
            while held >= 5 {
                held -= 5;
                if digits > 0 && digits % 4 == 0 {
                    out.push('-');
                }
                out.push(char::from(DIGITS.get((bits >> held & 31) as usize).copied().unwrap_or(b'0')));
                digits += 1;
            }
        }
        out
    }

    pub fn read(text: &str) -> Option<Vec<u8>> {
        let (mut bits, mut held, mut digits) = (0_u32, 0_u32, 0);
        let mut out = Vec::with_capacity(20);
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let value = DIGITS.iter().position(|digit| char::from(*digit) == c)?;
            bits = (bits << 5) | value as u32;
            held += 5;
            digits += 1;
            if held >= 8 {
                held -= 8;
                out.push((bits >> held & 255) as u8);
            }
        }
        (digits == 32).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passphrase_and_recovery_code_open_the_same_key() {
        let (slots, key, code) = Slots::create("correct horse battery").unwrap();
        assert_eq!(code.len(), 39);
        let folder = tempfile::tempdir().unwrap();
        slots.save(folder.path()).unwrap();
        let slots = Slots::load(folder.path()).unwrap();
        for secret in [
            "correct horse battery",
            &code,
            &code.to_lowercase().replace('-', " ").replace('0', "o"),
        ] {
            assert_eq!(slots.open(secret).unwrap().unwrap(), key);
        }
        let wrong = if code.starts_with('7') { "8" } else { "7" };
        for secret in ["", "correct horse batter", &format!("{wrong}{}", code.get(1..).unwrap())] {
            assert!(slots.open(secret).unwrap().is_none(), "{secret:?}");
        }
    }

    #[test]
    fn a_changed_slot_opens_nothing() {
        let (mut slots, _, _) = Slots::create("word").unwrap();
        slots.slots[0].wrapped.0[3] ^= 1;
        assert!(slots.open("word").unwrap().is_none());
        slots.slots[0].argon2 = Some(Argon2 {
            memory_kib: u32::MAX,
            passes: 1,
            lanes: 1,
        });
        assert!(slots.open("word").is_err());
    }
}
