//! Networks that send spam.

use crate::store::{Error, schema::NUISANCES};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(NUISANCES)?;
    Ok(())
}
