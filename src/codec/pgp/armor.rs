//! ASCII armor (RFC 9580 section 6.2) as it stands in mail and files: where its blocks begin and end, and their
//! octets. rPGP reads one block; this finds them, among words, quoted or not, and gives back octets.
//!
//! Base 64 is read as mail has it: line ends and blanks anywhere, a checksum or none (it proves nothing: what is
//! inside protects itself). Linear in its input.

/// The first words of every block.
const BEGIN: &[u8] = b"-----BEGIN PGP ";

/// Octets of one block that are read, armored.
pub const MAX_BLOCK: usize = 64 * 1024 * 1024;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A public or a private key.
    Key,
    /// A message, encrypted or signed.
    Message,
    /// A signature that stands apart.
    Signature,
    /// Readable text with a signature under it (RFC 9580 section 7).
    Clear,
}

/// Where a block stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it holds.
    pub kind: Kind,
    /// The first octet of its first line.
    pub start: usize,
    /// The first octet after its last line.
    pub end: usize,
    /// Where the block of the signature begins, for [`Kind::Clear`].
    pub signature: Option<usize>,
}

/// Whether a text begins, after blanks and a few lines of words, with a block.
pub fn is_armored(octets: &[u8]) -> bool {
    memchr::memmem::find(octets.get(..64 * 1024).unwrap_or(octets), BEGIN).is_some()
}

fn kind_of(line: &[u8]) -> Option<Kind> {
    let name = line.trim_ascii_end().strip_prefix(BEGIN)?.strip_suffix(b"-----")?;
    match name {
        b"PUBLIC KEY BLOCK" | b"PRIVATE KEY BLOCK" | b"SECRET KEY BLOCK" => Some(Kind::Key),
        b"MESSAGE" => Some(Kind::Message),
        b"SIGNATURE" => Some(Kind::Signature),
        b"SIGNED MESSAGE" => Some(Kind::Clear),
        _ => None,
    }
}

/// The blocks of a text, in order: only whole ones, that begin and end at a line of their own.
pub fn find(text: &[u8]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Kind, usize, Option<usize>)> = None;
    let mut at = 0;
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        let start = at;
        at += line.len();
        if !line.starts_with(b"-----") {
            continue;
        }
        match (kind_of(line), open) {
            // The signature of a readable text is a block of its own inside of it.
            (Some(Kind::Signature), Some((Kind::Clear, begun, None))) => open = Some((Kind::Clear, begun, Some(start))),
            (Some(kind), _) => open = Some((kind, start, None)),
            (None, Some((kind, begun, signature))) if line.starts_with(b"-----END PGP ") => {
                let whole = kind != Kind::Clear || signature.is_some();
                if whole && line.trim_ascii_end().ends_with(b"-----") {
                    found.push(Block {
                        kind,
                        start: begun,
                        end: at,
                        signature,
                    });
                }
                open = None;
            }
            _ => (),
        }
    }
    found
}

/// The octets of every block of a kind.
pub fn blocks(text: &[u8], kind: Kind) -> Vec<Vec<u8>> {
    let of_kind = find(text).into_iter().filter(|block| block.kind == kind);
    of_kind.filter_map(|block| octets(text.get(block.start..block.end)?)).collect()
}

/// The octets of the first block of a kind; a text that is no block at all is taken to be the octets themselves.
pub fn first(text: &[u8], kind: Kind) -> Option<Vec<u8>> {
    if is_armored(text) {
        blocks(text, kind).into_iter().next()
    } else {
        Some(text.to_vec())
    }
}

/// The digits of one block: its lines after the first empty one, up to the checksum or the end.
fn digits(block: &[u8]) -> Option<&[u8]> {
    if block.len() > MAX_BLOCK {
        return None;
    }
    let mut at = 0;
    let mut lines = block.split_inclusive(|octet| *octet == b'\n').map(|line| {
        let start = at;
        at += line.len();
        (start, line.trim_ascii())
    });
    lines.find(|(_, line)| line.starts_with(BEGIN))?;
    // Headers (`Version: …`) up to an empty line; some writers leave that line out.
    let is_header = |line: &[u8]| line.windows(2).any(|pair| pair == b": ") || line.ends_with(b":");
    let ends = |line: &[u8]| line.starts_with(b"-----") || line.starts_with(b"=") && line.len() <= 6;
    let mut body = lines
        .skip_while(|(_, line)| is_header(line))
        .skip_while(|(_, line)| line.is_empty())
        .peekable();
    let start = body.peek().map_or(block.len(), |(start, _)| *start);
    let end = body.find(|(_, line)| ends(line)).map_or(block.len(), |(end, _)| end);
    block.get(start..end)
}

/// The octets of one block.
pub fn octets(block: &[u8]) -> Option<Vec<u8>> {
    decoded(digits(block)?.iter().copied(), block.len() / 4 * 3)
}

/// Reads base 64 (RFC 4648 section 4); blanks are passed over, and it ends at the padding.
pub fn base64(digits: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    decoded(digits, 0)
}

