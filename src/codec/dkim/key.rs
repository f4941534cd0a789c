//! The keys of DKIM and ARC (RFC 6376 section 3.6.1, RFC 8463).

use super::{Algorithm, Check};
use crate::{
    codec::tags::Tags,
    domain::authentication::{Outcome, Reason},
};
use mail_auth::common::{
    crypto::{Algorithm as Made, VerifyingKey},
    parse::TxtRecordParser,
    verify::DomainKey,
};

/// Bits that an RSA key must have (RFC 8301 section 3.2).
const MIN_BITS: usize = 1024;

/// A key as a domain publishes it.
pub struct Key {
    key: Box<dyn VerifyingKey + Send + Sync>,
    algorithm: Algorithm,
    /// Whether it signs for its own domain only, and not for those below (`t=s`).
    strict: bool,
}

impl Key {
    /// Reads a record; the reason where it holds no key that can be used.
    pub fn parse(record: &[u8]) -> Result<Self, Reason> {
        let tags = Tags::parse(record).ok_or(Reason::Malformed)?;
        if tags.get("v").is_some() && tags.first() != Some(("v", b"DKIM1")) {
            return Err(Reason::Malformed);
        }
        let kind = tags.text("k").unwrap_or_default().to_ascii_lowercase();
        let algorithm = match kind.as_str() {
            "" | "rsa" => Algorithm::Rsa,
            "ed25519" => Algorithm::Ed25519,
            _ => return Err(Reason::WrongKey),
        };
        let says = |name: &str, words: &[&str]| {
            tags.list(name)
                .is_none_or(|list| list.iter().any(|word| words.contains(&word.as_str())))
        };
        if !says("h", &["sha256"]) || !says("s", &["*", "email"]) {
            return Err(Reason::WrongKey);
        }
        let octets = tags.base64("p").ok_or(Reason::Malformed)?.ok_or(Reason::Malformed)?;
        if octets.is_empty() {
            return Err(Reason::Revoked);
        }
        if algorithm == Algorithm::Ed25519 && octets.len() != 32 {
            return Err(Reason::Malformed);
        }
        // Only what it needs to see: kind and key, in the plainest spelling.
        let plain = format!(
            "k={}; p={}",
            if algorithm == Algorithm::Rsa { "rsa" } else { "ed25519" },
            tags.text("p").unwrap_or_default()
        );
        let key = DomainKey::parse(plain.as_bytes()).map_err(|_| Reason::Malformed)?.p;
        if algorithm == Algorithm::Rsa {
            match key.public_key_bits() {
                0 => return Err(Reason::Malformed),
                bits if bits < MIN_BITS => return Err(Reason::WeakKey),
                _ => {}
            }
        }
        Ok(Self {
            key,
            algorithm,
            strict: tags.list("t").is_some_and(|flags| flags.iter().any(|flag| flag == "s")),
        })
    }
}

/// What becomes of a signature of this domain under this key at this time, seconds since 1970.
pub fn verify(check: &Check, domain: &str, key: &Key, now: i64) -> (Outcome, Reason) {
    if check.algorithm != key.algorithm {
        return (Outcome::PermError, Reason::WrongKey);
    }
    if key.strict && check.identity != domain {
        return (Outcome::PermError, Reason::WrongIdentity);
    }
    let made = match check.algorithm {
        Algorithm::Rsa => Made::RsaSha256,
        Algorithm::Ed25519 => Made::Ed25519Sha256,
    };
    // Said first: that the text was changed is what a person wants to know.
    if let Some((Outcome::Fail, reason)) = check.unless {
        return (Outcome::Fail, reason);
    }
    if key.key.verify_bytes(&check.data, &check.signature, made).is_err() {
        return (Outcome::Fail, Reason::HeadersAltered);
    }
    if check.expires.is_some_and(|end| i64::try_from(end).is_ok_and(|end| now > end)) {
        return (Outcome::Fail, Reason::Expired);
    }
    check.unless.unwrap_or((Outcome::Pass, Reason::Plain))
}
