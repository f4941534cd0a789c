//! Zip archives (PKWARE APPNOTE 6.3) as streams: written without going back, and read without looking at the end.
//!
//! An upload has no end to look at before it is there, and nothing of it may lie on the disk meanwhile; so the
//! directory at the end is not read, and each file is taken as its own header says. Written is what every program
//! opens, with the 64-bit fields where they are needed; what is remembered of a file is its name and forty octets, so
//! that an archive of a hundred thousand messages takes some ten megabytes of memory. That is also why no library
//! does it: those read from the end, and remember much more of each file.
//!
//! Absent on purpose: encryption, methods other than *stored* and *deflate*, archives in several volumes, and a file
//! that is stored with its length behind it, whose end cannot be found.

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
