//! Reading a discussion and its messages.

use super::{
    Error,
    view::{DiscussionPage, MessagePage},
};
use crate::{
    codec::html::Embedded,
    domain::id::{DiscussionId, MessageId},
    store::vault::Vault,
};

/// Messages on a page of a discussion.
pub const MESSAGES: u32 = 20;

/// Reads discussions and messages.
#[derive(Clone)]
pub struct Discussions {
    vault: Vault,
}

/// A file to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type, the sender's word.
    pub media_type: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

impl Discussions {
    /// Over this vault.
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// One page of a discussion, counted from 1, the newest first; a page past the end is the last.
    pub async fn page(&self, _id: DiscussionId, _page: u32) -> Result<DiscussionPage, Error> {
        let _ = &self.vault;
        Err(Error::Locked)
    }

    /// One message with its index and journey.
    pub async fn message(&self, _id: MessageId) -> Result<MessagePage, Error> {
        Err(Error::Locked)
    }

    /// The bytes of a message exactly as they were received.
    pub async fn source(&self, _id: MessageId) -> Result<Vec<u8>, Error> {
        Err(Error::Locked)
    }

    /// The header block of a message as text.
    pub async fn headers(&self, _id: MessageId) -> Result<String, Error> {
        Err(Error::Locked)
    }

    /// A file of a message.
    pub async fn attachment(&self, _id: MessageId, _part: u32) -> Result<File, Error> {
        Err(Error::Locked)
    }

    /// The sender's HTML for the sandboxed frame, made by [`crate::codec::html::original`].
    pub async fn original(&self, _id: MessageId) -> Result<String, Error> {
        let _unused: Option<Embedded> = None;
        Err(Error::Locked)
    }

    /// Marks every message of a discussion read or unread; says how many changed.
    pub async fn mark(&self, _id: DiscussionId, _unread: bool) -> Result<u32, Error> {
        Err(Error::Locked)
    }
}
