//! Encrypting and signing.
//!
//! What is encrypted is signed in the same breath. The strongest form that every recipient reads is taken: SEIPDv2
//! where all their keys say so (RFC 9580), else SEIPDv1. Nothing is compressed: what is compressed before it is
//! encrypted tells by its size what is in it.

use super::{Certificate, SecretKey, guarded, part::Part, policy, stamp, time};
use crate::domain::{
    openpgp::{Fingerprint, Unusable},
    privacy::evidence::Integrity,
    time::Time,
};
use pgp::{
    composed::{ArmorOptions, DetachedSignature, MessageBuilder, SignedPublicKey, SubpacketConfig},
    crypto::{aead::AeadAlgorithm, hash::HashAlgorithm, sym::SymmetricKeyAlgorithm},
    packet::{Subpacket, SubpacketData},
    types::{KeyDetails, KeyVersion, Password, SigningKey},
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
    let found = match best.checked_sub(1) {
        None => Part::Main(&key.primary_key),
        Some(index) => Part::Sub(&key.public_subkeys.get(index).ok_or_else(|| refused(Unusable::NoPart))?.key),
    };
    Ok((found, judged.reads_v2))
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

/// What is to be sealed or signed, perhaps for several groups of people, in two pieces of which the second follows the
/// first: a large body need not be copied to get another head.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// How it begins.
    pub head: &'a [u8],
    /// How it goes on.
    pub body: &'a [u8],
}

impl<'a> Plain<'a> {
    /// Its octets, as they are read.
    fn reader(&self) -> std::io::Chain<&'a [u8], &'a [u8]> {
        std::io::Read::chain(self.head, self.body)
    }
}

/// Writes to the end of a buffer with CRLF at the end of each line.
struct Crlf<'a>(&'a mut Vec<u8>);

impl std::io::Write for Crlf<'_> {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            let bare = line.strip_suffix(b"\n");
            self.0
                .extend_from_slice(bare.map_or(line, |bare| bare.strip_suffix(b"\r").unwrap_or(bare)));
            self.0.extend_from_slice(if bare.is_some() { b"\r\n" } else { b"" });
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Encrypts to every one of these keys and signs with the owner's; see [`seal_into`].
///
/// # Errors
///
/// The first key that cannot be used: nothing is ever encrypted to fewer people than asked for.
pub fn seal(plain: &[u8], to: &[Certificate], signer: &SecretKey, at: Time) -> Result<Sealing, NotSealed> {
    let mut armored = Vec::new();
    let plain = Plain { head: plain, body: b"" };
    let integrity = seal_into(&mut armored, plain, to, signer, at)?;
    Ok(Sealing {
        armored: String::from_utf8(armored).map_err(|_| NotSealed::Failed)?,
        integrity,
    })
}

/// Encrypts to every one of these keys, signs with the owner's, and writes it armored behind what stands in `out`, so
/// that a large message lies in memory as few times as can be. What is written where it fails is no message.
///
/// # Errors
///
/// The first key that cannot be used: nothing is ever encrypted to fewer people than asked for.
pub fn seal_into(out: &mut Vec<u8>, plain: Plain<'_>, to: &[Certificate], signer: &SecretKey, at: Time) -> Result<Integrity, NotSealed> {
    let key = signer.signing(at).map_err(NotSealed::Signer)?;
    let targets: Vec<(Part<'_>, bool)> = to.iter().map(|key| target(&key.0, at)).collect::<Result<_, _>>()?;
    let modern = !targets.is_empty() && targets.iter().all(|(_, modern)| *modern);
    // Base 64 of it with its line ends, and some for keys and signatures: what grows by doubling is twice as large.
    out.reserve((plain.head.len() + plain.body.len()) / 48 * 66 + 16 * 1024);
    guarded(|| {
        let builder = MessageBuilder::from_reader("", plain.reader());
        // Base 64 has no checksum here: what is inside protects itself (RFC 9580 section 6.1).
        let options = ArmorOptions {
            headers: None,
            include_checksum: !modern,
        };
        let (password, hash, subpackets) = (Password::empty(), HashAlgorithm::Sha512, subpackets(key, at)?);
        if modern {
            let mut builder = builder.seipd_v2(OsRng, SymmetricKeyAlgorithm::AES256, AeadAlgorithm::Ocb, Default::default());
            for (target, _) in &targets {
                builder.encrypt_to_key(OsRng, target)?;
            }
            builder.sign_with_subpackets(key, password, hash, subpackets);
            builder.to_armored_writer(OsRng, options, Crlf(out))
        } else {
            let mut builder = builder.seipd_v1(OsRng, SymmetricKeyAlgorithm::AES256);
            for (target, _) in &targets {
                builder.encrypt_to_key(OsRng, target)?;
            }
            builder.sign_with_subpackets(key, password, hash, subpackets);
            builder.to_armored_writer(OsRng, options, Crlf(out))
        }
    })
    .ok_or(NotSealed::Failed)?;
    Ok(if modern { Integrity::Aead } else { Integrity::Mdc })
}

fn subpackets(key: &dyn SigningKey, at: Time) -> pgp::errors::Result<SubpacketConfig> {
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
    /// The part that signs: the main one where it may, else the newest of the others that may. Sequoia's keys have one of
    /// their own for it.
    fn signing(&self, at: Time) -> Result<&dyn SigningKey, Unusable> {
        let certificate = self.certificate();
        let judged = policy::judge(&certificate.0, at, at);
        judged.facts.sign?;
        if judged.signs.first().is_some_and(Result::is_ok) {
            return Ok(&self.0.primary_key);
        }
        let parts = certificate.0.public_subkeys.iter().zip(judged.signs.iter().skip(1));
        let newest = parts
            .filter(|(_, state)| state.is_ok())
            .max_by_key(|(part, _)| time(part.key.created_at()));
        let print = newest.map(|(part, _)| part.key.fingerprint());
        let part = self.0.secret_subkeys.iter().find(|part| Some(part.key.fingerprint()) == print);
        part.map(|part| &part.key as &dyn SigningKey).ok_or(Unusable::NoPart)
    }

    /// A signature that stands apart, armored with CRLF, over exactly these octets; with it goes
    /// `micalg=pgp-sha512` (RFC 3156 section 5).
    pub fn sign(&self, octets: &[u8], at: Time) -> Option<String> {
        self.sign_plain(Plain { head: octets, body: b"" }, at)
    }

    /// The same over two pieces, of which the second follows the first.
    pub fn sign_plain(&self, plain: Plain<'_>, at: Time) -> Option<String> {
        let key = Box::new(self.signing(at).ok()?);
        let armored = guarded(|| {
            let signature = DetachedSignature::sign_binary_data_with_subpackets(
                OsRng,
                &key,
                &Password::empty(),
                HashAlgorithm::Sha512,
                plain.reader(),
                subpackets(*key, at)?,
            )?;
            signature.to_armored_string(ArmorOptions::default())
        })?;
        Some(crlf(&armored))
    }
}

fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}
