//! Custody of the keys: what opens the box, the recovery sheet and its proof, the key file, locking now, and
//! erasing.
//!
//! A new recovery code lives in memory only, from the moment it is made until two of its groups were typed
//! back, the box is locked, or a quarter of an hour has passed. After that it stands on paper and nowhere else.
//! Whether it is really the owner who asks has been checked before: see `unlock`.

use super::{
    Error,
    happening::{Happening, Happenings},
};
pub use crate::store::slots::{Kind, SlotId, SlotView};
use crate::{
    domain::time::Time,
    net::clock::Clock,
    store::{
        self, backup, key_file,
        slots::{self, Opening, SlotError, recovery},
        vault::{Secret, Vault},
    },
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{runtime::Handle, sync::watch};
use zeroize::Zeroizing;

/// Seconds for which a new sheet can be printed and proven by two groups.
const SHEET: i64 = 15 * 60;

/// A new recovery sheet, to be printed.
#[derive(Clone)]
pub struct Sheet {
    /// The code: groups of four.
    pub code: Zeroizing<String>,
    /// When it was made.
    pub made: Time,
    /// The two groups, counted from 1, that are to be typed back.
    pub asked: [usize; 2],
}

/// How it stands with the recovery sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetState {
    /// When it was made; `None` where there is none.
    pub since: Option<Time>,
    /// Whether the owner has shown to hold it.
    pub proven: bool,
    /// The two groups that are asked for, where it was made here a moment ago.
    pub asked: Option<[usize; 2]>,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The box is locked, or was erased.
    #[error("the box is locked")]
    Locked,
    /// It would leave no way in for a person.
    #[error("it is the last way in")]
    Last,
    /// There is no such thing, or no longer.
    #[error("there is no such thing")]
    Unknown,
    /// There are as many as there may be.
    #[error("there are as many as there may be")]
    Full,
    /// The groups, or the code, are not those of the sheet.
    #[error("that is not what is on the sheet")]
    Wrong,
    /// A key file cannot be made there.
    #[error("a file cannot be made there")]
    Place(Place),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What is wrong with the place for a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not a whole path.
    NotWhole,
    /// It is in the data folder: whoever takes the one takes the other.
    Inside,
    /// It is where files do not outlive a restart.
    Fleeting,
    /// There is something of that name.
    Taken,
    /// The folder is not there or not ours to write.
    Refused,
}

impl From<SlotError> for NotDone {
    fn from(error: SlotError) -> Self {
        match error {
            SlotError::Locked => Self::Locked,
            SlotError::Last => Self::Last,
            SlotError::Unknown => Self::Unknown,
            SlotError::Full => Self::Full,
            SlotError::Unfit => Self::Wrong,
            SlotError::Store(error) => Self::Store(error),
        }
    }
}

/// The keeper of the keys; cheap to clone.
#[derive(Clone)]
pub struct Custody(Arc<Keeper>);

struct Keeper {
    vault: Vault,
    clock: Clock,
    happenings: Happenings,
    folder: PathBuf,
    sheet: Mutex<Option<Sheet>>,
    erased: watch::Sender<bool>,
}

impl Custody {
    /// Over the vault of this data folder.
    pub fn new(vault: Vault, clock: Clock, happenings: Happenings) -> Self {
        let folder = vault.folder().to_owned();
        Self(Arc::new(Keeper {
            vault,
            clock,
            happenings,
            folder,
            sheet: Mutex::default(),
            erased: watch::Sender::new(false),
        }))
    }

