//! Messages about whose senders the DNS is asked once more.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(RECHECKS)?;
    Ok(())
}
