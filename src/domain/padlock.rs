//! The padlock: what protected this message on its way, in one of four words. Kept apart from the
//! index on purpose: the padlock is this message's protection, the index the wider picture.

use super::{
    fact::Fact,
    privacy::evidence::{Direction, Evidence, Signature, Tls},
};

/// The four rungs, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Padlock {
    /// No guaranteed protection on the way.
    #[default]
    Postcard,
    /// Not end-to-end encrypted, but the hop seen here was encrypted, authenticated and could not be stripped.
    Mailbag,
    /// End-to-end encrypted.
    Envelope,
    /// End-to-end encrypted, and every key it rests on was verified by the owner.
    Sealed,
}

impl Padlock {
    /// All of them, by rung.
    pub const ALL: [Self; 4] = [Self::Postcard, Self::Mailbag, Self::Envelope, Self::Sealed];

    /// The padlock of a rung, 0 to 3; anything else is the lowest.
    pub fn from_rung(rung: u8) -> Self {
        Self::ALL.get(usize::from(rung)).copied().unwrap_or_default()
    }

    /// The rung of a message. What is not known is never read as protection.
    ///
    /// Sealed asks that every key which the message rests on was verified, as `ceiling.unverified` asks
    /// it, that there is one (nobody's keys are not everybody's), and that no signature is broken. Of a
    /// received one it asks, as `ceiling.anonymous` does, that something says who sent it: else anyone may
    /// have written it in a friend's name. Whether it is signed at all is the index's to say.
    pub fn of(evidence: &Evidence) -> Self {
        if evidence.content.is_end_to_end() {
            let somebody = evidence.direction == Direction::Local || !evidence.social.others.is_empty();
            let theirs = evidence.direction != Direction::In || evidence.is_vouched_for();
            let broken = evidence.content.signature == Fact::Known(Signature::Broken);
            return if somebody && theirs && !broken && evidence.unverified().is_none() {
                Self::Sealed
            } else {
                Self::Envelope
            };
        }
        let travel = &evidence.travel;
        let guarded = matches!(travel.tls, Fact::Known(Tls::V1_2 | Tls::V1_3)) && travel.strict == Fact::Known(true);
        if evidence.direction == Direction::Local || (guarded && evidence.is_vouched_for()) {
            Self::Mailbag
        } else {
            Self::Postcard
        }
    }

    /// The word of the command line's JSON; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postcard => "postcard",
            Self::Mailbag => "mailbag",
            Self::Envelope => "envelope",
            Self::Sealed => "sealed",
        }
    }
}
