//! The importance level of a message, −10 to +10, as a sum of visible lines (privacy-index.md, "Importance
//! level"). Pure: the same facts give the same level.
//!
//! Points are counted in hundredths, so that the lines, a line for the rounding and one for the limits
//! included, sum to the level exactly. What is not known has a line that wins and loses nothing.

use super::{fact::Fact, id::TagId};

/// The lowest level.
pub const LOWEST: i8 = -10;
/// The highest level.
pub const HIGHEST: i8 = 10;
/// A probability of one, in the unit of [`Spam::Judged`].
pub const CERTAIN: u16 = 10_000;
/// The probability that stands for a domain's own request to put what fails its checks aside (DMARC
/// `quarantine`): high enough that every other line together cannot make such a message seem important.
pub const QUARANTINED: u16 = 9_500;

/// What is known about whether anybody wants the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Spam {
    /// Nobody judged it.
    #[default]
    Unknown,
    /// The probability that it is spam, in ten-thousandths.
    Judged(u16),
    /// The domain that it claims to come from asks to put such messages aside.
    Quarantined(u16),
    /// The owner said that it is.
    Unwanted,
    /// The owner said that it is not.
    Wanted,
}

impl Spam {
    /// The probability that counts, in ten-thousandths.
    pub fn probability(self) -> Fact<u16> {
        match self {
            Self::Unknown => Fact::Unknown,
            Self::Judged(p) => Fact::Known(p.min(CERTAIN)),
            Self::Quarantined(p) => Fact::Known(p.clamp(QUARANTINED, CERTAIN)),
            Self::Unwanted => Fact::Known(CERTAIN),
            Self::Wanted => Fact::Known(0),
        }
    }
}

/// What the importance of a message rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether anybody wants it.
    pub spam: Spam,
    /// The most important of its tags, and that tag's own importance.
    pub tag: Option<(TagId, i8)>,
    /// Whether it answers a message of the owner's.
    pub answers: bool,
    /// The index of the message, 0 to 100.
    pub index: Fact<u8>,
    /// The index of the contact who wrote it, 0 to 100.
    pub contact: Fact<u8>,
    /// Whether the owner has written to its sender before.
    pub written_to: bool,
    /// Whether it is a mailing list's or bulk mail that nobody asked for.
    pub unasked: bool,
    /// What the owner's rules add or take away.
    pub rules: i8,
}

/// One of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineId {
    /// The probability of spam.
    Spam,
    /// The most important tag.
    Tag,
    /// An answer to the owner.
    Answer,
    /// The index of the message.
    Index,
    /// The index of the contact.
    Contact,
    /// Somebody who was written to.
    WrittenTo,
    /// Bulk mail that nobody asked for.
    Unasked,
    /// The owner's rules.
    Rules,
    /// What rounding to a whole number adds or takes away.
    Rounding,
    /// What the limits of the scale add or take away.
    Limit,
}

impl LineId {
    /// Its name for scripts and addresses; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spam => "spam",
            Self::Tag => "tag",
            Self::Answer => "answer",
            Self::Index => "index",
            Self::Contact => "contact",
            Self::WrittenTo => "written_to",
            Self::Unasked => "unasked",
            Self::Rules => "rules",
            Self::Rounding => "rounding",
            Self::Limit => "limit",
        }
    }
}

/// One visible line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub id: LineId,
    /// Hundredths of a point.
    pub points: i32,
    /// Whether there was anything to go by.
    pub known: bool,
}

/// A level with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Importance {
    /// −10 to +10: the plain sum of the lines.
    pub level: i8,
    /// Every line that says something, those not known included.
    pub lines: Vec<Line>,
}

