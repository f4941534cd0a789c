//! Taking out of a picture what it tells of its maker: where it was taken, with which camera, when, and by whom.
//!
//! The boxes of JPEG (ITU-T T.81 annex B), PNG (W3C PNG, section 5) and WebP (RFC 9649) are walked, and only those
//! that draw are kept; the pixels are not touched, octet for octet. What says which way is up stays, and nothing
//! else of its Exif. What stands behind the picture goes as well: phones put a second one there, or a film.
//!
//! Absent on purpose: decoding anything, and any other format. What cannot be followed to its end is not guessed at.

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleaned {
    /// It is none of the three formats.
    Other,
    /// It is a picture, and there was nothing in it to take out.
    Clean,
    /// What is left of it, and what was taken out.
    Stripped(Vec<u8>, Found),
    /// It calls itself one of the three and cannot be followed to its end.
    Unreadable,
}

/// What was found in a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Where it was taken.
    pub place: bool,
}

/// Boxes of one picture that are walked.
const MAX_BOXES: usize = 100_000;

/// Takes out of a picture what does not draw.
pub fn clean(octets: &[u8]) -> Cleaned {
    let made = if octets.starts_with(&[0xff, 0xd8, 0xff]) {
        jpeg(octets)
    } else if octets.starts_with(PNG) {
        png(octets)
    } else if octets.starts_with(b"RIFF") && octets.get(8..12) == Some(b"WEBP") {
        webp(octets)
    } else {
        return Cleaned::Other;
    };
    match made {
        None => Cleaned::Unreadable,
        Some((out, _)) if out == octets => Cleaned::Clean,
        Some((out, found)) => Cleaned::Stripped(out, found),
    }
}

type Made = Option<(Vec<u8>, Found)>;

/// A number of two or four octets, as an Exif block orders them.
#[derive(Clone, Copy)]
struct Order {
    big: bool,
}

impl Order {
    fn two(self, octets: &[u8], at: usize) -> Option<u16> {
        let pair = octets.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        })
    }

    fn four(self, octets: &[u8], at: usize) -> Option<u32> {
        let four = octets.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }
}

/// What counts of an Exif block: which way is up (2 to 8; 1 is as it lies), and whether it tells a place.
#[derive(Clone, Copy, Default)]
struct Told {
    orientation: u16,
    found: Found,
}

