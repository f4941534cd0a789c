//! What a sent message's way was like, as far as it was seen, becomes its evidence: the same function weighs it again
//! that weighed it before it was sent.

use super::{
    Error, filing, outbox, recheck,
    record::{Discussion, Message, Proof, Record},
    writer::Tables,
};
use crate::domain::{
    outgoing::{Delivery, travelled},
    privacy::message::evaluate,
};
use redb::ReadableTable;

/// Weighs a message again with what its deliveries saw.
pub fn weigh(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    let deliveries = outbox::all_of(tables, message)?;
    let handed = |delivery: &Delivery| delivery.recipients.iter().any(|recipient| recipient.handed.is_some());
    // Until somebody has it, what was expected of the way stands.
    if !deliveries.iter().any(handed) {
        return Ok(());
    }
    let Some(octets) = tables.proofs.get(message)?.map(|value| value.value().to_vec()) else {
        return Ok(());
    };
    let before = Proof::decode(message, &octets)?;
    let mut evidence = before.evidence();
    let travel = &mut evidence.travel;
    (travel.tls, travel.quantum, travel.strict) = travelled(&deliveries);
    let index = evaluate(&evidence);
    let proof = Proof {
        arrival: before.arrival.clone(),
        authenticated: before.authenticated.clone(),
        ..Proof::of(&evidence, None)
    };
    if proof != before {
        recheck::weighed(tables, message, &proof, index.points, index.padlock as u8)?;
    }
    Ok(())
}

/// A sent message asks for its owner's attention: it is unread from now on.
pub fn attention(tables: &mut Tables<'_>, id: u64) -> Result<(), Error> {
    let Some(octets) = tables.messages.get(id)?.map(|value| value.value().to_vec()) else {
        return Ok(());
    };
    let message = Message::decode(id, &octets)?;
    let number = message.discussion;
    let row = tables.discussions.get(number)?.map(|value| value.value().to_vec());
    let (false, Some(row)) = (message.unread, row) else { return Ok(()) };
    let mut row = Discussion::decode(number, &row)?;
    row.unread = row.unread.saturating_add(1);
    tables
        .messages
        .insert(id, Message { unread: true, ..message }.encode(id)?.as_slice())?;
    tables.discussions.insert(number, row.encode(number)?.as_slice())?;
    tables.unread.insert(number, ())?;
    filing::seen(tables, number, true)
}