    fn sheet(&self) -> MutexGuard<'_, Option<Sheet>> {
        self.0.sheet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What opens the box.
    pub async fn ways(&self) -> Result<Vec<SlotView>, NotDone> {
        self.blocking(|keeper| Ok(keeper.vault.slots()?)).await
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Keeper) -> Result<T, NotDone> + Send + 'static) -> Result<T, NotDone> {
        let keeper = self.0.clone();
        tokio::task::spawn_blocking(move || work(&keeper))
            .await
            .unwrap_or(Err(NotDone::Store(store::Error::Damaged)))
    }

    /// Removes a way in.
    pub async fn remove(&self, id: SlotId) -> Result<(), NotDone> {
        self.blocking(move |keeper| Ok(keeper.vault.remove_slot(id)?)).await
    }

    /// Whether the box is open and its recovery sheet waits for its proof: every page says so.
    pub fn sheet_waits(&self) -> bool {
        self.0.vault.is_unproven()
    }

    /// How it stands with the sheet.
    pub async fn sheet_state(&self) -> Result<SheetState, NotDone> {
        let slots = self.ways().await?;
        let slot = slots.iter().find(|slot| slot.kind == Kind::Recovery);
        let proven = slot.is_some_and(|slot| slot.proven);
        Ok(SheetState {
            since: slot.map(|slot| slot.since),
            proven,
            asked: self.printable().filter(|_| !proven).map(|sheet| sheet.asked),
        })
    }

    /// The sheet that was made a moment ago and is still to be proven.
    pub fn printable(&self) -> Option<Sheet> {
        let mut held = self.sheet();
        let old = held.as_ref().is_some_and(|sheet| {
            let age = self.0.clock.now().0.saturating_sub(sheet.made.0);
            !(0..=SHEET).contains(&age)
        });
        if old || self.0.vault.open().is_err() {
            *held = None;
        }
        held.clone()
    }

    /// Makes a new recovery sheet; from this moment the one before opens nothing.
    pub async fn new_sheet(&self) -> Result<(), NotDone> {
        let sheet = self.blocking(make_sheet).await?;
        *self.sheet() = Some(sheet);
        Ok(())
    }

    /// Holds the sheet of a box that was made a moment ago, for as long as one that is made here.
    pub fn hold(&self, code: Zeroizing<String>) -> Result<(), NotDone> {
        let sheet = sheet_of(code, self.0.clock.now())?;
        *self.sheet() = Some(sheet);
        Ok(())
    }

    /// Proves the sheet by the two groups that were asked for. A wrong answer is no secret lost: the sheet
    /// is still there to be looked at.
    pub async fn prove_groups(&self, typed: [&str; 2]) -> Result<(), NotDone> {
        let sheet = self.printable().ok_or(NotDone::Unknown)?;
        let groups: Vec<&str> = sheet.code.split('-').collect();
        let right = sheet.asked.iter().zip(typed).fold(true, |right, (asked, typed)| {
            let group = groups.get(asked - 1).copied().unwrap_or_default();
            right & (recovery::group(typed).as_str() == group)
        });
        if !right {
            return Err(NotDone::Wrong);
        }
        self.set_proven().await
    }

    /// Proves a sheet that was printed elsewhere or earlier by the whole of its code. Costs what any try does.
    pub async fn prove_code(&self, typed: &str) -> Result<(), NotDone> {
        let typed = Zeroizing::new(typed.to_owned());
        self.blocking(move |keeper| match keeper.vault.prove(&Opening::Recovery(&typed))? {
            Secret::Right(_) => Ok(()),
            Secret::Wrong => Err(NotDone::Wrong),
        })
        .await?;
        self.set_proven().await
    }

    async fn set_proven(&self) -> Result<(), NotDone> {
        self.blocking(|keeper| {
            let slots = keeper.vault.slots()?;
            let slot = slots.iter().find(|slot| slot.kind == Kind::Recovery).ok_or(NotDone::Unknown)?;
            Ok(keeper.vault.prove_slot(slot.id)?)
        })
        .await?;
        *self.sheet() = None;
        Ok(())
    }

    /// Makes a key file where the owner says: from the next start on `caliopen serve --unlock-with` opens the
    /// box with it. Never in the data folder: whoever took the one would have the other.
    pub async fn new_key_file(&self, path: &str) -> Result<(), NotDone> {
        let path = PathBuf::from(path);
        self.blocking(move |keeper| make_key_file(keeper, &path)).await
    }

    /// Locks the box: the key is forgotten, what is being written is finished first. Mail is taken on, sealed.
    pub async fn lock(&self) -> Result<(), NotDone> {
        *self.sheet() = None;
        self.0.happenings.announce(Happening::Locked);
        self.blocking(|keeper| {
            keeper.vault.lock();
            Ok(keeper.vault.wait_until_closed()?)
        })
        .await
    }

    /// Erases the box: nobody opens it any more when this returns, and nothing more is taken. The files go
    /// when the appliance has stopped, which it is told to do.
    pub async fn erase(&self) -> Result<(), NotDone> {
        *self.sheet() = None;
        self.blocking(|keeper| Ok(keeper.vault.erase()?)).await?;
        self.0.happenings.announce(Happening::Locked);
        let _ = self.0.erased.send_replace(true);
        Ok(())
    }

    /// Whether the box was erased.
    pub fn is_erased(&self) -> bool {
        self.0.vault.is_erased()
    }

    /// Ends when the box was erased.
    pub async fn erased(&self) {
        let mut erased = self.0.erased.subscribe();
        // The sender lives as long as we do.
        let _ = erased.wait_for(|erased| *erased).await;
    }
}

fn make_sheet(keeper: &Keeper) -> Result<Sheet, NotDone> {
    let (vault, now) = (&keeper.vault, keeper.clock.now());
    let code = slots::new_code()?;
    let old = vault.slots()?.into_iter().find(|slot| slot.kind == Kind::Recovery);
    match old {
        Some(old) => vault.replace_slot(old.id, &Opening::Recovery(&code), now)?,
        None => vault.add_slot(&Opening::Recovery(&code), "", now)?,
    };
    // What is kept elsewhere opens with it from the next backup on.
    let (open, new) = (vault.open().map_err(|_| NotDone::Locked)?, code.clone());
    Handle::current().block_on(open.writer.write(move |tables| backup::new_code(tables, &new)))?;
    sheet_of(code, now)
}

fn sheet_of(code: Zeroizing<String>, made: Time) -> Result<Sheet, NotDone> {
    let asked = two_groups(slots::random()?);
    Ok(Sheet { code, made, asked })
}

