//! The `Autocrypt` header (Autocrypt Level 1, sections 2.1 and 2.3): reading and writing. What is remembered of it
//! and what follows from it is `domain::autocrypt`'s.

use super::{Certificate, armor};
use crate::{codec::base64url, domain::address::Address};

/// Octets of a header that are read; the standard asks for keys of at most 10 KiB.
const MAX_HEADER: usize = 64 * 1024;

/// What one header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whose key it is.
    pub address: Address,
    /// Whether they like to receive encrypted mail (`prefer-encrypt=mutual`).
    pub mutual: bool,
    /// The key.
    pub key: Certificate,
}

/// Reads the value of a header. `None` where it is not valid: an attribute is missing, twice there, or unknown and
/// does not begin with `_`, or the key is none.
pub fn parse(value: &[u8]) -> Option<Header> {
    if value.len() > MAX_HEADER {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let (mut address, mut mutual, mut key) = (None, None, None);
    for attribute in text.split(';') {
        let attribute = attribute.trim();
        if attribute.is_empty() {
            continue;
        }
        // The key is the last attribute: nothing may follow it.
        if key.is_some() {
            return None;
        }
        let (name, value) = attribute.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "addr" if address.is_none() => address = Some(Address::parse(value).ok()?),
            "prefer-encrypt" if mutual.is_none() => mutual = Some(value.trim() == "mutual"),
            "keydata" => key = Some(Certificate::read(&armor::base64(value.bytes())?).ok()?),
            name if name.starts_with('_') => (),
            _ => return None,
        }
    }
    Some(Header {
        address: address?,
        mutual: mutual.unwrap_or(false),
        key: key?,
    })
}

/// The one header that counts of those of a message from this author: where several are valid, none does (section
/// 2.3). The address in it is the author's.
pub fn of_message<'a>(values: impl Iterator<Item = &'a [u8]>, author: &Address) -> Option<Header> {
    let mut valid = values.take(8).filter_map(parse).filter(|header| header.address == *author);
    let header = valid.next()?;
    valid.next().is_none().then_some(header)
}

/// The value of our header for an address, folded so that no line is longer than 78 characters. The key should be
/// minimal ([`Certificate::minimal`]).
pub fn value(address: &Address, mutual: bool, key: &Certificate) -> String {
    let prefer = if mutual { " prefer-encrypt=mutual;" } else { "" };
    let mut out = format!("addr={address};{prefer} keydata=");
    let digits = base64url::plain(&key.octets());
    for line in digits.as_bytes().chunks(76) {
        out.push_str("\r\n ");
        out.extend(line.iter().map(|digit| char::from(*digit)));
    }
    out
}
