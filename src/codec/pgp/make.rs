//! Making the owner's key and keeping it young: made, extended, its encrypting part renewed, revoked.
//!
//! A new key is of version 4 with Ed25519 and Cv25519, which every program of today reads, or of version 6 (RFC 9580)
//! with Ed25519 and X25519; its name is the address alone. Its time is two years and is extended in good time, so that a box that dies does not leave a key that
//! lives for ever. The encrypting part is renewed once a year; the old one stays valid for a while, because people
//! learn of the new one slowly, and is kept for ever, because old mail needs it.

use super::{SecretKey, guarded, policy, stamp, time};
use crate::domain::{
    address::Address,
    openpgp::{KeyFacts, Unusable},
    time::Time,
};
use pgp::{
    armor::{self, BlockType},
    composed::{DetachedSignature, KeyType, SignedKeyDetails, SignedSecretKey, SignedSecretSubKey},
    crypto::{aead::AeadAlgorithm, ecc_curve::ECCCurve, hash::HashAlgorithm, sym::SymmetricKeyAlgorithm},
    errors::Result,
    packet::{
        Features, KeyFlags, PacketTrait, PubKeyInner, PublicKey, PublicSubkey, RevocationCode, SecretSubkey, Signature, SignatureConfig,
        SignatureType, Subpacket, SubpacketData, UserId,
    },
    types::{CompressionAlgorithm, Duration, KeyDetails, KeyVersion, Password, SignedUser, SigningKey},
};
use rand_core::OsRng;

const DAY: i64 = 24 * 3600;

/// Seconds that a key is made or extended for: two years.
pub const LIFE: i64 = 731 * DAY;

/// Seconds before its end from which a key is extended: a year, so that whoever looks once a year never finds it
/// expired.
pub const EXTEND_BEFORE: i64 = 366 * DAY;

/// Seconds after which the encrypting part is renewed: a year.
pub const ROTATE_AFTER: i64 = 365 * DAY;

/// Seconds that the old encrypting part stays valid beside the new one.
const OVERLAP: i64 = 120 * DAY;

impl SecretKey {
    /// Makes a key of version 4 for an address. `None` only where the machine has no randomness.
    pub fn make(address: &Address, at: Time) -> Option<Self> {
        Self::of_version(KeyVersion::V4, KeyType::Ed25519Legacy, address, at)
    }

    /// Makes a key of version 6 (RFC 9580), which only new programs read. `None` as for [`SecretKey::make`].
    pub fn make_modern(address: &Address, at: Time) -> Option<Self> {
        Self::of_version(KeyVersion::V6, KeyType::Ed25519, address, at)
    }

    fn of_version(version: KeyVersion, kind: KeyType, address: &Address, at: Time) -> Option<Self> {
        guarded(|| {
            let (public, secret) = kind.generate(OsRng)?;
            let inner = PubKeyInner::new(version, kind.to_alg(), stamp(at), None, public)?;
            let primary = pgp::packet::SecretKey::new(PublicKey::from_inner(inner)?, secret)?;
            let id = UserId::from_str(Default::default(), address.as_str())?;
            let user = named(&primary, id, at)?;
            let subkey = encrypting(&primary, at)?;
            let details = SignedKeyDetails::new(Vec::new(), direct(&primary, at)?, vec![user], Vec::new());
            Ok(Self(SignedSecretKey::new(primary, details, Vec::new(), vec![subkey])))
        })
    }

    /// Whether it is of version 6.
    pub fn is_modern(&self) -> bool {
        self.0.primary_key.version() == KeyVersion::V6
    }

    /// When its newest part was made: a copy from before that does not open what is written today.
    pub fn renewed(&self) -> Time {
        let parts = self.0.secret_subkeys.iter().map(|subkey| time(subkey.key.created_at()));
        parts.max().unwrap_or_else(|| time(self.0.primary_key.created_at()))
    }

    /// Whether it is time to extend it or to renew its encrypting part.
    pub fn is_due(&self, at: Time) -> bool {
        self.ends_soon(at) || self.is_worn(at)
    }

    fn ends_soon(&self, at: Time) -> bool {
        let judged = policy::judge(&self.certificate().0, at, at);
        let soon = judged.main_expires.is_some_and(|end| end.0.saturating_sub(at.0) < EXTEND_BEFORE);
        !judged.facts.revoked && (soon || is_ahead(&judged.facts, at))
    }

