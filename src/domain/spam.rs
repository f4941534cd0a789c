//! Whether anybody wants a message: how likely it is spam, and every reason for saying so.
//!
//! A verdict adds up two kinds of reasons. *Signs* ([`Sign`]) are what anyone can check: whom a message
//! claims to be from and who really sent it, where its links go, what it asks for, how it is built. Their
//! weights are set by hand and stay as they are, so that a new box knows today's phishing before its owner
//! has taught it anything. *Words* have weights that are learnt (`model`), from what the owner called spam
//! or not, on top of a starting model. All weights are natural log-odds, so a verdict is their sum.
//!
//! Never tag when unsure: [`Verdict::probability`] is 0.5 exactly where the tag begins, and that point is
//! set where mail held back from learning had no more than one false alarm in a thousand.
//!
//! Deliberately absent: anybody else's list, look-ups, and reading what is encrypted. Finding the signs
//! is `codec::spam`'s, keeping what was learnt is `store`'s.

pub mod model;
mod sign;

pub use sign::{Group, Sign};

/// Reasons that a verdict says.
pub const REASONS: usize = 10;

/// What is thought of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How likely it is spam, 0 to 1; 0.5 and above is tagged.
    pub probability: f32,
    /// The strongest reasons, at most [`REASONS`], the strongest first.
    pub reasons: Vec<Weighed>,
}

impl Verdict {
    /// Whether the message is tagged as spam.
    pub fn is_spam(&self) -> bool {
        self.probability >= 0.5
    }
}

/// A reason and what it adds to the log-odds: above zero towards spam, below zero away from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// The reason.
    pub reason: Reason,
    /// Its weight.
    pub weight: f32,
}

/// Why a message is thought to be spam, or not to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Something that can be checked.
    Sign(Sign),
    /// A word or two of the text or subject, learnt.
    Words(String),
    /// The sender's address, domain or name, learnt.
    Sender(String),
    /// A host that the message links to, learnt.
    Link(String),
    /// How the message is made: its parts, files and the program that wrote it, learnt.
    Make(String),
}

/// What a learnt token was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Words of the text or the subject.
    Words,
    /// The sender.
    Sender,
    /// A link's host.
    Link,
    /// Parts, files, program.
    Make,
}

/// One thing that can be learnt: its hash, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What is kept of it when it is learnt.
    pub hash: u32,
    /// What it was made of.
    pub kind: Kind,
    /// In words, to be said when it is a reason.
    pub text: String,
}

impl Token {
    fn reason(&self) -> Reason {
        let text = self.text.clone();
        match self.kind {
            Kind::Words => Reason::Words(text),
            Kind::Sender => Reason::Sender(text),
            Kind::Link => Reason::Link(text),
            Kind::Make => Reason::Make(text),
        }
    }
}

/// What was seen of a message: everything that a verdict is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// The signs, each once.
    pub signs: Vec<Sign>,
    /// The tokens, each hash once.
    pub tokens: Vec<Token>,
}

/// What the owner has to do with the sender of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was ever heard from this address, as far as is known.
    #[default]
    Stranger,
    /// So many messages came from it before, none of them spam.
    Heard(u32),
    /// It is in the address book, or was answered: never tagged for content alone.
    Known,
}

/// What a check of the sender's domain came to. `Unknown` is nobody checked, or could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Not known.
    #[default]
    Unknown,
    /// There was nothing to check.
    Absent,
    /// It passes.
    Pass,
    /// It fails, and its domain says that this may be (SPF `~all`).
    Soft,
    /// It fails.
    Fail,
}

/// The checks of a message's sender that a verdict weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// SPF of the envelope sender (RFC 7208).
    pub spf: Outcome,
    /// The best DKIM signature (RFC 6376).
    pub dkim: Outcome,
    /// DMARC of the author's domain (RFC 7489).
    pub dmarc: Outcome,
    /// Whether that domain asks for failures to be refused or set apart (`p=reject`, `p=quarantine`).
    pub strict: bool,
}

impl Checks {
    /// Whether the author's domain is somebody else's word: checked, and found false.
    pub fn is_refuted(&self) -> bool {
        self.dmarc == Outcome::Fail || (self.dmarc != Outcome::Pass && self.spf == Outcome::Fail && self.dkim != Outcome::Pass)
    }
}
