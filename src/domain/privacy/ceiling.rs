//! The ceilings: facts that void the rest. Each is a visible line; only the lowest that applies is shown.
//!
//! "Not known" is read against the message wherever that is a question of who vouches for it, and never
//! where the fact itself would be an accusation: a hop counts as open, and a message as forged, only when
//! that was seen.

use super::{
    evidence::{Direction, Dmarc, Evidence, Signature, Tls, Unverified},
    index::Line,
    message::{LineId, Reason},
};
use crate::domain::fact::Fact;

/// A ceiling that applies.
pub(super) struct Ceiling {
    id: LineId,
    cap: i16,
    reason: Reason,
}

impl Ceiling {
    fn new(id: LineId, cap: i16, reason: Reason) -> Self {
        Self { id, cap, reason }
    }

    /// The line that brings a sum down to the ceiling; 0 where the sum is below it already.
    pub(super) fn line(self, sum: i16) -> Line {
        Line {
            id: self.id,
            won: (self.cap - sum).min(0),
            possible: self.id.possible(),
            kind: self.id.kind(),
            known: true,
            reason: self.reason,
            tip: None,
        }
    }
}

/// The lowest ceiling that applies; among equals the first in the order of the lines.
pub(super) fn lowest(evidence: &Evidence) -> Option<Ceiling> {
    [
        forged(evidence),
        open(evidence),
        anonymous(evidence),
        loaded(evidence),
        unverified(evidence),
    ]
    .into_iter()
    .flatten()
    .min_by_key(|ceiling| ceiling.cap)
}

fn forged(evidence: &Evidence) -> Option<Ceiling> {
    let signature = evidence.content.signature == Fact::Known(Signature::Broken);
    let policy = evidence.direction != Direction::Local && evidence.travel.dmarc == Fact::Known(Dmarc::Refused);
    (signature || policy).then(|| Ceiling::new(LineId::CeilingForged, 20, Reason::Forged { signature, policy }))
}

fn open(evidence: &Evidence) -> Option<Ceiling> {
    let applies =
        evidence.direction != Direction::Local && evidence.travel.tls == Fact::Known(Tls::None) && !evidence.content.is_end_to_end();
    applies.then(|| Ceiling::new(LineId::CeilingOpen, 20, Reason::Open(evidence.direction)))
}

fn anonymous(evidence: &Evidence) -> Option<Ceiling> {
    (!evidence.is_vouched_for()).then(|| Ceiling::new(LineId::CeilingAnonymous, 40, Reason::Anonymous))
}

fn loaded(evidence: &Evidence) -> Option<Ceiling> {
    let encrypted = evidence.content.is_encrypted();
    let cap = if encrypted { 20 } else { 40 };
    evidence
        .loaded
        .then(|| Ceiling::new(LineId::CeilingLoaded, cap, Reason::Loaded(encrypted)))
}

fn unverified(evidence: &Evidence) -> Option<Ceiling> {
    if !evidence.content.is_encrypted() {
        return None;
    }
    let whose = match evidence.unverified()? {
        Unverified::Participant(address) => Some(address.clone()),
        Unverified::Signer => None,
    };
    Some(Ceiling::new(LineId::CeilingUnverified, 80, Reason::Unverified(whose)))
}
