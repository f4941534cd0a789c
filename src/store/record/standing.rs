//! What a box knows of its own service, as records of the front: what the checks found, its certificate's order, its
//! policy. All of it is public, or of use only to whoever runs this box.

use super::Record;
use serde::{Deserialize, Serialize};

/// One check as it was last found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Its name.
    pub id: String,
    /// What was found.
    pub finding: u8,
    /// What was seen.
    pub seen: Vec<String>,
    /// What is wanted: name, type, value.
    pub wanted: Vec<(String, String, String)>,
    /// What was found when the owner was told.
    pub told: u8,
    /// What was found at the look before.
    pub last: u8,
}

/// All checks, and what they are judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// When they were last looked at; 0 is never.
    pub at: i64,
    /// The checks.
    pub checks: Vec<Checked>,
    /// Names of checks that changed and that the owner has not looked at.
    pub news: Vec<String>,
    /// When somebody from outside last came in at ports 25, 80 and 443; 0 is never.
    pub inward: [i64; 3],
    /// The addresses by which the world reaches this box, as last known.
    pub addresses: Vec<String>,
    /// When another address was seen.
    pub changed: Vec<i64>,
    /// What this box signs with: names and records.
    pub dkim: Vec<(String, String)>,
    /// Since when everything that a binding policy rests on holds; 0 is not now.
    pub held: i64,
}

impl Record for Standing {
    const TABLE: &'static str = "standing";
    const VERSION: u8 = 1;
}

/// That the key to come is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextSeen {
    /// The fingerprint of that key; empty for none seen.
    pub key: Vec<u8>,
    /// Since when every look that could see has seen it.
    pub since: i64,
}

impl Record for NextSeen {
    const TABLE: &'static str = "next_seen";
    const VERSION: u8 = 1;
}

/// The domain's own policy about encryption.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPolicy {
    /// Whether it binds.
    pub enforced: bool,
    /// Whether the owner has said so, either way: then the box does not change it by itself.
    pub owners_word: bool,
}

impl Record for OwnPolicy {
    const TABLE: &'static str = "own_policy";
    const VERSION: u8 = 1;
}

/// What is agreed with a certificate authority, and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// The address of its directory; empty for the one that the program was started with.
    pub directory: String,
    /// The address of the terms that the owner accepted; empty for none accepted.
    pub terms: String,
    /// When.
    pub accepted: i64,
    /// The account as the client keeps it (JSON); its key signs requests.
    pub account: String,
    /// The directory that the account is with.
    pub account_at: String,
    /// What the authority calls itself in CAA records.
    pub caa: Vec<String>,
    /// Where it says when to renew; empty where it does not.
    pub renewal_info: String,
    /// When it was last asked that, and which names lead here.
    pub looked: i64,
    /// When the next try is due.
    pub due: i64,
    /// Tries that failed in a row.
    pub attempts: u32,
    /// The failure of the last try: when, at which stage, the words of the authority.
    pub failed: Option<(i64, u8, String)>,
    /// Names that were refused, and when: they are left out for a day.
    pub refused: Vec<(String, i64)>,
    /// When the certificate in force was ordered.
    pub ordered: i64,
    /// The next key (PKCS #8), prepared so that its fingerprint can be published before it is used; empty for none.
    pub next_key: Vec<u8>,
    /// When it was prepared.
    pub next_since: i64,
}

impl Record for Authority {
    const TABLE: &'static str = "authority";
    const VERSION: u8 = 1;
}
