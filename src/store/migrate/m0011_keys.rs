//! OpenPGP: the owner's keys, other people's, and what opening messages showed.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(OWN_KEYS)?;
    tx.open_table(PEER_KEYS)?;
    tx.open_table(OPENINGS)?;
    tx.open_table(OPENED)?;
    Ok(())
}
