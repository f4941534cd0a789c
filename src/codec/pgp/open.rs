//! Opening an encrypted message and verifying signatures.
//!
//! Layers are taken off one by one and are few: encrypted once at most, compressed, signed. Nothing that was
//! decrypted is given out before its integrity has been checked to the end: rPGP checks SEIPDv1 first, AEAD chunk
//! by chunk, and an error anywhere gives nothing. What does not protect itself against change (the old packet 9) is
//! not decrypted at all. How large, how deep and how many: see the constants. How much work one message may be in
//! all, however many pieces and signatures it has and whatever keys its sender brings, is [`Checking`]'s.

use super::{Certificate, SecretKey, armor, fingerprint, guarded, part::Part, policy, policy::Left, time};
use crate::domain::{
    openpgp::{NotOpened, Signed, Unusable, Worth},
    privacy::evidence::Integrity,
    time::Time,
};
use pgp::{
    composed::{CleartextSignedMessage, DecryptionOptions, Deserializable, DetachedSignature, Edata, Esk, Message, TheRing},
    packet::{ProtectedDataConfig, Signature, SignatureType, SymEncryptedProtectedDataConfig},
    types::PkeskBytes,
};
use std::{
    cell::{Cell, RefCell},
    io::{BufReader, Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Octets of a message when opened, of all its pieces: what a mail of 25 MiB can honestly hold, and no more than the box can.
pub const MAX_OPENED: u64 = 64 * 1024 * 1024;

/// Octets of armor that are decoded at once.
const PIECE: usize = 32 * 1024;

/// Layers inside one another.
const MAX_LAYERS: usize = 8;

/// Recipients of one message that are looked at, of all its pieces; more are refused.
const MAX_RECIPIENTS: usize = 500;

/// Pieces of one message that are opened or verified.
const MAX_PIECES: usize = 20;

/// Digits of the code of an Autocrypt Setup Message.
const SETUP_DIGITS: usize = 36;

/// Signatures under one piece: each costs a pass over it.
const MAX_SIGNATURES: usize = 8;

/// Signatures that are weighed of one message.
const MAX_WEIGHED: usize = 16;

/// Times that something in one message is hashed and compared with a signature: one may name many parts of many keys.
const MAX_PASSES: usize = 16;

/// Statements of keys that are verified for one message.
const MAX_STATEMENTS: u32 = 500;

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

/// What verifies the signatures of one message, and how much of it it still does. What is beyond is not opened
/// ([`NotOpened::TooMuch`]), and what is not verified is [`Worth::Unreadable`].
pub struct Checking<'a> {
    find: Finder<'a>,
    now: Time,
    pieces: Cell<usize>,
    /// Of what is opened.
    octets: Cell<u64>,
    recipients: Cell<usize>,
    signatures: Cell<usize>,
    passes: Cell<usize>,
    statements: Left,
    /// What each part of these keys may do for a signature of that moment.
    judged: RefCell<Vec<(Certificate, Time, States)>>,
}

type States = Vec<Result<(), Unusable>>;

/// Takes so many off; `false` where they are not there.
fn take(left: &Cell<usize>, many: usize) -> bool {
    let rest = left.get().checked_sub(many);
    left.set(rest.unwrap_or(0));
    rest.is_some()
}

impl<'a> Checking<'a> {
    /// For one message, with the keys that are found so, today.
    pub fn new(find: Finder<'a>, now: Time) -> Self {
        Self {
            find,
            now,
            pieces: Cell::new(MAX_PIECES),
            octets: Cell::new(MAX_OPENED),
            recipients: Cell::new(MAX_RECIPIENTS),
            signatures: Cell::new(MAX_WEIGHED),
            passes: Cell::new(MAX_PASSES),
            statements: Left::new(MAX_STATEMENTS),
            judged: RefCell::default(),
        }
    }

    /// What each part of a key may do for a signature of that moment; `None` where finding out would be too much.
    fn states(&self, key: &Certificate, at: Time) -> Option<States> {
        let known = self
            .judged
            .borrow()
            .iter()
            .find(|(known, when, _)| *when == at && known == key)
            .map(|(.., states)| states.clone());
        if known.is_some() {
            return known;
        }
        let states = policy::judge_within(&key.0, (self.now, at), &self.statements).signs;
        if self.statements.is_empty() {
            return None;
        }
        self.judged.borrow_mut().push((key.clone(), at, states.clone()));
        Some(states)
    }
}

/// Opens an OpenPGP message, binary or armored, with whichever of the keys fits, and verifies its signatures.
///
/// # Errors
///
/// Why it was not opened. Nothing of it is given out then.
pub fn open(octets: &[u8], keys: &[SecretKey], checking: &Checking<'_>) -> Result<Opened, NotOpened> {
    if !take(&checking.pieces, 1) {
        return Err(NotOpened::TooMuch);
    }
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
        unwrap(message.map_err(|_| NotOpened::Unreadable)?, room, keys, checking)
    }));
    opened.unwrap_or(Err(NotOpened::Unreadable))
}

