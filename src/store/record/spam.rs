//! What the filter thought of a message, and what the owner taught it with one.

use super::Record;
use crate::domain::spam::{Reason, Sign, Verdict, Weighed, model};
use serde::{Deserialize, Serialize};

/// A verdict as it was when the message came, and the owner's word since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// How likely it is spam, in ten thousandths.
    pub probability: u16,
    /// Reasons: kind (0 a sign, 1 words, 2 sender, 3 link, 4 make), the sign's number, the text of the
    /// others, the weight in hundredths.
    pub reasons: Vec<(u8, u8, String, i16)>,
    /// The owner's word: 0 nothing, 1 spam, 2 not spam.
    pub said: u8,
    /// Whether the message counts among what was heard from its author.
    pub heard: bool,
}

/// What the owner said of a message, as the filter learns it. Tokens are hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// Hashes of the tokens.
    pub tokens: Vec<u32>,
    /// What the signs add up to, in hundredths.
    pub signs: i32,
    /// Whether it is spam.
    pub spam: bool,
}

impl Record for Judged {
    const TABLE: &'static str = "verdicts";
    const VERSION: u8 = 1;
}

impl Record for Lesson {
    const TABLE: &'static str = "taught";
    const VERSION: u8 = 1;
}

impl Judged {
    /// Of a verdict.
    pub fn of(verdict: &Verdict) -> Self {
        let reason = |weighed: &Weighed| {
            let (kind, number, text) = match &weighed.reason {
                Reason::Sign(sign) => (0, sign.number(), ""),
                Reason::Words(text) => (1, 0, text.as_str()),
                Reason::Sender(text) => (2, 0, text.as_str()),
                Reason::Link(text) => (3, 0, text.as_str()),
                Reason::Make(text) => (4, 0, text.as_str()),
            };
            (
                kind,
                number,
                text.to_owned(),
                (weighed.weight * 100.0).clamp(-30_000.0, 30_000.0) as i16,
            )
        };
        Self {
            probability: (verdict.probability.clamp(0.0, 1.0) * 10_000.0).round() as u16,
            reasons: verdict.reasons.iter().map(reason).collect(),
            said: 0,
            heard: false,
        }
    }

    /// As a verdict; a sign that this program does not know is left out.
    pub fn verdict(&self) -> Verdict {
        let reason = |(kind, number, text, weight): &(u8, u8, String, i16)| {
            let text = text.clone();
            let reason = match kind {
                0 => Reason::Sign(Sign::of_number(*number)?),
                1 => Reason::Words(text),
                2 => Reason::Sender(text),
                3 => Reason::Link(text),
                4 => Reason::Make(text),
                _ => return None,
            };
            Some(Weighed {
                reason,
                weight: f32::from(*weight) / 100.0,
            })
        };
        Verdict {
            probability: f32::from(self.probability) / 10_000.0,
            reasons: self.reasons.iter().filter_map(reason).collect(),
        }
    }

    /// The owner's word: whether it is spam; `None` where nothing was said.
    pub fn word(&self) -> Option<bool> {
        match self.said {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        }
    }

    /// Whether the message is tagged: by the owner's word, else by the verdict.
    pub fn is_spam(&self) -> bool {
        self.word().unwrap_or(self.probability >= 5_000)
    }
}

impl Lesson {
    /// Of a lesson.
    pub fn of(lesson: &model::Lesson) -> Self {
        Self {
            tokens: lesson.tokens.clone(),
            signs: (lesson.signs * 100.0) as i32,
            spam: lesson.spam,
        }
    }

    /// As a lesson.
    pub fn lesson(self) -> model::Lesson {
        model::Lesson {
            tokens: self.tokens,
            signs: self.signs as f32 / 100.0,
            spam: self.spam,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_kept_as_it_was() {
        let weighed = |reason, weight| Weighed { reason, weight };
        let verdict = Verdict {
            probability: 0.75,
            reasons: vec![
                weighed(Reason::Sign(Sign::BrandName), 3.0),
                weighed(Reason::Words("free money".into()), 1.25),
                weighed(Reason::Link("a.example".into()), -0.5),
            ],
        };
        let judged = Judged::of(&verdict);
        let octets = judged.encode(7).unwrap();
        assert_eq!(Judged::decode(7, &octets).unwrap().verdict(), verdict);
        assert!(judged.is_spam());
        assert!(!Judged { said: 2, ..judged }.is_spam());
    }
}
