//! The proof that a browser with Device Bound Session Credentials brings (W3C draft): a JSON Web Signature in
//! its compact form (RFC 7515 section 7.1), type `dbsc+jwt`, ES256 and nothing else.
//!
//! Absent on purpose: every other algorithm (`none` before all), nested tokens, and times in the token: the
//! challenge in it is ours and serves once, which says more than the browser's clock.

use super::{base64url, es256};
use serde_json::Value;

/// Octets of a token that are looked at.
const LONGEST: usize = 4096;

/// A token that was read; not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The challenge that it answers.
    pub challenge: String,
    /// The public key that it brings (at registration), an uncompressed point.
    pub key: Option<Vec<u8>>,
    signed: String,
    signature: Vec<u8>,
}

/// Reads a token; a structured-field string's quotes around it are taken off. `None` where it is none of ours.
pub fn proof(token: &str) -> Option<Proof> {
    let token = token.trim().trim_matches('"');
    if token.len() > LONGEST {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, body) = signed.split_once('.')?;
    let read = |text: &str| serde_json::from_slice::<Value>(&base64url::decode(text, LONGEST)?).ok();
    let (head, body) = (read(head)?, read(body)?);
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if text(&head, "alg")? != "ES256" || text(&head, "typ")? != "dbsc+jwt" {
        return None;
    }
    // The drafts moved the key from the body to the head and renamed it; browsers of both are about.
    let brought = [head.get("jwk"), head.get("key"), body.get("key")];
    let key = match brought.into_iter().flatten().next() {
        Some(jwk) => Some(point(jwk)?),
        None => None,
    };
    Some(Proof {
        challenge: text(&body, "jti")?,
        key,
        signed: signed.to_owned(),
        signature: base64url::decode(signature, 64)?,
    })
}

/// The point of a JSON Web Key (RFC 7518 section 6.2).
fn point(jwk: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("kty")? != "EC" || text("crv")? != "P-256" {
        return None;
    }
    es256::point(&base64url::decode(text("x")?, 32)?, &base64url::decode(text("y")?, 32)?)
}

impl Proof {
    /// Whether it is signed by this key.
    pub fn is_of(&self, key: &[u8]) -> bool {
        es256::verify(key, self.signed.as_bytes(), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };

    fn token(pair: &EcdsaKeyPair, head: &str, body: &str) -> String {
        let signed = format!("{}.{}", base64url::encode(head.as_bytes()), base64url::encode(body.as_bytes()));
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64url::encode(signature.as_ref()))
    }

    #[test]
    fn a_browsers_proof_brings_its_key_and_signs() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let key = pair.public_key().as_ref();
        let (x, y) = (base64url::encode(&key[1..33]), base64url::encode(&key[33..]));
        let jwk = format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\",\"y\":\"{y}\"}}");
        for (head, body) in [
            (
                format!("{{\"alg\":\"ES256\",\"typ\":\"dbsc+jwt\",\"jwk\":{jwk}}}"),
                "{\"jti\":\"c\"}".to_owned(),
            ),
            (
                "{\"alg\":\"ES256\",\"typ\":\"dbsc+jwt\"}".to_owned(),
                format!("{{\"jti\":\"c\",\"key\":{jwk}}}"),
            ),
        ] {
            let read = proof(&format!("\"{}\"", token(&pair, &head, &body))).unwrap();
            assert_eq!((read.challenge.as_str(), read.key.as_deref()), ("c", Some(key)));
            assert!(read.is_of(key));
        }
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let good = token(&pair, "{\"alg\":\"ES256\",\"typ\":\"dbsc+jwt\"}", "{\"jti\":\"c\"}");
        let read = proof(&good).unwrap();
        assert!(read.is_of(key) && !read.is_of(other.public_key().as_ref()) && read.key.is_none());
        for bad in [
            token(&pair, "{\"alg\":\"none\",\"typ\":\"dbsc+jwt\"}", "{\"jti\":\"c\"}"),
            token(&pair, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", "{\"jti\":\"c\"}"),
            token(&pair, "{\"alg\":\"ES256\",\"typ\":\"dbsc+jwt\"}", "{\"jti\":1}"),
            token(&pair, "{\"alg\":\"ES256\",\"typ\":\"dbsc+jwt\",\"jwk\":{}}", "{\"jti\":\"c\"}"),
            "a.b".into(),
            "a.b.c.d".into(),
            String::new(),
            "x".repeat(5000),
        ] {
            assert_eq!(proof(&bad), None, "{bad}");
        }
    }
}
