//! OpenPGP keys and what opening messages showed, as records.

use super::{super::Error, Record};
use crate::domain::{
    autocrypt::Peer,
    fact::Fact,
    openpgp::{Covers, Differs, Field, Fingerprint, NotOpened, Outside, Signed, Unusable, Worth},
    privacy::evidence::Encryption,
    time::Time,
};
use serde::{Deserialize, Serialize};

/// One of the owner's keys. Its octets are secret; the vault that they lie in is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnKey {
    /// The address that it is for.
    pub address: String,
    /// The key with its secret parts, as `codec::pgp` writes it.
    pub secret: Vec<u8>,
    /// Whether it is the one in use for its address; the others only open old mail.
    pub current: bool,
    /// Whether the box made it, and so keeps it young.
    pub made: bool,
    /// When it came here.
    pub since: i64,
    /// When it was last saved as a file by the owner; 0 is never.
    pub saved: i64,
}

impl std::fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnKey").field("current", &self.current).finish_non_exhaustive()
    }
}

impl Record for OwnKey {
    const TABLE: &'static str = "own_keys";
    const VERSION: u8 = 1;
}

/// Where a key came from. The numbers stand in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Somebody else passed it on.
    Gossip = 0,
    /// It lay beside a message as a file.
    Attached = 1,
    /// An `Autocrypt` header.
    Autocrypt = 2,
    /// The Web Key Directory of their domain.
    Wkd = 3,
    /// The owner brought it.
    Owner = 4,
    /// The DNS of their domain, signed (RFC 7929).
    Dns = 5,
    /// A key server that the owner asked.
    Server = 6,
}

impl Source {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 7] = [
        Self::Gossip,
        Self::Attached,
        Self::Autocrypt,
        Self::Wkd,
        Self::Owner,
        Self::Dns,
        Self::Server,
    ];

    /// How good a source is, the best highest.
    pub fn rank(self) -> u8 {
        match self {
            Self::Gossip => 0,
            Self::Attached => 1,
            Self::Autocrypt => 2,
            Self::Server => 3,
            Self::Dns => 4,
            Self::Wkd => 5,
            Self::Owner => 6,
        }
    }
}

/// One key of somebody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its fingerprint.
    pub print: Vec<u8>,
    /// The short identities of its parts.
    pub ids: Vec<u64>,
    /// The certificate.
    pub octets: Vec<u8>,
    /// Where it came from first, and best.
    source: u8,
    /// Whether somebody that can be believed says that it is theirs: their domain, or a message that was
    /// authenticated.
    pub vouched: bool,
    /// When it was first seen.
    pub since: i64,
    /// When it was last seen.
    pub last: i64,
    /// When the owner compared it; 0 is never, and less than that when they found that it differs.
    pub verified: i64,
}

impl Held {
    /// A key that comes from there.
    pub fn from(source: Source) -> Self {
        Self {
            source: source as u8,
            ..Self::default()
        }
    }

    /// Where it came from.
    pub fn source(&self) -> Source {
        Source::ALL.get(usize::from(self.source)).copied().unwrap_or(Source::Gossip)
    }

    /// Whether the owner found that it is not theirs: it is kept so that it is known when it comes again.
    pub fn is_refused(&self) -> bool {
        self.verified < 0
    }

    /// A better source stays.
    pub fn comes_from(&mut self, source: Source) {
        if source.rank() > self.source().rank() {
            self.source = source as u8;
        }
    }

    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(&self.print)
    }
}

/// What is known of the keys of an address. Autocrypt's keys are named by fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerKeys {
    /// The newest message from it.
    pub seen: Option<i64>,
    /// The newest message with an `Autocrypt` header.
    pub told: Option<i64>,
    /// The key of that header.
    pub key: Option<Vec<u8>>,
    /// Whether it likes encrypted mail.
    pub mutual: bool,
    /// The newest message in which somebody passed its key on.
    pub gossip_told: Option<i64>,
    /// The key that was passed on.
    pub gossip: Option<Vec<u8>>,
    /// Who passed it on.
    pub gossip_by: String,
    /// When their domain was last asked for their key; 0 is never.
    pub asked: i64,
    /// The keys.
    pub keys: Vec<Held>,
}