impl Told {
    /// Reads the first directory of a TIFF block (Exif 2.32, section 4.6.2).
    fn read(&mut self, tiff: &[u8]) {
        let tiff = tiff.strip_prefix(b"Exif\0\0".as_slice()).unwrap_or(tiff);
        let order = Order {
            big: tiff.starts_with(b"MM"),
        };
        let Some(start) = order.four(tiff, 4).and_then(|start| usize::try_from(start).ok()) else {
            return;
        };
        let many = order.two(tiff, start).unwrap_or(0);
        for entry in 0..usize::from(many).min(500) {
            let Some(at) = start.checked_add(2 + 12 * entry) else { return };
            match order.two(tiff, at) {
                Some(0x0112) => {
                    if let Some(value @ 2..=8) = order.two(tiff, at.saturating_add(8)) {
                        self.orientation = value;
                    }
                }
                Some(0x8825) => self.found.place = true,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// An Exif block that says which way is up and nothing else; nothing where it lies as it is.
    fn block(self) -> Option<[u8; 26]> {
        let orientation = u8::try_from(self.orientation).ok().filter(|value| (2..=8).contains(value))?;
        let mut block = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
        if let Some(value) = block.get_mut(19) {
            *value = orientation;
        }
        Some(block)
    }
}

/// What an application's segment of a JPEG is for.
enum App {
    Keep,
    /// An Exif block.
    Exif,
    /// The first picture's own small copy of itself stands in it.
    Jfif,
    Drop,
}

fn app(marker: u8, body: &[u8]) -> App {
    match marker {
        0xe0 if body.starts_with(b"JFIF\0") => App::Jfif,
        0xe1 if body.starts_with(b"Exif\0") => App::Exif,
        0xe2 if body.starts_with(b"ICC_PROFILE\0") => App::Keep,
        // Adobe's tells how colours are to be read.
        0xee if body.starts_with(b"Adobe") => App::Keep,
        0xe0..=0xef | 0xfe => App::Drop,
        _ => App::Keep,
    }
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) -> Option<()> {
    let length = u16::try_from(body.len() + 2).ok()?;
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(body);
    Some(())
}

fn jpeg(octets: &[u8]) -> Made {
    let mut told = Told::default();
    // What comes before anything that draws, and the rest.
    let (mut head, mut out) = (vec![0xff, 0xd8], Vec::with_capacity(octets.len()));
    let mut at = 2;
    for _ in 0..MAX_BOXES {
        if octets.get(at) != Some(&0xff) {
            return None;
        }
        while octets.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let marker = *octets.get(at + 1)?;
        at += 2;
        match marker {
            // The end, and whatever is behind it.
            0xd9 => {
                if let Some(block) = told.block() {
                    segment(&mut head, 0xe1, &[b"Exif\0\0".as_slice(), &block].concat())?;
                }
                head.append(&mut out);
                head.extend_from_slice(&[0xff, 0xd9]);
                return Some((head, told.found));
            }
            // Marks without a body.
            0x01 | 0xd0..=0xd7 => {
                out.extend_from_slice(&[0xff, marker]);
                continue;
            }
            0x00 | 0xd8 => return None,
            _ => {}
        }
        let length = usize::from(Order { big: true }.two(octets, at)?);
        let body = octets.get(at.checked_add(2)?..at.checked_add(length)?)?;
        at += length;
        match app(marker, body) {
            App::Keep => segment(&mut out, marker, body)?,
            App::Jfif => segment(&mut head, marker, &without_thumbnail(body)?)?,
            App::Exif => told.read(body),
            App::Drop => {}
        }
        if marker == 0xda {
            let end = at + scan(octets.get(at..)?)?;
            out.extend_from_slice(octets.get(at..end)?);
            at = end;
        }
    }
    None
}

/// The head of a JFIF file (T.871 section 10.1), its small copy taken out.
fn without_thumbnail(body: &[u8]) -> Option<Vec<u8>> {
    let mut head = body.get(..14)?.to_vec();
    for size in head.iter_mut().skip(12) {
        *size = 0;
    }
    Some(head)
}

/// Octets up to the next mark that is none of a scan's own.
fn scan(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(0xff, octets.get(at..)?)?;
        match octets.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks that draw though a reader may pass over them: transparency, colours, sizes, moving pictures.
const DRAWING: [&[u8; 4]; 14] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT", b"cICP", b"cLLi",
];

fn png(octets: &[u8]) -> Made {
    let mut told = Told::default();
    let (mut head, mut out) = (PNG.to_vec(), Vec::with_capacity(octets.len()));
    let mut at = PNG.len();
    for number in 0..MAX_BOXES {
        let length = usize::try_from(Order { big: true }.four(octets, at)?).ok()?;
        let kind = octets.get(at + 4..at + 8)?;
        let end = at.checked_add(length)?.checked_add(12)?;
        let whole = octets.get(at..end)?;
        let body = octets.get(at + 8..end - 4)?;
        at = end;
        let draws = kind.first().is_some_and(u8::is_ascii_uppercase) || DRAWING.iter().any(|known| *known == kind);
        match kind {
            b"IHDR" if number == 0 => head.extend_from_slice(whole),
            _ if number == 0 => return None,
            b"eXIf" => told.read(body),
            b"tEXt" | b"zTXt" | b"iTXt" => told.found.place |= memchr::memmem::find(body, b"GPS").is_some(),
            _ if draws => out.extend_from_slice(whole),
            _ => {}
        }
        if kind == b"IEND" {
            if let Some(block) = told.block() {
                head.extend_from_slice(&26_u32.to_be_bytes());
                let named = [b"eXIf".as_slice(), &block].concat();
                head.extend_from_slice(&named);
                head.extend_from_slice(&crc(&named).to_be_bytes());
            }
            head.append(&mut out);
            return Some((head, told.found));
        }
    }
    None
}

/// The check of a PNG chunk (section 5.5), bit by bit: it is asked of thirty octets.
fn crc(octets: &[u8]) -> u32 {
    let folded = octets.iter().fold(u32::MAX, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| {
            if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 }
        })
    });
    !folded
}

