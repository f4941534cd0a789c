//! The loop that computes indexes anew that do not belong to a message: those of contacts of whom something has
//! changed, and the account's.

use super::{NAP, unlocked};
use crate::service::{account::Account, contacts::Contacts, happening::Happening};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Computes what is due until it is told to stop. A locked box has nothing due.
pub async fn run(
    contacts: Contacts,
    account: Account,
    mut happenings: broadcast::Receiver<Happening>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        let wait = contacts.refresh().await;
        let wait = wait.min(account.refresh().await).clamp(1, NAP);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            () = unlocked(&mut happenings) => {}
            // Either way out of this wait is looked at above; a sender that is gone means stop.
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}
