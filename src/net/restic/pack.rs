//! Writing what a backup holds: blobs, packed and encrypted as restic's design document says (repository version 2), trees
//! of them, the index of the packs, and last of all the snapshot.
//!
//! A blob is known by the SHA-256 of what is in it: one that is there already is not written again. That is what makes the
//! next backup quick and small. Packs are written as they fill, their index every now and then, so that a backup which was
//! cut short has not sent all that for nothing. What is held is one pack of each kind and the names of what is there.

use super::{Backend, HOST, Repo, guarded, octets};
use crate::{
    domain::{backup::Trouble, time::Time},
    net::restic::Kept,
};
use aes256ctr_poly1305aes::{Aes256CtrPoly1305Aes, Key, Nonce, aead::AeadInPlace};
use aws_lc_rs::{digest, rand};
use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use rustic_core::{
    BlobId, FileType, Id, ReadBackend, WriteBackend,
    repofile::{BlobType, IndexFile, SnapshotFile},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};
use zeroize::Zeroizing;

/// Octets at which a pack is written: small enough for a small board and a thin line.
const PACK: usize = 8 * 1024 * 1024;
/// The most octets of one blob; a longer file has several.
pub const BLOB: usize = 4 * 1024 * 1024;
/// Packs after which their index is written.
const INDEXED: usize = 32;
/// How hard is compressed: three is zstd's own choice.
const LEVEL: i32 = 3;
/// The mode bit of a folder, as Go and so restic has it.
const FOLDER: u32 = 1 << 31;

struct Blob {
    id: [u8; 32],
    offset: usize,
    length: usize,
    /// Octets before compressing; `None` where it was not compressed.
    raw: Option<usize>,
}

#[derive(Default)]
struct Pack {
    octets: Vec<u8>,
    blobs: Vec<Blob>,
}

/// A backup that is being written.
pub struct Writing<'a> {
    repo: &'a Repo,
    cipher: Aes256CtrPoly1305Aes,
    packer: zstd::bulk::Compressor<'static>,
    /// Blobs of data that are there, by the first half of their hashes.
    known: HashMap<[u8; 16], [u8; 16]>,
    trees: HashSet<[u8; 32]>,
    data: Pack,
    tree: Pack,
    index: Vec<Value>,
}

/// Octets as lower-case hex.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut out, octet| {
        let _ = write!(out, "{octet:02x}");
        out
    })
}

/// SHA-256.
pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.iter_mut()
        .zip(digest::digest(&digest::SHA256, octets).as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}

fn halves(id: [u8; 32]) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    let (low, high) = id.split_at(16);
    first.copy_from_slice(low);
    second.copy_from_slice(high);
    (first, second)
}

fn when(at: Time) -> String {
    let (year, month, day, hour, minute) = at.civil();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", at.0.rem_euclid(60))
}

/// A node of a tree: a file of so many octets in these blobs, read and written by its owner only.
pub fn file(name: &str, size: u64, at: Time, blobs: &[[u8; 32]]) -> Value {
    let mut node = node(name, "file", 0o600, at);
    if let Some(fields) = node.as_object_mut() {
        fields.insert("size".to_owned(), json!(size));
        fields.insert("content".to_owned(), json!(blobs.iter().map(|id| hex(id)).collect::<Vec<_>>()));
    }
    node
}

/// A node of a tree: a folder, whose own tree this is.
pub fn folder(name: &str, at: Time, tree: &[u8; 32]) -> Value {
    let mut node = node(name, "dir", FOLDER | 0o700, at);
    if let Some(fields) = node.as_object_mut() {
        fields.insert("content".to_owned(), Value::Null);
        fields.insert("subtree".to_owned(), json!(hex(tree)));
    }
    node
}

fn node(name: &str, kind: &str, mode: u32, at: Time) -> Value {
    let at = when(at);
    json!({"name": name, "type": kind, "mode": mode, "mtime": at, "atime": at, "ctime": at, "uid": 0, "gid": 0})
}

/// What the index names.
#[derive(Default)]
struct Found {
    packs: HashSet<Id>,
    known: HashMap<[u8; 16], [u8; 16]>,
    trees: HashSet<[u8; 32]>,
}

