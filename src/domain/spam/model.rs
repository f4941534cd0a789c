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

/// Times that training goes over the lessons.
const ROUNDS: usize = 12;
/// The step of training, and how strongly weights are pulled back to where they started.
const STEP: f32 = 1.6;
const PULL: f32 = 2e-5;
/// Lessons are learnt until they are this far on their own side.
const MARGIN: f32 = 3.0;

/// Learnt weights, by the hash of the token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// In order.
    hashes: Vec<u32>,
    weights: Vec<f32>,
    /// How far the point where the tag begins is moved away from honest mail.
    caution: f32,
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
        Self {
            hashes,
            weights,
            caution: 0.0,
        }
    }

    /// Its weights in the order of their hashes.
    pub fn weights(&self) -> impl Iterator<Item = (u32, f32)> {
        self.hashes.iter().copied().zip(self.weights.iter().copied())
    }

    /// How many octets it takes in memory.
    pub fn size(&self) -> usize {
        self.hashes.len() * 8
    }

    fn weight(&self, hash: u32) -> f32 {
        let found = self.hashes.binary_search(&hash).ok();
        found.and_then(|at| self.weights.get(at)).copied().unwrap_or_default()
    }

    /// The log-odds of a message being spam.
    pub fn score(&self, sight: &Sight) -> f32 {
        let tokens = || sight.tokens.iter().take(TOKENS);
        let share = share(tokens().count());
        let words: f32 = tokens().map(|token| self.weight(token.hash)).sum();
        BASE - self.caution + signs(&sight.signs) + share * words
    }

    /// What is thought of a message, and why.
    pub fn judge(&self, sight: &Sight) -> Verdict {
        let share = share(sight.tokens.len().min(TOKENS));
        let weighed = |token: &Token| Weighed {
            weight: share * self.weight(token.hash),
            reason: token.reason(),
        };
        let signs = sight.signs.iter().map(|sign| Weighed {
            weight: sign.weight(),
            reason: Reason::Sign(*sign),
        });
        let mut reasons: Vec<Weighed> = signs.chain(sight.tokens.iter().take(TOKENS).map(weighed)).collect();
        reasons.retain(|reason| reason.weight.abs() >= 0.05);
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons.truncate(REASONS);
        Verdict {
            probability: squash(self.score(sight)),
            reasons,
        }
    }

    /// The model that these lessons make of this one, in their order.
    pub fn learn(&self, lessons: &[Lesson]) -> Self {
        let mut class = Class::new(self, lessons);
        for _ in 0..ROUNDS {
            class.round(lessons);
        }
        let learnt = class.places.iter().map(|(hash, at)| (*hash, class.at(*at).0));
        let untouched = self.weights().filter(|(hash, _)| !class.places.contains_key(hash));
        let mut model = Self::new(learnt.chain(untouched).filter(|(_, weight)| weight.abs() > 1e-4));
        model.caution = self.caution;
        model
    }
}

/// A training: every token of the lessons with its weight, where it started, and how far it has moved.
struct Class {
    places: HashMap<u32, usize>,
    state: Vec<(f32, f32, f32)>,
    /// The tokens of each lesson by their place in `state`.
    rows: Vec<Vec<usize>>,
}

impl Class {
    fn new(model: &Model, lessons: &[Lesson]) -> Self {
        let mut places = HashMap::new();
        let mut state = Vec::new();
        let mut place = |hash: &u32| {
            *places.entry(*hash).or_insert_with(|| {
                let start = model.weight(*hash);
                state.push((start, start, 0.0));
                state.len() - 1
            })
        };
        let rows = lessons
            .iter()
            .map(|lesson| lesson.tokens.iter().map(&mut place).collect())
            .collect();
        Self { places, state, rows }
    }

    fn at(&self, place: usize) -> (f32, f32, f32) {
        self.state.get(place).copied().unwrap_or_default()
    }

    /// Once through all lessons (AdaGrad: what was moved much moves less).
    fn round(&mut self, lessons: &[Lesson]) {
        for (lesson, places) in lessons.iter().zip(&self.rows) {
            let share = share(places.len());
            let words: f32 = places.iter().map(|at| self.at(*at).0).sum();
            let score = BASE + lesson.signs + share * words;
            let side = if lesson.spam { 1.0 } else { -1.0 };
            // How wrong it still is, 0 to 1, seen from beyond the margin.
            let wrong = squash(MARGIN - side * score);
            if wrong < 0.02 {
                continue;
            }
            let slope = side * wrong * share;
            for at in places {
                if let Some((weight, start, moved)) = self.state.get_mut(*at) {
                    *moved += slope * slope;
                    *weight += STEP * slope / (1.0 + moved.sqrt() * SCALE) - PULL * (*weight - *start);
                }
            }
        }
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
