//! Seats for connections: so many and no more. When all are taken, the newcomer gets the seat of the
//! oldest connection that is not being answered right now, one that never asked for anything first. So a
//! thousand connections that only sit there cannot keep the owner out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

/// The seats.
pub(super) struct Room {
    most: usize,
    next: AtomicU64,
    taken: Mutex<BTreeMap<u64, Arc<Use>>>,
}

#[derive(Default)]
struct Use {
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

/// A request that is being answered; over when dropped.
pub(super) struct Busy(Arc<Use>);

impl Room {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            next: AtomicU64::new(0),
            taken: Mutex::default(),
        })
    }

    /// A seat, if need be somebody else's; `None` where everyone is being answered.
    pub(super) fn take(self: &Arc<Self>) -> Option<Seat> {
        let mut taken = self.taken();
        if taken.len() >= self.most {
            let idle = taken.iter().filter(|(_, using)| using.busy.load(Ordering::Relaxed) == 0);
            let number = *idle
                .min_by_key(|(number, using)| (using.asked.load(Ordering::Relaxed) > 0, **number))?
                .0;
            if let Some(using) = taken.remove(&number) {
                using.leave.notify_one();
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let using = Arc::<Use>::default();
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

    #[tokio::test]
    async fn the_silent_make_room_before_the_idle_and_the_busy_never() {
        let room = Room::new(3);
        let idle = room.take().unwrap();
        drop(idle.begin());
        let silent = room.take().unwrap();
        let busy = room.take().unwrap();
        let answering = busy.begin();
        let first = room.take().unwrap();
        silent.asked_to_leave().await;
        let _second = (first.begin(), room.take().unwrap());
        idle.asked_to_leave().await;
        drop((answering, silent, idle));
        let third = room.take().unwrap();
        let _held = third.begin();
        assert!(room.take().is_some(), "the busy one is idle by now");
        assert_eq!(room.taken().len(), 2, "a seat is given back");
        drop(third);
        assert_eq!(room.taken().len(), 1);
    }

    #[test]
    fn a_full_room_of_busy_people_takes_nobody() {
        let room = Room::new(1);
        let seat = room.take().unwrap();
        let _answering = seat.begin();
        assert!(room.take().is_none());
    }
}
