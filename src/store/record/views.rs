//! A search that the owner keeps, as a record.

use super::Record;
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
}

impl Record for View {
    const TABLE: &'static str = "views";
    const VERSION: u8 = 1;
}
