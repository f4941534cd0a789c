//! What is being written, and what was sent from here.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(DRAFTS)?;
    tx.open_table(UPLOADS)?;
    tx.open_table(UPLOADED)?;
    tx.open_table(SENT)?;
    tx.open_table(ANSWERED)?;
    Ok(())
}
