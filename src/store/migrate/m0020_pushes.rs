//! Devices that are told of new mail while no page is open.

use crate::store::{Error, schema::PUSHES};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(PUSHES)?;
    Ok(())
}
