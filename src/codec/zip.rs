//! Zip archives (PKWARE APPNOTE 6.3) as streams: written without going back, and read without looking at the end.
//!
//! An upload has no end to look at before it is there, and nothing of it may lie on the disk meanwhile; so the
//! directory at the end is not read, and each file is taken as its own header says. Written is what every program
//! opens, with the 64-bit fields where they are needed; what is remembered of a file is its name and forty octets, so
//! that an archive of a hundred thousand messages takes some ten megabytes of memory. That is also why no library
//! does it: those read from the end, and remember much more of each file.
//!
//! Absent on purpose: encryption, methods other than *stored* and *deflate*, and archives in several volumes.

mod read;
mod write;

pub use read::{Event, each};
pub use write::Archive;

/// The beginning of a file.
const LOCAL: u32 = 0x0403_4b50;
/// The beginning of a line of the directory.
const CENTRAL: u32 = 0x0201_4b50;
/// What stands behind a file whose length was not known before it.
const BEHIND: u32 = 0x0807_4b50;
/// The end of the directory, with 64-bit fields, where to find it, and the one that all know.
const END_64: u32 = 0x0606_4b50;
const LOCATOR: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;
/// The field that holds what does not fit into 32 bits.
const WIDE: u16 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, ops::ControlFlow};

    /// Names and octets of what can be read, and what is said of the rest.
    fn read(octets: &[u8]) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
        let (mut files, mut said) = (Vec::new(), Vec::new());
        let end = each(octets, |event| {
            match event {
                Event::File(name, content) => {
                    let mut all = Vec::new();
                    if let Err(error) = content.read_to_end(&mut all) {
                        said.push(format!("{name}: {error}"));
                    }
                    files.push((name.to_owned(), all));
                }
                Event::Closed(name) => said.push(format!("{name} closed")),
                Event::Damaged(name) => said.push(format!("{name} damaged")),
            }
            ControlFlow::Continue(())
        });
        if let Err(error) = end {
            said.push(error.to_string());
        }
        (files, said)
    }

    fn written() -> Vec<u8> {
        let mut archive = Archive::new(Vec::new());
        archive.add("a.txt", b"short").unwrap();
        archive.add("folder/été.eml", &b"again and again ".repeat(1000)).unwrap();
        archive.add("empty", b"").unwrap();
        let mut part = archive.stream("stream.jsonl").unwrap();
        for _ in 0..1000 {
            part.write_all(b"line after line\n").unwrap();
        }
        part.end().unwrap();
        archive.stream("nothing").unwrap().end().unwrap();
        archive.end().unwrap()
    }

    #[test]
    fn what_is_written_can_be_read() {
        let octets = written();
        let (files, said) = read(&octets);
        assert_eq!(said, Vec::<String>::new());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.txt", "folder/été.eml", "empty", "stream.jsonl", "nothing"]);
        assert_eq!(files[0].1, b"short");
        assert_eq!(files[1].1, b"again and again ".repeat(1000));
        assert_eq!(files[3].1, b"line after line\n".repeat(1000));
        assert!(octets.len() < 2000, "{}", octets.len());
    }

    #[test]
    fn a_stored_file_ends_where_what_stands_behind_it_is_true() {
        let local = |name: &str| {
            let mut head = Vec::from(LOCAL.to_le_bytes());
            for field in [20_u16, 8, 0, 0, 0] {
                head.extend(field.to_le_bytes());
            }
            head.extend([0; 12]);
            head.extend((name.len() as u16).to_le_bytes());
            head.extend([0; 2]);
            head.extend(name.as_bytes());
            head
        };
        let sum = |octets: &[u8]| {
            let mut crc = flate2::Crc::new();
            crc.update(octets);
            crc.sum()
        };
        let behind = |octets: &[u8], wide: bool| {
            let mut behind = Vec::from(BEHIND.to_le_bytes());
            behind.extend(sum(octets).to_le_bytes());
            for _ in 0..2 {
                behind.extend(&(octets.len() as u64).to_le_bytes()[..if wide { 8 } else { 4 }]);
            }
            behind
        };
        // What looks like an end inside, and one of another file.
        let inner = [b"PPK\x07\x08P".as_slice(), &local("x"), b"PK", &behind(b"PK", false), b"P"].concat();
        let archive = [
            local("folder/"),
            behind(b"", false),
            local("a"),
            inner.clone(),
            behind(&inner, false),
            local("b"),
            b"wide".to_vec(),
            behind(b"wide", true),
            local("c"),
            behind(b"", false),
            Vec::from(CENTRAL.to_le_bytes()),
        ]
        .concat();
        let (files, said) = read(&archive);
        assert_eq!(said, Vec::<String>::new());
        assert_eq!(
            files,
            [
                ("a".to_owned(), inner),
                ("b".to_owned(), b"wide".to_vec()),
                ("c".to_owned(), Vec::new())
            ]
        );
        for end in 0..archive.len() {
            assert!(!read(&archive[..end]).1.is_empty(), "{end}");
        }
    }

    #[test]
    fn what_was_not_read_is_passed_over() {
        let mut seen = Vec::new();
        each(&written()[..], |event| {
            if let Event::File(name, _) = event {
                seen.push(name.to_owned());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(seen.len(), 5);
    }

    #[test]
    fn an_octet_that_flipped_is_said_and_nothing_panics() {
        let octets = written();
        for at in 0..octets.len() {
            let mut flipped = octets.clone();
            flipped[at] ^= 0x10;
            let _ = read(&flipped);
        }
        let mut flipped = octets.clone();
        let at = flipped.windows(5).position(|window| window == b"short").unwrap();
        flipped[at] ^= 1;
        assert_eq!(read(&flipped).1, ["a.txt damaged"]);
        for end in 0..octets.len() {
            let _ = read(&octets[..end]);
        }
    }

    #[test]
    fn what_swells_without_measure_is_cut_off() {
        let mut archive = Archive::new(Vec::new());
        let mut part = archive.stream("bomb").unwrap();
        for _ in 0..300 {
            part.write_all(&vec![0; 1024 * 1024]).unwrap();
        }
        part.end().unwrap();
        let octets = archive.end().unwrap();
        let mut read = 0;
        let _ = each(&octets[..], |event| {
            if let Event::File(_, content) = event {
                let mut piece = vec![0; 65536];
                while let Ok(many) = content.read(&mut piece) {
                    read += many;
                    if many == 0 {
                        break;
                    }
                }
            }
            ControlFlow::Continue(())
        });
        assert!(read < 100 * 1024 * 1024, "{read}");
    }
}
