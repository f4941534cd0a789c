//! What a key may be used for: which of its names and subkeys are bound to it, whether it is expired, revoked or
//! weak, and which part encrypts and which signs (RFC 9580 sections 5.2.3, 10.1 and 13). Pure: the same key and
//! moment give the same answer.
//!
//! Only what a key says of itself counts, each statement only where its signature verifies. The newest statement
//! stands. A key taken back because it was stolen (or without a reason) never was good; one that was merely
//! replaced was good until then. SHA-1 is believed in what a key said of itself before it could be forged at a
//! bearable price, and nowhere else.

use super::{fingerprint, time};
use crate::domain::{
    address::Address,
    openpgp::{Algorithm, KeyFacts, Strength, Unusable},
    time::Time,
};
use pgp::{
    composed::{SignedPublicKey, SignedPublicSubKey},
    crypto::{ecc_curve::ECCCurve, hash::HashAlgorithm, public_key::PublicKeyAlgorithm},
    packet::{KeyFlags, RevocationCode, Signature, SignatureType, SubpacketData},
    ser::Serialize,
    types::{KeyDetails, KeyVersion, PublicParams, Tag},
};
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Signatures of one key that are verified: hostile keys carry thousands.
const MAX_VERIFIED: u32 = 200;

/// Of those, signatures of one kind about one component, the newest: what is piled up on one takes nothing from the rest.
pub(super) const MAX_TRIED: usize = 32;

/// Bits of the numbers of a DSA key: the time to verify by it grows with their product.
const MAX_DSA: (u16, u16) = (4096, 512);

/// 2023-02-01: from then on a SHA-1 signature of a key over itself is not believed.
const SHA1_ENDS: Time = Time(1_675_209_600);

/// Seconds by which the clocks of two machines may differ.
pub(super) const CLOCKS: i64 = 24 * 3600;

/// What judging a key showed.
pub(super) struct Judged {
    /// What is said of it.
    pub facts: KeyFacts,
    /// Its parts that may encrypt, best first: 0 is the main part, then its subkeys from 1.
    pub encrypts: Vec<usize>,
    /// The end of the main part's time; the facts have the earliest end of the parts in use.
    pub main_expires: Option<Time>,
    /// What each part may do for a signature: 0 is the main part, then its subkeys from 1.
    pub signs: Vec<Result<(), Unusable>>,
    /// Whether its owner reads SEIPDv2, as its newest valid statement about itself says (RFC 9580 section 5.2.3.32).
    pub reads_v2: bool,
}

/// How many signatures may still be verified.
pub(super) struct Left(Cell<u32>);

impl Left {
    /// So many.
    pub fn new(count: u32) -> Self {
        Self(Cell::new(count))
    }

    /// As many as of one key.
    pub fn of_a_key() -> Self {
        Self::new(MAX_VERIFIED)
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.0.get() == 0
    }

    /// Whether a signature verifies; none does where none is left to be tried.
    pub fn verifies(&self, verify: impl FnOnce() -> pgp::errors::Result<()>) -> bool {
        let left = self.0.get();
        if left == 0 {
            return false;
        }
        self.0.set(left - 1);
        matches!(catch_unwind(AssertUnwindSafe(verify)), Ok(Ok(())))
    }
}

/// Whether a signature says that this key made it, or does not say who did.
pub(super) fn names(signature: &Signature, key: &impl KeyDetails) -> bool {
    let (ids, prints) = (signature.issuer_key_id(), signature.issuer_fingerprint());
    (ids.is_empty() && prints.is_empty())
        || ids.iter().any(|id| **id == key.legacy_key_id())
        || prints.iter().any(|print| **print == key.fingerprint())
}

/// Whether the hash of a signature over a message can be believed.
pub(super) fn is_strong_hash(hash: Option<HashAlgorithm>) -> bool {
    matches!(
        hash,
        Some(
            HashAlgorithm::Sha224
                | HashAlgorithm::Sha256
                | HashAlgorithm::Sha384
                | HashAlgorithm::Sha512
                | HashAlgorithm::Sha3_256
                | HashAlgorithm::Sha3_512
        )
    )
}

/// Whether what a key said of itself can be believed, where it verifies.
pub(super) fn is_believed(signature: &Signature) -> bool {
    is_strong_hash(signature.hash_alg())
        || (signature.hash_alg() == Some(HashAlgorithm::Sha1) && signature.created().is_some_and(|at| time(at) < SHA1_ENDS))
}

/// Whether what takes a key back says that it was good until then.
pub(super) fn is_soft(signature: &Signature) -> bool {
    matches!(
        signature.revocation_reason_code(),
        Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired | RevocationCode::CertUserIdInvalid)
    )
}

