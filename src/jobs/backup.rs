//! The loop that makes backups and tries them while the box is unlocked. What is being done is cut short when the box is
//! locked or the program ends; what was made before stays good.

use super::NAP;
use crate::service::{Error, backup::Backups, happening::Happening};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// How often what was cut short is told so, until it ends.
const AGAIN: Duration = Duration::from_millis(100);

/// Does what is due until it is told to stop.
pub async fn run(backups: Backups, mut happenings: broadcast::Receiver<Happening>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let step = backups.step();
        tokio::pin!(step);
        let mut ends = false;
        let wait = loop {
            let look = async {
                if ends {
                    tokio::time::sleep(AGAIN).await;
                } else {
                    over(&mut happenings, &mut stopping).await;
                }
            };
            tokio::select! {
                done = &mut step => break done,
                // More than once: what is done next by the same step may just be beginning.
                () = look => {
                    ends = true;
                    backups.cut_short();
                }
            }
        };
        let wait = match wait {
            Ok(wait) => wait,
            Err(Error::Locked | Error::Busy) => NAP,
            Err(error) => {
                tracing::error!(%error, "what is set about backups could not be read and will be looked at again");
                NAP
            }
        };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(wait.clamp(1, NAP))) => {}
            () = super::unlocked(&mut happenings) => {}
            changed = stopping.changed() => if changed.is_err() { return },
        }
    }
}

/// Waits until the box is locked, or the program is to end.
async fn over(happenings: &mut broadcast::Receiver<Happening>, stopping: &mut watch::Receiver<bool>) {
    let locked = async {
        loop {
            match happenings.recv().await {
                Ok(Happening::Locked) => return,
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                // The house is being taken down: the other arm ends it.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        () = locked => {}
        // A sender that is gone means stop.
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}
