//! The spam filter's verdicts and lessons, and from whom there was honest mail.

use crate::store::{Error, schema::*};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(VERDICTS)?;
    tx.open_table(TAUGHT)?;
    tx.open_table(HEARD)?;
    Ok(())
}
