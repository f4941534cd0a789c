//! Floor 4: the clock's door. Work that nobody is waiting for is a row in the store with a due time;
//! one loop runs what is due. What was sealed while the box was locked is taken in when it is unlocked.

pub mod ask;
pub mod backup;
pub mod fetch;
pub mod push;
pub mod stand;
pub mod updates;
pub mod weigh;
pub mod world;

use crate::service::{
    Error,
    deliver::Deliver,
    happening::Happening,
    health::Health,
    keys::Keys,
    ledger::Ledgers,
    receive::{NotKept, Receive},
    upkeep::{self, Upkeep},
};
use std::time::Duration;
use tokio::{
    sync::{broadcast, watch},
    task::JoinSet,
};

/// The longest that the loop sleeps, in seconds: a clock may jump.
const NAP: u64 = 60;
/// How often it is looked whether the store stands still: two atomics while it does not.
const LOOK: Duration = Duration::from_secs(5);

/// Runs what is due until it is told to stop. A locked box has nothing due.
pub async fn run(
    (upkeep, health): (Upkeep, Health),
    receive: Receive,
    keys: Keys,
    mut happenings: broadcast::Receiver<Happening>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        upkeep::settle();
        // Said where it happens; tried again below.
        let _ = health.mend().await;
        // First: what waits in the spool may be encrypted to a key that is only just brought, or be the first mail.
        keys.tend().await;
        match receive.drain().await {
            Ok(0) | Err(NotKept::Locked) => {}
            Ok(drained) => tracing::info!(drained, "what arrived while the box was locked was taken in"),
            Err(_) => tracing::error!("the spool could not be emptied and will be tried again"),
        }
        let wait = upkeep.step().await.unwrap_or(NAP).clamp(1, NAP);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            () = unlocked(&mut happenings) => {}
            // What waits in front of the store is next.
            () = mended(&health) => {}
            // Either way out of this wait is looked at above; a sender that is gone means stop.
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}

/// Has messages handed over until it is told to stop; what is being handed over then may end.
pub async fn deliver(
    deliver: Deliver,
    ledgers: Ledgers,
    mut happenings: broadcast::Receiver<Happening>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut workers = JoinSet::new();
    while !*stopping.borrow() {
        let wait = match deliver.step(&mut workers).await {
            Ok(wait) => wait,
            Err(Error::Locked) => NAP,
            Err(error) => {
                tracing::error!(%error, "the outbox could not be read and will be looked at again");
                NAP
            }
        };
        if let Err(error) = ledgers.keep().await
            && !matches!(error, Error::Locked)
        {
            tracing::error!(%error, "whom this box connected to could not be written down and is counted on");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            () = unlocked(&mut happenings) => {}
            () = deliver.done() => {}
            changed = stopping.changed() => if changed.is_err() { break },
        }
    }
    deliver.stop();
    while workers.join_next().await.is_some() {}
}

/// Waits until the store was brought to a stand by an error of the disk, and was opened again.
async fn mended(health: &Health) {
    let mut wait = LOOK;
    loop {
        tokio::time::sleep(wait).await;
        wait = match health.mend().await {
            Ok(true) => return,
            Ok(false) => LOOK,
            Err(_) => (wait * 2).min(Duration::from_secs(NAP)),
        };
    }
}

/// Waits until the vault is unlocked or work is put down, or may have been.
async fn unlocked(happenings: &mut broadcast::Receiver<Happening>) {
    loop {
        match happenings.recv().await {
            Ok(Happening::Unlocked | Happening::Due) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            Ok(_) => {}
            // The house is being taken down; the loop's other arms end it.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
