//! Writing an archive: one file behind the other, the directory last.

use super::{BEHIND, CENTRAL, END, END_64, LOCAL, LOCATOR, WIDE};
use flate2::{Compression, Crc, write::DeflateEncoder};
use std::io::{self, Write};

/// 1980-01-01, the first day that the format knows: no file says when it was written, and two archives of the same
/// are the same.
const DAY: u16 = 0x21;
/// The names are UTF-8; and the length stands behind the file.
const UTF8: u16 = 1 << 11;
const LATER: u16 = 1 << 3;
const STORED: u16 = 0;
const DEFLATE: u16 = 8;
/// The version of the format that a reader needs: 2.0, or 4.5 for 64-bit fields.
const PLAIN: u16 = 20;
const WIDE_VERSION: u16 = 45;
/// Written by Unix, so that the mode counts: a file that is the owner's alone.
const MADE_BY: u16 = 0x0300 | WIDE_VERSION;
const MODE: u32 = 0o100_600 << 16;

/// What is remembered of a file.
struct Entry {
    name: Box<str>,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
    method: u16,
    later: bool,
}

/// An archive in the making.
pub struct Archive<W: Write> {
    out: Counted<W>,
    entries: Vec<Entry>,
}

struct Counted<W> {
    out: W,
    at: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.out.write(octets)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<W: Write> Archive<W> {
    /// Begins one.
    pub fn new(out: W) -> Self {
        Self {
            out: Counted { out, at: 0 },
            entries: Vec::new(),
        }
    }

    /// Adds a file of which everything is there.
    pub fn add(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        let mut crc = Crc::new();
        crc.update(octets);
        let mut packing = DeflateEncoder::new(Vec::new(), Compression::fast());
        packing.write_all(octets)?;
        let packed = packing.finish()?;
        let (method, content) = if packed.len() < octets.len() {
            (DEFLATE, packed.as_slice())
        } else {
            (STORED, octets)
        };
        let entry = Entry {
            name: name.into(),
            crc: crc.sum(),
            packed: content.len() as u64,
            size: octets.len() as u64,
            at: self.out.at,
            method,
            later: false,
        };
        self.out.write_all(&local(&entry))?;
        self.out.write_all(content)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Begins a file of any length; [`Part::end`] ends it.
    pub fn stream(&mut self, name: &str) -> io::Result<Part<'_, W>> {
        let entry = Entry {
            name: name.into(),
            crc: 0,
            packed: 0,
            size: 0,
            at: self.out.at,
            method: DEFLATE,
            later: true,
        };
        self.out.write_all(&local(&entry))?;
        let begun = self.out.at;
        Ok(Part {
            packing: DeflateEncoder::new(&mut self.out, Compression::fast()),
            entries: &mut self.entries,
            entry,
            begun,
            crc: Crc::new(),
        })
    }

    /// Writes the directory; gives what was written to.
    pub fn end(mut self) -> io::Result<W> {
        let begin = self.out.at;
        for entry in &self.entries {
            self.out.write_all(&central(entry))?;
        }
        let (size, many) = (self.out.at - begin, self.entries.len() as u64);
        let mut end = Vec::new();
        if many >= u64::from(u16::MAX) || begin >= u64::from(u32::MAX) || size >= u64::from(u32::MAX) {
            end.extend(END_64.to_le_bytes());
            end.extend(44_u64.to_le_bytes());
            end.extend(MADE_BY.to_le_bytes());
            end.extend(WIDE_VERSION.to_le_bytes());
            end.extend([0; 8]);
            for number in [many, many, size, begin] {
                end.extend(number.to_le_bytes());
            }
            end.extend(LOCATOR.to_le_bytes());
            end.extend([0; 4]);
            end.extend((begin + size).to_le_bytes());
            end.extend(1_u32.to_le_bytes());
        }
        let count = u16::try_from(many).unwrap_or(u16::MAX).to_le_bytes();
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        end.extend(count);
        end.extend(count);
        end.extend(low(size).to_le_bytes());
        end.extend(low(begin).to_le_bytes());
        end.extend([0; 2]);
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok(self.out.out)
    }
}

/// A file that is being written.
pub struct Part<'a, W: Write> {
    packing: DeflateEncoder<&'a mut Counted<W>>,
    entries: &'a mut Vec<Entry>,
    entry: Entry,
    begun: u64,
    crc: Crc,
}

impl<W: Write> Write for Part<'_, W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.packing.write(octets)?;
        self.crc.update(octets.get(..written).unwrap_or_default());
        self.entry.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Part<'_, W> {
    /// Ends the file.
    pub fn end(self) -> io::Result<()> {
        let Self {
            packing,
            entries,
            mut entry,
            begun,
            crc,
        } = self;
        let out = packing.finish()?;
        entry.crc = crc.sum();
        entry.packed = out.at - begun;
        let mut behind = Vec::from(BEHIND.to_le_bytes());
        behind.extend(entry.crc.to_le_bytes());
        behind.extend(entry.packed.to_le_bytes());
        behind.extend(entry.size.to_le_bytes());
        out.write_all(&behind)?;
        entries.push(entry);
        Ok(())
    }
}

fn flags(entry: &Entry) -> u16 {
    if entry.later { UTF8 | LATER } else { UTF8 }
}

/// What stands before a file. No file of known length is larger than a message may be.
fn local(entry: &Entry) -> Vec<u8> {
    let mut head = Vec::from(LOCAL.to_le_bytes());
    let version = if entry.later { WIDE_VERSION } else { PLAIN };
    for field in [version, flags(entry), entry.method, 0, DAY] {
        head.extend(field.to_le_bytes());
    }
    head.extend(entry.crc.to_le_bytes());
    let (packed, size) = if entry.later {
        (u32::MAX, u32::MAX)
    } else {
        (low(entry.packed), low(entry.size))
    };
    head.extend(packed.to_le_bytes());
    head.extend(size.to_le_bytes());
    head.extend((entry.name.len() as u16).to_le_bytes());
    head.extend((if entry.later { 20_u16 } else { 0 }).to_le_bytes());
    head.extend(entry.name.as_bytes());
    if entry.later {
        head.extend(WIDE.to_le_bytes());
        head.extend(16_u16.to_le_bytes());
        head.extend([0; 16]);
    }
    head
}

/// A line of the directory.
fn central(entry: &Entry) -> Vec<u8> {
    let mut wide = Vec::new();
    for number in [entry.size, entry.packed, entry.at] {
        if number >= u64::from(u32::MAX) {
            wide.extend(number.to_le_bytes());
        }
    }
    let mut line = Vec::from(CENTRAL.to_le_bytes());
    let version = if entry.later || !wide.is_empty() { WIDE_VERSION } else { PLAIN };
    for field in [MADE_BY, version, flags(entry), entry.method, 0, DAY] {
        line.extend(field.to_le_bytes());
    }
    line.extend(entry.crc.to_le_bytes());
    line.extend(low(entry.packed).to_le_bytes());
    line.extend(low(entry.size).to_le_bytes());
    line.extend((entry.name.len() as u16).to_le_bytes());
    line.extend((if wide.is_empty() { 0 } else { wide.len() as u16 + 4 }).to_le_bytes());
    line.extend([0; 6]);
    line.extend(MODE.to_le_bytes());
    line.extend(low(entry.at).to_le_bytes());
    line.extend(entry.name.as_bytes());
    if !wide.is_empty() {
        line.extend(WIDE.to_le_bytes());
        line.extend((wide.len() as u16).to_le_bytes());
        line.extend(wide);
    }
    line
}
