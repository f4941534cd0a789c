//! The owner's own rules: when a message looks like this, put these tags on it and make it more or less
//! important. A form fills them in; there is no language, so there is nothing that could go round in circles.
//!
//! Rules look at what the headers say and never at the text: what a rule did can be understood from the list
//! of messages, and an encrypted message is treated like any other.

use super::{
    fold::fold,
    id::TagId,
    importance::{HIGHEST, LOWEST},
    message::{Mailbox, Reading},
};

/// The most rules.
pub const MAX_RULES: usize = 100;
/// The most conditions of a rule.
pub const MAX_CONDITIONS: usize = 5;
/// The most tags that a rule puts on a message.
pub const MAX_RULE_TAGS: usize = 5;
/// The most characters of a rule's name and of the text of a condition.
pub const MAX_TEXT: usize = 200;

/// A rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What the owner calls it; may be empty.
    pub name: String,
    /// Whether it is in force.
    pub on: bool,
    /// Whether all conditions must hold; else one of them is enough.
    pub all: bool,
    /// At least one.
    pub conditions: Vec<Condition>,
    /// What it puts on a message.
    pub tags: Vec<TagId>,
    /// What it adds to the importance, −10 to +10.
    pub importance: i8,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it looks at.
    pub field: Field,
    /// How it compares.
    pub how: How,
    /// What it compares with, never empty.
    pub text: String,
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field {
    /// The authors: names and addresses.
    #[default]
    From,
    /// Those in `To` and `Cc`: names and addresses.
    To,
    /// The subject.
    Subject,
    /// The mailing list: its name and its identifier (RFC 2919).
    List,
}

impl Field {
    /// All of them, in the order of the form and of the numbers on the disk.
    pub const ALL: [Self; 4] = [Self::From, Self::To, Self::Subject, Self::List];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Subject => "subject",
            Self::List => "list",
        }
    }

    /// By its word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == word)
    }
}

/// How a condition compares; case and accents never matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum How {
    /// The text stands somewhere in it.
    #[default]
    Contains,
    /// It is the text: for people, their whole name or their whole address.
    Equals,
}

impl How {
    /// Both, in the order of the form and of the numbers on the disk.
    pub const ALL: [Self; 2] = [Self::Contains, Self::Equals];

    /// Its word in forms; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Equals => "equals",
        }
    }

    /// By its word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == word)
    }
}

/// Why a rule cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// It has no condition: it would be about every message.
    NoCondition,
    /// It does nothing.
    NoEffect,
    /// A text longer than [`MAX_TEXT`], or more conditions or tags than there may be.
    TooLong,
}

impl Rule {
    /// The rule with its texts trimmed and empty conditions left out, or why it cannot be kept.
    pub fn checked(mut self) -> Result<Self, RuleError> {
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.name = tidy(&self.name);
        for condition in &mut self.conditions {
            condition.text = tidy(&condition.text);
        }
        // A text that folds to nothing (a lone accent) would be found everywhere.
        self.conditions.retain(|condition| !fold(&condition.text).is_empty());
        self.importance = self.importance.clamp(LOWEST, HIGHEST);
        let mut seen = std::collections::BTreeSet::new();
        self.tags.retain(|tag| seen.insert(*tag));
        let long = |text: &str| text.chars().count() > MAX_TEXT;
        if self.conditions.is_empty() {
            Err(RuleError::NoCondition)
        } else if self.tags.is_empty() && self.importance == 0 {
            Err(RuleError::NoEffect)
        } else if long(&self.name)
            || self.conditions.iter().any(|condition| long(&condition.text))
            || self.conditions.len() > MAX_CONDITIONS
            || self.tags.len() > MAX_RULE_TAGS
        {
            Err(RuleError::TooLong)
        } else {
            Ok(self)
        }
    }

    /// Whether a message is what this rule is about, in force or not.
    pub fn matches(&self, reading: &Reading) -> bool {
        let holds = |condition: &Condition| condition.holds(reading);
        if self.all {
            !self.conditions.is_empty() && self.conditions.iter().all(holds)
        } else {
            self.conditions.iter().any(holds)
        }
    }
}

impl Condition {
    fn holds(&self, reading: &Reading) -> bool {
        let wanted = fold(&self.text);
        let text = |text: &str| match self.how {
            How::Contains => fold(text).contains(&wanted),
            How::Equals => fold(text.trim()) == wanted,
        };
        let somebody = |people: &[Mailbox]| people.iter().any(|person| text(&person.name) || text(person.address.as_str()));
        match self.field {
            Field::From => somebody(&reading.from),
            Field::To => somebody(&reading.to) || somebody(&reading.cc),
            Field::Subject => text(&reading.subject),
            Field::List => reading.list_id.as_deref().is_some_and(|id| text(id) || text(&reading.list_name)),
        }
    }
}

