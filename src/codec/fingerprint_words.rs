//! A fingerprint as six words, for the telephone: sixty bits of its SHA-256, ten a word. Whoever wants to make a key
//! with the same words has 2^60 keys to make; the QR code and the groups compare all of it.
//!
//! The words are English ones in every language, so that two people who read the page in two languages say the same.

use crate::domain::openpgp::Fingerprint;
use aws_lc_rs::digest;

/// 1,024 words.
const WORDS: &str = include_str!("../../demo/words.txt");

/// The six words.
pub fn of(print: &Fingerprint) -> Vec<&'static str> {
    let words: Vec<&str> = WORDS.lines().collect();
    let hash = digest::digest(&digest::SHA256, print.octets());
    let bits = hash
        .as_ref()
        .iter()
        .take(8)
        .fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
    (0..6)
        .map(|at| (bits >> (54 - 10 * at)) & 1023)
        .filter_map(|number| words.get(usize::try_from(number).ok()?).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fingerprints_have_six_words_each_and_not_the_same() {
        let one = of(&Fingerprint::new(&[1; 20]));
        assert_eq!(one.len(), 6);
        assert_ne!(one, of(&Fingerprint::new(&[2; 20])));
        assert_eq!(one, of(&Fingerprint::new(&[1; 20])));
    }
}
