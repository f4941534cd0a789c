//! Looking through what a backup holds: folders, and the blobs of files, each compared with its name by the repository's
//! own tags and lengths, and with its hash here.

use super::{Backend, guarded, octets};
use crate::domain::backup::Trouble;
use aws_lc_rs::digest;
use bytes::Bytes;
use rustic_core::{BlobId, Id, IndexedFullStatus, Repository, repofile::BlobType};
use std::sync::Arc;

/// The most entries of a folder that are read.
const ENTRIES: usize = 100_000;

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Octets of a file.
    pub size: u64,
    /// The blobs of a file, in order.
    pub blobs: Vec<[u8; 32]>,
    /// The tree of a folder.
    pub tree: Option<[u8; 32]>,
}

/// A repository that is read.
pub struct Reading {
    backend: Arc<Backend>,
    repository: Repository<IndexedFullStatus>,
}

impl Reading {
    pub(super) fn over(backend: Arc<Backend>, repository: Repository<IndexedFullStatus>) -> Self {
        Self { backend, repository }
    }

    /// What stands in the folder of this tree.
    pub fn list(&self, tree: &[u8; 32]) -> Result<Vec<Entry>, Trouble> {
        let id = BlobId::from(Id::new(*tree));
        // The index names the pack of every blob: one that it does not name is gone.
        guarded(&self.backend, || self.repository.get_index_entry::<rustic_core::TreeId>(&id.into())).map_err(missing)?;
        let tree = guarded(&self.backend, || self.repository.get_tree(&id.into()))?;
        if tree.nodes.len() > ENTRIES {
            return Err(Trouble::Damaged);
        }
        let entry = |node: &rustic_core::repofile::Node| Entry {
            name: node.name.clone(),
            size: node.meta.size,
            blobs: node.content.iter().flatten().map(|id| octets(id)).collect(),
            tree: node.subtree.as_ref().map(|id| octets(id)),
        };
        Ok(tree.nodes.iter().map(entry).collect())
    }

    /// The octets of a blob.
    pub fn blob(&self, id: &[u8; 32]) -> Result<Bytes, Trouble> {
        let blob = BlobId::from(Id::new(*id));
        guarded(&self.backend, || {
            self.repository.get_index_entry::<rustic_core::DataId>(&blob.into())
        })
        .map_err(missing)?;
        let octets = guarded(&self.backend, || self.repository.get_blob_cached(&blob, BlobType::Data))?;
        if digest::digest(&digest::SHA256, &octets).as_ref() == id {
            Ok(octets)
        } else {
            Err(Trouble::Damaged)
        }
    }
}

fn missing(trouble: Trouble) -> Trouble {
    if trouble == Trouble::Damaged { Trouble::Missing } else { trouble }
}
