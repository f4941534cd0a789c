//! The outbox: a row for each copy of a message and each domain it goes to, and the octets that are sent.
//!
//! What the table of due rows says and what the rows say is kept together here, and nowhere else. A row stays when
//! its message has left; it goes with the message. The octets of a copy that is the message as it is filed are not
//! kept twice.

use super::{
    Error,
    mail::{self, Snapshot},
    record::{Delivery as Row, Message, Record, SentOctets},
    schema::{COPIES, OUTBOX, OUTBOX_DUE, OUTBOX_OF},
    sent, tls_reports,
    writer::Tables,
};
use crate::domain::{
    id::MessageId,
    outgoing::{Delivery, RECIPIENTS, Recipient, State, Submission, Via},
    time::Time,
};
use redb::{ReadableTable, ReadableTableMetadata};
use std::collections::BTreeMap;

/// A submission, its slow work done.
pub struct Ready {
    submission: Submission,
    copies: Vec<(SentOctets, Vec<u8>)>,
}

/// Packs what is to be sent. Slow: not within a write.
pub fn prepare(mut submission: Submission) -> Result<Ready, Error> {
    let pack = |copy: &mut crate::domain::outgoing::Copy| {
        // Packed it is all that is needed, and both may be large.
        let raw = std::mem::take(&mut copy.raw);
        let packed = mail::pack(&raw)?;
        let octets = SentOctets {
            size: raw.len() as u64,
            packed: packed.len() as u64,
            hash: mail::short_hash(&raw),
            own: true,
        };
        Ok((octets, packed))
    };
    let copies = submission.copies.iter_mut().map(pack).collect::<Result<_, Error>>()?;
    Ok(Ready { submission, copies })
}

/// Puts a message into the outbox, in the write that files it and after it was filed.
pub fn queue(tables: &mut Tables<'_>, message: u64, ready: &Ready, now: Time) -> Result<(), Error> {
    let filed = match tables.messages.get(message)? {
        Some(value) => Some(Message::decode(message, value.value())?),
        None => None,
    };
    let submission = &ready.submission;
    let copies = submission.copies.iter().zip(&ready.copies).zip(0_u32..);
    for ((copy, (octets, packed)), number) in copies {
        let same = filed
            .as_ref()
            .is_some_and(|filed| (filed.hash, filed.size) == (octets.hash, octets.size));
        if !same {
            for (piece, at) in mail::pieces(packed).zip(0_u32..) {
                tables.copies.insert((message, number, at), piece)?;
            }
        }
        let octets = SentOctets {
            own: !same,
            ..octets.clone()
        };
        let mut domains: BTreeMap<&str, Vec<Recipient>> = BTreeMap::new();
        for address in &copy.recipients {
            let recipients = domains.entry(address.domain()).or_default();
            if recipients.iter().all(|known| known.address != *address) {
                recipients.push(Recipient {
                    address: address.clone(),
                    state: State::Waiting,
                    since: now,
                    trouble: None,
                    handed: None,
                });
            }
        }
        for (domain, recipients) in domains {
            for recipients in recipients.chunks(RECIPIENTS) {
                let delivery = Delivery {
                    id: tables.next("delivery")?,
                    message: MessageId(message),
                    copy: number,
                    from: submission.from.clone(),
                    domain: domain.to_owned(),
                    recipients: recipients.to_vec(),
                    confidential: submission.confidential,
                    queued: now,
                    not_before: submission.not_before.max(now),
                    due: Some(submission.not_before.max(now)),
                    attempts: 0,
                    begun: None,
                    via: if submission.by_provider { Via::Provider } else { Via::default() },
                    told_late: false,
                };
                tables.outbox_of.insert((message, delivery.id), ())?;
                put(tables, None, &delivery, octets.clone())?;
            }
        }
    }
    Ok(())
}