impl Record for PeerKeys {
    const TABLE: &'static str = "peer_keys";
    const VERSION: u8 = 1;
}

impl PeerKeys {
    /// The same as Autocrypt sees it.
    pub fn peer(&self) -> Peer {
        Peer {
            last_seen: self.seen.map(Time),
            told: self.told.map(Time),
            key: self.key.clone(),
            mutual: self.mutual,
            gossip_told: self.gossip_told.map(Time),
            gossip: self.gossip.clone(),
        }
    }

    /// Takes over what Autocrypt made of it.
    pub fn take(&mut self, peer: Peer) {
        self.seen = peer.last_seen.map(|at| at.0);
        self.told = peer.told.map(|at| at.0);
        self.key = peer.key;
        self.mutual = peer.mutual;
        self.gossip_told = peer.gossip_told.map(|at| at.0);
        self.gossip = peer.gossip;
    }

    /// A key by its fingerprint.
    pub fn held(&self, print: &[u8]) -> Option<&Held> {
        self.keys.iter().find(|key| key.print == print)
    }
}

/// One signature and its worth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedBy {
    /// Whether it covers the whole message.
    pub whole: bool,
    /// 0 good, 1 out of order, 2 broken, 3 weak hash, 4 no key, 5 unreadable.
    worth: u8,
    /// Why it is out of order: 0 revoked, 1 expired, 2 weak, 3 unbound, 4 no part, 5 not yet.
    why: u8,
    /// The fingerprint of its key, where it is here.
    pub print: Vec<u8>,
    /// Whose key that is; empty where nobody's.
    pub who: String,
    /// When it says it was made.
    pub at: Option<i64>,
    /// The short identity that it names.
    pub issuer: u64,
}

impl SignedBy {
    /// Of a signature; `who` says whose a key is.
    pub fn of(covers: Covers, signed: &Signed, who: impl Fn(&Fingerprint) -> Option<String>) -> Self {
        let (worth, why, print) = match &signed.worth {
            Worth::Good(print) => (0, 0, Some(print)),
            Worth::Disordered(print, why) => {
                let why = match why {
                    Unusable::Revoked => 0,
                    Unusable::Expired(_) => 1,
                    Unusable::Weak => 2,
                    Unusable::Unbound => 3,
                    Unusable::NoPart => 4,
                    Unusable::NotYet => 5,
                };
                (1, why, Some(print))
            }
            Worth::Broken(print) => (2, 0, Some(print)),
            Worth::WeakHash => (3, 0, None),
            Worth::NoKey => (4, 0, None),
            Worth::Unreadable => (5, 0, None),
        };
        Self {
            whole: covers == Covers::Whole,
            worth,
            why,
            who: print.and_then(who).unwrap_or_default(),
            print: print.map(|print| print.octets().to_vec()).unwrap_or_default(),
            at: signed.at.map(|at| at.0),
            issuer: signed.issuer,
        }
    }

    /// What it was worth when it was looked at.
    pub fn worth(&self) -> Worth {
        let print = Fingerprint::new(&self.print);
        match self.worth {
            0 => Worth::Good(print),
            1 => Worth::Disordered(
                print,
                match self.why {
                    0 => Unusable::Revoked,
                    1 => Unusable::Expired(Time(self.at.unwrap_or_default())),
                    2 => Unusable::Weak,
                    3 => Unusable::Unbound,
                    4 => Unusable::NoPart,
                    _ => Unusable::NotYet,
                },
            ),
            2 => Worth::Broken(print),
            3 => Worth::WeakHash,
            4 => Worth::NoKey,
            _ => Worth::Unreadable,
        }
    }
}

