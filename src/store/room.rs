//! How much room the disk of the data folder has, and whether it can be written at all.
//!
//! A store that meets the end of the disk in the middle of a write loses nothing, but stands still until it is opened anew.
//! So what makes it grow stops earlier, at a *reserve* that is left for what must go on: signing in, deleting, noting.

use rustix::fs::{StatVfsMountFlags, statvfs};
use std::{
    fs::{File, metadata, remove_file},
    io::Write,
    os::unix::fs::MetadataExt,
    path::Path,
};

const MIB: u64 = 1024 * 1024;
/// The reserve is a twentieth of the disk, within these bounds, in octets.
const RESERVE: (u64, u64) = (8 * MIB, 256 * MIB);
/// Times the reserve below which the owner is told that room grows short.
const SHORT: u64 = 4;
/// Octets that keeping one octet may take for a while: the message, what is kept of it, and the old pages.
const GROWTH: u64 = 3;

/// Whether a file can be written in this folder, and flushed: after an error of the disk its own facts may not say so.
pub fn takes_writes(folder: &Path) -> bool {
    let path = folder.join("trial");
    let tried = File::create(&path).and_then(|mut file| {
        file.write_all(&[0])?;
        file.sync_all()
    });
    // One that is left behind is overwritten the next time.
    let _ = remove_file(&path);
    tried.is_ok()
}

/// Whether two folders are on one file system; not where either cannot be seen.
pub fn on_one_disk(one: &Path, other: &Path) -> bool {
    let disk = |folder: &Path| metadata(folder).map(|folder| folder.dev());
    matches!((disk(one), disk(other)), (Ok(one), Ok(other)) if one == other)
}

/// What a disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Octets that are free for this box.
    pub free: u64,
    /// Octets in all.
    pub total: u64,
    /// Whether nothing can be written on it.
    pub read_only: bool,
}

/// How it stands with the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is enough.
    Enough,
    /// It grows short.
    Short,
    /// The reserve is reached: nothing more is taken.
    Full,
    /// The disk can only be read.
    ReadOnly,
}

impl Room {
    /// Of the disk that this folder is on; `None` where the system does not say.
    pub fn of(folder: &Path) -> Option<Self> {
        let told = statvfs(folder).ok()?;
        Some(Self {
            free: told.f_bavail.saturating_mul(told.f_frsize),
            total: told.f_blocks.saturating_mul(told.f_frsize),
            read_only: told.f_flag.contains(StatVfsMountFlags::RDONLY),
        })
    }

    /// Octets that are never given to messages.
    pub fn reserve(&self) -> u64 {
        (self.total / 20).clamp(RESERVE.0, RESERVE.1)
    }

    /// Whether something of so many octets may be kept.
    pub fn takes(&self, octets: usize) -> bool {
        let growth = GROWTH.saturating_mul(octets as u64);
        !self.read_only && self.free >= self.reserve().saturating_add(growth)
    }

    /// Whether a second copy of so many octets fits beside what is there, with the reserve left.
    pub fn spares(&self, octets: u64) -> bool {
        !self.read_only && self.free >= self.reserve().saturating_add(octets)
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        match self {
            _ if self.read_only => Standing::ReadOnly,
            _ if self.free < self.reserve() => Standing::Full,
            _ if self.free < self.reserve().saturating_mul(SHORT) => Standing::Short,
            _ => Standing::Enough,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_for_no_message() {
        let room = |free, total| Room {
            free: free * MIB,
            total: total * MIB,
            read_only: false,
        };
        assert_eq!(room(0, 40).reserve(), 8 * MIB);
        assert_eq!(room(0, 1_000).reserve(), 50 * MIB);
        assert_eq!(room(0, 64_000).reserve(), 256 * MIB);
        for (free, standing) in [
            (7, Standing::Full),
            (8, Standing::Short),
            (31, Standing::Short),
            (32, Standing::Enough),
        ] {
            assert_eq!(room(free, 40).standing(), standing, "{free}");
        }
        assert!(room(50, 100).spares(42 * MIB) && !room(50, 100).spares(43 * MIB));
        assert!(room(8, 40).takes(0) && !room(8, 40).takes(1) && room(40, 100).takes(25 * 1024 * 1024 / 3));
        let fixed = Room {
            read_only: true,
            ..room(40, 40)
        };
        assert!(!fixed.takes(0) && fixed.standing() == Standing::ReadOnly);
        assert!(Room::of(Path::new("/")).is_some_and(|room| room.total > 0));
        assert!(Room::of(Path::new("/no such folder")).is_none());
    }
}
