//! The ledger of this box's connections, and notices that came back about sent messages.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(LEDGER)?;
    tx.open_table(RETURNED)?;
    Ok(())
}
