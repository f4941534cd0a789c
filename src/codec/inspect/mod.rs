//! What the files of a message are, by their names and by their octets. `flate2` lives here only.
//!
//! Everything is bounded: how much is unpacked of one message, how deep archives may lie in one another, how
//! many of their files are looked at. What could not be looked into says so, which is a reason as well.
//! Absent on purpose: virus signatures (an owner who wants them has a scanner, see `net::clamd`), running
//! or rendering anything, and unpacking RAR, 7z and what is packed otherwise than by deflate.

mod archive;
mod name;
mod octets;
mod office;
mod packed;
mod page;

pub(crate) use page::assembles;

use crate::{
    codec::{html, mime},
    domain::{
        danger::{Danger, Threat},
        message::{Attachment, Reading},
    },
};
use flate2::read::MultiGzDecoder;
use name::Kind;
use octets::{holds, size_at, slice, u32_at};
use std::io::Read;

/// Octets that are unpacked of one message, over all its archives.
const UNPACKED: usize = 32 * 1024 * 1024;
/// Octets that are unpacked of one file in an archive.
const ENTRY: usize = 8 * 1024 * 1024;
/// Octets of a file in an archive that tell what it is, where nothing more is asked of it.
const START: usize = 4_096;
/// Files in archives that are looked at, in one message.
const ENTRIES: usize = 1_000;
/// Archives in one another.
const DEPTH: usize = 4;
/// An archive that says it becomes so many octets, and so many times larger, is made to fill a disk.
const BOMB_SIZE: u64 = 256 * 1024 * 1024;
const BOMB_RATIO: u64 = 100;
/// Links of a message that are told.
const LINKS: usize = 5;

/// The virus scanners' test file (EICAR, 2003), in two halves so that this program is not taken for it.
const TEST_VIRUS: [&[u8]; 2] = [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// What is left of the bounds while a message is looked at.
struct Budget {
    octets: usize,
    entries: usize,
}

impl Budget {
    fn whole() -> Self {
        Self {
            octets: UNPACKED,
            entries: ENTRIES,
        }
    }
}

/// The octets of a file, unpacked where it is packed by gzip or, as its first file, in a zip archive; `None` where they
/// are more than `most`, or cannot be unpacked.
pub(crate) fn unpacked(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let out = if bytes.starts_with(b"\x1f\x8b") {
        let mut out = Vec::new();
        let limit = (most as u64).saturating_add(1);
        MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out).ok()?;
        out
    } else if packed::is_zip(bytes) {
        let listing = packed::list(bytes);
        let first = listing.entries.iter().find(|entry| !entry.name.ends_with('/'))?;
        packed::unpack(bytes, first, most.saturating_add(1))?
    } else {
        bytes.get(..most.saturating_add(1)).unwrap_or(bytes).to_vec()
    };
    (out.len() <= most).then_some(out)
}

/// The dangers of a message's text and files. Who the author pretends to be is `domain::danger::sender`'s.
pub fn look(raw: &[u8], reading: &Reading) -> Vec<Danger> {
    let mut found = text_dangers(reading);
    let mut budget = Budget::whole();
    let wanted: Vec<u32> = reading.attachments.iter().map(|file| file.part).collect();
    mime::each_part(raw, &wanted, |part, bytes| {
        let Some(file) = reading.attachments.iter().find(|file| file.part == part) else {
            return;
        };
        let threats = examine(&file.name, &file.media_type, bytes, 0, &mut budget);
        found.extend(threats.into_iter().map(|threat| Danger::File { part, threat }));
    });
    found
}

fn text_dangers(reading: &Reading) -> Vec<Danger> {
    let mut found = Vec::new();
    if let Some(source) = reading.html.as_deref() {
        let links = html::deceptive_links(source).into_iter().take(LINKS);
        found.extend(links.map(|(shown, opens)| Danger::DeceptiveLink { shown, opens }));
        if assembles(source) {
            found.push(Danger::Assembles);
        }
    }
    if holds(reading.text.as_bytes(), &TEST_VIRUS.concat()) {
        found.push(Danger::Virus { name: "EICAR".to_owned() });
    }
    found
}

