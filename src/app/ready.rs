//! What the service manager is told (sd_notify(3)): the doors are open, it still lives, it is ending. Started by hand
//! there is nobody to tell, and nothing is done.

use sd_notify::NotifyState;
use std::{future::pending, time::Duration};

/// The doors are open.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The end has been asked for.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// Says that it lives, twice in the time after which the service manager would start it anew (`WatchdogSec=`). For ever:
/// a runtime that no longer turns is silent, which is the point.
pub async fn living() {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return pending().await;
    };
    let mut beat = tokio::time::interval((patience / 2).max(Duration::from_millis(1)));
    loop {
        beat.tick().await;
        tell(NotifyState::Watchdog);
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
