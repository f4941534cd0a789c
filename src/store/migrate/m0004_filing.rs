//! Tags, importance and rules: the tags of the house, and what is there already in its place. Older messages
//! are weighed by their index alone, which is all that was kept of them.

use crate::{
    domain::tag::System,
    store::{
        Error, filing,
        record::{Record, Tag},
        writer::Tables,
    },
};
use redb::WriteTransaction;

/// Makes the tables and files every discussion.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    let mut tables = Tables::open(tx)?;
    for system in System::ALL {
        let id = system.id().0;
        tables.tags.insert(id, Tag::of_house(system).encode(id)?.as_slice())?;
    }
    filing::file_all(&mut tables)
}
