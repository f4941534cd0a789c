//! Messages about whose senders something could not be told when they came: which ones, when to ask again,
//! and writing down what was found then. And the sealers that the owner trusts.

use super::{
    Error, filing,
    mail::Snapshot,
    record::{Discussion, Message, Proof, Record},
    schema::{DISCUSSION_OF, META, RECHECKS},
    writer::Tables,
};
use crate::domain::{
    authentication::Authentication,
    fact::Fact,
    importance::Spam,
    privacy::{evidence::Dmarc, message::evaluate},
};
use redb::ReadableTable;

/// The setting that holds the sealers, a domain a line.
const SEALERS: &str = "sealers";

/// Sealers that may be trusted; nobody follows more lists.
pub const MAX_SEALERS: usize = 200;

/// What is found later about a message.
pub struct Found {
    /// The message.
    pub message: u64,
    /// Its evidence from now on.
    pub proof: Proof,
    /// Its index from now on.
    pub index: Option<u8>,
    /// Its padlock from now on.
    pub padlock: u8,
}

/// Asks again about a message at this time.
pub fn ask(tables: &mut Tables<'_>, message: u64, due: i64) -> Result<(), Error> {
    tables.rechecks.insert((due, message), ())?;
    Ok(())
}

/// Writes down what was found, and asks no more. A message that is gone meanwhile stays gone.
pub fn found(tables: &mut Tables<'_>, due: i64, found: &Found) -> Result<(), Error> {
    let id = found.message;
    tables.rechecks.remove((due, id))?;
    if !weighed(tables, id, &found.proof, found.index, found.padlock)? {
        return Ok(());
    }
    if found.proof.evidence().travel.dmarc == Fact::Known(Dmarc::Refused) {
        filing::judge(tables, id, Spam::Quarantined(0), true)?;
    }
    Ok(())
}

/// Writes down what asking once more found about the sender of a message. All else stays as it is by now: a key may have
/// opened the message while the name servers were waited for.
pub fn told(tables: &mut Tables<'_>, (due, id): (i64, u64), sender: &Authentication) -> Result<(), Error> {
    let Some(octets) = tables.proofs.get(id)?.map(|value| value.value().to_vec()) else {
        return forget(tables, due, id);
    };
    let before = Proof::decode(id, &octets)?;
    let mut evidence = before.evidence();
    sender.weigh(&mut evidence.travel);
    let index = evaluate(&evidence);
    let proof = Proof {
        arrival: before.arrival,
        ..Proof::of(&evidence, None)
    };
    let now = Found {
        message: id,
        proof: proof.with(Some(sender)),
        index: index.points,
        padlock: index.padlock as u8,
    };
    found(tables, due, &now)
}

/// Gives a message other evidence, and with it its index and padlock, also where its discussion shows them; says
/// whether it is still there.
pub(super) fn weighed(tables: &mut Tables<'_>, id: u64, proof: &Proof, index: Option<u8>, padlock: u8) -> Result<bool, Error> {
    let Some(octets) = tables.messages.get(id)?.map(|value| value.value().to_vec()) else {
        return Ok(false);
    };
    let message = Message {
        index,
        padlock,
        ..Message::decode(id, &octets)?
    };
    tables.messages.insert(id, message.encode(id)?.as_slice())?;
    tables.proofs.insert(id, proof.encode(id)?.as_slice())?;
    let number = message.discussion;
    let Some(row) = tables
        .discussions
        .get(number)?
        .map(|value| Discussion::decode(number, value.value()))
    else {
        return Ok(false);
    };
    let mut row = row?;
    for (_, newest, shown) in &mut row.newest {
        if *newest == id {
            *shown = index;
        }
    }
    if row.newest.last().is_some_and(|(_, newest, _)| *newest == id) {
        row.padlock = padlock;
    }
    row.ratchet.met((message.received, id), proof.evidence().direction, padlock);
    tables.discussions.insert(number, row.encode(number)?.as_slice())?;
    filing::reweigh(tables, id, |facts| facts.index = index.into())?;
    super::contacts::stale_of_message(tables, id)?;
    Ok(true)
}

/// A message is not asked about any more.
pub fn forget(tables: &mut Tables<'_>, due: i64, message: u64) -> Result<(), Error> {
    tables.rechecks.remove((due, message))?;
    Ok(())
}

impl Snapshot {
    /// The first message to ask about again, and when.
    pub fn next_recheck(&self) -> Result<Option<(i64, u64)>, Error> {
        Ok(self.tx.open_table(RECHECKS)?.first()?.map(|(key, _)| key.value()))
    }

    /// The sealers that the owner trusts, in order.
    pub fn sealers(&self) -> Result<Vec<String>, Error> {
        let octets = self.tx.open_table(META)?.get(SEALERS)?.map(|value| value.value().to_vec());
        let text = String::from_utf8(octets.unwrap_or_default()).map_err(|_| Error::Damaged)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Whether the discussion of this key is there, and something in it was read.
    pub fn is_read(&self, key: &str) -> Result<bool, Error> {
        let Some(number) = self.tx.open_table(DISCUSSION_OF)?.get(key)?.map(|value| value.value()) else {
            return Ok(false);
        };
        Ok(self.discussion(number)?.is_some_and(|row| row.unread < row.messages))
    }
}

/// Trusts a sealer, or no longer; says whether that was a change.
pub fn trust(tables: &mut Tables<'_>, sealer: &str, trusted: bool) -> Result<bool, Error> {
    let octets = tables.meta.get(SEALERS)?.map(|value| value.value().to_vec()).unwrap_or_default();
    let text = String::from_utf8(octets).map_err(|_| Error::Damaged)?;
    let mut sealers: Vec<&str> = text.lines().collect();
    let before = sealers.len();
    sealers.retain(|known| *known != sealer);
    let known = sealers.len() < before;
    if known == trusted || (trusted && sealers.len() >= MAX_SEALERS) {
        return Ok(false);
    }
    if trusted {
        sealers.push(sealer);
        sealers.sort_unstable();
    }
    let text = sealers.join("\n");
    tables.meta.insert(SEALERS, text.as_bytes())?;
    Ok(true)
}
