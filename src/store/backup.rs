//! What a backup of the whole box is made of, and a box made of it again: the same box, with everything that opens it.
//!
//! It is rows and messages, not the file of the vault: that is written anew under a new key whenever something was deleted,
//! and every backup after it would be all of it again. Rows are lines of JSON as in an export (`rows`), of every table but
//! those that are made anew; here all settings are among them, because the box that comes of it is this one.
//!
//! What opens the box (`slots`) is put down last: a folder with slots is a box that was made whole, and was compared.

use super::{
    Error,
    crypt::{VaultKey, destroy},
    front::{self, FrontFile},
    imported,
    mail::Snapshot,
    migrate, outbox,
    record::{self, Record as _},
    rows::RESTORING,
    schema::META,
    search,
    slots::{self, Opening, Slots},
    vault::{self, Open, Vault},
    write_whole,
    writer::{self, Tables},
};
use crate::{codec::base64url, domain::time::Time};
use aws_lc_rs::digest;
use redb::ReadableTable as _;
use serde_json::{Value as Json, json};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

/// Tables that are made anew, or say what only the running box knows: also what is due to be sent, which may have left by the
/// time a box is made of them. Messages are files of their own.
const ANEW: [&str; 9] = ["raw", "told", "fresh", "words", "postings", "gone", "drained", "jobs", "outbox_due"];

/// Octets of one part of the front at most.
const PART: usize = 4 * 1024 * 1024;

/// The tables of a backup.
pub fn tables() -> impl Iterator<Item = &'static str> {
    writer::names().into_iter().filter(|table| !is_anew(table))
}

/// Whether a table is not put down: an older backup may have it.
pub fn is_anew(table: &str) -> bool {
    ANEW.contains(&table)
}

/// Settings of the vault's file, and of an index that is made anew.
fn is_of_the_file(setting: &str) -> bool {
    matches!(setting, "schema" | "deleted" | "search_generation" | "search_behind") || setting == RESTORING
}

/// Counts and hashes lines as they pass: what a restored box is compared by.
pub struct Digest {
    context: digest::Context,
    lines: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            context: digest::Context::new(&digest::SHA256),
            lines: 0,
        }
    }
}

impl Digest {
    /// A line passes, without its end.
    pub fn add(&mut self, line: &str) {
        self.context.update(line.as_bytes());
        self.context.update(b"\n");
        self.lines += 1;
    }

    /// How many, and the SHA-256 of all of them as hex.
    pub fn end(self) -> (u64, String) {
        (self.lines, super::hex(self.context.finish().as_ref()))
    }
}

impl Snapshot {
    /// Every row of a table of a backup as a line of JSON, until `give` fails.
    pub fn each_line<E: From<Error>>(&self, table: &str, mut give: impl FnMut(String) -> Result<(), E>) -> Result<(), E> {
        writer::each_row(&self.tx, table, |row| {
            let setting = row.get("key").and_then(Json::as_str).unwrap_or_default();
            if table == META_NAME && is_of_the_file(setting) {
                return Ok(());
            }
            give(row.to_string())
        })
    }

    /// The count and the hash of a table's lines.
    pub fn digest(&self, table: &str) -> Result<(u64, String), Error> {
        let mut digest = Digest::default();
        self.each_line::<Error>(table, |line| {
            digest.add(&line);
            Ok(())
        })?;
        Ok(digest.end())
    }

    /// What is set about backups; `None` where they are off.
    pub fn backup(&self) -> Result<Option<record::Backup>, Error> {
        let value = self.tx.open_table(META)?.get(record::Backup::TABLE)?;
        value.map(|value| record::Backup::decode(0, value.value())).transpose()
    }
}

/// The name of the table of settings.
const META_NAME: &str = "meta";

/// Changes what is set about backups, where they are on; gives what it is then.
pub fn change(tables: &mut Tables<'_>, change: impl FnOnce(&mut record::Backup)) -> Result<Option<record::Backup>, Error> {
    let old = tables.meta.get(record::Backup::TABLE)?;
    let Some(mut backup) = old.map(|value| record::Backup::decode(0, value.value())).transpose()? else {
        return Ok(None);
    };
    change(&mut backup);
    set(tables, Some(&backup))?;
    Ok(Some(backup))
}

/// There is a new recovery sheet: a backup that is on is opened by its code from the next one on, which is due.
pub fn new_code(tables: &mut Tables<'_>, code: &str) -> Result<(), Error> {
    change(tables, |kept| {
        code.clone_into(&mut kept.code);
        (kept.code_waits, kept.tried) = (true, 0);
    })
    .map(drop)
}

/// Switches backups on, or off. Where a secret is let go of or replaced, the file is written anew, so that nothing is left of it.
pub fn set(tables: &mut Tables<'_>, backup: Option<&record::Backup>) -> Result<(), Error> {
    let old = tables.meta.get(record::Backup::TABLE)?;
    let old = old.map(|value| record::Backup::decode(0, value.value())).transpose()?;
    let secrets = |of: &record::Backup| (of.password.clone(), of.code.clone(), of.key.clone());
    if old.is_some_and(|old| backup.map(secrets) != Some(secrets(&old))) {
        tables.meta.insert(vault::DELETED, [1].as_slice())?;
    }
    match backup {
        Some(backup) => tables.meta.insert(record::Backup::TABLE, backup.encode(0)?.as_slice())?,
        None => tables.meta.remove(record::Backup::TABLE)?,
    };
    Ok(())
}

