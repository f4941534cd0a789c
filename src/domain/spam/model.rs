//! What is learnt: one weight a token, and how weights come from lessons.
//!
//! A linear model with the logistic loss, trained over all lessons that are kept, in their order, from the
//! starting weights on. It is a function of the lessons and of nothing else: whoever takes a lesson back,
//! or turns it around, has exactly the model that would have been without it. Online counting would be
//! quicker to learn and cannot do this for anything better than counts.
//!
//! How loud a token is follows from how unevenly it stands in wanted and unwanted lessons, the logarithm of the
//! ratio (Wang and Manning, "Baselines and Bigrams", ACL 2012): what stands everywhere whispers. A message's tokens
//! share a length of one, so that a long message does not shout.
//! What signs already say is given to training as it stands: words learn what is left to be said.

use super::{REASONS, Reason, Sight, Sign, Token, Verdict, Weighed};
use std::collections::HashMap;

/// Where a message without any sign and with nothing learnt stands: so far from the tag.
pub const BASE: f32 = -4.0;

/// Tokens of a message that count; further ones of a long message are left out.
pub const TOKENS: usize = 1_500;

/// Times that training goes over the lessons, and how often it begins again with them in another order:
/// the mean of several is steadier than any.
const ROUNDS: usize = 4;
const TURNS: usize = 10;
/// The step of training, how quickly it grows shorter, and how strongly weights are pulled back to where
/// they started.
const STEP: f32 = 1.6;
const SLOWING: f32 = 6.0;
const PULL: f32 = 2e-5;
/// Lessons are learnt until they are this far on their own side.
const MARGIN: f32 = 3.0;
/// How much more an honest message weighs than a spam: a false alarm is worse than one more nuisance.
const HONESTY: f32 = 2.0;
/// The quietest that a learnt token is, and how loud one is of which nothing was counted.
const QUIET: f32 = 0.5;
const PLAIN: f32 = 1.0;
/// From so many lessons on, what is learnt decides much, and fits its lessons better than other mail: the tag begins so
/// much higher.
const MANY: usize = 100;
const CAUTION: f32 = 0.25;

/// Learnt weights, by the hash of the token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// In order.
    hashes: Vec<u32>,
    weights: Vec<Weight>,
    /// How much higher the tag begins.
    caution: f32,
}

/// What a token says, and how loud it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Weight {
    /// Its part of the log-odds, its loudness in it.
    says: f32,
    loud: f32,
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

/// What each token of a message counts, from the sum of the squares of how loud they are.
fn share(squares: f32) -> f32 {
    SCALE / squares.max(PLAIN).sqrt()
}

/// Brings the words' part to the size of the signs' part.
const SCALE: f32 = 6.0;

impl Model {
    /// A model of these weights; of a hash that comes twice, the first counts.
    pub fn new(weights: impl IntoIterator<Item = (u32, f32)>) -> Self {
        Self::of(weights.into_iter().map(|(hash, says)| (hash, Weight { says, loud: PLAIN })))
    }

    fn of(weights: impl Iterator<Item = (u32, Weight)>) -> Self {
        let mut pairs: Vec<(u32, Weight)> = weights.collect();
        pairs.sort_by_key(|(hash, _)| *hash);
        pairs.dedup_by_key(|(hash, _)| *hash);
        let (hashes, weights) = pairs.into_iter().unzip();
        let caution = 0.0;
        Self { hashes, weights, caution }
    }

    /// Its weights in the order of their hashes.
    pub fn weights(&self) -> impl Iterator<Item = (u32, f32)> {
        self.hashes.iter().copied().zip(self.weights.iter().map(|weight| weight.says))
    }

    /// How many octets it takes in memory.
    pub fn size(&self) -> usize {
        self.hashes.len() * (size_of::<u32>() + size_of::<Weight>())
    }

    /// The weight of a token; `None` where nothing is known of it.
    fn weight(&self, hash: u32) -> Option<Weight> {
        let found = self.hashes.binary_search(&hash).ok()?;
        self.weights.get(found).copied()
    }

