//! Floor 1: every word that a human reads, in English and French. A missing one does not compile.

pub mod privacy;

/// A language of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}
