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

/// The octets of one block: its lines after the first empty one, up to the checksum or the end.
pub fn octets(block: &[u8]) -> Option<Vec<u8>> {
    if block.len() > MAX_BLOCK {
        return None;
    }
    let mut lines = block.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii);
    lines.find(|line| line.starts_with(BEGIN))?;
    // Headers (`Version: …`) up to an empty line; some writers leave that line out.
    let is_header = |line: &&[u8]| line.windows(2).any(|pair| pair == b": ") || line.ends_with(b":");
    let body = lines.skip_while(is_header).skip_while(|line| line.is_empty());
    let digits = body
        .take_while(|line| !(line.starts_with(b"-----") || line.starts_with(b"=") && line.len() <= 6))
        .flatten()
        .copied();
    decoded(digits, block.len() / 4 * 3)
}

/// Reads base 64 (RFC 4648 section 4); blanks are passed over, and it ends at the padding.
pub fn base64(digits: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    decoded(digits, 0)
}

/// The same where so many octets are expected at most.
fn decoded(digits: impl Iterator<Item = u8>, room: usize) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(room), 0_u32, 0_u32);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            digit if digit.is_ascii_whitespace() => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // A single digit at the end is no octet.
    (count < 6).then_some(out)
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
