//! What in a message may do harm.

use crate::store::{Error, schema::DANGERS};
use redb::WriteTransaction;

/// Opening a table for writing makes it. Messages kept before have no row: they are looked at when read.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(DANGERS)?;
    Ok(())
}
