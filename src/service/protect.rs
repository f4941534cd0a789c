//! What protects the body of a message that leaves: the one place where it is decided and done.
//!
//! [`plan`] says what can be done for these people from what is known, and is asked while a message is written;
//! [`carry_out`] does it when it is sent. So the index before sending and the one afterwards speak of the same.

use super::Error;
use crate::{
    codec::mime::write::{self, Writing},
    domain::{
        address::Address,
        fact::Fact,
        outgoing::Copy,
        privacy::evidence::{Content, Encryption, KeyState, Signature},
    },
    store::mail::Snapshot,
};

/// What will be done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What the index will know of the content.
    pub content: Content,
    /// What is known of each other person's key.
    pub keys: Vec<(Address, Fact<KeyState>)>,
}

impl Plan {
    /// What is known of this person's key.
    pub fn key(&self, address: &Address) -> Fact<KeyState> {
        self.keys
            .iter()
            .find(|(known, _)| known == address)
            .map_or(Fact::Unknown, |(_, key)| *key)
    }
}

/// A message before it is protected.
pub struct Outgoing<'a> {
    /// Its header fields.
    pub writing: Writing<'a>,
    /// Its text and files ([`write::entity`]).
    pub entity: Vec<u8>,
    /// Whom it goes to and everyone may see.
    pub seen: Vec<Address>,
    /// Whom it goes to unseen by the others.
    pub unseen: Vec<Address>,
}

/// A message as it leaves.
pub struct Protected {
    /// The octets that are filed here.
    pub filed: Vec<u8>,
    /// What is sent to whom.
    pub copies: Vec<Copy>,
}

/// What can be done for a message from this address to these people.
pub fn plan(snapshot: &Snapshot, from: &Address, people: &[Address]) -> Result<Plan, Error> {
    let _ = (snapshot, from, people);
    Ok(Plan {
        content: Content {
            encryption: Fact::Known(Encryption::None),
            signature: Fact::Known(Signature::Absent),
            ..Content::default()
        },
        keys: Vec::new(),
    })
}

/// Does what was planned.
pub fn carry_out(snapshot: &Snapshot, plan: &Plan, outgoing: Outgoing<'_>) -> Result<Protected, Error> {
    let _ = (snapshot, plan);
    let raw = write::assemble(&outgoing.writing, &outgoing.entity);
    let recipients: Vec<Address> = outgoing.seen.into_iter().chain(outgoing.unseen).collect();
    let copies = (!recipients.is_empty()).then(|| Copy {
        raw: raw.clone(),
        recipients,
    });
    Ok(Protected {
        filed: raw,
        copies: copies.into_iter().collect(),
    })
}
