//! The evidence that the index of a message rests on. Everything is either observed, verified by the
//! owner, claimed by somebody, or not known; a default value knows nothing.

use crate::domain::{address::Address, fact::Fact};

/// What is known of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Which way it went.
    pub direction: Direction,
    /// What is known of its content.
    pub content: Content,
    /// What is known of its way.
    pub travel: Travel,
    /// What is known of its people; unknown where no participant could be read.
    pub social: Social,
    /// Whether the owner loaded remote content in it.
    pub loaded: bool,
}

/// Whose key was never verified by the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified<'a> {
    /// That of a participant, or nothing is known of it.
    Participant(&'a Address),
    /// The one that signed.
    Signer,
}

impl Evidence {
    /// Whether something that verified says who sent it: an aligned DKIM or SPF pass, or a signature by
    /// a key of the From address. What never left this appliance needs nobody to say so.
    pub fn is_vouched_for(&self) -> bool {
        self.direction == Direction::Local || self.travel.is_vouched() || self.content.signature == Fact::Known(Signature::Valid)
    }

    /// The first key that an encrypted message rests on and that the owner never verified: those of the
    /// other participants, where "not known" is not verified, then the signer's.
    ///
    /// A signer of whom nothing is known is not counted here: a signature is only valid by a key of the
    /// From address, and that address is a participant. So a message never stands lower for being signed.
    pub fn unverified(&self) -> Option<Unverified<'_>> {
        let participant = self.social.others.iter().find(|other| other.key != Fact::Known(KeyState::Verified));
        let signer = (self.content.signer_verified == Fact::Known(false)).then_some(Unverified::Signer);
        participant.map(|other| Unverified::Participant(&other.address)).or(signer)
    }
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Received, by this appliance or by an earlier mailbox.
    #[default]
    In,
    /// Sent, or a draft about to be sent.
    Out,
    /// It never left this appliance.
    Local,
}

/// Content evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// How much of it was end-to-end encrypted, as opening it showed. A claim of the MIME structure
    /// that nobody has opened yet is unknown.
    pub encryption: Fact<Encryption>,
    /// How the encryption protects itself against change.
    pub integrity: Fact<Integrity>,
    /// Whether the subject is inside the encrypted part (RFC 9788).
    pub headers: Fact<bool>,
    /// What became of its OpenPGP signature.
    pub signature: Fact<Signature>,
    /// Whether the owner verified the key that signed.
    pub signer_verified: Fact<bool>,
    /// What was found in its HTML.
    pub html: Fact<HtmlFindings>,
}

impl Content {
    /// Whether something of it was encrypted and could be opened. A message whose encryption does not
    /// protect itself against change is never opened, so it does not count.
    pub fn is_encrypted(&self) -> bool {
        self.integrity != Fact::Known(Integrity::None) && self.encryption.known().is_some_and(|how| how > Encryption::None)
    }

    /// Whether all of its text was, so that no server on the way could read it.
    pub fn is_end_to_end(&self) -> bool {
        self.is_encrypted() && self.encryption.known().is_some_and(|how| how > Encryption::Part)
    }
}

/// How much of a message was end-to-end encrypted. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encryption {
    /// Nothing.
    None,
    /// Some part of it; the rest could be read.
    Part,
    /// The whole text, as inline OpenPGP.
    Inline,
    /// The whole body, by PGP/MIME (RFC 3156).
    Whole,
}

/// How an encrypted message is protected against change. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Integrity {
    /// Not at all: such a message is not decrypted.
    None,
    /// SEIPDv1, the modification detection code.
    Mdc,
    /// RFC 9580 authenticated encryption.
    Aead,
}

/// What became of a signature. Ordered, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signature {
    /// There is one and it does not verify.
    Broken,
    /// There is none.
    Absent,
    /// It verifies, by a key that does not belong to the From address.
    OfAnother,
    /// It verifies, by a key that belongs to the From address.
    Valid,
}

/// What reading the HTML of a message found. All zero for plain text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HtmlFindings {
    /// Pictures, styles, fonts or media that would be fetched from elsewhere.
    pub remote: u32,
    /// Those of them that are there to watch the reader.
    pub trackers: u32,
    /// Scripts, forms, plug-ins, frames and other active content.
    pub active: u32,
    /// Links that show one host and open another.
    pub deceptive: u32,
}

impl HtmlFindings {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// Travel evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Travel {
    /// The last hop's encryption as seen here (in), or the weakest of all recipients' (out).
    pub tls: Fact<Tls>,
    /// Whether that session's key exchange was a post-quantum hybrid.
    pub quantum: Fact<bool>,
    /// Whether that hop could not be stripped (DANE or an enforced MTA-STS policy).
    pub strict: Fact<bool>,
    /// Who vouches for the sender's domain.
    pub authentic: Fact<Authentic>,
    /// What the From domain's DMARC policy says, and whether the message met it.
    pub dmarc: Fact<Dmarc>,
    /// What earlier `Received` lines claim.
    pub hops: Fact<HopClaims>,
}

impl Travel {
    /// Whether the From domain is known to have sent it.
    pub fn is_vouched(&self) -> bool {
        matches!(self.authentic, Fact::Known(Authentic::Spf | Authentic::Dkim))
    }
}

/// How well one hop was encrypted. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tls {
    /// Not at all.
    None,
    /// Older than TLS 1.2, or 1.2 without authenticated encryption.
    Weak,
    /// TLS 1.2 with an AEAD suite.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// Who vouches that the From domain sent it. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authentic {
    /// Nobody.
    Nobody,
    /// SPF passes, aligned with From.
    Spf,
    /// A DKIM signature passes, aligned with From.
    Dkim,
}

/// DMARC (RFC 7489) as it came out. Ordered, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dmarc {
    /// The policy is quarantine or reject, and the message fails it.
    Refused,
    /// It fails it, and a sealer that the owner trusts, or a mailing list that they read, explains why.
    Explained,
    /// There is no policy, or it asks for nothing.
    NoPolicy,
    /// The policy is quarantine or reject, and the message passes.
    Passed,
}

/// What the `Received` lines before ours claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HopClaims {
    /// Relays of operators other than the sender's first one.
    pub relays: u32,
    /// Whether a line says that its hop had no TLS.
    pub in_clear: bool,
}

/// Social evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Social {
    /// Every participant but the owner.
    pub others: Vec<Other>,
    /// Whether it came through a mailing list.
    pub list: bool,
}

/// One other participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Their address.
    pub address: Address,
    /// Whether they are in the address book.
    pub known: Fact<bool>,
    /// Whether they have a usable key.
    pub key: Fact<KeyState>,
    /// Their contact index, 0 to 100.
    pub index: Fact<u8>,
}

/// What is known of somebody's key. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// They have none that could be used.
    Missing,
    /// They have one.
    Usable,
    /// They have one, and the owner compared it.
    Verified,
}
