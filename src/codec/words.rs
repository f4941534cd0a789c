//! Words of a text, as a filter or a tag learns them: lower case, without what cannot be seen.
//!
//! A word is a run of letters and digits (with `'`, `-` or `.` inside of it left as cuts), of 2 to 24
//! characters; scripts that are written without blanks are cut into pairs of characters. Deliberately
//! absent: stems, dictionaries, languages. What is learnt is what was written.

/// Characters of a word that are kept; what is longer is cut there.
const LONGEST: usize = 24;

/// The words of a text in order, at most so many.
pub fn words(text: &str, most: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut length = 0;
    let mut last_ideograph = None;
    for c in text.chars() {
        if is_unseen(c) {
            continue;
        }
        if is_ideograph(c) {
            push(&mut out, &mut word, &mut length);
            if let Some(before) = last_ideograph {
                out.push(String::from_iter([before, c]));
            }
            last_ideograph = Some(c);
        } else {
            last_ideograph = None;
            if c.is_alphanumeric() || c == '$' || c == '€' || c == '£' {
                if length < LONGEST {
                    word.extend(c.to_lowercase());
                }
                length += 1;
            } else {
                push(&mut out, &mut word, &mut length);
            }
        }
        if out.len() >= most {
            break;
        }
    }
    push(&mut out, &mut word, &mut length);
    out.truncate(most);
    out
}

fn push(out: &mut Vec<String>, word: &mut String, length: &mut usize) {
    let taken = std::mem::take(word);
    if *length >= 2 || taken.starts_with(['$', '€', '£']) {
        out.push(taken);
    }
    *length = 0;
}

/// Characters that are there and not to be seen; whoever puts them into words hides from readers of words.
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}')
}

/// Scripts that are written without blanks.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// The hash of a token: FNV-1a over its parts, 64 bits folded to 32. Written out, because what was learnt
/// is kept by it for ever.
pub fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u32 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for octet in part.bytes().chain([0xff]) {
            state = (state ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    // FNV's low bits are weak for short inputs; this is the finish of MurmurHash3.
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (state ^ (state >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_was_written() {
        for (text, expected) in [
            ("Hello, World! 42 a", vec!["hello", "world", "42"]),
            ("C\u{200b}lic\u{ad}k l'été $500", vec!["click", "été", "$500"]),
            ("中文字 x", vec!["中文", "文字"]),
            ("", vec![]),
            (&"x".repeat(1_000), vec![&"x".repeat(LONGEST)]),
        ] {
            assert_eq!(words(text, 100), expected, "{text}");
        }
        assert_eq!(words(&"ab ".repeat(100), 7).len(), 7);
    }

    #[test]
    fn a_hash_stays_what_it_is() {
        assert_eq!(hash(["w", "click"]), hash(["w", "click"]));
        assert_ne!(hash(["w", "click"]), hash(["wc", "lick"]));
        assert_eq!(hash(["w", "click"]), 0x0649_f6ac);
    }
}
