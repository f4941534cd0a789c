//! Encrypting and signing.
//!
//! What is encrypted is signed in the same breath. The strongest form that every recipient reads is taken: SEIPDv2
//! where all their keys say so (RFC 9580), else SEIPDv1. Nothing is compressed: what is compressed before it is
//! encrypted tells by its size what is in it.

use super::{Certificate, SecretKey, guarded, part::Part, policy, stamp};
use crate::domain::{
    openpgp::{Fingerprint, Unusable},
    privacy::evidence::Integrity,
    time::Time,
};
use pgp::{
    composed::{ArmorOptions, DetachedSignature, MessageBuilder, SignedPublicKey, SubpacketConfig},
    crypto::{aead::AeadAlgorithm, hash::HashAlgorithm, sym::SymmetricKeyAlgorithm},
    packet::{Subpacket, SubpacketData},
    types::{KeyDetails, KeyVersion, Password},
};
use rand_core::OsRng;

/// What sealing gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// The message, armored, lines ending in CRLF.
    pub armored: String,
    /// How it protects itself against change.
    pub integrity: Integrity,
}

/// Why nothing was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSealed {
    /// One cannot encrypt to this key.
    Recipient(Fingerprint, Unusable),
    /// One cannot sign with the owner's key.
    Signer(Unusable),
    /// It did not work; the machine has no randomness.
    Failed,
}

/// The part of each key that is encrypted to, and whether its owner reads SEIPDv2.
fn target(key: &SignedPublicKey, at: Time) -> Result<(Part<'_>, bool), NotSealed> {
    let judged = policy::judge(key, at, at);
    let refused = |why| NotSealed::Recipient(judged.facts.fingerprint.clone(), why);
    judged.facts.encrypt.map_err(refused)?;
    let best = judged.encrypts.first().copied().ok_or_else(|| refused(Unusable::NoPart))?;
    let modern = |signature: &pgp::packet::Signature| signature.features().is_some_and(|features| features.seipd_v2());
    let newest = |signatures: &mut dyn Iterator<Item = &pgp::packet::Signature>| signatures.max_by_key(|s| s.created()).is_some_and(modern);
    let users = key.details.users.iter().flat_map(|user| &user.signatures);
    let reads_v2 = newest(&mut key.details.direct_signatures.iter().chain(users));
    let found = match best.checked_sub(1) {
        None => Part::Main(&key.primary_key),
        Some(index) => Part::Sub(&key.public_subkeys.get(index).ok_or_else(|| refused(Unusable::NoPart))?.key),
    };
    Ok((found, reads_v2))
}

/// How a message to all of these keys will protect itself against change.
pub fn integrity(to: &[&Certificate], at: Time) -> Integrity {
    let modern = |key: &&Certificate| target(&key.0, at).is_ok_and(|(_, modern)| modern);
    if !to.is_empty() && to.iter().all(modern) {
        Integrity::Aead
    } else {
        Integrity::Mdc
    }
}

/// Encrypts to every one of these keys and signs with the owner's.
///
/// # Errors
///
/// The first key that cannot be used: nothing is ever encrypted to fewer people than asked for.
pub fn seal(plain: &[u8], to: &[Certificate], signer: &SecretKey, at: Time) -> Result<Sealing, NotSealed> {
    signer.can_sign(at).map_err(NotSealed::Signer)?;
    let targets: Vec<(Part<'_>, bool)> = to.iter().map(|key| target(&key.0, at)).collect::<Result<_, _>>()?;
    let modern = !targets.is_empty() && targets.iter().all(|(_, modern)| *modern);
    let plain = pgp::bytes::Bytes::copy_from_slice(plain);
    let armored = guarded(|| {
        let signing = &signer.0.primary_key;
        let by = |config| (signing, Password::empty(), HashAlgorithm::Sha512, config);
        let builder = MessageBuilder::from_bytes("", plain);
        // Base 64 has no checksum here: what is inside protects itself (RFC 9580 section 6.1).
        let options = ArmorOptions {
            headers: None,
            include_checksum: !modern,
        };
        let (key, password, hash, subpackets) = by(subpackets(signer, at)?);
        if modern {
            let mut builder = builder.seipd_v2(OsRng, SymmetricKeyAlgorithm::AES256, AeadAlgorithm::Ocb, Default::default());
            for (target, _) in &targets {
                builder.encrypt_to_key(OsRng, target)?;
            }
            builder.sign_with_subpackets(key, password, hash, subpackets);
            builder.to_armored_string(OsRng, options)
        } else {
            let mut builder = builder.seipd_v1(OsRng, SymmetricKeyAlgorithm::AES256);
            for (target, _) in &targets {
                builder.encrypt_to_key(OsRng, target)?;
            }
            builder.sign_with_subpackets(key, password, hash, subpackets);
            builder.to_armored_string(OsRng, options)
        }
    })
    .ok_or(NotSealed::Failed)?;
    Ok(Sealing {
        armored: crlf(&armored),
        integrity: if modern { Integrity::Aead } else { Integrity::Mdc },
    })
}

fn subpackets(signer: &SecretKey, at: Time) -> pgp::errors::Result<SubpacketConfig> {
    let key = &signer.0.primary_key;
    Ok(SubpacketConfig::UserDefined {
        hashed: vec![
            Subpacket::critical(SubpacketData::SignatureCreationTime(stamp(at)))?,
            Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
        ],
        unhashed: if key.version() <= KeyVersion::V4 {
            vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?]
        } else {
            Vec::new()
        },
    })
}

impl SecretKey {
    /// A signature that stands apart, armored with CRLF, over exactly these octets; with it goes
    /// `micalg=pgp-sha512` (RFC 3156 section 5).
    pub fn sign(&self, octets: &[u8], at: Time) -> Option<String> {
        self.can_sign(at).ok()?;
        let armored = guarded(|| {
            let signature = DetachedSignature::sign_binary_data_with_subpackets(
                OsRng,
                &self.0.primary_key,
                &Password::empty(),
                HashAlgorithm::Sha512,
                octets,
                subpackets(self, at)?,
            )?;
            signature.to_armored_string(ArmorOptions::default())
        })?;
        Some(crlf(&armored))
    }
}

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}
