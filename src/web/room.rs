//! Seats for connections: so many and no more, and so many for one network, as at the other door
//! (`smtp::guests`). When all are taken, the newcomer gets the seat of the oldest connection that is not being
//! answered right now, one that never asked for anything first; where its network has used up its share, of that
//! network's. So neither a thousand connections that only sit there, nor a neighbour's that are slow to say what
//! they want, can keep the owner out. What a stranger is given counts as answered once it is made, whether they take it or not
//! (`server`). This machine itself may have all.

use crate::domain::network::Network;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// The seats.
pub(super) struct Room {
    most: usize,
    share: usize,
    next: AtomicU64,
    taken: Mutex<BTreeMap<u64, Arc<Use>>>,
}

struct Use {
    network: Network,
    asked: AtomicU64,
    busy: AtomicUsize,
    leave: Notify,
}

/// A taken seat; given back when dropped.
pub(super) struct Seat {
    number: u64,
    using: Arc<Use>,
    room: Arc<Room>,
}

/// A request that is being answered; over when dropped, with the last octet of what is large or has no end.
pub(super) struct Busy(Arc<Use>);

impl Room {
    /// So many in all, and of one network.
    pub(super) fn new(most: usize, share: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            share,
            next: AtomicU64::new(0),
            taken: Mutex::default(),
        })
    }

    /// A seat, if need be somebody else's; `None` where everyone is being answered.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let network = Network::of(peer);
        let share = if peer.to_canonical().is_loopback() { self.most } else { self.share };
        let mut taken = self.taken();
        let neighbours = taken.values().filter(|using| using.network == network).count();
        let crowded = neighbours >= share;
        if crowded || taken.len() >= self.most {
            let idle = taken
                .iter()
                .filter(|(_, using)| using.busy.load(Ordering::Relaxed) == 0 && (!crowded || using.network == network));
            let number = *idle
                .min_by_key(|(number, using)| (using.asked.load(Ordering::Relaxed) > 0, **number))?
                .0;
            if let Some(using) = taken.remove(&number) {
                using.leave.notify_one();
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let using = Arc::new(Use {
            network,
            asked: AtomicU64::new(0),
            busy: AtomicUsize::new(0),
            leave: Notify::new(),
        });
        taken.insert(number, using.clone());
        Some(Seat {
            number,
            using,
            room: self.clone(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Use>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Ends when somebody else needs the seat.
    pub(super) async fn asked_to_leave(&self) {
        self.using.leave.notified().await;
    }

    /// Whether a request was ever made from it.
    pub(super) fn was_used(&self) -> bool {
        self.using.asked.load(Ordering::Relaxed) > 0
    }

    /// A request begins.
    pub(super) fn begin(&self) -> Busy {
        self.using.asked.fetch_add(1, Ordering::Relaxed);
        self.using.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self.using.clone())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.taken().remove(&self.number);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(room: &Arc<Room>, peer: &str) -> Option<Seat> {
        room.take(peer.parse().unwrap())
    }

    fn take(room: &Arc<Room>) -> Option<Seat> {
        from(room, "127.0.0.1")
    }

    #[tokio::test]
    async fn a_network_has_its_share_and_gets_no_more_by_being_slow() {
        let room = Room::new(6, 2);
        let slow = [from(&room, "192.0.2.1").unwrap(), from(&room, "192.0.2.2").unwrap()];
        let asking = [slow[0].begin(), slow[1].begin()];
        assert!(from(&room, "192.0.2.3").is_none(), "its share is used up");
        assert!(from(&room, "::ffff:192.0.2.4").is_none());
        let six = [from(&room, "2001:db8::1").unwrap(), from(&room, "2001:db8::2").unwrap()];
        let _asking = [six[0].begin(), six[1].begin()];
        assert!(from(&room, "2001:db8:0:0:9::1").is_none());
        let owner = from(&room, "198.51.100.1").unwrap();
        let _answering = owner.begin();
        // One of its own that is idle makes room for the next of that network.
        drop(asking);
        let _next = from(&room, "192.0.2.3").unwrap();
        slow[0].asked_to_leave().await;
        // This machine may have all that is left, and then its own idle seats.
        let (_one, _two) = (take(&room).unwrap(), take(&room).unwrap());
        assert_eq!(room.taken().len(), 6);
    }

    #[tokio::test]
    async fn the_silent_make_room_before_the_idle_and_the_busy_never() {
        let room = Room::new(3, 3);
        let idle = take(&room).unwrap();
        drop(idle.begin());
        let silent = take(&room).unwrap();
        let busy = take(&room).unwrap();
        let answering = busy.begin();
        let first = take(&room).unwrap();
        silent.asked_to_leave().await;
        let _second = (first.begin(), take(&room).unwrap());
        idle.asked_to_leave().await;
        drop((answering, silent, idle));
        let third = take(&room).unwrap();
        let _held = third.begin();
        assert!(take(&room).is_some(), "the busy one is idle by now");
        assert_eq!(room.taken().len(), 2, "a seat is given back");
        drop(third);
        assert_eq!(room.taken().len(), 1);
    }

    #[test]
    fn a_full_room_of_busy_people_takes_nobody() {
        let room = Room::new(1, 1);
        let seat = take(&room).unwrap();
        let _answering = seat.begin();
        assert!(take(&room).is_none());
    }
}
