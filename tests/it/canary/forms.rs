//! A word, and every form in which octets may hold it without anyone seeing it at once.

use memchr::memmem::Finder;
use std::{collections::BTreeSet, io::Read};

/// Frames inside frames that are opened.
const DEPTH: usize = 3;
/// Octets that one frame may unfold into: more is a bomb, and not ours.
const UNFOLDED: u64 = 16 * 1024 * 1024;

/// One form of one word, ready to be looked for.
struct Needle {
    word: String,
    form: &'static str,
    finder: Finder<'static>,
}

/// Words to be looked for in all their forms.
#[derive(Default)]
pub struct Watch(Vec<Needle>);

/// What was found: the word and its form, and how often frames were opened on the way.
pub type Found = BTreeSet<(String, String)>;

impl Watch {
    /// Looks for this word as well: eight octets at least, or chance would find it.
    pub fn over(mut self, word: &str) -> Self {
        self.add(word);
        self
    }

    /// Looks for this word as well, each half of it on its own, so that one cut does not hide it.
    pub fn add(&mut self, word: &str) {
        let middle = (word.len() / 2..).find(|at| word.is_char_boundary(*at)).unwrap();
        let halves = if word.len() < 24 {
            vec![word]
        } else {
            vec![&word[..middle], &word[middle..]]
        };
        for half in halves {
            assert!(half.len() >= 8, "{half:?} is too short to be looked for");
            for (form, octets) in forms(half) {
                self.0.push(Needle {
                    word: word.to_owned(),
                    form,
                    finder: Finder::new(&octets).into_owned(),
                });
            }
        }
    }

    /// Everything that is in these octets, whatever it is wrapped in.
    pub fn look(&self, octets: &[u8]) -> Found {
        let mut found = Found::new();
        self.look_into(octets, "", DEPTH, &mut found);
        found
    }

    fn look_into(&self, octets: &[u8], inside: &str, depth: usize, found: &mut Found) {
        // Lines are broken in base64, hex dumps and quoted-printable; without the breaks a word is whole again.
        let unbroken: Vec<u8> = octets.iter().copied().filter(|octet| !b"\r\n \t".contains(octet)).collect();
        let soft = unsoftened(octets);
        for needle in &self.0 {
            if [octets, &unbroken, &soft].iter().any(|hay| needle.finder.find(hay).is_some()) {
                found.insert((needle.word.clone(), format!("{inside}{}", needle.form)));
            }
        }
        if depth == 0 {
            return;
        }
        for (name, magic, open) in FRAMES {
            for at in Finder::new(magic).find_iter(octets) {
                let unfolded = open(&octets[at..]);
                if unfolded.len() > 8 {
                    self.look_into(&unfolded, &format!("{inside}{name} "), depth - 1, found);
                }
            }
        }
    }
}

type Open = fn(&[u8]) -> Vec<u8>;

/// Kinds of frames: how they begin, and what they unfold into as far as they can be read.
const FRAMES: &[(&str, &[u8], Open)] = &[
    ("zstd", &[0x28, 0xb5, 0x2f, 0xfd], |frame| {
        zstd::stream::read::Decoder::new(frame).map_or_else(|_| Vec::new(), all)
    }),
    ("gzip", &[0x1f, 0x8b, 0x08], |frame| all(flate2::read::GzDecoder::new(frame))),
    ("zlib", &[0x78, 0x9c], |frame| all(flate2::read::ZlibDecoder::new(frame))),
];

/// What a reader gives until it ends or breaks.
fn all(reader: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    let _ = reader.take(UNFOLDED).read_to_end(&mut out);
    out
}

/// Without the soft line breaks of quoted-printable.
fn unsoftened(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((octet, after)) = rest.split_first() {
        rest = match rest {
            [b'=', b'\r', b'\n', after @ ..] | [b'=', b'\n', after @ ..] => after,
            _ => {
                out.push(*octet);
                after
            }
        };
    }
    out
}

/// The octets of a word in each form.
pub fn forms(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let plain = word.as_bytes();
    let low: String = plain.iter().map(|octet| format!("{octet:02x}")).collect();
    let quoted = |safe: fn(u8) -> bool, mark: char| -> Vec<u8> {
        let letters = plain.iter().map(|octet| {
            if safe(*octet) {
                char::from(*octet).to_string()
            } else {
                format!("{mark}{octet:02X}")
            }
        });
        letters.collect::<String>().into_bytes()
    };
    let mut forms = vec![
        ("utf-8", plain.to_vec()),
        ("utf-16le", word.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("utf-16be", word.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("hex", low.clone().into_bytes()),
        ("HEX", low.to_uppercase().into_bytes()),
        ("upper case", word.to_uppercase().into_bytes()),
        ("quoted-printable", quoted(|o| (33..=126).contains(&o) && o != b'=', '=')),
        ("percent", quoted(|o| o.is_ascii_alphanumeric() || b"-._~".contains(&o), '%')),
        ("backwards", plain.iter().rev().copied().collect()),
    ];
    for (shift, name) in [(0, "base64"), (1, "base64+1"), (2, "base64+2")] {
        forms.push((name, base64_of(plain, shift)));
    }
    forms
}

/// The letters of base64 that only this word decides, where it begins at such a place of a group of three.
fn base64_of(word: &[u8], shift: usize) -> Vec<u8> {
    let inside = &word[(3 - shift) % 3..];
    base64(&inside[..inside.len() / 3 * 3])
}

/// Base64 (RFC 4648), padded.
pub fn base64(octets: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for group in octets.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - group.len()));
        for letter in 0..4 {
            out.push(if letter <= group.len() {
                LETTERS[(bits >> (18 - 6 * letter) & 63) as usize]
            } else {
                b'='
            });
        }
    }
    out
}

#[test]
fn every_form_is_found_however_it_is_wrapped() {
    use std::io::Write;
    let word = "zaunkönig-4f1c09ab77e2";
    let watch = Watch::default().over(word);
    assert!(
        watch
            .look(&b"nothing to be seen here, zaunk\xc3\xb6 nor there ".repeat(2_000))
            .is_empty()
    );
    let gzip = |octets: &[u8]| {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        to.write_all(octets).unwrap();
        to.finish().unwrap()
    };
    let noise: Vec<u8> = (0..5_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut hidden: Vec<(String, Vec<u8>)> = forms(word).into_iter().map(|(form, octets)| (form.to_owned(), octets)).collect();
    for lead in 0..3 {
        hidden.push((
            format!("a text in base64, {lead}"),
            base64(format!("{}{word} and more", &"abc"[..lead]).as_bytes()),
        ));
    }
    let broken = base64(format!("lead {word} and more").as_bytes());
    hidden.push(("broken lines".into(), broken.chunks(11).collect::<Vec<_>>().join(&b"\r\n"[..])));
    hidden.push(("a soft break".into(), "zaunk=C3=B6nig-4=\r\nf1c09ab77e2".into()));
    let frames: Vec<_> = hidden.iter().map(|(form, octets)| (form.clone(), octets.clone())).collect();
    for (form, octets) in frames {
        let packed = zstd::bulk::compress(&[b"before ", &octets[..]].concat(), 3).unwrap();
        hidden.push((format!("{form} in gzip"), gzip(&octets)));
        hidden.push((format!("{form} in zstd in gzip"), gzip(&packed)));
        hidden.push((format!("{form} in zstd"), packed));
    }
    for (form, octets) in hidden {
        let around = [&noise[..], &octets, &noise].concat();
        assert!(!watch.look(&around).is_empty(), "{form}");
    }
}
