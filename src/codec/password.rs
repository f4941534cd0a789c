//! How many guesses a passphrase withstands (zxcvbn), which the index names and the settings show.

/// Octets that are looked at: the estimate's time grows with the square of the length, and what is
/// longer than this is strong by its length if its beginning is.
const LOOKED_AT: usize = 100;

/// From 0, guessed at once, to 4, not guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strength(pub u8);

impl Strength {
    /// The least that a new passphrase must reach: somebody who has the disk and a year would still not have it
    /// for little money, the key derivation helping.
    pub const ENOUGH: Self = Self(3);
}

/// The strength; `known` are words that a guesser would try first, such as the owner's address.
pub fn strength(passphrase: &str, known: &[&str]) -> Strength {
    let end = passphrase
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= LOOKED_AT)
        .last();
    let head = passphrase.get(..end.unwrap_or(0)).unwrap_or_default();
    Strength(u8::from(zxcvbn::zxcvbn(head, known).score()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_everyone_tries_are_weak_and_long_ones_strong() {
        assert_eq!(strength("", &[]), Strength(0));
        assert_eq!(strength("password1", &[]), Strength(0));
        assert!(strength("me@home.test", &["me@home.test"]) < Strength::ENOUGH);
        assert!(strength("quatre poules vertes dansent", &[]) >= Strength::ENOUGH);
        assert!(strength(&"é".repeat(100_000), &[]) <= Strength(4));
    }
}
