//! Whether the box is well, as far as the box itself can tell: for whoever watches over it on this machine, and for the
//! owner, on every page.
//!
//! It says nothing of anybody: no address, no count of messages. Absent on purpose: how the box stands in the world, which
//! is asked of others and takes time (`service::checks`).

use super::{
    Error, blocking,
    happening::{Happening, Happenings},
};
use crate::{
    domain::check::{Check, Finding, Id},
    store::{
        front::FrontFile,
        room::{Room, Standing},
        vault::Vault,
    },
};
use std::sync::Arc;

pub use crate::store::room::Standing as Disk;

/// Octets in a megabyte, as disks are sold.
const MB: u64 = 1_000_000;

/// Looks; cheap to clone.
#[derive(Clone)]
pub struct Health {
    vault: Vault,
    file: Arc<FrontFile>,
    happenings: Happenings,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether the vault is locked.
    pub locked: bool,
    /// Whether the last commit came off; true where there was none.
    pub writes: bool,
    /// How it stands with the disk.
    pub disk: Standing,
    /// Octets that are free; `None` where the system does not say.
    pub free: Option<u64>,
}

impl Found {
    /// Whether the box does what it is for: mail is taken and kept.
    pub fn is_well(&self) -> bool {
        self.writes && !matches!(self.disk, Standing::Full | Standing::ReadOnly)
    }
}

impl Health {
    /// Of the box with this vault and this front.
    pub fn new(vault: Vault, file: Arc<FrontFile>, happenings: Happenings) -> Self {
        Self { vault, file, happenings }
    }

    /// Opens again what an error of the disk has brought to a stand, once the disk takes writes. Says whether the store was
    /// opened again; an error where it could not be.
    pub async fn mend(&self) -> Result<bool, Error> {
        let (vault, file, happenings) = (self.vault.clone(), self.file.clone(), self.happenings.clone());
        let mended = blocking(move || {
            // Where the disk still refuses it is asked again soon, and before that by whatever is to be kept.
            let _ = file.mend();
            let again = vault.mend(|| happenings.announce(Happening::Locked))?;
            // Here and not by whoever waits: they may have stopped waiting, and what is in front of the store would stay there.
            if again {
                tracing::warn!("the store was opened again after an error of the disk");
                happenings.announce(Happening::Unlocked);
            }
            Ok(again)
        });
        mended
            .await
            .inspect_err(|error| tracing::error!(%error, "the store could not be opened again; the box is locked until it can"))
    }

    /// Looks now; quick.
    pub fn look(&self) -> Found {
        let open = self.vault.open().ok();
        let room = Room::of(self.vault.folder());
        let locked = open.is_none();
        let writes = !self.file.is_failing() && !self.vault.stands_still();
        let told = room.map_or(Standing::Enough, |room| room.standing());
        Found {
            locked,
            writes,
            // A disk that was shut after an error does not always say so.
            disk: if writes || told == Standing::Full {
                told
            } else {
                Standing::ReadOnly
            },
            free: room.map(|room| room.free),
        }
    }

    /// Whether the writing thread does its work; blocks until it has done what it was handed. A locked box has none.
    pub fn writer_works(&self) -> bool {
        self.vault.open().map_or(true, |open| open.works())
    }

    /// The disk, as one of the checks.
    pub fn checks(&self) -> Vec<Check> {
        let found = self.look();
        let Some(free) = found.free else { return Vec::new() };
        let finding = match found.disk {
            Standing::Enough => Finding::Right,
            Standing::Short => Finding::Low,
            Standing::Full | Standing::ReadOnly => Finding::Out,
        };
        let seen = match found.disk {
            Standing::ReadOnly => "read-only".to_owned(),
            _ => format!("{} MB", free / MB),
        };
        vec![Check {
            seen: vec![seen],
            ..Check::plain(Id::Disk, finding)
        }]
    }
}
