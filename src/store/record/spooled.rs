//! What is sealed into the spool: the arrival and the message, in one piece.

use super::{super::Error, Arrived};
use crate::domain::transport::Arrival;

/// Its version, in front.
const VERSION: u8 = 1;
/// Octets that a message may unfold into. Whoever has the public sealing key, which lies in clear, can seal
/// what they like.
const MOST: usize = 64 * 1024 * 1024;

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
        let size = u32::from_le_bytes(*size) as usize;
        if *version != VERSION || size > MOST {
            return Err(Error::Damaged);
        }
        let arrived: Arrived = postcard::from_bytes(head).map_err(|_| Error::Damaged)?;
        let raw = zstd::bulk::decompress(packed, size).map_err(|_| Error::Damaged)?;
        if raw.len() != size {
            return Err(Error::Damaged);
        }
        Ok((arrived.arrival(), raw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Time;

    #[test]
    fn what_says_that_it_is_huge_is_not_made_room_for() {
        let arrival = Arrival {
            at: Time(1),
            peer: [192, 0, 2, 1].into(),
            helo: "a.test".into(),
            mail_from: None,
            rcpt_to: vec!["me@home.test".into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        let clear = Spooled::encode(&arrival, b"word").unwrap();
        assert_eq!(Spooled::decode(&clear).unwrap().1, b"word");
        let mut huge = clear.clone();
        huge[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(Spooled::decode(&huge), Err(Error::Damaged)));
        for len in 0..clear.len() {
            assert!(Spooled::decode(&clear[..len]).is_err(), "{len}");
        }
    }
}