/// Two different groups, the first one first.
fn two_groups([one, other]: [u8; 2]) -> [usize; 2] {
    let first = usize::from(one) % recovery::GROUPS;
    let second = (first + 1 + usize::from(other) % (recovery::GROUPS - 1)) % recovery::GROUPS;
    [first.min(second) + 1, first.max(second) + 1]
}

fn make_key_file(keeper: &Keeper, path: &Path) -> Result<(), NotDone> {
    let (Some(parent), Some(name), true) = (path.parent(), path.file_name(), path.is_absolute()) else {
        return Err(NotDone::Place(Place::NotWhole));
    };
    let refused = |_| NotDone::Place(Place::Refused);
    let parent = parent.canonicalize().map_err(refused)?;
    if parent.starts_with(keeper.folder.canonicalize().map_err(refused)?) {
        return Err(NotDone::Place(Place::Inside));
    }
    if key_file::is_fleeting(&parent) {
        return Err(NotDone::Place(Place::Fleeting));
    }
    let place = parent.join(name);
    let key = slots::new_key_file()?;
    key_file::make(&place, &key).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => NotDone::Place(Place::Taken),
        _ => NotDone::Place(Place::Refused),
    })?;
    let opening = Opening::KeyFile(key.as_bytes());
    let added = keeper.vault.add_slot(&opening, &place.display().to_string(), keeper.clock.now());
    if added.is_err() {
        key_file::remove(&place);
    }
    Ok(added.map(drop)?)
}

impl From<NotDone> for Error {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Locked => Self::Locked,
            NotDone::Store(error) => Self::Store(error),
            _ => Self::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custody() -> (tempfile::TempDir, Custody, Vault, Clock) {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Vault::create(folder.path(), "word").unwrap();
        made.slots.save(folder.path()).unwrap();
        let clock = Clock::fixed(Time(1_000_000));
        let custody = Custody::new(made.vault.clone(), clock.clone(), Happenings::default());
        (folder, custody, made.vault, clock)
    }

    #[test]
    fn two_different_groups_are_asked_for() {
        for one in 0..=255 {
            for other in 0..=255 {
                let [first, second] = two_groups([one, other]);
                assert!(1 <= first && first < second && second <= recovery::GROUPS);
            }
        }
    }

    #[tokio::test]
    async fn a_sheet_waits_until_two_groups_come_back_from_it() {
        let (_folder, custody, vault, clock) = custody();
        assert!(custody.sheet_waits() && custody.printable().is_none());
        custody.new_sheet().await.unwrap();
        let sheet = custody.printable().unwrap();
        let groups: Vec<&str> = sheet.code.split('-').collect();
        let [one, other] = sheet.asked.map(|group| groups[group - 1].to_lowercase());
        assert!(matches!(custody.prove_groups([&other, &one]).await, Err(NotDone::Wrong)));
        assert!(custody.sheet_waits());
        custody.prove_groups([&one, &other]).await.unwrap();
        assert!(!custody.sheet_waits() && custody.printable().is_none(), "it stands on paper only");
        assert_eq!(vault.prove(&Opening::Recovery(&sheet.code)).unwrap(), Secret::Right(Kind::Recovery));

        custody.new_sheet().await.unwrap();
        assert_eq!(
            vault.prove(&Opening::Recovery(&sheet.code)).unwrap(),
            Secret::Wrong,
            "the old one is dead"
        );
        let newer = custody.printable().unwrap();
        clock.set(Time(1_000_000 + SHEET + 1));
        assert!(custody.printable().is_none());
        assert_eq!(custody.sheet_state().await.unwrap().asked, None);
        assert!(matches!(custody.prove_code(&sheet.code).await, Err(NotDone::Wrong)));
        custody.prove_code(&newer.code).await.unwrap();
        assert!(custody.sheet_state().await.unwrap().proven);
    }

    #[tokio::test]
    async fn a_key_file_is_made_outside_and_opens_by_itself() {
        let (folder, custody, vault, _clock) = custody();
        let outside = tempfile::tempdir().unwrap();
        let place = outside.path().join("key");
        for (path, wrong) in [
            ("key".to_owned(), Place::NotWhole),
            (folder.path().join("key").display().to_string(), Place::Inside),
            (outside.path().join("no/key").display().to_string(), Place::Refused),
        ] {
            assert!(
                matches!(custody.new_key_file(&path).await, Err(NotDone::Place(place)) if place == wrong),
                "{path}"
            );
        }
        let path = place.display().to_string();
        custody.new_key_file(&path).await.unwrap();
        assert!(matches!(custody.new_key_file(&path).await, Err(NotDone::Place(Place::Taken))));
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&place).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        custody.lock().await.unwrap();
        assert!(vault.open().is_err());
        let key = std::fs::read_to_string(&place).unwrap();
        assert_eq!(vault.unlock(&Opening::of_file(&key)).unwrap(), Secret::Right(Kind::KeyFile));
        let slot = custody
            .ways()
            .await
            .unwrap()
            .into_iter()
            .find(|slot| slot.kind == Kind::KeyFile)
            .unwrap();
        assert_eq!(slot.label, path);
        custody.remove(slot.id).await.unwrap();
        assert_eq!(vault.prove(&Opening::of_file(&key)).unwrap(), Secret::Wrong);
    }
}
