//! What is learnt: one weight a token, and how weights come from lessons.
//!
//! A linear model with the logistic loss, trained over all lessons that are kept, in their order, from the
//! starting weights on. It is a function of the lessons and of nothing else: whoever takes a lesson back,
//! or turns it around, has exactly the model that would have been without it. Online counting would be
//! quicker to learn and cannot do this for anything better than counts.
//!
//! A message's tokens share a length of one (each counts `1/√n`), so that a long message does not shout.
//! What signs already say is given to training as it stands: words learn what is left to be said.

use super::{REASONS, Reason, Sight, Sign, Token, Verdict, Weighed};
use std::collections::HashMap;

/// Where a message without any sign and with nothing learnt stands: so far from the tag.
pub const BASE: f32 = -4.0;

/// Tokens of a message that count; further ones of a long message are left out.
pub const TOKENS: usize = 1_500;

/// Times that training goes over the lessons, and how often it begins again with them in another order:
/// the mean of several is steadier than any.
const ROUNDS: usize = 12;
const TURNS: usize = 5;
/// The step of training, how quickly it grows shorter, and how strongly weights are pulled back to where
/// they started.
const STEP: f32 = 1.6;
const SLOWING: f32 = 6.0;
const PULL: f32 = 2e-5;
/// Lessons are learnt until they are this far on their own side.
const MARGIN: f32 = 3.0;
/// How much more an honest message weighs than a spam: a false alarm is worse than one more nuisance.
const HONESTY: f32 = 1.5;

/// Learnt weights, by the hash of the token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// In order.
    hashes: Vec<u32>,
    weights: Vec<f32>,
}

/// Something the owner said about a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lesson {
    /// Hashes of its tokens, each once.
    pub tokens: Vec<u32>,
    /// What the signs in it add up to.
    pub signs: f32,
    /// Whether it is spam.
    pub spam: bool,
}

impl Lesson {
    /// Of a message that was looked at.
    pub fn of(sight: &Sight, spam: bool) -> Self {
        Self {
            tokens: sight.tokens.iter().take(TOKENS).map(|token| token.hash).collect(),
            signs: signs(&sight.signs),
            spam,
        }
    }
}

/// What the signs add up to.
fn signs(signs: &[Sign]) -> f32 {
    signs.iter().map(|sign| sign.weight()).sum()
}

fn squash(score: f32) -> f32 {
    1.0 / (1.0 + (-score.clamp(-30.0, 30.0)).exp())
}

/// What one token of so many counts.
fn share(tokens: usize) -> f32 {
    SCALE / (tokens.max(1) as f32).sqrt()
}

/// Brings the words' part to the size of the signs' part.
const SCALE: f32 = 6.0;

impl Model {
    /// A model of these weights; of a hash that comes twice, the first counts.
    pub fn new(weights: impl IntoIterator<Item = (u32, f32)>) -> Self {
        let mut pairs: Vec<(u32, f32)> = weights.into_iter().collect();
        pairs.sort_by_key(|(hash, _)| *hash);
        pairs.dedup_by_key(|(hash, _)| *hash);
        let (hashes, weights) = pairs.into_iter().unzip();
        Self { hashes, weights }
    }

    /// Its weights in the order of their hashes.
    pub fn weights(&self) -> impl Iterator<Item = (u32, f32)> {
        self.hashes.iter().copied().zip(self.weights.iter().copied())
    }

    /// How many octets it takes in memory.
    pub fn size(&self) -> usize {
        self.hashes.len() * 8
    }

    /// The weight of a token; `None` where nothing is known of it.
    fn weight(&self, hash: u32) -> Option<f32> {
        let found = self.hashes.binary_search(&hash).ok()?;
        self.weights.get(found).copied()
    }

