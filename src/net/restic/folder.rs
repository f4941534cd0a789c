//! A repository in a folder, in restic's own layout. A file is written under another name, flushed, and then given its own:
//! one that is there is whole.

use super::Shelf;
use crate::domain::backup::Trouble;
use bytes::Bytes;
use rustic_core::{ALL_FILE_TYPES, FileType, Id};
use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The ending of a file that is being written.
const PART: &str = "part";

pub(super) struct Folder {
    root: PathBuf,
}

/// What an error of a disk means where a backup lies.
fn why(error: &io::Error) -> Trouble {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        NotFound | NotADirectory => Trouble::Unreachable,
        PermissionDenied | ReadOnlyFilesystem => Trouble::Refused,
        StorageFull | QuotaExceeded => Trouble::Full,
        _ => Trouble::Unreachable,
    }
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn place(&self, kind: FileType, id: &Id) -> PathBuf {
        let hex = id.to_hex();
        match kind {
            FileType::Config => self.root.join("config"),
            FileType::Pack => self
                .root
                .join(kind.dirname())
                .join(hex.get(..2).unwrap_or_default())
                .join(hex.as_str()),
            _ => self.root.join(kind.dirname()).join(hex.as_str()),
        }
    }

    fn files(folder: &Path, found: &mut Vec<(Id, u32)>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // What has another name is none of the repository's.
            let Some(id) = entry
                .file_name()
                .to_str()
                .filter(|name| name.len() == 64)
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            found.push((id, u32::try_from(entry.metadata()?.len()).unwrap_or(u32::MAX)));
        }
        Ok(())
    }
}

impl Shelf for Folder {
    fn create(&self) -> Result<(), Trouble> {
        let make = |folder: &Path| DirBuilder::new().recursive(true).mode(0o700).create(folder);
        let all = || -> io::Result<()> {
            for kind in ALL_FILE_TYPES {
                make(&self.root.join(kind.dirname()))?;
            }
            for first in 0..=u8::MAX {
                make(&self.root.join("data").join(format!("{first:02x}")))?;
            }
            Ok(())
        };
        // A disk that is not plugged in must not be taken for an empty folder: its mount point's parent is asked for.
        if !self.root.is_dir() && !self.root.parent().is_some_and(Path::is_dir) {
            return Err(Trouble::Unreachable);
        }
        all().map_err(|error| why(&error))
    }

    fn list(&self, kind: FileType) -> Result<Vec<(Id, u32)>, Trouble> {
        if !self.root.is_dir() {
            // One that is still to be made holds nothing.
            let to_come = kind == FileType::Config && self.root.parent().is_some_and(Path::is_dir);
            return if to_come { Ok(Vec::new()) } else { Err(Trouble::Unreachable) };
        }
        let mut found = Vec::new();
        let folder = self.root.join(kind.dirname());
        let listed = match kind {
            FileType::Config => fs::metadata(self.root.join("config"))
                .map(|config| found.push((Id::default(), u32::try_from(config.len()).unwrap_or(u32::MAX)))),
            FileType::Pack => fs::read_dir(&folder).and_then(|mut packs| {
                packs.try_for_each(|entry| {
                    let entry = entry?;
                    if entry.file_type()?.is_dir() {
                        Self::files(&entry.path(), &mut found)
                    } else {
                        Ok(())
                    }
                })
            }),
            _ => Self::files(&folder, &mut found),
        };
        match listed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(why(&error)),
            _ => Ok(found),
        }
    }

    fn read(&self, kind: FileType, id: &Id, part: Option<(u32, u32)>) -> Result<Bytes, Trouble> {
        let gone = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound if self.root.is_dir() => Trouble::Missing,
            // What a broken disk answers.
            io::ErrorKind::UnexpectedEof => Trouble::Damaged,
            _ => why(&error),
        };
        let place = self.place(kind, id);
        let Some((offset, length)) = part else {
            return fs::read(&place).map(Bytes::from).map_err(gone);
        };
        let file = File::open(&place).map_err(gone)?;
        let end = u64::from(offset) + u64::from(length);
        if file.metadata().map_err(gone)?.len() < end {
            return Err(Trouble::Damaged);
        }
        let mut octets = vec![0; length as usize];
        file.read_exact_at(&mut octets, offset.into()).map_err(gone)?;
        Ok(octets.into())
    }

    fn write(&self, kind: FileType, id: &Id, octets: &Bytes) -> Result<(), Trouble> {
        let place = self.place(kind, id);
        let next = place.with_extension(PART);
        // Whoever copied it may have left out folders that were empty. Not where the disk is gone: its mount point is no repository.
        if let Some(folder) = place.parent().filter(|folder| !folder.is_dir())
            && self.root.join("config").is_file()
        {
            let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        let write = || {
            let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
            file.write_all(octets)?;
            file.sync_all()?;
            fs::rename(&next, &place)?;
            place.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error: io::Error| {
            // Half of a file takes room that another one may need.
            let _ = fs::remove_file(&next);
            why(&error)
        })
    }

    fn remove(&self, kind: FileType, id: &Id) -> Result<(), Trouble> {
        match fs::remove_file(self.place(kind, id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(why(&error)),
            _ => Ok(()),
        }
    }
}
