//! Mailboxes at other providers, and whose address each is: it is the owner's as much as those of this box.

use super::{
    Error,
    mail::Snapshot,
    record::{Mailbox, Record},
    regroup,
    schema::{ELSEWHERE, MAILBOXES},
    writer::Tables,
};
use crate::domain::address::Address;
use redb::{ReadableTable, ReadableTableMetadata};
use std::collections::HashSet;

/// Adds one; `None` where there are so many already. Its address is the owner's from now on, and discussions follow that.
pub fn add(tables: &mut Tables<'_>, mailbox: &Mailbox, most: usize) -> Result<Option<u64>, Error> {
    if tables.mailboxes.len()? >= most as u64 {
        return Ok(None);
    }
    let id = tables.next("mailbox")?;
    tables.mailboxes.insert(id, mailbox.encode(id)?.as_slice())?;
    if let Some(address) = mailbox.address()
        && tables.elsewhere.get(address.as_str())?.is_none()
    {
        tables.elsewhere.insert(address.as_str(), id)?;
        regroup::note(tables, address.as_str())?;
    }
    Ok(Some(id))
}

/// Changes one; says whether there is such a one. Where a secret of the owner's is replaced, the file is written anew.
pub fn change(tables: &mut Tables<'_>, id: u64, change: impl FnOnce(&mut Mailbox)) -> Result<bool, Error> {
    let found = tables
        .mailboxes
        .get(id)?
        .map(|value| Mailbox::decode(id, value.value()))
        .transpose()?;
    let Some(mut mailbox) = found else { return Ok(false) };
    let before = mailbox.secret.clone();
    change(&mut mailbox);
    if !mailbox.secret.holds_the_owners_of(&before) {
        tables.meta.insert(super::vault::DELETED, [1].as_slice())?;
    }
    tables.mailboxes.insert(id, mailbox.encode(id)?.as_slice())?;
    Ok(true)
}

/// Lets one go, its password with it; what was brought from it stays where it is. Says whether there was such a one.
pub fn remove(tables: &mut Tables<'_>, id: u64) -> Result<bool, Error> {
    let gone = tables.mailboxes.remove(id)?.is_some();
    if gone {
        tables.elsewhere.retain(|_, owner| owner != id)?;
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

    /// The one of this address, with a detail or without.
    fn elsewhere(&self, address: &Address) -> Result<Option<u64>, Error> {
        let table = self.tx.open_table(ELSEWHERE)?;
        if let Some(id) = table.get(address.as_str())? {
            return Ok(Some(id.value()));
        }
        let Some((mailbox, _)) = address.detail() else { return Ok(None) };
        Ok(table.get(mailbox.as_str())?.map(|id| id.value()))
    }

    /// The mailbox of this address.
    pub fn mailbox_of(&self, address: &Address) -> Result<Option<(u64, Mailbox)>, Error> {
        let Some(id) = self.elsewhere(address)? else { return Ok(None) };
        Ok(self.mailbox(id)?.map(|mailbox| (id, mailbox)))
    }

    /// Whether an address is the owner's at another provider.
    pub fn is_elsewhere(&self, address: &Address) -> Result<bool, Error> {
        Ok(self.elsewhere(address)?.is_some())
    }

    /// All of the owner's addresses: these of this box, and those elsewhere.
    pub fn owners<'a>(&self, here: impl IntoIterator<Item = &'a Address>) -> Result<HashSet<Address>, Error> {
        let mut owners: HashSet<Address> = here.into_iter().cloned().collect();
        for entry in self.tx.open_table(ELSEWHERE)?.iter()? {
            owners.extend(Address::parse(entry?.0.value()).ok());
        }
        Ok(owners)
    }
}
