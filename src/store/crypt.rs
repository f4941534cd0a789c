//! The encrypting backend under the vault: AES-256-XTS, the sector number as tweak.
//!
//! The construction is the one disk encryption uses (IEEE 1619): length-preserving, no state beside
//! the data, each 16-byte block on its own. A write that tears on the disk therefore tears in the
//! clear text at the same place, and redb's own argument for surviving a crash holds unchanged.
//!
//! Absent on purpose: authentication. XTS hides and does not vouch; damage is noticed by the hash in
//! each record (`record`) and by redb's page checksums.

use aes::{Aes256, cipher::KeyInit};
use redb::StorageBackend;
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use xts_mode::{Xts128, get_tweak_default};
use zeroize::Zeroizing;

/// Octets in a sector: redb's page, so that a page is one sector and is written whole.
const SECTOR: usize = 4096;

/// The vault key: two independent AES-256 keys, data and tweak.
pub type VaultKey = Zeroizing<[u8; 64]>;

/// A file that is only ever written encrypted.
pub struct Encrypted {
    file: File,
    cipher: Xts128<Aes256>,
    len: AtomicU64,
    /// Held while a sector that is only partly written is read, changed and written back.
    patching: Mutex<()>,
}

impl std::fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encrypted").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Encrypted {
    /// Over a file opened for reading and writing. A length that is not whole sectors is an error.
    pub fn new(file: File, key: &VaultKey) -> io::Result<Self> {
        let len = file.metadata()?.len();
        if len % SECTOR as u64 != 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the vault file was cut short"));
        }
        let (data, tweak) = key.split_at(32);
        let wrong = |_| io::Error::other("a vault key has 64 octets");
        let cipher = Xts128::new(
            Aes256::new_from_slice(data).map_err(wrong)?,
            Aes256::new_from_slice(tweak).map_err(wrong)?,
        );
        Ok(Self {
            file,
            cipher,
            len: AtomicU64::new(len),
            patching: Mutex::new(()),
        })
    }

    /// Reads whole sectors. A sector that was never written is all zero on the disk and reads as zero,
    /// as redb asks of a file that has grown; no written sector encrypts to zeros but by a chance of 2^-32768.
    fn read_sectors(&self, first: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, first * SECTOR as u64)?;
        for (sector, number) in out.chunks_exact_mut(SECTOR).zip(first..) {
            if sector.iter().any(|octet| *octet != 0) {
                self.cipher.decrypt_sector(sector, get_tweak_default(u128::from(number)));
            }
        }
        Ok(())
    }

    fn write_sectors(&self, first: u64, data: &mut [u8]) -> io::Result<()> {
        self.cipher.encrypt_area(data, SECTOR, u128::from(first), get_tweak_default);
        self.file.write_all_at(data, first * SECTOR as u64)
    }

    fn check(&self, offset: u64, len: usize) -> io::Result<()> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.len.load(Ordering::Acquire) => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// The whole sectors that a range touches: the first, how many, and where in them the range begins.
fn span(offset: u64, len: usize) -> (u64, usize, usize) {
    let sector = SECTOR as u64;
    let first = offset / sector;
    let inside = (offset % sector) as usize;
    (first, (inside + len).div_ceil(SECTOR), inside)
}

impl StorageBackend for Encrypted {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.len.load(Ordering::Acquire))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
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

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        let whole = len.next_multiple_of(SECTOR as u64);
        self.file.set_len(whole)?;
        self.len.store(whole, Ordering::Release);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(dir: &tempfile::TempDir) -> Encrypted {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.path().join("v"))
            .unwrap();
        Encrypted::new(file, &Zeroizing::new(std::array::from_fn(|i| i as u8))).unwrap()
    }

    #[test]
    fn any_range_reads_back_and_the_disk_shows_none_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let backend = backend(&dir);
        backend.set_len(5 * SECTOR as u64).unwrap();
        let text = b"a word that must not be seen ".repeat(400);
        for (offset, len) in [
            (0_u64, 320_usize),
            (64, 16),
            (4096, 4096),
            (4000, 5000),
            (8191, 2),
            (10_000, 10_000),
        ] {
            let data = text.get(..len).unwrap();
            backend.write(offset, data).unwrap();
            let mut back = vec![0; len];
            backend.read(offset, &mut back).unwrap();
            assert_eq!(back, data, "{offset}+{len}");
        }
        let disk = std::fs::read(dir.path().join("v")).unwrap();
        assert!(!disk.windows(8).any(|w| w == b"must not"));
    }

    #[test]
    fn what_was_never_written_is_zero_and_the_end_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let backend = backend(&dir);
        backend.set_len(2 * SECTOR as u64).unwrap();
        let mut out = vec![1; 100];
        backend.read(4050, &mut out).unwrap();
        assert_eq!(out, vec![0; 100]);
        assert!(backend.read(8190, &mut [0; 3]).is_err());
        assert!(backend.write(u64::MAX, &[0; 3]).is_err());
    }
}
