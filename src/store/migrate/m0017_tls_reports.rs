//! What is reported to other domains about the way to them.

use crate::store::{
    Error,
    schema::{TLS_DAYS, TLS_GIVEN},
};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(TLS_DAYS)?;
    tx.open_table(TLS_GIVEN)?;
    Ok(())
}
