//! What was exchanged with whom, and how each contact stands. Cards of the first version are read as they are.

use crate::store::{
    Error,
    schema::{CONTACTS, EXCHANGED, EXCHANGED_OF, REGROUPS, STALE, STANDINGS},
};
use redb::{ReadableTable, WriteTransaction};

/// Opening a table for writing makes it; every contact is still to be weighed.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(EXCHANGED)?;
    tx.open_table(EXCHANGED_OF)?;
    tx.open_table(STANDINGS)?;
    tx.open_table(REGROUPS)?;
    let mut stale = tx.open_table(STALE)?;
    for row in tx.open_table(CONTACTS)?.iter()? {
        stale.insert(row?.0.value(), ())?;
    }
    Ok(())
}
