//! The loop that tells devices of new mail: once for what comes together, and then not again for a minute.

use crate::service::{Error, happening::Happening, push::Push};
use std::time::Duration;
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

/// What comes within so many seconds of a ring is rung for together.
const QUIET: Duration = Duration::from_secs(60);

/// Tells devices until it is told to stop.
pub async fn run(push: Push, mut happenings: broadcast::Receiver<Happening>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        match push.prepare().await {
            Ok(()) | Err(Error::Locked) => {}
            Err(error) => tracing::error!(%error, "the key for notifications could not be made and will be later"),
        }
        tokio::select! {
            rings = arrives(&push, &mut happenings) => match rings {
                Some(true) => {}
                Some(false) => continue,
                None => return,
            },
            changed = stopping.changed() => if changed.is_err() { return } else { continue },
        }
        match push.tell().await {
            Ok(_) | Err(Error::Locked) => {}
            Err(error) => tracing::error!(%error, "devices could not be told of new mail"),
        }
        tokio::select! {
            () = tokio::time::sleep(QUIET) => {}
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}

/// Waits for the next happening; whether it is mail worth ringing for, and `None` where nothing happens any more.
async fn arrives(push: &Push, happenings: &mut broadcast::Receiver<Happening>) -> Option<bool> {
    match happenings.recv().await {
        Ok(Happening::Arrived { message, news: true, .. }) => Some(push.rings(message).await.unwrap_or(false)),
        // What is missed is the beginning of a flood, such as an import; any news in the rest of it rings.
        Ok(_) | Err(RecvError::Lagged(_)) => Some(false),
        Err(RecvError::Closed) => None,
    }
}
