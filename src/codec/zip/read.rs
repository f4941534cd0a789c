//! Reading an archive from its beginning to its directory.

use super::{BEHIND, CENTRAL, END, END_64, LOCAL, WIDE};
use flate2::{Crc, bufread::DeflateDecoder};
use std::{
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
};

/// Octets that a file may swell to whatever it was packed in.
const FREE: u64 = 64 * 1024 * 1024;
/// How often larger than packed what is beyond that may be; deflate itself reaches 1,032, and mail some 20.
const SWELL: u64 = 100;
/// Octets that are unpacked at a time.
const PIECE: usize = 32 * 1024;

/// What is found.
pub enum Event<'a> {
    /// A file: its name, and its octets, of which as many may be read as are wanted.
    File(&'a str, &'a mut dyn BufRead),
    /// A file that cannot be read: encrypted, or packed in a way that is not known here.
    Closed(&'a str),
    /// The file that was handed over last is not what was packed, or does not end.
    Damaged(&'a str),
}

/// Hands over each file in order until `take` says that it is enough. An error where the archive breaks off, or where
/// it goes on cannot be found.
pub fn each<R: BufRead>(source: R, mut take: impl FnMut(Event<'_>) -> ControlFlow<()>) -> io::Result<()> {
    let mut source = Counted { source, at: 0 };
    loop {
        match u32::from_le_bytes(fixed(&mut source)?) {
            LOCAL => {}
            CENTRAL | END | END_64 => return Ok(()),
            _ => return Err(broken()),
        }
        let head = Head::read(&mut source)?;
        let flow = if head.name.ends_with('/') {
            // A folder. Some say behind it that nothing was in it.
            file(&mut source, &head, &mut |_: Event<'_>| ControlFlow::Continue(()))?
        } else {
            file(&mut source, &head, &mut take)?
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a whole zip archive")
}

struct Counted<R> {
    source: R,
    at: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount as u64;
        self.source.consume(amount);
    }
}

fn fixed<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
    let mut octets = [0; N];
    source.read_exact(&mut octets)?;
    Ok(octets)
}

fn several(source: &mut impl Read, many: u16) -> io::Result<Vec<u8>> {
    let mut octets = vec![0; usize::from(many)];
    source.read_exact(&mut octets)?;
    Ok(octets)
}

/// What stands before a file.
struct Head {
    name: String,
    method: u16,
    encrypted: bool,
    /// Whether the sum and the lengths stand behind it.
    later: bool,
    crc: u32,
    packed: u64,
    /// Whether its lengths stand in 64 bits.
    wide: bool,
}

impl Head {
    fn read(source: &mut impl Read) -> io::Result<Self> {
        let short = |source: &mut _| fixed(source).map(u16::from_le_bytes);
        let long = |source: &mut _| fixed(source).map(u32::from_le_bytes);
        let (_version, flags, method) = (short(source)?, short(source)?, short(source)?);
        let _time = long(source)?;
        let (crc, packed, size) = (long(source)?, long(source)?, long(source)?);
        let (name, more) = (short(source)?, short(source)?);
        let name = String::from_utf8_lossy(&several(source, name)?).into_owned();
        let more = several(source, more)?;
        let mut packed = u64::from(packed);
        if packed == u64::from(u32::MAX) {
            // The size comes first where it does not fit either.
            let at = if size == u32::MAX { 8 } else { 0 };
            packed = wide(&more).and_then(|wide| number(wide, at)).ok_or_else(broken)?;
        }
        Ok(Self {
            name,
            method,
            encrypted: flags & 1 != 0,
            later: flags & 8 != 0,
            crc,
            packed,
            wide: wide(&more).is_some(),
        })
    }
}

fn number(octets: &[u8], at: usize) -> Option<u64> {
    let octets = octets.get(at..)?.get(..8)?;
    octets.try_into().ok().map(u64::from_le_bytes)
}

/// The field with what does not fit into 32 bits.
fn wide(mut more: &[u8]) -> Option<&[u8]> {
    while let Some(([id0, id1, len0, len1], rest)) = more
        .split_at_checked(4)
        .and_then(|(head, rest)| Some((<[u8; 4]>::try_from(head).ok()?, rest)))
    {
        let (field, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([len0, len1])))?;
        if u16::from_le_bytes([id0, id1]) == WIDE {
            return Some(field);
        }
        more = rest;
    }
    None
}

fn file<R: BufRead>(
    source: &mut Counted<R>,
    head: &Head,
    take: &mut impl FnMut(Event<'_>) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let begun = source.at;
    let known = !head.later || head.packed > 0;
    if head.encrypted || !matches!(head.method, 0 | 8) {
        let flow = take(Event::Closed(&head.name));
        if !known {
            return Err(broken());
        }
        io::copy(&mut source.take(head.packed), &mut io::sink())?;
        behind(source, head, head.packed, None)?;
        return Ok(flow);
    }
    if head.method == 0 && !known {
        return match hand(Checked::of(Stored::of(source, head.wide), false), &head.name, take) {
            None => Ok(ControlFlow::Break(())),
            Some((.., Ok(()))) => Ok(ControlFlow::Continue(())),
            Some(_) => {
                let _ = take(Event::Damaged(&head.name));
                Err(broken())
            }
        };
    }
    let limit = if known { head.packed } else { u64::MAX };
    let mut packed = source.take(limit);
    let handed = if head.method == 8 {
        hand(Checked::of(DeflateDecoder::new(&mut packed), true), &head.name, take)
    } else {
        hand(Checked::of(&mut packed, false), &head.name, take)
    };
    let Some((crc, size, end)) = handed else {
        return Ok(ControlFlow::Break(()));
    };
    if known {
        io::copy(&mut packed, &mut io::sink())?;
    } else if end.is_err() {
        let _ = take(Event::Damaged(&head.name));
        return Err(broken());
    }
    let took = source.at - begun;
    let told = behind(source, head, took, Some(size))?;
    if end.is_err() || told != crc || (known && took != head.packed) {
        return Ok(take(Event::Damaged(&head.name)));
    }
    Ok(ControlFlow::Continue(()))
}

/// Hands a file over and reads the rest of it: its sum, its length, and whether it ended well; `None` where nothing
/// more is wanted.
fn hand<R: Read + Packed>(
    content: Checked<R>,
    name: &str,
    take: &mut impl FnMut(Event<'_>) -> ControlFlow<()>,
) -> Option<(u32, u64, io::Result<()>)> {
    let mut content = BufReader::with_capacity(PIECE, content);
    if take(Event::File(name, &mut content)).is_break() {
        return None;
    }
    let mut content = content.into_inner();
    let end = io::copy(&mut content, &mut io::sink()).map(drop);
    Some((content.crc.sum(), content.size, end))
}

/// The sum of a file: from before it, or from behind it, where the lengths stand in 32 or in 64 bits.
fn behind(source: &mut impl Read, head: &Head, packed: u64, size: Option<u64>) -> io::Result<u32> {
    if !head.later {
        return Ok(head.crc);
    }
    let mut crc = u32::from_le_bytes(fixed(source)?);
    if crc == BEHIND {
        crc = u32::from_le_bytes(fixed(source)?);
    }
    let first = u32::from_le_bytes(fixed(source)?);
    let second = u32::from_le_bytes(fixed(source)?);
    let short = u64::from(first) == packed && size.is_none_or(|size| u64::from(second) == size & u64::from(u32::MAX));
    // Some write 64 bits without saying so before.
    if head.wide || !short {
        fixed::<8>(source)?;
    }
    Ok(crc)
}

/// A file that is stored, with its sum and its lengths behind it only, as programs write it that pack while they send: it
/// ends where what stands there is true of everything before.
struct Stored<'a, R> {
    source: &'a mut Counted<R>,
    /// Octets that were looked at already.
    ahead: Vec<u8>,
    wide: bool,
    crc: Crc,
    size: u64,
    ended: bool,
}

impl<'a, R: BufRead> Stored<'a, R> {
    fn of(source: &'a mut Counted<R>, wide: bool) -> Self {
        Self {
            source,
            ahead: Vec::new(),
            wide,
            crc: Crc::new(),
            size: 0,
            ended: false,
        }
    }

    /// Whether the next octets begin with these; as many are looked at.
    fn next_are(&mut self, octets: &[u8]) -> io::Result<bool> {
        while self.ahead.len() < octets.len() {
            let [octet] = fixed(&mut self.source)?;
            self.ahead.push(octet);
        }
        Ok(self.ahead.starts_with(octets))
    }

    /// Whether it ends here.
    fn ends(&mut self) -> io::Result<bool> {
        let mark = BEHIND.to_le_bytes();
        if !self.next_are(&mark)? {
            return Ok(false);
        }
        let sum = [mark, self.crc.sum().to_le_bytes()].concat();
        if !self.next_are(&sum)? {
            return Ok(false);
        }
        let (long, short) = (self.size.to_le_bytes(), u32::try_from(self.size).ok().map(u32::to_le_bytes));
        if let Some(short) = short.filter(|_| !self.wide)
            && self.next_are(&[&sum[..], &short, &short].concat())?
        {
            return Ok(true);
        }
        self.next_are(&[&sum[..], &long, &long].concat())
    }
}

impl<R: BufRead> Read for Stored<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const FIRST: u8 = BEHIND.to_le_bytes()[0];
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let next = match self.ahead.first() {
            Some(octet) => Some(*octet),
            None => self.source.fill_buf()?.first().copied(),
        };
        let may_end = next == Some(FIRST);
        if may_end && self.ends()? {
            self.ended = true;
            return Ok(0);
        }
        // What may end it is looked at again where it stands; anything before that is its own.
        let from_source = self.ahead.is_empty();
        let known = if from_source {
            self.source.fill_buf()?
        } else {
            self.ahead.as_slice()
        };
        let begin = usize::from(may_end);
        let rest = known.get(begin..).unwrap_or_default();
        let many = begin + memchr::memchr(FIRST, rest).unwrap_or(rest.len());
        let taken = known.get(..many.min(buffer.len())).unwrap_or_default();
        if taken.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let many = taken.len();
        self.crc.update(taken);
        if let Some(place) = buffer.get_mut(..many) {
            place.copy_from_slice(taken);
        }
        self.size += many as u64;
        if from_source {
            self.source.consume(many);
        } else {
            self.ahead.drain(..many);
        }
        Ok(many)
    }
}

impl<R> Packed for Stored<'_, R> {
    fn packed(&self) -> u64 {
        u64::MAX
    }
}

/// Octets as they are handed over: summed, counted, and cut off where they swell without measure.
struct Checked<R> {
    from: R,
    crc: Crc,
    size: u64,
    limited: bool,
}

/// Tells how many octets were packed so far.
trait Packed {
    fn packed(&self) -> u64;
}

impl<R: BufRead> Packed for DeflateDecoder<R> {
    fn packed(&self) -> u64 {
        self.total_in()
    }
}

impl<R> Packed for &mut io::Take<R> {
    fn packed(&self) -> u64 {
        u64::MAX
    }
}

impl<R: Read + Packed> Checked<R> {
    fn of(from: R, limited: bool) -> Self {
        Self {
            from,
            crc: Crc::new(),
            size: 0,
            limited,
        }
    }
}

impl<R: Read + Packed> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.limited && self.size > FREE && self.size / SWELL > self.from.packed() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "swells without measure"));
        }
        let read = self.from.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        self.size += read as u64;
        Ok(read)
    }
}
