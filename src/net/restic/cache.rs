//! A few packs in memory, for places that are far away: what is read in a row lies in one pack, and a visit for each blob
//! would take as long as all of them.

use super::Shelf;
use crate::domain::backup::Trouble;
use bytes::Bytes;
use rustic_core::{FileType, Id};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Packs that are held.
const PACKS: usize = 3;

pub(super) struct Cached<S> {
    inner: S,
    held: Mutex<VecDeque<(Id, Bytes)>>,
}

impl<S> Cached<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            held: Mutex::default(),
        }
    }
}

impl<S: Shelf> Shelf for Cached<S> {
    fn create(&self) -> Result<(), Trouble> {
        self.inner.create()
    }

    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, Trouble> {
        self.inner.list(kind)
    }

    fn read(&self, kind: FileType, id: &Id, part: Option<(u32, u32)>) -> Result<Bytes, Trouble> {
        let Some((offset, length)) = part.filter(|_| kind == FileType::Pack) else {
            return self.inner.read(kind, id, part);
        };
        // Held while it is fetched: whoever wants the same pack meanwhile waits for it.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.iter().find(|(known, _)| known == id).map(|(_, pack)| pack.clone());
        let pack = match found {
            Some(pack) => pack,
            None => {
                let pack = self.inner.read(kind, id, None)?;
                held.truncate(PACKS - 1);
                held.push_front((*id, pack.clone()));
                pack
            }
        };
        drop(held);
        let (from, to) = (offset as usize, offset as usize + length as usize);
        if to > pack.len() {
            return Err(Trouble::Damaged);
        }
        Ok(pack.slice(from..to))
    }

    fn write(&self, kind: FileType, id: &Id, octets: &Bytes) -> Result<(), Trouble> {
        self.inner.write(kind, id, octets)
    }

    fn remove(&self, kind: FileType, id: &Id) -> Result<(), Trouble> {
        self.inner.remove(kind, id)
    }
}
