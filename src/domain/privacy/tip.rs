//! What would win the points that a line misses, and who can do it. A value; `locale` has the words.

use super::{
    evidence::{Direction, Dmarc, Encryption, Evidence, KeyState, Signature},
    index::Line,
    message::{LineId, Reason},
};
use crate::domain::fact::Fact;

/// What would win more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tip {
    /// Points to win, at most, if nothing else changes.
    pub wins: u8,
    /// Who can act.
    pub who: Who,
    /// What to do.
    pub advice: Advice,
    /// The page where it is done, as a path; `None` where no page of ours can do it.
    pub page: Option<&'static str>,
}

/// Who can act on a tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// The owner.
    You,
    /// The other person.
    Contact,
    /// Whoever runs the other person's mail.
    TheirProvider,
    /// Nobody, any more or ever.
    Nobody,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::You, Self::Contact, Self::TheirProvider, Self::Nobody];
}

/// What a tip advises. Those with a [`Direction`] read differently before sending and after receiving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Nobody looked in time, and it cannot be made up for.
    TooLate,
    /// Only a delivery by this box itself shows it.
    WhenSent,
    /// Have the records of the owner's own domain looked at.
    LookAtRecords,
    /// Open it with the key.
    Open,
    /// Encrypt.
    Encrypt(Direction),
    /// Encrypt the whole of it, by PGP/MIME.
    EncryptWhole(Direction),
    /// Encrypt in today's authenticated format.
    Modern(Direction),
    /// Put the subject inside the encrypted part.
    HideSubject(Direction),
    /// Sign.
    Sign(Direction),
    /// Get the sender's key, so that the signature can be checked.
    CheckSignature,
    /// Compare keys.
    CompareKeys,
    /// Write without remote pictures, active content and disguised links.
    WriteClean(Direction),
    /// Offer TLS 1.3.
    BetterTls(Direction),
    /// Offer a post-quantum key exchange.
    Hybrid(Direction),
    /// Publish DANE or an enforced MTA-STS policy.
    Strict(Direction),
    /// Sign the domain's mail with DKIM.
    Dkim(Direction),
    /// Publish a DMARC policy of quarantine or reject.
    Dmarc(Direction),
    /// Fewer servers on the way, all of them with TLS.
    ShorterWay,
    /// Put them in the address book.
    AddContact,
    /// Ask for a key.
    AskForKey,
    /// Raise the weakest contact's index.
    RaiseContact,
    /// Share it with fewer people.
    FewerPeople(Direction),
    /// Do not trust it; ask the sender in another way.
    AskAnotherWay,
    /// Leave remote content unloaded.
    LeaveUnloaded,
}

/// The tip of a line; `None` where no point is missing.
pub(super) fn of(line: &Line, evidence: &Evidence) -> Option<Tip> {
    let wins = u8::try_from(line.possible - line.won).ok().filter(|wins| *wins > 0)?;
    let (who, advice) = advise(line, evidence);
    Some(Tip {
        wins,
        who,
        advice,
        page: page(advice),
    })
}

/// The page where an advice is followed. What only somebody else can do, or nobody, has none.
fn page(advice: Advice) -> Option<&'static str> {
    match advice {
        Advice::Open => Some("/settings/keys"),
        Advice::Sign(Direction::Out | Direction::Local) => Some("/settings/keys#signs"),
        Advice::Encrypt(Direction::Out | Direction::Local) | Advice::CheckSignature | Advice::CompareKeys | Advice::AskForKey => {
            Some("/settings/keys/people")
        }
        Advice::LookAtRecords | Advice::Strict(Direction::In) | Advice::Dkim(Direction::Out) | Advice::Dmarc(Direction::Out) => {
            Some("/settings/dns")
        }
        Advice::AddContact => Some("/contacts/new"),
        Advice::RaiseContact => Some("/contacts"),
        Advice::TooLate
        | Advice::WhenSent
        | Advice::Encrypt(Direction::In)
        | Advice::EncryptWhole(_)
        | Advice::Modern(_)
        | Advice::HideSubject(_)
        | Advice::Sign(Direction::In)
        | Advice::WriteClean(_)
        | Advice::BetterTls(_)
        | Advice::Hybrid(_)
        | Advice::Strict(_)
        | Advice::Dkim(_)
        | Advice::Dmarc(_)
        | Advice::ShorterWay
        | Advice::FewerPeople(_)
        | Advice::AskAnotherWay
        | Advice::LeaveUnloaded => None,
    }
}

