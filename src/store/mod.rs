//! Floor 2: the only room that knows `redb`, and the only one that writes files.
//!
//! `crypt` encrypts what redb writes, `slots` wraps the key, `vault` locks and opens, `writer` makes
//! many writes share one commit, `schema` has every table on one screen, `record` is the shape of what
//! is in them, `delete` and `rewrite` let go of it for good, `erase` of everything, `front` is the little that
//! is readable while locked.

pub mod backup;
pub mod contacts;
pub mod crypt;
pub mod delete;
pub mod devices;
pub mod door;
pub mod drafts;
pub mod erase;
pub mod filing;
pub mod front;
mod imported;
pub mod key_file;
pub mod keys;
pub mod learning;
pub mod ledger;
pub mod mail;
pub mod mailboxes;
pub mod migrate;
pub mod nuisance;
pub mod outbox;
pub mod preferences;
pub mod push;
pub mod recheck;
pub mod record;
pub mod regroup;
pub mod reports;
pub mod restore;
pub mod returned;
mod rewrite;
pub mod room;
pub mod rows;
pub mod schema;
pub mod seal;
pub mod search;
pub mod seen_ways;
pub mod sending;
pub mod sent;
pub mod shelves;
pub mod sign_in;
pub mod slots;
pub mod spam;
pub mod strict;
pub mod tags;
pub mod tls_reports;
pub mod vault;
pub mod views;
pub mod world;
pub mod writer;
pub mod writing;

use std::{
    fs, io,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// Why the store could not read or write. Names no message, address or word of the owner's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database or the disk refused.
    #[error("the store cannot be used: {0}")]
    Database(String),
    /// The disk has no room left; nothing was changed.
    #[error("the disk is full")]
    Full,
    /// A record does not match its hash, or its version is not known.
    #[error("the store holds something that was damaged")]
    Damaged,
    /// Another process has it open.
    #[error("this data folder is in use by another process")]
    InUse,
    /// It was written by a newer version.
    #[error("this data folder was written by a newer version ({0}); update the program")]
    Newer(u16),
}

impl Error {
    /// From an error of the file system.
    pub fn io(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull {
            Self::Full
        } else {
            Self::Database(error.to_string())
        }
    }
}

impl<E: Into<redb::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        match error.into() {
            redb::Error::Io(error) => Self::io(error),
            redb::Error::Corrupted(_) => Self::Damaged,
            redb::Error::DatabaseAlreadyOpen => Self::InUse,
            error => Self::Database(error.to_string()),
        }
    }
}

/// Runs something that reads what the disk holds. redb panics on some pages that are none: at this edge that
/// becomes an error like any other.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::Damaged))
}

/// Lower-case hex.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut out, octet| {
        for nibble in [octet >> 4, octet & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        out
    })
}

/// Octets from hex of even length.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibble = |octet: &u8| char::from(*octet).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(nibble(high)? * 16 + nibble(low)?).ok())
        .collect()
}

/// Replaces a file whole: a crash leaves the old one or the new one, never half of one.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), Error> {
    let next = path.with_extension("new");
    let write = || {
        let mut file = fs::File::create(&next)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&next, path)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(Error::io)
}
