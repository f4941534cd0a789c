//! A set of messages: one bit for each number. A hundred thousand messages are 12 KB, and "and", "or" and "not" are
//! a few thousand words long, so that nothing cleverer is needed.

/// A set of numbers below a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    limit: u64,
}

impl Bits {
    /// An empty one for numbers below this.
    pub fn new(limit: u64) -> Self {
        let words = usize::try_from(limit.div_ceil(64)).unwrap_or(0);
        Self {
            words: vec![0; words],
            limit,
        }
    }

    fn word(&mut self, id: u64) -> Option<&mut u64> {
        self.words.get_mut(usize::try_from(id / 64).ok()?)
    }

    /// Puts a number in; one beyond the limit is none that there is.
    #[inline]
    pub fn insert(&mut self, id: u64) {
        if id < self.limit
            && let Some(word) = self.word(id)
        {
            *word |= 1 << (id % 64);
        }
    }

    /// Takes a number out.
    pub fn remove(&mut self, id: u64) {
        if let Some(word) = self.word(id) {
            *word &= !(1 << (id % 64));
        }
    }

    /// Whether a number is in it.
    #[inline]
    pub fn has(&self, id: u64) -> bool {
        let word = usize::try_from(id / 64).ok().and_then(|at| self.words.get(at));
        word.is_some_and(|word| word >> (id % 64) & 1 == 1)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Leaves what is in the other too.
    pub fn and(&mut self, other: &Self) {
        self.words
            .iter_mut()
            .zip(other.words.iter().chain(std::iter::repeat(&0)))
            .for_each(|(one, other)| *one &= other);
    }

    /// Takes out what is in the other.
    pub fn without(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, other)| *one &= !other);
    }

    /// Adds what is in the other.
    pub fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(one, other)| *one |= other);
    }

    /// The numbers in it, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let of_word = |(at, word): (usize, &u64)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                (bit < 64).then(|| {
                    left &= left - 1;
                    at as u64 * 64 + u64::from(bit)
                })
            })
        };
        self.words.iter().enumerate().flat_map(of_word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_a_set() {
        let of = |ids: &[u64]| {
            let mut bits = Bits::new(200);
            ids.iter().for_each(|id| bits.insert(*id));
            bits
        };
        let mut one = of(&[0, 63, 64, 199, 200, 10_000]);
        assert_eq!(one.iter().collect::<Vec<_>>(), [0, 63, 64, 199]);
        assert!(one.has(63) && !one.has(200) && !one.has(u64::MAX) && one.count() == 4);
        one.and(&of(&[63, 64, 65]));
        one.or(&of(&[7]));
        one.without(&of(&[64]));
        one.remove(u64::MAX);
        assert_eq!(one, of(&[7, 63]));
    }
}
