//! A message as it was read: nouns only. Reading is `codec::mime`'s, keeping is `store`'s.

use super::{address::Address, time::Time, transport::Hop};

/// A name and an address, as a header gave them. The name is the sender's free text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded; empty where there is none.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// Everything that could be read from the bytes of one message. Reading never fails: what was odd is
/// in `defects`, what was missing is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// `Message-ID` without brackets.
    pub message_id: Option<String>,
    /// `In-Reply-To` and `References`, without brackets, oldest first, at most 50.
    pub references: Vec<String>,
    /// The decoded subject; empty where there is none.
    pub subject: String,
    /// The mailboxes of `From` (more than one `From` header: all of them, and a defect).
    pub from: Vec<Mailbox>,
    /// The mailboxes of `Reply-To`.
    pub reply_to: Vec<Mailbox>,
    /// The mailboxes of `To`.
    pub to: Vec<Mailbox>,
    /// The mailboxes of `Cc`.
    pub cc: Vec<Mailbox>,
    /// The sender's `Date`.
    pub date: Option<Time>,
    /// `List-Id` (RFC 2919) without brackets, lower case.
    pub list_id: Option<String>,
    /// The words of a `List-Id` before the brackets.
    pub list_name: String,
    /// Where `List-Post` (RFC 2369 section 3.4) says that a message to the list goes.
    pub list_post: Option<Address>,
    /// Whether it calls itself bulk mail: `List-Unsubscribe`, `Precedence: bulk|list`, `Auto-Submitted`.
    pub bulk: bool,
    /// Whether the last server noted whom it delivered it to: no copy of what somebody sent says so.
    pub delivered: bool,
    /// The text of the message: its plain text, or that of its HTML. Line ends are `\n`.
    pub text: String,
    /// The HTML as the sender wrote it, hostile until `codec::html` has read it.
    pub html: Option<String>,
    /// Attachments and embedded pictures, in order.
    pub attachments: Vec<Attachment>,
    /// The `Received` lines, newest first, at most 50.
    pub hops: Vec<Hop>,
    /// What the structure claims about OpenPGP. A claim: worth nothing until it verifies.
    pub openpgp: OpenPgpClaim,
    /// What was odd.
    pub defects: Vec<Defect>,
}

/// A file in a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Which part of the message it is, counted in the order of parts; stable for the same bytes.
    pub part: u32,
    /// The file name as given, decoded, without any folder; never empty.
    pub name: String,
    /// The media type in lower case, `application/octet-stream` where none is given.
    pub media_type: String,
    /// Decoded size in octets.
    pub size: u64,
    /// `Content-ID` without brackets.
    pub content_id: Option<String>,
    /// Whether it is shown inside the text rather than beside it.
    pub inline: bool,
}

/// What the MIME structure says about OpenPGP (RFC 3156) before any key has touched it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OpenPgpClaim {
    /// The whole message is `multipart/encrypted`.
    pub encrypted: bool,
    /// The text holds an inline OpenPGP message, or some part of the message is encrypted.
    pub encrypted_part: bool,
    /// There is a `multipart/signed` or an inline signature.
    pub signed: bool,
}

/// Something odd in a message that a reader may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Defect {
    /// There is no `From`, or none that can be read.
    NoFrom,
    /// More than one `From` header (RFC 5322 section 3.6 allows one).
    ManyFrom,
    /// There is no readable `Date`.
    NoDate,
    /// There are more parts, or they lie deeper, than will be read.
    TooManyParts,
    /// The headers are longer than will be read.
    LongHeaders,
    /// The text, or the HTML, is longer than will be read.
    LongText,
    /// A part that claims an encoding cannot be decoded in it.
    Encoding,
    /// There is no text in it that could be read.
    NoText,
    /// Bytes that are no text at all, such as NUL, stand in the headers.
    Binary,
}

impl Reading {
    /// The author whose address the message is known by: the first of `From`.
    pub fn author(&self) -> Option<&Mailbox> {
        self.from.first()
    }

    /// Every participant that the headers name: `From`, `To` and `Cc`, each address once.
    pub fn participants(&self) -> impl Iterator<Item = &Mailbox> {
        let mut seen = std::collections::HashSet::new();
        self.from
            .iter()
            .chain(&self.to)
            .chain(&self.cc)
            .filter(move |mailbox| seen.insert(mailbox.address.as_str()))
    }
}