fn unwrap(mut message: Message<'_>, room: usize, keys: &[SecretKey], checking: &Checking<'_>) -> Result<Opened, NotOpened> {
    let mut integrity = None;
    for _ in 0..MAX_LAYERS {
        message = match message {
            Message::Encrypted { .. } if integrity.is_some() => return Err(NotOpened::TooMuch),
            Message::Encrypted { ref esk, ref edata, .. } => {
                integrity = Some(protection(edata)?);
                if !take(&checking.recipients, esk.len()) {
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
            Message::Signed { .. } | Message::Literal { .. } => return read(message, (integrity, room), checking),
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

fn read(mut message: Message<'_>, (integrity, room): (Option<Integrity>, usize), checking: &Checking<'_>) -> Result<Opened, NotOpened> {
    let mut plain = Vec::with_capacity(room);
    let whole = (&mut message).take(checking.octets.get() + 1).read_to_end(&mut plain);
    let left = checking.octets.get().checked_sub(plain.len() as u64);
    checking.octets.set(left.unwrap_or(0));
    if left.is_none() {
        return Err(NotOpened::TooMuch);
    }
    whole.map_err(|_| NotOpened::Damaged)?;
    let mut signatures = Vec::new();
    if let Message::Signed { ref reader, .. } = message {
        for index in 0..reader.num_signatures().min(MAX_SIGNATURES) {
            let Some(signature) = reader.signature(index) else { continue };
            let verify = |key: Part<'_>| message.verify_nested_explicit(index, &key).map(|_| ());
            signatures.push(weigh(signature, checking, &verify));
        }
    }
    Ok(Opened {
        plain,
        integrity,
        signatures,
    })
}

/// Verifies signatures that stand apart, binary or armored, over these octets (RFC 3156 section 5).
pub fn verify(signed: &[u8], signatures: &[u8], checking: &Checking<'_>) -> Vec<Signed> {
    let unreadable = || {
        vec![Signed {
            worth: Worth::Unreadable,
            at: None,
            issuer: 0,
        }]
    };
    if !take(&checking.pieces, 1) {
        return unreadable();
    }
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
            .map(|one| weigh(&one.signature, checking, &|key| one.signature.verify(&key, signed)))
            .collect(),
        _ => unreadable(),
    }
}

/// Verifies a readable text with its signature under it (RFC 9580 section 7); gives the text that was signed. `None`
/// where it cannot be read, or would be too much.
pub fn verify_clear(block: &[u8], checking: &Checking<'_>) -> Option<(String, Vec<Signed>)> {
    if !take(&checking.pieces, 1) {
        return None;
    }
    let text = std::str::from_utf8(block).ok()?;
    let (message, _) = guarded(|| CleartextSignedMessage::from_string(text))?;
    let signed = guarded(|| Ok(message.signed_text()))?;
    let weighed = message
        .signatures()
        .iter()
        .take(MAX_SIGNATURES)
        .map(|one| weigh(one, checking, &|key| one.verify(&key, signed.as_bytes())))
        .collect();
    Some((signed.replace("\r\n", "\n"), weighed))
}

/// What a signature is worth: whose it is, whether it verifies, and whether that key was in order when it was made.
fn weigh(signature: &Signature, checking: &Checking<'_>, verify: &dyn Fn(Part<'_>) -> pgp::errors::Result<()>) -> Signed {
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
        // rPGP compares hashes: what a key says of itself (section 5.2.1) would be its word on a text made of just that.
        _ if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) => Worth::Unreadable,
        _ if !policy::is_strong_hash(signature.hash_alg()) => Worth::WeakHash,
        Some(_) if !take(&checking.signatures, 1) => Worth::Unreadable,
        Some(at) => (checking.find)(&issuers)
            .iter()
            .map(|key| by_key(key, signature, at, checking, verify))
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
        // One that was not tried may be the one: nothing bad is said then.
        Worth::Unreadable => 4,
        Worth::Disordered(..) => 3,
        Worth::Broken(_) => 2,
        Worth::WeakHash => 1,
        Worth::NoKey => 0,
    }
}

fn by_key(
    certificate: &Certificate,
    signature: &Signature,
    at: Time,
    checking: &Checking<'_>,
    verify: &dyn Fn(Part<'_>) -> pgp::errors::Result<()>,
) -> Worth {
    let (key, now) = (&certificate.0, checking.now);
    let print = fingerprint(&key.primary_key);
    let holds = |key: Part<'_>| matches!(catch_unwind(AssertUnwindSafe(|| verify(key))), Ok(Ok(())));
    let Some(states) = checking.states(certificate, at) else {
        return Worth::Unreadable;
    };
    let mut named = false;
    let parts = std::iter::once(Part::Main(&key.primary_key)).chain(key.public_subkeys.iter().map(|subkey| Part::Sub(&subkey.key)));
    for (part, state) in parts.zip(&states) {
        if !policy::names(signature, &part) {
            continue;
        }
        named = true;
        if !take(&checking.passes, 1) {
            return Worth::Unreadable;
        }
        if holds(part) {
            let life = signature.signature_expiration_time().map_or(0, |life| i64::from(life.as_secs()));
            let end = Time(at.0.saturating_add(life));
            return match state {
                _ if at.0 > now.0.saturating_add(policy::CLOCKS) => Worth::Disordered(print, Unusable::NotYet),
                _ if life > 0 && end <= now => Worth::Disordered(print, Unusable::Expired(end)),
                Ok(()) => Worth::Good(print),
                Err(why) => Worth::Disordered(print, *why),
            };
        }
    }
    if named { Worth::Broken(print) } else { Worth::NoKey }
}
