//! The backend under redb: sectors that are encrypted and carry a tag, so that an octet which flipped on the
//! disk is an error and never a wrong answer.
//!
//! The construction is the one that disk encryption with integrity uses (dm-crypt over dm-integrity):
//! AES-256-XTS with the sector's number as tweak (IEEE 1619), then HMAC-SHA256, cut to 128 bits, over that
//! number and the encrypted sector. 256 sectors follow the sector that holds their tags. redb's argument for
//! surviving a crash holds unchanged: it never reads a page that it has written and not yet flushed, and a
//! flush covers page and tag alike. The one sector that it writes in place is the first, its header; there
//! the tag stands in the first 512 octets, beside what redb keeps there, and is written with it or not at all.
//!
//! The file begins with its key, twice, under the master key that the slots wrap. A file that is written anew
//! (see `rewrite`) has a new key, and what the disk still holds of the old file opens with none.
//!
//! What does not match its tag is read as zeros, which are no page of redb's: an error of the backend would
//! make redb refuse every page after it, and one broken sector must not take the whole mailbox with it.
//!
//! Absent on purpose: protection against somebody who puts an older sector *and* its older tag back.

use super::{
    Error,
    slots::{self, random},
};
use aes::{Aes256, cipher::KeyInit};
use aws_lc_rs::hmac;
use redb::StorageBackend;
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use subtle::ConstantTimeEq;
use xts_mode::{Xts128, get_tweak_default};
use zeroize::Zeroizing;

/// Octets in a sector: redb's page, so that a page is one sector and is written whole.
pub(super) const SECTOR: usize = 4096;
/// Octets of a tag.
const TAG: usize = 16;
/// Sectors whose tags share a sector.
const GROUP: u64 = (SECTOR / TAG) as u64;
/// Where the tag of redb's header stands in its sector: behind what redb keeps there.
const HEAD: usize = 480;

/// What a file begins with: the vault's, and the front's.
const SEALED: &[u8; 16] = b"caliopen vault 2";
const CLEAR: &[u8; 16] = b"caliopen front 2";
/// What a file begins with that was destroyed, so that it is not done twice.
const GONE: &[u8; 16] = b"caliopen gone  2";
/// Octets before the first sector: the beginning, twice.
const BEFORE: u64 = 2 * SECTOR as u64;

/// The master key, which the slots wrap. (A vault of the first version is encrypted with it directly: two
/// independent AES-256 keys, data and tweak.)
pub type VaultKey = Zeroizing<[u8; 64]>;

/// A file that is only ever written in tagged, and mostly encrypted, sectors.
pub struct Sectors {
    file: File,
    cipher: Option<Xts128<Aes256>>,
    /// Keys the tags; `None` for a file of the first version, which has none.
    tags: Option<hmac::Key>,
    /// Octets before the first sector.
    before: u64,
    len: AtomicU64,
    /// Held while a sector that is only partly written is read, changed and written back.
    patching: Mutex<()>,
    /// Set by the first error of the disk: redb answers nothing but errors from then on, to reading as well. Where it is set
    /// from outside (see `rewrite`), nothing more is written.
    failed: Arc<AtomicBool>,
}

impl std::fmt::Debug for Sectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sectors").field("len", &self.len).finish_non_exhaustive()
    }
}

fn xts(key: &[u8; 64]) -> Result<Xts128<Aes256>, Error> {
    let (data, tweak) = key.split_at(32);
    let cipher = |key| Aes256::new_from_slice(key).map_err(|_| Error::Damaged);
    Ok(Xts128::new(cipher(data)?, cipher(tweak)?))
}

/// The key that wraps the file key.
fn wrapping(master: &VaultKey) -> Result<Zeroizing<[u8; 32]>, Error> {
    slots::derive(&**master, &[], b"caliopen vault 2 header")
}

impl Sectors {
    /// A new vault file, its key new as well.
    pub fn create(file: File, master: &VaultKey) -> Result<Self, Error> {
        let key = Zeroizing::new(random::<32>()?);
        let shut = slots::shut(&*wrapping(master)?, SEALED, &*key)?;
        begin(&file, SEALED, &shut)?;
        Self::keyed(file, &key)
    }

