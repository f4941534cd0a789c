//! What a box says of itself to strangers: facts that are read from its settings, the charter that is judged by them, and
//! the statement that its owner's key signs.
//!
//! Nothing here is a promise in words: every fact is what is set, and what the charter says follows from the facts. A
//! claim about the box's mail service stands in a statement so that others can look whether it is so; where they have not
//! looked it is "not known" and wins nothing (privacy-index.md, rule 3).

use super::{fact::Fact, privacy::index::Letter, time::Time};

/// The version of the page about privacy: it counts up whenever what the page says of the program itself changes, and
/// then the owner is told.
pub const POLICY: u16 = 1;

/// The version of the charter: its five commitments.
pub const CHARTER: u16 = 1;

/// Seconds for which a statement counts: seven days.
pub const LIFE: i64 = 7 * 24 * 3600;

/// Seconds by which the clocks of two boxes may differ.
pub const SKEW: i64 = 3600;

macro_rules! items {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// Something that is set, or follows from what is set. Each has a number: how many, or 1 for yes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Item { $($(#[$doc])* $name,)* }

        impl Item {
            /// All of them, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in files; never translated.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

items! {
    /// Days that what was deleted stays in the wastebasket.
    BinDays = "bin_days",
    /// Days that the journal of what was done with the box is kept.
    JournalDays = "journal_days",
    /// Days that the list of whom the box connected to is kept.
    LedgerDays = "ledger_days",
    /// A key file opens it after a restart.
    KeyFile = "key_file",
    /// Mailboxes at other providers that it fetches from.
    Mailboxes = "mailboxes",
    /// Those by which it also sends.
    MailboxesSend = "mailboxes_send",
    /// A backup is made.
    Backup = "backup",
    /// It lies on somebody else's server, sealed.
    BackupElsewhere = "backup_elsewhere",
    /// Mail leaves by a relay of somebody else's.
    Relay = "relay",
    /// Devices that are told of new mail through the service of their browser's maker.
    Push = "push",
    /// Other domains are told how encrypting the way to them went.
    TlsReports = "tls_reports",
    /// An authority signs its certificate.
    Authority = "authority",
    /// Its provider of names is told when its address changes.
    Announcing = "announcing",
    /// It looks for newer releases.
    Updates = "updates",
    /// The release that runs is younger than ninety days.
    Young = "young",
    /// Its statement is published.
    Statement = "statement",
    /// The letter of the account stands in it.
    AccountLetter = "account_letter",
}

impl Item {
    /// By its name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|item| item.as_str() == name)
    }
}

/// What is set, each item once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Item, u32)>);

impl Facts {
    /// Of these; what is named twice counts as it was named last.
    pub fn of(items: impl IntoIterator<Item = (Item, u32)>) -> Self {
        let mut facts: Vec<(Item, u32)> = Vec::new();
        for (item, value) in items {
            facts.retain(|(known, _)| *known != item);
            facts.push((item, value));
        }
        facts.sort_unstable();
        Self(facts)
    }

    /// Each with its number, in the order of [`Item::ALL`].
    pub fn each(&self) -> impl Iterator<Item = (Item, u32)> + '_ {
        self.0.iter().copied()
    }

    /// The number of an item; 0 where nothing is known of it.
    pub fn number(&self, item: Item) -> u32 {
        self.0.iter().find(|(known, _)| *known == item).map_or(0, |(_, value)| *value)
    }

    /// Whether something is set.
    pub fn has(&self, item: Item) -> bool {
        self.number(item) > 0
    }
}

/// A commitment of the charter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commitment {
    /// Nobody's data is sold or measured: no telemetry, and nobody else is connected to but by the owner's choice.
    NoTrade,
    /// What is kept can be had whole, in documented formats, and taken elsewhere.
    Lasting,
    /// What is kept and for how long is said in plain words, and what is done with the box is noted for its owner.
    Plain,
    /// Holes are mended in reasonable time.
    Mended,
    /// Whether all this is so can be looked up: a file that says it, signed.
    Open,
}

impl Commitment {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::NoTrade, Self::Lasting, Self::Plain, Self::Mended, Self::Open];

    /// Its name in files; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoTrade => "no_trade",
            Self::Lasting => "lasting",
            Self::Plain => "plain_words",
            Self::Mended => "mended",
            Self::Open => "open_to_look",
        }
    }

    /// Whether the facts bear it out. [`Commitment::Lasting`] rests on the program alone, as does that there is no
    /// telemetry: there is no setting for either.
    pub fn is_kept(self, facts: &Facts) -> bool {
        match self {
            Self::NoTrade | Self::Lasting => true,
            Self::Plain => facts.has(Item::JournalDays),
            Self::Mended => facts.has(Item::Young),
            Self::Open => facts.has(Item::Statement),
        }
    }
}

