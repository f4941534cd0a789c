//! What is typed into the search field: words, and operators that narrow them down.
//!
//! A query is a list of clauses that must all hold. What cannot be read (an operator that there is not, a day that
//! there never was) is a [`Problem`] that the page says; it is never taken for something else. A query is written
//! back as text that reads as itself, which is how it is kept.
//!
//! Absent on purpose: `or` and brackets.

mod day;
mod read;
mod write;

pub use day::{Ago, Day, Span};
pub use read::read;

use super::{padlock::Padlock, privacy::index::Letter};

/// The most characters of a query.
pub const MAX_LENGTH: usize = 500;
/// The most clauses.
pub const MAX_CLAUSES: usize = 20;

/// A query: all of its clauses must hold. One without clauses asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Its clauses, in the order in which they were typed.
    pub clauses: Vec<Clause>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Whether it must not hold.
    pub not: bool,
    /// What it asks.
    pub what: What,
}

/// What a clause asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Words, in a place.
    Words(Place, Text),
    /// A tag, by its slug.
    Tag(String),
    /// Whether it was read.
    Unread(bool),
    /// The owner answered it.
    Answered,
    /// The owner marked it with a star.
    Starred,
    /// Its discussion is done.
    Done,
    /// What it carries.
    Has(Thing),
    /// Received before this day, month or year begins.
    Before(Span),
    /// Received on this day, in this month or year, or later.
    After(Span),
    /// Received within it.
    Within(Span),
    /// The padlock that it travelled with.
    Padlock(Padlock),
    /// Its Privacy Index.
    Privacy(Order, Level),
    /// Its level of importance, -10 to 10.
    Importance(Order, i8),
}

/// Where words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Wherever there are words.
    Anywhere,
    /// The author: name and address.
    From,
    /// Whom it is addressed to, copies included.
    To,
    /// Author or addressees.
    With,
    /// The subject.
    Subject,
    /// The text.
    Body,
    /// The names of its files.
    File,
    /// The mailing list: name and identifier.
    List,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Anywhere,
        Self::From,
        Self::To,
        Self::With,
        Self::Subject,
        Self::Body,
        Self::File,
        Self::List,
    ];
}

/// Words as they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// A word, found in its other forms too.
    Word(String),
    /// Between quotation marks: exactly these, side by side.
    Exact(String),
    /// With a star behind it: whatever begins so.
    Prefix(String),
}

impl Text {
    /// The words themselves.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Word(text) | Self::Exact(text) | Self::Prefix(text) => text,
        }
    }
}

/// What a message may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A file beside the text.
    Attachment,
    /// Something that tells the sender when it is read.
    Tracker,
    /// A link to a page.
    Link,
}

impl Thing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Attachment, Self::Tracker, Self::Link];

    /// Its word in a query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Tracker => "tracker",
            Self::Link => "link",
        }
    }
}

/// How two numbers lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `=`, or nothing
    Is,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Order {
    /// All of them; a sign that begins another comes after it.
    pub const ALL: [Self; 5] = [Self::AtMost, Self::AtLeast, Self::Below, Self::Above, Self::Is];

    /// Its sign.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Is => "=",
            Self::AtLeast => ">=",
            Self::Above => ">",
        }
    }

    /// Whether it holds.
    pub fn holds<T: PartialOrd>(self, one: T, other: T) -> bool {
        match self {
            Self::Below => one < other,
            Self::AtMost => one <= other,
            Self::Is => one == other,
            Self::AtLeast => one >= other,
            Self::Above => one > other,
        }
    }
}

/// A place on the scale of the Privacy Index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Points, 0 to 100.
    Points(u8),
    /// A letter; A is above B.
    Letter(Letter),
}

impl Level {
    /// Whether an index stands so to it. One that is not known stands nowhere.
    pub fn holds(self, order: Order, index: Option<u8>) -> bool {
        index.is_some_and(|points| match self {
            Self::Points(level) => order.holds(points, level),
            Self::Letter(letter) => order.holds(Letter::of(points), letter),
        })
    }
}

/// What of a query could not be read, and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such operator.
    Unknown(String),
    /// An operator with nothing behind it.
    Empty(String),
    /// An operator does not know this value.
    Value(String, String),
    /// This is no day, month or year.
    Date(String, String),
    /// This is no letter and no number of its scale.
    Number(String, String),
    /// A quotation mark is not closed; it was taken to reach to the end.
    Open,
    /// More than [`MAX_LENGTH`] characters; the rest was left out.
    TooLong,
    /// More than [`MAX_CLAUSES`] clauses; the rest was left out.
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_stands_above_or_below() {
        let c = Level::Letter(Letter::C);
        for (order, points, holds) in [
            (Order::Below, Some(40), true),
            (Order::Below, Some(41), false),
            (Order::Is, Some(60), true),
            (Order::AtLeast, Some(61), true),
            (Order::Above, Some(60), false),
            (Order::Below, None, false),
        ] {
            assert_eq!(c.holds(order, points), holds, "{order:?} {points:?}");
        }
        assert!(Level::Points(60).holds(Order::AtLeast, Some(60)) && !Level::Points(60).holds(Order::AtLeast, Some(59)));
    }
}