impl Found {
    fn read(repo: &Repo) -> Result<Self, Trouble> {
        let mut found = Self::default();
        guarded(&repo.backend, || {
            for entry in repo.repository.stream_files::<IndexFile>()? {
                let (_, index) = entry?;
                found.packs.extend(index.packs_to_delete.iter().map(|pack| *pack.id));
                for pack in index.packs {
                    found.packs.insert(*pack.id);
                    for blob in pack.blobs {
                        let id = octets(&blob.id);
                        if blob.tpe == BlobType::Data {
                            let (first, second) = halves(id);
                            found.known.insert(first, second);
                        } else {
                            found.trees.insert(id);
                        }
                    }
                }
            }
            Ok(())
        })?;
        Ok(found)
    }
}

impl<'a> Writing<'a> {
    pub(super) fn begin(repo: &'a Repo) -> Result<Self, Trouble> {
        let backend = &repo.backend;
        let listed = guarded(backend, || backend.list_with_size(FileType::Pack))?;
        let listed: HashSet<Id> = listed.into_iter().map(|(id, _)| id).collect();
        let found = match Found::read(repo) {
            Ok(found) if found.packs == listed => found,
            // What was sent and then cut short is used; what is gone is sent again.
            Ok(_) | Err(Trouble::Damaged) => {
                repo.mend_index()?;
                Found::read(repo)?
            }
            Err(trouble) => return Err(trouble),
        };
        let Found { known, trees, .. } = found;
        let master = repo.repository.key();
        let mut key = Zeroizing::new([0_u8; 64]);
        let parts = master.encrypt.iter().chain(&master.mac.k).chain(&master.mac.r);
        key.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        Ok(Self {
            repo,
            cipher: Aes256CtrPoly1305Aes::new(Key::from_slice(&*key)),
            packer: zstd::bulk::Compressor::new(LEVEL).map_err(|_| Trouble::Store)?,
            known,
            trees,
            data: Pack::default(),
            tree: Pack::default(),
            index: Vec::new(),
        })
    }

    /// The name of a blob that is there and whose hash begins like this.
    pub fn known(&self, first: &[u8; 16]) -> Option<[u8; 32]> {
        let second = self.known.get(first)?;
        let mut id = [0; 32];
        id.iter_mut().zip(first.iter().chain(second)).for_each(|(to, from)| *to = *from);
        Some(id)
    }

    /// Puts down octets of a file, of which none is longer than [`BLOB`]; gives the names of their blobs.
    pub fn data(&mut self, octets: &[u8]) -> Result<Vec<[u8; 32]>, Trouble> {
        octets.chunks(BLOB).map(|piece| self.blob(piece)).collect()
    }

    /// Puts down one blob; gives its name.
    pub fn blob(&mut self, octets: &[u8]) -> Result<[u8; 32], Trouble> {
        let id = sha256(octets);
        let (first, second) = halves(id);
        if self.known.insert(first, second).is_none() {
            self.add(BlobType::Data, id, octets)?;
        }
        Ok(id)
    }

    /// Puts down a tree of nodes, in the order of their names; gives its name.
    pub fn tree(&mut self, nodes: Vec<Value>) -> Result<[u8; 32], Trouble> {
        let mut text = json!({ "nodes": nodes }).to_string();
        text.push('\n');
        let id = sha256(text.as_bytes());
        if self.trees.insert(id) {
            self.add(BlobType::Tree, id, text.as_bytes())?;
        }
        Ok(id)
    }

    pub(super) fn add(&mut self, kind: BlobType, id: [u8; 32], octets: &[u8]) -> Result<(), Trouble> {
        let packed = self.packer.compress(octets).map_err(|_| Trouble::Store)?;
        let smaller = packed.len() < octets.len();
        let shut = encrypt(&self.cipher, if smaller { &packed } else { octets })?;
        let pack = if kind == BlobType::Data { &mut self.data } else { &mut self.tree };
        pack.blobs.push(Blob {
            id,
            offset: pack.octets.len(),
            length: shut.len(),
            raw: smaller.then_some(octets.len()),
        });
        pack.octets.extend_from_slice(&shut);
        if pack.octets.len() >= PACK { self.flush(kind) } else { Ok(()) }
    }

