//! How a key is found by its address: the Web Key Directory (draft-koch-openpgp-webkey-service) and the OPENPGPKEY
//! record (RFC 7929), and the small form of a key that goes there.

use super::{Certificate, policy};
use crate::domain::{address::Address, time::Time};
use aws_lc_rs::digest;
use pgp::packet::SignatureType;

/// Octets of a key that is fetched from elsewhere.
pub const MAX_FETCHED: usize = 64 * 1024;

const DIGITS: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// Octets in z-base-32, as the draft has it: five bits a digit, highest first.
fn zbase32(octets: &[u8]) -> String {
    let (mut out, mut bits, mut count) = (String::new(), 0_u32, 0_u32);
    let mut push = |value: u32| out.push(char::from(DIGITS.get((value & 31) as usize).copied().unwrap_or(b'y')));
    for octet in octets {
        bits = bits << 8 | u32::from(*octet);
        count += 8;
        while count >= 5 {
            count -= 5;
            push(bits >> count);
            bits &= (1 << count) - 1;
        }
    }
    if count > 0 {
        push(bits << (5 - count));
    }
    out
}

/// The name of a key in the directory: z-base-32 of the SHA-1 of the local part with its ASCII letters in lower
/// case; 32 characters.
pub fn wkd_name(local: &str) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, local.to_ascii_lowercase().as_bytes());
    zbase32(hash.as_ref())
}

/// The two addresses at which a key is asked for: the advanced one first, then the direct one.
pub fn wkd_urls(address: &Address) -> [String; 2] {
    let (name, domain) = (wkd_name(address.local()), address.domain());
    let local: String = form_encoded(address.local());
    [
        format!("https://openpgpkey.{domain}/.well-known/openpgpkey/{domain}/hu/{name}?l={local}"),
        format!("https://{domain}/.well-known/openpgpkey/hu/{name}?l={local}"),
    ]
}

fn form_encoded(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
    text.bytes()
        .map(|octet| {
            if plain(octet) {
                char::from(octet).to_string()
            } else {
                format!("%{octet:02X}")
            }
        })
        .collect()
}

/// Where a key server that speaks the VKS interface (keys.openpgp.org) is asked for the key of an address.
pub fn server_search(server: &str, address: &Address) -> String {
    format!("https://{server}/vks/v1/by-email/{}", form_encoded(address.as_str()))
}

/// The name of the OPENPGPKEY record of an address (RFC 7929 section 3): the first 28 octets of the SHA-256 of the
/// local part.
pub fn dane_name(address: &Address) -> String {
    let hash = digest::digest(&digest::SHA256, address.local().as_bytes());
    let label: String = hash.as_ref().iter().take(28).map(|octet| format!("{octet:02x}")).collect();
    format!("{label}._openpgpkey.{}", address.domain())
}

impl Certificate {
    /// The small form that is given to others: the names with this address and what is in use, each with its
    /// newest statement, what was taken back, and nothing by anybody else.
    pub fn minimal(&self, address: &Address, at: Time) -> Self {
        let mut key = self.clone().proven().0;
        let judged = policy::judge(&key, at, at);
        key.details.user_attributes.clear();
        newest(&mut key.details.direct_signatures, SignatureType::KeyRevocation);
        key.details.users.retain(|user| {
            let name = user.id.as_str().unwrap_or_default().to_owned();
            policy::addresses(&[name]).contains(address)
        });
        for user in &mut key.details.users {
            newest(&mut user.signatures, SignatureType::CertRevocation);
        }
        let mut index = 0;
        key.public_subkeys.retain(|_| {
            index += 1;
            judged.encrypts.first() == Some(&index) || judged.signs.get(index).is_some_and(Result::is_ok)
        });
        for subkey in &mut key.public_subkeys {
            newest(&mut subkey.signatures, SignatureType::SubkeyRevocation);
        }
        Self(key)
    }
}

/// Keeps the newest of the statements that are not of this kind, and all that are.
fn newest(signatures: &mut Vec<pgp::packet::Signature>, revocation: SignatureType) {
    let last = signatures
        .iter()
        .filter(|signature| signature.typ() != Some(revocation))
        .filter_map(pgp::packet::Signature::created)
        .max();
    signatures.retain(|signature| signature.typ() == Some(revocation) || signature.created() == last);
}
