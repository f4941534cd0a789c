//! The outbox.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(OUTBOX)?;
    tx.open_table(OUTBOX_OF)?;
    tx.open_table(OUTBOX_DUE)?;
    tx.open_table(COPIES)?;
    Ok(())
}
