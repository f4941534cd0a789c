//! The Privacy Index of a contact: thirteen lines out of 100, a pure function of what was observed of them.
//!
//! Nothing that a sender only writes can raise it: messages that nobody vouches for are left out before anything is
//! counted ([`Habits::of`]), what an appliance says of itself wins nothing until it was observed, and that somebody
//! is in the address book, or what stands on their card, is no line at all.

use super::{
    evidence::{Dmarc, Evidence as OfMessage, Signature, Tls},
    line::{self, lines},
    message::Who,
};
use crate::domain::{fact::Fact, time::Time};

pub use crate::domain::openpgp::Strength;

#[cfg(test)]
mod tests;

/// Messages that the habits are read from: the newest.
pub const NEWEST: usize = 50;
/// Messages, both ways together, from which a relation wins whole.
pub const MANY: u32 = 10;
/// Seconds after which somebody has been known for long.
const LONG: i64 = 30 * 24 * 3600;

/// The best key of somebody, as far as one can be used. Ordered, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// There is none that could be used.
    Missing,
    /// There is one: not expired, not revoked, can encrypt, bound to the address.
    Usable(Strength),
}

/// A part of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Share {
    /// How many.
    pub have: u32,
    /// Of how many; 0 is "not known".
    pub of: u32,
}

impl Share {
    /// Counts one more.
    pub fn add(&mut self, has: bool) {
        self.of = self.of.saturating_add(1);
        self.have = self.have.saturating_add(u32::from(has));
    }

    /// Points for it, to the nearest whole.
    pub(super) fn points(self, possible: i16) -> i16 {
        let (have, of) = (i64::from(self.have.min(self.of)), i64::from(self.of.max(1)));
        i16::try_from((have * i64::from(possible) * 2 + of) / (of * 2)).unwrap_or(0)
    }
}

/// The same while it is counted: what is not known of a message counts among all of them and never for it, so that what
/// cannot be opened or verified flatters nobody.
#[derive(Clone, Copy, Default)]
struct Count {
    have: u32,
    of: u32,
    known: bool,
}

impl Count {
    fn add(&mut self, has: Fact<bool>) {
        self.of = self.of.saturating_add(1);
        self.have = self.have.saturating_add(u32::from(has == Fact::Known(true)));
        self.known |= has.is_known();
    }

    /// Not known where nothing is of any of them.
    fn share(self) -> Share {
        let Self { have, of, known } = self;
        if known { Share { have, of } } else { Share::default() }
    }
}

/// What their newest messages have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Habits {
    /// End-to-end encrypted.
    pub encrypted: Share,
    /// With a valid signature of theirs.
    pub signed: Share,
    /// Over TLS 1.2 or better, of those whose last hop was seen here.
    pub tls: Share,
    /// Without trackers and remote content.
    pub clean: Share,
    /// Encrypted, of those that followed an encrypted one of the owner's.
    pub replies: Share,
}

/// One message between the owner and somebody.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// Whether the owner wrote it.
    pub to: bool,
    /// Whether it came through our door, where anyone can claim to be anyone.
    pub door: bool,
    /// What was seen of it.
    pub evidence: &'a OfMessage,
}

impl Exchange<'_> {
    /// Whether it is theirs, as far as this box can tell. What came through the door counts where somebody vouches
    /// for it; what the owner brought along (an import) and what the owner wrote counts.
    pub fn counts(&self) -> bool {
        let refused = self.evidence.travel.dmarc == Fact::Known(Dmarc::Refused);
        let broken = self.evidence.content.signature == Fact::Known(Signature::Broken);
        self.to || (!refused && !broken && (!self.door || self.evidence.is_vouched_for()))
    }
}

