//! A box made of a backup again, with nothing but the place and the recovery code; and seen to be what was backed up: it is
//! locked, opened with the code, and every table and every message is counted and hashed and compared. What waited to be
//! sent is not sent from it: it may have left since. What opens it is put down after all that.

use super::write::{Broke, FORMAT, VERSION};
use crate::{
    domain::{backup::Trouble, time::Time},
    net::{
        clock::Clock,
        restic::{Control, Entry, Kept, Place, Reading, Repo, Secret as Key},
    },
    service::setup::first_run::is_unclaimed,
    store::{
        self, backup,
        front::FrontFile,
        mail::{self, Snapshot},
        migrate,
        restore::octets,
        room::Room,
        slots::Opening,
        vault::{Open, Secret, Vault},
    },
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

/// Octets of a file that is read whole, at most.
const WHOLE: u64 = 64 * 1024 * 1024;
/// Rows, messages and octets that are written at a time.
const ROWS: usize = 2_000;
const MESSAGES: usize = 256;
const OCTETS: usize = 4 * 1024 * 1024;
/// Messages that are compared at a time.
const SLICE: usize = 256;

/// How far a restore is.
#[derive(Default)]
pub struct Progress {
    /// Messages that were brought.
    pub done: AtomicU64,
    /// Messages of the backup; 0 until that is known.
    pub of: AtomicU64,
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made: Time,
    /// The domain of the box.
    pub domain: String,
    /// Messages.
    pub messages: u64,
}

/// What a backup says of itself.
struct Manifest {
    schema: u64,
    made: Time,
    domain: String,
    messages: u64,
    octets: u64,
    damaged: BTreeSet<u64>,
    tables: BTreeMap<String, (u64, String)>,
}

impl Manifest {
    fn read(octets: &[u8]) -> Result<Self, Trouble> {
        let json: Value = serde_json::from_slice(octets).map_err(|_| Trouble::Damaged)?;
        let number = |field: &str| json.get(field).and_then(Value::as_u64).ok_or(Trouble::Damaged);
        if json.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(Trouble::Nothing);
        }
        if number("version")? > VERSION || number("schema")? > u64::from(migrate::VERSION) {
            return Err(Trouble::Newer);
        }
        let tables = json.get("tables").and_then(Value::as_object).ok_or(Trouble::Damaged)?;
        let table = |(name, said): (&String, &Value)| {
            let rows = said.get("rows")?.as_u64()?;
            Some((name.clone(), (rows, said.get("sha256")?.as_str()?.to_owned())))
        };
        Ok(Self {
            schema: number("schema")?,
            made: Time(json.get("made").and_then(Value::as_i64).ok_or(Trouble::Damaged)?),
            domain: json.get("domain").and_then(Value::as_str).unwrap_or_default().to_owned(),
            messages: number("messages")?,
            octets: number("octets")?,
            damaged: json
                .get("damaged")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64)
                .collect(),
            tables: tables.iter().map(table).collect::<Option<_>>().ok_or(Trouble::Damaged)?,
        })
    }
}

/// Which backup is restored.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// The newest, or the one so many before it.
    Earlier(usize),
    /// The one that was made then.
    Made(Time),
}

/// Restores a backup into a folder in which there is no box. The vault is left open, and the words of the messages are still
/// to be indexed. Blocks.
pub fn restore(
    (place, code, which): (&Place, &str, Which),
    (vault, file): (&Vault, &FrontFile),
    progress: &Progress,
    control: &Control,
) -> Result<Restored, Trouble> {
    if vault.folder().join(store::slots::FILE).exists() {
        return Err(Trouble::NotBlank);
    }
    let repo = Repo::open(place, &Key::Code(code), control)?;
    let (backups, unread) = repo.backups_and_unread()?;
    let kept = match which {
        // One that cannot be read may be the newest: it counts as such, so that nobody is given an older one unasked.
        Which::Earlier(earlier) => {
            let earlier = earlier.checked_sub(unread).ok_or(Trouble::Damaged)?;
            backups.get(earlier).ok_or(Trouble::Nothing)?
        }
        Which::Made(made) => backups.iter().find(|kept| kept.made == made).ok_or(Trouble::Missing)?,
    };
    // What opens the box today stands in the newest.
    let newest = match which {
        Which::Earlier(_) => backups.first().unwrap_or(kept),
        Which::Made(_) => kept,
    };
    let restoring = Restoring {
        reading: repo.read()?,
        code,
        vault,
        file,
        progress,
        control,
    };
    let restored = restoring.all(kept, newest).map_err(Trouble::from);
    if restored.is_err() {
        vault.lock();
        let undone = vault.wait_until_closed().and_then(|()| backup::undo(vault.folder()));
        if let Err(error) = undone {
            tracing::error!(%error, "what was restored in part could not be removed");
        }
    }
    restored
}

