//! How other domains protect their mail servers.

use crate::store::{Error, schema::STRICT};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(STRICT)?;
    Ok(())
}