/// The same where so many octets are expected at most.
fn decoded(digits: impl Iterator<Item = u8>, room: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(room);
    let mut decoder = Decoder::over(digits);
    out.extend(&mut decoder);
    (!decoder.broken).then_some(out)
}

/// Octets, as their digits are read.
#[derive(Debug)]
struct Decoder<I> {
    digits: I,
    bits: u32,
    count: u32,
    ended: bool,
    /// Something stood there that is no digit, or too few of them.
    broken: bool,
}

impl<I> Decoder<I> {
    fn over(digits: I) -> Self {
        Self {
            digits,
            bits: 0,
            count: 0,
            ended: false,
            broken: false,
        }
    }

    fn end(&mut self, broken: bool) -> Option<u8> {
        self.ended = true;
        // A single digit at the end is no octet.
        self.broken = broken || self.count >= 6;
        None
    }
}

impl<I: Iterator<Item = u8>> Iterator for Decoder<I> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while !self.ended {
            let Some(digit) = self.digits.next() else {
                return self.end(false);
            };
            let value = match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => return self.end(false),
                digit if digit.is_ascii_whitespace() => continue,
                _ => return self.end(true),
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                let octet = (self.bits >> self.count) as u8;
                self.bits &= (1 << self.count) - 1;
                return Some(octet);
            }
        }
        None
    }
}

/// The octets of one block as they are asked for: those of a large message are never there all at once.
#[derive(Debug)]
pub struct Reader<'a>(Decoder<std::iter::Copied<std::slice::Iter<'a, u8>>>);

impl<'a> Reader<'a> {
    /// Of the first block of a kind; `None` where there is none, or it is too large.
    pub fn first(text: &'a [u8], kind: Kind) -> Option<Self> {
        let block = find(text).into_iter().find(|block| block.kind == kind)?;
        let digits = digits(text.get(block.start..block.end)?)?;
        Some(Self(Decoder::over(digits.iter().copied())))
    }
}

impl std::io::Read for Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        for (place, octet) in out.iter_mut().zip(&mut self.0) {
            *place = octet;
            written += 1;
        }
        if written == 0 && self.0.broken {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_among_words() {
        let text = b"hello\r\n-----BEGIN PGP MESSAGE-----\r\nVersion: x\r\n\r\nAAEC\r\n=abcd\r\n-----END PGP MESSAGE-----\r\nbye\r\n";
        let found = find(text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].start, found[0].kind), (7, Kind::Message));
        assert_eq!(text.get(found[0].end..).unwrap(), b"bye\r\n");
        assert_eq!(blocks(text, Kind::Message), vec![vec![0, 1, 2]]);
        assert!(blocks(text, Kind::Key).is_empty());
    }

    #[test]
    fn a_readable_text_is_one_block_with_its_signature() {
        let text =
            b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhi\n-----BEGIN PGP SIGNATURE-----\n\nAAEC\n-----END PGP SIGNATURE-----\n";
        let found = find(text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].end), (Kind::Clear, text.len()));
        assert!(
            text.get(found[0].signature.unwrap()..)
                .unwrap()
                .starts_with(b"-----BEGIN PGP SIGNATURE")
        );
    }

    #[test]
    fn a_block_is_read_piece_by_piece_as_it_is_at_once() {
        let octets: Vec<u8> = (0..100_u8).collect();
        let text = |digits: &str| format!("hi\n-----BEGIN PGP MESSAGE-----\nVersion: x\n\n{digits}\n=abcd\n-----END PGP MESSAGE-----\n");
        let whole = text(&crate::codec::base64url::plain(&octets));
        let read = |text: &str, piece: usize| {
            let reader = Reader::first(text.as_bytes(), Kind::Message).unwrap();
            let mut out = Vec::new();
            std::io::copy(&mut std::io::BufReader::with_capacity(piece, reader), &mut out).map(|_| out)
        };
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(read(&whole, piece).unwrap(), octets);
            assert!(read(&text("AA*A"), piece).is_err());
        }
        assert!(Reader::first(whole.as_bytes(), Kind::Key).is_none());
    }

    #[test]
    fn base64_is_read_as_it_was_written() {
        for len in 0..70_u8 {
            let octets: Vec<u8> = (0..len).map(|i| i.wrapping_mul(37)).collect();
            assert_eq!(base64(crate::codec::base64url::plain(&octets).bytes()), Some(octets));
        }
        assert_eq!(base64(b"A".iter().copied()), None);
        assert_eq!(base64(b"A*AA".iter().copied()), None);
        assert_eq!(base64(b"AA EC\n".iter().copied()), Some(vec![0, 1, 2]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let whole = [b"-----BEGIN PGP MESSAGE-----\n".as_slice(), &text, b"\n-----END PGP MESSAGE-----\n"].concat();
            let _ = (find(&text), blocks(&whole, Kind::Message), octets(&text));
        }
    }
}