impl Habits {
    /// From what was exchanged, the oldest first. Of theirs the newest [`NEWEST`] that count are looked at.
    pub fn of<'a>(exchanges: impl DoubleEndedIterator<Item = Exchange<'a>> + Clone) -> Self {
        let theirs = exchanges.clone().filter(|one| !one.to && one.counts()).count();
        let skip = theirs.saturating_sub(NEWEST);
        let [mut encrypted, mut signed, mut clean, mut replies] = [Count::default(); 4];
        let (mut tls, mut seen, mut asked) = (Share::default(), 0, false);
        for one in exchanges.filter(Exchange::counts) {
            let content = &one.evidence.content;
            if one.to {
                asked = content.is_end_to_end();
                continue;
            }
            seen += 1;
            if seen <= skip {
                continue;
            }
            // Anybody can encrypt to the owner in anybody's name: it is theirs where something says so, also of what was brought.
            let is_encrypted = content.encryption.known().map(|_| content.is_end_to_end());
            let is_encrypted: Fact<bool> = is_encrypted.filter(|is| !is || one.evidence.is_vouched_for()).into();
            encrypted.add(is_encrypted);
            signed.add(content.signature.known().map(|one| one == Signature::Valid).into());
            clean.add(content.html.known().map(|html| html.remote == 0 && html.trackers == 0).into());
            if asked {
                replies.add(is_encrypted);
            }
            // What another mailbox brought was not seen to come: that is nothing of theirs.
            if let Fact::Known(seen) = one.evidence.travel.tls {
                tls.add(seen >= Tls::V1_2);
            }
        }
        Self {
            encrypted: encrypted.share(),
            signed: signed.share(),
            tls,
            clean: clean.share(),
            replies: replies.share(),
        }
    }

    /// Whether anything came from them that counts.
    fn any(self) -> bool {
        [self.encrypted, self.signed, self.tls, self.clean].iter().any(|share| share.of > 0)
    }
}

/// What is known of a contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Their best key; of several addresses that of the one that has the weakest.
    pub key: Fact<Key>,
    /// Whether the owner compared that key.
    pub verified: Fact<bool>,
    /// Whether a key of theirs came in the last thirty days to replace another.
    pub changed: Fact<bool>,
    /// Whether their mail domain enforces DANE or MTA-STS.
    pub strict: Fact<bool>,
    /// Whether their mail domain is signed (DNSSEC) and was validated here.
    pub dnssec: Fact<bool>,
    /// What their messages have in common.
    pub habits: Habits,
    /// Messages of theirs that count.
    pub from: u32,
    /// Messages that the owner wrote to them.
    pub to: u32,
    /// When the first of them was exchanged.
    pub first: Option<Time>,
    /// Whether their appliance's statement was observed true.
    pub statement: Fact<bool>,
}

/// What a line speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Their keys and their provider.
    Technic,
    /// How they write.
    Behaviour,
    /// What is between them and the owner.
    Context,
}

impl Axis {
    /// All of them, in the order of the lines.
    pub const ALL: [Self; 3] = [Self::Technic, Self::Behaviour, Self::Context];

    /// Its name in pages; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Technic => "technic",
            Self::Behaviour => "behaviour",
            Self::Context => "context",
        }
    }
}

lines! {
    "A line of a contact's index.";
    /// Whether there is a key that can be used.
    KeyPresent = "key.present", Technic, 14;
    /// How strong it is.
    KeyStrength = "key.strength", Technic, 6;
    /// Whether the owner compared it.
    KeyVerified = "key.verified", Technic, 12;
    /// Whether mail to them cannot be stripped of its encryption.
    ServiceStrict = "service.strict", Technic, 6;
    /// Whether their domain is signed.
    ServiceDnssec = "service.dnssec", Technic, 2;
    /// How often they encrypt.
    HabitEncrypted = "habit.encrypted", Behaviour, 20;
    /// How often they sign.
    HabitSigned = "habit.signed", Behaviour, 6;
    /// How often their mail comes over an encrypted connection.
    HabitTls = "habit.tls", Behaviour, 6;
    /// How often it watches nobody.
    HabitClean = "habit.clean", Behaviour, 4;
    /// Whether they answer what is encrypted with what is encrypted.
    HabitReplies = "habit.replies", Behaviour, 4;
    /// How much was written.
    RelationExchanges = "relation.exchanges", Context, 8;
    /// For how long.
    RelationKnownSince = "relation.known_since", Context, 6;
    /// What their appliance says of itself, where it was observed true.
    ServiceStatement = "service.statement", Context, 6;
}

