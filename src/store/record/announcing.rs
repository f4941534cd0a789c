//! How the box announces an address that changes, as a record of the front: it does so while it is locked as well. What it
//! signs in with lies there in clear; the page says so.

use super::Record;
use serde::{Deserialize, Serialize};

/// To whom the address is announced, and how the last tries went.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcing {
    /// A number of `service::announcing::Way`.
    pub way: u8,
    /// The address of the web, or the name server.
    pub target: String,
    /// The user, or the name of the key.
    pub user: String,
    /// The password, or the key in base 64.
    pub secret: String,
    /// The zone; empty for the domain.
    pub zone: String,
    /// What was announced last: addresses, none where the box does not see its own.
    pub announced: Vec<String>,
    /// When that was, seconds since 1970; 0 is never.
    pub at: i64,
    /// When it is tried again after a failure.
    pub due: i64,
    /// Failures in a row.
    pub attempts: u32,
    /// When the last try failed and in whose words, where it failed.
    pub failed: Option<(i64, String)>,
}

impl Record for Announcing {
    const TABLE: &'static str = "announcing";
    const VERSION: u8 = 1;
}
