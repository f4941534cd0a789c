//! OpenPGP as nouns: a key and what it may be used for, a signature and what it is worth, and what opening a
//! message showed (RFC 9580). Judging is `codec::pgp`'s, keeping is `store`'s.
//!
//! Deliberately absent: the web of trust. A key belongs to an address because its owner's domain, a message that
//! was authenticated, or the owner of this box says so, never because a third key signed it.

use super::{address::Address, time::Time};

/// The fingerprint of a key: 20 octets (v4) or 32 (v6), 16 for what is older. RFC 9580 section 5.5.4.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// The most octets that one may have.
    pub const MAX: usize = 32;

    /// Of these octets; what is longer than [`Fingerprint::MAX`] is cut.
    pub fn new(octets: &[u8]) -> Self {
        Self(octets.iter().take(Self::MAX).copied().collect())
    }

    /// Reads hexadecimal digits, with blanks and colons or without, `0x` before them or not.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("0x").unwrap_or(text);
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != ':')
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        let octets: Vec<u8> = digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit))
            .collect();
        (digits.len().is_multiple_of(2) && matches!(octets.len(), 16 | 20 | 32)).then_some(Self(octets))
    }

    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// In capital hexadecimal digits without blanks.
    pub fn hex(&self) -> String {
        self.0.iter().map(|octet| format!("{octet:02X}")).collect()
    }

    /// In groups of four digits, as people compare it.
    pub fn groups(&self) -> Vec<String> {
        self.0
            .chunks(2)
            .map(|pair| pair.iter().map(|octet| format!("{octet:02X}")).collect())
            .collect()
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.groups().join(" "))
    }
}

/// How a key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA, with so many bits.
    Rsa(u16),
    /// DSA or ElGamal, with so many bits.
    Discrete(u16),
    /// Curve25519 (Ed25519, X25519), in either form.
    Curve25519,
    /// Curve448.
    Curve448,
    /// Another curve with so many bits.
    Curve(u16),
    /// One that is not known here.
    Other,
}

/// How strong a key is, weakest first. The points of `key.strength` (6, 4, 0) follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// It can be broken, or nobody can tell: it is not used.
    Weak,
    /// RSA or DSA of 2048 bits: enough for today.
    Fair,
    /// RSA of 3072 bits or more, or a modern curve.
    Strong,
}

impl Algorithm {
    /// How strong it is.
    pub fn strength(self) -> Strength {
        match self {
            Self::Rsa(bits) if bits >= 3072 => Strength::Strong,
            Self::Rsa(bits) | Self::Discrete(bits) if bits >= 2048 => Strength::Fair,
            Self::Curve25519 | Self::Curve448 => Strength::Strong,
            Self::Curve(bits) if bits >= 256 => Strength::Strong,
            Self::Rsa(_) | Self::Discrete(_) | Self::Curve(_) | Self::Other => Strength::Weak,
        }
    }
}

/// Why a key cannot be used for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// Its time is over since then.
    Expired(Time),
    /// Its owner took it back.
    Revoked,
    /// It is too weak, or of a version that is.
    Weak,
    /// Nothing that is valid binds what it has to it: no name, or no part for this use.
    Unbound,
    /// It has no part for this use.
    NoPart,
    /// It begins in the future.
    NotYet,
}

/// What is known of a key at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The version of its format: 4, or 6 (RFC 9580).
    pub version: u8,
    /// When it was made.
    pub created: Time,
    /// How its main part is made.
    pub algorithm: Algorithm,
    /// How strong the weaker is of its main part and of the part that is encrypted to.
    pub strength: Strength,
    /// The names on it that it signed itself and did not take back, as they stand there; free text of its owner.
    pub users: Vec<String>,
    /// The addresses in those names.
    pub addresses: Vec<Address>,
    /// When its time is over; `None` is never.
    pub expires: Option<Time>,
    /// Whether its owner took it back.
    pub revoked: bool,
    /// Whether one can encrypt to it, or why not.
    pub encrypt: Result<(), Unusable>,
    /// Whether its signatures count, or why not.
    pub sign: Result<(), Unusable>,
}

impl KeyFacts {
    /// Whether a message to it can be encrypted now.
    pub fn is_usable(&self) -> bool {
        self.encrypt.is_ok()
    }

    /// Whether its owner can be written to with it, and sign with it, now.
    pub fn is_in_order(&self) -> bool {
        self.is_usable() && self.sign.is_ok()
    }
}