    /// The tokens of a message that something is known of, each with what it adds. Those that nothing is
    /// known of neither speak nor make the others quieter.
    fn said<'a>(&self, sight: &'a Sight) -> Vec<(&'a Token, f32)> {
        let known = sight.tokens.iter().take(TOKENS);
        let mut said: Vec<(&Token, f32)> = known.filter_map(|token| Some((token, self.weight(token.hash)?))).collect();
        let share = share(said.len());
        said.iter_mut().for_each(|(_, weight)| *weight *= share);
        said
    }

    /// The log-odds of a message being spam.
    pub fn score(&self, sight: &Sight) -> f32 {
        let words: f32 = self.said(sight).iter().map(|(_, weight)| weight).sum();
        BASE + signs(&sight.signs) + words
    }

    /// What is thought of a message, and why.
    pub fn judge(&self, sight: &Sight) -> Verdict {
        let signs = sight.signs.iter().map(|sign| Weighed {
            weight: sign.weight(),
            reason: Reason::Sign(*sign),
        });
        let said = self.said(sight);
        let words = said.iter().map(|(token, weight)| Weighed {
            weight: *weight,
            reason: token.reason(),
        });
        let score = self.score(sight);
        let mut reasons: Vec<Weighed> = signs.chain(words).filter(|reason| reason.weight.abs() >= 0.05).collect();
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons.truncate(REASONS);
        Verdict {
            probability: squash(score),
            reasons,
        }
    }

    /// The model that these lessons make of this one, in their order.
    pub fn learn(&self, lessons: &[Lesson]) -> Self {
        let mut class = Class::new(self, lessons);
        for turn in 0..TURNS {
            class.turn(lessons, turn);
        }
        let learnt = class.places.iter().map(|(hash, at)| (*hash, class.mean(*at)));
        let untouched = self.weights().filter(|(hash, _)| !class.places.contains_key(hash));
        Self::new(learnt.chain(untouched))
    }

    /// The model as octets, for the file that a new box begins with: `CSM1`, then hash (four octets, the
    /// lowest first) and weight (one octet, in sixty-fourths) in turn. Weights of nothing are left out.
    pub fn octets(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for (hash, weight) in self.weights() {
            let small = (weight * FINENESS).round().clamp(-127.0, 127.0) as i8;
            if small != 0 {
                out.extend(hash.to_le_bytes());
                out.extend(small.to_le_bytes());
            }
        }
        out
    }

    /// The model of such octets; what makes no sense knows nothing.
    pub fn of_octets(octets: &[u8]) -> Self {
        let Some(rest) = octets.strip_prefix(MAGIC.as_slice()) else {
            return Self::default();
        };
        Self::new(rest.chunks_exact(5).filter_map(|entry| match entry {
            [a, b, c, d, weight] => Some((
                u32::from_le_bytes([*a, *b, *c, *d]),
                f32::from(i8::from_le_bytes([*weight])) / FINENESS,
            )),
            _ => None,
        }))
    }
}

const MAGIC: &[u8; 4] = b"CSM1";

/// Parts of a natural log-odd that a kept weight is counted in.
const FINENESS: f32 = 64.0;

/// In how many lessons a token must stand to be learnt: with many lessons, what stands in one says nothing.
fn least(lessons: usize) -> u32 {
    match lessons {
        0..100 => 1,
        100..500 => 2,
        _ => 3,
    }
}

/// A training: every token of the lessons with its weight, where it started, and how far it has moved.
struct Class {
    places: HashMap<u32, usize>,
    state: Vec<Learning>,
    /// The tokens of each lesson by their place in `state`.
    rows: Vec<Vec<usize>>,
}

/// One token while it is learnt.
#[derive(Clone, Copy, Debug, Default)]
struct Learning {
    start: f32,
    weight: f32,
    moved: f32,
    sum: f32,
}

impl Class {
    fn new(model: &Model, lessons: &[Lesson]) -> Self {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        for hash in lessons.iter().flat_map(|lesson| &lesson.tokens) {
            *counts.entry(*hash).or_default() += 1;
        }
        let least = least(lessons.len());
        let mut places = HashMap::new();
        let mut state = Vec::new();
        let mut place = |hash: &u32| {
            let start = model.weight(*hash);
            if start.is_none() && counts.get(hash).is_none_or(|count| *count < least) {
                return None;
            }
            let start = start.unwrap_or_default();
            let place = places.entry(*hash).or_insert_with(|| {
                state.push(Learning {
                    start,
                    ..Learning::default()
                });
                state.len() - 1
            });
            Some(*place)
        };
        let rows = lessons
            .iter()
            .map(|lesson| lesson.tokens.iter().filter_map(&mut place).collect())
            .collect();
        Self { places, state, rows }
    }

    fn mean(&self, place: usize) -> f32 {
        self.state.get(place).map_or(0.0, |token| token.sum / TURNS as f32)
    }

