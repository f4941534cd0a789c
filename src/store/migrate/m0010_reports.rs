//! Reports about the owner's domain, and the tag of the house for the messages that bring them.

use crate::{
    domain::tag::System,
    store::{
        Error,
        record::{Record, Tag},
        schema::{REPORTS, TAGS},
    },
};
use redb::WriteTransaction;

/// Opening a table for writing makes it.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(REPORTS)?;
    let id = System::Report.id().0;
    let tag = Tag::of_house(System::Report).encode(id)?;
    tx.open_table(TAGS)?.insert(id, tag.as_slice())?;
    Ok(())
}
