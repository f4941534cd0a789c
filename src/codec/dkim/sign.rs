//! Signing what leaves the box (RFC 6376, RFC 8463): twice, with RSA-2048, which everybody reads, and with Ed25519.
//!
//! Relaxed forms of header and text. The fields that a reader sees are listed once more than they occur, so that
//! nobody can add another (section 8.15). Absent on purpose: `l=` (what is added to a text would pass), `t=` and
//! `x=` (the `Date` is signed, and a clock that is wrong would void it).

use super::{Algorithm, Field, Message, canonical};
use crate::codec::base64url;
use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaPair, KeySize},
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use canonical::{Form, body_hash};

/// Fields that are signed, and with them their absence.
const SIGNED: [&str; 15] = [
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "TLS-Report-Domain",
    "TLS-Report-Submitter",
    "TLS-Required",
];

/// A key that signs.
pub struct Signer {
    selector: String,
    secret: Secret,
}

enum Secret {
    Rsa(Box<RsaPair>),
    Ed25519(Ed25519KeyPair),
}

/// Makes a key: PKCS #8. RSA takes a second on a slow machine. `None` where the machine has no dice.
pub fn generate(algorithm: Algorithm) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::Rsa => {
            let der: Pkcs8V1Der<'_> = RsaPair::generate(KeySize::Rsa2048).ok()?.as_der().ok()?;
            Some(der.as_ref().to_vec())
        }
        Algorithm::Ed25519 => Some(Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?.as_ref().to_vec()),
    }
}

impl Signer {
    /// From a key of [`generate`]'s; `None` where it is none.
    pub fn of(selector: &str, algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        let secret = match algorithm {
            Algorithm::Rsa => Secret::Rsa(Box::new(RsaPair::from_pkcs8(key).ok()?)),
            Algorithm::Ed25519 => Secret::Ed25519(Ed25519KeyPair::from_pkcs8(key).ok()?),
        };
        Some(Self {
            selector: selector.to_owned(),
            secret,
        })
    }

    /// The name of its record below the domain.
    pub fn name(&self) -> String {
        format!("{}._domainkey", self.selector)
    }

    /// The record that says its public half to the world (RFC 6376 section 3.6.1, RFC 8463 section 4).
    pub fn record(&self) -> Option<String> {
        let (kind, public) = match &self.secret {
            Secret::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
                ("rsa", base64url::plain(der.as_ref()))
            }
            Secret::Ed25519(pair) => ("ed25519", base64url::plain(pair.public_key().as_ref())),
        };
        Some(format!("v=DKIM1; k={kind}; p={public}"))
    }

    fn sign(&self, data: &[u8]) -> Option<Vec<u8>> {
        match &self.secret {
            Secret::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature).ok()?;
                Some(signature)
            }
            Secret::Ed25519(pair) => {
                let hash = digest::digest(&digest::SHA256, data);
                Some(pair.sign(hash.as_ref()).as_ref().to_vec())
            }
        }
    }

    fn algorithm(&self) -> &'static str {
        match self.secret {
            Secret::Rsa(_) => "rsa-sha256",
            Secret::Ed25519(_) => "ed25519-sha256",
        }
    }
}

/// The `DKIM-Signature` fields for a message of this domain, one a key, to be put before it. `None` where a key does
/// not sign.
pub fn sign(raw: &[u8], domain: &str, signers: &[Signer]) -> Option<Vec<u8>> {
    let message = Message::of(raw);
    let listed: Vec<&str> = SIGNED.into_iter().flat_map(|name| names(&message, name)).collect();
    let hash = base64url::plain(&body_hash(Form::Relaxed, message.text, None).0);
    let owned: Vec<String> = listed.iter().map(|name| name.to_ascii_lowercase()).collect();
    let mut out = Vec::new();
    for signer in signers {
        let (algorithm, selector) = (signer.algorithm(), &signer.selector);
        let h = owned.join(":\r\n\t");
        let value = format!(" v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n\ts={selector};\r\n\th={h};\r\n\tbh={hash};\r\n\tb=");
        let whole = format!("DKIM-Signature:{value}");
        let field = Field {
            name: b"DKIM-Signature",
            value: value.as_bytes(),
            whole: whole.as_bytes(),
        };
        let signature = base64url::plain(&signer.sign(&message.signed(&field, &owned, Form::Relaxed))?);
        out.extend_from_slice(whole.as_bytes());
        for (at, piece) in signature.as_bytes().chunks(70).enumerate() {
            if at > 0 {
                out.extend_from_slice(b"\r\n\t");
            }
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(b"\r\n");
    }
    Some(out)
}

/// A name as often as it occurs, and once more for those that a reader sees.
fn names<'n>(message: &Message<'_>, name: &'n str) -> impl Iterator<Item = &'n str> {
    let seen = matches!(name, "From" | "To" | "Cc" | "Reply-To" | "Subject" | "Date");
    std::iter::repeat_n(name, message.named(name).count() + usize::from(seen))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Key, verify},
        *,
    };
    use crate::domain::authentication::{Outcome, Reason};

    fn signers() -> Vec<Signer> {
        [("r", Algorithm::Rsa), ("e", Algorithm::Ed25519)]
            .map(|(selector, algorithm)| Signer::of(selector, algorithm, &generate(algorithm).unwrap()).unwrap())
            .into()
    }

    fn found(raw: &[u8], signers: &[Signer]) -> Vec<(Outcome, Reason)> {
        let message = Message::of(raw);
        let read = message.signatures();
        assert_eq!(read.len(), signers.len());
        let verified = read.iter().zip(signers).map(|((about, check), signer)| {
            let key = Key::parse(signer.record().unwrap().as_bytes()).unwrap_or_else(|_| panic!("a key"));
            check.as_ref().map_or((about.outcome, about.reason), |check| {
                assert_eq!(check.key, format!("{}.home.test", signer.name()));
                verify(check, "home.test", &key, 0)
            })
        });
        verified.collect()
    }

    #[test]
    fn both_signatures_hold_and_any_change_breaks_them() {
        let signers = signers();
        let raw = b"Date: Wed, 18 Nov 2026 11:06:40 +0000\r\nFrom: me@home.test\r\nTo: a@x.test\r\nSubject: one\r\n\ttwo  three\r\n\
            MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello \t there\r\n\r\nend\r\n";
        let signed = [sign(raw, "home.test", &signers).unwrap(), raw.to_vec()].concat();
        let pass = (Outcome::Pass, Reason::Plain);
        assert_eq!(found(&signed, &signers), [pass, pass]);
        let text = String::from_utf8(signed).unwrap();
        for (from, to) in [("two", "too"), ("Hello", "Hallo"), ("a@x.test", "b@x.test")] {
            let altered = text.replace(from, to);
            assert!(
                found(altered.as_bytes(), &signers)
                    .iter()
                    .all(|(outcome, _)| *outcome == Outcome::Fail),
                "{from}"
            );
        }
        // A second subject is one that was signed not to be there.
        let added = text.replacen("Subject:", "Subject: other\r\nSubject:", 1);
        assert!(found(added.as_bytes(), &signers).iter().all(|found| *found != pass));
        // Blanks may change.
        let spaced = text.replacen("Hello \t there", "Hello there", 1).replacen("To: a", "To:   a", 1);
        assert_eq!(found(spaced.as_bytes(), &signers), [pass, pass]);
    }
}
