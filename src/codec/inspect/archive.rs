//! Names in archives other than zip: tar, RAR 4 and 5, 7z. Nothing of RAR and 7z is unpacked.

use super::octets::{holds, slice, u16_at, u32_at, u64_at};

/// Entries that are listed.
const MOST: usize = 10_000;

/// What a list of names came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub names: Vec<String>,
    /// Something in it, or the list itself, needs a password.
    pub locked: bool,
    /// The list could not be read, or not to its end.
    pub unread: bool,
}

/// A file in a tar archive and its octets.
pub(super) struct Member<'a> {
    pub name: String,
    pub bytes: &'a [u8],
}

/// Whether these octets are a tar archive (POSIX.1 ustar, and GNU's).
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    slice(bytes, 257, 5) == Some(b"ustar")
}

/// The files of a tar archive, as far as it can be read.
pub(super) fn tar(bytes: &[u8]) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    let (mut at, mut long) = (0_usize, None);
    while let Some(header) = slice(bytes, at, 512).filter(|header| header.iter().any(|octet| *octet != 0)) {
        let field = |from: usize, len: usize| {
            let field = slice(header, from, len).unwrap_or_default();
            let end = memchr::memchr(0, field).unwrap_or(field.len());
            String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
        };
        let size = usize::from_str_radix(field(124, 12).trim(), 8).unwrap_or(0);
        let body = bytes.get(at + 512..).unwrap_or_default();
        let body = body.get(..size).unwrap_or(body);
        let kind = header.get(156).copied().unwrap_or(0);
        if kind == b'L' {
            // GNU: the name of the next one is too long for its header.
            long = Some(
                String::from_utf8_lossy(body.get(..1_024).unwrap_or(body))
                    .trim_end_matches('\0')
                    .to_owned(),
            );
        } else if matches!(kind, 0 | b'0' | b'7') && members.len() < MOST {
            let short = field(0, 100);
            members.push(Member {
                name: long.take().unwrap_or(short),
                bytes: body,
            });
        }
        let Some(next) = size.div_ceil(512).checked_mul(512).and_then(|len| at.checked_add(512 + len)) else {
            break;
        };
        at = next;
    }
    members
}

/// The names in a RAR archive, of format 4 or 5; `None` where it is none.
pub(super) fn rar(bytes: &[u8]) -> Option<Names> {
    let mut names = Names::default();
    if bytes.starts_with(b"Rar!\x1a\x07\x01\x00") {
        names.unread = rar5(bytes, &mut names).is_none();
    } else if bytes.starts_with(b"Rar!\x1a\x07\x00") {
        names.unread = rar4(bytes, &mut names).is_none();
    } else {
        return None;
    }
    names.unread &= !names.locked && names.names.is_empty();
    Some(names)
}

fn rar4(bytes: &[u8], names: &mut Names) -> Option<()> {
    let mut at = 7;
    while at < bytes.len() && names.names.len() < MOST {
        let (kind, flags) = (*bytes.get(at + 2)?, u16_at(bytes, at + 3)?);
        let header = usize::from(u16_at(bytes, at + 5)?);
        let mut data = 0;
        match kind {
            0x73 if flags & 0x80 != 0 => {
                names.locked = true;
                return Some(());
            }
            0x74 => {
                data = usize::try_from(u32_at(bytes, at + 7)?).ok()?;
                names.locked |= flags & 0x04 != 0;
                let long = if flags & 0x100 != 0 { 8 } else { 0 };
                let name = slice(bytes, at + 32 + long, usize::from(u16_at(bytes, at + 26)?))?;
                // A name may be given twice: in an old encoding, and behind a zero in a packed Unicode.
                let end = memchr::memchr(0, name).unwrap_or(name.len());
                names.names.push(String::from_utf8_lossy(name.get(..end)?).into_owned());
            }
            0x7b => return Some(()),
            _ if flags & 0x8000 != 0 => data = usize::try_from(u32_at(bytes, at + 7)?).ok()?,
            _ => (),
        }
        at = at.checked_add(header.max(7))?.checked_add(data)?;
    }
    Some(())
}

/// A number of RAR 5: seven bits an octet, the lowest first.
fn vint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let octet = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn rar5(bytes: &[u8], names: &mut Names) -> Option<()> {
    let mut at = 8_usize;
    while at < bytes.len() && names.names.len() < MOST {
        at = at.checked_add(4)?;
        let size = usize::try_from(vint(bytes, &mut at)?).ok()?;
        let end = at.checked_add(size)?;
        let header = slice(bytes, at, size)?;
        let mut here = 0;
        let (kind, flags) = (vint(header, &mut here)?, vint(header, &mut here)?);
        let extra = if flags & 1 != 0 { vint(header, &mut here)? } else { 0 };
        let data = if flags & 2 != 0 { vint(header, &mut here)? } else { 0 };
        match kind {
            2 => {
                let how = vint(header, &mut here)?;
                let (_size, _attributes) = (vint(header, &mut here)?, vint(header, &mut here)?);
                here += if how & 2 != 0 { 4 } else { 0 } + if how & 4 != 0 { 4 } else { 0 };
                let (_packing, _system) = (vint(header, &mut here)?, vint(header, &mut here)?);
                let length = usize::try_from(vint(header, &mut here)?).ok()?;
                names.names.push(String::from_utf8_lossy(slice(header, here, length)?).into_owned());
                let mut record = size.checked_sub(usize::try_from(extra).ok()?)?;
                while record < size {
                    let length = usize::try_from(vint(header, &mut record)?).ok()?;
                    let next = record.checked_add(length.max(1))?;
                    names.locked |= vint(header, &mut record)? == 1;
                    record = next;
                }
            }
            // From here on everything is encrypted, the names too.
            4 => {
                names.locked = true;
                return Some(());
            }
            5 => return Some(()),
            _ => (),
        }
        at = end.checked_add(usize::try_from(data).ok()?)?;
    }
    Some(())
}