/// A row, and its line among those that are due.
fn put(tables: &mut Tables<'_>, before: Option<i64>, delivery: &Delivery, octets: SentOctets) -> Result<(), Error> {
    let (id, due) = (delivery.id, delivery.due.map(|due| due.0));
    if before != due {
        if let Some(before) = before {
            tables.outbox_due.remove((before, id))?;
        }
        if let Some(due) = due {
            tables.outbox_due.insert((due, id), ())?;
        }
    }
    tables.outbox.insert(id, Row::of(delivery, octets).encode(id)?.as_slice())?;
    Ok(())
}

fn row(tables: &Tables<'_>, id: u64) -> Result<Option<Row>, Error> {
    let value = tables.outbox.get(id)?;
    value.map(|value| Row::decode(id, value.value())).transpose()
}

/// Changes one row; gives what `change` says and the row as it is then, or `None` where it is gone.
pub fn change<T>(tables: &mut Tables<'_>, id: u64, change: impl FnOnce(&mut Delivery) -> T) -> Result<Option<(T, Delivery)>, Error> {
    let Some(row) = row(tables, id)? else { return Ok(None) };
    let mut delivery = row.delivery(id).ok_or(Error::Damaged)?;
    let said = change(&mut delivery);
    put(tables, row.due, &delivery, row.octets)?;
    Ok(Some((said, delivery)))
}

fn rows_of(tables: &Tables<'_>, message: u64) -> Result<Vec<u64>, Error> {
    let range = tables.outbox_of.range((message, 0)..=(message, u64::MAX))?;
    range.map(|entry| Ok(entry?.0.value().1)).collect()
}

/// Every row of a message.
pub(super) fn all_of(tables: &Tables<'_>, message: u64) -> Result<Vec<Delivery>, Error> {
    let mut found = Vec::new();
    for id in rows_of(tables, message)? {
        found.extend(row(tables, id)?.and_then(|row| row.delivery(id)));
    }
    Ok(found)
}

/// Changes every row of a message; gives what `change` said of each.
pub fn change_all<T>(tables: &mut Tables<'_>, message: u64, mut change_one: impl FnMut(&mut Delivery) -> T) -> Result<Vec<T>, Error> {
    let mut said = Vec::new();
    for id in rows_of(tables, message)? {
        said.extend(change(tables, id, &mut change_one)?.map(|(said, _)| said));
    }
    Ok(said)
}

/// Takes a message out of the outbox as if it had never been there; only while nothing has been tried. Says
/// whether it did. A try that is on its way to a server finds no row and ends before it sends anything.
pub fn withdraw(tables: &mut Tables<'_>, message: u64) -> Result<bool, Error> {
    let rows = rows_of(tables, message)?;
    for id in &rows {
        let untouched = row(tables, *id)?
            .and_then(|row| row.delivery(*id))
            .is_some_and(|it| it.is_untouched());
        if !untouched {
            return Ok(false);
        }
    }
    forget(tables, message)?;
    Ok(!rows.is_empty())
}

/// Lets go of everything that the outbox holds of a message.
pub(super) fn forget(tables: &mut Tables<'_>, message: u64) -> Result<(), Error> {
    for id in rows_of(tables, message)? {
        if let Some(due) = row(tables, id)?.and_then(|row| row.due) {
            tables.outbox_due.remove((due, id))?;
        }
        tables.outbox.remove(id)?;
        tables.outbox_of.remove((message, id))?;
    }
    tables
        .copies
        .retain_in((message, 0, 0)..=(message, u32::MAX, u32::MAX), |_, _| false)?;
    Ok(())
}

/// The rows are those of a box that this one was made of: what waits among them without standing among those that are due
/// may have left there since. It is not sent; its owner is told, and asked. So it is with reports to other domains, about
/// which nobody is asked.
pub(super) fn brought_back(tables: &mut Tables<'_>, now: Time) -> Result<(), Error> {
    tls_reports::brought_back(tables)?;
    let mut waiting = Vec::new();
    for entry in tables.outbox.iter()? {
        let (id, value) = entry?;
        let id = id.value();
        // One that the disk damaged is sent by nobody.
        let Ok(row) = Row::decode(id, value.value()) else { continue };
        if let Some(due) = row.due
            && tables.outbox_due.get((due, id))?.is_none()
        {
            waiting.push(id);
        }
    }
    for id in waiting {
        if let Some((true, delivery)) = change(tables, id, |delivery| delivery.brought_back(now))? {
            sent::attention(tables, delivery.message.0)?;
        }
    }
    Ok(())
}

