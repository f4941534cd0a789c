//! Erasing a box: what opens it first, then what it holds, then the files.
//!
//! A mark is set before anything is touched, so that a start after a crash in the middle ends the work
//! instead of finding half a box. Overwriting is done in place and flushed; what a disk keeps beyond that (a
//! worn cell of a card, an old copy of a file system) is sealed with keys that are gone from everywhere else.

use super::{Error, crypt, front, slots, vault};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// The mark.
const MARK: &str = "erasing";

/// The folder in which a restore is tried (`service::backup`).
pub const PROOF: &str = "proof";

/// Every file that a box may have, in the order in which it goes.
const FILES: [&str; 7] = [slots::FILE, "slots.new", vault::FILE, "vault.new", front::FILE, front::CLAIM, MARK];

/// Sets the mark and destroys what opens the vault: the slots, and the file's own key. When this returns
/// nobody opens it any more; the files themselves go with [`end`], once nobody uses them.
pub(super) fn begin(folder: &Path) -> Result<(), Error> {
    File::create(folder.join(MARK))
        .and_then(|mark| mark.sync_all())
        .map_err(Error::io)?;
    sync(folder)?;
    for place in &places(folder)? {
        for name in [slots::FILE, "slots.new"] {
            with(place, name, overwrite)?;
        }
        for name in [vault::FILE, "vault.new"] {
            with(place, name, crypt::destroy)?;
        }
    }
    Ok(())
}

/// The folders in which this box lies: its own, and the copies that an upgrade put aside in it (`install.sh`), which the
/// same passphrase would open.
fn places(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut places = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).map_err(Error::io)? {
        let entry = entry.map_err(Error::io)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let aside = name == "before-upgrade" || name == PROOF || name.starts_with("left-by-");
        if aside && entry.file_type().map_err(Error::io)?.is_dir() {
            places.push(entry.path());
        }
    }
    Ok(places)
}

/// Whether a box is being erased, or was when the power went.
pub fn is_marked(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

/// Ends what [`begin`] began: overwrites what is in clear and removes every file of the box, the mark last.
/// Files that are none of ours stay.
pub fn end(folder: &Path) -> Result<(), Error> {
    begin(folder)?;
    // The box's own folder last, because the mark is in it.
    for place in places(folder)?.iter().rev() {
        with(place, front::FILE, overwrite)?;
        for name in FILES {
            match fs::remove_file(place.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(error)),
                _ => sync(place)?,
            }
        }
        if place != folder {
            // One that holds something else stays.
            let _ = fs::remove_dir(place);
        }
    }
    Ok(())
}

fn with(folder: &Path, name: &str, work: impl FnOnce(&File) -> Result<(), Error>) -> Result<(), Error> {
    match File::options().read(true).write(true).open(folder.join(name)) {
        Ok(file) => work(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(error)),
    }
}

/// Zeros over the whole file, flushed.
fn overwrite(file: &File) -> Result<(), Error> {
    let octets = file.metadata().map_err(Error::io)?.len();
    let nothing = vec![0; 64 * 1024];
    let mut at = 0;
    while at < octets {
        let length = usize::try_from(octets - at).unwrap_or(usize::MAX).min(nothing.len());
        file.write_all_at(nothing.get(..length).unwrap_or_default(), at)
            .map_err(Error::io)?;
        at += length as u64;
    }
    file.sync_all().map_err(Error::io)
}

fn sync(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io)
}
