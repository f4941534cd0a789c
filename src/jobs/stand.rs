//! The loop that keeps the box standing in the world: its records looked at, its certificate renewed, its address
//! announced. It runs while the box is locked, because none of this needs what is the owner's.

use super::NAP;
use crate::service::{announcing::Announcing, certificates::Certificates, checks::Checks};
use std::time::Duration;
use tokio::sync::watch;

/// Does what is due until it is told to stop.
pub async fn run((checks, certificates, announcing): (Checks, Certificates, Announcing), mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let step = async { announcing.step().await.min(certificates.step().await).min(checks.step().await) };
        let wait = tokio::select! {
            wait = step => wait.clamp(1, NAP),
            // A look takes seconds, and what it would find is found the next time.
            _ = stopping.changed() => return,
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            () = certificates.woken() => {}
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}