fn advise(line: &Line, evidence: &Evidence) -> (Who, Advice) {
    let way = evidence.direction;
    let out = way != Direction::In;
    let author = if out { Who::You } else { Who::Contact };
    let own_domain = if out { Who::You } else { Who::TheirProvider };
    match line.id {
        LineId::ContentEncrypted | LineId::ContentAuthenticated | LineId::ContentHeaders if !line.known => (Who::You, Advice::Open),
        // What is open, and was not read to its end, needs no key.
        LineId::ContentClean if !line.known && !evidence.content.encryption.is_known() => (Who::You, Advice::Open),
        LineId::ContentSigned | LineId::ContentSigner if !line.known && !out => (Who::Contact, Advice::CheckSignature),
        LineId::ContentEncrypted if matches!(line.reason, Reason::Encrypted(Encryption::Part | Encryption::Inline)) => {
            (author, Advice::EncryptWhole(way))
        }
        LineId::ContentEncrypted | LineId::ContentAuthenticated | LineId::ContentHeaders
            if line.reason == Reason::Encrypted(Encryption::None) =>
        {
            (who_encrypts(evidence), Advice::Encrypt(way))
        }
        LineId::ContentEncrypted | LineId::ContentAuthenticated => (author, Advice::Modern(way)),
        LineId::ContentHeaders => (author, Advice::HideSubject(way)),
        LineId::ContentSigned | LineId::ContentSigner if evidence.content.signature == Fact::Known(Signature::Broken) => {
            (Who::Nobody, Advice::AskAnotherWay)
        }
        LineId::ContentSigner if matches!(line.reason, Reason::Signer(_)) => (Who::You, Advice::CompareKeys),
        LineId::ContentSigned | LineId::ContentSigner => (author, Advice::Sign(way)),
        LineId::ContentClean => (author, Advice::WriteClean(way)),
        // No delivery tells that: it is asked of the owner's own domain.
        LineId::TravelAuthentic | LineId::TravelPolicy if out && !line.known => (Who::You, Advice::LookAtRecords),
        LineId::CeilingAnonymous if out && !evidence.travel.authentic.is_known() => (Who::You, Advice::LookAtRecords),
        LineId::TravelTls
        | LineId::TravelQuantum
        | LineId::TravelStrict
        | LineId::TravelAuthentic
        | LineId::TravelPolicy
        | LineId::TravelHops
            if !line.known =>
        {
            (Who::Nobody, if out { Advice::WhenSent } else { Advice::TooLate })
        }
        LineId::TravelTls => (Who::TheirProvider, Advice::BetterTls(way)),
        LineId::TravelQuantum => (Who::TheirProvider, Advice::Hybrid(way)),
        LineId::TravelStrict => (if out { Who::TheirProvider } else { Who::You }, Advice::Strict(way)),
        LineId::TravelAuthentic => (own_domain, Advice::Dkim(way)),
        LineId::TravelPolicy if !out && matches!(evidence.travel.dmarc, Fact::Known(Dmarc::Refused | Dmarc::Explained)) => {
            (Who::Nobody, Advice::AskAnotherWay)
        }
        LineId::TravelPolicy => (own_domain, Advice::Dmarc(way)),
        LineId::TravelHops => (Who::TheirProvider, Advice::ShorterWay),
        LineId::SenderKnown => (Who::You, Advice::AddContact),
        LineId::SenderKeys => (Who::Contact, Advice::AskForKey),
        LineId::SenderVerified
            // What is not known cannot be compared either.
            if evidence
                .social
                .others
                .iter()
                .any(|other| other.key < Fact::Known(KeyState::Usable)) =>
        {
            (Who::Contact, Advice::AskForKey)
        }
        LineId::SenderVerified | LineId::CeilingUnverified => (Who::You, Advice::CompareKeys),
        LineId::SenderContact => (Who::You, Advice::RaiseContact),
        LineId::SenderAudience => (author, Advice::FewerPeople(way)),
        LineId::CeilingForged => (Who::Nobody, Advice::AskAnotherWay),
        LineId::CeilingOpen => (Who::TheirProvider, Advice::BetterTls(way)),
        LineId::CeilingAnonymous => (own_domain, Advice::Dkim(way)),
        LineId::CeilingLoaded => (Who::Nobody, Advice::LeaveUnloaded),
    }
}

/// The owner can encrypt at once where everybody has a key; where somebody has none, they act first.
fn who_encrypts(evidence: &Evidence) -> Who {
    let everybody_has_one = evidence
        .social
        .others
        .iter()
        .all(|other| matches!(other.key, Fact::Known(state) if state >= KeyState::Usable));
    match evidence.direction {
        Direction::In => Who::Contact,
        Direction::Local => Who::You,
        Direction::Out if everybody_has_one => Who::You,
        Direction::Out => Who::Contact,
    }
}
