//! What a message would be worth by what is known today: its content and its way were what they were, its people may be
//! known better, or have changed.
//!
//! Absent on purpose: writing anything. A message keeps the letter that it was shown with.

use super::keyring::Choice;
use crate::{
    domain::{
        fact::Fact,
        openpgp::Worth,
        privacy::evidence::{Direction, Evidence, Other, Signature},
        time::Time,
    },
    store::{self, mail::Snapshot, record::PeerKeys},
};

/// The evidence of a message with what is known of its people now.
pub(super) fn evidence(snapshot: &Snapshot, message: u64, mut evidence: Evidence, now: Time) -> Result<Evidence, store::Error> {
    let received = evidence.direction == Direction::In;
    signature(snapshot, message, &mut evidence)?;
    for other in &mut evidence.social.others {
        let row = snapshot.peer_keys(other.address.as_str())?;
        let key = row.map_or(Fact::Unknown, |row| Choice::of(&row, now).state());
        let card = snapshot.contact_of(other.address.as_str())?;
        let index = card.as_ref().map(|(id, _)| snapshot.stands(*id)).transpose()?.flatten();
        *other = Other {
            address: other.address.clone(),
            known: Fact::Known(card.is_some()),
            // What was sent was sealed to the key of then, which may be another.
            key: if received { key } else { key.min(other.key) },
            index: index.and_then(|stands| stands.points).into(),
        };
    }
    Ok(evidence)
}

/// What a signature that counted when it came is worth by what the owner has found of its key since.
pub(super) fn signature(snapshot: &Snapshot, message: u64, evidence: &mut Evidence) -> Result<(), store::Error> {
    let counted = evidence.direction == Direction::In && evidence.content.signature == Fact::Known(Signature::Valid);
    if let Some(author) = evidence.social.others.first().filter(|_| counted)
        && let Some(row) = snapshot.peer_keys(author.address.as_str())?
        && let Some(verified) = signer(snapshot, message, &row)?
    {
        evidence.content.signer_verified = Fact::Known(verified > 0);
        if verified < 0 {
            evidence.content.signature = Fact::Known(Signature::OfAnother);
            evidence.content.signer_verified = Fact::Unknown;
        }
    }
    Ok(())
}

/// When the owner compared the key of its author that signed all of a message, and less than 0 where they found that it
/// differs; `None` where none of theirs did.
fn signer(snapshot: &Snapshot, message: u64, author: &PeerKeys) -> Result<Option<i64>, store::Error> {
    let opening = snapshot.opening(message)?.unwrap_or_default();
    let whole = opening.signatures.iter().filter(|signed| signed.whole);
    let good = whole.filter(|signed| matches!(signed.worth(), Worth::Good(_)));
    let held = good.filter_map(|signed| author.held(&signed.print));
    Ok(held.map(|held| held.verified).max())
}
