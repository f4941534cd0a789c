//! Today's records. Fields are never reordered: a change is a new version.
//!
//! Evidence is kept as numbers of our own, not as the domain's enums: their order is the meaning of
//! the postcard octets, and domain must stay free to be rearranged.

use super::{super::Error, Authenticated, Record};
use crate::domain::{padlock::Padlock, privacy::evidence::Direction};
use serde::{Deserialize, Serialize};

/// A kept message, as far as lists show it. The rest is read from the raw octets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its discussion.
    pub discussion: u64,
    /// When it was received, or for an imported one when it says it was.
    pub received: i64,
    /// Unread.
    pub unread: bool,
    /// Octets as received.
    pub size: u64,
    /// Octets of its raw chunks together.
    pub packed: u64,
    /// First half of the SHA-256 of the octets as received.
    pub hash: [u8; 16],
    /// The index that it was shown with; `None` is unknown.
    pub index: Option<u8>,
    /// The version of the rules that said so.
    pub rules: u16,
    /// Padlock, 0 (postcard) to 3 (sealed).
    pub padlock: u8,
}

/// Why a message has its index: the evidence and the arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Evidence fields by number, unknown ones absent (`store::vault` maps them).
    pub facts: Vec<(u8, u32)>,
    /// The other participants: address, known, key, index; 255 is unknown.
    pub others: Vec<(String, u8, u8, u8)>,
    /// The arrival, where there was one: at, peer, helo, mail_from, rcpt_to, extended, utf8.
    pub arrival: Option<Arrived>,
    /// What was found about its sender; `None` where nobody looked.
    pub authenticated: Option<Authenticated>,
}

/// What the door saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// When.
    pub at: i64,
    /// From which address.
    pub peer: std::net::IpAddr,
    /// EHLO name.
    pub helo: String,
    /// Envelope sender.
    pub mail_from: Option<String>,
    /// Envelope recipients.
    pub rcpt_to: Vec<String>,
    /// TLS: 1 older, 2 = 1.2, 3 = 1.3; suite; group.
    pub tls: Option<(u8, String, String)>,
    /// EHLO.
    pub extended: bool,
    /// SMTPUTF8.
    pub utf8: bool,
}

/// A discussion: all that its row in the timeline shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discussion {
    /// The key of its participants.
    pub key: String,
    /// The name of the mailing list, where it is one.
    pub list: Option<String>,
    /// Who takes part, the author of the newest message first, at most [`Discussion::PEOPLE`].
    pub people: Vec<Person>,
    /// The subject of the newest message.
    pub subject: String,
    /// First words of the newest message.
    pub excerpt: String,
    /// How many messages.
    pub messages: u32,
    /// How many unread.
    pub unread: u32,
    /// When the newest was received.
    pub last: i64,
    /// Trackers in the newest.
    pub trackers: u32,
    /// Attachments of the newest.
    pub attachments: u32,
    /// Padlock of the newest.
    pub padlock: u8,
    /// The newest ten: received, message, index; oldest first.
    pub newest: Vec<(i64, u64, Option<u8>)>,
    /// What it is held to, by all that is in it.
    pub ratchet: Ratchet,
}

/// What a discussion is held to: as its owner last wrote in it, and where something came end-to-end encrypted since, so.
/// Whichever order its messages are met in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratchet {
    /// The owner's newest message in it: received, message, and its padlock's rung.
    wrote: Option<(i64, u64, u8)>,
    /// The newest that came in an envelope: received, message.
    envelope: Option<(i64, u64)>,
    /// The newest that came sealed.
    sealed: Option<(i64, u64)>,
}

impl Ratchet {
    /// A message is in it: received, which, which way it went, and its padlock's rung.
    pub fn met(&mut self, (received, id): (i64, u64), way: Direction, rung: u8) {
        let came = match (way, Padlock::from_rung(rung)) {
            (Direction::Out, _) => {
                if self.wrote.is_none_or(|(at, before, _)| (at, before) <= (received, id)) {
                    self.wrote = Some((received, id, rung));
                }
                return;
            }
            (Direction::In, Padlock::Envelope) => &mut self.envelope,
            (Direction::In, Padlock::Sealed) => &mut self.sealed,
            _ => return,
        };
        *came = (*came).max(Some((received, id)));
    }

    /// Whether the owner has written in it, and so decided.
    pub fn is_decided(&self) -> bool {
        self.wrote.is_some()
    }

    /// What it is held to.
    pub fn padlock(&self) -> Padlock {
        let since = self.wrote.map(|(at, id, _)| (at, id));
        let wrote = self.wrote.map_or(Padlock::default(), |(.., rung)| Padlock::from_rung(rung));
        let came = if self.sealed > since {
            Padlock::Sealed
        } else if self.envelope > since {
            Padlock::Envelope
        } else {
            Padlock::default()
        };
        wrote.max(came)
    }
}

