//! Backups elsewhere, in restic's format: made by themselves while the box is open, kept for a while, and every day tried: the
//! last one is restored beside the box with nothing but what the recovery sheet says, compared, and done away with.
//!
//! The code on the sheet opens the backup, so that a sheet and the place are all that is needed when everything else is
//! gone. It is kept sealed in the vault, where what it opens lies open anyway; a new sheet opens the backup from the next
//! one on. While the box is locked no backup is made: place, password and code are the owner's.
//!
//! Absent on purpose: the files of the box as they lie on the disk. Deleting writes the vault anew under a new key, and each
//! backup after it would be all of it once more.

mod restore;
mod run;
mod write;

pub use restore::{Progress, Restored, Which, is_blank, restore};
pub use run::index;

use super::{
    Error,
    happening::{Happening, Happenings},
    read,
};
use crate::{
    domain::{
        backup::{History, Kind, Often, Trouble},
        check::{Check, Finding, Id},
        time::Time,
    },
    net::{
        clock::Clock,
        https::Https,
        restic::{Account, Control, Place, Repo, Secret, is_bucket},
    },
    store::{
        self, backup,
        front::FrontFile,
        record,
        room::on_one_disk,
        slots::{Opening, recovery},
        vault::{self, Vault},
    },
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use zeroize::Zeroizing;

/// How long is waited for a server that is sent a pack, or asked for one: a thin line takes minutes.
pub const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Characters of a place, a name and a password.
const LONGEST: usize = 1_000;
/// The slowest that a backup may be told to be, in octets a second: a pack must arrive within the patience of its server.
pub const SLOWEST: u64 = 16 * 1024;

/// What backups stand on.
struct Ground {
    vault: Vault,
    file: Arc<FrontFile>,
    clock: Clock,
    https: Https,
    domain: String,
    addresses: Vec<String>,
}

/// Makes backups; cheap to clone.
#[derive(Clone)]
pub struct Backups(Arc<Inner>);

struct Inner {
    ground: Ground,
    happenings: Happenings,
    /// One thing at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// What is being done, so that it can be cut short.
    doing: Mutex<Option<Control>>,
}

/// What the owner asks for.
#[derive(Clone, Default)]
pub struct Wish {
    /// The kind of place.
    pub kind: Option<Kind>,
    /// The folder, or the address.
    pub at: String,
    /// The name at a server; with S3 the access key.
    pub user: String,
    /// The password there, with S3 the secret; empty is the one that is known.
    pub password: Zeroizing<String>,
    /// The region of a bucket; empty is the usual one.
    pub region: String,
    /// How often.
    pub often: Often,
    /// Octets a second; 0 is as quick as it goes.
    pub limit: u64,
    /// The code on the recovery sheet; empty is the one that is known.
    pub code: Zeroizing<String>,
}

/// Why backups were not switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No whole path, or one that is inside the box's own folder.
    Folder,
    /// No address over https.
    Url,
    /// No address of a bucket.
    Bucket,
    /// The code is not that of the sheet.
    Code,
    /// The place.
    Place(Trouble),
}

/// How it stands with backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The kind of place.
    pub kind: Kind,
    /// Where.
    pub at: String,
    /// The name there.
    pub user: String,
    /// The region of a bucket.
    pub region: String,
    /// How often.
    pub often: Often,
    /// Octets a second; 0 is as quick as it goes.
    pub limit: u64,
    /// Whether the backup still opens with the sheet before: until the next one is made, or for as long as nothing can be
    /// removed there.
    pub code_waits: bool,
    /// When it was last tried.
    pub tried: Option<Time>,
    /// What was made, and what went wrong.
    pub history: History,
    /// Messages in the last backup, seconds that it took, octets that it sent.
    pub last: (u64, u64, u64),
    /// Octets at the place, and how many backups.
    pub size: (u64, u32),
    /// Messages that are not in the last one, because this box's own disk has damaged them.
    pub lacking: u64,
    /// Whether it lies on the very disk of the box, as far as the system says.
    pub same_disk: bool,
    /// Whether something is being done right now.
    pub busy: bool,
}

