//! A person or service in the owner's address book.

use super::{address::Address, id::ContactId};

/// One card of the address book. An address stands on one card only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its number in the store.
    pub id: ContactId,
    /// What the owner calls them; never empty.
    pub name: String,
    /// Their addresses, the preferred one first.
    pub addresses: Vec<Address>,
}