    /// The vault file of a box. One of the first version, which begins with no key of its own, opens as well.
    pub fn open(file: File, master: &VaultKey) -> Result<Self, Error> {
        let copies = beginnings(&file, SEALED)?;
        if copies.is_empty() {
            return Self::of(file, Some(xts(master)?), None, 0);
        }
        let wrapping = wrapping(master)?;
        let length = slots::SHUT + 32;
        let found = copies
            .iter()
            .find_map(|copy| slots::unshut(&wrapping, SEALED, copy.get(..length)?).ok().flatten());
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(found.and_then(|key| key.as_slice().try_into().ok()).ok_or(Error::Damaged)?);
        Self::keyed(file, &key)
    }

    fn keyed(file: File, key: &[u8; 32]) -> Result<Self, Error> {
        let cipher = xts(&*slots::derive::<64>(key, &[], b"caliopen vault 2 sectors")?)?;
        let tags = slots::derive::<32>(key, &[], b"caliopen vault 2 tags")?;
        Self::of(file, Some(cipher), Some(hmac::Key::new(hmac::HMAC_SHA256, &*tags)), BEFORE)
    }

    /// A file in clear, whose tags tell of damage only: the front. One of the first version has none.
    pub fn clear(file: File) -> Result<Self, Error> {
        let empty = file.metadata().map_err(Error::io)?.len() == 0;
        if empty {
            begin(&file, CLEAR, &[])?;
        }
        if beginnings(&file, CLEAR)?.is_empty() {
            return Self::of(file, None, None, 0);
        }
        Self::of(file, None, Some(hmac::Key::new(hmac::HMAC_SHA256, CLEAR)), BEFORE)
    }

    /// A file as redb would write it itself, without key and tag: to measure against, and for nothing else.
    #[doc(hidden)]
    pub fn bare(file: File) -> Result<Self, Error> {
        Self::of(file, None, None, 0)
    }

    fn of(file: File, cipher: Option<Xts128<Aes256>>, tags: Option<hmac::Key>, before: u64) -> Result<Self, Error> {
        let octets = file.metadata().map_err(Error::io)?.len();
        let sectors = octets
            .checked_sub(before)
            .filter(|octets| octets % SECTOR as u64 == 0)
            .ok_or(Error::Damaged)?
            / SECTOR as u64;
        let sectors = if tags.is_some() {
            sectors / (GROUP + 1) * GROUP + (sectors % (GROUP + 1)).saturating_sub(1)
        } else {
            sectors
        };
        Ok(Self {
            file,
            cipher,
            tags,
            before,
            len: AtomicU64::new(sectors * SECTOR as u64),
            patching: Mutex::new(()),
            failed: Arc::default(),
        })
    }

    /// What the first error of the disk sets.
    pub(super) fn failed(&self) -> Arc<AtomicBool> {
        self.failed.clone()
    }

    /// An error where the disk has failed already.
    fn sound(&self) -> io::Result<()> {
        if self.failed.load(Ordering::Acquire) {
            return Err(io::Error::other("the disk has failed before"));
        }
        Ok(())
    }