/// What can be told of a 7z archive without unpacking its list, which nearly all of them pack; `None` where it
/// is none.
pub(super) fn seven(bytes: &[u8]) -> Option<Names> {
    const AES: &[u8] = &[0x06, 0xf1, 0x07, 0x01];
    if !bytes.starts_with(b"7z\xbc\xaf\x27\x1c") {
        return None;
    }
    let place = || Some((usize::try_from(u64_at(bytes, 12)?).ok()?, usize::try_from(u64_at(bytes, 20)?).ok()?));
    let header = place()
        .and_then(|(offset, size)| slice(bytes, offset.checked_add(32)?, size))
        .unwrap_or_default();
    let locked = holds(header, AES);
    let names = if header.first() == Some(&1) {
        wide_texts(header)
    } else {
        Vec::new()
    };
    Some(Names {
        unread: names.is_empty() && !locked,
        names,
        locked,
    })
}

/// The names in a list that is not packed: UTF-16, each with a zero at its end.
fn wide_texts(header: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    // The list begins at an odd or an even place.
    for start in 0..2 {
        let units = header.get(start..).unwrap_or_default().chunks_exact(2);
        let mut name = String::new();
        for unit in units.map(|pair| u16_at(pair, 0).unwrap_or(0)) {
            match char::from_u32(u32::from(unit)).filter(|c| !c.is_control()) {
                Some(c) => name.push(c),
                None => {
                    if name.contains('.') && unit == 0 && names.len() < MOST {
                        names.push(std::mem::take(&mut name));
                    }
                    name.clear();
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_each_kind() {
        // Made by hand after the formats' descriptions: one stored file each.
        let mut rar4 = b"Rar!\x1a\x07\x00".to_vec();
        rar4.extend([0, 0, 0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0]);
        let file = |flags: u8| {
            let mut block = vec![0, 0, 0x74, flags, 0x80, 32 + 5, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0];
            block.extend([0; 4 + 4]);
            block.extend([29, 0x30, 5, 0, 0, 0, 0, 0]);
            block.extend(b"a.exehi");
            block
        };
        rar4.extend(file(0));
        rar4.extend(file(4));
        let found = rar(&rar4).unwrap();
        assert_eq!(
            (found.names, found.locked, found.unread),
            (vec!["a.exe".to_owned(); 2], true, false)
        );

        let mut rar5 = b"Rar!\x1a\x07\x01\x00".to_vec();
        let block = |body: &[u8]| [&[0, 0, 0, 0, body.len() as u8][..], body].concat();
        rar5.extend(block(&[1, 0, 0]));
        rar5.extend([block(b"\x02\x02\x02\x00\x02\x00\x00\x01\x05b.exe"), b"hi".to_vec()].concat());
        rar5.extend([block(b"\x02\x03\x02\x02\x00\x02\x00\x00\x01\x05c.exe\x01\x01"), b"hi".to_vec()].concat());
        let found = rar(&rar5).unwrap();
        assert_eq!((found.names, found.locked), (vec!["b.exe".to_owned(), "c.exe".to_owned()], true));
        assert!(rar(b"Rar!\x1a\x07\x01\x00\x00").unwrap().unread);

        let mut seven = b"7z\xbc\xaf\x27\x1c\x00\x04\x00\x00\x00\x00".to_vec();
        let list = [&[1_u8, 0x11][..], &[b'd', 0, b'.', 0, b'e', 0, b'x', 0, b'e', 0, 0, 0]].concat();
        seven.extend(0_u64.to_le_bytes());
        seven.extend((list.len() as u64).to_le_bytes());
        seven.extend([0; 4]);
        seven.extend(&list);
        // The octets before a list may be taken for letters of its first name; its ending is what counts.
        assert!(self::seven(&seven).unwrap().names.iter().any(|name| name.ends_with("d.exe")));
        assert!(self::seven(&seven[..32]).unwrap().unread);
        assert_eq!(self::seven(b"x"), None);
    }

    #[test]
    fn no_cut_of_an_archive_reads_beyond_it() {
        let mut tar = vec![0_u8; 1_024];
        tar[..5].copy_from_slice(b"x.exe");
        tar[124..135].copy_from_slice(b"77777777777");
        tar[257..262].copy_from_slice(b"ustar");
        for len in 0..tar.len() {
            let _ = super::tar(&tar[..len]);
        }
        assert_eq!(super::tar(&tar)[0].name, "x.exe");
        for begin in [&b"Rar!\x1a\x07\x00"[..], b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c"] {
            for octet in 0..=255 {
                let hostile = [begin, &[octet; 80]].concat();
                for len in 0..hostile.len() {
                    let _ = (rar(&hostile[..len]), seven(&hostile[..len]));
                }
            }
        }
    }
}
