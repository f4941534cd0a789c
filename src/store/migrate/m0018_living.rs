//! The shelves beside the timeline, the door, and two more tags of the house. Everything stands on the timeline first.

use crate::{
    domain::tag::System,
    store::{
        Error,
        record::{Record, Tag},
        schema::{DOOR, SHELVES, TAGS},
    },
};
use redb::{ReadableTable, WriteTransaction};

/// Opening a table for writing makes it. A tag of the owner's that is known by the same word gets another.
pub fn run(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(SHELVES)?;
    tx.open_table(DOOR)?;
    let mut tags = tx.open_table(TAGS)?;
    for system in [System::Starred, System::Newsletter] {
        let mut same = None;
        for row in tags.iter()? {
            let (id, value) = row?;
            let tag = Tag::decode(id.value(), value.value())?;
            if tag.slug == system.slug() && System::of(crate::domain::id::TagId(id.value())).is_none() {
                same = Some((id.value(), tag));
            }
        }
        if let Some((id, mut tag)) = same {
            tag.slug.push_str("_2");
            tag.name.push_str(" 2");
            tags.insert(id, tag.encode(id)?.as_slice())?;
        }
        let id = system.id().0;
        tags.insert(id, Tag::of_house(system).encode(id)?.as_slice())?;
    }
    Ok(())
}
