//! What is said to a key server, and what it answers (the VKS interface of keys.openpgp.org). Pure; a refusal, and an
//! answer that makes no sense, are the same here.

use crate::domain::address::Address;
use serde_json::{Value, json};

/// What became of a key that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is found by its address.
    Found,
    /// It is there; whoever has this word may ask that its address be confirmed.
    Waits(String),
    /// It is not taken.
    Refused,
}

/// The body that hands over an armored key.
pub fn upload(key: &str) -> Vec<u8> {
    json!({ "keytext": key }).to_string().into_bytes()
}

/// What the answer to that says of an address.
pub fn uploaded(answer: &[u8], address: &Address) -> Taken {
    let read: Value = serde_json::from_slice(answer).unwrap_or_default();
    let status = read.get("status").and_then(|all| all.get(address.as_str())).and_then(Value::as_str);
    match (status, read.get("token").and_then(Value::as_str)) {
        (Some("published"), _) => Taken::Found,
        (Some("unpublished" | "pending"), Some(token)) => Taken::Waits(token.to_owned()),
        _ => Taken::Refused,
    }
}

/// The body that asks for an address to be confirmed, in a language (`en_US`).
pub fn confirm(token: &str, address: &Address, language: &str) -> Vec<u8> {
    let asked = json!({ "token": token, "addresses": [address.as_str()], "locale": [language] });
    asked.to_string().into_bytes()
}

/// Whether the server will ask that address.
pub fn confirms(answer: &[u8], address: &Address) -> bool {
    matches!(uploaded(answer, address), Taken::Found | Taken::Waits(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_the_interface_has_them() {
        let me = Address::parse("me@home.test").unwrap();
        let answer =
            |status: &str| format!("{{\"key_fpr\":\"AB\",\"status\":{{\"me@home.test\":\"{status}\"}},\"token\":\"t0\"}}").into_bytes();
        assert_eq!(uploaded(&answer("published"), &me), Taken::Found);
        assert_eq!(uploaded(&answer("unpublished"), &me), Taken::Waits("t0".into()));
        assert!(confirms(&answer("pending"), &me));
        for bad in [answer("revoked"), b"{\"error\":\"no\"}".to_vec(), b"[[[".to_vec(), Vec::new()] {
            assert_eq!(uploaded(&bad, &me), Taken::Refused);
        }
        let body: Value = serde_json::from_slice(&confirm("t0", &me, "en_US")).unwrap();
        assert_eq!(body, json!({ "token": "t0", "addresses": ["me@home.test"], "locale": ["en_US"] }));
    }
}
