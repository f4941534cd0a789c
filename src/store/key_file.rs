//! Key files: the one thing that this program writes outside its data folder, where the owner says.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Makes a file for its owner alone (0600), where there is none yet, flushed to the disk.
pub fn make(place: &Path, content: &str) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(place)?;
    file.write_all(content.as_bytes())
        .and_then(|()| file.sync_all())
        .inspect_err(|_| remove(place))
}

/// Takes one away again that opens nothing after all; one that cannot be removed opens nothing either.
pub fn remove(place: &Path) {
    let _ = fs::remove_file(place);
}
