//! Opening an encrypted message and verifying signatures.
//!
//! Layers are taken off one by one and are few: encrypted once at most, compressed, signed. Nothing that was
//! decrypted is given out before its integrity has been checked to the end: rPGP checks SEIPDv1 first, AEAD chunk
//! by chunk, and an error anywhere gives nothing. What does not protect itself against change (the old packet 9) is
//! not decrypted at all. How large, how deep and how many: see the constants.

use super::{Certificate, SecretKey, armor, fingerprint, guarded, part::Part, policy, time};
use crate::domain::{
    openpgp::{NotOpened, Signed, Worth},
    privacy::evidence::Integrity,
    time::Time,
};
use pgp::{
    composed::{CleartextSignedMessage, DecryptionOptions, Deserializable, DetachedSignature, Edata, Esk, Message, TheRing},
    packet::{ProtectedDataConfig, Signature, SymEncryptedProtectedDataConfig},
    types::PkeskBytes,
};
use std::{
    io::{BufReader, Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Octets of a message when opened: what a mail of 25 MiB can honestly hold, and no more than the box can.
pub const MAX_OPENED: u64 = 64 * 1024 * 1024;

/// Octets of armor that are decoded at once.
const PIECE: usize = 32 * 1024;

/// Layers inside one another.
const MAX_LAYERS: usize = 8;

/// Recipients of one message that are looked at; more are refused.
const MAX_RECIPIENTS: usize = 500;

/// Digits of the code of an Autocrypt Setup Message.
const SETUP_DIGITS: usize = 36;

/// Signatures under one message: each costs a pass over it.
const MAX_SIGNATURES: usize = 8;

/// What opening a message gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What was in it.
    pub plain: Vec<u8>,
    /// How its encryption protects it against change; `None` where it was not encrypted.
    pub integrity: Option<Integrity>,
    /// The signatures that cover all of it.
    pub signatures: Vec<Signed>,
}

/// Gives the certificates of which one of these short identities is a part.
pub type Finder<'a> = &'a dyn Fn(&[u64]) -> Vec<Certificate>;

/// Opens an OpenPGP message, binary or armored, with whichever of the keys fits, and verifies its signatures.
///
/// # Errors
///
/// Why it was not opened. Nothing of it is given out then.
pub fn open(octets: &[u8], keys: &[SecretKey], find: Finder<'_>, now: Time) -> Result<Opened, NotOpened> {
    // What is not packed is no larger than what it lies in.
    let (armored, room) = (armor::is_armored(octets), octets.len());
    // rPGP asserts in places that hostile input may reach.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let message = if armored {
            let octets = armor::Reader::first(octets, armor::Kind::Message).ok_or(NotOpened::Unreadable)?;
            Message::from_bytes(BufReader::with_capacity(PIECE, octets))
        } else {
            Message::from_bytes(octets)
        };
        let room = if armored { room / 4 * 3 } else { room };
        unwrap(message.map_err(|_| NotOpened::Unreadable)?, room, keys, find, now)
    }));
    opened.unwrap_or(Err(NotOpened::Unreadable))
}

fn unwrap(mut message: Message<'_>, room: usize, keys: &[SecretKey], find: Finder<'_>, now: Time) -> Result<Opened, NotOpened> {
    let mut integrity = None;
    for _ in 0..MAX_LAYERS {
        message = match message {
            Message::Encrypted { .. } if integrity.is_some() => return Err(NotOpened::TooMuch),
            Message::Encrypted { ref esk, ref edata, .. } => {
                integrity = Some(protection(edata)?);
                if esk.len() > MAX_RECIPIENTS {
                    return Err(NotOpened::TooMuch);
                }
                let why = if esk.iter().any(|esk| concerns(esk, keys)) {
                    NotOpened::Damaged
                } else if esk.iter().all(|esk| matches!(esk, Esk::SymKeyEncryptedSessionKey(_))) && !esk.is_empty() {
                    NotOpened::Password
                } else {
                    NotOpened::NoKey
                };
                let ring = TheRing {
                    secret_keys: keys.iter().map(|key| &key.0).collect(),
                    decrypt_options: DecryptionOptions::new().enable_gnupg_aead(),
                    ..TheRing::default()
                };
                if why != NotOpened::Damaged {
                    return Err(why);
                }
                message.decrypt_the_ring(ring, true).map_err(|_| why)?.0
            }
            Message::Compressed { .. } => message.decompress().map_err(|_| NotOpened::Damaged)?,
            Message::Signed { ref reader, .. } if reader.num_signatures() > MAX_SIGNATURES => return Err(NotOpened::TooMuch),
            Message::Signed { ref reader, .. } if reader.get_ref().is_compressed() => {
                message.decompress().map_err(|_| NotOpened::Damaged)?
            }
            Message::Signed { .. } | Message::Literal { .. } => return read(message, (integrity, room), find, now),
        };
    }
    Err(NotOpened::TooMuch)
}

