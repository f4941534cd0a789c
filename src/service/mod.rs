//! Floor 3: use cases, one file each. Each does its slow work first and then one write.

pub mod account;
pub mod acts;
pub mod announcing;
pub mod appliance;
pub mod authenticate;
pub mod backup;
pub mod certificates;
pub mod checks;
pub mod comers;
pub mod compose;
pub mod contacts;
pub mod custody;
pub mod danger;
pub mod delete;
pub mod deliver;
pub mod devices;
pub mod discussion;
mod excerpt;
pub mod export;
pub mod happening;
pub mod health;
pub mod import;
pub mod importance;
pub mod journal;
pub mod key_server;
pub mod keyring;
pub mod keys;
pub mod ledger;
pub mod mailboxes;
pub mod nuisance;
mod opening;
pub mod outbox;
pub mod preferences;
pub mod protect;
pub mod push;
pub mod receive;
pub mod reports;
mod returned;
pub mod rules;
pub mod screener;
pub mod search;
pub mod sending;
pub mod setup;
mod smart;
pub mod spam;
pub mod statements;
pub mod strict;
pub mod tags;
pub mod timeline;
pub mod tls_reports;
mod today;
pub mod unlock;
pub mod updates;
pub mod upkeep;
pub mod view;
pub mod views;
pub mod world;
pub mod zone;

use crate::store::{
    self,
    mail::Snapshot,
    vault::{Locked, Vault},
};

/// Why a use case could not be done. Never names what it was about: it may be logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The box is locked: sign in first.
    #[error("the box is locked")]
    Locked,
    /// There is no such thing, or no longer.
    #[error("there is no such thing")]
    NotFound,
    /// It is masked on this device: the owner has to say "show it anyway" first.
    #[error("it is masked on this device")]
    Masked(crate::domain::id::MessageId),
    /// It is being done already: one at a time.
    #[error("it is being done already")]
    Busy,
    /// The store could not read or write; nothing was changed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<Locked> for Error {
    fn from(_: Locked) -> Self {
        Self::Locked
    }
}

/// Runs something that reads or packs on the blocking pool.
async fn blocking<T: Send + 'static>(job: impl FnOnce() -> Result<T, store::Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(job).await;
    Ok(done.unwrap_or(Err(store::Error::Damaged))?)
}

/// Reads from one snapshot, on the blocking pool. redb panics on some pages that are none; here that becomes
/// an error like any other.
async fn read<T: Send + 'static>(vault: &Vault, job: impl FnOnce(&Snapshot) -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let open = vault.open()?;
    tokio::task::spawn_blocking(move || job(&Snapshot::of(&open)?))
        .await
        .unwrap_or_else(|_| Err(store::Error::Damaged.into()))
}