    /// Learns all lessons from the beginning, in an order of this turn.
    fn turn(&mut self, lessons: &[Lesson], turn: usize) {
        for token in &mut self.state {
            token.weight = token.start;
            token.moved = 0.0;
        }
        let rows = std::mem::take(&mut self.rows);
        let mut order: Vec<(&Lesson, &Vec<usize>)> = lessons.iter().zip(&rows).collect();
        shuffle(&mut order, turn as u64);
        for _ in 0..ROUNDS {
            for (lesson, places) in &order {
                self.one(lesson, places);
            }
        }
        self.rows = rows;
        for token in &mut self.state {
            token.sum += token.weight;
        }
    }

    /// One lesson (AdaGrad: what was moved much moves less).
    fn one(&mut self, lesson: &Lesson, places: &[usize]) {
        let share = share(places.len());
        let words: f32 = places.iter().filter_map(|at| self.state.get(*at)).map(|token| token.weight).sum();
        let score = BASE + lesson.signs + share * words;
        let (side, weight) = if lesson.spam { (1.0, 1.0) } else { (-1.0, HONESTY) };
        // How wrong it still is, 0 to 1, seen from beyond the margin.
        let wrong = squash(MARGIN - side * score);
        if wrong < 0.02 {
            return;
        }
        let slope = side * wrong * share * weight;
        for at in places {
            if let Some(token) = self.state.get_mut(*at) {
                token.moved += slope * slope;
                token.weight += STEP * slope / (1.0 + token.moved.sqrt() * SLOWING) - PULL * (token.weight - token.start);
            }
        }
    }
}

/// Puts things in an order that only depends on the turn (Fisher and Yates, with SplitMix64); the first turn
/// leaves them as they are.
fn shuffle<T>(things: &mut [T], turn: u64) {
    let mut state = turn;
    for at in (1..things.len()).rev().filter(|_| turn > 0) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let other = (mixed ^ (mixed >> 31)) % (at as u64 + 1);
        things.swap(at, other as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spam::Kind;

    fn sight(words: &[u32], signs: &[Sign]) -> Sight {
        let token = |hash: &u32| Token {
            hash: *hash,
            kind: Kind::Words,
            text: hash.to_string(),
        };
        Sight {
            signs: signs.to_vec(),
            tokens: words.iter().map(token).collect(),
        }
    }

    fn lesson(words: &[u32], spam: bool) -> Lesson {
        Lesson::of(&sight(words, &[]), spam)
    }

    #[test]
    fn what_was_taught_is_known_and_what_is_taken_back_never_was() {
        let lessons: Vec<Lesson> = (0..40)
            .map(|n| lesson(&[n % 4, 100 + n, if n % 2 == 0 { 7 } else { 8 }], n % 2 == 0))
            .collect();
        let model = Model::default().learn(&lessons);
        assert!(model.judge(&sight(&[7, 500], &[])).is_spam());
        assert!(!model.judge(&sight(&[8, 500], &[])).is_spam());
        let mut fewer = lessons.clone();
        let taken_back = fewer.remove(11);
        let without = Model::default().learn(&fewer);
        fewer.insert(11, taken_back);
        assert_eq!(Model::default().learn(&fewer), model);
        fewer.remove(11);
        assert_eq!(Model::default().learn(&fewer), without);
        assert_ne!(without, model);
    }

    #[test]
    fn nothing_learnt_leaves_the_signs_alone() {
        let model = Model::default();
        assert_eq!(model.learn(&[]), model);
        assert!(!model.judge(&sight(&[1], &[])).is_spam());
        let sure = model.judge(&sight(&[1], &[Sign::Gtube]));
        assert!(sure.probability > 0.999 && sure.reasons.len() == 1);
    }

    #[test]
    fn the_strongest_reasons_come_first() {
        let model = Model::new((0..50).map(|n| (n, n as f32 / 10.0)));
        let verdict = model.judge(&sight(&(0..50).collect::<Vec<u32>>(), &[Sign::BrandName]));
        assert_eq!(verdict.reasons.len(), REASONS);
        assert!(verdict.reasons.windows(2).all(|two| two[0].weight.abs() >= two[1].weight.abs()));
        assert_eq!(
            Model::new([(3, 1.0), (1, 2.0), (3, 9.0)]).weights().collect::<Vec<_>>(),
            [(1, 2.0), (3, 1.0)]
        );
    }
}
