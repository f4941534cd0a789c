//! Passkeys, the relying party's half of Web Authentication (W3C, Level 3, sections 7.1 and 7.2): what a
//! browser brings is read and judged here, by pure functions over octets and the challenge that was set.
//!
//! User verification is always required. ES256, EdDSA and RS256, which is every authenticator in use.
//! Absent on purpose: attestation (none is asked for: which maker's key the owner bought is nobody's
//! business) and authenticator extension outputs (of PRF the client's result is used, not the encrypted
//! one in here). Reading is bounded and nothing panics.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey},
};

/// Octets of client data that are looked at.
pub const CLIENT_DATA: usize = 4096;
/// Octets of authenticator data that are looked at.
pub const AUTHENTICATOR_DATA: usize = 8192;
/// Octets of a credential's id (WebAuthn section 4).
pub const CREDENTIAL: usize = 1023;
/// Octets of a signature: RSA of 8192 bits.
pub const SIGNATURE: usize = 1024;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;

/// Why what a browser brought is not believed. For the log and for tests: a visitor is told only "no".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It cannot be read.
    Unreadable,
    /// It answers another question: the kind, the challenge or the origin is not ours.
    NotForUs,
    /// It is for another host name.
    AnotherHost,
    /// The authenticator did not verify that it was its user.
    NotVerified,
    /// Its flags contradict each other, or what was said when it was registered.
    Contradiction,
    /// Its kind of key is not one of ours.
    UnknownKey,
    /// The signature is not of that key.
    Signature,
    /// Its counter went back: there are two of it.
    Cloned,
}

/// A public key (RFC 9053), by its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// -7: P-256, the two coordinates of 32 octets.
    Es256([u8; 32], [u8; 32]),
    /// -8: Ed25519.
    EdDsa([u8; 32]),
    /// -257: RSASSA-PKCS1-v1_5 with SHA-256; modulus and exponent, big-endian.
    Rs256(Vec<u8>, Vec<u8>),
}

/// The question that was asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The challenge, in base 64 as the browser gives it back.
    pub challenge: &'a str,
    /// The origin of our page: scheme, host, and port where it is not the scheme's own.
    pub origin: &'a str,
    /// The host name (the RP ID).
    pub host: &'a str,
}

/// A credential that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub credential: Vec<u8>,
    /// Its public key.
    pub key: Key,
    /// Its counter; 0 where it does not count.
    pub count: u32,
    /// Whether it may be copied to other devices of its user.
    pub backup_eligible: bool,
    /// Whether it was.
    pub backed_up: bool,
}

/// What is known of a credential that signs.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its public key.
    pub key: &'a Key,
    /// Its counter when it was last seen.
    pub count: u32,
    /// As it was registered.
    pub backup_eligible: bool,
}

/// A credential that signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// Its counter now.
    pub count: u32,
    /// Whether it is copied to other devices of its user.
    pub backed_up: bool,
}

/// Judges a new credential (section 7.1): `client` is `clientDataJSON`, `authenticator` the authenticator
/// data as the browser's `getAuthenticatorData()` gives it.
pub fn registration(asked: Asked<'_>, client: &[u8], authenticator: &[u8]) -> Result<Registered, Refusal> {
    answers(asked, "webauthn.create", client)?;
    let data = Data::read(authenticator, asked.host)?;
    if data.flags & ATTESTED == 0 {
        return Err(Refusal::Unreadable);
    }
    let (_maker, rest) = data.rest.split_at_checked(16).ok_or(Refusal::Unreadable)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Refusal::Unreadable)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (credential, rest) = rest.split_at_checked(length).ok_or(Refusal::Unreadable)?;
    if credential.is_empty() || credential.len() > CREDENTIAL {
        return Err(Refusal::Unreadable);
    }
    Ok(Registered {
        credential: credential.to_vec(),
        key: Key::read(rest)?,
        count: data.count,
        backup_eligible: data.flags & BACKUP_ELIGIBLE != 0,
        backed_up: data.flags & BACKED_UP != 0,
    })
}

/// Judges a signature of a known credential (section 7.2).
pub fn assertion(asked: Asked<'_>, known: Known<'_>, client: &[u8], authenticator: &[u8], signature: &[u8]) -> Result<Asserted, Refusal> {
    answers(asked, "webauthn.get", client)?;
    let data = Data::read(authenticator, asked.host)?;
    if known.backup_eligible != (data.flags & BACKUP_ELIGIBLE != 0) {
        return Err(Refusal::Contradiction);
    }
    let mut signed = authenticator.to_vec();
    signed.extend_from_slice(digest(&SHA256, client).as_ref());
    if signature.len() > SIGNATURE || !known.key.verifies(&signed, signature) {
        return Err(Refusal::Signature);
    }
    if (data.count, known.count) != (0, 0) && data.count <= known.count {
        return Err(Refusal::Cloned);
    }
    Ok(Asserted {
        count: data.count,
        backed_up: data.flags & BACKED_UP != 0,
    })
}

