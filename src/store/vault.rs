//! The vault: locked or open.

/// A handle on the vault; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Vault {}
