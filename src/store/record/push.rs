//! Where a browser is told of new mail while no page is open, as records.

use super::Record;
use serde::{Deserialize, Serialize};

/// What a browser gave so that it can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The address at its maker's push service. A secret: whoever knows it can ring.
    pub endpoint: String,
    /// Its key: a point of P-256.
    pub point: Vec<u8>,
    /// Its secret of 16 octets.
    pub auth: Vec<u8>,
    /// The code of the language that it is told in.
    pub lang: String,
    /// Since when.
    pub since: i64,
    /// How often in a row the service did not take it.
    pub failed: u8,
}

impl Record for Subscription {
    const TABLE: &'static str = "pushes";
    const VERSION: u8 = 1;
}

/// The key that push services know this box by, as PKCS #8. Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushKey(pub Vec<u8>);

impl Record for PushKey {
    const TABLE: &'static str = "push_key";
    const VERSION: u8 = 1;
}
