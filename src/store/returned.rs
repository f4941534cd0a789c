//! Notices that came back about a sent message: kept with it and not as messages of their own.

use super::{
    Error,
    filing::id_key,
    mail::{self, Snapshot},
    outbox,
    record::{Record, Returned},
    schema::{RETURNED, SENT_IDS},
    sent,
    writer::Tables,
};
use crate::domain::{address::Address, outgoing::Trouble, time::Time};
use redb::ReadableTable;

/// Notices that are kept of one message; whoever sends more sends messages.
pub const MOST: usize = 20;

/// What a notice changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// The sent message.
    pub message: u64,
    /// The delivery, the recipient, what is said, and whether it is only late.
    pub about: Vec<(u64, Address, Trouble, bool)>,
    /// The notice itself.
    pub notice: Returned,
    /// The number that it had in the spool, as with [`mail::Keep`].
    pub spooled: Option<u64>,
}

/// Writes down what a notice changes; gives the discussion of the message, or `None` where nothing of it is news. One that
/// comes from the spool again after it was told is none: [`mail::keep`] knows it.
pub fn keep(tables: &mut Tables<'_>, change: &Change, now: Time) -> Result<Option<u64>, Error> {
    if mail::is_drained(tables, change.spooled)? {
        return Ok(None);
    }
    let mut news = false;
    for (id, address, trouble, late) in &change.about {
        let told = outbox::change(tables, *id, |delivery| {
            if *late {
                delivery.reported_late(address, trouble)
            } else {
                delivery.returned(address, trouble, now)
            }
        })?;
        news |= told.is_some_and(|(news, _)| news);
    }
    let message = change.message;
    let range = tables.returned.range((message, 0)..=(message, u32::MAX))?;
    let number = range.count() as u32;
    let value = tables.messages.get(message)?.map(|value| value.value().to_vec());
    let (true, Some(octets)) = (news && (number as usize) < MOST, value) else {
        return Ok(None);
    };
    tables
        .returned
        .insert((message, number), change.notice.encode(message)?.as_slice())?;
    mail::drained(tables, change.spooled)?;
    sent::attention(tables, message)?;
    Ok(Some(super::record::Message::decode(message, &octets)?.discussion))
}

/// Lets go of the notices of a message.
pub(super) fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    tables.returned.retain_in((message, 0)..=(message, u32::MAX), |_, _| false)?;
    Ok(())
}

impl Snapshot {
    /// The message of the owner's with this `Message-ID`.
    pub fn sent_with(&self, id: &str) -> Result<Option<u64>, Error> {
        let key = id_key(mail::short_hash(id.as_bytes()));
        Ok(self.tx.open_table(SENT_IDS)?.get(key)?.map(|value| value.value()))
    }

    /// The notices that came back about a message, in the order in which they came.
    pub fn returned(&self, message: u64) -> Result<Vec<Returned>, Error> {
        let table = self.tx.open_table(RETURNED)?;
        let range = table.range((message, 0)..=(message, u32::MAX))?;
        range.map(|entry| Returned::decode(message, entry?.1.value())).collect()
    }
}
