//! Keys that a message carries as files: alone, or on the card of a person (RFC 6350 section 6.8.1).
//!
//! What is found is only carried: whose it is and whether it counts is `service::keyring`'s. Deliberately absent: keys in
//! the text itself, which is shown as it is.

use super::{
    Message, READ,
    openpgp::file_name,
    tree::{self, Part},
};
use crate::codec::{pgp::armor, vcard};

/// Keys of one message that are looked at.
const MOST: usize = 10;

/// Octets of a file that is looked into: what is longer is nobody's key.
const MAX_FILE: usize = 1024 * 1024;

/// Whether a file of this type and name may carry a key. What is in it is not looked at.
pub fn may_carry_key(media_type: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = |ending: &str| name.ends_with(ending);
    match media_type {
        "application/pgp-keys" | "text/vcard" | "text/x-vcard" | "text/directory" => true,
        // A signature that stands apart has a name like a key's.
        "application/pgp-signature" | "application/pgp-encrypted" => false,
        _ => ends(".asc") || ends(".key") || ends(".vcf"),
    }
}

/// The keys of such files: their octets, armored or not, at most ten, of files of at most 1 MiB.
pub fn carried_keys(raw: &[u8]) -> Vec<Vec<u8>> {
    let raw = tree::with_lines(raw);
    let message = Message {
        tree: tree::walk(&raw, READ),
        raw: &raw,
    };
    let mut found = Vec::new();
    for part in message.tree.parts.iter().filter(|part| !part.is_multipart()) {
        if found.len() < MOST {
            found.extend(of_part(&message, part));
        }
    }
    found.truncate(MOST);
    found
}

fn of_part(message: &Message<'_>, part: &Part) -> Vec<Vec<u8>> {
    let kind = part.content_type.media_type.as_str();
    if !may_carry_key(kind, &file_name(message, part)) {
        return Vec::new();
    }
    let octets = message.octets(part).0;
    if octets.len() > MAX_FILE {
        return Vec::new();
    }
    let alone = kind == "application/pgp-keys" || armor::find(&octets).iter().any(|block| block.kind == armor::Kind::Key);
    if alone {
        return vec![octets.into_owned()];
    }
    vcard::read(&octets).cards.into_iter().flat_map(|found| found.keys).collect()
}