/// What is the matter with one file; each threat once.
pub fn inspect(file: &Attachment, bytes: &[u8]) -> Vec<Threat> {
    examine(&file.name, &file.media_type, bytes, 0, &mut Budget::whole())
}

fn examine(name: &str, media_type: &str, bytes: &[u8], depth: usize, budget: &mut Budget) -> Vec<Threat> {
    let mut found = name::threats(name);
    let kind = name::kind(name);
    let start = bytes.get(..1_024).unwrap_or(bytes);
    if bytes.starts_with(&TEST_VIRUS.concat()) || holds(start, &TEST_VIRUS.concat()) {
        found.push(Threat::TestVirus);
    }
    match by_content(bytes) {
        Some(threat @ (Threat::Program | Threat::Script)) if !matches!(kind, Some(Kind::Program | Kind::Script | Kind::Source)) => {
            // A library or program without any ending is what it is; with another one it is disguised.
            let honest = name::ending(name).is_empty() || matches!(name::ending(name).as_str(), "bin" | "so" | "dat" | "o" | "dylib");
            found.push(if honest || threat == Threat::Script {
                threat
            } else {
                Threat::Disguised
            });
        }
        Some(threat) => found.push(threat),
        None => {}
    }
    found.extend(inside(name, kind, media_type, bytes, depth, budget));
    let mut once = Vec::with_capacity(found.len());
    for threat in found {
        if !once.contains(&threat) {
            once.push(threat);
        }
    }
    once
}

