//! OpenPGP (RFC 9580, RFC 4880): keys read, judged, made and written; messages opened and sealed; signatures
//! made and verified. rPGP lives here only, and nothing of it is seen from outside.
//!
//! rPGP reads packets and does the mathematics; it does not judge. What a key may be used for is `policy`'s, and
//! every use of a key here asks it. Everything that reads has limits, and a panic inside of rPGP is caught and is
//! an unreadable input. Deliberately absent: trust in third-party signatures, passwords instead of keys, S/MIME.

pub mod armor;
pub mod autocrypt;
pub mod directory;
mod make;
mod open;
mod part;
mod policy;
mod proven;
mod seal;
#[cfg(test)]
mod tests;

pub use make::{EXTEND_BEFORE, LIFE, ROTATE_AFTER};
pub use open::{Checking, Finder, Opened, open, verify, verify_clear};
pub use seal::{NotSealed, Plain, Sealing, integrity, seal, seal_into};

use crate::domain::{
    openpgp::{Fingerprint, KeyFacts, Unusable},
    time::Time,
};
use pgp::{
    composed::{ArmorOptions, Deserializable, PublicOrSecret, SignedPublicKey, SignedSecretKey},
    ser::Serialize,
    types::{KeyDetails, Password},
};
use rand_core::OsRng;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Octets of a file of keys that are read.
pub const MAX_KEYS: usize = 4 * 1024 * 1024;

/// Keys that are read of one file.
const MAX_COUNT: usize = 200;

/// Names and subkeys of one key that are kept.
const MAX_COMPONENTS: usize = 200;

/// Why no key was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// It is no OpenPGP key, or damaged.
    Unreadable,
    /// It is larger than [`MAX_KEYS`].
    TooLarge,
    /// Its secret parts are protected by a passphrase that was not given, or another.
    Passphrase,
}

/// Runs something of rPGP; a panic in it is an error as any other.
fn guarded<T>(work: impl FnOnce() -> pgp::errors::Result<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()?.ok()
}

/// The moment as OpenPGP counts it: seconds in 32 bits.
fn stamp(time: Time) -> pgp::types::Timestamp {
    pgp::types::Timestamp::from_secs(u32::try_from(time.0.max(0)).unwrap_or(u32::MAX))
}

fn time(stamp: pgp::types::Timestamp) -> Time {
    Time(i64::from(stamp.as_secs()))
}

fn fingerprint(key: &impl KeyDetails) -> Fingerprint {
    Fingerprint::new(key.fingerprint().as_bytes())
}

/// The short identity of a key (RFC 9580 section 5.5.4).
fn short(key: &impl KeyDetails) -> u64 {
    let id = key.legacy_key_id();
    let octets: &[u8] = id.as_ref();
    octets.iter().fold(0, |id, octet| id << 8 | u64::from(*octet))
}

/// Somebody's public key with all that is bound to it: an OpenPGP certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate(SignedPublicKey);

impl Certificate {
    /// Reads all certificates of a file, armored or not; of a secret key its public half. What is damaged among
    /// them is left out.
    pub fn read_all(octets: &[u8]) -> Result<Vec<Self>, NoKey> {
        let public = read_all(octets)?.into_iter().map(|key| match key {
            PublicOrSecret::Public(key) => key,
            PublicOrSecret::Secret(key) => key.to_public_key(),
        });
        let bearable = public.filter(|key| policy::is_bearable(key.primary_key.public_params()));
        Ok(bearable.map(|key| Self(trimmed(key))).collect())
    }

    /// Reads the first certificate.
    pub fn read(octets: &[u8]) -> Result<Self, NoKey> {
        Self::read_all(octets)?.into_iter().next().ok_or(NoKey::Unreadable)
    }

    /// As octets, all that is known of it.
    pub fn octets(&self) -> Vec<u8> {
        guarded(|| self.0.to_bytes()).unwrap_or_default()
    }

