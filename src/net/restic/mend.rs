//! What a disk has spoilt at the place of a backup, put right as far as anything is left to do it with: an index that cannot
//! be read is made again of the packs, and a pack that is not what its name says gives what can still be read of it to new
//! ones, and goes. What is lost with it is no longer named by the index: where the box has it, the next backup writes it again.
//!
//! Absent on purpose: doing away with what can only not be understood. What goes is not what its name says, read twice.

use super::{
    Repo, guarded, octets,
    pack::{Writing, sha256},
    unopened,
};
use crate::domain::backup::Trouble;
use rustic_core::{
    BlobId, Credentials, FileType, Id, ReadBackend, RepairIndexOptions, WriteBackend,
    repofile::{BlobType, IndexFile},
};
use std::collections::HashSet;

impl Repo {
    /// Has the index name what is in the packs that are there, and nothing else.
    pub(super) fn mend_index(&self) -> Result<(), Trouble> {
        let backend = &self.backend;
        for (id, _) in guarded(backend, || backend.list_with_size(FileType::Index))? {
            if self.is_spoilt(FileType::Index, &id)? {
                // Its packs are read instead.
                guarded(backend, || backend.remove(FileType::Index, &id, false))?;
            }
        }
        guarded(backend, || self.repository.repair_index(&RepairIndexOptions::default(), false))
    }

    /// Whether a file is not what its name says, which is the hash of what was put there. It is read twice: a line that garbles
    /// is no disk that forgets.
    pub(super) fn is_spoilt(&self, kind: FileType, id: &Id) -> Result<bool, Trouble> {
        for _ in 0..2 {
            match guarded(&self.backend, || self.backend.read_full(kind, id)) {
                Ok(file) if sha256(&file) == octets(id) => return Ok(false),
                Ok(_) => {}
                // Gone is not spoilt: the index is compared with what is there anyway. Nor is what is too long to be read.
                Err(Trouble::Missing | Trouble::Damaged) => return Ok(false),
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(true)
    }

    /// Looks at every pack, and does away with those that are spoilt; says how many. Reads all that is there.
    pub fn mend(&self) -> Result<usize, Trouble> {
        let backend = &self.backend;
        let mut writing = Writing::begin(self)?;
        let mut spoilt = HashSet::new();
        for (id, _) in guarded(backend, || backend.list_with_size(FileType::Pack))? {
            if self.is_spoilt(FileType::Pack, &id)? {
                spoilt.insert(id);
            }
        }
        if spoilt.is_empty() {
            return Ok(0);
        }
        let (mut sound, mut wanted) = (HashSet::new(), Vec::new());
        guarded(backend, || {
            for file in self.repository.stream_files::<IndexFile>()? {
                for pack in file?.1.packs {
                    let blobs = pack.blobs.iter().map(|blob| (blob.id, blob.tpe));
                    if spoilt.contains(&*pack.id) {
                        wanted.extend(blobs);
                    } else {
                        sound.extend(blobs.map(|(id, _)| id));
                    }
                }
            }
            Ok(())
        })?;
        wanted.retain(|(id, _)| !sound.contains(id));
        self.rescue(&mut writing, &wanted)?;
        writing.flush_all()?;
        for id in &spoilt {
            guarded(backend, || backend.remove(FileType::Pack, id, false))?;
        }
        self.mend_index()?;
        Ok(spoilt.len())
    }

    /// Writes once more what can be read of these blobs.
    fn rescue(&self, writing: &mut Writing<'_>, wanted: &[(BlobId, BlobType)]) -> Result<(), Trouble> {
        let backend = &self.backend;
        let reading = guarded(backend, || {
            let opened = unopened(backend)?.open(&Credentials::Masterkey(self.repository.key()))?;
            opened.to_indexed()
        })?;
        for (id, kind) in wanted {
            match guarded(backend, || reading.get_blob_cached(id, *kind)) {
                Ok(blob) if sha256(&blob) == octets(id) => writing.add(*kind, octets(id), &blob)?,
                Ok(_) | Err(Trouble::Damaged | Trouble::Missing) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }
}