/// Opens what a password protects, for an Autocrypt Setup Message; digits are read with the dashes of its code, or
/// without.
pub(super) fn open_with(octets: &[u8], password: &str) -> Result<Vec<u8>, NotOpened> {
    let octets = armor::first(octets, armor::Kind::Message).ok_or(NotOpened::Unreadable)?;
    let digits: String = password.chars().filter(char::is_ascii_digit).collect();
    let grouped = digits
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("-");
    let words = if digits.len() == SETUP_DIGITS { grouped.as_str() } else { password };
    let plain = guarded(|| {
        let message = Message::from_bytes(Cursor::new(octets))?;
        if !matches!(&message, Message::Encrypted { edata, .. } if protection(edata).is_ok()) {
            return Ok(None);
        }
        let mut message = message.decrypt_with_password(&words.into())?;
        if message.is_compressed() {
            message = message.decompress()?;
        }
        let mut plain = Vec::new();
        message.take(super::MAX_KEYS as u64).read_to_end(&mut plain)?;
        Ok(Some(plain))
    });
    plain.flatten().ok_or(NotOpened::Password)
}

/// How what is encrypted protects itself.
fn protection(edata: &Edata<'_>) -> Result<Integrity, NotOpened> {
    match edata {
        Edata::SymEncryptedData { .. } => Err(NotOpened::NoIntegrity),
        Edata::SymEncryptedProtectedData { reader } => Ok(match reader.config() {
            ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V2 { .. }) => Integrity::Aead,
            _ => Integrity::Mdc,
        }),
        // GnuPG's own packet is authenticated, but it is not the one of RFC 9580.
        Edata::GnupgAeadData { .. } => Ok(Integrity::Mdc),
    }
}

/// Whether a session key is for one of ours, or does not say for whom it is.
fn concerns(esk: &Esk, keys: &[SecretKey]) -> bool {
    let Esk::PublicKeyEncryptedSessionKey(esk) = esk else {
        return false;
    };
    let readable = esk.values().is_ok_and(|values| !matches!(values, PkeskBytes::Other { .. }));
    readable
        && keys.iter().any(|key| {
            let subkeys = key.0.secret_subkeys.iter().map(|subkey| subkey.key.public_key());
            esk.match_identity(key.0.primary_key.public_key()) || subkeys.into_iter().any(|subkey| esk.match_identity(subkey))
        })
}

fn read(mut message: Message<'_>, (integrity, room): (Option<Integrity>, usize), find: Finder<'_>, now: Time) -> Result<Opened, NotOpened> {
    let mut plain = Vec::with_capacity(room);
    let whole = (&mut message).take(MAX_OPENED + 1).read_to_end(&mut plain);
    if plain.len() as u64 > MAX_OPENED {
        return Err(NotOpened::TooMuch);
    }
    whole.map_err(|_| NotOpened::Damaged)?;
    let mut signatures = Vec::new();
    if let Message::Signed { ref reader, .. } = message {
        for index in 0..reader.num_signatures().min(MAX_SIGNATURES) {
            let Some(signature) = reader.signature(index) else { continue };
            let verify = |key: Part<'_>| message.verify_nested_explicit(index, &key).map(|_| ());
            signatures.push(weigh(signature, find, now, &verify));
        }
    }
    Ok(Opened {
        plain,
        integrity,
        signatures,
    })
}

/// Verifies signatures that stand apart, binary or armored, over these octets (RFC 3156 section 5).
pub fn verify(signed: &[u8], signatures: &[u8], find: Finder<'_>, now: Time) -> Vec<Signed> {
    let unreadable = || {
        vec![Signed {
            worth: Worth::Unreadable,
            at: None,
            issuer: 0,
        }]
    };
    let Some(octets) = armor::first(signatures, armor::Kind::Signature) else {
        return unreadable();
    };
    let read = guarded(|| {
        let all = DetachedSignature::from_bytes_many(octets.as_slice())?;
        Ok(all.take(MAX_SIGNATURES).flatten().collect::<Vec<_>>())
    });
    match read {
        Some(all) if !all.is_empty() => all
            .iter()
            .map(|one| weigh(&one.signature, find, now, &|key| one.signature.verify(&key, signed)))
            .collect(),
        _ => unreadable(),
    }
}

