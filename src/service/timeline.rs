//! The timeline: discussions, newest first.

use super::{Error, view::TimelinePage};
use crate::store::vault::Vault;

/// Rows on a page.
pub const ROWS: u32 = 50;

/// Reads the timeline.
#[derive(Clone)]
pub struct Timeline {
    vault: Vault,
}

impl Timeline {
    /// Over this vault.
    pub fn new(vault: Vault) -> Self {
        Self { vault }
    }

    /// One page, counted from 1; a page past the end is the last.
    pub async fn page(&self, _page: u32) -> Result<TimelinePage, Error> {
        let _ = &self.vault;
        Err(Error::Locked)
    }
}
