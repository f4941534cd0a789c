//! A search that the owner keeps, as a record.

use super::{super::Error, Record};
use serde::{Deserialize, Serialize};

/// A search under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// What its tab says.
    pub name: String,
    /// The query as text that reads as itself.
    pub query: String,
    /// Whether the most fitting come first instead of the newest.
    pub fit: bool,
    /// The only device that shows its tab; `None` is all of them.
    pub device: Option<u64>,
    /// Its place among the tabs.
    pub place: u32,
    /// Whether it is what that one device opens first.
    pub first: bool,
}

/// As it was before one could be opened first.
#[derive(Deserialize)]
struct View1 {
    name: String,
    query: String,
    fit: bool,
    device: Option<u64>,
    place: u32,
}

impl Record for View {
    const TABLE: &'static str = "views";
    const VERSION: u8 = 2;

    fn read_older(version: u8, body: &[u8]) -> Result<Self, Error> {
        if version != 1 {
            return Err(Error::Damaged);
        }
        let old: View1 = postcard::from_bytes(body).map_err(|_| Error::Damaged)?;
        Ok(Self {
            name: old.name,
            query: old.query,
            fit: old.fit,
            device: old.device,
            place: old.place,
            first: false,
        })
    }
}