    /// Writes a pack as it stands.
    fn flush(&mut self, kind: BlobType) -> Result<(), Trouble> {
        let (pack, number, word) = if kind == BlobType::Data {
            (std::mem::take(&mut self.data), 0, "data")
        } else {
            (std::mem::take(&mut self.tree), 1, "tree")
        };
        let Pack { mut octets, blobs } = pack;
        if blobs.is_empty() {
            return Ok(());
        }
        let mut header = Vec::new();
        for blob in &blobs {
            header.push(if blob.raw.is_some() { number + 2 } else { number });
            header.extend_from_slice(&length(blob.length)?.to_le_bytes());
            if let Some(raw) = blob.raw {
                header.extend_from_slice(&length(raw)?.to_le_bytes());
            }
            header.extend_from_slice(&blob.id);
        }
        let header = encrypt(&self.cipher, &header)?;
        octets.extend_from_slice(&header);
        octets.extend_from_slice(&length(header.len())?.to_le_bytes());
        let id = sha256(&octets);
        self.put(FileType::Pack, id, octets)?;
        let blobs: Vec<Value> = blobs
            .iter()
            .map(|blob| {
                let mut row = json!({"id": hex(&blob.id), "type": word, "offset": blob.offset, "length": blob.length});
                if let (Some(raw), Some(row)) = (blob.raw, row.as_object_mut()) {
                    row.insert("uncompressed_length".to_owned(), json!(raw));
                }
                row
            })
            .collect();
        self.index.push(json!({"id": hex(&id), "blobs": blobs}));
        if self.index.len() >= INDEXED { self.write_index() } else { Ok(()) }
    }

    fn write_index(&mut self) -> Result<(), Trouble> {
        let packs = std::mem::take(&mut self.index);
        if packs.is_empty() {
            return Ok(());
        }
        let text = json!({ "packs": packs }).to_string();
        let packed = self.packer.compress(text.as_bytes()).map_err(|_| Trouble::Store)?;
        // The first octet of a file that is no JSON says its form: 2 is compressed.
        let shut = encrypt(&self.cipher, &[&[2], packed.as_slice()].concat())?;
        self.put(FileType::Index, sha256(&shut), shut)
    }

    fn put(&self, kind: FileType, id: [u8; 32], octets: Vec<u8>) -> Result<(), Trouble> {
        let backend: &Backend = &self.repo.backend;
        guarded(backend, || backend.write_bytes(kind, &Id::new(id), false, Bytes::from(octets)))
    }

    /// Whatever is not written yet, and the index of it.
    pub(super) fn flush_all(&mut self) -> Result<(), Trouble> {
        self.flush(BlobType::Data)?;
        self.flush(BlobType::Tree)?;
        self.write_index()
    }

    /// Ends the backup: whatever is not written yet, then the snapshot of this tree. Only now is it there.
    pub fn end(mut self, tree: [u8; 32], made: Time) -> Result<Kept, Trouble> {
        self.flush_all()?;
        let backend = &self.repo.backend;
        let before = self.repo.backups()?;
        // Two of one second, or of a clock that was set back a little, keep their order.
        let soon = made.0..made.0.saturating_add(60);
        let last = before.iter().map(|kept| kept.made.0).find(|at| soon.contains(at));
        let at = last.map_or(made.0, |last| last + 1);
        let before: HashSet<[u8; 32]> = before.into_iter().map(|kept| kept.id).collect();
        let time = Timestamp::from_second(at).map_err(|_| Trouble::Store)?;
        let snapshot = SnapshotFile {
            time: time.to_zoned(TimeZone::UTC),
            program_version: concat!("caliopen ", env!("CARGO_PKG_VERSION")).to_owned(),
            tree: BlobId::from(Id::new(tree)).into(),
            paths: "/".parse().map_err(|_| Trouble::Store)?,
            hostname: HOST.to_owned(),
            ..SnapshotFile::default()
        };
        guarded(backend, || self.repo.repository.save_snapshots(vec![snapshot]))?;
        let kept = self.repo.backups()?.into_iter().find(|kept| !before.contains(&kept.id));
        kept.filter(|kept| kept.tree == tree).ok_or(Trouble::Damaged)
    }
}

fn length(octets: usize) -> Result<u32, Trouble> {
    u32::try_from(octets).map_err(|_| Trouble::Store)
}

/// AES-256 in counter mode, then Poly1305-AES: a nonce of 16 octets, what was encrypted, a tag of 16.
fn encrypt(cipher: &Aes256CtrPoly1305Aes, clear: &[u8]) -> Result<Vec<u8>, Trouble> {
    let mut nonce = [0; 16];
    rand::fill(&mut nonce).map_err(|_| Trouble::Store)?;
    let mut out = Vec::with_capacity(clear.len() + 32);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(clear);
    let body = out.get_mut(16..).unwrap_or_default();
    let tag = cipher.encrypt_in_place_detached(Nonce::from_slice(&nonce), &[], body);
    out.extend_from_slice(&tag.map_err(|_| Trouble::Store)?);
    Ok(out)
}
