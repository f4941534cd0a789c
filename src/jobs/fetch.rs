//! Has the owner's other mailboxes looked at until it is told to stop. A locked box knows of none.

use crate::service::mailboxes::Mailboxes;
use tokio::{sync::watch, task::JoinSet};

/// The longest that the loop waits before it looks which mailboxes there are, in seconds.
const NAP: u64 = 30;

/// Runs until it is told to stop.
pub async fn run(mailboxes: Mailboxes, mut stopping: watch::Receiver<bool>) {
    let mut workers = JoinSet::new();
    while !*stopping.borrow() {
        tokio::select! {
            () = mailboxes.step(&mut workers, NAP) => {}
            changed = stopping.changed() => if changed.is_err() { break },
        }
    }
    mailboxes.stop();
    workers.shutdown().await;
}
