//! Mailboxes at other providers, and their addresses.

use crate::store::{
    Error,
    schema::{ELSEWHERE, MAILBOXES},
};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(MAILBOXES)?;
    tx.open_table(ELSEWHERE)?;
    Ok(())
}
