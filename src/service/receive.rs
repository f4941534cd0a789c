//! A message arrives: read it, weigh it, keep it, and only then say so.

use crate::domain::{
    id::{DiscussionId, MessageId},
    transport::Arrival,
};

/// The most octets a message may have (25 MiB).
pub const MAX_MESSAGE: usize = 25 * 1024 * 1024;

/// Takes messages in; cheap to clone.
#[derive(Clone)]
pub struct Receive {}

/// What was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The message.
    pub message: MessageId,
    /// The discussion that it joined.
    pub discussion: DiscussionId,
}

/// Whether a recipient is one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// It is: take it.
    Ours,
    /// It is not (550 5.1.1).
    Nobody,
    /// It is of another domain altogether (550 5.7.1: no relaying).
    Elsewhere,
}

/// Why a message was not kept. The sender must hear it: none of these may end in `250`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// The box is locked (451 4.3.0): try again later.
    Locked,
    /// The store could not write, or is full (452 4.3.1): try again later.
    Storage,
    /// Larger than [`MAX_MESSAGE`] (552 5.3.4).
    TooLarge,
    /// More MIME parts, deeper, or longer headers than will be read (554 5.6.0).
    TooComplex,
}

impl Receive {
    /// Whether a recipient of the envelope is ours; `postmaster` without a domain always is
    /// (RFC 5321 section 4.5.1). Answers while locked too.
    pub fn recipient(&self, _address: &str) -> Recipient {
        Recipient::Nobody
    }

    /// Our own name, for the greeting and the `Received` line.
    pub fn host(&self) -> &str {
        ""
    }

    /// Keeps a message, once, on the disk. `raw` is the message as received, line ends CRLF, without
    /// our `Received` line, which is put before it here. When this returns `Ok`, it is safe to answer `250`.
    pub async fn keep(&self, _arrival: Arrival, _raw: Vec<u8>) -> Result<Kept, NotKept> {
        Err(NotKept::Locked)
    }
}
