//! What is sealed into the spool: the arrival, what was found about the sender, and the message, in one piece.

use super::{super::Error, Arrived, Authenticated};
use crate::domain::{authentication::Authentication, transport::Arrival};

/// Its version, in front. 1 had only the arrival before the message.
const VERSION: u8 = 2;
/// Octets that a message may unfold into. Whoever has the public sealing key, which lies in clear, can seal
/// what they like.
const MOST: usize = 64 * 1024 * 1024;

/// An arrival and its message as octets: version, length of the head, size of the message, head, message.
pub struct Spooled;

/// What was in the spool.
pub type Unspooled = (Arrival, Option<Authentication>, Vec<u8>);

impl Spooled {
    /// The octets to seal, packed: what is sealed cannot be packed any more.
    pub fn encode(arrival: &Arrival, found: &Authentication, raw: &[u8]) -> Result<Vec<u8>, Error> {
        let head = (Arrived::of(arrival), Authenticated::of(found));
        let head = postcard::to_stdvec(&head).map_err(|_| Error::Damaged)?;
        Self::whole(VERSION, &head, raw)
    }

    fn whole(version: u8, head: &[u8], raw: &[u8]) -> Result<Vec<u8>, Error> {
        let length = u32::try_from(head.len()).map_err(|_| Error::Damaged)?;
        let size = u32::try_from(raw.len()).map_err(|_| Error::Damaged)?;
        let packed = zstd::bulk::compress(raw, 3).map_err(Error::io)?;
        Ok([&[version], length.to_le_bytes().as_slice(), &size.to_le_bytes(), head, &packed].concat())
    }

    /// What was sealed.
    pub fn decode(clear: &[u8]) -> Result<Unspooled, Error> {
        let (version, rest) = clear.split_first().ok_or(Error::Damaged)?;
        let (length, rest) = rest.split_first_chunk().ok_or(Error::Damaged)?;
        let (size, rest) = rest.split_first_chunk().ok_or(Error::Damaged)?;
        let (head, packed) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(Error::Damaged)?;
        let (arrived, found): (Arrived, Option<Authenticated>) = match *version {
            1 => (postcard::from_bytes(head).map_err(|_| Error::Damaged)?, None),
            VERSION => {
                let (arrived, found) = postcard::from_bytes(head).map_err(|_| Error::Damaged)?;
                (arrived, Some(found))
            }
            _ => return Err(Error::Damaged),
        };
        let size = u32::from_le_bytes(*size) as usize;
        if size > MOST {
            return Err(Error::Damaged);
        }
        let raw = zstd::bulk::decompress(packed, size).map_err(|_| Error::Damaged)?;
        if raw.len() != size {
            return Err(Error::Damaged);
        }
        Ok((arrived.arrival(), found.as_ref().map(Authenticated::authentication), raw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{authentication::Outcome, time::Time};

    #[test]
    fn what_was_spooled_comes_back_also_from_before() {
        let arrival = Arrival {
            at: Time(7),
            peer: [192, 0, 2, 1].into(),
            helo: "x".into(),
            mail_from: None,
            rcpt_to: vec!["me@home.test".into()],
            tls: None,
            extended: true,
            utf8: false,
        };
        let mut found = Authentication::default();
        found.spf.outcome = Outcome::Pass;
        let octets = Spooled::encode(&arrival, &found, b"message").unwrap();
        assert_eq!(
            Spooled::decode(&octets).unwrap(),
            (arrival.clone(), Some(found), b"message".to_vec())
        );
        let head = postcard::to_stdvec(&Arrived::of(&arrival)).unwrap();
        let before = Spooled::whole(1, &head, b"message").unwrap();
        assert_eq!(Spooled::decode(&before).unwrap(), (arrival, None, b"message".to_vec()));
        assert!(Spooled::decode(&Spooled::whole(3, &head, b"message").unwrap()).is_err());
    }

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
        let clear = Spooled::encode(&arrival, &Authentication::default(), b"word").unwrap();
        assert_eq!(Spooled::decode(&clear).unwrap().2, b"word");
        let mut huge = clear.clone();
        huge[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(Spooled::decode(&huge), Err(Error::Damaged)));
        for len in 0..clear.len() {
            assert!(Spooled::decode(&clear[..len]).is_err(), "{len}");
        }
    }
}