/// What the rules in force do to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The tags, each once.
    pub tags: Vec<TagId>,
    /// The importance, limited to the scale.
    pub importance: i8,
}

/// Applies the rules in their order. Every rule that matches counts; tags add up, importance does too.
pub fn apply<'a>(rules: impl IntoIterator<Item = &'a Rule>, reading: &Reading) -> Effect {
    let mut effect = Effect::default();
    let mut sum = 0_i32;
    for rule in rules.into_iter().filter(|rule| rule.on && rule.matches(reading)) {
        for tag in &rule.tags {
            if !effect.tags.contains(tag) {
                effect.tags.push(*tag);
            }
        }
        sum += i32::from(rule.importance);
    }
    effect.importance = i8::try_from(sum.clamp(LOWEST.into(), HIGHEST.into())).unwrap_or_default();
    effect
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Address;

    fn person(name: &str, address: &str) -> Mailbox {
        Mailbox {
            name: name.into(),
            address: Address::parse(address).unwrap(),
        }
    }

    fn letter() -> Reading {
        Reading {
            from: vec![person("Zoé Bonnet", "zoe@Bank.test")],
            to: vec![person("", "me+bank@home.test")],
            cc: vec![person("Carol", "carol@x.test")],
            subject: "Votre relevé d’été".into(),
            list_id: Some("news.bank.test".into()),
            list_name: "Les nouvelles".into(),
            ..Reading::default()
        }
    }

    fn rule(field: Field, how: How, text: &str) -> Rule {
        Rule {
            on: true,
            conditions: vec![Condition {
                field,
                how,
                text: text.into(),
            }],
            tags: vec![TagId(101)],
            ..Rule::default()
        }
    }

    #[test]
    fn a_condition_reads_as_a_person_does() {
        for (field, how, text, holds) in [
            (Field::From, How::Contains, "ZOE", true),
            (Field::From, How::Contains, "@bank.test", true),
            (Field::From, How::Equals, "zoe@bank.test", true),
            (Field::From, How::Equals, "zoe bonnet", true),
            (Field::From, How::Equals, "zoe", false),
            (Field::To, How::Contains, "carol", true),
            (Field::To, How::Contains, "zoe", false),
            (Field::Subject, How::Contains, "releve d'ete", true),
            (Field::Subject, How::Equals, "votre releve d'ete", true),
            (Field::List, How::Equals, "news.bank.test", true),
            (Field::List, How::Contains, "nouvelles", true),
            (Field::List, How::Contains, "other", false),
        ] {
            assert_eq!(rule(field, how, text).matches(&letter()), holds, "{field:?} {how:?} {text}");
        }
        assert!(!rule(Field::List, How::Contains, "a").matches(&Reading::default()), "no list");
    }

    #[test]
    fn all_or_one_of_the_conditions() {
        let mut rule = rule(Field::From, How::Contains, "zoe");
        rule.conditions.push(Condition {
            field: Field::Subject,
            how: How::Contains,
            text: "invoice".into(),
        });
        assert!(rule.matches(&letter()));
        rule.all = true;
        assert!(!rule.matches(&letter()));
        rule.conditions.clear();
        assert!(!rule.matches(&letter()), "nothing is about everything");
    }

    #[test]
    fn what_cannot_be_kept_is_said() {
        let good = rule(Field::From, How::Contains, "  zoe ");
        assert_eq!(good.clone().checked().unwrap().conditions[0].text, "zoe");
        let none = Rule {
            conditions: rule(Field::From, How::Contains, "\u{301}").conditions,
            ..good.clone()
        };
        assert_eq!(none.checked(), Err(RuleError::NoCondition));
        let idle = Rule {
            tags: Vec::new(),
            ..good.clone()
        };
        assert_eq!(idle.checked(), Err(RuleError::NoEffect));
        let long = rule(Field::From, How::Contains, &"z".repeat(201));
        assert_eq!(long.checked(), Err(RuleError::TooLong));
        let many = Rule {
            conditions: vec![good.conditions[0].clone(); 6],
            ..good
        };
        assert_eq!(many.checked(), Err(RuleError::TooLong));
    }

    #[test]
    fn rules_add_up_within_the_scale() {
        let mut one = rule(Field::From, How::Contains, "zoe");
        one.importance = 7;
        let mut two = rule(Field::Subject, How::Contains, "releve");
        (two.importance, two.tags) = (8, vec![TagId(101), TagId(102)]);
        let mut off = rule(Field::From, How::Contains, "zoe");
        (off.on, off.tags) = (false, vec![TagId(103)]);
        let effect = apply([&one, &two, &off], &letter());
        assert_eq!((effect.tags, effect.importance), (vec![TagId(101), TagId(102)], 10));
    }
}
