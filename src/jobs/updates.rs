//! The loop that looks for newer releases, where the owner wants it. It runs while the box is locked.

use crate::service::updates::Updates;
use std::time::Duration;
use tokio::sync::watch;

/// Seconds from the start to the first look: mail comes first.
const FIRST: u64 = 300;

/// Does what is due until it is told to stop.
pub async fn run(updates: Updates, mut stopping: watch::Receiver<bool>) {
    let mut wait = FIRST;
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            // Either way it is an end.
            _ = stopping.changed() => return,
        }
        wait = match updates.step().await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::error!(%error, "what was found of releases could not be kept");
                FIRST
            }
        };
    }
}
