//! Reading a message (RFC 5322, RFC 2045 and what people really send). `mail-parser` lives here only.

use crate::domain::message::Reading;

pub mod received;

/// Whether a message has more parts, or deeper ones, than will be read. Linear in its octets.
pub fn is_too_complex(_raw: &[u8]) -> bool {
    false
}

/// Reads the bytes of one message. Never fails and never panics; what was odd is in `defects`.
pub fn read(_raw: &[u8]) -> Reading {
    Reading::default()
}

/// The decoded octets of one part by the number that [`read`] gave it.
pub fn part(_raw: &[u8], _part: u32) -> Option<Vec<u8>> {
    None
}

/// The header block of a message as it came, up to the empty line, as text (invalid UTF-8 replaced).
pub fn header_block(_raw: &[u8]) -> String {
    String::new()
}
