//! Sectors: what is written reads back, the disk shows none of it, and a flipped octet is zeros.

use super::*;
use proptest::prelude::*;

const MASTER: [u8; 64] = [7; 64];

fn file(dir: &tempfile::TempDir) -> File {
    let options = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.path().join("v"));
    options.unwrap()
}

fn made(dir: &tempfile::TempDir) -> Sectors {
    Sectors::create(file(dir), &Zeroizing::new(MASTER)).unwrap()
}

fn opened(dir: &tempfile::TempDir) -> Result<Sectors, Error> {
    Sectors::open(file(dir), &Zeroizing::new(MASTER))
}

#[test]
fn any_range_reads_back_and_the_disk_shows_none_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let backend = made(&dir);
    backend.set_len(600 * SECTOR as u64).unwrap();
    let text = b"a word that must not be seen ".repeat(80_000);
    for (offset, len) in [
        (0_u64, 320_usize),
        (64, 16),
        (4096, 4096),
        (4200, 5000),
        (8191, 2),
        (255 * 4096, 3 * 4096),
        (250 * 4096 + 7, 300 * 4096),
    ] {
        let data = text.get(..len).unwrap();
        backend.write(offset, data).unwrap();
        let mut back = vec![0; len];
        backend.read(offset, &mut back).unwrap();
        assert!(back == data, "{offset}+{len}");
    }
    drop(backend);
    let again = opened(&dir).unwrap();
    assert_eq!(again.len().unwrap(), 600 * SECTOR as u64);
    let mut back = vec![0; 300 * 4096];
    again.read(250 * 4096 + 7, &mut back).unwrap();
    assert!(text.starts_with(&back));
    let disk = std::fs::read(dir.path().join("v")).unwrap();
    assert!(!disk.windows(8).any(|w| w == b"must not"));
    assert!(Sectors::open(file(&dir), &Zeroizing::new([8; 64])).is_err(), "another's key");
}

#[test]
fn what_was_never_written_is_zero_and_the_end_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let backend = made(&dir);
    backend.set_len(2 * SECTOR as u64).unwrap();
    let mut out = vec![1; 100];
    backend.read(4050, &mut out).unwrap();
    assert_eq!(out, vec![0; 100]);
    assert!(backend.read(8190, &mut [0; 3]).is_err());
    assert!(backend.write(u64::MAX, &[0; 3]).is_err());
    assert!(backend.write(400, &[1; 200]).is_err(), "where the tag of the head is");
}

#[test]
fn a_file_that_shrank_and_grew_again_reads_as_zeros_there() {
    let dir = tempfile::tempdir().unwrap();
    let backend = made(&dir);
    let mut before = 1;
    for sectors in [300_usize, 20, 300, 256, 300, 257, 600, 1, 513] {
        backend.set_len((sectors * SECTOR) as u64).unwrap();
        for n in 1..sectors {
            let mut out = vec![1; SECTOR];
            backend.read((n * SECTOR) as u64, &mut out).unwrap();
            assert_eq!(out, vec![if n < before { 5 } else { 0 }; SECTOR], "{n} of {sectors} after {before}");
        }
        backend.write(SECTOR as u64, &vec![5; (sectors - 1) * SECTOR]).unwrap();
        assert_eq!(opened(&dir).unwrap().len().unwrap(), (sectors * SECTOR) as u64);
        before = sectors;
    }
}

#[test]
fn the_front_is_in_clear_and_may_hold_zeros() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Sectors::clear(file(&dir)).unwrap();
    backend.set_len(4 * SECTOR as u64).unwrap();
    let mut data = vec![0; 2 * SECTOR];
    data[5000] = 3;
    backend.write(SECTOR as u64, &data).unwrap();
    let mut back = vec![1; data.len()];
    Sectors::clear(file(&dir)).unwrap().read(SECTOR as u64, &mut back).unwrap();
    assert!(back == data);
}

#[test]
fn a_destroyed_file_opens_with_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let backend = made(&dir);
    backend.set_len(3 * SECTOR as u64).unwrap();
    backend.write(4096, &[1; 4096]).unwrap();
    destroy(&file(&dir)).unwrap();
    let mut out = vec![0; SECTOR];
    assert!(
        opened(&dir)
            .and_then(|backend| backend.read(4096, &mut out).map_err(Error::io))
            .is_err()
            || out != [1; SECTOR]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_octet_is_zeros_or_nothing_at_all(at in 0_usize..(2 + 257 + 45) * SECTOR, bit in 0_u8..8) {
        let dir = tempfile::tempdir().unwrap();
        let backend = made(&dir);
        let sectors = 300_usize;
        backend.set_len((sectors * SECTOR) as u64).unwrap();
        let mut data: Vec<u8> = (1..sectors).flat_map(|n| [n as u8 | 1; SECTOR]).collect();
        backend.write(SECTOR as u64, &data).unwrap();
        data.splice(..0, [9; 320].into_iter().chain([0; SECTOR - 320]));
        backend.write(0, &[9; 320]).unwrap();
        drop(backend);
        let mut disk = std::fs::read(dir.path().join("v")).unwrap();
        prop_assert_eq!(disk.len(), (2 + 257 + 45) * SECTOR);
        disk[at] ^= 1 << bit;
        std::fs::write(dir.path().join("v"), disk).unwrap();
        let backend = opened(&dir).unwrap();
        let mut wrong = 0;
        for (n, right) in data.chunks(SECTOR).enumerate() {
            let mut out = vec![1; SECTOR];
            backend.read((n * SECTOR) as u64, &mut out).unwrap();
            if out != right {
                prop_assert!(out.iter().all(|octet| *octet == 0), "sector {}", n);
                wrong += 1;
            }
        }
        // The beginning is there twice, and the place of the head's own tag is empty.
        let spare = at < 2 * SECTOR || (2 * SECTOR..2 * SECTOR + TAG).contains(&at);
        prop_assert!(wrong == usize::from(!spare) || at >= (2 + 257) * SECTOR && wrong <= 1, "{} wrong", wrong);
    }
}