fn time(at: i64) -> Option<Time> {
    (at > 0).then_some(Time(at))
}

fn history(kept: &record::Backup) -> History {
    History {
        since: Time(kept.since),
        made: time(kept.made),
        failed: Trouble::of(kept.failed),
        proven: time(kept.proven),
        unproven: Trouble::of(kept.unproven),
        untidy: Trouble::of(kept.untidy),
    }
}

fn often(kept: &record::Backup) -> Often {
    Often::ALL.into_iter().find(|often| *often as u8 == kept.often).unwrap_or_default()
}

fn kind(kept: &record::Backup) -> Kind {
    Kind::ALL.into_iter().find(|kind| *kind as u8 == kept.kind).unwrap_or(Kind::Folder)
}

/// Whether there is a backup younger than seven days that was seen to be restored.
pub(super) fn is_tried(kept: &record::Backup, now: Time) -> bool {
    history(kept).is_tried(now)
}

/// The place that is wished for, as it was typed; an error where it is none.
pub fn place(wish: &Wish, https: &Https) -> Result<Place, Wrong> {
    let kind = wish.kind.ok_or(Wrong::Folder)?;
    let at = wish.at.trim().trim_end_matches('/');
    let whole = [at, &wish.user, &wish.password, &wish.region]
        .iter()
        .all(|text| text.len() <= LONGEST);
    if kind == Kind::Folder {
        let path = PathBuf::from(at);
        return if path.is_absolute() && whole {
            Ok(Place::Folder(path))
        } else {
            Err(Wrong::Folder)
        };
    }
    let rest = at
        .strip_prefix("https://")
        .filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    // A name and a password in the address would stand on pages and in the ledger.
    let plain = rest.is_some_and(|rest| rest.bytes().all(|octet| octet.is_ascii_graphic()) && !rest.contains(['@', '?', '#']));
    if !plain || !whole {
        return Err(Wrong::Url);
    }
    let account = Account {
        url: at.to_owned(),
        user: wish.user.trim().to_owned(),
        password: wish.password.clone(),
    };
    match kind {
        Kind::S3 if !is_bucket(at) => Err(Wrong::Bucket),
        Kind::S3 => Ok(Place::S3(account, wish.region.trim().to_owned(), https.clone())),
        Kind::WebDav => Ok(Place::WebDav(account, https.clone())),
        _ => Ok(Place::Rest(account, https.clone())),
    }
}

/// The code in the form in which it is restic's password: as it stands on the sheet. `None` where it has not that form.
pub fn code_of(typed: &str) -> Option<Zeroizing<String>> {
    let octets = recovery::read(typed)?;
    let code: &[u8; 20] = octets.as_slice().try_into().ok()?;
    Some(Zeroizing::new(recovery::write(code)))
}

/// Whether one folder is the other, or in it.
fn within(inner: &Path, outer: &Path) -> bool {
    let real = |path: &Path| {
        path.ancestors()
            .find_map(|there| there.canonicalize().ok().map(|real| (real, there.to_owned())))
    };
    match (real(inner), outer.canonicalize()) {
        (Some((real, there)), Ok(outer)) => real.join(inner.strip_prefix(&there).unwrap_or(inner)).starts_with(outer),
        _ => inner.starts_with(outer),
    }
}

/// Opens the repository with the key that is known; where it is another one, such as that of a second stick which takes turns
/// with the first, with the code: who has that may write there.
fn open_known(place: &Place, (key, code): (&[u8], &str), control: &Control) -> Result<Repo, Trouble> {
    match Repo::open(place, &Secret::Key(key), control) {
        Err(Trouble::Damaged) => Repo::open(place, &Secret::Code(code), control),
        opened => opened,
    }
}

