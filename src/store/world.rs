//! What the box says of itself, as a setting of the vault; and the boxes of others, one row a domain.

use super::{
    Error,
    mail::Snapshot,
    record::{PeerBox, Record, World},
    schema::{META, PEER_BOXES},
    writer::Tables,
};
use redb::{ReadableTable, ReadableTableMetadata};

/// Domains that are remembered.
const MOST: u64 = 2_000;

/// Changes what the owner wants to be said.
pub fn change(tables: &mut Tables<'_>, change: impl FnOnce(&mut World)) -> Result<(), Error> {
    let value = tables.meta.get(World::TABLE)?.map(|value| World::decode(0, value.value()));
    let mut world = value.transpose()?.unwrap_or_default();
    change(&mut world);
    tables.meta.insert(World::TABLE, world.encode(0)?.as_slice())?;
    Ok(())
}

/// Changes what is known of the box of a domain, lower case. Where there are too many, those that sort first make room:
/// what is forgotten is only not known.
pub fn change_peer(tables: &mut Tables<'_>, domain: &str, change: impl FnOnce(&mut PeerBox)) -> Result<(), Error> {
    let value = tables.peer_boxes.get(domain)?.map(|value| PeerBox::decode(0, value.value()));
    let mut peer = value.transpose()?.unwrap_or_default();
    change(&mut peer);
    tables.peer_boxes.insert(domain, peer.encode(0)?.as_slice())?;
    while tables.peer_boxes.len()? > MOST {
        tables.peer_boxes.pop_first()?;
    }
    Ok(())
}

impl Snapshot {
    /// What the owner wants to be said.
    pub fn world(&self) -> Result<World, Error> {
        let value = self.tx.open_table(META)?.get(World::TABLE)?;
        Ok(value.map(|value| World::decode(0, value.value())).transpose()?.unwrap_or_default())
    }

    /// What is known of the box of a domain, lower case.
    pub fn peer_box(&self, domain: &str) -> Result<Option<PeerBox>, Error> {
        let value = self.tx.open_table(PEER_BOXES)?.get(domain)?;
        value.map(|value| PeerBox::decode(0, value.value())).transpose()
    }

    /// All of them.
    pub fn peer_boxes(&self) -> Result<Vec<(String, PeerBox)>, Error> {
        let mut all = Vec::new();
        for row in self.tx.open_table(PEER_BOXES)?.iter()? {
            let (domain, value) = row?;
            all.push((domain.value().to_owned(), PeerBox::decode(0, value.value())?));
        }
        Ok(all)
    }
}
