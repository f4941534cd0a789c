//! What systemd is told (sd_notify(3)): that the doors are open, and as long as the watchdog asks, that the box still
//! does its work. Where there is no systemd nobody is told anything.
//!
//! A sign of life is given only after the writing thread has answered, or is known to write the store anew, and each door
//! has let somebody in: a process that merely exists is started anew.

use crate::service::health::Health;
use sd_notify::{NotifyState, notify, watchdog_enabled};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{io::AsyncReadExt, net::TcpStream, sync::watch, task::JoinSet, time::timeout};

/// How long a door or the writing thread may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The doors are open. Gives signs of life from now on where they are asked for; addresses are those of mail, of pages
/// without TLS and with it.
pub(super) fn begin(tasks: &mut JoinSet<()>, health: Health, doors: [&[SocketAddr]; 3], mut stopping: watch::Receiver<bool>) {
    say(&[NotifyState::Ready]);
    let Some(every) = watchdog_enabled() else { return };
    let [mail, pages, sealed] = doors.map(|door| door.first().copied().map(near));
    tasks.spawn(async move {
        loop {
            tokio::select! {
                // Twice in the time that is allowed, as sd_watchdog_enabled(3) advises.
                () = tokio::time::sleep(every / 2) => {}
                // A sender that is gone means stop.
                _ = stopping.changed() => return,
            }
            let greeted = async {
                match mail {
                    Some(mail) => greets(mail).await,
                    None => true,
                }
            };
            if writes(&health).await && opens(pages).await && opens(sealed).await && greeted.await {
                say(&[NotifyState::Watchdog]);
            } else {
                tracing::error!("the box does not answer itself; no sign of life is given");
            }
        }
    });
}

/// The box ends in order.
pub(super) fn end() {
    say(&[NotifyState::Stopping]);
}

fn say(state: &[NotifyState<'_>]) {
    if let Err(error) = notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

/// Where this machine reaches a door that listens on every address.
fn near(mut door: SocketAddr) -> SocketAddr {
    if door.ip().is_unspecified() {
        door.set_ip(match door.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    door
}

async fn writes(health: &Health) -> bool {
    let health = health.clone();
    let asked = tokio::task::spawn_blocking(move || health.writer_works());
    matches!(timeout(PATIENCE, asked).await, Ok(Ok(true)))
}

async fn opens(door: Option<SocketAddr>) -> bool {
    match door {
        Some(door) => matches!(timeout(PATIENCE, TcpStream::connect(door)).await, Ok(Ok(_))),
        None => true,
    }
}

/// Whether the mail door says something: `220`, or `421` where it has no place or no owner yet. Both are answers.
async fn greets(door: SocketAddr) -> bool {
    let mut code = [0; 3];
    let heard = async { TcpStream::connect(door).await?.read_exact(&mut code).await };
    matches!(timeout(PATIENCE, heard).await, Ok(Ok(_))) && code.iter().all(u8::is_ascii_digit)
}