/// What opens the box, as it lies in the data folder.
pub fn slots_file(folder: &Path) -> Result<Vec<u8>, Error> {
    fs::read(folder.join(slots::FILE)).map_err(Error::io)
}

/// Octets that the vault's file takes up.
pub fn vault_size(folder: &Path) -> u64 {
    fs::metadata(folder.join(vault::FILE)).map_or(0, |file| file.len())
}

/// What stands in front of the lock, a line of JSON for each part.
pub fn front_lines(file: &FrontFile) -> Result<Vec<String>, Error> {
    let parts = file.parts()?;
    Ok(parts
        .iter()
        .map(|(name, value)| json!({"key": name, "value": base64url::encode(value)}).to_string())
        .collect())
}

fn key_of(slots: &[u8], code: &str) -> Result<Option<VaultKey>, Error> {
    Ok(Slots::read(slots)?.open(&Opening::Recovery(code))?.map(|(_, _, key)| key))
}

/// Begins to make a box in a folder in which there is none: opens its vault, new and empty, with the key that these slots
/// give for the recovery code. `None`: the code is not theirs.
pub fn begin(vault: &Vault, file: &FrontFile, slots: &[u8], code: &str) -> Result<Option<std::sync::Arc<Open>>, Error> {
    let Some(key) = key_of(slots, code)? else { return Ok(None) };
    let mut run = file.first_run()?.unwrap_or_default();
    run.founding = true;
    file.set_first_run(Some(&run))?;
    remove(&vault.folder().join(vault::FILE))?;
    vault.revive(key)?;
    Ok(vault.open().ok())
}

/// Opens anew, from the disk, the vault of a box that is being made and has no slots yet. `None` as in [`begin`].
pub fn again(vault: &Vault, slots: &[u8], code: &str) -> Result<Option<std::sync::Arc<Open>>, Error> {
    let Some(key) = key_of(slots, code)? else { return Ok(None) };
    vault.lock();
    vault.wait_until_closed()?;
    vault.revive(key)?;
    Ok(vault.open().ok())
}

/// Takes everything out of a table, where what is in a new box would stand beside what is restored.
pub fn clear(tables: &mut Tables<'_>, table: &str) -> Result<(), Error> {
    if table == META_NAME {
        tables.meta.retain(|setting, _| is_of_the_file(setting))?;
        return Ok(());
    }
    writer::clear_table(tables, table)
}

/// Puts lines of a table down. Those of a table that this version does not know are passed over.
pub fn put(tables: &mut Tables<'_>, table: &str, lines: &[String]) -> Result<(), Error> {
    if is_anew(table) {
        return Ok(());
    }
    for line in lines {
        let row: Json = serde_json::from_str(line).map_err(|_| Error::Damaged)?;
        let setting = row.get("key").and_then(Json::as_str).unwrap_or_default();
        if table != META_NAME || !is_of_the_file(setting) {
            writer::put_row(tables, table, &row)?;
        }
    }
    Ok(())
}

/// What is made anew of what was put down: by which text a message is known, what rows of an older schema lack, and a note
/// that the words of all are to be indexed.
pub fn index(tables: &mut Tables<'_>, schema: u64) -> Result<(), Error> {
    imported::find_again(tables)?;
    migrate::fill(tables, schema)?;
    search::adopt(tables)
}

/// What waited to be sent when the backup was made may have left since: it is not sent. The code that brought the box back is
/// that of its sheet, also where the backup was made before that sheet. After everything was compared with the backup.
pub fn settle(tables: &mut Tables<'_>, code: &str, now: Time) -> Result<(), Error> {
    change(tables, |kept| code.clone_into(&mut kept.code))?;
    outbox::brought_back(tables, now)
}

/// Ends it: what stands in front of the lock, and last of all what opens the box. Cut off before that, the folder is still one
/// in which a box is being made.
pub fn end(folder: &Path, file: &FrontFile, lines: &[String], slots: &[u8]) -> Result<(), Error> {
    let mut parts = Vec::with_capacity(lines.len());
    for line in lines {
        let row: Json = serde_json::from_str(line).map_err(|_| Error::Damaged)?;
        let text = |field: &str| row.get(field).and_then(Json::as_str);
        let value = text("value").and_then(|value| base64url::decode(value, PART));
        parts.push((text("key").ok_or(Error::Damaged)?.to_owned(), value.ok_or(Error::Damaged)?));
    }
    file.set_parts(&parts)?;
    write_whole(&folder.join(slots::FILE), slots)?;
    file.set_first_run(None)?;
    remove(&folder.join(front::CLAIM))
}

/// Takes away what a restore that failed has made: the folder is as blank as it was.
pub fn undo(folder: &Path) -> Result<(), Error> {
    remove(&folder.join(slots::FILE))?;
    unlock_nothing(folder)?;
    remove(&folder.join(vault::FILE))
}

/// Destroys the key of a vault's file, where there is one.
fn unlock_nothing(folder: &Path) -> Result<(), Error> {
    match File::options().read(true).write(true).open(folder.join(vault::FILE)) {
        Ok(file) => destroy(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(error)),
    }
}

/// Makes a folder for a box that is made to try a restore: for this system's user only.
pub fn scratch(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().mode(0o700).create(folder).map_err(Error::io)
}

/// Does away with a box that was made to try a restore: first the key of its vault, so that nothing of it opens, then all
/// of its files.
pub fn discard(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    unlock_nothing(folder)?;
    fs::remove_dir_all(folder).map_err(Error::io)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(error)),
        _ => Ok(()),
    }
}
