//! Floor 2: the only room that knows `redb`.

pub mod vault;

/// Why the store could not read or write. Names no message, address or word of the owner's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error("the store cannot be used: {0}")]
    Database(String),
    /// A record does not match its hash or its version is not known.
    #[error("the store holds a record that was damaged")]
    Damaged,
}