/// Verifies a readable text with its signature under it (RFC 9580 section 7); gives the text that was signed.
pub fn verify_clear(block: &[u8], find: Finder<'_>, now: Time) -> Option<(String, Vec<Signed>)> {
    let text = std::str::from_utf8(block).ok()?;
    let (message, _) = guarded(|| CleartextSignedMessage::from_string(text))?;
    let signed = guarded(|| Ok(message.signed_text()))?;
    let weighed = message
        .signatures()
        .iter()
        .take(MAX_SIGNATURES)
        .map(|one| weigh(one, find, now, &|key| one.verify(&key, signed.as_bytes())))
        .collect();
    Some((signed.replace("\r\n", "\n"), weighed))
}

/// What a signature is worth: whose it is, whether it verifies, and whether that key was in order when it was made.
fn weigh(signature: &Signature, find: Finder<'_>, now: Time, verify: &dyn Fn(Part<'_>) -> pgp::errors::Result<()>) -> Signed {
    let at = signature.created().map(time);
    let short = |octets: &[u8]| octets.iter().fold(0_u64, |id, octet| id << 8 | u64::from(*octet));
    // A fingerprint ends (v4) or begins (v6) with the short identity.
    let of_print = |print: &pgp::types::Fingerprint| match print.as_bytes() {
        octets if octets.len() == 20 => short(octets.get(12..).unwrap_or_default()),
        octets => short(octets.get(..8).unwrap_or_default()),
    };
    let mut issuers: Vec<u64> = signature.issuer_key_id().into_iter().map(|id| short(id.as_ref())).collect();
    issuers.extend(signature.issuer_fingerprint().into_iter().map(of_print));
    issuers.truncate(8);
    let worth = match at {
        None => Worth::Unreadable,
        _ if !policy::is_strong_hash(signature.hash_alg()) => Worth::WeakHash,
        Some(at) => find(&issuers)
            .iter()
            .map(|key| by_key(key, signature, at, now, verify))
            .max_by_key(rank)
            .unwrap_or(Worth::NoKey),
    };
    Signed {
        worth,
        at,
        issuer: issuers.first().copied().unwrap_or(0),
    }
}

fn rank(worth: &Worth) -> u8 {
    match worth {
        Worth::Good(_) => 5,
        Worth::Disordered(..) => 4,
        Worth::Broken(_) => 3,
        Worth::WeakHash => 2,
        Worth::Unreadable => 1,
        Worth::NoKey => 0,
    }
}

fn by_key(
    certificate: &Certificate,
    signature: &Signature,
    at: Time,
    now: Time,
    verify: &dyn Fn(Part<'_>) -> pgp::errors::Result<()>,
) -> Worth {
    let key = &certificate.0;
    let print = fingerprint(&key.primary_key);
    let holds = |key: Part<'_>| matches!(catch_unwind(AssertUnwindSafe(|| verify(key))), Ok(Ok(())));
    let judged = policy::judge(key, now, at);
    let mut named = false;
    let parts = std::iter::once(Part::Main(&key.primary_key)).chain(key.public_subkeys.iter().map(|subkey| Part::Sub(&subkey.key)));
    for (part, state) in parts.zip(&judged.signs) {
        if !policy::names(signature, &part) {
            continue;
        }
        named = true;
        if holds(part) {
            let life = signature.signature_expiration_time().map_or(0, |life| i64::from(life.as_secs()));
            let end = Time(at.0.saturating_add(life));
            return match state {
                _ if at.0 > now.0.saturating_add(policy::CLOCKS) => Worth::Disordered(print, crate::domain::openpgp::Unusable::NotYet),
                _ if life > 0 && end <= now => Worth::Disordered(print, crate::domain::openpgp::Unusable::Expired(end)),
                Ok(()) => Worth::Good(print),
                Err(why) => Worth::Disordered(print, *why),
            };
        }
    }
    if named { Worth::Broken(print) } else { Worth::NoKey }
}