impl Backups {
    /// Over the vault of a box with this front.
    pub fn new(
        (vault, file, clock): (Vault, Arc<FrontFile>, Clock),
        https: Https,
        happenings: Happenings,
        (domain, addresses): (&str, &[String]),
    ) -> Self {
        Self(Arc::new(Inner {
            ground: Ground {
                vault,
                file,
                clock,
                https,
                domain: domain.to_owned(),
                addresses: addresses.to_vec(),
            },
            happenings,
            turn: Arc::default(),
            doing: Mutex::default(),
        }))
    }

    fn doing(&self) -> std::sync::MutexGuard<'_, Option<Control>> {
        self.0.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place as it was typed, reached as backups are; an error where it is none.
    pub fn place(&self, wish: &Wish) -> Result<Place, Wrong> {
        place(wish, &self.0.ground.https)
    }

    /// Cuts short what is being done: the box is locked, or the program ends. What was made before stays good.
    pub fn cut_short(&self) {
        if let Some(control) = &*self.doing() {
            control.stop();
        }
    }

    async fn kept(&self) -> Result<Option<record::Backup>, Error> {
        read(&self.0.ground.vault, |snapshot| Ok(snapshot.backup()?)).await
    }

    async fn change(&self, change: impl Fn(&mut record::Backup) + Send + 'static) -> Result<(), Error> {
        let open = self.0.ground.vault.open()?;
        open.writer.write(move |tables| backup::change(tables, &change).map(drop)).await?;
        Ok(())
    }

    /// How it stands; `None` where backups are off.
    pub async fn view(&self) -> Result<Option<View>, Error> {
        let busy = self.doing().is_some();
        let folder = self.0.ground.vault.folder().to_owned();
        let seen = read(&self.0.ground.vault, move |snapshot| {
            let kept = snapshot.backup()?;
            let same = kept
                .as_ref()
                .is_some_and(|kept| kept.kind == Kind::Folder as u8 && on_one_disk(Path::new(&kept.at), &folder));
            Ok(kept.map(|kept| (kept, same)))
        });
        Ok(seen.await?.map(|(kept, same_disk)| View {
            lacking: kept.lacking,
            same_disk,
            kind: kind(&kept),
            often: often(&kept),
            limit: kept.limit,
            code_waits: kept.code_waits,
            tried: time(kept.tried),
            history: history(&kept),
            last: (kept.messages, kept.took, kept.sent),
            size: (kept.size, kept.kept),
            at: kept.at,
            user: kept.user,
            region: kept.region,
            busy,
        }))
    }

    /// The age of the last backup, as one of the checks; nothing while the box is locked.
    pub fn checks(&self) -> Vec<Check> {
        use crate::domain::backup::Standing;
        let ground = &self.0.ground;
        let Ok(open) = ground.vault.open() else { return Vec::new() };
        let Ok(kept) = store::mail::Snapshot::of(&open).and_then(|snapshot| snapshot.backup()) else {
            return Vec::new();
        };
        let Some(kept) = kept else {
            return vec![Check::plain(Id::Backup, Finding::Missing)];
        };
        let now = ground.clock.now();
        let history = history(&kept);
        let finding = match history.standing(often(&kept), now) {
            Standing::Good if kept.lacking > 0 => Finding::Lacking,
            Standing::Good if history.untidy.is_some() => Finding::Loose,
            Standing::Good if history.proven.is_some() => Finding::Right,
            Standing::Good | Standing::Waiting => Finding::NotAsked,
            Standing::Untried => Finding::Untried,
            Standing::Old => Finding::Old,
            Standing::Failed(_) | Standing::Unproven(_) => Finding::Out,
        };
        vec![Check::plain(Id::Backup, finding)]
    }

