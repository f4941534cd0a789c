//! A notice comes back about a message that was sent from here: it is told on that message, where it belongs, and is no
//! message of its own.
//!
//! It must name the message by its identifier, which only those who got the message know, and a recipient whom the
//! message was handed over for; and it must come from nobody (`<>`), as notices do. What does not is a message like any
//! other. It stays a claim: what it says is shown as said.

use crate::{
    codec::{
        idna,
        mime::bounce::{Bounce, bounce},
    },
    domain::{
        outgoing::{Delivery, Kind, State, Trouble},
        transport::Arrival,
    },
    store::{
        self,
        mail::Snapshot,
        record::Returned,
        returned::{Change, MOST},
        vault::Open,
    },
};

/// What an arrival changes of a message that was sent from here; `None` where it is a message like any other. `spooled` is the
/// number that it has in the spool.
pub(super) fn about_ours(open: &Open, raw: &[u8], arrival: &Arrival, spooled: Option<u64>) -> Result<Option<Change>, store::Error> {
    if arrival.mail_from.as_ref().is_some_and(|from| !from.is_empty()) {
        return Ok(None);
    }
    let Some(notice) = bounce(raw) else { return Ok(None) };
    let Some(id) = &notice.message_id else { return Ok(None) };
    let snapshot = Snapshot::of(open)?;
    let Some(message) = snapshot.sent_with(id)? else { return Ok(None) };
    let about = matched(&notice, &snapshot.deliveries(message)?);
    if about.is_empty() || snapshot.returned(message)?.len() >= MOST {
        return Ok(None);
    }
    Ok(Some(Change {
        message,
        about,
        notice: Returned::of(arrival.at.0, arrival.peer, raw)?,
        spooled,
    }))
}

/// The recipients that a notice is about, of those whom the message left for. Where it left for one only, the notice is
/// about that one, by whatever name it was passed on to.
fn matched(notice: &Bounce, deliveries: &[Delivery]) -> Vec<(u64, crate::domain::address::Address, Trouble, bool)> {
    let left = |state: State| matches!(state, State::Delivered | State::NobodyKnows);
    let recipients = || {
        deliveries
            .iter()
            .flat_map(|it| it.recipients.iter().map(move |recipient| (it.id, recipient)))
    };
    let only = (recipients().count() == 1).then(|| recipients().next()).flatten();
    let mut found = Vec::new();
    for about in &notice.about {
        let named = recipients().find(|(_, recipient)| {
            about
                .addresses
                .iter()
                .any(|named| idna::address(named) == idna::address(&recipient.address))
        });
        let Some((id, recipient)) = named.or(only).filter(|(_, recipient)| left(recipient.state)) else {
            continue;
        };
        let kind = if about.late { Kind::Late } else { Kind::Returned };
        let trouble = Trouble::of(kind).at(&about.host).saying(about.code, &about.words);
        found.push((id, recipient.address.clone(), trouble, about.late));
    }
    found
}
