//! The index of words: what is there already goes into the order of arrival at once, and its words follow.

use crate::store::{Error, search, writer::Tables};
use redb::WriteTransaction;

/// Makes the tables, and notes what is still to be indexed.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    let mut tables = Tables::open(tx)?;
    search::adopt(&mut tables)
}
