//! What the last session with the mail servers of each domain was like.

use crate::store::{Error, schema::SEEN_WAYS};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(SEEN_WAYS)?;
    Ok(())
}