/// As version 1 had it.
#[derive(Deserialize)]
struct Discussion1 {
    key: String,
    list: Option<String>,
    people: Vec<Person>,
    subject: String,
    excerpt: String,
    messages: u32,
    unread: u32,
    last: i64,
    trackers: u32,
    attachments: u32,
    padlock: u8,
    newest: Vec<(i64, u64, Option<u8>)>,
}

impl Record for Discussion {
    const TABLE: &'static str = "discussions";
    const VERSION: u8 = 2;

    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        if version != 1 {
            return Err(Error::Damaged);
        }
        let old: Discussion1 = postcard::from_bytes(body).map_err(|_| Error::Damaged)?;
        Ok(Self {
            key: old.key,
            list: old.list,
            people: old.people,
            subject: old.subject,
            excerpt: old.excerpt,
            messages: old.messages,
            unread: old.unread,
            last: old.last,
            trackers: old.trackers,
            attachments: old.attachments,
            padlock: old.padlock,
            newest: old.newest,
            ratchet: Ratchet::default(),
        })
    }
}

impl Discussion {
    /// People kept in a record; a list may have thousands.
    pub const PEOPLE: usize = 50;
    /// Messages whose indexes make the discussion's (privacy-index: the newest ten).
    pub const NEWEST: usize = 10;

    /// The index of the discussion: the lowest of its newest ten messages, unknown ones aside.
    pub fn index(&self) -> Option<u8> {
        self.newest.iter().filter_map(|(_, _, index)| *index).min()
    }
}

/// Somebody, with the name that they gave themselves last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Display name.
    pub name: String,
    /// Address.
    pub address: String,
}

/// A job: work that nobody waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// When it is due.
    pub due: i64,
    /// Tries since it last went well.
    pub attempts: u32,
    /// How far it is; what that means is the job's own affair. 0 is the beginning.
    pub cursor: u64,
}

macro_rules! records {
    ($($shape:ty => $table:literal $version:literal),* $(,)?) => {
        $(impl Record for $shape { const TABLE: &'static str = $table; const VERSION: u8 = $version; })*
    };
}

records! {
    Message => "messages" 1,
    Job => "jobs" 1,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: (Direction, u8) = (Direction::In, 0);
    const ENVELOPE: (Direction, u8) = (Direction::In, 2);
    const SEALED: (Direction, u8) = (Direction::In, 3);

    fn held(messages: &[(Direction, u8)]) -> Padlock {
        let numbered: Vec<(u64, (Direction, u8))> = (0..).zip(messages.iter().copied()).collect();
        let mut ratchets = [Ratchet::default(), Ratchet::default()];
        for (id, (way, rung)) in &numbered {
            ratchets[0].met((7, *id), *way, *rung);
        }
        for (id, (way, rung)) in numbered.iter().rev() {
            ratchets[1].met((7, *id), *way, *rung);
        }
        assert_eq!(ratchets[0], ratchets[1], "whichever order they are met in");
        ratchets[0].padlock()
    }

    #[test]
    fn a_discussion_is_held_to_what_was_reached_until_its_owner_lowers_it() {
        let wrote = |rung: u8| (Direction::Out, rung);
        assert_eq!(held(&[]), Padlock::Postcard);
        assert_eq!(held(&[PLAIN, wrote(1)]), Padlock::Mailbag);
        let mut many = vec![SEALED];
        many.extend([PLAIN; 40]);
        assert_eq!(held(&many), Padlock::Sealed, "what only others say lowers nothing");
        assert_eq!(held(&[SEALED, wrote(0), PLAIN]), Padlock::Postcard, "its owner lowered it");
        assert_eq!(held(&[SEALED, wrote(0), ENVELOPE, PLAIN]), Padlock::Envelope);
        assert_eq!(held(&[wrote(2), ENVELOPE, (Direction::Local, 1)]), Padlock::Envelope);
    }

    #[test]
    fn a_row_of_the_first_version_is_read() {
        #[derive(Serialize)]
        struct Old(
            &'static str,
            Option<String>,
            Vec<Person>,
            &'static str,
            &'static str,
            [u32; 2],
            i64,
            [u32; 2],
            u8,
            Vec<(i64, u64, Option<u8>)>,
        );
        let old = Old(
            "with:a",
            None,
            Vec::new(),
            "Hi",
            "there",
            [3, 1],
            9,
            [0, 2],
            2,
            vec![(9, 4, Some(60))],
        );
        let row = Discussion::read_older(1, &postcard::to_stdvec(&old).unwrap()).unwrap();
        assert_eq!((row.key.as_str(), row.messages, row.attachments, row.padlock), ("with:a", 3, 2, 2));
        assert_eq!((row.newest.len(), row.ratchet), (1, Ratchet::default()));
        assert!(Discussion::read_older(3, &[]).is_err());
    }
}
