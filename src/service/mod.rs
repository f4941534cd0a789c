//! Floor 3: use cases, one file each. Each does its slow work first and then one write.

pub mod discussion;
pub mod happening;
pub mod receive;
pub mod timeline;
pub mod unlock;
pub mod view;

/// Why a use case could not be done. Never names what it was about: it may be logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The box is locked: sign in first.
    #[error("the box is locked")]
    Locked,
    /// There is no such thing, or no longer.
    #[error("there is no such thing")]
    NotFound,
    /// The store could not read or write; nothing was changed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}