/// Whether verifying by a key takes no longer than is borne: rPGP bounds the numbers of RSA, and not those of DSA.
pub(super) fn is_bearable(params: &PublicParams) -> bool {
    let PublicParams::DSA(_) = params else { return true };
    let octets = params.to_bytes().unwrap_or_default();
    let bits = |at: usize| {
        octets
            .get(at..at.saturating_add(2))
            .map(|two| two.iter().fold(0, |bits, octet| bits << 8 | u16::from(*octet)))
    };
    let p = bits(0);
    let q = p.and_then(|p| bits(2 + usize::from(p).div_ceil(8)));
    p.is_some_and(|p| p <= MAX_DSA.0) && q.is_some_and(|q| q <= MAX_DSA.1)
}

/// Judges a key: its statements as of `known`, for a use at `used`.
pub(super) fn judge(key: &SignedPublicKey, known: Time, used: Time) -> Judged {
    judge_within(key, (known, used), &Left::of_a_key())
}

/// The same, with so many verifications. Where none is left afterwards, what was found is not to be relied on.
pub(super) fn judge_within(key: &SignedPublicKey, (known, used): (Time, Time), left: &Left) -> Judged {
    Judge { key, known, used, left }.judge()
}

/// What the newest valid statement about a name, a subkey or the key itself says.
struct Statement<'k> {
    at: Time,
    signature: &'k Signature,
}

impl Statement<'_> {
    /// The end of the key's time, counted from when it was made.
    fn expires(&self, created: Time) -> Option<Time> {
        let life = self.signature.key_expiration_time().map(|life| i64::from(life.as_secs()));
        life.filter(|life| *life > 0).map(|life| Time(created.0.saturating_add(life)))
    }

    /// The flags, where there are any: a key of the old time has none, and may do what its kind can.
    fn flags(&self) -> Option<KeyFlags> {
        let config = self.signature.config()?;
        let has = config
            .hashed_subpackets()
            .any(|packet| matches!(packet.data, SubpacketData::KeyFlags(_)));
        has.then(|| self.signature.key_flags())
    }
}

struct Judge<'k> {
    key: &'k SignedPublicKey,
    known: Time,
    used: Time,
    left: &'k Left,
}

/// A subkey and what it may do.
struct Part {
    created: Time,
    algorithm: Algorithm,
    state: Result<(), Unusable>,
    encrypts: bool,
    signs: bool,
    expires: Option<Time>,
}

impl<'k> Judge<'k> {
    fn judge(&self) -> Judged {
        let primary = &self.key.primary_key;
        let created = time(primary.created_at());
        let revoked = self.is_revoked(&self.key.details.revocation_signatures, |signature| signature.verify_key(primary));
        let users = self.users();
        let direct = self.newest(&self.key.details.direct_signatures, |signature| {
            if signature.typ() == Some(SignatureType::Key) {
                signature.verify_key(primary)
            } else {
                Err(pgp::errors::Error::InvalidInput { backtrace: None })
            }
        });
        let main = users
            .iter()
            .find(|(_, _, main)| *main)
            .or(users.first())
            .map(|(_, statement, _)| statement);
        // A v6 key speaks in its direct signature, an older one on its main name (RFC 9580 section 10.1).
        let statement = match primary.version() {
            KeyVersion::V6 => direct.as_ref().or(main),
            _ => main.or(direct.as_ref()),
        };
        let expires = statement
            .and_then(|statement| statement.expires(created))
            .or_else(|| direct.as_ref().and_then(|statement| statement.expires(created)));
        let old = !matches!(primary.version(), KeyVersion::V4 | KeyVersion::V6);
        let algorithm = algorithm(primary.public_params());
        let main_state = if revoked {
            Err(Unusable::Revoked)
        } else if old || algorithm.strength() == Strength::Weak {
            Err(Unusable::Weak)
        } else if statement.is_none() {
            Err(Unusable::Unbound)
        } else {
            self.in_time(created, expires)
        };
        let flags = statement.and_then(Statement::flags);
        let features = [statement, direct.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|said| said.signature.features());
        let reads_v2 = features.is_some_and(|features| features.seipd_v2());
        let kind = primary.algorithm();
        let parts: Vec<Part> = self.key.public_subkeys.iter().map(|subkey| self.part(subkey)).collect();
        let main_encrypts = flags.as_ref().map_or(kind == PublicKeyAlgorithm::RSA && parts.is_empty(), encrypts) && kind.can_encrypt();
        let main_signs = flags.as_ref().is_none_or(KeyFlags::sign) && can_sign(kind);
        let encrypting = self.encrypting(main_state, main_encrypts, &parts);
        let mut signs = vec![main_state.and(if main_signs { Ok(()) } else { Err(Unusable::NoPart) })];
        signs.extend(parts.iter().map(|part| {
            let can = if part.signs { Ok(()) } else { Err(Unusable::NoPart) };
            main_state.and(part.state).and(can)
        }));
        let best = encrypting.as_ref().ok().and_then(|parts| parts.first());
        let best = best.and_then(|part| part.checked_sub(1)).and_then(|index| parts.get(index));
        let strength = best.map_or(algorithm.strength(), |part| part.algorithm.strength().min(algorithm.strength()));
        let ends = [expires, best.and_then(|part| part.expires)];
        let users: Vec<String> = users.into_iter().map(|(name, _, _)| name).collect();
        Judged {
            facts: KeyFacts {
                fingerprint: fingerprint(primary),
                version: u8::from(primary.version()),
                created,
                algorithm,
                strength,
                addresses: addresses(&users),
                users,
                expires: ends.into_iter().flatten().min(),
                revoked,
                encrypt: encrypting.as_ref().map(|_| ()).map_err(|why| *why),
                sign: signs.iter().copied().find(Result::is_ok).unwrap_or_else(|| first_reason(&signs)),
            },
            encrypts: encrypting.unwrap_or_default(),
            main_expires: expires,
            signs,
            reads_v2,
        }
    }