    /// As text, for a file.
    pub fn armored(&self) -> String {
        let options = ArmorOptions {
            headers: None,
            include_checksum: self.0.primary_key.version() != pgp::types::KeyVersion::V6,
        };
        guarded(|| self.0.to_armored_string(options)).unwrap_or_default()
    }

    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.0.primary_key)
    }

    /// The short identities of it and of its subkeys, by which signatures and encrypted messages name it.
    pub fn ids(&self) -> Vec<u64> {
        let subkeys = self.0.public_subkeys.iter().map(|subkey| short(&subkey.key));
        std::iter::once(short(&self.0.primary_key)).chain(subkeys).collect()
    }

    /// Whether it is of version 6 (RFC 9580), which only new programs read.
    pub fn is_modern(&self) -> bool {
        self.0.primary_key.version() == pgp::types::KeyVersion::V6
    }

    /// What it may be used for at a moment.
    pub fn facts(&self, at: Time) -> KeyFacts {
        policy::judge(&self.0, at, at).facts
    }
}

/// Without pictures and what is beyond the limits, and without what others signed: it proves nothing here, and
/// whoever publishes keys can pile it up.
fn trimmed(mut key: SignedPublicKey) -> SignedPublicKey {
    key.details.user_attributes.clear();
    key.details.users.truncate(MAX_COMPONENTS);
    key.public_subkeys.retain(|subkey| policy::is_bearable(subkey.key.public_params()));
    key.public_subkeys.truncate(MAX_COMPONENTS);
    let primary = key.primary_key.clone();
    let own = |signature: &pgp::packet::Signature| policy::names(signature, &primary);
    for user in &mut key.details.users {
        user.signatures.retain(own);
    }
    key.details.users.retain(|user| !user.signatures.is_empty());
    key.details.direct_signatures.retain(own);
    key.details.revocation_signatures.retain(own);
    key
}

/// The most octets of a ring that the owner brings, and of keys in it: no stranger sends one.
const MAX_RING: usize = 10 * 1024 * 1024;
const MAX_RING_COUNT: usize = 100_000;

/// What is in a file of keys that the owner brings.
pub struct Ring {
    /// Keys that are public only.
    pub others: Vec<Certificate>,
    /// Those with secret parts, one behind the other, as they stand there; empty where there are none. Secret.
    pub secret: Vec<u8>,
}

impl Ring {
    /// Reads it, armored or not. What is damaged in it is left out.
    pub fn of(octets: &[u8]) -> Result<Self, NoKey> {
        let (mut others, mut secret, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for key in read_up_to(octets, MAX_RING, MAX_RING_COUNT)? {
            match key {
                PublicOrSecret::Secret(key) => {
                    own.push(fingerprint(&key.primary_key));
                    secret.extend(guarded(|| key.to_bytes()).unwrap_or_default());
                }
                PublicOrSecret::Public(key) if policy::is_bearable(key.primary_key.public_params()) => {
                    others.push(Certificate(trimmed(key)));
                }
                PublicOrSecret::Public(_) => {}
            }
        }
        // Of one whose secret parts are here too, those hold all of it.
        others.retain(|key: &Certificate| !own.contains(&key.fingerprint()));
        Ok(Self { others, secret })
    }
}

/// The owner's key, with its secret parts. Never protected by a passphrase here: the vault that keeps it is.
#[derive(Clone)]
pub struct SecretKey(SignedSecretKey);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", fingerprint(&self.0.primary_key).hex())
    }
}

impl SecretKey {
    /// Reads all secret keys of a file, armored or not, and takes the passphrase off them. A key of which only
    /// some parts are secret (a smartcard's) is no key here. An Autocrypt Setup Message is read too: its setup code is
    /// the passphrase (Autocrypt Level 1 section 4.4).
    pub fn read_all(octets: &[u8], passphrase: &str) -> Result<Vec<Self>, NoKey> {
        Ok(Self::read_ring(octets, passphrase)?.0)
    }

    /// The same, and how many keys more there are that this passphrase does not open.
    ///
    /// # Errors
    ///
    /// Where it opens none.
    pub fn read_ring(octets: &[u8], passphrase: &str) -> Result<(Vec<Self>, usize), NoKey> {
        if octets.len() <= MAX_KEYS && armor::find(octets).iter().any(|block| block.kind == armor::Kind::Message) {
            let inside = open::open_with(octets, passphrase).map_err(|_| NoKey::Passphrase)?;
            return Self::read_bare(&inside, "");
        }
        Self::read_bare(octets, passphrase)
    }