/// Whether client data answers our question, and ours alone.
fn answers(asked: Asked<'_>, kind: &str, client: &[u8]) -> Result<(), Refusal> {
    if client.len() > CLIENT_DATA {
        return Err(Refusal::Unreadable);
    }
    let read: serde_json::Value = serde_json::from_slice(client).map_err(|_| Refusal::Unreadable)?;
    let text = |name: &str| read.get(name).and_then(serde_json::Value::as_str);
    let in_a_frame =
        read.get("crossOrigin").is_some_and(|value| value != false) || read.get("topOrigin").is_some_and(|value| !value.is_null());
    let ours = text("type") == Some(kind) && text("challenge") == Some(asked.challenge) && text("origin") == Some(asked.origin);
    if ours && !in_a_frame { Ok(()) } else { Err(Refusal::NotForUs) }
}

/// The fixed beginning of authenticator data (section 6.1), and what follows it.
struct Data<'a> {
    flags: u8,
    count: u32,
    rest: &'a [u8],
}

impl<'a> Data<'a> {
    fn read(octets: &'a [u8], host: &str) -> Result<Self, Refusal> {
        if octets.len() > AUTHENTICATOR_DATA {
            return Err(Refusal::Unreadable);
        }
        let (hash, rest) = octets.split_at_checked(32).ok_or(Refusal::Unreadable)?;
        let (&flags, rest) = rest.split_first().ok_or(Refusal::Unreadable)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(Refusal::Unreadable)?;
        if hash != digest(&SHA256, host.as_bytes()).as_ref() {
            return Err(Refusal::AnotherHost);
        }
        if flags & USER_PRESENT == 0 || flags & USER_VERIFIED == 0 {
            return Err(Refusal::NotVerified);
        }
        if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
            return Err(Refusal::Contradiction);
        }
        let count = u32::from_be_bytes(*count);
        Ok(Self { flags, count, rest })
    }
}

impl Key {
    /// A COSE key (RFC 9052 section 7) at the beginning of these octets.
    fn read(octets: &[u8]) -> Result<Self, Refusal> {
        let mut cbor = Cbor(octets);
        let pairs = cbor.map().filter(|pairs| *pairs <= 16).ok_or(Refusal::Unreadable)?;
        let (mut kind, mut algorithm, mut curve) = (0, 0, 0);
        let mut parts: [&[u8]; 2] = [&[], &[]];
        let [first, second] = &mut parts;
        for _ in 0..pairs {
            let name = cbor.number().ok_or(Refusal::Unreadable)?;
            match (name, cbor.value().ok_or(Refusal::Unreadable)?) {
                (1, Value::Number(value)) => kind = value,
                (3, Value::Number(value)) => algorithm = value,
                (-1, Value::Number(value)) => curve = value,
                // Of an RSA key: modulus and exponent.
                (-1, Value::Octets(octets)) => *first = octets,
                (-2, Value::Octets(octets)) if kind == 3 => *second = octets,
                (-2, Value::Octets(octets)) => *first = octets,
                (-3, Value::Octets(octets)) => *second = octets,
                _ => {}
            }
        }
        let whole = |part: &[u8]| part.try_into().map_err(|_| Refusal::UnknownKey);
        match (kind, algorithm, curve) {
            (2, -7, 1) => Ok(Self::Es256(whole(first)?, whole(second)?)),
            (1, -8, 6) => Ok(Self::EdDsa(whole(first)?)),
            (3, -257, 0) if (256..=1024).contains(&first.len()) && (1..=4).contains(&second.len()) => {
                Ok(Self::Rs256(first.to_vec(), second.to_vec()))
            }
            _ => Err(Refusal::UnknownKey),
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(x, y) => {
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256(n, e) => RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        }
        .is_ok()
    }
}

/// The little of CBOR (RFC 8949) that a COSE key is made of: definite lengths, no nesting.
struct Cbor<'a>(&'a [u8]);

enum Value<'a> {
    Number(i64),
    Octets(&'a [u8]),
    Other,
}

impl<'a> Cbor<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// The major type and the argument (section 3).
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let more = match first & 31 {
            short @ 0..=23 => return Some((first >> 5, u64::from(short))),
            long @ 24..=27 => 1_u64 << (long - 24),
            _ => return None,
        };
        let argument = self.take(more)?.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet));
        Some((first >> 5, argument))
    }

    fn map(&mut self) -> Option<u64> {
        self.head().filter(|(major, _)| *major == 5).map(|(_, pairs)| pairs)
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let (major, argument) = self.head()?;
        Some(match major {
            0 => Value::Number(i64::try_from(argument).ok()?),
            1 => Value::Number(-1 - i64::try_from(argument).ok()?),
            2 => Value::Octets(self.take(argument)?),
            3 => {
                self.take(argument)?;
                Value::Other
            }
            7 => Value::Other,
            _ => return None,
        })
    }

    fn number(&mut self) -> Option<i64> {
        match self.value()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