    fn encrypting(&self, main_state: Result<(), Unusable>, main: bool, parts: &[Part]) -> Result<Vec<usize>, Unusable> {
        main_state?;
        let candidates = parts.iter().zip(1..).filter(|(part, _)| part.encrypts);
        let mut usable: Vec<(&Part, usize)> = candidates.clone().filter(|(part, _)| part.state.is_ok()).collect();
        // The newest first: it is the one that its owner wants used.
        usable.sort_by_key(|(part, _)| std::cmp::Reverse(part.created));
        let mut found: Vec<usize> = usable.into_iter().map(|(_, index)| index).collect();
        if main {
            found.push(0);
        }
        if found.is_empty() {
            let newest = candidates.max_by_key(|(part, _)| part.created);
            return Err(newest.and_then(|(part, _)| part.state.err()).unwrap_or(Unusable::NoPart));
        }
        Ok(found)
    }

    /// The names that the key has signed and not taken back, the main one marked.
    fn users(&self) -> Vec<(String, Statement<'k>, bool)> {
        let primary = &self.key.primary_key;
        let verify = |signature: &Signature, id: &pgp::packet::UserId| signature.verify_certification(primary, Tag::UserId, id);
        let mut found = Vec::new();
        for user in &self.key.details.users {
            let Some(name) = user.id.as_str() else { continue };
            let (taken_back, said): (Vec<_>, Vec<_>) = user
                .signatures
                .iter()
                .partition(|signature| signature.typ() == Some(SignatureType::CertRevocation));
            let Some(statement) = self.newest(said, |signature| verify(signature, &user.id)) else {
                continue;
            };
            let gone = self.newest(taken_back, |signature| verify(signature, &user.id));
            if gone.is_some_and(|gone| gone.at >= statement.at) {
                continue;
            }
            let main = statement.signature.is_primary();
            found.push((name.chars().take(512).collect(), statement, main));
        }
        found
    }