/// What the first octets say, whatever the name does.
fn by_content(bytes: &[u8]) -> Option<Threat> {
    let at = |place: usize, mark: &[u8]| slice(bytes, place, mark.len()) == Some(mark);
    // A DOS header says where the other one is; "MZ" alone also begins words.
    let portable = || at(0, b"MZ") && size_at(bytes, 60).is_some_and(|header| at(header, b"PE\0\0") || at(header, b"NE"));
    let mach = [0xfeed_face, 0xfeed_facf, 0xcefa_edfe, 0xcffa_edfe, 0xbeba_feca];
    if portable() || at(0, b"\x7fELF") || at(0, b"dex\n") || at(0, b"Cr24") || u32_at(bytes, 0).is_some_and(|mark| mach.contains(&mark)) {
        return Some(Threat::Program);
    }
    if at(0, b"\x4c\0\0\0\x01\x14\x02\0") {
        return Some(Threat::Shortcut);
    }
    if at(0x8001, b"CD001") || at(0, b"conectix") || at(0, b"vhdxfile") || at(0, b"MSWIM\0\0\0") || at(0, b"KDMV") {
        return Some(Threat::DiskImage);
    }
    if at(0, b"ITSF") || at(0, b"#!") || at(0, b"#@~^") {
        return Some(Threat::Script);
    }
    // OneNote with a file in it: {7B5C52E4-D88C-4DA7-AEB1-5378D02996D3} and {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}.
    let note = at(0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3");
    (note && holds(bytes, b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac")).then_some(Threat::Embedded)
}

/// What is inside of a document, page or archive.
fn inside(name: &str, kind: Option<Kind>, media_type: &str, bytes: &[u8], depth: usize, budget: &mut Budget) -> Vec<Threat> {
    if office::is_compound(bytes) {
        return office::compound(bytes);
    }
    if office::is_rich_text(bytes) {
        return office::rich_text(bytes);
    }
    if page::is_pdf(bytes) {
        return page::pdf(bytes);
    }
    if kind == Some(Kind::Drawing) && !bytes.starts_with(b"\x1f\x8b") || media_type == "image/svg+xml" || page::is_drawing(bytes) {
        return page::drawing(bytes);
    }
    if kind == Some(Kind::WebPage) || media_type == "text/html" || page::is_page(bytes) {
        let is_text = media_type.starts_with("text/") && media_type != "text/html" && kind != Some(Kind::WebPage);
        let mut found = if is_text { Vec::new() } else { vec![Threat::WebPage] };
        found.extend(page::page(bytes));
        return found;
    }
    if let Some(names) = archive::rar(bytes).or_else(|| archive::seven(bytes)) {
        return listed(&names);
    }
    let nested = bytes.starts_with(b"\x1f\x8b")
        || packed::is_zip(bytes)
        || archive::is_tar(bytes)
        || media_type == "message/rfc822"
        || name::ending(name) == "eml";
    if nested && depth >= DEPTH {
        return vec![Threat::Unread];
    }
    if bytes.starts_with(b"\x1f\x8b") {
        return gzip(name, bytes, depth, budget);
    }
    if packed::is_zip(bytes) {
        return zipped(bytes, depth, budget);
    }
    if archive::is_tar(bytes) {
        let members = archive::tar(bytes);
        return members
            .iter()
            .flat_map(|member| within(&member.name, member.bytes, depth, budget))
            .collect();
    }
    if nested {
        return message(bytes, depth, budget);
    }
    if kind == Some(Kind::Closed) || is_closed(bytes) {
        let mut found = surface(&name::without_ending(name)).into_iter().collect::<Vec<_>>();
        found.push(Threat::Unread);
        return found;
    }
    Vec::new()
}

/// Archives that are known by their first octets and not looked into.
fn is_closed(bytes: &[u8]) -> bool {
    let marks: [&[u8]; 7] = [
        b"BZh",
        b"\xfd7zXZ\0",
        b"\x28\xb5\x2f\xfd",
        b"LZIP",
        b"MSCF",
        b"\x60\xea",
        b"\x04\x22\x4d\x18",
    ];
    marks.iter().any(|mark| bytes.starts_with(mark)) || slice(bytes, 7, 7) == Some(b"**ACE**") || slice(bytes, 2, 3) == Some(b"-lh")
}

/// Whether a file in an archive is dangerous by its name alone.
fn surface(name: &str) -> Option<Threat> {
    let own = name::threats(name);
    let dangerous = match name::kind(name) {
        // Every archive of sources has some.
        Some(Kind::Source | Kind::WebPage | Kind::MacroDocument) => own
            .iter()
            .any(|threat| matches!(threat, Threat::TurnedName | Threat::DoubleExtension)),
        _ => !own.is_empty(),
    };
    dangerous.then(|| Threat::ProgramInArchive { name: shown(name) })
}

/// A name from an archive as it is told: its last part, without anything that is not a character.
fn shown(name: &str) -> String {
    const MOST: usize = 80;
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(MOST).collect()
}

/// What names in a list that is not unpacked come to.
fn listed(names: &archive::Names) -> Vec<Threat> {
    let mut found: Vec<Threat> = names.names.iter().filter_map(|name| surface(name)).take(1).collect();
    found.extend(names.locked.then_some(Threat::Locked));
    found.extend(names.unread.then_some(Threat::Unread));
    found
}

/// What a file within an archive means for the archive.
fn within(name: &str, bytes: &[u8], depth: usize, budget: &mut Budget) -> Vec<Threat> {
    if budget.entries == 0 {
        return surface(name).into_iter().collect();
    }
    budget.entries -= 1;
    let mut found: Vec<Threat> = surface(name).into_iter().collect();
    for threat in examine(name, "", bytes, depth + 1, budget) {
        let sources = matches!(name::kind(name), Some(Kind::Source)) || bytes.starts_with(b"#!");
        match threat {
            Threat::Program | Threat::Disguised | Threat::Shortcut | Threat::DiskImage if found.is_empty() => {
                found.push(Threat::ProgramInArchive { name: shown(name) });
            }
            Threat::Script if found.is_empty() && !sources => found.push(Threat::ProgramInArchive { name: shown(name) }),
            Threat::Program | Threat::Disguised | Threat::Shortcut | Threat::DiskImage | Threat::Script => {}
            Threat::WebPage | Threat::TurnedName | Threat::DoubleExtension => {}
            other => found.push(other),
        }
    }
    found
}

fn gzip(name: &str, bytes: &[u8], depth: usize, budget: &mut Budget) -> Vec<Threat> {
    let inner = name::without_ending(name);
    let most = ENTRY.min(budget.octets);
    let mut out = Vec::new();
    // What is broken in the middle is looked at up to there.
    let _ = MultiGzDecoder::new(bytes).take(most as u64).read_to_end(&mut out);
    budget.octets -= out.len().min(budget.octets);
    let mut found = within(&inner, &out, depth, budget);
    if is_bomb(bytes.len() as u64, out.len() as u64, most) {
        found.push(Threat::Bomb);
    }
    found
}

/// Whether unpacking stopped at its bound with next to nothing used up.
fn is_bomb(packed: u64, unpacked: u64, most: usize) -> bool {
    unpacked >= most as u64 && most > 0 && packed.saturating_mul(BOMB_RATIO) < unpacked
}

fn zipped(bytes: &[u8], depth: usize, budget: &mut Budget) -> Vec<Threat> {
    let listing = packed::list(bytes);
    let mut found = Vec::new();
    let size: u64 = listing.entries.iter().map(|entry| entry.size).sum();
    if listing.more || size > BOMB_SIZE && size / BOMB_RATIO > bytes.len() as u64 {
        found.push(Threat::Bomb);
    }
    if listing.entries.iter().any(|entry| entry.locked) {
        found.push(Threat::Locked);
    }
    let is_package = listing
        .entries
        .iter()
        .any(|entry| matches!(entry.name.as_str(), "[Content_Types].xml" | "mimetype" | "AndroidManifest.xml"));
    if listing
        .entries
        .iter()
        .any(|entry| matches!(entry.name.as_str(), "AndroidManifest.xml" | "AppxManifest.xml"))
    {
        found.push(Threat::Program);
    }
    if is_package {
        let read = |name: &str| {
            let entry = listing.entries.iter().find(|entry| entry.name == name)?;
            let octets = packed::unpack(bytes, entry, ENTRY.min(budget.octets))?;
            budget.octets -= octets.len().min(budget.octets);
            Some(octets)
        };
        found.extend(office::package(listing.entries.iter().map(|entry| entry.name.as_str()), read));
    }
    for entry in &listing.entries {
        if found.len() > 20 {
            break;
        }
        found.extend(entry_threats(bytes, entry, is_package, depth, budget));
    }
    found
}

fn entry_threats(bytes: &[u8], entry: &packed::Entry, is_package: bool, depth: usize, budget: &mut Budget) -> Vec<Threat> {
    let by_name = || surface(&entry.name).into_iter().collect();
    let whole = match name::kind(&entry.name) {
        Some(Kind::Archive | Kind::Document | Kind::MacroDocument | Kind::WebPage | Kind::Drawing) => true,
        // What an office document is made of was looked at as such.
        _ if is_package => return by_name(),
        _ => false,
    };
    let most = if whole { ENTRY } else { START }.min(budget.octets);
    if entry.locked || budget.entries == 0 || most == 0 {
        return by_name();
    }
    let Some(octets) = packed::unpack(bytes, entry, most) else {
        return by_name();
    };
    budget.octets -= octets.len().min(budget.octets);
    let mut found = within(&entry.name, &octets, depth, budget);
    if whole && is_bomb(entry.packed, octets.len() as u64, most) {
        found.push(Threat::Bomb);
    }
    found
}

/// A message as a file: its files are in it as in an archive.
fn message(bytes: &[u8], depth: usize, budget: &mut Budget) -> Vec<Threat> {
    let reading = mime::read(bytes);
    let wanted: Vec<u32> = reading.attachments.iter().map(|file| file.part).collect();
    let mut found = Vec::new();
    mime::each_part(bytes, &wanted, |part, octets| {
        if let Some(file) = reading.attachments.iter().find(|file| file.part == part) {
            found.extend(within(&file.name, octets, depth, budget));
        }
    });
    found
}

#[cfg(test)]
mod tests;