/// What opening a message showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// How much was encrypted: 0 not known, 1 nothing, 2 a part, 3 inline, 4 the whole body.
    encryption: u8,
    /// Why something was not opened, from 1; 0 is nothing.
    failed: u8,
    /// Whether the subject was inside.
    pub subject: bool,
    /// The signatures.
    pub signatures: Vec<SignedBy>,
    /// Keys that came with it as files and are not known yet: their fingerprints.
    pub carried: Vec<Vec<u8>>,
    /// Octets of the message as it is shown; 0 where it is shown as it came.
    pub size: u64,
    /// Octets of it packed.
    pub packed: u64,
    /// The first half of the SHA-256 of the message as it is shown.
    pub hash: [u8; 16],
    /// Fields that said something else outside: which, how it came (0 the sender hid it, 1 it was changed on the way,
    /// 2 nobody says), and what stood there.
    outside: Vec<(u8, u8, String)>,
}

/// As version 1 had it.
#[derive(Deserialize)]
struct Opening1 {
    encryption: u8,
    failed: u8,
    subject: bool,
    signatures: Vec<SignedBy>,
    carried: Vec<Vec<u8>>,
    size: u64,
    packed: u64,
    hash: [u8; 16],
}

impl Record for Opening {
    const TABLE: &'static str = "openings";
    const VERSION: u8 = 2;

    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        if version != 1 {
            return Err(Error::Damaged);
        }
        let old: Opening1 = postcard::from_bytes(body).map_err(|_| Error::Damaged)?;
        Ok(Self {
            encryption: old.encryption,
            failed: old.failed,
            subject: old.subject,
            signatures: old.signatures,
            carried: old.carried,
            size: old.size,
            packed: old.packed,
            hash: old.hash,
            outside: Vec::new(),
        })
    }
}

const FAILURES: [NotOpened; 6] = [
    NotOpened::NoKey,
    NotOpened::NoIntegrity,
    NotOpened::Damaged,
    NotOpened::TooMuch,
    NotOpened::Password,
    NotOpened::Unreadable,
];

impl Opening {
    /// The record of this, without the message itself.
    pub fn of(encryption: Fact<Encryption>, failed: Option<NotOpened>, subject: bool, signatures: Vec<SignedBy>) -> Self {
        Self {
            encryption: match encryption {
                Fact::Unknown => 0,
                Fact::Known(Encryption::None) => 1,
                Fact::Known(Encryption::Part) => 2,
                Fact::Known(Encryption::Inline) => 3,
                Fact::Known(Encryption::Whole) => 4,
            },
            failed: failed
                .and_then(|why| FAILURES.iter().position(|one| *one == why))
                .map_or(0, |at| at as u8 + 1),
            subject,
            signatures,
            ..Self::default()
        }
    }

    /// With the fields that said something else outside.
    #[must_use]
    pub fn with_outside(mut self, outside: &[Outside]) -> Self {
        let row = |one: &Outside| (one.field as u8, one.why as u8, one.value.clone());
        self.outside = outside.iter().map(row).collect();
        self
    }

    /// The fields that said something else outside.
    pub fn outside(&self) -> Vec<Outside> {
        let read = |(field, why, value): &(u8, u8, String)| {
            Some(Outside {
                field: Field::ALL.get(usize::from(*field)).copied()?,
                why: Differs::ALL.get(usize::from(*why)).copied()?,
                value: value.clone(),
            })
        };
        self.outside.iter().filter_map(read).collect()
    }

    /// How much was encrypted.
    pub fn encryption(&self) -> Fact<Encryption> {
        match self.encryption {
            1 => Fact::Known(Encryption::None),
            2 => Fact::Known(Encryption::Part),
            3 => Fact::Known(Encryption::Inline),
            4 => Fact::Known(Encryption::Whole),
            _ => Fact::Unknown,
        }
    }

    /// Why something was not opened.
    pub fn failed(&self) -> Option<NotOpened> {
        FAILURES.get(usize::from(self.failed).checked_sub(1)?).copied()
    }
}
