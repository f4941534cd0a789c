//! Base 64 with the alphabet that is safe in addresses, without padding (RFC 4648 section 5): what
//! WebAuthn and JOSE speak. Reading is strict: one text for one string of octets. The usual alphabet is only written
//! here: its readers (DKIM, armor, MIME) differ in what they forgive.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Octets as text.
pub fn encode(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len().div_ceil(3) * 4);
    for piece in octets.chunks(3) {
        let bits = piece.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - piece.len()));
        for digit in 0..=piece.len() {
            let value = (bits >> (18 - 6 * digit)) & 63;
            out.push(char::from(DIGITS.get(value as usize).copied().unwrap_or(b'A')));
        }
    }
    out
}

/// Octets as text with the alphabet and the padding of RFC 4648 section 4, as mail and the rest of the world write it.
pub fn plain(octets: &[u8]) -> String {
    let mut out: String = encode(octets)
        .chars()
        .map(|digit| match digit {
            '-' => '+',
            '_' => '/',
            digit => digit,
        })
        .collect();
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    }))
}

/// Octets of a text of at most `limit` octets when read; `None` where it is not exactly what [`encode`]
/// would have written (padding, other signs and stray bits included).
pub fn decode(text: &str, limit: usize) -> Option<Vec<u8>> {
    if text.len() > limit.div_ceil(3).saturating_mul(4) || text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for piece in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for digit in piece {
            bits = bits << 6 | value(*digit)?;
        }
        bits <<= 6 * (4 - piece.len());
        let [_, octets @ ..] = bits.to_be_bytes();
        let (kept, stray) = octets.split_at_checked(piece.len() - 1)?;
        if stray.iter().any(|octet| *octet != 0) {
            return None;
        }
        out.extend_from_slice(kept);
    }
    (out.len() <= limit).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_rfc_4648_without_padding() {
        for (octets, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(plain(octets.as_bytes()).trim_end_matches('='), text);
            assert_eq!(encode(octets.as_bytes()), text);
            assert_eq!(decode(text, 99).unwrap(), octets.as_bytes());
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        for bad in ["Z", "Zg==", "Zh", "Zm9", "+/", "Zm9v\n", "é"] {
            assert_eq!(decode(bad, 99), None, "{bad}");
        }
        assert_eq!(decode("Zm9vYmFy", 5), None, "too long");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decode(&encode(&octets), 200).unwrap(), octets);
        }

        #[test]
        fn one_text_for_one_string(text in "[A-Za-z0-9_=-]{0,40}") {
            if let Some(octets) = decode(&text, 99) {
                prop_assert_eq!(encode(&octets), text);
            }
        }
    }
}
