//! What each line wins: the table of privacy-index.md, one function for each axis.
//!
//! Not known wins nothing and says so. A line about several people takes the weakest of them (rule 6).

use super::{
    evidence::{Authentic, Content, Direction, Dmarc, Encryption, Evidence, HopClaims, Integrity, Other, Signature, Social, Tls, Travel},
    index::Line,
    message::{LineId, Reason},
};
use crate::domain::fact::Fact;

/// The most that earlier hops take away together.
const HOPS_AT_WORST: i16 = -4;

/// A line that something is known about.
fn line(id: LineId, won: i16, reason: Reason) -> Line {
    Line {
        id,
        won,
        possible: id.possible(),
        kind: id.kind(),
        known: true,
        reason,
        tip: None,
    }
}

/// A line that nothing is known about.
fn unknown(id: LineId) -> Line {
    Line {
        known: false,
        ..line(id, 0, Reason::NotKnown)
    }
}

/// The line of one fact.
fn of_fact<T>(id: LineId, fact: Fact<T>, weigh: impl FnOnce(T) -> (i16, Reason)) -> Line {
    match fact {
        Fact::Unknown => unknown(id),
        Fact::Known(value) => {
            let (won, reason) = weigh(value);
            line(id, won, reason)
        }
    }
}

fn points(id: LineId, won: bool) -> i16 {
    if won { id.possible() } else { 0 }
}

/// "Departure": what was done to the message before it left. 50 points.
pub(super) fn content(evidence: &Evidence) -> [Line; 6] {
    let content = &evidence.content;
    [
        encrypted(content),
        authenticated(content),
        headers(content),
        of_fact(LineId::ContentSigned, content.signature, |signature| {
            (
                points(LineId::ContentSigned, signature == Signature::Valid),
                Reason::Signature(signature),
            )
        }),
        signer(content),
        of_fact(LineId::ContentClean, content.html, |found| {
            (points(LineId::ContentClean, found.is_clean()), Reason::Html(found))
        }),
    ]
}

/// Why no line about the encryption can be won, where that is known.
fn without_encryption(content: &Content) -> Option<Reason> {
    match (content.encryption, content.integrity) {
        (Fact::Known(Encryption::None), _) => Some(Reason::Encrypted(Encryption::None)),
        (_, Fact::Known(Integrity::None)) => Some(Reason::Unprotected),
        _ => None,
    }
}

fn encrypted(content: &Content) -> Line {
    let id = LineId::ContentEncrypted;
    if let Some(reason) = without_encryption(content) {
        return line(id, 0, reason);
    }
    of_fact(id, content.encryption, |how| {
        let won = match how {
            Encryption::None => 0,
            Encryption::Part | Encryption::Inline => 22,
            Encryption::Whole => 34,
        };
        (won, Reason::Encrypted(how))
    })
}

fn authenticated(content: &Content) -> Line {
    let id = LineId::ContentAuthenticated;
    if let Some(reason) = without_encryption(content) {
        return line(id, 0, reason);
    }
    if !content.is_encrypted() {
        return unknown(id);
    }
    of_fact(id, content.integrity, |integrity| {
        let won = match integrity {
            Integrity::None => 0,
            Integrity::Mdc => 1,
            Integrity::Aead => 2,
        };
        (won, Reason::Integrity(integrity))
    })
}

fn headers(content: &Content) -> Line {
    let id = LineId::ContentHeaders;
    if let Some(reason) = without_encryption(content) {
        return line(id, 0, reason);
    }
    if !content.is_encrypted() {
        return unknown(id);
    }
    of_fact(id, content.headers, |inside| (points(id, inside), Reason::Subject(inside)))
}

fn signer(content: &Content) -> Line {
    let id = LineId::ContentSigner;
    match content.signature {
        Fact::Unknown => unknown(id),
        Fact::Known(Signature::Valid) => of_fact(id, content.signer_verified, |verified| {
            (points(id, verified), Reason::Signer(verified))
        }),
        Fact::Known(_) => line(id, 0, Reason::NoSigner),
    }
}

