//! What is in a zip archive (PKWARE APPNOTE 6.3): names, and the octets of one entry, with limits.
//!
//! The list is the union of the central directory and of the local headers, because programs disagree on
//! which of them counts, and an archive may be made to show each reader something else. Only stored and
//! deflated entries are unpacked; the others are known by name.

use super::octets::{holds, size_at, slice, u16_at, u32_at};
use flate2::read::DeflateDecoder;
use std::{collections::HashSet, io::Read};

/// Entries that are listed.
const MOST: usize = 10_000;
/// Octets of the longest name.
const LONGEST_NAME: usize = 1_024;

/// One file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name with folders.
    pub name: String,
    /// Whether it needs a password.
    pub locked: bool,
    /// Octets in the archive.
    pub packed: u64,
    /// Octets unpacked, as it says.
    pub size: u64,
    method: u16,
    /// Where its local header is.
    at: usize,
}

/// What is in an archive.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub entries: Vec<Entry>,
    /// There are more than will be listed.
    pub more: bool,
}

/// Lists an archive; an empty list where it is none. Linear.
pub(super) fn list(bytes: &[u8]) -> Listing {
    let mut listing = Listing::default();
    central(bytes, &mut listing);
    let known: HashSet<usize> = listing.entries.iter().map(|entry| entry.at).collect();
    for at in memchr::memmem::find_iter(bytes, b"PK\x03\x04") {
        if known.contains(&at) {
            continue;
        }
        if listing.entries.len() >= MOST {
            listing.more = true;
            break;
        }
        listing.entries.extend(local(bytes, at));
    }
    listing
}

/// The end of the central directory, and from there its entries.
fn central(bytes: &[u8], listing: &mut Listing) -> Option<()> {
    // The end record has 22 octets and a comment of at most 65,535.
    let from = bytes.len().saturating_sub(22 + 65_535);
    let end = from + memchr::memmem::rfind(bytes.get(from..)?, b"PK\x05\x06")?;
    let (size, offset) = (size_at(bytes, end + 12)?, size_at(bytes, end + 16)?);
    // Something may stand before the archive, and its own offsets do not count it.
    let begin = end.saturating_sub(size);
    let shift = begin.saturating_sub(offset);
    let mut at = begin;
    while bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        if listing.entries.len() >= MOST {
            listing.more = true;
            return None;
        }
        let lengths = [28, 30, 32].map(|field| u16_at(bytes, at + field).map(usize::from));
        let [Some(name), Some(extra), Some(comment)] = lengths else {
            return None;
        };
        listing.entries.push(Entry {
            name: text(slice(bytes, at + 46, name)?),
            locked: u16_at(bytes, at + 8)? & 1 == 1,
            method: u16_at(bytes, at + 10)?,
            packed: u32_at(bytes, at + 20)?.into(),
            size: u32_at(bytes, at + 24)?.into(),
            at: size_at(bytes, at + 42)?.checked_add(shift)?,
        });
        at += 46 + name + extra + comment;
    }
    Some(())
}

/// An entry by its local header; `None` where the four octets were there by chance.
fn local(bytes: &[u8], at: usize) -> Option<Entry> {
    let name = usize::from(u16_at(bytes, at + 26)?);
    let (version, method) = (u16_at(bytes, at + 4)?, u16_at(bytes, at + 8)?);
    if version & 0xff > 63 || method > 99 || name == 0 || name > LONGEST_NAME {
        return None;
    }
    Some(Entry {
        name: text(slice(bytes, at + 30, name)?),
        locked: u16_at(bytes, at + 6)? & 1 == 1,
        method,
        packed: u32_at(bytes, at + 18)?.into(),
        size: u32_at(bytes, at + 22)?.into(),
        at,
    })
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name.get(..LONGEST_NAME).unwrap_or(name)).into_owned()
}

/// The octets of an entry, at most so many. `None` where it cannot be unpacked.
pub(super) fn unpack(bytes: &[u8], entry: &Entry, most: usize) -> Option<Vec<u8>> {
    if entry.locked || !bytes.get(entry.at..)?.starts_with(b"PK\x03\x04") {
        return None;
    }
    let name = usize::from(u16_at(bytes, entry.at + 26)?);
    let extra = usize::from(u16_at(bytes, entry.at + 28)?);
    let rest = bytes.get(entry.at.checked_add(30 + name + extra)?..)?;
    // Where a length follows the data, only the central directory has it; deflate ends by itself.
    let packed = usize::try_from(entry.packed)
        .ok()
        .filter(|packed| *packed > 0)
        .unwrap_or(rest.len());
    let data = rest.get(..packed).unwrap_or(rest);
    match entry.method {
        0 => Some(data.get(..most).unwrap_or(data).to_vec()),
        8 => Some(inflate(data, most)),
        _ => None,
    }
}

/// Raw deflate (RFC 1951), as far as it goes and at most so many octets.
pub(super) fn inflate(data: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    // What is broken in the middle is looked at up to there.
    let _ = DeflateDecoder::new(data).take(most as u64).read_to_end(&mut out);
    out
}

/// Whether these octets begin a zip archive, or hold one behind a program that unpacks it.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") || {
        let from = bytes.len().saturating_sub(22 + 65_535);
        bytes.get(from..).is_some_and(|end| holds(end, b"PK\x05\x06")) && holds(bytes, b"PK\x01\x02")
    }
}
