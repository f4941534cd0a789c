//! ECDSA over P-256 with SHA-256 as browsers sign it: WebCrypto's and JOSE's fixed form, `r` and `s` of 32
//! octets each (FIPS 186-5; RFC 7518 section 3.4), and a public key as an uncompressed point.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

/// Octets of a public key: 4, `x`, `y` (SEC 1 section 2.3.3).
pub const POINT: usize = 65;

/// Whether this signature over `message` is of this key. A point that is not on the curve signs nothing.
pub fn verify(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    point.len() == POINT
        && point.first() == Some(&4)
        && signature.len() == 64
        && UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(message, signature)
            .is_ok()
}

/// The point of two coordinates; `None` where one has not 32 octets.
pub fn point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == 32 && y.len() == 32).then(|| [&[4], x, y].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };

    #[test]
    fn a_signature_is_of_one_key_over_one_text() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let signature = pair.sign(&SystemRandom::new(), b"text").unwrap();
        let key = pair.public_key().as_ref();
        assert!(verify(key, b"text", signature.as_ref()));
        assert!(!verify(key, b"texT", signature.as_ref()));
        assert!(!verify(key, b"text", &[0; 64]));
        assert!(!verify(&[4; 65], b"text", signature.as_ref()), "not on the curve");
        for length in 0..65 {
            assert!(!verify(&key[..length], b"text", signature.as_ref()));
        }
        assert_eq!(point(&key[1..33], &key[33..]).unwrap(), key);
        assert!(point(&key[1..33], &key[34..]).is_none());
    }
}
