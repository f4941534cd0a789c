//! What somebody published with minisign (<https://jedisct1.github.io/minisign/>): a text, and beside it a signature by a
//! key that is known beforehand.
//!
//! Prehashed signatures only, as minisign makes them today. Absent on purpose: making signatures.

use minisign_verify::{PublicKey, Signature};

/// Whether this is a public key as minisign writes it: its second line, 56 characters of base 64.
pub fn is_key(text: &str) -> bool {
    PublicKey::from_base64(text).is_ok()
}

/// The text, where one of these keys has signed it.
pub fn verified<'a>(keys: &[String], text: &'a [u8], signature: &str) -> Option<&'a str> {
    let signature = Signature::decode(signature).ok()?;
    let known = keys.iter().filter_map(|key| PublicKey::from_base64(key).ok());
    let signed = known.into_iter().any(|key| key.verify(text, &signature, false).is_ok());
    if signed { std::str::from_utf8(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the library's documentation: a key, and its signature of the word "test".
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==";

    #[test]
    fn only_what_a_known_key_signed_is_believed() {
        let keys = [KEY.to_owned()];
        assert!(is_key(KEY) && !is_key("") && !is_key("RWQf6LRCGA9i5"));
        assert_eq!(verified(&keys, b"test", SIGNATURE), Some("test"));
        assert_eq!(verified(&keys, b"tost", SIGNATURE), None);
        assert_eq!(verified(&[], b"test", SIGNATURE), None);
        assert_eq!(verified(&keys, b"test", "no signature"), None);
        assert_eq!(verified(&keys, b"test", &SIGNATURE.replace("timestamp:1", "timestamp:2")), None);
    }
}
