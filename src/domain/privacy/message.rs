//! The lines of a message's index, in the order in which they are shown, and the function that adds
//! them up.
//!
//! Absent on purpose: any parameter but the evidence. The index of a draft and that of the message as
//! it was sent come from the same call.

use super::{
    axis, ceiling,
    evidence::{Authentic, Direction, Dmarc, Encryption, Evidence, HopClaims, HtmlFindings, Integrity, Signature, Tls},
    index::{Index, Kind, Line},
    line::lines,
    tip,
};
use crate::domain::{address::Address, padlock::Padlock};

pub use super::tip::{Advice, Tip, Who};

/// What a line speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// What was done to the message before it left.
    Content,
    /// How it travelled.
    Travel,
    /// Who takes part.
    Sender,
    /// A fact that voids the rest.
    Ceiling,
}

impl Axis {
    /// All of them, in the order of the lines.
    pub const ALL: [Self; 4] = [Self::Content, Self::Travel, Self::Sender, Self::Ceiling];

    /// The word of the command line's JSON; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Travel => "travel",
            Self::Sender => "sender",
            Self::Ceiling => "ceiling",
        }
    }
}

lines! {
    "A line of a message's index.";
    /// How much of it is end-to-end encrypted.
    ContentEncrypted = "content.encrypted", Content, 34, Observed;
    /// Whether that encryption protects itself against change.
    ContentAuthenticated = "content.authenticated", Content, 2, Observed;
    /// Whether the subject is inside it.
    ContentHeaders = "content.headers", Content, 4, Observed;
    /// Whether a key of the From address signed it.
    ContentSigned = "content.signed", Content, 5, Observed;
    /// Whether the owner verified that key.
    ContentSigner = "content.signer", Content, 3, Verified;
    /// Whether it watches nobody and tricks nobody.
    ContentClean = "content.clean", Content, 2, Observed;
    /// How well the hop seen here was encrypted.
    TravelTls = "travel.tls", Travel, 9, Observed;
    /// Whether that session's key exchange also resists a quantum computer.
    TravelQuantum = "travel.quantum", Travel, 2, Observed;
    /// Whether that hop could have been stripped of its encryption.
    TravelStrict = "travel.strict", Travel, 5, Observed;
    /// Who vouches for the domain that sent it.
    TravelAuthentic = "travel.authentic", Travel, 6, Observed;
    /// Whether that domain asks for forgeries to be refused.
    TravelPolicy = "travel.policy", Travel, 3, Observed;
    /// What the servers before say of the way.
    TravelHops = "travel.hops", Travel, 0, Claimed;
    /// Whether everyone else is in the address book.
    SenderKnown = "sender.known", Sender, 5, Observed;
    /// Whether everyone else has a key.
    SenderKeys = "sender.keys", Sender, 5, Observed;
    /// Whether the owner verified all those keys.
    SenderVerified = "sender.verified", Sender, 5, Verified;
    /// The lowest contact index among them.
    SenderContact = "sender.contact", Sender, 6, Observed;
    /// How many people it is shared with.
    SenderAudience = "sender.audience", Sender, 4, Observed;
    /// At most 20: forged.
    CeilingForged = "ceiling.forged", Ceiling, 0, Observed;
    /// At most 20: open to anyone on the way.
    CeilingOpen = "ceiling.open", Ceiling, 0, Observed;
    /// At most 40: nobody says who sent it.
    CeilingAnonymous = "ceiling.anonymous", Ceiling, 0, Observed;
    /// At most 40, or 20 where it was encrypted: remote content was loaded.
    CeilingLoaded = "ceiling.loaded", Ceiling, 0, Observed;
    /// At most 80: a key was never verified.
    CeilingUnverified = "ceiling.unverified", Ceiling, 0, Verified;
}

/// Why a line won what it won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody looked, or looking gave no answer.
    NotKnown,
    /// It never left this appliance.
    NeverLeft,
    /// The owner wrote it to nobody but the owner.
    NoteToSelf,
    /// How much of it was encrypted.
    Encrypted(Encryption),
    /// It is encrypted in a way that anyone could have changed: not opened.
    Unprotected,
    /// How its encryption is protected against change.
    Integrity(Integrity),
    /// Whether the subject is inside the encrypted part.
    Subject(bool),
    /// What became of its signature.
    Signature(Signature),
    /// There is no signature that could be the sender's, hence no key to verify.
    NoSigner,
    /// Whether the owner verified the key that signed.
    Signer(bool),
    /// What its HTML holds.
    Html(HtmlFindings),
    /// How the hop was encrypted.
    Tls(Tls, Direction),
    /// Whether the key exchange was a post-quantum hybrid.
    Quantum(bool),
    /// Whether the hop could not be stripped.
    Strict(bool, Direction),
    /// Who vouches for the domain.
    Authentic(Authentic, Direction),
    /// The DMARC policy and what it made of the message.
    Policy(Dmarc, Direction),
    /// What the servers before claim.
    Hops(HopClaims),
    /// Everyone else fulfils the line; how many they are.
    Everyone(u32),
    /// Somebody does not: the first of them, and how many more.
    Lacking(Address, u32),
    /// The lowest contact index, and whose it is.
    Lowest(Address, u8),
    /// How many others take part.
    Audience(u32),
    /// A mailing list takes part.
    List,
    /// A ceiling: its signature is broken, its domain refuses it, or both.
    Forged {
        /// A signature does not verify.
        signature: bool,
        /// The From domain's DMARC policy refuses it.
        policy: bool,
    },
    /// A ceiling: readable, over a hop without TLS.
    Open(Direction),
    /// A ceiling: nobody says who sent it.
    Anonymous,
    /// A ceiling: remote content was loaded, in a message that was encrypted or not.
    Loaded(bool),
    /// A ceiling: somebody's key, or the signer's where no address is given, was never verified.
    Unverified(Option<Address>),
}

/// The index of a message: a pure function of the evidence, the same before sending and after.
///
/// It is unknown exactly when no line is known, and then no ceiling is shown either. What earlier hops
/// claim takes no more than the other lines have won, so that the sum stays a number from 0 to 100
/// without a hidden correction.
pub fn evaluate(evidence: &Evidence) -> Index {
    let mut lines: Vec<Line> = axis::content(evidence)
        .into_iter()
        .chain(axis::travel(evidence))
        .chain(axis::sender(evidence))
        .collect();
    let padlock = Padlock::of(evidence);
    if !lines.iter().any(|line| line.known) {
        return explained(None, lines, padlock, evidence);
    }
    let won: i16 = lines.iter().map(|line| line.won.max(0)).sum();
    for line in &mut lines {
        line.won = line.won.max(-won);
    }
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    lines.extend(ceiling::lowest(evidence).map(|ceiling| ceiling.line(sum)));
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    explained(u8::try_from(sum).ok(), lines, padlock, evidence)
}

fn explained(points: Option<u8>, mut lines: Vec<Line>, padlock: Padlock, evidence: &Evidence) -> Index {
    for line in &mut lines {
        line.tip = tip::of(line, evidence);
    }
    Index { points, lines, padlock }
}
