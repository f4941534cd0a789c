//! How words and their places lie on the disk: pure functions, tolerant of any octets.
//!
//! A *list* is one word in many messages: how many, the messages (each as its distance from the one before, and two
//! bits that say which places follow), then the places in the same order. A *block* is many words in their order,
//! each without the beginning that it shares with the one before, with its list or with a mark that the list lies
//! elsewhere. Numbers are varints of seven bits; places take one octet below 176 and two above, which holds every
//! place that there can be.
//!
//! No hash of its own: each sector of the vault's file is authenticated, and all this can be made again from the
//! messages.

use super::super::Error;
use crate::codec::search::Places;

/// The version of this shape, the first octet of a block.
pub const VERSION: u8 = 1;
/// Places below this take one octet.
const SHORT: u16 = 176;
/// The longest word in a block, in octets.
pub const LONGEST: usize = 200;
/// The most messages of one list: more than can be in one value.
const MOST: u64 = 1 << 24;

/// A word in one message.
pub type Posting = (u64, Places);

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_place(out: &mut Vec<u8>, place: u16) {
    if place < SHORT {
        out.push(place as u8);
    } else {
        let rest = place - SHORT;
        out.push((rest >> 8) as u8 + SHORT as u8);
        out.push(rest as u8);
    }
}

/// Octets that are read from the front.
#[derive(Clone)]
pub struct Octets<'o>(&'o [u8]);

impl<'o> Octets<'o> {
    /// Over these.
    pub fn new(octets: &'o [u8]) -> Self {
        Self(octets)
    }

    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    fn octet(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.0.split_first().ok_or(Error::Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    fn number(&mut self) -> Result<u64, Error> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7f).checked_shl(shift).ok_or(Error::Damaged)?;
            if octet < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    #[inline]
    fn place(&mut self) -> Result<u16, Error> {
        let first = u16::from(self.octet()?);
        if first < SHORT {
            return Ok(first);
        }
        Ok(SHORT + ((first - SHORT) << 8) + u16::from(self.octet()?))
    }

    fn take(&mut self, many: usize) -> Result<&'o [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(many).ok_or(Error::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Which places follow: one in the text, several there, one in the head, or both counted.
fn shape(places: &Places) -> u64 {
    match (places.head.len(), places.body.len()) {
        (0, 1) => 0,
        (0, _) => 1,
        (1, 0) => 2,
        _ => 3,
    }
}

fn put_places(out: &mut Vec<u8>, places: &[u16]) {
    let mut before = 0;
    for place in places {
        put_place(out, place.saturating_sub(before));
        before = *place;
    }
}

/// A list of messages in ascending order, none twice. Appends it.
pub fn put_list(out: &mut Vec<u8>, postings: &[Posting]) {
    put_number(out, postings.len() as u64);
    let mut before = 0;
    for (id, places) in postings {
        put_number(out, id.saturating_sub(before) << 2 | shape(places));
        before = *id;
    }
    for (_, places) in postings {
        match shape(places) {
            0 | 2 => {}
            1 => put_number(out, places.body.len() as u64),
            _ => {
                put_number(out, places.head.len() as u64);
                put_number(out, places.body.len() as u64);
            }
        }
        put_places(out, &places.head);
        put_places(out, &places.body);
    }
}

/// The most octets that a message takes in a list behind another.
pub fn cost(before: u64, (id, places): &Posting) -> usize {
    let distance = u64::BITS - (id.saturating_sub(before) << 2 | 3).leading_zeros();
    let mut octets = distance.div_ceil(7) as usize + if shape(places) % 2 == 1 { 4 } else { 0 };
    for places in [&places.head, &places.body] {
        let mut before = 0;
        for place in places {
            octets += if place.saturating_sub(before) < SHORT { 1 } else { 2 };
            before = *place;
        }
    }
    octets
}

/// Shows the messages of a list; says how many there are.
pub fn ids(list: &[u8], mut show: impl FnMut(u64)) -> Result<u64, Error> {
    let mut octets = Octets::new(list);
    let many = octets.number()?;
    let mut id = 0_u64;
    for _ in 0..many.min(MOST) {
        id = id.saturating_add(octets.number()? >> 2);
        show(id);
    }
    Ok(many)
}

/// Shows the messages of a list with the places of those that are wanted.
pub fn each(list: &[u8], wanted: impl Fn(u64) -> bool, mut show: impl FnMut(u64, &[u16], &[u16])) -> Result<(), Error> {
    let mut octets = Octets::new(list);
    let many = octets.number()?.min(MOST);
    let mut ids = octets.clone();
    for _ in 0..many {
        octets.number()?;
    }
    let (mut id, mut head, mut body) = (0_u64, Vec::new(), Vec::new());
    for _ in 0..many {
        let number = ids.number()?;
        id = id.saturating_add(number >> 2);
        let (in_head, in_body) = match number & 3 {
            0 => (0, 1),
            1 => (0, octets.number()?),
            2 => (1, 0),
            _ => (octets.number()?, octets.number()?),
        };
        let keep = wanted(id);
        for (many, places) in [(in_head, &mut head), (in_body, &mut body)] {
            places.clear();
            let mut place = 0_u16;
            for _ in 0..many.min(u64::from(u16::MAX)) {
                place = place.saturating_add(octets.place()?);
                if keep {
                    places.push(place);
                }
            }
        }
        if keep {
            show(id, &head, &body);
        }
    }
    Ok(())
}

/// A whole list.
pub fn list(octets: &[u8]) -> Result<Vec<Posting>, Error> {
    let mut postings = Vec::new();
    each(
        octets,
        |_| true,
        |id, head, body| {
            let places = Places {
                head: head.to_vec(),
                body: body.to_vec(),
            };
            postings.push((id, places));
        },
    )?;
    Ok(postings)
}

/// What a block says of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies<'o> {
    /// Its list.
    Here(&'o [u8]),
    /// Its list is too long for a block.
    Elsewhere,
}

/// The words of a block in their order.
pub struct Words<'o> {
    octets: Octets<'o>,
    word: Vec<u8>,
}

impl<'o> Words<'o> {
    /// Of a block.
    pub fn new(block: &'o [u8]) -> Result<Self, Error> {
        let mut octets = Octets::new(block);
        if octets.octet()? != VERSION {
            return Err(Error::Damaged);
        }
        Ok(Self { octets, word: Vec::new() })
    }

