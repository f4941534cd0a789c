//! What is sealed into the spool: the arrival and the message, in one piece.

use super::{super::Error, Arrived};
use crate::domain::transport::Arrival;

/// Its version, in front.
const VERSION: u8 = 1;

/// An arrival and its message as octets: version, length of the arrival, arrival, message.
pub struct Spooled;

impl Spooled {
    /// The octets to seal, packed: what is sealed cannot be packed any more.
    pub fn encode(arrival: &Arrival, raw: &[u8]) -> Result<Vec<u8>, Error> {
        let head = postcard::to_stdvec(&Arrived::of(arrival)).map_err(|_| Error::Damaged)?;
        let length = u32::try_from(head.len()).map_err(|_| Error::Damaged)?;
        let size = u32::try_from(raw.len()).map_err(|_| Error::Damaged)?;
        let packed = zstd::bulk::compress(raw, 3).map_err(Error::io)?;
        Ok([&[VERSION], length.to_le_bytes().as_slice(), &size.to_le_bytes(), &head, &packed].concat())
    }

    /// What was sealed.
    pub fn decode(clear: &[u8]) -> Result<(Arrival, Vec<u8>), Error> {
        let (version, rest) = clear.split_first().ok_or(Error::Damaged)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Error::Damaged)?;
        let (size, rest) = rest.split_first_chunk().ok_or(Error::Damaged)?;
        let (head, packed) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(Error::Damaged)?;
        if *version != VERSION {
            return Err(Error::Damaged);
        }
        let arrived: Arrived = postcard::from_bytes(head).map_err(|_| Error::Damaged)?;
        let raw = zstd::bulk::decompress(packed, u32::from_le_bytes(*size) as usize).map_err(|_| Error::Damaged)?;
        Ok((arrived.arrival(), raw))
    }
}
