//! What the boxes of other domains say of themselves.

use crate::store::{Error, schema::PEER_BOXES};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(PEER_BOXES)?;
    Ok(())
}