    /// Switches backups on, or changes what is set: the code is tried on the sheet's slot, and the place is opened or made.
    pub async fn switch_on(&self, wish: Wish) -> Result<Result<(), Wrong>, Error> {
        let _turn = self.0.turn.clone().try_lock_owned().map_err(|_| Error::Busy)?;
        let known = self.kept().await?;
        let this = self.clone();
        let done = tokio::task::spawn_blocking(move || this.opened(&wish, known)).await;
        let backup = match done.unwrap_or(Err(store::Error::Damaged.into()))? {
            Ok(backup) => backup,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let open = self.0.ground.vault.open()?;
        open.writer.write(move |tables| backup::set(tables, Some(&backup))).await?;
        self.0.happenings.announce(Happening::Due);
        Ok(Ok(()))
    }

    /// What is to be kept of a wish that can be met.
    fn opened(&self, wish: &Wish, known: Option<record::Backup>) -> Result<Result<record::Backup, Wrong>, Error> {
        let ground = &self.0.ground;
        let known = known.unwrap_or_default();
        let code = if wish.code.trim().is_empty() && !known.code.is_empty() {
            Zeroizing::new(known.code.clone())
        } else {
            let Some(code) = code_of(&wish.code) else {
                return Ok(Err(Wrong::Code));
            };
            match ground.vault.prove(&Opening::Recovery(&code))? {
                vault::Secret::Right(_) => code,
                vault::Secret::Wrong => return Ok(Err(Wrong::Code)),
            }
        };
        let Some(kind) = wish.kind else { return Ok(Err(Wrong::Folder)) };
        let at = wish.at.trim().trim_end_matches('/').to_owned();
        let same = (kind as u8, &at, wish.user.trim()) == (known.kind, &known.at, known.user.as_str());
        let mut wish = wish.clone();
        if wish.password.is_empty() && same {
            wish.password = Zeroizing::new(known.password.clone());
        }
        let place = match place(&wish, &ground.https) {
            Ok(Place::Folder(folder)) if within(&folder, ground.vault.folder()) || within(ground.vault.folder(), &folder) => {
                return Ok(Err(Wrong::Folder));
            }
            Ok(place) => place,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let control = Control::default();
        let key = Repo::is_at(&place).and_then(|there| {
            let repo = match there {
                false => Repo::make(&place, &code, &control)?,
                true if same => open_known(&place, (&known.key, &code), &control)?,
                true => Repo::open(&place, &Secret::Code(&code), &control)?,
            };
            repo.key()
        });
        let key = match key {
            Ok(key) => key,
            Err(trouble) => return Ok(Err(Wrong::Place(trouble))),
        };
        // Another repository at the same place, or a new one, holds nothing of what was made before.
        let begun = if same && known.since > 0 && known.key == key {
            known
        } else {
            record::Backup {
                since: ground.clock.now().0,
                ..record::Backup::default()
            }
        };
        Ok(Ok(record::Backup {
            kind: kind as u8,
            at,
            user: wish.user.trim().to_owned(),
            password: wish.password.to_string(),
            region: if kind == Kind::S3 {
                wish.region.trim().to_owned()
            } else {
                String::new()
            },
            often: wish.often as u8,
            limit: if wish.limit == 0 { 0 } else { wish.limit.max(SLOWEST) },
            // Another code than the one before is not known there yet.
            code_waits: !begun.code.is_empty() && (begun.code_waits || *code != begun.code),
            code: code.to_string(),
            key,
            tried: 0,
            failed: 0,
            ..begun
        }))
    }

    /// Switches backups off. What is kept elsewhere stays there.
    pub async fn switch_off(&self) -> Result<(), Error> {
        self.cut_short();
        let open = self.0.ground.vault.open()?;
        open.writer.write(|tables| backup::set(tables, None)).await?;
        Ok(())
    }

    /// Has a backup made as soon as possible, whatever the hour.
    pub async fn ask(&self) -> Result<(), Error> {
        self.change(|kept| kept.tried = 0).await?;
        self.0.happenings.announce(Happening::Due);
        Ok(())
    }
}
