//! The loop of what boxes say of themselves: what this one says is made anew when it changed, and the boxes of contacts are
//! asked when it is their turn.

use super::{NAP, unlocked};
use crate::service::{Error, happening::Happening, statements::Statements, world::World};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Does what is due until it is told to stop. A locked box leaves everything as it is.
pub async fn run(
    world: World,
    statements: Statements,
    mut happenings: broadcast::Receiver<Happening>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        if let Err(error) = world.tend().await
            && !matches!(error, Error::Locked)
        {
            tracing::error!(%error, "what this box says of itself could not be made anew and will be later");
        }
        let wait = tokio::select! {
            wait = statements.refresh() => wait.clamp(1, NAP),
            // Either way it is an end.
            _ = stopping.changed() => return,
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait)) => {}
            () = unlocked(&mut happenings) => {}
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}