    /// The next word; `None` at the end.
    pub fn word(&mut self) -> Result<Option<(&str, Lies<'o>)>, Error> {
        if self.octets.is_empty() {
            return Ok(None);
        }
        let (shared, own) = (self.octets.octet()?, self.octets.octet()?);
        if usize::from(shared) > self.word.len() {
            return Err(Error::Damaged);
        }
        self.word.truncate(shared.into());
        self.word.extend_from_slice(self.octets.take(own.into())?);
        let length = self.octets.number()?;
        let lies = match usize::try_from(length).map_err(|_| Error::Damaged)? {
            0 => Lies::Elsewhere,
            length => Lies::Here(self.octets.take(length)?),
        };
        let word = std::str::from_utf8(&self.word).map_err(|_| Error::Damaged)?;
        Ok(Some((word, lies)))
    }
}

/// Makes blocks of words in their order.
#[derive(Default)]
pub struct Maker {
    octets: Vec<u8>,
    last: Vec<u8>,
}

impl Maker {
    /// Octets so far.
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Whether nothing was put.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// Appends a word with its encoded list; an empty one lies elsewhere. Words must come in their order.
    pub fn put(&mut self, word: &str, list: &[u8]) {
        if self.octets.is_empty() {
            self.octets.push(VERSION);
        }
        let word = word.as_bytes();
        let word = word.get(..LONGEST).unwrap_or(word);
        let shared = self.last.iter().zip(word).take_while(|(a, b)| a == b).count();
        self.octets.push(shared as u8);
        self.octets.push((word.len() - shared) as u8);
        self.octets.extend_from_slice(word.get(shared..).unwrap_or_default());
        put_number(&mut self.octets, list.len() as u64);
        self.octets.extend_from_slice(list);
        self.last.clear();
        self.last.extend_from_slice(word);
    }

    /// The block, empty where nothing was put.
    pub fn take(&mut self) -> Vec<u8> {
        self.last.clear();
        std::mem::take(&mut self.octets)
    }
}

/// A message's words as one row: a block whose lists have one message, number 0.
pub fn row(terms: &[(String, Places)]) -> Vec<u8> {
    let (mut maker, mut list) = (Maker::default(), Vec::new());
    maker.octets.push(VERSION);
    for (word, places) in terms {
        list.clear();
        put_list(&mut list, &[(0, places.clone())]);
        maker.put(word, &list);
    }
    maker.take()
}

/// Reads any octets as a block and as a list, for the fuzzer; says how many words and messages there are.
#[doc(hidden)]
pub fn probe(octets: &[u8]) -> (usize, usize) {
    let (mut many, mut messages) = (0, 0);
    if let Ok(mut words) = Words::new(octets) {
        while let Ok(Some((_, lies))) = words.word() {
            many += 1;
            if let Lies::Here(octets) = lies {
                messages += list(octets).map_or(0, |list| list.len());
            }
        }
    }
    (many, messages + list(octets).map_or(0, |list| list.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places() -> impl Strategy<Value = Places> {
        let some = |most: u16| proptest::collection::btree_set(0..most, 0..6).prop_map(|set| set.into_iter().collect::<Vec<u16>>());
        (some(1_280), some(20_000)).prop_map(|(head, body)| Places { head, body })
    }

    proptest! {
        #[test]
        fn what_is_put_is_read(postings in proptest::collection::btree_map(0_u64..1 << 40, places(), 0..40)) {
            let postings: Vec<Posting> = postings.into_iter().collect();
            let mut octets = Vec::new();
            put_list(&mut octets, &postings);
            prop_assert_eq!(&list(&octets).unwrap(), &postings);
            let mut seen = Vec::new();
            prop_assert_eq!(ids(&octets, |id| seen.push(id)).unwrap(), postings.len() as u64);
            prop_assert!(seen.iter().eq(postings.iter().map(|(id, _)| id)));
        }

        #[test]
        fn words_come_out_as_they_went_in(words in proptest::collection::btree_map("[a-zé]{1,12}", places(), 0..60)) {
            let terms: Vec<(String, Places)> = words.into_iter().collect();
            let octets = row(&terms);
            let mut words = Words::new(&octets).unwrap();
            for (term, places) in &terms {
                let Some((word, Lies::Here(octets))) = words.word().unwrap() else { panic!() };
                prop_assert_eq!(word, term);
                prop_assert_eq!(&list(octets).unwrap(), &[(0, places.clone())]);
            }
            prop_assert!(words.word().unwrap().is_none());
        }

        #[test]
        fn no_octets_do_harm(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            probe(&octets);
            probe(&[&[VERSION], octets.as_slice()].concat());
        }
    }
}
