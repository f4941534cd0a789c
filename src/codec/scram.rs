//! SCRAM-SHA-256 as a client speaks it (RFC 5802, RFC 7677): who signs in shows that they know the password and does not
//! say it, and hears whether the other side knows it too.
//!
//! Absent on purpose: channel binding (the server's certificate is verified before), and SASLprep: passwords are sent as
//! they were typed, and those in ASCII are what it would make of them.

use super::base64url;
use aws_lc_rs::{constant_time, digest, hmac, pbkdf2};
use std::num::NonZeroU32;

/// How often a server may have the password hashed: fewer are worth little, more are a way of keeping us busy.
const FEWEST: u32 = 4_096;
const MOST: u32 = 500_000;
/// Octets of a salt, and of what a server says.
const MAX_SALT: usize = 256;
const MAX_SAID: usize = 1_024;

/// The first thing that is said: by this name, with this nonce (printable, without commas).
pub fn first(user: &str, nonce: &str) -> String {
    format!("n,,{}", bare(user, nonce))
}

fn bare(user: &str, nonce: &str) -> String {
    format!("n={},r={nonce}", user.replace('=', "=3D").replace(',', "=2C"))
}

/// What is said last, and what the server then has to answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Proof {
    /// What is said.
    pub said: String,
    signature: Vec<u8>,
}

/// Answers what the server said first. `None` where that is not as it must be: not to this nonce, with too few or too many
/// rounds. Slow, as it is meant to be.
pub fn prove(user: &str, password: &str, nonce: &str, server: &str) -> Option<Proof> {
    if server.len() > MAX_SAID {
        return None;
    }
    let mut fields = server.split(',');
    let mut field = |name: &str| fields.next()?.strip_prefix(name);
    let (both, salt, rounds) = (field("r=")?, field("s=")?, field("i=")?);
    let salt = decoded(salt, MAX_SALT)?;
    let rounds: u32 = rounds.parse().ok().filter(|rounds| (FEWEST..=MOST).contains(rounds))?;
    if !both.starts_with(nonce) || both.len() == nonce.len() || salt.is_empty() {
        return None;
    }
    let mut salted = [0_u8; 32];
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        NonZeroU32::new(rounds)?,
        &salt,
        password.as_bytes(),
        &mut salted,
    );
    let client = mac(&salted, b"Client Key");
    let stored = digest::digest(&digest::SHA256, &client);
    let last = format!("c=biws,r={both}");
    let all = format!("{},{server},{last}", bare(user, nonce));
    let proof: Vec<u8> = client
        .iter()
        .zip(mac(stored.as_ref(), all.as_bytes()))
        .map(|(a, b)| a ^ b)
        .collect();
    Some(Proof {
        said: format!("{last},p={}", base64url::plain(&proof)),
        signature: mac(&mac(&salted, b"Server Key"), all.as_bytes()),
    })
}

impl Proof {
    /// Whether what the server answered shows that it knows the password, too.
    pub fn is_answered(&self, server: &str) -> bool {
        let signature = server.strip_prefix("v=").and_then(|text| decoded(text, 64));
        signature.is_some_and(|signature| constant_time::verify_slices_are_equal(&signature, &self.signature).is_ok())
    }
}

fn mac(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref().to_vec()
}

/// Base 64 with padding (RFC 4648 section 4).
pub fn decoded(text: &str, limit: usize) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let padded = text.len().is_multiple_of(4) && text.len() - bare.len() <= 2;
    let other = bare.contains(['-', '_']);
    if !padded || other {
        return None;
    }
    base64url::decode(&bare.replace('+', "-").replace('/', "_"), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn it_is_the_example_of_the_rfc() {
        assert_eq!(first("user", NONCE), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = prove("user", "pencil", NONCE, SERVER).unwrap();
        assert_eq!(
            proof.said,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(proof.is_answered("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        for wrong in ["v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=", "e=other-error", ""] {
            assert!(!proof.is_answered(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_server_that_says_something_else_is_not_answered() {
        assert_eq!(first("a=b,c", "n"), "n,,n=a=3Db=2Cc,r=n");
        for wrong in [
            SERVER.replace("r=r", "r=x"),
            SERVER.replace("i=4096", "i=1"),
            SERVER.replace("i=4096", "i=4000000000"),
            SERVER.replace("W22ZaJ0SNY7soEsUEjb6gQ==", ""),
            SERVER.replace("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""),
            "m=ext,".to_owned() + SERVER,
            String::new(),
        ] {
            assert_eq!(prove("user", "pencil", NONCE, &wrong), None, "{wrong}");
        }
    }
}