    fn is_worn(&self, at: Time) -> bool {
        let facts = self.certificate().facts(at);
        let made = self.0.secret_subkeys.iter().map(|subkey| time(subkey.key.created_at()));
        let newest = made.filter(|made| has_come(*made, at)).max();
        let missing = matches!(facts.encrypt, Err(Unusable::Expired(_) | Unusable::NoPart)) || is_ahead(&facts, at);
        !facts.revoked && (missing || newest.is_some_and(|made| at.0.saturating_sub(made.0) >= ROTATE_AFTER))
    }

    /// Extends it and renews its encrypting part, each where it is time; says whether anything was done.
    pub fn keep_young(&mut self, at: Time) -> bool {
        let (extend, renew) = (self.ends_soon(at), self.is_worn(at));
        if !extend && !renew {
            return false;
        }
        let mut key = self.0.clone();
        let done = guarded(|| {
            if extend {
                key.details.direct_signatures = direct(&key.primary_key, at)?;
                for user in &mut key.details.users {
                    *user = named(&key.primary_key, user.id.clone(), at)?;
                }
            }
            if renew {
                for subkey in &mut key.secret_subkeys {
                    let life = at.0 + OVERLAP - time(subkey.key.created_at()).0;
                    let old = bind(&key.primary_key, subkey.key.public_key(), at, Some(life))?;
                    // One whose end is set already keeps it.
                    if !subkey.signatures.iter().any(|signature| signature.key_expiration_time().is_some()) {
                        subkey.signatures = vec![old];
                    }
                }
                key.secret_subkeys.push(encrypting(&key.primary_key, at)?);
            }
            Ok(())
        });
        if done.is_some() {
            self.0 = key;
        }
        done.is_some()
    }

    /// With what another copy of the same key adds: what its owner has said of it elsewhere since then, and parts that are new.
    /// What opens old mail stays.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        if self.fingerprint() != other.fingerprint() {
            return self;
        }
        let (mine, more) = (&mut self.0, other.0.clone());
        add(&mut mine.details.revocation_signatures, more.details.revocation_signatures);
        add(&mut mine.details.direct_signatures, more.details.direct_signatures);
        for user in more.details.users {
            match mine.details.users.iter_mut().find(|known| known.id == user.id) {
                Some(known) => add(&mut known.signatures, user.signatures),
                None => mine.details.users.push(user),
            }
        }
        for part in more.secret_subkeys {
            let mut known = mine.secret_subkeys.iter_mut();
            match known.find(|known| known.key.fingerprint() == part.key.fingerprint()) {
                Some(known) => add(&mut known.signatures, part.signatures),
                None => mine.secret_subkeys.push(part),
            }
        }
        self
    }

    /// The certificate that takes the key back, armored: whoever publishes it ends the key. Without a reason, so
    /// that the key counts as stolen: nobody can tell in advance.
    pub fn revocation(&self, at: Time) -> Option<String> {
        guarded(|| {
            let signature = self.revoke(RevocationCode::NoReason, at)?;
            let mut out = Vec::new();
            // Version 6 has no checksum in its armor (RFC 9580 section 6.1).
            let checksum = !self.is_modern();
            armor::write(&DetachedSignature::new(signature), BlockType::PublicKey, &mut out, None, checksum)?;
            Ok(String::from_utf8_lossy(&out).into_owned())
        })
    }

    /// Takes the key back: another one is in its place now, or it is known to be stolen.
    pub fn revoked(mut self, stolen: bool, at: Time) -> Option<Self> {
        let code = if stolen {
            RevocationCode::KeyCompromised
        } else {
            RevocationCode::KeySuperseded
        };
        let signature = guarded(|| self.revoke(code, at))?;
        self.0.details.revocation_signatures.push(signature);
        Some(self)
    }

    fn revoke(&self, code: RevocationCode, at: Time) -> Result<Signature> {
        let primary = &self.0.primary_key;
        let mut config = config(primary, SignatureType::KeyRevocation, at)?;
        let reason = SubpacketData::RevocationReason(code, Default::default());
        config.hashed_subpackets.push(Subpacket::regular(reason)?);
        config.sign_key(primary, &Password::empty(), primary.public_key())
    }
}

/// Adds the statements that are not there yet.
fn add(all: &mut Vec<Signature>, more: Vec<Signature>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// Whether a moment is not still to come, as far as clocks agree.
fn has_come(moment: Time, at: Time) -> bool {
    moment.0 <= at.0.saturating_add(policy::CLOCKS)
}

/// Whether a key says of itself only what a clock that was ahead has said, which counts for nothing for years. Where the key
/// itself is still to be made it is today's clock that is behind.
fn is_ahead(facts: &KeyFacts, at: Time) -> bool {
    has_come(facts.created, at) && facts.encrypt == Err(Unusable::Unbound)
}

/// The beginning of every statement of a key: when and by whom.
fn config(key: &impl SigningKey, kind: SignatureType, at: Time) -> Result<SignatureConfig> {
    let mut config = SignatureConfig::from_key(OsRng, key, kind)?;
    config.hashed_subpackets = vec![
        Subpacket::critical(SubpacketData::SignatureCreationTime(stamp(at)))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
    ];
    if key.version() <= KeyVersion::V4 {
        config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?];
    }
    Ok(config)
}