/// The importance of a message.
pub fn weigh(facts: &Facts) -> Importance {
    let share = |index: Fact<u8>| index.known().map(|index| i32::from(index.min(100)) * 3);
    let spam = facts.spam.probability().known().map(|p| {
        let above = i32::from(p) - i32::from(CERTAIN / 2);
        if above >= 0 { -(above / 5) } else { 0 }
    });
    let yes = |id, holds: bool, points: i32| (id, Some(if holds { points } else { 0 }), holds);
    let candidates = [
        (LineId::Spam, spam, true),
        (
            LineId::Tag,
            Some(facts.tag.map_or(0, |(_, own)| i32::from(own) * 100)),
            facts.tag.is_some(),
        ),
        yes(LineId::Answer, facts.answers, 200),
        (LineId::Index, share(facts.index), true),
        (LineId::Contact, share(facts.contact), true),
        yes(LineId::WrittenTo, facts.written_to, 200),
        yes(LineId::Unasked, facts.unasked, -200),
        yes(LineId::Rules, facts.rules != 0, i32::from(facts.rules) * 100),
    ];
    let mut lines: Vec<Line> = candidates
        .into_iter()
        .filter(|(_, points, shown)| *shown || points.is_none())
        .map(|(id, points, _)| Line {
            id,
            points: points.unwrap_or(0),
            known: points.is_some(),
        })
        .collect();
    let sum: i32 = lines.iter().map(|line| line.points).sum();
    let level = rounded(sum).clamp(i32::from(LOWEST), i32::from(HIGHEST));
    for (id, points) in [
        (LineId::Rounding, rounded(sum) * 100 - sum),
        (LineId::Limit, (level - rounded(sum)) * 100),
    ] {
        if points != 0 {
            lines.push(Line { id, points, known: true });
        }
    }
    Importance {
        // The clamp above is narrower than the type.
        level: i8::try_from(level).unwrap_or_default(),
        lines,
    }
}

/// Hundredths to the nearest whole number, halves away from zero.
fn rounded(hundredths: i32) -> i32 {
    (hundredths + 50 * hundredths.signum()) / 100
}

/// The level of a discussion: the mean of the three highest among its newest ten messages (the caller hands in
/// no more than those), rounded, halves away from zero. 0 where there is none.
pub fn of_discussion(newest: impl IntoIterator<Item = i8>) -> i8 {
    let mut levels: Vec<i8> = newest.into_iter().collect();
    levels.sort_unstable_by(|a, b| b.cmp(a));
    levels.truncate(3);
    let sum: i32 = levels.iter().map(|level| i32::from(*level)).sum();
    let many = i32::try_from(levels.len()).unwrap_or(3).max(1);
    i8::try_from(rounded(sum * 100 / many)).unwrap_or_default()
}

/// Which levels the timeline shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    low: i8,
    high: i8,
}

impl Default for Range {
    fn default() -> Self {
        Self { low: 0, high: HIGHEST }
    }
}

impl Range {
    /// Everything, spam as well.
    pub const ALL: Self = Self {
        low: LOWEST,
        high: HIGHEST,
    };

    /// From one level to another, either way round, within the scale.
    pub fn new(one: i8, other: i8) -> Self {
        let (one, other) = (one.clamp(LOWEST, HIGHEST), other.clamp(LOWEST, HIGHEST));
        Self {
            low: one.min(other),
            high: one.max(other),
        }
    }

    /// Its lower end.
    pub fn low(self) -> i8 {
        self.low
    }

    /// Its upper end.
    pub fn high(self) -> i8 {
        self.high
    }

    /// Whether a level is shown.
    pub fn shows(self, level: i8) -> bool {
        (self.low..=self.high).contains(&level)
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.low, self.high)
    }
}