/// Why a line won what it won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody looked, or looking gave no answer.
    NotKnown,
    /// No message of theirs has come that counts.
    NothingCame,
    /// Nothing was exchanged yet.
    NothingExchanged,
    /// They have not been written to with encryption.
    NotAsked,
    /// Whether there is a key that can be used.
    Key(bool),
    /// How strong it is.
    Strength(Strength),
    /// Whether the owner compared it.
    Verified(bool),
    /// There is no key to speak of.
    NoKey,
    /// Whether their domain does what the line asks.
    Service(bool),
    /// A part of their messages.
    Share(Share),
    /// Messages from them, messages to them.
    Exchanged(u32, u32),
    /// When the first message was exchanged, whether that is long ago, whether their key changed since.
    Since {
        /// When.
        first: Time,
        /// Thirty days ago or more.
        long: bool,
        /// Their key is new.
        changed: bool,
    },
    /// Whether their appliance's statement was observed true.
    Statement(bool),
}

/// What would win the points that a line misses. The words are `locale`'s, the page is `web`'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Ask them for a key, or look for one.
    AskForKey,
    /// Ask for a stronger one.
    StrongerKey,
    /// Compare it with them.
    CompareKeys,
    /// Look at their domain now.
    CheckDomain,
    /// Their provider publishes DANE or an enforced MTA-STS policy.
    Strict,
    /// Their provider signs its domain.
    Dnssec,
    /// Encrypt what is written to them.
    Encrypt,
    /// Ask them to sign.
    Sign,
    /// Their provider sends over TLS.
    Tls,
    /// Ask them to write without remote pictures and trackers.
    WriteClean,
    /// Write to one another.
    Write,
    /// It comes with time.
    Wait,
    /// Their appliance could say how it treats mail.
    Statement,
}

/// A tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tip {
    /// Points to win, at most, if nothing else changes.
    pub wins: u8,
    /// Who can act.
    pub who: Who,
    /// What to do.
    pub advice: Advice,
}

/// One visible line.
pub type Line = line::Line<LineId, Reason, Tip>;

/// The index of a contact with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactIndex {
    /// 0 to 100, the plain sum of the lines; `None` is unknown.
    pub points: Option<u8>,
    /// Every line, those not known included.
    pub lines: Vec<Line>,
}

/// The index of a contact as of a moment. Unknown while nothing was exchanged and nothing speaks for them: that
/// somebody who never wrote has no key says nothing about them.
pub fn evaluate(evidence: &Evidence, now: Time) -> ContactIndex {
    let mut lines = Vec::with_capacity(LineId::ALL.len());
    lines.extend(technic(evidence));
    lines.extend(behaviour(&evidence.habits));
    lines.extend(context(evidence, now));
    let sum: i16 = lines.iter().map(|line| line.won).sum();
    let anything = sum > 0 || evidence.from > 0 || evidence.to > 0 || evidence.habits.any();
    ContactIndex {
        points: u8::try_from(sum.clamp(0, 100)).ok().filter(|_| anything),
        lines,
    }
}

fn line(id: LineId, won: i16, reason: Reason, who: Who, advice: Advice) -> Line {
    Line::of(id, won, id.possible(), reason, |wins| Tip { wins, who, advice })
}

fn unknown(id: LineId, reason: Reason, who: Who, advice: Advice) -> Line {
    Line {
        known: false,
        ..line(id, 0, reason, who, advice)
    }
}

