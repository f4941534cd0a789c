//! By which way mail leaves, in the vault: the smarthost with its secret, when it is used, and what was met at port 25.

use super::{
    Error,
    mail::Snapshot,
    record::{Met, Record, Sending},
    schema::META,
    writer::Tables,
};
use crate::domain::sending::Reach;

const SENDING: &str = "sending";
const REACH: &str = "reach";

/// Keeps the owner's choice.
pub fn choose(tables: &mut Tables<'_>, sending: &Sending) -> Result<(), Error> {
    tables.meta.insert(SENDING, sending.encode(0)?.as_slice())?;
    Ok(())
}

/// Keeps what was met at port 25.
pub fn met(tables: &mut Tables<'_>, reach: &Reach) -> Result<(), Error> {
    tables.meta.insert(REACH, Met::of(reach).encode(0)?.as_slice())?;
    Ok(())
}

impl Snapshot {
    /// The owner's choice.
    pub fn sending(&self) -> Result<Sending, Error> {
        let value = self.tx.open_table(META)?.get(SENDING)?;
        value.map_or_else(|| Ok(Sending::default()), |value| Sending::decode(0, value.value()))
    }

    /// What was met at port 25.
    pub fn reach(&self) -> Result<Reach, Error> {
        let value = self.tx.open_table(META)?.get(REACH)?;
        value.map_or_else(|| Ok(Reach::default()), |value| Ok(Met::decode(0, value.value())?.reach()))
    }
}
