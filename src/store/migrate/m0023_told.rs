//! By which text each message that came from a mailbox elsewhere is known.

use crate::store::{Error, imported};
use redb::WriteTransaction;

/// Opening a table for writing makes it; what has come before is found in the keys.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    imported::find_first(tx)
}
