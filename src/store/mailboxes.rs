//! Mailboxes at other providers.

use super::{
    Error,
    mail::Snapshot,
    record::{Mailbox, Record},
    schema::MAILBOXES,
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};

/// Adds one; `None` where there are so many already.
pub fn add(tables: &mut Tables<'_>, mailbox: &Mailbox, most: usize) -> Result<Option<u64>, Error> {
    if tables.mailboxes.len()? >= most as u64 {
        return Ok(None);
    }
    let id = tables.next("mailbox")?;
    tables.mailboxes.insert(id, mailbox.encode(id)?.as_slice())?;
    Ok(Some(id))
}

/// Changes one; says whether there is such a one.
pub fn change(tables: &mut Tables<'_>, id: u64, change: impl FnOnce(&mut Mailbox)) -> Result<bool, Error> {
    let found = tables
        .mailboxes
        .get(id)?
        .map(|value| Mailbox::decode(id, value.value()))
        .transpose()?;
    let Some(mut mailbox) = found else { return Ok(false) };
    change(&mut mailbox);
    tables.mailboxes.insert(id, mailbox.encode(id)?.as_slice())?;
    Ok(true)
}

/// Lets one go, its password with it; what was brought from it stays. Says whether there was such a one.
pub fn remove(tables: &mut Tables<'_>, id: u64) -> Result<bool, Error> {
    let gone = tables.mailboxes.remove(id)?.is_some();
    if gone {
        // So that the file is written anew, and nothing of the password is left in it.
        tables.meta.insert(super::vault::DELETED, [1].as_slice())?;
    }
    Ok(gone)
}

impl Snapshot {
    /// All of them, in the order in which they were added.
    pub fn mailboxes(&self) -> Result<Vec<(u64, Mailbox)>, Error> {
        let table = self.tx.open_table(MAILBOXES)?;
        table
            .iter()?
            .map(|row| {
                let (id, value) = row?;
                Ok((id.value(), Mailbox::decode(id.value(), value.value())?))
            })
            .collect()
    }

    /// One of them.
    pub fn mailbox(&self, id: u64) -> Result<Option<Mailbox>, Error> {
        self.record(MAILBOXES, id)
    }
}