fn webp(octets: &[u8]) -> Made {
    let order = Order { big: false };
    let size = usize::try_from(order.four(octets, 4)?).ok()?;
    let octets = octets.get(..size.checked_add(8)?)?;
    let mut told = Told::default();
    let (mut chunks, mut extended) = (Vec::with_capacity(octets.len()), None);
    let (mut at, mut walked) = (12, 0);
    while at < octets.len() {
        walked += 1;
        if walked > MAX_BOXES {
            return None;
        }
        let kind = octets.get(at..at + 4)?;
        let length = usize::try_from(order.four(octets, at + 4)?).ok()?;
        let end = at.checked_add(8)?.checked_add(length)?;
        let body = octets.get(at + 8..end)?;
        // Some writers leave the last filling octet out.
        let padded = end + (length & 1);
        let whole = octets.get(at..padded.min(octets.len()))?;
        at = padded;
        match kind {
            b"EXIF" => told.read(body),
            b"VP8X" => {
                extended = Some(chunks.len() + 8);
                chunks.extend_from_slice(whole);
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => chunks.extend_from_slice(whole),
            _ => {}
        }
    }
    let block = told.block().filter(|_| extended.is_some());
    if let Some(flags) = extended.and_then(|at| chunks.get_mut(at)) {
        *flags &= !0b0000_1100;
        *flags |= if block.is_some() { 0b0000_1000 } else { 0 };
    }
    if let Some(block) = block {
        chunks.extend_from_slice(b"EXIF\x1a\0\0\0");
        chunks.extend_from_slice(&block);
    }
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&u32::try_from(chunks.len() + 4).ok()?.to_le_bytes());
    out.extend_from_slice(b"WEBP");
    out.append(&mut chunks);
    Some((out, told.found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An Exif block with a camera, a way up and a place.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut block = b"Exif\0\0II*\0\x08\0\0\0\x03\0".to_vec();
        block.extend_from_slice(b"\x0f\x01\x02\0\x06\0\0\0\x40\0\0\0");
        block.extend_from_slice(&[0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
        block.extend_from_slice(b"\x25\x88\x04\0\x01\0\0\0\x50\0\0\0");
        block.extend_from_slice(b"\0\0\0\0SECRETCAMERA-1");
        block
    }

    fn made_jpeg(before: &[(u8, Vec<u8>)], scan: &[u8], behind: &[u8]) -> Vec<u8> {
        let mut out = vec![0xff, 0xd8];
        for (marker, body) in before {
            segment(&mut out, *marker, body).unwrap();
        }
        segment(&mut out, 0xdb, b"tables").unwrap();
        segment(&mut out, 0xda, b"\x01\x01\x00\x00\x3f\x00").unwrap();
        out.extend_from_slice(scan);
        out.extend_from_slice(&[0xff, 0xd9]);
        out.extend_from_slice(behind);
        out
    }

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let named = [kind.as_slice(), body].concat();
        [&(body.len() as u32).to_be_bytes(), named.as_slice(), &crc(&named).to_be_bytes()].concat()
    }

    fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut inner = b"WEBP".to_vec();
        for (kind, body) in chunks {
            inner.extend_from_slice(*kind);
            inner.extend_from_slice(&(body.len() as u32).to_le_bytes());
            inner.extend_from_slice(body);
            inner.extend(vec![0; body.len() & 1]);
        }
        [b"RIFF".as_slice(), &(inner.len() as u32).to_le_bytes(), &inner].concat()
    }

    fn stripped(octets: &[u8]) -> (Vec<u8>, Found) {
        match clean(octets) {
            Cleaned::Stripped(out, found) => (out, found),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_photograph_keeps_its_pixels_and_its_way_up() {
        let secret = |marker| (marker, b"SECRET words".to_vec());
        let icc = (0xe2, b"ICC_PROFILE\0\x01\x01colours".to_vec());
        let before = [
            (0xe0, b"JFIF\0\x01\x02\x00\x00\x01\x00\x01\x01\x01\xaa\xbb\xcc".to_vec()),
            (0xe1, exif(6)),
            secret(0xe1),
            secret(0xed),
            secret(0xfe),
            secret(0xe2),
            icc,
        ];
        let scan = b"\x12\xff\x00\x34\xff\xd0\x56\xff\xff\x00";
        let (out, found) = stripped(&made_jpeg(&before, scan, b"SECRET film"));
        assert_eq!(found, Found { place: true });
        assert!(memchr::memmem::find(&out, b"SECRET").is_none());
        assert!(memchr::memmem::find(&out, b"\xaa\xbb\xcc").is_none(), "the small copy");
        assert!(memchr::memmem::find(&out, scan).is_some() && memchr::memmem::find(&out, b"colours").is_some());
        let mut told = Told::default();
        let at = memchr::memmem::find(&out, b"Exif\0\0").unwrap();
        told.read(&out[at..]);
        assert_eq!((told.orientation, told.found.place), (6, false));
        assert_eq!(clean(&out), Cleaned::Clean);
    }

    #[test]
    fn a_png_and_a_webp_lose_their_words_too() {
        let exif = exif(3)[6..].to_vec();
        let body = [
            chunk(b"IHDR", &[7; 13]),
            chunk(b"tEXt", b"Author\0SECRET"),
            chunk(b"eXIf", &exif),
            chunk(b"tIME", &[1; 7]),
            chunk(b"prVt", b"SECRET"),
            chunk(b"gAMA", &[2; 4]),
            chunk(b"IDAT", b"pixels"),
            chunk(b"IEND", b""),
            b"SECRET".to_vec(),
        ];
        let (out, found) = stripped(&[PNG, &body.concat()].concat());
        assert!(found.place && memchr::memmem::find(&out, b"SECRET").is_none());
        let kept = [chunk(b"gAMA", &[2; 4]), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")].concat();
        assert!(out.ends_with(&kept));
        assert_eq!(clean(&out), Cleaned::Clean);

        let chunks = [
            (b"VP8X", vec![0b0010_1100, 0, 0, 0, 9, 0, 0, 9, 0, 0]),
            (b"ICCP", b"colours".to_vec()),
            (b"VP8 ", b"pixels!".to_vec()),
            (b"EXIF", exif),
            (b"XMP ", b"SECRET".to_vec()),
        ];
        let (out, found) = stripped(&riff(&chunks));
        assert!(found.place && memchr::memmem::find(&out, b"SECRET").is_none());
        assert_eq!(out[20], 0b0010_1000, "no more words, and the way up");
        assert!(memchr::memmem::find(&out, b"pixels!\0").is_some());
        assert_eq!(clean(&out), Cleaned::Clean);
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        assert_eq!(clean(b"GIF89a"), Cleaned::Other);
        assert_eq!(clean(b""), Cleaned::Other);
        let whole = made_jpeg(&[(0xe1, exif(1))], b"abc", b"");
        for cut in 3..whole.len() {
            assert_eq!(clean(&whole[..cut]), Cleaned::Unreadable, "{cut}");
        }
        assert_eq!(clean(PNG), Cleaned::Unreadable);
        assert_eq!(clean(b"RIFF\xff\xff\xff\xffWEBPVP8 "), Cleaned::Unreadable);
    }

    proptest! {
        /// What draws is untouched, whatever stands around it; and cleaning twice is cleaning once.
        #[test]
        fn pixels_are_untouched(
            segments in proptest::collection::vec((0xe0_u8..=0xef, proptest::collection::vec(any::<u8>(), 20..60)), 0..6),
            pixels in proptest::collection::vec(0_u8..=0xfe, 0..200),
            behind in proptest::collection::vec(any::<u8>(), 0..40),
            orientation in 0_u8..12,
        ) {
            let mut before = segments;
            before.insert(before.len() / 2, (0xe1, exif(orientation)));
            let picture = made_jpeg(&before, &pixels, &behind);
            let (out, _) = stripped(&picture);
            let from = |octets: &[u8]| memchr::memmem::find(octets, b"tables").unwrap();
            let drawn = made_jpeg(&[], &pixels, b"");
            prop_assert_eq!(&out[from(&out)..], &drawn[from(&drawn)..]);
            prop_assert_eq!(clean(&out), Cleaned::Clean);
        }

        #[test]
        fn nothing_breaks_it(octets in proptest::collection::vec(any::<u8>(), 0..300), kind in 0..3_usize) {
            let head: [&[u8]; 3] = [&[0xff, 0xd8, 0xff], PNG, b"RIFF\x40\0\0\0WEBP"];
            if let Cleaned::Stripped(out, _) = clean(&[head[kind], &octets].concat()) {
                prop_assert_eq!(clean(&out), Cleaned::Clean);
            }
        }
    }
}
