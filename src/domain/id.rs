//! Names of stored things. Numbers are given by the store in order of arrival and never used twice.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(
    /// A kept message.
    MessageId
);
id!(
    /// A discussion: the messages exchanged by one set of participants.
    DiscussionId
);
id!(
    /// A contact card.
    ContactId
);
id!(
    /// A device: a browser that the owner signs in with.
    DeviceId
);
id!(
    /// A tag.
    TagId
);
id!(
    /// A rule of the owner's.
    RuleId
);

impl TagId {
    /// The first number of the owner's own tags; those below are the house's.
    pub const FIRST: Self = Self(101);
}
