//! Who came in from outside, by which door: the one thing that shows, without asking anybody, that a port is open.
//! Only when; not who.

use crate::domain::{
    check::{Place, place},
    time::Time,
};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// A door, by which somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Port 25.
    Mail = 0,
    /// Port 80.
    Web = 1,
    /// Port 443.
    Secure = 2,
}

/// When somebody from outside last came in; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Comers(Arc<[AtomicI64; 3]>);

impl Comers {
    /// Somebody came in. Who comes from the home network says nothing about the outside.
    pub fn came(&self, door: Door, peer: IpAddr, now: Time) {
        if place(peer) == Place::Public
            && let Some(last) = self.0.get(door as usize)
        {
            last.store(now.0, Ordering::Relaxed);
        }
    }

    /// When somebody last came in by each door, in their order; 0 is not since the start.
    pub fn last(&self) -> [i64; 3] {
        let mut last = [0; 3];
        last.iter_mut()
            .zip(&*self.0)
            .for_each(|(to, from)| *to = from.load(Ordering::Relaxed));
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_comes_from_outside_counts() {
        let comers = Comers::default();
        comers.came(Door::Mail, "192.168.1.2".parse().unwrap(), Time(5));
        comers.came(Door::Secure, "203.0.113.9".parse().unwrap(), Time(7));
        assert_eq!(comers.clone().last(), [0, 0, 7]);
    }
}