impl Snapshot {
    /// A row.
    pub fn delivery(&self, id: u64) -> Result<Option<Delivery>, Error> {
        let row: Option<Row> = self.record(OUTBOX, id)?;
        row.map(|row| row.delivery(id).ok_or(Error::Damaged)).transpose()
    }

    /// The rows of a message, by number; none where it was never sent from here.
    pub fn deliveries(&self, message: u64) -> Result<Vec<Delivery>, Error> {
        let table = self.tx.open_table(OUTBOX_OF)?;
        let mut found = Vec::new();
        for entry in table.range((message, 0)..=(message, u64::MAX))? {
            found.extend(self.delivery(entry?.0.value().1)?);
        }
        Ok(found)
    }

    /// The rows that wait, the one that is due first in front: when, and which.
    pub fn due(&self, until: Time, take: usize) -> Result<Vec<(Time, u64)>, Error> {
        let table = self.tx.open_table(OUTBOX_DUE)?;
        let range = table.range(..=(until.0, u64::MAX))?.take(take);
        range
            .map(|entry| {
                let (due, id) = entry?.0.value();
                Ok((Time(due), id))
            })
            .collect()
    }

    /// When the next row is due that is due after this.
    pub fn next_due(&self, after: Time) -> Result<Option<Time>, Error> {
        let table = self.tx.open_table(OUTBOX_DUE)?;
        let mut range = table.range((after.0.saturating_add(1), 0)..)?;
        let first = range.next().transpose()?;
        Ok(first.map(|(key, _)| Time(key.value().0)))
    }

    /// Rows in which something failed or nobody knows, the newest first: of the newest `look`, those that ended so
    /// after `since`.
    pub fn ended_badly(&self, look: usize, since: Time) -> Result<Vec<u64>, Error> {
        let table = self.tx.open_table(OUTBOX)?;
        let mut found = Vec::new();
        for entry in table.iter()?.rev().take(look) {
            let (id, value) = entry?;
            let id = id.value();
            // One that the disk damaged is no reason not to show the others.
            let Some(delivery) = Row::decode(id, value.value()).ok().and_then(|row| row.delivery(id)) else {
                continue;
            };
            let bad = |recipient: &Recipient| recipient.state >= State::NobodyKnows && recipient.since >= since;
            if delivery.recipients.iter().any(bad) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// How many rows wait.
    pub fn outbox_waits(&self) -> Result<u64, Error> {
        Ok(self.tx.open_table(OUTBOX_DUE)?.len()?)
    }

    /// How many octets a row sends.
    pub fn sent_size(&self, id: u64) -> Result<u64, Error> {
        let row: Option<Row> = self.record(OUTBOX, id)?;
        Ok(row.map_or(0, |row| row.octets.size))
    }

    /// The octets that a row sends, checked against their hash.
    pub fn sent_octets(&self, id: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(row) = self.record::<Row>(OUTBOX, id)? else {
            return Ok(None);
        };
        if !row.octets.own {
            let Some(message) = self.message(row.message)? else {
                return Ok(None);
            };
            return self.raw(row.message, &message).map(Some);
        }
        let table = self.tx.open_table(COPIES)?;
        let packed = table.range((row.message, row.copy, 0)..=(row.message, row.copy, u32::MAX))?;
        let packed = packed
            .map(|entry| Ok(entry?.1.value().to_vec()))
            .collect::<Result<Vec<_>, Error>>()?;
        mail::unpack(&packed.concat(), row.octets.size, row.octets.hash).map(Some)
    }
}