    fn told<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.inspect_err(|_| self.failed.store(true, Ordering::Release))
    }

    /// Whether it is a file of the first version, without tags.
    pub fn is_untagged(&self) -> bool {
        self.tags.is_none()
    }

    /// Where a sector lies in the file, and where its tag does.
    fn place(&self, sector: u64) -> (u64, u64) {
        let size = SECTOR as u64;
        if self.tags.is_none() {
            return (self.before + sector * size, 0);
        }
        let tags = self.before + sector / GROUP * (GROUP + 1) * size;
        let inside = sector % GROUP;
        (tags + (inside + 1) * size, tags + inside * TAG as u64)
    }

    /// How long a run may be that begins at this sector and lies in one piece in the file.
    fn run(&self, first: u64, octets: usize) -> usize {
        if self.tags.is_none() {
            return octets;
        }
        let left = usize::try_from(GROUP - first % GROUP).unwrap_or(1);
        octets.min(left * SECTOR)
    }

    /// Reads whole sectors; all zero where one of them does not match its tag. A sector that was never
    /// written is all zero on the disk, as is its tag, and reads as zero, as redb asks of a file that has grown.
    fn read_sectors(&self, mut first: u64, out: &mut [u8]) -> io::Result<()> {
        let mut rest = &mut *out;
        let mut sound = true;
        while !rest.is_empty() {
            let (run, after) = rest
                .split_at_mut_checked(self.run(first, rest.len()))
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            let (place, tags_place) = self.place(first);
            self.file.read_exact_at(run, place)?;
            let count = run.len() / SECTOR;
            let mut tags = vec![0; if self.tags.is_some() { count * TAG } else { 0 }];
            self.file.read_exact_at(&mut tags, tags_place)?;
            let mut tags = tags.as_chunks::<TAG>().0.iter();
            for (sector, number) in run.chunks_exact_mut(SECTOR).zip(first..) {
                sound &= self.uncover(number, sector, tags.next());
            }
            first += count as u64;
            rest = after;
        }
        if !sound {
            tracing::error!("a sector does not match its tag: the disk has lost something");
            out.fill(0);
        }
        Ok(())
    }

    /// One sector as it was before it was covered; whether it is that.
    fn uncover(&self, number: u64, sector: &mut [u8], tag: Option<&[u8; TAG]>) -> bool {
        if tag.is_none_or(|tag| *tag == [0; TAG]) && sector.iter().all(|octet| *octet == 0) {
            return true;
        }
        let sound = match (&self.tags, tag) {
            (Some(key), Some(tag)) if number > 0 => bool::from(of_sector(key, number, sector).ct_eq(tag)),
            _ => true,
        };
        if let Some(cipher) = &self.cipher {
            cipher.decrypt_sector(sector, get_tweak_default(u128::from(number)));
        }
        match &self.tags {
            Some(key) if number == 0 => sound && take_head_tag(key, sector),
            _ => sound,
        }
    }

    fn write_sectors(&self, mut first: u64, data: &mut [u8]) -> io::Result<()> {
        let mut rest = data;
        while !rest.is_empty() {
            let (run, after) = rest
                .split_at_mut_checked(self.run(first, rest.len()))
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            let mut tags = Vec::with_capacity(run.len() / SECTOR * TAG);
            for (sector, number) in run.chunks_exact_mut(SECTOR).zip(first..) {
                if let Some(key) = self.tags.as_ref().filter(|_| number == 0) {
                    put_head_tag(key, sector)?;
                }
                if let Some(cipher) = &self.cipher {
                    cipher.encrypt_sector(sector, get_tweak_default(u128::from(number)));
                }
                if let Some(key) = &self.tags {
                    // The head's own is inside it; a zero here says nothing.
                    tags.extend_from_slice(&if number == 0 { [0; TAG] } else { of_sector(key, number, sector) });
                }
            }
            let (place, tags_place) = self.place(first);
            self.file.write_all_at(run, place)?;
            self.file.write_all_at(&tags, tags_place)?;
            first += (run.len() / SECTOR) as u64;
            rest = after;
        }
        Ok(())
    }

    fn check(&self, offset: u64, len: usize) -> io::Result<()> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.len.load(Ordering::Acquire) => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Writes what a new file begins with, twice, and flushes it.
fn begin(file: &File, kind: &[u8; 16], shut: &[u8]) -> Result<(), Error> {
    let mut sector = [kind.as_slice(), shut].concat();
    sector.resize(SECTOR, 0);
    let twice = [sector.as_slice(), &sector].concat();
    file.write_all_at(&twice, 0).and_then(|()| file.sync_all()).map_err(Error::io)
}

/// What follows the name in each copy of a file's beginning that has it.
fn beginnings(file: &File, kind: &[u8; 16]) -> Result<Vec<Vec<u8>>, Error> {
    if file.metadata().map_err(Error::io)?.len() < BEFORE {
        return Ok(Vec::new());
    }
    let mut twice = vec![0; 2 * SECTOR];
    file.read_exact_at(&mut twice, 0).map_err(Error::io)?;
    let copies = twice.chunks_exact(SECTOR).filter_map(|copy| copy.strip_prefix(kind.as_slice()));
    Ok(copies.map(<[u8]>::to_vec).collect())
}

/// Overwrites what a vault file begins with: without it nobody opens the rest. A file of the first version
/// has no such beginning and is overwritten whole.
pub(super) fn destroy(file: &File) -> Result<(), Error> {
    let octets = file.metadata().map_err(Error::io)?.len();
    if octets == 0 || !beginnings(file, GONE)?.is_empty() {
        return Ok(());
    }
    let keyed = !beginnings(file, SEALED)?.is_empty();
    let until = if keyed { BEFORE } else { octets };
    let mut noise = vec![0; 64 * 1024];
    let mut at = 0;
    while at < until {
        getrandom::fill(&mut noise).map_err(|e| Error::Database(format!("no randomness: {e}")))?;
        let length = usize::try_from(until - at).unwrap_or(usize::MAX).min(noise.len());
        file.write_all_at(noise.get(..length).unwrap_or_default(), at).map_err(Error::io)?;
        at += length as u64;
    }
    let done = file
        .sync_all()
        .and_then(|()| file.write_all_at(GONE, 0))
        .and_then(|()| file.sync_all());
    done.map_err(Error::io)
}