/// "Travel": the hop that was seen here, and what is claimed of those before. 25 points.
pub(super) fn travel(evidence: &Evidence) -> [Line; 6] {
    let whole = |id: LineId| line(id, id.possible(), Reason::NeverLeft);
    let way = evidence.direction;
    let Travel {
        tls,
        quantum,
        strict,
        authentic,
        dmarc,
        hops,
    } = evidence.travel;
    if way == Direction::Local {
        return [
            LineId::TravelTls,
            LineId::TravelQuantum,
            LineId::TravelStrict,
            LineId::TravelAuthentic,
            LineId::TravelPolicy,
            LineId::TravelHops,
        ]
        .map(whole);
    }
    [
        of_fact(LineId::TravelTls, tls, |tls| {
            let won = match tls {
                Tls::None => 0,
                Tls::Weak => 2,
                Tls::V1_2 => 7,
                Tls::V1_3 => 9,
            };
            (won, Reason::Tls(tls, way))
        }),
        of_fact(LineId::TravelQuantum, quantum, |hybrid| {
            (points(LineId::TravelQuantum, hybrid), Reason::Quantum(hybrid))
        }),
        of_fact(LineId::TravelStrict, strict, |strict| {
            (points(LineId::TravelStrict, strict), Reason::Strict(strict, way))
        }),
        of_fact(LineId::TravelAuthentic, authentic, |who| {
            let won = match who {
                Authentic::Nobody => 0,
                Authentic::Spf => 4,
                Authentic::Dkim => 6,
            };
            (won, Reason::Authentic(who, way))
        }),
        of_fact(LineId::TravelPolicy, dmarc, |dmarc| {
            (points(LineId::TravelPolicy, dmarc == Dmarc::Passed), Reason::Policy(dmarc, way))
        }),
        of_fact(LineId::TravelHops, hops, |claims| (taken_by(claims), Reason::Hops(claims))),
    ]
}

fn taken_by(claims: HopClaims) -> i16 {
    if claims.in_clear {
        return HOPS_AT_WORST;
    }
    i16::try_from(claims.relays).map_or(HOPS_AT_WORST, |relays| (-relays).max(HOPS_AT_WORST))
}

/// "Sender": who takes part. The owner never counts. 25 points.
///
/// With nobody else there is nobody to weigh: a note that never left this appliance wins the axis, and
/// of anything else it only means that its people could not be read, which must not win anything.
pub(super) fn sender(evidence: &Evidence) -> [Line; 5] {
    let Social { others, list } = &evidence.social;
    let ids = [
        LineId::SenderKnown,
        LineId::SenderKeys,
        LineId::SenderVerified,
        LineId::SenderContact,
        LineId::SenderAudience,
    ];
    if others.is_empty() && !list {
        return ids.map(|id| match evidence.direction {
            Direction::Local => line(id, id.possible(), Reason::NoteToSelf),
            Direction::In | Direction::Out => unknown(id),
        });
    }
    use super::evidence::KeyState;
    let at_least = |least: KeyState| {
        move |other: &Other| match other.key {
            Fact::Known(state) => Fact::Known(state >= least),
            Fact::Unknown => Fact::Unknown,
        }
    };
    [
        everyone(LineId::SenderKnown, others, |other| other.known),
        everyone(LineId::SenderKeys, others, at_least(KeyState::Usable)),
        everyone(LineId::SenderVerified, others, at_least(KeyState::Verified)),
        lowest(others),
        audience(others, *list),
    ]
}

/// Won when every other participant passes; one that is known to fail decides, then one not known.
fn everyone(id: LineId, others: &[Other], test: impl Fn(&Other) -> Fact<bool>) -> Line {
    let mut failing = others.iter().filter(|other| test(other) == Fact::Known(false));
    if let Some(first) = failing.next() {
        return line(id, 0, Reason::Lacking(first.address.clone(), count(failing.count())));
    }
    if others.is_empty() || others.iter().any(|other| !test(other).is_known()) {
        return unknown(id);
    }
    line(id, id.possible(), Reason::Everyone(count(others.len())))
}

fn lowest(others: &[Other]) -> Line {
    let id = LineId::SenderContact;
    let all: Option<Vec<(u8, &Other)>> = others.iter().map(|other| Some((other.index.known()?.min(100), other))).collect();
    match all.unwrap_or_default().into_iter().min_by_key(|(index, _)| *index) {
        None => unknown(id),
        Some((index, other)) => {
            let won = (i16::from(index) * id.possible() + 50) / 100;
            line(id, won, Reason::Lowest(other.address.clone(), index))
        }
    }
}

fn audience(others: &[Other], list: bool) -> Line {
    let id = LineId::SenderAudience;
    if list {
        return line(id, 0, Reason::List);
    }
    let won = match others.len() {
        1 => 4,
        2..=5 => 2,
        _ => 0,
    };
    line(id, won, Reason::Audience(count(others.len())))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
