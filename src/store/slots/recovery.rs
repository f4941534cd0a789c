//! The recovery code as a person copies it: 160 random bits in Crockford's base 32 (no I, L, O, U), eight
//! groups of four.

use zeroize::Zeroizing;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Groups in a code.
pub const GROUPS: usize = 8;

/// The code in words of four.
pub fn write(code: &[u8; 20]) -> String {
    let mut out = String::with_capacity(39);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut digits = 0;
    for octet in code {
        bits = (bits << 8) | u32::from(*octet);
        held += 8;
        while held >= 5 {
            held -= 5;
            if digits > 0 && digits % 4 == 0 {
                out.push('-');
            }
            out.push(char::from(DIGITS.get((bits >> held & 31) as usize).copied().unwrap_or(b'0')));
            digits += 1;
        }
    }
    out
}

/// A typed character as the digit that was meant: O is zero, I and L are one.
fn meant(c: char) -> char {
    match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    }
}

/// A typed group as it stands on the sheet; spaces, hyphens and look-alikes are forgiven.
pub fn group(text: &str) -> Zeroizing<String> {
    let typed = text.chars().take(64).filter(|c| !c.is_whitespace() && *c != '-');
    Zeroizing::new(typed.map(meant).collect())
}

/// The code of what somebody typed; `None` where it has not the form of one.
pub fn read(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (mut bits, mut held, mut digits) = (0_u32, 0_u32, 0);
    let mut out = Zeroizing::new(Vec::with_capacity(24));
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = meant(c);
        let value = DIGITS.iter().position(|digit| char::from(*digit) == c)?;
        bits = (bits << 5) | value as u32;
        held += 5;
        digits += 1;
        if digits > 32 {
            return None;
        }
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 255) as u8);
        }
    }
    (digits == 32).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_meant() {
        let code = *b"\x00\xff0123456789abcdef\x80\x7f";
        let text = write(&code);
        assert_eq!((text.len(), text.split('-').count()), (39, GROUPS));
        let sloppy = text.to_lowercase().replace('-', "  ").replace('0', "o").replace('1', "l");
        for typed in [&text, &sloppy] {
            assert_eq!(read(typed).unwrap().as_slice(), code);
        }
        for wrong in ["", "0", &format!("{text}0"), &text.replace('-', "u")] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
        assert_eq!(*group(" a-B oi "), "AB01");
    }
}