fn technic(evidence: &Evidence) -> [Line; 5] {
    let [present, strength, verified] = [LineId::KeyPresent, LineId::KeyStrength, LineId::KeyVerified];
    let keys = match evidence.key {
        Fact::Unknown => [present, strength, verified].map(|id| unknown(id, Reason::NotKnown, Who::Contact, Advice::AskForKey)),
        Fact::Known(Key::Missing) => [
            line(present, 0, Reason::Key(false), Who::Contact, Advice::AskForKey),
            line(strength, 0, Reason::NoKey, Who::Contact, Advice::AskForKey),
            line(verified, 0, Reason::NoKey, Who::Contact, Advice::AskForKey),
        ],
        Fact::Known(Key::Usable(how)) => {
            let won = match how {
                Strength::Weak => 0,
                Strength::Fair => 4,
                Strength::Strong => 6,
            };
            [
                line(present, present.possible(), Reason::Key(true), Who::Contact, Advice::AskForKey),
                line(strength, won, Reason::Strength(how), Who::Contact, Advice::StrongerKey),
                match evidence.verified {
                    Fact::Unknown => unknown(verified, Reason::NotKnown, Who::You, Advice::CompareKeys),
                    Fact::Known(is) => {
                        let won = if is { verified.possible() } else { 0 };
                        line(verified, won, Reason::Verified(is), Who::You, Advice::CompareKeys)
                    }
                },
            ]
        }
    };
    let [one, two, three] = keys;
    [
        one,
        two,
        three,
        service(LineId::ServiceStrict, evidence.strict, Advice::Strict),
        service(LineId::ServiceDnssec, evidence.dnssec, Advice::Dnssec),
    ]
}

fn service(id: LineId, fact: Fact<bool>, advice: Advice) -> Line {
    match fact {
        Fact::Unknown => unknown(id, Reason::NotKnown, Who::You, Advice::CheckDomain),
        Fact::Known(does) => line(
            id,
            if does { id.possible() } else { 0 },
            Reason::Service(does),
            Who::TheirProvider,
            advice,
        ),
    }
}

fn behaviour(habits: &Habits) -> [Line; 5] {
    let habit = |id: LineId, share: Share, who, advice| match (share.of, id) {
        (0, LineId::HabitReplies) if habits.any() => unknown(id, Reason::NotAsked, Who::You, Advice::Encrypt),
        (0, LineId::HabitEncrypted | LineId::HabitSigned) if habits.any() => unknown(id, Reason::NotKnown, who, advice),
        (0, LineId::HabitTls) if habits.any() => unknown(id, Reason::NotKnown, Who::Nobody, Advice::Wait),
        (0, _) => unknown(id, Reason::NothingCame, Who::Nobody, Advice::Wait),
        _ => line(id, share.points(id.possible()), Reason::Share(share), who, advice),
    };
    [
        habit(LineId::HabitEncrypted, habits.encrypted, Who::Contact, Advice::Encrypt),
        habit(LineId::HabitSigned, habits.signed, Who::Contact, Advice::Sign),
        habit(LineId::HabitTls, habits.tls, Who::TheirProvider, Advice::Tls),
        habit(LineId::HabitClean, habits.clean, Who::Contact, Advice::WriteClean),
        habit(LineId::HabitReplies, habits.replies, Who::Contact, Advice::Encrypt),
    ]
}

fn context(evidence: &Evidence, now: Time) -> [Line; 3] {
    let Evidence { from, to, .. } = *evidence;
    let exchanges = LineId::RelationExchanges;
    let won = match (from.saturating_add(to) >= MANY, from > 0 && to > 0) {
        (true, true) => exchanges.possible(),
        (true, false) => exchanges.possible() / 2,
        (false, _) => 0,
    };
    let since = LineId::RelationKnownSince;
    let known_since = match evidence.first {
        None => unknown(since, Reason::NothingExchanged, Who::You, Advice::Write),
        Some(first) => {
            let long = now.0.saturating_sub(first.0) >= LONG;
            let changed = evidence.changed == Fact::Known(true);
            let won = if long && !changed { since.possible() } else { 0 };
            line(since, won, Reason::Since { first, long, changed }, Who::Nobody, Advice::Wait)
        }
    };
    let statement = LineId::ServiceStatement;
    [
        if from == 0 && to == 0 {
            unknown(exchanges, Reason::NothingExchanged, Who::You, Advice::Write)
        } else {
            line(exchanges, won, Reason::Exchanged(from, to), Who::You, Advice::Write)
        },
        known_since,
        match evidence.statement {
            Fact::Unknown => unknown(statement, Reason::NotKnown, Who::TheirProvider, Advice::Statement),
            Fact::Known(is) => line(
                statement,
                if is { statement.possible() } else { 0 },
                Reason::Statement(is),
                Who::TheirProvider,
                Advice::Statement,
            ),
        },
    ]
}