    /// The tokens of a message that something is known of, each with what it adds. Those that nothing is
    /// known of neither speak nor make the others quieter.
    fn said<'a>(&self, sight: &'a Sight) -> Vec<(&'a Token, f32)> {
        let known = sight.tokens.iter().take(TOKENS);
        let known: Vec<(&Token, Weight)> = known.filter_map(|token| Some((token, self.weight(token.hash)?))).collect();
        let share = share(known.iter().map(|(_, weight)| weight.loud * weight.loud).sum());
        known.into_iter().map(|(token, weight)| (token, weight.says * share)).collect()
    }

    /// The log-odds of a message being spam.
    pub fn score(&self, sight: &Sight) -> f32 {
        let words: f32 = self.said(sight).iter().map(|(_, weight)| weight).sum();
        BASE + signs(&sight.signs) + words - self.caution
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
        let before = self.hashes.iter().copied().zip(self.weights.iter().copied());
        Self {
            caution: if lessons.len() < MANY { self.caution } else { CAUTION },
            ..Self::of(learnt.chain(before.filter(|(hash, _)| !class.places.contains_key(hash))))
        }
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
    /// The tokens of each lesson by their place in `state`, and what each of them counts.
    rows: Vec<(Vec<usize>, f32)>,
}

/// One token while it is learnt.
#[derive(Clone, Copy, Debug, Default)]
struct Learning {
    loud: f32,
    start: f32,
    weight: f32,
    moved: f32,
    sum: f32,
}

/// In how many lessons a token stands: spam, and honest mail.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    spam: u32,
    honest: u32,
}

impl Count {
    fn add(&mut self, spam: bool) {
        let side = if spam { &mut self.spam } else { &mut self.honest };
        *side += 1;
    }

    /// How loud a token is that stands in so many of these: the logarithm of the ratio of its shares, each counted
    /// as if there were one lesson more with it and one without.
    fn loud(self, of: Self) -> f32 {
        let share = |here: u32, all: u32| (here as f32 + 1.0) / (all as f32 + 2.0);
        (share(self.spam, of.spam) / share(self.honest, of.honest)).ln().abs().max(QUIET)
    }
}

impl Class {
    fn new(model: &Model, lessons: &[Lesson]) -> Self {
        let mut counts: HashMap<u32, Count> = HashMap::new();
        let mut all = Count::default();
        for lesson in lessons {
            all.add(lesson.spam);
            lesson
                .tokens
                .iter()
                .for_each(|hash| counts.entry(*hash).or_default().add(lesson.spam));
        }
        let least = least(lessons.len());
        let mut places = HashMap::new();
        let mut state: Vec<Learning> = Vec::new();
        let mut place = |hash: &u32| {
            let (start, count) = (model.weight(*hash), counts.get(hash).copied().unwrap_or_default());
            if start.is_none() && count.spam + count.honest < least {
                return None;
            }
            let place = places.entry(*hash).or_insert_with(|| {
                let loud = count.loud(all);
                state.push(Learning {
                    loud,
                    start: start.unwrap_or_default().says / loud,
                    ..Learning::default()
                });
                state.len() - 1
            });
            Some(*place)
        };
        let places_of = |lesson: &Lesson| lesson.tokens.iter().filter_map(&mut place).collect();
        let rows: Vec<Vec<usize>> = lessons.iter().map(places_of).collect();
        let squares = |row: &[usize]| {
            row.iter()
                .filter_map(|at| state.get(*at))
                .map(|token| token.loud * token.loud)
                .sum()
        };
        let rows = rows
            .into_iter()
            .map(|row| {
                let share = share(squares(&row));
                (row, share)
            })
            .collect();
        Self { places, state, rows }
    }

    fn mean(&self, place: usize) -> Weight {
        self.state.get(place).map_or(Weight::default(), |token| Weight {
            says: token.loud * token.sum / TURNS as f32,
            loud: token.loud,
        })
    }

    /// Learns all lessons from the beginning, in an order of this turn.
    fn turn(&mut self, lessons: &[Lesson], turn: usize) {
        for token in &mut self.state {
            token.weight = token.start;
            token.moved = 0.0;
        }
        let rows = std::mem::take(&mut self.rows);
        let mut order: Vec<(&Lesson, &(Vec<usize>, f32))> = lessons.iter().zip(&rows).collect();
        shuffle(&mut order, turn as u64);
        for _ in 0..ROUNDS {
            for (lesson, (places, share)) in &order {
                self.one(lesson, places, *share);
            }
        }
        self.rows = rows;
        for token in &mut self.state {
            token.sum += token.weight;
        }
    }

    /// One lesson (AdaGrad: what was moved much moves less).
    fn one(&mut self, lesson: &Lesson, places: &[usize], share: f32) {
        let known = places.iter().filter_map(|at| self.state.get(*at));
        let words: f32 = known.map(|token| token.loud * token.weight).sum();
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
                let slope = slope * token.loud;
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