fn cut(tag: &hmac::Tag) -> [u8; TAG] {
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}

fn of_sector(key: &hmac::Key, number: u64, sector: &[u8]) -> [u8; TAG] {
    let mut context = hmac::Context::with_key(key);
    context.update(&number.to_le_bytes());
    context.update(sector);
    cut(&context.sign())
}

/// Puts its tag into redb's header sector, before it is encrypted.
fn put_head_tag(key: &hmac::Key, sector: &mut [u8]) -> io::Result<()> {
    let (head, rest) = sector.split_at_mut_checked(HEAD).ok_or(io::ErrorKind::InvalidInput)?;
    if rest.iter().any(|octet| *octet != 0) {
        return Err(io::Error::other("the first sector holds more than a header"));
    }
    let tag = cut(&hmac::sign(key, head));
    rest.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
    Ok(())
}

/// Takes it out again; whether it was the right one.
fn take_head_tag(key: &hmac::Key, sector: &mut [u8]) -> bool {
    let Some((head, rest)) = sector.split_at_mut_checked(HEAD) else {
        return false;
    };
    let Some((tag, rest)) = rest.split_first_chunk_mut::<TAG>() else {
        return false;
    };
    let sound = bool::from(cut(&hmac::sign(key, head)).ct_eq(tag)) && rest.iter().all(|octet| *octet == 0);
    tag.fill(0);
    sound
}

/// The whole sectors that a range touches: the first, how many, and where in them the range begins.
fn span(offset: u64, len: usize) -> (u64, usize, usize) {
    let sector = SECTOR as u64;
    let first = offset / sector;
    let inside = (offset % sector) as usize;
    (first, (inside + len).div_ceil(SECTOR), inside)
}

impl Sectors {
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.check(offset, out.len())?;
        let (first, count, inside) = span(offset, out.len());
        if inside == 0 && out.len() == count * SECTOR {
            return self.read_sectors(first, out);
        }
        let mut whole = Zeroizing::new(vec![0; count * SECTOR]);
        self.read_sectors(first, &mut whole)?;
        if let Some(part) = whole.get(inside..inside + out.len()) {
            out.copy_from_slice(part);
        }
        Ok(())
    }

    /// A file that shrinks leaves no tags behind of the sectors that it loses: should it grow again, they
    /// must read as zeros.
    fn cut_to(&self, len: u64) -> io::Result<()> {
        let sectors = len.div_ceil(SECTOR as u64);
        let before = self.len.load(Ordering::Acquire) / SECTOR as u64;
        let mut whole = self.before + sectors * SECTOR as u64;
        if self.tags.is_some() {
            whole += sectors.div_ceil(GROUP) * SECTOR as u64;
            let lost = if sectors.is_multiple_of(GROUP) {
                0
            } else {
                before.min(sectors.next_multiple_of(GROUP)).saturating_sub(sectors)
            };
            let nothing = vec![0; usize::try_from(lost).unwrap_or_default() * TAG];
            self.file.write_all_at(&nothing, self.place(sectors).1)?;
        }
        self.file.set_len(whole)?;
        self.len.store(sectors * SECTOR as u64, Ordering::Release);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check(offset, data.len())?;
        let (first, count, inside) = span(offset, data.len());
        if inside == 0 && data.len() == count * SECTOR {
            return self.write_sectors(first, &mut data.to_vec());
        }
        let _patching = self.patching.lock().unwrap_or_else(PoisonError::into_inner);
        let mut whole = Zeroizing::new(vec![0; count * SECTOR]);
        self.read_sectors(first, &mut whole)?;
        if let Some(part) = whole.get_mut(inside..inside + data.len()) {
            part.copy_from_slice(data);
        }
        self.write_sectors(first, &mut whole)
    }
}

impl StorageBackend for Sectors {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.len.load(Ordering::Acquire))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.told(self.read_at(offset, out))
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.sound()?;
        self.told(self.cut_to(len))
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.sound()?;
        self.told(self.file.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.sound()?;
        self.told(self.write_at(offset, data))
    }
}

#[cfg(test)]
mod tests;
