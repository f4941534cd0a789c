//! Making a backup: one moment of the store, as a tree of files that other programs read (docs/backup.md).
//!
//! A message is a file and a blob: one that is there already is not even read again. Rows are cut into blobs where a row's
//! own hash says so, so that a row which changed leaves the blobs before and after it as they were.

use super::Ground;
use crate::{
    domain::{backup::Trouble, time::Time},
    locale::{Lang, backup as words},
    net::restic::{Control, Kept, Repo, Writing, file, folder_node},
    store::{
        self, backup,
        mail::Snapshot,
        vault::{Open, Vault},
    },
};
use serde_json::{Map, Value, json};

/// What the manifest says that it is, and its version.
pub(super) const FORMAT: &str = "caliopen backup";
pub(super) const VERSION: u64 = 1;
/// Messages that are listed at a time.
const SLICE: usize = 256;
/// Messages in a folder.
pub(super) const FOLDER: u64 = 1_000;
/// Octets of rows in a blob: at least, and at most but for one row.
const PIECE: [usize; 2] = [32 * 1024, 512 * 1024];
/// A row ends a blob where so many low bits of its hash are zero.
const CUT: u64 = 0x1f;

/// What was made.
pub(super) struct Made {
    pub(super) kept: Kept,
    pub(super) messages: u64,
    /// Those of them that are not in it: this box's own disk has damaged them.
    pub(super) lacking: u64,
}

/// A file of lines that is being written.
#[derive(Default)]
struct Lines {
    piece: String,
    blobs: Vec<[u8; 32]>,
    size: u64,
}

impl Lines {
    fn add(&mut self, writing: &mut Writing<'_>, line: &str) -> Result<(), Trouble> {
        self.piece.push_str(line);
        self.piece.push('\n');
        let [least, most] = PIECE;
        let ends = self.piece.len() >= least && fnv(line) & CUT == 0;
        if ends || self.piece.len() >= most {
            self.cut(writing)
        } else {
            Ok(())
        }
    }

    fn cut(&mut self, writing: &mut Writing<'_>) -> Result<(), Trouble> {
        self.size += self.piece.len() as u64;
        self.blobs.extend(writing.data(self.piece.as_bytes())?);
        self.piece.clear();
        Ok(())
    }

    fn end(mut self, writing: &mut Writing<'_>, name: &str, at: Time) -> Result<Value, Trouble> {
        if !self.piece.is_empty() {
            self.cut(writing)?;
        }
        Ok(file(name, self.size, at, &self.blobs))
    }
}

/// FNV-1a.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// An error of the store, or of the place.
pub(super) enum Broke {
    Store(store::Error),
    Place(Trouble),
}

impl From<store::Error> for Broke {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Trouble> for Broke {
    fn from(trouble: Trouble) -> Self {
        Self::Place(trouble)
    }
}

impl From<Broke> for Trouble {
    fn from(broke: Broke) -> Self {
        match broke {
            Broke::Place(trouble) => trouble,
            Broke::Store(store::Error::Full) => Self::NoRoom,
            Broke::Store(error) => {
                tracing::error!(%error, "the store could not be read for a backup, or written by a restore");
                Self::Store
            }
        }
    }
}

/// Writes a backup of this moment. Blocks.
pub(super) fn write(ground: &Ground, open: &Open, repo: &Repo, control: &Control) -> Result<Made, Trouble> {
    let made = ground.clock.now();
    let snapshot = Snapshot::of(open).map_err(Broke::Store)?;
    let mut making = Making {
        ground,
        vault: &ground.vault,
        snapshot,
        writing: repo.begin()?,
        control,
        made,
    };
    let (root, lacking) = making.root().map_err(Trouble::from)?;
    let Making { writing, snapshot, .. } = making;
    let messages = snapshot.messages().map_err(Broke::Store)?;
    drop(snapshot);
    Ok(Made {
        kept: writing.end(root, made)?,
        messages,
        lacking,
    })
}

struct Making<'a> {
    ground: &'a Ground,
    vault: &'a Vault,
    snapshot: Snapshot,
    writing: Writing<'a>,
    control: &'a Control,
    made: Time,
}