/// Those whom the box connects to only because its owner chose so.
pub const CHOSEN: [Item; 9] = [
    Item::Mailboxes,
    Item::MailboxesSend,
    Item::BackupElsewhere,
    Item::Relay,
    Item::Push,
    Item::TlsReports,
    Item::Authority,
    Item::Announcing,
    Item::Updates,
];

/// A claim of a statement that others can look at from where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// Its mail server encrypts (TLS 1.2 or better).
    Tls,
    /// It enforces an MTA-STS policy.
    MtaSts,
    /// Its mail server's certificate is named in DNS, signed.
    Dane,
    /// Its domain gives the owner's key away (Web Key Directory).
    Wkd,
    /// Its mail is signed by its domain.
    Dkim,
}

impl Claim {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 5] = [Self::Tls, Self::MtaSts, Self::Dane, Self::Wkd, Self::Dkim];

    /// Its name in a statement; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::MtaSts => "mta-sts",
            Self::Dane => "dane",
            Self::Wkd => "wkd",
            Self::Dkim => "dkim",
        }
    }

    /// By its name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.as_str() == name)
    }
}

/// A statement of a box about itself, as its owner signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The domain that it speaks of, and counts for.
    pub domain: String,
    /// The letter of the box's own index, where it is known to the box.
    pub appliance: Option<Letter>,
    /// The letter of the owner's account, where they share it.
    pub account: Option<Letter>,
    /// The version of the charter that is accepted.
    pub charter: Option<u16>,
    /// The version of the program.
    pub software: String,
    /// What can be looked at from elsewhere.
    pub claims: Vec<Claim>,
    /// When it was signed.
    pub issued: Time,
    /// When it ends.
    pub expires: Time,
}

impl Statement {
    /// Whether it says the same, the time aside.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |one: &Self| Self {
            issued: Time(0),
            expires: Time(0),
            ..one.clone()
        };
        timeless(self) == timeless(other)
    }
}

/// Why a statement counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Untrue {
    /// It is no statement, or too large.
    Garbled,
    /// It speaks of another domain.
    Elsewhere,
    /// Its time is over, is yet to come, or is longer than a statement may count.
    OutOfTime,
    /// No key that is known to be theirs signed it.
    Unsigned,
    /// It is older than one that was seen before.
    Older,
}

impl Untrue {
    /// All of them, by number; it only ever grows.
    pub const ALL: [Self; 5] = [Self::Garbled, Self::Elsewhere, Self::OutOfTime, Self::Unsigned, Self::Older];
}

/// Whether what a statement claims was seen to be so: one claim that was seen to be false decides; then one that nobody has
/// looked at. A statement that claims nothing has nothing to be borne out, and stays not known.
pub fn borne_out(claims: &[(Claim, Fact<bool>)]) -> Fact<bool> {
    if claims.iter().any(|(_, seen)| *seen == Fact::Known(false)) {
        Fact::Known(false)
    } else if claims.is_empty() || claims.iter().any(|(_, seen)| *seen == Fact::Unknown) {
        Fact::Unknown
    } else {
        Fact::Known(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_nobody_looked_at_bears_nothing_out() {
        let (yes, no, unseen) = (Fact::Known(true), Fact::Known(false), Fact::Unknown);
        assert_eq!(borne_out(&[]), unseen);
        assert_eq!(borne_out(&[(Claim::Tls, yes), (Claim::Dkim, yes)]), yes);
        assert_eq!(borne_out(&[(Claim::Tls, yes), (Claim::Dkim, unseen)]), unseen);
        assert_eq!(borne_out(&[(Claim::Tls, no), (Claim::Dkim, unseen)]), no);
    }

    #[test]
    fn the_charter_follows_from_what_is_set() {
        let none = Facts::default();
        let kept = |facts: &Facts| Commitment::ALL.map(|one| one.is_kept(facts));
        assert_eq!(kept(&none), [true, true, false, false, false]);
        let all = Facts::of(Item::ALL.iter().map(|item| (*item, 1)));
        assert_eq!(kept(&all), [true; 5]);
        let twice = Facts::of([(Item::Young, 1), (Item::Young, 0)]);
        assert!(!twice.has(Item::Young) && twice.each().count() == 1);
        for item in Item::ALL {
            assert_eq!(Item::of(item.as_str()), Some(*item));
        }
        for claim in Claim::ALL {
            assert_eq!(Claim::of(claim.as_str()), Some(claim));
        }
    }
}
