//! What the box knows of releases, as a record of the front: it looks while it is locked as well. All of it is public.

use super::Record;
use serde::{Deserialize, Serialize};

/// Where releases are announced, and what was found there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updates {
    /// Whether the owner wants it to be looked.
    pub on: bool,
    /// The folder of the release, over https.
    pub url: String,
    /// The publisher's public key.
    pub key: String,
    /// When it was last looked; 0 is never.
    pub looked: i64,
    /// The newest version that was found; empty where there is none newer.
    pub found: String,
    /// Why the last look found nothing out: a number of `service::updates`; 0 is that it did.
    pub trouble: u8,
}

impl Record for Updates {
    const TABLE: &'static str = "updates";
    const VERSION: u8 = 1;
}
