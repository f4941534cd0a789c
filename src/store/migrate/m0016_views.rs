//! Searches that the owner keeps.

use crate::store::{Error, schema::VIEWS};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(VIEWS)?;
    Ok(())
}