/// Seconds from signing a message to its arrival: what cannot be handed over at once is tried for some five days (RFC 5321
/// section 4.5.4.1).
const UNDER_WAY: i64 = 7 * 24 * 3600;

/// Whether a signature was made for a message that came then. What was signed long before can be taken out of another
/// message and be sent once more, under another subject and to somebody else: it says whose the words are, not who sends them.
pub fn is_for(signed: Time, came: Time) -> bool {
    came.0.saturating_sub(signed.0) <= UNDER_WAY
}

/// What a signature turned out to be worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It verifies, by this key, which was in order when it was made.
    Good(Fingerprint),
    /// It verifies, by a key that was not in order when it was made.
    Disordered(Fingerprint, Unusable),
    /// It does not fit what it is under, though the key is here.
    Broken(Fingerprint),
    /// It was made in a way that can be forged today.
    WeakHash,
    /// Nobody here has its key.
    NoKey,
    /// It could not be read.
    Unreadable,
}

/// One signature and its worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What it is worth.
    pub worth: Worth,
    /// When it says that it was made.
    pub at: Option<Time>,
    /// The end of the identity of the key that made it, as it says: 8 octets, or 0.
    pub issuer: u64,
}

/// Why something encrypted was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotOpened {
    /// It is encrypted to keys that are not here.
    NoKey,
    /// It does not protect itself against change (RFC 9580 section 13.7): opening it could do harm.
    NoIntegrity,
    /// It was changed on the way, or is damaged.
    Damaged,
    /// It is larger, deeper or more than will be opened.
    TooMuch,
    /// A password opens it, not a key.
    Password,
    /// It is no OpenPGP message.
    Unreadable,
}

/// How much of a message something covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Covers {
    /// A part of it.
    Part,
    /// Its whole text.
    Whole,
}

/// A header field of which a second one may stand inside of what is protected (RFC 9788). The numbers stand in the
/// store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Who wrote it.
    From = 0,
    /// Whom it is to.
    To = 1,
    /// Who gets a copy.
    Cc = 2,
    /// When it was written.
    Date = 3,
    /// Whom an answer goes to.
    ReplyTo = 4,
    /// Its name.
    MessageId = 5,
    /// What it is about.
    Subject = 6,
}

impl Field {
    /// All of them, by number.
    pub const ALL: [Self; 7] = [
        Self::From,
        Self::To,
        Self::Cc,
        Self::Date,
        Self::ReplyTo,
        Self::MessageId,
        Self::Subject,
    ];

    /// As it stands in a message, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Cc => "cc",
            Self::Date => "date",
            Self::ReplyTo => "reply-to",
            Self::MessageId => "message-id",
            Self::Subject => "subject",
        }
    }
}

/// How a field came to say something else outside. The numbers stand in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Differs {
    /// The sender says inside that it did so on purpose (`HP-Outer`).
    Hidden = 0,
    /// It is not what the sender put there.
    Changed = 1,
    /// The sender says nothing of it.
    Unsaid = 2,
}

impl Differs {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Hidden, Self::Changed, Self::Unsaid];
}

/// A field that said something else outside than inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Which.
    pub field: Field,
    /// How that came.
    pub why: Differs,
    /// What stood outside, on one line; empty where nothing did.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_people_write_it() {
        let text = "0123 4567 89ab cdef 0123  4567 89AB CDEF 0123 4567";
        let fingerprint = Fingerprint::parse(text).unwrap();
        assert_eq!(fingerprint.hex(), "0123456789ABCDEF0123456789ABCDEF01234567");
        assert_eq!(fingerprint.groups().len(), 10);
        assert_eq!(Fingerprint::parse(&format!("0x{}", fingerprint.hex())), Some(fingerprint));
        for bad in ["", "0123", "xyz", "0123456789ABCDEF0123456789ABCDEF0123456", "é"] {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn strength_follows_the_size() {
        assert_eq!(Algorithm::Rsa(1024).strength(), Strength::Weak);
        assert_eq!(Algorithm::Rsa(2048).strength(), Strength::Fair);
        assert_eq!(Algorithm::Rsa(4096).strength(), Strength::Strong);
        assert_eq!(Algorithm::Discrete(1024).strength(), Strength::Weak);
        assert_eq!(Algorithm::Curve(256).strength(), Strength::Strong);
        assert_eq!(Algorithm::Other.strength(), Strength::Weak);
    }
}
