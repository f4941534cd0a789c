//! What is asked of the world again because its answer ages: about senders, policies of other domains, keys of
//! correspondents; and the reports that other domains are owed. A loop of its own: a name server that does not answer
//! keeps nothing of what this box does for itself.

use super::{NAP, unlocked};
use crate::service::{authenticate::Senders, happening::Happening, keyring::Keyring, strict::Strict, tls_reports::TlsReports};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Asks for what is due until it is told to stop. A locked box asks nobody.
pub async fn run(
    senders: Senders,
    (strict, tls_reports): (Strict, TlsReports),
    keyring: Keyring,
    mut happenings: broadcast::Receiver<Happening>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        let wait = senders.recheck().await.min(strict.refresh().await).min(tls_reports.tend().await);
        let wait = wait.min(keyring.refresh().await).clamp(1, NAP);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            () = unlocked(&mut happenings) => {}
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}
