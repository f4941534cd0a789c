//! Today's records. Fields are never reordered: a change is a new version.
//!
//! Evidence is kept as numbers of our own, not as the domain's enums: their order is the meaning of
//! the postcard octets, and domain must stay free to be rearranged.

use super::{Authenticated, Record};
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
    Discussion => "discussions" 1,
    Job => "jobs" 1,
}