/// Whether a folder is one that a backup may be restored into: it is there, and no box is in it.
pub fn is_blank(folder: &std::path::Path) -> bool {
    is_unclaimed(folder).unwrap_or(false)
}

struct Restoring<'a> {
    reading: Reading,
    code: &'a str,
    vault: &'a Vault,
    file: &'a FrontFile,
    progress: &'a Progress,
    control: &'a Control,
}

/// What stands in a folder, by name.
type Folder = BTreeMap<String, Entry>;

impl Restoring<'_> {
    fn all(&self, kept: &Kept, newest: &Kept) -> Result<Restored, Broke> {
        let root = self.folder(&kept.tree)?;
        let manifest = Manifest::read(&self.whole(&root, "manifest.json")?)?;
        self.progress.of.store(manifest.messages, Ordering::Relaxed);
        let room = Room::of(self.vault.folder());
        if room.is_some_and(|room| room.free < room.reserve().saturating_add(manifest.octets)) {
            return Err(Trouble::NoRoom.into());
        }
        let mut slots = self.whole(&root, "slots.json")?;
        let open = match backup::begin(self.vault, self.file, &slots, self.code)? {
            Some(open) => open,
            // The sheet was made anew since: what opens the box today opens it then, its master key is the same.
            None => {
                slots = self.whole(&self.folder(&newest.tree)?, "slots.json")?;
                backup::begin(self.vault, self.file, &slots, self.code)?.ok_or(Trouble::Code)?
            }
        };
        self.rows(&open, &self.folder(&self.tree(&root, "rows")?)?, &manifest)?;
        self.mail(&open, &self.folder(&self.tree(&root, "mail")?)?)?;
        let schema = manifest.schema;
        write(&open, move |tables| backup::index(tables, schema))?;
        let front = self.whole(&root, "front.jsonl")?;
        let front = String::from_utf8(front).map_err(|_| Trouble::Damaged)?;
        let front: Vec<String> = front.lines().map(str::to_owned).collect();
        drop(open);
        let open = backup::again(self.vault, &slots, self.code)?.ok_or(Trouble::Code)?;
        self.compare(&open, &manifest)?;
        let now = Clock::system().now();
        let code = Zeroizing::new(self.code.to_owned());
        write(&open, move |tables| backup::settle(tables, &code, now))?;
        drop(open);
        // Where the power goes before this there is no box yet, and none that would send once more.
        backup::end(self.vault.folder(), self.file, &front, &slots)?;
        self.unlock()?;
        Ok(Restored {
            made: manifest.made,
            domain: manifest.domain,
            messages: manifest.messages,
        })
    }

    fn go_on(&self) -> Result<(), Trouble> {
        if self.control.is_stopped() {
            Err(Trouble::CutShort)
        } else {
            Ok(())
        }
    }

    fn folder(&self, tree: &[u8; 32]) -> Result<Folder, Trouble> {
        let entries = self.reading.list(tree)?;
        Ok(entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect())
    }

    fn tree(&self, folder: &Folder, name: &str) -> Result<[u8; 32], Trouble> {
        folder.get(name).and_then(|entry| entry.tree).ok_or(Trouble::Missing)
    }

    fn whole(&self, folder: &Folder, name: &str) -> Result<Vec<u8>, Trouble> {
        self.octets(folder.get(name).ok_or(Trouble::Missing)?)
    }

    fn octets(&self, entry: &Entry) -> Result<Vec<u8>, Trouble> {
        let mut octets = Vec::new();
        for blob in &entry.blobs {
            octets.extend_from_slice(&self.reading.blob(blob)?);
            if octets.len() as u64 > WHOLE {
                return Err(Trouble::Damaged);
            }
        }
        if octets.len() as u64 == entry.size {
            Ok(octets)
        } else {
            Err(Trouble::Damaged)
        }
    }

    /// The rows of the tables that the backup names.
    fn rows(&self, open: &Open, folder: &Folder, manifest: &Manifest) -> Result<(), Broke> {
        for table in manifest.tables.keys() {
            let entry = folder.get(&format!("{table}.jsonl")).ok_or(Trouble::Missing)?;
            let name = table.clone();
            write(open, move |tables| backup::clear(tables, &name))?;
            let (mut rest, mut batch, mut octets) = (Vec::new(), Vec::new(), 0);
            for blob in &entry.blobs {
                self.go_on()?;
                rest.extend_from_slice(&self.reading.blob(blob)?);
                let whole = rest.iter().rposition(|octet| *octet == b'\n').map_or(0, |end| end + 1);
                let after = rest.split_off(whole);
                for line in std::mem::replace(&mut rest, after).split_inclusive(|octet| *octet == b'\n') {
                    let line = std::str::from_utf8(line).map_err(|_| Trouble::Damaged)?;
                    octets += line.len();
                    batch.push(line.trim_end_matches('\n').to_owned());
                    if batch.len() >= ROWS || octets >= OCTETS {
                        put(open, table, std::mem::take(&mut batch))?;
                        octets = 0;
                    }
                }
                if rest.len() as u64 > WHOLE {
                    return Err(Trouble::Damaged.into());
                }
            }
            if !rest.is_empty() {
                return Err(Trouble::Damaged.into());
            }
            put(open, table, batch)?;
        }
        Ok(())
    }

    fn mail(&self, open: &Open, folders: &Folder) -> Result<(), Broke> {
        let (mut batch, mut size): (Vec<(u64, Vec<u8>)>, usize) = (Vec::new(), 0);
        for folder in folders.values() {
            for entry in self.reading.list(&folder.tree.ok_or(Trouble::Damaged)?)? {
                self.go_on()?;
                let number = entry.name.strip_suffix(".eml").and_then(|number| number.parse().ok());
                let raw = self.octets(&entry)?;
                let packed = mail::pack(&raw)?;
                size += packed.len();
                batch.push((number.ok_or(Trouble::Damaged)?, packed));
                self.progress.done.fetch_add(1, Ordering::Relaxed);
                if batch.len() >= MESSAGES || size >= OCTETS {
                    put_mail(open, std::mem::take(&mut batch))?;
                    size = 0;
                }
            }
        }
        Ok(put_mail(open, batch)?)
    }

    /// Opens the box that was made, as its owner does who has nothing but the code.
    fn unlock(&self) -> Result<(), Broke> {
        self.vault.lock();
        self.vault.wait_until_closed()?;
        match self.vault.unlock(&Opening::Recovery(self.code))? {
            Secret::Right(_) => Ok(()),
            Secret::Wrong => Err(Trouble::Code.into()),
        }
    }

    /// Compares what is in the box, opened anew, with what the backup says.
    fn compare(&self, open: &Open, manifest: &Manifest) -> Result<(), Broke> {
        let snapshot = Snapshot::of(open)?;
        // Rows of an older schema are read as they are, and may be written in today's shape.
        let same = manifest.schema == u64::from(migrate::VERSION);
        for (table, (rows, sha256)) in manifest.tables.iter().filter(|(table, _)| !backup::is_anew(table)) {
            self.go_on()?;
            let (found, hash) = snapshot.digest(table)?;
            if found != *rows || (same && hash != *sha256) {
                return Err(Trouble::Differs.into());
            }
        }
        let (mut seen, mut after) = (0, 0);
        loop {
            self.go_on()?;
            let ids = snapshot.messages_after(after, SLICE)?;
            let Some(last) = ids.last() else { break };
            after = *last;
            for id in ids {
                let message = snapshot.message(id)?.ok_or(Trouble::Differs)?;
                if snapshot.raw(id, &message).is_err() && !manifest.damaged.contains(&id) {
                    return Err(Trouble::Differs.into());
                }
                seen += 1;
            }
        }
        if seen == manifest.messages {
            Ok(())
        } else {
            Err(Trouble::Differs.into())
        }
    }
}

fn write(
    open: &Open,
    job: impl FnMut(&mut store::writer::Tables<'_>) -> Result<(), store::Error> + Send + 'static,
) -> Result<(), store::Error> {
    Handle::current().block_on(open.writer.write(job))
}

fn put(open: &Open, table: &str, lines: Vec<String>) -> Result<(), store::Error> {
    let table = table.to_owned();
    if lines.is_empty() {
        return Ok(());
    }
    write(open, move |tables| backup::put(tables, &table, &lines))
}

fn put_mail(open: &Open, messages: Vec<(u64, Vec<u8>)>) -> Result<(), store::Error> {
    write(open, move |tables| {
        messages.iter().try_for_each(|(id, packed)| octets(tables, *id, packed))
    })
}