impl Making<'_> {
    /// The box may be locked and the program ended meanwhile.
    fn go_on(&self) -> Result<(), Trouble> {
        let open = self.vault.open().is_ok() && !self.control.is_stopped();
        if open { Ok(()) } else { Err(Trouble::CutShort) }
    }

    /// The root of the tree, its names in order; and how many messages it lacks.
    fn root(&mut self) -> Result<([u8; 32], u64), Broke> {
        let mut tables = Map::new();
        let rows = self.rows(&mut tables)?;
        let (mail, damaged) = self.mail()?;
        let slots = backup::slots_file(self.vault.folder())?;
        let front = backup::front_lines(&self.ground.file)?;
        let manifest = json!({
            "format": FORMAT,
            "version": VERSION,
            "schema": self.snapshot.schema()?,
            "made": self.made.0,
            "domain": self.ground.domain,
            "addresses": self.ground.addresses,
            "messages": self.snapshot.messages()?,
            "damaged": damaged,
            "octets": backup::vault_size(self.vault.folder()),
            "tables": tables,
        });
        let read_me = words::words(Lang::En).read_me.to_owned() + "\n" + words::words(Lang::Fr).read_me;
        let at = self.made;
        let mut nodes = vec![self.text("README.txt", read_me.as_bytes())?];
        let mut lines = Lines::default();
        for line in &front {
            lines.add(&mut self.writing, line)?;
        }
        nodes.push(lines.end(&mut self.writing, "front.jsonl", at)?);
        nodes.push(folder_node("mail", at, &mail));
        nodes.push(self.text("manifest.json", format!("{manifest:#}\n").as_bytes())?);
        nodes.push(folder_node("rows", at, &rows));
        nodes.push(self.text("slots.json", &slots)?);
        Ok((self.writing.tree(nodes)?, damaged.len() as u64))
    }

    fn text(&mut self, name: &str, octets: &[u8]) -> Result<Value, Trouble> {
        let blobs = self.writing.data(octets)?;
        Ok(file(name, octets.len() as u64, self.made, &blobs))
    }

    /// The rows of every table; what they are counted and hashed to goes into the manifest.
    fn rows(&mut self, manifest: &mut Map<String, Value>) -> Result<[u8; 32], Broke> {
        let mut names: Vec<&str> = backup::tables().collect();
        names.sort_unstable();
        let mut nodes = Vec::with_capacity(names.len());
        for table in names {
            self.go_on()?;
            let (mut lines, mut digest) = (Lines::default(), backup::Digest::default());
            let writing = &mut self.writing;
            self.snapshot.each_line::<Broke>(table, |line| {
                digest.add(&line);
                Ok(lines.add(writing, &line)?)
            })?;
            let (rows, sha256) = digest.end();
            manifest.insert(table.to_owned(), json!({"rows": rows, "sha256": sha256}));
            nodes.push(lines.end(&mut self.writing, &format!("{table}.jsonl"), self.made)?);
        }
        Ok(self.writing.tree(nodes)?)
    }

    /// Every message, so many to a folder; and the numbers of those that the disk has damaged, which keep no other one back.
    fn mail(&mut self) -> Result<([u8; 32], Vec<u64>), Broke> {
        let (mut folders, mut nodes, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        let (mut after, mut group) = (0, 0);
        loop {
            self.go_on()?;
            let ids = self.snapshot.messages_after(after, SLICE)?;
            let Some(last) = ids.last() else { break };
            after = *last;
            for id in ids {
                if id / FOLDER != group && !nodes.is_empty() {
                    let tree = self.writing.tree(std::mem::take(&mut nodes))?;
                    folders.push(folder_node(&format!("{group:09}"), self.made, &tree));
                }
                group = id / FOLDER;
                let message = self.snapshot.message(id)?.ok_or(store::Error::Damaged)?;
                let blobs = match self.writing.known(&message.hash) {
                    Some(blob) => vec![blob],
                    None => match self.snapshot.raw(id, &message) {
                        Ok(raw) => self.writing.data(&raw)?,
                        Err(_) => {
                            damaged.push(id);
                            continue;
                        }
                    },
                };
                nodes.push(file(&format!("{id:012}.eml"), message.size, Time(message.received), &blobs));
            }
        }
        if !nodes.is_empty() {
            let tree = self.writing.tree(nodes)?;
            folders.push(folder_node(&format!("{group:09}"), self.made, &tree));
        }
        Ok((self.writing.tree(folders)?, damaged))
    }
}
