//! What signing in needs, as it lies in the vault: one small record, because all of it is read at once and
//! seldom changes.

use super::Record;
use serde::{Deserialize, Serialize};

/// How the owner signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// What the authenticators know the owner by: random, because it leaves the house (WebAuthn section
    /// 14.6.1).
    pub handle: [u8; 16],
    /// The second factor, where it is on.
    pub totp: Option<Totp>,
    /// Seconds without a request after which a session ends; 0 is as the program has it.
    pub idle: i64,
    /// How strong the passphrase was found when it was last set, 0 to 4.
    pub strength: Option<u8>,
    /// The passkeys.
    pub passkeys: Vec<Passkey>,
}

/// The second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// Its secret.
    pub secret: Vec<u8>,
    /// The last step whose code was used.
    pub used: i64,
    /// Since when.
    pub since: i64,
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// Its credential's id.
    pub credential: Vec<u8>,
    /// The host name that it is for.
    pub host: String,
    /// COSE's number of its algorithm: -7, -8 or -257.
    pub algorithm: i32,
    /// The public key in one or two parts, as the algorithm has it.
    pub key: (Vec<u8>, Vec<u8>),
    /// Its counter.
    pub count: u32,
    /// Whether it may be copied to other devices of its user, and whether it was.
    pub backup: (bool, bool),
    /// The owner's name for it.
    pub label: String,
    /// When it was added, and when it last signed in.
    pub since: i64,
    /// 0 where it never did.
    pub used: i64,
    /// The device that it was added on; 0 where none is known.
    pub device: u64,
    /// Whether its PRF opens the vault.
    pub opens: bool,
}

impl Record for SignIn {
    const TABLE: &'static str = "sign_in";
    const VERSION: u8 = 1;
}
