//! A notice that came back about a sent message, as a record.

use super::{super::Error, Record};
use serde::{Deserialize, Serialize};

/// Octets of a notice that are kept; what is longer is the copy of the message itself.
const MOST: usize = 128 * 1024;

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// When it came.
    pub at: i64,
    /// From which address.
    pub peer: std::net::IpAddr,
    size: u32,
    packed: Vec<u8>,
}

impl Record for Returned {
    const TABLE: &'static str = "returned";
    const VERSION: u8 = 1;
}

impl Returned {
    /// The record of a notice.
    pub fn of(at: i64, peer: std::net::IpAddr, raw: &[u8]) -> Result<Self, Error> {
        let raw = raw.get(..raw.len().min(MOST)).unwrap_or_default();
        Ok(Self {
            at,
            peer,
            size: raw.len() as u32,
            packed: zstd::bulk::compress(raw, 3).map_err(Error::io)?,
        })
    }

    /// The notice as it came.
    pub fn octets(&self) -> Result<Vec<u8>, Error> {
        zstd::bulk::decompress(&self.packed, self.size as usize).map_err(|_| Error::Damaged)
    }
}
