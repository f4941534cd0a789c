//! The Privacy Index of the account: what the owner's own key, sign-in, storage, devices, people and mail are worth
//! together, in fourteen lines out of 100. Pure; what was not observed says "not known".

use super::{
    contact::{Share, Strength},
    line::{self, lines},
};
use crate::domain::fact::Fact;

/// The contacts that are written to most, of whom the mean is taken.
pub const CLOSEST: usize = 10;
/// Seconds of the past of which the sent mail counts.
pub const MONTH: i64 = 30 * 24 * 3600;

/// What is known of the owner's own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnKey {
    /// How strong it is.
    pub strength: Strength,
    /// Whether others find it at the owner's domain (WKD).
    pub published: Fact<bool>,
    /// Whether there is a copy of it elsewhere.
    pub backed_up: Fact<bool>,
    /// Whether it is known when it expires, and that is still to come.
    pub dated: Fact<bool>,
}

/// How the owner signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignIn {
    /// With the passphrase alone.
    Passphrase,
    /// With a code as well (TOTP).
    Code,
    /// There is a passkey.
    Passkey,
}

/// Some of the contacts that are written to most: those who lack something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lack {
    /// How many they are.
    pub many: u32,
    /// The points that their indexes miss, together.
    pub miss: u32,
}

impl Lack {
    /// Counts one more, with this index.
    pub fn add(&mut self, points: u8) {
        self.many = self.many.saturating_add(1);
        self.miss = self.miss.saturating_add(100_u32.saturating_sub(points.into()));
    }
}

/// The contacts that are written to most, of those whose index is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closest {
    /// The mean of their indexes, 0 to 100.
    pub mean: u8,
    /// How many they are.
    pub of: u32,
    /// Those of whom no key is known that could be used.
    pub keyless: Lack,
    /// Those of whom one is, and was never compared.
    pub uncompared: Lack,
}

/// What is known of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The owner's own key; known to be none where there is none.
    pub key: Fact<Option<OwnKey>>,
    /// How the owner signs in.
    pub sign_in: Fact<SignIn>,
    /// How strong the passphrase was found, 0 to 4.
    pub passphrase: Fact<u8>,
    /// Whether everything is sealed on the disk.
    pub sealed: Fact<bool>,
    /// Whether it stays locked after a restart, until somebody signs in.
    pub stays_locked: Fact<bool>,
    /// Whether there is a backup younger than seven days that was tried.
    pub backup: Fact<bool>,
    /// The lowest index of a verified device.
    pub device: Fact<u8>,
    /// The contacts that are written to most.
    pub contacts: Fact<Closest>,
    /// How much of the sent mail of thirty days was encrypted end to end.
    pub mail: Share,
    /// The index of the owner's own service.
    pub service: Fact<u8>,
}

/// What a line speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// The owner's own key.
    Key,
    /// Signing in.
    SignIn,
    /// What lies on the disk.
    Storage,
    /// Devices, people, mail.
    Practice,
    /// The owner's own service.
    Service,
}

impl Axis {
    /// All of them, in the order of the lines.
    pub const ALL: [Self; 5] = [Self::Key, Self::SignIn, Self::Storage, Self::Practice, Self::Service];

    /// Its name in pages; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "own-key",
            Self::SignIn => "sign-in",
            Self::Storage => "storage",
            Self::Practice => "practice",
            Self::Service => "service",
        }
    }
}

lines! {
    "A line of the account's index.";
    /// Whether the owner has a key.
    KeyExists = "key.exists", Key, 6;
    /// How strong it is.
    KeyStrength = "key.strength", Key, 4;
    /// Whether others find it.
    KeyPublished = "key.published", Key, 4;
    /// Whether there is a copy of it.
    KeyBackup = "key.backup", Key, 4;
    /// Whether its end is known and still to come.
    KeyExpiry = "key.expiry", Key, 2;
    /// How the owner signs in.
    SignInWay = "sign_in.way", SignIn, 12;
    /// How strong the passphrase is.
    SignInPassphrase = "sign_in.passphrase", SignIn, 6;
    /// Whether everything is sealed on the disk.
    StorageSealed = "storage.sealed", Storage, 10;
    /// Whether it stays locked after a restart.
    StorageLocked = "storage.locked", Storage, 4;
    /// Whether there is a tried backup.
    StorageBackup = "storage.backup", Storage, 6;
    /// The weakest device.
    Devices = "devices", Practice, 10;
    /// The closest contacts.
    Contacts = "contacts", Practice, 12;
    /// The mail of a month.
    Mail = "mail", Practice, 10;
    /// The owner's own service.
    Service = "service", Service, 10;
}