    fn read_bare(octets: &[u8], passphrase: &str) -> Result<(Vec<Self>, usize), NoKey> {
        let keys: Vec<SignedSecretKey> = read_all(octets)?
            .into_iter()
            .filter_map(|key| SignedSecretKey::try_from(key).ok())
            .collect();
        if keys.is_empty() {
            return Err(NoKey::Unreadable);
        }
        let password = Password::from(passphrase);
        let open = |mut key: SignedSecretKey| {
            guarded(|| {
                key.primary_key.remove_password(&password)?;
                for subkey in &mut key.secret_subkeys {
                    subkey.key.remove_password(&password)?;
                }
                Ok(Self(key))
            })
        };
        let all = keys.len();
        let opened: Vec<Self> = keys.into_iter().filter_map(open).collect();
        let closed = all - opened.len();
        if opened.is_empty() {
            Err(NoKey::Passphrase)
        } else {
            Ok((opened, closed))
        }
    }

    /// Reads one as [`SecretKey::octets`] wrote it.
    pub fn read(octets: &[u8]) -> Result<Self, NoKey> {
        Self::read_all(octets, "")?.into_iter().next().ok_or(NoKey::Unreadable)
    }

    /// As octets. Secret.
    pub fn octets(&self) -> Vec<u8> {
        guarded(|| self.0.to_bytes()).unwrap_or_default()
    }

    /// As text for a file, under a passphrase where one is given. Secret without one.
    pub fn armored(&self, passphrase: Option<&str>) -> Option<String> {
        let mut key = self.0.clone();
        guarded(|| {
            if let Some(passphrase) = passphrase {
                let password = Password::from(passphrase);
                key.primary_key.set_password(OsRng, &password)?;
                for subkey in &mut key.secret_subkeys {
                    subkey.key.set_password(OsRng, &password)?;
                }
            }
            key.to_armored_string(ArmorOptions {
                headers: None,
                include_checksum: !self.is_modern(),
            })
        })
    }

    /// Its public half.
    pub fn certificate(&self) -> Certificate {
        Certificate(trimmed(self.0.to_public_key()))
    }

    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.0.primary_key)
    }

    /// Whether something can be signed with it now, and if not, why.
    pub fn can_sign(&self, at: Time) -> Result<(), Unusable> {
        self.certificate().facts(at).sign
    }
}

fn read_all(octets: &[u8]) -> Result<Vec<PublicOrSecret>, NoKey> {
    read_up_to(octets, MAX_KEYS, MAX_COUNT)
}

fn read_up_to(octets: &[u8], most: usize, many: usize) -> Result<Vec<PublicOrSecret>, NoKey> {
    if octets.len() > most {
        return Err(NoKey::TooLarge);
    }
    let keys = if armor::is_armored(octets) {
        // A file may hold several blocks, and words between them.
        let blocks = armor::blocks(octets, armor::Kind::Key);
        blocks.into_iter().take(many).flat_map(|block| packets(&block, many)).collect()
    } else {
        packets(octets, many)
    };
    let keys: Vec<PublicOrSecret> = keys.into_iter().take(many).collect();
    if keys.is_empty() { Err(NoKey::Unreadable) } else { Ok(keys) }
}

fn packets(octets: &[u8], many: usize) -> Vec<PublicOrSecret> {
    let secret = guarded(|| {
        let keys = PublicOrSecret::from_bytes_many(octets)?;
        Ok(keys.take(many).flatten().collect::<Vec<_>>())
    });
    match secret {
        Some(keys) if !keys.is_empty() => keys,
        _ => guarded(|| {
            let keys = SignedPublicKey::from_bytes_many(octets)?;
            Ok(keys.take(many).flatten().map(PublicOrSecret::Public).collect())
        })
        .unwrap_or_default(),
    }
}
