//! Looking through folders for what can be imported.
//!
//! A folder with `cur` or `new` in it is a Maildir (<https://cr.yp.to/proto/maildir.html>); any other is
//! looked through for mailboxes, Maildirs, archives, cards, keys and message files; what a file is, `service::import`
//! says. Symbolic links inside folders are not followed.

use crate::{
    domain::{moving::Reason, time::Time},
    service::import::{
        finding::{Beside, Context, Finding, Flow, Item, calm},
        kind::{is_seen, keywords, keywords_of},
    },
};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Folders inside folders, at most.
const DEPTH: usize = 16;
/// Octets that are read at a time.
const PIECE: usize = 64 * 1024;

/// Walks through the paths in order and hands over each thing, until `take` says that it wants no more.
pub(super) fn walk(paths: &[PathBuf], context: Context, take: &mut dyn FnMut(Item) -> bool) {
    let mut walk = Walk(Finding::new(context, take));
    for path in paths {
        if walk.path(path, 0).is_break() {
            return;
        }
    }
}

struct Walk<'a>(Finding<'a>);

impl Walk<'_> {
    fn skip(&mut self, reason: Reason, path: &Path) -> Flow {
        self.0.skip(reason, &name_of(path))
    }

    fn path(&mut self, path: &Path, depth: usize) -> Flow {
        if !path.is_dir() {
            return self.file(path, Beside::default());
        }
        if depth >= DEPTH {
            return self.skip(Reason::TooDeep, path);
        }
        let Ok(mut inside) = entries(path) else {
            return self.skip(Reason::Unreadable, path);
        };
        let holds = |name: &str| is_folder(&path.join(name));
        if holds("cur") || holds("new") {
            self.maildir(path)?;
            // Beside them there are only the program's own files and, in Maildir++, further Maildirs.
            inside.retain(|(entry, is_folder)| *is_folder && !["cur", "new", "tmp"].iter().any(|name| entry.ends_with(name)));
        }
        for (entry, is_folder) in inside {
            if is_folder || !is_hidden(&entry) {
                self.path(&entry, depth + 1)?;
            }
        }
        Flow::Continue(())
    }

    fn maildir(&mut self, path: &Path) -> Flow {
        self.0.hand(Item::Mailbox)?;
        let known = keywords(&fs::read_to_string(path.join("dovecot-keywords")).unwrap_or_default());
        for (folder, is_new) in [("new", true), ("cur", false)] {
            let folder = path.join(folder);
            if !is_folder(&folder) {
                continue;
            }
            let Ok(inside) = entries(&folder) else {
                self.skip(Reason::Unreadable, &folder)?;
                continue;
            };
            for (file, _) in inside.into_iter().filter(|(file, is_folder)| !is_folder && !is_hidden(file)) {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                let beside = Beside {
                    read: Some(!is_new && is_seen(&name)),
                    tags: keywords_of(&name, &known),
                    ..Beside::default()
                };
                self.file(&file, beside)?;
            }
        }
        Flow::Continue(())
    }

    fn file(&mut self, path: &Path, beside: Beside) -> Flow {
        let Ok(file) = File::open(path) else {
            return self.skip(Reason::Unreadable, path);
        };
        let beside = Beside {
            changed: fs::metadata(path).ok().map(|metadata| Time(metadata.mtime())),
            ..beside
        };
        let mut reader = BufReader::with_capacity(PIECE, file);
        if reader.fill_buf().is_err() {
            return self.skip(Reason::Unreadable, path);
        }
        self.0.stream(&name_of(path), &mut reader, beside)
    }
}

/// What is in a folder, by name, and whether each is a folder. Symbolic links are left out.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() || kind.is_file() {
            found.push((entry.path(), kind.is_dir()));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a folder lies there, and no symbolic link to one.
fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

/// A name for the report: the end of the path.
fn name_of(path: &Path) -> String {
    calm(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
