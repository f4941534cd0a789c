//! The padlock: what protected this message on its way, in one of four words. Kept apart from the
//! index on purpose: the padlock is this message's protection, the index the wider picture.

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
