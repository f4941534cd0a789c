//! Mailboxes at other providers.

use crate::store::{Error, schema::MAILBOXES};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(MAILBOXES)?;
    Ok(())
}