    fn part(&self, subkey: &'k SignedPublicSubKey) -> Part {
        let primary = &self.key.primary_key;
        let created = time(subkey.key.created_at());
        let verify = |signature: &Signature| signature.verify_subkey_binding(primary, &subkey.key);
        let (taken_back, bound): (Vec<_>, Vec<_>) = subkey
            .signatures
            .iter()
            .partition(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation));
        let binding = self.newest(bound, verify);
        let flags = binding.as_ref().and_then(Statement::flags);
        let kind = subkey.key.algorithm();
        let algorithm = algorithm(subkey.key.public_params());
        let expires = binding.as_ref().and_then(|binding| binding.expires(created));
        let state = if self.is_revoked(taken_back, verify) {
            Err(Unusable::Revoked)
        } else if binding.is_none() {
            Err(Unusable::Unbound)
        } else if algorithm.strength() == Strength::Weak {
            Err(Unusable::Weak)
        } else {
            self.in_time(created, expires)
        };
        let signs = flags.as_ref().is_some_and(KeyFlags::sign) && can_sign(kind);
        Part {
            created,
            algorithm,
            state,
            encrypts: flags.as_ref().map_or(!can_sign(kind), encrypts) && kind.can_encrypt(),
            // A signing subkey must say itself that it belongs here, or anybody could adopt another's.
            signs: signs && binding.is_some_and(|binding| self.is_backed(binding.signature, subkey)),
            expires,
        }
    }

    fn is_backed(&self, binding: &Signature, subkey: &SignedPublicSubKey) -> bool {
        let primary = &self.key.primary_key;
        binding
            .embedded_signature()
            .is_some_and(|back| is_believed(back) && self.left.verifies(|| back.verify_primary_key_binding(&subkey.key, primary)))
    }

    fn in_time(&self, created: Time, expires: Option<Time>) -> Result<(), Unusable> {
        if created.0 > self.used.0.saturating_add(CLOCKS) {
            return Err(Unusable::NotYet);
        }
        match expires {
            Some(end) if end <= self.used => Err(Unusable::Expired(end)),
            _ => Ok(()),
        }
    }

    /// The newest statement that verifies.
    fn newest(
        &self,
        signatures: impl IntoIterator<Item = &'k Signature>,
        verify: impl Fn(&Signature) -> pgp::errors::Result<()>,
    ) -> Option<Statement<'k>> {
        let made = |signature: &'k Signature| Some((time(signature.created()?), signature));
        let mut dated: Vec<(Time, &'k Signature)> = signatures
            .into_iter()
            .filter_map(made)
            .filter(|(at, signature)| self.holds(*at, signature))
            .collect();
        dated.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let believed = dated.into_iter().filter(|(_, signature)| is_believed(signature));
        let (at, signature) = believed
            .take(MAX_TRIED)
            .find(|(_, signature)| self.left.verifies(|| verify(signature)))?;
        Some(Statement { at, signature })
    }

    /// Whether it was made by then and its own time is not over.
    fn holds(&self, at: Time, signature: &Signature) -> bool {
        let life = signature.signature_expiration_time().map_or(0, |life| i64::from(life.as_secs()));
        at.0 <= self.known.0.saturating_add(CLOCKS) && (life == 0 || at.0.saturating_add(life) > self.known.0)
    }

    fn is_revoked(
        &self,
        signatures: impl IntoIterator<Item = &'k Signature>,
        verify: impl Fn(&Signature) -> pgp::errors::Result<()>,
    ) -> bool {
        let later = |signature: &Signature| signature.created().is_some_and(|at| time(at) > self.used);
        let mut count: Vec<&Signature> = signatures
            .into_iter()
            .filter(|signature| !(is_soft(signature) && later(signature)))
            .collect();
        count.sort_by_key(|signature| std::cmp::Reverse((!is_soft(signature), signature.created().map(|at| time(at).0))));
        count
            .into_iter()
            .take(MAX_TRIED)
            .any(|signature| self.left.verifies(|| verify(signature)))
    }
}

/// What stands in the way of signing: that of a part that could otherwise, or of the first.
fn first_reason(signs: &[Result<(), Unusable>]) -> Result<(), Unusable> {
    let real = signs.iter().find(|state| !matches!(state, Err(Unusable::NoPart)));
    real.copied().unwrap_or(Err(Unusable::NoPart))
}

fn encrypts(flags: &KeyFlags) -> bool {
    flags.encrypt_comms() || flags.encrypt_storage()
}

fn can_sign(kind: PublicKeyAlgorithm) -> bool {
    matches!(
        kind,
        PublicKeyAlgorithm::RSA
            | PublicKeyAlgorithm::RSASign
            | PublicKeyAlgorithm::DSA
            | PublicKeyAlgorithm::ECDSA
            | PublicKeyAlgorithm::EdDSALegacy
            | PublicKeyAlgorithm::Ed25519
            | PublicKeyAlgorithm::Ed448
    )
}

fn algorithm(params: &PublicParams) -> Algorithm {
    // RSA, DSA and ElGamal begin with their modulus, which begins with its size in bits.
    let bits = || match params.to_bytes().unwrap_or_default().as_slice() {
        [high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    let curve = |curve: ECCCurve| match curve {
        ECCCurve::Curve25519Legacy | ECCCurve::Ed25519Legacy => Algorithm::Curve25519,
        ECCCurve::Unknown(_) => Algorithm::Other,
        curve => Algorithm::Curve(curve.nbits()),
    };
    match params {
        PublicParams::RSA(_) => Algorithm::Rsa(bits()),
        PublicParams::DSA(_) | PublicParams::Elgamal(_) => Algorithm::Discrete(bits()),
        PublicParams::ECDSA(key) => curve(key.curve()),
        PublicParams::ECDH(key) => curve(key.curve()),
        PublicParams::EdDSALegacy(_) | PublicParams::Ed25519(_) | PublicParams::X25519(_) => Algorithm::Curve25519,
        PublicParams::X448(_) | PublicParams::Ed448(_) => Algorithm::Curve448,
        _ => Algorithm::Other,
    }
}

/// The addresses in names: `Alice <alice@example.org>`, or an address alone.
pub(super) fn addresses(users: &[String]) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for user in users {
        let inner = user
            .rsplit_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(inner, _)| inner);
        if let Ok(address) = Address::parse(inner.unwrap_or(user))
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}
