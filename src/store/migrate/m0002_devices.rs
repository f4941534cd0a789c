//! Devices, the journal, and notices.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(DEVICES)?;
    tx.open_table(JOURNAL)?;
    tx.open_table(NOTICES)?;
    Ok(())
}