impl std::str::FromStr for Range {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (low, high) = text.split_once("..").ok_or(())?;
        Ok(Self::new(low.parse().map_err(|_| ())?, high.parse().map_err(|_| ())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(importance: &Importance, id: LineId) -> Option<i32> {
        importance.lines.iter().find(|line| line.id == id).map(|line| line.points)
    }

    #[test]
    fn each_line_is_worth_what_the_rules_say() {
        let spam = |spam| points(&weigh(&Facts { spam, ..Facts::default() }), LineId::Spam);
        for (p, line) in [(0, 0), (4_999, 0), (5_000, 0), (7_500, -500), (10_000, -1_000), (u16::MAX, -1_000)] {
            assert_eq!(spam(Spam::Judged(p)), Some(line), "{p}");
        }
        assert_eq!(spam(Spam::Quarantined(100)), Some(-900));
        assert_eq!(spam(Spam::Quarantined(10_000)), Some(-1_000));
        assert_eq!((spam(Spam::Unwanted), spam(Spam::Wanted)), (Some(-1_000), Some(0)));
        let all = Facts {
            tag: Some((TagId(101), 4)),
            answers: true,
            index: Fact::Known(55),
            contact: Fact::Known(100),
            written_to: true,
            unasked: true,
            rules: -3,
            ..Facts::default()
        };
        let all = weigh(&all);
        for (id, line) in [
            (LineId::Tag, 400),
            (LineId::Answer, 200),
            (LineId::Index, 165),
            (LineId::Contact, 300),
            (LineId::WrittenTo, 200),
            (LineId::Unasked, -200),
            (LineId::Rules, -300),
            (LineId::Rounding, 35),
        ] {
            assert_eq!(points(&all, id), Some(line), "{id:?}");
        }
        assert_eq!(all.level, 8);
        assert_eq!(
            all.lines.iter().filter(|line| !line.known).map(|line| line.id).collect::<Vec<_>>(),
            [LineId::Spam]
        );
    }

    #[test]
    fn what_a_domain_asks_to_put_aside_stays_aside() {
        let best = Facts {
            spam: Spam::Quarantined(0),
            answers: true,
            // A message that fails an enforced policy is under a ceiling of 20.
            index: Fact::Known(20),
            contact: Fact::Known(100),
            written_to: true,
            ..Facts::default()
        };
        assert!(weigh(&best).level < 0);
    }

    #[test]
    fn a_discussion_is_as_important_as_its_best_three() {
        for (levels, level) in [
            (&[][..], 0),
            (&[5], 5),
            (&[5, 2], 4),
            (&[-5, -2], -4),
            (&[10, -10, -10, -10], -3),
            (&[1, 9, 3, 9, 9, -10, 2, 0, 0, 0], 9),
            (&[-10, -10, -10], -10),
        ] {
            assert_eq!(of_discussion(levels.iter().copied()), level, "{levels:?}");
        }
    }

    #[test]
    fn a_range_is_read_as_it_is_written() {
        for (text, low, high) in [("0..10", 0, 10), ("-10..10", -10, 10), ("5..-3", -3, 5), ("-99..99", -10, 10)] {
            let range: Range = text.parse().unwrap();
            assert_eq!((range.low(), range.high()), (low, high));
            assert_eq!(range.to_string().parse(), Ok(range));
        }
        for text in ["", "..", "1", "a..b", "1..500"] {
            assert!(text.parse::<Range>().is_err(), "{text}");
        }
        assert!(Range::default().shows(0) && !Range::default().shows(-1) && Range::ALL.shows(LOWEST));
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let spam = prop_oneof![
            Just(Spam::Unknown),
            any::<u16>().prop_map(Spam::Judged),
            any::<u16>().prop_map(Spam::Quarantined),
            Just(Spam::Unwanted),
            Just(Spam::Wanted)
        ];
        let index = || prop::option::of(any::<u8>()).prop_map(Fact::from);
        let flags = (any::<bool>(), any::<bool>(), any::<bool>());
        (spam, prop::option::of(any::<i8>()), index(), index(), flags, any::<i8>()).prop_map(|(spam, tag, index, contact, flags, rules)| {
            let (answers, written_to, unasked) = flags;
            Facts {
                spam,
                tag: tag.map(|own| (TagId(7), own)),
                answers,
                index,
                contact,
                written_to,
                unasked,
                rules,
            }
        })
    }

    proptest! {
        #[test]
        fn the_lines_sum_to_the_level(facts in facts()) {
            let importance = weigh(&facts);
            let sum: i32 = importance.lines.iter().map(|line| line.points).sum();
            prop_assert_eq!(sum, i32::from(importance.level) * 100);
            prop_assert!(Range::ALL.shows(importance.level));
        }

        #[test]
        fn more_spam_is_never_more_important(facts in facts(), p: u16, q: u16) {
            let level = |p| weigh(&Facts { spam: Spam::Judged(p), ..facts.clone() }).level;
            prop_assert!(level(p.max(q)) <= level(p.min(q)));
        }
    }
}
