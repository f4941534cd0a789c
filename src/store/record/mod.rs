//! The shape of what the tables hold: a version, a hash, a body.
//!
//! The body is postcard (compact, specified, stable). A new version is a new struct beside the old one
//! and a `From`; an old record is read for ever. The hash covers the table, the key, the version and
//! the body: an octet that flipped, or a record that lies under another's key, is an error and never a
//! wrong answer (redb alone can return a flipped value without a word).

mod announcing;
mod authenticated;
mod backup;
mod contacts;
mod danger;
mod devices;
mod door;
mod drafts;
mod filed;
mod first_run;
mod keys;
mod mailboxes;
mod nuisance;
mod outbox;
mod preferences;
mod proof;
mod push;
mod readable;
mod report;
mod returned;
mod seen_way;
mod sending;
mod shapes;
mod sign_in;
mod spam;
mod spooled;
mod standing;
mod strict;
mod tls_report;
mod updates;
mod views;
mod world;

pub use announcing::Announcing;
pub use authenticated::Authenticated;
pub use backup::Backup;
pub use contacts::{Contact, Stands};
pub use danger::Looked;
pub use devices::{Device, Entry, Notice};
pub use door::Caller;
pub use drafts::{Draft, Sent, Upload};
pub use filed::{Example, Filed, Rule, Tag, Weighed, Word};
pub use first_run::FirstRun;
pub use keys::{Held, Opening, OwnKey, PeerKeys, SignedBy, Source};
pub use mailboxes::{Mailbox, Secret as MailboxSecret};
pub use nuisance::Troubled;
pub use outbox::{Delivery, Octets as SentOctets};
pub use preferences::{KEPT as KEPT_DAYS, KEPT_AT_MOST, Preferred, Progress};
pub use push::{PushKey, Subscription};
pub use readable::readable;
pub use report::Report;
pub use returned::Returned;
pub use seen_way::SeenWay;
pub use sending::{Met, Sending};
pub use shapes::{Arrived, Discussion, Job, Message, Person, Proof, Ratchet};
pub use sign_in::{Passkey, SignIn, Totp};
pub use spam::{Judged, Lesson};
pub use spooled::{Spooled, Unspooled};
pub use standing::{Authority, Checked, NextSeen, OwnPolicy, Standing};
pub use strict::{Failed, Remembered, Strictness};
pub use tls_report::{TlsDay, TlsGiven, TlsPlace};
pub use updates::Updates;
pub use views::View;
pub use world::{PeerBox, Published, World};

use super::Error;
use aws_lc_rs::digest;
use serde::{Serialize, de::DeserializeOwned};

/// Octets of the hash that are kept.
const HASH: usize = 8;

/// A value that can be a record.
pub trait Record: Serialize + DeserializeOwned {
    /// The table it lies in, for the hash.
    const TABLE: &'static str;
    /// Its newest version.
    const VERSION: u8;

    /// Reads an older version than [`Record::VERSION`].
    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        let _ = (version, body);
        Err(Error::Damaged)
    }

    /// The record as octets.
    fn encode(&self, key: u64) -> Result<Vec<u8>, Error> {
        let body = postcard::to_stdvec(self).map_err(|_| Error::Damaged)?;
        let mut out = Vec::with_capacity(1 + HASH + body.len());
        out.push(Self::VERSION);
        out.extend_from_slice(&hash(Self::TABLE, key, Self::VERSION, &body));
        out.extend_from_slice(&body);
        Ok(out)
    }

    /// The record of these octets.
    fn decode(key: u64, octets: &[u8]) -> Result<Self, Error> {
        let (&version, rest) = octets.split_first().ok_or(Error::Damaged)?;
        let (kept, body) = rest.split_at_checked(HASH).ok_or(Error::Damaged)?;
        if kept != hash(Self::TABLE, key, version, body) {
            return Err(Error::Damaged);
        }
        if version == Self::VERSION {
            postcard::from_bytes(body).map_err(|_| Error::Damaged)
        } else {
            Self::read_older(version, body)
        }
    }
}

/// Reads a body under this version as every kind of record, for the fuzzer: the hash is made to be right,
/// because it does not stand against whoever has the key. Says how many kinds it can be.
#[doc(hidden)]
pub fn probe(version: u8, body: &[u8]) -> usize {
    fn reads<R: Record>(version: u8, body: &[u8]) -> bool {
        let hash = hash(R::TABLE, 1, version, body);
        R::decode(1, &[&[version], hash.as_slice(), body].concat()).is_ok()
    }
    let kinds = [
        reads::<Message>(version, body),
        reads::<Discussion>(version, body),
        reads::<Contact>(version, body),
        reads::<Stands>(version, body),
        reads::<Job>(version, body),
        reads::<Proof>(version, body),
        reads::<Delivery>(version, body),
        reads::<Returned>(version, body),
        reads::<Filed>(version, body),
        reads::<Caller>(version, body),
    ];
    kinds.into_iter().filter(|reads| *reads).count()
}

fn hash(table: &str, key: u64, version: u8, body: &[u8]) -> [u8; HASH] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(table.as_bytes());
    context.update(&[0, version]);
    context.update(&key.to_le_bytes());
    context.update(body);
    let mut out = [0; HASH];
    out.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// SHA-256, for the octets of a whole message.
pub fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut()
        .zip(digest::digest(&digest::SHA256, octets).as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_octet_or_a_wrong_key_is_an_error() {
        let contact = Contact {
            name: "Bob".into(),
            addresses: vec!["bob@x.test".into()],
            ..Contact::default()
        };
        let octets = contact.encode(7).unwrap();
        assert_eq!(Contact::decode(7, &octets).unwrap(), contact);
        assert!(matches!(Contact::decode(8, &octets), Err(Error::Damaged)));
        for at in 0..octets.len() {
            let mut flipped = octets.clone();
            flipped[at] ^= 4;
            assert!(matches!(Contact::decode(7, &flipped), Err(Error::Damaged)), "octet {at}");
        }
        for len in 0..octets.len() {
            assert!(Contact::decode(7, &octets[..len]).is_err());
        }
    }
}