/// Why a line won what it won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody looked, or looking gave no answer.
    NotKnown,
    /// There is no key to speak of.
    NoKey,
    /// Whether it is so, as the line has it.
    Is(bool),
    /// How strong the key is.
    Strength(Strength),
    /// How the owner signs in.
    Way(SignIn),
    /// How strong the passphrase was found, 0 to 4.
    Passphrase(u8),
    /// An index, of 100.
    Index(u8),
    /// A mean of 100, and of how many it is.
    Mean(u8, u32),
    /// A part of the sent mail.
    Mail(Share),
    /// Nothing was sent in thirty days.
    NothingSent,
}

macro_rules! advice {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What would win the points that a line misses. The words are `locale`'s, the page is `web`'s.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Advice { $($(#[$doc])* $name,)* }

        impl Advice {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in addresses and in the store; never translated, and never used for another.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

advice! {
    /// Make a key.
    MakeKey = "make_key";
    /// Make a stronger one.
    StrongerKey = "stronger_key";
    /// Let others find it.
    PublishKey = "publish_key";
    /// Print or save a copy of it.
    BackUpKey = "back_up_key";
    /// Give it a new end.
    RenewKey = "renew_key";
    /// Sign in with a passkey.
    Passkey = "passkey";
    /// Choose a stronger passphrase.
    Passphrase = "passphrase";
    /// Take back the file that opens the box at a restart.
    StayLocked = "stay_locked";
    /// Make a backup and try it.
    BackUp = "back_up";
    /// Raise the weakest device.
    RaiseDevice = "raise_device";
    /// Raise the contacts that are written to most.
    RaiseContacts = "raise_contacts";
    /// Ask some of them for a key.
    AskForKeys = "ask_for_keys";
    /// Compare keys with some of them.
    CompareKeys = "compare_keys";
    /// Encrypt what is sent.
    Encrypt = "encrypt";
    /// Look at the service's own records.
    Service = "service";
}

/// A tip: always the owner's to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tip {
    /// Points to win, at most, if nothing else changes.
    pub wins: u8,
    /// What to do.
    pub advice: Advice,
    /// With how many people; 0 where it is nobody's but the owner's.
    pub people: u32,
}

/// One visible line.
pub type Line = line::Line<LineId, Reason, Tip>;

/// The index of the account with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountIndex {
    /// 0 to 100, the plain sum of the lines; `None` is unknown.
    pub points: Option<u8>,
    /// Every line, those not known included.
    pub lines: Vec<Line>,
}

impl AccountIndex {
    /// What would win most, the most first: tips of what is known to be lacking before those of what is not known.
    pub fn helps(&self) -> Vec<Line> {
        let mut tips: Vec<Line> = self.lines.iter().filter(|line| line.tip.is_some()).copied().collect();
        tips.sort_by_key(|line| (!line.known, std::cmp::Reverse(line.tip.map_or(0, |tip| tip.wins))));
        tips
    }
}

/// The index of the account.
pub fn evaluate(evidence: &Evidence) -> AccountIndex {
    let mut lines = Vec::with_capacity(LineId::ALL.len());
    lines.extend(key(evidence.key));
    lines.extend(sign_in(evidence));
    lines.extend([
        yes(LineId::StorageSealed, evidence.sealed, Advice::StayLocked),
        yes(LineId::StorageLocked, evidence.stays_locked, Advice::StayLocked),
        yes(LineId::StorageBackup, evidence.backup, Advice::BackUp),
    ]);
    lines.extend(practice(evidence));
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    let anything = lines.iter().any(|line| line.known);
    AccountIndex {
        points: u8::try_from(sum.clamp(0, 100)).ok().filter(|_| anything),
        lines,
    }
}

fn line(id: LineId, won: i16, reason: Reason, advice: Advice) -> Line {
    Line::of(id, won, id.possible(), reason, |wins| Tip { wins, advice, people: 0 })
}

fn unknown(id: LineId, reason: Reason, advice: Advice) -> Line {
    Line {
        known: false,
        ..line(id, 0, reason, advice)
    }
}

/// A line that is won or not.
fn yes(id: LineId, fact: Fact<bool>, advice: Advice) -> Line {
    match fact {
        Fact::Unknown => unknown(id, Reason::NotKnown, advice),
        Fact::Known(is) => line(id, if is { id.possible() } else { 0 }, Reason::Is(is), advice),
    }
}

/// A share of 100 of a line's points, to the nearest whole.
fn part(id: LineId, index: u8) -> i16 {
    (i16::from(index.min(100)) * id.possible() + 50) / 100
}

fn key(fact: Fact<Option<OwnKey>>) -> [Line; 5] {
    let ids = [
        (LineId::KeyExists, Advice::MakeKey),
        (LineId::KeyStrength, Advice::StrongerKey),
        (LineId::KeyPublished, Advice::PublishKey),
        (LineId::KeyBackup, Advice::BackUpKey),
        (LineId::KeyExpiry, Advice::RenewKey),
    ];
    match fact {
        Fact::Unknown => ids.map(|(id, _)| unknown(id, Reason::NotKnown, Advice::MakeKey)),
        Fact::Known(None) => ids.map(|(id, _)| {
            let reason = if id == LineId::KeyExists {
                Reason::Is(false)
            } else {
                Reason::NoKey
            };
            line(id, 0, reason, Advice::MakeKey)
        }),
        Fact::Known(Some(key)) => {
            let strength = match key.strength {
                Strength::Weak => 0,
                Strength::Fair => 2,
                Strength::Strong => LineId::KeyStrength.possible(),
            };
            ids.map(|(id, advice)| match id {
                LineId::KeyExists => yes(id, Fact::Known(true), advice),
                LineId::KeyStrength => line(id, strength, Reason::Strength(key.strength), advice),
                LineId::KeyPublished => yes(id, key.published, advice),
                LineId::KeyBackup => yes(id, key.backed_up, advice),
                _ => yes(id, key.dated, advice),
            })
        }
    }
}

fn sign_in(evidence: &Evidence) -> [Line; 2] {
    let (way, passphrase) = (LineId::SignInWay, LineId::SignInPassphrase);
    [
        match evidence.sign_in {
            Fact::Unknown => unknown(way, Reason::NotKnown, Advice::Passkey),
            Fact::Known(how) => {
                let won = match how {
                    SignIn::Passphrase => 0,
                    SignIn::Code => 9,
                    SignIn::Passkey => way.possible(),
                };
                line(way, won, Reason::Way(how), Advice::Passkey)
            }
        },
        match evidence.passphrase {
            Fact::Unknown => unknown(passphrase, Reason::NotKnown, Advice::Passphrase),
            Fact::Known(strength) => {
                let won = match strength {
                    0..=2 => 0,
                    3 => 3,
                    _ => passphrase.possible(),
                };
                line(passphrase, won, Reason::Passphrase(strength), Advice::Passphrase)
            }
        },
    ]
}

/// The line of the closest contacts. Its tip is about those of them for whom there is a next step, and wins what they miss.
fn people(closest: Closest) -> Line {
    let (id, Closest { mean, of, .. }) = (LineId::Contacts, closest);
    let raised = |some: Lack| part(id, u8::try_from(u32::from(mean) + some.miss / of.max(1)).unwrap_or(100));
    let tip = |some: Lack, advice| {
        let wins = u8::try_from(raised(some) - part(id, mean)).ok().filter(|wins| *wins > 0);
        wins.map(|wins| Tip {
            wins,
            advice,
            people: some.many,
        })
    };
    let next = tip(closest.keyless, Advice::AskForKeys).or_else(|| tip(closest.uncompared, Advice::CompareKeys));
    let line = line(id, part(id, mean), Reason::Mean(mean, of), Advice::RaiseContacts);
    Line {
        tip: line.tip.map(|tip| next.unwrap_or(tip)),
        ..line
    }
}

fn practice(evidence: &Evidence) -> [Line; 4] {
    let (devices, contacts, mail, service) = (LineId::Devices, LineId::Contacts, LineId::Mail, LineId::Service);
    [
        match evidence.device {
            Fact::Unknown => unknown(devices, Reason::NotKnown, Advice::RaiseDevice),
            Fact::Known(index) => line(devices, part(devices, index), Reason::Index(index), Advice::RaiseDevice),
        },
        match evidence.contacts {
            Fact::Unknown => unknown(contacts, Reason::NotKnown, Advice::RaiseContacts),
            Fact::Known(closest) => people(closest),
        },
        match evidence.mail {
            Share { of: 0, .. } => unknown(mail, Reason::NothingSent, Advice::Encrypt),
            share => line(mail, share.points(mail.possible()), Reason::Mail(share), Advice::Encrypt),
        },
        match evidence.service {
            Fact::Unknown => unknown(service, Reason::NotKnown, Advice::Service),
            Fact::Known(index) => line(service, part(service, index), Reason::Index(index), Advice::Service),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::privacy::index::Letter;
    use proptest::prelude::*;

    const BEST: Evidence = Evidence {
        key: Fact::Known(Some(OwnKey {
            strength: Strength::Strong,
            published: Fact::Known(true),
            backed_up: Fact::Known(true),
            dated: Fact::Known(true),
        })),
        sign_in: Fact::Known(SignIn::Passkey),
        passphrase: Fact::Known(4),
        sealed: Fact::Known(true),
        stays_locked: Fact::Known(true),
        backup: Fact::Known(true),
        device: Fact::Known(100),
        contacts: Fact::Known(Closest {
            mean: 100,
            of: 10,
            keyless: Lack { many: 0, miss: 0 },
            uncompared: Lack { many: 0, miss: 0 },
        }),
        mail: Share { have: 7, of: 7 },
        service: Fact::Known(100),
    };

    /// Contacts of these indexes: the first of them have no key, the next ones one that was not compared.
    fn closest(points: &[u8], keyless: usize, uncompared: usize) -> Closest {
        let of = points.len() as u32;
        let sum: u32 = points.iter().map(|points| u32::from(*points)).sum();
        let mut closest = Closest {
            mean: ((sum + of / 2) / of) as u8,
            of,
            ..Closest::default()
        };
        points.iter().take(keyless).for_each(|points| closest.keyless.add(*points));
        let next = points.iter().skip(keyless).take(uncompared);
        next.for_each(|points| closest.uncompared.add(*points));
        closest
    }

    fn fact<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = Fact<T>> {
        prop_oneof![Just(Fact::Unknown), prop::sample::select(values).prop_map(Fact::Known)]
    }

    prop_compose! {
        fn own_key()(
            strength in prop::sample::select(vec![Strength::Weak, Strength::Fair, Strength::Strong]),
            facts in prop::collection::vec(fact(vec![false, true]), 3),
        ) -> OwnKey {
            OwnKey { strength, published: facts[0], backed_up: facts[1], dated: facts[2] }
        }
    }

    prop_compose! {
        fn evidence()(
            key in prop_oneof![Just(Fact::Unknown), prop::option::of(own_key()).prop_map(Fact::Known)],
            sign_in in fact(vec![SignIn::Passphrase, SignIn::Code, SignIn::Passkey]),
            passphrase in fact(vec![0, 2, 3, 4]),
            facts in prop::collection::vec(fact(vec![false, true]), 3),
            indexes in prop::collection::vec(fact(vec![0_u8, 7, 50, 99, 100]), 3),
            (have, of) in (0_u32..9).prop_flat_map(|of| (0..=of, Just(of))),
            (keyless, uncompared) in (0_usize..=3).prop_flat_map(|keyless| (Just(keyless), 0..=3 - keyless)),
        ) -> Evidence {
            Evidence {
                key, sign_in, passphrase,
                sealed: facts[0], stays_locked: facts[1], backup: facts[2],
                device: indexes[0],
                contacts: indexes[1].known().map(|mean| closest(&[mean; 3], keyless, uncompared)).into(),
                service: indexes[2],
                mail: Share { have, of },
            }
        }
    }

    proptest! {
        #[test]
        fn the_index_is_the_sum_of_its_lines_and_better_is_never_worse(evidence in evidence()) {
            let index = evaluate(&evidence);
            prop_assert_eq!(i16::from(index.points.unwrap_or(0)), index.lines.iter().map(|line| line.won).sum::<i16>());
            prop_assert_eq!(index.lines.iter().map(|line| line.id).collect::<Vec<_>>(), LineId::ALL);
            for line in &index.lines {
                prop_assert!(line.won >= 0 && line.won <= line.possible && (line.known || line.won == 0));
                let missing = line.possible - line.won;
                let wins = line.tip.map(|tip| i16::from(tip.wins));
                if line.tip.is_none_or(|tip| tip.people == 0) {
                    prop_assert_eq!(wins, (missing > 0).then_some(missing));
                } else {
                    prop_assert!(wins.is_some_and(|wins| (1..=missing).contains(&wins)));
                }
            }
            for better in [
                Evidence { key: BEST.key, ..evidence },
                Evidence { sign_in: BEST.sign_in, ..evidence },
                Evidence { passphrase: BEST.passphrase, ..evidence },
                Evidence { stays_locked: BEST.stays_locked, ..evidence },
                Evidence { backup: BEST.backup, ..evidence },
                Evidence { device: BEST.device, ..evidence },
                Evidence { contacts: BEST.contacts, ..evidence },
                Evidence { mail: Share { have: evidence.mail.of.max(1), of: evidence.mail.of.max(1) }, ..evidence },
                Evidence { service: BEST.service, ..evidence },
            ] {
                prop_assert!(evaluate(&better).points >= index.points);
            }
        }
    }

    #[test]
    fn a_hundred_points_can_be_won_and_what_helps_most_comes_first() {
        assert_eq!(LineId::ALL.iter().map(|id| id.possible()).sum::<i16>(), 100);
        assert_eq!(evaluate(&BEST).points, Some(100));
        assert_eq!(evaluate(&Evidence::default()).points, None);
        let fresh = Evidence {
            key: Fact::Known(None),
            sign_in: Fact::Known(SignIn::Passphrase),
            passphrase: Fact::Known(4),
            sealed: Fact::Known(true),
            stays_locked: Fact::Known(true),
            ..Evidence::default()
        };
        let index = evaluate(&fresh);
        assert_eq!((index.points, index.points.map(Letter::of)), (Some(20), Some(Letter::E)));
        let helps = index.helps();
        assert_eq!(helps[0].tip.map(|tip| tip.advice), Some(Advice::Passkey));
        assert!(helps.iter().take_while(|line| line.known).count() >= 2 && !helps.last().unwrap().known);
        let with_key = Evidence {
            key: Fact::Known(Some(OwnKey {
                strength: Strength::Strong,
                published: Fact::Unknown,
                backed_up: Fact::Known(false),
                dated: Fact::Known(true),
            })),
            ..fresh
        };
        assert_eq!(evaluate(&with_key).points, Some(32));
    }

    #[test]
    fn the_tip_about_people_is_about_those_for_whom_there_is_a_next_step() {
        let tip = |points: &[u8], keyless, uncompared| {
            let line = people(closest(points, keyless, uncompared));
            line.tip.map(|tip| (tip.advice, tip.people, tip.wins))
        };
        assert_eq!(tip(&[30, 30, 60], 2, 1), Some((Advice::AskForKeys, 2, 5)));
        assert_eq!(tip(&[30, 30, 60], 0, 1), Some((Advice::CompareKeys, 1, 3)));
        assert_eq!(tip(&[30, 30, 60], 0, 0), Some((Advice::RaiseContacts, 0, 7)));
        assert_eq!(tip(&[100; 3], 0, 0), None);
        let mut ten = [50; 10];
        ten[0] = 98;
        assert_eq!(
            tip(&ten, 1, 9),
            Some((Advice::CompareKeys, 9, 5)),
            "what wins nothing is not asked for"
        );
    }
}
