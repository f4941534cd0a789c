//! Access by a token that the owner's provider gave (RFC 6749 section 6): the token that lasts is changed for one that
//! opens the mailbox for an hour. The client is the owner's own, registered with their provider by themselves.

use crate::{domain::mailbox::Trouble, net::https::Https};
use zeroize::Zeroizing;

/// The most octets of an answer.
const MOST: usize = 64 * 1024;

/// A token of access, fresh.
pub(super) async fn token(https: &Https, kept: &(String, String, String, String)) -> Result<Zeroizing<String>, Trouble> {
    let (at, client, secret, refresh) = kept;
    let mut body = String::from("grant_type=refresh_token");
    for (name, value) in [("client_id", client), ("client_secret", secret), ("refresh_token", refresh)] {
        if !value.is_empty() {
            body.push('&');
            body.push_str(name);
            body.push('=');
            body.push_str(&encoded(value));
        }
    }
    let asked = https.post(at, "application/x-www-form-urlencoded", body.into_bytes(), MOST).await;
    let page = asked.map_err(|_| Trouble::Unreachable)?;
    if page.status != 200 {
        return Err(Trouble::Token);
    }
    let said: serde_json::Value = serde_json::from_slice(&page.body).map_err(|_| Trouble::Token)?;
    let token = said.get("access_token").and_then(serde_json::Value::as_str);
    token.map(|token| Zeroizing::new(token.to_owned())).ok_or(Trouble::Token)
}

/// A value of a form (the part of it that any server reads).
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|octet| match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
            octet => format!("%{octet:02X}"),
        })
        .collect()
}