/// A name that the key signs; where the key is of version 4, with what is said of the key itself.
fn named(primary: &pgp::packet::SecretKey, id: UserId, at: Time) -> Result<SignedUser> {
    let mut config = config(primary, SignatureType::CertPositive, at)?;
    if primary.version() != KeyVersion::V6 {
        config.hashed_subpackets.extend(said(primary, at)?);
    }
    config.hashed_subpackets.push(Subpacket::regular(SubpacketData::IsPrimary(true))?);
    let signature = config.sign_certification(primary, primary.public_key(), &Password::empty(), id.tag(), &id)?;
    Ok(id.into_signed(signature))
}

/// What a key of version 6 says of itself apart from its names (RFC 9580 section 10.1.1); nothing for another.
fn direct(primary: &pgp::packet::SecretKey, at: Time) -> Result<Vec<Signature>> {
    if primary.version() != KeyVersion::V6 {
        return Ok(Vec::new());
    }
    let mut config = config(primary, SignatureType::Key, at)?;
    config.hashed_subpackets.extend(said(primary, at)?);
    Ok(vec![config.sign_key(primary, &Password::empty(), primary.public_key())?])
}

/// What the key may do, what its owner reads, and its end.
fn said(primary: &pgp::packet::SecretKey, at: Time) -> Result<Vec<Subpacket>> {
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    let mut features = Features::new();
    features.set_seipd_v1(true);
    features.set_seipd_v2(true);
    let ciphers = vec![SymmetricKeyAlgorithm::AES256, SymmetricKeyAlgorithm::AES128];
    let hashes = vec![HashAlgorithm::Sha512, HashAlgorithm::Sha256];
    let packing = vec![
        CompressionAlgorithm::Uncompressed,
        CompressionAlgorithm::ZLIB,
        CompressionAlgorithm::ZIP,
    ];
    let aead = vec![
        (SymmetricKeyAlgorithm::AES256, AeadAlgorithm::Ocb),
        (SymmetricKeyAlgorithm::AES128, AeadAlgorithm::Ocb),
    ];
    let end = at.0.saturating_add(LIFE).saturating_sub(time(primary.created_at()).0);
    let said = [
        SubpacketData::KeyFlags(flags),
        SubpacketData::Features(features),
        SubpacketData::PreferredSymmetricAlgorithms(ciphers.into()),
        SubpacketData::PreferredHashAlgorithms(hashes.into()),
        SubpacketData::PreferredCompressionAlgorithms(packing.into()),
        SubpacketData::PreferredAeadAlgorithms(aead.into()),
        SubpacketData::KeyExpirationTime(seconds(end)),
    ];
    said.into_iter().map(Subpacket::regular).collect()
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}

/// A new encrypting part.
fn encrypting(primary: &pgp::packet::SecretKey, at: Time) -> Result<SignedSecretSubKey> {
    let kind = match primary.version() {
        KeyVersion::V6 => KeyType::X25519,
        _ => KeyType::ECDH(ECCCurve::Curve25519Legacy),
    };
    let (public, secret) = kind.generate(OsRng)?;
    let inner = PubKeyInner::new(primary.version(), kind.to_alg(), stamp(at), None, public)?;
    let subkey = SecretSubkey::new(PublicSubkey::from_inner(inner)?, secret)?;
    let signature = bind(primary, subkey.public_key(), at, None)?;
    Ok(SignedSecretSubKey::new(subkey, vec![signature]))
}

/// Binds an encrypting part, for so many seconds from when it was made, or as long as the key lives.
fn bind(primary: &pgp::packet::SecretKey, subkey: &PublicSubkey, at: Time, life: Option<i64>) -> Result<Signature> {
    let mut config = config(primary, SignatureType::SubkeyBinding, at)?;
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    config.hashed_subpackets.push(Subpacket::regular(SubpacketData::KeyFlags(flags))?);
    if let Some(life) = life {
        let end = SubpacketData::KeyExpirationTime(seconds(life));
        config.hashed_subpackets.push(Subpacket::regular(end)?);
    }
    config.sign_subkey_binding(primary, primary.public_key(), &Password::empty(), subkey)
}
