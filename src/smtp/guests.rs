//! Who is in: so many connections in all, so many from one network, and a place for the next who comes.
//!
//! When all places are taken, the one who has kept silent the longest without a message under way is asked
//! to leave; where everybody has one, the longest silent of those who have said nothing for
//! [`Limits::patience`]. So a thousand connections that only sit there ("slow loris") cannot keep a
//! working peer out, while one that works is never sent away. Absent on purpose: a memory of who
//! misbehaved; addresses are shared and change hands.

use super::{
    limits::Limits,
    reply::{self, Reply},
};
use crate::domain::network::Network;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// What a guest is about, which decides whether it can be asked to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Doing {
    /// It is waited for, and has no message under way.
    Nothing = 0,
    /// It is waited for, with a message under way.
    Message = 1,
    /// It waits for us.
    Waiting = 2,
}

#[derive(Debug)]
struct Presence {
    network: Network,
    doing: AtomicU8,
    /// Milliseconds after the door opened.
    heard: AtomicU64,
    leave: Notify,
}

/// Everybody who is in.
#[derive(Debug)]
pub struct Guests {
    opened: Instant,
    connections: usize,
    per_network: usize,
    per_loopback: usize,
    patience: Duration,
    present: Mutex<(u64, BTreeMap<u64, Arc<Presence>>)>,
}

/// One who is in; its place is free again when this is dropped.
#[derive(Debug)]
pub struct Guest {
    house: Arc<Guests>,
    number: u64,
    presence: Arc<Presence>,
}

impl Guests {
    /// An empty house with these limits.
    pub fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            connections: limits.connections,
            per_network: limits.per_network,
            per_loopback: limits.per_loopback,
            patience: limits.patience,
            present: Mutex::new((0, BTreeMap::new())),
        })
    }

    /// Lets a peer in, or gives what to tell it.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Guest, Reply> {
        let network = Network::of(peer);
        let mut present = self.lock();
        let here = peer.to_canonical().is_loopback();
        let allowed = if here { self.per_loopback } else { self.per_network };
        let full = present.1.len() >= self.connections;
        let neighbours = present.1.values().filter(|guest| guest.network == network).count();
        // This machine's own share is the whole: where that is used up, one of its own makes room.
        if neighbours >= allowed && !(here && full) {
            return Err(reply::CROWDED);
        }
        if full {
            let leaving = self.least_busy(&present.1).ok_or(reply::FULL)?;
            if let Some(guest) = present.1.remove(&leaving) {
                guest.leave.notify_one();
            }
        }
        let number = present.0;
        present.0 += 1;
        let presence = Arc::new(Presence {
            network,
            doing: AtomicU8::new(Doing::Nothing as u8),
            heard: AtomicU64::new(self.now()),
            leave: Notify::new(),
        });
        present.1.insert(number, presence.clone());
        Ok(Guest {
            house: self.clone(),
            number,
            presence,
        })
    }

    /// How many are in.
    pub fn count(&self) -> usize {
        self.lock().1.len()
    }

    fn least_busy(&self, present: &BTreeMap<u64, Arc<Presence>>) -> Option<u64> {
        let patience = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
        let now = self.now();
        present
            .iter()
            .map(|(number, guest)| {
                let doing = guest.doing.load(Ordering::Relaxed);
                (doing, guest.heard.load(Ordering::Relaxed), *number)
            })
            .filter(|(doing, heard, _)| *doing == Doing::Nothing as u8 || (*doing == Doing::Message as u8 && heard + patience <= now))
            .min()
            .map(|(_, _, number)| number)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Arc<Presence>>)> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// Notes that it was just heard, and what it is about now.
    pub fn is(&self, doing: Doing) {
        self.presence.heard.store(self.house.now(), Ordering::Relaxed);
        self.presence.doing.store(doing as u8, Ordering::Relaxed);
    }

    /// Waits until it is asked to leave.
    pub async fn asked_to_leave(&self) {
        self.presence.leave.notified().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.house.lock().1.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(connections: usize, per_network: usize) -> Arc<Guests> {
        Guests::new(&Limits {
            connections,
            per_network,
            per_loopback: connections,
            patience: Duration::ZERO,
            ..Limits::default()
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_its_share_and_no_more() {
        let house = house(100, 2);
        let first = house.admit(ip("192.0.2.1")).unwrap();
        let _second = house.admit(ip("::ffff:192.0.2.200")).unwrap();
        assert_eq!(house.admit(ip("192.0.2.3")).unwrap_err(), reply::CROWDED);
        let _elsewhere = house.admit(ip("192.0.3.3")).unwrap();
        drop(first);
        let _third = house.admit(ip("192.0.2.3")).unwrap();

        let _six = [
            house.admit(ip("2001:db8:0:1::1")).unwrap(),
            house.admit(ip("2001:db8:0:1:ffff::1")).unwrap(),
        ];
        assert_eq!(house.admit(ip("2001:db8:0:1::2")).unwrap_err(), reply::CROWDED);
        let _other = house.admit(ip("2001:db8:0:2::2")).unwrap();
    }

    #[test]
    fn who_sits_idle_makes_room_and_who_waits_for_us_does_not() {
        let house = house(3, 1);
        let working = house.admit(ip("192.0.2.1")).unwrap();
        working.is(Doing::Waiting);
        let writing = house.admit(ip("192.0.3.1")).unwrap();
        writing.is(Doing::Message);
        let idle = house.admit(ip("192.0.4.1")).unwrap();

        let next = house.admit(ip("192.0.5.1")).unwrap();
        assert_eq!(house.count(), 3);
        next.is(Doing::Waiting);
        // The idle one has gone first; now the one that was silent inside its message.
        let last = house.admit(ip("192.0.6.1")).unwrap();
        last.is(Doing::Waiting);
        assert_eq!(house.admit(ip("192.0.7.1")).unwrap_err(), reply::FULL);

        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            idle.asked_to_leave().await;
            writing.asked_to_leave().await;
        });
        drop((idle, writing));
        assert_eq!(house.count(), 3);
        drop(working);
        assert_eq!(house.count(), 2);
    }

    #[test]
    fn this_machine_itself_is_bounded_by_the_total() {
        let house = house(20, 1);
        let all: Vec<Guest> = (0..20).map(|_| house.admit(ip("127.0.0.1")).unwrap()).collect();
        let _one_more = house.admit(ip("127.0.0.1")).unwrap();
        assert_eq!(house.count(), 20);
        drop(all);
        assert_eq!(house.count(), 1);
    }
}
