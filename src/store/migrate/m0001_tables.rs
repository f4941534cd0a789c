//! The first tables.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(META)?;
    tx.open_table(MESSAGES)?;
    tx.open_table(PROOFS)?;
    tx.open_table(RAW)?;
    tx.open_table(DISCUSSIONS)?;
    tx.open_table(DISCUSSION_OF)?;
    tx.open_table(DISCUSSED)?;
    tx.open_table(TIMELINE)?;
    tx.open_table(UNREAD)?;
    tx.open_table(CONTACTS)?;
    tx.open_table(CONTACT_OF)?;
    tx.open_table(IMPORTED)?;
    tx.open_table(JOBS)?;
    tx.open_table(DRAINED)?;
    Ok(())
}
