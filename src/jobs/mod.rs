//! Floor 4: the clock's door. Work that nobody is waiting for is a row in the store with a due time;
//! one loop runs what is due.

use crate::service::upkeep::Upkeep;
use std::time::Duration;
use tokio::sync::watch;

/// The longest that the loop sleeps: a clock may jump, and a locked box may be unlocked.
const NAP: u64 = 60;

/// Runs what is due until it is told to stop. A locked box has nothing due.
pub async fn run(upkeep: Upkeep, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let wait = upkeep.step().await.unwrap_or(NAP).clamp(1, NAP);
        // Either way out of the wait is looked at above; a sender that is gone means stop.
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}
